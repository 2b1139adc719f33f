//! `Verifier` for Python.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBool, PyDict, PyInt, PyString, PyTuple};
use yuno_webhooks::{DEFAULT_MAX_BODY_BYTES, ErrorCode, OwnedEvent, Verifier as Core};

use crate::errors::raise;
use crate::event::Event;
use crate::inputs;

/// From this size on others may run while a body is hashed: below it, letting go of the interpreter costs more than the hash.
const DETACH_ABOVE: usize = 2048;

/// As whoever has misspelt one is told.
const OPTIONS: &str = "hmac_secret, api_key, x_secret, required_headers, max_body_bytes and unsigned";

/// Decides whether deliveries are authentic. Make one at start and share it among threads.
///
/// Each secret and credential is one str or a list of up to eight, all of which are accepted.
///
/// hmac_secret: the webhook's client secret; several while you rotate.
/// api_key, x_secret: what the headers x-api-key and x-secret must hold.
/// required_headers: what other headers must hold, whole: {"authorization": "Bearer abc"}.
/// max_body_bytes: the largest body that is looked at; 2 MiB otherwise.
/// unsigned: True to receive without a signature; then at least one of the other credentials must be set, and no hmac_secret.
///
/// Raises ConfigurationError.
#[pyclass(frozen, module = "yuno_webhooks")]
pub(crate) struct Verifier(Core);

#[pymethods]
impl Verifier {
    #[new]
    #[pyo3(
        signature = (*nameless, hmac_secret = None, api_key = None, x_secret = None, required_headers = None, max_body_bytes = None, unsigned = false, **unknown),
        text_signature = "(*, hmac_secret=None, api_key=None, x_secret=None, required_headers=None, max_body_bytes=None, unsigned=False)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the options, and what is none")]
    fn new(
        nameless: &Bound<'_, PyTuple>,
        hmac_secret: Option<&Bound<'_, PyAny>>,
        api_key: Option<&Bound<'_, PyAny>>,
        x_secret: Option<&Bound<'_, PyAny>>,
        required_headers: Option<&Bound<'_, PyAny>>,
        max_body_bytes: Option<&Bound<'_, PyAny>>,
        unsigned: bool,
        unknown: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        if !nameless.is_empty() {
            return Err(PyTypeError::new_err("Verifier takes each option by its name, as in Verifier(hmac_secret=...)"));
        }
        if let Some((name, _)) = unknown.and_then(|unknown| unknown.iter().next()) {
            return Err(PyTypeError::new_err(format!("Verifier has no option {name}. It has {OPTIONS}")));
        }
        let mut builder = Core::builder().hmac_secrets(inputs::values(hmac_secret, "hmac_secret")?.unwrap_or_default());
        if let Some(accepted) = inputs::values(api_key, "api_key")? {
            builder = builder.api_key(accepted);
        }
        if let Some(accepted) = inputs::values(x_secret, "x_secret")? {
            builder = builder.x_secret(accepted);
        }
        if let Some(headers) = required_headers.filter(|headers| !headers.is_none()) {
            let refused = || PyTypeError::new_err("required_headers must be a dict of names and accepted values");
            // A copy of the items: what they are converted by may be Python code that changes the mapping.
            let items = headers.call_method0("items").and_then(|items| items.try_iter()?.collect::<PyResult<Vec<_>>>());
            for item in items.map_err(|_| refused())? {
                let (name, accepted): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract().map_err(|_| refused())?;
                let name = name.cast_into::<PyString>().map_err(|_| PyTypeError::new_err("a required header's name must be str"))?;
                let name = name.to_str().map_err(|_| raise(ErrorCode::InvalidHeaderName))?.to_owned();
                let accepted = inputs::values(Some(&accepted), "a required header")?
                    .ok_or_else(|| PyTypeError::new_err("a required header must be a str or a list of str, not None"))?;
                builder = builder.required_header(&name, accepted);
            }
        }
        if unsigned {
            builder = builder.unsigned();
        }
        let limit = max_body_bytes.map_or(Ok(DEFAULT_MAX_BODY_BYTES), limit)?;
        builder.max_body_bytes(limit).build().map(Self).map_err(raise)
    }

    /// A verifier from the variables YUNO_WEBHOOK_HMAC_SECRET, YUNO_WEBHOOK_API_KEY, YUNO_WEBHOOK_X_SECRET (one value a line; one empty line at
    /// the end is ignored) and YUNO_WEBHOOK_UNSIGNED ("1" to receive without a signature). Raises ConfigurationError.
    #[staticmethod]
    fn from_env(py: Python<'_>) -> PyResult<Self> {
        let environment = py.import("os")?.getattr("environ")?;
        let mut failed = None;
        let verifier = Core::from_variables(|name| {
            let value = environment.call_method1("get", (name,)).and_then(|value| match value.is_none() {
                true => Ok(None),
                false => {
                    inputs::values(Some(&value), name).map(|values| values.and_then(|values| values.first().map(|value| value.to_string())))
                }
            });
            value.unwrap_or_else(|error| {
                failed.get_or_insert(error);
                None
            })
        });
        match failed {
            Some(error) => Err(error),
            None => verifier.map(Self).map_err(raise),
        }
    }

    /// Looks at what is known of a delivery before its body is read: the values of its headers content-length and content-encoding, or None.
    ///
    /// Raises AuthenticationError (BODY_ENCODED, BODY_TOO_LARGE) for what could never be accepted. Count what you read all the same.
    #[pyo3(signature = (*, content_length = None, content_encoding = None))]
    fn admit(&self, content_length: Option<&Bound<'_, PyString>>, content_encoding: Option<&Bound<'_, PyString>>) -> PyResult<()> {
        let text = |value: Option<&Bound<'_, PyString>>| value.map(|value| value.to_string_lossy().into_owned());
        self.0.admit(text(content_length).as_deref(), text(content_encoding).as_deref()).map_err(raise)
    }

    /// Verifies a delivery and then parses it.
    ///
    /// body: the raw body as received (bytes, bytearray or memoryview). headers: a mapping or an iterable of pairs, str or bytes, in any case.
    /// Raises AuthenticationError, or PayloadError if the delivery is authentic but its body cannot be read.
    fn verify(&self, py: Python<'_>, body: &Bound<'_, PyAny>, headers: &Bound<'_, PyAny>) -> PyResult<Event> {
        let body = inputs::body(body, self.0.max_body_bytes())?;
        let headers = inputs::headers(headers, &self.0)?;
        let bytes = PyBackedBytes::from(body.clone());
        let verify = || OwnedEvent::verify(&self.0, bytes, &headers);
        let event = if body.as_bytes().len() > DETACH_ABOVE { py.detach(verify) } else { verify() };
        event.map(|event| Event::new(event, body.unbind())).map_err(|refused| raise(refused.error()))
    }

    /// The largest body that is looked at, in bytes.
    #[getter]
    fn max_body_bytes(&self) -> usize {
        self.0.max_body_bytes()
    }

    fn __repr__(&self) -> &'static str {
        "Verifier(redacted)"
    }
}

/// A limit out of range is a coded error, not an OverflowError.
fn limit(value: &Bound<'_, PyAny>) -> PyResult<usize> {
    if !value.is_instance_of::<PyInt>() || value.is_instance_of::<PyBool>() {
        return Err(PyTypeError::new_err("max_body_bytes must be an int"));
    }
    // What is below or above every size is refused by the builder, which says what is allowed.
    Ok(value.extract().unwrap_or_default())
}
