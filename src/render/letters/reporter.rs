//! What the letters to a reporter may know, one view a letter. There is no field for what the team says among itself.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::coordinated::Coordinated;
use super::sheet::{Filled, Sheet, Zones, greeting, own};
use super::table::LetterName;
use crate::case::{CaseId, Closure};
use crate::render::fence::{one_line, visible};
use crate::render::when;

/// All that the reader of a receipt may see: no name, no word of the report.
#[derive(Debug, Clone)]
pub struct ReceiptView {
    /// Their case.
    pub case: CaseId,
    /// INTERNALDATE of their message.
    pub received: Timestamp,
    /// When a person must have written.
    pub acknowledge_by: Timestamp,
    /// The team's zone.
    pub zone: TimeZone,
    /// The team's name without an article: `O3DE security response team`.
    pub team: String,
    /// Where the policy is published.
    pub policy_url: String,
    /// Their footer code.
    pub code: String,
}

impl ReceiptView {
    pub(super) fn filled(&self) -> Filled {
        let mut sheet = Sheet::new(Zones { team: &self.zone, theirs: None });
        sheet.put("case", &self.case.to_string());
        sheet.at("received", self.received);
        sheet.at("acknowledge_by", self.acknowledge_by);
        sheet.put("team", &self.team);
        sheet.put("policy_url", &self.policy_url);
        sheet.put("code", &self.code);
        sheet.of(LetterName::Receipt)
    }
}

/// What every letter by a member's order says.
#[derive(Debug, Clone)]
pub struct Common {
    /// Their case.
    pub case: CaseId,
    /// The subject of their report, theirs.
    pub subject: String,
    /// Their name, theirs; none when the mail had none.
    pub name: Option<String>,
    /// The team's zone.
    pub zone: TimeZone,
    /// Theirs, where it is known: as their program writes it into Date, or as they said.
    pub their_zone: Option<TimeZone>,
    /// The team's name without an article.
    pub team: String,
    /// Where the policy is published.
    pub policy_url: String,
    /// Their footer code.
    pub code: String,
}

/// What one letter says besides.
#[derive(Debug, Clone)]
pub enum Body {
    /// T01.
    Acknowledgement {
        /// Name of whoever looks after it.
        owner: String,
        /// Working days.
        days: u32,
        /// When they end.
        contact_by: Timestamp,
    },
    /// T02.
    KnownIssue {
        /// Id in a public list, or the address itself.
        id: String,
        /// Its page.
        url: String,
    },
    /// T03.
    Questions(Vec<String>),
    /// T04.
    Reminder(Vec<String>),
    /// T05.
    Intended {
        /// A member's words.
        reason: String,
        /// Where wishes are collected; none: nowhere to be named.
        feature_url: Option<String>,
    },
    /// T06.
    Bug {
        /// A member's words.
        reason: String,
        /// Where bugs are filed; none: nowhere to be named.
        bug_url: Option<String>,
    },
    /// T07.
    NotHere {
        /// Which of its kinds.
        closure: Closure,
        /// A member's words.
        reason: String,
        /// Where wishes are collected; none: nowhere to be named.
        feature_url: Option<String>,
    },
    /// Once it is confirmed.
    Coordinated(Coordinated),
    /// A member's words.
    Reply {
        /// All of them.
        words: String,
    },
    /// The safe line.
    Status {
        /// It was closed.
        closed: bool,
        /// The next word is promised by then.
        next_by: Option<Timestamp>,
    },
}

impl Common {
    pub(super) fn filled(&self, body: &Body) -> Filled {
        let mut sheet = Sheet::new(Zones { team: &self.zone, theirs: self.their_zone.as_ref() });
        sheet.put("case", &self.case.to_string());
        sheet.put("subject", &subject(&self.subject));
        sheet.put("greeting", &greeting(self.name.as_deref()));
        sheet.put("team", &self.team);
        sheet.put("policy_url", &self.policy_url);
        sheet.put("code", &self.code);
        let name = self.fill(&mut sheet, body);
        sheet.of(name)
    }

    fn fill(&self, sheet: &mut Sheet<'_>, body: &Body) -> LetterName {
        match body {
            Body::Acknowledgement { owner, days, contact_by } => {
                sheet.line("owner", owner);
                sheet.count("days", u64::from(*days));
                sheet.at("contact_by", *contact_by);
                LetterName::Acknowledgement
            }
            Body::KnownIssue { id, url } => {
                sheet.put("known_id", id);
                sheet.put("known_url", url);
                LetterName::KnownIssue
            }
            Body::Questions(questions) => {
                sheet.put("questions", &numbered(questions));
                LetterName::Questions
            }
            Body::Reminder(questions) => {
                sheet.put("questions", &numbered(questions));
                LetterName::Reminder
            }
            Body::Intended { reason, feature_url } => {
                sheet.put("reason", &indented(reason));
                sheet.line("feature_url", feature_url.as_deref().unwrap_or_default());
                LetterName::Intended
            }
            Body::Bug { reason, bug_url } => {
                sheet.put("reason", &indented(reason));
                sheet.line("bug_url", bug_url.as_deref().unwrap_or_default());
                LetterName::Bug
            }
            Body::NotHere { closure, reason, feature_url } => {
                sheet.line("feature_url", feature_url.as_deref().unwrap_or_default());
                sheet.put("closure", closure.word());
                sheet.put("reason", &indented(reason));
                LetterName::NotHere
            }
            Body::Reply { words } => {
                sheet.put("words", words.trim());
                LetterName::Reply
            }
            Body::Status { closed, next_by } => {
                sheet.put("status", &self.status(*closed, *next_by));
                LetterName::Status
            }
            Body::Coordinated(body) => body.fill(sheet),
        }
    }

    fn status(&self, closed: bool, next_by: Option<Timestamp>) -> String {
        if closed {
            return "It is closed; you have our letter about it. Answer that one, or this one, if something in it is \
                    wrong."
                .to_owned();
        }
        let looked = "Your report was received and is being looked at.";
        match next_by.map(|at| when::both(at, &self.zone, self.their_zone.as_ref())) {
            Some(at) => format!("{looked} You will hear from us by {at}."),
            None => format!("{looked} You will hear from us as soon as there is something to tell."),
        }
    }
}

/// Their subject without the prefixes that mail programs add, and without our tag.
pub(super) fn subject(theirs: &str) -> String {
    let mut rest = theirs.trim();
    while let Some((prefix, after)) = rest.split_once(':') {
        let known = ["re", "aw", "fw", "fwd", "sv", "wg"];
        if !known.iter().any(|known| prefix.trim().eq_ignore_ascii_case(known)) {
            break;
        }
        rest = after.trim_start();
    }
    let mut kept = String::new();
    for (at, piece) in rest.split('[').enumerate() {
        let ours = piece.split_once(']').filter(|(inside, _)| inside.trim().parse::<CaseId>().is_ok());
        match (at, ours) {
            (0, _) => kept.push_str(piece),
            (_, Some((_, after))) => kept.push_str(after),
            (_, None) => {
                kept.push('[');
                kept.push_str(piece);
            }
        }
    }
    let line = own(&kept);
    if line.is_empty() { "your report".to_owned() } else { line }
}

fn numbered(questions: &[String]) -> String {
    let line = |(at, question): (usize, &String)| format!("{}. {question}", at + 1);
    questions.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

fn indented(reason: &str) -> String {
    format!("  {}", one_line(&visible(reason), 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_theirs_without_prefixes_tags_and_tricks() {
        assert_eq!(subject("Re: AW:  [SIR-2026-0001] crash [now]"), "crash [now]");
        assert_eq!(subject("a\r\nBcc: x\u{202e}"), "a Bcc: x<U+202E>");
        assert_eq!(subject(" Re: [sir-2026-0001]"), "your report");
        assert!(subject(&"x".repeat(500)).chars().count() <= 81);
    }
}
