//! Passing JSON values that are plain, which nearly all are: strings, numbers, words, and objects and arrays of them that lie no deeper than 63.
//! Whatever is not, or is wrong, is left to serde_json to judge, so nothing is accepted here that it would refuse.

/// How many bytes the value takes that begins the text; `None` if it is not plain.
pub(super) fn length(text: &[u8]) -> Option<usize> {
    let rest = value(text)?;
    text.len().checked_sub(rest.len())
}

/// How many bytes the string takes that begins the text, both quotes included; `None` if it has escapes, or is none.
pub(super) fn string_length(text: &[u8]) -> Option<usize> {
    let rest = letters(text.strip_prefix(b"\"")?)?.strip_prefix(b"\"")?;
    text.len().checked_sub(rest.len())
}

/// What follows the value.
fn value(mut rest: &[u8]) -> Option<&[u8]> {
    // Which of the containers around are objects, a bit each below a bit that marks the end.
    let mut around = 1_u64;
    loop {
        let here = white(rest);
        let (first, tail) = here.split_first()?;
        rest = match first {
            b'"' => string(tail)?,
            b'{' | b'[' => {
                let is_object = *first == b'{';
                if around.leading_zeros() == 0 {
                    return None;
                }
                around = (around << 1) | u64::from(is_object);
                let tail = white(tail);
                match tail.split_first()? {
                    (b'}' | b']', _) => tail,
                    _ if is_object => {
                        rest = key(tail)?;
                        continue;
                    }
                    _ => {
                        rest = tail;
                        continue;
                    }
                }
            }
            b'n' => tail.strip_prefix(b"ull")?,
            b't' => tail.strip_prefix(b"rue")?,
            b'f' => tail.strip_prefix(b"alse")?,
            b'-' => number(tail)?,
            _ => number(here)?,
        };
        // After a value: the ends of those around it, then a comma or nothing.
        loop {
            if around == 1 {
                return Some(rest);
            }
            let is_object = around & 1 == 1;
            let (first, tail) = white(rest).split_first()?;
            match first {
                b',' => {
                    rest = if is_object { key(white(tail))? } else { tail };
                    break;
                }
                b'}' if is_object => around >>= 1,
                b']' if !is_object => around >>= 1,
                _ => return None,
            }
            rest = tail;
        }
    }
}

/// What follows a key and its colon.
fn key(rest: &[u8]) -> Option<&[u8]> {
    white(string(rest.strip_prefix(b"\"")?)?).strip_prefix(b":")
}

/// What follows white space.
fn white(mut rest: &[u8]) -> &[u8] {
    while let Some((b' ' | b'\t' | b'\n' | b'\r', tail)) = rest.split_first() {
        rest = tail;
    }
    rest
}

/// What follows a number without its sign.
fn number(rest: &[u8]) -> Option<&[u8]> {
    let mut rest = match rest.split_first()? {
        (b'0', tail) => tail,
        _ => digits(rest)?,
    };
    if let Some(fraction) = rest.strip_prefix(b".") {
        rest = digits(fraction)?;
    }
    match rest.split_first() {
        Some((b'e' | b'E', [b'+' | b'-', exponent @ ..] | exponent)) => digits(exponent),
        _ => Some(rest),
    }
}

/// What follows one digit or more.
fn digits(rest: &[u8]) -> Option<&[u8]> {
    let (b'0'..=b'9', mut rest) = rest.split_first()? else {
        return None;
    };
    while let Some((b'0'..=b'9', tail)) = rest.split_first() {
        rest = tail;
    }
    Some(rest)
}

/// What follows a string, from behind its first quote.
fn string(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        rest = match rest.split_first()? {
            (b'"', tail) => return Some(tail),
            (b'\\', tail) => escaped(tail)?,
            (..b' ', _) => return None,
            _ => letters(rest)?,
        }
    }
}

/// What follows an escape, from behind its backslash. Half a surrogate pair is none of this module's business, as it is none of serde_json's where
/// it skips.
fn escaped(rest: &[u8]) -> Option<&[u8]> {
    match rest.split_first()? {
        (b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', tail) => Some(tail),
        (b'u', tail) => {
            let (digits, tail) = tail.split_first_chunk::<4>()?;
            if digits.iter().all(u8::is_ascii_hexdigit) { Some(tail) } else { None }
        }
        _ => None,
    }
}

/// What follows the letters of a string: its quote, a backslash, or a control character, which no string has. Eight bytes are looked at in one step.
fn letters(mut rest: &[u8]) -> Option<&[u8]> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);
    while let Some((word, tail)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        // A subtraction sets the high bit of a byte that was the one looked for. It borrows from the bytes above only where it did so below, so
        // the lowest high bit is right.
        let is = |byte: u8| (word ^ u64::from_le_bytes([byte; 8])).wrapping_sub(ONES);
        let is_control = word.wrapping_sub(u64::from_le_bytes([b' '; 8]));
        let special = (is(b'"') | is(b'\\') | is_control) & !word & HIGH_BITS;
        if special != 0 {
            return rest.get(usize::try_from(special.trailing_zeros() >> 3).ok()?..);
        }
        rest = tail;
    }
    while let (b' ' | b'!' | b'#'..=b'[' | b']'.., tail) = rest.split_first()? {
        rest = tail;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;
    use serde_json::Deserializer;

    use super::*;

    /// How many bytes serde_json takes for the value.
    fn judged(text: &[u8]) -> Option<usize> {
        let mut values = Deserializer::from_slice(text).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        Some(values.byte_offset())
    }

    #[test]
    fn a_special_byte_is_found_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for length in 0..=40 {
                for place in 0..length {
                    // Neighbours whose bits lie next to those that are looked for.
                    for other in [b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xa2, 0xdc, 0xff] {
                        let mut text = vec![other; length];
                        text[place] = byte;
                        text.extend_from_slice(b"\" and more");
                        let expected = if matches!(byte, b'"' | b'\\' | ..b' ') { &text[place..] } else { &b"\" and more"[..] };
                        assert_eq!(letters(&text), Some(expected), "{byte:#x} at {place} of {length}");
                    }
                }
            }
        }
    }

    #[test]
    fn values_are_passed_as_serde_json_passes_them() {
        let values = [
            "null",
            "true",
            "false",
            "\"\"",
            "\"a b\"",
            "\"\u{e9}\u{7f}\"",
            r#""\"\\\/\b\f\n\r\t""#,
            r#""a\u00e9\uD83D\ude00\ud800 and more""#,
            r#"{"\n":"\u0041"}"#,
            "0",
            "-0",
            "12",
            "-1.50",
            "0.1e5",
            "1E+400",
            "1e-7",
            "{}",
            "[]",
            "{ }",
            "[ ]",
            "[1]",
            "{\"a\":1}",
            "{\"a\" : [ 1 , { \"b\" : null } ] , \"c\":{}}",
            " \t\r\n[\n]",
        ];
        for value in values {
            for after in ["", ",", "}", "]", " ,"] {
                let text = format!("{value}{after}");
                assert_eq!(length(text.as_bytes()), judged(text.as_bytes()), "{text}");
                assert!(length(text.as_bytes()).is_some(), "{text}");
            }
        }
    }

    #[test]
    fn nothing_is_passed_that_serde_json_refuses() {
        let seed = br#"{"a":[1,-2.5e+3,{"b":"c\n\u00e9","d":[]},true],"e":{},"f":null,"g":"","h":0.1}"#;
        let bytes = *b"{}[],:\"\\ 019-+.eEntfalsru\t\x01\xc3z";
        let mut passed = 0;
        for place in 0..seed.len() {
            for cut in 0..4 {
                for byte in bytes {
                    for other in bytes {
                        let text = [&seed[..place], &[byte, other][..cut.min(2)], &seed[(place + cut).min(seed.len())..]].concat();
                        if let Some(length) = length(&text) {
                            passed += 1;
                            assert!(serde_json::from_slice::<IgnoredAny>(&text[..length]).is_ok(), "{}", text.escape_ascii());
                        }
                    }
                }
            }
        }
        assert!(passed > 1000, "{passed}");
    }

    #[test]
    fn depth_has_an_end() {
        let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
        assert_eq!(length(nested(63).as_bytes()), Some(126));
        assert_eq!(length(nested(64).as_bytes()), None);
    }
}
