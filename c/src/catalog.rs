//! The core's tables: the catalogue of event kinds, and the finality of statuses.

use yuno_webhooks::{CatalogRow, ErrorCode, EventKind, Family, Finality, testing::Form};

use crate::guard::guard;
use crate::pointers::Str;

/// A text of a row; absent beyond the last row.
fn of(index: usize, read: impl FnOnce(&'static CatalogRow) -> Option<&'static str>) -> Str {
    guard(Str::ABSENT, || EventKind::catalog().get(index).and_then(read).into())
}

/// How many of something a row has; 0 beyond the last row.
fn count(index: usize, read: impl FnOnce(&'static CatalogRow) -> usize) -> usize {
    guard(0, || EventKind::catalog().get(index).map_or(0, read))
}

/// How many event kinds this release knows: the rows of its catalogue. What is asked of a row beyond the last is absent, or 0.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_catalog_count() -> usize {
    guard(0, || EventKind::catalog().len())
}

/// The kind of this row, such as "payment.purchase".
#[unsafe(no_mangle)]
pub extern "C" fn yuno_catalog_kind(row: usize) -> Str {
    of(row, |row| Some(row.kind.as_str()))
}

/// Which resource the kind tells about, such as "payment".
#[unsafe(no_mangle)]
pub extern "C" fn yuno_catalog_family(row: usize) -> Str {
    of(row, |row| Some(row.family.as_str()))
}

/// How many spellings the kind has on the wire.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_catalog_spelling_count(row: usize) -> usize {
    count(row, |row| row.spellings.len())
}

/// A spelling of the kind; 0 is its own name.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_catalog_spelling(row: usize, index: usize) -> Str {
    of(row, |row| row.spellings.get(index).copied())
}

/// The field that selects the kind when a webhook is registered; absent where nothing does.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_catalog_trigger_field(row: usize) -> Str {
    of(row, |row| row.trigger.map(|(field, _)| field))
}

/// The value of that field.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_catalog_trigger_value(row: usize) -> Str {
    of(row, |row| row.trigger.map(|(_, value)| value))
}

/// In how many forms `yuno_sample_new` can make the kind.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_catalog_form_count(row: usize) -> usize {
    count(row, |row| Form::of(row.kind).len())
}

/// A form of the kind, such as "enveloped"; 0 is the one that the provider sends today.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_catalog_form(row: usize, index: usize) -> Str {
    of(row, |row| Form::of(row.kind).get(index).map(|form| form.as_str()))
}

/// Whether news will follow a status: "pending", "settled", "final" or "unknown". `family` is one of `yuno_event_resource_kind`, "transaction" or
/// "payment_link"; `sub_status` may be absent. It never says that money moved.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_finality(family: Str, status: Str, sub_status: Str) -> Str {
    guard(Str::ABSENT, || {
        // What is no text is no status that anybody knows.
        let text = |text: Str| text.text(ErrorCode::InvalidArgument).ok().flatten();
        let family = text(family).and_then(Family::from_name).unwrap_or(Family::Unknown);
        Str::of(Finality::of(family, text(status).unwrap_or_default(), text(sub_status)).as_str())
    })
}
