//! Signing and samples.

use napi::bindgen_prelude::{BufferSlice, Env};
use napi_derive::napi;
use yuno_webhooks::testing::{self, Form, Sample};
use yuno_webhooks::{ErrorCode, EventKind};

use crate::errors::{Result, failed, refuse, whole};

/// Signs a body as the provider does.
#[napi(catch_unwind)]
pub fn sign(body: &[u8], secret: &[u8]) -> String {
    testing::sign(body, secret)
}

/// The options of a sample; `testing.ts` has checked their types.
#[napi(object, object_to_js = false)]
pub struct SampleOptions {
    /// How it is written.
    pub form: Option<String>,
    /// The count, if there is one.
    pub retry: Option<f64>,
    /// The status.
    pub status: Option<String>,
    /// The sub-status.
    pub sub_status: Option<String>,
    /// The resource's id.
    pub id: Option<String>,
    /// The merchant's account.
    pub account_id: Option<String>,
    /// The transaction's id.
    pub transaction_id: Option<String>,
    /// The transaction's status.
    pub transaction_status: Option<String>,
    /// What the transaction moved.
    pub transaction_amount: Option<String>,
    /// When the resource last changed.
    pub updated_at: Option<String>,
    /// The digits of the amount.
    pub amount: Option<String>,
    /// Its currency.
    pub currency: Option<String>,
    /// The merchant's own reference.
    pub merchant_reference: Option<String>,
}

/// Sets one option of a sample.
type Setter = fn(Sample, String) -> Sample;

/// Makes the body of a sample delivery: a `Buffer`, which the declarations do not name, so that they need no types of Node.
#[napi(catch_unwind, ts_return_type = "Uint8Array")]
pub fn sample<'env>(env: &'env Env, kind: String, options: SampleOptions) -> Result<BufferSlice<'env>> {
    let refused = || refuse(ErrorCode::InvalidArgument);
    let retry = options.retry.map(|count| whole(count, ErrorCode::InvalidArgument)).transpose()?;
    let retry = retry.map(|count| u32::try_from(count).map_err(|_| refused())).transpose()?;
    let mut sample = Sample::new(EventKind::from_spelling(&kind)).retry(retry);
    if let Some(form) = options.form {
        sample = sample.form(Form::from_name(&form).map_err(crate::errors::refuse)?);
    }
    let texts: [(Option<String>, Setter); 11] = [
        (options.status, Sample::status),
        (options.sub_status, Sample::sub_status),
        (options.id, Sample::id),
        (options.account_id, Sample::account_id),
        (options.transaction_id, Sample::transaction_id),
        (options.transaction_status, Sample::transaction_status),
        (options.transaction_amount, Sample::transaction_amount),
        (options.updated_at, Sample::updated_at),
        (options.merchant_reference, Sample::merchant_reference),
        (options.amount, Sample::amount),
        (options.currency, Sample::currency),
    ];
    for (text, set) in texts {
        if let Some(text) = text {
            sample = set(sample, text);
        }
    }
    BufferSlice::from_data(env, sample.body().map_err(refuse)?).map_err(failed)
}
