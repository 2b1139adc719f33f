//! Every way in which a delivery or a configuration can be refused.
//!
//! An [`Error`] is made of constants only: its text cannot hold a body, a secret, a credential or an expected signature.

use core::{fmt, iter};

use crate::verify::MAX_VALUES;

/// Where an error arises, which says who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// How the library was set up: the merchant mends it before the first delivery.
    Configuration,
    /// The delivery is not proven authentic; nothing in it may be believed.
    Authentication,
    /// The delivery is authentic, but its body cannot be read; its bytes are worth keeping.
    Payload,
    /// The durable inbox.
    Inbox,
    /// The boundary between the library and a host language.
    Boundary,
}

impl Stage {
    /// The name, the same in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Authentication => "authentication",
            Self::Payload => "payload",
            Self::Inbox => "inbox",
            Self::Boundary => "boundary",
        }
    }
}

/// Makes the enum and its look-ups from one table, so that a code is added in one place.
macro_rules! error_codes {
    ($($variant:ident = $number:literal, $name:literal, $stage:ident, $status:literal, $message:literal;)*) => {
        /// The stable identity of an error: the name and the number are the same in every language and are never reused.
        ///
        /// The number 0 means success at the C boundary and is not an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        #[repr(i32)]
        pub enum ErrorCode {
            $(#[doc = concat!("`", $name, "`: ", $message)] $variant = $number,)*
        }

        impl ErrorCode {
            /// Every code, by number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The number, for C and for logs.
            pub const fn number(self) -> i32 {
                match self { $(Self::$variant => $number),* }
            }

            /// The name, such as `SIGNATURE_MISMATCH`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// Where the error arises.
            pub const fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage),* }
            }

            /// The HTTP status that a receiver answers; [`Reply`](crate::Reply) also knows the body.
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }

            /// What happened and what to do next, in one or two sentences.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message),* }
            }
        }
    };
}

error_codes! {
    NullPointer = 1, "NULL_POINTER", Boundary, 500,
        "A required pointer is NULL. Pass a pointer to the value.";
    BufferTooSmall = 2, "BUFFER_TOO_SMALL", Boundary, 500,
        "The buffer is too small. Pass one of the size that the call reports.";
    Panic = 3, "PANIC", Boundary, 500,
        "The library failed inside. Please report it, with the version; the delivery was not accepted.";
    InvalidArgument = 4, "INVALID_ARGUMENT", Boundary, 500,
        "An argument is not of the form that the call takes. Its documentation says which form that is.";
    InvalidSecret = 10, "INVALID_SECRET", Configuration, 500,
        "A secret or credential cannot be right. One is not empty, not asterisks and not a word such as `None`, has no white space at its ends and no control characters, \
         is printable ASCII where it travels in a header, and has at most eight values. Compare it with what was entered in the provider's dashboard.";
    NoCredentials = 11, "NO_CREDENTIALS", Configuration, 500,
        "Receiving unsigned deliveries needs at least one static credential. Set the API key, the x-secret or a required header.";
    InvalidHeaderName = 12, "INVALID_HEADER_NAME", Configuration, 500,
        "A required header's name is not a header name, is given twice, or has an option of its own \
         (x-hmac-signature, x-api-key, x-secret). Correct the name or use the option.";
    NoSignatureSecret = 13, "NO_SIGNATURE_SECRET", Configuration, 500,
        "A verifier needs exactly one of two: an HMAC secret, which is the webhook's client secret (YUNO_WEBHOOK_HMAC_SECRET), or the option `unsigned` \
         (YUNO_WEBHOOK_UNSIGNED=1) for a webhook whose HMAC is switched off.";
    InvalidLimit = 14, "INVALID_LIMIT", Configuration, 500,
        "A limit or a schedule is out of range.";
    SignatureMissing = 20, "SIGNATURE_MISSING", Authentication, 401,
        "The x-hmac-signature header is missing. Switch HMAC signing on for this webhook in the dashboard, and check that no proxy drops the header.";
    SignatureMalformed = 21, "SIGNATURE_MALFORMED", Authentication, 401,
        "The x-hmac-signature header is not a signature, which is 44 characters of standard base64 with its padding, or 64 hexadecimal digits. \
         Find what else sends it, or changes it on its way.";
    SignatureMismatch = 22, "SIGNATURE_MISMATCH", Authentication, 401,
        "The signature does not belong to this body under any configured secret. Verify the raw bytes as received, never parsed and written again, \
         and check that the secret is this webhook's own client secret, without white space.";
    CredentialMissing = 23, "CREDENTIAL_MISSING", Authentication, 401,
        "A required header is missing. Check that the webhook sends it and that no proxy drops it.";
    CredentialMismatch = 24, "CREDENTIAL_MISMATCH", Authentication, 401,
        "A required header does not hold an accepted value. Compare the webhook's configuration with this one.";
    HeaderRepeated = 25, "HEADER_REPEATED", Authentication, 401,
        "A header that authenticates is present more than once. Find the proxy or the client that adds it again.";
    BodyTooLarge = 26, "BODY_TOO_LARGE", Authentication, 413,
        "The body is larger than the limit: 2 MiB, unless the option max_body_bytes (maxBodyBytes) says otherwise. Raise it if the provider really sends such bodies.";
    BodyEncoded = 27, "BODY_ENCODED", Authentication, 415,
        "The body came compressed or otherwise encoded; the provider signs and sends plain bytes. Find the proxy that encodes it.";
    BodyNotJson = 31, "BODY_NOT_JSON", Payload, 400,
        "The body is not JSON in UTF-8. Keep its bytes and look at what was sent.";
    BodyNotObject = 32, "BODY_NOT_OBJECT", Payload, 400,
        "The body is JSON, but not an object. Keep its bytes and look at what was sent.";
    BodyAmbiguous = 33, "BODY_AMBIGUOUS", Payload, 400,
        "The body gives one of the fields that decide twice, so that two readers could read two events. Keep its bytes and look at what was sent.";
    DataUnreadable = 34, "DATA_UNREADABLE", Payload, 400,
        "The host's JSON reader refuses the event's data (depth or size). The event stays usable; read its raw bytes with another reader.";
    StoreUnavailable = 40, "STORE_UNAVAILABLE", Inbox, 503,
        "The store could not be opened, or did not take the delivery. Look at the store; what was not stored is answered 503, so that the provider tries again.";
    StaleFence = 41, "STALE_FENCE", Inbox, 500,
        "The lease was lost and the delivery claimed by another worker. Drop this result; the other worker's counts.";
    RetentionTooShort = 42, "RETENTION_TOO_SHORT", Inbox, 500,
        "Bodies or keys would be removed while the provider may still redeliver. Keep them for the schedule's whole days and one day more: with the documented schedule, \
         at least 8 days (8d).";
    SchemaMismatch = 43, "SCHEMA_MISMATCH", Inbox, 500,
        "The store has no inbox yet, or one of another release. A receiver or a worker that opens it makes it or brings it up, unless it was told not to migrate; check the \
         address, and that all processes run one release.";
    NotFound = 44, "NOT_FOUND", Inbox, 500,
        "The store has no delivery under this key that the call is for: what is dead or done is replayed, what is dead is discarded, and what is pending is worked on by itself. \
         Check the scope, the key and the delivery's state.";
    StoreUnsafe = 45, "STORE_UNSAFE", Inbox, 500,
        "The store could lose or forget what it acknowledged, and is not used. Set the server as core/INBOX.md says under Redis.";
}

impl ErrorCode {
    /// The code of this name, such as `SIGNATURE_MISMATCH`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// The code of this number.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text of a flaw, after the place that the secret has among several.
macro_rules! placed {
    ($place:expr, $text:literal, $($at:literal)*) => {
        match $place {
            $(Some($at) => concat!("hmac_secret[", $at, "] is refused. ", $text),)*
            _ => $text,
        }
    };
}

/// Makes the hints and their texts from one table. A flaw of a secret has one more for each place in a list.
macro_rules! hints {
    ($($variant:ident: $text:literal;)* [flaws of a secret] $($flaw:ident: $why:literal;)*) => {
        /// What is known beyond the code. Constants only.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Hint { $($variant,)* $($flaw(Option<u8>)),* }

        impl Hint {
            fn all() -> impl Iterator<Item = Self> {
                let places = iter::once(None).chain((0..).take(MAX_VALUES).map(Some));
                [$(Self::$variant),*].into_iter().chain(places.flat_map(|place| [$(Self::$flaw(place)),*]))
            }

            const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    $(Self::$flaw(place) => placed!(place, $why, 0 1 2 3 4 5 6 7),)*
                }
            }
        }
    };
}

hints! {
    None: "";
    ApiKey: "The header is x-api-key.";
    XSecret: "The header is x-secret.";
    RequiredHeader: "The header is one of the required headers.";
    SignatureHeader: "The header is x-hmac-signature.";
    Timestamped: "It looks like a `t=..,v1=..` signature, another scheme than the one that payment webhooks use.";
    Joined: "It holds a comma: two headers seem to have been joined into one.";
    UrlSafe: "It looks like url-safe base64; the provider sends the standard alphabet.";
    Unpadded: "It looks like base64 without its padding.";
    EmptyValue: "The header is empty.";
    EmptyBody: "The body is empty, though authentic: a reachability test, perhaps. Answer 200.";
    VanishedBody: "It is empty, and no signature proves that it was sent so: something before the verifier may have read it.";
    InvalidUtf8: "The bytes are not UTF-8.";
    ByteOrderMark: "The body begins with a byte order mark.";
    UnsignedWithSecret: "Unsigned deliveries were asked for although a secret is set. Remove one of the two.";
    UnsignedVariable: "YUNO_WEBHOOK_UNSIGNED is 1, 0 or unset; any other value is refused.";
    SecretNotAscii: "It has a character that is not printable ASCII and cannot travel in a header.";
    SecretCount: "There are none, or more than eight.";
    LimitOfBody: "A body limit is from 1 byte to what the machine can address, and 2 MiB unless given.";
    Delays: "A schedule has at least one delay, the first of them 0, and each try comes after the one before it.";
    Waits: "A schedule has at least one acknowledgement wait.";
    Backoff: "A backoff has at least one attempt, a first wait of a millisecond or more, and a longest wait that is no shorter and no longer than a year.";
    Partitions: "An inbox in Redis has 1 to 1024 partitions.";
    OtherPartitions: "The store was made with another number of partitions, which it keeps: open it with that one.";
    Eviction: "Redis may evict keys, which would then be believed again: set maxmemory-policy to noeviction.";
    NoAppendOnlyFile: "Redis keeps no append-only file: set appendonly to yes.";
    LateFsync: "Redis answers before it has written: set appendfsync to always, or say that losing the last second in a crash is fine (durability everysec).";
    UnfinishedAppendOnlyFile: "Redis has just begun its append-only file, and a crash would find none: try again when INFO says aof_rewrite_in_progress:0.";
    NoFsyncOnRewrite: "Redis does not wait for the disk while it rewrites its file: set no-appendfsync-on-rewrite to no.";
    Untold: "Redis does not say how it keeps its data (INFO, CONFIG GET): where you know it, say that it is not to be checked (durability unchecked).";
    SampleKind: "The kind is none of the catalogue's.";
    SampleForm: "The form is none that this kind can take; the catalogue lists them.";
    SampleAmount: "The amount is not a JSON number, such as 24.90.";
    [flaws of a secret]
    SecretEmpty: "It is empty.";
    SecretMasked: "It is masked by asterisks or the like, as the provider shows a secret that is set, or is only punctuation.";
    SecretNothing: "It is the word that a language writes for a value that is not set: the secret was not found where it was looked for.";
    SecretWhite: "It has white space at an end, a line break or something unseen perhaps: strip it.";
    SecretControl: "It has a control character in it.";
}

/// Why a delivery or a configuration was refused.
///
/// ```
/// use yuno_webhooks::{ErrorCode, Verifier};
///
/// let error = Verifier::builder().hmac_secret("***").build().unwrap_err();
/// assert_eq!(error.code(), ErrorCode::InvalidSecret);
/// assert!(error.to_string().starts_with("INVALID_SECRET: "));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Error {
    code: ErrorCode,
    hint: Hint,
}

impl Error {
    pub(crate) const fn with_hint(code: ErrorCode, hint: Hint) -> Self {
        Self { code, hint }
    }

    /// An authentic body without a single byte: `BODY_NOT_JSON`, but to be acknowledged.
    pub const fn empty_body() -> Self {
        Self::with_hint(ErrorCode::BodyNotJson, Hint::EmptyBody)
    }

    /// The error of a code and a hint that a host kept apart. A text that is no hint of ours is none.
    pub fn from_parts(code: ErrorCode, hint: &str) -> Self {
        Self::with_hint(code, Hint::all().find(|own| own.text() == hint).unwrap_or(Hint::None))
    }

    /// The stable identity of the error.
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// What more is known of this case than the code says; empty if nothing is.
    pub const fn hint(&self) -> &'static str {
        self.hint.text()
    }

    /// Whether the body was authentic and had no bytes at all.
    pub const fn is_empty_body(&self) -> bool {
        matches!((self.code, self.hint), (ErrorCode::BodyNotJson, Hint::EmptyBody))
    }

    /// Whether there is nothing that a receiver could have stored: the body is empty, and nothing proves that it was sent so.
    pub(crate) const fn is_vanished_body(&self) -> bool {
        matches!(self.hint, Hint::VanishedBody)
    }
}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        Self::with_hint(code, Hint::None)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is known of this case comes first.
        let space = if self.hint().is_empty() { "" } else { " " };
        write!(f, "{}: {}{space}{}", self.code.name(), self.hint(), self.code.message())
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_by_name_and_number() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_name(code.name()), Some(*code));
            assert_eq!(ErrorCode::from_number(code.number()), Some(*code));
            assert_eq!(code.to_string(), code.name());
        }
        for hint in Hint::all() {
            let error = Error::with_hint(ErrorCode::BodyNotJson, hint);
            assert_eq!(Error::from_parts(error.code(), error.hint()), error, "{hint:?}");
        }
        assert_eq!(Error::from_parts(ErrorCode::BodyNotJson, "a text of others").hint(), "");
        assert!(!Error::from_parts(ErrorCode::SignatureMismatch, Error::empty_body().hint()).is_empty_body());
        assert_eq!(ErrorCode::from_number(0), None);
    }

    #[test]
    fn every_message_says_what_to_do_and_is_one_line() {
        for code in ErrorCode::ALL {
            assert!(code.message().ends_with('.'), "{code}");
            assert!(!code.message().contains('\n') && !code.message().contains("  "), "{code}");
        }
    }
}
