//! `yuno_webhooks.hpp` and `yuno_webhooks_inbox.hpp`: every vector and every member, with each compiler as C++17, C++20 and C++23, and under valgrind.
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is wrong")]
#![expect(clippy::print_stdout, reason = "how many vectors ran is worth reading")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::vectors::{cases, run};
use common::{Library, compile_with, compiler, folder, is_installed, output, scratch, strict, valgrind};

/// Later than C++17, as which the programs run. The last is C++23 under the name that older compilers have for it.
const LATER_STANDARDS: [&str; 2] = ["c++20", "c++2b"];

fn compilers() -> Vec<String> {
    let clang = is_installed("clang++").then(|| "clang++".to_owned());
    let mut compilers: Vec<_> = [compiler("cpp")].into_iter().chain(clang).collect();
    compilers.dedup();
    compilers
}

fn header() -> String {
    ["", "_inbox"].map(|part| fs::read_to_string(folder().join(format!("include/yuno_webhooks{part}.hpp"))).unwrap()).concat()
}

fn source(name: &str) -> PathBuf {
    Path::new("tests").join(name)
}

#[test]
fn every_vector() {
    let cases = cases();
    let all: Vec<_> = cases.iter().collect();
    let program = compile_with(&compiler("cpp"), &source("conformance.cpp"), "c++17", Library::Shared, &["-O0"]);
    run(&all, Command::new(&program), "c++17");
    println!("vectors: {} run on C++", all.len());
    let small: Vec<_> = cases.iter().filter(|case| case.is_small()).collect();
    if let Some(valgrind) = valgrind(&program) {
        run(&small, valgrind, "c++17-valgrind");
        println!("vectors: {} run on C++ under valgrind", small.len());
    }
}

#[test]
fn every_member_in_every_standard() {
    for compiler in compilers() {
        for standard in LATER_STANDARDS {
            output(strict(&compiler, standard).arg("-fsyntax-only").arg(source("cpp.cpp")));
        }
        // Quick to compile: what it does is the library's, and that is fast.
        let program = compile_with(&compiler, &source("cpp.cpp"), "c++17", Library::Shared, &["-O0"]);
        output(&mut valgrind(&program).unwrap_or_else(|| Command::new(&program)));
    }
}

/// The names that the header declares for its users, as words of its text outside of comments and of `detail`.
fn members() -> Vec<String> {
    let text = header();
    let (mut is_private, mut is_detail) = (false, false);
    let mut names = Vec::new();
    for line in text.lines() {
        match line {
            "private:" => is_private = true,
            "};" => is_private = false,
            "namespace detail {" => is_detail = true,
            "} // namespace detail" => is_detail = false,
            _ => {}
        }
        let is_declaration =
            [" const noexcept", " const & noexcept", " const {", "static ", "inline "].iter().any(|part| line.contains(part));
        if is_private || is_detail || !is_declaration || line.trim_start().starts_with(['*', '/']) {
            continue;
        }
        let (before, _) = line.split_once('(').unwrap();
        names.push(before.rsplit([' ', '*']).next().unwrap().to_owned());
    }
    names
}

#[test]
fn no_member_is_left_out() {
    let tests: String = ["cpp.cpp", "conformance.cpp"].map(|name| fs::read_to_string(source(name)).unwrap()).concat();
    let members = members();
    assert!(members.len() > 50, "{members:?}");
    for name in members {
        assert!([".", "->", "::"].iter().any(|before| tests.contains(&format!("{before}{name}("))), "no test calls {name}");
    }
}

#[test]
fn no_function_of_c_is_left_out() {
    let c = fs::read_to_string(common::header()).unwrap();
    let (functions, _) = c.split_once("extern \"C\" {").unwrap().1.split_once("}  // extern").unwrap();
    let names = functions.lines().filter_map(|line| {
        let name = line.split_once('(').filter(|_| !line.starts_with([' ', '/']))?.0;
        Some(name.rsplit([' ', '*']).next().unwrap())
    });
    let names: Vec<_> = names.collect();
    assert!(names.len() > 70, "{names:?}");
    // A code is made, listed and explained by the functions of C; `Error::what` has the message.
    let only_in_c = ["yuno_status_count", "yuno_status_at", "yuno_status_from_name", "yuno_status_message"];
    let header = header();
    let missing: Vec<_> = names.into_iter().filter(|name| !only_in_c.contains(name) && !header.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_would_dangle_does_not_compile() {
    let wrong = [
        ("verifier.verify(body, headers).dedupe_key()", "deleted"),
        ("yuno::Event::parse_unverified(body).resource()", "deleted"),
        ("verifier.verify(body, Made{})", "the range makes its texts as it is walked"),
    ];
    let fine = ("verifier.verify(body, headers).is_signed()", "");
    for (place, (expression, because)) in wrong.into_iter().chain([fine]).enumerate() {
        let source = scratch().join(format!("dangling_{place}.cpp"));
        let text = "#include <map>\n#include <yuno_webhooks.hpp>\n\
            struct Made {\n    struct Each {\n        std::pair<std::string, std::string> operator*() const { return {}; }\n\
            Each &operator++() { return *this; }\n bool operator!=(const Each &) const { return false; }\n };\n\
            Each begin() const { return {}; }\n Each end() const { return {}; }\n};\n\
            void call(const yuno::Verifier &verifier, const std::string &body, const std::map<std::string, std::string> &headers) {\n";
        fs::write(&source, format!("{text}    (void){expression};\n    (void)verifier, (void)body, (void)headers;\n}}\n")).unwrap();
        let tried = strict(&compiler("cpp"), "c++17").arg("-fsyntax-only").arg(&source).output().unwrap();
        let errors = String::from_utf8_lossy(&tried.stderr);
        assert_eq!(tried.status.success(), because.is_empty(), "{expression}: {errors}");
        assert!(errors.contains(because), "{expression}: {errors}");
    }
}
