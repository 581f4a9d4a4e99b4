//! What a message says: any bytes become a [`Letter`], and what was wrong with them becomes its flaws.
//!
//! Pure: nothing here reads a clock, a disk or a network. The structure of a message (header block, parts, nesting)
//! is walked by our own code, because it must be bounded and linear before anything else looks at the bytes:
//! mail-parser 0.11.9 overflows the stack when a message nested thousands of levels deep is dropped, also when the
//! nesting hides in a base64 part. Of that crate only the character sets and the date reader are used.

mod address;
pub mod authenticate;
mod automatic;
mod bounce;
pub mod commander;
pub mod compose;
mod flaw;
mod head;
mod html;
mod letter;
mod look_alike;
mod ours;
mod param;
mod parse;
pub mod quote;
mod raw;
mod seals;
mod signature;
mod text;
pub mod thread;
mod visible;
mod words;

pub use authenticate::{Authentication, Position, Results, TrustedAuthserv};
pub use automatic::Automatic;
pub use bounce::{Bounce, Bounced, Fate};
pub use flaw::Flaw;
pub use letter::{Attachment, Letter, Proof, Seal};
pub use ours::OurList;
pub use seals::{Seals, blocks, offers_key, seals, shown};
pub use signature::Signature;
pub use visible::{is_unseen, visible, visible_line};

use crate::case::Address;

/// Bounds on what is read of one message (`Default`: what the service uses). Over a bound, the message goes the
/// header-only way: its header fields are read, its body is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Octets of the whole message: `35 MiB`.
    pub raw_bytes: usize,
    /// Octets of the header block, and of the header block of each part: `256 KiB`.
    pub header_bytes: usize,
    /// Parts, nested messages and multiparts counted: 500.
    pub parts: usize,
    /// Levels of nesting (multipart in multipart, message in message): 20.
    pub depth: usize,
    /// Octets of all parts after base64 or quoted-printable: `64 MiB`.
    pub decoded_bytes: usize,
    /// Octets of HTML that are read: `1 MiB`; the rest is cut.
    pub html_bytes: usize,
    /// Open HTML tags inside each other: 200; more is read and called a flaw.
    pub html_levels: usize,
    /// Octets of the text that is kept for reading: `1 MiB` (what is cut is still in the raw message).
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            raw_bytes: 35 * MIB,
            header_bytes: 256 * 1024,
            parts: 500,
            depth: 20,
            decoded_bytes: 64 * MIB,
            html_bytes: MIB,
            html_levels: 200,
            text_bytes: MIB,
        }
    }
}

/// What we know about ourselves and our provider: it decides which header fields are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct House {
    /// `list_address` and `bot_address`: never a sender to answer.
    pub own: Vec<Address>,
    /// The mailing list in front of the mailbox, if there is one.
    pub list: Option<OurList>,
    /// Whose `Authentication-Results` are believed; `None`: nobody's, all mail is [`Authentication::Unknown`].
    pub authserv: Option<TrustedAuthserv>,
    /// Whether `X-Spam-*` fields were written by our provider (and a sender's own were stripped).
    pub trust_spam_headers: bool,
}

impl House {
    /// Whether an address is one of ours, also with a detail after `+` (RFC 5233): what is sent there comes back to us.
    pub fn owns(&self, address: &Address) -> bool {
        let bare = address.local().split_once('+').map_or(address.local(), |(local, _)| local);
        self.own.iter().any(|own| {
            own == address || (own.domain() == address.domain() && own.local().eq_ignore_ascii_case(bare))
        })
    }
}

/// Reads a message. Total: any bytes give a letter, what is wrong with them stands in its `flaws`.
///
/// Time is linear in the size of the message; beside the message itself at most one decoded part and the text
/// are held at a time.
pub fn read(raw: &[u8], limits: &Limits, house: &House) -> Letter {
    let head = head::Head::of(raw, limits.header_bytes);
    let mut letter = letter::from_head(&head, house);
    if raw.len() > limits.raw_bytes {
        letter.flaw(Flaw::RawTruncated);
    } else if !head.is_cut() {
        match raw::walk(raw, &head, limits) {
            Ok(parts) => letter::add_body(&mut letter, &head, &parts, limits, house),
            Err(flaw) => letter.flaw(flaw),
        }
    }
    letter::finish(letter, &head, house)
}

/// Reads the header block only: for a message whose full reading failed three times, or of which only the first
/// octets were fetched.
pub fn headers_only(raw: &[u8], limits: &Limits, house: &House) -> Letter {
    let head = head::Head::of(raw, limits.header_bytes);
    let letter = letter::from_head(&head, house);
    letter::finish(letter, &head, house)
}

/// The decoded octets of the attachment with this digest; `None` when the message holds none such within its limits.
/// One part is decoded at a time.
pub fn attachment(raw: &[u8], limits: &Limits, sha256: crate::case::Sha256) -> Option<Vec<u8>> {
    let head = head::Head::of(raw, limits.header_bytes);
    let parts = raw::walk(raw, &head, limits).ok()?;
    parts.iter().filter(|part| !part.multipart).find_map(|part| {
        let (bytes, _) = parse::body(part, limits.decoded_bytes);
        (crate::case::Sha256::of(&bytes) == sha256).then(|| bytes.into_owned())
    })
}
