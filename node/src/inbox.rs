//! The inbox's texts and decisions for Node; its stores are `lib/inbox/*.ts`.

use std::time::Duration;

use napi::bindgen_prelude::BigInt;
use napi_derive::napi;
use yuno_webhooks::inbox::{self, Backoff, Durability, Partitions, Row, Statement, Store};
use yuno_webhooks::{Error, ErrorCode, Event};

use crate::errors::{Result, refuse, whole};

/// A statement of a store.
#[napi(object, object_from_js = false)]
pub struct InboxStatement {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: String,
    /// The names of its parameters, for Postgres and Redis in the order of their numbers.
    pub parameters: Vec<&'static str>,
    /// Which partitions of a store in several it is for: "scope", "row", "id", "key", "each" or "sum".
    pub reach: &'static str,
}

/// The statements for a store, "sqlite", "postgres" or "redis".
#[napi(catch_unwind)]
pub fn inbox_statements(store: String) -> Result<Vec<InboxStatement>> {
    let store = self::store(&store)?;
    let statement = |own: &Statement| InboxStatement {
        name: own.name(),
        text: own.text(store),
        parameters: own.parameters().to_vec(),
        reach: own.reach().as_str(),
    };
    Ok(Statement::ALL.iter().map(statement).collect())
}

/// The statements that bring a store from a version of the schema, 0 if it has none, to this release's.
#[napi(catch_unwind)]
pub fn inbox_migrations(store: String, version: f64) -> Result<Vec<&'static str>> {
    let version = u32::try_from(whole(version, ErrorCode::SchemaMismatch)?).map_err(|_| refuse(ErrorCode::SchemaMismatch))?;
    Ok(inbox::migrations(self::store(&store)?, version).map_err(refuse)?.to_vec())
}

/// Where a scope is in Redis.
#[napi(object, object_from_js = false)]
pub struct InboxPartitions {
    /// The key of what is known of all of it.
    pub scope: String,
    /// The list that wakes workers.
    pub bell: String,
    /// The base of each partition.
    pub bases: Vec<String>,
}

/// Where a scope is in Redis, in a store that was made with so many partitions; `asked` is the number that whoever opens it names.
#[napi(catch_unwind)]
pub fn inbox_partitions(scope: String, count: f64, asked: Option<f64>) -> Result<InboxPartitions> {
    let asked = asked.map(partition_count).transpose()?;
    let partitions = Partitions::of_store(&scope, partition_count(count)?, asked).map_err(refuse)?;
    let bases = (0..partitions.count()).map(|partition| partitions.base(partition)).collect();
    Ok(InboxPartitions { scope: partitions.scope(), bell: partitions.bell(), bases })
}

/// The partition, of so many, in which a delivery is stored. That of an id is its remainder by their number.
#[napi(catch_unwind)]
pub fn inbox_partition(count: f64, resource: Option<String>, key: String) -> Result<u16> {
    let partitions = partition_count(count).and_then(|count| Partitions::new("", count).map_err(refuse))?;
    Ok(partitions.place(resource.as_deref(), &key))
}

/// Fails with `STORE_UNSAFE` if a Redis server could lose or forget what it acknowledged. `durability` is "always", "everysec" or "unchecked", `info`
/// what it answers to INFO, `fsync` and `noFsyncOnRewrite` its appendfsync and no-appendfsync-on-rewrite, null where it does not say.
#[napi(catch_unwind)]
pub fn inbox_check_redis(durability: String, info: String, fsync: Option<String>, no_fsync_on_rewrite: Option<String>) -> Result<()> {
    let durability = Durability::from_name(&durability).ok_or_else(|| refuse(ErrorCode::InvalidArgument))?;
    durability.check(&info, fsync.as_deref(), no_fsync_on_rewrite.as_deref()).map_err(refuse)
}

fn partition_count(count: f64) -> Result<u16> {
    // What is too large is no less refused.
    Ok(u16::try_from(whole(count, ErrorCode::InvalidLimit)?).unwrap_or(u16::MAX))
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
