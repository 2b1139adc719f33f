//! The header is what the sources say, compiles alone in every C and C++, and has the functions that the libraries export and no other.
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is wrong")]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::Command;
use std::{env, fs};

use cbindgen::{Builder, Config, DocumentationStyle, ExportConfig, Language, Style};
use common::{Library, compile, compiler, folder, header, output, scratch, strict};
use yuno_webhooks::ErrorCode;

/// In the order in which a reader meets them.
const SOURCES: [&str; 11] =
    ["pointers", "status", "error", "verifier", "event", "resource", "reply", "schedule", "catalog", "inbox", "testing"];

/// The name of each type in Rust and in C. A number on its way through C is, in the header, the enum that it stands for.
const NAMES: [(&str, &str); 18] = [
    ("Str", "yuno_str"),
    ("Status", "yuno_status"),
    ("StatusNumber", "yuno_status"),
    ("Error", "yuno_error"),
    ("Header", "yuno_header"),
    ("RequiredHeader", "yuno_required_header"),
    ("VerifierOptions", "yuno_verifier_options"),
    ("Verifier", "yuno_verifier"),
    ("Event", "yuno_event"),
    ("Recency", "yuno_recency"),
    ("RecencyNumber", "yuno_recency"),
    ("Reply", "yuno_reply"),
    ("Since", "yuno_since"),
    ("SinceNumber", "yuno_since"),
    ("Schedule", "yuno_schedule"),
    ("Sample", "yuno_sample"),
    ("InboxSql", "yuno_inbox_sql"),
    ("InboxRow", "yuno_inbox_row"),
];

fn generated() -> String {
    let preface = fs::read_to_string(folder().join("header/conventions.h")).unwrap();
    let helpers = fs::read_to_string(folder().join("header/helpers.h")).unwrap();
    let names = NAMES.into_iter().chain([("SampleOptions", "yuno_sample_options"), ("Flag", "bool")]);
    let macros = format!(
        "\n/* The release that this header belongs to; yuno_version() tells that of the library. */\n\
         #define YUNO_WEBHOOKS_VERSION \"{}\"\n#define YUNO_WEBHOOKS_VERSION_MAJOR {}\n#define YUNO_WEBHOOKS_VERSION_MINOR {}\n\
         #define YUNO_WEBHOOKS_VERSION_PATCH {}\n\n\
         /* The largest body in bytes, unless the verifier's options say otherwise. */\n#define YUNO_DEFAULT_MAX_BODY_BYTES {}\n\n\
         /* The length of a signature that yuno_sign makes. */\n#define YUNO_SIGNATURE_LEN {}\n\n\
         /* The SQLSTATE with which Postgres refuses the inbox's statement \"claim\" where another worker was faster: claim again. */\n\
         #define YUNO_INBOX_RACE_SQLSTATE \"{}\"",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
        yuno_webhooks::DEFAULT_MAX_BODY_BYTES,
        yuno_webhooks::testing::sign(b"", "").len(),
        yuno_webhooks::inbox::RACE_SQLSTATE,
    );
    let config = Config {
        language: Language::C,
        cpp_compat: true,
        style: Style::Type,
        documentation_style: DocumentationStyle::Doxy,
        usize_is_size_t: true,
        line_length: 150,
        no_includes: true,
        sys_includes: ["limits.h", "stdbool.h", "stddef.h", "stdint.h", "string.h"].map(str::to_owned).to_vec(),
        // The helpers come last, and cbindgen would close its own guard before them.
        header: Some(format!("{}\n\n#ifndef YUNO_WEBHOOKS_H\n#define YUNO_WEBHOOKS_H", preface.trim_end())),
        autogen_warning: Some(
            "/* Generated from the sources of the crate yuno-webhooks-c by `YUNO_WRITE=1 cargo test -p yuno-webhooks-c --test header`. */"
                .to_owned(),
        ),
        after_includes: Some(macros),
        trailer: Some(format!("{}\n\n#endif /* YUNO_WEBHOOKS_H */", helpers.trim_end())),
        export: ExportConfig {
            include: ["Status", "Recency", "Since"].map(str::to_owned).to_vec(),
            rename: names.map(|(rust, c)| (rust.to_owned(), c.to_owned())).collect(),
            ..ExportConfig::default()
        },
        ..Config::default()
    };
    let sources = SOURCES.map(|name| folder().join("src").join(name).with_extension("rs"));
    let builder = sources.iter().fold(Builder::new().with_config(config), Builder::with_src);
    let mut text = Vec::new();
    builder.generate().unwrap().write(&mut text);
    String::from_utf8(text).unwrap()
}

#[test]
fn the_committed_header_is_the_generated_one() {
    let generated = generated();
    if env::var_os("YUNO_WRITE").is_some_and(|value| value == "1") {
        fs::write(header(), &generated).unwrap();
    }
    let committed = fs::read_to_string(header()).unwrap_or_default();
    assert!(committed == generated, "the header is stale: YUNO_WRITE=1 cargo test -p yuno-webhooks-c --test header");
}

#[test]
fn the_statuses_are_the_error_codes_of_the_core() {
    let text = fs::read_to_string(header()).unwrap();
    let (body, _) = text.split_once("enum yuno_status").unwrap().1.split_once("};").unwrap();
    let numbers = body.lines().filter_map(|line| line.trim().strip_prefix("YUNO_")?.strip_suffix(',')?.split_once(" = "));
    let numbers: Vec<(&str, i32)> = numbers.map(|(name, number)| (name, number.parse().unwrap())).collect();
    let codes = ErrorCode::ALL.iter().map(|code| (code.name(), code.number()));
    assert_eq!(numbers, [("OK", 0)].into_iter().chain(codes).collect::<Vec<_>>());
}

#[test]
fn the_header_compiles_alone_in_every_c_and_cpp() {
    for (language, standards) in [("c", ["c99", "c11", "c17", "c2x"].as_slice()), ("cpp", &["c++11", "c++17", "c++20"])] {
        let source = scratch().join(format!("alone.{language}"));
        let text = "#include <yuno_webhooks.h>\n#include <stdio.h>\n#include <yuno_webhooks.h>\nint main(void) {\n\
            yuno_verifier_options verifier = YUNO_VERIFIER_OPTIONS_INIT; yuno_sample_options sample = YUNO_SAMPLE_OPTIONS_INIT;\n\
            printf(\"%d\" YUNO_STR_FMT, 1, YUNO_STR_ARG(sample.kind));\n\
            return !(verifier.size && sample.size && yuno_str_is(yuno_str_from(\"a\"), \"a\"));\n}\n";
        fs::write(&source, text).unwrap();
        for standard in standards {
            let mut command = strict(&compiler(language), standard);
            command.arg("-c").arg(&source).arg("-o").arg(scratch().join(format!("alone-{standard}.o")));
            output(&mut command);
        }
    }
}

#[test]
fn the_example_of_the_conventions_compiles() {
    let text = fs::read_to_string(header()).unwrap();
    let (conventions, _) = text.split_once(" * CONVENTIONS").unwrap();
    let example: Vec<_> = conventions.lines().filter_map(|line| line.strip_prefix(" *   ")).collect();
    assert_eq!(example.len(), 4, "{example:?}");
    let source = scratch().join("example.c");
    let parameters = "const yuno_verifier *verifier, const uint8_t *body, size_t body_len, const yuno_header *headers, size_t headers_len";
    let function = format!("yuno_reply receive({parameters}) {{\n{}\n}}\n", example.join("\n"));
    fs::write(&source, format!("#include <yuno_webhooks.h>\nvoid store_once(yuno_str key, yuno_str raw);\n{function}")).unwrap();
    output(strict(&compiler("c"), "c99").arg("-c").arg(&source).arg("-o").arg(scratch().join("example.o")));
}

/// A function of the header: what it returns, its name, and the type and name of each parameter.
struct Prototype {
    result: String,
    name: String,
    parameters: Vec<(String, String)>,
}

fn prototypes() -> Vec<Prototype> {
    let text = fs::read_to_string(header()).unwrap();
    let (_, text) = text.split_once("extern \"C\" {").unwrap();
    let (text, _) = text.split_once("}  // extern \"C\"").unwrap();
    let code: String = text.split("/**").map(|part| part.split_once("*/").map_or(part, |(_, code)| code)).collect();
    let declaration = |text: &str| {
        let start = text.trim_end_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
        (start.trim().replace("struct ", ""), text.strip_prefix(start).unwrap().to_owned())
    };
    let functions = code.split(';').filter_map(|function| {
        let (head, parameters) = function.trim().strip_suffix(')')?.split_once('(')?;
        let head = head.lines().last()?;
        let (result, name) = declaration(head);
        let parameters = parameters.split(',').map(str::trim).filter(|text| *text != "void").map(declaration).collect();
        Some(Prototype { result, name, parameters })
    });
    functions.collect()
}

#[test]
fn the_libraries_export_the_functions_of_the_header_and_no_others() {
    let declared: BTreeSet<_> = prototypes().into_iter().map(|function| function.name).collect();
    assert!(declared.len() > 60, "{declared:?}");
    let exported = |arguments: &[&str], library: Library| -> BTreeSet<String> {
        let names = output(Command::new("nm").args(arguments).arg(library.file()));
        names.lines().filter_map(|line| line.split_whitespace().nth(2)).map(str::to_owned).collect()
    };
    assert_eq!(declared, exported(&["-D", "--defined-only"], Library::Shared));
    // An archive also has what Rust's own parts call each other.
    let in_the_archive: BTreeSet<_> = exported(&["--defined-only", "--extern-only"], Library::Static);
    assert_eq!(declared, in_the_archive.into_iter().filter(|name| name.starts_with("yuno_")).collect());
}

/// What a call passes for a parameter: a value that is right, or nothing.
fn right(kind: &str, name: &str) -> String {
    match kind {
        "yuno_str" => "text".to_owned(),
        "size_t" if name.ends_with("_len") || name.ends_with("_size") => "1".to_owned(),
        "const yuno_header *" => "&one_header".to_owned(),
        "const yuno_error *" => "&an_error".to_owned(),
        "const yuno_verifier_options *" => "&verifier_options".to_owned(),
        "const yuno_sample_options *" => "&sample_options".to_owned(),
        "const uint8_t *" => "bytes".to_owned(),
        "const uint64_t *" => "seconds".to_owned(),
        "char *" => "buffer".to_owned(),
        _ if kind.ends_with("**") => "&out".to_owned(),
        _ => match kind.strip_prefix("const ").and_then(|kind| kind.strip_suffix(" *")) {
            Some(handle) => format!("a_{handle}"),
            None => kind.strip_suffix(" *").map_or("0".to_owned(), |number| format!("&({number}){{0}}")),
        },
    }
}

fn nothing(kind: &str) -> &'static str {
    if kind == "yuno_str" { "nothing" } else { "0" }
}

/// Every function, with nothing at all; then with all that is right but one parameter, which is nothing, or a length beyond all measure.
#[test]
fn no_function_crashes_on_null_or_a_length_beyond_all_measure() {
    let mut calls = String::new();
    let mut count = 0;
    for Prototype { result, name, parameters } in prototypes() {
        let out = parameters.iter().find_map(|(kind, _)| kind.strip_suffix(" **"));
        let mut call = |arguments: Vec<String>, must_be: &str| {
            let out = out.unwrap_or("yuno_event");
            let arguments = arguments.join(", ");
            count += 1;
            let call = match (result.as_str(), must_be) {
                ("yuno_status", "") => format!("if ({name}({arguments}) == YUNO_PANIC) return {count};"),
                ("yuno_status", must_be) => format!("if ({name}({arguments}) != {must_be}) return {count};"),
                ("yuno_str", "YUNO_NULL_POINTER") => format!("check({name}({arguments}));"),
                ("bool" | "size_t" | "uint64_t", "YUNO_NULL_POINTER") => format!("if ({name}({arguments})) return {count};"),
                ("void", _) => format!("{name}({arguments});"),
                _ => format!("(void){name}({arguments});"),
            };
            // A handle that the call fails to overwrite is none that can be freed.
            let before = if arguments.contains("&out") { format!("({out} *)buffer") } else { "0".to_owned() };
            writeln!(calls, "    {{ {out} *out = {before}; {call} {out}_free(out); }}").unwrap();
        };
        call(parameters.iter().map(|(kind, _)| nothing(kind).to_owned()).collect(), "");
        if name.ends_with("_free") {
            continue;
        }
        let all: Vec<_> = parameters.iter().map(|(kind, name)| right(kind, name)).collect();
        call(all.clone(), "");
        for (place, (kind, parameter)) in parameters.iter().enumerate() {
            let mut with = |value: &str, must_be: &str| {
                let mut arguments = all.clone();
                value.clone_into(&mut arguments[place]);
                call(arguments, must_be);
            };
            // A list that is NULL is refused for its length; what is written and the handles are needed; numbers and errors are not.
            let is_list = parameters
                .get(place + 1)
                .is_some_and(|(kind, name)| kind == "size_t" && (name.ends_with("_len") || name.ends_with("_size")));
            let is_needed = kind.contains('*') && (is_list || kind.ends_with("**") || kind.starts_with("const yuno_"));
            with(nothing(kind), if is_needed { "YUNO_NULL_POINTER" } else { "" });
            if kind == "yuno_str" {
                with("torn", if result == "yuno_status" { "YUNO_NULL_POINTER" } else { "" });
                with("endless", if result == "yuno_status" { "YUNO_INVALID_ARGUMENT" } else { "" });
            }
            if kind == "size_t" {
                let is_length = parameter.ends_with("_len") || parameter.ends_with("_size");
                with("SIZE_MAX", if is_length { "YUNO_INVALID_ARGUMENT" } else { "" });
                with("SIZE_MAX / 2 + 1", if is_length { "YUNO_INVALID_ARGUMENT" } else { "" });
                with("0", "");
            }
        }
    }
    assert!(count > 250, "{count}");
    let source = scratch().join("nulls.c");
    fs::write(&source, format!("#include \"nulls.h\"\n\nstatic int every_call(void) {{\n{calls}    return 0;\n}}\n\nint main(void) {{ return with_handles(every_call); }}\n")).unwrap();
    output(&mut Command::new(compile(&source, "c99", Library::Shared)));
}
