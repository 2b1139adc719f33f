//! A client of HTTP that sends what it is told to, byte by byte, also what is wrong.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the last part of an endless request is sent, if nobody stops it: 64 MiB.
const ENDLESS: usize = 1024;

/// What the client does when all is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ending {
    /// Waits for the answer.
    Waits,
    /// Says that nothing will follow, and waits for the answer.
    HalfCloses,
    /// Closes the connection.
    Leaves,
    /// Sends 64 KiB more in a chunk, again and again.
    NeverEnds,
}

/// A request as it goes over the wire.
pub(crate) struct Request {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ending: Ending,
}

impl Request {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), ending: Ending::Waits }
    }

    pub(crate) fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }
}

/// An answer as it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str())
    }

    /// The first answer in the bytes, and how many bytes it takes; `None` if more must come.
    fn read(bytes: &[u8], is_all: bool) -> Option<(Self, usize)> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<_> =
            lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
        let mut answer = Self { status, headers, body: String::new() };
        let start = end + 4;
        if status == 100 {
            return Self::read(&bytes[start..], is_all).map(|(answer, used)| (answer, start + used));
        }
        assert_eq!(answer.header("transfer-encoding"), None, "an answer this short needs no chunks");
        let length = match answer.header("content-length") {
            Some(length) => length.parse().unwrap(),
            None if is_all => bytes.len() - start,
            None => return None,
        };
        let body = bytes.get(start..start + length)?;
        answer.body = String::from_utf8(body.to_vec()).unwrap();
        Some((answer, start + length))
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Silence {
    /// The receiver closed the connection.
    Closed,
    /// It waits for more.
    Waits,
    /// The client left, and cannot know.
    Left,
    /// It reads what never ends.
    ReadsOn,
}

/// A connection to a receiver.
pub(crate) struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream, unread: Vec::new() }
    }

    /// Reads once more; whether something came.
    fn is_read_on(&mut self) -> Result<bool, ErrorKind> {
        let mut part = [0; 4096];
        let len = self.stream.read(&mut part).map_err(|error| error.kind())?;
        self.unread.extend(&part[..len]);
        Ok(len > 0)
    }

    /// The next answer.
    pub(crate) fn answer(&mut self) -> Result<Answer, Silence> {
        let mut is_all = false;
        loop {
            if let Some((answer, used)) = Answer::read(&self.unread, is_all) {
                self.unread.drain(..used);
                return Ok(answer);
            }
            if is_all {
                return Err(Silence::Closed);
            }
            is_all = match self.is_read_on() {
                Ok(is_more) => !is_more,
                Err(ErrorKind::WouldBlock) => return Err(Silence::Waits),
                Err(_) => true,
            };
        }
    }

    /// Whether the receiver closes the connection before anything else comes.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.unread.is_empty() && matches!(self.is_read_on(), Ok(false) | Err(ErrorKind::ConnectionReset))
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        // Whoever refuses a delivery may close before all of it is sent.
        let _ = self.stream.write_all(bytes);
    }

    /// Sends and, at the same time, waits for the answer.
    pub(crate) fn exchange(&mut self, request: &Request) -> Result<Answer, Silence> {
        let mut writer = self.stream.try_clone().unwrap();
        thread::scope(|scope| {
            let writing = scope.spawn(move || {
                let mut is_stopped = writer.write_all(&request.bytes).is_err();
                match request.ending {
                    Ending::Waits => {}
                    Ending::HalfCloses => drop(writer.shutdown(Shutdown::Write)),
                    Ending::Leaves => drop(writer.shutdown(Shutdown::Both)),
                    Ending::NeverEnds => {
                        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
                        is_stopped |= (0..ENDLESS).any(|_| writer.write_all(&chunk).is_err());
                    }
                }
                is_stopped
            });
            let answer = if request.ending == Ending::Leaves { Err(Silence::Left) } else { self.answer() };
            if request.ending == Ending::NeverEnds && answer.is_ok() {
                // It does not stop by itself, so that what is seen is who closes the connection.
                while let Ok(true) = self.is_read_on() {}
            }
            let is_stopped = writing.join().unwrap() || request.ending != Ending::NeverEnds;
            if is_stopped { answer } else { Err(Silence::ReadsOn) }
        })
    }
}
