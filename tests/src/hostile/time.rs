//! Instants: read as the days are counted one by one, or not at all.

use serde_json::json;
use yuno_webhooks::{Event, Recency, Timestamp};

use super::values::nanoseconds;

/// Two texts, with a NUL between them.
pub(super) fn check(input: &[u8]) {
    let (first, second) = super::halves(input);
    let (Ok(first), Ok(second)) = (str::from_utf8(first), str::from_utf8(second)) else { return };
    let texts = [first, second];
    let bodies =
        texts.map(|text| json!({"type_event": "payout.payout", "data": {"id": "p", "updated_at": text, "created_at": text}}).to_string());
    let events = [&bodies[0], &bodies[1]].map(|body| Event::parse_unverified(body.as_bytes()).unwrap());
    let expected = texts.map(nanoseconds);
    for ((text, event), nanos) in texts.iter().zip(&events).zip(expected) {
        assert_eq!(Timestamp::parse(text).map(Timestamp::unix_nanos), nanos, "{text:?}");
        let resource = event.resource();
        assert_eq!((resource.created_at(), resource.updated_at()), (Timestamp::parse(text), Timestamp::parse(text)), "{text:?}");
        // The body says when it changed, be it in a form that cannot be read.
        assert_eq!(event.repeatable(), text.is_empty(), "{text:?}");
    }
    let recency = match expected {
        _ if first == second => Recency::Same,
        [Some(one), Some(other)] if one > other => Recency::Newer,
        [Some(one), Some(other)] if one < other => Recency::Older,
        _ => Recency::Unordered,
    };
    assert_eq!(events[0].compare_recency(&events[1]), recency, "{first:?} {second:?}");
}
