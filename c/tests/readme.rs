//! Every C receiver of a README compiles without a warning and does what its text says.
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is wrong")]

mod common;

use std::fs;
use std::process::Command;

use common::{Library, compile, folder, output, scratch};

#[test]
fn the_receivers_of_the_readmes_work() {
    let driver = fs::read_to_string(folder().join("tests/readme.c")).unwrap();
    for (name, path) in [("c", "README.md"), ("root", "../README.md")] {
        let text = fs::read_to_string(folder().join(path)).unwrap();
        let blocks: Vec<_> = text.split("```c\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
        assert!(!blocks.is_empty(), "{path} has no receiver in C");
        for (place, block) in blocks.iter().enumerate() {
            let source = scratch().join(format!("readme_{name}_{place}.c"));
            fs::write(&source, format!("{block}\n{driver}")).unwrap();
            for standard in ["c99", "c11"] {
                output(&mut Command::new(compile(&source, standard, Library::Static)));
            }
        }
    }
}
