//! The table and its migrations.

use super::redis;
use super::sql::Store;
use crate::error::{Error, ErrorCode};

/// The version of the schema that this release works on.
pub const SCHEMA_VERSION: u32 = 1;

/// The statements that bring a store from a version of the schema to [`SCHEMA_VERSION`]; 0 is a store without one. They are to be executed one by one
/// in one transaction, after [`Statement::Lock`](super::Statement::Lock) and in the transaction in which the version was read.
///
/// # Errors
/// `SCHEMA_MISMATCH` if the store's version is a later release's.
pub fn migrations(store: Store, version: u32) -> Result<&'static [&'static str], Error> {
    match (version, store) {
        (0, Store::Sqlite) => Ok(&SQLITE_1),
        (0, Store::Postgres) => Ok(&POSTGRES_1),
        (0, Store::Redis) => Ok(&redis::MIGRATION_1),
        (SCHEMA_VERSION, _) => Ok(&[]),
        _ => Err(ErrorCode::SchemaMismatch.into()),
    }
}

// Times are milliseconds since 1970, instants of the provider's (changed_at, news_at) nanoseconds. `resource` is the lane. `news_at` orders a lane:
// changed_at, or when the delivery came. A row that was purged has no body.
macro_rules! schema {
    ($id:literal, $whole:literal, $key:literal, $bytes:literal) => {
        [
            "CREATE TABLE yuno_inbox_schema (version INTEGER NOT NULL)",
            concat!(
                "CREATE TABLE yuno_inbox (\n",
                "  id ",
                $id,
                ",\n",
                "  scope TEXT NOT NULL,\n",
                "  dedupe_key ",
                $key,
                " NOT NULL,\n",
                "  occurrence INTEGER NOT NULL,\n",
                "  kind TEXT,\n",
                "  resource TEXT,\n",
                "  changed_at ",
                $whole,
                ",\n",
                "  news_at ",
                $whole,
                " NOT NULL,\n",
                "  received_at ",
                $whole,
                " NOT NULL,\n",
                "  state TEXT NOT NULL CHECK (state IN ('pending', 'processing', 'done', 'dead')),\n",
                "  attempts INTEGER NOT NULL DEFAULT 0,\n",
                "  fence ",
                $whole,
                " NOT NULL DEFAULT 0,\n",
                "  lease_until ",
                $whole,
                ",\n",
                "  available_at ",
                $whole,
                " NOT NULL,\n",
                "  finished_at ",
                $whole,
                ",\n",
                "  duplicates INTEGER NOT NULL DEFAULT 0,\n",
                "  error_class TEXT,\n",
                "  error_text TEXT,\n",
                "  body ",
                $bytes,
                ",\n",
                "  UNIQUE (scope, dedupe_key)\n",
                ")"
            ),
            "CREATE INDEX yuno_inbox_ready ON yuno_inbox (scope, available_at, id) WHERE state = 'pending'",
            "CREATE INDEX yuno_inbox_news ON yuno_inbox (scope, resource, news_at, id) WHERE resource IS NOT NULL",
            // Never two of one lane at once, whatever a statement does; and where the leases are.
            "CREATE UNIQUE INDEX yuno_inbox_lane ON yuno_inbox (scope, resource) WHERE state = 'processing'",
            "CREATE INDEX yuno_inbox_lease ON yuno_inbox (scope, lease_until) WHERE state = 'processing'",
            "CREATE INDEX yuno_inbox_dead ON yuno_inbox (scope, received_at) WHERE state = 'dead'",
            "CREATE INDEX yuno_inbox_duplicates ON yuno_inbox (scope) WHERE duplicates > 0",
            // What has a body that may be removed, oldest first.
            "CREATE INDEX yuno_inbox_kept ON yuno_inbox (scope, received_at) WHERE state = 'done' AND body IS NOT NULL",
            "INSERT INTO yuno_inbox_schema (version) VALUES (1)",
        ]
    };
}

static SQLITE_1: [&str; 10] = schema!("INTEGER PRIMARY KEY", "INTEGER", "TEXT", "BLOB");
static POSTGRES_1: [&str; 10] = schema!("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "BIGINT", "TEXT COLLATE \"C\"", "BYTEA");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_brought_to_this_version_and_never_back() {
        for store in Store::ALL {
            let first = migrations(store, 0).unwrap();
            assert!(first.last().is_some_and(|last| last.contains("version")), "{store:?}");
            assert!(migrations(store, SCHEMA_VERSION).unwrap().is_empty());
            assert_eq!(migrations(store, SCHEMA_VERSION + 1).unwrap_err().code(), ErrorCode::SchemaMismatch);
        }
        assert_ne!(migrations(Store::Sqlite, 0).unwrap(), migrations(Store::Postgres, 0).unwrap());
    }
}
