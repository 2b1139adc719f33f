//! The Node binding: converts in, calls the core, converts out. Rules live in the core; the package's public face is `lib/*.ts`.
//!
//! One delivery crosses the boundary once: JavaScript gives the bytes and the headers, and gets a [`record`] of everything that the core read.

// The macros of napi-derive expand to unsafe code, and take public items only.
#![allow(unsafe_code, unreachable_pub, reason = "the expansion of #[napi]")]
#![cfg_attr(test, allow(dead_code, reason = "#[napi] registers nothing in a test build, which clippy --all-targets makes"))]

#[cfg(panic = "abort")]
compile_error!("a panic must unwind to the boundary, where it becomes an error: build with panic = \"unwind\"");

mod delivery;
mod errors;
mod inbox;
mod record;
mod tables;
mod testing;
mod verifier;

use napi_derive::napi;

/// The release, the same in every language.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
