//! Who calls: its handles, and its arguments, which the fuzzer's bytes choose.

use std::ptr;

use arbitrary::{Arbitrary, Result, Unstructured};

use super::header::{Error, FREES, Handle, Str};

/// The types of handles, in the order in which the header module lists what frees them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Verifier,
    Event,
    Schedule,
    Sql,
    Row,
    Sample,
}

/// Texts that mean something to some call.
const WORDS: [&str; 24] = [
    "x-hmac-signature",
    "X-API-KEY",
    "x-secret",
    "x-tenant",
    "whsec-one",
    "api-key-one",
    "***",
    "None",
    "gzip",
    "identity",
    "1024",
    "sqlite",
    "postgres",
    "redis",
    "accept",
    "claim",
    "payment.purchase",
    "payout.payout",
    "payment",
    "SUCCEEDED",
    "APPROVED",
    "enveloped",
    "24.90",
    "2026-08-17T07:35:18.49869Z",
];

pub(super) fn free(kind: Kind, handle: Handle) {
    // SAFETY: the handle was made by the function of this kind and is not used again.
    unsafe { FREES[kind as usize](handle) }
}

pub(super) struct Caller<'u> {
    pub(super) input: Unstructured<'u>,
    pub(super) handles: Vec<(Kind, Handle)>,
    /// What the call that runs was given; freed after it, as the header allows.
    pub(super) texts: Vec<Box<[u8]>>,
}

impl Caller<'_> {
    /// Runs a function that makes a handle; either result may be unwanted.
    pub(super) fn make(&mut self, kind: Kind, codes: &[i32], function: impl FnOnce(*mut Handle, *mut Error) -> i32) -> Result<()> {
        let mut handle: Handle = ptr::dangling_mut::<u8>().cast();
        let mut error = Error::UNWRITTEN;
        let wants_handle = self.input.ratio(15, 16)?;
        let wants_error = self.input.ratio(7, 8)?;
        let status = function(
            if wants_handle { &raw mut handle } else { ptr::null_mut() },
            if wants_error { &raw mut error } else { ptr::null_mut() },
        );
        assert!(status == 0 || codes.contains(&status), "status {status}");
        if wants_error {
            assert_eq!(error.code, status);
            look(error.hint);
        }
        if !wants_handle {
            assert_eq!(status, 1, "a handle was made for nobody");
        } else if status != 0 {
            assert!(handle.is_null(), "a handle beside the status {status}");
        } else if !handle.is_null() {
            self.handles.push((kind, handle));
        } else {
            assert!(kind == Kind::Row, "neither a handle nor an error");
        }
        Ok(())
    }

    /// A handle of this kind, or NULL.
    pub(super) fn handle(&mut self, kind: Kind) -> Result<Handle> {
        let own: Vec<Handle> = self.handles.iter().filter(|(own, _)| *own == kind).map(|(_, handle)| *handle).collect();
        if own.is_empty() || self.input.ratio(1, 32)? { Ok(ptr::null_mut()) } else { self.input.choose(&own).copied() }
    }

    /// Keeps bytes for the call that runs.
    pub(super) fn keep(&mut self, bytes: &[u8]) -> Str {
        self.texts.push(bytes.into());
        Str::of(self.texts.last().unwrap())
    }

    /// Any text that a caller may pass: absent, of a length that cannot be, a word that means something, or bytes.
    pub(super) fn text(&mut self) -> Result<Str> {
        Ok(match self.input.int_in_range(0..=15)? {
            0 => Str::ABSENT,
            1 => Str { data: ptr::null(), len: self.input.arbitrary()? },
            2 => Str { data: c"".as_ptr(), len: usize::MAX - usize::from(u8::arbitrary(&mut self.input)?) },
            3..=9 => {
                let word = *self.input.choose(&WORDS)?;
                self.keep(word.as_bytes())
            }
            _ => {
                let bytes = <&[u8]>::arbitrary(&mut self.input)?;
                self.keep(bytes)
            }
        })
    }

    pub(super) fn bytes(&mut self) -> Result<(*const u8, usize)> {
        let text = if self.input.ratio(1, 16)? {
            self.text()?
        } else {
            let len = self.input.int_in_range(0..=self.input.len())?;
            let bytes = self.input.bytes(len)?;
            self.keep(bytes)
        };
        Ok((text.data.cast(), text.len))
    }

    /// A list as C passes it; the vector must outlive the call.
    pub(super) fn list<T>(&mut self, most: usize, mut one: impl FnMut(&mut Self) -> Result<T>) -> Result<(Vec<T>, *const T)> {
        let count = self.input.int_in_range(0..=most)?;
        let list: Vec<T> = (0..count).map(|_| one(self)).collect::<Result<_>>()?;
        // Of no elements the pointer may be anything, NULL too.
        let data = if list.is_empty() && bool::arbitrary(&mut self.input)? { ptr::null() } else { list.as_ptr() };
        Ok((list, data))
    }

    /// The options of a caller of this release; or of another, whose struct is shorter or longer.
    pub(super) fn grown<T>(&mut self, options: &T) -> Result<*const usize> {
        if self.input.ratio(1, 32)? {
            return Ok(ptr::null());
        }
        let own = size_of::<T>();
        let (size, fill) =
            if self.input.ratio(1, 8)? { (self.input.int_in_range(8..=5000)?, self.input.arbitrary()?) } else { (own, 0_u8) };
        let mut room = vec![fill; size.max(own).next_multiple_of(8)];
        // SAFETY: there is room for the struct, whose padding is of no value to anybody.
        unsafe { ptr::copy_nonoverlapping(ptr::from_ref(options).cast::<u8>(), room.as_mut_ptr(), own) };
        room[..8].copy_from_slice(&size.to_ne_bytes());
        self.texts.push(room.into());
        let given = self.texts.last().unwrap().as_ptr();
        Ok(given.cast())
    }

    /// An error as the library gives one, or a struct of the caller's own.
    pub(super) fn error(&mut self) -> Result<Error> {
        let codes = [0, 1, 4, 20, 22, 26, 31, 32, 33, 40, -1, 99];
        Ok(Error { code: *self.input.choose(&codes)?, empty_body: self.input.arbitrary()?, hint: self.text()? })
    }
}

/// Reads each byte of a text that the library gave.
pub(super) fn look<'a>(text: Str) -> &'a [u8] {
    if text.data.is_null() {
        assert_eq!(text.len, 0);
        return b"";
    }
    // SAFETY: the handle that it belongs to outlives its use here.
    let bytes = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.len) };
    std::hint::black_box(bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
    bytes
}

/// Reads optional numbers, with and without a place for them; one that is not there is 0.
pub(super) fn numbers<T: Default + PartialEq + std::fmt::Debug>(handle: Handle, readers: &[unsafe extern "C" fn(Handle, *mut T) -> bool]) {
    for number in readers {
        let mut out = T::default();
        let is_there = unsafe { number(handle, &raw mut out) };
        assert!(is_there && !handle.is_null() || out == T::default());
        assert_eq!(unsafe { number(handle, ptr::null_mut()) }, is_there);
    }
}
