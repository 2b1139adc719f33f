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
        let values = headers.into_iter().filter(|(candidate, _)| is_header(candidate, name)).map(|(_, value)| value);
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
/// The spelling of CGI, WSGI, Rack and PHP's `$_SERVER` (`HTTP_X_API_KEY`) is the same name. Implemented for slices, arrays and vectors of `(name, value)` pairs of strings or bytes, and with the feature `http` for `http::HeaderMap`.
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

/// Whether a name as a host spells it is this one, which is in lower case.
pub(super) fn is_header(candidate: &[u8], name: &str) -> bool {
    candidate.eq_ignore_ascii_case(name.as_bytes()) || candidate.strip_prefix(b"HTTP_").is_some_and(|rest| is_cgi(rest, name))
}

/// CGI writes names in capitals, and each hyphen as an underscore.
fn is_cgi(candidate: &[u8], name: &str) -> bool {
    let spelled = name.bytes().map(|byte| if byte == b'-' { b'_' } else { byte.to_ascii_uppercase() });
    candidate.len() == name.len() && candidate.iter().copied().eq(spelled)
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
    fn the_spelling_of_cgi_is_the_same_name() {
        let headers = [("HTTP_X_API_KEY", "a"), ("x-api-key", "a"), ("HTTP_AUTHORIZATION", "b"), ("HTTP_x-secret", "c"), ("X_SECRET", "d")];
        assert_eq!(headers.find("x-api-key"), Found::Repeated);
        assert_eq!(headers.find("authorization"), Found::Once(b"b"));
        assert_eq!(headers.find("x-secret"), Found::Absent);
    }

    #[test]
    fn names_are_tokens() {
        assert!(is_name("x-Tenant_1"));
        assert!(!is_name("") && !is_name("a b") && !is_name("é") && !is_name("a:"));
    }
}
