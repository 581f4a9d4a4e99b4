//! The private issue of a case: a page that a reviewer takes in at a glance and can trust.
//!
//! Order: the marker, one line of state, what is wrong, what was understood, what is known of it, the runbook, the attachments, the report.
//! Every word of a reporter stands in code ([`super::fence`]); the page is a picture of the case, drawn anew each time.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::fence::{Value, cell, fence, prose};
pub use super::issue_view::{
    Answered, AttachmentRow, Fact, IssueView, Note, PostedNote, Progress, Receipt, Report, Stage, Step,
};
use super::marker::{self, Keyring, LINE_BYTES, Stamp};
use super::{known, when};
use crate::case::posted::Standing;
use crate::case::{CaseId, Closure, Op};
use crate::mail::Seal;
use crate::mail::compose::Practice;

/// Most bytes of a body; GitHub takes 262,144 and drops longer edits without a word (GITHUB.md section 4).
pub const BODY_BYTES: usize = 60_000;
/// Bytes after which no more attachments are listed; the rest is counted.
const ATTACHMENTS_BYTES: usize = 9_000;
/// Rows of facts; the report itself is below.
const FACTS_SHOWN: usize = 20;
/// Bytes of a row after which no more values are listed.
const ROW_BYTES: usize = 600;

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
        _ if at.assessed.is_some() => "Details: enough to assess it".to_owned(),
        None => "Details: the report could not be read here".to_owned(),
        Some(0) => "Details: nothing on our list is missing".to_owned(),
        Some(1) => "Details: ask the reporter for the one that is missing".to_owned(),
        Some(n) => format!("Details: ask the reporter for the {n} that are missing"),
    };
    let assessed =
        at.assessed.as_ref().map_or(
            "Assess: does it harm confidentiality, integrity or availability?".to_owned(),
            |result| format!("Assessed: {result}"),
        );
    let closed = at
        .closed
        .as_ref()
        .map_or("Close with a reason, or go on with a draft advisory".to_owned(), |c| format!("Closed: {c}"));
    let known = known::step(at.checked.as_ref());
    vec![
        step(true, "Report stored, issue opened".to_owned()),
        step(known.0, known.1),
        step(at.owner.is_some(), owner),
        step(answered, answer),
        step(at.missing == Some(0) || at.assessed.is_some(), details),
        step(at.assessed.is_some(), assessed),
        step(at.closed.is_some(), closed),
    ]
}

/// The neutral title: `SIR-2026-0007: report received`. Titles travel in notification mails and previews.
pub fn title(case: CaseId, practice: Practice) -> String {
    match practice {
        Practice::No => format!("{case}: report received"),
        Practice::Yes => format!("[PRACTICE] {case}: report received"),
    }
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
    label("closed/known-public", "c5def5", "It was public already"),
    label("closed/wai", "e4e669", "It works as intended"),
    label("closed/bug", "e4e669", "A fault, not of security"),
    label("closed/feature", "e4e669", "A wish for another behavior"),
    label("closed/out-of-scope", "e4e669", "Not looked after here"),
    label("closed/not-reproducible", "e4e669", "We could not see it happen"),
    label("closed/no-impact", "e4e669", "No security impact shown"),
    label("closed/duplicate", "cfd3d7", "The same as another case"),
    label("closed/spam", "cfd3d7", "Advertising and the like"),
    label("closed/not-a-report", "cfd3d7", "Reports nothing"),
    label("closed/disclosed", "0e8a16", "Published"),
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
    out.extend(view.closure.map(closure_label));
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
            | Note::FromWaitingRoom
            | Note::FromGithub(_)
            | Note::Posted(_) => {}
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

fn closure_label(closure: Closure) -> &'static str {
    match closure {
        Closure::KnownPublic => "closed/known-public",
        Closure::Wai => "closed/wai",
        Closure::Bug => "closed/bug",
        Closure::Feature => "closed/feature",
        Closure::OutOfScope => "closed/out-of-scope",
        Closure::NotReproducible => "closed/not-reproducible",
        Closure::NoImpact => "closed/no-impact",
        Closure::Duplicate => "closed/duplicate",
        Closure::Spam => "closed/spam",
        Closure::NotAReport => "closed/not-a-report",
        Closure::Disclosed => "closed/disclosed",
    }
}

/// The whole body: at most [`BODY_BYTES`], line 1 the marker, the report last and cut where it does not fit.
pub fn body(view: &IssueView, op: &Op, keys: &Keyring) -> String {
    let mut page = head(view);
    page.push_str(&notes(view));
    page.push_str(&understood(view));
    page.push_str(&known::section(&view.known, &view.zone));
    page.push_str("### Runbook\n\n");
    for step in &view.steps {
        page.push_str(&format!("- [{}] {}\n", if step.done { "x" } else { " " }, prose(&step.text)));
    }
    page.push_str(
        "\n<sub>Drawn from the state of the case. Edits here are replaced: write a comment.</sub>\n\n",
    );
    page.push_str(&attachments(view.case, &view.attachments));
    page.push_str("### Report\n");
    match &view.report {
        Report::Withheld(why) => page.push_str(&format!("\nWithheld from GitHub: {}.\n", prose(why))),
        Report::Shown { subject, from, text } => {
            let left = BODY_BYTES.saturating_sub(LINE_BYTES + page.len());
            let subject = super::fence::one_line(subject, 200);
            let from = super::fence::one_line(from, 330);
            page.push_str(&fence(&format!("From:    {from}\nSubject: {subject}\n\n{text}"), left));
        }
    }
    marker::marked(view.case, &Stamp { op, mail: Some(&view.mail) }, &page, keys)
}

fn head(view: &IssueView) -> String {
    let owner =
        view.owner.as_ref().map_or("nobody owns it yet".to_owned(), |o| format!("owner {}", prose(o)));
    let by = when::medium(view.acknowledge_by, &view.zone);
    let answer = match &view.answered {
        Answered::No => format!("acknowledge by **{by}**"),
        Answered::By { who, .. } => format!("acknowledged by {}", prose(who)),
        Answered::Unverified { who, .. } => {
            format!("answered by {} (unverified), due **{by}**", prose(who))
        }
    };
    let stage = match view.closure {
        Some(closure) => format!("closed: {}", closure.words()),
        None => view.stage.words().to_owned(),
    };
    let answer = if view.closure.is_some() { String::new() } else { format!(" · {answer}") };
    format!("**{}** · {stage} · {owner}{answer}\n\n", view.case)
}

/// The notes in one box; amber only when one of them may change what a reviewer believes or does.
fn notes(view: &IssueView) -> String {
    if view.notes.is_empty() {
        return String::new();
    }
    let grave = view.notes.iter().any(Note::is_grave);
    let mut out = format!("> [!{}]\n", if grave { "WARNING" } else { "NOTE" });
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
            "**Delivery failed:** our letter came back ({}). The reporter may not have heard from us.",
            when::medium(*at, zone)
        ),
        Note::Automatic(why) => format!("Looks like automatic mail: {}.", prose(why)),
        Note::CodesDisagree => {
            "The mail's code, thread and tag name different cases, so it got its own.".to_owned()
        }
        Note::FromWaitingRoom => "It came out of the waiting room.".to_owned(),
        Note::FromGithub(url) => format!(
            "Reported privately on GitHub: <{url}>. Answer there, then `sir-intake cases answered` stops the clock."
        ),
        Note::Posted(posted) => posted_words(posted, zone),
        Note::Exercise => "**Exercise.** Nothing here is real.".to_owned(),
    }
}

/// Verbs in code: copied from here, they do nothing.
fn posted_words(posted: &PostedNote, zone: &TimeZone) -> String {
    let at = posted.posted_at.map_or(String::new(), |at| format!(", posted {}", when::medium(at, zone)));
    let told = match (posted.told, posted.stands) {
        (Some(at), _) => format!(" Whoever posted it was told {}.", when::medium(at, zone)),
        (None, Standing::Gone) => String::new(),
        (None, Standing::Readable | Standing::Blank) => {
            " Whoever posted it is not told yet: `!takedown tell`.".to_owned()
        }
    };
    let saved = if posted.whole {
        format!(" It is saved whole (words `{}`).", posted.words)
    } else {
        " **It is too long to be saved whole here.**".to_owned()
    };
    let next = match posted.stands {
        Standing::Readable => " Two people take it down: `!takedown blank`, or `!takedown delete`.",
        Standing::Blank => {
            " The old title stays in its history there, and earlier texts behind `edited`, until it is deleted: \
             `!takedown delete`."
        }
        Standing::Gone => "",
    };
    let (url, stands, why) = (&posted.url, posted.stands.words(), prose(&posted.why));
    format!(
        "**Public issue:** <{url}>{at}; {stands}. {why}{}{saved}{told}{next}",
        if why.ends_with('.') { "" } else { "." }
    )
}

fn understood(view: &IssueView) -> String {
    let mut rows = String::new();
    let mut row = |name: &str, value: &str| rows.push_str(&format!("| {name} | {value} |\n"));
    for fact in view.facts.iter().take(FACTS_SHOWN) {
        let claimed = if fact.claimed { " (claimed)" } else { "" };
        row(&format!("**{}**{claimed}", fact.name), &listed(&fact.values));
    }
    if !view.missing.is_empty() || !view.facts.is_empty() {
        let missing: Vec<String> = view.missing.iter().map(|m| prose(m)).collect();
        row("**Missing**", &if missing.is_empty() { "nothing".to_owned() } else { missing.join(", ") });
    }
    row("**Received**", &both_zones(view.received, &view.zone));
    row("**Acknowledge by**", &both_zones(view.acknowledge_by, &view.zone));
    row("**Receipt**", &receipt_words(&view.receipt, &view.zone));
    if let Some(severity) = view.severity {
        row("**Severity** (ours)", severity.word());
    }
    for remark in &view.remarks {
        row("**Note**", &prose(remark));
    }
    let theirs = view.facts.iter().flat_map(|fact| &fact.values).any(|v| matches!(v, Value::Theirs(_)));
    let key = if theirs {
        "\n<sub>`Like this`: the reporter's words, picked out by a machine, checked by nobody.</sub>\n"
    } else {
        ""
    };
    format!("### What was understood\n\n| What | Understood |\n|---|---|\n{rows}{key}\n")
}

/// Values on one line, as many as fit [`ROW_BYTES`].
fn listed(values: &[Value]) -> String {
    let mut out = String::new();
    for (i, value) in values.iter().enumerate() {
        if out.len() > ROW_BYTES {
            out.push_str(&format!(" and {} more", values.len() - i));
            return out;
        }
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(&value.markdown());
    }
    if out.is_empty() { "–".to_owned() } else { out }
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
    for (shown, row) in rows.iter().enumerate() {
        if out.len() > ATTACHMENTS_BYTES {
            out.push_str(&format!("\n{} more are in the store.\n", rows.len() - shown));
            break;
        }
        let seal = match row.seal {
            Seal::None => "",
            Seal::Closed => " (**sealed**: a key holder opens it)",
            Seal::Opened => " (came sealed; opened with the team's key)",
        };
        let (name, kind) = (cell(&row.name), format!("{}{seal}", cell(&row.kind)));
        out.push_str(&format!("| {name} | {kind} | {} | `{}` |\n", bytes(row.size), row.sha256));
    }
    let (them, which) =
        if rows.len() == 1 { ("it", first.sha256.to_string()) } else { ("them", "<sha256>".to_owned()) };
    out.push_str(&format!(
        "\nWithheld; an operator gets {them} with\n\n\
         ```text\nsir-intake cases export {case} --to DIR --attachment {which}\n```\n\n"
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
