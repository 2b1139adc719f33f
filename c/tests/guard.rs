//! Every exported function is one call of a function that catches panics: nothing of it runs where a panic could reach C.
#![expect(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test stops at the first thing that is wrong")]

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::folder;

/// What catches a panic by itself; tests of `src/guard.rs` show it. Helpers that are one call of these, or of one another, do too.
const CATCHERS: [&str; 3] = ["guard", "attempt", "number"];

/// A function of the sources: its name, and the function that all of its body is one call of.
struct Function {
    name: String,
    is_exported: bool,
    calls: Option<String>,
}

/// The functions outside of impls and tests. The sources are formatted: such a function ends with the first brace that begins a line.
fn functions() -> Vec<Function> {
    let mut functions = Vec::new();
    for entry in fs::read_dir(folder().join("src")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let (product, _) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        for (start, _) in product.match_indices("fn ") {
            let (before, function) = product.split_at(start);
            let qualifiers = before.lines().last().unwrap_or_default();
            if !before.is_empty() && !before.ends_with('\n') && !qualifiers.starts_with("pub") {
                continue;
            }
            let (head, rest) = function.split_once(" {\n").unwrap();
            let (body, _) = rest.split_once("\n}\n").unwrap();
            let name = head.trim_start_matches("fn ").split(['(', '<']).next().unwrap();
            functions.push(Function { name: name.to_owned(), is_exported: qualifiers.contains("extern"), calls: only_call(body) });
        }
    }
    functions
}

/// The function of which a body is one call, with nothing called for its arguments: they are names up to the closure that it is given.
fn only_call(body: &str) -> Option<String> {
    let body = body.trim().trim_end_matches(';');
    let (name, arguments) = body.split_once('(')?;
    let (plain, _) = arguments.split_once('|').unwrap_or((arguments.strip_suffix(')')?, ""));
    let mut depth = 0_u32;
    let end = body.find(|letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        letter == ')' && depth == 0
    })?;
    let is_name = name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
    (is_name && end + 1 == body.len() && !plain.trim_start_matches("()").contains('(')).then(|| name.to_owned())
}

#[test]
fn every_exported_function_is_guarded() {
    let functions = functions();
    let mut guarded: BTreeSet<&str> = CATCHERS.into();
    loop {
        let calls_one = |function: &&Function| function.calls.as_deref().is_some_and(|called| guarded.contains(called));
        let more: Vec<_> = functions.iter().filter(calls_one).map(|function| function.name.as_str()).collect();
        let before = guarded.len();
        guarded.extend(more);
        if guarded.len() == before {
            break;
        }
    }
    let exported: Vec<_> = functions.iter().filter(|function| function.is_exported).collect();
    let unguarded: Vec<_> =
        exported.iter().filter(|function| !guarded.contains(function.name.as_str())).map(|function| &function.name).collect();
    assert!(unguarded.is_empty(), "not one call of a function that catches panics: {unguarded:?}");
    let header = fs::read_to_string(common::header()).unwrap();
    assert!(exported.iter().all(|function| header.contains(&format!("{}(", function.name)) != (function.name == "yuno_test_panic")));
    let sources = fs::read_dir(folder().join("src")).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    assert_eq!(exported.len(), sources.map(|text| text.matches("extern \"C\" fn").count()).sum::<usize>());
}

#[test]
fn a_body_that_does_more_is_seen() {
    assert_eq!(only_call("guard(0, || 1)").as_deref(), Some("guard"));
    assert_eq!(only_call("make(a, b, || {\n        inside()\n    })").as_deref(), Some("make"));
    for body in [
        "before();\n    guard(0, || 1)",
        "guard(0, || 1) + after()",
        "guard(value(), || 1)",
        "guard(0, || {\n        1\n    }).more()",
        "other.guard(|| 1)",
    ] {
        assert_eq!(only_call(body), None, "{body}");
    }
}
