//! Core errors on their way to JavaScript.

use yuno_webhooks::{Error, ErrorCode};

/// A core code where napi has its status: it becomes `.code`.
pub struct Code(ErrorCode);

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        self.0.name()
    }
}

/// What a function of this binding gives.
pub type Result<T> = core::result::Result<T, napi::Error<Code>>;

/// The text, a line break, and the hint: texts of the core have no line break, and `errors.ts` makes the public class of it.
pub fn refuse(error: impl Into<Error>) -> napi::Error<Code> {
    let error = error.into();
    napi::Error::new(Code(error.code()), format!("{error}\n{}", error.hint()))
}

/// A failure of the engine, of which nothing but that it happened is told: its text could hold a value.
pub fn failed(_: napi::Error) -> napi::Error<Code> {
    refuse(ErrorCode::Panic)
}

/// A number of JavaScript as a whole number of the core's, or this code.
pub fn whole(number: f64, otherwise: ErrorCode) -> Result<u64> {
    /// 2^53 - 1: beyond it, numbers of JavaScript skip.
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    let is_whole = (0.0..=LARGEST).contains(&number) && number.fract() == 0.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was checked")]
    if is_whole { Ok(number as u64) } else { Err(refuse(otherwise)) }
}
