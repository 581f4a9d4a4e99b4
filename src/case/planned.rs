//! An effect on its way into the outbox: its earliest instant, its order, and what of its words is fixed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::effect::Effect;
use super::letter::{Content, LetterKind};
use super::{MailId, PersonId};

/// A needed order across lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// Nothing to wait for.
    Nothing,
    /// Only when the issue is there.
    Issue,
    /// When the issue is there, or at this instant without it.
    IssueOr(Timestamp),
    /// What is under way on the advisory, but not beyond this instant: so that a letter can name it.
    AdvisoryOr(Timestamp),
}

/// An effect with its earliest instant and its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What to do.
    pub effect: Effect,
    /// Not before this instant.
    pub not_before: Option<Timestamp>,
    /// Order across lanes.
    pub after: After,
    /// A letter leaves only after a poll of the mailbox that began after this instant: an undo that came in time is seen.
    pub held_until: Option<Timestamp>,
    /// What it says that only its order knows.
    pub spoken: Option<Spoken>,
}

/// The words of an effect that are fixed when it is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    /// A letter is to be rendered from this.
    Letter(Content),
    /// Bytes as they are.
    Bytes(Vec<u8>),
}

impl Planned {
    /// At once, after nothing.
    pub fn now(effect: Effect) -> Self {
        Self { effect, not_before: None, after: After::Nothing, held_until: None, spoken: None }
    }

    /// A letter that says what its case says when this is committed, and nothing else.
    pub fn letter_of_case(letter: LetterKind, to: PersonId, in_reply_to: Option<MailId>, act: u32) -> Self {
        Self {
            spoken: Some(Spoken::Letter(Content::OfCase)),
            ..Self::now(Effect::Letter { letter, to, in_reply_to, act })
        }
    }

    /// Once the issue is there.
    pub fn after_issue(effect: Effect) -> Self {
        Self { after: After::Issue, ..Self::now(effect) }
    }
}
