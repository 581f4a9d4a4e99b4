//! Letters to the reporter, to the embargoed list and to the public on the way of a vulnerability: what they say of the case.

use jiff::Timestamp;

use super::way_next;
use crate::case::act::ActLetter;
use crate::case::decide::next_word;
use crate::case::tracks::{Credit, Cve as CaseCve};
use crate::case::{Act, Case, Content, Deed, LetterKind, PersonId, Step};
use crate::mail::compose::Attachment;
use crate::office::Office;
use crate::perform::{posted_link, way};
use crate::render::calendar_entry::{Occasion, Standing};
use crate::render::letters::{
    Body, Coordinated, Cve, Incident, Letter, ListDesk, ListNotice, ToList, ToPublic,
};
use crate::store::Txn;

/// What a letter to the reporter says; none for a letter that is not one of these.
pub(super) fn to_reporter(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    letter: LetterKind,
    act: Option<&Act>,
    content: &Content,
    now: Timestamp,
) -> Option<Body> {
    let dates = way::dates(office, case);
    let agreed = way::agreed_dates(office, case);
    // Once it is known or used outside nobody says that the day stays.
    let outside = case.tracks.leaked.or(case.tracks.exploited).is_some();
    let stays = agreed.filter(|_| !outside && case.tracks.published.is_none());
    let credit = || way::credit_line(txn, case).unwrap_or_default();
    let body = match letter {
        LetterKind::Confirmed => confirmed(office, case, now)?,
        LetterKind::Proposal => Coordinated::EmbargoProposal {
            dates: proposed(office, case),
            extension_days: office.policy.runbook.extension_days,
            who_knows: way::who_knows(&office.policy.roster, case),
        },
        LetterKind::Settled => Coordinated::Embargo {
            dates,
            extension_days: way::extension(office, &dates),
            moved: agreed_before(case, act).map(|was| (was, reason(content))),
            confirm: false,
        },
        LetterKind::Update => {
            let Content::Update { words, contact_by } = content else { return None };
            Coordinated::Update {
                since: case.tracks.last_word.or(case.tracks.confirmed).unwrap_or(case.received),
                changed: words.clone(),
                next: way_next::next(case, &office.policy, now),
                contact_by: *contact_by,
                dates: stays,
            }
        }
        LetterKind::CveNews => Coordinated::Cve {
            state: cve(case, content, now)?,
            dates: stays,
            public: case.tracks.published.is_some(),
        },
        LetterKind::Invitation => {
            let Some(Credit::Github { login }) = &case.tracks.credit else { return None };
            Coordinated::Invitation { account: login.clone(), advisory: way::advisory_url(office, case) }
        }
        LetterKind::DraftForReporter => Coordinated::Review {
            text: way::text(txn, case).ok().flatten()?.whole(),
            credit: credit(),
            by: office.policy.calendar.advance_working_days(now, office.policy.runbook.reporter_review_days),
            again: read_before(case, act),
            dates: agreed,
        },
        LetterKind::PublishedThanks => {
            Coordinated::Published { links: links(office, case), credit: credit() }
        }
        LetterKind::Receipt
        | LetterKind::Acknowledgement
        | LetterKind::KnownIssue
        | LetterKind::Questions
        | LetterKind::Reminder
        | LetterKind::Intended
        | LetterKind::Bug
        | LetterKind::NotHere
        | LetterKind::Reply
        | LetterKind::Status
        | LetterKind::ListNotice
        | LetterKind::ListChange
        | LetterKind::ListReminder
        | LetterKind::ListLifted
        | LetterKind::ListCorrected
        | LetterKind::ListEnded
        | LetterKind::PublicMail
        | LetterKind::PosterMail => return None,
    };
    Some(Body::Coordinated(body))
}

/// Where it is public.
fn links(office: &Office, case: &Case) -> Vec<String> {
    let mut links = vec![way::advisory_url(office, case)];
    if let CaseCve::Assigned { id } = &case.tracks.cve {
        links.push(id.url());
    }
    links
}

fn confirmed(office: &Office, case: &Case, now: Timestamp) -> Option<Coordinated> {
    let found = case.tracks.assessment.as_ref()?;
    // "How should we name you" is asked once, by whichever letter comes first (RFC: "if they want").
    let asked = |act: &Act| {
        matches!(act.deed, Deed::Acknowledge { .. }) && matches!(act.letter, Some(ActLetter::Left { .. }))
    };
    let asked = case.acts.iter().any(asked);
    Some(Coordinated::Confirmed {
        severity: found.severity,
        why: way::why(found),
        plan: "The people who look after that part reproduce it and work out a fix in private; then we review with you what \
               we publish."
            .to_owned(),
        contact_by: next_word(case, &office.policy, now),
        ask_account: case.tracks.credit.is_none(),
        ask_credit: case.tracks.credit.is_none() && !asked,
    })
}

/// Whether the reporter was asked to read an earlier text: by an earlier act, or this letter follows a change by itself.
fn read_before(case: &Case, act: Option<&Act>) -> bool {
    let earlier = |one: &Act| act.is_none_or(|act| one.number < act.number);
    let asked = |one: &Act| matches!(one.deed, Deed::Step { step: Step::Review { .. } });
    case.acts
        .iter()
        .any(|one| asked(one) && earlier(one) && matches!(one.letter, Some(ActLetter::Left { .. })))
}

/// With the day that waits for an answer, where another one stands.
fn proposed(office: &Office, case: &Case) -> crate::render::letters::Dates {
    let mut dates = way::dates(office, case);
    if let Some(proposed) = case.tracks.embargo.proposed {
        dates.publish_at = proposed.date;
    }
    dates
}

/// Why the day moved, as the member who confirmed it told the reporter.
fn reason(content: &Content) -> String {
    if let Content::Settled { reason } = content { reason.clone() } else { String::new() }
}

/// How it stands with the CVE id; none where there is nothing to say.
fn cve(case: &Case, content: &Content, now: Timestamp) -> Option<Cve> {
    let asked = case.acts.iter().rev().filter(|act| act.stands()).find_map(|act| {
        use crate::case::step::CveStep;
        matches!(act.deed, Deed::Step { step: Step::Cve { says: CveStep::Request } }).then_some(act.at)
    });
    Some(match &case.tracks.cve {
        CaseCve::Assigned { id } => Cve::Assigned { cve: id.to_string() },
        CaseCve::Refused => {
            let reason =
                if let Content::CveNews { reason } = content { reason.clone() } else { String::new() };
            Cve::Refused { requested_at: asked, reason }
        }
        CaseCve::Requested { at } if now.duration_since(*at).as_hours() < 24 => Cve::Requested { at: *at },
        CaseCve::Requested { at } => Cve::Waiting { requested_at: *at },
        CaseCve::None | CaseCve::Unwanted => return None,
    })
}

/// A letter to one of the embargoed list, or to the public. Whoever plans it looks for what is confidential in it.
pub(super) fn to_others(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    letter: LetterKind,
    to: PersonId,
    act: Option<&Act>,
) -> Result<Letter, ()> {
    if letter == LetterKind::PosterMail {
        let url = posted_link(&office.config.github, &case.tracks.posted.as_ref().ok_or(())?.place);
        let mail = ToPublic::PosterMail { url };
        return office.letters.public(&way::public_desk(office), &mail).map_err(|_| ());
    }
    let text = way::text(txn, case).map_err(|_| ())?.ok_or(())?;
    let parts = way::taken_apart(office, case, &text);
    if letter == LetterKind::PublicMail {
        office.letters.public(&way::public_desk(office), &ToPublic::Mail(&parts)).map_err(|_| ())
    } else {
        let desk = desk(office, txn, case, to)?;
        office.letters.list(&desk, &to_list(office, case, letter, act, parts)?).map_err(|_| ())
    }
}

fn desk(office: &Office, txn: &Txn<'_>, case: &Case, to: PersonId) -> Result<ListDesk, ()> {
    let address = txn.address_of(to).map_err(|_| ())?;
    let listed = office.policy.embargoed.iter().find(|listed| listed.address == address);
    Ok(ListDesk {
        organization: listed.map_or_else(|| "all".to_owned(), |listed| listed.organization.clone()),
        product: way::PRODUCT.to_owned(),
        ids: way::ids(case),
        zone: office.policy.calendar.zone.clone(),
        their_zone: None,
        team: office.config.team.name.clone(),
        contact: office.config.addresses.list.to_string(),
        dates: way::dates(office, case),
    })
}

fn to_list(
    office: &Office,
    case: &Case,
    letter: LetterKind,
    act: Option<&Act>,
    parts: crate::render::letters::AdvisoryText,
) -> Result<ToList, ()> {
    Ok(match letter {
        LetterKind::ListNotice => ToList::Notice(Box::new(ListNotice {
            title: parts.title,
            severity: parts.severity,
            vector: parts.vector,
            summary: parts.summary,
            affected: parts.affected,
            tell: parts.tell,
            fix: format!("{}\n\n{}", way::fix(case), parts.mitigation),
            deploy_early: false,
        })),
        LetterKind::ListChange => change(office, case, act),
        LetterKind::ListReminder => ToList::DayBefore,
        LetterKind::ListLifted => {
            ToList::Lifted { title: parts.title, links: vec![parts.url], early: early(office, case) }
        }
        LetterKind::ListCorrected => corrected(case, act).ok_or(())?,
        LetterKind::ListEnded => ToList::Ended { reason: case.closure().ok_or(())?.words().to_owned() },
        LetterKind::Receipt
        | LetterKind::Acknowledgement
        | LetterKind::KnownIssue
        | LetterKind::Questions
        | LetterKind::Reminder
        | LetterKind::Intended
        | LetterKind::Bug
        | LetterKind::NotHere
        | LetterKind::Reply
        | LetterKind::Status
        | LetterKind::Confirmed
        | LetterKind::Proposal
        | LetterKind::Settled
        | LetterKind::Update
        | LetterKind::CveNews
        | LetterKind::Invitation
        | LetterKind::DraftForReporter
        | LetterKind::PublishedThanks
        | LetterKind::PublicMail
        | LetterKind::PosterMail => return Err(()),
    })
}

/// Why it is public before the day that they were told; none: it is not.
fn early(office: &Office, case: &Case) -> Option<String> {
    let public = case.tracks.published?;
    if public >= way::dates(office, case).publish_at {
        return None;
    }
    let why = match (case.tracks.exploited, case.tracks.leaked, case.tracks.publishing) {
        (Some(_), _, _) => "It was being used against people.",
        (None, Some(_), _) => "Something about it was known outside.",
        (None, None, true) => "Nothing spoke for waiting any longer.",
        (None, None, false) => "It was made public without the agreement of the team.",
    };
    Some(why.to_owned())
}

/// The day to which the reporter had agreed before this act, where it is another one.
fn agreed_before(case: &Case, act: Option<&Act>) -> Option<Timestamp> {
    let before = act?.embargo_before()?.agreed?;
    Some(before.date).filter(|was| Some(*was) != case.tracks.date())
}

/// The day that they were told before this act.
fn told_before(act: Option<&Act>) -> Option<Timestamp> {
    act?.embargo_before()?.told
}

/// What changed, by the act that tells of it: it is known or used outside, or the day moved.
fn change(office: &Office, case: &Case, act: Option<&Act>) -> ToList {
    let step =
        act.and_then(|act| if let Deed::Step { step } = &act.deed { Some((step, act.at)) } else { None });
    let (kind, noticed, what) = match step {
        Some((Step::Exploited, at)) => (Incident::Exploited, at, "It is being used against people."),
        Some((Step::Leaked, at)) => {
            (Incident::Leak, at, "Something about it is known outside the circle of those who were told.")
        }
        Some(_) | None => {
            return ToList::Change {
                was: told_before(act).unwrap_or_else(|| way::dates(office, case).publish_at),
                reason: way::why_moved(case).to_owned(),
            };
        }
    };
    let response = "We decide now whether to publish at once, and write to you when we do.".to_owned();
    ToList::Incident { kind, noticed, what: what.to_owned(), response }
}

/// What we said in error, and whether the day stays.
fn corrected(case: &Case, act: Option<&Act>) -> Option<ToList> {
    let act = act?;
    let Deed::Step { step } = &act.deed else { return None };
    let kind = if *step == Step::Exploited { Incident::Exploited } else { Incident::Leak };
    let stays = case.tracks.leaked.or(case.tracks.exploited).is_none();
    Some(ToList::Corrected { kind, noticed: act.at, stays })
}

/// The entry for a calendar that comes with a letter that names the agreed day.
pub(super) fn entry(office: &Office, case: &Case, letter: LetterKind, now: Timestamp) -> Option<Attachment> {
    let names_it = matches!(
        letter,
        LetterKind::Settled | LetterKind::ListNotice | LetterKind::ListChange | LetterKind::ListReminder
    );
    let at = case.tracks.date().filter(|_| names_it)?;
    Some(way::entry(office, case, Occasion::Publication, at, Standing::Confirmed, now))
}
