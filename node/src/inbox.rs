//! The inbox's texts and decisions for Node; its stores are `lib/inbox/*.ts`.

use std::time::Duration;

use napi::bindgen_prelude::BigInt;
use napi_derive::napi;
use yuno_webhooks::inbox::{self, Backoff, Row, Statement, Store};
use yuno_webhooks::{Error, ErrorCode, Event};

use crate::errors::{Result, refuse, whole};

/// A statement of a store.
#[napi(object, object_from_js = false)]
pub struct InboxStatement {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub sql: String,
    /// The names of its parameters, for Postgres in the order of their numbers.
    pub parameters: Vec<&'static str>,
}

/// The statements for a store, "sqlite" or "postgres".
#[napi(catch_unwind)]
pub fn inbox_statements(store: String) -> Result<Vec<InboxStatement>> {
    let store = self::store(&store)?;
    let statement = |own: &Statement| InboxStatement { name: own.name(), sql: own.sql(store), parameters: own.parameters().to_vec() };
    Ok(Statement::ALL.iter().map(statement).collect())
}

/// The statements that bring a store from a version of the schema, 0 if it has none, to this release's.
#[napi(catch_unwind)]
pub fn inbox_migrations(store: String, version: f64) -> Result<Vec<&'static str>> {
    let version = u32::try_from(whole(version, ErrorCode::SchemaMismatch)?).map_err(|_| refuse(ErrorCode::SchemaMismatch))?;
    Ok(inbox::migrations(self::store(&store)?, version).map_err(refuse)?.to_vec())
}

/// The code with which Postgres refuses a claim that came second in a race.
#[napi(catch_unwind)]
pub fn inbox_race_sqlstate() -> &'static str {
    inbox::RACE_SQLSTATE
}

/// What is stored of a delivery beside its body: parameters of the statement "accept", by their names. What is absent is null there.
#[napi(object, object_from_js = false)]
pub struct InboxRow {
    /// The key.
    pub key: String,
    /// The kind.
    pub kind: Option<&'static str>,
    /// The resource.
    pub resource: Option<String>,
    /// When the resource changed, in nanoseconds.
    #[napi(js_name = "changed_at")]
    pub changed_at: Option<BigInt>,
    /// After how many milliseconds an equal body is another occurrence.
    #[napi(js_name = "repeat_after")]
    pub repeat_after: Option<BigInt>,
    /// The name of the error of a body that is no event.
    #[napi(js_name = "error_class")]
    pub error_class: Option<&'static str>,
    /// Its text.
    #[napi(js_name = "error_text")]
    pub error_text: Option<String>,
}

impl From<Row<'_>> for InboxRow {
    fn from(row: Row<'_>) -> Self {
        let (error_class, error_text) = row.error.unzip();
        let (changed_at, repeat_after) = (row.changed_at.map(BigInt::from), row.repeat_after.map(BigInt::from));
        Self { key: row.key, kind: row.kind, resource: row.resource, changed_at, repeat_after, error_class, error_text }
    }
}

/// Of the body of an event.
#[napi(catch_unwind)]
pub fn inbox_row(body: &[u8]) -> Result<InboxRow> {
    Event::parse_unverified(body).map(|event| Row::of(&event).into()).map_err(refuse)
}

/// Of an authentic body that was refused with this code and hint; null if nothing is to be stored.
#[napi(catch_unwind)]
pub fn inbox_row_of_unreadable(code: String, hint: String, body: &[u8]) -> Result<Option<InboxRow>> {
    let code = ErrorCode::from_name(&code).ok_or_else(|| refuse(ErrorCode::InvalidArgument))?;
    Ok(Row::of_unreadable(body, &Error::from_parts(code, &hint)).map(InboxRow::from))
}

/// The text of a worker's error as a row keeps it.
#[napi(catch_unwind)]
pub fn inbox_error_text(text: String) -> String {
    inbox::error_text(&text)
}

/// The waits, in milliseconds, and the attempts of a backoff.
#[napi(object)]
pub struct InboxBackoff {
    /// The first wait.
    pub first: f64,
    /// The longest.
    pub most: f64,
    /// How many attempts there are.
    pub attempts: f64,
}

/// A backoff; what is not given is as documented.
#[napi(catch_unwind)]
pub fn inbox_backoff(first: Option<f64>, most: Option<f64>, attempts: Option<f64>) -> Result<InboxBackoff> {
    let (usual_first, usual_most) = Backoff::default().waits();
    let backoff = InboxBackoff {
        first: first.unwrap_or(millis(usual_first)),
        most: most.unwrap_or(millis(usual_most)),
        attempts: attempts.unwrap_or(Backoff::default().attempts().into()),
    };
    self::backoff(&backoff).map(|_| backoff)
}

/// How many milliseconds to wait after an attempt that failed; null after the last.
#[napi(catch_unwind)]
pub fn inbox_backoff_delay(backoff: InboxBackoff, attempt: u32, random: u32) -> Result<Option<f64>> {
    Ok(self::backoff(&backoff)?.delay(attempt, random).map(millis))
}

fn backoff(given: &InboxBackoff) -> Result<Backoff> {
    let number = |count| whole(count, ErrorCode::InvalidLimit);
    let attempts = u32::try_from(number(given.attempts)?).unwrap_or(u32::MAX);
    Backoff::new(Duration::from_millis(number(given.first)?), Duration::from_millis(number(given.most)?), attempts).map_err(refuse)
}

fn millis(span: Duration) -> f64 {
    (span.as_secs_f64() * 1000.0).round()
}

fn store(name: &str) -> Result<Store> {
    Store::from_name(name).ok_or_else(|| refuse(ErrorCode::InvalidArgument))
}
