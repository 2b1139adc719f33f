//! Reads one byte behind a block of memory as soon as it is loaded: a sanitizer that does not see that sees nothing.

use std::hint::black_box;

extern "C" fn overflow() {
    let block = vec![0_u8; 8];
    black_box(unsafe { block.as_ptr().add(black_box(8)).read_volatile() });
}

#[used]
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = overflow;

/// For a program; a library does without.
pub fn main() {}
