//! One walk over a JSON text: down into the few objects that matter, and over everything else.
//!
//! serde_json skips and checks each value; here is only what it does not offer: to look at a value's first byte before choosing between
//! going in and skipping, and to know where a value begins and ends.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::Deserializer;

/// The text is not JSON.
#[derive(Debug)]
pub(crate) struct Syntax;

/// Where a value stands in the body, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    /// The value's JSON text. The body is the one that the span was made from, so it is always there.
    pub(crate) fn of(self, body: &[u8]) -> &str {
        body.get(self.start..self.end).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }
}

/// The decoded string of a JSON text; `None` if it is no string, or holds a lone surrogate.
pub(crate) fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(json).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
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
        let mut values = Deserializer::from_str(self.text.get(start..).ok_or(Syntax)?).into_iter::<IgnoredAny>();
        values.next().ok_or(Syntax)?.map_err(|_| Syntax)?;
        self.at = start.checked_add(values.byte_offset()).ok_or(Syntax)?;
        Ok(Span { start, end: self.at })
    }

    /// Goes through the members of an object. `visit` is called with each key and where it begins, and must pass the value.
    pub(crate) fn object(&mut self, mut visit: impl FnMut(&mut Self, &str, usize) -> Result<(), Syntax>) -> Result<(), Syntax> {
        self.list(b'{', b'}', |cursor| {
            if cursor.peek() != Some(b'"') {
                return Err(Syntax);
            }
            let span = cursor.skip()?;
            cursor.expect(b':')?;
            // A key with a lone surrogate is none that anybody looks for.
            let key = cursor.text.get(span.start..span.end).and_then(string).unwrap_or_default();
            visit(cursor, &key, span.start)
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
            if self.peek() == Some(close) {
                return self.expect(close);
            }
            self.expect(b',')?;
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
