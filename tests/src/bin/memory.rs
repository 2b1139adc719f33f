//! Takes deliveries by the core, and tells what the process holds. See `tests/assurance/memory.py`.

use std::{env, fs, process};

use yuno_webhooks::{Error, OwnedEvent, Verifier, testing};

const SECRET: &str = "whsec-one";

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [file, count, leaky] = arguments.as_slice() else { process::exit(2) };
    let (count, leaky) = (count.parse::<usize>().unwrap(), leaky == "1");
    let text = fs::read_to_string(file).unwrap();
    let deliveries: Vec<[&str; 3]> = text.lines().map(|line| line.split(' ').collect::<Vec<_>>().try_into().unwrap()).collect();
    let deliveries: Vec<(&str, &str, String)> = deliveries
        .into_iter()
        .map(|[signed, outcome, hex]| (signed, outcome, bytes(hex).iter().map(|byte| char::from(*byte)).collect()))
        .collect();
    let verifier = Verifier::builder().hmac_secret(SECRET).build().unwrap();
    let mut warm = 0;
    for number in 0..count {
        let (signed, outcome, text) = &deliveries[number % deliveries.len()];
        // One character a byte, since not every body is text.
        let text = text.replace("000000000000", &format!("{number:012}"));
        let body: Vec<u8> = text.chars().map(|byte| u8::try_from(byte).unwrap()).collect();
        let seen = match take(&verifier, body, signed) {
            Ok(event) => {
                read(&event);
                if leaky && number % 10 == 0 {
                    std::mem::forget(event);
                }
                "OK"
            }
            Err(error) => error.code().name(),
        };
        assert_eq!(seen, *outcome, "delivery {number}");
        if number == count / 5 {
            warm = kib();
        }
    }
    println!("{{\"deliveries\": {count}, \"warm_kib\": {warm}, \"end_kib\": {}}}", kib());
}

fn take(verifier: &Verifier, body: Vec<u8>, signed: &str) -> Result<OwnedEvent, Error> {
    let mut signature = testing::sign(&body, if signed == "forged" { "another" } else { SECRET });
    if signed == "malformed" {
        signature.truncate(20);
    }
    let header = ("X-Hmac-Signature", signature.as_str());
    let headers: &[(&str, &str)] = match signed {
        "missing" => &[],
        "repeated" => &[header, header],
        _ => &[header],
    };
    OwnedEvent::verify(verifier, body, headers).map_err(|refused| refused.error())
}

fn read(event: &OwnedEvent) {
    let event = event.as_event();
    let resource = event.resource();
    assert_eq!(event.dedupe_key().as_str().len(), 35);
    let amount = resource.amount().and_then(|amount| amount.minor_units());
    assert!(event.published_key().is_some() || event.data().len() > 1 || amount.is_some() || resource.updated_at().is_some());
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|place| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).unwrap()).collect()
}

fn kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
