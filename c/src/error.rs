//! Errors for C: a status, what more is known, and the table of all codes.

use core::ffi::c_char;
use core::mem::MaybeUninit;

use yuno_webhooks::{Error as CoreError, ErrorCode};

use crate::guard::{attempt, guard, number};
use crate::pointers::{Str, buffer, fill};

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

    /// The code, the hint and the message, as the core writes an error.
    fn line(self) -> Result<Vec<u8>, ErrorCode> {
        let code = ErrorCode::from_number(self.code).ok_or(ErrorCode::InvalidArgument)?;
        let hint = self.hint.bytes()?.unwrap_or_default();
        let space: &[u8] = if hint.is_empty() { b"" } else { b" " };
        Ok([code.name().as_bytes(), b": ", hint, space, code.message().as_bytes()].concat())
    }

    /// The core's error that this one was made of; a number that is no error's is an invalid argument.
    pub(crate) fn to_core(self) -> CoreError {
        let code = ErrorCode::from_number(self.code).unwrap_or(ErrorCode::InvalidArgument);
        if self.empty_body != 0 && code == CoreError::empty_body().code() {
            return CoreError::empty_body();
        }
        let hint = self.hint.text(ErrorCode::InvalidArgument).ok().flatten().unwrap_or_default();
        CoreError::from_parts(code, hint)
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

/// Writes an error as one line for a log, "NAME: what is known of this case, and what to do", with a NUL at the end. It holds constants only.
///
/// `*needed` (may be NULL) is the size of the whole line with its NUL, and 0 on other errors. A smaller buffer gets the beginning of the line, with its NUL;
/// on other errors the line is empty.
///
/// Errors: YUNO_BUFFER_TOO_SMALL; YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT (the code is no error's), YUNO_PANIC.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_error_text(
    error: Option<&Error>,
    text: *mut c_char,
    text_size: usize,
    needed: Option<&mut MaybeUninit<usize>>,
) -> StatusNumber {
    attempt(None, || {
        let needed = needed.map(|needed| needed.write(0));
        let room = buffer(text, text_size)?;
        fill(room, b"\0");
        let line = error.ok_or(ErrorCode::NullPointer)?.line()?;
        if let Some(needed) = needed {
            *needed = line.len().saturating_add(1);
        }
        let shown = line.len().min(room.len().saturating_sub(1));
        fill(room, line.get(..shown).unwrap_or_default());
        fill(room.get_mut(shown..).unwrap_or_default(), b"\0");
        if shown < line.len() || room.is_empty() { Err(ErrorCode::BufferTooSmall.into()) } else { Ok(()) }
    })
}

#[cfg(test)]
mod tests {
    use yuno_webhooks::Verifier;

    use super::*;

    #[test]
    fn the_line_is_the_one_that_the_core_writes() {
        let hinted = Verifier::builder().hmac_secret("***").build().unwrap_err();
        let errors = ErrorCode::ALL.iter().map(|code| CoreError::from(*code)).chain([CoreError::empty_body(), hinted]);
        for error in errors {
            assert_eq!(Error::of(&error).line().unwrap(), error.to_string().as_bytes());
        }
    }
}
