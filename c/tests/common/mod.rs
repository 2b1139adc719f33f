//! What the tests share: the libraries as cargo builds them, and a C compiler.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![expect(clippy::panic, reason = "a test stops at the first thing that is wrong")]
#![expect(clippy::print_stdout, reason = "what was skipped is worth reading")]

pub mod vectors;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

/// This package.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The header as it is committed.
pub fn header() -> PathBuf {
    folder().join("include/yuno_webhooks.h")
}

/// A folder for what this test makes. Cargo gives it, so it is removed by `cargo clean`.
pub fn scratch() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// Runs a command to its end and gives what it wrote.
pub fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{errors}\n{}", output.status, String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).unwrap()
}

/// How a program gets the library.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Library {
    /// Found when it is started, by its soname.
    Shared,
    /// Linked in.
    Static,
    /// The shared one with `yuno_test_panic`, which no other has.
    Panicking,
}

impl Library {
    /// The folder in which the library lies, as it is shipped: built for release.
    pub fn folder(self) -> PathBuf {
        static BUILT: OnceLock<PathBuf> = OnceLock::new();
        static PANICKING: OnceLock<PathBuf> = OnceLock::new();
        let is_panicking = self == Self::Panicking;
        let built = if is_panicking { &PANICKING } else { &BUILT };
        built
            .get_or_init(|| {
                // Cargo builds no cdylib for the tests of its package, so they ask for it. It waits for nobody: the tests run after the build.
                let target = scratch().parent().unwrap().to_path_buf();
                let target = if is_panicking { target.join("test-panic") } else { target };
                let mut cargo = Command::new(env!("CARGO"));
                cargo
                    .current_dir(folder())
                    .args(["build", "--quiet", "--release", "--package", "yuno-webhooks-c", "--target-dir"])
                    .arg(&target);
                if is_panicking {
                    // Made to fail, not to be fast.
                    cargo.args(["--features", "test-panic", "--config", "profile.release.lto=false"]);
                }
                output(&mut cargo);
                // What is built for a target that is named lies below its name.
                target.join(env::var("CARGO_BUILD_TARGET").unwrap_or_default()).join("release")
            })
            .clone()
    }

    /// The file of the library.
    pub fn file(self) -> PathBuf {
        let (prefix, extension) = match (self, cfg!(target_os = "macos")) {
            (Self::Static, _) => ("lib", "a"),
            (_, true) => ("lib", "dylib"),
            (_, false) => (env::consts::DLL_PREFIX, env::consts::DLL_EXTENSION),
        };
        self.folder().join(format!("{prefix}yuno_webhooks")).with_extension(extension)
    }

    /// The arguments that link it.
    fn arguments(self) -> Vec<String> {
        if self == Self::Static {
            return [self.file().to_str().unwrap(), "-lpthread", "-ldl", "-lm"].map(str::to_owned).to_vec();
        }
        // As an installation has it: a program asks for the soname.
        let installed = scratch().join(format!("{self:?}"));
        fs::create_dir_all(&installed).unwrap();
        let name = if cfg!(target_os = "macos") { "libyuno_webhooks.0.dylib" } else { "libyuno_webhooks.so.0" };
        // First under a name of its own, since another test may be running a program with the one that is there.
        let fresh = installed.join(format!("{name}.{}.{:?}", std::process::id(), std::thread::current().id()));
        fs::copy(self.file(), &fresh).unwrap();
        fs::rename(fresh, installed.join(name)).unwrap();
        vec![self.file().display().to_string(), format!("-Wl,-rpath,{}", installed.display())]
    }
}

/// The compiler of a language, or another that the environment names.
pub fn compiler(language: &str) -> String {
    let (variable, otherwise) = if language == "cpp" { ("CXX", "c++") } else { ("CC", "cc") };
    env::var(variable).unwrap_or_else(|_| otherwise.to_owned())
}

/// Whether a tool is installed. If not, a part of a test is skipped.
pub fn is_installed(tool: &str) -> bool {
    let is_installed = Command::new(tool).arg("--version").output().is_ok();
    if !is_installed {
        skip(&format!("{tool} is not installed"));
    }
    is_installed
}

/// Says that something is not tested; where `YUNO_NO_SKIP` is set, or `CI` is true, as on a machine that has everything, that is a failure.
pub fn skip(because: &str) {
    let may_skip = env::var_os("YUNO_NO_SKIP").is_none() && env::var("CI").as_deref() != Ok("true");
    assert!(may_skip, "{because}");
    println!("skipped: {because} (tests/tools.sh installs what the tests use)");
}

/// The command that runs a program and fails at the first wrong access to memory and at every leak; `None` where valgrind is not installed.
pub fn valgrind(program: &Path) -> Option<Command> {
    is_installed("valgrind").then(|| {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--leak-check=full", "--show-leak-kinds=all", "--errors-for-leak-kinds=all", "--error-exitcode=9"]);
        valgrind.arg(program);
        valgrind
    })
}

/// A compiler's command with every warning an error.
pub fn strict(compiler: &str, standard: &str) -> Command {
    let mut command = Command::new(compiler);
    command.args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-O1"]).arg(format!("-std={standard}"));
    if standard.starts_with("c++") {
        command.args(["-Wshadow", "-Wconversion"]);
    }
    command.arg("-I").arg(folder().join("include"));
    command
}

/// Compiles a program of this folder, or one that a test has made.
pub fn compile(source: &Path, standard: &str, library: Library) -> PathBuf {
    let language = source.extension().unwrap().to_str().unwrap();
    compile_with(&compiler(language), source, standard, library, &[])
}

/// Compiles a program with this compiler and more arguments.
pub fn compile_with(compiler: &str, source: &Path, standard: &str, library: Library, more: &[&str]) -> PathBuf {
    let stem = source.file_stem().unwrap().to_str().unwrap();
    let with = if more.is_empty() { "" } else { "-with" };
    let program = scratch().join(format!("{stem}-{}-{standard}-{library:?}{with}", compiler.replace('/', "_")));
    let mut command = strict(compiler, standard);
    command.args(more);
    if library == Library::Panicking {
        command.arg("-DWITH_PANIC");
    }
    command.arg("-I").arg(folder().join("tests")).arg(source).arg("-o").arg(&program).args(library.arguments()).arg("-pthread");
    output(&mut command);
    program
}
