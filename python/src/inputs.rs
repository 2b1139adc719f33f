//! Python's values as the core takes them.

use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMapping, PyMemoryView, PyString};
use yuno_webhooks::{ErrorCode, Verifier};

use crate::errors::raise;

const NOT_RAW: &str = "the body must be the raw bytes of the request as they came in, not parsed and not decoded: \
    `await request.body()` in FastAPI and Starlette, `request.get_data()` in Flask, `request.body` in Django, `await request.read()` in aiohttp";

/// An immutable copy of the body, made before anything is verified; `bytes` are immutable already.
pub(crate) fn body<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    if value.is_instance_of::<PyByteArray>() || value.is_instance_of::<PyMemoryView>() {
        return Ok(value.py().get_type::<PyBytes>().call1((value,))?.cast_into()?);
    }
    Err(PyTypeError::new_err(NOT_RAW))
}

/// The headers that the verifier looks at, from a mapping or an iterable of pairs. The others are not even converted.
pub(crate) fn headers(value: &Bound<'_, PyAny>, verifier: &Verifier) -> PyResult<Vec<(Vec<u8>, Vec<u8>)>> {
    let read = || -> PyResult<_> {
        // Multi-dicts of web frameworks give every repeated header from items(), not only one of them.
        let is_mapping = value.cast::<PyMapping>().is_ok() || (value.hasattr("items")? && value.hasattr("keys")?);
        let pairs = if is_mapping { value.call_method0("items")? } else { value.clone() };
        let mut headers = Vec::new();
        for pair in pairs.try_iter()? {
            let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair?.extract()?;
            let name = text(&name).ok_or_else(|| PyTypeError::new_err("a header's name must be str or bytes"))?;
            if verifier.reads_header(&name) {
                let value = text(&value)
                    .ok_or_else(|| PyTypeError::new_err("a header's value must be str or bytes; give one pair for each value"))?;
                headers.push((name, value));
            }
        }
        Ok(headers)
    };
    read().map_err(|error| {
        let py = value.py();
        if error.is_instance_of::<PyTypeError>(py) || !error.is_instance_of::<PyException>(py) {
            return error;
        }
        let refused = PyTypeError::new_err("headers must be a mapping or an iterable of (name, value) pairs");
        refused.set_cause(py, Some(error));
        refused
    })
}

/// The bytes of a text. A character that is no text (a lone surrogate) becomes one that no accepted value has.
fn text(value: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Some(text.to_string_lossy().as_bytes().to_vec());
    }
    value.cast::<PyBytes>().ok().map(|bytes| bytes.as_bytes().to_vec())
}

/// The values of a secret or credential: one, or several. `None` if the option is not set.
pub(crate) fn values(value: Option<&Bound<'_, PyAny>>, option: &str) -> PyResult<Option<Vec<String>>> {
    let Some(value) = value.filter(|value| !value.is_none()) else {
        return Ok(None);
    };
    let refused = || PyTypeError::new_err(format!("{option} must be a str or a list of str"));
    let own = |value: &Bound<'_, PyAny>| -> PyResult<String> {
        let text = value.cast::<PyString>().map_err(|_| refused())?;
        // What UTF-8 cannot hold is no secret.
        text.to_str().map(str::to_owned).map_err(|_| raise(ErrorCode::InvalidSecret))
    };
    if value.is_instance_of::<PyString>() {
        return Ok(Some(vec![own(value)?]));
    }
    if value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>() {
        return Err(refused());
    }
    let items = value.try_iter().map_err(|_| refused())?;
    items.map(|item| own(&item?)).collect::<PyResult<_>>().map(Some)
}
