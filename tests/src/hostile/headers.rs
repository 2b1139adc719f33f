//! Headers: found whatever their case, counted, and looked at before the body is read.

use yuno_webhooks::{Found, Headers, Verifier, header_of_cgi};

use super::signature::WHITE;

/// Lines `name: value`; a name in the lines is looked up too.
pub(super) fn check(input: &[u8]) {
    let headers = lines(input);
    let verifier =
        Verifier::builder().hmac_secret("secret").api_key(["key"]).required_header("X-Tenant", ["1"]).max_body_bytes(1024).build().unwrap();
    let own: Vec<String> = headers.iter().filter_map(|(name, _)| String::from_utf8(name.to_ascii_lowercase()).ok()).collect();
    for name in own.iter().map(String::as_str).chain(["x-hmac-signature", "x-api-key", "x-secret"]) {
        let values: Vec<&[u8]> =
            headers.iter().filter(|(own, _)| own.to_ascii_lowercase() == name.as_bytes()).map(|(_, value)| *value).collect();
        let expected = match values.as_slice() {
            [] => Found::Absent,
            [value] => Found::Once(value),
            _ => Found::Repeated,
        };
        assert_eq!(headers.find(name), expected, "{name:?}");
        let is_read = ["x-hmac-signature", "x-api-key", "x-tenant"].contains(&name);
        assert_eq!(
            (verifier.reads_header(name.as_bytes()), verifier.reads_header(name.to_ascii_uppercase().as_bytes())),
            (is_read, is_read)
        );
        let variable = format!("HTTP_{}", name.to_ascii_uppercase().replace('-', "_"));
        assert_eq!(header_of_cgi(&variable), Some(name.replace('_', "-")));
    }
    let text = |name: &str| {
        let value = headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| *value);
        value.and_then(|value| str::from_utf8(value).ok())
    };
    let (length, encoding) = (text("content-length"), text("content-encoding"));
    let seen = verifier.admit(length, encoding).map_err(|error| error.code().name());
    assert_eq!(seen, admitted(length, encoding, 1024), "{length:?} {encoding:?}");
}

fn admitted(length: Option<&str>, encoding: Option<&str>, limit: u128) -> Result<(), &'static str> {
    let encoding = encoding.unwrap_or_default().trim_matches(WHITE).to_ascii_lowercase();
    if !["", "identity"].contains(&encoding.as_str()) {
        return Err("BODY_ENCODED");
    }
    let digits = length.unwrap_or_default().trim_matches(WHITE);
    let is_number = !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit());
    // What does not fit into 128 bits is larger than any limit.
    if is_number
        && digits.trim_start_matches('0').parse().unwrap_or(if digits.trim_matches('0').is_empty() { 0 } else { u128::MAX }) > limit
    {
        return Err("BODY_TOO_LARGE");
    }
    Ok(())
}

/// The name and the value of each line.
pub(super) fn lines(text: &[u8]) -> Vec<(&[u8], &[u8])> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
            let value = line.get(colon + 1..).unwrap_or_default();
            (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
        })
        .collect()
}
