//! Where every exported function begins: a panic inside becomes a value, and results become what C expects.

use core::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use yuno_webhooks::{Error as CoreError, ErrorCode};

use crate::error::{Error, StatusNumber};

/// Runs a function's body. A panic ends here, as `on_panic`: it must not unwind into C.
///
/// Nothing is left half done by it: handles are immutable, and what is made is handed out only when it is whole.
pub(crate) fn guard<T>(on_panic: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(on_panic)
}

/// Runs the body of a function that can fail, and tells how it went twice: as the status, and in `error` where the caller wants to know more.
pub(crate) fn attempt(error: Option<&mut MaybeUninit<Error>>, body: impl FnOnce() -> Result<(), CoreError>) -> StatusNumber {
    let told = match guard(Err(ErrorCode::Panic.into()), body) {
        Ok(()) => Error::NONE,
        Err(error) => Error::of(&error),
    };
    if let Some(error) = error {
        error.write(told);
    }
    told.code
}

/// Runs the body of a function that makes a handle. `*out` is the handle, or NULL on failure.
pub(crate) fn make<T>(
    out: Option<&mut MaybeUninit<Option<Box<T>>>>,
    error: Option<&mut MaybeUninit<Error>>,
    body: impl FnOnce() -> Result<T, CoreError>,
) -> StatusNumber {
    attempt(error, || {
        let out = out.ok_or(ErrorCode::NullPointer)?.write(None);
        *out = Some(Box::new(body()?));
        Ok(())
    })
}

/// Runs the body of a getter that gives an optional number: whether it is there. `*out` is the number, or 0.
pub(crate) fn number<T: Default>(out: Option<&mut MaybeUninit<T>>, body: impl FnOnce() -> Option<T>) -> bool {
    let value = guard(None, body);
    let is_there = value.is_some();
    if let Some(out) = out {
        out.write(value.unwrap_or_default());
    }
    is_there
}

/// Fails inside, as a defect would, so that a test sees what the caller gets.
#[cfg(feature = "test-panic")]
#[unsafe(no_mangle)]
#[expect(clippy::panic, reason = "it is what the function is for")]
pub extern "C" fn yuno_test_panic(
    event: Option<&mut MaybeUninit<Option<Box<crate::event::Event>>>>,
    error: Option<&mut MaybeUninit<Error>>,
) -> StatusNumber {
    make(event, error, || panic!("for a test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_the_status_panic_and_hands_nothing_out() {
        // What lies there before is overwritten and not freed, since in C it may be anything. This owns no memory.
        let mut out = MaybeUninit::new(Some(Box::new(())));
        let mut error = MaybeUninit::new(Error::NONE);
        let status = make(Some(&mut out), Some(&mut error), || panic!("inside"));
        assert_eq!(status, ErrorCode::Panic.number());
        // SAFETY: `make` writes both whenever they are given.
        let (out, error) = unsafe { (out.assume_init(), error.assume_init()) };
        assert!(out.is_none());
        assert_eq!(error.code, ErrorCode::Panic.number());
    }

    #[test]
    fn a_panic_in_a_getter_is_an_absent_value() {
        assert!(!guard(false, || panic!("inside")));
        assert!(!number::<u32>(None, || panic!("inside")));
    }
}
