//! Alerts to members, by mail and on Discord: what happened, by when, where to look. No word of a report.
//!
//! They are rendered when they are performed, so ages and "issue pending" are true when they leave.

use super::alert_view::{Above, Alarm, Alert, AlertCase, AlertView, Commands, Line};
use super::door;
use super::fence::one_line;
use super::fold::fold;
use super::{news, waits, when};
use crate::case::{Checked, ClockKind};
use crate::mail::compose::Practice;

/// Most characters of a Discord message (Discord API, `content`).
pub const DISCORD_CHARS: usize = 2000;

/// Columns of a value in the card of a case.
const CARD_WIDTH: usize = 54;

/// How a member orders something: by an answer to this mail, or, where that is turned off, through an operator. Verbs
/// are named without their `!`, so that a quote of this cannot fire (MAIL section 7).
fn order(view: &AlertView, purpose: &str, verbs: &str, operator: &str) -> String {
    match view.commands {
        Commands::ByMail => {
            let line = if verbs.contains('\n') { "one of these lines" } else { "this line" };
            format!(
                "{purpose}, answer this mail and begin with {line}, an exclamation mark before it:\n\n{verbs}"
            )
        }
        Commands::Off => format!("{purpose}, have an operator run:\n\n{operator}"),
    }
}

/// How a member takes a case, said in one place.
fn claim(view: &AlertView) -> String {
    let case = view.case.as_ref().map_or("SIR-...".to_owned(), |case| case.id.to_string());
    order(view, "To take it", "  own me", &format!("  sir-intake cases own {case} NAME"))
}

/// A notice ready to be composed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertMail {
    /// With the tag first; the exercise's word is put before it when it is composed.
    pub subject: String,
    /// At most 72 columns, LF.
    pub body: String,
}

/// The alert as a mail to one member.
pub fn mail(view: &AlertView) -> AlertMail {
    let tag = view.case.as_ref().map_or("sir-intake".to_owned(), |case| case.id.to_string());
    let mut body = what_happened(view);
    body.push('\n');
    if let Some(case) = &view.case {
        body.push('\n');
        body.push_str(&card(case, view));
    }
    if let Some(next) = what_next(view) {
        body.push('\n');
        body.push_str(&next);
        body.push('\n');
    }
    let mut body = fold(&body);
    if let Alert::News(told) = &view.kind
        && let Some(letter) = news::letter(told)
    {
        body.push('\n');
        body.push_str(&letter);
    }
    if let Some(code) = &view.code {
        body.push_str(&format!("\nReference: {}\n", plain(code)));
    }
    AlertMail { subject: format!("[{tag}] {}", headline(view)), body }
}

/// The alert as one Discord message: a line and the link, at most [`DISCORD_CHARS`]. The caller posts it with
/// `allowed_mentions: {"parse": []}`.
pub fn discord(view: &AlertView) -> String {
    let mut out = match view.practice {
        Practice::No => String::new(),
        Practice::Yes => "\\[PRACTICE\\] ".to_owned(),
    };
    if let Some(case) = &view.case {
        out.push_str(&format!("**{}** ", case.id));
    }
    out.push_str(&escaped(&headline(view)));
    if let (Alert::NewCase | Alert::FoundMore, Some(found)) =
        (&view.kind, view.case.as_ref().and_then(strong))
    {
        out.push_str(&format!(" · {}", escaped(&found)));
    }
    if let Some(case) = &view.case {
        let owner = case.owner.as_ref().map_or("no owner".to_owned(), |o| format!("owner {}", plain(o)));
        for part in [components(case), case.severity(), Some(owner)].into_iter().flatten() {
            out.push_str(" · ");
            out.push_str(&escaped(&part));
        }
        out.push('\n');
        // Angle brackets: no preview.
        out.push_str(&link(case).map_or("issue pending".to_owned(), |url| format!("<{url}>")));
    }
    out.chars().take(DISCORD_CHARS).collect()
}

/// What stands in the subject after the tag, and first on Discord.
pub fn headline(view: &AlertView) -> String {
    let at = |instant| when::short(instant, &view.zone);
    match &view.kind {
        Alert::NewCase => match &view.case {
            Some(case) => format!("new report, acknowledge by {}", at(case.acknowledge_by)),
            None => "new report".to_owned(),
        },
        Alert::ReporterWrote { attachments: 0 } => "the reporter wrote".to_owned(),
        Alert::ReporterWrote { attachments: 1 } => "the reporter wrote, with a file".to_owned(),
        Alert::ReporterWrote { attachments } => format!("the reporter wrote, with {attachments} files"),
        Alert::StrangerWrote => "a stranger wrote (unverified)".to_owned(),
        Alert::FoundMore => "it may be known already".to_owned(),
        Alert::MemberAnswered { .. } => "did you answer the reporter?".to_owned(),
        Alert::DeliveryFailed { letter, .. } => format!("delivery failed: {} came back", plain(letter)),
        Alert::ClockWarning { clock: ClockKind::Information, .. } => waits::ASK_AGAIN.to_owned(),
        Alert::ClockBreach { clock: ClockKind::Information, .. } => waits::MAY_CLOSE.to_owned(),
        Alert::ClockWarning { clock, due } => format!("{} by {}", clock.task(), at(*due)),
        Alert::ClockBreach { clock, due } => waits::late(view, *clock, *due, &at(*due)),
        Alert::OwnerMissing { .. } => "confidential: a report without an owner".to_owned(),
        Alert::EffectParked { what, .. } => format!("needs a person: could not {}", plain(what)),
        Alert::LetterUnknown { letter, .. } => format!("was {} sent? nobody can tell", plain(letter)),
        Alert::Waiting(lines) if lines.len() == 1 => "1 mail waits: a report or not?".to_owned(),
        Alert::Waiting(lines) => format!("{} mails wait: reports or not?", lines.len()),
        Alert::ParkedMail(_) => "a mail could not be taken in".to_owned(),
        Alert::HeaderOnly { .. } => "header only: a mail could not be read".to_owned(),
        Alert::News(told) => news::headline(told),
        Alert::Alarm(alarm) => format!("ALARM: {}", alarm_headline(alarm)),
    }
}

fn what_happened(view: &AlertView) -> String {
    let at = |instant| view.at_and_gap(instant);
    match &view.kind {
        Alert::NewCase => match (view.case.as_ref().and_then(strong), door::came_in(view)) {
            (Some(_), how) => {
                format!("{how} It may be known already: the issue says what was found, and why.")
            }
            (None, how) => how.to_owned(),
        },
        Alert::ReporterWrote { attachments: 0 } => {
            "The reporter wrote again. Their words are on the issue.".to_owned()
        }
        Alert::ReporterWrote { .. } => {
            "The reporter wrote again. Their words are on the issue, with the list of what they attached."
                .to_owned()
        }
        Alert::StrangerWrote => {
            "Somebody who takes no part in this case wrote to it. The mail is on the issue, marked \
             UNVERIFIED. Nothing was sent, nobody was added, no clock changed."
                .to_owned()
        }
        Alert::FoundMore => super::known::FOUND_MORE.to_owned(),
        Alert::MemberAnswered { received } => format!(
            "A mail from your address answered the reporter on {}. The mail itself does not prove that it was you, so \
             the clock runs on.",
            at(*received)
        ),
        Alert::DeliveryFailed { letter, clock_reopened } => format!(
            "{} came back: the reporter did not get it.{}",
            capital(&plain(letter)),
            if *clock_reopened { " The clock that it had stopped runs again." } else { "" }
        ),
        Alert::ClockWarning { clock: ClockKind::Information, due } => waits::nothing_yet(&at(*due)),
        Alert::ClockBreach { clock: ClockKind::Information, .. } => waits::NOTHING.to_owned(),
        Alert::ClockWarning { clock, due } => waits::running_out(*clock, &at(*due)),
        Alert::ClockBreach { clock, due } if waits::is_the_hour(view, *clock, *due) => {
            waits::THE_HOUR.to_owned()
        }
        Alert::ClockBreach { clock, due } => waits::broken(*clock, &at(*due)),
        Alert::OwnerMissing { to } => owner_missing(*to).to_owned(),
        Alert::EffectParked { effect, what, why } => format!(
            "I could not {}: {}.\n\nI will not try again by myself; it is parked as effect {effect}.",
            plain(what),
            plain(why)
        ),
        Alert::LetterUnknown { letter, tried, .. } => format!(
            "The connection broke while {} was being handed over on {}. It may have been sent or not. I send a letter \
             at most once, so I leave it; the clock stays open.",
            plain(letter),
            at(*tried)
        ),
        Alert::Waiting(lines) => listed("In the waiting room, with no issue and no receipt:", lines, view),
        Alert::ParkedMail(line) => {
            listed("A mail is stored whole, but I could not take it in:", std::slice::from_ref(line), view)
        }
        Alert::HeaderOnly { why } => format!(
            "A mail could not be read beyond its headers ({}). It is stored whole; read it in the mailbox.",
            plain(why)
        ),
        Alert::News(told) => news::what_happened(told),
        Alert::Alarm(alarm) => alarm_words(alarm, view),
    }
}

fn owner_missing(to: Above) -> &'static str {
    match to {
        Above::Chairs => {
            "Nobody on the team has taken this report. As a chair of SIG-Security, please find somebody who takes it."
        }
        Above::Tsc => {
            "Nobody on the team has taken this report, and the chairs have been told. Please help to find \
             people for it."
        }
    }
}

/// What the reader can do, one or two sentences.
fn what_next(view: &AlertView) -> Option<String> {
    let owned = view.case.as_ref().is_some_and(|case| case.owner.is_some());
    let answer = door::answer(view);
    Some(match &view.kind {
        Alert::NewCase | Alert::ClockWarning { clock: ClockKind::Acknowledge, .. } if owned => {
            answer.trim_end().to_owned()
        }
        Alert::NewCase
        | Alert::ClockWarning { clock: ClockKind::Acknowledge, .. }
        | Alert::ClockBreach { clock: ClockKind::Acknowledge, .. } => format!("{answer}{}", claim(view)),
        Alert::ClockWarning { clock: ClockKind::Owner, .. }
        | Alert::ClockBreach { clock: ClockKind::Owner, .. } => claim(view),
        Alert::ClockWarning { clock: ClockKind::Information, .. } => waits::remind(view.commands),
        Alert::ClockBreach { clock: ClockKind::Information, .. } => waits::close(view.commands),
        Alert::ClockWarning { clock, .. } | Alert::ClockBreach { clock, .. } => {
            let verbs: Vec<String> = clock.keeps().iter().map(|verb| format!("  {verb}")).collect();
            let case = view.case.as_ref().map_or("SIR-...".to_owned(), |case| case.id.to_string());
            order(view, "To keep it", &verbs.join("\n"), &format!("  sir-intake cases show {case}"))
        }
        Alert::MemberAnswered { .. } => {
            let case = view.case.as_ref().map_or("SIR-...".to_owned(), |case| case.id.to_string());
            let confirm = order(
                view,
                "If it was you, the clock stops by your word",
                "  ack done",
                &format!("  sir-intake cases answered {case} --by NAME"),
            );
            format!("{confirm}\n\nIf it was not you, somebody is using your address: tell the team.")
        }
        Alert::DeliveryFailed { .. } => "Is there another way to reach them?".to_owned(),
        Alert::EffectParked { effect, .. } => {
            format!(
                "An operator can look, then retry or drop it:\n\n  sir-intake outbox retry {effect}\n  sir-intake outbox cancel {effect}"
            )
        }
        Alert::LetterUnknown { effect, .. } => format!(
            "Look in the Sent folder or ask the reporter, then tell me:\n\n  sir-intake outbox mark-sent {effect}\n  sir-intake outbox retry {effect}"
        ),
        Alert::Waiting(_) => {
            let choose = order(
                view,
                "To make a case of one, or set it aside",
                "  open NUMBER\n  spam NUMBER",
                "  sir-intake parked open NUMBER\n  sir-intake parked discard NUMBER",
            );
            format!("{choose}\n\nAfter one working day each becomes a case by itself.")
        }
        Alert::ParkedMail(line) => format!(
            "An operator can look and retry:\n\n  sir-intake parked show {0}\n  sir-intake parked retry {0}",
            line.mail
        ),
        Alert::News(told) => return news::what_next(told, view),
        Alert::ReporterWrote { .. }
        | Alert::StrangerWrote
        | Alert::FoundMore
        | Alert::OwnerMissing { .. }
        | Alert::HeaderOnly { .. }
        | Alert::Alarm(_) => return None,
    })
}

/// The case in aligned columns.
pub(super) fn card(case: &AlertCase, view: &AlertView) -> String {
    let mut out = String::new();
    let mut row = |name: &str, value: &str| out.push_str(&format!("  {name:<15} {value}\n"));
    row("Case", &case.id.to_string());
    row("Issue", &link(case).unwrap_or_else(|| "pending".to_owned()));
    if let Some(url) = case.advisory.as_ref().or(case.posted.as_ref()) {
        row("On GitHub", &plain(url));
    }
    let age = when::relative(case.received, view.now);
    row("Received", &format!("{} ({age})", when::medium(case.received, &view.zone)));
    if !case.acknowledged {
        row("Acknowledge by", &view.at(case.acknowledge_by));
    }
    case.public_on.iter().for_each(|at| row("Public on", &view.at(*at)));
    row("Owner", &case.owner.as_ref().map_or("nobody yet".to_owned(), |o| plain(o)));
    if let Some(names) = components(case) {
        row("Component", &names);
    }
    if let Some(word) = case.severity() {
        row("Severity", &word);
    }
    if let Some(words) = case.checked.as_ref().map(Checked::words) {
        row("Known?", &hanging(&plain(&words)));
    }
    if let Some(why) = &case.receipt_withheld {
        row("Receipt", &format!("withheld: {}", plain(why)));
    }
    out
}

/// A value of the card that may take more than one line, broken at its commas.
fn hanging(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for part in text.split_inclusive(", ") {
        if width > 0 && width + part.trim_end().len() > CARD_WIDTH {
            out.truncate(out.trim_end().len());
            out.push_str("\n                  ");
            width = 0;
        }
        out.push_str(part);
        width += part.len();
    }
    out
}

/// `  12  Mon 23 Nov 2026, 14:00 UTC (3 h ago)  why`, at most 50 of them.
fn listed(head: &str, lines: &[Line], view: &AlertView) -> String {
    let mut out = format!("{head}\n");
    for line in lines.iter().take(50) {
        let at = when::short(line.received, &view.zone);
        out.push_str(&format!("\n  {:<6} {at}  {}", line.mail, plain(&line.why)));
    }
    if lines.len() > 50 {
        out.push_str(&format!("\n  and {} more", lines.len() - 50));
    }
    out
}

fn alarm_headline(alarm: &Alarm) -> String {
    match alarm {
        Alarm::MailboxUnreachable(_) => "the mailbox cannot be reached".to_owned(),
        Alarm::MailNotHeld(1) => "1 mail of the mailbox is not held".to_owned(),
        Alarm::MailNotHeld(n) => format!("{n} mails of the mailbox are not held"),
        Alarm::MailboxRebuilt => "the mailbox was rebuilt".to_owned(),
        Alarm::DiskLow(_) => "the disk is almost full, intake stopped".to_owned(),
        Alarm::RepositoryPublic => "the reports repository is PUBLIC".to_owned(),
        Alarm::RepositoryChanged => "the reports repository is not the configured one".to_owned(),
        Alarm::GithubRefused => "GitHub refuses our credentials".to_owned(),
        Alarm::GithubUnreachable(_) => "GitHub does not answer".to_owned(),
        Alarm::MailRefused => "the mail server refuses our credentials".to_owned(),
        Alarm::SmtpUnreachable(_) => "no letter can leave".to_owned(),
        Alarm::IssuesSilent(_) => "comments on the issues are not seen".to_owned(),
        Alarm::DiscordRevoked => "the Discord webhook is gone".to_owned(),
        Alarm::OtherKey(case) => format!("{case}: another OpenPGP key"),
        Alarm::CodesDisagree(_) => "a mail names two cases".to_owned(),
        Alarm::ClockSetBack(_) => "the clock of the machine was set back".to_owned(),
        Alarm::TemplateFails(_) => "a letter template fails".to_owned(),
        Alarm::Other(what) => plain(what),
    }
}

fn alarm_words(alarm: &Alarm, view: &AlertView) -> String {
    let since =
        |at| format!("since {} ({})", when::medium(at, &view.zone), when::span(view.now.duration_since(at)));
    match alarm {
        Alarm::MailboxUnreachable(at) => format!(
            "The mailbox could not be polled {}. Reports may be waiting in it unseen. Nothing is lost; they are taken in \
             when it answers again. Until then please look into the mailbox by hand.",
            since(*at)
        ),
        Alarm::MailNotHeld(n) => format!(
            "The mail server shows mail that is not in the store: {n}. I go on trying to fetch it. Please look into the \
             mailbox by hand."
        ),
        Alarm::MailboxRebuilt => {
            "The server numbered its mail anew. Everything is scanned again; mail that is held \
             already causes nothing."
                .to_owned()
        }
        Alarm::DiskLow(free) => {
            format!("{free} MB are free. No mail is taken in until there is room; letters still leave.")
        }
        Alarm::RepositoryPublic => {
            "The repository for reports is public. I write nothing there until it is private \
             again; issues wait. Please make it private now and look at who has seen what."
                .to_owned()
        }
        Alarm::RepositoryChanged => {
            "The repository for reports has another id, is archived, or has no issues. I write \
             nothing there; issues wait."
                .to_owned()
        }
        Alarm::GithubRefused => {
            "GitHub refuses our credentials. Issues and comments wait; mail goes on.".to_owned()
        }
        Alarm::GithubUnreachable(at) => {
            format!("GitHub does not answer {}. Issues and comments wait; mail goes on.", since(*at))
        }
        Alarm::MailRefused => "The mail server refuses our credentials.".to_owned(),
        Alarm::SmtpUnreachable(at) => {
            format!("No letter could leave {}. Receipts and notices wait.", since(*at))
        }
        Alarm::IssuesSilent(at) => format!(
            "What is said and done on the issues could not be looked at {}. Commands in comments wait; mail goes on, and \
             so do letters that were ordered. To take one back now, write a mail.",
            since(*at)
        ),
        Alarm::DiscordRevoked => {
            "Discord no longer knows the webhook, so alerts come by mail only. Please make a new one."
                .to_owned()
        }
        Alarm::OtherKey(case) => format!(
            "A mail of {case} offers another OpenPGP key than the one that letters are encrypted to. It was not taken. Ask \
             them on the old way whether it is theirs; then run `sir-intake cases forget-key {case}`: their next mail brings \
             the new one."
        ),
        Alarm::CodesDisagree(mail) => format!(
            "The code, the thread and the tag of message {mail} name different cases. It became a case of its own; \
             nothing was added to the others."
        ),
        Alarm::ClockSetBack(seconds) => {
            format!(
                "The clock of the machine was set back by {seconds} s. Deadlines are kept; none fires twice."
            )
        }
        Alarm::TemplateFails(name) => {
            format!("The template {} cannot be rendered. Its letters wait; the others leave.", plain(name))
        }
        Alarm::Other(what) => capital(&plain(what)),
    }
}

/// What was found of it among public records and earlier cases, where a person must decide about it: numbers alone.
fn strong(case: &AlertCase) -> Option<String> {
    case.checked.filter(Checked::is_strong).map(|checked| checked.words())
}

fn components(case: &AlertCase) -> Option<String> {
    let names: Vec<String> = case.components.iter().take(5).map(|c| plain(&c.0)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The issue's address, if it is one that a client makes a link of and nothing else.
fn link(case: &AlertCase) -> Option<String> {
    let url = case.issue.as_ref()?;
    let safe = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#=&%".contains(c);
    let http = url.starts_with("https://") || url.starts_with("http://");
    (http && url.len() <= 300 && url.chars().all(safe)).then(|| url.clone())
}

/// Our words on one line.
pub(crate) fn plain(text: &str) -> String {
    one_line(&super::fence::visible(text), 200)
}

pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// Discord's Markdown loses its meaning; `@` calls nobody.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if "\\*_~`|>#[]<".contains(c) {
            out.push('\\');
        }
        out.push(c);
        if c == '@' {
            out.push('\u{200B}');
        }
    }
    out
}
