//! Core errors as the exceptions of `yuno_webhooks.errors`.

use pyo3::exceptions::PyTypeError;
use pyo3::import_exception;
use pyo3::prelude::*;
use yuno_webhooks::{Error, ErrorCode, Stage};

import_exception!(yuno_webhooks.errors, WebhookError);
import_exception!(yuno_webhooks.errors, ConfigurationError);
import_exception!(yuno_webhooks.errors, AuthenticationError);
import_exception!(yuno_webhooks.errors, PayloadError);
import_exception!(yuno_webhooks.errors, InboxError);

/// The exception of an error.
pub(crate) fn raise(error: impl Into<Error>) -> PyErr {
    let error = error.into();
    let code = error.code();
    let arguments = (error.to_string(), code.name(), code.number(), code.stage().as_str(), code.http_status(), error.hint());
    match code.stage() {
        Stage::Configuration => ConfigurationError::new_err(arguments),
        Stage::Authentication => AuthenticationError::new_err(arguments),
        Stage::Payload => PayloadError::new_err(arguments),
        Stage::Inbox => InboxError::new_err(arguments),
        _ => WebhookError::new_err(arguments),
    }
}

/// The core's error that an exception of ours was raised from.
pub(crate) fn error_of(exception: &Bound<'_, PyAny>) -> PyResult<Error> {
    if !exception.is_instance_of::<WebhookError>() {
        return Err(PyTypeError::new_err("the error must be a WebhookError"));
    }
    let name: String = exception.getattr("code")?.extract()?;
    let code = ErrorCode::from_name(&name).ok_or_else(|| raise(ErrorCode::InvalidArgument))?;
    Ok(Error::from_parts(code, &exception.getattr("hint")?.extract::<String>()?))
}
