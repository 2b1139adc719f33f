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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;
    use crate::testing;

    const BODY: &[u8] = br#"{"type_event":"payment.purchase","data":{"payment":{"id":"p-1"}}}"#;

    #[test]
    fn an_event_owns_its_bytes() {
        let verifier = Verifier::builder().hmac_secret("s").build().unwrap();
        let headers = [("x-hmac-signature", testing::sign(BODY, "s"))];
        let event = OwnedEvent::verify(&verifier, BODY.to_vec(), &headers).unwrap();
        assert_eq!((event.as_event().secret_index(), event.as_event().raw()), (Some(0), BODY));
        assert_eq!(format!("{event:?}"), format!("{:?}", event.as_event()));
        assert_eq!(event.into_bytes(), BODY);
        let read = OwnedEvent::parse_unverified(BODY.to_vec()).unwrap();
        assert_eq!(read.as_event().resource().id().as_deref(), Some("p-1"));
    }

    #[test]
    fn what_is_refused_gives_the_bytes_back_and_shows_none_of_them() {
        let verifier = Verifier::builder().hmac_secret("s").build().unwrap();
        let forged = OwnedEvent::verify(&verifier, BODY.to_vec(), &[("x-hmac-signature", testing::sign(BODY, "other"))]).unwrap_err();
        assert_eq!(forged.error().code(), ErrorCode::SignatureMismatch);
        assert_eq!(forged.to_string(), forged.error().to_string());
        assert_eq!(forged.into_bytes(), BODY);
        let unreadable = OwnedEvent::parse_unverified(b"[\"p-1\"]".to_vec()).unwrap_err();
        assert_eq!(unreadable.error().code(), ErrorCode::BodyNotObject);
        assert!(!format!("{unreadable:?}").contains("p-1"));
    }
}
