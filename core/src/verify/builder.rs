//! Setting a verifier up. No combination of options accepts a delivery that nothing proves.

use core::fmt;

use zeroize::Zeroizing;

use super::headers::is_name;
use super::secret::{Credential, MAX_VALUES, SigningKey, refused, wiping_stack};
use super::{API_KEY_HEADER, DEFAULT_MAX_BODY_BYTES, RequiredHeader, SIGNATURE_HEADER, Verifier, X_SECRET_HEADER};
use crate::error::{Error, ErrorCode, Hint};

/// Values that are wiped when dropped.
type Values = Vec<Zeroizing<String>>;

/// The options of a [`Verifier`]. What is wrong with them is told by [`build`](Self::build).
#[derive(Clone)]
#[must_use]
pub struct VerifierBuilder {
    hmac_secrets: Values,
    api_key: Option<Values>,
    x_secret: Option<Values>,
    required_headers: Vec<(String, Values)>,
    max_body_bytes: usize,
    unsigned: bool,
}

impl Default for VerifierBuilder {
    fn default() -> Self {
        Self {
            hmac_secrets: Vec::new(),
            api_key: None,
            x_secret: None,
            required_headers: Vec::new(),
            max_body_bytes: DEFAULT_MAX_BODY_BYTES,
            unsigned: false,
        }
    }
}

impl VerifierBuilder {
    /// Adds an HMAC client secret of the webhook. One to eight are held, for rotation; the first comes first in `secret_index`.
    pub fn hmac_secret(mut self, secret: impl AsRef<str>) -> Self {
        self.hmac_secrets.push(own(secret.as_ref()));
        self
    }

    /// Adds several HMAC secrets, in order.
    pub fn hmac_secrets<S: AsRef<str>>(mut self, secrets: impl IntoIterator<Item = S>) -> Self {
        self.hmac_secrets.extend(secrets.into_iter().map(|secret| own(secret.as_ref())));
        self
    }

    /// Requires the header `x-api-key` to hold one of these values (one to eight).
    pub fn api_key<S: AsRef<str>>(mut self, accepted: impl IntoIterator<Item = S>) -> Self {
        self.api_key = Some(own_all(accepted));
        self
    }

    /// Requires the header `x-secret` to hold one of these values (one to eight).
    pub fn x_secret<S: AsRef<str>>(mut self, accepted: impl IntoIterator<Item = S>) -> Self {
        self.x_secret = Some(own_all(accepted));
        self
    }

    /// Requires another header to hold one of these whole values (one to eight), such as `Bearer abc` in `authorization`.
    pub fn required_header<S: AsRef<str>>(mut self, name: &str, accepted: impl IntoIterator<Item = S>) -> Self {
        self.required_headers.push((name.to_ascii_lowercase(), own_all(accepted)));
        self
    }

    /// Sets the largest body in bytes; [`DEFAULT_MAX_BODY_BYTES`] otherwise.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// Receives deliveries without a signature. At least one static credential must then be set, and no HMAC secret;
    /// [`Event::signed`](crate::Event::signed) is false. Anyone who has seen one delivery can forge the next;
    /// and a header that every request has, such as `content-type`, proves nothing.
    pub fn unsigned(mut self) -> Self {
        self.unsigned = true;
        self
    }

    pub(super) fn from_variables(mut look_up: impl FnMut(&str) -> Option<String>) -> Result<Self, Error> {
        let unsigned = look_up("YUNO_WEBHOOK_UNSIGNED");
        let mut lines = |name: &str| look_up(name).map(|text| split_lines(&Zeroizing::new(text)));
        Ok(Self {
            hmac_secrets: lines("YUNO_WEBHOOK_HMAC_SECRET").unwrap_or_default(),
            api_key: lines("YUNO_WEBHOOK_API_KEY"),
            x_secret: lines("YUNO_WEBHOOK_X_SECRET"),
            unsigned: match unsigned.as_deref() {
                None | Some("" | "0") => false,
                Some("1") => true,
                Some(_) => return Err(Error::with_hint(ErrorCode::NoSignatureSecret, Hint::UnsignedVariable)),
            },
            ..Self::default()
        })
    }

    /// Makes the verifier.
    ///
    /// # Errors
    /// `NO_SIGNATURE_SECRET`, `NO_CREDENTIALS`, `INVALID_SECRET`, `INVALID_HEADER_NAME` or `INVALID_LIMIT`.
    pub fn build(self) -> Result<Verifier, Error> {
        wiping_stack(|| self.make())
    }

    fn make(&self) -> Result<Verifier, Error> {
        match (self.unsigned, self.hmac_secrets.is_empty()) {
            (false, true) => return Err(ErrorCode::NoSignatureSecret.into()),
            (true, false) => return Err(Error::with_hint(ErrorCode::NoSignatureSecret, Hint::UnsignedWithSecret)),
            _ => {}
        }
        if self.hmac_secrets.len() > MAX_VALUES {
            return Err(refused(Hint::SecretCount));
        }
        let are_several = self.hmac_secrets.len() > 1;
        let key = |(place, secret): (u8, &Zeroizing<String>)| SigningKey::new(secret, are_several.then_some(place));
        let keys: Vec<_> = (0..).zip(&self.hmac_secrets).map(key).collect::<Result<_, _>>()?;
        let credentials = self.credentials()?;
        if keys.is_empty() && credentials.is_empty() {
            return Err(ErrorCode::NoCredentials.into());
        }
        if self.max_body_bytes == 0 {
            return Err(Error::with_hint(ErrorCode::InvalidLimit, Hint::LimitOfBody));
        }
        Ok(Verifier { keys, credentials, max_body_bytes: self.max_body_bytes })
    }

    /// The required headers in the order in which they are checked: x-api-key, x-secret, others by name.
    fn credentials(&self) -> Result<Vec<RequiredHeader>, Error> {
        let mut credentials = Vec::new();
        let own_options = [(API_KEY_HEADER, &self.api_key, Hint::ApiKey), (X_SECRET_HEADER, &self.x_secret, Hint::XSecret)];
        for (name, values, hint) in own_options {
            if let Some(values) = values {
                let accepted = Credential::new(values.iter().map(|value| value.as_str()))?;
                credentials.push(RequiredHeader { name: name.to_owned(), accepted, hint });
            }
        }
        let mut others: Vec<_> = self.required_headers.iter().collect();
        others.sort_by(|(first, _), (second, _)| first.cmp(second));
        for (name, values) in others {
            let taken = [SIGNATURE_HEADER, API_KEY_HEADER, X_SECRET_HEADER].contains(&name.as_str());
            let twice = credentials.last().is_some_and(|last| last.name == *name);
            if taken || twice || !is_name(name) {
                return Err(ErrorCode::InvalidHeaderName.into());
            }
            let accepted = Credential::new(values.iter().map(|value| value.as_str()))?;
            credentials.push(RequiredHeader { name: name.clone(), accepted, hint: Hint::RequiredHeader });
        }
        Ok(credentials)
    }
}

impl fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder").field("unsigned", &self.unsigned).finish_non_exhaustive()
    }
}

fn own(value: &str) -> Zeroizing<String> {
    Zeroizing::new(value.to_owned())
}

fn own_all<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Values {
    values.into_iter().map(|value| own(value.as_ref())).collect()
}

/// One value a line; one empty line at the end is ignored, so that an empty text has no value.
fn split_lines(text: &str) -> Values {
    let mut lines = own_all(text.split('\n'));
    if lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_secret() {
        let builder = Verifier::builder().hmac_secret("s3cret").api_key(["k3y"]).required_header("x-tenant", ["t3nant"]);
        let text = format!("{builder:?} {:?}", builder.clone().build());
        for secret in ["s3cret", "k3y", "t3nant"] {
            assert!(!text.contains(secret), "{text}");
        }
        for shown in ["VerifierBuilder { unsigned: false", "SigningKey(redacted)", "Credential(1 redacted)"] {
            assert!(text.contains(shown), "{text}");
        }
    }

    #[test]
    fn a_required_header_is_named_once_and_by_a_name() {
        let code = |names: &[&str]| {
            let builder = names.iter().fold(Verifier::builder().hmac_secret("s"), |builder, name| builder.required_header(name, ["v"]));
            builder.build().map_err(|error| error.code()).err()
        };
        assert_eq!(code(&["x-tenant", "x-other", "x_9!"]), None);
        for names in
            [&["x-api-key"][..], &["X-Secret"], &["x-hmac-signature"], &["x-tenant", "x-z", "X-Tenant"], &[""], &["x tenant"], &["é"]]
        {
            assert_eq!(code(names), Some(ErrorCode::InvalidHeaderName), "{names:?}");
        }
    }

    #[test]
    fn required_headers_are_checked_in_the_order_of_their_names() {
        let builder = Verifier::builder().unsigned().required_header("x-b", ["v"]).required_header("x-a", ["v"]);
        let verifier = builder.x_secret(["v"]).api_key(["v"]).build().unwrap();
        assert_eq!(verifier.header_names().collect::<Vec<_>>(), ["x-api-key", "x-secret", "x-a", "x-b"]);
    }

    #[test]
    fn secrets_add_up_in_their_order() {
        let verifier = Verifier::builder().hmac_secret("a").hmac_secrets(["b", "c"]).hmac_secret("d").hmac_secrets(["e"]).build().unwrap();
        for (place, secret) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
            let headers = [("x-hmac-signature", crate::testing::sign(b"{}", secret))];
            assert_eq!(verifier.verify(b"{}", &headers).unwrap().secret_index(), Some(place), "{secret}");
        }
    }

    #[test]
    fn an_option_that_is_not_understood_is_told_so_whatever_else_is_set() {
        let variables = |unsigned: &'static str| {
            let look_up = |name: &str| match name {
                "YUNO_WEBHOOK_UNSIGNED" => Some(unsigned.to_owned()),
                "YUNO_WEBHOOK_HMAC_SECRET" => Some("s".to_owned()),
                _ => None,
            };
            Verifier::from_variables(look_up).map_err(|error| error.hint()).err()
        };
        assert_eq!(variables("0"), None);
        assert_eq!(variables("yes"), Some(hint_of(ErrorCode::NoSignatureSecret, Hint::UnsignedVariable)));
        assert_eq!(variables("1"), Some(hint_of(ErrorCode::NoSignatureSecret, Hint::UnsignedWithSecret)));
        let no_room = Verifier::builder().hmac_secret("s").max_body_bytes(0).build().unwrap_err();
        assert_eq!(no_room.hint(), hint_of(ErrorCode::InvalidLimit, Hint::LimitOfBody));
    }

    fn hint_of(code: ErrorCode, hint: Hint) -> &'static str {
        let told = Error::with_hint(code, hint).hint();
        assert!(!told.is_empty());
        told
    }

    #[test]
    fn a_refused_secret_is_told_why() {
        let hint = |secret: &str| Verifier::builder().hmac_secret("s").api_key([secret]).build().unwrap_err().hint();
        assert!(hint("").contains("empty"));
        for masked in ["***", "****ab12", "\"\"", "\u{25cf}\u{25cf}\u{25cf}a", "\u{200b}"] {
            assert!(hint(masked).contains("masked"), "{masked}");
        }
        for nothing in ["None", "[object Object]", "${A_SECRET}"] {
            assert!(hint(nothing).contains("not found"), "{nothing}");
        }
        assert!(hint("a\n").contains("strip it"));
        assert!(hint("a\u{1}b").contains("control"));
        assert!(hint("é").contains("ASCII"));
        let none: [&str; 0] = [];
        for values in [&none[..], &["k"; 9]] {
            assert!(Verifier::builder().hmac_secret("s").api_key(values).build().unwrap_err().hint().contains("eight"));
        }
        let many = Verifier::builder().hmac_secrets(["s"; 9]).build().unwrap_err();
        assert!(many.hint().contains("eight"));
    }

    #[test]
    fn of_several_secrets_the_error_names_the_one_that_is_refused() {
        let hint = |secrets: &[&str]| Verifier::builder().hmac_secrets(secrets).build().unwrap_err().hint();
        let alone = hint(&["***"]);
        assert!(!alone.contains("hmac_secret"));
        for count in 2..=MAX_VALUES {
            for place in 0..count {
                let mut secrets = vec!["s3cret"; count];
                secrets[place] = "***";
                assert_eq!(hint(&secrets), format!("hmac_secret[{place}] is refused. {alone}"), "of {count}");
            }
        }
        assert!(hint(&["s", "", "***"]).starts_with("hmac_secret[1] is refused. It is empty."));
        let lines = |name: &str| (name == "YUNO_WEBHOOK_HMAC_SECRET").then(|| "s\n***\n".to_owned());
        assert_eq!(Verifier::from_variables(lines).unwrap_err().hint(), hint(&["s", "***"]));
    }

    #[test]
    fn a_secret_is_refused_for_what_it_is_and_not_for_what_it_looks_like() {
        let hint = |secret: &str| Verifier::builder().hmac_secret(secret).build().map_err(|error| error.hint()).err();
        for secret in ["none", "NULL", "nothing", "a b", "**a", "a}", "${a", "é"] {
            assert_eq!(hint(secret), None, "{secret}");
        }
        for white in ["\u{a0}s", "s\u{a0}", "\u{2003}s"] {
            assert_eq!(hint(white), Some(hint_of(ErrorCode::InvalidSecret, Hint::SecretWhite(None))), "{white:?}");
        }
        for control in ["a\u{7f}b", "a\u{84}b"] {
            assert_eq!(hint(control), Some(hint_of(ErrorCode::InvalidSecret, Hint::SecretControl(None))), "{control:?}");
        }
        let printable: String = ('!'..='~').collect();
        assert!(Verifier::builder().unsigned().api_key(["a b", "a~", printable.as_str()]).build().is_ok());
    }
}
