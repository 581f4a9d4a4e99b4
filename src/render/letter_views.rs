//! What the letters to a reporter may know, one view a letter. There is no field for what the team says among itself.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tera::Context;

use super::fence::{one_line, visible};
use super::when;
use crate::case::{CaseId, Closure};

/// Most characters of a reporter's own subject or name that a letter repeats.
const OWN_CHARS: usize = 80;

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
    },
    /// T06.
    Bug {
        /// A member's words.
        reason: String,
    },
    /// T07.
    NotHere {
        /// Which of its kinds.
        closure: Closure,
        /// A member's words.
        reason: String,
    },
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
    pub(super) fn context(&self, body: &Body) -> Context {
        let mut context = Context::new();
        let mut put = |name: &'static str, value: &str| context.insert(name, value);
        put("case", &self.case.to_string());
        put("subject", &subject(&self.subject));
        let name = self.name.as_deref().map(own).filter(|name| !name.is_empty());
        put("greeting", &name.map_or(String::new(), |name| format!(" {name}")));
        put("team", &self.team);
        put("policy_url", &self.policy_url);
        put("code", &self.code);
        match body {
            Body::Acknowledgement { owner, days, contact_by } => {
                put("owner", owner);
                put("days", &days.to_string());
                put("contact_by", &when::long(*contact_by, &self.zone));
            }
            Body::KnownIssue { id, url } => {
                put("known_id", id);
                put("known_url", url);
            }
            Body::Questions(questions) | Body::Reminder(questions) => put("questions", &numbered(questions)),
            Body::Intended { reason } | Body::Bug { reason } => put("reason", &indented(reason)),
            Body::NotHere { closure, reason } => {
                put("closure", closure.word());
                put("reason", &indented(reason));
            }
            Body::Reply { words } => put("words", words.trim()),
            Body::Status { closed, next_by } => put("status", &status(*closed, *next_by, &self.zone)),
        }
        context
    }

    pub(super) fn sample() -> Self {
        Self {
            case: CaseId { year: 2026, number: 7 },
            subject: "Crash in a network packet".to_owned(),
            name: Some("Rena Porter".to_owned()),
            zone: TimeZone::UTC,
            team: "O3DE security response team".to_owned(),
            policy_url: "https://policy.example/security".to_owned(),
            code: "SIRC-AHUA-6BYA-AOGL-K4ZR-QVXU-2M".to_owned(),
        }
    }
}

fn own(text: &str) -> String {
    one_line(&visible(text), OWN_CHARS)
}

/// Their subject without the prefixes that mail programs add, and without our tag.
fn subject(theirs: &str) -> String {
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
    let line = |(at, question): (usize, &String)| format!("- {}. {question}", at + 1);
    questions.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

fn indented(reason: &str) -> String {
    format!("  {}", one_line(&visible(reason), 1_000))
}

fn status(closed: bool, next_by: Option<Timestamp>, zone: &TimeZone) -> String {
    if closed {
        return "It is closed; you have our letter about it. Answer that one, or this one, if something in it is wrong."
            .to_owned();
    }
    let looked = "Your report was received and is being looked at.";
    match next_by {
        Some(at) => format!("{looked} You will hear from us by {}.", when::long(at, zone)),
        None => format!("{looked} You will hear from us as soon as there is something to tell."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_theirs_without_prefixes_tags_and_tricks() {
        assert_eq!(subject("Re: AW:  [SIR-2026-0001] crash [now]"), "crash [now]");
        assert_eq!(subject("a\r\nBcc: x\u{202e}"), "a Bcc: x<U+202E>");
        assert_eq!(subject(" Re: [sir-2026-0001]"), "your report");
        assert!(subject(&"x".repeat(500)).chars().count() <= OWN_CHARS + 1);
    }
}
