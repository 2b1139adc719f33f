//! The programs of `c/examples`: built by `examples.sh`, started, watched and ended.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver as Channel, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use yuno_webhooks::{Error, ErrorCode};

use crate::common::{Library, folder, output, scratch, skip};
use crate::http::{Answer, Silence};

/// The languages that have a receiver.
pub(crate) const LANGUAGES: [&str; 6] = ["c", "cpp", "go", "java", "php", "ruby"];
/// How `examples.sh` ends where a language is not on this machine.
const MISSING: i32 = 77;
/// How long a program may take to start on a busy machine.
const START: Duration = Duration::from_secs(30);

/// What these tests make.
fn made() -> PathBuf {
    scratch().join("examples")
}

/// The library as an installation has it.
fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let prefix = made().join("prefix");
        let mut install = Command::new("sh");
        for name in ["DESTDIR", "LIBDIR", "INCLUDEDIR"] {
            install.env_remove(name);
        }
        output(install.arg(folder().join("packaging/install.sh")).arg(Library::Shared.folder()).env("PREFIX", &prefix));
        prefix
    })
}

fn script(language: &str, program: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg(folder().join("tests/examples.sh")).args([language, program]).env("PREFIX", prefix()).env("OUT", made());
    command
}

/// A program of a language; `None`, and a line that says so, where the language is not on this machine.
pub(crate) fn program(language: &'static str, name: &str) -> Option<Command> {
    static BUILT: Mutex<BTreeMap<&str, bool>> = Mutex::new(BTreeMap::new());
    // A language that cannot be built fails its own tests only.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let is_built = *built.entry(language).or_insert_with(|| {
        let tried = script(language, "build").output().unwrap();
        let said = String::from_utf8_lossy(&tried.stdout);
        if tried.status.code() == Some(MISSING) {
            skip(&format!("{language}: {}", said.trim()));
        } else {
            assert!(tried.status.success(), "{language}: {said}{}", String::from_utf8_lossy(&tried.stderr));
        }
        tried.status.success()
    });
    is_built.then(|| script(language, name))
}

/// A receiver's environment: nothing of this one's.
pub(crate) fn configured(mut command: Command, port: u16, secrets: Option<&str>) -> Command {
    for name in ["HMAC_SECRET", "API_KEY", "X_SECRET", "UNSIGNED"] {
        command.env_remove(format!("YUNO_WEBHOOK_{name}"));
    }
    command.env("PORT", port.to_string()).stdin(Stdio::null());
    if let Some(secrets) = secrets {
        command.env("YUNO_WEBHOOK_HMAC_SECRET", secrets);
    }
    command
}

/// Runs a program that should end by itself.
pub(crate) fn ended(mut command: Command) -> Output {
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while process.try_wait().unwrap().is_none() && start.elapsed() < START {
        thread::sleep(Duration::from_millis(20));
    }
    let _ = process.kill();
    process.wait_with_output().unwrap()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A text is the library's if it is made of its constants: then nothing of a delivery or a secret is in it.
fn shortened(line: String) -> String {
    let Some(text) = line.strip_prefix("refused\t").filter(|text| *text != "-") else { return line };
    let is_whole = |code: &ErrorCode| {
        let hint = text.strip_prefix(code.name()).and_then(|rest| rest.strip_prefix(": ")?.strip_suffix(code.message()));
        hint.is_some_and(|hint| Error::from_parts(*code, hint.trim_end()).to_string() == text)
    };
    let code = ErrorCode::ALL.iter().copied().find(is_whole);
    code.map_or_else(|| format!("{line} (not the library's text)"), |code| format!("refused\t{}", code.name()))
}

/// What was seen of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) answer: Result<Answer, Silence>,
    pub(crate) line: Option<String>,
}

impl Seen {
    /// The status, or why there is none.
    pub(crate) fn status(&self) -> String {
        self.answer.as_ref().map_or_else(|silence| format!("{silence:?}"), |answer| answer.status.to_string())
    }
}

/// A receiver that runs.
pub(crate) struct Receiver {
    pub(crate) language: &'static str,
    pub(crate) port: u16,
    process: Child,
    lines: Channel<String>,
    errors: PathBuf,
}

impl Receiver {
    /// Starts it with these secrets, one a line, and waits until it listens.
    pub(crate) fn start(language: &'static str, secrets: Option<&str>) -> Option<Self> {
        let port = free_port();
        let errors = made().join(format!("{language}.stderr"));
        let mut command = configured(program(language, "receiver")?, port, secrets);
        let mut process = command.stdout(Stdio::piped()).stderr(File::create(&errors).unwrap()).spawn().unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut receiver = Self { language, port, process, lines, errors };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = receiver.ended();
            assert!(ended.is_none() && start.elapsed() < START, "{language} does not listen: {}", receiver.errors());
            thread::sleep(Duration::from_millis(20));
        }
        Some(receiver)
    }

    /// The next line, if one comes in this time; of a refusal whose text is the library's, the name alone.
    pub(crate) fn line(&self, patience: Duration) -> Option<String> {
        self.lines.recv_timeout(patience).ok().map(shortened)
    }

    /// How it ended, if it did by itself.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().unwrap()
    }

    /// What it wrote to stderr.
    pub(crate) fn errors(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.errors).unwrap()).into_owned()
    }

    /// Asks it to end; how it ended and how long that took.
    pub(crate) fn end(&mut self) -> (ExitStatus, Duration) {
        let start = Instant::now();
        output(Command::new("kill").args(["-TERM", &self.process.id().to_string()]));
        loop {
            if let Some(status) = self.ended() {
                return (status, start.elapsed());
            }
            assert!(start.elapsed() < START, "{} does not end", self.language);
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It may have ended, and a test that fails must not leave it behind.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
