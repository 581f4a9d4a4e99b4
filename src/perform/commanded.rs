//! What commands brought, as pages, comments and alerts show it.

use jiff::Timestamp;

use super::views::name;
use crate::case::act::{ActLetter, ActState};
use crate::case::{Alert, Brief, Case, Deed, Effect, MemberKey, PersonId, Refused, Step};
use crate::config::Mode;
use crate::mail::{self, Letter};
use crate::office::Office;
use crate::render::alert_view::{self, Commands};
use crate::render::comment::Words;
use crate::render::news::News;
use crate::store::{FateWord, StoreError, Txn};

/// Without an address of its own the machine is answered through the list, which breaks what proves a sender.
pub(super) fn by_mail(office: &Office) -> Commands {
    match office.config.addresses.bot {
        Some(_) => Commands::ByMail,
        None => Commands::Off,
    }
}

/// What the page of a case says besides its state: our words.
pub(super) fn remarks(case: &Case, zone: &jiff::tz::TimeZone) -> Vec<String> {
    let mut remarks = Vec::new();
    if let crate::case::Stage::Known { reference, .. } = &case.stage {
        remarks.push(format!("public already: {reference}"));
    }
    if let Some(of) = case.duplicate_of {
        remarks.push(format!("duplicate of {of}"));
    }
    let linked: Vec<String> = case.links.iter().map(ToString::to_string).collect();
    if !linked.is_empty() {
        remarks.push(format!("linked with {}", linked.join(", ")));
    }
    for act in case.acts.iter().filter(|act| act.stands()) {
        if let ActState::Asked { until } = act.state {
            // It ends by itself, and without a letter nothing draws the page anew.
            let until = crate::render::when::medium(until, zone);
            let what = format!("act {} ({})", act.number, act.deed.words());
            remarks.extend(
                (!act.is_stopped()).then(|| format!("{what} waits for a second person until {until}")),
            );
        } else if let Some(hold) = act.held() {
            remarks.push(format!("{} waits (act {})", hold.letter.words(), act.number));
        }
    }
    if case.raised.is_some() {
        remarks.push("raised: those above were asked to help".to_owned());
    }
    if case.refused > 0 {
        remarks.push(format!("commands refused: {}", case.refused));
    }
    remarks
}

/// The words of a member below their commands.
pub(super) fn below(letter: &Letter) -> Words {
    let split = match crate::case::command::read::block(&letter.plain) {
        Some(block) => mail::quote::split_below(block.below),
        None => mail::quote::split(&letter.plain),
    };
    Words { new_words: split.new_words, quoted: split.quoted }
}

/// An alert about commands.
pub(super) fn news(
    office: &Office,
    txn: &Txn<'_>,
    case: Option<&Case>,
    alert: &Alert,
    to: Option<&MemberKey>,
) -> Result<News, StoreError> {
    Ok(match alert {
        Alert::CommandRefused {
            why: why @ (Refused::Edited | Refused::ThroughApp | Refused::OtherAccount),
        } => News::RefusedOnIssue { why: why.words().to_owned() },
        Alert::CommandRefused { why } => News::Refused { why: why.words().to_owned() },
        Alert::OwnerNow { by } => News::OwnerNow { by: name(office, by) },
        Alert::Raised { by, over, .. } => News::Raised { by: name(office, by), over: *over },
        Alert::Confirm { act } => match (case, to) {
            (Some(case), Some(to)) => confirm(office, txn, case, *act, to)?,
            (_, None) | (None, _) => News::Settled,
        },
        Alert::Brief { brief } => News::Way {
            what: super::briefs::headline(brief),
            place: case.and_then(|case| place(office, case, brief)),
            next: super::briefs::next(brief).map(str::to_owned),
        },
        Alert::Closed { closure } => News::Closed { why: closure.words().to_owned() },
        Alert::LetterStopped { act } => {
            let row = case.map(|case| txn.letter_of(case.id, *act)).transpose()?.flatten();
            let letter = row.and_then(|row| {
                if let Effect::Letter { letter, to, .. } = row.effect { Some((letter, to)) } else { None }
            });
            let (letter, to) = letter.map_or(("a letter", None), |(letter, to)| (letter.words(), Some(to)));
            let why = case.and_then(|case| Some((case, case.act(*act)?)));
            let why = why.map_or("", |(case, act)| why_stopped(office, case, act, to));
            News::LetterStopped { letter: letter.to_owned(), why: why.to_owned() }
        }
        Alert::NewCase
        | Alert::ReporterWrote
        | Alert::StrangerWrote
        | Alert::FoundMore
        | Alert::DidYouAnswer { .. }
        | Alert::DeliveryFailed
        | Alert::Clock { .. }
        | Alert::LetterUnknown { .. }
        | Alert::Parked { .. }
        | Alert::Waiting { .. }
        | Alert::Digest
        | Alert::Alarm { .. } => News::Settled,
    })
}

/// A later check found more; that may be gone again when people are told.
pub(super) fn found_more(case: Option<&Case>) -> alert_view::Alert {
    let strong = case.and_then(|case| case.checked).is_some_and(|checked| checked.is_strong());
    if strong { alert_view::Alert::FoundMore } else { alert_view::Alert::News(News::Settled) }
}

/// Where what a brief speaks of is.
fn place(office: &Office, case: &Case, brief: &Brief) -> Option<String> {
    let posted = || {
        let posted = case.tracks.posted.as_ref()?;
        Some(super::links::posted_link(&office.config.github, &posted.place))
    };
    match brief {
        Brief::Task { task } => match task.url() {
            Some(url) => Some(url.to_owned()),
            None => Some(super::way::advisory_url(office, case)),
        },
        Brief::PostedChanged | Brief::PostedBlank | Brief::PostedGone | Brief::PostedBack => posted(),
        Brief::CveCame
        | Brief::CveUnread
        | Brief::NoIncident { .. }
        | Brief::GoesOn
        | Brief::Ended
        | Brief::AdvisoryClosed
        | Brief::AdvisoryWithdrawn
        | Brief::PublishHalted
        | Brief::Public => Some(super::way::advisory_url(office, case)),
        Brief::OriginalEnded
        | Brief::Sig
        | Brief::Tsc
        | Brief::NoAgreement
        | Brief::Group
        | Brief::Review { .. }
        | Brief::Meeting { .. }
        | Brief::Mitigation
        | Brief::Installers
        | Brief::ReleaseNote
        | Brief::Retrospective
        | Brief::Incident
        | Brief::DayMoved => None,
    }
}

/// Somebody wrote who takes no part in the case; an organization of the embargoed list is named.
pub(super) fn stranger(
    office: &Office,
    txn: &Txn<'_>,
    case: Option<&Case>,
) -> Result<alert_view::Alert, StoreError> {
    let listed = case.map(|case| of_the_list(office, txn, case)).transpose()?.flatten();
    Ok(listed
        .map_or(alert_view::Alert::StrangerWrote, |who| alert_view::Alert::News(News::ListWrote { who })))
}

/// Which organization of the embargoed list wrote the last mail that nobody of the case wrote, if it was one that was told: its
/// notice asks for an answer.
fn of_the_list(office: &Office, txn: &Txn<'_>, case: &Case) -> Result<Option<String>, StoreError> {
    let mails = txn.mails_of(case.id)?;
    let last = mails.iter().rev().find(|row| row.fate == FateWord::Quarantined);
    let told = case.tracks.list_told();
    let Some(person) = last.and_then(|row| row.person).filter(|person| told.contains(person)) else {
        return Ok(None);
    };
    let address = txn.address_of(person)?;
    let listed = office.policy.embargoed.iter().find(|listed| listed.address == address);
    Ok(listed.map(|listed| listed.organization.clone()))
}

/// Why a letter that waited did not leave.
fn why_stopped(office: &Office, case: &Case, act: &crate::case::Act, to: Option<PersonId>) -> &'static str {
    match act.state {
        ActState::Asked { .. } => "no second person agreed in time",
        ActState::Undone { .. } => "it was taken back",
        ActState::Done if to != case.reporter => "the case has another reporter now",
        ActState::Done if office.policy.roster.get(&act.by).is_none() => {
            "whoever ordered it is no longer of the team"
        }
        ActState::Done if office.config.mode == Mode::Exercise => {
            "this is an exercise, and mail goes to the roster alone"
        }
        ActState::Done => "an operator canceled it",
    }
}

fn confirm(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    number: u32,
    to: &MemberKey,
) -> Result<News, StoreError> {
    let Some(act) = case.act(number) else { return Ok(News::Settled) };
    let ActState::Asked { until } = act.state else { return Ok(News::Settled) };
    let row = if act.letter.is_some() { txn.letter_of(case.id, number)? } else { None };
    let bytes = row.as_ref().and_then(|row| row.letter.as_deref());
    let Some(nonce) = office.nonce(case, act, bytes, to) else { return Ok(News::Settled) };
    let letter = bytes.map(|bytes| {
        let read = mail::read(bytes, &office.limits, &mail::House::default());
        (read.subject, read.text)
    });
    let what = exact(office, txn, case, act)?;
    Ok(News::Confirm {
        act: number,
        by: name(office, &act.by),
        what,
        means: means(&act.deed),
        nonce,
        until,
        letter,
    })
}

/// What comes of an act whose words do not say so.
fn means(deed: &Deed) -> Option<&'static str> {
    let Deed::Step { step } = deed else { return None };
    if let Step::Notify { .. } = step {
        Some(
            "the embargoed list and the chairs of all SIGs are told what the advisory says now, in confidence",
        )
    } else if let Step::Publish { .. } = step {
        Some("the advisory becomes public as it reads now, and everybody who must know is told")
    } else if let Step::SetDay { .. } = step {
        Some(
            "the report has no address, so nobody outside agrees to a day; nothing is published before this one",
        )
    } else if let Step::Collaborate { .. } = step {
        Some("whoever has this account can read the advisory and change it")
    } else {
        None
    }
}

/// The exact act, with the address that it is about.
fn exact(office: &Office, txn: &Txn<'_>, case: &Case, act: &crate::case::Act) -> Result<String, StoreError> {
    if let Deed::LinkMail { person } = &act.deed {
        return Ok(format!("link mail {}", txn.address_of(*person)?));
    }
    if let (Deed::Step { step: Step::TakeDown { .. } }, Some(posted)) = (&act.deed, &case.tracks.posted) {
        let url = super::links::posted_link(&office.config.github, &posted.place);
        return Ok(format!("{} {url}", act.deed.words()));
    }
    Ok(act.deed.words())
}

/// Whether, and when, the letter of an act left.
pub(crate) fn letter_words(letter: Option<ActLetter>, at: impl Fn(Timestamp) -> String) -> String {
    match letter {
        None => String::new(),
        Some(ActLetter::Held(hold)) => format!("; {} is held", hold.letter.words()),
        Some(ActLetter::Left { at: then }) => format!("; its letter left {}", at(then)),
        Some(ActLetter::Stopped) => "; its letter did not leave".to_owned(),
    }
}
