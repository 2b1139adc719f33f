//! Inputs to begin with, made from the shared vectors.

use std::fs;

use serde_json::{Map, Value};

use crate::{bytes, repository};

/// Longer ones slow the search down and show nothing new.
const MOST_BYTES: usize = 4096;

fn cases(file: &str) -> Vec<Value> {
    let vectors = fs::read(repository().join("tests/vectors").join(file)).unwrap();
    let Value::Array(cases) = serde_json::from_slice::<Value>(&vectors).unwrap()["cases"].take() else { panic!("{file} has no cases") };
    cases
}

fn short(seeds: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    seeds.into_iter().filter(|seed| seed.len() <= MOST_BYTES).collect()
}

pub(super) fn bodies() -> Vec<Vec<u8>> {
    let of = |file| cases(file).into_iter().map(|case| bytes(&case["input"]["body"]));
    short(["payloads.json", "money.json", "time.json"].into_iter().flat_map(of))
}

pub(super) fn pairs() -> Vec<Vec<u8>> {
    let of = |file| cases(file).into_iter().map(|case| [bytes(&case["input"]["first"]), bytes(&case["input"]["second"])].join(&0));
    short(["keys.json", "recency.json"].into_iter().flat_map(of))
}

pub(super) fn signatures() -> Vec<Vec<u8>> {
    let written = ["$b", " $b\r\n", "sha256=$h", "SHA256= $H", "$h", "$u", "$b,$b", "t=1,v1=$h", "=$b", "$b=", ""]
        .map(|text| [b"{}\0", text.as_bytes()].concat());
    let vectors = cases("signatures.json").into_iter().filter_map(|case| {
        let text = case["input"]["headers"].as_array()?.first()?.get(1)?.as_str()?.to_owned();
        Some([bytes(&case["input"]["body"]), text.into_bytes()].join(&0))
    });
    short(written.into_iter().chain(vectors))
}

pub(super) fn deliveries() -> Vec<Vec<u8>> {
    let of = |file| cases(file).into_iter().filter_map(|case| delivery(&case["input"]));
    short(["signatures.json", "credentials.json"].into_iter().flat_map(of))
}

/// A vector as the target `verify` reads it, once with its own signature and so that a right one stays right when the rest is changed.
fn delivery(input: &Value) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    for (name, value) in input["verifier"].as_object()? {
        let line = match (name.as_str(), value) {
            (_, Value::Null) | ("unsigned", Value::Bool(false)) => Vec::new(),
            ("unsigned", _) => vec!["unsigned".to_owned()],
            ("max_body_bytes", limit) => vec![format!("limit={limit}")],
            ("required_headers", names) => names.as_object()?.iter().flat_map(|(name, values)| each(name, values)).collect(),
            (name, values) => each(name, values),
        };
        text.extend(line.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()));
    }
    text.push(b'\n');
    for header in input["headers"].as_array()? {
        let (name, value) = (header[0].as_str()?, header[1].as_str()?);
        let is_signature = name.eq_ignore_ascii_case("x-hmac-signature") && value.len() == 44;
        text.extend(format!("{name}: {}\n", if is_signature { "$b" } else { value }).bytes());
    }
    text.push(b'\n');
    text.extend(bytes(&input["body"]));
    Some(text)
}

fn each(name: &str, values: &Value) -> Vec<String> {
    let one = std::slice::from_ref(values);
    let values = values.as_array().map_or(one, Vec::as_slice);
    values.iter().filter_map(Value::as_str).map(|value| format!("{name}={value}")).collect()
}

pub(super) fn header_lines() -> Vec<Vec<u8>> {
    let of_requests = ["signatures.json", "credentials.json"].into_iter().flat_map(cases).filter_map(|case| {
        let lines =
            case["input"]["headers"].as_array()?.iter().map(|header| Some(format!("{}: {}\n", header[0].as_str()?, header[1].as_str()?)));
        Some(lines.collect::<Option<String>>()?.into_bytes())
    });
    let of_admission = cases("admission.json").into_iter().map(|case| {
        let text = |name: &str| case["input"][name].as_str().unwrap_or_default().to_owned();
        format!("content-length: {}\nContent-Encoding: {}\n", text("content_length"), text("content_encoding")).into_bytes()
    });
    short(of_requests.chain(of_admission))
}

pub(super) fn times() -> Vec<Vec<u8>> {
    let texts = collect("time.json", &["created_at", "updated_at"]);
    texts.iter().zip(texts.iter().rev()).map(|(first, second)| [first.as_bytes(), second.as_bytes()].join(&0)).collect()
}

pub(super) fn sums() -> Vec<Vec<u8>> {
    let sums = collect("money.json", &["value", "amount"]);
    let currencies = ["USD", "JPY", "KWD", "CLF", "XXX", "usd", ""].into_iter().cycle();
    sums.iter().zip(currencies).map(|(sum, currency)| [sum.as_bytes(), currency.as_bytes()].join(&0)).collect()
}

/// The texts and numbers under these names in the bodies of a file.
fn collect(file: &str, names: &[&str]) -> Vec<String> {
    fn gather(value: &Value, names: &[&str], found: &mut Vec<String>) {
        let mut of_members = |members: &Map<String, Value>| {
            for (name, value) in members {
                match value {
                    Value::String(text) if names.contains(&name.as_str()) => found.push(text.clone()),
                    Value::Number(number) if names.contains(&name.as_str()) => found.push(number.to_string()),
                    _ => gather(value, names, found),
                }
            }
        };
        match value {
            Value::Object(members) => of_members(members),
            Value::Array(elements) => elements.iter().for_each(|element| gather(element, names, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for case in cases(file) {
        let body: Value = serde_json::from_slice(&bytes(&case["input"]["body"])).unwrap_or_default();
        gather(&body, names, &mut found);
    }
    found
}

/// For the C ABI: what calls are made is told by bytes that mean nothing else, so bodies in front of noise are a beginning.
pub(super) fn calls() -> Vec<Vec<u8>> {
    let noise: Vec<u8> = (0..=255).cycle().step_by(7).take(400).collect();
    let seeds = bodies().into_iter().step_by(9).chain(deliveries().into_iter().step_by(9));
    seeds.map(|body| [&body, &noise[..], &body].concat()).collect()
}
