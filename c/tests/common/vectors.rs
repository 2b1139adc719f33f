//! The shared vectors, as the protocol of the runners in C and C++: what they read, what they write, and whether it is what a vector expects.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first thing that is wrong"
)]

use std::fs::{self, File};
use std::process::Command;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{folder, output, scratch};

/// A case of the vectors.
pub struct Case {
    name: String,
    /// What it is about.
    pub operation: String,
    input: Value,
    expect: Map<String, Value>,
}

impl Case {
    /// Whether it says what larger ones do not, and is quick where every access to memory is looked at.
    pub fn is_small(&self) -> bool {
        Records::of(self).0.len() < SMALL
    }
}

/// Bodies beyond this size say nothing of memory that smaller ones do not, and are slow under valgrind.
const SMALL: usize = 100_000;

/// Every case.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder().join("../tests/vectors")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // Those are of the inbox, and have a form of their own.
            continue;
        }
        let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let own = file["cases"].as_array().unwrap();
        assert!(!own.is_empty(), "{}", path.display());
        cases.extend(own.iter().map(|case| Case {
            name: format!("{}: {}", path.file_stem().unwrap().display(), case["name"]),
            operation: file["operation"].as_str().unwrap().to_owned(),
            input: case["input"].clone(),
            expect: case["expect"].as_object().unwrap().clone(),
        }));
    }
    cases
}

/// The records of a case, as the C program reads them.
#[derive(Default)]
struct Records(Vec<u8>);

impl Records {
    fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        self.0.extend(format!("{name} {}\n", value.len()).bytes());
        self.0.extend(value);
        self.0.push(b'\n');
    }

    /// A text, number or truth; what is null is left out.
    fn add_value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::String(text) => self.add(name, text),
            other => self.add(name, other.to_string()),
        }
    }

    /// One value or several.
    fn add_values(&mut self, name: &str, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.add_value(name, value)),
            one => self.add_value(name, one),
        }
    }

    fn of(case: &Case) -> Self {
        let mut records = Self::default();
        records.add("operation", &case.operation);
        for (name, value) in case.input.as_object().unwrap() {
            match name.as_str() {
                "body" | "first" | "second" | "secret" => records.add(name, bytes(value)),
                "environment" => {
                    records.add(name, "true");
                    value.as_object().unwrap().iter().for_each(|(name, value)| records.add_value(name, value));
                }
                "verifier" => value.as_object().unwrap().iter().for_each(|(name, value)| records.add_option(name, value)),
                "headers" => {
                    for header in value.as_array().unwrap() {
                        records.add_value("header_name", &header[0]);
                        records.add_value("header_value", &header[1]);
                    }
                }
                "delays_seconds" => records.add_values("delay", value),
                "waits_seconds" => records.add_values("wait", value),
                "retention_seconds" => records.add_value("retention", value),
                _ => records.add_value(name, value),
            }
        }
        records.add("end", "");
        records
    }

    fn add_option(&mut self, name: &str, value: &Value) {
        match name {
            "hmac_secret" | "api_key" | "x_secret" if !value.is_null() => {
                self.add(&format!("has_{name}"), "true");
                self.add_values(name, value);
            }
            "required_headers" => {
                for (name, value) in value.as_object().unwrap() {
                    self.add("required_header", name);
                    self.add_values("required_value", value);
                }
            }
            _ => self.add_value(name, value),
        }
    }
}

/// The bytes that a vector stands for: a text, `{base64}` or `{prefix, repeat, count, suffix}`.
fn bytes(spec: &Value) -> Vec<u8> {
    let text = |name: &str| spec[name].as_str().unwrap_or_default();
    match spec {
        Value::String(text) => text.clone().into_bytes(),
        spec if spec.get("base64").is_some() => STANDARD.decode(text("base64")).unwrap(),
        spec => {
            let count = usize::try_from(spec["count"].as_u64().unwrap()).unwrap();
            [text("prefix"), &text("repeat").repeat(count), text("suffix")].concat().into_bytes()
        }
    }
}

/// What the program wrote, one object a case.
fn seen(mut rest: &[u8]) -> Vec<Value> {
    let mut cases = Vec::new();
    let mut case = Map::new();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = str::from_utf8(&rest[..end]).unwrap();
        let (name, kind) = line.split_once(' ').unwrap();
        let start = end + 1;
        let length: usize = kind[1..].parse().unwrap();
        let text = str::from_utf8(&rest[start..start + length]).unwrap();
        rest = &rest[start + length + 1..];
        let value = match &kind[..1] {
            "s" => Value::String(text.to_owned()),
            "0" => Value::Null,
            _ => serde_json::from_str(text).unwrap(),
        };
        match name.split_once('/') {
            None if name == "end" => cases.push(Value::Object(std::mem::take(&mut case))),
            Some((_, "data")) => {
                let data: Value = serde_json::from_str(text).unwrap_or_default();
                let keys = data.as_object().map(|data| data.keys().cloned().collect::<Vec<_>>());
                case["event"]["data_keys"] = keys.into();
            }
            Some((owner, member)) => {
                let owner = case.entry(owner).or_insert_with(|| Map::new().into());
                owner[member] = value;
            }
            None => match name.strip_suffix("[]") {
                Some(list) => case.entry(list).or_insert_with(|| Vec::<Value>::new().into()).as_array_mut().unwrap().push(value),
                None => drop(case.insert(name.to_owned(), value)),
            },
        }
    }
    cases
}

/// The first expected member that was not seen; members of an event that the case does not name may be anything.
fn difference(expect: &Map<String, Value>, seen: &Value) -> Option<String> {
    expect.iter().find_map(|(name, wanted)| match (wanted.as_object(), seen.get(name)) {
        (Some(wanted), Some(Value::Object(_))) => difference(wanted, &seen[name]),
        (_, Some(value)) if value == wanted => None,
        (_, value) => Some(format!("{name}: expected {wanted}, saw {}", value.unwrap_or(seen))),
    })
}

/// Runs these cases on a program and compares what it saw.
pub fn run(cases: &[&Case], mut program: Command, name: &str) {
    let input = scratch().join(format!("{name}.records"));
    fs::write(&input, cases.iter().flat_map(|case| Records::of(case).0).collect::<Vec<_>>()).unwrap();
    let seen = seen(output(program.stdin(File::open(&input).unwrap())).as_bytes());
    assert_eq!(seen.len(), cases.len(), "{name}");
    // What a user would log: `make assure-secrets` searches it.
    seen.iter().filter_map(|seen| seen.get("message")).for_each(|message| println!("{name}: {message}"));
    let failures: Vec<_> = cases
        .iter()
        .zip(&seen)
        .filter_map(|(case, seen)| {
            let difference = if case.expect.contains_key("error") || seen.get("error").is_none() {
                difference(&case.expect, seen)
            } else {
                Some(seen.to_string())
            };
            Some(format!("{}: {}", case.name, difference?))
        })
        .collect();
    assert!(failures.is_empty(), "{name}: {} of {} vectors fail:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
