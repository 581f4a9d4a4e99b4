//! The rest of the check list on the page of a vulnerability (RFC lines 45 to 73), from the state of the case.

use super::{views, way};
use crate::case::tracks::{Cve, Fix, Meeting};
use crate::case::{Case, Phase, Severity};
use crate::office::Office;
use crate::render::issue::Step;
use crate::render::when;

/// The whole list: what leads to the public stands before the end.
pub(super) fn with(mut begun: Vec<Step>, office: &Office, case: &Case) -> Vec<Step> {
    let way = steps(office, case);
    let Some(end) = begun.pop_if(|_| !way.is_empty()) else { return begun };
    begun.extend(way);
    let text = if end.done { end.text } else { "Close it once it is public".to_owned() };
    begun.push(Step { text, ..end });
    begun
}

/// What was found, in a line; none before it was assessed.
pub(super) fn assessed(case: &Case) -> Option<String> {
    let found = case.tracks.assessment.as_ref()?;
    let scored =
        found.vector.as_ref().map_or(String::new(), |vector| format!(", {} ({vector})", vector.score()));
    let sigs: Vec<String> = found.sigs.iter().map(ToString::to_string).collect();
    Some(format!(
        "a vulnerability, {}{scored}; breaks {}; SIG {}",
        found.severity,
        found.breaks.words(),
        sigs.join(", ")
    ))
}

/// The steps from the draft advisory to the public; empty for what is no vulnerability.
fn steps(office: &Office, case: &Case) -> Vec<Step> {
    let Some(found) = &case.tracks.assessment else { return Vec::new() };
    let tracks = &case.tracks;
    let phase = case.phase();
    let zone = &office.policy.calendar.zone;
    let day = |at| when::medium(at, zone);
    let step = |done, text: String| Step { done, text };
    let names: Vec<String> = tracks.group.iter().map(|key| views::name(office, key)).collect();
    let mut steps = vec![
        advisory(office, case),
        step(
            !names.is_empty(),
            format!(
                "Working group: {}",
                if names.is_empty() { "nobody yet".to_owned() } else { names.join(", ") }
            ),
        ),
        step(
            tracks.reproduced.is_some(),
            match tracks.reproduced {
                None => "Reproduced: nobody has said".to_owned(),
                Some(true) => "Reproduced".to_owned(),
                Some(false) => "Not seen to happen".to_owned(),
            },
        ),
        date(office, case),
        cve(office, case),
        fix(case),
    ];
    if found.severity >= Severity::High {
        steps.push(step(
            tracks.installers.is_some(),
            match tracks.installers {
                None => "Installers: SIG-Release is asked".to_owned(),
                Some(true) => "Installers: new ones are made".to_owned(),
                Some(false) => "Installers: none are needed".to_owned(),
            },
        ));
    }
    if let Some(meeting) = tracks.meeting {
        let held = !matches!(meeting, Meeting::Proposed { .. });
        steps.push(step(
            held,
            match meeting {
                Meeting::Proposed { at } => format!("Meeting: asked for {}", day(at)),
                Meeting::Held => "Meeting: held".to_owned(),
                Meeting::Waived => "Meeting: not needed".to_owned(),
            },
        ));
    }
    steps.push(review(office, case));
    steps.push(step(
        tracks.notified.is_some(),
        match tracks.notified {
            Some(at) => format!("Embargoed list and SIG chairs told {}", day(at)),
            None => "Tell the embargoed list and the SIG chairs".to_owned(),
        },
    ));
    steps.push(step(
        tracks.published.is_some(),
        match (tracks.published, phase) {
            (Some(at), _) => format!("Public since {}", day(at)),
            (None, Some(Phase::Ready)) => "Ready: two people publish it on its day".to_owned(),
            (None, _) => "Publish".to_owned(),
        },
    ));
    let on_advisory = tracks.tasks.keys().filter(|task| task.url().is_none());
    steps.extend(on_advisory.map(|task| step(false, format!("A person must {}", task.words()))));
    steps
}

fn advisory(office: &Office, case: &Case) -> Step {
    let seen = case.tracks.advisory.as_ref();
    let text = seen.map_or(String::new(), |seen| {
        let ended = if seen.state.is_ended() { ", CLOSED on GitHub" } else { "" };
        format!(", text {}{ended}", seen.text.short())
    });
    let stands = seen.is_some_and(|seen| !seen.state.is_ended());
    Step { done: stands, text: format!("Advisory: {}{text}", way::advisory_url(office, case)) }
}

fn date(office: &Office, case: &Case) -> Step {
    let embargo = &case.tracks.embargo;
    let day = |at| when::medium(at, &office.policy.calendar.zone);
    let date = match (embargo.agreed, embargo.proposed, embargo.conflict) {
        (_, _, Some(since)) => format!("Day: no agreement since {}", day(since)),
        (Some(agreed), None, None) => match agreed.mail {
            Some(mail) => format!("Day: {}, agreed by mail {mail}", day(agreed.date)),
            None => format!("Day: {}, set by two members", day(agreed.date)),
        },
        (Some(agreed), Some(proposed), None) => {
            format!("Day: {}, agreed; {} is proposed", day(agreed.date), day(proposed.date))
        }
        (None, Some(proposed), None) => format!("Day: {} is proposed", day(proposed.date)),
        (None, None, None) if case.reporter.is_none() => "Day: two members set it".to_owned(),
        (None, None, None) => "Day: propose one to the reporter".to_owned(),
    };
    let limit = day(way::dates(office, case).limit_at);
    let done = embargo.agreed.is_some() && embargo.conflict.is_none();
    Step { done, text: format!("{date} (the limit is {limit})") }
}

fn cve(office: &Office, case: &Case) -> Step {
    let day = |at| when::medium(at, &office.policy.calendar.zone);
    let (done, text) = match &case.tracks.cve {
        Cve::None => (false, "CVE: not asked for".to_owned()),
        Cve::Requested { at } => (false, format!("CVE: asked for {}", day(*at))),
        Cve::Assigned { id } if case.tracks.cve_unread => (
            false,
            format!("CVE: GitHub shows {id}, and nobody here asked for it: `!cve {id}`, or correct it there"),
        ),
        Cve::Assigned { id } => (true, format!("CVE: {id}")),
        Cve::Refused => (true, "CVE: refused; the GHSA id must do".to_owned()),
        Cve::Unwanted => (true, "CVE: none wanted; the GHSA id must do".to_owned()),
    };
    Step { done, text }
}

fn fix(case: &Case) -> Step {
    let (done, text) = match &case.tracks.fix {
        Fix::Open => (false, "Fix: nobody has said".to_owned()),
        Fix::Proposed { at } => (false, format!("Fix: written, {at}")),
        Fix::Merged { at } => (true, format!("Fix: merged, {at}")),
        Fix::Impossible => (true, "Fix: none in time".to_owned()),
    };
    Step { done, text }
}

fn review(office: &Office, case: &Case) -> Step {
    let Some(review) = &case.tracks.review else {
        return Step { done: false, text: "Review of what will be public".to_owned() };
    };
    let (have, want) = (case.tracks.approvals(&office.policy.roster), office.policy.runbook.approvals);
    let objects: Vec<String> = review.objections.iter().map(|key| views::name(office, key)).collect();
    let mut text = format!("Review of text {}: {have} of {want} approvals", review.text.short());
    if !objects.is_empty() {
        text.push_str(&format!("; {} objects", objects.join(", ")));
    }
    if case.reporter.is_some_and(|reporter| review.asked_since(reporter).is_none()) {
        text.push_str("; the reporter does not have it yet");
    }
    Step { done: have >= want && objects.is_empty(), text }
}

/// What everybody who opens the page must see first.
pub(super) fn remarks(office: &Office, case: &Case) -> Vec<String> {
    let zone = &office.policy.calendar.zone;
    let since = |what: &str, at| format!("{what} since {}", when::medium(at, zone));
    [
        case.tracks.exploited.map(|at| since("It is being used against people", at)),
        case.tracks.leaked.map(|at| since("Something of it is known outside", at)),
    ]
    .into_iter()
    .flatten()
    .chain(on_posted(case))
    .collect()
}

/// What a person must do on the public issue: also of a case that nobody has assessed.
fn on_posted(case: &Case) -> impl Iterator<Item = String> + '_ {
    let tasks = case.tracks.tasks.keys();
    tasks.filter_map(|task| task.url().map(|url| format!("A person must {}: {url}", task.words())))
}
