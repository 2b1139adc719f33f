//! Writes what is made from the core's tables into the files that hold it, or with `--check` tells which are out of date.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::{env, fs};

use serde_json::Value;
use yuno_webhooks::{ErrorCode, EventKind, Family, Stage};
use yuno_webhooks_tests::repository;

fn main() -> ExitCode {
    let check = env::args().any(|argument| argument == "--check");
    let mut stale = false;
    let marked = |mark: &str| (format!("<!-- {mark}:begin -->\n\n"), format!("\n<!-- {mark}:end -->"));
    let commented = |mark: &str| (format!("# {mark}:begin\n"), format!("# {mark}:end"));
    let parts = [
        ("README.md", marked("errors"), errors()),
        ("core/CATALOG.md", marked("catalog"), catalog()),
        ("core/JSON.md", marked("json"), decisions()),
        ("core/JSON.md", marked("data"), data()),
        ("python/yuno_webhooks/types.py", commented("kinds"), python_kinds()),
    ];
    for (file, (begin, end), table) in parts {
        let path = repository().join(file);
        let text = fs::read_to_string(&path).unwrap();
        let (head, rest) = text.split_once(&begin).unwrap();
        let (_, tail) = rest.split_once(&end).unwrap();
        let made = [head, &begin, &table, &end, tail].concat();
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
    for code in ErrorCode::ALL.iter().filter(|code| code.stage() != Stage::Boundary) {
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

/// The cases of JSON, those of one sort and one decision in a row.
fn decisions() -> String {
    let mut rows: Vec<(String, String, Vec<String>)> = Vec::new();
    for case in cases("json.json") {
        let (sort, name) = case["name"].as_str().unwrap().split_once(": ").unwrap();
        let decision = case["expect"]["error"].as_str().map_or_else(|| "an event".to_owned(), |code| format!("`{code}`"));
        let name = escaped(name);
        match rows.iter_mut().find(|row| row.0 == sort && row.1 == decision) {
            Some(row) => row.2.push(name),
            None => rows.push((sort.to_owned(), decision, vec![name])),
        }
    }
    let mut table = "| of | decision | cases |\n|---|---|---|\n".to_owned();
    for (sort, decision, names) in rows {
        writeln!(table, "| {sort} | {decision} | {} |", names.join("; ")).unwrap();
    }
    table
}

/// What `data` is where hosts differ. Long values are left out.
fn data() -> String {
    let mut table = "| `data.v` | Python | Node |\n|---|---|---|\n".to_owned();
    for case in cases("hosts/data.json") {
        let shown = |host: &str| {
            let text = case["expect"][host].as_str().unwrap();
            if text.len() > 80 { "read".to_owned() } else { format!("`{text}`") }
        };
        writeln!(table, "| {} | {} | {} |", case["name"].as_str().unwrap(), shown("python"), shown("node")).unwrap();
    }
    table
}

fn cases(file: &str) -> Vec<Value> {
    let text = fs::read(repository().join("tests/vectors").join(file)).unwrap();
    let content: Value = serde_json::from_slice(&text).unwrap();
    content["cases"].as_array().unwrap().clone()
}

/// A text in which Markdown sees no marks.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|each| ['\\'].into_iter().filter(move |_| "\\`*_<[]|".contains(each)).chain([each])).collect()
}

/// The words of the catalogue as Python's type checkers know them.
fn python_kinds() -> String {
    let literal = |name: &str, words: Vec<&str>| {
        let words: String = words.iter().map(|word| format!("    \"{word}\",\n")).collect();
        format!("{name}: TypeAlias = Literal[\n{words}]\n")
    };
    let kinds = EventKind::catalog().iter().map(|row| row.kind.as_str()).chain(["unknown"]).collect();
    let families = Family::ALL.iter().map(|family| family.as_str()).collect();
    [literal("Kind", kinds), literal("Family", families)].concat()
}
