//! Letters to people of the roster on the way of a vulnerability (T09 to T31), rendered when they leave.

use jiff::{SignedDuration, Timestamp};

use super::{links, way};
use crate::case::act::ActState;
use crate::case::calendar::days_after;
use crate::case::roster::Member;
use crate::case::{Brief, Case, Phase, decide};
use crate::mail::compose::Attachment;
use crate::office::Office;
use crate::render::calendar_entry::{Occasion, Standing};
use crate::render::letters::{
    ConflictNote, Dates, Desk, Incident, IncidentNote, Letter, OnCase, TscNote, Version,
};
use crate::render::when;
use crate::store::{StoreError, Txn};

/// A brief as a letter, with the entry for a calendar that comes with it; none where there is nothing to say any more, or the
/// brief is a plain notice.
pub(super) fn letter(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    brief: &Brief,
    to: &Member,
    now: Timestamp,
) -> Result<Option<(Letter, Option<Attachment>)>, StoreError> {
    let Some(what) = on_case(office, txn, case, brief, now)? else { return Ok(None) };
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
        | Brief::NoIncident
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
    now: Timestamp,
) -> Result<Option<OnCase>, StoreError> {
    let advisory = || way::advisory_url(office, case);
    let dates = way::dates(office, case);
    Ok(Some(match brief {
        Brief::Sig => OnCase::SigChair {
            sig: sigs(case).join(", "),
            component: component(case),
            severity: way::severity(case),
            advisory: advisory(),
            by: within(office, now, 3),
        },
        Brief::Tsc => OnCase::TscNotice(TscNote {
            severity: way::severity(case),
            sigs: sigs(case),
            help: "People of those groups who reproduce and fix it, if the groups have none to spare."
                .to_owned(),
            advisory: advisory(),
            agreed: case.tracks.date().is_some(),
            dates,
        }),
        Brief::NoAgreement => OnCase::Conflict(conflict(office, case, now)),
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
        Brief::Incident => OnCase::Incident(incident(office, case, now)),
        Brief::DayMoved => day_moved(case, dates),
        Brief::CveCame
        | Brief::CveUnread
        | Brief::NoIncident
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
    OnCase::Embargo { dates, moved: way::moved(case).map(|was| (was, way::MOVED.to_owned())) }
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
    let what = if fixed.is_empty() {
        "the fix".to_owned()
    } else {
        format!("{} {}", way::PRODUCT, fixed.join(", "))
    };
    Ok(vec![
        format!("the move of your branches and projects to {what}"),
        "what you tell the people who use your part, if they must do something".to_owned(),
    ])
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

fn conflict(office: &Office, case: &Case, now: Timestamp) -> ConflictNote {
    let zone = &office.policy.calendar.zone;
    let day = |at: Timestamp| when::long(at, zone);
    let ours = case.tracks.embargo.proposed.map(|proposed| day(proposed.date));
    let limit = decide::limit(case, &office.policy);
    ConflictNote {
        issue: issue(office, case),
        theirs: "See the reporter's last mail on the issue.".to_owned(),
        ours: ours.unwrap_or_else(|| "No day was proposed yet.".to_owned()),
        why: format!("Without an agreement the last day is {}.", day(limit)),
        options: vec![
            "take the day that the reporter wishes".to_owned(),
            "propose another day, with a reason that the reporter can check".to_owned(),
            "ask a neutral party such as CERT/CC to coordinate".to_owned(),
        ],
        by: within(office, now, 5),
        dates: way::dates(office, case),
    }
}

fn incident(office: &Office, case: &Case, now: Timestamp) -> IncidentNote {
    let used = case.tracks.exploited.is_some();
    let noticed = case.tracks.exploited.or(case.tracks.leaked).or(case.tracks.published).unwrap_or(now);
    let early = case.tracks.published.is_some() && !case.tracks.publishing;
    IncidentNote {
        kind: if used { Incident::Exploited } else { Incident::Leak },
        noticed,
        place: if early {
            "the advisory on GitHub, which somebody published".to_owned()
        } else {
            issue(office, case)
        },
        what: "It stands on the issue.".to_owned(),
        how: "Not known yet; whoever knows more, please say so on the issue.".to_owned(),
        response: "The team decides now whether to publish at once; two people must say so.".to_owned(),
        new_at: None,
        dates: way::dates(office, case),
        agreed: case.tracks.date().is_some(),
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
        Brief::Mitigation => "a mitigation is ready".to_owned(),
        Brief::Installers => "are new installers needed?".to_owned(),
        Brief::ReleaseNote => "a line for the release notes".to_owned(),
        Brief::Retrospective => "public: please look back at how it went".to_owned(),
        Brief::Incident => "something of it is known outside, or it is being used: look at once".to_owned(),
        Brief::CveCame => "the CVE id is there, and the reporter is told".to_owned(),
        Brief::NoIncident => {
            "it is not known outside, and not used, after all: what you were told of that was an error"
                .to_owned()
        }
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
        Brief::NoIncident => Some(
            "The day that was agreed holds again, unless something else speaks against it; the issue says so.",
        ),
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
