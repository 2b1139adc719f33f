//! Signing and samples for Python.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use yuno_webhooks::testing::{self, Form, Sample};
use yuno_webhooks::{ErrorCode, EventKind};

use crate::errors::raise;
use crate::inputs;

/// Signs a body as the provider does.
#[pyfunction]
pub(crate) fn sign(body: &Bound<'_, PyAny>, secret: &Bound<'_, PyAny>) -> PyResult<String> {
    let body = inputs::body(body, usize::MAX)?;
    if let Ok(secret) = secret.cast::<PyBytes>() {
        return Ok(testing::sign(body.as_bytes(), secret.as_bytes()));
    }
    let secret = secret.cast::<PyString>().map_err(|_| PyTypeError::new_err("the secret must be str or bytes"))?;
    Ok(testing::sign(body.as_bytes(), secret.to_str().map_err(|_| raise(ErrorCode::InvalidSecret))?))
}

/// Sets one option of a sample.
type Setter = fn(Sample, String) -> Sample;

/// Makes the body of a sample delivery of this kind. What is not chosen has a plausible value; equal options give equal bytes.
///
/// kind: one of catalog(). form: one of that row's forms. Raises WebhookError (INVALID_ARGUMENT) for another kind or form, or an amount that is no JSON number;
/// ValueError for text that UTF-8 cannot hold.
#[pyfunction]
#[pyo3(signature = (kind, *, form = None, retry = Some(0), status = None, sub_status = None, id = None, account_id = None, transaction_id = None,
    transaction_status = None, transaction_amount = None, updated_at = None, amount = None, currency = None, merchant_reference = None),
    text_signature = "(kind, *, form=None, retry=0, status=None, sub_status=None, id=None, account_id=None, transaction_id=None, transaction_status=None, transaction_amount=None, updated_at=None, amount=None, currency=None, merchant_reference=None)")]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn sample<'py>(
    py: Python<'py>,
    kind: &str,
    form: Option<&str>,
    #[pyo3(from_py_with = inputs::number)] retry: Option<u32>,
    status: Option<String>,
    sub_status: Option<String>,
    id: Option<String>,
    account_id: Option<String>,
    transaction_id: Option<String>,
    transaction_status: Option<String>,
    transaction_amount: Option<String>,
    updated_at: Option<String>,
    amount: Option<String>,
    currency: Option<String>,
    merchant_reference: Option<String>,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut sample = Sample::new(EventKind::from_spelling(kind)).retry(retry);
    if let Some(form) = form {
        sample = sample.form(Form::from_name(form).map_err(raise)?);
    }
    let texts: [(Option<String>, Setter); 11] = [
        (status, Sample::status),
        (sub_status, Sample::sub_status),
        (id, Sample::id),
        (account_id, Sample::account_id),
        (transaction_id, Sample::transaction_id),
        (transaction_status, Sample::transaction_status),
        (transaction_amount, Sample::transaction_amount),
        (updated_at, Sample::updated_at),
        (merchant_reference, Sample::merchant_reference),
        (amount, Sample::amount),
        (currency, Sample::currency),
    ];
    for (text, set) in texts {
        if let Some(text) = text {
            sample = set(sample, text);
        }
    }
    sample.body().map(|body| PyBytes::new(py, &body)).map_err(raise)
}
