//! The C binding: converts in, calls the core, converts out. Rules live in the core, pointers in `pointers`, the panic's end in `guard`.
//!
//! A NULL that C may pass is an `Option`: `Option<&Event>` is `const yuno_event *`, `Option<Box<Event>>` is what `_free` takes back, and what is
//! written for the caller is a `MaybeUninit`, since nothing is known of what was there. So only texts and lists, which are a pointer and a length,
//! need unsafe code. The documentation of what is exported becomes that of `include/yuno_webhooks.h` and is written for a reader of C.
#![expect(unsafe_code, reason = "a C ABI exports symbols and follows its caller's pointers; the latter only in `pointers`")]

#[cfg(panic = "abort")]
compile_error!("build with panic = \"unwind\": a panic must become YUNO_PANIC and not end the host's process");

// Public, although nobody can link this crate from Rust: the header's generator reads what is `pub`.
pub mod catalog;
pub mod error;
pub mod event;
pub mod guard;
pub mod inbox;
pub mod pointers;
pub mod reply;
pub mod resource;
pub mod schedule;
pub mod status;
pub mod testing;
pub mod verifier;

// The header promises of every handle that threads may share it.
const _: () = {
    const fn may_be_shared<T: Send + Sync>() {}
    may_be_shared::<verifier::Verifier>();
    may_be_shared::<event::Event>();
    may_be_shared::<schedule::Schedule>();
    may_be_shared::<testing::Sample>();
    may_be_shared::<inbox::InboxSql>();
    may_be_shared::<inbox::InboxRow>();
};
