//! The durable inbox without its I/O: answer at once and process later, lose nothing, do nothing twice.
//!
//! One table de-duplicates deliveries and queues them. A receiver *accepts* a delivery with one statement and answers; a worker *claims* it under a
//! lease, does the work, and *completes* it. This module is everything that a store in any language needs besides a driver: the
//! [`schema`](migrations), the [`Statement`]s for [`Store::Sqlite`], [`Store::Postgres`] and [`Store::Redis`], what goes into a row ([`Row`]), how long a
//! failed delivery waits ([`Backoff`]), and where Redis has its keys ([`Partitions`]) and whether it keeps them ([`Durability`]).
//!
//! # A row's life
//!
//! `pending` → `processing` → `done`; `dead` after the last attempt, or at once for an authentic body that is no event. A row that fails goes back to
//! `pending` and waits; one whose lease expired (its worker ended, or was too slow) does too. Nothing but an explicit call removes a body, and
//! another one a key.
//!
//! # What the statements promise
//!
//! - A key is accepted once for each scope; a redelivery is a `duplicate`. Where the provider sends equal bodies for different occurrences
//!   ([`Row::repeat_after`]), a later one is a `repeat` under `<key>.<n>`.
//! - A claim raises the row's *fence*. [`Complete`](Statement::Complete), [`Release`](Statement::Release), [`Extend`](Statement::Extend) and
//!   [`Bury`](Statement::Bury) take effect only under the newest fence; if they return no row, the lease is another worker's: `STALE_FENCE`.
//! - Never are two deliveries of one resource ([`Row::resource`]) claimed at once (an index of the schema forbids it), and of those that are due the
//!   one with the oldest news comes first. A row that waits for its next attempt does not hold up newer ones. Rows that newer news of their resource
//!   has overtaken come as `superseded`.
//! - Times are those of the database's clock, so that workers on several machines agree. A clock that is set back makes leases and waits longer; one
//!   that is set forward ends them early, so that a delivery may be worked on twice at once: the fence lets only one of them complete.

mod decide;
mod redis;
mod schema;
mod sql;

pub use decide::{Backoff, Row, error_text};
pub use redis::{Durability, Partitions, Reach};
pub use schema::{SCHEMA_VERSION, migrations};
pub use sql::{RACE_SQLSTATE, Statement, Store};
