//! Runs every vector on the core.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};
use yuno_webhooks::{
    DEFAULT_MAX_BODY_BYTES, Error, ErrorCode, Event, EventKind, Family, Finality, Reply, Schedule, Since, Verifier, testing,
};
use yuno_webhooks_tests::{bytes, repository, view};

#[test]
fn every_vector() {
    let mut count = 0;
    let mut failures = Vec::new();
    let paths = fs::read_dir(repository().join("tests/vectors")).unwrap().map(|entry| entry.unwrap().path());
    // The inbox's scenarios lie in a folder, and are the stores' to run.
    for path in paths.filter(|path| path.is_file()) {
        let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let cases = file["cases"].as_array().unwrap();
        assert!(!cases.is_empty(), "{}", path.display());
        for case in cases {
            let seen = run(file["operation"].as_str().unwrap(), &case["input"]);
            let expect = case["expect"].as_object().unwrap();
            count += 1;
            if let Some(difference) = difference(expect, &seen) {
                failures.push(format!("{}: {}: {difference}", path.file_stem().unwrap().display(), case["name"]));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} vectors fail:\n{}", failures.len(), failures.join("\n"));
    let folder = repository().join("target/vectors");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("rust.count"), count.to_string()).unwrap();
    println!("vectors: {count} run on the core");
}

/// What must not be told of a delivery: the values of the options, and what each secret signs; but no plain words.
fn hidden(input: &Value) -> Vec<String> {
    let (body, options) = (bytes(&input["body"]), &input["verifier"]);
    let signatures = texts(&options["hmac_secret"]).into_iter().flat_map(|secret| {
        let signature = testing::sign(&body, secret);
        let hex = HEXLOWER.encode(&STANDARD.decode(&signature).unwrap());
        [signature, hex]
    });
    let is_plain = |text: &str| text.len() < 6 || text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'*');
    signatures.chain(texts(options)).filter(|text| !is_plain(text)).collect()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// What a log or a panic would show of a delivery.
fn shown(input: &Value) -> Vec<String> {
    let verifier = match verifier(input) {
        Ok(verifier) => verifier,
        Err(error) => return vec![error.to_string(), format!("{error:?}")],
    };
    let headers: Vec<(String, String)> = serde_json::from_value(input["headers"].clone()).unwrap();
    let told = match verifier.verify(&bytes(&input["body"]), &headers) {
        Ok(event) => vec![format!("{event:?} {:?} {:?}", event.resource(), event.resource().transaction())],
        Err(error) => vec![error.to_string(), format!("{error:?} {:?}", Reply::to_error(&error))],
    };
    [vec![format!("{verifier:?} {verifier:#?}")], told].concat()
}

#[test]
fn no_vector_is_told_from_what_is_printed() {
    let mut checked = 0;
    for (name, input) in verified() {
        let (hidden, shown) = (hidden(&input), shown(&input));
        checked += hidden.len() * shown.len();
        let told = hidden.iter().find(|text| shown.iter().any(|line| line.contains(*text)));
        assert!(told.is_none(), "{name}");
        shown.iter().for_each(|line| println!("{line}"));
    }
    assert!(checked > 1000, "{checked}");
}

/// Every case that configures a verifier.
fn verified() -> Vec<(String, Value)> {
    let paths = fs::read_dir(repository().join("tests/vectors")).unwrap().map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.is_file()).map(|path| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap());
    let cases = files.filter(|file| file["operation"] == "verify").flat_map(|file| file["cases"].as_array().unwrap().clone());
    cases.filter(|case| case["input"]["verifier"].is_object()).map(|case| (case["name"].to_string(), case["input"].clone())).collect()
}

/// The first expected member that was not seen; members of an event that the case does not name may be anything.
fn difference(expect: &Map<String, Value>, seen: &Value) -> Option<String> {
    for (name, wanted) in expect {
        let differs = match (wanted.as_object(), seen.get(name)) {
            (Some(wanted), Some(Value::Object(_))) => difference(wanted, &seen[name]),
            (_, Some(value)) if value == wanted => None,
            (_, value) => Some(format!("{name}: expected {wanted}, saw {}", value.unwrap_or(seen))),
        };
        if differs.is_some() {
            return differs;
        }
    }
    None
}

fn run(operation: &str, input: &Value) -> Value {
    match operation {
        "sign" => json!({ "signature": testing::sign(&bytes(&input["body"]), bytes(&input["secret"])) }),
        "verify" => outcome(verifier(input).map(|verifier| {
            let headers: Vec<(String, String)> = serde_json::from_value(input["headers"].clone()).unwrap();
            let body = bytes(&input["body"]);
            outcome(verifier.verify(&body, &headers).map(|event| json!({ "event": view(&event) })))
        })),
        "admit" => outcome(admit(input)),
        "parse" => outcome(Event::parse_unverified(&bytes(&input["body"])).map(|event| json!({ "event": view(&event) }))),
        "keys" => with_pair(input, |first, second| {
            json!({
                "first": first.dedupe_key().as_str(),
                "second": second.dedupe_key().as_str(),
                "first_published": first.published_key(),
                "second_published": second.published_key(),
                "same": first.dedupe_key() == second.dedupe_key(),
            })
        }),
        "recency" => with_pair(input, |first, second| {
            json!({
                "first_to_second": first.compare_recency(second).as_str(),
                "second_to_first": second.compare_recency(first).as_str(),
            })
        }),
        "finality" => {
            let family = Family::from_name(input["family"].as_str().unwrap()).unwrap();
            json!({ "finality": Finality::of(family, input["status"].as_str().unwrap(), input["sub_status"].as_str()).as_str() })
        }
        "reply" => reply(input),
        "schedule" => outcome(schedule(input)),
        "error" => {
            let code = ErrorCode::from_name(input["code"].as_str().unwrap()).unwrap();
            json!({ "number": code.number(), "stage": code.stage().as_str(), "http_status": code.http_status() })
        }
        "catalog" => {
            let kind = EventKind::from_spelling(input["spelling"].as_str().unwrap());
            let row = EventKind::catalog().iter().find(|row| row.kind == kind);
            json!({
                "kind": kind.as_str(),
                "family": row.map(|row| row.family.as_str()),
                "trigger": row.and_then(|row| row.trigger),
            })
        }
        other => panic!("no such operation: {other}"),
    }
}

fn outcome(result: Result<Value, Error>) -> Value {
    result.unwrap_or_else(|error| json!({ "error": error.code().name() }))
}

fn with_pair(input: &Value, see: impl Fn(&Event<'_>, &Event<'_>) -> Value) -> Value {
    let (first, second) = (bytes(&input["first"]), bytes(&input["second"]));
    see(&Event::parse_unverified(&first).unwrap(), &Event::parse_unverified(&second).unwrap())
}

fn verifier(input: &Value) -> Result<Verifier, Error> {
    if let Some(variables) = input.get("environment") {
        return Verifier::from_variables(|name| variables[name].as_str().map(str::to_owned));
    }
    let options = input["verifier"].as_object().unwrap();
    let mut builder = Verifier::builder();
    for (name, value) in options {
        builder = match name.as_str() {
            _ if value.is_null() => builder,
            "hmac_secret" => builder.hmac_secrets(values(value)),
            "api_key" => builder.api_key(values(value)),
            "x_secret" => builder.x_secret(values(value)),
            "required_headers" => {
                value.as_object().unwrap().iter().fold(builder, |builder, (name, value)| builder.required_header(name, values(value)))
            }
            "max_body_bytes" => builder.max_body_bytes(usize::try_from(value.as_u64().unwrap()).unwrap()),
            "unsigned" if value == true => builder.unsigned(),
            "unsigned" => builder,
            other => panic!("no such option: {other}"),
        };
    }
    builder.build()
}

fn admit(input: &Value) -> Result<Value, Error> {
    let limit = input.get("max_body_bytes").map_or(DEFAULT_MAX_BODY_BYTES, |limit| usize::try_from(limit.as_u64().unwrap()).unwrap());
    let verifier = Verifier::builder().hmac_secret("whsec-one").max_body_bytes(limit).build()?;
    verifier.admit(input["content_length"].as_str(), input["content_encoding"].as_str())?;
    Ok(json!({ "admitted": true }))
}

fn values(value: &Value) -> Vec<String> {
    match value {
        Value::String(value) => vec![value.clone()],
        list => serde_json::from_value(list.clone()).unwrap(),
    }
}

fn reply(input: &Value) -> Value {
    let reply = match input["error"].as_str() {
        None => Reply::received(),
        Some(name) => {
            // An authentic empty body is known only from having looked at one.
            let error = match input["empty_body"] == true && name == "BODY_NOT_JSON" {
                true => Event::parse_unverified(b"").unwrap_err(),
                false => Error::from(ErrorCode::from_name(name).unwrap()),
            };
            assert_eq!(error.code().name(), name);
            if input["stored"] == true { Reply::to_stored(&error) } else { Reply::to_error(&error) }
        }
    };
    json!({ "status": reply.status(), "body": reply.body() })
}

fn schedule(input: &Value) -> Result<Value, Error> {
    let seconds = |name: &str| -> Vec<Duration> {
        input[name].as_array().unwrap().iter().map(|value| Duration::from_secs_f64(value.as_f64().unwrap())).collect()
    };
    let since = match input["since"].as_str().unwrap() {
        "first_try" => Since::FirstTry,
        "previous_try" => Since::PreviousTry,
        other => panic!("no such reading: {other}"),
    };
    let schedule = Schedule::new(since, &seconds("delays_seconds"), &seconds("waits_seconds"))?;
    if let Some(retention) = input["retention_seconds"].as_u64() {
        schedule.check_retention(Duration::from_secs(retention))?;
    }
    let offsets = schedule.offsets();
    let tries = u32::try_from(offsets.len()).unwrap();
    let waits: Vec<_> = (0..tries).map(|retry| schedule.acknowledgement_wait(retry).as_secs()).collect();
    Ok(json!({
        "offsets_seconds": offsets.iter().map(Duration::as_secs).collect::<Vec<_>>(),
        "waits_seconds": waits,
        "total_seconds": schedule.total().as_secs(),
        "minimum_retention_seconds": schedule.minimum_retention().as_secs(),
    }))
}

#[test]
fn every_kind_has_a_sample_in_every_form_that_reads_back() {
    let mut seen = BTreeSet::new();
    for row in EventKind::catalog() {
        for form in testing::Form::of(row.kind) {
            let sample = testing::Sample::new(row.kind).form(*form).id("r-1").sign("secret").unwrap();
            let verifier = Verifier::builder().hmac_secret("secret").build().unwrap();
            let event = verifier.verify(&sample.body, &sample.headers).unwrap();
            assert_eq!(event.kind(), row.kind, "{form:?}");
            assert_eq!(event.resource().kind(), row.family, "{form:?} {}", row.kind);
            assert_eq!(event.resource().id().as_deref(), Some("r-1"), "{form:?} {}", row.kind);
            assert!(seen.insert(event.dedupe_key()), "{form:?} {}", row.kind);
            for retry in 1..=6 {
                let again = testing::Sample::new(row.kind).form(*form).id("r-1").retry(retry).body().unwrap();
                let again = Event::parse_unverified(&again).unwrap();
                assert_eq!(again.dedupe_key(), event.dedupe_key(), "{form:?} {}", row.kind);
                assert_eq!(again.retry(), Some(retry));
            }
        }
    }
}

#[test]
fn a_sample_of_nothing_is_refused() {
    let unknown = testing::Sample::new(EventKind::Unknown).body().unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::InvalidArgument);
    let float = testing::Sample::new(EventKind::PayoutPayout).amount("NaN").body().unwrap_err();
    assert_eq!(float.code(), ErrorCode::InvalidArgument);
    let form = testing::Sample::new(EventKind::PayoutPayout).form(testing::Form::V1).body().unwrap_err();
    assert_eq!(form.code(), ErrorCode::InvalidArgument);
}

#[test]
fn a_form_is_found_by_its_name() {
    for form in testing::Form::ALL {
        assert_eq!(testing::Form::from_name(form.as_str()), Ok(form));
    }
    assert_eq!(testing::Form::from_name("v3").unwrap_err().code(), ErrorCode::InvalidArgument);
}

#[test]
fn the_sub_status_of_a_sample_follows_from_its_status() {
    let sub_status = |status| {
        let body = testing::Sample::new(EventKind::PaymentPurchase).status(status).body().unwrap();
        Event::parse_unverified(&body).unwrap().resource().sub_status().map(|text| text.into_owned())
    };
    let statuses = ["SUCCEEDED", "DECLINED", "PENDING", "READY_TO_PAY"].map(|status| sub_status(status).unwrap());
    assert_eq!(statuses, ["APPROVED", "DECLINED", "PENDING_PROVIDER_CONFIRMATION", "CREATED"]);
}

#[test]
fn debug_output_never_holds_the_body() {
    let delivery = testing::Sample::new(EventKind::PaymentPurchase).merchant_reference("pr1vate").sign("secret").unwrap();
    let event = Event::parse_unverified(&delivery.body).unwrap();
    let resource = event.resource();
    let text = format!("{delivery:?} {event:?} {resource:?} {:?}", resource.transaction());
    let bytes_of_the_body = format!("{:?}", "pr1vate".as_bytes());
    assert!(!text.contains("pr1vate") && !text.contains(bytes_of_the_body.trim_matches(['[', ']'])), "{text}");
    assert!(text.contains("PURCHASE"), "{text}");
}
