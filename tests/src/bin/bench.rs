//! Rust: the whole job beside one plain SHA-256 pass over the body. One line of JSON for each size; see tests/bench/run.py.

use std::hint::black_box;
use std::path::PathBuf;

use rustix::time::{ClockId, clock_gettime};
use sha2::{Digest, Sha256};
use yuno_webhooks::{Verifier, testing};

const SECRET: &str = "a-bench-secret";
const ROUNDS: usize = 31;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("the folder of the bodies"));
    let verifier = Verifier::builder().hmac_secret(SECRET).build().unwrap();
    for size in ["1KiB", "6KiB", "64KiB"] {
        let body = std::fs::read(folder.join(size).with_extension("json")).unwrap();
        let signature = testing::sign(&body, SECRET);
        let headers = [("host", "shop.example"), ("content-type", "application/json"), ("x-hmac-signature", &signature)];
        let job = || {
            let event = verifier.verify(&body, &headers).unwrap();
            let resource = event.resource();
            black_box((event.kind(), resource.id(), resource.status(), resource.sub_status(), resource.updated_at()));
            black_box((resource.amount(), resource.transaction().and_then(|own| own.transaction_type()), event.dedupe_key()));
        };
        let pass = || {
            black_box(Sha256::digest(black_box(&body)));
        };
        let count = 20_000_000 / (body.len() + 1500);
        let times: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (measure(job, count), measure(pass, count))).collect();
        let median = |of: fn(&(f64, f64)) -> f64| {
            let mut values: Vec<f64> = times.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[ROUNDS / 2]
        };
        let line = serde_json::json!({
            "surface": "Rust",
            "size": size,
            "task": "view and key",
            "ours_us": median(|times| times.0),
            "other_us": median(|times| times.1),
            "ratio": median(|times| times.0 / times.1),
        });
        println!("{line}");
    }
}

/// CPU time of one job, in microseconds.
fn measure(job: impl Fn(), count: usize) -> f64 {
    let start = cpu_seconds();
    (0..count).for_each(|_| job());
    (cpu_seconds() - start) / count as f64 * 1e6
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
