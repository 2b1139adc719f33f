//! The C programs of the other tests under the sanitizers for addresses, leaks and undefined behaviour, and what is hostile under them and valgrind.
//!
//! The library's own code is Rust and not instrumented: what is seen is each access that the programs make to what it gave them, and each block that it
//! allocates, copies, frees twice or leaks. Valgrind sees all of its accesses; `make assure-asan` runs these tests on an instrumented library.
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is wrong")]
#![expect(clippy::print_stdout, reason = "how much was reached is worth reading")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::vectors::{cases, run};
use common::{Library, compile, compile_with, compiler, header, output, scratch, skip, strict, valgrind};

const SANITIZED: [&str; 3] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];
const HOSTILE: &str = "tests/hostile.c";

/// The program with the sanitizers in it; `None` where the compiler has none.
fn sanitized(source: &Path) -> Option<PathBuf> {
    // Of its own: another test would read it while it is written.
    let probe = scratch().join(format!("sanitizers-{}", source.file_stem().unwrap().display()));
    let empty = probe.with_extension("c");
    fs::write(&empty, "int main(void) { return 0; }\n").unwrap();
    let has_them = strict(&compiler("c"), "c99").args(SANITIZED).arg(&empty).arg("-o").arg(probe).output().unwrap().status.success();
    if !has_them {
        skip(&format!("{} has no sanitizers", compiler("c")));
        return None;
    }
    Some(compile_with(&compiler("c"), source, "c99", Library::Static, &SANITIZED))
}

#[test]
fn every_vector() {
    if let Some(program) = sanitized(Path::new("tests/conformance.c")) {
        let cases = cases();
        run(&cases.iter().collect::<Vec<_>>(), Command::new(program), "sanitizers");
        println!("vectors: {} run with sanitizers", cases.len());
    }
}

#[test]
fn every_behaviour() {
    let Some(program) = sanitized(Path::new("tests/behaviour.c")) else { return };
    let tests = output(Command::new(&program).arg("list"));
    assert!(tests.lines().count() > 5, "{tests}");
    for test in tests.lines() {
        output(Command::new(&program).arg(test));
    }
}

/// How often each function of `hostile.c` answered what.
fn reached(counts: &str) -> BTreeMap<(&str, &str), usize> {
    let fields = counts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    fields.map(|fields| ((*fields.first().unwrap(), *fields.get(1).unwrap()), fields.get(2).unwrap().parse().unwrap())).collect()
}

#[test]
fn nothing_hostile_is_answered_with_more_than_a_documented_status() {
    if let Some(program) = sanitized(Path::new(HOSTILE)) {
        let counts = output(Command::new(program).args(["1", "50000"]));
        let reached = reached(&counts);
        println!("50000 hostile cases with sanitizers: {reached:?}");
        // Cases that are refused at the first gate show nothing of what lies behind it.
        assert!(reached[&("yuno_event_parse_unverified", "OK")] > 1000 && reached[&("yuno_verify", "OK")] > 1000, "{counts}");
        for status in [
            "BODY_TOO_LARGE",
            "SIGNATURE_MISSING",
            "CREDENTIAL_MISSING",
            "HEADER_REPEATED",
            "CREDENTIAL_MISMATCH",
            "SIGNATURE_MALFORMED",
            "SIGNATURE_MISMATCH",
            "BODY_NOT_JSON",
            "BODY_NOT_OBJECT",
            "BODY_AMBIGUOUS",
        ] {
            assert!(reached.contains_key(&("yuno_verify", status)), "no delivery was {status}: {counts}");
        }
    }
}

#[test]
fn nothing_hostile_is_seen_by_valgrind() {
    if let Some(mut valgrind) = valgrind(&compile(Path::new(HOSTILE), "c99", Library::Shared)) {
        output(valgrind.args(["2", "1000"]));
        println!("1000 hostile cases under valgrind");
    }
}

#[test]
fn hostile_cases_ask_an_event_for_everything() {
    let (header, hostile) = (fs::read_to_string(header()).unwrap(), fs::read_to_string(HOSTILE).unwrap());
    let names = header.lines().filter(|line| !line.starts_with([' ', '/'])).filter_map(|line| line.split_once('(')?.0.rsplit(' ').next());
    let getters: Vec<_> = names.filter(|name| name.starts_with("yuno_event_")).collect();
    assert!(getters.len() > 30, "{getters:?}");
    let missing: Vec<_> = getters.iter().filter(|name| !hostile.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A sanitizer that sees nothing would pass every other test of this file.
#[test]
fn a_program_that_is_wrong_is_seen() {
    let wrong = [
        (
            "after_free",
            "yuno_str key = yuno_event_dedupe_key(event); yuno_event_free(event); return key.data[0] == 'x';",
            "heap-use-after-free",
        ),
        // A double-free, or a use after it where the library itself is instrumented, which reads what it frees.
        ("twice", "yuno_event_free(event); yuno_event_free(event); return 0;", "-free on "),
        ("leak", "event = NULL; return event != NULL;", "LeakSanitizer"),
        (
            "short",
            "char *small = malloc(4); int status = yuno_sign(NULL, 0, yuno_str_from(\"a\"), small, 44, NULL); free(small); return status; ",
            "heap-buffer-overflow",
        ),
        (
            "undefined",
            "yuno_event_free(event); int big = INT_MAX; big += (int)yuno_version().len; return big == 0;",
            "signed integer overflow",
        ),
    ];
    for (name, code, report) in wrong {
        let source = scratch().join(format!("wrong_{name}.c"));
        let text = "#include <stdlib.h>\n#include <yuno_webhooks.h>\nint main(void) {\n    yuno_event *event;\n    if (yuno_event_parse_unverified((const uint8_t *)\"{}\", 2, &event, NULL)) return 0;\n";
        fs::write(&source, format!("{text}    {code}\n}}\n")).unwrap();
        let Some(program) = sanitized(&source) else { return };
        let ended = Command::new(program).output().unwrap();
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && errors.contains(report), "{name}: {}: {errors}", ended.status);
    }
}
