//! A public issue: what we put in the place of its words, and the message that is made of it.
//!
//! What everybody reads here is fixed: there is no field for a word of the issue, of its case, or of anybody.

use data_encoding::BASE64;
use jiff::Timestamp;

use crate::case::{Address, PostedWords};

/// The title of an issue that was blanked.
pub const TITLE: &str = "Taken over by the security response team";
/// Its body.
pub const BODY: &str = "What stood here was taken over by the security response team and is looked at there. That says nothing \
    yet about what it is.\n\nPossible security matters are handled by mail, so that the people who use the software are protected \
    first. A comment below says where to write.";
/// Any comment on it.
pub const COMMENT: &str = "Taken over by the security response team.";

/// Octets of text in an encoded word, so that its line stays below 76 characters (RFC 2047 section 2).
const WORD: usize = 39;
/// Bytes of comments that become part of the message; the whole stays in the saved copy.
const COMMENTS: usize = 256 * 1024;

/// Whether a text says nothing: it is ours, or empty.
pub fn is_blank(text: &str, ours: &str) -> bool {
    let even = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    let text = even(text);
    text.is_empty() || text == even(ours)
}

/// Encoded words (RFC 2047), one a line, cut between characters: none of them can become a header.
pub fn encoded(text: &str) -> String {
    let mut words = Vec::new();
    let mut part = String::new();
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if part.len() + c.len_utf8() > WORD {
            words.push(std::mem::take(&mut part));
        }
        part.push(c);
    }
    words.push(part);
    let word = |part: &String| format!("=?utf-8?B?{}?=", BASE64.encode(part.as_bytes()));
    words.iter().map(word).collect::<Vec<_>>().join("\r\n ")
}

/// The body of a message in base64, lines of 76.
pub fn packed(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let packed: Vec<char> = BASE64.encode(text.as_bytes()).chars().collect();
    let mut out = String::new();
    for line in packed.chunks(76) {
        out.extend(line);
        out.push_str("\r\n");
    }
    out
}

/// What a message made of a public issue says besides its words.
#[derive(Debug, Clone)]
pub struct Origin<'a> {
    /// GitHub's global id of it: letters, digits, `_`, `-` and `=` alone.
    pub node: &'a str,
    /// The address that the account of whoever posted it shows.
    pub from: Option<&'a Address>,
    /// When it was posted.
    pub at: Option<Timestamp>,
    /// Logins of those who commented, in the order of the comments.
    pub logins: &'a [String],
}

/// The issue as a message (RFC 5322), read like a mail. The same issue gives the same bytes.
pub fn message(origin: &Origin<'_>, words: &PostedWords) -> Vec<u8> {
    let mut out = String::new();
    if let Some(from) = origin.from {
        out.push_str(&format!("From: <{from}>\r\n"));
    }
    if let Some(at) = origin.at {
        out.push_str(&format!("Date: {}\r\n", at.strftime("%a, %d %b %Y %H:%M:%S +0000")));
    }
    let title: String = words.title.chars().take(1_024).collect();
    out.push_str(&format!("Subject: {}\r\n", encoded(&title)));
    let node: String =
        origin.node.chars().filter(|c| c.is_ascii_alphanumeric() || "_-=".contains(*c)).take(100).collect();
    out.push_str(&format!("X-Sir-Intake-Posted: {node}\r\n"));
    out.push_str("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
    out.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
    let mut text = words.body.clone();
    let begun = text.len();
    for ((at, (_, said)), number) in words.comments.iter().enumerate().zip(1_u32..) {
        let rest = words.comments.len().saturating_sub(at);
        if text.len().saturating_sub(begun).saturating_add(said.len()) > COMMENTS {
            text.push_str(&format!("\n\n[{rest} more comments are in the saved copy]"));
            break;
        }
        let login = origin.logins.get(at).map_or("somebody", String::as_str);
        text.push_str(&format!("\n\n[comment {number}, by {login}]\n{said}"));
    }
    out.push_str(&packed(&text));
    out.into_bytes()
}
