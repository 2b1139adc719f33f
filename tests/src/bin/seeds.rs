//! Writes the fuzz targets' seeds, a folder a target: `seeds <folder>`.

use std::fs;
use std::path::PathBuf;

use yuno_webhooks_tests::hostile::TARGETS;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder"));
    for target in TARGETS {
        let own = folder.join(target.name);
        fs::create_dir_all(&own).unwrap();
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(own.join(format!("{number:04}")), seed).unwrap();
        }
    }
}
