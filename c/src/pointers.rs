//! The one place that follows pointers from C.
//!
//! These functions are safe to call by the contract of the header, which only C can break, since this library has no Rust callers: a pointer that is
//! not NULL points to as many values as the length beside it says, all of them written, and they stay as they are until the call returns.

use core::ffi::c_char;
use core::mem::MaybeUninit;
use core::{ptr, slice};

use yuno_webhooks::ErrorCode;

/// Text in UTF-8, or bytes: `len` bytes from `data`, without a NUL at the end.
///
/// `data` is NULL where there is no text at all (the field is absent, the option is not set); an empty text has `len` 0 and another `data`.
/// What the library gives belongs to the handle that it was asked from and lives as long, or for ever where there is no handle; never free it.
/// What you give is read during the call only.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    data: *const c_char,
    len: usize,
}

impl Str {
    pub(crate) const ABSENT: Self = Self { data: ptr::null(), len: 0 };

    // Rust's empty slices point to no memory; C code may hand `data` to memcpy before it looks at `len`.
    pub(crate) const EMPTY: Self = Self { data: c"".as_ptr(), len: 0 };

    pub(crate) fn of(text: impl AsRef<[u8]>) -> Self {
        let bytes = text.as_ref();
        if bytes.is_empty() { Self::EMPTY } else { Self { data: bytes.as_ptr().cast(), len: bytes.len() } }
    }

    /// The bytes; `None` if there are none because nothing was set.
    pub(crate) fn bytes<'a>(self) -> Result<Option<&'a [u8]>, ErrorCode> {
        list(self.data.cast::<u8>(), self.len)
    }

    /// The text; `otherwise` if it is not UTF-8.
    pub(crate) fn text<'a>(self, otherwise: ErrorCode) -> Result<Option<&'a str>, ErrorCode> {
        self.bytes()?.map(|bytes| str::from_utf8(bytes).map_err(|_| otherwise)).transpose()
    }
}

impl From<Option<&'static str>> for Str {
    fn from(text: Option<&'static str>) -> Self {
        text.map_or(Self::ABSENT, Self::of)
    }
}

/// A list that C gave; `None` for NULL, which is allowed where the length is 0.
pub(crate) fn list<'a, T>(data: *const T, len: usize) -> Result<Option<&'a [T]>, ErrorCode> {
    check::<T>(data.is_null(), len)?;
    // SAFETY: by the header's contract there are `len` values; `check` has seen that their size is one that a slice may have.
    Ok((!data.is_null()).then(|| unsafe { slice::from_raw_parts(data, len) }))
}

/// A value that C gave, or did not.
pub(crate) fn value<'a, T>(data: *const T) -> Option<&'a T> {
    // SAFETY: by the header's contract it is there unless it is NULL.
    unsafe { data.as_ref() }
}

/// A buffer that C gave to be written; empty for NULL.
pub(crate) fn buffer<'a>(data: *mut c_char, len: usize) -> Result<&'a mut [MaybeUninit<u8>], ErrorCode> {
    check::<u8>(data.is_null(), len)?;
    if data.is_null() {
        return Ok(&mut []);
    }
    // SAFETY: by the header's contract the caller's `len` bytes are there and nobody else uses them now; they need not have been written.
    Ok(unsafe { slice::from_raw_parts_mut(data.cast(), len) })
}

/// Writes bytes to a buffer, as many as it has room for.
pub(crate) fn fill(room: &mut [MaybeUninit<u8>], bytes: &[u8]) {
    room.iter_mut().zip(bytes).for_each(|(to, byte)| {
        to.write(*byte);
    });
}

fn check<T>(is_null: bool, len: usize) -> Result<(), ErrorCode> {
    match len.checked_mul(size_of::<T>()) {
        Some(size) if isize::try_from(size).is_ok() => {}
        _ => return Err(ErrorCode::InvalidArgument),
    }
    if is_null && len > 0 { Err(ErrorCode::NullPointer) } else { Ok(()) }
}

/// A struct of options, which begins with its own size so that it can grow.
///
/// # Safety
/// It is `repr(C)`, its first member is its size in bytes as `usize`, and it is a valid value when all of it is zero and with any number in its members.
pub(crate) unsafe trait Options: Copy {
    /// Up to the last member that it had in its first release: a smaller one is an accident, by which an option would be lost.
    const FIRST_SIZE: usize;
}

/// No release will have options larger than this; a larger size is an accident, and nothing may be read by it.
const LARGEST_OPTIONS: usize = 4096;

/// A copy of the options as this release has them: what an older caller's struct lacks is zero, and what a newer one's has beyond must be.
pub(crate) fn sized<T: Options>(given: *const T) -> Result<T, ErrorCode> {
    if given.is_null() {
        return Err(ErrorCode::NullPointer);
    }
    // SAFETY: by the header's contract the struct is there, and by that of `Options` it begins with its size.
    let size = unsafe { given.cast::<usize>().read() };
    // The size of a struct is a multiple of its alignment; a size that cuts a member in two is an accident.
    if !(T::FIRST_SIZE..=LARGEST_OPTIONS).contains(&size) || size.checked_rem(align_of::<T>()) != Some(0) {
        return Err(ErrorCode::InvalidArgument);
    }
    let bytes = list(given.cast::<MaybeUninit<u8>>(), size)?.unwrap_or_default();
    let (known, beyond) = bytes.split_at_checked(size_of::<T>()).unwrap_or((bytes, &[]));
    // SAFETY: the caller has written the struct, of whatever release, with its initialiser: what we do not know is there and zero.
    if beyond.iter().any(|byte| unsafe { byte.assume_init() } != 0) {
        return Err(ErrorCode::InvalidArgument);
    }
    let mut own = MaybeUninit::<T>::zeroed();
    // SAFETY: `known` is no longer than `T`, and the two do not overlap.
    unsafe { ptr::copy_nonoverlapping(known.as_ptr(), own.as_mut_ptr().cast(), known.len()) };
    // SAFETY: `T` is valid when zero and with any numbers in its members.
    Ok(unsafe { own.assume_init() })
}
