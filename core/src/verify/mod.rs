//! Deciding that a delivery is authentic, before anything in it is believed.

mod builder;
mod headers;
#[cfg(test)]
mod public_vectors;
mod secret;
mod signature;

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::error::{Error, ErrorCode, Hint};
use crate::event::Event;
pub use builder::VerifierBuilder;
use headers::trim;
pub use headers::{Found, Headers, header_of_cgi};
use secret::Credential;
pub(crate) use secret::{MAX_VALUES, SigningKey, wiping_stack};
pub(crate) use signature::encode as encode_signature;

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-hmac-signature";
/// The header of the option [`VerifierBuilder::api_key`].
pub const API_KEY_HEADER: &str = "x-api-key";
/// The header of the option [`VerifierBuilder::x_secret`].
pub const X_SECRET_HEADER: &str = "x-secret";
/// The body limit unless another is set: 2 MiB.
pub const DEFAULT_MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// Decides whether deliveries are authentic. Make one at start and share it: it is immutable and `Send + Sync`.
///
/// ```
/// use yuno_webhooks::{Verifier, testing};
///
/// let verifier = Verifier::builder().hmac_secret("secret").build()?;
/// let body = br#"{"type":"payment","type_event":"payment.purchase","data":{"payment":{"id":"p1"}}}"#;
/// let signature = testing::sign(body, "secret");
/// let event = verifier.verify(body, &[("X-HMAC-Signature", &signature)])?;
/// assert_eq!(event.kind().as_str(), "payment.purchase");
/// # Ok::<(), yuno_webhooks::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    /// Empty only for a verifier that was told to receive unsigned deliveries.
    keys: Vec<SigningKey>,
    /// In the order in which they are checked.
    credentials: Vec<RequiredHeader>,
    max_body_bytes: usize,
}

/// A header that must hold one of some values.
#[derive(Clone, Debug)]
struct RequiredHeader {
    /// In lower case.
    name: String,
    accepted: Credential,
    hint: Hint,
}

/// How a delivery was found to be authentic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authentic {
    /// The place of the secret that matched; `None` for an unsigned delivery.
    pub(crate) secret_index: Option<u8>,
}

impl Verifier {
    /// Begins a verifier without any secret.
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::default()
    }

    /// A verifier from variables, which are asked for through `look_up`: the library reads no environment by itself.
    ///
    /// `YUNO_WEBHOOK_HMAC_SECRET`, `YUNO_WEBHOOK_API_KEY` and `YUNO_WEBHOOK_X_SECRET` hold one value a line; one empty line at the end is ignored.
    /// `YUNO_WEBHOOK_UNSIGNED` is `1` to receive without signatures.
    ///
    /// # Errors
    /// As [`VerifierBuilder::build`]; a credential's variable that is set but empty is `INVALID_SECRET`, since it was meant to hold one.
    ///
    /// ```
    /// let verifier = yuno_webhooks::Verifier::from_variables(|name| {
    ///     (name == "YUNO_WEBHOOK_HMAC_SECRET").then(|| "new secret\nold secret".to_owned())
    /// });
    /// assert!(verifier.is_ok());
    /// ```
    pub fn from_variables(look_up: impl FnMut(&str) -> Option<String>) -> Result<Self, Error> {
        VerifierBuilder::from_variables(look_up)?.build()
    }

    /// The largest body that is looked at, in bytes. A receiver may stop reading one byte further.
    pub fn max_body_bytes(&self) -> usize {
        self.max_body_bytes
    }

    /// Whether the verifier looks at this header, in any case. A host need not convert the others.
    pub fn reads_header(&self, name: &[u8]) -> bool {
        self.header_names().any(|own| name.eq_ignore_ascii_case(own.as_bytes()))
    }

    /// The headers that the verifier looks at, in lower case.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        let signature = if self.keys.is_empty() { None } else { Some(SIGNATURE_HEADER) };
        signature.into_iter().chain(self.credentials.iter().map(|header| header.name.as_str()))
    }

    /// Looks at what is known of a delivery before its body is read, so that what could never be accepted need not be: the values of its
    /// `content-length` and `content-encoding`. A receiver still counts what it reads, since either may be absent or false.
    ///
    /// # Errors
    /// `BODY_ENCODED`, since the signature covers plain bytes, and nobody unpacks what is not authentic; `BODY_TOO_LARGE`.
    ///
    /// ```
    /// # let verifier = yuno_webhooks::Verifier::builder().hmac_secret("secret").build()?;
    /// assert!(verifier.admit(Some("1024"), None).is_ok());
    /// assert!(verifier.admit(None, Some("gzip")).is_err());
    /// # Ok::<(), yuno_webhooks::Error>(())
    /// ```
    pub fn admit(&self, content_length: Option<&str>, content_encoding: Option<&str>) -> Result<(), Error> {
        let encoding = content_encoding.map_or(&b""[..], |text| trim(text.as_bytes()));
        if !encoding.is_empty() && !encoding.eq_ignore_ascii_case(b"identity") {
            return Err(ErrorCode::BodyEncoded.into());
        }
        let length = content_length.map_or(&b""[..], |text| trim(text.as_bytes()));
        let is_number = !length.is_empty() && length.iter().all(u8::is_ascii_digit);
        // A number that does not fit is larger than any limit; what is no number is the server's to refuse.
        let fits = |digits: &str| digits.parse().is_ok_and(|length: usize| length <= self.max_body_bytes);
        if is_number && !str::from_utf8(length).is_ok_and(fits) {
            return Err(ErrorCode::BodyTooLarge.into());
        }
        Ok(())
    }

    /// Verifies a delivery and then parses it. `body` is the raw body as received.
    ///
    /// # Errors
    /// Stage authentication: the delivery is not proven authentic (or too large to look at). Stage payload: it is authentic, but not an event.
    /// The first failure is reported, in this order: body size; each configured header present once; static credentials; the signature's text;
    /// the HMAC; then UTF-8, JSON, an object, no ambiguity.
    pub fn verify<'a, H: Headers + ?Sized>(&self, body: &'a [u8], headers: &H) -> Result<Event<'a>, Error> {
        let authentic = wiping_stack(|| self.authenticate(body, headers))?;
        Event::parse(body, Some(authentic))
    }

    fn authenticate<H: Headers + ?Sized>(&self, body: &[u8], headers: &H) -> Result<Authentic, Error> {
        if body.len() > self.max_body_bytes {
            return Err(ErrorCode::BodyTooLarge.into());
        }
        let signature = if self.keys.is_empty() {
            None
        } else {
            Some(once(headers, SIGNATURE_HEADER, ErrorCode::SignatureMissing.into(), Hint::SignatureHeader)?)
        };
        let mut values = Vec::with_capacity(self.credentials.len());
        for header in &self.credentials {
            let missing = Error::with_hint(ErrorCode::CredentialMissing, header.hint);
            values.push(once(headers, &header.name, missing, header.hint)?);
        }
        // All are compared, whichever is wrong: the error names the first.
        let (mut right, mut wrong) = (Choice::from(1), 0_u64);
        for (place, (header, value)) in (0_u64..).zip(self.credentials.iter().zip(values)) {
            let accepted = header.accepted.accepts(trim(value));
            wrong.conditional_assign(&place, right & !accepted);
            right &= accepted;
        }
        if !bool::from(right) {
            let hint = (0_u64..).zip(&self.credentials).find(|(place, _)| *place == wrong).map_or(Hint::None, |(_, header)| header.hint);
            return Err(Error::with_hint(ErrorCode::CredentialMismatch, hint));
        }
        let secret_index = signature.map(|text| self.matching_secret(body, text)).transpose()?;
        Ok(Authentic { secret_index })
    }

    /// The place of the secret under which the signature is right. All are tried, whichever it is.
    fn matching_secret(&self, body: &[u8], text: &[u8]) -> Result<u8, Error> {
        let signature = signature::parse(text)?;
        let mut found = Choice::from(0);
        let mut index = 0_u8;
        for (place, key) in (0_u8..).zip(&self.keys) {
            let equal = key.sign(body).ct_eq(&signature);
            index.conditional_assign(&place, equal & !found);
            found |= equal;
        }
        if bool::from(found) { Ok(index) } else { Err(ErrorCode::SignatureMismatch.into()) }
    }
}

/// The value of a header that must be there exactly once.
fn once<'h, H: Headers + ?Sized>(headers: &'h H, name: &str, missing: Error, hint: Hint) -> Result<&'h [u8], Error> {
    match headers.find(name) {
        Found::Once(value) => Ok(value),
        Found::Absent => Err(missing),
        Found::Repeated => Err(Error::with_hint(ErrorCode::HeaderRepeated, hint)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_names_the_headers_that_it_looks_at() {
        let verifier = Verifier::builder().hmac_secret("s").x_secret(["k"]).required_header("X-Tenant", ["t"]).build().unwrap();
        assert_eq!(verifier.header_names().collect::<Vec<_>>(), ["x-hmac-signature", "x-secret", "x-tenant"]);
        assert!(verifier.reads_header(b"X-HMAC-Signature") && verifier.reads_header(b"x-tenant"));
        assert!(!verifier.reads_header(b"x-api-key") && !verifier.reads_header(b"x-tenants"));
        let unsigned = Verifier::builder().unsigned().api_key(["k"]).max_body_bytes(7).build().unwrap();
        assert_eq!(unsigned.header_names().collect::<Vec<_>>(), ["x-api-key"]);
        assert_eq!((verifier.max_body_bytes(), unsigned.max_body_bytes()), (2 * 1024 * 1024, 7));
    }

    #[test]
    fn a_value_that_is_given_twice_counts_once() {
        let verifier = Verifier::builder().hmac_secrets(["other", "s", "s"]).api_key(["k", "k"]).build().unwrap();
        let headers = [("x-hmac-signature", crate::testing::sign(b"{}", "s")), ("x-api-key", "k".to_owned())];
        assert_eq!(verifier.verify(b"{}", &headers).unwrap().secret_index(), Some(1));
    }

    #[test]
    fn a_credential_is_the_whole_value_but_for_the_white_space_of_http() {
        let verifier = Verifier::builder().unsigned().api_key(["k"]).build().unwrap();
        let accepts = |value: &[u8]| verifier.verify(b"{}", &[("x-api-key", value)]).is_ok();
        assert_eq!([&b"k"[..], b" k\t"].map(accepts), [true; 2]);
        assert_eq!([&b"k\x0c"[..], b"\x0ck", b"k\0", b"kk", b"K", b"k\xa0"].map(accepts), [false; 6]);
    }

    #[test]
    fn a_body_may_be_as_long_as_the_limit() {
        let verifier = Verifier::builder().unsigned().api_key(["k"]).max_body_bytes(2).build().unwrap();
        let code = |body| verifier.verify(body, &[("x-api-key", "k")]).map_err(|error| error.code()).err();
        assert_eq!([&b"{}"[..], b"[]", b"{} "].map(code), [None, Some(ErrorCode::BodyNotObject), Some(ErrorCode::BodyTooLarge)]);
    }

    #[test]
    fn an_error_names_the_header_that_is_absent_or_repeated() {
        let verifier = Verifier::builder().hmac_secret("s").api_key(["k"]).build().unwrap();
        let hint = |headers: &[(&str, &str)]| verifier.verify(b"{}", headers).unwrap_err().hint();
        let hint_of = |code, hint| Error::with_hint(code, hint).hint();
        let (signature, key) = (("x-hmac-signature", ""), ("x-api-key", "k"));
        assert_eq!(hint(&[signature, signature]), hint_of(ErrorCode::HeaderRepeated, Hint::SignatureHeader));
        assert_eq!(hint(&[signature, key, key]), hint_of(ErrorCode::HeaderRepeated, Hint::ApiKey));
        assert_eq!(hint(&[signature]), hint_of(ErrorCode::CredentialMissing, Hint::ApiKey));
    }

    #[test]
    fn an_error_names_the_first_header_that_is_wrong() {
        let verifier = Verifier::builder().unsigned().api_key(["k"]).x_secret(["s"]).required_header("x-tenant", ["t"]).build().unwrap();
        let hint = |api_key, x_secret, tenant| {
            let headers = [("x-api-key", api_key), ("x-secret", x_secret), ("x-tenant", tenant)];
            verifier.verify(b"{}", &headers).map_err(|error| error.hint()).err()
        };
        let hint_of = |hint| Error::with_hint(ErrorCode::CredentialMismatch, hint).hint();
        assert_eq!(hint("k", "s", "t"), None);
        assert_eq!(hint("-", "s", "-"), Some(hint_of(Hint::ApiKey)));
        assert_eq!(hint("k", "-", "-"), Some(hint_of(Hint::XSecret)));
        assert_eq!(hint("k", "s", "-"), Some(hint_of(Hint::RequiredHeader)));
    }
}
