//! An event as JavaScript gets it: one string of one character a byte, which holds every field and the body.
//!
//! A string is immutable, so nobody can change a verified body; the engine's own collector frees it, where a native object would need a finaliser
//! and would keep the body's memory until a late collection. One crossing makes it, and `record.ts` reads a field only when it is asked for.
//!
//! Its fields follow one another; the first three together are the body. At its end stands a number for each [`Field`] (32 bits, little endian):
//! where the field ends, whether it is [`ABSENT`], and whether it is [`ENCODED`] in UTF-8 beyond ASCII.

use core::fmt::Display;
use std::io::Write;

use napi_derive::napi;
use yuno_webhooks::{Event, OwnedEvent, Timestamp};

/// The field has no value.
const ABSENT: usize = 1 << 31;
/// The field has characters beyond ASCII.
const ENCODED: usize = 1 << 30;

/// The largest body that is read: with fields that repeat all of it, a record is still shorter than the longest string of any V8.
pub const LARGEST_BODY: usize = 64 << 20;

/// Makes the enum and the writer of the fields from one table: a field, how it is written, and what.
macro_rules! fields {
    (|$event:ident, $resource:ident, $amount:ident, $transaction:ident, $moved:ident| $($name:ident = $how:ident($value:expr);)*) => {
        /// The fields of a record, in its order. Counts and instants (nanoseconds) are digits; a fact is there or absent.
        #[napi]
        #[derive(Clone, Copy)]
        pub enum Field { Before, Data, After, $($name),* }

        const COUNT: usize = [Field::Before, Field::Data, Field::After, $(Field::$name),*].len();

        impl Fields {
            fn of($event: &Event<'_>) -> Self {
                let $resource = $event.resource();
                let $amount = $resource.amount();
                let $transaction = $resource.transaction();
            let $moved = $transaction.and_then(|own| own.amount());
                let mut fields = Self::after_body($event);
                $(fields.$how(Field::$name, $value);)*
                fields
            }
        }
    };
}

fields! { |event, resource, amount, transaction, moved|
    Kind = text(Some(event.kind().as_str()));
    SentName = text(event.sent_name());
    Shape = text(Some(event.shape().as_str()));
    AccountId = text(event.account_id());
    Retry = digits(event.retry());
    Version = digits(event.version());
    SecretIndex = digits(event.secret_index());
    Finality = text(Some(event.finality().as_str()));
    Repeatable = fact(event.repeatable());
    DedupeKey = digits(Some(event.dedupe_key()));
    ResourceKind = text(Some(resource.kind().as_str()));
    Id = text(resource.id());
    Status = text(resource.status());
    SubStatus = text(resource.sub_status());
    CreatedAt = digits(resource.created_at().map(Timestamp::unix_nanos));
    UpdatedAt = digits(resource.updated_at().map(Timestamp::unix_nanos));
    MerchantReference = text(resource.merchant_reference());
    IdempotencyKey = text(resource.idempotency_key());
    Value = text(amount.as_ref().map(|own| own.value()));
    Currency = text(amount.as_ref().and_then(|own| own.currency()));
    MinorUnits = digits(amount.as_ref().and_then(|own| own.minor_units()));
    Transaction = fact(transaction.is_some());
    TransactionId = text(transaction.and_then(|own| own.id()));
    TransactionType = text(transaction.and_then(|own| own.transaction_type()));
    TransactionStatus = text(transaction.and_then(|own| own.status()));
    TransactionValue = text(moved.as_ref().map(|own| own.value()));
    TransactionCurrency = text(moved.as_ref().and_then(|own| own.currency()));
    TransactionMinorUnits = digits(moved.as_ref().and_then(|own| own.minor_units()));
    TransactionUpdatedAt = digits(transaction.and_then(|own| own.updated_at()).map(Timestamp::unix_nanos));
}

/// Room for the fields of an ordinary event, beside its body.
const ROOM: usize = 1024;

/// A copy of a body, with room for the rest of its record: the one copy that Rust makes.
pub fn copy(body: &[u8]) -> Vec<u8> {
    let mut copy = Vec::with_capacity(body.len().saturating_add(ROOM));
    copy.extend_from_slice(body);
    copy
}

/// The record of an event: its bytes, continued.
pub fn record(event: OwnedEvent) -> Vec<u8> {
    let fields = Fields::of(&event.as_event());
    let mut record = event.into_bytes();
    record.extend_from_slice(&fields.texts);
    record.extend_from_slice(fields.marks.as_flattened());
    record
}

/// Where a field ends, and what is marked of it.
type Mark = [u8; size_of::<u32>()];

/// What follows the body.
struct Fields {
    body: usize,
    texts: Vec<u8>,
    marks: [Mark; COUNT],
}

impl Fields {
    fn after_body(event: &Event<'_>) -> Self {
        let (whole, data) = (event.raw(), event.data());
        let mut fields = Self { body: whole.len(), texts: Vec::with_capacity(ROOM), marks: [Mark::default(); COUNT] };
        // The data is a slice of the body, so its address tells where.
        let start = data.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
        fields.mark(Field::Before, start);
        fields.mark(Field::Data, start.saturating_add(data.len()) | encoding(data));
        fields.mark(Field::After, whole.len());
        fields
    }

    fn text(&mut self, field: Field, text: Option<impl AsRef<str>>) {
        let Some(text) = text else {
            return self.fact(field, false);
        };
        self.texts.extend_from_slice(text.as_ref().as_bytes());
        self.mark(field, self.end() | encoding(text.as_ref()));
    }

    /// A value whose text is ASCII.
    fn digits(&mut self, field: Field, value: Option<impl Display>) {
        // Writing to memory does not fail.
        let is_there = value.is_some_and(|value| write!(self.texts, "{value}").is_ok());
        self.fact(field, is_there);
    }

    fn fact(&mut self, field: Field, is_there: bool) {
        self.mark(field, self.end() | if is_there { 0 } else { ABSENT });
    }

    fn end(&self) -> usize {
        self.body.saturating_add(self.texts.len())
    }

    fn mark(&mut self, field: Field, mark: usize) {
        if let (Some(place), Ok(mark)) = (self.marks.get_mut(field as usize), u32::try_from(mark)) {
            *place = mark.to_le_bytes();
        }
    }
}

fn encoding(text: &str) -> usize {
    if text.is_ascii() { 0 } else { ENCODED }
}
