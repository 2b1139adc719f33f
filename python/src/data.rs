//! An event's `data` as a dict.

use jiter::{FloatMode, PartialMode, PythonParse, StringCacheMode};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use yuno_webhooks::ErrorCode;

use crate::errors::raise;

/// Exact decimals, and as fast as can be. Keys are kept for the next event, since they are the same in all; values are not.
const FAST: PythonParse = PythonParse {
    allow_inf_nan: false,
    cache_mode: StringCacheMode::Keys,
    partial_mode: PartialMode::Off,
    catch_duplicate_keys: false,
    float_mode: FloatMode::Decimal,
};

/// The dict of a JSON object. What the fast reader refuses (a lone surrogate, nesting beyond 200), Python's own may still read.
pub(crate) fn read<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyDict>> {
    let value = match FAST.python_parse(py, json.as_bytes()) {
        Ok(value) => value,
        Err(_) => slow(py, json).map_err(|error| {
            // Without a cause: a JSON reader's error can hold the text.
            if error.is_instance_of::<PyException>(py) { raise(ErrorCode::DataUnreadable) } else { error }
        })?,
    };
    Ok(value.cast_into()?)
}

/// As `json.loads(text, parse_float=Decimal)`.
fn slow<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    let options = PyDict::new(py);
    options.set_item("parse_float", py.import("decimal")?.getattr("Decimal")?)?;
    py.import("json")?.getattr("loads")?.call((json,), Some(&options))
}
