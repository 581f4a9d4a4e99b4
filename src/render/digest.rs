//! The daily digest to members: all that waits for a person, and why. One mail a working day; on Mondays also when
//! there is nothing, as proof of life. Its frame is the template T37.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::alert::plain;
use super::alert_view::Commands;
use super::fold::fold;
use super::when;
use crate::case::{Address, CaseId, EffectId, MailId};

/// Lines a section at most; the rest is counted.
const LINES: usize = 40;

/// What a line is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A stored message.
    Mail(MailId),
    /// A case.
    Case(CaseId),
    /// An effect.
    Effect(EffectId),
}

/// One line. Holds no words of a mail; the sender is a strict address, so that members find the mail in the mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestLine {
    /// Which.
    pub about: About,
    /// Received, tried or due.
    pub at: Timestamp,
    /// Who sent it, where that helps.
    pub sender: Option<Address>,
    /// Why it is listed, our words.
    pub why: String,
}

/// How old the mirror of public records is, as far as people must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MirrorNews {
    /// Young enough, or none is wanted.
    None,
    /// There is none.
    Missing,
    /// NVD was last taken in then, which is too long ago.
    Old(Timestamp),
}

/// All that the digest shows. Each section oldest first.
#[derive(Debug, Clone)]
pub struct DigestView {
    /// When it is written.
    pub now: Timestamp,
    /// The team's zone.
    pub zone: TimeZone,
    /// The reader's own, where the roster has one: its lines are on that clock.
    pub their_zone: Option<TimeZone>,
    /// Last good poll of the mailbox.
    pub last_good_poll: Option<Timestamp>,
    /// Open cases.
    pub open_cases: u64,
    /// How the mirror of public records stands.
    pub mirror: MirrorNews,
    /// Whose terms of the embargoed list end, or have ended: a sentence each, without its full stop.
    pub terms: Vec<String>,
    /// Clocks due soon or overdue.
    pub due: Vec<DigestLine>,
    /// In the waiting room.
    pub waiting: Vec<DigestLine>,
    /// Strangers' mail on cases.
    pub quarantined: Vec<DigestLine>,
    /// Could not be taken in or performed.
    pub parked: Vec<DigestLine>,
    /// Effects of which nobody knows how they ended.
    pub unknown: Vec<DigestLine>,
    /// Screened since the last digest: automatic mail, second copies and the like.
    pub screened: Vec<DigestLine>,
    /// Mail from shortly before the first start, answered or not; only in the first digest.
    pub history: Vec<DigestLine>,
    /// Whether members command by mail.
    pub commands: Commands,
}

impl DigestView {
    /// Whether nothing waits for anybody (screened mail waits for nobody, but is told).
    pub fn is_empty(&self) -> bool {
        self.sections().iter().all(|(_, _, lines)| lines.is_empty())
    }

    fn waits(&self) -> usize {
        [&self.due, &self.waiting, &self.quarantined, &self.parked, &self.unknown, &self.history]
            .iter()
            .map(|lines| lines.len())
            .sum()
    }

    fn sections(&self) -> [(&'static str, &'static str, &[DigestLine]); 7] {
        // Verbs without their `!`: a quote of this cannot fire.
        let by = |verbs: &'static str, operator: &'static str| match self.commands {
            Commands::ByMail => verbs,
            Commands::Off => operator,
        };
        [
            ("Due", "", &self.due),
            (
                "Waiting: a report or not?",
                by(
                    "After one working day each becomes a case by itself. Before that, answer this mail and begin with a \
                     line like these, an exclamation mark before it:\n\n  open NUMBER\n  spam NUMBER",
                    "After one working day each becomes a case by itself.\n\
                     Before that: sir-intake parked open|discard NUMBER",
                ),
                &self.waiting,
            ),
            ("Strangers' mail on cases", "Shown on the issue, marked UNVERIFIED.", &self.quarantined),
            ("Parked: needs a person", "More: sir-intake parked list, sir-intake outbox list", &self.parked),
            ("Sent or not? Nobody can tell", "sir-intake outbox mark-sent|retry NUMBER", &self.unknown),
            (
                "Before the first start: was it answered?",
                by(
                    "Again: sir-intake cases history. To make a case of one, answer this mail and begin with this line, \
                     an exclamation mark before it:\n\n  open NUMBER",
                    "Again: sir-intake cases history. A case: sir-intake cases adopt NUMBER",
                ),
                &self.history,
            ),
            (
                "Screened since the last digest: no case was made",
                by("To make a case of one after all: open NUMBER", ""),
                &self.screened,
            ),
        ]
    }
}

/// `Tue 24 Nov 2026`.
pub(super) fn day(view: &DigestView) -> String {
    view.now.to_zoned(view.zone.clone()).strftime("%a %-d %b %Y").to_string()
}

/// How much waits, for the subject.
pub(super) fn waits(view: &DigestView) -> String {
    match view.waits() {
        0 => "nothing waits".to_owned(),
        1 => "1 thing waits".to_owned(),
        n => format!("{n} things wait"),
    }
}

/// All that is listed, folded; empty where nothing is.
pub(super) fn sections(view: &DigestView) -> String {
    let mut body = String::new();
    for (title, hint, lines) in view.sections() {
        if lines.is_empty() {
            continue;
        }
        body.push_str(&format!("\n{title} ({})\n\n", lines.len()));
        for line in lines.iter().take(LINES) {
            body.push_str(&line_words(line, view));
        }
        if lines.len() > LINES {
            body.push_str(&format!("  and {} more: sir-intake status\n", lines.len() - LINES));
        }
        if !hint.is_empty() {
            body.push_str(&format!("\n{hint}\n"));
        }
    }
    fold(&body)
}

/// How it stands, in a sentence or two.
pub(super) fn summary(view: &DigestView) -> String {
    let cases = match view.open_cases {
        0 => "No case is open".to_owned(),
        1 => "1 case is open".to_owned(),
        n => format!("{n} cases are open"),
    };
    let poll = view.last_good_poll.map_or("the mailbox has not been polled yet".to_owned(), |at| {
        format!("the mailbox was last polled {}", when::relative(at, view.now))
    });
    let rest = if view.waits() == 0 { " Nothing waits for a person." } else { "" };
    let mirror = match view.mirror {
        MirrorNews::None => String::new(),
        MirrorNews::Missing => {
            " There is no mirror of public records: reports are compared with earlier cases only (sir-intake mirror sync)."
                .to_owned()
        }
        MirrorNews::Old(at) => format!(
            " The mirror of public records is old: it was brought up to date {} (sir-intake mirror status).",
            when::relative(at, view.now)
        ),
    };
    let terms: String = view.terms.iter().map(|news| format!(" {}.", plain(news))).collect();
    format!("{cases}; {poll}.{rest}{mirror}{terms}")
}

/// `  12  Mon 23 Nov 14:00 UTC  ann@example.example`, the reason below it.
fn line_words(line: &DigestLine, view: &DigestView) -> String {
    let about = match &line.about {
        About::Mail(id) => id.to_string(),
        About::Case(id) => id.to_string(),
        About::Effect(id) => id.to_string(),
    };
    let sender = line.sender.as_ref().map_or(String::new(), |s| format!("  {s}"));
    let head = format!(
        "  {about:<6}  {}{sender}",
        when::short(line.at, view.their_zone.as_ref().unwrap_or(&view.zone))
    );
    format!("{head}\n          {}\n", plain(&line.why))
}
