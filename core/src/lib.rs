//! Receive the webhooks of the payments provider Yuno: verify, parse and de-duplicate each delivery, in this order.
//!
//! An independent library, not the provider's. It does no I/O: it takes the raw body and the headers of a request, and gives an [`Event`] or a coded
//! [`Error`]. It reads no clock, no environment, and starts no thread.
//!
//! ```
//! use yuno_webhooks::{EventKind, Reply, Verifier, testing};
//!
//! let verifier = Verifier::builder().hmac_secret("the webhook's client secret").build()?;
//! # let body: &[u8] = br#"{"type":"payment","type_event":"payment.purchase","retry":0,"data":{"payment":{"id":"p1","status":"SUCCEEDED","sub_status":"APPROVED"}}}"#;
//! # let signature = testing::sign(body, "the webhook's client secret");
//! # let headers = [("x-hmac-signature", signature)];
//! let reply = match verifier.verify(body, &headers) {
//!     Ok(event) => {
//!         // First keep event.dedupe_key() and event.raw() in one transaction; then acknowledge; then work.
//!         assert_eq!(event.kind(), EventKind::PaymentPurchase);
//!         Reply::received()
//!     }
//!     Err(error) => Reply::to_error(&error),
//! };
//! assert_eq!(reply.status(), 200);
//! # Ok::<(), yuno_webhooks::Error>(())
//! ```
//!
//! The tour: [`Verifier`] decides that a delivery is authentic; [`Event`] says what happened ([`EventKind`]), to what ([`Resource`]), whether more will
//! follow ([`Finality`]), and under which key it would come again ([`Event::dedupe_key`]); [`Reply`] says how to answer; [`Schedule`] when the provider
//! tries again; [`testing`] makes signed samples for your own tests.
#![forbid(unsafe_code)]

/// The README's Rust snippets are tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

mod dedupe;
mod delivery;
mod error;
mod event;
pub mod inbox;
pub mod testing;
mod verify;

pub use dedupe::{DedupeKey, Recency};
pub use delivery::{FIXED_PATHS, Reply, Schedule, Since};
pub use error::{Error, ErrorCode, Stage};
pub use event::amount::Amount;
pub use event::catalog::{CatalogRow, EventKind};
pub use event::family::Family;
pub use event::resource::{Resource, Transaction};
pub use event::shape::Shape;
pub use event::status::Finality;
pub use event::timestamp::Timestamp;
pub use event::{Event, OwnedEvent, Refused};
pub use verify::{
    API_KEY_HEADER, DEFAULT_MAX_BODY_BYTES, Found, Headers, SIGNATURE_HEADER, Verifier, VerifierBuilder, X_SECRET_HEADER, header_of_cgi,
};
