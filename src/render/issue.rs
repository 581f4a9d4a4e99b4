//! The private issue of a case: a page that a reviewer takes in at a glance and can trust.
//!
//! Order: the marker, one line of state, what is wrong, what was understood, the runbook, the attachments, the report.
//! Every word of a reporter stands in code ([`super::fence`]); the page is a picture of the case, drawn anew each time.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::fence::{Value, cell, fence, prose};
use super::marker::{Keyring, marker};
use super::when;
use crate::case::{CaseId, Op, Sha256};

/// Most bytes of a body; GitHub takes 262,144 and drops longer edits without a word (GITHUB.md section 4).
pub const BODY_BYTES: usize = 60_000;
/// Attachments listed on the page; the rest is counted.
const ATTACHMENTS_SHOWN: usize = 40;
/// Rows of facts; the report itself is below.
const FACTS_SHOWN: usize = 20;

/// All that the page of a case shows.
#[derive(Debug, Clone)]
pub struct IssueView {
    /// The case.
    pub case: CaseId,
    /// The stage as a label says it: `new`, `triage`, `closed`.
    pub stage: Stage,
    /// Name of the triage owner, ours.
    pub owner: Option<String>,
    /// INTERNALDATE of the report: where the clocks start.
    pub received: Timestamp,
    /// When a person must have answered.
    pub acknowledge_by: Timestamp,
    /// Whether one has.
    pub answered: Answered,
    /// What became of the receipt.
    pub receipt: Receipt,
    /// What the report says, in the order of the page.
    pub facts: Vec<Fact>,
    /// What it does not say, our words.
    pub missing: Vec<String>,
    /// What a reviewer must know before reading.
    pub notes: Vec<Note>,
    /// The runbook, from [`runbook`].
    pub steps: Vec<Step>,
    /// What came with it.
    pub attachments: Vec<AttachmentRow>,
    /// The first message.
    pub report: Report,
    /// The team's zone, for people; instants that bind are also in UTC.
    pub zone: TimeZone,
}

/// The stages of RUNBOOK section 1.1, as words and labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Issue open, nobody owns it.
    New,
    /// An owner works on it.
    Triage,
    /// Already public.
    Known,
    /// Not a vulnerability.
    NotVulnerable,
    /// A vulnerability.
    Confirmed,
    /// Being fixed.
    Mitigating,
    /// The text is under review.
    Review,
    /// The embargoed list knows.
    Prenotice,
    /// Waiting for its date.
    Ready,
    /// Published.
    Disclosed,
    /// Done.
    Closed,
}

impl Stage {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Triage => "in triage",
            Self::Known => "already public",
            Self::NotVulnerable => "not a vulnerability",
            Self::Confirmed => "confirmed",
            Self::Mitigating => "being fixed",
            Self::Review => "text under review",
            Self::Prenotice => "embargoed list told",
            Self::Ready => "ready to publish",
            Self::Disclosed => "disclosed",
            Self::Closed => "closed",
        }
    }

    /// The label on GitHub.
    pub fn label(self) -> &'static str {
        match self {
            Self::New => "stage/new",
            Self::Triage => "stage/triage",
            Self::Known => "stage/known",
            Self::NotVulnerable => "stage/not-a-vulnerability",
            Self::Confirmed => "stage/confirmed",
            Self::Mitigating => "stage/mitigating",
            Self::Review => "stage/review",
            Self::Prenotice => "stage/prenotice",
            Self::Ready => "stage/ready",
            Self::Disclosed => "stage/disclosed",
            Self::Closed => "stage/closed",
        }
    }
}

/// Whether a person answered the reporter (MAIL.md section 5, last paragraph).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// Nobody yet.
    No,
    /// A member, seen for sure: the clock stopped.
    By {
        /// Their name, ours.
        who: String,
        /// When.
        at: Timestamp,
    },
    /// Looks like a member's mail, but could be forged: the clock runs on.
    Unverified {
        /// Their name, ours.
        who: String,
        /// When.
        at: Timestamp,
    },
}

/// What became of T00.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// In the outbox.
    Due,
    /// The server took it.
    Sent(Timestamp),
    /// Not sent, and never will be: why, our words.
    Withheld(String),
    /// It came back.
    Failed(Timestamp),
    /// Nobody can tell; a member is asked.
    Unknown,
}

/// One row of what was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Our word: `Component`.
    pub name: &'static str,
    /// One value or several.
    pub values: Vec<Value>,
    /// Whether the reporter only claims it (severity, CVSS).
    pub claimed: bool,
}

/// What a reviewer must know before reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Only headers were read: why, our words.
    HeaderOnly(String),
    /// Encrypted, and no key here.
    Encrypted,
    /// `From` was rewritten by our list; the sender was recovered.
    FromRewritten,
    /// The list held it: INTERNALDATE minus Date.
    HeldByList(SignedDuration),
    /// Date is later than INTERNALDATE by this.
    DateAhead(SignedDuration),
    /// Authentication of the sender failed.
    AuthenticationFailed,
    /// More than one From.
    SeveralSenders,
    /// A letter of ours came back.
    DeliveryFailed(Timestamp),
    /// An automatic mail by its signs, kept as a report.
    Automatic(String),
    /// Code, thread and tag of the mail name different cases, so it became its own.
    CodesDisagree,
    /// An operator or a clock opened it from the waiting room.
    FromWaitingRoom,
    /// An exercise.
    Exercise,
}

/// One step of the runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whether it is behind us.
    pub done: bool,
    /// What, our words.
    pub text: String,
}

/// An attachment as the page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRow {
    /// Its name in the mail, hostile.
    pub name: String,
    /// Its media type in the mail, hostile.
    pub kind: String,
    /// Bytes after decoding.
    pub size: u64,
    /// Of those bytes.
    pub sha256: Sha256,
}

/// The first message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// Its text, hostile all of it.
    Shown {
        /// Subject.
        subject: String,
        /// Sender, as stored.
        from: String,
        /// Text, at most as long as the caller read.
        text: String,
    },
    /// Not on GitHub: why, our words (`it came encrypted`).
    Withheld(String),
}

/// Where the runbook stands; what [`runbook`] draws the check list from.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Somebody looked whether it is public already.
    pub known_checked: bool,
    /// Owner's name, ours.
    pub owner: Option<String>,
    /// Whether a person answered.
    pub answered: Answered,
    /// How many facts are missing.
    pub missing: usize,
    /// The result of the assessment, our words.
    pub assessed: Option<String>,
    /// The closure, our word.
    pub closed: Option<String>,
    /// When a person must have answered.
    pub acknowledge_by: Timestamp,
    /// The team's zone.
    pub zone: TimeZone,
}

/// The check list of RFC lines 32 to 51, from the state of the case.
pub fn runbook(at: &Progress) -> Vec<Step> {
    let step = |done, text: String| Step { done, text };
    let owner = at.owner.as_ref().map_or("Find a triage owner".to_owned(), |o| format!("Triage owner: {o}"));
    let by = when::medium(at.acknowledge_by, &at.zone);
    let (answered, answer) = match &at.answered {
        Answered::No => (false, format!("Acknowledge: a person thanks the reporter by {by}")),
        Answered::By { who, at: then } => {
            (true, format!("Acknowledged by {who}, {}", when::medium(*then, &at.zone)))
        }
        Answered::Unverified { who, .. } => {
            (false, format!("Acknowledge by {by}: answered by {who} (unverified), to be confirmed"))
        }
    };
    let details = match at.missing {
        0 => "Details: nothing on our list is missing".to_owned(),
        1 => "Details: ask the reporter for the one that is missing".to_owned(),
        n => format!("Details: ask the reporter for the {n} that are missing"),
    };
    let assessed = at.assessed.as_ref().map_or(
        "Assess: does it harm confidentiality, integrity or availability?".to_owned(),
        |result| format!("Assessed: {result}"),
    );
    let closed = at
        .closed
        .as_ref()
        .map_or("Close with a reason, or go on with a draft advisory".to_owned(), |c| format!("Closed: {c}"));
    vec![
        step(true, "Report stored, issue opened".to_owned()),
        step(at.known_checked, "Known? Look for it among public issues and in NVD".to_owned()),
        step(at.owner.is_some(), owner),
        step(answered, answer),
        step(at.missing == 0, details),
        step(at.assessed.is_some(), assessed),
        step(at.closed.is_some(), closed),
    ]
}

/// The neutral title: `SIR-2026-0007: report received`. Titles travel in notification mails and previews.
pub fn title(case: CaseId) -> String {
    format!("{case}: report received")
}

/// A label that the repository must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Name.
    pub name: &'static str,
    /// Six hexadecimal digits, no `#`.
    pub color: &'static str,
    /// At most 100 characters.
    pub description: &'static str,
}

const fn label(name: &'static str, color: &'static str, description: &'static str) -> Label {
    Label { name, color, description }
}

/// Every label that [`labels`] may name, to be created and read back.
pub const LABELS: &[Label] = &[
    label("stage/new", "d4c5f9", "Nobody owns it yet"),
    label("stage/triage", "bfd4f2", "An owner is working on it"),
    label("stage/known", "c5def5", "Already public"),
    label("stage/not-a-vulnerability", "e4e669", "Assessed: not a vulnerability"),
    label("stage/confirmed", "f9d0c4", "Assessed: a vulnerability"),
    label("stage/mitigating", "fbca04", "Being fixed"),
    label("stage/review", "fef2c0", "The public text is under review"),
    label("stage/prenotice", "f7c6c7", "The embargoed list knows"),
    label("stage/ready", "c2e0c6", "Waiting for its date"),
    label("stage/disclosed", "0e8a16", "Published"),
    label("stage/closed", "ededed", "Done"),
    label("needs/owner", "d93f0b", "Somebody must take it"),
    label("needs/acknowledgement", "d93f0b", "No person has answered the reporter yet"),
    label("needs/details", "fbca04", "Something is missing to judge it"),
    label("needs/key-holder", "b60205", "Encrypted, no key on the machine"),
    label("mail/delivery-failed", "b60205", "A letter to the reporter came back"),
    label("mail/header-only", "b60205", "Only the headers could be read"),
    label("exercise", "5319e7", "Not real"),
];

/// The labels of this state, sorted.
pub fn labels(view: &IssueView) -> Vec<&'static str> {
    let mut out = vec![view.stage.label()];
    let open = !matches!(view.stage, Stage::Closed | Stage::Disclosed);
    if open && view.owner.is_none() {
        out.push("needs/owner");
    }
    if open && !matches!(view.answered, Answered::By { .. }) {
        out.push("needs/acknowledgement");
    }
    if open && !view.missing.is_empty() {
        out.push("needs/details");
    }
    for note in &view.notes {
        match note {
            Note::HeaderOnly(_) => out.push("mail/header-only"),
            Note::Encrypted => out.push("needs/key-holder"),
            Note::DeliveryFailed(_) => out.push("mail/delivery-failed"),
            Note::Exercise => out.push("exercise"),
            Note::FromRewritten
            | Note::HeldByList(_)
            | Note::DateAhead(_)
            | Note::AuthenticationFailed
            | Note::SeveralSenders
            | Note::Automatic(_)
            | Note::CodesDisagree
            | Note::FromWaitingRoom => {}
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// The whole body: at most [`BODY_BYTES`], line 1 the marker, the report last and cut where it does not fit.
pub fn body(view: &IssueView, op: &Op, keys: &Keyring) -> String {
    let mut page = marker(op, view.case, keys);
    page.push_str("\n\n");
    page.push_str(&head(view));
    page.push_str(&notes(view));
    page.push_str(&understood(view));
    page.push_str("### Runbook\n\n");
    for step in &view.steps {
        page.push_str(&format!("- [{}] {}\n", if step.done { "x" } else { " " }, prose(&step.text)));
    }
    page.push_str("\n<sub>Drawn from the state of the case. Edits here are replaced: write a comment.</sub>\n\n");
    page.push_str(&attachments(view.case, &view.attachments));
    page.push_str("### Report\n");
    match &view.report {
        Report::Withheld(why) => page.push_str(&format!("\nWithheld from GitHub: {}.\n", prose(why))),
        Report::Shown { subject, from, text } => {
            let left = BODY_BYTES.saturating_sub(page.len());
            let subject = super::fence::one_line(subject, 200);
            let from = super::fence::one_line(from, 330);
            page.push_str(&fence(&format!("From:    {from}\nSubject: {subject}\n\n{text}"), left));
        }
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn head(view: &IssueView) -> String {
    let owner = view.owner.as_ref().map_or("nobody owns it yet".to_owned(), |o| format!("owner {}", prose(o)));
    let by = when::medium(view.acknowledge_by, &view.zone);
    let answer = match &view.answered {
        Answered::No => format!("acknowledge by **{by}**"),
        Answered::By { who, .. } => format!("acknowledged by {}", prose(who)),
        Answered::Unverified { who, .. } => {
            format!("answered by {} (unverified), due **{by}**", prose(who))
        }
    };
    format!("**{}** · {} · {owner} · {answer}\n\n", view.case, view.stage.words())
}

fn notes(view: &IssueView) -> String {
    if view.notes.is_empty() {
        return String::new();
    }
    let mut out = "> [!WARNING]\n".to_owned();
    for note in &view.notes {
        out.push_str(&format!("> - {}\n", note_words(note, &view.zone)));
    }
    out.push('\n');
    out
}

fn note_words(note: &Note, zone: &TimeZone) -> String {
    match note {
        Note::HeaderOnly(why) => format!(
            "**Header only:** the mail could not be read whole ({}). It is stored whole; read it in the mailbox.",
            prose(why)
        ),
        Note::Encrypted => "**Encrypted, needs a key holder.** Nothing of it could be read here.".to_owned(),
        Note::FromRewritten => "Our mailing list rewrote the sender; the one shown was recovered.".to_owned(),
        Note::HeldByList(gap) => {
            format!("Held {} by the list: the clock counts from when we got it.", when::span(*gap))
        }
        Note::DateAhead(gap) => format!("The mail is dated {} after it arrived.", when::span(*gap)),
        Note::AuthenticationFailed => {
            "**The sender's address failed authentication:** it may be forged.".to_owned()
        }
        Note::SeveralSenders => "The mail names more than one sender.".to_owned(),
        Note::DeliveryFailed(at) => format!(
            "**Delivery failed:** our letter came back ({}). The reporter has not heard from us.",
            when::medium(*at, zone)
        ),
        Note::Automatic(why) => format!("Looks like automatic mail: {}.", prose(why)),
        Note::CodesDisagree => {
            "The mail's code, thread and tag name different cases, so it got its own.".to_owned()
        }
        Note::FromWaitingRoom => "It came out of the waiting room.".to_owned(),
        Note::Exercise => "**Exercise.** Nothing here is real.".to_owned(),
    }
}

fn understood(view: &IssueView) -> String {
    let mut rows = String::new();
    let mut row = |name: &str, value: &str| rows.push_str(&format!("| **{name}** | {value} |\n"));
    for fact in view.facts.iter().take(FACTS_SHOWN) {
        let mut values: Vec<String> = fact.values.iter().take(8).map(Value::markdown).collect();
        if fact.values.len() > 8 {
            values.push(format!("and {} more", fact.values.len() - 8));
        }
        let value = if values.is_empty() { "–".to_owned() } else { values.join(", ") };
        row(fact.name, &if fact.claimed { format!("{value} (claimed)") } else { value });
    }
    let missing: Vec<String> = view.missing.iter().map(|m| prose(m)).collect();
    row("Missing", &if missing.is_empty() { "nothing".to_owned() } else { missing.join(", ") });
    row("Received", &both_zones(view.received, &view.zone));
    row("Acknowledge by", &both_zones(view.acknowledge_by, &view.zone));
    row("Receipt", &receipt_words(&view.receipt, &view.zone));
    format!(
        "### What was understood\n\n| | |\n|---|---|\n{rows}\n<sub>`Like this`: the reporter's words, read by a \
         machine, checked by nobody.</sub>\n\n"
    )
}

/// The instant in UTC, and in the team's zone where that is another.
fn both_zones(at: Timestamp, zone: &TimeZone) -> String {
    let utc = when::medium(at, &TimeZone::UTC);
    let local = when::medium(at, zone);
    if local == utc { utc } else { format!("{utc} ({local})") }
}

fn receipt_words(receipt: &Receipt, zone: &TimeZone) -> String {
    match receipt {
        Receipt::Due => "on its way".to_owned(),
        Receipt::Sent(at) => format!("sent {}", when::medium(*at, zone)),
        Receipt::Withheld(why) => format!("withheld: {}", prose(why)),
        Receipt::Failed(at) => format!("**came back** {}", when::medium(*at, zone)),
        Receipt::Unknown => "nobody can tell whether it was sent; a member is asked".to_owned(),
    }
}

/// The table of attachments with how to get one; empty when there are none.
pub(crate) fn attachments(case: CaseId, rows: &[AttachmentRow]) -> String {
    let Some(first) = rows.first() else { return String::new() };
    let mut out = "### Attachments\n\n| Name | Type | Size | SHA-256 |\n|---|---|--:|---|\n".to_owned();
    for row in rows.iter().take(ATTACHMENTS_SHOWN) {
        let (name, kind) = (cell(&row.name), cell(&row.kind));
        out.push_str(&format!("| {name} | {kind} | {} | `{}` |\n", bytes(row.size), row.sha256));
    }
    if rows.len() > ATTACHMENTS_SHOWN {
        out.push_str(&format!("\n{} more are in the store.\n", rows.len() - ATTACHMENTS_SHOWN));
    }
    let which = if rows.len() == 1 { first.sha256.to_string() } else { "<sha256>".to_owned() };
    out.push_str(&format!(
        "\nWithheld; an operator gets {} with\n\n```text\nsir-intake cases export {case} --attachment {which}\n```\n\n",
        if rows.len() == 1 { "it" } else { "them" },
    ));
    out
}

/// `512 B`, `12.8 kB`, `35.0 MB` (powers of 1000).
pub fn bytes(size: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", size / unit, size % unit / (unit / 10));
    match size {
        0..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{} kB", tenths(1_000)),
        1_000_000.. => format!("{} MB", tenths(1_000_000)),
    }
}
