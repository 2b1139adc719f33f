//! Python's values as the core takes them.

use std::borrow::Cow;

use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyMapping, PyMemoryView, PyString, PyTuple};
use yuno_webhooks::{ErrorCode, Verifier};
use zeroize::Zeroizing;

use crate::errors::raise;

const NOT_RAW: &str = "the body must be the raw bytes of the request as they came in, not parsed and not decoded: \
    `await request.body()` in FastAPI and Starlette, `request.get_data()` in Flask, `request.body` in Django, `await request.read()` in aiohttp";

const NOT_HEADERS: &str =
    "the headers must be the request's headers: a mapping (`request.headers`) or an iterable of (name, value) pairs of str or bytes";

/// An immutable copy of the body, made before anything is verified; `bytes` are immutable already.
pub(crate) fn body<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    if value.is_instance_of::<PyByteArray>() || value.is_instance_of::<PyMemoryView>() {
        let copy = value.py().get_type::<PyBytes>().call1((value,)).map_err(|_| PyTypeError::new_err(NOT_RAW))?;
        return Ok(copy.cast_into()?);
    }
    Err(PyTypeError::new_err(NOT_RAW))
}

/// The headers that the verifier looks at, from a mapping or an iterable of pairs. The others are not even converted.
pub(crate) fn headers(value: &Bound<'_, PyAny>, verifier: &Verifier) -> PyResult<Vec<(Vec<u8>, Vec<u8>)>> {
    let read = || -> PyResult<_> {
        let mut headers = Vec::new();
        let mut add = |name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>| {
            let name = text(name).ok_or_else(|| PyTypeError::new_err("a header's name must be str or bytes"))?;
            if verifier.reads_header(&name) {
                let value = text(value)
                    .ok_or_else(|| PyTypeError::new_err("a header's value must be str or bytes; give one pair for each value"))?;
                headers.push((name.into_owned(), value.into_owned()));
            }
            Ok::<_, PyErr>(())
        };
        // Nothing of a plain dict is overridden, and nothing that reads it runs Python code that could change it.
        if let Ok(dict) = value.cast_exact::<PyDict>() {
            dict.iter().try_for_each(|(name, value)| add(&name, &value))?;
            return Ok(headers);
        }
        // Multi-dicts of web frameworks give every repeated header from items(), not only one of them.
        let is_mapping = value.cast::<PyMapping>().is_ok() || (value.hasattr("items")? && value.hasattr("keys")?);
        let pairs = if is_mapping { value.call_method0("items")? } else { value.clone() };
        for pair in pairs.try_iter().map_err(|_| PyTypeError::new_err(NOT_HEADERS))? {
            let (name, value) = two(&pair?)?;
            add(&name, &value)?;
        }
        Ok(headers)
    };
    read().map_err(|error| {
        let py = value.py();
        if error.is_instance_of::<PyTypeError>(py) || !error.is_instance_of::<PyException>(py) {
            return error;
        }
        // Not as the cause: what a framework's container raises may hold the value that it could not read.
        PyTypeError::new_err(format!("{NOT_HEADERS}; reading them raised {}", error.get_type(py)))
    })
}

/// A pair: a tuple, or any other iterable of two, as ASGI allows.
fn two<'py>(pair: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    if let Ok(tuple) = pair.extract() {
        return Ok(tuple);
    }
    let refused = || PyTypeError::new_err(NOT_HEADERS);
    if pair.is_instance_of::<PyString>() || pair.is_instance_of::<PyBytes>() {
        return Err(refused());
    }
    let items = pair.try_iter().map_err(|_| refused())?.take(3).collect::<PyResult<Vec<_>>>()?;
    <[_; 2]>::try_from(items).map(|[name, value]| (name, value)).map_err(|_| refused())
}

/// The bytes of a text. A character that is no text (a lone surrogate) becomes one that no accepted value has.
fn text<'v>(value: &'v Bound<'_, PyAny>) -> Option<Cow<'v, [u8]>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Some(match text.to_string_lossy() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        });
    }
    value.cast::<PyBytes>().ok().map(|bytes| Cow::Borrowed(bytes.as_bytes()))
}

/// The values of a secret or credential: one, or several. `None` if the option is not set.
pub(crate) fn values(value: Option<&Bound<'_, PyAny>>, option: &str) -> PyResult<Option<Vec<Zeroizing<String>>>> {
    let Some(value) = value.filter(|value| !value.is_none()) else {
        return Ok(None);
    };
    let refused = || PyTypeError::new_err(format!("{option} must be a str or a list of str"));
    let own = |value: &Bound<'_, PyAny>| -> PyResult<Zeroizing<String>> {
        let text = value.cast::<PyString>().map_err(|_| refused())?;
        // What UTF-8 cannot hold is no secret.
        text.to_str().map(|text| Zeroizing::new(text.to_owned())).map_err(|_| raise(ErrorCode::InvalidSecret))
    };
    if value.is_instance_of::<PyString>() {
        return Ok(Some(vec![own(value)?]));
    }
    // Only what has an order: `secret_index` counts places.
    if !value.is_instance_of::<PyList>() && !value.is_instance_of::<PyTuple>() {
        return Err(refused());
    }
    let items = value.try_iter()?;
    items.map(|item| own(&item?)).collect::<PyResult<_>>().map(Some)
}
