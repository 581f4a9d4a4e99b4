//! Writing a message: RFC 5322 bytes from checked parts.
//!
//! Nothing that a stranger wrote reaches a header but a cleaned subject and message-ids of a strict shape, and address
//! headers hold bare addresses without display names: no header can be injected. The bytes are written once, stored,
//! and sent as they are.

use jiff::Timestamp;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue, MIME_VERSION_1_0,
};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};

use super::is_unseen;
use crate::case::{Address, CaseId};

/// Most characters of a subject that came from outside.
pub const SUBJECT_CHARS: usize = 80;
/// References kept at each end of a long thread.
const REFERENCES_KEPT: usize = 20;
/// Longest message-id that is repeated, in octets; longer ones would break the line limit.
const ID_BYTES: usize = 250;
/// Latest instant that the Date field can show: the end of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;

/// What a message says of itself by `Auto-Submitted` (RFC 3834 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auto {
    /// A person's letter: nothing is said.
    No,
    /// An automatic answer: `auto-replied`.
    Replied,
    /// An automatic message that answers none: `auto-generated`.
    Generated,
}

/// Whether the exercise's word stands before the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Practice {
    /// The real thing.
    No,
    /// `[PRACTICE]` first in the subject.
    Yes,
}

/// A message to one recipient, ready to be written.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// `list_address` for letters, `bot_address` for notices.
    pub from: Address,
    /// The one recipient.
    pub to: Address,
    /// The subject; cleaned of controls here, whatever it holds.
    pub subject: String,
    /// Plain text, LF or CRLF.
    pub body: String,
    /// `<op@domain>`, fixed before the first try.
    pub message_id: String,
    /// The message that this answers, with or without `<>`.
    pub in_reply_to: Option<String>,
    /// The thread, oldest first, with or without `<>`; bounded here.
    pub references: Vec<String>,
    /// What it says of itself.
    pub automatic: Auto,
    /// When it was written.
    pub date: Timestamp,
    /// Exercise or not.
    pub practice: Practice,
}

/// A small file that goes with a message, ours: a calendar entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, plain ASCII.
    pub name: String,
    /// Its type with parameters (RFC 2045 section 5.1).
    pub kind: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why no message was written. Holds no text of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ComposeFault {
    /// Our own Message-ID is not `<left@right>` in plain ASCII.
    #[error("the Message-ID is not of the form <id@domain>")]
    MessageId,
    /// The mail library refuses one of the addresses.
    #[error("an address cannot be written into a message")]
    Address,
    /// The mail library refuses the whole.
    #[error("the message cannot be built")]
    Build,
}

macro_rules! plain_header {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        struct $name(String);

        impl Header for $name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($field)
            }
            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(text.to_owned()))
            }
            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    };
}

plain_header!(
    /// RFC 3834 section 5.
    AutoSubmitted,
    "Auto-Submitted"
);
plain_header!(
    /// MS-OXCMAIL section 2.2.3.2.14: no automatic answer of any kind, please.
    AutoResponseSuppress,
    "X-Auto-Response-Suppress"
);

/// The message as bytes with CRLF line ends, text/plain in UTF-8: 7bit where it is ASCII, else quoted-printable. No
/// line is longer than 998 octets (RFC 5322 section 2.1.1).
///
/// # Errors
/// When an id or an address cannot be written; nothing else depends on what the fields hold.
pub fn write(mail: &Outgoing) -> Result<Vec<u8>, ComposeFault> {
    write_with(mail, None)
}

/// The same with a file: multipart/mixed (RFC 2046 section 5.1.3), the text first. The same parts give the same bytes.
///
/// # Errors
/// As [`write`], or the type of the file is none.
pub fn write_with(mail: &Outgoing, file: Option<&Attachment>) -> Result<Vec<u8>, ComposeFault> {
    let id = tidy_id(&mail.message_id).ok_or(ComposeFault::MessageId)?;
    let mut subject = clean(&mail.subject, usize::MAX);
    if mail.practice == Practice::Yes && !subject.starts_with("[PRACTICE]") {
        subject = format!("[PRACTICE] {subject}");
    }
    let mut builder = Message::builder()
        .from(mailbox(&mail.from)?)
        .to(mailbox(&mail.to)?)
        .subject(one_subject(&subject))
        .date(date(mail.date))
        .message_id(Some(id));
    if let Some(parent) = mail.in_reply_to.as_deref().and_then(tidy_id) {
        builder = builder.in_reply_to(parent);
    }
    let thread = bounded(&mail.references);
    if !thread.is_empty() {
        builder = builder.references(thread.join(" "));
    }
    let automatic = match mail.automatic {
        Auto::No => None,
        Auto::Replied => Some("auto-replied"),
        Auto::Generated => Some("auto-generated"),
    };
    if let Some(word) = automatic {
        builder =
            builder.header(AutoSubmitted(word.to_owned())).header(AutoResponseSuppress("All".to_owned()));
    }
    let builder = builder.header(MIME_VERSION_1_0);
    let message = match file {
        None => builder.header(ContentType::TEXT_PLAIN).body(body(&mail.body)?),
        Some(file) => builder.multipart(mixed(mail, file)?),
    };
    Ok(message.map_err(|_| ComposeFault::Build)?.formatted())
}

fn mixed(mail: &Outgoing, file: &Attachment) -> Result<MultiPart, ComposeFault> {
    let kind = ContentType::parse(file.kind).map_err(|_| ComposeFault::Build)?;
    let file = lettre::message::Attachment::new(clean(&file.name, 60)).body(
        Body::new_with_encoding(file.bytes.clone(), ContentTransferEncoding::Base64)
            .map_err(|_| ComposeFault::Build)?,
        kind,
    );
    let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(body(&mail.body)?);
    // The library would draw one by chance.
    let id: String = mail.message_id.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    Ok(MultiPart::mixed().boundary(format!("=_{id}")).singlepart(text).singlepart(file))
}

fn mailbox(address: &Address) -> Result<Mailbox, ComposeFault> {
    // Never a display name: lettre panics on CR, LF or NUL in one, and a hostile one is of no use to anybody.
    Ok(Mailbox::new(None, address.as_str().parse().map_err(|_| ComposeFault::Address)?))
}

/// The Date field's instant; lettre panics before 1970 and after 9999.
fn date(at: Timestamp) -> std::time::SystemTime {
    let seconds = at.as_second().clamp(0, LAST_SECOND);
    std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds.unsigned_abs())
}

fn body(text: &str) -> Result<Body, ComposeFault> {
    let text: String = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
    // The library takes 7bit only for short ASCII lines.
    Body::new_with_encoding(text.clone(), ContentTransferEncoding::SevenBit)
        .or_else(|_| Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable))
        .map_err(|_| ComposeFault::Build)
}

/// `<left@right>` from an id with or without brackets; `None` for anything that is not printable ASCII without
/// spaces, brackets, quotes or commas around one `@`, or is longer than 250 octets (RFC 5322 section 3.6.4, strict).
pub fn tidy_id(id: &str) -> Option<String> {
    let id = id.trim();
    let id = id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id);
    let (left, right) = id.split_once('@')?;
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && !b"<>@,;:\"()\\".contains(&b))
    };
    (id.len() <= ID_BYTES && word(left) && word(right)).then(|| format!("<{id}>"))
}

/// The usable ids of a thread, each once: the first 20 and the last 20 of them.
pub fn bounded(references: &[String]) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    let ids: Vec<String> =
        references.iter().filter_map(|id| tidy_id(id)).filter(|id| seen.insert(id.clone())).collect();
    let cut = ids.len().saturating_sub(REFERENCES_KEPT);
    let kept = |i: usize| i < REFERENCES_KEPT || i >= cut;
    ids.into_iter().enumerate().filter(|(i, _)| kept(*i)).map(|(_, id)| id).collect()
}

/// A subject from outside, harmless: one line, no controls, nothing unseen, no encoded-word of its own, at most
/// `chars` characters.
pub fn clean(subject: &str, chars: usize) -> String {
    let words = subject.split(|c: char| c.is_whitespace() || c.is_control());
    let mut out = String::new();
    for word in words {
        let word: String = word.chars().filter(|c| !is_unseen(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        // lettre writes ASCII as it is, and a receiver would decode it (RFC 2047 section 2).
        out.push_str(&word.replace("=?", "= ?"));
    }
    if out.chars().count() > chars {
        out = out.chars().take(chars.saturating_sub(1)).collect();
        out.push('…');
    }
    out
}

/// Keeps the field below 998 octets however it is encoded.
fn one_subject(subject: &str) -> String {
    clean(subject, 200)
}

/// `Re: <theirs> [SIR-2026-0007]`: a letter to a reporter after a person acted. The tag stands last; their `Re:` and
/// an older tag of ours are not repeated.
pub fn reporter_subject(theirs: &str, case: CaseId) -> String {
    let tag = format!("[{case}]");
    let plain = clean(&theirs.replace(&tag, " "), usize::MAX);
    let mut words = plain.as_str();
    while let Some(rest) = words.get(..3).filter(|head| head.eq_ignore_ascii_case("re:")).and(words.get(3..))
    {
        words = rest.trim_start();
    }
    let words = clean(words, SUBJECT_CHARS);
    if words.is_empty() { format!("Re: your report {tag}") } else { format!("Re: {words} {tag}") }
}

/// `[SIR-2026-0007] <ours>`: a notice to members. The tag stands first.
pub fn internal_subject(ours: &str, case: CaseId) -> String {
    format!("[{case}] {}", clean(ours, SUBJECT_CHARS))
}
