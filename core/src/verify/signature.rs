//! The text of a signature and the 32 bytes that it stands for.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::headers::trim;
use crate::error::{Error, ErrorCode, Hint};

/// `sha256=`, which some senders write before the value.
const PREFIX: &[u8] = b"sha256=";
const BASE64_LENGTH: usize = 44;
const HEX_LENGTH: usize = 64;

/// Reads the header's text: canonical padded standard base64, or hexadecimal digits.
pub(super) fn parse(text: &[u8]) -> Result<[u8; 32], Error> {
    let text = trim(text);
    let text = match text.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => trim(rest),
        _ => text,
    };
    let mut bytes = [0; 32];
    let read = match text.len() {
        // The engine refuses other alphabets, missing padding and stray trailing bits.
        BASE64_LENGTH => STANDARD.decode_slice(text, &mut bytes).is_ok_and(|length| length == bytes.len()),
        HEX_LENGTH => base16ct::mixed::decode(text, &mut bytes).is_ok(),
        _ => false,
    };
    if read { Ok(bytes) } else { Err(Error::with_hint(ErrorCode::SignatureMalformed, hint(text))) }
}

/// Writes a signature as the provider does.
pub(crate) fn encode(signature: &[u8; 32]) -> String {
    STANDARD.encode(signature)
}

/// What a refused text seems to be instead.
fn hint(text: &[u8]) -> Hint {
    let has = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
    if text.is_empty() {
        Hint::EmptyValue
    } else if has(b"t=") && has(b"v1=") {
        Hint::Timestamped
    } else if text.contains(&b',') {
        Hint::Joined
    } else if text.contains(&b'-') || text.contains(&b'_') {
        Hint::UrlSafe
    } else if text.len() == 43 {
        Hint::Unpadded
    } else {
        Hint::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_text_is_named_after_the_scheme_that_it_looks_like() {
        let hint = |text: &str| parse(text.as_bytes()).unwrap_err().hint();
        assert!(hint("t=1,v1=ab").contains("v1="));
        assert!(hint("a, b").contains("comma"));
        assert!(hint("v1=ab,t").contains("comma") && hint("t=1,ab").contains("comma"));
        assert!(hint("ab-c").contains("url-safe") && hint("ab_c").contains("url-safe"));
        assert!(hint(&"A".repeat(43)).contains("padding"));
        assert!(hint("sha256= ").contains("empty"));
        assert_eq!(hint("zz"), "");
    }
}
