//! How to answer, and when the provider tries again.

use core::time::Duration;

use napi::bindgen_prelude::External;
use napi_derive::napi;
use yuno_webhooks::{Error, ErrorCode, FIXED_PATHS, Reply, Schedule, Since};

use crate::errors::{Result, refuse, whole};

/// What a receiver answers.
#[napi(object, object_from_js = false)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'static str,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { status: reply.status(), body: reply.body() }
    }
}

/// The paths that the provider adds to the merchant's base URL by itself.
#[napi(catch_unwind)]
pub fn fixed_paths() -> Vec<&'static str> {
    FIXED_PATHS.to_vec()
}

/// To a delivery that was accepted.
#[napi(catch_unwind)]
pub fn reply_received() -> Answer {
    Reply::received().into()
}

/// To a delivery that could not be stored or handled now.
#[napi(catch_unwind)]
pub fn reply_try_again() -> Answer {
    Reply::try_again().into()
}

/// To a delivery that was refused with this code and hint.
#[napi(catch_unwind)]
pub fn reply_to_error(code: String, hint: String, stored: bool) -> Result<Answer> {
    let code = ErrorCode::from_name(&code).ok_or_else(|| refuse(ErrorCode::InvalidArgument))?;
    let error = Error::from_parts(code, &hint);
    Ok(if stored { Reply::to_stored(&error) } else { Reply::to_error(&error) }.into())
}

/// A schedule; what is not given is as documented.
#[napi(catch_unwind)]
pub fn make_schedule(since: String, delays: Option<Vec<f64>>, waits: Option<Vec<f64>>) -> Result<External<Schedule>> {
    let (since, documented) = match since.as_str() {
        "first_try" => (Since::FirstTry, Schedule::SINCE_FIRST_TRY),
        "previous_try" => (Since::PreviousTry, Schedule::SINCE_PREVIOUS_TRY),
        _ => return Err(refuse(ErrorCode::InvalidLimit)),
    };
    let own = |seconds: Vec<f64>| seconds.into_iter().map(|count| span(count, ErrorCode::InvalidLimit)).collect::<Result<Vec<_>>>();
    let delays = delays.map_or(Ok(documented.delays().to_vec()), own)?;
    let waits = waits.map_or(Ok(documented.waits().to_vec()), own)?;
    Schedule::new(since, &delays, &waits).map(External::new).map_err(refuse)
}

/// When each try comes, in seconds from the first.
#[napi(catch_unwind)]
pub fn schedule_offsets(schedule: &External<Schedule>) -> Vec<f64> {
    schedule.offsets().iter().map(Duration::as_secs_f64).collect()
}

/// From the first try to the last, in seconds.
#[napi(catch_unwind)]
pub fn schedule_total(schedule: &External<Schedule>) -> f64 {
    schedule.total().as_secs_f64()
}

/// The shortest time for which bodies may be kept, in seconds.
#[napi(catch_unwind)]
pub fn schedule_minimum_retention(schedule: &External<Schedule>) -> f64 {
    schedule.minimum_retention().as_secs_f64()
}

/// How long the provider waits for an acknowledgement of this try, in seconds.
#[napi(catch_unwind)]
pub fn schedule_acknowledgement_wait(schedule: &External<Schedule>, retry: f64) -> Result<f64> {
    let retry = u32::try_from(whole(retry, ErrorCode::InvalidArgument)?).unwrap_or(u32::MAX);
    Ok(schedule.acknowledgement_wait(retry).as_secs_f64())
}

/// Refuses a retention, in seconds, that is too short.
#[napi(catch_unwind)]
pub fn schedule_check_retention(schedule: &External<Schedule>, seconds: f64) -> Result<()> {
    schedule.check_retention(span(seconds, ErrorCode::InvalidArgument)?).map_err(refuse)
}

fn span(seconds: f64, otherwise: ErrorCode) -> Result<Duration> {
    whole(seconds, otherwise).map(Duration::from_secs)
}
