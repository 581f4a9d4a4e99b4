//! What of a mail is sealed or signed by OpenPGP, and where; and a letter once somebody opened it. No cryptography here.

use super::head::Head;
use super::letter::{Attachment, Seal};
use super::raw::{Part, walk};
use super::{Flaw, Letter, Limits, parse, words};
use crate::case::{Address, Sha256};

/// Armored blocks that are looked at in one text.
const MOST_BLOCKS: usize = 5;
/// Keys that one mail may offer, and octets of each.
const MOST_KEYS: usize = 4;
const MOST_KEY_BYTES: usize = 256 * 1024;

/// What is to be opened or verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seals {
    /// The payload of a PGP/MIME message (RFC 3156 section 4), armored or binary.
    pub payload: Option<Vec<u8>>,
    /// The first part of a `multipart/signed` that is the whole mail, as it was signed, and its signature (section 5).
    pub signed: Option<(Vec<u8>, Vec<u8>)>,
    /// Keys that the mail offers: attached, or in Autocrypt of the address in From.
    pub keys: Vec<Vec<u8>>,
}

/// Looks for them within the limits.
pub fn seals(raw: &[u8], limits: &Limits) -> Seals {
    let head = Head::of(raw, limits.header_bytes);
    let Ok(parts) = walk(raw, &head, limits) else { return Seals::default() };
    let mut found = Seals { payload: payload(&parts, limits), ..Seals::default() };
    found.signed = signed(raw, &head, &parts);
    found.keys.extend(autocrypt(&head));
    let keys = parts
        .iter()
        .filter(|part| !part.nested && !part.multipart && part.kind.main == "application/pgp-keys");
    for part in keys.take(MOST_KEYS) {
        let (bytes, _) = parse::body(part, MOST_KEY_BYTES);
        found.keys.push(bytes.into_owned());
    }
    found
}

/// The octets beside `application/pgp-encrypted`, where nothing but lists and signatures stands around them.
fn payload(parts: &[Part<'_>], limits: &Limits) -> Option<Vec<u8>> {
    let (at, _) = parts
        .iter()
        .enumerate()
        .find(|(_, part)| part.multipart && part.kind.main == "multipart/encrypted" && !part.nested)?;
    let inside = parts.iter().filter(|part| part.parent == Some(at) && !part.multipart);
    let octets = inside.into_iter().find(|part| part.kind.main != "application/pgp-encrypted")?;
    let (bytes, _) = parse::body(octets, limits.decoded_bytes);
    Some(bytes.into_owned())
}

/// The octets from the first boundary to the second, without the line end before it, and the other part.
fn signed(raw: &[u8], head: &Head<'_>, parts: &[Part<'_>]) -> Option<(Vec<u8>, Vec<u8>)> {
    let top = parts.first().filter(|part| part.kind.main == "multipart/signed" && part.multipart)?;
    let boundary = [b"--", top.kind.param("boundary")?.as_bytes()].concat();
    let signature =
        parts.iter().find(|part| part.parent == Some(0) && part.kind.main == "application/pgp-signature")?;
    let mut at = head.body_at();
    let mut start = None;
    for line in raw.get(at..)?.split_inclusive(|b| *b == b'\n') {
        if line.trim_ascii_end() == boundary {
            match start {
                None => start = Some(at + line.len()),
                Some(start) => {
                    let content = raw.get(start..at)?;
                    let content = content.strip_suffix(b"\n").unwrap_or(content);
                    let content = content.strip_suffix(b"\r").unwrap_or(content);
                    let (armor, _) = parse::body(signature, MOST_KEY_BYTES);
                    return Some((with_crlf(content), armor.into_owned()));
                }
            }
        }
        at += line.len();
    }
    None
}

fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut before = 0;
    for byte in bytes {
        if *byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(*byte);
        before = *byte;
    }
    out
}

/// The one Autocrypt field (Autocrypt level 1) that speaks of the address in From.
fn autocrypt(head: &Head<'_>) -> Option<Vec<u8>> {
    let mut fields = head.all("autocrypt");
    let (Some(field), None) = (fields.next(), fields.next()) else { return None };
    let from = super::address::list(&head.value("from")?).into_iter().find_map(|m| m.address)?;
    let value = field.value();
    let tag = |name: &str| {
        value.split(';').find_map(|pair| {
            let (key, text) = pair.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| text.trim().to_owned())
        })
    };
    if Address::parse(&tag("addr")?)? != from {
        return None;
    }
    let (bytes, bad) = words::base64(tag("keydata")?.as_bytes());
    (!bad && !bytes.is_empty() && bytes.len() <= MOST_KEY_BYTES).then_some(bytes)
}

/// The armored blocks of this kind (`MESSAGE`, `SIGNED MESSAGE`) that begin at the start of a line.
pub fn blocks<'a>(text: &'a str, kind: &str) -> Vec<&'a str> {
    let begin = format!("-----BEGIN PGP {kind}-----");
    let end =
        if kind == "SIGNED MESSAGE" { "-----END PGP SIGNATURE-----" } else { "-----END PGP MESSAGE-----" };
    let mut found = Vec::new();
    let mut from = 0;
    while found.len() < MOST_BLOCKS {
        let Some(at) = text.get(from..).and_then(|rest| rest.find(&begin)).map(|at| from + at) else { break };
        from = at + begin.len();
        if text.get(..at).is_some_and(|before| !before.is_empty() && !before.ends_with('\n')) {
            continue;
        }
        let Some(length) = text.get(at..).and_then(|rest| rest.find(end)) else { break };
        let until = at + length + end.len();
        found.extend(text.get(at..until));
        from = until;
    }
    found
}

impl Letter {
    /// Takes in what a PGP/MIME message held, read as a mail of its own: its words first, then what stood in the clear
    /// around it. The protected subject replaces the hidden one (RFC 9788).
    pub fn take_inside(&mut self, inner: Self, intact: bool) {
        self.opened = true;
        if !inner.subject.is_empty() {
            self.subject = inner.subject;
        }
        let around = std::mem::replace(&mut self.text, inner.text);
        if !around.trim().is_empty() {
            self.text = format!("{}\n\n{around}", self.text.trim_end());
        }
        self.plain = inner.plain;
        self.html_only = inner.html_only;
        self.words_changed();
        let payload = |file: &Attachment| {
            file.kind == "application/pgp-encrypted"
                || file.kind == "application/octet-stream" && file.name.ends_with(".asc")
        };
        self.attachments.retain(|file| !payload(file));
        self.attachments.extend(inner.attachments);
        self.flaws.retain(|flaw| *flaw != Flaw::EmptyBody);
        self.flaws.extend(inner.flaws.into_iter().filter(|flaw| flaw.is_of_body()));
        self.mark_intact(intact);
    }

    /// Puts a text in the place of an armored block.
    pub fn take_block(&mut self, block: &str, inside: &str, intact: bool) {
        self.text = self.text.replacen(block, inside, 1);
        self.plain = self.plain.replacen(block, inside, 1);
        self.words_changed();
        self.mark_intact(intact);
    }

    fn mark_intact(&mut self, intact: bool) {
        if !intact {
            self.flaws.push(Flaw::NotIntact);
        }
        self.flaws.sort_unstable();
        self.flaws.dedup();
    }
}

/// Whether a file beside the text is sealed by itself, as programs do that write inline PGP.
pub(super) fn of_file(name: &str, bytes: &[u8]) -> Seal {
    let name = name.to_ascii_lowercase();
    let armored = bytes.trim_ascii_start().starts_with(b"-----BEGIN PGP MESSAGE-----");
    let named = name.ends_with(".pgp") || name.ends_with(".gpg");
    // The old packet format too has the highest bit set (RFC 9580 section 4.2).
    let binary = named && bytes.first().is_some_and(|first| first & 0x80 != 0);
    if armored || binary { Seal::Closed } else { Seal::None }
}

impl Attachment {
    /// What was inside takes its place.
    pub fn take_inside(&mut self, content: &[u8]) {
        let bare = [".pgp", ".gpg", ".asc"].iter().find_map(|end| {
            let at = self.name.len().checked_sub(end.len())?;
            self.name.get(at..).filter(|tail| tail.eq_ignore_ascii_case(end)).and(self.name.get(..at))
        });
        if let Some(bare) = bare.filter(|bare| !bare.is_empty()).map(str::to_owned) {
            self.name = bare;
        }
        self.size = content.len() as u64;
        self.sha256 = Sha256::of(content);
        self.seal = Seal::Opened;
    }
}

/// Whether the header or a part of a mail offers a key; cheap where it does not.
pub fn offers_key(raw: &[u8], limits: &Limits) -> bool {
    let head = Head::of(raw, limits.header_bytes);
    let named = b"application/pgp-keys";
    head.has("autocrypt") || raw.windows(named.len()).any(|window| window.eq_ignore_ascii_case(named))
}

/// A text from inside a seal as the texts of letters are: controls shown.
pub fn shown(text: &str) -> String {
    super::visible::controls_shown(text)
}
