//! What the vectors cannot say; each test is a part of `behaviour.c`.
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is wrong")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use common::{Library, compile, output};

fn run(test: &str) {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| compile(Path::new("tests/behaviour.c"), "c99", Library::Shared));
    output(Command::new(program).arg(test));
}

#[test]
fn many_threads_share_a_verifier_and_an_event() {
    run("threads");
}

#[test]
fn an_event_does_not_change_with_the_buffer_that_it_came_in() {
    run("copies");
}

#[test]
fn an_error_says_what_is_known_and_success_clears_it() {
    run("errors");
}

#[test]
fn options_of_another_release_are_read_or_refused() {
    run("sizes");
}

#[test]
fn a_secret_that_is_no_text_is_refused() {
    run("secrets");
}

#[test]
fn every_kind_has_a_sample_in_every_form_that_reads_back() {
    run("samples");
}

#[test]
fn a_schedule_is_the_documented_one_unless_given() {
    run("schedules");
}

#[test]
fn the_inbox_gives_its_statements_and_what_is_stored() {
    run("inbox");
}

#[test]
fn a_panic_comes_back_as_a_status_and_the_library_works_on() {
    output(Command::new(compile(Path::new("tests/behaviour.c"), "c11", Library::Panicking)).arg("panics"));
}
