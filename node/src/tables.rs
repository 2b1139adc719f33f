//! The core's tables.

use napi_derive::napi;
use yuno_webhooks::{ErrorCode, EventKind, Family, Finality, testing::Form};

/// A row of the catalogue of event kinds.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct CatalogRow {
    /// The kind.
    pub kind: &'static str,
    /// The names under which it is sent, its own first.
    pub spellings: Vec<&'static str>,
    /// The resource that it tells about.
    pub family: &'static str,
    /// The field and the value that select it when a webhook is registered.
    pub trigger: Option<Vec<&'static str>>,
    /// The forms that a sample of it can take.
    pub forms: Vec<&'static str>,
}

/// Every event kind.
#[napi(catch_unwind)]
pub fn catalog() -> Vec<CatalogRow> {
    let row = |row: &yuno_webhooks::CatalogRow| CatalogRow {
        kind: row.kind.as_str(),
        spellings: row.spellings.to_vec(),
        family: row.family.as_str(),
        trigger: row.trigger.map(|(field, value)| vec![field, value]),
        forms: Form::of(row.kind).iter().map(|form| form.as_str()).collect(),
    };
    EventKind::catalog().iter().map(row).collect()
}

/// A row of the error table.
#[napi(object, object_from_js = false)]
pub struct ErrorRow {
    /// The stable name.
    pub name: &'static str,
    /// The stable number.
    pub number: i32,
    /// Where it arises.
    pub stage: &'static str,
    /// What a receiver answers.
    pub http_status: u16,
    /// What happened and what to do.
    pub message: &'static str,
}

/// Every error code, by number.
#[napi(catch_unwind)]
pub fn error_codes() -> Vec<ErrorRow> {
    let row = |code: &ErrorCode| ErrorRow {
        name: code.name(),
        number: code.number(),
        stage: code.stage().as_str(),
        http_status: code.http_status(),
        message: code.message(),
    };
    ErrorCode::ALL.iter().map(row).collect()
}

/// Whether news will follow a status.
#[napi(catch_unwind)]
pub fn finality(family: String, status: String, sub_status: Option<String>) -> &'static str {
    Finality::of(Family::from_name(&family).unwrap_or(Family::Unknown), &status, sub_status.as_deref()).as_str()
}

/// A row of the table of statuses.
#[napi(object, object_from_js = false)]
pub struct StatusRow {
    /// Whose status it is.
    pub family: &'static str,
    /// The status.
    pub status: &'static str,
    /// The sub-status; empty where the family has none.
    pub sub_status: &'static str,
}

/// Every documented status.
#[napi(catch_unwind)]
pub fn statuses() -> Vec<StatusRow> {
    let row = |&(family, status, sub_status, _): &(Family, _, _, _)| StatusRow { family: family.as_str(), status, sub_status };
    Finality::table().iter().map(row).collect()
}

/// Every family.
#[napi(catch_unwind)]
pub fn families() -> Vec<&'static str> {
    Family::ALL.iter().map(|family| family.as_str()).collect()
}
