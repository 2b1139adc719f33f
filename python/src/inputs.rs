//! Python's values as the core takes them.

use std::borrow::Cow;

use pyo3::exceptions::{PyException, PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyMapping, PyMemoryView, PyString, PyTuple};
use yuno_webhooks::{ErrorCode, Verifier, header_of_cgi};
use zeroize::Zeroizing;

use crate::errors::raise;

const NOT_RAW: &str = "the body must be the raw bytes of the request as they came in, not parsed and not decoded: \
    `await request.body()` in FastAPI and Starlette, `request.get_data()` in Flask, `request.body` in Django and, before anything reads `request.data`, \
    in Django REST framework, `await request.read()` in aiohttp, `event[\"body\"]` in AWS Lambda, encoded in UTF-8 or decoded from base64 where \
    `event[\"isBase64Encoded\"]` says so";

const NOT_HEADERS: &str = "the headers must be the request's headers: a mapping (`request.headers`, WSGI's environ) or an iterable of (name, value) pairs, \
    of str or bytes";

/// The raw bytes of a body in an immutable object of Python's own, made before anything is verified: `bytes` are one already.
/// What is larger than the limit is refused before it is copied.
pub(crate) fn body<'py>(value: &Bound<'py, PyAny>, limit: usize) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        return Ok(bytes.clone());
    }
    let py = value.py();
    let refused = |_| PyTypeError::new_err(format!("{NOT_RAW}. This is of the type {}", value.get_type()));
    if let Ok(bytes) = value.cast::<PyBytes>() {
        // Of a subclass only the bytes are taken, not what it overrides.
        return Ok(PyBytes::new(py, bytes.as_bytes()));
    }
    // The core refuses it too; it is asked here so that a body that is too large is not even copied.
    let fits = |length: usize| if length > limit { Err(raise(ErrorCode::BodyTooLarge)) } else { Ok(()) };
    if let Ok(array) = value.cast::<PyByteArray>() {
        fits(array.len())?;
        return Ok(PyBytes::new(py, &array.to_vec()));
    }
    let view = value.cast::<PyMemoryView>().map_err(|error| refused(error.into()))?;
    fits(view.getattr("nbytes").and_then(|count| count.extract()).map_err(refused)?)?;
    Ok(view.call_method0("tobytes").map_err(refused)?.cast_into_exact()?)
}

/// Names and values.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Why headers were not read: our own word, or what a foreign container raised.
enum Unread {
    Ours(PyErr),
    Theirs(PyErr),
}

impl From<PyErr> for Unread {
    fn from(error: PyErr) -> Self {
        Self::Theirs(error)
    }
}

fn unread(text: &'static str) -> Unread {
    Unread::Ours(PyTypeError::new_err(text))
}

/// The headers that the verifier looks at, from a mapping or an iterable of pairs. The others are not even converted.
pub(crate) fn headers(value: &Bound<'_, PyAny>, verifier: &Verifier) -> PyResult<Pairs> {
    let py = value.py();
    collect(value, verifier).map_err(|error| match error {
        Unread::Ours(error) => error,
        // Not as the cause: what a framework's container raises may hold the value that it could not read.
        Unread::Theirs(error) if error.is_instance_of::<PyException>(py) => {
            PyTypeError::new_err(format!("{NOT_HEADERS}; reading them raised {}", error.get_type(py)))
        }
        Unread::Theirs(error) => error,
    })
}

fn collect(value: &Bound<'_, PyAny>, verifier: &Verifier) -> Result<Pairs, Unread> {
    let py = value.py();
    let mut headers = Pairs::new();
    let mut add = |name: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>| {
        let name = text(name).ok_or_else(|| unread("a header's name must be str or bytes"))?;
        if verifier.reads_header(&name) {
            let mut add_value = |value: &Bound<'_, PyAny>| {
                let value = text(value).ok_or_else(|| unread("a header's value must be str or bytes, or a list of them"))?;
                headers.push((name.to_vec(), value.into_owned()));
                Ok::<_, Unread>(())
            };
            // A list holds the values of a header that came more than once, as in AWS Lambda's multiValueHeaders.
            match value.cast::<PyList>() {
                Ok(values) => values.iter().try_for_each(|value| add_value(&value))?,
                Err(_) => add_value(value)?,
            }
        }
        Ok::<_, Unread>(())
    };
    // Nothing of a plain dict is overridden; its copy is ours alone.
    if let Ok(dict) = value.cast_exact::<PyDict>() {
        let dict = dict.copy()?;
        let is_environ = is_environ(&dict)?;
        for (name, value) in dict.iter() {
            if !is_environ {
                add(&name, &value)?;
            } else if let Some(name) = name.cast::<PyString>().ok().and_then(|name| header_of_cgi(&name.to_string_lossy())) {
                add(PyString::new(py, &name).as_any(), &value)?;
            }
        }
        return Ok(headers);
    }
    // Multi-dicts of web frameworks give every repeated header from items(), not only one of them.
    let is_mapping = value.cast::<PyMapping>().is_ok() || (value.hasattr("items")? && value.hasattr("keys")?);
    let pairs = if is_mapping { value.call_method0("items")? } else { value.clone() };
    for pair in pairs.try_iter().map_err(|_| unread(NOT_HEADERS))? {
        let (name, value) = two(&pair?)?;
        add(&name, &value)?;
    }
    Ok(headers)
}

/// Whether a dict is WSGI's environ (Django's `META` is one): by the input stream, which no header of a request can be taken for.
fn is_environ(dict: &Bound<'_, PyDict>) -> PyResult<bool> {
    let input = dict.get_item("wsgi.input")?;
    Ok(input.is_some_and(|input| {
        !input.is_instance_of::<PyString>() && !input.is_instance_of::<PyBytes>() && !input.is_instance_of::<PyList>()
    }))
}

/// A pair: a tuple, or any other iterable of two, as ASGI allows.
fn two<'py>(pair: &Bound<'py, PyAny>) -> Result<(Bound<'py, PyAny>, Bound<'py, PyAny>), Unread> {
    if let Ok(tuple) = pair.extract() {
        return Ok(tuple);
    }
    let refused = || unread(NOT_HEADERS);
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

/// A number or a span that sets a limit. One that is out of range is a coded error, not the OverflowError or ValueError of a conversion.
pub(crate) fn limit<'a, 'py, T: FromPyObject<'a, 'py, Error = PyErr>>(value: &'a Bound<'py, PyAny>) -> PyResult<T> {
    in_range(value, ErrorCode::InvalidLimit)
}

/// The same of any other number.
pub(crate) fn number<'a, 'py, T: FromPyObject<'a, 'py, Error = PyErr>>(value: &'a Bound<'py, PyAny>) -> PyResult<T> {
    in_range(value, ErrorCode::InvalidArgument)
}

fn in_range<'a, 'py, T: FromPyObject<'a, 'py, Error = PyErr>>(value: &'a Bound<'py, PyAny>, code: ErrorCode) -> PyResult<T> {
    let py = value.py();
    let is_of_its_range = |error: &PyErr| error.is_instance_of::<PyOverflowError>(py) || error.is_instance_of::<PyValueError>(py);
    value.extract().map_err(|error| if is_of_its_range(&error) { raise(code) } else { error })
}
