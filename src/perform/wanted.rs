//! What an advisory should be by its case, held against what GitHub shows: as few changes as it takes.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::advised::public_text;
use super::marks::Marks;
use super::way;
use crate::case::roster::{Member, Role};
use crate::case::tracks::Credit;
use crate::case::{Act, ActState, Assessment, Case, Deed, Policy, Severity, Step, Task};
use crate::office::Office;
use crate::render::advisory;
use crate::render::letters::{AdvisoryText, ToPublic};
use crate::store::{StoreError, Txn};
use crate::wire::github::{AdvisoryUpdate, Credited, Package, Project, RepositoryAdvisory, Vulnerability};

/// The package that O3DE is; GitHub's list has no ecosystem for C++.
const PACKAGE: (&str, &str) = ("other", "o3de");

/// Severity, vector and versions as we write them; without an id of a draft that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Figures {
    pub(super) ghsa: String,
    pub(super) severity: String,
    pub(super) vector: String,
    pub(super) range: String,
}

impl Figures {
    pub(super) fn of(ghsa: &str, assessment: &Assessment) -> Self {
        Self {
            ghsa: ghsa.to_owned(),
            severity: severity(assessment.severity).unwrap_or_default().to_owned(),
            vector: assessment.vector.as_ref().map(ToString::to_string).unwrap_or_default(),
            range: assessment.versions.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// Whether GitHub still shows what we wrote. Where we wrote a vector, the severity is GitHub's own reading of it.
    fn still_stand(&self, held: &RepositoryAdvisory) -> bool {
        let text = public_text(held);
        let [one] = text.affected.as_slice() else { return false };
        let severity = !self.vector.is_empty() || text.severity == self.severity;
        self.ghsa == held.ghsa_id && self.vector == text.vector && severity && self.range == one.range
    }
}

/// GitHub's list of severities knows no "none".
pub(super) fn severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::None => None,
        Severity::Low | Severity::Medium | Severity::High | Severity::Critical => Some(severity.word()),
    }
}

/// What is affected, by the assessment.
pub(super) fn affected(assessment: &Assessment, fixed: Option<String>) -> Vec<Vulnerability> {
    let (ecosystem, name) = PACKAGE;
    vec![Vulnerability {
        package: Package { ecosystem: ecosystem.to_owned(), name: Some(name.to_owned()) },
        vulnerable_version_range: assessment.versions.as_ref().map(ToString::to_string),
        patched_versions: fixed,
        vulnerable_functions: None,
    }]
}

/// Which advisory a case has: a member's last word, what GitHub showed, the private report that it came by.
pub(super) fn known(txn: &Txn<'_>, case: &Case) -> Result<Option<(Project, String)>, StoreError> {
    let named = named(case).map(|(_, ghsa)| ghsa.to_owned());
    let seen = case.tracks.advisory.as_ref();
    let assessed = case.tracks.assessment.as_ref().map(|assessment| assessment.repository.clone());
    let reported = txn.advisory_of(case.report)?;
    let found = match (named, seen, reported) {
        (Some(ghsa), Some(seen), _) if seen.ghsa == ghsa => Some((seen.repository.clone(), ghsa)),
        (Some(ghsa), _, _) => assessed.map(|repository| (repository, ghsa)),
        (None, Some(seen), _) => Some((seen.repository.clone(), seen.ghsa.clone())),
        // A private report on GitHub becomes the draft, unless it is assessed to be another repository's.
        (None, None, Some(row))
            if assessed.as_ref().is_none_or(|to| to.eq_ignore_ascii_case(&row.repository)) =>
        {
            Some((row.repository, row.ghsa))
        }
        (None, None, Some(_) | None) => None,
    };
    Ok(found.and_then(|(repository, ghsa)| Some((super::advised::project(&repository)?, ghsa))))
}

/// The last word of a member on which advisory it is.
fn named(case: &Case) -> Option<(&Act, &str)> {
    case.acts.iter().rev().filter(|act| act.state == ActState::Done).find_map(|act| {
        let Deed::Step { step: Step::Advisory { ghsa: Some(ghsa) } } = &act.deed else { return None };
        Some((act, ghsa.as_str()))
    })
}

/// For how long another advisory that was named can still be taken back: till then none is looked at, nor made.
pub(super) fn being_named(case: &Case, policy: &Policy, now: Timestamp) -> Option<SignedDuration> {
    let seen = case.tracks.advisory.as_ref().map(|seen| seen.ghsa.as_str());
    let (act, _) = named(case).filter(|(_, ghsa)| Some(*ghsa) != seen)?;
    let hold = SignedDuration::from_secs(policy.commands.hold_s.into());
    // A clock that was set back makes nobody wait longer.
    Some((hold - now.duration_since(act.at)).min(hold)).filter(SignedDuration::is_positive)
}

/// The accounts that should see the advisory, each once; with a team of GitHub's, its members come by it.
pub(super) fn people(office: &Office, case: &Case) -> Vec<String> {
    let by_team = office.config.runbook.team_slug.is_some();
    let sigs =
        case.tracks.assessment.as_ref().map(|assessment| assessment.sigs.as_slice()).unwrap_or_default();
    let roster = office.policy.roster.members.iter().filter(|member| {
        member.is(Role::TscContact)
            || member.is(Role::Member) && !by_team
            || member.is(Role::SigChair) && member.sigs.iter().any(|sig| sigs.contains(sig))
            || case.tracks.group.contains(&member.key)
    });
    let accounts = roster.filter_map(|member| member.github.as_ref()).map(|account| account.login.clone());
    let mut logins: Vec<String> = Vec::new();
    for login in accounts.chain(case.tracks.collaborators.iter().cloned()) {
        if !login.is_empty() && !logins.iter().any(|other| other.eq_ignore_ascii_case(&login)) {
            logins.push(login);
        }
    }
    logins
}

/// Those of them, and the team, that GitHub does not show.
pub(super) fn missing(office: &Office, case: &Case, held: &RepositoryAdvisory) -> Vec<String> {
    let there = held.users();
    let shown = |login: &String| there.iter().any(|other| other.eq_ignore_ascii_case(login));
    let mut missing = people(office, case);
    missing.retain(|login| !shown(login));
    let team = office.config.runbook.team_slug.as_ref().filter(|slug| !held.teams().contains(slug));
    missing.extend(team.map(|slug| super::advised::team(slug)));
    missing
}

/// Whether that account is among these.
pub(super) fn is_among(logins: &[String], login: &str) -> bool {
    logins.iter().any(|other| other.eq_ignore_ascii_case(login))
}

/// Those whom we let in for what was taken back, and whom nothing else names. Whom people let in stays.
pub(super) fn unwanted(
    office: &Office,
    case: &Case,
    held: &RepositoryAdvisory,
    ours: &[String],
) -> Vec<String> {
    let roster = &office.policy.roster;
    let account = |member: &Member| member.github.as_ref().map(|account| account.login.clone());
    let mut logins: Vec<String> = Vec::new();
    for act in case.acts.iter().filter(|act| !act.stands()) {
        let Deed::Step { step } = &act.deed else { continue };
        if let Step::Collaborate { login } = step {
            logins.push(login.clone());
        } else if let Step::Group { members } = step {
            logins.extend(members.iter().filter_map(|key| roster.get(key)).filter_map(account));
        } else if let Step::Assess { assessment } = step {
            let of_sig = |member: &&Member| member.sigs.iter().any(|sig| assessment.sigs.contains(sig));
            let chairs = roster.members.iter().filter(|member| member.is(Role::SigChair)).filter(of_sig);
            logins.extend(chairs.filter_map(account));
        }
    }
    let (there, wanted) = (held.users(), people(office, case));
    logins.retain(|login| is_among(&there, login) && is_among(ours, login) && !is_among(&wanted, login));
    logins.sort();
    logins.dedup();
    logins
}

/// The change that lets these people see it, and those no longer; all others who can stay.
pub(super) fn let_in(held: &RepositoryAdvisory, come: &[String], go: &[String]) -> AdvisoryUpdate {
    let slug = |name: &String| name.strip_prefix("team/").map(str::to_owned);
    let (before, mut teams) = (held.users(), held.teams());
    let (mut users, teams_before) = (before.clone(), teams.len());
    users.retain(|login| !is_among(go, login));
    users.extend(come.iter().filter(|name| slug(name).is_none()).cloned());
    teams.extend(come.iter().filter_map(slug));
    AdvisoryUpdate {
        collaborating_users: (users != before).then_some(users),
        collaborating_teams: (teams.len() > teams_before).then_some(teams),
        ..AdvisoryUpdate::default()
    }
}

/// The account that is to be thanked.
pub(super) fn credited(case: &Case) -> Option<&str> {
    match &case.tracks.credit {
        Some(Credit::Github { login }) => Some(login),
        Some(Credit::Anonymous | Credit::Name) | None => None,
    }
}

/// Whether GitHub thanks that account.
pub(super) fn thanks(held: &RepositoryAdvisory, login: &str) -> bool {
    held.credits().iter().any(|credit| credit.login.eq_ignore_ascii_case(login))
}

/// Those whom we thanked, or were about to, and whom the case does not thank any more.
pub(super) fn thanked_before(case: &Case, held: &RepositoryAdvisory, ours: &[String]) -> Vec<String> {
    let wanted = credited(case);
    let stale = |login: &&String| {
        thanks(held, login) && wanted.is_none_or(|wanted| !wanted.eq_ignore_ascii_case(login))
    };
    ours.iter().filter(stale).cloned().collect()
}

/// Who is to be thanked by what the case says, and who of those whom we thanked before is not any more.
pub(super) fn thank(
    case: &Case,
    held: &RepositoryAdvisory,
    ours: &[String],
) -> (Option<String>, Vec<String>) {
    let come = credited(case).filter(|login| !thanks(held, login)).map(str::to_owned);
    (come, thanked_before(case, held, ours))
}

/// The change that thanks one more, and these no more; others stay.
pub(super) fn credits(held: &RepositoryAdvisory, come: Option<&String>, go: &[String]) -> AdvisoryUpdate {
    let mut credits = held.credits();
    credits.retain(|credit| !is_among(go, &credit.login));
    credits.extend(come.map(|login| Credited { login: login.clone(), kind: "reporter".to_owned() }));
    AdvisoryUpdate { credits: Some(credits), ..AdvisoryUpdate::default() }
}

/// The change of severity, vector and versions after a new assessment, if GitHub still shows what we wrote, or were about to;
/// what people wrote there stays.
pub(super) fn figures(
    case: &Case,
    held: &RepositoryAdvisory,
    wrote: &[Figures],
) -> Option<(AdvisoryUpdate, Figures)> {
    let assessment = case.tracks.assessment.as_ref()?;
    let stands = wrote.iter().rev().find(|one| one.still_stand(held))?;
    let wanted = Figures::of(&held.ghsa_id, assessment);
    if wanted == *stands {
        return None;
    }
    let fixed = held.vulnerabilities().into_iter().next().and_then(|one| one.patched_versions);
    let vector = Some(wanted.vector.clone()).filter(|vector| !vector.is_empty());
    let update = AdvisoryUpdate {
        severity: vector.is_none().then(|| wanted.severity.clone()).filter(|word| !word.is_empty()),
        cvss_vector_string: (wanted.vector != stands.vector).then_some(vector),
        vulnerabilities: (wanted.range != stands.range).then(|| affected(assessment, fixed)),
        ..AdvisoryUpdate::default()
    };
    Some((update, wanted))
}

/// What can be said neutrally: where, what it breaks, from where. Nothing of the report's words.
pub(super) fn title(case: &Case) -> String {
    match &case.component {
        Some(component) => format!("Vulnerability in {component} of O3DE"),
        None => "Vulnerability in O3DE".to_owned(),
    }
}

/// T24 as the draft begins.
pub(super) fn draft(office: &Office, txn: &Txn<'_>, case: &Case) -> Result<Option<String>, StoreError> {
    let Some(assessment) = &case.tracks.assessment else { return Ok(None) };
    let credits = match &case.tracks.credit {
        None => None,
        Some(Credit::Anonymous) => Some(Vec::new()),
        Some(Credit::Github { login }) => Some(vec![format!("@{login}")]),
        Some(Credit::Name) => {
            let name = case.reporter.map(|person| txn.name_of(person)).transpose()?;
            name.map(|name| advisory::name(&name)).filter(|name| !name.is_empty()).map(|name| vec![name])
        }
    };
    let place = case
        .component
        .as_ref()
        .map_or_else(|| way::PRODUCT.to_owned(), |part| format!("{part} of {}", way::PRODUCT));
    let versions = assessment
        .versions
        .as_ref()
        .map(|versions| format!("{} {}", way::PRODUCT, way::range_in_words(&versions.to_string())));
    let text = AdvisoryText {
        ids: String::new(),
        title: title(case),
        summary: format!("A weakness in {place} affects {}.", assessment.breaks.words()),
        severity: assessment.severity,
        vector: assessment.vector.as_ref().map(ToString::to_string),
        why: way::why(assessment),
        affected: versions.into_iter().collect(),
        fixed: None,
        tell: String::new(),
        mitigation: String::new(),
        workaround: String::new(),
        detection: String::new(),
        details: String::new(),
        credits,
        timeline: vec![(case.received.strftime("%Y-%m-%d").to_string(), "reported".to_owned())],
        url: String::new(),
    };
    let page = office.letters.public(&way::public_desk(office), &ToPublic::Advisory(&text));
    Ok(page.ok().map(|page| page.body))
}

/// What people must do, as far as GitHub shows that it is not done.
pub(super) fn undone(office: &Office, case: &Case, held: &RepositoryAdvisory, marks: &Marks) -> Vec<Task> {
    let people = |logins: Vec<String>| (!logins.is_empty()).then_some(logins);
    let come = people(missing(office, case, held)).map(|logins| Task::People { logins });
    let go = people(unwanted(office, case, held, &marks.people)).map(|logins| Task::PeopleOff { logins });
    let credit = credited(case).filter(|login| !thanks(held, login));
    let credit = credit.map(|login| Task::Credit { login: login.to_owned() });
    let stale = thanked_before(case, held, &marks.credit).into_iter();
    let tasks = come.into_iter().chain(go).chain(credit);
    tasks.chain(stale.map(|login| Task::CreditOff { login })).collect()
}
