//! Takes the receiver in Rust out of the README, so that `tests/readme.rs` can send it deliveries.

use std::path::Path;
use std::{env, fs};

fn main() {
    let readme = "../README.md";
    println!("cargo::rerun-if-changed={readme}");
    let text = fs::read_to_string(readme).unwrap();
    let block = text.split("```rust\n").nth(1).unwrap().split("```").next().unwrap();
    fs::write(Path::new(&env::var_os("OUT_DIR").unwrap()).join("receiver.rs"), block).unwrap();
}
