//! A verifier of any options before a delivery of any headers and body: the first failure in the documented order, or the event of exactly these bytes.

use std::collections::BTreeMap;

use yuno_webhooks::{Error, Stage, Verifier};

use super::headers::lines;
use super::parse::check_event;
use super::reading::{self, Unread};
use super::signature::{WHITE, fill, read};

/// Three parts with an empty line after each of the first two: options and headers, a line each, and the body. Options are `hmac_secret`, `api_key`,
/// `x_secret` (one a value), `limit`, `unsigned`; any other name is that of a required header. In the value of a header, what stands for the right
/// signature as in the target `signature` is that of the first secret, or of the second behind `$2`.
pub(super) fn check(input: &[u8]) {
    let (options, rest) = part(input);
    let (headers, body) = part(rest);
    let Ok(options) = str::from_utf8(options) else { return };
    let options = Options::read(options);
    let verifier = match (options.build(), options.refusals()) {
        (Ok(verifier), codes) if codes.is_empty() => verifier,
        (Err(error), codes) if codes.contains(&error.code().name()) => return assert_eq!(error.code().stage(), Stage::Configuration),
        (built, codes) => panic!("{:?}, but should be {codes:?}: {}", built.map(|_| ()), input.escape_ascii()),
    };
    let secret = |place: usize| options.secrets.get(place).map_or("", String::as_str);
    let headers: Vec<(&[u8], Vec<u8>)> = lines(headers)
        .into_iter()
        .map(|(name, value)| match value.strip_prefix(b"$2") {
            Some(value) => (name, fill(value, &hmac_sha256::HMAC::mac(body, secret(1)))),
            None => (name, fill(value, &hmac_sha256::HMAC::mac(body, secret(0)))),
        })
        .collect();
    let expected = options.authenticate(&headers, body);
    let payload = reading::tree(body);
    match (verifier.verify(body, &headers), expected) {
        (Err(error), Err(code)) => {
            assert_eq!((error.code().name(), error.code().stage()), (code, Stage::Authentication), "{}", input.escape_ascii())
        }
        (Ok(event), Ok(index)) => {
            assert_eq!((event.secret_index(), event.signed()), (index, index.is_some()));
            assert!(!matches!(payload, Err(Unread::Refused(_))), "{}", input.escape_ascii());
            check_event(&event, body);
        }
        (Err(error), Ok(_)) => {
            assert_eq!(error.code().stage(), Stage::Payload, "{}", input.escape_ascii());
            assert!(
                matches!(payload, Err(Unread::Deep)) || payload.err() == Some(Unread::Refused(error.code().name())),
                "{}",
                input.escape_ascii()
            );
        }
        (Ok(_), Err(code)) => panic!("accepted, but should be {code}: {}", input.escape_ascii()),
    }
}

/// What comes before the first empty line, and what after.
fn part(text: &[u8]) -> (&[u8], &[u8]) {
    match text.windows(2).position(|two| two == b"\n\n") {
        Some(place) => (&text[..place], &text[place + 2..]),
        None => (text, b""),
    }
}

#[derive(Default)]
struct Options {
    secrets: Vec<String>,
    api_key: Vec<String>,
    x_secret: Vec<String>,
    required: Vec<(String, Vec<String>)>,
    limit: Option<usize>,
    unsigned: bool,
}

impl Options {
    fn read(text: &str) -> Self {
        let mut own = Self::default();
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            match name {
                "hmac_secret" => own.secrets.push(value.to_owned()),
                "api_key" => own.api_key.push(value.to_owned()),
                "x_secret" => own.x_secret.push(value.to_owned()),
                "limit" => own.limit = value.parse().ok(),
                "unsigned" => own.unsigned = true,
                _ => match own.required.iter_mut().find(|(own, _)| own == name) {
                    Some((_, values)) => values.push(value.to_owned()),
                    None => own.required.push((name.to_owned(), vec![value.to_owned()])),
                },
            }
        }
        own
    }

    fn build(&self) -> Result<Verifier, Error> {
        let mut builder = Verifier::builder().hmac_secrets(&self.secrets);
        if !self.api_key.is_empty() {
            builder = builder.api_key(&self.api_key);
        }
        if !self.x_secret.is_empty() {
            builder = builder.x_secret(&self.x_secret);
        }
        for (name, values) in &self.required {
            builder = builder.required_header(name, values);
        }
        if let Some(limit) = self.limit {
            builder = builder.max_body_bytes(limit);
        }
        if self.unsigned {
            builder = builder.unsigned();
        }
        builder.build()
    }

    /// Everything that is wrong with the options; which of it is told is not promised.
    fn refusals(&self) -> Vec<&'static str> {
        let mut codes = Vec::new();
        if self.secrets.is_empty() != self.unsigned {
            codes.push("NO_SIGNATURE_SECRET");
        }
        if self.unsigned && self.credentials().is_empty() {
            codes.push("NO_CREDENTIALS");
        }
        if self.limit == Some(0) {
            codes.push("INVALID_LIMIT");
        }
        let credentials = self.credentials();
        let mut names: Vec<&String> = credentials.iter().map(|(name, _)| name).collect();
        let is_name =
            |name: &str| !name.is_empty() && name.chars().all(|one| one.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(one));
        let taken = ["x-hmac-signature", "x-api-key", "x-secret"];
        let is_taken = |name: &str| taken.contains(&name.to_ascii_lowercase().as_str()) || !is_name(name);
        names.sort();
        names.dedup();
        if names.len() < credentials.len() || self.required.iter().any(|(name, _)| is_taken(name)) {
            codes.push("INVALID_HEADER_NAME");
        }
        let is_unseen = |one: char| one.is_whitespace() || "\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2060}\u{feff}".contains(one);
        let is_sign = |one: char| "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u{2022}\u{25cf}".contains(one) || is_unseen(one);
        let is_secret = |value: &String| {
            let is_masked = value.chars().all(is_sign)
                || ["***", "\u{2022}\u{2022}\u{2022}", "\u{25cf}\u{25cf}\u{25cf}"].iter().any(|mask| value.contains(mask));
            let is_nothing = ["None", "null", "undefined", "[object Object]"].contains(&value.as_str());
            let is_name = value.starts_with("${") && value.ends_with('}');
            let is_stripped = !value.starts_with(is_unseen) && !value.ends_with(is_unseen);
            !is_masked && !is_nothing && !is_name && is_stripped && !value.contains(char::is_control)
        };
        let is_wrong = |values: &[String]| values.len() > 8 || !values.iter().all(is_secret);
        let is_foreign = |value: &String| value.chars().any(|one| !(' '..='~').contains(&one));
        if is_wrong(&self.secrets) || credentials.iter().any(|(_, values)| is_wrong(values) || values.iter().any(is_foreign)) {
            codes.push("INVALID_SECRET");
        }
        codes
    }

    /// The headers that must hold something, in the order in which they are looked at.
    fn credentials(&self) -> Vec<(String, &[String])> {
        let options = [("x-api-key", &self.api_key), ("x-secret", &self.x_secret)];
        let own = options.into_iter().filter(|(_, values)| !values.is_empty()).map(|(name, values)| (name.to_owned(), values.as_slice()));
        let mut others: Vec<_> = self.required.iter().map(|(name, values)| (name.to_ascii_lowercase(), values.as_slice())).collect();
        others.sort();
        own.chain(others).collect()
    }

    /// The place of the secret that signed, or the first failure.
    fn authenticate(&self, headers: &[(&[u8], Vec<u8>)], body: &[u8]) -> Result<Option<usize>, &'static str> {
        if body.len() > self.limit.unwrap_or(2 * 1024 * 1024) {
            return Err("BODY_TOO_LARGE");
        }
        let mut present: BTreeMap<Vec<u8>, Vec<&[u8]>> = BTreeMap::new();
        for (name, value) in headers {
            present.entry(name.to_ascii_lowercase()).or_default().push(value);
        }
        let only = |name: &str, missing| match present.get(name.as_bytes()).map(Vec::as_slice) {
            None | Some([]) => Err(missing),
            Some([value]) => Ok(*value),
            Some(_) => Err("HEADER_REPEATED"),
        };
        let signature = if self.unsigned { None } else { Some(only("x-hmac-signature", "SIGNATURE_MISSING")?) };
        let credentials = self.credentials();
        let given: Vec<&[u8]> = credentials.iter().map(|(name, _)| only(name, "CREDENTIAL_MISSING")).collect::<Result<_, _>>()?;
        for ((_, accepted), value) in credentials.iter().zip(given) {
            let value = str::from_utf8(value).unwrap_or("\u{0}").trim_matches(WHITE);
            if !accepted.iter().any(|accepted| accepted == value) {
                return Err("CREDENTIAL_MISMATCH");
            }
        }
        let Some(signature) = signature else { return Ok(None) };
        let given = read(signature).ok_or("SIGNATURE_MALFORMED")?;
        let place = self.secrets.iter().position(|secret| hmac_sha256::HMAC::mac(body, secret) == given);
        place.map(Some).ok_or("SIGNATURE_MISMATCH")
    }
}
