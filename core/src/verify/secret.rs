//! What may be a secret, and how one is held: never printed, wiped when dropped.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, zeroize_stack};

use crate::error::{Error, ErrorCode, Hint};

/// How many values one secret or credential may have at a time, for rotation.
pub(crate) const MAX_VALUES: usize = 8;

/// What languages write in place of a value that is not set: a receiver that turned nothing into a text would accept what anyone can sign.
const NOTHINGS: [&str; 4] = ["None", "null", "undefined", "[object Object]"];

/// What stands in for the letters of a secret that is not to be seen: the provider's API shows `***` where one is set.
const MASKS: [char; 3] = ['*', '\u{2022}', '\u{25cf}'];

/// Refuses what cannot be a secret, before it can fail every delivery or, worse, accept one. The place is told.
fn check(value: &str, place: Option<u8>) -> Result<(), Error> {
    let hint = if value.is_empty() {
        Hint::SecretEmpty(place)
    } else if is_masked(value) {
        Hint::SecretMasked(place)
    } else if NOTHINGS.contains(&value) || (value.starts_with("${") && value.ends_with('}')) {
        Hint::SecretNothing(place)
    } else if value.trim_matches(is_unseen) != value {
        Hint::SecretWhite(place)
    } else if value.chars().any(char::is_control) {
        Hint::SecretControl(place)
    } else {
        return Ok(());
    };
    Err(refused(hint))
}

/// Anyone can guess what is only punctuation: a mask, or the quotes around nothing that a reader of variables has kept.
fn is_masked(value: &str) -> bool {
    let is_sign = |letter: char| letter.is_ascii_punctuation() || MASKS.contains(&letter) || is_unseen(letter);
    value.chars().all(is_sign) || MASKS.iter().any(|mask| value.contains(&mask.to_string().repeat(3)))
}

/// White space, and what is as little seen at the ends of a text that was copied.
fn is_unseen(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

pub(super) fn refused(hint: Hint) -> Error {
    Error::with_hint(ErrorCode::InvalidSecret, hint)
}

/// About three times what the hash and what calls it here take of the stack, as users build it.
const STACK_BYTES: usize = 4096;

/// Computes with secrets, and overwrites the stack that it took: what is moved leaves a copy there, and the hash wipes its states but no block of a key.
pub(crate) fn wiping_stack<T>(compute: impl FnOnce() -> T) -> T {
    /// Below its caller, where the stack is then overwritten.
    #[inline(never)]
    fn below<T>(compute: impl FnOnce() -> T) -> T {
        compute()
    }
    let done = below(compute);
    zeroize_stack::<STACK_BYTES>();
    done
}

/// An HMAC key with its two inner states made once. The bytes of the secret themselves are not kept.
/// In a box, so that it stays where it is wiped, whoever moves the key.
#[derive(Clone)]
pub(crate) struct SigningKey(Box<Hmac<Sha256>>);

impl SigningKey {
    /// A key of a secret. Its place is given where there are several.
    pub(crate) fn new(secret: &str, place: Option<u8>) -> Result<Self, Error> {
        check(secret, place)?;
        Self::of_bytes(secret.as_bytes())
    }

    /// A key of any bytes, for tests of one's own; a verifier takes none of these.
    pub(crate) fn of_bytes(secret: &[u8]) -> Result<Self, Error> {
        // HMAC takes keys of every length, so this error cannot happen; it is passed on all the same.
        Hmac::new_from_slice(secret).map(|key| Self(Box::new(key))).map_err(|_| ErrorCode::InvalidSecret.into())
    }

    pub(crate) fn sign(&self, body: &[u8]) -> [u8; 32] {
        Hmac::clone(&self.0).chain_update(body).finalize().into_bytes().into()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(redacted)")
    }
}

/// The accepted values of one header, as digests: equal lengths compare in constant time, and no value is kept.
#[derive(Clone)]
pub(crate) struct Credential(Vec<[u8; 32]>);

impl Credential {
    pub(crate) fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        // It never grows, since a vector frees what it has grown out of as it is.
        let mut own = Self(Vec::with_capacity(MAX_VALUES));
        for value in values {
            check(value, None)?;
            if !value.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
                return Err(refused(Hint::SecretNotAscii));
            }
            if own.0.len() == MAX_VALUES {
                return Err(refused(Hint::SecretCount));
            }
            own.0.push(Sha256::digest(value).into());
        }
        if own.0.is_empty() { Err(refused(Hint::SecretCount)) } else { Ok(own) }
    }

    /// Whether the value is one of the accepted ones; all of them are compared whichever it is.
    pub(crate) fn accepts(&self, value: &[u8]) -> Choice {
        let digest: [u8; 32] = Sha256::digest(value).into();
        self.0.iter().fold(Choice::from(0), |found, accepted| found | accepted.ct_eq(&digest))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({} redacted)", self.0.len())
    }
}

impl Drop for Credential {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
