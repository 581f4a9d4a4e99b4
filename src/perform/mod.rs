//! Doing what was decided: effect -> wire call -> how it went. No decisions here.
//!
//! **Invariant:** before a call that cannot be repeated the effect stands as `sending` in the store, and nothing here
//! says "done" or "not done" unless the wire proved it.

mod advised;
mod advisory;
mod announce;
mod answer;
mod briefs;
mod commanded;
mod credentials;
mod facts;
mod found;
mod github;
mod letters;
mod links;
mod marks;
mod notes;
mod peers;
mod post;
pub(crate) mod posted;
mod publish;
pub(crate) mod sealed_words;
mod secrets;
mod takedown;
mod views;
mod wanted;
pub(crate) mod way;
mod way_steps;

use std::time::Duration;

pub(crate) use advised::{keep as keep_advisory, project as project_named, seen as advisory_seen};
pub(crate) use commanded::letter_words;
pub use credentials::{Credentials, credentials};
pub use found::{Shown, shown_since};
pub use github::look_at_repository;
pub use links::advisory_link;
pub(crate) use links::{issue_link, posted_link};
pub use peers::{Peers, SetupFault, github as github_client, trust};
pub use secrets::{Reader, approved_text, leaks_of, told_before};
pub(crate) use views::why_of_mail;

use crate::case::act::Stopped;
use crate::case::decide::Outcome;
use crate::case::{Alarm, Effect};
use crate::config::Mode;
use crate::office::Office;
use crate::outside::{Died, Point};
use crate::render::leak::Leak;
use crate::store::{EffectRow, StoreError};

/// How an effect went.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It happened.
    Done {
        /// What the case learns.
        outcome: Outcome,
    },
    /// Our comment with answers stands as it should.
    Answered {
        /// GitHub's id of it.
        comment: u64,
    },
    /// It certainly did not happen; later again.
    Again {
        /// After so long; `None`: the outbox's own back-off.
        after: Option<Duration>,
        /// Why, as a word.
        why: &'static str,
        /// What people must know about it.
        alarm: Option<Alarm>,
    },
    /// It may have happened: look again before a second try.
    Look {
        /// Looks so far.
        looks: u32,
    },
    /// It may have happened and cannot be looked up.
    Unknown,
    /// It cannot be done.
    Parked {
        /// Why, as a word.
        why: &'static str,
    },
    /// It would tell outside what is confidential: nothing left.
    Leaks {
        /// What, for the team alone.
        leaks: Vec<Leak>,
    },
    /// It must not be done in this mode, or no more.
    Canceled {
        /// Why, as a word.
        why: &'static str,
    },
    /// A letter that was held must not leave any more.
    Stopped {
        /// Why.
        why: Stopped,
    },
}

impl Verdict {
    fn done() -> Self {
        Self::Done { outcome: Outcome::Done }
    }

    fn again(why: &'static str) -> Self {
        Self::Again { after: None, why, alarm: None }
    }
}

/// What stops the outbox itself.
#[derive(Debug, thiserror::Error)]
pub enum PerformFault {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A test lets the process die.
    #[error(transparent)]
    Died(#[from] Died),
}

/// Performs one effect that stands as `sending`. `looks`: how often it was looked for already, when the outcome of an
/// earlier try is unknown.
///
/// # Errors
/// A fault of the store only; faults of the world are verdicts.
pub async fn perform(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    looks: Option<u32>,
) -> Result<Verdict, PerformFault> {
    if office.config.mode == Mode::Exercise && row.effect.is_public() {
        return Ok(Verdict::Canceled { why: "exercise" });
    }
    let word = row.effect.word();
    office.outside.point(Point::BeforeWire(word))?;
    let verdict = match &row.effect {
        Effect::OpenIssue => github::open(office, peers, row, looks).await?,
        Effect::UpdateIssue => github::update(office, peers, row).await?,
        Effect::Comment { remark } => github::comment(office, peers, row, remark, looks).await?,
        Effect::Answer => answer::answer(office, peers, row, looks).await?,
        Effect::Letter { to, act, .. } => letters::letter(office, peers, row, *to, *act).await?,
        Effect::Transcript { to, .. } => letters::transcript(office, peers, row, to).await?,
        Effect::Alert { to, alert } => letters::alert(office, peers, row, to, alert).await?,
        Effect::Post { alert } => post::discord(office, peers, row, alert).await?,
        Effect::Advisory => advisory::reconcile(office, peers, row, looks).await?,
        Effect::Publish { text } => Box::pin(publish::publish(office, peers, row, text, looks)).await?,
        Effect::Announce { channel } => announce::discord(office, peers, row, *channel).await?,
        Effect::TellPoster => takedown::tell(office, peers, row, looks).await?,
        Effect::TakeDown { how, words } => takedown::take_down(office, peers, row, *how, words).await?,
    };
    office.outside.point(Point::AfterWire(word))?;
    Ok(verdict)
}

/// What an effect would send, for `mode = "shadow"`: file name and bytes.
///
/// # Errors
/// A fault of the store.
pub fn would_send(office: &Office, row: &EffectRow) -> Result<(String, Vec<u8>), PerformFault> {
    let ending = match &row.effect {
        Effect::OpenIssue
        | Effect::UpdateIssue
        | Effect::Comment { .. }
        | Effect::Answer
        | Effect::Advisory
        | Effect::Publish { .. }
        | Effect::TellPoster
        | Effect::TakeDown { .. } => "md",
        Effect::Letter { .. } | Effect::Transcript { .. } | Effect::Alert { .. } => "eml",
        Effect::Post { .. } | Effect::Announce { .. } => "txt",
    };
    let bytes = match &row.effect {
        Effect::OpenIssue | Effect::UpdateIssue => github::page(office, row)?.into_bytes(),
        Effect::Comment { remark } => github::remark_page(office, row, remark)?.into_bytes(),
        Effect::Answer => answer::page(office, row)?.into_bytes(),
        Effect::Letter { .. } | Effect::Transcript { .. } => row.letter.clone().unwrap_or_default(),
        Effect::Alert { to, alert } => letters::notice(office, row, to, alert)?.unwrap_or_default(),
        Effect::Post { alert } => post::words(office, row, alert)?.into_bytes(),
        Effect::Advisory => advisory::page(office, row)?.into_bytes(),
        Effect::Publish { text } => format!("publish the advisory whose text is {text}\n").into_bytes(),
        Effect::Announce { .. } => announce::words(office, row)?.into_bytes(),
        Effect::TellPoster => takedown::page(office, row)?.into_bytes(),
        Effect::TakeDown { how, words } => {
            format!("{} the public issue whose words are {words}\n", how.word()).into_bytes()
        }
    };
    let case = row.case.map_or_else(|| "house".to_owned(), |case| case.to_string());
    Ok((format!("{:06}-{case}-{}.{ending}", row.id.0, row.effect.word()), bytes))
}
