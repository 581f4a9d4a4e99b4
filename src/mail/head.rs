//! The header block: where it ends, which fields it holds, in their order.

use super::words;

/// One header field as it stands in the message.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    /// Its name in lower case, without the spaces that obsolete syntax allows before the colon (RFC 5322 section 4.5).
    pub(super) name: String,
    /// All after the colon, folded lines included.
    pub(super) raw: &'a [u8],
}

impl Field<'_> {
    /// The value on one line: folds undone, trimmed; octets that are not UTF-8 read as windows-1252.
    pub(super) fn value(&self) -> String {
        let text = words::octets(self.raw);
        text.split(['\r', '\n']).collect::<Vec<_>>().concat().trim().to_owned()
    }
}

/// A header block.
#[derive(Debug, Clone, Default)]
pub(super) struct Head<'a> {
    pub(super) fields: Vec<Field<'a>>,
    body_at: usize,
    cut: bool,
}

impl<'a> Head<'a> {
    /// Reads the header block at the start of `raw`, at most `limit` octets of it. A leading mbox line (`From `) and
    /// lines that are no field are passed over.
    pub(super) fn of(raw: &'a [u8], limit: usize) -> Self {
        let mut head = Self::default();
        let mut open: Option<(String, usize)> = None;
        let mut at = 0;
        for line in raw.split_inclusive(|b| *b == b'\n') {
            if at + line.len() > limit {
                head.cut = true;
                break;
            }
            let start = at;
            at += line.len();
            if line.iter().all(|b| matches!(b, b'\r' | b'\n')) {
                // Some gateways put empty lines first; a header block that has not begun cannot end.
                if head.fields.is_empty() && open.is_none() {
                    continue;
                }
                break;
            }
            if matches!(line.first(), Some(b' ' | b'\t')) {
                continue;
            }
            head.close(raw, open.take(), start);
            if let Some((name, value_at)) = field_name(line) {
                open = Some((name, start + value_at));
            }
        }
        head.close(raw, open, at);
        head.body_at = at;
        head
    }

    fn close(&mut self, raw: &'a [u8], open: Option<(String, usize)>, end: usize) {
        if let Some((name, from)) = open {
            self.fields.push(Field { name, raw: raw.get(from..end).unwrap_or_default() });
        }
    }

    /// Whether the limit was reached before the block ended.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Where the body starts.
    pub(super) fn body_at(&self) -> usize {
        self.body_at
    }

    /// All fields of this (lower-case) name, the topmost first.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(move |f| f.name == name)
    }

    /// The value of the topmost field of this name.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.all(name).next().map(Field::value)
    }

    /// The value of the topmost field of this name in lower case; empty when there is none.
    pub(super) fn lower(&self, name: &str) -> String {
        self.value(name).unwrap_or_default().to_lowercase()
    }

    /// Whether there is a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
}

/// The name of the field that begins on this line, and where its value starts.
fn field_name(line: &[u8]) -> Option<(String, usize)> {
    let colon = line.iter().take(200).position(|b| *b == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    let good = !name.is_empty() && name.iter().all(|b| (33..127).contains(b));
    good.then(|| (String::from_utf8_lossy(name).to_ascii_lowercase(), colon + 1))
}
