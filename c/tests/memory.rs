//! What is left of secrets in the memory of a process: looked for from outside, in all that it can write to, its stack and what it freed included.
//!
//! A secret is also what it can be made of again or used in place of: the two pads of its HMAC key, the two states that a verifier keeps of them, and
//! the digest that it keeps of a credential.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is wrong"
)]

mod common;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use common::{Library, compile};
use memchr::memmem::Finder;
use sha2::digest::common::hazmat::SerializableState;
use sha2::{Digest, Sha256};

const BODY: &[u8] = br#"{"type_event":"payment.purchase"}"#;
/// How many values `memory.c` takes of each sort, and how long each is.
const VALUES: usize = 8;
const SIZE: usize = 48;

/// A value that occurs nowhere else: letters and digits of its own hash.
fn value(sort: &str, place: usize) -> Vec<u8> {
    let text: String = Sha256::digest(format!("{sort} {place}")).iter().map(|byte| format!("{byte:02x}")).collect();
    text.as_bytes()[..SIZE].to_vec()
}

fn pad(secret: &[u8], with: u8) -> Vec<u8> {
    let mut block = secret.to_vec();
    block.resize(64, 0);
    block.iter().map(|byte| byte ^ with).collect()
}

/// The state of a hash after a block, as it lies in memory.
fn state(block: &[u8]) -> Vec<u8> {
    Sha256::new().chain_update(block).serialize()[..32].to_vec()
}

fn hmac(secret: &[u8], body: &[u8]) -> Vec<u8> {
    let inner = Sha256::new().chain_update(pad(secret, 0x36)).chain_update(body).finalize();
    Sha256::new().chain_update(pad(secret, 0x5c)).chain_update(inner).finalize().to_vec()
}

/// What is looked for: what it is of, and the bytes.
fn traces() -> Vec<(&'static str, Vec<u8>)> {
    let mut traces = Vec::new();
    for place in 0..VALUES {
        let secret = value("secret", place);
        let (inner, outer) = (pad(&secret, 0x36), pad(&secret, 0x5c));
        traces.extend([("inner state", state(&inner)), ("outer state", state(&outer))]);
        traces.extend([("inner pad", inner[..SIZE].to_vec()), ("outer pad", outer[..SIZE].to_vec())]);
        traces.extend([("expected signature", hmac(&secret, BODY)), ("secret", secret)]);
        let credential = value("credential", place);
        traces.extend([("digest", Sha256::digest(&credential).to_vec()), ("credential", credential)]);
    }
    // What frees memory may write to its beginning, so the latter half decides.
    traces.into_iter().map(|(name, bytes)| (name, bytes[bytes.len() / 2..].to_vec())).collect()
}

/// A process of `memory.c`.
struct Holder(Child);

impl Holder {
    fn start(way: &str) -> Self {
        static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
        let program = PROGRAM.get_or_init(|| compile(Path::new("tests/memory.c"), "c99", Library::Shared));
        // What a first call looks its function up by saves the registers on the stack: with every function found at the start, nothing is seen of them.
        Self(Command::new(program).arg(way).env("LD_BIND_NOW", "1").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Hands it values, waits for its answer, and lists what traces its memory then has.
    fn give(&mut self, bytes: &[u8], expected: u8) -> BTreeSet<&'static str> {
        self.0.stdin.as_mut().unwrap().write_all(bytes).unwrap();
        let mut answer = [0xff];
        self.0.stdout.as_mut().unwrap().read_exact(&mut answer).unwrap();
        assert_eq!(answer, [expected]);
        let memory = self.memory();
        assert!(memory.iter().map(Vec::len).sum::<usize>() > 100_000);
        let is_there = |bytes: &[u8]| memory.iter().any(|region| Finder::new(bytes).find(region).is_some());
        traces().into_iter().filter(|(_, bytes)| is_there(bytes)).map(|(name, _)| name).collect()
    }

    /// Everything that it can read, but for what the kernel keeps for itself.
    fn memory(&self) -> Vec<Vec<u8>> {
        let folder = PathBuf::from(format!("/proc/{}", self.0.id()));
        let file = File::open(folder.join("mem")).unwrap();
        let maps = fs::read_to_string(folder.join("maps")).unwrap();
        let regions = maps.lines().filter(|line| line.contains(" r") && !line.contains("[v"));
        regions
            .map(|line| {
                let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
                let [start, end] = [start, end].map(|digits| u64::from_str_radix(digits, 16).unwrap());
                let mut region = vec![0; usize::try_from(end - start).unwrap()];
                file.read_exact_at(&mut region, start).unwrap();
                region
            })
            .collect()
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

fn values() -> Vec<u8> {
    ["secret", "credential"].iter().flat_map(|sort| (0..VALUES).flat_map(|place| value(sort, place))).collect()
}

fn delivery(signature: &[u8]) -> Vec<u8> {
    [STANDARD.encode(signature).into_bytes(), value("credential", VALUES - 1)].concat()
}

const MISMATCH: u8 = 22;

#[test]
fn nothing_of_a_secret_is_left_when_its_verifier_is_freed() {
    let mut holder = Holder::start("wiped");
    let needed = BTreeSet::from(["inner state", "outer state", "digest"]);
    // A verifier keeps what it needs, so this also shows that what is there is found.
    assert_eq!(holder.give(&values(), 0), needed);
    assert_eq!(holder.give(&delivery(&[7; 32]), MISMATCH), needed, "after a forgery");
    assert_eq!(holder.give(&delivery(&hmac(&value("secret", VALUES - 1), BODY)), 0), needed, "after a delivery");
    assert_eq!(holder.give(&[0; 44 + SIZE], 0), BTreeSet::new());
}

#[test]
fn nothing_of_a_secret_is_left_when_it_has_signed() {
    assert_eq!(Holder::start("signs").give(&values(), 0), BTreeSet::new());
}

#[test]
fn a_secret_that_is_not_wiped_is_seen() {
    let seen = Holder::start("kept").give(&values(), 0);
    assert!(seen.is_superset(&BTreeSet::from(["secret", "credential"])), "{seen:?}");
}
