//! What a JSON string says. Only values that the walk has passed come here, so their escapes are sound; but half a surrogate pair may be among them, and
//! what holds one is no text.
//!
//! A body may be one text that consists of escapes, so nothing here is decoded whole but for the one who asks for it.

use core::ops::Range;
use std::borrow::Cow;

/// No name or word that is compared with is longer.
const LONGEST: usize = 64;

/// The whole text; `None` if the value is no string, or holds a lone surrogate.
pub(crate) fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = inner(json)?;
    let mut letters = Letters { rest: inner };
    let plain = letters.plain();
    if letters.rest.is_empty() {
        return Some(Cow::Borrowed(plain));
    }
    let mut text = String::with_capacity(inner.len());
    text.push_str(plain);
    while let Some(letter) = letters.next() {
        text.push(letter?);
        if !letters.rest.starts_with('\\') {
            text.push_str(letters.plain());
        }
    }
    Some(Cow::Owned(text))
}

/// Whether a value is a text, without decoding it.
pub(crate) fn is_string(json: &str) -> bool {
    json.starts_with('"') && !(json.contains('\\') && has_half_pair(json.as_bytes()))
}

fn has_half_pair(mut rest: &[u8]) -> bool {
    loop {
        rest = match rest {
            [] => return false,
            [b'\\', b'u', b'd' | b'D', ..] => match unicode(rest) {
                Some((_, length)) => rest.get(length..).unwrap_or_default(),
                None => return true,
            },
            [b'\\', _, tail @ ..] | [_, tail @ ..] => tail,
        };
    }
}

/// A text for comparing it with known ones: where it has escapes, its beginning only, which is longer than any of those if the text is.
pub(super) fn word(json: &str) -> Option<Cow<'_, str>> {
    is_string(json).then(|| known_word(json))
}

/// The same of what is known to be a text.
pub(super) fn known_word(json: &str) -> Cow<'_, str> {
    match inner(json) {
        Some(plain) if !plain.contains('\\') => Cow::Borrowed(plain),
        _ => Cow::Owned(beginning(json, &mut [0; ROOM]).to_owned()),
    }
}

/// Whether a value is a text that begins so.
pub(super) fn begins_with(json: &str, prefix: &str) -> bool {
    beginning(json, &mut [0; ROOM]).starts_with(prefix) && is_string(json)
}

/// Whether a text has this letter.
pub(super) fn contains(json: &str, wanted: char) -> bool {
    inner(json).is_some_and(|inner| Letters { rest: inner }.any(|letter| letter == Some(wanted)))
}

/// Where a beginning is put. It is given up only for a letter that does not fit, so what is cut is longer than [`LONGEST`].
pub(super) const ROOM: usize = LONGEST + 4;

/// The first letters of a string, half a surrogate pair as U+FFFD. Nothing is allocated, since a body may have as many keys as there
/// is room for.
pub(super) fn beginning<'r>(json: &str, room: &'r mut [u8; ROOM]) -> &'r str {
    let mut length = 0_usize;
    for letter in (Letters { rest: inner(json).unwrap_or_default() }) {
        let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        let Some(place) = room.get_mut(length..).filter(|place| place.len() >= letter.len_utf8()) else {
            break;
        };
        length = length.saturating_add(letter.encode_utf8(place).len());
    }
    room.get(..length).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
}

/// What stands between the quotes.
fn inner(json: &str) -> Option<&str> {
    json.strip_prefix('"')?.strip_suffix('"')
}

/// The letters of a string; `None` is half a surrogate pair.
struct Letters<'a> {
    rest: &'a str,
}

impl<'a> Letters<'a> {
    /// All up to the next escape.
    fn plain(&mut self) -> &'a str {
        let (plain, rest) = self.rest.find('\\').and_then(|place| self.rest.split_at_checked(place)).unwrap_or((self.rest, ""));
        self.rest = rest;
        plain
    }
}

impl Iterator for Letters<'_> {
    type Item = Option<char>;

    fn next(&mut self) -> Option<Self::Item> {
        let (letter, length) = match self.rest.as_bytes() {
            [b'\\', b'u', ..] => unicode(self.rest.as_bytes()).map_or((None, 6), |(letter, length)| (Some(letter), length)),
            [b'\\', short, ..] => (Some(char::from(named(*short))), 2),
            _ => self.rest.chars().next().map(|letter| (Some(letter), letter.len_utf8()))?,
        };
        self.rest = self.rest.get(length..).unwrap_or_default();
        Some(letter)
    }
}

/// What an escape of one letter stands for.
const fn named(letter: u8) -> u8 {
    match letter {
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        itself => itself,
    }
}

/// The letter that an escape by number begins, or a pair of them, and their length.
fn unicode(escape: &[u8]) -> Option<(char, usize)> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u16::try_from(digit).ok());
    let unit = |digits: Range<usize>| escape.get(digits)?.iter().try_fold(0_u16, |unit, byte| Some(unit << 4 | digit(*byte)?));
    let first = unit(2..6)?;
    if let Some(letter) = char::from_u32(first.into()) {
        return Some((letter, 6));
    }
    let second = escape.get(6..8).filter(|next| next == br"\u").and_then(|_| unit(8..12))?;
    char::decode_utf16([first, second]).next()?.ok().map(|letter| (letter, 12))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::body::Member;
    use crate::event::catalog::EventKind;
    use crate::event::status::Finality;

    const PARTS: [&str; 18] = [
        "",
        "a",
        ".",
        "\u{e9}",
        "\u{1f600}",
        "u0061",
        r"\u0061",
        r"\u002e",
        r"\u0000",
        r"\u20AC",
        r"\ud83d",
        r"\uDE00",
        r"\ude00",
        r"\uDBff",
        r"\\",
        r#"\""#,
        r"\/",
        r"\b\f\n\r\t",
    ];

    /// Texts of up to three parts, between quotes.
    fn texts() -> impl Iterator<Item = String> {
        let pairs = PARTS.iter().flat_map(|one| PARTS.iter().map(move |two| (one, two)));
        pairs.flat_map(|(one, two)| PARTS.iter().map(move |three| format!("\"{one}{two}{three}\"")))
    }

    #[test]
    fn a_text_is_what_serde_json_reads() {
        for json in texts() {
            let expected = serde_json::from_str::<String>(&json).ok();
            assert_eq!(string(&json).as_deref(), expected.as_deref(), "{json}");
            assert_eq!(is_string(&json), expected.is_some(), "{json}");
            assert_eq!(word(&json).as_deref(), expected.as_deref(), "{json}");
            for prefix in ["a", "\u{e9}a", "aa.", "\u{fffd}"] {
                assert_eq!(begins_with(&json, prefix), expected.as_deref().is_some_and(|text| text.starts_with(prefix)), "{json} {prefix}");
            }
            if let Some(expected) = expected {
                assert_eq!(contains(&json, '.'), expected.contains('.'), "{json}");
            }
        }
        for json in ["null", "1", "{}", "[]", "true"] {
            assert!(string(json).is_none() && !is_string(json) && word(json).is_none() && !begins_with(json, "") && !contains(json, 'u'));
        }
    }

    #[test]
    fn of_a_long_text_the_beginning_is_enough() {
        for letter in ["a", r"\u0061", "\u{e9}", r"\u00e9", r"\ud83d\ude00"] {
            for count in 0..100 {
                let json = format!("\"{}{}\"", r"\n", letter.repeat(count));
                let (text, word) = (string(&json).unwrap(), word(&json).unwrap());
                assert!(if text.len() <= LONGEST { text == word } else { text.starts_with(&*word) && word.len() > LONGEST }, "{json}");
            }
        }
    }

    #[test]
    fn no_known_text_is_longer_than_a_beginning() {
        let kinds = EventKind::catalog().iter().flat_map(|row| row.spellings.iter().copied());
        let statuses = Finality::table().iter().flat_map(|row| [row.1, row.2]);
        let members = Member::ALL.iter().map(|(_, name)| *name);
        assert!(kinds.chain(statuses).chain(members).all(|known| known.len() <= LONGEST));
    }
}
