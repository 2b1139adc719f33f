//! Errors for C: a status, what more is known, and the table of all codes.

use core::mem::MaybeUninit;

use yuno_webhooks::{Error as CoreError, ErrorCode};

use crate::guard::{guard, number};
use crate::pointers::Str;

/// A status on its way through C: any number.
/// cbindgen:ignore
pub(crate) type StatusNumber = i32;

/// A C `bool`, which C can have any number in: 0 is false.
/// cbindgen:ignore
pub(crate) type Flag = u8;

/// Why a call failed. Where a function takes a pointer to one, it may be NULL; otherwise it is written whether the call fails or not.
///
/// It holds constants only, never a part of a body or a secret, and may be logged and copied.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Error {
    /// What the function returned.
    pub(crate) code: StatusNumber,
    /// Whether the body was authentic and had no bytes at all: `yuno_reply_to_error` acknowledges it.
    empty_body: Flag,
    /// What more is known than the code says, in a sentence; absent if nothing is.
    hint: Str,
}

impl Error {
    pub(crate) const NONE: Self = Self { code: 0, empty_body: 0, hint: Str::ABSENT };

    pub(crate) fn of(error: &CoreError) -> Self {
        let hint = Some(error.hint()).filter(|hint| !hint.is_empty());
        Self { code: error.code().number(), empty_body: error.is_empty_body().into(), hint: hint.into() }
    }

    /// The core's error that this one was made of; a number that is no error's is an invalid argument.
    pub(crate) fn to_core(self) -> CoreError {
        let code = ErrorCode::from_number(self.code).unwrap_or(ErrorCode::InvalidArgument);
        if self.empty_body != 0 && code == CoreError::empty_body().code() { CoreError::empty_body() } else { code.into() }
    }
}

/// How many error codes there are.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_status_count() -> usize {
    guard(0, || ErrorCode::ALL.len())
}

/// The error code in this place, in the order of their numbers, from 0; YUNO_OK beyond the last.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_status_at(index: usize) -> StatusNumber {
    guard(0, || ErrorCode::ALL.get(index).map_or(0, |code| code.number()))
}

/// The error code of this name, such as "SIGNATURE_MISMATCH". Returns whether there is one; `*out` (may be NULL) is YUNO_OK otherwise.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_status_from_name(name: Str, out: Option<&mut MaybeUninit<StatusNumber>>) -> bool {
    number(out, || ErrorCode::from_name(name.text(ErrorCode::InvalidArgument).ok()??).map(ErrorCode::number))
}

/// The error's name, such as "SIGNATURE_MISMATCH", the same in every language; absent for YUNO_OK and for a number that is no error's.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_status_name(status: StatusNumber) -> Str {
    guard(Str::ABSENT, || ErrorCode::from_number(status).map(ErrorCode::name).into())
}

/// Who can mend it: "configuration", "authentication", "payload" (the delivery is authentic: keep its bytes), "inbox" or "boundary" (the call itself).
/// Absent as for `yuno_status_name`.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_status_stage(status: StatusNumber) -> Str {
    guard(Str::ABSENT, || ErrorCode::from_number(status).map(|code| code.stage().as_str()).into())
}

/// The HTTP status that a receiver answers; 0 for YUNO_OK and for a number that is no error's. `yuno_reply_to_error` also knows the body.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_status_http_status(status: StatusNumber) -> u16 {
    guard(0, || ErrorCode::from_number(status).map_or(0, ErrorCode::http_status))
}

/// What happened and what to do next, in one or two sentences. Absent as for `yuno_status_name`.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_status_message(status: StatusNumber) -> Str {
    guard(Str::ABSENT, || ErrorCode::from_number(status).map(ErrorCode::message).into())
}
