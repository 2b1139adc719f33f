//! What the worst bodies and headers of 2 MiB cost beside a plain payment of 2 MiB: verify, parse, every field and both keys. Fails where it is more than
//! four times as much. CPU time, the least of several, in one run.

use std::hint::black_box;
use std::process::ExitCode;

use rustix::time::{ClockId, clock_gettime};
use yuno_webhooks::{DEFAULT_MAX_BODY_BYTES, Event, Verifier, testing};
use yuno_webhooks_tests::hostile::costly::{Costly, HeaderList, bodies, headers, plain};

const SECRET: &str = "a-cost-secret";
const MOST: f64 = 4.0;
const ROUNDS: usize = 9;
const ROUNDS_IF_TOO_MUCH: usize = 90;

fn main() -> ExitCode {
    let verifier = Verifier::builder().hmac_secret(SECRET).api_key(["a-key"]).required_header("x-tenant", ["1"]).build().unwrap();
    let usual = plain();
    let usual_headers = signed(&usual);
    let mut lines = Vec::new();
    for Costly { name, bytes } in bodies() {
        assert!(bytes.len() > DEFAULT_MAX_BODY_BYTES - 512 && bytes.len() <= DEFAULT_MAX_BODY_BYTES, "{name} has {} bytes", bytes.len());
        let own = signed(&bytes);
        lines.push((ratio(|| job(&verifier, &bytes, &own), || job(&verifier, &usual, &usual_headers)), name));
    }
    for (name, given) in headers() {
        let body = br#"{"type_event":"payout.payout","data":{"id":"p"}}"#;
        lines.push((ratio(|| job(&verifier, body, &given), || job(&verifier, &usual, &usual_headers)), name));
    }
    lines.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    println!("times the cost of a plain payment of 2 MiB:");
    for (ratio, name) in &lines {
        println!("{ratio:6.2}  {name}{}", if *ratio > MOST { "  TOO MUCH" } else { "" });
    }
    if lines.iter().any(|(ratio, _)| *ratio > MOST) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn signed(body: &[u8]) -> HeaderList {
    let own = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    vec![
        own("host", "shop.example"),
        own("x-hmac-signature", &testing::sign(body, SECRET)),
        own("x-api-key", "a-key"),
        own("x-tenant", "1"),
    ]
}

/// All that a receiver may ask of a delivery.
fn job(verifier: &Verifier, body: &[u8], headers: &HeaderList) {
    match verifier.verify(body, headers) {
        Ok(event) => look(&event),
        Err(error) => {
            black_box(error);
        }
    }
}

fn look(event: &Event<'_>) {
    let resource = event.resource();
    black_box((
        event.kind(),
        event.sent_name(),
        event.shape(),
        event.account_id(),
        event.retry(),
        event.version(),
        event.finality(),
        event.repeatable(),
    ));
    black_box((event.dedupe_key(), event.published_key(), event.changed_at(), event.data()));
    black_box((resource.id(), resource.status(), resource.sub_status(), resource.created_at(), resource.updated_at()));
    black_box((resource.merchant_reference(), resource.idempotency_key(), resource.amount().map(|amount| amount.minor_units())));
    black_box(
        resource
            .transaction()
            .map(|own| (own.id(), own.transaction_type(), own.status(), own.updated_at(), own.amount().map(|sum| sum.minor_units()))),
    );
}

/// How many times as long the first takes as the second. What is too much is measured longer: of few rounds none may be without the noise of a busy machine.
fn ratio(one: impl Fn(), other: impl Fn()) -> f64 {
    let (mut least, mut usual) = (f64::INFINITY, f64::INFINITY);
    for round in 1..=ROUNDS_IF_TOO_MUCH {
        least = least.min(seconds(&one));
        usual = usual.min(seconds(&other));
        if round >= ROUNDS && least <= MOST * usual {
            break;
        }
    }
    least / usual
}

fn seconds(job: impl Fn()) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let start = now();
    job();
    now() - start
}
