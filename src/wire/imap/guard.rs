//! Stands between the socket and the IMAP client and refuses what the client would take on trust: a literal that
//! announces more bytes than we asked for (the client would set the memory aside at once), a line without an end.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Room for everything but mail: a line of half a million UIDs is 4 MB.
const MAX_LINE: usize = 4 * 1024 * 1024;
/// Literals outside of a fetch (folder names, challenges) are small.
pub(super) const SMALL: u64 = 64 * 1024;

/// A stream on which no server answer can outgrow the room allowed for it.
#[derive(Debug)]
pub(super) struct Guarded<S> {
    inner: S,
    scan: Scan,
}

impl<S> Guarded<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, scan: Scan::default() }
    }

    /// From now on all literals of one response together may have so many bytes.
    pub(super) fn allow(&mut self, bytes: u64) {
        self.scan.room = bytes;
    }

    /// Whether the stream was cut because an answer was too large.
    pub(super) fn tripped(&self) -> bool {
        self.scan.tripped
    }
}

/// Follows the framing of RFC 3501 section 4.3: a line that ends in `{n}` is followed by n bytes of anything.
#[derive(Debug)]
struct Scan {
    room: u64,
    spent: u64,
    rest: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
    line: usize,
    continued: bool,
    tripped: bool,
}

impl Default for Scan {
    fn default() -> Self {
        Self {
            room: SMALL,
            spent: 0,
            rest: 0,
            head: Vec::new(),
            tail: Vec::new(),
            line: 0,
            continued: false,
            tripped: false,
        }
    }
}

impl Scan {
    /// Looks at newly arrived bytes; `false` when they must not be handed on.
    fn take(&mut self, mut bytes: &mut [u8]) -> bool {
        while !bytes.is_empty() && !self.tripped {
            if self.rest > 0 {
                let skip = usize::try_from(self.rest).unwrap_or(usize::MAX).min(bytes.len());
                self.rest -= skip as u64;
                bytes = bytes.get_mut(skip..).unwrap_or_default();
                continue;
            }
            let end = bytes.iter().position(|b| *b == b'\n').map_or(bytes.len(), |at| at + 1);
            let Some((part, after)) = bytes.split_at_mut_checked(end) else { break };
            self.keep(part);
            if !(self.continued || holds_data(&self.head)) {
                to_ascii(part);
            }
            if part.last() == Some(&b'\n') {
                self.end_of_line();
            }
            bytes = after;
        }
        !self.tripped
    }

    /// Keeps the two ends of a line: the word that says what it is, and the size that may stand at its end.
    fn keep(&mut self, part: &[u8]) {
        const ENDS: usize = 24;
        self.line += part.len();
        self.tripped |= self.line > MAX_LINE;
        let missing = ENDS.saturating_sub(self.head.len());
        self.head.extend(part.iter().take(missing));
        self.tail.extend(part.iter().skip(part.len().saturating_sub(ENDS)));
        let spare = self.tail.len().saturating_sub(ENDS);
        self.tail.drain(..spare);
    }

    fn end_of_line(&mut self) {
        let may_hold_literal = self.continued || holds_data(&self.head);
        let size = if may_hold_literal { literal(&self.tail) } else { None };
        if let Some(size) = size {
            self.spent = self.spent.saturating_add(size);
            self.tripped |= self.spent > self.room;
            self.rest = size;
            self.continued = true;
        } else {
            self.spent = 0;
            self.continued = false;
        }
        self.head.clear();
        self.tail.clear();
        self.line = 0;
    }
}

/// The parser cuts the text of a status line at its second byte, and panics when that is inside of a character. Nobody
/// reads that text.
fn to_ascii(part: &mut [u8]) {
    for byte in part.iter_mut().filter(|byte| !byte.is_ascii()) {
        *byte = b'?';
    }
}

/// Untagged data; not a status line, whose free text may end in anything.
fn holds_data(head: &[u8]) -> bool {
    let Some(word) = head.strip_prefix(b"* ") else { return false };
    let word: Vec<u8> =
        word.iter().take_while(|b| b.is_ascii_alphabetic()).map(u8::to_ascii_uppercase).collect();
    !matches!(word.as_slice(), b"OK" | b"NO" | b"BAD" | b"BYE" | b"PREAUTH")
}

/// The n of `...{n}` CR LF; a number too long for us counts as endless.
fn literal(tail: &[u8]) -> Option<u64> {
    let line = tail.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let digits: Vec<u8> = line.iter().rev().copied().take_while(u8::is_ascii_digit).collect();
    if digits.is_empty() {
        return None;
    }
    let before = line.len().checked_sub(digits.len() + 1);
    match before.and_then(|at| line.get(at)) {
        Some(b'{') => {
            let size = digits.iter().rev().try_fold(0u64, |sum, digit| {
                sum.checked_mul(10)?.checked_add(u64::from(digit.saturating_sub(b'0')))
            });
            Some(size.unwrap_or(u64::MAX))
        }
        Some(_) => None,
        // The digits fill all that was kept of the line.
        None => Some(u64::MAX),
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        let fresh = buf.filled_mut().get_mut(before..).unwrap_or_default();
        if self.scan.take(fresh) { polled } else { Poll::Ready(Err(std::io::ErrorKind::InvalidData.into())) }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn passes(room: u64, text: &[u8], piece: usize) -> bool {
        let mut scan = Scan { room, ..Scan::default() };
        text.chunks(piece).all(|chunk| scan.take(&mut chunk.to_vec()))
    }

    #[test]
    fn a_literal_within_the_room_passes_and_its_bytes_are_not_read_as_lines() {
        let text =
            b"* 1 FETCH (UID 7 BODY[] {29}\r\n* 9 FETCH (X {999999999999}\r\n)\r\nA1 OK done {99999999}\r\n";
        for piece in [1, 2, 7, 1000] {
            assert!(passes(29, text, piece), "{piece}");
            assert!(!passes(28, text, piece), "{piece}");
        }
    }

    #[test]
    fn a_lie_about_the_size_is_refused_at_the_line_that_tells_it() {
        for size in ["400000000", "18446744073709551616", "99999999999999999999999999999999999999"] {
            let text = format!("* 1 FETCH (UID 7 BODY[] {{{size}}}\r\n");
            assert!(!passes(1_000_000, text.as_bytes(), 3), "{size}");
        }
    }

    #[test]
    fn many_literals_of_one_response_share_the_room() {
        let text = b"* LIST {3}\r\nabc {3}\r\nabc\r\n";
        assert!(passes(6, text, 5));
        assert!(!passes(5, text, 5));
    }

    #[test]
    fn free_text_of_a_status_line_is_no_literal() {
        assert!(passes(4, b"* OK wait {100}\r\n* BYE {100}\r\n* no {100}\r\n+ go {100}\r\n", 4));
    }

    #[test]
    fn only_status_lines_lose_what_is_not_ascii() {
        let mut scan = Scan { room: 100, ..Scan::default() };
        let mut text = "* OK [ALERT]\u{e9}\r\nA1 NO \u{e9}\r\n* LIST \u{e9} {2}\r\n\u{e9} \u{e9}\r\n"
            .to_owned()
            .into_bytes();
        assert!(text.chunks_mut(5).all(|chunk| scan.take(chunk)));
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text, "* OK [ALERT]??\r\nA1 NO ??\r\n* LIST \u{e9} {2}\r\n\u{e9} \u{e9}\r\n");
    }

    #[test]
    fn a_line_without_end_is_refused() {
        assert!(!passes(4, &vec![b'x'; MAX_LINE + 1], 4096));
    }
}
