//! What a reviewer must know of a report before reading it.

use jiff::SignedDuration;

use super::links::posted_link;
use super::sealed_words::is_closed;
use crate::case::{self, Case};
use crate::config::Mode;
use crate::mail::{self, Automatic, Letter};
use crate::office::Office;
use crate::render::issue::Note;
use crate::render::issue_view::PostedNote;
use crate::store::{AdvisoryRow, MailRow, PostedRow, THREADS_DISAGREE};

/// A list delay below this is nothing to speak of.
const HELD: SignedDuration = SignedDuration::from_mins(60);

/// The notes on the page of a case.
pub(super) fn notes(
    office: &Office,
    case: &Case,
    row: &MailRow,
    letter: &Letter,
    advisory: Option<&AdvisoryRow>,
    posted: Option<&PostedRow>,
) -> Vec<Note> {
    let mut notes = Vec::new();
    if office.config.mode == Mode::Exercise {
        notes.push(Note::Exercise);
    }
    if let Some(at) = case.delivery_failed {
        notes.push(Note::DeliveryFailed(at));
    }
    if letter.header_only {
        let why = letter.flaws.first().map_or("it could not be read".to_owned(), ToString::to_string);
        notes.push(Note::HeaderOnly(why));
    }
    if is_closed(letter) {
        notes.push(Note::Encrypted);
    }
    if letter.from_count > 1 {
        notes.push(Note::SeveralSenders);
    }
    if letter.authentication == mail::Authentication::Fail {
        notes.push(Note::AuthenticationFailed);
    }
    if letter.via_our_list {
        notes.push(Note::FromRewritten);
    }
    if letter.automatic != Automatic::None {
        notes.push(Note::Automatic(letter.automatic_why.unwrap_or("its header").to_owned()));
    }
    if row.why.as_deref() == Some(THREADS_DISAGREE) {
        notes.push(Note::CodesDisagree);
    }
    if case.source == case::Source::WaitingRoom {
        notes.push(Note::FromWaitingRoom);
    }
    notes.extend(advisory.map(|advisory| Note::FromGithub(advisory.url.clone())));
    notes.extend(posted.map(|row| Note::Posted(standing(office, case, row))));
    // A public issue came by no list.
    if let Some(date) = letter.date.filter(|_| posted.is_none()) {
        let gap = row.received.duration_since(date);
        if gap >= HELD {
            notes.push(Note::HeldByList(gap));
        } else if gap <= -HELD {
            notes.push(Note::DateAhead(-gap));
        }
    }
    notes
}

/// How its public issue stands.
fn standing(office: &Office, case: &Case, row: &PostedRow) -> PostedNote {
    let stands = case.tracks.posted.as_ref().unwrap_or(&row.seen);
    PostedNote {
        url: posted_link(&office.config.github, &row.place),
        why: row.why.clone(),
        posted_at: row.posted_at,
        stands: stands.standing,
        told: stands.told,
        words: stands.words.short(),
        whole: stands.whole,
    }
}
