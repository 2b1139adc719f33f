//! JSON read by recursion into a tree that keeps the digits of numbers and where each member stands. `serde_json::Value` is the judge of it wherever it can hold
//! what was sent; it cannot hold lone surrogates, numbers beyond a double, and more than 127 levels.

use serde_json::{Map, Value};

/// Deeper texts are left alone: this reader recurses.
const MOST_LEVELS: usize = 400;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree<'t> {
    Null,
    Bool(bool),
    /// The digits as they were sent.
    Number(&'t str),
    /// `None` for a text with a lone surrogate.
    Text(Option<String>),
    List(Vec<Self>),
    Object(Vec<Member<'t>>),
}

/// A member of an object, and its bytes: from the first of the key to the last of the value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member<'t> {
    pub(super) key: Option<String>,
    pub(super) start: usize,
    pub(super) value_start: usize,
    pub(super) end: usize,
    pub(super) value: Tree<'t>,
}

/// Why there is no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    Syntax,
    Depth,
}

impl<'t> Tree<'t> {
    /// Reads a text that is one value, and holds the result against `serde_json::Value`.
    pub(super) fn read(text: &'t str) -> Result<Self, Failure> {
        let mut reader = Reader { text, at: 0, level: 0, deepest: 0 };
        let tree = reader.value().and_then(|tree| {
            reader.white();
            if reader.at == text.len() { Ok(tree) } else { Err(Failure::Syntax) }
        });
        match (serde_json::from_str::<Value>(text), &tree) {
            (_, Err(Failure::Depth)) => {}
            (Ok(value), Ok(tree)) => assert_eq!(tree.value(), Some(value), "{text}"),
            (Ok(_), Err(Failure::Syntax)) => panic!("serde_json reads this, the tree does not: {text}"),
            (Err(error), Ok(tree)) => {
                assert!(tree.value().is_none() || reader.deepest > 127, "serde_json does not read this: {error}: {text}")
            }
            (Err(_), Err(Failure::Syntax)) => {}
        }
        tree
    }

    /// The same as serde_json has it; `None` where it cannot hold it.
    fn value(&self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Number(digits) => serde_json::from_str(digits).ok()?,
            Self::Text(text) => Value::String(text.clone()?),
            Self::List(elements) => elements.iter().map(Self::value).collect::<Option<_>>()?,
            Self::Object(members) => {
                let pair = |member: &Member<'_>| Some((member.key.clone()?, member.value.value()?));
                Value::Object(members.iter().map(pair).collect::<Option<Map<_, _>>>()?)
            }
        })
    }

    /// The members of an object.
    pub(super) fn members(&self) -> Option<&[Member<'t>]> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// The last member of this name, in an object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members()?.iter().rev().find(|member| member.key.as_deref() == Some(name)).map(|member| &member.value)
    }

    /// The last member of this name, if it is an object.
    pub(super) fn object(&self, name: &str) -> Option<&Self> {
        self.get(name).filter(|value| value.members().is_some())
    }

    /// The last member of this name, if it is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        if let Self::Text(text) = self.get(name)? { text.as_deref() } else { None }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    level: usize,
    deepest: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn white(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    /// Passes a piece of text if it is the next.
    fn take(&mut self, piece: &str) -> bool {
        let is_next = self.rest().starts_with(piece);
        self.at += if is_next { piece.len() } else { 0 };
        is_next
    }

    fn expect(&mut self, piece: &str) -> Result<(), Failure> {
        if self.take(piece) { Ok(()) } else { Err(Failure::Syntax) }
    }

    fn value(&mut self) -> Result<Tree<'t>, Failure> {
        self.white();
        if self.take("null") {
            Ok(Tree::Null)
        } else if self.take("true") {
            Ok(Tree::Bool(true))
        } else if self.take("false") {
            Ok(Tree::Bool(false))
        } else if self.rest().starts_with('"') {
            self.string().map(Tree::Text)
        } else if self.take("[") {
            self.list("]", Self::value).map(Tree::List)
        } else if self.take("{") {
            self.list("}", Self::member).map(Tree::Object)
        } else {
            self.number().map(Tree::Number)
        }
    }

    fn member(&mut self) -> Result<Member<'t>, Failure> {
        self.white();
        let start = self.at;
        let key = self.string()?;
        self.white();
        self.expect(":")?;
        self.white();
        let value_start = self.at;
        let value = self.value()?;
        Ok(Member { key, start, value_start, end: self.at, value })
    }

    /// What stands between a bracket that was passed and the other one, with commas between.
    fn list<T>(&mut self, close: &str, mut element: impl FnMut(&mut Self) -> Result<T, Failure>) -> Result<Vec<T>, Failure> {
        self.level += 1;
        self.deepest = self.deepest.max(self.level);
        if self.level > MOST_LEVELS {
            return Err(Failure::Depth);
        }
        let mut elements = Vec::new();
        self.white();
        while !self.take(close) {
            if !elements.is_empty() {
                self.expect(",")?;
            }
            elements.push(element(self)?);
            self.white();
        }
        self.level -= 1;
        Ok(elements)
    }

    fn number(&mut self) -> Result<&'t str, Failure> {
        let length = super::values::number_length(self.rest()).ok_or(Failure::Syntax)?;
        let digits = &self.rest()[..length];
        self.at += length;
        Ok(digits)
    }

    /// Decodes a string. Code units are collected, since an escape may be half of a character.
    fn string(&mut self) -> Result<Option<String>, Failure> {
        self.expect("\"")?;
        let mut units = Vec::new();
        loop {
            let next = self.rest().chars().next().filter(|next| *next >= ' ').ok_or(Failure::Syntax)?;
            self.at += next.len_utf8();
            match next {
                '"' => return Ok(String::from_utf16(&units).ok()),
                '\\' => units.push(self.escape()?),
                _ => units.extend_from_slice(next.encode_utf16(&mut [0; 2])),
            }
        }
    }

    fn escape(&mut self) -> Result<u16, Failure> {
        let kind = self.rest().chars().next().ok_or(Failure::Syntax)?;
        self.at += kind.len_utf8();
        Ok(u16::from(match kind {
            '"' | '\\' | '/' => kind as u8,
            'b' => 8,
            'f' => 12,
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'u' => {
                let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
                let unit = u16::from_str_radix(digits.ok_or(Failure::Syntax)?, 16).map_err(|_| Failure::Syntax)?;
                self.at += 4;
                return Ok(unit);
            }
            _ => return Err(Failure::Syntax),
        }))
    }
}
