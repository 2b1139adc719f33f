//! The resource that an event tells about, and where its fields live: one table.

use std::borrow::Cow;

use super::amount::Amount;
use super::body::{Member, Record};
use super::catalog::EventKind;
use super::family::Family;
use super::json::Span;
use super::shape::{Name, Reader, Shape};
use super::status::Finality;
use super::text::{is_string, string, word};
use super::timestamp::Timestamp;

/// Where a resource is found, and what its merchant's reference is called. Everything else has one name in all families.
struct Layout {
    family: Family,
    /// The member of the box (`data`, or a bare body) that holds it; without one, the box is the resource.
    member: Option<Member>,
    /// The shape that means it, where no member does.
    shape: Option<Shape>,
    /// First words of a name that mean it, where neither does; a star stands for any rest.
    words: &'static [&'static str],
    /// A member that holds the reference's owner, and the reference.
    reference: Option<(Option<Member>, Member)>,
}

const REFERENCE: Option<(Option<Member>, Member)> = Some((None, Member::MerchantReference));

/// In the order in which they are looked for.
#[rustfmt::skip]
static LAYOUTS: &[Layout] = &[
    Layout { family: Family::Payment, member: Some(Member::Payment), shape: None, words: &[], reference: Some((None, Member::MerchantOrderId)) },
    Layout { family: Family::PaymentMethod, member: Some(Member::PaymentMethod), shape: None, words: &[], reference: None },
    Layout { family: Family::Subscription, member: Some(Member::Subscription), shape: None, words: &[], reference: REFERENCE },
    Layout { family: Family::Banking, member: None, shape: Some(Shape::BankingIncoming), words: &["banking", "baas"], reference: REFERENCE },
    Layout { family: Family::SplitTransfer, member: None, shape: Some(Shape::SplitTransfer), words: &["split_transfer*"], reference: REFERENCE },
    Layout { family: Family::PaymentMethodDomain, member: Some(Member::Domains), shape: Some(Shape::Domain), words: &[], reference: None },
    Layout { family: Family::Payout, member: None, shape: None, words: &["payout"], reference: REFERENCE },
    Layout { family: Family::Onboarding, member: None, shape: None, words: &["onboarding"], reference: Some((Some(Member::Recipient), Member::MerchantRecipientId)) },
    Layout { family: Family::Report, member: None, shape: None, words: &["report"], reference: Some((None, Member::MerchantReferenceId)) },
    Layout { family: Family::UnreferencedRefund, member: None, shape: None, words: &["unreferenced_refund"], reference: REFERENCE },
];

/// A resource that no row means: the box, if it has an id.
static OTHER: Layout = Layout { family: Family::Unknown, member: None, shape: None, words: &[], reference: REFERENCE };

/// Where an id is, in this order; an empty one is absent.
const IDS: [Member; 3] = [Member::Id, Member::Code, Member::ReportId];

/// The same of a transaction.
const TRANSACTION_IDS: [Member; 2] = [Member::Id, Member::Code];

/// What was found of a resource: what is compared already read, and the places of what is read when it is asked for, whatever its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ResourceFacts {
    pub(super) family: Family,
    id: Option<Span>,
    status: Option<Span>,
    sub_status: Option<Span>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    is_dated: bool,
    merchant_reference: Option<Span>,
    idempotency_key: Option<Span>,
    amount: Option<AmountFacts>,
    transaction: Option<TransactionFacts>,
    pub(super) account_id: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TransactionFacts {
    id: Option<Span>,
    kind: Option<Span>,
    status: Option<Span>,
    updated_at: Option<Timestamp>,
    amount: Option<AmountFacts>,
}

/// Where the value and the currency of a sum are.
type AmountFacts = (Span, Option<Span>);

/// Finds the resource in a body. It follows what the body holds, so that an event of an unknown kind keeps its resource.
pub(super) fn find(top: Reader<'_>, shape: Shape, name: Name, kind: EventKind) -> ResourceFacts {
    let data = if shape.is_bare() { None } else { top.child(Member::Data) };
    let parent = data.unwrap_or(top);
    let name = if kind == EventKind::Unknown { name.beginning(top.text) } else { Some(Cow::Borrowed(kind.as_str())) };
    let word = name.as_deref().and_then(|name| name.split('.').next()).unwrap_or_default();
    let layout = layout(parent, shape, word);
    let own = layout.member.and_then(|member| parent.child(member));
    let nothing = Record::EMPTY;
    let own = match layout.family {
        Family::PaymentMethodDomain => own.unwrap_or(Reader { record: &nothing, text: top.text }),
        Family::Unknown if id(parent, &IDS).is_none() => Reader { record: &nothing, text: top.text },
        _ => own.unwrap_or(parent),
    };
    let reference = layout.reference.and_then(|(owner, member)| owner.map_or(Some(own), |owner| own.child(owner))?.record.span(member));
    let amount = own_amount(own);
    ResourceFacts {
        family: layout.family,
        id: id(own, &IDS),
        status: own.record.span(Member::Status),
        sub_status: own.record.span(Member::SubStatus),
        created_at: time(own, Member::CreatedAt),
        updated_at: time(own, Member::UpdatedAt),
        is_dated: is_dated(own),
        merchant_reference: reference,
        idempotency_key: own.record.span(Member::IdempotencyKey),
        amount,
        transaction: own.child(Member::Transactions).filter(|own| is_transaction(*own)).map(|own| TransactionFacts {
            id: id(own, &TRANSACTION_IDS),
            kind: own.record.span(Member::Type),
            status: own.record.span(Member::Status),
            updated_at: time(own, Member::UpdatedAt),
            // A payment's transaction has a bare number, in the payment's currency.
            amount: own_amount(own).or_else(|| Some((number(own, Member::Amount)?, amount.and_then(|(_, currency)| currency)))),
        }),
        account_id: [(top, Member::AccountId), (own, Member::AccountId), (own, Member::AccountCode), (parent, Member::AccountId)]
            .into_iter()
            .find_map(|(of, member)| text(of, member).filter(|span| span.within(top.text) != "\"\"")),
    }
}

fn layout(parent: Reader<'_>, shape: Shape, word: &str) -> &'static Layout {
    let objects = [Member::Payment, Member::PaymentMethod, Member::Subscription];
    let by_member = |layout: &&Layout| layout.member.is_some_and(|member| objects.contains(&member) && parent.child(member).is_some());
    let find = |rule: &dyn Fn(&&Layout) -> bool| LAYOUTS.iter().find(rule);
    find(&by_member)
        .or_else(|| find(&|layout| layout.shape == Some(shape)))
        .or_else(|| find(&|layout| layout.words.iter().any(|known| is_word(known, word))))
        .unwrap_or(&OTHER)
}

fn is_word(known: &str, word: &str) -> bool {
    known.strip_suffix('*').map_or(known == word, |stem| word.starts_with(stem))
}

fn time(of: Reader<'_>, member: Member) -> Option<Timestamp> {
    of.word(member).and_then(|text| Timestamp::parse(&text))
}

/// Whether the body says when the resource changed, in whatever form: bodies that say it again are of one change.
fn is_dated(of: Reader<'_>) -> bool {
    let json = of.record.span(Member::UpdatedAt).map_or("", |span| span.within(of.text));
    json.starts_with(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) && json != "\"\""
}

/// Where the id is: a string that is not empty, or an integer.
fn id(of: Reader<'_>, members: &[Member]) -> Option<Span> {
    members.iter().find_map(|member| {
        let json = of.json(*member)?;
        let is_id = is_integer(json) || (is_string(json) && json != "\"\"");
        of.record.span(*member).filter(|_| is_id)
    })
}

/// Where a string is; a member of another type, or with a lone surrogate, is absent.
fn text(of: Reader<'_>, member: Member) -> Option<Span> {
    of.record.span(member).filter(|span| is_string(span.within(of.text)))
}

/// Whether an object tells anything of a transaction.
pub(super) fn is_transaction(of: Reader<'_>) -> bool {
    let has = |member| text(of, member).is_some();
    id(of, &TRANSACTION_IDS).is_some() || has(Member::Type) || has(Member::Status) || time(of, Member::UpdatedAt).is_some()
}

/// Where the sum of an object `amount` is.
fn own_amount(of: Reader<'_>) -> Option<AmountFacts> {
    let amount = of.child(Member::Amount)?;
    Some((number(amount, Member::Value)?, amount.record.span(Member::Currency)))
}

/// Where a number that a sum may have is.
fn number(of: Reader<'_>, member: Member) -> Option<Span> {
    of.record.span(member).filter(|span| read_amount(of.text.as_bytes(), *span, None).is_some())
}

fn read_id(json: &str) -> Option<Cow<'_, str>> {
    if is_integer(json) { Some(Cow::Borrowed(json)) } else { string(json) }
}

fn is_integer(json: &str) -> bool {
    let digits = json.strip_prefix('-').unwrap_or(json);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn read_amount(body: &[u8], value: Span, currency: Option<Span>) -> Option<Amount<'_>> {
    let json = value.of(body);
    let value = if json.starts_with('"') { string(json)? } else { Cow::Borrowed(json) };
    Amount::new(value, currency.and_then(|span| string(span.of(body))))
}

/// What an event tells about: a view whose fields are absent (`None`) where the body lacks them or has them of another type.
#[derive(Clone, Copy)]
pub struct Resource<'a> {
    pub(super) body: &'a [u8],
    pub(super) facts: ResourceFacts,
}

impl<'a> Resource<'a> {
    fn text(&self, span: Option<Span>) -> Option<Cow<'a, str>> {
        string(span?.of(self.body))
    }

    /// What it is.
    pub fn kind(&self) -> Family {
        self.facts.family
    }

    /// The provider's id: `id`, `code` or `report_id`. An integer is given as its digits.
    pub fn id(&self) -> Option<Cow<'a, str>> {
        read_id(self.facts.id?.of(self.body))
    }

    pub(super) fn is_dated(&self) -> bool {
        self.facts.is_dated
    }

    /// The status as it was sent; new ones may appear at any time.
    pub fn status(&self) -> Option<Cow<'a, str>> {
        self.text(self.facts.status)
    }

    pub(super) fn finality(&self) -> Finality {
        let known = |span: Option<Span>| word(span?.of(self.body));
        let sub_status = known(self.facts.sub_status);
        known(self.facts.status).map_or(Finality::Unknown, |status| Finality::of(self.kind(), &status, sub_status.as_deref()))
    }

    /// The sub-status as it was sent. Of a payment it decides: SUCCEEDED alone does not say that money moved.
    pub fn sub_status(&self) -> Option<Cow<'a, str>> {
        self.text(self.facts.sub_status)
    }

    /// When it was created.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.facts.created_at
    }

    /// When it last changed.
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.facts.updated_at
    }

    /// The merchant's own reference: a payment's `merchant_order_id`, a report's `merchant_reference_id`, an onboarding's
    /// `recipient.merchant_recipient_id`, else `merchant_reference`.
    pub fn merchant_reference(&self) -> Option<Cow<'a, str>> {
        self.text(self.facts.merchant_reference)
    }

    /// The key with which the merchant created the payment. It is the same in every event of that payment: never de-duplicate by it.
    pub fn idempotency_key(&self) -> Option<Cow<'a, str>> {
        self.text(self.facts.idempotency_key)
    }

    /// The sum of money: of a payment the whole payment's. What was refunded or captured is [`Transaction::amount`].
    pub fn amount(&self) -> Option<Amount<'a>> {
        let (value, currency) = self.facts.amount?;
        read_amount(self.body, value, currency)
    }

    /// The transaction that triggered the event; the last one where a list was sent.
    pub fn transaction(&self) -> Option<Transaction<'a>> {
        self.facts.transaction.map(|facts| Transaction { body: self.body, facts })
    }
}

/// Never the body.
impl core::fmt::Debug for Resource<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Resource")
            .field("kind", &self.kind().as_str())
            .field("id", &super::short(self.id()))
            .field("status", &super::short(self.status()))
            .finish_non_exhaustive()
    }
}

/// A transaction: one attempt to move, reserve, return or verify money.
#[derive(Clone, Copy)]
pub struct Transaction<'a> {
    body: &'a [u8],
    facts: TransactionFacts,
}

impl<'a> Transaction<'a> {
    /// The provider's id (`id` or `code`).
    pub fn id(&self) -> Option<Cow<'a, str>> {
        read_id(self.facts.id?.of(self.body))
    }

    /// Its type as it was sent, such as `PURCHASE` or `THREE_D_SECURE`.
    pub fn transaction_type(&self) -> Option<Cow<'a, str>> {
        string(self.facts.kind?.of(self.body))
    }

    /// What it moved, reserved or returned: of a partial refund the part. A bare number is in the currency of the payment.
    pub fn amount(&self) -> Option<Amount<'a>> {
        let (value, currency) = self.facts.amount?;
        read_amount(self.body, value, currency)
    }

    /// Its status as it was sent.
    pub fn status(&self) -> Option<Cow<'a, str>> {
        string(self.facts.status?.of(self.body))
    }

    /// When it last changed.
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.facts.updated_at
    }
}

/// Never the body.
impl core::fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Transaction")
            .field("type", &super::short(self.transaction_type()))
            .field("id", &super::short(self.id()))
            .field("status", &super::short(self.status()))
            .finish_non_exhaustive()
    }
}
