//! When two deliveries are one event, and which of two events is the newer news.
//!
//! Every key that the provider's pages publish merges different events. The key here is made of the bytes, without the one counter that differs
//! between the tries of one delivery.

use core::fmt;

use sha2::{Digest, Sha256};

use crate::event::Event;
use crate::event::amount::is_number;
use crate::event::catalog::EventKind;
use crate::event::json::Span;
use crate::event::text::string;

/// `y1-` and 32 hex digits: 35 characters of `[a-z0-9-]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DedupeKey([u8; 35]);

impl DedupeKey {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl AsRef<str> for DedupeKey {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for DedupeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for DedupeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DedupeKey({self})")
    }
}

/// How one event's news of a resource relates to another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Recency {
    /// The same delivery: equal keys.
    Same,
    /// Not the same resource, or one that does not say which it is.
    Unrelated,
    /// Later news.
    Newer,
    /// Earlier news, which the other has overtaken.
    Older,
    /// The instants are equal or missing: the order cannot be told.
    Unordered,
}

impl Recency {
    /// The name, the same in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Unrelated => "unrelated",
            Self::Newer => "newer",
            Self::Older => "older",
            Self::Unordered => "unordered",
        }
    }

    /// Whether it is newer news; `None` where that cannot be told.
    pub const fn is_newer(self) -> Option<bool> {
        match self {
            Self::Newer => Some(true),
            Self::Older | Self::Same => Some(false),
            Self::Unrelated | Self::Unordered => None,
        }
    }
}

pub(crate) fn compare_recency(first: &Event<'_>, second: &Event<'_>) -> Recency {
    if first.dedupe_key() == second.dedupe_key() {
        return Recency::Same;
    }
    let (one, two) = (first.resource(), second.resource());
    if one.kind() != two.kind() || one.id() != two.id() || one.id().is_none() {
        return Recency::Unrelated;
    }
    match (first.changed_at(), second.changed_at()) {
        (Some(one), Some(two)) if one > two => Recency::Newer,
        (Some(one), Some(two)) if one < two => Recency::Older,
        _ => Recency::Unordered,
    }
}

/// What the key leaves out: the whole `retry` member, with the comma and the white space that it brought along. It is left out only where it counts:
/// a number, a string that holds one, or null. Any other value is content.
pub(crate) fn retry_member(text: &str, key_start: usize, value: Span) -> Option<Span> {
    let (body, json) = (text.as_bytes(), value.within(text));
    let counts = match json.as_bytes().first()? {
        b'"' => string(json).is_some_and(|text| is_number(&text)),
        b'-' | b'0'..=b'9' | b'n' => true,
        _ => false,
    };
    if !counts {
        return None;
    }
    let after = value.end().checked_add(white(body.get(value.end()..)?.iter()))?;
    if body.get(after) == Some(&b',') {
        let next = after.checked_add(1)?;
        let end = next.checked_add(white(body.get(next..)?.iter()))?;
        return Span::new(key_start, end);
    }
    let before = key_start.checked_sub(white(body.get(..key_start)?.iter().rev()))?;
    let Some((b',', head)) = body.get(..before)?.split_last() else {
        return Span::new(key_start, value.end());
    };
    let start = head.len().checked_sub(white(head.iter().rev()))?;
    Span::new(start, value.end())
}

/// How many bytes of white space come first.
fn white<'b>(bytes: impl Iterator<Item = &'b u8>) -> usize {
    bytes.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count()
}

pub(crate) fn dedupe_key(body: &[u8], without: Option<Span>) -> DedupeKey {
    let (head, tail) = without.map_or((Some(body), None), |cut| (body.get(..cut.start()), body.get(cut.end()..)));
    let digest = [head, tail].into_iter().flatten().fold(Sha256::new(), Sha256::chain_update).finalize();
    let mut key = *b"y1-00000000000000000000000000000000";
    let (_, digits) = key.split_at_mut(3);
    // Half of the digest fills the digits exactly; the encoder would tell if it did not.
    let is_whole = digest.first_chunk::<16>().is_some_and(|half| base16ct::lower::encode(half, digits).is_ok());
    debug_assert!(is_whole, "16 bytes are 32 digits");
    DedupeKey(key)
}

pub(crate) fn published_key(kind: EventKind, id: Option<&str>) -> Option<String> {
    let known = Some(kind).filter(|kind| *kind != EventKind::Unknown)?;
    Some(format!("{}/{}", component(known.as_str()), component(id?)))
}

/// A part of a key that people read: as it is where it is harmless, else a digest of it.
pub(crate) fn component(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if (1..=42).contains(&text.len()) && text.bytes().all(is_plain) && !text.starts_with("h-") {
        return text.to_owned();
    }
    let digest = base16ct::lower::encode_string(&Sha256::digest(text));
    format!("h-{}", digest.get(..32).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_text_however_it_is_asked_for() {
        let key = dedupe_key(b"{}", None);
        assert_eq!(key.as_str(), "y1-44136fa355b3678a1146ad16f7e8649e");
        assert_eq!((key.as_ref(), key.to_string().as_str()), (key.as_str(), key.as_str()));
        assert_eq!(format!("{key:?}"), "DedupeKey(y1-44136fa355b3678a1146ad16f7e8649e)");
    }

    #[test]
    fn a_part_of_a_published_key_stands_as_it_is_where_it_is_harmless() {
        for plain in ["a", "a.b_c-9", "-h", &"x".repeat(42)] {
            assert_eq!(component(plain), plain);
        }
        for other in ["", "a b", "é", "h-1", &"x".repeat(43)] {
            assert!(component(other).starts_with("h-") && component(other).len() == 34 && component(other) != other, "{other}");
        }
    }

    #[test]
    fn only_what_can_be_told_is_newer_or_not() {
        use Recency::{Newer, Older, Same, Unordered, Unrelated};
        assert_eq!([Newer, Older, Same, Unrelated, Unordered].map(Recency::is_newer), [Some(true), Some(false), Some(false), None, None]);
    }
}
