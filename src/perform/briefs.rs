//! Letters to people of the roster on the way of a vulnerability (T09 to T31), rendered when they leave.

use jiff::{SignedDuration, Timestamp};

use super::{links, way};
use crate::case::act::ActState;
use crate::case::calendar::days_after;
use crate::case::roster::Member;
use crate::case::tracks::Fix;
use crate::case::{Brief, Case, Phase, Sig, Sighting, decide};
use crate::mail::compose::Attachment;
use crate::office::Office;
use crate::render::calendar_entry::{Occasion, Standing};
use crate::render::letters::{
    ConflictNote, Dates, Desk, FixIs, Incident, IncidentNote, Letter, OnCase, TscNote, Version,
};
use crate::render::when;
use crate::store::{StoreError, Txn};

/// A brief as a letter, with the entry for a calendar that comes with it; none where there is nothing to say any more, or the
/// brief is a plain notice. `words`: what the member said whose act it tells of.
pub(super) fn letter(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    brief: &Brief,
    words: Option<&[u8]>,
    to: &Member,
    now: Timestamp,
) -> Result<Option<(Letter, Option<Attachment>)>, StoreError> {
    let Some(what) = on_case(office, txn, case, brief, &Reader { to, words }, now)? else { return Ok(None) };
    let desk = Desk {
        to: Some(to.name.clone()),
        zone: office.policy.calendar.zone.clone(),
        their_zone: to.zone.clone(),
        team: office.config.team.name.clone(),
        code: office.code_for_member(case.id, &to.key),
    };
    let Ok(letter) = office.letters.on_case(case.id, &desk, &what) else { return Ok(None) };
    let day = |occasion, begins, standing| way::entry(office, case, occasion, begins, standing, now);
    let file = match brief {
        Brief::Meeting { at } => Some(day(Occasion::Meeting, *at, Standing::Tentative)),
        Brief::DayMoved => case.tracks.date().map(|at| day(Occasion::Publication, at, Standing::Confirmed)),
        Brief::Sig
        | Brief::Tsc
        | Brief::NoAgreement
        | Brief::Group
        | Brief::Review { .. }
        | Brief::Mitigation
        | Brief::Installers
        | Brief::ReleaseNote
        | Brief::Retrospective
        | Brief::Incident
        | Brief::CveCame
        | Brief::CveUnread
        | Brief::NoIncident { .. }
        | Brief::GoesOn
        | Brief::Ended
        | Brief::OriginalEnded
        | Brief::AdvisoryClosed
        | Brief::AdvisoryWithdrawn
        | Brief::PublishHalted
        | Brief::Public
        | Brief::PostedChanged
        | Brief::PostedBlank
        | Brief::PostedGone
        | Brief::PostedBack
        | Brief::Task { .. } => None,
    };
    Ok(Some((letter, file)))
}

/// Who reads a brief, and what the member said whose act it tells of.
struct Reader<'a> {
    to: &'a Member,
    words: Option<&'a [u8]>,
}

fn issue(office: &Office, case: &Case) -> String {
    case.issue.map_or_else(|| "issue pending".to_owned(), |(_, number)| links::issue_url(office, number))
}

/// So many working days from now.
fn within(office: &Office, now: Timestamp, days: u32) -> Timestamp {
    office.policy.calendar.advance_working_days(now, days)
}

fn sigs(case: &Case) -> Vec<String> {
    let found = case.tracks.assessment.as_ref();
    found.map(|found| found.sigs.iter().map(|sig| format!("SIG {sig}")).collect()).unwrap_or_default()
}

fn component(case: &Case) -> String {
    case.component.as_ref().map_or_else(|| way::PRODUCT.to_owned(), ToString::to_string)
}

fn on_case(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    brief: &Brief,
    reader: &Reader<'_>,
    now: Timestamp,
) -> Result<Option<OnCase>, StoreError> {
    let advisory = || way::advisory_url(office, case);
    let dates = way::dates(office, case);
    Ok(Some(match brief {
        Brief::Sig => sig_chair(office, case, reader.to, now),
        Brief::Tsc => OnCase::TscNotice(TscNote {
            severity: way::severity(case),
            sigs: sigs(case),
            help: "People of those groups who reproduce and fix it, if the groups have none to spare."
                .to_owned(),
            advisory: advisory(),
            agreed: case.tracks.date().is_some(),
            dates,
        }),
        Brief::NoAgreement => OnCase::Conflict(conflict(office, case, reader.words, now)),
        Brief::Group => OnCase::WorkingGroup {
            people: case.tracks.group.iter().map(|key| super::views::name(office, key)).collect(),
            advisory: advisory(),
            fork: if case.tracks.advisory.as_ref().is_some_and(|seen| seen.fork) {
                format!("the private fork of {}", advisory())
            } else {
                "the private fork, once it is begun on the advisory".to_owned()
            },
            by: within(office, now, 3),
        },
        Brief::Review { text, by } => return review(office, txn, case, text, *by),
        Brief::Meeting { at } => meeting(office, case, *at, now),
        Brief::Mitigation => OnCase::ChairsNotice {
            component: component(case),
            fix: fix_is(case),
            prepare: prepare(txn, case)?,
            advisory: Some(advisory()),
            dates,
        },
        Brief::Installers => OnCase::Installers {
            severity: way::severity(case),
            fix: vec![way::fix(case)],
            proposal: "with the next point release".to_owned(),
            by: within(office, now, 3),
            dates,
        },
        Brief::ReleaseNote => {
            let title = way::text(txn, case)?.map(|text| text.summary).unwrap_or_default();
            OnCase::ReleaseNote {
                ids: way::ids(case),
                line: format!("{}: {title}", way::ids(case)),
                url: advisory(),
            }
        }
        Brief::Retrospective => retrospective(office, case, now),
        Brief::Incident => OnCase::Incident(incident(office, case, reader.words, now)),
        // It was taken back before it left.
        Brief::DayMoved if case.tracks.date().is_none() => return Ok(None),
        Brief::DayMoved => day_moved(case, dates),
        Brief::CveCame
        | Brief::CveUnread
        | Brief::NoIncident { .. }
        | Brief::GoesOn
        | Brief::Ended
        | Brief::OriginalEnded
        | Brief::AdvisoryClosed
        | Brief::AdvisoryWithdrawn
        | Brief::PublishHalted
        | Brief::Public
        | Brief::Task { .. }
        | Brief::PostedChanged
        | Brief::PostedBlank
        | Brief::PostedGone
        | Brief::PostedBack => return Ok(None),
    }))
}

/// T10: of the reader's own group.
fn sig_chair(office: &Office, case: &Case, to: &Member, now: Timestamp) -> OnCase {
    let found = case.tracks.assessment.as_ref().map(|found| found.sigs.as_slice()).unwrap_or_default();
    let (own, others): (Vec<&Sig>, Vec<&Sig>) = found.iter().partition(|sig| to.sigs.contains(sig));
    // Who chairs none of them any more reads of all.
    let (own, others) = if own.is_empty() { (others, own) } else { (own, others) };
    let named = |sigs: Vec<&Sig>| sigs.into_iter().map(|sig| format!("SIG {sig}")).collect::<Vec<_>>();
    OnCase::SigChair {
        sig: way::and(named(own)),
        others: named(others),
        component: component(case),
        severity: way::severity(case),
        advisory: way::advisory_url(office, case),
        by: within(office, now, 3),
    }
}

/// How far the fix is.
fn fix_is(case: &Case) -> FixIs {
    match &case.tracks.fix {
        Fix::Merged { .. } => FixIs::Public,
        Fix::Proposed { .. } => FixIs::Coming,
        Fix::Open | Fix::Impossible => FixIs::Missing,
    }
}

/// T20.
fn meeting(office: &Office, case: &Case, at: Timestamp, now: Timestamp) -> OnCase {
    OnCase::Meeting {
        issue: issue(office, case),
        why: format!("severity {}", way::severity_or_claim(case)),
        days: office.policy.runbook.meeting_days,
        by: days_after(case.received, office.policy.runbook.meeting_days),
        slots: slots(office, at, now),
        second_zone: jiff::tz::TimeZone::get("America/Los_Angeles").ok(),
    }
}

/// T13: agreed, or moved; why stands in the letter to the reporter alone.
fn day_moved(case: &Case, dates: Dates) -> OnCase {
    let moved = way::moved(case).map(|was| (was, way::why_moved(case).to_owned()));
    OnCase::Embargo { dates, moved, set: way::is_set(case) }
}

/// T30.
fn retrospective(office: &Office, case: &Case, now: Timestamp) -> OnCase {
    OnCase::Retrospective {
        issue: issue(office, case),
        ids: way::ids(case),
        timeline: timeline(office, case),
        by: within(office, now, 5),
    }
}

/// What chairs have ready on the day.
fn prepare(txn: &Txn<'_>, case: &Case) -> Result<Vec<String>, StoreError> {
    let text = way::text(txn, case)?;
    let fixed: Vec<String> = text
        .map(|text| {
            text.affected.into_iter().map(|one| one.fixed).filter(|fixed| !fixed.is_empty()).collect()
        })
        .unwrap_or_default();
    let move_to = |what: &str| format!("the move of your branches and projects to {what}");
    let work = match (fix_is(case), fixed.as_slice()) {
        (FixIs::Missing, _) => "what your branches and projects can do without a fix".to_owned(),
        (FixIs::Public | FixIs::Coming, []) => move_to("the fix"),
        (FixIs::Public | FixIs::Coming, fixed) => move_to(&format!("{} {}", way::PRODUCT, fixed.join(", "))),
    };
    Ok(vec![work, "what you tell the people who use your part, if they must do something".to_owned()])
}

/// T19 while it is reviewed, T09 before.
fn review(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    text: &crate::case::Sha256,
    by: Timestamp,
) -> Result<Option<OnCase>, StoreError> {
    let Some(read) = super::secrets::approved_text(txn, case, text)? else { return Ok(None) };
    let draft = Version { text: read.whole(), hash: text.short() };
    let early = case.phase().is_none_or(|phase| phase < Phase::Review);
    Ok(Some(if early {
        OnCase::DraftResponse { issue: issue(office, case), draft, by }
    } else {
        OnCase::ReviewRequest { draft, by, dates: way::agreed_dates(office, case) }
    }))
}

/// T14: both positions; the reporter's in the words of the member who noted it.
fn conflict(office: &Office, case: &Case, words: Option<&[u8]>, now: Timestamp) -> ConflictNote {
    let zone = &office.policy.calendar.zone;
    let day = |at: Timestamp| when::long(at, zone);
    let theirs = words.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default().trim();
    let ours = case.tracks.embargo.proposed.map(|proposed| format!("To publish on {}.", day(proposed.date)));
    let limit = decide::limit(case, &office.policy);
    ConflictNote {
        issue: issue(office, case),
        theirs: if theirs.is_empty() {
            "Nobody has written it down; the reporter's last mail stands on the issue.".to_owned()
        } else {
            theirs.to_owned()
        },
        ours: ours.unwrap_or_else(|| "We have proposed no day yet.".to_owned()),
        why: format!("It is published on {} at the latest, with or without a fix.", day(limit)),
        options: vec![
            "take the day that the reporter wishes".to_owned(),
            "propose another day, with a reason that the reporter can check".to_owned(),
            "ask a neutral party such as CERT/CC to coordinate".to_owned(),
        ],
        by: within(office, now, 5),
        dates: way::dates(office, case),
    }
}

/// T31: where, what and how in the words of the member who said so.
fn incident(office: &Office, case: &Case, words: Option<&[u8]>, now: Timestamp) -> IncidentNote {
    let tracks = &case.tracks;
    // Somebody published it: all that anybody could say stands there.
    let public = tracks.published.filter(|_| !tracks.publishing);
    let said = words.and_then(Sighting::of);
    let used = said.as_ref().map_or(tracks.exploited.is_some(), |said| said.used);
    let since = if used { tracks.exploited } else { tracks.leaked };
    let said = said.filter(|_| public.is_none()).unwrap_or_default();
    let or = |said: String, ours: &str| if said.is_empty() { ours.to_owned() } else { said };
    let (what, how, response) = if public.is_some() {
        (
            "All that the advisory says.",
            "Not known yet; the page of the advisory says who published it.",
            "The team decides now who must hear of it: once two people say publish, the reporter, the embargoed list and the \
             public channels are told.",
        )
    } else {
        (
            "Nobody has written that down yet.",
            "Not known yet.",
            "The team decides now whether to publish at once; two people must say so.",
        )
    };
    IncidentNote {
        kind: if used { Incident::Exploited } else { Incident::Leak },
        noticed: public.or(since).unwrap_or(now),
        public: public.is_some(),
        place: if public.is_some() {
            let url = way::advisory_url(office, case);
            format!("the advisory on GitHub, which somebody published:\n{url}")
        } else {
            said.place
        },
        what: or(said.what, what),
        how: or(said.how, how),
        response: response.to_owned(),
        new_at: None,
        dates: way::dates(office, case),
        agreed: tracks.date().is_some(),
    }
}

/// The hour that was asked for, and up to three before it across zones: morning and evening in UTC.
fn slots(office: &Office, at: Timestamp, now: Timestamp) -> Vec<Timestamp> {
    let earlier = |hours: i64| at.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(at);
    let working = |slot: &Timestamp| *slot > now && office.policy.calendar.is_working_time(*slot);
    std::iter::once(at).chain([48, 24, 8].map(earlier).into_iter().filter(working)).collect()
}

/// What happened when, without a word of anybody.
fn timeline(office: &Office, case: &Case) -> String {
    let zone = &office.policy.calendar.zone;
    let mut lines = vec![format!("- {}: the report came", when::medium(case.received, zone))];
    for act in case.acts.iter().filter(|act| act.state == ActState::Done) {
        let who = super::views::name(office, &act.by);
        lines.push(format!("- {}: {} ({who})", when::medium(act.at, zone), act.deed.words()));
    }
    if let Some(at) = case.tracks.published {
        lines.push(format!("- {}: public", when::medium(at, zone)));
    }
    lines.join("\n")
}

/// The headline of a brief where there is room for a line: Discord, and plain notices.
pub(super) fn headline(brief: &Brief) -> String {
    match brief {
        Brief::Sig => "assessed as a vulnerability; the SIG chairs are told".to_owned(),
        Brief::Tsc => "the TSC contact is told".to_owned(),
        Brief::NoAgreement => "no agreement about the day".to_owned(),
        Brief::Group => "the working group is named".to_owned(),
        Brief::Review { text, .. } => format!("please read what will be public (text {})", text.short()),
        Brief::Meeting { .. } => "please find an hour to meet about it".to_owned(),
        Brief::Mitigation => "it becomes public soon: please prepare".to_owned(),
        Brief::Installers => "are new installers needed?".to_owned(),
        Brief::ReleaseNote => "a line for the release notes".to_owned(),
        Brief::Retrospective => "public: please look back at how it went".to_owned(),
        Brief::Incident => "something of it is known outside, or it is being used: look at once".to_owned(),
        Brief::CveCame => "the CVE id is there, and the reporter is told".to_owned(),
        Brief::NoIncident { .. } => {
            "what you were told last of its being known outside, or used, was an error".to_owned()
        }
        Brief::GoesOn => "it goes on: that it is no vulnerability was taken back".to_owned(),
        Brief::Ended => "it turned out to be no vulnerability, and nothing is published".to_owned(),
        Brief::OriginalEnded => {
            "the case of which this one is a duplicate is public now, or was closed".to_owned()
        }
        Brief::CveUnread => {
            "GitHub shows a CVE id that nobody here asked for, or another one than before".to_owned()
        }
        Brief::AdvisoryClosed => "somebody closed the advisory on GitHub".to_owned(),
        Brief::AdvisoryWithdrawn => "somebody withdrew the advisory on GitHub".to_owned(),
        Brief::PublishHalted => "it is not published: something speaks against it now".to_owned(),
        Brief::Public => "it is public; thank you for your part in it".to_owned(),
        Brief::Task { task } => format!("a person must {}", task.words()),
        Brief::DayMoved => "the day for publishing is another one".to_owned(),
        Brief::PostedChanged => {
            "the public issue was changed; it is saved anew, and what was agreed about it counts no more"
                .to_owned()
        }
        Brief::PostedBlank => "the words of the public issue are taken out".to_owned(),
        Brief::PostedGone => "the public issue is gone".to_owned(),
        Brief::PostedBack => "the words of the public issue can be read again".to_owned(),
    }
}

/// What its reader can do, where the headline does not say so.
pub(super) fn next(brief: &Brief) -> Option<&'static str> {
    match brief {
        Brief::AdvisoryClosed => Some(
            "The case goes on, but I write nothing into a closed advisory, and it cannot be published. If it was closed by \
             mistake, open it again on GitHub: I see that by myself. If another advisory takes its place, say: \
             advisory GHSA-... If there is nothing to publish, close the case and say why.",
        ),
        Brief::NoIncident { stays: true } => {
            Some("Nothing else of it is known outside or used: the day holds as before.")
        }
        Brief::NoIncident { stays: false } => Some(
            "It is known outside, or used, all the same, by what was said or seen besides: the issue says since when. It may still \
             become public before its day.",
        ),
        Brief::GoesOn => {
            Some("What you were asked to do for it is wanted again. What you know of it stays with you.")
        }
        Brief::Ended => Some(
            "There is nothing more to do for it. What you know of it stays with you. A draft advisory on GitHub is still there: \
             whoever owns the case closes it.",
        ),
        Brief::OriginalEnded => Some(
            "Its reporter knows nothing of the other case, and waits for a word from us: please write to them (reply), with \
             the advisory if there is one, and whether it names them.",
        ),
        Brief::CveUnread => Some(
            "Please look at it on the advisory. If it is the right one, say: cve CVE-... (the reporter hears of it then). If not, \
             correct it there. Until then nothing goes public.",
        ),
        Brief::AdvisoryWithdrawn => Some(
            "I tell nobody of it. Please decide what they must hear who were told that it is public: the reporter, the \
             embargoed list, the public lists and channels.",
        ),
        Brief::PublishHalted => Some(
            "Two people had said so, and since then somebody objected, another day was agreed, or something was taken back. \
             The answer to publish names what is missing now. When nothing is any more, say publish again; a second person \
             confirms it as before.",
        ),
        Brief::Sig
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
        | Brief::DayMoved
        | Brief::CveCame
        | Brief::Public
        | Brief::PostedChanged
        | Brief::PostedBlank
        | Brief::PostedGone
        | Brief::PostedBack
        | Brief::Task { .. } => None,
    }
}
