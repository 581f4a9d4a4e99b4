//! A letter: what a message says, put together from its header and its parts.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::address::{self, Mailbox};
use super::authenticate::{self, Authentication, Results};
use super::automatic::{self, Automatic, Look};
use super::bounce::{self, Bounce};
use super::commander::PgpProof;
use super::head::Head;
use super::raw::Part;
use super::signature::{self, Signature};
use super::visible::{is_misleading, visible_line};
use super::{Flaw, House, Limits, ours, parse, quote, seals, text, words};
use crate::case::{Address, Sha256};

/// A file that came with a letter: described, never opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The name that the sender gave it, on one line, hidden characters shown; at most 255 characters. Display only:
    /// no file is ever called so.
    pub name: String,
    /// The media type that the sender claims.
    pub kind: String,
    /// Octets after decoding.
    pub size: u64,
    /// Digest of the decoded octets.
    pub sha256: Sha256,
    /// Whether it is sealed by OpenPGP by itself.
    pub seal: Seal,
}

/// Whether a file is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// Not by itself.
    None,
    /// Only a holder of its key reads it.
    Closed,
    /// It was, and name, size and digest are those of what was inside.
    Opened,
}

/// What a message says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    /// Who wrote it: the first mailbox of From that has an address, or whom our own list hid behind itself. Proves
    /// nothing.
    pub from: Option<Address>,
    /// The display name next to it, on one line, hidden characters shown.
    pub from_name: Option<String>,
    /// Mailboxes in all From fields (at least the number of fields); anything but 1 can prove nothing.
    pub from_count: usize,
    /// Reply-To: shown, never used.
    pub reply_to: Option<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Decoded, on one line, hidden characters shown, without our list's tag; at most 4,000 characters.
    pub subject: String,
    /// Date, as the sender claims.
    pub date: Option<Timestamp>,
    /// The offset from UTC that Date is written with: where the sender's clock stands, as far as they say.
    pub zone: Option<TimeZone>,
    /// Message-ID without `<>`.
    pub message_id: Option<String>,
    /// In-Reply-To, ids without `<>`, at most 100.
    pub in_reply_to: Vec<String>,
    /// References, ids without `<>`, at most 100.
    pub references: Vec<String>,
    /// The best text, LF line ends, controls shown (direction marks and joiners are left: use `visible` to print).
    pub text: String,
    /// The first text/plain part as it is: where a member's commands stand, if anywhere.
    pub plain: String,
    /// The text was made from HTML, there was no plain text.
    pub html_only: bool,
    /// The text taken apart into new words and quotes.
    split: OnceLock<quote::Split>,
    /// Whether a machine wrote it.
    pub automatic: Automatic,
    /// The sign by which we know.
    pub automatic_why: Option<&'static str>,
    /// The sender asks for no automatic answer (`X-Auto-Response-Suppress`); says nothing about who they are.
    pub answer_suppressed: bool,
    /// The letter that came back, when this is a bounce.
    pub bounce: Option<Bounce>,
    /// It came through our own list (List-Id and host).
    pub via_our_list: bool,
    /// Files and forwarded messages.
    pub attachments: Vec<Attachment>,
    /// Came encrypted by PGP or S/MIME, wholly or inline.
    pub encrypted: bool,
    /// It was encrypted to the team's key, and its text is what was inside.
    pub opened: bool,
    /// `OpenPGP` keys that it offers, as they are.
    pub keys: Vec<Vec<u8>>,
    /// Carries a PGP or S/MIME signature (not checked).
    pub signed: bool,
    /// What the trusted server found about the domain in From.
    pub authentication: Authentication,
    /// Domains for which the trusted server found a good DKIM signature, lower case.
    pub signed_domains: Vec<String>,
    /// What else bears on who wrote it.
    pub proof: Proof,
    /// The provider's verdict, believed only by configuration.
    pub spam_verdict: bool,
    /// What is wrong with it, each once, sorted.
    pub flaws: Vec<Flaw>,
    /// Only the header was read; the body waits in the raw message for a person.
    pub header_only: bool,
}

/// What a mail carries that could prove who wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// Every address in every From field, at most 10: whom it names, when it does not name one.
    pub named: Vec<Address>,
    /// What the trusted server wrote.
    pub results: Results,
    /// Its DKIM signatures, as they claim; at most 10.
    pub signatures: Vec<Signature>,
    /// Good `OpenPGP` signatures by keys that the roster pins.
    pub pgp: Vec<PgpProof>,
}

impl Letter {
    /// The text is another one now.
    pub(super) fn words_changed(&mut self) {
        self.split = OnceLock::new();
    }

    /// What is newly written in the text, and what is quoted. Found when first asked for.
    pub fn split(&self) -> &quote::Split {
        self.split.get_or_init(|| quote::split(&self.text))
    }

    /// Notes a flaw.
    pub(super) fn flaw(&mut self, flaw: Flaw) {
        self.flaws.push(flaw);
    }

    /// Equal for the list copy and the direct copy of one mail: Message-ID, sender, words (white space aside) and files.
    /// `None` when one of them is missing or was not read, or when there is nothing in it by which to tell it from
    /// another: then it is a mail of its own. Some programs give every mail the same Message-ID.
    pub fn same_copy_key(&self) -> Option<Sha256> {
        let (id, from) = (self.message_id.as_ref()?, self.from.as_ref()?);
        if self.header_only {
            return None;
        }
        let mut body = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if body.is_empty() && self.attachments.is_empty() {
            return None;
        }
        for file in &self.attachments {
            body.push_str(&format!("\n{}", file.sha256));
        }
        let body = Sha256::of(body.as_bytes());
        Some(Sha256::of(format!("{id}\n{}\n{body}", from.key()).as_bytes()))
    }
}

/// What the header says.
pub(super) fn from_head(head: &Head<'_>, house: &House) -> Letter {
    let boxes = |name: &str| -> Vec<Mailbox> {
        head.all(name).flat_map(|field| address::list(&field.value())).take(1000).collect()
    };
    let addresses = |name: &str| boxes(name).into_iter().filter_map(|m| m.address).collect::<Vec<_>>();
    let from = boxes("from");
    let writer = from.iter().find(|m| m.address.is_some()).or(from.first());
    let subject = words::decode(&head.value("subject").unwrap_or_default());
    let mut letter = Letter {
        from_count: from.len().max(head.all("from").count()),
        from: writer.and_then(|m| m.address.clone()),
        from_name: writer.and_then(|m| m.name.clone()),
        reply_to: addresses("reply-to").into_iter().next(),
        to: addresses("to"),
        cc: addresses("cc"),
        subject: visible_line(subject.trim()).chars().take(4000).collect(),
        date: head.value("date").and_then(|v| parse::date(&v)),
        zone: head.value("date").and_then(|v| parse::zone(&v)),
        message_id: head.value("message-id").and_then(|v| parse::id(&v)),
        in_reply_to: head.all("in-reply-to").flat_map(|f| parse::ids(&f.value())).take(100).collect(),
        references: last_ids(head),
        answer_suppressed: !matches!(head.lower("x-auto-response-suppress").as_str(), "" | "none"),
        header_only: true,
        ..Letter::default()
    };
    header_flaws(&mut letter, head);
    if is_misleading(&subject) {
        letter.flaw(Flaw::ControlCharacters);
    }
    let results = house.authserv.as_ref().map(|a| authenticate::trusted(head, a)).unwrap_or_default();
    letter.signed_domains = authenticate::signed_domains(results.outcomes());
    letter.authentication = authenticate::judge(&results, letter.from.as_ref());
    let named = from.iter().filter_map(|m| m.address.clone()).take(10).collect();
    letter.proof = Proof { named, results, signatures: signature::all(head), pgp: Vec::new() };
    let doubled = letter.flaws.iter().any(|f| matches!(f, Flaw::DuplicateHeader(_)));
    if letter.authentication == Authentication::Pass && (doubled || letter.from_count != 1) {
        letter.authentication = Authentication::Unknown;
    }
    if let Some(list) = house.list.as_ref().filter(|l| ours::came_through(head, l)) {
        letter.via_our_list = true;
        letter.subject = ours::untagged(&letter.subject, list);
        if let Some((who, name)) = ours::sender(head, letter.from.as_ref(), &house.own, list) {
            letter.from = Some(who);
            letter.from_name = name;
            // What was found concerns the list's own domain, not the writer's.
            // Except that it failed: then it is not our list that wrote this.
            if letter.authentication == Authentication::Pass {
                letter.authentication = Authentication::Unknown;
            }
            letter.signed_domains.clear();
        }
    }
    letter.spam_verdict = house.trust_spam_headers && is_called_spam(head);
    letter
}

/// The last 100 ids of References: the newest count, and some clients never shorten.
fn last_ids(head: &Head<'_>) -> Vec<String> {
    let mut all: Vec<String> = head
        .all("references")
        .flat_map(|f| f.value().split('>').map(|id| format!("{id}>")).collect::<Vec<_>>())
        .flat_map(|one| parse::ids(&one))
        .collect();
    let surplus = all.len().saturating_sub(100);
    all.drain(..surplus);
    all
}

fn is_called_spam(head: &Head<'_>) -> bool {
    head.lower("x-spam-flag").starts_with("yes")
        || head.lower("x-spam-status").starts_with("yes")
        || head.lower("x-ses-spam-verdict") == "fail"
}

fn header_flaws(letter: &mut Letter, head: &Head<'_>) {
    if head.is_cut() {
        letter.flaw(Flaw::HeadersTooBig);
    }
    if head.fields.iter().any(|f| std::str::from_utf8(f.raw).is_err()) {
        letter.flaw(Flaw::Raw8bitHeader);
    }
    for name in ["from", "sender", "subject", "to", "cc", "reply-to", "message-id", "date"] {
        if head.all(name).nth(1).is_some() {
            letter.flaw(Flaw::DuplicateHeader(name));
        }
    }
    match letter.from_count {
        0 => letter.flaw(if head.has("from") { Flaw::BadFrom } else { Flaw::NoFrom }),
        1 if letter.from.is_none() => letter.flaw(Flaw::BadFrom),
        1 => {}
        _ => {
            letter.flaw(Flaw::TwoFrom);
            if letter.from.is_none() {
                letter.flaw(Flaw::BadFrom);
            }
        }
    }
    if letter.message_id.is_none() {
        letter.flaw(Flaw::NoMessageId);
    }
    if letter.date.is_none() {
        letter.flaw(Flaw::BadDate);
    }
}

/// What the body says.
pub(super) fn add_body(
    letter: &mut Letter,
    head: &Head<'_>,
    parts: &[Part<'_>],
    limits: &Limits,
    house: &House,
) {
    letter.header_only = false;
    let best = text::best(parts, limits);
    letter.flaws.extend(best.flaws);
    letter.html_only = best.html_only;
    letter.text = best.text;
    letter.plain = text::first_plain(parts, limits);
    if letter.via_our_list
        && let Some(list) = &house.list
    {
        letter.text = ours::without_footer(&letter.text, list);
    }
    attachments(letter, parts, &best.used, limits);
    if letter.text.trim().is_empty() && letter.attachments.is_empty() {
        letter.flaw(Flaw::EmptyBody);
    }
    if parts.iter().any(|p| p.kind.main.starts_with("multipart/") && !p.multipart) {
        letter.flaw(Flaw::BadMime);
    }
    sealed(letter, parts);
    letter.bounce = bounce::read(head, letter.from.as_ref(), &letter.subject, parts, &letter.text);
    if letter.bounce.is_some() {
        letter.automatic = Automatic::Bounce;
        letter.automatic_why = Some("bounce");
    } else {
        classify(letter, head, parts);
    }
}

fn classify(letter: &mut Letter, head: &Head<'_>, parts: &[Part<'_>]) {
    let look = Look {
        from: letter.from.as_ref(),
        subject: &letter.subject,
        parts,
        via_our_list: letter.via_our_list,
    };
    if let Some((kind, why)) = automatic::sign(head, &look) {
        letter.automatic = kind;
        letter.automatic_why = Some(why);
    }
}

fn attachments(
    letter: &mut Letter,
    parts: &[Part<'_>],
    used: &std::collections::BTreeSet<usize>,
    limits: &Limits,
) {
    let mut room = limits.decoded_bytes;
    let of_letter = parts.iter().enumerate().filter(|(i, p)| !p.nested && !p.multipart && !used.contains(i));
    for (_, part) in of_letter {
        let expected = if part.encoding == "base64" { part.body.len() / 4 * 3 } else { part.body.len() };
        if expected > room {
            letter.flaw(Flaw::DecodedTooBig);
            return;
        }
        // One at a time: only the digest of a decoded part stays.
        let (bytes, broken) = parse::body(part, usize::MAX);
        room = room.saturating_sub(bytes.len());
        if broken {
            letter.flaw(Flaw::BadEncoding);
        }
        let name = part.disposition.param("filename").or_else(|| part.kind.param("name"));
        let name = name.map_or_else(|| default_name(part), |n| visible_line(&words::decode(n)));
        let name: String = name.chars().take(255).collect();
        let kind: String = visible_line(&part.kind.main).chars().take(100).collect();
        if kind == "application/ms-tnef" || name.eq_ignore_ascii_case("winmail.dat") {
            letter.flaw(Flaw::WinmailDat);
        }
        if bytes.is_empty() && name == "unnamed" {
            continue;
        }
        let seal = seals::of_file(&name, &bytes);
        letter.attachments.push(Attachment {
            name,
            kind,
            size: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
            seal,
        });
    }
}

fn default_name(part: &Part<'_>) -> String {
    if part.message { "message.eml" } else { "unnamed" }.to_owned()
}

/// Whether the letter is encrypted or signed, by its types or by the armor in its text (RFC 9580 section 6.2).
fn sealed(letter: &mut Letter, parts: &[Part<'_>]) {
    for part in parts.iter().filter(|p| !p.nested) {
        let smime = part.kind.param("smime-type").map(str::to_ascii_lowercase);
        match part.kind.main.as_str() {
            "multipart/encrypted" | "application/pgp-encrypted" => letter.encrypted = true,
            "multipart/signed" | "application/pgp-signature" => letter.signed = true,
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => match smime.as_deref() {
                Some("signed-data") => letter.signed = true,
                Some("certs-only" | "compressed-data") => {}
                _ => letter.encrypted = true,
            },
            _ => {}
        }
    }
    letter.encrypted |= letter.text.contains("-----BEGIN PGP MESSAGE-----");
    letter.signed |= letter.text.contains("-----BEGIN PGP SIGNED MESSAGE-----");
}

/// Last touches, the same for both ways of reading.
pub(super) fn finish(mut letter: Letter, head: &Head<'_>, house: &House) -> Letter {
    if letter.header_only {
        classify(&mut letter, head, &[]);
    }
    if house.authserv.is_none() {
        letter.authentication = Authentication::Unknown;
    }
    letter.flaws.sort_unstable();
    letter.flaws.dedup();
    letter
}
