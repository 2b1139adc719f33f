//! An event beside the bytes that it was read from, for hosts and queues that cannot borrow.

use super::{Event, Facts};
use crate::error::Error;
use crate::verify::{Headers, Verifier};

/// An event that owns its bytes. The bytes are moved in before they are verified, so nobody changes them afterwards.
///
/// ```
/// use yuno_webhooks::OwnedEvent;
///
/// let event = OwnedEvent::parse_unverified(br#"{"type_event":"payout.payout","data":{"id":"po1"}}"#.to_vec()).map_err(|(error, _)| error)?;
/// assert_eq!(event.as_event().resource().id().as_deref(), Some("po1"));
/// # Ok::<(), yuno_webhooks::Error>(())
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
    pub fn verify<H: Headers + ?Sized>(verifier: &Verifier, bytes: B, headers: &H) -> Result<Self, (Error, B)> {
        match verifier.verify(bytes.as_ref(), headers).map(|event| event.facts) {
            Ok(facts) => Ok(Self { bytes, facts }),
            Err(error) => Err((error, bytes)),
        }
    }

    /// As [`Event::parse_unverified`].
    ///
    /// # Errors
    /// The error, and the bytes.
    pub fn parse_unverified(bytes: B) -> Result<Self, (Error, B)> {
        match Event::parse_unverified(bytes.as_ref()).map(|event| event.facts) {
            Ok(facts) => Ok(Self { bytes, facts }),
            Err(error) => Err((error, bytes)),
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

/// Never the body.
impl<B: AsRef<[u8]>> core::fmt::Debug for OwnedEvent<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_event().fmt(f)
    }
}
