//! What an event tells about: its resource, the sum of money and the transaction.

use core::mem::MaybeUninit;
use std::borrow::Cow;

use yuno_webhooks::{Amount, Event as CoreEvent, Transaction};

use crate::event::{Event, Place, constant, instant, text};
use crate::guard::{guard, number};
use crate::pointers::Str;

/// What the event tells about, such as "payment"; "unknown" for what this release does not know.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_resource_kind(event: Option<&Event>) -> Str {
    constant(event, |event| event.resource().kind().as_str())
}

/// The resource's id at the provider.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_resource_id(event: Option<&Event>) -> Str {
    text(event, Place::Id, |event| event.resource().id())
}

/// The resource's status as it was sent; new ones may appear at any time.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_resource_status(event: Option<&Event>) -> Str {
    text(event, Place::Status, |event| event.resource().status())
}

/// The resource's sub-status as it was sent. Of a payment it decides: "SUCCEEDED" alone does not say that money moved.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_resource_sub_status(event: Option<&Event>) -> Str {
    text(event, Place::SubStatus, |event| event.resource().sub_status())
}

/// When the resource was created: nanoseconds since 1970 in UTC. Returns whether the body says so.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_resource_created_at_ns(event: Option<&Event>, out: Option<&mut MaybeUninit<i64>>) -> bool {
    instant(event, out, |event| event.resource().created_at())
}

/// When the resource last changed: nanoseconds since 1970 in UTC. Returns whether the body says so.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_resource_updated_at_ns(event: Option<&Event>, out: Option<&mut MaybeUninit<i64>>) -> bool {
    instant(event, out, |event| event.resource().updated_at())
}

/// The merchant's own reference of the resource, such as the order's number.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_resource_merchant_reference(event: Option<&Event>) -> Str {
    text(event, Place::MerchantReference, |event| event.resource().merchant_reference())
}

/// The key with which the merchant created the payment. It is the same in every event of that payment: never de-duplicate by it.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_resource_idempotency_key(event: Option<&Event>) -> Str {
    text(event, Place::IdempotencyKey, |event| event.resource().idempotency_key())
}

/// The sum of money in major units, of a payment the whole payment's (what was refunded or captured is the transaction's): the digits that were sent, a JSON number such as "2000.0", to be read as an exact decimal and not as a double.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_amount_value(event: Option<&Event>) -> Str {
    text(event, Place::AmountValue, |event| Some(event.resource().amount()?.into_parts().0))
}

/// The currency as it was sent, by the provider's documents a code of ISO 4217.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_amount_currency(event: Option<&Event>) -> Str {
    text(event, Place::AmountCurrency, |event| event.resource().amount()?.into_parts().1)
}

/// The sum of money in the smallest unit of its currency by ISO 4217 (2490 for 24.9 USD). Returns whether that is exact, the currency is known, and the
/// number fits; `yuno_event_amount_minor_units_text` also has numbers that do not fit.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_amount_minor_units(event: Option<&Event>, out: Option<&mut MaybeUninit<i64>>) -> bool {
    number(out, || event?.view().resource().amount()?.minor_units()?.try_into().ok())
}

/// As `yuno_event_amount_minor_units`, in decimal digits, up to 128 bits of number.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_amount_minor_units_text(event: Option<&Event>) -> Str {
    text(event, Place::AmountMinorUnits, |event| digits(event.resource().amount()))
}

/// Whether the body tells of a transaction: the one that triggered the event, one attempt to move, reserve, return or verify money.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_transaction_present(event: Option<&Event>) -> bool {
    guard(false, || event.is_some_and(|event| event.view().resource().transaction().is_some()))
}

/// The transaction's id at the provider.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_transaction_id(event: Option<&Event>) -> Str {
    text(event, Place::TransactionId, |event| transaction(event)?.id())
}

/// The transaction's type as it was sent, such as "PURCHASE" or "THREE_D_SECURE".
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_transaction_type(event: Option<&Event>) -> Str {
    text(event, Place::TransactionType, |event| transaction(event)?.transaction_type())
}

/// The transaction's status as it was sent.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_transaction_status(event: Option<&Event>) -> Str {
    text(event, Place::TransactionStatus, |event| transaction(event)?.status())
}

/// What the transaction moved, reserved or returned, of a partial refund the part: as `yuno_event_amount_value`.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_transaction_amount_value(event: Option<&Event>) -> Str {
    text(event, Place::TransactionAmountValue, |event| Some(transaction(event)?.amount()?.into_parts().0))
}

/// The currency of the transaction's sum: its own, else that of the payment.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_transaction_amount_currency(event: Option<&Event>) -> Str {
    text(event, Place::TransactionAmountCurrency, |event| transaction(event)?.amount()?.into_parts().1)
}

/// The transaction's sum in the smallest unit of its currency: as `yuno_event_amount_minor_units`.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_transaction_amount_minor_units(event: Option<&Event>, out: Option<&mut MaybeUninit<i64>>) -> bool {
    number(out, || transaction(event?.view())?.amount()?.minor_units()?.try_into().ok())
}

/// The transaction's sum in the smallest unit of its currency, in decimal digits: as `yuno_event_amount_minor_units_text`.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_transaction_amount_minor_units_text(event: Option<&Event>) -> Str {
    text(event, Place::TransactionAmountMinorUnits, |event| digits(transaction(event)?.amount()))
}

/// When the transaction last changed: nanoseconds since 1970 in UTC. Returns whether the body says so.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_event_transaction_updated_at_ns(event: Option<&Event>, out: Option<&mut MaybeUninit<i64>>) -> bool {
    instant(event, out, |event| transaction(event)?.updated_at())
}

fn transaction(event: CoreEvent<'_>) -> Option<Transaction<'_>> {
    event.resource().transaction()
}

/// The minor units of a sum as text.
fn digits<'a>(amount: Option<Amount<'_>>) -> Option<Cow<'a, str>> {
    Some(Cow::Owned(amount?.minor_units()?.to_string()))
}
