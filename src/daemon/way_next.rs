//! What comes next on the way of a vulnerability, in words for its reporter: what is really missing, and nothing that is over.

use jiff::Timestamp;

use crate::case::decide::told;
use crate::case::tracks::{Cve, Fix, Tracks};
use crate::case::{Case, Phase, Policy, Severity};

/// What comes next.
pub(super) fn next(case: &Case, policy: &Policy, now: Timestamp) -> String {
    let Some(phase) = case.phase() else {
        return "We find out what it does, and whether it is a vulnerability.".to_owned();
    };
    let tracks = &case.tracks;
    match phase {
        Phase::Confirmed => return "We bring together the people who fix it.".to_owned(),
        Phase::Disclosed => return public(tracks).to_owned(),
        Phase::Mitigating | Phase::Review | Phase::Prenotice | Phase::Ready => {}
    }
    let mut open = work(tracks);
    open.extend(text(case, policy, now));
    open.extend(others(case, policy, now));
    open.extend(day(tracks));
    if open.is_empty() {
        return last(tracks, now).to_owned();
    }
    let open: Vec<String> = open.iter().map(|what| format!("- {what}")).collect();
    format!("Still open until we publish:\n\n{}", open.join("\n"))
}

/// Reproduction, fix, installers, CVE id.
fn work(tracks: &Tracks) -> Vec<String> {
    let mut open = Vec::new();
    let mut put = |what: &str| open.push(what.to_owned());
    if tracks.reproduced.is_none() {
        put("whether we see it happen ourselves");
    }
    match &tracks.fix {
        Fix::Open => put("a fix, or the finding that there is none in time"),
        Fix::Proposed { .. } => put("the fix: it is written, and is still to go into the public repository"),
        Fix::Merged { .. } | Fix::Impossible => {}
    }
    let grave = tracks.assessment.as_ref().is_some_and(|found| found.severity >= Severity::High);
    if grave && tracks.installers.is_none() {
        put("whether new installers are made");
    }
    match &tracks.cve {
        Cve::None => put("a CVE number, which we have not asked for yet"),
        Cve::Requested { .. } => {
            put("the CVE number that we asked for (we do not wait for it with publishing)");
        }
        Cve::Assigned { .. } | Cve::Refused | Cve::Unwanted => {}
    }
    open
}

/// The text for everybody, and who must read it.
fn text(case: &Case, policy: &Policy, now: Timestamp) -> Vec<String> {
    let tracks = &case.tracks;
    let Some(review) = &tracks.review else {
        return vec!["the text for everybody, which you get to read before".to_owned()];
    };
    let mut open = Vec::new();
    let lacking = policy.runbook.approvals.saturating_sub(tracks.approvals(&policy.roster));
    match lacking {
        0 => {}
        1 => open.push("the approval of the text by one more of us".to_owned()),
        more => open.push(format!("the approval of the text by {more} more of us")),
    }
    if !review.objections.is_empty() {
        open.push("an objection of one of us to the text".to_owned());
    }
    let since = case.reporter.and_then(|reporter| review.asked_since(reporter));
    let until = since.map(|at| policy.calendar.advance_working_days(at, policy.runbook.reporter_review_days));
    if !review.reporter_wrote && until.is_none_or(|until| now < until) {
        open.push("your word on the text, if you have one".to_owned());
    }
    open
}

/// Those who are told in confidence, so that they are ready.
fn others(case: &Case, policy: &Policy, now: Timestamp) -> Option<String> {
    if case.tracks.notified.is_none() && !policy.embargoed.is_empty() {
        return Some("telling those in confidence who need time to prepare".to_owned());
    }
    told::still_prepare(case, policy, now).then(|| "the time that others need to prepare".to_owned())
}

/// The day, where there is none and it is waited for.
fn day(tracks: &Tracks) -> Option<String> {
    if tracks.date().is_some() || tracks.leaked.is_some() || tracks.exploited.is_some() {
        return None;
    }
    let what = match (tracks.embargo.conflict, tracks.embargo.proposed) {
        (Some(_), _) => "a day that suits you and us; without one it is the last day that we named to you",
        (None, Some(_)) => "your answer to the day that we proposed",
        (None, None) => "a day for publishing, which we propose to you",
    };
    Some(what.to_owned())
}

/// Nothing is open but that it happens.
fn last(tracks: &Tracks, now: Timestamp) -> &'static str {
    let outside = tracks.leaked.is_some() || tracks.exploited.is_some();
    if !outside && tracks.date().is_some_and(|date| now < date) {
        "Nothing is missing but the day."
    } else {
        "Nothing is missing any more: it is published as soon as two people of ours say so."
    }
}

/// It is public.
fn public(tracks: &Tracks) -> &'static str {
    if matches!(tracks.cve, Cve::Requested { .. }) {
        "It is public. The CVE number that we asked for is added when it comes."
    } else {
        "It is public, and nothing is missing any more."
    }
}
