//! The signature's text: it proves a body exactly where an independent HMAC and independent readings of base64 and hex say so.

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXLOWER_PERMISSIVE, HEXUPPER};
use yuno_webhooks::{Stage, Verifier};

const SECRET: &str = "a-fuzz-secret";

/// A body and a header's value, with a NUL between them. In the value `$b`, `$h`, `$H` and `$u` stand for the right signature of the body in base64,
/// lower-case hex, upper-case hex and url-safe base64.
pub(super) fn check(input: &[u8]) {
    let (body, text) = super::halves(input);
    let right = hmac_sha256::HMAC::mac(body, SECRET);
    let text = fill(text, &right);
    let verifier = Verifier::builder().hmac_secret(SECRET).build().unwrap();
    let seen = verifier.verify(body, &[("X-Hmac-Signature", &text)]);
    let shown = text.escape_ascii();
    match (read(&text), seen) {
        (None, Err(error)) => assert_eq!(error.code().name(), "SIGNATURE_MALFORMED", "{shown}"),
        (Some(given), Err(error)) if given != right => assert_eq!(error.code().name(), "SIGNATURE_MISMATCH", "{shown}"),
        (Some(given), Ok(event)) if given == right => assert_eq!(event.secret_index(), Some(0), "{shown}"),
        (Some(given), Err(error)) if given == right => assert_eq!(error.code().stage(), Stage::Payload, "{shown}"),
        (given, seen) => panic!("{given:?} of {shown} became {:?}", seen.map(|_| ())),
    }
}

/// The text with the right signature in place of what stands for it.
pub(super) fn fill(text: &[u8], right: &[u8; 32]) -> Vec<u8> {
    let mut filled = Vec::new();
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        let encoding = match rest {
            [b'$', b'b', ..] => BASE64.encode(right),
            [b'$', b'h', ..] => HEXLOWER.encode(right),
            [b'$', b'H', ..] => HEXUPPER.encode(right),
            [b'$', b'u', ..] => BASE64URL.encode(right),
            _ => {
                filled.push(*first);
                rest = tail;
                continue;
            }
        };
        filled.extend(encoding.as_bytes());
        rest = &rest[2..];
    }
    filled
}

/// The 32 bytes that a header's value stands for.
pub(super) fn read(text: &[u8]) -> Option<[u8; 32]> {
    let text = str::from_utf8(text).ok()?.trim_matches(WHITE);
    let text = match text.get(..7) {
        Some(prefix) if prefix.eq_ignore_ascii_case("sha256=") => text[7..].trim_matches(WHITE),
        _ => text,
    };
    let decoded = match text.len() {
        // This reader takes texts that are joined, each with its padding.
        44 if !text.as_bytes()[..43].contains(&b'=') => BASE64.decode(text.as_bytes()),
        64 => HEXLOWER_PERMISSIVE.decode(text.as_bytes()),
        _ => return None,
    };
    decoded.ok()?.try_into().ok()
}

/// What is trimmed from a header's value.
pub(super) const WHITE: [char; 4] = [' ', '\t', '\r', '\n'];
