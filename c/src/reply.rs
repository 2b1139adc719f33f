//! What a receiver answers.

use yuno_webhooks::{ErrorCode, FIXED_PATHS, Reply as Core};

use crate::error::Error;
use crate::guard::guard;
use crate::pointers::Str;

/// What a receiver answers. Made of constants; there is nothing to free.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Reply {
    /// The HTTP status.
    status: u16,
    /// The body, of the type application/json; `len` is 0 for an empty one.
    body: Str,
}

impl Reply {
    /// The answer to what cannot be answered: the provider tries again.
    const FAILED: Self = Self { status: ErrorCode::Panic.http_status(), body: Str::EMPTY };
}

/// The body of every function that gives an answer.
fn reply(answer: impl FnOnce() -> Core) -> Reply {
    guard(Reply::FAILED, || {
        let answer = answer();
        Reply { status: answer.status(), body: Str::of(answer.body()) }
    })
}

/// How many paths the provider adds to the merchant's base URL by itself, for bank transfers; all other webhooks go to the path that the merchant chose.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_fixed_path_count() -> usize {
    guard(0, || FIXED_PATHS.len())
}

/// One of these paths, such as "/v1/banking/transfers"; absent from the count on.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_fixed_path(index: usize) -> Str {
    guard(Str::ABSENT, || FIXED_PATHS.get(index).copied().into())
}

/// To a delivery that was accepted, is a duplicate, or is of an unknown kind: 200 and {"received":true}.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_reply_received() -> Reply {
    reply(Core::received)
}

/// To a delivery that could not be stored or handled now: 503, so that the provider tries again.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_reply_try_again() -> Reply {
    reply(Core::try_again)
}

/// To a delivery that was refused. `stored` says that its raw bytes are kept: an authentic one is then acknowledged, so that it is not sent again.
/// NULL, or an error whose code is no error's, is answered with 500, so that nothing is lost by it.
#[unsafe(no_mangle)]
pub extern "C" fn yuno_reply_to_error(error: Option<&Error>, stored: bool) -> Reply {
    reply(|| {
        let error = error.map_or(ErrorCode::NullPointer.into(), |error| error.to_core());
        if stored { Core::to_stored(&error) } else { Core::to_error(&error) }
    })
}
