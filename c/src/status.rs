//! The numbers of the error codes as an enum for C; a test makes sure that they are the core's.

/// How a call went: `YUNO_OK`, or why not. `yuno_status_message` says what to do. Later releases may add numbers.
#[repr(i32)]
#[expect(non_camel_case_types, reason = "the names are those of the header")]
pub enum Status {
    /// It went well.
    YUNO_OK = 0,
    /// A required pointer is NULL.
    YUNO_NULL_POINTER = 1,
    /// The buffer is too small; the call tells the size that it needs.
    YUNO_BUFFER_TOO_SMALL = 2,
    /// The library failed inside. The delivery was not accepted.
    YUNO_PANIC = 3,
    /// An argument is not of the form that the call takes.
    YUNO_INVALID_ARGUMENT = 4,
    /// Configuration: a secret or credential cannot be right.
    YUNO_INVALID_SECRET = 10,
    /// Configuration: unsigned deliveries need at least one static credential.
    YUNO_NO_CREDENTIALS = 11,
    /// Configuration: a required header's name is wrong, given twice, or has an option of its own.
    YUNO_INVALID_HEADER_NAME = 12,
    /// Configuration: there is no HMAC secret, or there is one although unsigned deliveries were asked for.
    YUNO_NO_SIGNATURE_SECRET = 13,
    /// Configuration: a limit or a schedule is out of range.
    YUNO_INVALID_LIMIT = 14,
    /// Authentication: the signature's header is missing.
    YUNO_SIGNATURE_MISSING = 20,
    /// Authentication: the signature's header holds no signature.
    YUNO_SIGNATURE_MALFORMED = 21,
    /// Authentication: the signature does not belong to this body under any configured secret.
    YUNO_SIGNATURE_MISMATCH = 22,
    /// Authentication: a required header is missing.
    YUNO_CREDENTIAL_MISSING = 23,
    /// Authentication: a required header does not hold an accepted value.
    YUNO_CREDENTIAL_MISMATCH = 24,
    /// Authentication: a header that authenticates is present more than once.
    YUNO_HEADER_REPEATED = 25,
    /// Authentication: the body is larger than the limit.
    YUNO_BODY_TOO_LARGE = 26,
    /// Authentication: the body came compressed or otherwise encoded.
    YUNO_BODY_ENCODED = 27,
    /// Payload: the body is authentic, but not JSON in UTF-8.
    YUNO_BODY_NOT_JSON = 31,
    /// Payload: the body is authentic and JSON, but not an object.
    YUNO_BODY_NOT_OBJECT = 32,
    /// Payload: the body is authentic, but gives one of the fields that decide twice.
    YUNO_BODY_AMBIGUOUS = 33,
    /// Payload: a JSON reader of the host refuses the event's data. Not returned by this library.
    YUNO_DATA_UNREADABLE = 34,
    /// Inbox: the store did not take the delivery. Not returned by this library.
    YUNO_STORE_UNAVAILABLE = 40,
    /// Inbox: the lease was lost to another worker. Not returned by this library.
    YUNO_STALE_FENCE = 41,
    /// Inbox: bodies would be removed while the provider may still redeliver.
    YUNO_RETENTION_TOO_SHORT = 42,
    /// Inbox: the store's schema is a later release's.
    YUNO_SCHEMA_MISMATCH = 43,
    /// Inbox: the store has no delivery under this key. Not returned by this library.
    YUNO_NOT_FOUND = 44,
    /// Inbox: the store could lose or forget what it acknowledged. Not returned by this library.
    YUNO_STORE_UNSAFE = 45,
}
