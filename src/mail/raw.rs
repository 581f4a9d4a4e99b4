//! The shape of a message: one linear pass over its lines, without recursion, bounded in parts and depth before
//! anything is decoded. What is inside an encoded part is never taken for structure.

use super::head::Head;
use super::param::Value;
use super::{Flaw, Limits};

/// A part of a message, or a multipart or nested message that holds others.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    /// Index of the part that holds this one.
    pub(super) parent: Option<usize>,
    /// Whether it stands inside a nested message.
    pub(super) nested: bool,
    /// Whether it is a multipart whose parts are listed on their own.
    pub(super) multipart: bool,
    /// Whether it is a nested message whose parts are listed on their own (its `body` holds the whole of it).
    pub(super) message: bool,
    /// `Content-Type`; `text/plain` when there is none.
    pub(super) kind: Value,
    /// `Content-Disposition`.
    pub(super) disposition: Value,
    /// `Content-Transfer-Encoding` in lower case.
    pub(super) encoding: String,
    /// Its body, not decoded.
    pub(super) body: &'a [u8],
}

/// Lists the parts of a message in their order.
///
/// # Errors
/// [`Flaw::TooManyParts`] or [`Flaw::TooDeep`] as soon as a limit is passed.
pub(super) fn walk<'a>(raw: &'a [u8], top: &Head<'a>, limits: &Limits) -> Result<Vec<Part<'a>>, Flaw> {
    let mut walk =
        Walk { raw, limits, parts: Vec::new(), ends: Vec::new(), open: Vec::new(), frames: Vec::new() };
    let mut state = walk.begin(top, top.body_at())?;
    let mut at = top.body_at();
    for line in raw.get(at..).unwrap_or_default().split_inclusive(|b| *b == b'\n') {
        let start = at;
        at += line.len();
        if let Some((frame, last)) = walk.boundary(line) {
            if let State::Head(head_at) = state {
                walk.head_ends(head_at, start, start)?;
            }
            walk.close(frame, last, start);
            state = if last { State::Between } else { State::Head(at) };
        } else if let State::Head(head_at) = state
            && line.iter().all(|b| matches!(b, b'\r' | b'\n'))
        {
            state = walk.head_ends(head_at, start, at)?;
        }
    }
    if let State::Head(head_at) = state
        && head_at < at
    {
        walk.head_ends(head_at, at, at)?;
    }
    Ok(walk.finish())
}

#[derive(Clone, Copy)]
enum State {
    /// In the header block of a part that began here.
    Head(usize),
    /// In a body.
    Body,
    /// Before the first or after the last part of a multipart: read by nobody.
    Between,
}

struct Frame {
    boundary: Vec<u8>,
    /// How many parts are open down to the multipart itself.
    open: usize,
}

struct Walk<'a, 'l> {
    raw: &'a [u8],
    limits: &'l Limits,
    parts: Vec<Part<'a>>,
    /// Where each body starts and ends.
    ends: Vec<(usize, usize)>,
    open: Vec<usize>,
    frames: Vec<Frame>,
}

impl<'a> Walk<'a, '_> {
    fn head_ends(&mut self, from: usize, to: usize, body_at: usize) -> Result<State, Flaw> {
        let head = Head::of(self.raw.get(from..to).unwrap_or_default(), self.limits.header_bytes);
        self.begin(&head, body_at)
    }

    /// A part with this header block begins.
    fn begin(&mut self, head: &Head<'_>, body_at: usize) -> Result<State, Flaw> {
        if self.open.len() > self.limits.depth {
            return Err(Flaw::TooDeep);
        }
        if self.parts.len() >= self.limits.parts {
            return Err(Flaw::TooManyParts);
        }
        let parent = self.open.last().copied();
        let holder = parent.and_then(|i| self.parts.get(i));
        let in_digest = holder.is_some_and(|p| p.kind.main == "multipart/digest");
        let nested = holder.is_some_and(|p| p.nested || p.message);
        let kind = match head.value("content-type") {
            Some(text) => Value::parse(&text),
            None => Value::parse(if in_digest { "message/rfc822" } else { "text/plain" }),
        };
        let encoding = Value::parse(&head.lower("content-transfer-encoding")).main;
        let plain = matches!(encoding.as_str(), "" | "7bit" | "8bit" | "binary");
        let message =
            plain && matches!(kind.main.as_str(), "message/rfc822" | "message/global" | "message/news");
        let boundary = if kind.main.starts_with("multipart/") { kind.param("boundary") } else { None };
        let boundary = boundary.map(str::trim_end).filter(|b| !b.is_empty() && b.len() <= 1000);
        let boundary = boundary.map(|b| b.as_bytes().to_vec());
        self.open.push(self.parts.len());
        self.ends.push((body_at, body_at));
        self.parts.push(Part {
            parent,
            nested,
            multipart: boundary.is_some(),
            message,
            kind,
            disposition: Value::parse(&head.value("content-disposition").unwrap_or_default()),
            encoding,
            body: &[],
        });
        if let Some(boundary) = boundary {
            self.frames.push(Frame { boundary, open: self.open.len() });
            Ok(State::Between)
        } else if message {
            Ok(State::Head(body_at))
        } else {
            Ok(State::Body)
        }
    }

    /// Which open multipart this line is a boundary of (the innermost first), and whether it is the last one.
    fn boundary(&self, line: &[u8]) -> Option<(usize, bool)> {
        let rest = line.strip_prefix(b"--")?;
        if self.frames.is_empty() {
            return None;
        }
        let rest = rest.trim_ascii_end();
        self.frames.iter().enumerate().rev().find_map(|(index, frame)| {
            match rest.strip_prefix(frame.boundary.as_slice())? {
                b"" => Some((index, false)),
                b"--" => Some((index, true)),
                _ => None,
            }
        })
    }

    /// Ends all parts inside this multipart; the line end before a boundary belongs to it (RFC 2046 section 5.1.1).
    fn close(&mut self, frame: usize, last: bool, line_at: usize) {
        let Some(keep) = self.frames.get(frame).map(|f| f.open) else { return };
        let before = self.raw.get(..line_at).unwrap_or_default();
        let before = before.strip_suffix(b"\n").unwrap_or(before);
        let end = before.strip_suffix(b"\r").unwrap_or(before).len();
        for index in self.open.drain(keep.min(self.open.len())..) {
            if let Some(place) = self.ends.get_mut(index) {
                place.1 = end.max(place.0);
            }
        }
        self.frames.truncate(if last { frame } else { frame + 1 });
    }

    fn finish(mut self) -> Vec<Part<'a>> {
        for index in self.open.drain(..) {
            if let Some(place) = self.ends.get_mut(index) {
                place.1 = self.raw.len();
            }
        }
        let mut has_parts = vec![false; self.parts.len()];
        for parent in self.parts.iter().filter_map(|p| p.parent) {
            if let Some(flag) = has_parts.get_mut(parent) {
                *flag = true;
            }
        }
        for ((part, (from, to)), has_parts) in self.parts.iter_mut().zip(&self.ends).zip(has_parts) {
            part.body = self.raw.get(*from..*to).unwrap_or_default();
            // A boundary that never comes: what stands there is text for a person.
            part.multipart &= has_parts;
        }
        self.parts
    }
}
