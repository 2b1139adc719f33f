//! The inbox in Redis: the scripts, where their keys are, and what a server must be set to.

use sha2::{Digest, Sha256};

use super::sql::Statement;
use crate::dedupe::component;
use crate::error::{Error, ErrorCode, Hint};

/// Which partitions of a store a statement is for, and so with which key it is called. A store in SQL is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reach {
    /// The whole scope: [`Partitions::scope`].
    Scope,
    /// The partition of the row that is stored: [`Partitions::place`].
    Row,
    /// The partition of the id: its remainder by their number.
    Id,
    /// One partition after another, until one gives a row: a key does not say in which one it is.
    Key,
    /// One partition after another, until there are as many rows as the limit says, if the statement has one.
    Each,
    /// All partitions. The numbers of their rows are added up; of `oldest_pending_ms` the greatest counts.
    Sum,
}

impl Reach {
    /// The name, the same in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::Row => "row",
            Self::Id => "id",
            Self::Key => "key",
            Self::Each => "each",
            Self::Sum => "sum",
        }
    }
}

/// Where the deliveries of a scope are in Redis. All of one resource are in one partition, and all keys of a partition in one hash slot; several let a scope
/// use several nodes of a cluster. How many there are is decided when the store is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partitions {
    scope: String,
    count: u16,
}

impl Partitions {
    /// The most that there can be.
    pub const MOST: u16 = 1024;

    /// Of a scope. The name stands in keys as it is, or as `h-` and 32 hex digits of its SHA-256 if it has more than letters, digits, `.`, `_` and `-`, or more than
    /// 42 of them.
    ///
    /// # Errors
    /// `INVALID_LIMIT` if there is none, or more than [`Self::MOST`].
    pub fn new(scope: &str, count: u16) -> Result<Self, Error> {
        if !(1..=Self::MOST).contains(&count) {
            return Err(Error::with_hint(ErrorCode::InvalidLimit, Hint::Partitions));
        }
        Ok(Self { scope: component(scope), count })
    }

    /// Of a store that was made with `count` partitions; `asked` is the number that whoever opens it names, if any.
    ///
    /// # Errors
    /// `SCHEMA_MISMATCH` if the two differ.
    pub fn of_store(scope: &str, count: u16, asked: Option<u16>) -> Result<Self, Error> {
        match asked {
            Some(asked) if asked != count => Err(Error::with_hint(ErrorCode::SchemaMismatch, Hint::OtherPartitions)),
            _ => Self::new(scope, count),
        }
    }

    /// How many there are.
    pub const fn count(&self) -> u16 {
        self.count
    }

    /// The key of what is known of the whole scope.
    pub fn scope(&self) -> String {
        format!("yuno-inbox:{{{}}}", self.scope)
    }

    /// The key on which the scripts of a partition are called.
    pub fn base(&self, partition: u16) -> String {
        format!("yuno-inbox:{{{}:{partition}/{}}}", self.scope, self.count)
    }

    /// The list that [`Accept`](super::Statement::Accept) rings, for workers to block on (`BLPOP`). It is the second key of the script where there is one partition, which is
    /// then in the same slot; where there are several, whoever has accepted pushes to it (`RPUSH`).
    pub fn bell(&self) -> String {
        format!("{}:bell", self.base(0))
    }

    /// The partition of a delivery: that of its [`resource`](super::Row::resource) or, without one, of its [`key`](super::Row::key). Its id modulo the
    /// number of partitions is the same.
    pub fn place(&self, resource: Option<&str>, key: &str) -> u16 {
        let digest = Sha256::digest(resource.unwrap_or(key));
        let start = digest.iter().take(4).fold(0_u32, |start, byte| (start << 8) | u32::from(*byte));
        start.checked_rem(self.count.into()).and_then(|partition| u16::try_from(partition).ok()).unwrap_or_default()
    }
}

/// How much of what was acknowledged may be lost when Redis crashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// Nothing: an append-only file that is written before each answer (`appendonly yes`, `appendfsync always`).
    #[default]
    Always,
    /// The last second: `appendonly yes`.
    EverySecond,
    /// Unknown: the merchant vouches for a service that does not tell, or keeps it in another way.
    Unchecked,
}

impl Durability {
    /// Every grade.
    pub const ALL: [Self; 3] = [Self::Always, Self::EverySecond, Self::Unchecked];

    /// The name, the same in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::EverySecond => "everysec",
            Self::Unchecked => "unchecked",
        }
    }

    /// The grade of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.as_str() == name)
    }

    /// Whether a server keeps what it acknowledges. `info` is what it answers to `INFO`; `fsync` and `no_fsync_on_rewrite` are its `appendfsync` and
    /// `no-appendfsync-on-rewrite` as `CONFIG GET` says them, `None` where the server does not say. On a cluster, of each primary.
    ///
    /// # Errors
    /// `STORE_UNSAFE`, with a hint at what is to be set.
    pub fn check(self, info: &str, fsync: Option<&str>, no_fsync_on_rewrite: Option<&str>) -> Result<(), Error> {
        let told = |name: &str| info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'));
        let hint = match self {
            // Whatever else is vouched for: keys that are evicted are believed again.
            _ if told("maxmemory_policy").is_some_and(|policy| policy.starts_with("allkeys-")) => Hint::Eviction,
            Self::Unchecked => return Ok(()),
            _ if told("maxmemory_policy").is_none() || told("aof_enabled").is_none() => Hint::Untold,
            _ if told("aof_enabled") != Some("1") => Hint::NoAppendOnlyFile,
            // Until the first file is whole, a restart finds none: it was switched on just now, or a replica has just been filled.
            _ if told("aof_last_rewrite_time_sec") == Some("-1")
                && (told("aof_rewrite_in_progress") == Some("1") || told("aof_rewrite_scheduled") == Some("1")) =>
            {
                Hint::UnfinishedAppendOnlyFile
            }
            Self::Always if fsync.is_none() || no_fsync_on_rewrite.is_none() => Hint::Untold,
            Self::Always if fsync != Some("always") => Hint::LateFsync,
            Self::Always if no_fsync_on_rewrite != Some("no") => Hint::NoFsyncOnRewrite,
            _ => return Ok(()),
        };
        Err(Error::with_hint(ErrorCode::StoreUnsafe, hint))
    }
}

/// What a script may do: only what stores a new delivery is refused where memory is full, since without the others there would never be room again.
const STORES: &str = "#!lua flags=\n";
const CHANGES: &str = "#!lua flags=allow-oom\n";
const READS: &str = "#!lua flags=no-writes\n";

/// The script of a statement: all that it needs is in it.
pub(super) fn script(statement: Statement) -> String {
    let (flags, own) = match statement {
        // Accepting rings the bell.
        Statement::Lock | Statement::Notify => (READS, "return {}\n"),
        Statement::Installed => (READS, "return { { 'installed', call('EXISTS', base) } }\n"),
        Statement::Version => (READS, include_str!("redis/version.lua")),
        Statement::Accept => (STORES, include_str!("redis/accept.lua")),
        Statement::Expire => (CHANGES, include_str!("redis/expire.lua")),
        Statement::Claim => (CHANGES, include_str!("redis/claim.lua")),
        Statement::ClaimLane => (CHANGES, include_str!("redis/claim_lane.lua")),
        Statement::Complete => (CHANGES, include_str!("redis/complete.lua")),
        Statement::Release => (CHANGES, include_str!("redis/release.lua")),
        Statement::Return => (CHANGES, include_str!("redis/return.lua")),
        Statement::Extend => (CHANGES, include_str!("redis/extend.lua")),
        Statement::Bury => (CHANGES, include_str!("redis/bury.lua")),
        Statement::Find => (READS, include_str!("redis/find.lua")),
        Statement::List => (READS, include_str!("redis/list.lua")),
        Statement::Due => (READS, include_str!("redis/due.lua")),
        Statement::Replay => (CHANGES, include_str!("redis/replay.lua")),
        Statement::ReplayDead => (CHANGES, include_str!("redis/replay_dead.lua")),
        Statement::Discard => (CHANGES, include_str!("redis/discard.lua")),
        Statement::Purge => (CHANGES, include_str!("redis/purge.lua")),
        Statement::Forget => (CHANGES, include_str!("redis/forget.lua")),
        Statement::Stats => (READS, include_str!("redis/stats.lua")),
    };
    let parameters = statement.parameters().iter().zip(1..).map(|(name, number)| format!("local {name} = ARGV[{number}]\n"));
    // What stores tell the time by, for tests.
    let now = if statement.parameters().contains(&"now") { "" } else { "local now = ''\n" };
    format!("{flags}{}{now}{}\n{own}", parameters.collect::<String>(), include_str!("redis/rows.lua"))
}

/// What makes a store: the number of partitions is its argument.
pub(super) static MIGRATION_1: [&str; 1] = [concat!(
    "#!lua flags=\n",
    "redis.call('HSETNX', KEYS[1], 'partitions', ARGV[1])\n",
    "redis.call('HSETNX', KEYS[1], 'version', 1)\n",
    "return {}\n"
)];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_delivery_is_where_its_resource_is() {
        let partitions = Partitions::new("shop", 16).unwrap();
        assert_eq!(partitions.place(Some("payment/p-1"), "y1-a"), partitions.place(Some("payment/p-1"), "y1-b"));
        assert_eq!(partitions.place(None, "payment/p-1"), partitions.place(Some("payment/p-1"), "y1-a"));
        let others: BTreeSet<u16> = (0..64).map(|number| partitions.place(Some(&format!("payment/{number}")), "y1-a")).collect();
        assert!(others.len() > 8 && others.iter().all(|own| *own < 16), "{others:?}");
    }

    #[test]
    fn keys_of_a_partition_share_a_slot_whatever_the_scope_is_called() {
        let partitions = Partitions::new("shop", 2).unwrap();
        assert_eq!((partitions.scope(), partitions.base(1)), ("yuno-inbox:{shop}".to_owned(), "yuno-inbox:{shop:1/2}".to_owned()));
        assert_eq!(partitions.count(), 2);
        assert_eq!(partitions.bell(), "yuno-inbox:{shop:0/2}:bell");
        assert_eq!(Partitions::new("a}b{", 1).unwrap().scope().matches(['{', '}']).count(), 2);
        assert_eq!(Partitions::new("shop", 0).unwrap_err().code(), ErrorCode::InvalidLimit);
        assert_eq!(Partitions::of_store("shop", 2, None), Ok(partitions.clone()));
        assert_eq!(Partitions::of_store("shop", 2, Some(2)), Ok(partitions));
        assert_eq!(Partitions::of_store("shop", 2, Some(3)).unwrap_err().code(), ErrorCode::SchemaMismatch);
        assert_eq!(Partitions::new("shop", 1025).unwrap_err().code(), ErrorCode::InvalidLimit);
    }

    #[test]
    fn a_server_that_can_lose_what_it_acknowledged_is_refused() {
        let info = |policy: &str, aof: &str| format!("# Memory\r\nmaxmemory_policy:{policy}\r\n# Persistence\r\naof_enabled:{aof}\r\n");
        let hint = |grade: Durability, info: &str, fsync| {
            grade.check(info, fsync, fsync.map(|_| "no")).map_err(|error| (error.code(), error.hint()))
        };
        let refused = |hint: Hint| Err((ErrorCode::StoreUnsafe, Error::with_hint(ErrorCode::StoreUnsafe, hint).hint()));
        use Durability::{Always, EverySecond, Unchecked};
        assert_eq!(hint(Always, &info("noeviction", "1"), Some("always")), Ok(()));
        assert_eq!(hint(Always, &info("volatile-lru", "1"), Some("always")), Ok(()));
        assert_eq!(hint(Always, &info("noeviction", "1"), Some("everysec")), refused(Hint::LateFsync));
        assert_eq!(hint(Always, &info("noeviction", "1"), None), refused(Hint::Untold));
        assert_eq!(hint(EverySecond, &info("noeviction", "1"), None), Ok(()));
        assert_eq!(hint(EverySecond, &info("noeviction", "0"), None), refused(Hint::NoAppendOnlyFile));
        assert_eq!(hint(EverySecond, "", None), refused(Hint::Untold));
        assert_eq!(hint(Unchecked, "", None), Ok(()));
        let in_rewrites = Always.check(&info("noeviction", "1"), Some("always"), Some("yes"));
        assert_eq!(in_rewrites.unwrap_err().hint(), Error::with_hint(ErrorCode::StoreUnsafe, Hint::NoFsyncOnRewrite).hint());
        for how in ["aof_rewrite_in_progress", "aof_rewrite_scheduled"] {
            let begun = format!("{}{how}:1\r\naof_last_rewrite_time_sec:-1\r\n", info("noeviction", "1"));
            assert_eq!(hint(Always, &begun, Some("always")), refused(Hint::UnfinishedAppendOnlyFile));
            assert_eq!(hint(EverySecond, &begun, None), refused(Hint::UnfinishedAppendOnlyFile));
            let later = format!("{}{how}:1\r\naof_last_rewrite_time_sec:3\r\n", info("noeviction", "1"));
            assert_eq!(hint(Always, &later, Some("always")), Ok(()));
        }
        for grade in Durability::ALL {
            assert_eq!(hint(grade, &info("allkeys-lru", "1"), Some("always")), refused(Hint::Eviction));
            assert_eq!(Durability::from_name(grade.as_str()), Some(grade));
        }
    }
}
