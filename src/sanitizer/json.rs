//! A JSON text and where its values are. Sanitizing only ever leaves things out, so values are kept as slices of
//! the text: numbers of any size, key order and escapes (lone surrogates too) come out as they went in.

use std::borrow::Cow;

use super::error::{Error, Result};

/// Objects and arrays inside each other. Content does not get near; what walks a document may recurse.
pub const MAX_DEPTH: usize = 256;

/// Bytes of text. Far above what a message may have, and offsets fit 32 bits.
pub const MAX_BYTES: usize = 64 << 20;

/// Index of a value in its document. The outermost value is 0.
pub type NodeId = usize;

/// What a value is, as far as anybody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{...}`
    Object,
    /// `[...]`
    Array,
    /// `"..."`
    String,
    /// Any number.
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

#[derive(Clone, Copy, Default)]
struct Span {
    start: u32,
    end: u32,
}

struct Node {
    kind: Kind,
    /// With its quotes; empty for what has no key.
    key: Span,
    value: Span,
    /// The first node that is no longer inside this one.
    next: u32,
}

/// A parsed text. Nodes are in the order of the text, so what is inside a value follows it.
pub struct Document<'t> {
    text: &'t str,
    nodes: Vec<Node>,
}

impl<'t> Document<'t> {
    /// Reads a text. All of it is checked, whoever asks for what later.
    pub fn parse(text: &'t str) -> Result<Self> {
        if text.len() > MAX_BYTES {
            return Err(Error::TooLarge { bytes: text.len(), limit: MAX_BYTES });
        }
        // A guess that is right for content, and not large for one long string.
        let nodes = Vec::with_capacity(text.len().min(1 << 16) / 16 + 1);
        let mut parser = Parser { bytes: text.as_bytes(), at: 0, nodes, open: Vec::new() };
        parser.document()?;
        Ok(Self { text, nodes: parser.nodes })
    }

    /// Number of values.
    #[expect(clippy::len_without_is_empty, reason = "a document always holds a value")]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// What a value is.
    pub fn kind(&self, node: NodeId) -> Kind {
        self.nodes[node].kind
    }

    /// The text of a value.
    pub fn text(&self, node: NodeId) -> &'t str {
        self.slice(self.nodes[node].value)
    }

    /// The text of a value's key, with its quotes; empty if it has none.
    pub fn quoted_key(&self, node: NodeId) -> &'t str {
        self.slice(self.nodes[node].key)
    }

    /// A value's key, decoded.
    pub fn key(&self, node: NodeId) -> Cow<'t, str> {
        unquote(self.quoted_key(node))
    }

    /// The decoded string, if the value is one.
    pub fn string(&self, node: NodeId) -> Option<Cow<'t, str>> {
        (self.kind(node) == Kind::String).then(|| unquote(self.text(node)))
    }

    /// What is directly inside an object or array.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + use<'_, 't> {
        let end = self.nodes[node].next as usize;
        let mut next = node + 1;
        std::iter::from_fn(move || {
            let child = next;
            (child < end).then(|| {
                next = self.nodes[child].next as usize;
                child
            })
        })
    }

    /// The field of an object that has this name: as in JavaScript, the last.
    pub fn field(&self, node: NodeId, name: &str) -> Option<NodeId> {
        if self.kind(node) != Kind::Object {
            return None;
        }
        self.children(node).filter(|&child| self.key(child) == name).last()
    }

    fn slice(&self, span: Span) -> &'t str {
        &self.text[span.start as usize..span.end as usize]
    }
}

/// Decodes a string that was checked. Half a surrogate pair becomes U+FFFD, as no name that matters has one.
fn unquote(quoted: &str) -> Cow<'_, str> {
    let raw = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut decoded = String::with_capacity(raw.len());
    let mut units = Vec::new();
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        if at > 0 {
            push_units(&mut decoded, &mut units);
        }
        decoded.push_str(&rest[..at]);
        let escape = rest.as_bytes().get(at + 1).copied().unwrap_or_default();
        if escape == b'u' {
            let digits = rest.get(at + 2..at + 6).unwrap_or_default();
            units.push(u16::from_str_radix(digits, 16).unwrap_or_default());
            rest = &rest[at + 6..];
            continue;
        }
        push_units(&mut decoded, &mut units);
        decoded.push(match escape {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            other => char::from(other),
        });
        rest = &rest[at + 2..];
    }
    push_units(&mut decoded, &mut units);
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

fn push_units(decoded: &mut String, units: &mut Vec<u16>) {
    decoded
        .extend(char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

/// Reads without recursion: depth is a length here.
struct Parser<'t> {
    bytes: &'t [u8],
    at: usize,
    nodes: Vec<Node>,
    open: Vec<usize>,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<()> {
        let mut key = Span::default();
        loop {
            key = match self.value(key)? {
                Some(first) => first,
                None => match self.after_value()? {
                    Some(key) => key,
                    None => return Ok(()),
                },
            };
        }
    }

    /// Reads a scalar or the beginning of a container. Some: a container was opened and the value to read next,
    /// its first, has this key.
    fn value(&mut self, key: Span) -> Result<Option<Span>> {
        self.skip_space();
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => self.string().map(|()| Kind::String)?,
            Some(b't') => self.literal("true").map(|()| Kind::Bool)?,
            Some(b'f') => self.literal("false").map(|()| Kind::Bool)?,
            Some(b'n') => self.literal("null").map(|()| Kind::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Kind::Number)?,
            _ => return Err(self.expected("a value")),
        };
        let node = self.nodes.len();
        self.nodes.push(Node { kind, key, value: self.span(start), next: node as u32 + 1 });
        let close = match kind {
            Kind::Object => b'}',
            Kind::Array => b']',
            _ => return Ok(None),
        };
        if self.open.len() == MAX_DEPTH {
            return Err(Error::TooDeep(MAX_DEPTH));
        }
        self.at += 1;
        self.open.push(node);
        self.skip_space();
        if self.peek() == Some(close) {
            return Ok(None);
        }
        self.next_key(node).map(Some)
    }

    /// Reads up to where the next value begins and returns its key. None: that was all.
    fn after_value(&mut self) -> Result<Option<Span>> {
        loop {
            self.skip_space();
            let Some(&node) = self.open.last() else {
                return if self.at == self.bytes.len() { Ok(None) } else { Err(self.expected("the end")) };
            };
            let is_empty = node + 1 == self.nodes.len();
            match (self.peek(), self.nodes[node].kind) {
                (Some(b','), _) if !is_empty => {
                    self.at += 1;
                    return self.next_key(node).map(Some);
                }
                (Some(b'}'), Kind::Object) | (Some(b']'), Kind::Array) => {
                    self.at += 1;
                    self.open.pop();
                    let next = self.nodes.len() as u32;
                    let closed = &mut self.nodes[node];
                    closed.value.end = self.at as u32;
                    closed.next = next;
                }
                (_, Kind::Object) => return Err(self.expected("',' or '}'")),
                _ => return Err(self.expected("',' or ']'")),
            }
        }
    }

    fn next_key(&mut self, container: usize) -> Result<Span> {
        if self.nodes[container].kind == Kind::Array {
            return Ok(Span::default());
        }
        self.skip_space();
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key"));
        }
        self.string()?;
        let key = self.span(start);
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.expected("':'"));
        }
        self.at += 1;
        Ok(key)
    }

    fn string(&mut self) -> Result<()> {
        loop {
            self.at += 1;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(0x20..) => {}
                _ => return Err(self.expected("the end of a string")),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<()> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => {
                for _ in 0..4 {
                    self.at += 1;
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(self.expected("a hexadecimal digit"));
                    }
                }
                Ok(())
            }
            _ => Err(self.expected("an escape")),
        }
    }

    fn number(&mut self) -> Result<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.expected("a digit")) } else { Ok(()) }
    }

    fn literal(&mut self, word: &'static str) -> Result<()> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.expected("a value"));
        }
        self.at += word.len();
        Ok(())
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn span(&self, start: usize) -> Span {
        Span { start: start as u32, end: self.at as u32 }
    }

    fn expected(&self, expected: &'static str) -> Error {
        Error::Malformed { offset: self.at, expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rebuild(document: &Document<'_>, node: NodeId) -> String {
        let inside: Vec<String> = document
            .children(node)
            .map(|child| match document.quoted_key(child) {
                "" => rebuild(document, child),
                key => format!("{key}:{}", rebuild(document, child)),
            })
            .collect();
        match document.kind(node) {
            Kind::Object => format!("{{{}}}", inside.join(",")),
            Kind::Array => format!("[{}]", inside.join(",")),
            _ => document.text(node).to_owned(),
        }
    }

    #[test]
    fn values_are_slices_of_the_text() {
        let text =
            r#"{"id":12345678901234567890,"a":[1.50,-0,1e400,[],{}],"b":{"c":null,"d":"\ud83d\u00e9"}}"#;
        let document = Document::parse(text).unwrap();
        assert_eq!(document.text(0), text);
        assert_eq!(rebuild(&document, 0), text);
        let spaced = " { \"a\" : [ 1 , true ] ,\r\n\t\"b\" : { } } ";
        let document = Document::parse(spaced).unwrap();
        assert_eq!(rebuild(&document, 0), r#"{"a":[1,true],"b":{}}"#);
        assert_eq!(document.text(0), spaced.trim());
    }

    #[test]
    fn keys_are_decoded() {
        let text = r#"{"pass\u0077ord":1,"a\n\"\\\/b":2,"\ud83d\ude00x":3,"\ud83d":4,"\ud83dy\u0041":5}"#;
        let document = Document::parse(text).unwrap();
        let keys: Vec<_> = document.children(0).map(|child| document.key(child).into_owned()).collect();
        assert_eq!(keys, ["password", "a\n\"\\/b", "😀x", "\u{fffd}", "\u{fffd}yA"]);
    }

    #[test]
    fn the_last_of_equal_names_counts() {
        let document = Document::parse(r#"{"__type":"a","x":0,"__type":"b"}"#).unwrap();
        let field = document.field(0, "__type").unwrap();
        assert_eq!(document.string(field).unwrap(), "b");
        assert_eq!(document.field(0, "y"), None);
        assert_eq!(document.field(field, "y"), None);
    }

    /// Every prefix and every text with one character changed is judged as serde_json judges it.
    #[test]
    fn only_json_is_taken() {
        let text = r#"{"a":[1,-2.5e+3,"x\u00e9\n"],"b":{"c":true,"d":[]},"e":null,"":false}"#;
        let mut texts: Vec<String> = (0..text.len()).map(|end| text[..end].to_owned()).collect();
        for at in 0..text.len() {
            for with in r#"{}[]",:\ 0-.eu1tx"#.chars() {
                texts.push(format!("{}{with}{}", &text[..at], &text[at + 1..]));
                texts.push(format!("{}{with}{}", &text[..at], &text[at..]));
            }
        }
        texts.extend(
            ["01", "-", "1.", "\"\u{1}\"", "tru", "[1,]", "{,}", "[,1]", "1 2", "\u{feff}1"]
                .map(String::from),
        );
        for text in &texts {
            let theirs = serde_json::from_str::<&serde_json::value::RawValue>(text);
            assert_eq!(Document::parse(text).is_ok(), theirs.is_ok(), "{text}");
        }
    }

    #[test]
    fn depth_and_size_have_a_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Document::parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(Document::parse(&nested(MAX_DEPTH + 1)).err(), Some(Error::TooDeep(MAX_DEPTH)));
        assert_eq!(Document::parse(&"[".repeat(1_000_000)).err(), Some(Error::TooDeep(MAX_DEPTH)));
        let large = " ".repeat(MAX_BYTES + 1);
        assert!(matches!(Document::parse(&large).err(), Some(Error::TooLarge { .. })));
    }

    #[test]
    fn an_error_says_where() {
        let error = Document::parse(r#"{"a":1 "b":2}"#).err().unwrap();
        assert_eq!(error.to_string(), "malformed JSON at byte 7: ',' or '}' expected");
        assert_eq!(error.code(), "MALFORMED_JSON");
    }
}
