//! An event beside the bytes that it was read from, for hosts and queues that cannot borrow.

use super::{Event, Facts};
use crate::error::Error;
use crate::verify::{Headers, Verifier};

/// An event that owns its bytes. The bytes are moved in before they are verified; give it bytes that nobody else can change
/// (a vector, an `Arc<[u8]>`; not a memory map).
///
/// ```
/// use yuno_webhooks::OwnedEvent;
///
/// let event = OwnedEvent::parse_unverified(br#"{"type_event":"payout.payout","data":{"id":"po1"}}"#.to_vec())?;
/// assert_eq!(event.as_event().resource().id().as_deref(), Some("po1"));
/// # Ok::<(), yuno_webhooks::Refused<Vec<u8>>>(())
/// ```
#[derive(Clone)]
pub struct OwnedEvent<B = Vec<u8>> {
    bytes: B,
    facts: Facts,
}

impl<B: AsRef<[u8]>> OwnedEvent<B> {
    /// As [`Verifier::verify`].
    ///
    /// # Errors
    /// The error, and the bytes, since an authentic body that cannot be read is worth keeping.
    pub fn verify<H: Headers + ?Sized>(verifier: &Verifier, bytes: B, headers: &H) -> Result<Self, Refused<B>> {
        match verifier.verify(bytes.as_ref(), headers).map(|event| event.facts) {
            Ok(facts) => Ok(Self { bytes, facts }),
            Err(error) => Err(Refused { error, bytes }),
        }
    }

    /// As [`Event::parse_unverified`].
    ///
    /// # Errors
    /// The error, and the bytes.
    pub fn parse_unverified(bytes: B) -> Result<Self, Refused<B>> {
        match Event::parse_unverified(bytes.as_ref()).map(|event| event.facts) {
            Ok(facts) => Ok(Self { bytes, facts }),
            Err(error) => Err(Refused { error, bytes }),
        }
    }

    /// The event.
    pub fn as_event(&self) -> Event<'_> {
        Event { raw: self.bytes.as_ref(), facts: self.facts }
    }

    /// The bytes.
    pub fn into_bytes(self) -> B {
        self.bytes
    }
}

/// Why bytes became no event, and the bytes: an authentic body that cannot be read is worth keeping.
#[derive(Clone)]
pub struct Refused<B> {
    error: Error,
    bytes: B,
}

impl<B> Refused<B> {
    /// Why.
    pub const fn error(&self) -> Error {
        self.error
    }

    /// The bytes.
    pub fn into_bytes(self) -> B {
        self.bytes
    }
}

impl<B> core::fmt::Display for Refused<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.error.fmt(f)
    }
}

/// Never the body.
impl<B> core::fmt::Debug for Refused<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Refused").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<B> core::error::Error for Refused<B> {}

/// Never the body.
impl<B: AsRef<[u8]>> core::fmt::Debug for OwnedEvent<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_event().fmt(f)
    }
}
