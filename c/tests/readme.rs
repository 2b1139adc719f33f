//! Every receiver of a README, in C and in C++, compiles without a warning and does what its text says.
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is wrong")]

mod common;

use std::fs;
use std::process::Command;

use common::{Library, compile, folder, output, scratch};

/// Runs each block of a language in a README with the driver of that language.
fn check(name: &str, path: &str, language: &str, standards: &[&str]) {
    let driver = fs::read_to_string(folder().join("tests/readme").with_extension(language)).unwrap();
    let text = fs::read_to_string(folder().join(path)).unwrap();
    let fence = format!("```{language}\n");
    let blocks: Vec<_> = text.split(&fence).skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty(), "{path} has no receiver in {language}");
    for (place, block) in blocks.iter().enumerate() {
        let source = scratch().join(format!("readme_{name}_{place}.{language}"));
        fs::write(&source, format!("{block}\n{driver}")).unwrap();
        for standard in standards {
            output(&mut Command::new(compile(&source, standard, Library::Static)));
        }
    }
}

#[test]
fn the_receivers_in_c_work() {
    check("c", "README.md", "c", &["c99", "c11"]);
    check("root", "../README.md", "c", &["c99", "c11"]);
}

#[test]
fn the_receiver_in_cpp_works() {
    check("c", "README.md", "cpp", &["c++17"]);
}
