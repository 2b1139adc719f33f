//! A delivery's body, read: what happened, to what, and under which key it is the same delivery again.

pub(crate) mod amount;
mod body;
pub(crate) mod catalog;
pub(crate) mod family;
pub(crate) mod json;
mod owned;
mod plain;
pub(crate) mod resource;
pub(crate) mod shape;
pub(crate) mod status;
pub(crate) mod text;
pub(crate) mod timestamp;

use std::borrow::Cow;

use crate::dedupe::{self, DedupeKey, Recency};
use crate::error::{Error, ErrorCode, Hint};
use crate::verify::Authentic;
use body::{Member, Record};
use catalog::EventKind;
use json::{Cursor, Span};
pub use owned::{OwnedEvent, Refused};
use resource::{Resource, ResourceFacts};
use shape::{Name, Reader, Shape};
use status::Finality;
use text::string;
use timestamp::Timestamp;

/// What one pass over the body found. It holds places, not text, so that it can be kept beside bytes that somebody else owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    authentic: Option<Authentic>,
    shape: Shape,
    kind: EventKind,
    name: Name,
    retry: Option<u32>,
    version: Option<u32>,
    data: Option<Span>,
    /// What the dedupe key leaves out.
    retry_member: Option<Span>,
    resource: ResourceFacts,
}

/// An event: an authentic delivery that was read. It borrows the body; [`OwnedEvent`] keeps both.
///
/// Absent and `None` mean that the body lacks a field or has it of another type. An unknown kind, status or shape is a value, never an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    raw: &'a [u8],
    facts: Facts,
}

impl<'a> Event<'a> {
    /// Reads a body that was verified before it was stored. It checks no signature and no limit: whoever calls it vouches for the body.
    ///
    /// # Errors
    /// `BODY_NOT_JSON`, `BODY_NOT_OBJECT` or `BODY_AMBIGUOUS`.
    pub fn parse_unverified(body: &'a [u8]) -> Result<Self, Error> {
        Self::parse(body, None)
    }

    pub(crate) fn parse(raw: &'a [u8], authentic: Option<Authentic>) -> Result<Self, Error> {
        let not_json = |hint| Error::with_hint(ErrorCode::BodyNotJson, hint);
        if raw.is_empty() {
            // Without a signature nothing proves that it was sent empty: something may have read or dropped it on the way.
            let is_proven = authentic.is_none_or(|authentic| authentic.secret_index.is_some());
            return Err(if is_proven { Error::empty_body() } else { not_json(Hint::VanishedBody) });
        }
        // serde_json does not look into the strings that it skips, so the whole text is checked first.
        let text = str::from_utf8(raw).map_err(|_| not_json(Hint::InvalidUtf8))?;
        if text.starts_with('\u{feff}') {
            return Err(not_json(Hint::ByteOrderMark));
        }
        let mut cursor = Cursor::new(text);
        if cursor.peek() != Some(b'{') {
            let whole = cursor.skip().and_then(|_| cursor.finish());
            return Err(whole.map_or(not_json(Hint::None), |()| ErrorCode::BodyNotObject.into()));
        }
        let record = Record::of_body(text).map_err(|_| not_json(Hint::None))?;
        if record.is_ambiguous {
            return Err(ErrorCode::BodyAmbiguous.into());
        }
        Ok(Self { raw, facts: Facts::decide(Reader { record: &record, text }, authentic) })
    }

    /// What happened. `Unknown` is a kind that this release does not know: handle it by its name or resource, never refuse it.
    pub fn kind(&self) -> EventKind {
        self.facts.kind
    }

    /// The name under which the kind was sent; `None` where the body names no event and the kind follows from what it holds.
    pub fn sent_name(&self) -> Option<Cow<'a, str>> {
        self.facts.name.of(self.raw)
    }

    /// The wire shape of the body.
    pub fn shape(&self) -> Shape {
        self.facts.shape
    }

    /// The merchant's account at the provider.
    pub fn account_id(&self) -> Option<Cow<'a, str>> {
        string(self.facts.resource.account_id?.of(self.raw))
    }

    /// How often this delivery was tried before, as the provider counts it; 0 is the first try.
    pub fn retry(&self) -> Option<u32> {
        self.facts.retry
    }

    /// The version of the envelope.
    pub fn version(&self) -> Option<u32> {
        self.facts.version
    }

    /// Whether a signature proved this event. False for unsigned deliveries and for [`Event::parse_unverified`].
    pub fn signed(&self) -> bool {
        self.secret_index().is_some()
    }

    /// Which of the verifier's secrets signed it, from 0: how to see that a rotation is over.
    pub fn secret_index(&self) -> Option<usize> {
        self.facts.authentic?.secret_index.map(usize::from)
    }

    /// Whether news of the resource will follow. It never says that money moved: see kind, sub-status and transaction type.
    pub fn finality(&self) -> Finality {
        self.resource().finality()
    }

    /// What the event tells about.
    pub fn resource(&self) -> Resource<'a> {
        Resource { body: self.raw, facts: self.facts.resource }
    }

    /// The key under which a redelivery of this delivery comes again, and no other: by it deliveries are de-duplicated.
    ///
    /// `y1-` and 32 hex digits of SHA-256 over the raw body without its top-level `retry`; the same in every release and language.
    /// It is computed at each call.
    pub fn dedupe_key(&self) -> DedupeKey {
        dedupe::dedupe_key(self.raw, self.facts.retry_member)
    }

    /// `<kind>/<resource id>`, the rule of the provider's core-concepts page, for comparison and logs. It merges different events (the PENDING and the
    /// SUCCEEDED of one payment): never de-duplicate by it. `None` for an unknown kind or without an id.
    pub fn published_key(&self) -> Option<String> {
        dedupe::published_key(self.kind(), self.resource().id().as_deref())
    }

    /// Whether the provider sends byte-identical bodies for different occurrences of this event (a subscription paused twice): the body has neither
    /// `updated_at`, be it one that cannot be read, nor a transaction. A redelivery of such an event is then not told from a new occurrence by its bytes.
    pub fn repeatable(&self) -> bool {
        !self.resource().is_dated() && self.resource().transaction().is_none()
    }

    /// Whether this event is newer news of its resource than another, by the instants at which the resource or its transaction changed.
    pub fn compare_recency(&self, other: &Event<'_>) -> Recency {
        dedupe::compare_recency(self, other)
    }

    /// When the resource, or the transaction that triggered the event, last changed: the later of the two.
    pub fn changed_at(&self) -> Option<Timestamp> {
        let resource = self.resource();
        resource.updated_at().max(resource.transaction().and_then(|transaction| transaction.updated_at()))
    }

    /// The JSON text of `data` where the body has that object (envelopes and domains), else of the whole body, so that `payment` is found in it in either version.
    pub fn data(&self) -> &'a str {
        self.facts.data.or(Span::new(0, self.raw.len())).map_or("", |span| span.of(self.raw))
    }

    /// The body as received.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }
}

/// Never the body.
impl core::fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Event")
            .field("kind", &self.kind().as_str())
            .field("id", &short(self.resource().id()))
            .field("status", &short(self.resource().status()))
            .finish_non_exhaustive()
    }
}

impl Facts {
    fn decide(top: Reader<'_>, authentic: Option<Authentic>) -> Self {
        let (shape, name, kind) = shape::classify(top);
        let has_data = matches!(shape, Shape::Enveloped | Shape::Domain) && top.child(Member::Data).is_some();
        Self {
            authentic,
            shape,
            kind,
            name,
            retry: top.json(Member::Retry).and_then(counter),
            version: top.json(Member::Version).and_then(counter),
            data: top.record.span(Member::Data).filter(|_| has_data),
            retry_member: top
                .record
                .span(Member::Retry)
                .and_then(|value| dedupe::retry_member(top.text, top.record.retry_key_start, value)),
            resource: resource::find(top, shape, name, kind),
        }
    }
}

/// A text for debug output, cut where it is longer than any honest one.
fn short(text: Option<Cow<'_, str>>) -> Option<String> {
    text.map(|text| text.chars().take(64).collect())
}

/// A count from 0 to 4294967295: an integer, or a string of 1 to 10 digits.
fn counter(json: &str) -> Option<u32> {
    // Ten digits, all of them written as escapes, and the quotes.
    if json.len() > 62 {
        return None;
    }
    let digits = if json.starts_with('"') { string(json)? } else { Cow::Borrowed(json) };
    let fits = (1..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if fits { digits.parse().ok() } else { None }
}
