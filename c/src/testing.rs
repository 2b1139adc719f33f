//! For tests of a receiver: signatures and sample deliveries. And the release.

use core::ffi::c_char;
use core::mem::{MaybeUninit, offset_of};

use yuno_webhooks::testing::{self, Form, Sample as Core};
use yuno_webhooks::{ErrorCode, EventKind};

use crate::error::{Error, Flag, StatusNumber};
use crate::guard::{attempt, guard, make};
use crate::pointers::{Options, Str, buffer, fill, list, sized};

/// The release of the library that is linked, such as "0.1.0"; the header's is `YUNO_WEBHOOKS_VERSION`.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_version() -> Str {
    guard(Str::ABSENT, || Str::of(env!("CARGO_PKG_VERSION")))
}

/// Signs a body as the provider does: HMAC-SHA256 in base64, `YUNO_SIGNATURE_LEN` characters without a NUL at the end. For tests of your receiver.
///
/// `secret` may be any bytes. `*signature_len` (may be NULL) is the length of the signature, also where the buffer is too small or NULL, and 0 on other errors.
/// Nothing is written to the buffer on failure.
///
/// Errors: YUNO_BUFFER_TOO_SMALL, YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT, YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_sign(
    body: *const u8,
    body_len: usize,
    secret: Str,
    signature: *mut c_char,
    signature_size: usize,
    signature_len: Option<&mut MaybeUninit<usize>>,
) -> StatusNumber {
    attempt(None, || {
        let len = signature_len.map(|len| len.write(0));
        let body = list(body, body_len)?.unwrap_or_default();
        let secret = secret.bytes()?.unwrap_or_default();
        let room = buffer(signature, signature_size)?;
        let made = testing::sign(body, secret);
        if let Some(len) = len {
            *len = made.len();
        }
        let room = room.get_mut(..made.len()).ok_or(ErrorCode::BufferTooSmall)?;
        fill(room, made.as_bytes());
        Ok(())
    })
}

/// The body of a sample delivery, for tests of your receiver. Made by `yuno_sample_new`, freed by `yuno_sample_free`.
pub struct Sample(Vec<u8>);

/// What a sample holds. Begin with `YUNO_SAMPLE_OPTIONS_INIT` and set `kind`. A text that is absent has a plausible value; equal options give equal bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SampleOptions {
    /// `sizeof(yuno_sample_options)`.
    size: usize,
    /// What happened, in any spelling of the catalogue.
    kind: Str,
    /// How it is written: one of `yuno_catalog_form`.
    form: Str,
    /// The resource's status.
    status: Str,
    /// The resource's sub-status.
    sub_status: Str,
    /// The resource's id.
    id: Str,
    /// The account.
    account_id: Str,
    /// The transaction's id.
    transaction_id: Str,
    /// The transaction's status; otherwise it follows from the resource's.
    transaction_status: Str,
    /// What the transaction moved, of a partial refund the part ("5.00"); otherwise the whole amount.
    transaction_amount: Str,
    /// When the resource and its transaction changed, as the provider writes it ("2026-08-17T07:35:18.49869Z").
    updated_at: Str,
    /// The amount, as the digits that stand in the body ("24.90").
    amount: Str,
    /// The currency.
    currency: Str,
    /// The merchant's reference.
    merchant_reference: Str,
    /// The try; 0 is the first.
    retry: u32,
    /// Whether to leave the counter of tries out.
    without_retry: Flag,
}

// SAFETY: `repr(C)`, the size comes first, and the members are numbers and pointers.
unsafe impl Options for SampleOptions {
    const FIRST_SIZE: usize = offset_of!(Self, without_retry) + size_of::<Flag>();
}

/// Sets one option of a sample.
/// cbindgen:ignore
type Setter = fn(Core, String) -> Core;

/// Makes the body of a sample delivery; `yuno_sign` signs it.
///
/// Errors: YUNO_INVALID_ARGUMENT (another kind or form, an amount that is no JSON number, a text that is not UTF-8, a `size` that cannot be right),
/// YUNO_NULL_POINTER, YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_sample_new(
    options: *const SampleOptions,
    sample: Option<&mut MaybeUninit<Option<Box<Sample>>>>,
    error: Option<&mut MaybeUninit<Error>>,
) -> StatusNumber {
    make(sample, error, || {
        let given = sized(options)?;
        let text = |text: Str| text.text(ErrorCode::InvalidArgument);
        let kind = EventKind::from_spelling(text(given.kind)?.unwrap_or_default());
        let retry = if given.without_retry == 0 { Some(given.retry) } else { None };
        let mut sample = Core::new(kind).retry(retry);
        if let Some(form) = text(given.form)? {
            sample = sample.form(Form::from_name(form)?);
        }
        let texts: [(Str, Setter); 11] = [
            (given.status, Core::status),
            (given.sub_status, Core::sub_status),
            (given.id, Core::id),
            (given.account_id, Core::account_id),
            (given.transaction_id, Core::transaction_id),
            (given.transaction_status, Core::transaction_status),
            (given.transaction_amount, Core::transaction_amount),
            (given.updated_at, Core::updated_at),
            (given.amount, Core::amount),
            (given.currency, Core::currency),
            (given.merchant_reference, Core::merchant_reference),
        ];
        for (value, set) in texts {
            if let Some(value) = text(value)? {
                sample = set(sample, value.to_owned());
            }
        }
        sample.body().map(Sample)
    })
}

/// Frees a sample; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_sample_free(sample: Option<Box<Sample>>) {
    guard((), || drop(sample));
}

/// The sample's bytes.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_sample_body(sample: Option<&Sample>) -> Str {
    guard(Str::ABSENT, || sample.map_or(Str::ABSENT, |sample| Str::of(&sample.0)))
}
