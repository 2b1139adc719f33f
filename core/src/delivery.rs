//! How the provider delivers, and how a receiver answers.

use core::time::Duration;
use std::borrow::Cow;

use crate::error::{Error, ErrorCode, Hint, Stage};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Paths that the provider adds to the merchant's base URL by itself, for bank transfers; all other webhooks go to the path that the merchant chose.
pub const FIXED_PATHS: [&str; 2] = ["/v1/banking/transfers", "/v1/baas/transfers"];

/// What a receiver answers to a delivery. Never 202 or 204: by the strictest of the provider's pages only 200 acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reply {
    status: u16,
    body: &'static str,
}

impl Reply {
    /// To a delivery that was accepted, is a duplicate, or is of an unknown kind.
    /// Banking webhooks require the body; elsewhere it does no harm.
    pub const fn received() -> Self {
        Self { status: 200, body: r#"{"received":true}"# }
    }

    /// To a delivery that could not be stored or handled now: the provider tries again.
    pub const fn try_again() -> Self {
        Self { status: 503, body: "" }
    }

    /// To a delivery that was refused and not stored. The body is empty: all refusals of one status look alike from outside.
    /// An authentic empty body is acknowledged, for there is nothing in it to lose.
    ///
    /// ```
    /// # use yuno_webhooks::{Error, ErrorCode, Reply};
    /// assert_eq!(Reply::to_error(&Error::from(ErrorCode::SignatureMismatch)).status(), 401);
    /// ```
    pub const fn to_error(error: &Error) -> Self {
        if error.is_empty_body() { Self::received() } else { Self { status: error.code().http_status(), body: "" } }
    }

    /// To a delivery that was refused, but whose raw bytes are stored: an authentic one is then acknowledged. Not one of which nothing could be
    /// stored: an empty body that no signature proves to have been sent empty.
    pub const fn to_stored(error: &Error) -> Self {
        let is_kept = matches!(error.code().stage(), Stage::Payload) && !error.is_vanished_body();
        if is_kept { Self::received() } else { Self::to_error(error) }
    }

    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The body, JSON or empty.
    pub const fn body(&self) -> &'static str {
        self.body
    }
}

/// From when a schedule's delays count. The provider's pages can be read either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Since {
    /// Each delay counts from the first try.
    FirstTry,
    /// Each delay counts from the try before it.
    PreviousTry,
}

/// When the provider tries to deliver, and how long it waits for an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    since: Since,
    delays: Cow<'static, [Duration]>,
    waits: Cow<'static, [Duration]>,
}

/// The documented delays: at once, 5 min, 50 min, 6 h, 24 h, 48 h, 96 h.
static DELAYS: [Duration; 7] = [
    Duration::ZERO,
    Duration::from_secs(5 * 60),
    Duration::from_secs(50 * 60),
    Duration::from_secs(6 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
    Duration::from_secs(48 * 60 * 60),
    Duration::from_secs(96 * 60 * 60),
];

/// The waits that were documented last: 23 s for the first try, then 7 s.
static WAITS: [Duration; 2] = [Duration::from_secs(23), Duration::from_secs(7)];

impl Schedule {
    /// The documented delays, counted from the first try: 4 days in all.
    pub const SINCE_FIRST_TRY: Self = Self { since: Since::FirstTry, delays: Cow::Borrowed(&DELAYS), waits: Cow::Borrowed(&WAITS) };
    /// The documented delays, counted from the previous try: 7 days, 6 hours and 55 minutes in all. The one to plan for.
    pub const SINCE_PREVIOUS_TRY: Self = Self { since: Since::PreviousTry, delays: Cow::Borrowed(&DELAYS), waits: Cow::Borrowed(&WAITS) };
    /// How long bodies are kept unless said otherwise: 30 days. Dedupe keys are kept for ever.
    pub const DEFAULT_RETENTION: Duration = DAY.saturating_mul(30);

    /// An organisation's own schedule: a delay a try, the first of them zero, and acknowledgement waits, of which the last holds for all later tries.
    ///
    /// # Errors
    /// `INVALID_LIMIT` if a list is empty, the first delay is not zero, a try is not after the one before it, or the total is beyond all measure.
    pub fn new(since: Since, delays: &[Duration], waits: &[Duration]) -> Result<Self, Error> {
        let schedule = Self { since, delays: Cow::Owned(delays.to_vec()), waits: Cow::Owned(waits.to_vec()) };
        let refused = |hint| Error::with_hint(ErrorCode::InvalidLimit, hint);
        let offsets = schedule.try_offsets().ok_or(refused(Hint::Delays))?;
        let starts_at_once = offsets.first() == Some(&Duration::ZERO);
        let grows = offsets.iter().zip(offsets.iter().skip(1)).all(|(earlier, later)| earlier < later);
        match (starts_at_once && grows, waits.is_empty()) {
            (false, _) => Err(refused(Hint::Delays)),
            (true, true) => Err(refused(Hint::Waits)),
            (true, false) => Ok(schedule),
        }
    }

    /// The delays, one a try.
    pub fn delays(&self) -> &[Duration] {
        &self.delays
    }

    /// The acknowledgement waits; the last holds for all later tries.
    pub fn waits(&self) -> &[Duration] {
        &self.waits
    }

    fn try_offsets(&self) -> Option<Vec<Duration>> {
        let mut total = Duration::ZERO;
        let add = |delay: &Duration| {
            total = total.checked_add(*delay)?;
            Some(total)
        };
        match self.since {
            Since::FirstTry => Some(self.delays.to_vec()),
            Since::PreviousTry => self.delays.iter().map(add).collect(),
        }
    }

    /// When each try comes, counted from the first.
    pub fn offsets(&self) -> Vec<Duration> {
        // `new` has refused what does not add up.
        self.try_offsets().unwrap_or_default()
    }

    /// How long the provider waits for an acknowledgement of this try; 0 is the first.
    pub fn acknowledgement_wait(&self, retry: u32) -> Duration {
        let place = usize::try_from(retry).unwrap_or(usize::MAX);
        self.waits.get(place).or(self.waits.last()).copied().unwrap_or_default()
    }

    /// From the first try to the last.
    pub fn total(&self) -> Duration {
        self.offsets().last().copied().unwrap_or_default()
    }

    /// The shortest time for which bodies may be kept: the schedule's whole days and one day more. 8 days for
    /// [`SINCE_PREVIOUS_TRY`](Self::SINCE_PREVIOUS_TRY); always longer than the schedule.
    pub fn minimum_retention(&self) -> Duration {
        let part_of_a_day =
            Duration::new(self.total().as_secs().checked_rem(DAY.as_secs()).unwrap_or_default(), self.total().subsec_nanos());
        self.total().saturating_sub(part_of_a_day).saturating_add(DAY)
    }

    /// Checks a retention against this schedule.
    ///
    /// # Errors
    /// `RETENTION_TOO_SHORT` if a body could be removed while the provider may still deliver it again.
    pub fn check_retention(&self, retention: Duration) -> Result<(), Error> {
        if retention < self.minimum_retention() { Err(ErrorCode::RetentionTooShort.into()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verifier;

    #[test]
    fn what_could_not_be_stored_comes_again() {
        assert_eq!((Reply::try_again().status(), Reply::try_again().body()), (503, ""));
    }

    #[test]
    fn a_schedule_tells_what_it_was_made_of() {
        let schedule = Schedule::SINCE_PREVIOUS_TRY;
        assert_eq!(Schedule::new(Since::PreviousTry, schedule.delays(), schedule.waits()).unwrap(), schedule);
        assert_eq!((schedule.delays().len(), schedule.waits()), (7, &WAITS[..]));
    }

    #[test]
    fn what_is_refused_is_told_the_limit_that_holds() {
        assert!(ErrorCode::RetentionTooShort.message().ends_with("at least 8 days (8d)."));
        assert_eq!(Schedule::SINCE_PREVIOUS_TRY.minimum_retention(), DAY.saturating_mul(8));
        assert!(ErrorCode::BodyTooLarge.message().contains(": 2 MiB, unless"));
        assert_eq!(crate::DEFAULT_MAX_BODY_BYTES, 2 << 20);
    }

    #[test]
    fn an_empty_body_is_acknowledged_only_if_a_signature_proves_it() {
        let signed = Verifier::builder().hmac_secret("s").build().unwrap();
        let error = signed.verify(b"", &[("x-hmac-signature", crate::testing::sign(b"", "s"))]).unwrap_err();
        assert_eq!((Reply::to_error(&error).status(), Reply::to_stored(&error).status()), (200, 200));
        let unsigned = Verifier::builder().unsigned().api_key(["k"]).build().unwrap();
        let error = unsigned.verify(b"", &[("x-api-key", "k")]).unwrap_err();
        assert_eq!((Reply::to_error(&error).status(), Reply::to_stored(&error).status()), (400, 400));
    }
}
