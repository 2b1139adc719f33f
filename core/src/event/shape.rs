//! Which wire shape a body has, and which kind of event it tells, by its envelope or, without one, by what it holds.

use std::borrow::Cow;

use super::body::{Member, Record};
use super::catalog::EventKind;
use super::json::Span;
use super::text::{contains, known_word, string, word};

/// The wire shape of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shape {
    /// `{type, type_event, account_id, retry, version, data}`.
    Enveloped,
    /// The older payment body without an envelope: `{payment}`.
    V1,
    /// An incoming bank transfer, without an envelope.
    BankingIncoming,
    /// A marketplace split transfer, without an envelope.
    SplitTransfer,
    /// A payment method domain: `{event, event_id, created_at, data}`.
    Domain,
    /// Any other JSON object.
    Unknown,
}

impl Shape {
    /// The name, the same in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enveloped => "enveloped",
            Self::V1 => "v1",
            Self::BankingIncoming => "banking_incoming",
            Self::SplitTransfer => "split_transfer",
            Self::Domain => "domain",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the body is the resource (or holds it) by itself, so that a `data` beside it is a field like any other.
    pub(super) const fn is_bare(self) -> bool {
        matches!(self, Self::V1 | Self::BankingIncoming | Self::SplitTransfer)
    }
}

/// How the event was named in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// The body names no event.
    None,
    /// This member holds the whole name.
    Whole(Span),
    /// `type` and `type_event` make the name, with a dot between.
    Joined(Span, Span),
}

impl Name {
    pub(super) fn of(self, body: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::None => None,
            Self::Whole(span) => string(span.of(body)),
            Self::Joined(first, second) => Some(Cow::Owned([&string(first.of(body))?, ".", &string(second.of(body))?].concat())),
        }
    }

    /// The part of it that comes first, for comparing it with known ones.
    pub(super) fn beginning(self, text: &str) -> Option<Cow<'_, str>> {
        match self {
            Self::None => None,
            Self::Whole(first) | Self::Joined(first, _) => Some(known_word(first.within(text))),
        }
    }
}

/// A record beside the text that its spans point into.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    pub(super) record: &'r Record,
    pub(super) text: &'r str,
}

impl<'r> Reader<'r> {
    /// A member's JSON text.
    pub(super) fn json(self, member: Member) -> Option<&'r str> {
        self.record.span(member).map(|span| span.within(self.text))
    }

    /// A member's text, for comparing it with known ones.
    pub(super) fn word(self, member: Member) -> Option<Cow<'r, str>> {
        self.json(member).and_then(word)
    }

    pub(super) fn child(self, member: Member) -> Option<Self> {
        self.record.child(member).map(|record| Self { record, text: self.text })
    }

    fn is_object(self, member: Member) -> bool {
        self.json(member).is_some_and(|json| json.starts_with('{'))
    }

    /// A text that is not empty.
    fn named(self, member: Member) -> Option<(Span, Cow<'r, str>)> {
        Some((self.record.span(member)?, self.word(member).filter(|text| !text.is_empty())?))
    }
}

/// What a body is. The first shape that matches wins.
pub(super) fn classify(top: Reader<'_>) -> (Shape, Name, EventKind) {
    let direction = top.word(Member::Direction);
    let direction = direction.as_deref();
    if let Some(event) = top.named(Member::TypeEvent).or_else(|| top.named(Member::OldTypeEvent)) {
        let (name, kind) = enveloped(top, event);
        return (Shape::Enveloped, name, kind);
    }
    if let Some(payment) = top.child(Member::Payment) {
        return (Shape::V1, Name::None, v1(top, payment));
    }
    if top.named(Member::DestinationAccountId).is_some() && direction == Some("INCOMING") {
        let status = top.word(Member::Status).unwrap_or_default();
        return (Shape::BankingIncoming, Name::None, of_parts("banking.transfer.incoming", &status));
    }
    if matches!(direction, Some("PLATFORM_TO_RECIPIENT" | "RECIPIENT_TO_PLATFORM")) || top.record.has_split_transaction {
        return (Shape::SplitTransfer, Name::None, split_transfer(top));
    }
    if let (Some(event), Some(_)) = (top.word(Member::Event), top.word(Member::EventId)) {
        let kind = match EventKind::from_spelling(&event) {
            kind if event.starts_with("payment_method_domain.") => kind,
            _ => EventKind::Unknown,
        };
        return (Shape::Domain, top.record.span(Member::Event).map_or(Name::None, Name::Whole), kind);
    }
    (Shape::Unknown, Name::None, EventKind::Unknown)
}

/// The first of `<type>.<type_event>` and `<type_event>` that the catalogue has.
fn enveloped(top: Reader<'_>, (event_span, event): (Span, Cow<'_, str>)) -> (Name, EventKind) {
    let whole = Name::Whole(event_span);
    let Some((type_span, kind_of)) = top.named(Member::Type) else {
        return (whole, EventKind::from_spelling(&event));
    };
    let joined = Name::Joined(type_span, event_span);
    match EventKind::from_parts(&kind_of, &event) {
        EventKind::Unknown => match EventKind::from_spelling(&event) {
            EventKind::Unknown if !contains(event_span.within(top.text), '.') => (joined, EventKind::Unknown),
            kind => (whole, kind),
        },
        kind => (joined, kind),
    }
}

/// A payment without an envelope: the transaction that triggered the event names it.
fn v1(top: Reader<'_>, payment: Reader<'_>) -> EventKind {
    if top.is_object(Member::SplitUpdate) || payment.is_object(Member::SplitUpdate) {
        return EventKind::PaymentSplitUpdate;
    }
    match payment.child(Member::Transactions).filter(|transaction| super::resource::is_transaction(*transaction)) {
        Some(transaction) => match transaction.word(Member::Type).as_deref() {
            Some(kind) if kind.eq_ignore_ascii_case("THREE_D_SECURE") => EventKind::PaymentPurchase,
            kind => of_parts("payment", kind.unwrap_or_default()),
        },
        None if payment.is_object(Member::FraudScreening) => EventKind::PaymentFraudScreening,
        None => EventKind::Unknown,
    }
}

fn split_transfer(top: Reader<'_>) -> EventKind {
    let last = top.child(Member::Transactions);
    let text = |member| last.and_then(|transaction| transaction.word(member));
    let is_reverse = text(Member::Type).is_some_and(|kind| kind.starts_with("SPLIT_TRANSFER_REVERS"));
    let status = text(Member::Status).or_else(|| top.word(Member::Status));
    match (is_reverse, status.as_deref()) {
        (false, Some("SUCCEEDED")) => EventKind::SplitTransferSucceeded,
        (true, Some("SUCCEEDED")) => EventKind::SplitTransferReverseSucceeded,
        (false, Some("DECLINED" | "REJECTED" | "ERROR")) => EventKind::SplitTransferFailed,
        (true, Some("DECLINED" | "REJECTED" | "ERROR")) => EventKind::SplitTransferReverseFailed,
        (false, _) => EventKind::SplitTransferPending,
        (true, _) => EventKind::SplitTransferReversePending,
    }
}

/// The kind `<stem>.<last>` where the body writes the last part in capitals.
fn of_parts(stem: &str, last: &str) -> EventKind {
    EventKind::from_parts(stem, &last.to_ascii_lowercase())
}
