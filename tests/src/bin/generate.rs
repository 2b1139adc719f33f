//! Writes what is made from the core's tables into the files that hold it, or with `--check` tells which are out of date.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::{env, fs};

use yuno_webhooks::{ErrorCode, EventKind, Stage};
use yuno_webhooks_tests::repository;

fn main() -> ExitCode {
    let check = env::args().any(|argument| argument == "--check");
    let mut stale = false;
    for (file, mark, table) in [("README.md", "errors", errors()), ("core/CATALOG.md", "catalog", catalog())] {
        let path = repository().join(file);
        let text = fs::read_to_string(&path).unwrap();
        let (begin, end) = (format!("<!-- {mark}:begin -->\n"), format!("<!-- {mark}:end -->"));
        let (head, rest) = text.split_once(&begin).unwrap();
        let (_, tail) = rest.split_once(&end).unwrap();
        let made = [head, &begin, "\n", &table, "\n", &end, tail].concat();
        if made == text {
            continue;
        }
        stale = true;
        match check {
            true => eprintln!("{file} is out of date: run `make generate`"),
            false => fs::write(path, made).unwrap(),
        }
    }
    if check && stale { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn errors() -> String {
    let mut table = "| code | number | stage | HTTP | what to do |\n|---|---|---|---|---|\n".to_owned();
    let of_a_delivery = [Stage::Configuration, Stage::Authentication, Stage::Payload];
    for code in ErrorCode::ALL.iter().filter(|code| of_a_delivery.contains(&code.stage())) {
        let (name, number, status) = (code.name(), code.number(), code.http_status());
        writeln!(table, "| `{name}` | {number} | {} | {status} | {} |", code.stage().as_str(), code.message()).unwrap();
    }
    table
}

fn catalog() -> String {
    let mut table = "| kind | also sent as | resource | selected by |\n|---|---|---|---|\n".to_owned();
    for row in EventKind::catalog() {
        let others: Vec<_> = row.spellings.iter().skip(1).map(|name| format!("`{name}`")).collect();
        let trigger = row.trigger.map_or(String::new(), |(field, value)| format!("`{field}`: {value}"));
        writeln!(table, "| `{}` | {} | {} | {trigger} |", row.kind, others.join(", "), row.family.as_str()).unwrap();
    }
    table
}
