//! Alerts that commands bring: what another member did or asks for, or what somebody tried in a member's name.

use jiff::Timestamp;

use super::alert::{capital, plain};
use super::alert_view::AlertView;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A mail in this member's name commanded, and was refused.
    Refused {
        /// What it lacked, our words.
        why: String,
    },
    /// Somebody commanded on the issue in this member's name, and was refused.
    RefusedOnIssue {
        /// What it lacked, our words.
        why: String,
    },
    /// Somebody made this member the owner.
    OwnerNow {
        /// Name of whoever did, ours.
        by: String,
    },
    /// The case needs help.
    Raised {
        /// Name of whoever says so, ours.
        by: String,
        /// It was taken back.
        over: bool,
    },
    /// A second person is asked to agree.
    Confirm {
        /// Number of the act.
        act: u32,
        /// Name of whoever asks, ours.
        by: String,
        /// The exact act.
        what: String,
        /// What comes of it, where its own words do not say so; ours.
        means: Option<&'static str>,
        /// This person's word.
        nonce: String,
        /// Until when.
        until: Timestamp,
        /// The letter that it orders: subject and text.
        letter: Option<(String, String)>,
    },
    /// The case was closed.
    Closed {
        /// Why, our words.
        why: String,
    },
    /// A letter that waited did not leave.
    LetterStopped {
        /// Which, our words.
        letter: String,
        /// Why, our words.
        why: String,
    },
    /// Something on the way of a vulnerability, in a line.
    Way {
        /// What, our words.
        what: String,
        /// Where it is to be done.
        place: Option<String>,
        /// What the reader can do, our words.
        next: Option<String>,
    },
    /// An organization of the embargoed list answered.
    ListWrote {
        /// Which, from the configuration.
        who: String,
    },
    /// It is settled meanwhile.
    Settled,
}

/// What stands in the subject.
pub(super) fn headline(news: &News) -> String {
    match news {
        News::Refused { .. } => "a mail in your name commanded, and was refused".to_owned(),
        News::RefusedOnIssue { .. } => "a command in your name on the issue was refused".to_owned(),
        News::OwnerNow { .. } => "you own it now".to_owned(),
        News::Raised { over: false, .. } => "confidential: the team asks for your help".to_owned(),
        News::Raised { over: true, .. } => "confidential: help is no longer needed".to_owned(),
        News::Confirm { by, .. } => format!("{} asks you to confirm", plain(by)),
        News::Closed { why } => format!("closed: {}", plain(why)),
        News::LetterStopped { letter, .. } => format!("{} did not leave", plain(letter)),
        News::Way { what, .. } => plain(what),
        News::ListWrote { who } => format!("{} of the embargoed list wrote", plain(who)),
        News::Settled => "settled meanwhile".to_owned(),
    }
}

/// What happened, in sentences.
pub(super) fn what_happened(news: &News) -> String {
    match news {
        News::Refused { why } => format!(
            "A mail from your address began with commands. Nothing of it was done: {}. Its text is on the issue, marked \
             UNVERIFIED.",
            plain(why)
        ),
        News::RefusedOnIssue { why } => {
            format!("Somebody commanded on the issue in your name. Nothing of it was done: {}.", plain(why))
        }
        News::OwnerNow { by } => format!("{} made you the triage owner of this case.", plain(by)),
        News::Raised { by, over: false } => {
            format!("{} says that this case needs help from above: people, time, or a decision.", plain(by))
        }
        News::Raised { by, over: true } => format!("{} took back the call for help.", plain(by)),
        News::Confirm { act, by, what, means, .. } => format!(
            "{} wants this done, and a second person must agree. It is act {act}, exactly this:\n\n  {}{}",
            plain(by),
            plain(what),
            means.map_or(String::new(), |means| format!("\n\nThat is: {means}."))
        ),
        News::Closed { why } => format!("The case is closed: {}.", plain(why)),
        News::LetterStopped { letter, why } => format!(
            "{} to the reporter was held, and did not leave: {}. Should it still go, order it again.",
            plain(letter),
            plain(why)
        ),
        News::Way { what, place: None, .. } => format!("{}.", capital(&plain(what))),
        News::Way { what, place: Some(place), .. } => {
            format!("{}:\n\n  {}", capital(&plain(what)), plain(place))
        }
        News::ListWrote { who } => format!(
            "A mail came from the address of {} on the embargoed list. It is on the issue, marked UNVERIFIED: whoever is told \
             there takes no part in the case. Nothing was sent, no clock changed.",
            plain(who)
        ),
        News::Settled => "What you were to be asked is settled meanwhile.".to_owned(),
    }
}

/// What the reader can do.
pub(super) fn what_next(news: &News, view: &AlertView) -> Option<String> {
    let line = |verb: &str| {
        format!("answer this mail and begin with this line, an exclamation mark before it:\n\n  {verb}")
    };
    match news {
        News::Refused { .. } => Some(
            "If it was you, send it again from your usual mail program, as an answer to a notice of mine. If it was not, \
             somebody uses your address: tell the team."
                .to_owned(),
        ),
        News::RefusedOnIssue { .. } => Some(
            "If it was you, write a new comment on the issue yourself, with the account that stands in the roster, and do not \
             change it. If it was not, tell the team."
                .to_owned(),
        ),
        News::OwnerNow { .. } => Some(format!("If you cannot, {}", line("disown"))),
        News::Confirm { act, nonce, until, .. } => Some(format!(
            "If you agree, {}\n\nThe word is yours alone, and good until {}. If you do not agree, do nothing, or stop it:\n\n  \
             undo {act}",
            line(&format!("confirm {nonce}")),
            view.at(*until)
        )),
        News::Way { next, .. } => next.clone(),
        News::Raised { .. }
        | News::Closed { .. }
        | News::LetterStopped { .. }
        | News::ListWrote { .. }
        | News::Settled => None,
    }
}

/// The letter that is to be confirmed, as it is.
pub(super) fn letter(news: &News) -> Option<String> {
    match news {
        News::Confirm { letter: Some((subject, body)), .. } => Some(format!(
            "The letter:\n\nSubject: {subject}\n\n{}\n-------- end of the letter --------\n",
            body.trim_end()
        )),
        News::Refused { .. }
        | News::RefusedOnIssue { .. }
        | News::OwnerNow { .. }
        | News::Raised { .. }
        | News::Confirm { letter: None, .. }
        | News::Closed { .. }
        | News::LetterStopped { .. }
        | News::Way { .. }
        | News::ListWrote { .. }
        | News::Settled => None,
    }
}
