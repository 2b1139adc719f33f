//! `c/examples`: the bindings of Go, Java, PHP and Ruby run every shared vector, and the receivers of all six languages answer every delivery alike.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first thing that is wrong"
)]
#![expect(clippy::print_stdout, reason = "the comparison is worth reading")]

mod common;
#[path = "examples/deliveries.rs"]
mod deliveries;
#[path = "examples/http.rs"]
mod http;
#[path = "examples/receiver.rs"]
mod receiver;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
use std::{fs, thread};

use common::folder;
use common::vectors::{cases, run};
use deliveries::{Expected, SECRETS, half, many, private, rows};
use http::{Connection, Ending, Request};
use receiver::{LANGUAGES, Receiver, Seen, configured, ended, free_port, program};

/// How long a line may take that must come, and how long is waited for one that must not.
const SOON: Duration = Duration::from_secs(5);
const NEVER: Duration = Duration::from_millis(200);

/// What a server itself does to a delivery, so that its receiver is seen to do something else. Nothing else may be seen, and this only there.
struct Allowance {
    language: &'static str,
    delivery: &'static str,
    /// The status, or why there is none.
    status: &'static str,
    line: Option<&'static str>,
    because: &'static str,
}

const fn allow(
    language: &'static str,
    delivery: &'static str,
    status: &'static str,
    line: Option<&'static str>,
    because: &'static str,
) -> Allowance {
    Allowance { language, delivery, status, line, because }
}

const ALLOWANCES: &[Allowance] = &[
    allow(
        "c",
        "without end, in chunks",
        "Closed",
        Some("refused\tBODY_TOO_LARGE"),
        "libmicrohttpd cannot answer before the end of a body, so the receiver cuts the connection",
    ),
    allow("cpp", "a signature after the body", "400", None, "cpp-httplib 0.11 takes a body with trailers for one that breaks off"),
    allow(
        "java",
        "a signature after the body",
        "400",
        Some("refused\t-"),
        "the JDK's server takes a body with trailers for one that breaks off",
    ),
    allow("php", "two signatures", "401", Some("refused\tSIGNATURE_MALFORMED"), JOINED),
    allow("php", "too large, and not sent", "Waits", None, READS_ALL),
    allow("php", "without end, in chunks", "ReadsOn", None, READS_ALL),
    allow("php", "far too large by its length", "Closed", None, "PHP's own server ends where it has no memory for all that is announced"),
    allow("php", "a length that is too small", "Closed", None, "PHP's own server drops a request that goes on after its end"),
];
const JOINED: &str = "the server joins the values of a repeated header, and the text that this makes is no signature";
const READS_ALL: &str = "PHP's own server reads all of a body before it asks the receiver";

fn allowance(language: &str, delivery: &str, seen: &Seen) -> Option<&'static Allowance> {
    let status = seen.status();
    ALLOWANCES.iter().find(|allowance| {
        allowance.language == language
            && allowance.delivery == delivery
            && allowance.status == status
            && allowance.line == seen.line.as_deref()
    })
}

fn every_vector(language: &'static str) {
    let Some(vectors) = program(language, "vectors") else { return };
    let cases = cases();
    run(&cases.iter().collect::<Vec<_>>(), vectors, &format!("examples-{language}"));
    let counts = folder().join("../target/vectors");
    fs::create_dir_all(&counts).unwrap();
    fs::write(counts.join(format!("{language}.count")), cases.len().to_string()).unwrap();
    println!("vectors: {} run on {language}", cases.len());
}

#[test]
fn every_vector_in_go() {
    every_vector("go");
}

#[test]
fn every_vector_in_java() {
    every_vector("java");
}

#[test]
fn every_vector_in_php() {
    every_vector("php");
}

#[test]
fn every_vector_in_ruby() {
    every_vector("ruby");
}

/// Sends a delivery and looks at all that must be alike.
fn observe(receiver: &Receiver, request: &Request, expected: &Expected) -> Result<(), Seen> {
    let mut connection = Connection::open(receiver.port);
    let answer = connection.exchange(request);
    let has_line = matches!(expected, Expected::Answer { line: Some(_), .. });
    let line = receiver.line(if has_line && answer.is_ok() { SOON } else { NEVER });
    let seen = Seen { answer, line };
    let is_as_expected = match (expected, &seen.answer) {
        (Expected::NotAccepted, answer) => {
            let is_accepted = seen.line.as_ref().is_some_and(|line| line.starts_with("accepted"));
            !is_accepted && answer.as_ref().map_or(true, |answer| answer.status != 200)
        }
        (Expected::Answer { status, body, line, closes }, Ok(answer)) => {
            let content_type = (!body.is_empty()).then_some("application/json");
            let allow = (*status == 405).then_some("POST");
            answer.status == *status
                && answer.body == *body
                && seen.line == *line
                && (body.is_empty() || answer.header("content-type") == content_type)
                && answer.header("allow") == allow
                && (!closes || request.ending == Ending::NeverEnds || connection.is_closed())
        }
        (Expected::Answer { .. }, Err(_)) => false,
    };
    if is_as_expected { Ok(()) } else { Err(seen) }
}

/// As the table has it.
fn shown(expected: &Expected) -> String {
    match expected {
        Expected::NotAccepted => "not accepted".to_owned(),
        Expected::Answer { status, line, .. } => {
            let fields: Vec<_> = line.as_deref().unwrap_or("no line").split('\t').collect();
            format!("{status} {}", fields.iter().take(2).copied().collect::<Vec<_>>().join(" "))
        }
    }
}

fn start(language: &'static str) -> Option<Receiver> {
    Receiver::start(language, Some(&SECRETS.join("\n")))
}

#[test]
fn every_receiver_answers_alike() {
    let mut receivers: Vec<_> = LANGUAGES.into_iter().filter_map(start).collect();
    let (mut table, mut notes, mut failures) = (Vec::new(), BTreeMap::new(), Vec::new());
    for row in rows() {
        let mut equal = receivers.len();
        for receiver in &mut receivers {
            let all = row.deliveries.iter().map(|(request, expected)| (expected, observe(receiver, request, expected)));
            let other: Vec<_> = all.filter_map(|(expected, seen)| Some((expected, seen.err()?))).collect();
            for (expected, seen) in &other {
                match allowance(receiver.language, row.name, seen) {
                    Some(allowance) => drop(notes.insert((receiver.language, row.name), allowance)),
                    None => failures.push(format!("{}: {}: {seen:?}\n    expected {expected:?}", receiver.language, row.name)),
                }
            }
            if !other.is_empty() {
                equal -= 1;
                // It may be ending.
                thread::sleep(NEVER);
            }
            if let Some(status) = receiver.ended() {
                if !notes.contains_key(&(receiver.language, row.name)) {
                    failures.push(format!("{}: {}: the receiver ends with {status}", receiver.language, row.name));
                }
                *receiver = start(receiver.language).unwrap();
            }
        }
        let first = &row.deliveries[0].1;
        let what = if row.deliveries.len() == 1 { shown(first) } else { format!("{} deliveries, all accepted", row.deliveries.len()) };
        table.push(format!("{:34}{what:42}{equal} of {} equal", row.name, receivers.len()));
    }
    let mut check = |name: &str, what: &str, of: fn(&mut Receiver) -> Vec<String>| {
        let wrong: Vec<_> = receivers.iter_mut().map(of).filter(|wrong| !wrong.is_empty()).collect();
        table.push(format!("{name:34}{what:42}{} of {} equal", receivers.len() - wrong.len(), receivers.len()));
        failures.extend(wrong.into_iter().flatten());
    };
    check("200 over 8 connections", "each line once", in_parallel);
    check("SIGTERM while one is sending", "ends within 2 s", end);
    println!("{}", table.join("\n"));
    notes.iter().for_each(|((language, delivery), allowance)| println!("allowed: {language}: {delivery}: {}", allowance.because));
    assert!(failures.is_empty(), "{} are not alike:\n{}", failures.len(), failures.join("\n"));
}

/// Many deliveries over several connections at once: each must make its line once.
fn in_parallel(receiver: &mut Receiver) -> Vec<String> {
    let many = many(200);
    let refused = Mutex::new(Vec::new());
    let (language, port) = (receiver.language, receiver.port);
    thread::scope(|scope| {
        for own in many.chunks(many.len() / 8) {
            let refused = &refused;
            scope.spawn(move || {
                let mut connection = None;
                for (request, line) in own {
                    let mut open = connection.take().unwrap_or_else(|| Connection::open(port));
                    open.send(request);
                    let answer = open.answer();
                    match answer {
                        Ok(answer) if answer.status == 200 => {
                            let is_kept = answer.header("connection") != Some("close") && answer.header("content-length").is_some();
                            connection = is_kept.then_some(open);
                        }
                        other => refused.lock().unwrap().push(format!("{language}: {line}: {other:?}")),
                    }
                }
            });
        }
    });
    let mut lines: Vec<_> = many.iter().map_while(|_| receiver.line(SOON)).collect();
    lines.extend(receiver.line(NEVER));
    lines.sort();
    let mut expected: Vec<_> = many.into_iter().map(|(_, line)| line).collect();
    expected.sort();
    let mut failures = refused.into_inner().unwrap();
    if lines != expected {
        failures.push(format!("{language}: {} lines of {} deliveries, or others", lines.len(), expected.len()));
    }
    failures
}

/// Ends a receiver to which one is sending, and looks at what it has written.
fn end(receiver: &mut Receiver) -> Vec<String> {
    let language = receiver.language;
    let mut connection = Connection::open(receiver.port);
    connection.send(&half());
    thread::sleep(NEVER);
    let (status, time) = receiver.end();
    let mut failures = Vec::new();
    // PHP's own server knows no signals.
    if status.code() != Some(0) && language != "php" {
        failures.push(format!("{language} ends with {status}"));
    }
    if time > Duration::from_secs(2) {
        failures.push(format!("{language} ends after {time:?}"));
    }
    let accepted = receiver.line(NEVER).filter(|line| line.starts_with("accepted"));
    failures.extend(accepted.map(|line| format!("{language} takes a part for the whole: {line}")));
    let errors = receiver.errors();
    failures.extend(private().iter().filter(|text| errors.contains(*text)).map(|text| format!("{language} tells {text}")));
    failures
}

#[test]
fn without_a_secret_nothing_is_received() {
    let spaced = format!(" {} ", SECRETS[0]);
    for (language, secrets) in
        LANGUAGES.into_iter().flat_map(|language| [(language, None), (language, Some("")), (language, Some(spaced.as_str()))])
    {
        let Some(command) = program(language, "receiver") else { continue };
        let name = if secrets == Some(&spaced) { "INVALID_SECRET" } else { "NO_SIGNATURE_SECRET" };
        let errors = if language == "php" {
            // A router cannot end PHP's own server, so each delivery is answered with 500.
            let receiver = Receiver::start(language, secrets).unwrap();
            let (request, _) = &many(1)[0];
            let answer = Connection::open(receiver.port).exchange(&Request::new(request.as_slice()));
            assert_eq!(answer.map(|answer| (answer.status, answer.body)), Ok((500, String::new())));
            assert_eq!(receiver.line(SOON), Some(format!("refused\t{name}")));
            receiver.errors()
        } else {
            let ended = ended(configured(command, free_port(), secrets));
            let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(1), "{language}: {errors}");
            assert!(ended.stdout.is_empty(), "{language} writes to stdout");
            errors
        };
        assert!(errors.contains(name) && !errors.contains(SECRETS[0]), "{language}: {errors}");
    }
}

#[test]
fn without_a_port_nothing_starts() {
    for language in LANGUAGES.into_iter().filter(|language| *language != "php") {
        let Some(command) = program(language, "receiver") else { continue };
        let mut command = configured(command, 0, Some(SECRETS[0]));
        command.env_remove("PORT");
        let ended = ended(command);
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{language}: {errors}");
        assert!(errors.contains("PORT"), "{language}: {errors}");
    }
}
