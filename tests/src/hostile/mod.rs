//! What an attacker may send, as functions of any bytes that panic where a rule is broken. `cargo test` drives them over seeds and mutations of these in
//! seconds; libFuzzer drives the same functions in `tests/fuzz`, with coverage.
//!
//! What is right is told by readings of their own, slow and obvious, that share no code with the library.

mod abi;
pub mod costly;
mod delivery;
mod headers;
mod keys;
mod money;
mod parse;
mod reading;
mod seeds;
mod signature;
mod time;
mod tree;
mod values;

/// A fuzz target.
pub struct Target {
    /// Its name, that of its program in `tests/fuzz` too.
    pub name: &'static str,
    /// Panics where the bytes break a rule.
    pub check: fn(&[u8]),
    /// Inputs to begin with, made from the shared vectors.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "abi", check: abi::check, seeds: seeds::calls },
    Target { name: "headers", check: headers::check, seeds: seeds::header_lines },
    Target { name: "keys", check: keys::check, seeds: seeds::pairs },
    Target { name: "money", check: money::check, seeds: seeds::sums },
    Target { name: "parse", check: parse::check, seeds: seeds::bodies },
    Target { name: "signature", check: signature::check, seeds: seeds::signatures },
    Target { name: "time", check: time::check, seeds: seeds::times },
    Target { name: "verify", check: delivery::check, seeds: seeds::deliveries },
];

/// Panics where the bytes break a rule of the target of this name.
pub fn check(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.unwrap_or_else(|| panic!("no such target: {name}")).check)(input);
}

/// The two parts around the first NUL, or the whole and nothing: JSON and headers hold none.
fn halves(input: &[u8]) -> (&[u8], &[u8]) {
    let place = input.iter().position(|byte| *byte == 0).unwrap_or(input.len());
    (&input[..place], input.get(place + 1..).unwrap_or_default())
}
