//! Finding one header among those of a request, whatever its case, and noticing that it came twice.

/// How often a header is present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// Not at all.
    Absent,
    /// Once, with this value as it was sent.
    Once(&'a [u8]),
    /// More than once; which one counts is not for a receiver to guess.
    Repeated,
}

impl<'a> Found<'a> {
    /// Looks for a name, which is in lower case, among pairs of names and values: the rule by which every implementation of [`Headers`] over pairs goes.
    pub fn among(headers: impl IntoIterator<Item = (&'a [u8], &'a [u8])>, name: &str) -> Self {
        let values = headers.into_iter().filter(|(candidate, _)| candidate.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value);
        values.fold(Self::Absent, Self::and)
    }

    /// The state after one more value.
    fn and(self, value: &'a [u8]) -> Self {
        match self {
            Self::Absent => Self::Once(value),
            _ => Self::Repeated,
        }
    }
}

/// The headers of a request: anything in which a name can be looked up without regard to ASCII case.
///
/// Implemented for slices, arrays and vectors of `(name, value)` pairs of strings or bytes, and with the feature `http` for `http::HeaderMap`.
pub trait Headers {
    /// Looks a header up. `name` is in lower case; an implementation compares without ASCII case and counts every occurrence.
    fn find(&self, name: &str) -> Found<'_>;
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn find(&self, name: &str) -> Found<'_> {
        Found::among(self.iter().map(|(name, value)| (name.as_ref(), value.as_ref())), name)
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>, const COUNT: usize> Headers for [(N, V); COUNT] {
    fn find(&self, name: &str) -> Found<'_> {
        self.as_slice().find(name)
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Headers for Vec<(N, V)> {
    fn find(&self, name: &str) -> Found<'_> {
        self.as_slice().find(name)
    }
}

#[cfg(feature = "http")]
impl Headers for http::HeaderMap {
    fn find(&self, name: &str) -> Found<'_> {
        self.get_all(name).iter().fold(Found::Absent, |found, value| found.and(value.as_bytes()))
    }
}

/// The name of the header that a variable of CGI stands for: `x-api-key` for `HTTP_X_API_KEY`, `None` for a variable that is no header.
///
/// Only for variables that a server made: WSGI's environ, Rack's env, PHP's `$_SERVER`. On the wire `HTTP_X_API_KEY` is another header's name, and a
/// proxy that guards `x-api-key` lets it pass.
pub fn header_of_cgi(variable: &str) -> Option<String> {
    variable.strip_prefix("HTTP_").map(|name| name.replace('_', "-").to_ascii_lowercase())
}

/// The value without the white space that HTTP allows around it.
pub(super) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] | [rest @ .., b' ' | b'\t' | b'\r' | b'\n'] = value {
        value = rest;
    }
    value
}

/// Whether the text can be a header's name (RFC 9110, a token).
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_without_case_and_repeats_are_counted() {
        let headers = [("X-Api-Key", "a"), ("x-api-KEY", "a"), ("other", "b")];
        assert_eq!(headers.find("x-api-key"), Found::Repeated);
        assert_eq!(headers.to_vec().find("other"), Found::Once(b"b"));
        assert_eq!(headers.find("absent"), Found::Absent);
    }

    #[cfg(feature = "http")]
    #[test]
    fn a_header_map_counts_repeats() {
        let mut headers = http::HeaderMap::new();
        headers.append("x-api-key", http::HeaderValue::from_static("a"));
        assert_eq!(headers.find("x-api-key"), Found::Once(b"a"));
        headers.append("x-api-key", http::HeaderValue::from_static("a"));
        assert_eq!(headers.find("x-api-key"), Found::Repeated);
        assert_eq!(headers.find("x-secret"), Found::Absent);
    }

    #[test]
    fn cgi_spells_names_in_its_own_way_and_the_wire_does_not() {
        assert_eq!(header_of_cgi("HTTP_X_API_KEY").as_deref(), Some("x-api-key"));
        assert_eq!(header_of_cgi("HTTP_AUTHORIZATION").as_deref(), Some("authorization"));
        assert_eq!(header_of_cgi("CONTENT_LENGTH"), None);
        assert_eq!(header_of_cgi("http_x_api_key"), None);
        assert_eq!([("HTTP_X_API_KEY", "a")].find("x-api-key"), Found::Absent);
    }

    #[test]
    fn white_space_is_what_http_says() {
        for byte in 0..=u8::MAX {
            let value = [byte, byte, b'-', byte, b'-', byte];
            assert_eq!(trim(&value), if b" \t\r\n".contains(&byte) { &value[2..5] } else { &value }, "{byte}");
        }
    }

    #[test]
    fn names_are_tokens() {
        let token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        for character in '\0'..='\u{ff}' {
            assert_eq!(is_name(&format!("x{character}")), token.contains(character), "{character:?}");
        }
        assert!(is_name(token) && !is_name(""));
    }
}
