//! The inbox's texts and decisions; the database and its driver are the host's.

use core::mem::MaybeUninit;
use core::time::Duration;

use yuno_webhooks::ErrorCode;
use yuno_webhooks::inbox::{self, Backoff, Row, Statement, Store};

use crate::error::{Error, StatusNumber};
use crate::event::Event;
use crate::guard::{attempt, guard, make, number};
use crate::pointers::{Str, list};

/// What is stored of a delivery: parameters of the statement "accept". Made by `yuno_inbox_row_new` or `yuno_inbox_row_of_unreadable`, freed by
/// `yuno_inbox_row_free`. It never changes and may be read by many threads at once.
pub struct InboxRow {
    key: String,
    kind: Option<&'static str>,
    resource: Option<String>,
    changed_at: Option<i64>,
    repeat_after: Option<i64>,
    error: Option<(&'static str, String)>,
}

impl From<Row<'_>> for InboxRow {
    fn from(row: Row<'_>) -> Self {
        let Row { key, kind, resource, changed_at, repeat_after, error, .. } = row;
        Self { key, kind, resource, changed_at, repeat_after, error }
    }
}

/// The statements for a store. Made by `yuno_inbox_sql_new`, freed by `yuno_inbox_sql_free`. It never changes and may be read by many threads at
/// once.
pub struct InboxSql(Vec<(Statement, String)>);

fn store_of(name: Str) -> Result<Store, ErrorCode> {
    let name = name.text(ErrorCode::InvalidArgument)?.ok_or(ErrorCode::NullPointer)?;
    Store::from_name(name).ok_or(ErrorCode::InvalidArgument)
}

/// What a name in C stands for; `None` if nothing has this name.
fn named<T>(name: Str, find: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    find(name.text(ErrorCode::InvalidArgument).ok()??)
}

/// How many statements there are.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_statement_count() -> usize {
    guard(0, || Statement::ALL.len())
}

/// The name of a statement, such as "accept"; absent from the count on. `core/INBOX.md` of the sources says what the inbox does with them.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_statement(index: usize) -> Str {
    guard(Str::ABSENT, || Statement::ALL.get(index).map(|statement| statement.name()).into())
}

/// Writes the statements for a store, "sqlite", "postgres" or "redis" (Lua scripts).
///
/// Errors: YUNO_INVALID_ARGUMENT (another name); YUNO_NULL_POINTER, YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_sql_new(
    store: Str,
    sql: Option<&mut MaybeUninit<Option<Box<InboxSql>>>>,
    error: Option<&mut MaybeUninit<Error>>,
) -> StatusNumber {
    make(sql, error, || {
        let store = store_of(store)?;
        Ok(InboxSql(Statement::ALL.iter().map(|statement| (*statement, statement.text(store))).collect()))
    })
}

/// Frees the statements; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_sql_free(sql: Option<Box<InboxSql>>) {
    guard((), || drop(sql));
}

/// The text of a statement. SQLite's parameters are named (:scope), those of Postgres numbered ($1), those of Redis the arguments
/// after the keys. Absent for another name.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_sql_text(sql: Option<&InboxSql>, statement: Str) -> Str {
    guard(Str::ABSENT, || {
        let wanted = named(statement, Statement::from_name);
        let mut texts = sql.into_iter().flat_map(|sql| &sql.0);
        texts.find(|(statement, _)| wanted == Some(*statement)).map_or(Str::ABSENT, |(_, text)| Str::of(text))
    })
}

/// How many parameters a statement has; 0 for another name.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_parameter_count(statement: Str) -> usize {
    guard(0, || named(statement, Statement::from_name).map_or(0, |statement| statement.parameters().len()))
}

/// The name of a statement's parameter; in Postgres its number is the index and 1. Absent from the count on.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_parameter(statement: Str, index: usize) -> Str {
    guard(Str::ABSENT, || named(statement, Statement::from_name).and_then(|statement| statement.parameters().get(index).copied()).into())
}

/// How many statements bring a store from a version of the schema, 0 where it has none, to this release's: `*count` (may be NULL), 0 on errors.
///
/// Errors: YUNO_SCHEMA_MISMATCH (the version is a later release's); YUNO_INVALID_ARGUMENT (another name of a store), YUNO_NULL_POINTER, YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_migration_count(
    store: Str,
    version: u32,
    count: Option<&mut MaybeUninit<usize>>,
    error: Option<&mut MaybeUninit<Error>>,
) -> StatusNumber {
    attempt(error, || {
        let count = count.map(|count| count.write(0));
        let migrations = inbox::migrations(store_of(store)?, version)?;
        if let Some(count) = count {
            *count = migrations.len();
        }
        Ok(())
    })
}

/// One of these statements, to be executed in their order in one transaction; absent from the count on.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_migration(store: Str, version: u32, index: usize) -> Str {
    guard(Str::ABSENT, || {
        let migrations = named(store, Store::from_name).and_then(|store| inbox::migrations(store, version).ok());
        migrations.and_then(|migrations| migrations.get(index).copied()).into()
    })
}

/// What is stored of an event; its body is `yuno_event_raw`. It does not need the event any more.
///
/// Errors: YUNO_NULL_POINTER, YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_row_new(
    event: Option<&Event>,
    row: Option<&mut MaybeUninit<Option<Box<InboxRow>>>>,
    error: Option<&mut MaybeUninit<Error>>,
) -> StatusNumber {
    make(row, error, || Ok(Row::of(&event.ok_or(ErrorCode::NullPointer)?.view()).into()))
}

/// What is stored of an authentic body that is no event, with the error that says why. `*row` is NULL on success too, where there is nothing to
/// store: the body is empty, or it is not authentic.
///
/// Errors: YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT, YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_row_of_unreadable(
    body: *const u8,
    body_len: usize,
    why: Option<&Error>,
    row: Option<&mut MaybeUninit<Option<Box<InboxRow>>>>,
    error: Option<&mut MaybeUninit<Error>>,
) -> StatusNumber {
    attempt(error, || {
        let row = row.ok_or(ErrorCode::NullPointer)?.write(None);
        let body = list(body, body_len)?.unwrap_or_default();
        let why = why.ok_or(ErrorCode::NullPointer)?.to_core();
        *row = Row::of_unreadable(body, &why).map(|row| Box::new(row.into()));
        Ok(())
    })
}

/// Frees a row and every text that it gave; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_row_free(row: Option<Box<InboxRow>>) {
    guard((), || drop(row));
}

/// A text of a row.
fn text(row: Option<&InboxRow>, read: impl FnOnce(&InboxRow) -> Option<&str>) -> Str {
    guard(Str::ABSENT, || row.and_then(read).map_or(Str::ABSENT, Str::of))
}

/// The parameter "key".
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_row_key(row: Option<&InboxRow>) -> Str {
    text(row, |row| Some(&row.key))
}

/// The parameter "kind"; absent where the body is no event.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_row_kind(row: Option<&InboxRow>) -> Str {
    text(row, |row| row.kind)
}

/// The parameter "resource": what is worked on one after another. Absent where the body names no resource.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_row_resource(row: Option<&InboxRow>) -> Str {
    text(row, |row| row.resource.as_deref())
}

/// The parameter "changed_at", in nanoseconds since 1970. Returns whether there is one.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_row_changed_at(row: Option<&InboxRow>, out: Option<&mut MaybeUninit<i64>>) -> bool {
    number(out, || row?.changed_at)
}

/// The parameter "repeat_after": after how many milliseconds an equal body is another occurrence. Returns whether it can be.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_row_repeat_after(row: Option<&InboxRow>, out: Option<&mut MaybeUninit<i64>>) -> bool {
    number(out, || row?.repeat_after)
}

/// The parameter "error_class"; absent for an event.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_row_error_class(row: Option<&InboxRow>) -> Str {
    text(row, |row| row.error.as_ref().map(|(class, _)| *class))
}

/// The parameter "error_text"; absent for an event.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_row_error_text(row: Option<&InboxRow>) -> Str {
    text(row, |row| row.error.as_ref().map(|(_, text)| text.as_str()))
}

/// How long a delivery waits after an attempt that failed, of which 1 is the first: `first_ms` at first, twice as long each time up to `most_ms`,
/// less a random part of up to a half. `random` is any number, evenly distributed. `*again` is false after the last of `attempts`, when the delivery
/// is dead, and on errors; `*delay_ms` is then 0. Usual are 5000, 3600000 and 24. Both may be NULL.
///
/// Errors: YUNO_INVALID_LIMIT (there is no attempt, or a wait is out of range); YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_inbox_delay(
    first_ms: u64,
    most_ms: u64,
    attempts: u32,
    attempt_number: u32,
    random: u32,
    again: Option<&mut MaybeUninit<bool>>,
    delay_ms: Option<&mut MaybeUninit<u64>>,
) -> StatusNumber {
    attempt(None, || {
        let (again, delay_ms) = (again.map(|again| again.write(false)), delay_ms.map(|delay_ms| delay_ms.write(0)));
        let backoff = Backoff::new(Duration::from_millis(first_ms), Duration::from_millis(most_ms), attempts)?;
        let delay = backoff.delay(attempt_number, random);
        if let Some(again) = again {
            *again = delay.is_some();
        }
        if let Some((delay_ms, delay)) = delay_ms.zip(delay) {
            *delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        }
        Ok(())
    })
}
