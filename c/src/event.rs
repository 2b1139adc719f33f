//! `yuno_event`: the body, what was read of it, and the few texts that are not in it as they are.

use core::mem::MaybeUninit;
use std::borrow::Cow;
use std::sync::OnceLock;

use yuno_webhooks::{self as core_, DedupeKey, OwnedEvent, Recency as CoreRecency, Timestamp};

use crate::error::{Error, StatusNumber};
use crate::guard::{guard, make, number};
use crate::pointers::{Str, list};

/// An authentic delivery that was read. Made by `yuno_verify` or `yuno_event_parse_unverified`, freed by `yuno_event_free`.
///
/// It never changes and may be read by many threads at once. Every text that its functions give lives as long as it does. An unknown kind, status or
/// shape is a value, never an error; what the body lacks, or has of another type, is absent.
pub struct Event {
    own: OwnedEvent<Box<[u8]>>,
    dedupe_key: OnceLock<DedupeKey>,
    /// Only for an event of which such a text was asked.
    texts: OnceLock<Box<Texts>>,
}

/// Texts that do not stand in the body as they are, each made when it is first asked for.
type Texts = [OnceLock<Box<str>>; Place::COUNT];

/// The place of a text among [`Texts`].
#[derive(Clone, Copy)]
pub(crate) enum Place {
    SentName,
    AccountId,
    PublishedKey,
    Id,
    Status,
    SubStatus,
    MerchantReference,
    IdempotencyKey,
    AmountValue,
    AmountCurrency,
    AmountMinorUnits,
    TransactionId,
    TransactionType,
    TransactionStatus,
    TransactionAmountValue,
    TransactionAmountCurrency,
    TransactionAmountMinorUnits,
}

impl Place {
    const COUNT: usize = Self::TransactionAmountMinorUnits as usize + 1;
}

impl Event {
    pub(crate) fn new(own: OwnedEvent<Box<[u8]>>) -> Self {
        Self { own, dedupe_key: OnceLock::new(), texts: OnceLock::new() }
    }

    pub(crate) fn view(&self) -> core_::Event<'_> {
        self.own.as_event()
    }

    /// A text of the event: a view into the body where it stands there as it is, else one that is kept from now on.
    fn text<'a>(&'a self, place: Place, read: impl FnOnce(core_::Event<'a>) -> Option<Cow<'a, str>>) -> Str {
        let place = place as usize;
        if let Some(text) = self.texts.get().and_then(|texts| texts.get(place)?.get()) {
            return Str::of(text.as_bytes());
        }
        match read(self.view()) {
            None => Str::ABSENT,
            Some(Cow::Borrowed(text)) => Str::of(text),
            Some(Cow::Owned(text)) => {
                let kept = self.texts.get_or_init(Box::default).get(place);
                kept.map_or(Str::ABSENT, |kept| Str::of(kept.get_or_init(|| text.into()).as_bytes()))
            }
        }
    }
}

/// The body of every getter of a text.
pub(crate) fn text<'a>(event: Option<&'a Event>, place: Place, read: impl FnOnce(core_::Event<'a>) -> Option<Cow<'a, str>>) -> Str {
    guard(Str::ABSENT, || event.map_or(Str::ABSENT, |event| event.text(place, read)))
}

/// The body of every getter of a constant text.
pub(crate) fn constant<'a>(event: Option<&'a Event>, read: impl FnOnce(core_::Event<'a>) -> &'static str) -> Str {
    guard(Str::ABSENT, || event.map(|event| read(event.view())).into())
}

/// The body of every getter of an instant.
pub(crate) fn instant<'a>(
    event: Option<&'a Event>,
    out: Option<&mut MaybeUninit<i64>>,
    read: impl FnOnce(core_::Event<'a>) -> Option<Timestamp>,
) -> bool {
    number(out, || read(event?.view()).map(Timestamp::unix_nanos))
}

/// Reads a body that was verified before it was stored. It checks no signature and no limit: whoever calls it vouches for the body, which is copied.
///
/// Errors: YUNO_BODY_NOT_JSON, YUNO_BODY_NOT_OBJECT, YUNO_BODY_AMBIGUOUS; YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT, YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_parse_unverified(
    body: *const u8,
    body_len: usize,
    event: Option<&mut MaybeUninit<Option<Box<Event>>>>,
    error: Option<&mut MaybeUninit<Error>>,
) -> StatusNumber {
    make(event, error, || {
        let body = list(body, body_len)?.unwrap_or_default();
        OwnedEvent::parse_unverified(Box::from(body)).map(Event::new).map_err(|refused| refused.error())
    })
}

/// Frees an event and every text that it gave; NULL is fine. No thread may use it any more.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_free(event: Option<Box<Event>>) {
    guard((), || drop(event));
}

/// What happened, such as "payment.purchase"; "unknown" for a kind that this release does not know. `yuno_catalog_kind` lists them.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_kind(event: Option<&Event>) -> Str {
    constant(event, |event| event.kind().as_str())
}

/// The name under which the kind was sent; absent where the body names no event.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_sent_name(event: Option<&Event>) -> Str {
    text(event, Place::SentName, |event| event.sent_name())
}

/// The wire shape: "enveloped", "v1", "banking_incoming", "split_transfer", "domain" or "unknown".
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_shape(event: Option<&Event>) -> Str {
    constant(event, |event| event.shape().as_str())
}

/// The merchant's account at the provider.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_account_id(event: Option<&Event>) -> Str {
    text(event, Place::AccountId, |event| event.account_id())
}

/// How often this delivery was tried before; 0 is the first try. Returns whether the body says so.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_retry(event: Option<&Event>, out: Option<&mut MaybeUninit<u32>>) -> bool {
    number(out, || event?.view().retry())
}

/// The version of the envelope. Returns whether there is one.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_version(event: Option<&Event>, out: Option<&mut MaybeUninit<u32>>) -> bool {
    number(out, || event?.view().version())
}

/// Whether a signature proved this event: false for unsigned deliveries and after `yuno_event_parse_unverified`.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_signed(event: Option<&Event>) -> bool {
    guard(false, || event.is_some_and(|event| event.view().signed()))
}

/// Which of the verifier's secrets signed it, from 0: how to see that a rotation is over. Returns whether one did.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_secret_index(event: Option<&Event>, out: Option<&mut MaybeUninit<usize>>) -> bool {
    number(out, || event?.view().secret_index())
}

/// Whether news of the resource will follow: "pending", "settled", "final" or "unknown". It never says that money moved.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_finality(event: Option<&Event>) -> Str {
    constant(event, |event| event.finality().as_str())
}

/// Whether the provider sends byte-identical bodies for different occurrences of this event, such as a subscription that is paused twice.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_repeatable(event: Option<&Event>) -> bool {
    guard(false, || event.is_some_and(|event| event.view().repeatable()))
}

/// The key under which a redelivery of this delivery comes again, and no other: de-duplicate by it, and keep it for ever. 35 characters, the same in
/// every release and language.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_dedupe_key(event: Option<&Event>) -> Str {
    guard(Str::ABSENT, || event.map_or(Str::ABSENT, |event| Str::of(event.dedupe_key.get_or_init(|| event.view().dedupe_key()).as_str())))
}

/// "<kind>/<resource id>", for comparison and logs; absent for an unknown kind or without an id. It merges different events: never de-duplicate by it.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_published_key(event: Option<&Event>) -> Str {
    text(event, Place::PublishedKey, |event| event.published_key().map(Cow::Owned))
}

/// When the resource, or the transaction that triggered the event, last changed: nanoseconds since 1970 in UTC. Returns whether the body says so.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_changed_at_ns(event: Option<&Event>, out: Option<&mut MaybeUninit<i64>>) -> bool {
    instant(event, out, |event| event.changed_at())
}

/// The JSON text of the `data` object where the body has one, else of the whole body.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_data(event: Option<&Event>) -> Str {
    guard(Str::ABSENT, || event.map_or(Str::ABSENT, |event| Str::of(event.view().data())))
}

/// The body as it came in.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_raw(event: Option<&Event>) -> Str {
    guard(Str::ABSENT, || event.map_or(Str::ABSENT, |event| Str::of(event.view().raw())))
}

/// How one event's news of a resource relates to another's, by the instants at which the resource changed. Later releases may add numbers.
#[repr(i32)]
#[expect(non_camel_case_types, reason = "the names are those of the header")]
pub enum Recency {
    /// The order cannot be told: the instants are equal or missing.
    YUNO_RECENCY_UNORDERED = 0,
    /// The same delivery: equal keys.
    YUNO_RECENCY_SAME = 1,
    /// Later news.
    YUNO_RECENCY_NEWER = 2,
    /// Earlier news, which the other has overtaken.
    YUNO_RECENCY_OLDER = 3,
    /// Not the same resource, or one that does not say which it is.
    YUNO_RECENCY_UNRELATED = 4,
}

/// A recency on its way through C.
/// cbindgen:ignore
type RecencyNumber = i32;

const UNORDERED: RecencyNumber = Recency::YUNO_RECENCY_UNORDERED as RecencyNumber;

/// How this event's news relates to the other's; YUNO_RECENCY_UNORDERED if one is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_compare_recency(event: Option<&Event>, other: Option<&Event>) -> RecencyNumber {
    guard(UNORDERED, || {
        let recency = match compare(event, other) {
            Some(CoreRecency::Same) => Recency::YUNO_RECENCY_SAME,
            Some(CoreRecency::Newer) => Recency::YUNO_RECENCY_NEWER,
            Some(CoreRecency::Older) => Recency::YUNO_RECENCY_OLDER,
            Some(CoreRecency::Unrelated) => Recency::YUNO_RECENCY_UNRELATED,
            _ => return UNORDERED,
        };
        recency as RecencyNumber
    })
}

/// Whether this event is newer news of its resource than the other. Returns whether that can be told; `*newer` (may be NULL) is false otherwise.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_is_newer_than(event: Option<&Event>, other: Option<&Event>, newer: Option<&mut MaybeUninit<bool>>) -> bool {
    number(newer, || compare(event, other)?.is_newer())
}

fn compare(event: Option<&Event>, other: Option<&Event>) -> Option<CoreRecency> {
    Some(event?.view().compare_recency(&other?.view()))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;
    use crate::resource::{yuno_event_resource_id, yuno_event_resource_status};

    /// A text that two threads each made and kept would be freed under one of them.
    #[test]
    fn threads_that_ask_at_once_get_one_text() {
        let body = br#"{"type_event":"payment.purchase","data":{"payment":{"id":"p\u002d1","status":"SUC\u0043EEDED"}}}"#;
        for _ in 0..200 {
            let event = Event::new(OwnedEvent::parse_unverified(Box::from(&body[..])).unwrap());
            let together = Barrier::new(4);
            let ask = || {
                together.wait();
                let texts =
                    [yuno_event_resource_id(Some(&event)), yuno_event_resource_status(Some(&event)), yuno_event_dedupe_key(Some(&event))];
                texts.map(|text| text.bytes().unwrap().unwrap().as_ptr() as usize)
            };
            let asked: Vec<_> = thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert!(asked.iter().all(|seen| *seen == asked[0]));
        }
    }
}
