//! A verifier, and what it gives.

use napi::JsString;
use napi::bindgen_prelude::{Env, External, Function};
use napi_derive::napi;
use yuno_webhooks::{DEFAULT_MAX_BODY_BYTES, ErrorCode, Event, OwnedEvent, Recency, Refused, Verifier};
use zeroize::Zeroizing;

use crate::errors::{Result, failed, refuse, whole};
use crate::record::{LARGEST_BODY, copy, record};

/// The options of a verifier; `options.ts` has checked their types.
#[napi(object, object_to_js = false)]
pub struct Options {
    /// The client secrets.
    pub hmac_secrets: Vec<String>,
    /// The accepted values, if the option is set.
    pub api_key: Option<Vec<String>>,
    /// The accepted values, if the option is set.
    pub x_secret: Option<Vec<String>>,
    /// The other required headers.
    pub required_headers: Vec<RequiredHeader>,
    /// The limit, if the option is set.
    pub max_body_bytes: Option<f64>,
    /// Whether deliveries have no signature.
    pub unsigned: bool,
}

/// A header that must hold one of some values.
#[napi(object, object_to_js = false)]
pub struct RequiredHeader {
    /// In any case.
    pub name: String,
    /// The accepted values.
    pub accepted: Vec<String>,
}

/// Makes a verifier.
#[napi(catch_unwind)]
pub fn make_verifier(options: Options) -> Result<External<Verifier>> {
    let mut builder = Verifier::builder().hmac_secrets(wiped(options.hmac_secrets));
    if let Some(accepted) = options.api_key {
        builder = builder.api_key(wiped(accepted));
    }
    if let Some(accepted) = options.x_secret {
        builder = builder.x_secret(wiped(accepted));
    }
    for header in options.required_headers {
        builder = builder.required_header(&header.name, wiped(header.accepted));
    }
    if options.unsigned {
        builder = builder.unsigned();
    }
    let limit = options.max_body_bytes.map_or(Ok(DEFAULT_MAX_BODY_BYTES), limit)?;
    builder.max_body_bytes(limit).build().map(External::new).map_err(refuse)
}

/// Makes a verifier from variables; `look_up` does not throw.
#[napi(catch_unwind)]
pub fn make_verifier_from_variables(look_up: Function<'_, String, Option<String>>) -> Result<External<Verifier>> {
    let mut failure = None;
    let verifier = Verifier::from_variables(|name| {
        look_up.call(name.to_owned()).unwrap_or_else(|error| {
            failure.get_or_insert(error);
            None
        })
    });
    match failure {
        Some(error) => Err(failed(error)),
        None => verifier.map(External::new).map_err(refuse),
    }
}

/// The headers that the verifier looks at, in lower case.
#[napi(catch_unwind)]
pub fn header_names(verifier: &External<Verifier>) -> Vec<&str> {
    verifier.header_names().collect()
}

/// Looks at what is known of a delivery before its body is read.
#[napi(catch_unwind)]
pub fn admit(verifier: &External<Verifier>, content_length: Option<String>, content_encoding: Option<String>) -> Result<()> {
    verifier.admit(content_length.as_deref(), content_encoding.as_deref()).map_err(refuse)
}

/// The largest body that is looked at.
#[napi(catch_unwind)]
pub fn max_body_bytes(verifier: &External<Verifier>) -> f64 {
    u32::try_from(verifier.max_body_bytes()).unwrap_or(u32::MAX).into()
}

/// The highest limit that a verifier may have.
#[napi(catch_unwind)]
pub fn largest_body() -> f64 {
    u32::try_from(LARGEST_BODY).unwrap_or(u32::MAX).into()
}

/// Verifies a delivery and gives the record of its event. `headers` are names and values in turn.
///
/// The body comes last: arguments are read in turn, reading an array can run the host's code, and that could free a body that is borrowed already.
#[napi(catch_unwind)]
pub fn verify<'env>(env: &'env Env, verifier: &External<Verifier>, headers: Vec<String>, body: &[u8]) -> Result<JsString<'env>> {
    let headers: Vec<_> = headers.as_chunks().0.iter().map(|[name, value]| (name.as_str(), value.as_str())).collect();
    // A copy, and it alone is verified and kept: another thread of the process (a pending read) may still write to the caller's buffer.
    give(env, OwnedEvent::verify(verifier, copy(body), headers.as_slice()))
}

/// Reads a body that was verified before, and gives the record of its event.
#[napi(catch_unwind)]
pub fn parse_unverified<'env>(env: &'env Env, body: &[u8]) -> Result<JsString<'env>> {
    if body.len() > LARGEST_BODY {
        return Err(refuse(ErrorCode::DataUnreadable));
    }
    give(env, OwnedEvent::parse_unverified(copy(body)))
}

fn give(env: &Env, read: core::result::Result<OwnedEvent, Refused<Vec<u8>>>) -> Result<JsString<'_>> {
    let event = read.map_err(|refused| refuse(refused.error()))?;
    env.create_string_latin1(record(event)).map_err(failed)
}

/// The key of a body to compare by. Few ask for it, so it is not in the record.
#[napi(catch_unwind)]
pub fn published_key(body: &[u8]) -> Result<Option<String>> {
    Event::parse_unverified(body).map(|event| event.published_key()).map_err(refuse)
}

/// How the news of one body relates to another's.
#[napi(catch_unwind)]
pub fn compare_recency(body: &[u8], other: &[u8]) -> Result<&'static str> {
    compare(body, other).map(Recency::as_str)
}

/// Whether the news of one body is newer than another's, if that can be told.
#[napi(catch_unwind)]
pub fn is_newer(body: &[u8], other: &[u8]) -> Result<Option<bool>> {
    compare(body, other).map(Recency::is_newer)
}

fn compare(body: &[u8], other: &[u8]) -> Result<Recency> {
    let (event, other) = (Event::parse_unverified(body).map_err(refuse)?, Event::parse_unverified(other).map_err(refuse)?);
    Ok(event.compare_recency(&other))
}

fn limit(number: f64) -> Result<usize> {
    let limit = whole(number, ErrorCode::InvalidLimit)?;
    usize::try_from(limit).ok().filter(|limit| *limit <= LARGEST_BODY).ok_or_else(|| refuse(ErrorCode::InvalidLimit))
}

/// Values that are wiped when the core has taken its own.
fn wiped(values: Vec<String>) -> Vec<Zeroizing<String>> {
    values.into_iter().map(Zeroizing::new).collect()
}
