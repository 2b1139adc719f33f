//! The statements, each of which is atomic by itself.

use super::redis::{self, Reach};

/// A database that the statements are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Store {
    /// SQLite 3.35 or newer. Parameters are named, `:scope`.
    Sqlite,
    /// PostgreSQL 12 or newer, at READ COMMITTED. Parameters are numbered, `$1`.
    Postgres,
    /// Redis 7 or newer, or Valkey. The statements are Lua scripts, their parameters the arguments in the order of their numbers, the empty text for null;
    /// [`Partitions`](super::Partitions) says which key each is called with. They give rows as lists of names and values.
    Redis,
}

impl Store {
    /// Every store.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::Redis];

    /// The name, the same in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
        }
    }

    /// The store of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|store| store.as_str() == name)
    }
}

/// The `SQLSTATE` with which Postgres refuses a [`Claim`](Statement::Claim) that came second in a race: claim again.
pub const RACE_SQLSTATE: &str = "23505";

/// Makes the statements from one table.
macro_rules! statements {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal ($($parameter:literal),*) $reach:ident $text:expr;)*) => {
        /// What a store does with the table. Each is one statement, atomic by itself; of SQL it may be part of a larger transaction.
        ///
        /// Parameters may be null where it is said. `now` always may: then it is the database's clock, else milliseconds since 1970, for tests.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Statement {
            $($(#[doc = $doc])+ $variant),*
        }

        impl Statement {
            /// Every statement.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name, the same in every language.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The names of its parameters, for Postgres in the order of their numbers.
            pub const fn parameters(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($parameter),*]),* }
            }

            /// Which parts of a store in several partitions it is for.
            pub const fn reach(self) -> Reach {
                match self { $(Self::$variant => Reach::$reach),* }
            }

            const fn template(self) -> Text {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}

/// A text for each store.
struct Text {
    sqlite: &'static str,
    postgres: &'static str,
}

/// The same for both.
const fn both(text: &'static str) -> Text {
    Text { sqlite: text, postgres: text }
}

// Pieces of the texts. `{now}` and `{bytes}` stand for what a store has of its own.

/// The clock, read once.
macro_rules! clock {
    () => {
        "WITH clock AS (SELECT {now} AS now)\n"
    };
}

/// Where a delivery belongs: under its key, or as another occurrence of it. (Sorted by occurrence, SQLite takes four times as long for all of it.)
macro_rules! arrived {
    () => {
        "latest AS (
  SELECT occurrence, received_at FROM yuno_inbox
  WHERE :repeat_after IS NOT NULL AND scope = :scope AND dedupe_key >= :key AND dedupe_key < :key || '/' AND occurrence = (
    SELECT max(occurrence) FROM yuno_inbox WHERE scope = :scope AND dedupe_key >= :key AND dedupe_key < :key || '/')
), place AS MATERIALIZED (
  SELECT now, coalesce((SELECT occurrence + CASE WHEN now - received_at > :repeat_after THEN 1 ELSE 0 END FROM latest), 1) AS occurrence FROM clock
), arrived AS (
  SELECT now, occurrence, CASE WHEN occurrence = 1 THEN :key ELSE :key || '.' || occurrence END AS dedupe_key FROM place
)\n"
    };
}

/// The same for Postgres, which looks for the row that is known together with the newest occurrence: each look of a statement costs it anew.
///
/// Postgres keeps a plan for all deliveries only where it expects none that is made for one of them to be better; else it plans each anew, which takes longer
/// than to store it. So it must not see what decides where a delivery belongs: it comes out of `given`.
macro_rules! arrived_and_known {
    () => {
        "WITH given AS MATERIALIZED (
  SELECT {now} AS now, CAST(:scope AS TEXT) AS scope, CAST(:key AS TEXT) AS key, CAST(:repeat_after AS BIGINT) AS repeat_after
), place AS (
  SELECT now, key, CASE WHEN now - received_at > repeat_after THEN occurrence + 1 ELSE coalesce(occurrence, 1) END AS occurrence,
    CASE WHEN now - received_at > repeat_after THEN NULL ELSE id END AS known
  FROM given LEFT JOIN LATERAL (
    SELECT id, occurrence, received_at FROM yuno_inbox AS own
    WHERE own.scope = given.scope AND own.dedupe_key BETWEEN key AND key || CASE WHEN repeat_after IS NULL THEN '' ELSE '/' END
    ORDER BY occurrence DESC LIMIT 1) AS latest ON TRUE
), arrived AS MATERIALIZED (
  SELECT now, known, occurrence, CASE WHEN occurrence = 1 THEN key ELSE key || '.' || occurrence END AS dedupe_key FROM place
)"
    };
}

macro_rules! insert {
    () => {
        "INSERT INTO yuno_inbox (scope, dedupe_key, occurrence, kind, resource, changed_at, news_at, received_at, available_at, finished_at, state,
  error_class, error_text, body)
SELECT CAST(:scope AS TEXT), dedupe_key, occurrence, CAST(:kind AS TEXT), CAST(:resource AS TEXT), CAST(:changed_at AS BIGINT),
  coalesce(CAST(:changed_at AS BIGINT), now * 1000000), now, now, CASE WHEN CAST(:error_class AS TEXT) IS NOT NULL THEN now END,
  CASE WHEN CAST(:error_class AS TEXT) IS NULL THEN 'pending' ELSE 'dead' END, CAST(:error_class AS TEXT), CAST(:error_text AS TEXT), CAST(:body AS {bytes})
FROM arrived WHERE "
    };
}

macro_rules! expire {
    ($lock:literal) => {
        concat!(
            "WITH clock AS (SELECT {now} AS now), lost AS MATERIALIZED (
  SELECT id FROM yuno_inbox WHERE scope = :scope AND state = 'processing' AND lease_until <= (SELECT now FROM clock)",
            $lock,
            ")
UPDATE yuno_inbox SET state = CASE WHEN attempts >= CAST(:attempts AS BIGINT) THEN 'dead' ELSE 'pending' END,
  available_at = (SELECT now FROM clock), finished_at = CASE WHEN attempts >= CAST(:attempts AS BIGINT) THEN (SELECT now FROM clock) END,
  lease_until = NULL, error_class = 'LeaseExpired', error_text = 'The worker ended, or was too slow and did not extend its lease.'
WHERE id IN (SELECT id FROM lost)
RETURNING id, dedupe_key, kind, state, attempts"
        )
    };
}

/// Of each lane on which nobody works, the oldest news that is due. The signs keep SQLite, which has no statistics, from the index of all that is due, and
/// `OFFSET 0` keeps Postgres from joining all that is pending: what else is in the lane is few.
macro_rules! claim {
    ($begin:literal, $pending:literal, $limit:literal, $lock:literal) => {
        concat!(
            $begin,
            "clock AS (SELECT {now} AS now), chosen AS MATERIALIZED (
  SELECT own.id, EXISTS (
    SELECT 1 FROM yuno_inbox AS newer
    WHERE newer.scope = own.scope AND newer.resource = own.resource AND newer.news_at > own.changed_at AND newer.changed_at > own.changed_at
  ) AS superseded
  FROM yuno_inbox AS own
  WHERE ",
            $pending,
            " AND own.available_at <= (SELECT now FROM clock)
    AND NOT EXISTS (SELECT 1 FROM yuno_inbox AS other WHERE other.scope = own.scope AND other.resource = own.resource AND other.state = 'processing')
    AND NOT EXISTS (
      SELECT 1 FROM yuno_inbox AS other
      WHERE other.scope = own.scope AND other.resource = own.resource AND (other.news_at, other.id) < (own.news_at, own.id)
        AND other.state || '' = 'pending' AND +other.available_at <= (SELECT now FROM clock)
      LIMIT 1 OFFSET 0)
  ORDER BY own.available_at, own.id LIMIT ",
            $limit,
            $lock,
            ")
UPDATE yuno_inbox SET state = 'processing', attempts = attempts + 1, fence = fence + 1,
  lease_until = (SELECT now FROM clock) + CAST(:lease AS BIGINT)
WHERE id IN (SELECT id FROM chosen)
RETURNING id, fence, dedupe_key, kind, resource, attempts, received_at, body,
  (SELECT superseded FROM chosen WHERE chosen.id = yuno_inbox.id) AS superseded"
        )
    };
}

/// The same of the lane of one delivery, found by the index of a lane's news.
macro_rules! claim_lane {
    ($lock:literal) => {
        claim!(
            "WITH named AS (SELECT id, resource FROM yuno_inbox WHERE scope = :scope AND dedupe_key = :key), ",
            "own.state || '' = 'pending' AND own.id IN (
      SELECT id FROM named WHERE resource IS NULL
      UNION ALL SELECT other.id FROM named CROSS JOIN yuno_inbox AS other WHERE other.scope = :scope AND other.resource = named.resource)",
            "1",
            $lock
        )
    };
}

/// Only whoever holds the newest lease.
macro_rules! leased {
    () => {
        "WHERE id = CAST(:id AS BIGINT) AND fence = CAST(:fence AS BIGINT) AND state = 'processing'\nRETURNING id"
    };
}

macro_rules! record {
    () => {
        "SELECT id, scope, dedupe_key, kind, resource, changed_at, received_at, state, attempts, fence, lease_until, available_at, finished_at, duplicates,
  error_class, error_text, body
FROM yuno_inbox\n"
    };
}

/// The rows of one state, if it is the one that is asked for. Each is a condition of an index.
macro_rules! listed {
    ($state:literal, $order:literal) => {
        concat!(
            "  SELECT id FROM (SELECT id FROM yuno_inbox WHERE scope = :scope AND state = ",
            $state,
            " AND CAST(:state AS TEXT) = state\n",
            "    AND (CAST(:kind AS TEXT) IS NULL OR kind = CAST(:kind AS TEXT)) ORDER BY ",
            $order,
            " LIMIT CAST(:limit AS BIGINT)) AS listed"
        )
    };
}

macro_rules! again {
    () => {
        "UPDATE yuno_inbox SET state = 'pending', attempts = 0, available_at = (SELECT now FROM clock), finished_at = NULL\n"
    };
}

statements! {
    /// Lets one process at a time migrate. First in the transaction that reads the version; in SQLite that is begun with `BEGIN IMMEDIATE`.
    Lock "lock" () Scope Text { sqlite: "SELECT 1", postgres: "SELECT pg_advisory_xact_lock(7564738191132)" };
    /// Gives `installed`: whether the store has a schema, 1 or 0.
    Installed "installed" () Scope Text {
        sqlite: "SELECT count(*) AS installed FROM sqlite_master WHERE type = 'table' AND name = 'yuno_inbox_schema'",
        postgres: "SELECT count(*) AS installed FROM pg_catalog.pg_class WHERE oid = to_regclass('yuno_inbox_schema')",
    };
    /// Gives the `version` of the schema.
    Version "version" () Scope both("SELECT max(version) AS version FROM yuno_inbox_schema");
    /// Stores a delivery once. Gives `dedupe_key` as it is stored and `outcome`: `accepted`, `duplicate` or `repeat`. When it has returned (and its
    /// transaction, if there is one, has committed), the delivery may be acknowledged.
    ///
    /// The parameters are those of a [`Row`](super::Row). With an error (`error_class`, `error_text`) it is stored as dead. `kind`, `resource`,
    /// `changed_at`, `repeat_after` and both errors may be null.
    ///
    /// On Postgres a duplicate does not wait for a worker that has the row locked, and then is not counted.
    Accept "accept" ("scope", "key", "kind", "resource", "changed_at", "repeat_after", "error_class", "error_text", "body", "now") Row Text {
        sqlite: concat!(
            "WITH clock AS (SELECT {now} AS now), ", arrived!(), insert!(), "TRUE\n",
            "ON CONFLICT (scope, dedupe_key) DO UPDATE SET duplicates = yuno_inbox.duplicates + 1\n",
            "RETURNING dedupe_key, CASE WHEN duplicates > 0 THEN 'duplicate' WHEN occurrence > 1 THEN 'repeat' ELSE 'accepted' END AS outcome"
        ),
        postgres: concat!(
            // An insert would wait for whoever has changed the row and not committed yet; a look does not.
            arrived_and_known!(), ", stored AS (\n", insert!(), "known IS NULL\n",
            "ON CONFLICT (scope, dedupe_key) DO NOTHING\n",
            "RETURNING id\n",
            "), counted AS (\n",
            "  UPDATE yuno_inbox SET duplicates = duplicates + 1 WHERE id = (\n",
            "    SELECT id FROM yuno_inbox WHERE id = (SELECT known FROM arrived) FOR NO KEY UPDATE SKIP LOCKED)\n",
            ")\n",
            "SELECT dedupe_key, CASE WHEN NOT EXISTS (SELECT FROM stored) THEN 'duplicate' WHEN occurrence > 1 THEN 'repeat' ELSE 'accepted' END AS outcome\n",
            "FROM arrived"
        ),
    };
    /// Tells workers that wait that there is something, on Postgres by the channel `yuno_inbox` and the scope; elsewhere it does nothing. By itself, never in a
    /// transaction with other writes: a notification has all commits of the database wait for each other, and this one does not wait for the disk. It need not
    /// follow each [`Accept`](Statement::Accept), since workers also look by themselves.
    Notify "notify" ("scope") Scope Text {
        sqlite: "SELECT :scope AS notified",
        postgres: "SELECT set_config('synchronous_commit', 'off', true), pg_notify('yuno_inbox', :scope) AS notified",
    };
    /// Takes back the deliveries whose lease has expired; the ones that had their last attempt are dead. Before each [`Claim`](Statement::Claim).
    /// Gives `id`, `dedupe_key`, `kind`, `state` and `attempts` of each.
    Expire "expire" ("scope", "attempts", "now") Each Text {
        sqlite: expire!(""),
        postgres: expire!(" FOR UPDATE SKIP LOCKED"),
    };
    /// Leases up to `limit` deliveries for `lease` milliseconds. Gives `id`, `fence`, `dedupe_key`, `kind`, `resource`, `attempts` (this one
    /// counted), `received_at`, `superseded` and `body` of each. Where it fails with [`RACE_SQLSTATE`], nothing was claimed: claim again.
    Claim "claim" ("scope", "limit", "lease", "now") Each Text {
        sqlite: claim!("WITH ", "own.scope = :scope AND own.state = 'pending'", "CAST(:limit AS BIGINT)", ""),
        postgres: claim!("WITH ", "own.scope = :scope AND own.state = 'pending'", "CAST(:limit AS BIGINT)", " FOR UPDATE OF own SKIP LOCKED"),
    };
    /// Leases the next delivery of the resource of a stored one (of one without a resource, itself), if it is due and nobody works on that resource: for
    /// whoever was told a key by a queue. Gives what [`Claim`](Statement::Claim) does.
    ClaimLane "claim_lane" ("scope", "key", "lease", "now") Key Text {
        sqlite: claim_lane!(""),
        postgres: claim_lane!(" FOR UPDATE OF own SKIP LOCKED"),
    };
    /// The work is done. In the transaction of the work's own writes, its effects happen exactly once. Gives `id`, or no row if the fence is stale.
    Complete "complete" ("id", "fence", "now") Id both(concat!(
        clock!(),
        "UPDATE yuno_inbox SET state = 'done', finished_at = (SELECT now FROM clock), lease_until = NULL, error_class = NULL, error_text = NULL\n",
        leased!()
    ));
    /// The attempt failed: the delivery is due again after `delay` milliseconds ([`Backoff`](super::Backoff)). Gives `id`, or no row if the fence is
    /// stale.
    Release "release" ("id", "fence", "delay", "error_class", "error_text", "now") Id both(concat!(
        clock!(),
        "UPDATE yuno_inbox SET state = 'pending', available_at = (SELECT now FROM clock) + CAST(:delay AS BIGINT), lease_until = NULL,\n",
        "  error_class = :error_class, error_text = :error_text\n",
        leased!()
    ));
    /// Gives a delivery back that was claimed and not begun: the attempt does not count. Gives `id`, or no row if the fence is stale.
    Return "return" ("id", "fence") Id both(concat!(
        "UPDATE yuno_inbox SET state = 'pending', attempts = attempts - 1, lease_until = NULL\n",
        leased!()
    ));
    /// The work goes on: the lease ends in `lease` milliseconds from now. Gives `id`, or no row if the fence is stale.
    Extend "extend" ("id", "fence", "lease", "now") Id both(concat!(
        clock!(),
        "UPDATE yuno_inbox SET lease_until = (SELECT now FROM clock) + CAST(:lease AS BIGINT)\n",
        leased!()
    ));
    /// No further attempt will help: the delivery is dead. Gives `id`, or no row if the fence is stale.
    Bury "bury" ("id", "fence", "error_class", "error_text", "now") Id both(concat!(
        clock!(),
        "UPDATE yuno_inbox SET state = 'dead', finished_at = (SELECT now FROM clock), lease_until = NULL, error_class = :error_class, error_text = :error_text\n",
        leased!()
    ));
    /// Everything of one delivery; `dedupe_key` as it is stored. No row: `NOT_FOUND`.
    Find "find" ("scope", "key") Key both(concat!(record!(), "WHERE scope = :scope AND dedupe_key = :key"));
    /// Up to `limit` deliveries of one `state`: the dead ones that came first, the pending ones that are due first, the ones whose lease ends first; the
    /// done ones that came last, but for those that were purged. Of a `kind`, or all where that is null. Gives what [`Find`](Statement::Find) does.
    List "list" ("scope", "state", "kind", "limit") Each both(concat!(
        record!(),
        "WHERE id IN (\n",
        listed!("'dead'", "received_at, id"), "\n  UNION ALL ", listed!("'pending'", "available_at, id"), "\n  UNION ALL ",
        listed!("'processing'", "lease_until, id"), "\n  UNION ALL ", listed!("'done' AND body IS NOT NULL", "received_at DESC, id DESC"), ")\n",
        "ORDER BY CASE WHEN state = 'done' THEN -received_at WHEN state = 'pending' THEN available_at WHEN state = 'processing' THEN lease_until ELSE received_at END,\n",
        "  CASE WHEN state = 'done' THEN -id ELSE id END"
    ));
    /// The `dedupe_key` of up to `limit` deliveries that have been due for `older_than` milliseconds and that nobody claimed, the first due first; of each
    /// resource one, and none of a resource on which somebody works: whoever does finds the others.
    Due "due" ("scope", "older_than", "limit", "now") Each both(concat!(
        clock!(),
        "SELECT dedupe_key FROM yuno_inbox AS own WHERE own.scope = :scope AND own.state = 'pending'\n",
        "  AND own.available_at <= (SELECT now FROM clock) - CAST(:older_than AS BIGINT)\n",
        "  AND NOT EXISTS (\n",
        "    SELECT 1 FROM yuno_inbox AS other WHERE other.scope = own.scope AND other.resource = own.resource AND (other.state || '' = 'processing'\n",
        "      OR other.state || '' = 'pending' AND (other.available_at, other.id) < (own.available_at, own.id)) LIMIT 1 OFFSET 0)\n",
        "ORDER BY own.available_at, own.id LIMIT CAST(:limit AS BIGINT)"
    ));
    /// Has a delivery that is done or dead worked on again, from its first attempt. Gives `id`; no row if there is none, it is on its way, or its
    /// body was purged.
    Replay "replay" ("scope", "key", "now") Key both(concat!(
        clock!(), again!(), "WHERE scope = :scope AND dedupe_key = :key AND state IN ('done', 'dead') AND body IS NOT NULL\n", "RETURNING id"
    ));
    /// Has up to `limit` dead deliveries worked on again, the oldest first: of a `kind`, or all where that is null. Gives `id` of each.
    ReplayDead "replay_dead" ("scope", "kind", "limit", "now") Each both(concat!(
        clock!(), again!(),
        "WHERE id IN (\n",
        "  SELECT id FROM yuno_inbox WHERE scope = :scope AND state = 'dead' AND body IS NOT NULL AND (CAST(:kind AS TEXT) IS NULL OR kind = CAST(:kind AS TEXT))\n",
        "  ORDER BY received_at, id LIMIT CAST(:limit AS BIGINT)) AND state = 'dead'\n",
        "RETURNING id"
    ));
    /// Ends a dead delivery that somebody has looked at and that is not to be worked on: it is done, and keeps its error. Gives `id`; no row if it is
    /// not dead.
    Discard "discard" ("scope", "key", "now") Key both(concat!(
        clock!(),
        "UPDATE yuno_inbox SET state = 'done', finished_at = (SELECT now FROM clock)\n",
        "WHERE scope = :scope AND dedupe_key = :key AND state = 'dead'\nRETURNING id"
    ));
    /// Removes the bodies and errors of up to `limit` deliveries that are done and came more than `older_than` milliseconds ago, which
    /// [`Schedule::check_retention`](crate::Schedule::check_retention) must allow; their keys stay. Gives `id` of each.
    Purge "purge" ("scope", "older_than", "limit", "now") Each both(concat!(
        clock!(),
        "UPDATE yuno_inbox SET body = NULL, error_class = NULL, error_text = NULL\n",
        "WHERE id IN (\n",
        "  SELECT id FROM yuno_inbox WHERE scope = :scope AND state = 'done' AND body IS NOT NULL\n",
        "    AND received_at < (SELECT now FROM clock) - CAST(:older_than AS BIGINT)\n",
        "  ORDER BY received_at, id LIMIT CAST(:limit AS BIGINT)) AND state = 'done'\n",
        "RETURNING id"
    ));
    /// Removes up to `limit` keys of deliveries that were purged and came more than `older_than` milliseconds ago, but for the table's newest row.
    /// Whoever sends one of them again, be it the provider, its support or an attacker with a recording, is then believed again. Gives `id` of each.
    Forget "forget" ("scope", "older_than", "limit", "now") Each both(concat!(
        clock!(),
        "DELETE FROM yuno_inbox WHERE id IN (\n",
        "  SELECT id FROM yuno_inbox WHERE scope = :scope AND state = 'done' AND body IS NULL\n",
        // Never the newest row, so that no id is given twice.
        "    AND received_at < (SELECT now FROM clock) - CAST(:older_than AS BIGINT) AND id < (SELECT max(id) FROM yuno_inbox)\n",
        "  LIMIT CAST(:limit AS BIGINT)) AND state = 'done'\n",
        "RETURNING id"
    ));
    /// Counts: `pending`, of which `waiting` are for a next attempt, `oldest_pending_ms` (the age of the oldest of them, or of one whose lease has expired; null
    /// if there is none), `leased`, `dead`, `duplicates`.
    Stats "stats" ("scope", "now") Sum both(concat!(
        clock!(),
        "SELECT\n",
        "  (SELECT count(*) FROM yuno_inbox WHERE scope = :scope AND state = 'pending') AS pending,\n",
        "  (SELECT count(*) FROM yuno_inbox WHERE scope = :scope AND state = 'pending' AND available_at > (SELECT now FROM clock)) AS waiting,\n",
        "  (SELECT (SELECT now FROM clock) - min(received_at) FROM (\n",
        "    SELECT received_at FROM yuno_inbox WHERE scope = :scope AND state = 'pending'\n",
        "    UNION ALL\n",
        "    SELECT received_at FROM yuno_inbox WHERE scope = :scope AND state = 'processing' AND lease_until <= (SELECT now FROM clock)\n",
        "  ) AS late) AS oldest_pending_ms,\n",
        "  (SELECT count(*) FROM yuno_inbox WHERE scope = :scope AND state = 'processing') AS leased,\n",
        "  (SELECT count(*) FROM yuno_inbox WHERE scope = :scope AND state = 'dead') AS dead,\n",
        "  (SELECT coalesce(sum(duplicates), 0) FROM yuno_inbox WHERE scope = :scope AND duplicates > 0) AS duplicates"
    ));
}

impl Statement {
    /// The statement of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|statement| statement.name() == name)
    }

    /// Its text.
    pub fn text(self, store: Store) -> String {
        // What the driver binds as null has no type of its own; neither has the text of a number.
        let (template, clock, bytes) = match store {
            Store::Sqlite => {
                (self.template().sqlite, "coalesce(:now, CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER))", "BLOB")
            }
            Store::Postgres => (
                self.template().postgres,
                "coalesce(CAST(:now AS BIGINT), CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT))",
                "BYTEA",
            ),
            Store::Redis => return redis::script(self),
        };
        let text = template.replace("{now}", clock).replace("{bytes}", bytes);
        match store {
            Store::Postgres => self.parameters().iter().zip(1..).fold(text, |text, (name, number)| numbered(&text, name, number)),
            Store::Sqlite | Store::Redis => text,
        }
    }
}

/// The text with a named parameter as a numbered one.
fn numbered(text: &str, name: &str, number: usize) -> String {
    let named = format!(":{name}");
    let mut parts = text.split(named.as_str());
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, rest| {
        let is_longer_name = rest.starts_with(|next: char| next == '_' || next.is_ascii_alphanumeric());
        if is_longer_name { format!("{text}{named}{rest}") } else { format!("{text}${number}{rest}") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_the_parameters_that_it_names() {
        for statement in Statement::ALL {
            assert_eq!(Statement::from_name(statement.name()), Some(*statement));
            let sqlite = statement.text(Store::Sqlite);
            let postgres = statement.text(Store::Postgres);
            for (name, number) in statement.parameters().iter().zip(1..) {
                assert!(sqlite.contains(&format!(":{name}")), "{statement:?} in SQLite does not use {name}");
                assert!(postgres.contains(&format!("${number}")), "{statement:?} in Postgres does not use {name}");
            }
            assert!(!postgres.contains(':'), "{postgres}");
            let named = sqlite.matches(':').count();
            let of_names: usize = statement
                .parameters()
                .iter()
                .map(|name| sqlite.split(&format!(":{name}")).skip(1).filter(|rest| !rest.starts_with('_')).count())
                .sum();
            assert_eq!(named, of_names, "{sqlite}");
        }
    }

    #[test]
    fn a_script_begins_with_its_parameters_and_may_write_only_where_it_must() {
        for statement in Statement::ALL {
            let script = statement.text(Store::Redis);
            let names: Vec<_> = script.lines().filter_map(|line| line.strip_prefix("local ")?.split_once(" = ARGV[")).collect();
            assert_eq!(names.iter().map(|(name, _)| *name).collect::<Vec<_>>(), statement.parameters(), "{statement:?}");
            assert!(names.iter().zip(1..).all(|((_, place), number)| *place == format!("{number}]")), "{statement:?}");
            let writes = !script.starts_with("#!lua flags=no-writes\n");
            let only_reads = matches!(statement.name(), "lock" | "notify" | "installed" | "version" | "find" | "list" | "due" | "stats");
            assert_eq!(writes, !only_reads, "{statement:?}");
        }
    }

    #[test]
    fn stores_and_reaches_have_names() {
        for store in Store::ALL {
            assert_eq!(Store::from_name(store.as_str()), Some(store));
        }
        assert_eq!(Store::from_name("mysql"), None);
        let reaches: std::collections::BTreeSet<_> = Statement::ALL.iter().map(|statement| statement.reach().as_str()).collect();
        assert_eq!(reaches.into_iter().collect::<Vec<_>>(), ["each", "id", "key", "row", "scope", "sum"]);
    }

    #[test]
    fn a_name_that_begins_like_another_is_not_mistaken_for_it() {
        assert_eq!(numbered("x = :key AND y = :key_2 OR :key", "key", 3), "x = $3 AND y = :key_2 OR $3");
    }
}
