//! One walk over a JSON text: down into the few objects that matter, and over everything else.
//!
//! Here is what serde_json does not offer: to look at a value's first byte before choosing between going in and skipping, and to know where a
//! value begins and ends. Plain values are passed by [`plain`], which takes two thirds of the time; all others serde_json skips and checks.

use core::num::NonZeroUsize;

use serde::de::IgnoredAny;
use serde_json::Deserializer;

use super::plain;
use super::text::{ROOM, beginning};

/// The text is not JSON.
#[derive(Debug)]
pub(crate) struct Syntax;

/// Where a value stands in the body, in bytes. It is never empty, so that an absent one takes no room of its own: a body has dozens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: usize,
    end: NonZeroUsize,
}

impl Span {
    /// `None` if there is nothing between the two.
    pub(crate) fn new(start: usize, end: usize) -> Option<Self> {
        NonZeroUsize::new(end).filter(|end| start < end.get()).map(|end| Self { start, end })
    }

    pub(crate) const fn start(self) -> usize {
        self.start
    }

    pub(crate) const fn end(self) -> usize {
        self.end.get()
    }

    /// The value's JSON text, in the text that the span was made from.
    pub(crate) fn within(self, text: &str) -> &str {
        text.get(self.start..self.end()).unwrap_or_default()
    }

    /// The same of the text's bytes.
    pub(crate) fn of(self, body: &[u8]) -> &str {
        body.get(self.start..self.end()).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }
}

/// A place in a text that moves forward only, so that a walk is linear.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the next token begins.
    pub(crate) fn position(&mut self) -> usize {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.forward();
        }
        self.at
    }

    /// Where the last token ended, before a look at the next.
    pub(crate) fn passed(&self) -> usize {
        self.at
    }

    /// The first byte of the next token.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.position();
        self.byte()
    }

    /// Passes a value of any kind, at any depth, and tells where it stands.
    pub(crate) fn skip(&mut self) -> Result<Span, Syntax> {
        let start = self.position();
        let rest = self.text.get(start..).ok_or(Syntax)?;
        let length = match plain::length(rest.as_bytes()) {
            Some(length) => length,
            None => {
                let mut values = Deserializer::from_str(rest).into_iter::<IgnoredAny>();
                values.next().ok_or(Syntax)?.map_err(|_| Syntax)?;
                values.byte_offset()
            }
        };
        self.at = start.checked_add(length).ok_or(Syntax)?;
        Span::new(start, self.at).ok_or(Syntax)
    }

    /// Goes through the members of an object. `visit` is called with each key and where it begins, and must pass the value. Of a long key that is
    /// written with escapes only the beginning comes: it is none that anybody looks for.
    pub(crate) fn object(&mut self, mut visit: impl FnMut(&mut Self, &str, usize) -> Result<(), Syntax>) -> Result<(), Syntax> {
        let mut room = [0; ROOM];
        self.list(b'{', b'}', |cursor| {
            let start = cursor.position();
            let rest = cursor.text.get(start..).filter(|rest| rest.starts_with('"')).ok_or(Syntax)?;
            let key = match plain::string_length(rest.as_bytes()) {
                Some(length) => {
                    cursor.at = start.saturating_add(length);
                    rest.get(1..length.saturating_sub(1)).ok_or(Syntax)?
                }
                None => beginning(cursor.skip()?.within(cursor.text), &mut room),
            };
            cursor.expect(b':')?;
            visit(cursor, key, start)
        })
    }

    /// Goes through the elements of an array; `visit` must pass each.
    pub(crate) fn array(&mut self, visit: impl FnMut(&mut Self) -> Result<(), Syntax>) -> Result<(), Syntax> {
        self.list(b'[', b']', visit)
    }

    /// Makes sure that nothing but white space follows.
    pub(crate) fn finish(&mut self) -> Result<(), Syntax> {
        if self.peek().is_none() { Ok(()) } else { Err(Syntax) }
    }

    fn list(&mut self, open: u8, close: u8, mut visit: impl FnMut(&mut Self) -> Result<(), Syntax>) -> Result<(), Syntax> {
        self.expect(open)?;
        if self.peek() == Some(close) {
            return self.expect(close);
        }
        loop {
            visit(self)?;
            match self.peek() {
                Some(b',') => self.forward(),
                Some(byte) if byte == close => {
                    self.forward();
                    return Ok(());
                }
                _ => return Err(Syntax),
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Syntax> {
        if self.peek() == Some(byte) {
            self.forward();
            Ok(())
        } else {
            Err(Syntax)
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// One byte on; only over a byte that was looked at, so never past the end.
    fn forward(&mut self) {
        self.at = self.at.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_accepts_what_serde_json_accepts() {
        let values = [
            "null",
            "nul",
            "nullx",
            "true",
            "truE",
            "false",
            "\"\"",
            "\"a\"",
            "\"a",
            "\"\\u00e9\"",
            "\"\\x\"",
            "\"\u{1}\"",
            "\"\u{7f}\"",
            "01",
            "-",
            "1.",
            "1e400",
            "{\"a\":[1,{\"b\":\"\\\"\"}]}",
            "[1,]",
            "{\"a\"}",
            "{,}",
            "[[[]]]",
            "",
            " ",
            "\u{e9}",
        ];
        for value in values {
            for text in
                [value.to_owned(), format!(" {value} "), format!("{{\"k\":{value}}}"), format!("{{\"k\" : {value} , \"l\":{value}}}")]
            {
                let mut cursor = Cursor::new(&text);
                let seen = if cursor.peek() == Some(b'{') {
                    cursor.object(|cursor, _, _| cursor.skip().map(drop)).and_then(|()| cursor.finish()).is_ok()
                } else {
                    cursor.skip().and_then(|_| cursor.finish()).is_ok()
                };
                assert_eq!(seen, serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{text}");
            }
        }
    }
}
