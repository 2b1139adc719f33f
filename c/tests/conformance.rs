//! Runs every shared vector through a C program, as C99 and C11, on the shared library and the static one, and a part of them under valgrind.
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is wrong")]
#![expect(clippy::print_stdout, reason = "how many vectors ran is worth reading")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::vectors::{cases, run};
use common::{Library, compile, folder, valgrind};

fn program(standard: &str, library: Library) -> PathBuf {
    compile(Path::new("tests/conformance.c"), standard, library)
}

#[test]
fn every_vector() {
    let cases = cases();
    let all: Vec<_> = cases.iter().collect();
    let mut by_operation = BTreeMap::<&str, usize>::new();
    all.iter().for_each(|case| *by_operation.entry(&case.operation).or_default() += 1);
    for (standard, library) in [("c99", Library::Shared), ("c11", Library::Static)] {
        run(&all, Command::new(program(standard, library)), &format!("{standard}-{library:?}"));
    }
    let counts = folder().join("../target/vectors");
    fs::create_dir_all(&counts).unwrap();
    fs::write(counts.join("c.count"), all.len().to_string()).unwrap();
    println!("vectors: {} run on C: {by_operation:?}", all.len());
}

#[test]
fn no_vector_leaks_or_reads_what_is_not_its_own() {
    let cases = cases();
    let small: Vec<_> = cases.iter().filter(|case| case.is_small()).collect();
    if let Some(valgrind) = valgrind(&program("c11", Library::Shared)) {
        run(&small, valgrind, "valgrind");
        println!("vectors: {} run under valgrind", small.len());
    }
}
