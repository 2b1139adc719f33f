//! What goes into a row, and when a failed one is tried again.

use core::fmt;
use core::time::Duration;

use sha2::{Digest, Sha256};

use crate::dedupe::component;
use crate::delivery::{Reply, Schedule};
use crate::error::{Error, ErrorCode, Hint};
use crate::event::Event;
use crate::event::family::Family;
use crate::event::timestamp::Timestamp;

/// How long after one occurrence of a repeatable event an equal first try is another one, and not the same that was delivered twice.
const REPEAT_AFTER: Duration = Duration::from_secs(600);

/// What [`Statement::Accept`](super::Statement::Accept) stores of a delivery: its parameters, but for the scope.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row<'b> {
    /// The event's dedupe key; of an authentic body that is no event `x1-` and 32 hex digits of the SHA-256 of its bytes.
    pub key: String,
    /// The event's kind.
    pub kind: Option<&'static str>,
    /// The ordering key: deliveries of one resource are worked on one after another. `<resource kind>/<id>`, of at most 120 characters of
    /// `[A-Za-z0-9._/-]`; `None` where the body names no resource, so that the delivery waits for no other.
    pub resource: Option<String>,
    /// When the resource changed, in nanoseconds since 1970.
    pub changed_at: Option<i64>,
    /// After how many milliseconds a delivery whose key is known counts as another occurrence; `None` where an equal body is always a redelivery,
    /// as it is of whatever moves money or may, being unknown: there, to do a thing twice by a recording is worse than to miss what no page says can
    /// happen.
    ///
    /// The provider sends byte-identical bodies for different occurrences of the events that are [repeatable](Event::repeatable), such as a
    /// subscription that is paused twice. A first try (`retry` 0) is another occurrence ten minutes after the one before it; a later try, or one that
    /// does not say which it is, only when no redelivery can come any more.
    pub repeat_after: Option<i64>,
    /// Why the body is no event: the error's name, and its text.
    pub error: Option<(&'static str, String)>,
    /// The raw body.
    pub body: &'b [u8],
}

/// Whether an event is known to move no money, by its kind and by the resource that it tells about: should the provider change a shape, either may be
/// what is known of a payment. Each state of what moves money comes once.
fn moves_no_money(event: &Event<'_>) -> bool {
    let of = event.kind().family();
    of == event.resource().kind()
        && matches!(of, Family::PaymentMethod | Family::Subscription | Family::Onboarding | Family::Report | Family::PaymentMethodDomain)
}

impl fmt::Debug for Row<'_> {
    /// Without the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("key", &self.key).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl<'b> Row<'b> {
    /// Of an event.
    pub fn of(event: &Event<'b>) -> Self {
        let resource = event.resource();
        Self {
            key: event.dedupe_key().as_str().to_owned(),
            kind: Some(event.kind().as_str()),
            resource: resource.id().map(|id| format!("{}/{}", resource.kind().as_str(), component(&id))),
            changed_at: event.changed_at().map(Timestamp::unix_nanos),
            repeat_after: (event.repeatable() && moves_no_money(event)).then(|| {
                let is_first_try = event.retry() == Some(0);
                let wait = if is_first_try { REPEAT_AFTER } else { Schedule::SINCE_PREVIOUS_TRY.minimum_retention() };
                i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
            }),
            error: None,
            body: event.raw(),
        }
    }

    /// Of an authentic body that is no event. `None` if it is to be answered as [`Reply::to_error`] says and not stored: it holds nothing, or it is
    /// not authentic.
    pub fn of_unreadable(body: &'b [u8], error: &Error) -> Option<Self> {
        let is_kept = Reply::to_stored(error) != Reply::to_error(error);
        let digest = base16ct::lower::encode_string(&Sha256::digest(body));
        is_kept.then(|| Self {
            key: format!("x1-{}", digest.get(..32).unwrap_or_default()),
            kind: None,
            resource: None,
            changed_at: None,
            repeat_after: None,
            error: Some((error.code().name(), error_text(&error.to_string()))),
            body,
        })
    }
}

/// The text of a worker's error as a row keeps it: its first 300 characters, on one line.
pub fn error_text(text: &str) -> String {
    text.chars().take(300).map(|own| if own.is_control() { ' ' } else { own }).collect()
}

/// How long a failed delivery waits for its next attempt: twice as long each time, up to a limit, and a random part of it less, so that what failed
/// together does not come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    attempts: u32,
}

impl Default for Backoff {
    /// 5 seconds, doubling up to an hour, 24 attempts: 7 to 14 hours in all.
    fn default() -> Self {
        Self { first: Duration::from_secs(5), most: Duration::from_secs(3600), attempts: 24 }
    }
}

impl Backoff {
    /// The first wait, the longest, and how many attempts there are before a delivery is dead.
    ///
    /// # Errors
    /// `INVALID_LIMIT` if there is no attempt, the first wait is shorter than a millisecond, or the longest is shorter than the first or longer than
    /// a year.
    pub fn new(first: Duration, most: Duration, attempts: u32) -> Result<Self, Error> {
        let is_possible = attempts > 0 && first >= Duration::from_millis(1) && first <= most && most <= Duration::from_secs(365 * 86_400);
        if is_possible { Ok(Self { first, most, attempts }) } else { Err(Error::with_hint(ErrorCode::InvalidLimit, Hint::Backoff)) }
    }

    /// The first wait, and the longest.
    pub const fn waits(&self) -> (Duration, Duration) {
        (self.first, self.most)
    }

    /// How many attempts there are.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The wait after an attempt that failed; 1 is the first. `None` after the last: the delivery is dead. `random` is any number, evenly
    /// distributed.
    pub fn delay(&self, attempt: u32, random: u32) -> Option<Duration> {
        let doublings = attempt.saturating_sub(1).min(40);
        let ceiling = self.first.as_millis().saturating_mul(1 << doublings).min(self.most.as_millis());
        // Half of it, and of the other half a random part; in whole numbers, so that every host computes the same.
        let part = ceiling.saturating_mul(u128::from(random)) >> 33;
        let millis = u64::try_from(ceiling.div_ceil(2).saturating_add(part)).unwrap_or(u64::MAX);
        (attempt < self.attempts).then_some(Duration::from_millis(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_and_end() {
        let backoff = Backoff::default();
        let longest = |attempt| backoff.delay(attempt, u32::MAX).map(|delay| delay.as_millis());
        let shortest = |attempt| backoff.delay(attempt, 0).map(|delay| delay.as_millis());
        assert_eq!([1, 2, 3, 23, 24].map(shortest), [Some(2500), Some(5000), Some(10_000), Some(1_800_000), None]);
        assert_eq!([1, 2, 3, 23, u32::MAX].map(longest), [Some(4999), Some(9999), Some(19_999), Some(3_599_999), None]);
        assert_eq!(backoff.delay(0, 0), Some(Duration::from_millis(2500)));
    }

    #[test]
    fn a_backoff_that_cannot_be_is_refused() {
        let second = Duration::from_secs(1);
        for (first, most, attempts) in
            [(second, second, 0), (Duration::ZERO, second, 1), (second, Duration::ZERO, 1), (second, Duration::MAX, 1)]
        {
            assert_eq!(Backoff::new(first, most, attempts).unwrap_err().code(), ErrorCode::InvalidLimit);
        }
        assert!(Backoff::new(second, second, 1).is_ok_and(|own| own.delay(1, 7).is_none()));
    }

    #[test]
    fn a_backoff_tells_what_it_was_made_of() {
        let (first, most) = Backoff::default().waits();
        assert_eq!(Backoff::new(first, most, Backoff::default().attempts()).unwrap(), Backoff::default());
        assert_eq!((first, most), (Duration::from_secs(5), Duration::from_secs(3600)));
    }

    #[test]
    fn only_what_moves_no_money_and_comes_without_news_can_happen_again() {
        let of = |body: &str| {
            let event = Event::parse_unverified(body.as_bytes()).unwrap();
            let row = Row::of(&event);
            assert!(row.error.is_none() && row.key == event.dedupe_key().as_str() && row.body == body.as_bytes());
            assert!(!format!("{row:?}").contains("body"));
            (row.kind, row.resource, row.changed_at, row.repeat_after)
        };
        let pause = |retry: &str| {
            of(&format!(
                r#"{{"type":"subscription","type_event":"subscription.pause","retry":{retry},"data":{{"subscription":{{"id":"s-1"}}}}}}"#
            ))
        };
        let lane = Some("subscription/s-1".to_owned());
        assert_eq!(pause("0"), (Some("subscription.pause"), lane.clone(), None, Some(600_000)));
        let eight_days = Some(8 * 86_400_000);
        assert_eq!(pause("1"), (Some("subscription.pause"), lane.clone(), None, eight_days));
        assert_eq!(pause("null"), (Some("subscription.pause"), lane, None, eight_days));
        let payment = of(r#"{"type_event":"payment.purchase","retry":0,"data":{"payment":{"id":"p 1"}}}"#);
        assert_eq!(payment.3, None);
        assert!(payment.1.unwrap().starts_with("payment/h-"));
        for (kind, data) in [
            ("payment.purchase", r#""id":"p-1","amount":{"value":1}"#),
            ("payment.purchase", r#""payment":[{"id":"p-1"}]"#),
            ("payment.chargeback", r#""chargeback":{"id":"c-1"}"#),
            ("payment.purchase", r#""subscription":{"id":"s-1"}"#),
            ("subscription.pause", r#""payment":{"id":"p-1"}"#),
            ("subscription.charged", r#""subscription":{"id":"s-1"}"#),
            ("refund.created", r#""refund":{"id":"r-1"}"#),
        ] {
            let stem = kind.split('.').next().unwrap_or_default();
            let unlike = of(&format!(r#"{{"type":"{stem}","type_event":"{kind}","retry":0,"data":{{{data}}}}}"#));
            assert_eq!(unlike.3, None, "{kind} {data}");
        }
        let news =
            of(r#"{"type_event":"subscription.pause","retry":0,"data":{"subscription":{"id":"s-1","updated_at":"1970-01-01T00:00:01Z"}}}"#);
        assert_eq!((news.2, news.3), (Some(1_000_000_000), None));
    }

    #[test]
    fn only_what_is_authentic_and_holds_something_is_kept() {
        let kept = Row::of_unreadable(b"[]", &ErrorCode::BodyNotObject.into()).unwrap();
        assert_eq!((kept.key.as_str(), kept.error.unwrap().0), ("x1-4f53cda18c2baa0c0354bb5f9a3ecbe5", "BODY_NOT_OBJECT"));
        assert_eq!(Row::of_unreadable(b"[]", &ErrorCode::SignatureMismatch.into()), None);
        assert_eq!(Row::of_unreadable(b"", &Error::empty_body()), None);
    }

    #[test]
    fn an_errors_text_is_short_and_on_one_line() {
        assert_eq!(error_text("one\ntwo\0three\u{85}"), "one two three ");
        assert_eq!(error_text(&"é".repeat(400)).chars().count(), 300);
    }
}
