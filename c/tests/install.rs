//! `packaging/install.sh`: what it installs is found by pkg-config and CMake, links, runs, and does so again where it was moved to.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is wrong")]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use common::{Library, compiler, folder, is_installed, output, scratch};
use yuno_webhooks::OwnedEvent;

/// An empty folder.
fn fresh(name: &str) -> PathBuf {
    let folder = scratch().join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn install(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new("sh");
    for name in ["PREFIX", "DESTDIR", "LIBDIR", "INCLUDEDIR"] {
        command.env_remove(name);
    }
    command.arg(folder().join("packaging/install.sh")).arg(Library::Shared.folder()).envs(variables.iter().copied());
    command
}

/// Runs a program of tests/installed, which tells the key of an empty object, without a hint of where libraries lie but its own.
fn check(program: &Path) {
    let key = OwnedEvent::parse_unverified(Box::<[u8]>::from(*b"{}")).unwrap().as_event().dedupe_key().to_string();
    assert_eq!(output(Command::new(program).env_remove("LD_LIBRARY_PATH")).trim(), key, "{}", program.display());
}

fn is_linked_shared(program: &Path) -> bool {
    output(Command::new("readelf").arg("-d").arg(program)).contains("[libyuno_webhooks.so.0]")
}

fn with_pkg_config(lib: &Path) {
    if !is_installed("pkg-config") {
        return;
    }
    let ask = |arguments: &[&str]| -> Vec<String> {
        let mut command = Command::new("pkg-config");
        command.env("PKG_CONFIG_PATH", lib.join("pkgconfig")).args(arguments).arg("yuno-webhooks");
        output(&mut command).split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(ask(&["--modversion"]), [env!("CARGO_PKG_VERSION")]);
    let programs = fresh("installed-pkg-config");
    let libdir = ask(&["--variable=libdir"]).concat();
    for (language, standard) in [("c", "c99"), ("cpp", "c++17")] {
        let compile = |name: &str, more: &[String]| {
            let program = programs.join(format!("{language}-{name}"));
            let mut command = Command::new(compiler(language));
            command
                .arg(format!("-std={standard}"))
                .arg(folder().join(format!("tests/installed/installed.{language}")))
                .arg("-o")
                .arg(&program);
            output(command.args(ask(&["--cflags"])).args(more));
            program
        };
        let shared = compile("shared", &[ask(&["--libs"]), vec![format!("-Wl,-rpath,{libdir}")]].concat());
        assert!(is_linked_shared(&shared));
        // All of the program static, as `--static` means it, and the library alone.
        let all_static = compile("static", &[vec!["-static".to_owned()], ask(&["--static", "--libs"])].concat());
        let archive = compile(
            "archive",
            &[vec![format!("{libdir}/libyuno_webhooks.a")], ask(&["--static", "--libs-only-l"])]
                .concat()
                .into_iter()
                .filter(|argument| argument != "-lyuno_webhooks")
                .collect::<Vec<_>>(),
        );
        assert!(!is_linked_shared(&all_static) && !is_linked_shared(&archive));
        [shared, all_static, archive].iter().for_each(|program| check(program));
    }
}

fn with_cmake(prefix: &Path) {
    if !is_installed("cmake") {
        return;
    }
    let build = fresh("installed-cmake");
    let mut configure = Command::new("cmake");
    configure
        .arg("-S")
        .arg(folder().join("tests/installed"))
        .arg("-B")
        .arg(&build)
        .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()));
    output(&mut configure);
    output(Command::new("cmake").arg("--build").arg(&build));
    for language in ["c", "cpp"] {
        for (kind, is_shared) in [("shared", true), ("static", false)] {
            let program = build.join(format!("{language}-{kind}"));
            check(&program);
            assert_eq!(is_linked_shared(&program), is_shared);
        }
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeSet<String> {
    let listed = output(Command::new("find").arg(folder).args(["-not", "-type", "d", "-printf", "%P\n"]));
    listed.lines().map(str::to_owned).collect()
}

#[test]
fn what_is_installed_links_runs_and_may_be_moved() {
    let prefix = fresh("installed").join("first");
    output(&mut install(&[("PREFIX", prefix.to_str().unwrap())]));
    let release = env!("CARGO_PKG_VERSION");
    let expected = [
        "include/yuno_webhooks.h",
        "include/yuno_webhooks.hpp",
        "include/yuno_webhooks_inbox.hpp",
        "lib/cmake/yuno-webhooks/yuno-webhooks-config-version.cmake",
        "lib/cmake/yuno-webhooks/yuno-webhooks-config.cmake",
        "lib/libyuno_webhooks.a",
        "lib/libyuno_webhooks.so",
        "lib/libyuno_webhooks.so.0",
        &format!("lib/libyuno_webhooks.so.{release}"),
        "lib/pkgconfig/yuno-webhooks.pc",
        "share/licenses/yuno-webhooks/LICENSE-APACHE",
        "share/licenses/yuno-webhooks/LICENSE-MIT",
    ];
    assert_eq!(files(&prefix), expected.into_iter().map(str::to_owned).collect());
    let library = prefix.join("lib/libyuno_webhooks.so");
    assert_eq!(fs::canonicalize(&library).unwrap(), prefix.join(format!("lib/libyuno_webhooks.so.{release}")));
    assert!(output(Command::new("readelf").arg("-d").arg(&library)).contains("Library soname: [libyuno_webhooks.so.0]"));
    let header = fs::read_to_string(prefix.join("include/yuno_webhooks.h")).unwrap();
    let symbols = output(Command::new("nm").args(["-D", "--defined-only"]).arg(&library));
    let symbols: Vec<_> = symbols.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert!(symbols.len() > 70 && symbols.iter().all(|name| header.contains(&format!("{name}("))), "{symbols:?}");

    with_pkg_config(&prefix.join("lib"));
    with_cmake(&prefix);
    let moved = prefix.with_file_name("second");
    fs::rename(&prefix, &moved).unwrap();
    with_pkg_config(&moved.join("lib"));
    with_cmake(&moved);
}

#[test]
fn folders_of_a_distribution() {
    let root = fresh("installed-elsewhere");
    let lib = "lib/x86_64-linux-gnu";
    // Absolute folders below the prefix, as many packagers give them, and one that is not.
    let variables =
        [("DESTDIR", root.to_str().unwrap()), ("PREFIX", "/opt/yuno"), ("LIBDIR", lib), ("INCLUDEDIR", "/opt/yuno/include/yuno")];
    output(&mut install(&variables));
    let prefix = root.join("opt/yuno");
    assert!(prefix.join("include/yuno/yuno_webhooks.h").exists() && prefix.join(lib).join("libyuno_webhooks.so.0").exists());
    let pc = fs::read_to_string(prefix.join(lib).join("pkgconfig/yuno-webhooks.pc")).unwrap();
    assert!(!pc.contains("/opt") && !pc.contains('@'), "{pc}");
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_PATH", prefix.join(lib).join("pkgconfig")).args(["--cflags", "yuno-webhooks"]);
    if is_installed("pkg-config") {
        let flags = output(&mut command);
        let source = folder().join("tests/installed/installed.c");
        let mut compile = Command::new(compiler("c"));
        output(compile.args(flags.split_whitespace()).arg("-fsyntax-only").arg(source));
    }
    for wrong in [[("PREFIX", "relative")].as_slice(), &[("LIBDIR", "/elsewhere/lib")], &[("LIBDIR", "../lib")]] {
        let refused = install(wrong).env("DESTDIR", &root).output().unwrap();
        assert!(!refused.status.success() && !refused.stderr.is_empty(), "{wrong:?}");
    }
}
