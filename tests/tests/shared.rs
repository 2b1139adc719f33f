//! What threads share of the core is never written to: it has no cell, lock, atomic number or static that could change.

use std::fs;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::path::{Path, PathBuf};

use yuno_webhooks::{Event, OwnedEvent, Schedule, Verifier};
use yuno_webhooks_tests::repository;

/// The compiler's word: a type with a cell in it is not `RefUnwindSafe`. Locks and atomics are, so the sources are searched for these.
const fn is_free_of_cells<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
const _: () = is_free_of_cells::<Verifier>();
const _: () = is_free_of_cells::<Event<'static>>();
const _: () = is_free_of_cells::<OwnedEvent>();
const _: () = is_free_of_cells::<Schedule>();

/// What can change behind a shared reference, and what could hide it.
const CHANGING: [&str; 9] = ["Cell", "Mutex", "RwLock", "Atomic", "OnceLock", "Lazy", "static mut", "thread_local", "AssertUnwindSafe"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The lines of code, without comments, that name what can change.
fn changing(text: &str) -> Vec<&str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.filter(|line| CHANGING.iter().any(|name| line.contains(name))).collect()
}

#[test]
fn nothing_in_the_core_changes_behind_a_shared_reference() {
    let rust = sources(&repository().join("core/src")).into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let mut count = 0;
    for path in rust {
        count += 1;
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(changing(&text), Vec::<&str>::new(), "{}", path.display());
    }
    assert!(count > 20, "{count}");
    assert_eq!(changing("// a Cell\nstruct Held(std::sync::Mutex<u8>);"), ["struct Held(std::sync::Mutex<u8>);"]);
}
