//! `yuno_verifier`: options in, an event or a coded error out.

use core::mem::{MaybeUninit, offset_of};

use yuno_webhooks::{Error as CoreError, ErrorCode, Found, Headers, OwnedEvent, Verifier as Core};
use zeroize::Zeroizing;

use crate::error::{Error, Flag, StatusNumber};
use crate::event::Event;
use crate::guard::{attempt, guard, make};
use crate::pointers::{Options, Str, list, sized, value};

/// Decides whether deliveries are authentic. Make one at start and share it: it never changes and may be used by many threads at once.
/// Made by `yuno_verifier_new` or `yuno_verifier_from_env`, freed by `yuno_verifier_free`.
pub struct Verifier(Core);

/// A header of a request, or of several with this name: give one for each value as it came in.
#[repr(C)]
pub struct Header {
    /// The name, in any case.
    name: Str,
    /// The value, as it was sent.
    value: Str,
}

/// What another header must hold.
#[repr(C)]
pub struct RequiredHeader {
    /// Its name, in any case.
    name: Str,
    /// The accepted values, one to eight, each of them whole, such as "Bearer abc".
    values: *const Str,
    /// How many values there are.
    values_len: usize,
}

/// What a verifier accepts. Begin with `YUNO_VERIFIER_OPTIONS_INIT` and set what you need; everything is copied.
///
/// Each list has one to eight values, all of which are accepted: several while you rotate. A list is not set if it is NULL; one that is set and empty
/// is refused, except for `hmac_secrets`, where it is as not set.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct VerifierOptions {
    /// `sizeof(yuno_verifier_options)`.
    size: usize,
    /// The webhook's client secrets.
    hmac_secrets: *const Str,
    /// How many there are.
    hmac_secrets_len: usize,
    /// What the header x-api-key must hold.
    api_keys: *const Str,
    /// How many there are.
    api_keys_len: usize,
    /// What the header x-secret must hold.
    x_secrets: *const Str,
    /// How many there are.
    x_secrets_len: usize,
    /// What other headers must hold.
    required_headers: *const RequiredHeader,
    /// How many there are.
    required_headers_len: usize,
    /// The largest body that is looked at, in bytes, at least 1; NULL for `YUNO_DEFAULT_MAX_BODY_BYTES`.
    max_body_bytes: *const usize,
    /// Whether to receive deliveries without a signature. Then there are no `hmac_secrets`, and at least one of the other lists is set.
    is_unsigned: Flag,
}

// SAFETY: `repr(C)`, the size comes first, and the members are numbers and pointers.
unsafe impl Options for VerifierOptions {
    const FIRST_SIZE: usize = offset_of!(Self, is_unsigned) + size_of::<Flag>();
}

/// Makes a verifier.
///
/// Errors: YUNO_NO_SIGNATURE_SECRET, YUNO_NO_CREDENTIALS, YUNO_INVALID_SECRET (also for one that is not UTF-8), YUNO_INVALID_HEADER_NAME,
/// YUNO_INVALID_LIMIT; YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT (a length or `size` cannot be right), YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_verifier_new(
    options: *const VerifierOptions,
    verifier: Option<&mut MaybeUninit<Option<Box<Verifier>>>>,
    error: Option<&mut MaybeUninit<Error>>,
) -> StatusNumber {
    make(verifier, error, || {
        let given = sized(options)?;
        let mut builder = Core::builder().hmac_secrets(secrets(given.hmac_secrets, given.hmac_secrets_len)?.unwrap_or_default());
        if let Some(accepted) = secrets(given.api_keys, given.api_keys_len)? {
            builder = builder.api_key(accepted);
        }
        if let Some(accepted) = secrets(given.x_secrets, given.x_secrets_len)? {
            builder = builder.x_secret(accepted);
        }
        for header in list(given.required_headers, given.required_headers_len)?.unwrap_or_default() {
            let name = header.name.text(ErrorCode::InvalidHeaderName)?.unwrap_or_default();
            builder = builder.required_header(name, secrets(header.values, header.values_len)?.unwrap_or_default());
        }
        if let Some(limit) = value(given.max_body_bytes) {
            builder = builder.max_body_bytes(*limit);
        }
        if given.is_unsigned != 0 {
            builder = builder.unsigned();
        }
        builder.build().map(Verifier)
    })
}

/// Makes a verifier from the environment: YUNO_WEBHOOK_HMAC_SECRET, YUNO_WEBHOOK_API_KEY and YUNO_WEBHOOK_X_SECRET hold one value a line (one empty
/// line at the end is ignored), and YUNO_WEBHOOK_UNSIGNED is "1" to receive without a signature. No other thread may change the environment meanwhile.
///
/// Errors: as `yuno_verifier_new`; a variable that is not UTF-8 is YUNO_INVALID_SECRET.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_verifier_from_env(
    verifier: Option<&mut MaybeUninit<Option<Box<Verifier>>>>,
    error: Option<&mut MaybeUninit<Error>>,
) -> StatusNumber {
    make(verifier, error, || {
        let mut is_text = true;
        let made = Core::from_variables(|name| {
            let value = std::env::var_os(name)?.into_string();
            is_text &= value.is_ok();
            value.map_err(|bytes| drop(Zeroizing::new(bytes.into_encoded_bytes()))).ok()
        });
        if is_text { made.map(Verifier) } else { Err(ErrorCode::InvalidSecret.into()) }
    })
}

/// Frees a verifier; NULL is fine. No thread may use it any more. Events that it made live on.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_verifier_free(verifier: Option<Box<Verifier>>) {
    guard((), || drop(verifier));
}

/// The largest body that is looked at, in bytes; 0 for NULL. A receiver may stop reading one byte further.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_verifier_max_body_bytes(verifier: Option<&Verifier>) -> usize {
    guard(0, || verifier.map_or(0, |verifier| verifier.0.max_body_bytes()))
}

/// Whether the verifier looks at the header of this name, in any case. The others need not be given to `yuno_verify`.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_verifier_reads_header(verifier: Option<&Verifier>, name: Str) -> bool {
    guard(false, || match (verifier, name.bytes()) {
        (Some(verifier), Ok(Some(name))) => verifier.0.reads_header(name),
        _ => false,
    })
}

/// Looks at what is known of a delivery before its body is read, so that what could never be accepted need not be: the values of its headers
/// content-length and content-encoding, absent where it has none. Count what you read all the same, since either may be absent or false.
///
/// Errors: YUNO_BODY_ENCODED, YUNO_BODY_TOO_LARGE; YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT, YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_verifier_admit(
    verifier: Option<&Verifier>,
    content_length: Str,
    content_encoding: Str,
    error: Option<&mut MaybeUninit<Error>>,
) -> StatusNumber {
    attempt(error, || {
        let Verifier(verifier) = verifier.ok_or(ErrorCode::NullPointer)?;
        // What is not even text is no known encoding, and no length.
        let length = content_length.text(ErrorCode::InvalidArgument)?;
        let encoding = content_encoding.text(ErrorCode::BodyEncoded)?;
        verifier.admit(length, encoding)
    })
}

/// Verifies a delivery and then parses it. `body` is the raw body as it came in, `headers` are the request's. Every occurrence of a header must be given.
///
/// The body is copied before it is verified and belongs to the event: yours may be freed or reused as soon as the call returns.
///
/// Errors, the first of them in this order: YUNO_BODY_TOO_LARGE; YUNO_SIGNATURE_MISSING, YUNO_CREDENTIAL_MISSING, YUNO_HEADER_REPEATED;
/// YUNO_CREDENTIAL_MISMATCH; YUNO_SIGNATURE_MALFORMED; YUNO_SIGNATURE_MISMATCH; YUNO_BODY_NOT_JSON, YUNO_BODY_NOT_OBJECT, YUNO_BODY_AMBIGUOUS. The last
/// three are of the stage "payload": the delivery is authentic but no event, so keep your bytes. Before all of them YUNO_NULL_POINTER and
/// YUNO_INVALID_ARGUMENT; at any point YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_verify(
    verifier: Option<&Verifier>,
    body: *const u8,
    body_len: usize,
    headers: *const Header,
    headers_len: usize,
    event: Option<&mut MaybeUninit<Option<Box<Event>>>>,
    error: Option<&mut MaybeUninit<Error>>,
) -> StatusNumber {
    make(event, error, || {
        let Verifier(verifier) = verifier.ok_or(ErrorCode::NullPointer)?;
        let body = list(body, body_len)?.unwrap_or_default();
        let headers = Given::new(list(headers, headers_len)?.unwrap_or_default())?;
        // The core looks at this first too; it is asked here so that a body that is too large is not even copied.
        if body.len() > verifier.max_body_bytes() {
            return Err(ErrorCode::BodyTooLarge.into());
        }
        OwnedEvent::verify(verifier, Box::from(body), &headers).map(Event::new).map_err(|refused| refused.error())
    })
}

/// The request's headers where they lie.
struct Given<'a>(&'a [Header]);

impl<'a> Given<'a> {
    fn new(headers: &'a [Header]) -> Result<Self, ErrorCode> {
        headers.iter().try_for_each(|header| header.name.bytes().and(header.value.bytes()).map(drop))?;
        Ok(Self(headers))
    }
}

impl Headers for Given<'_> {
    fn find(&self, name: &str) -> Found<'_> {
        // `new` has looked at all of them.
        let bytes = |text: Str| text.bytes().ok().flatten().unwrap_or_default();
        Found::among(self.0.iter().map(|header| (bytes(header.name), bytes(header.value))), name)
    }
}

/// The values of a secret or credential; `None` if the option is not set. A value that is absent is empty, which the core refuses with a hint.
fn secrets<'a>(values: *const Str, len: usize) -> Result<Option<Vec<&'a str>>, CoreError> {
    let own = |value: &Str| Ok(value.text(ErrorCode::InvalidSecret)?.unwrap_or_default());
    list(values, len)?.map(|values| values.iter().map(own).collect()).transpose()
}
