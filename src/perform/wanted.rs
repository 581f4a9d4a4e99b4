//! What an advisory should be by its case, held against what GitHub shows: as few changes as it takes.

use serde::{Deserialize, Serialize};

use super::advised::public_text;
use super::way;
use crate::case::roster::Role;
use crate::case::tracks::Credit;
use crate::case::{Act, ActState, Assessment, Case, Deed, Severity, Step, Task};
use crate::office::Office;
use crate::render::advisory;
use crate::render::letters::{AdvisoryText, ToPublic};
use crate::store::{AdvisoryMark, StoreError, Txn};
use crate::wire::github::{AdvisoryUpdate, Credited, Package, Project, RepositoryAdvisory, Vulnerability};

/// The package that O3DE is; GitHub's list has no ecosystem for C++.
const PACKAGE: (&str, &str) = ("other", "o3de");

/// Severity, vector and versions as we write them.
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
pub(super) fn known(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
) -> Result<Option<(Project, String)>, StoreError> {
    let (now, hold) = (office.outside.clock.now(), i64::from(office.policy.commands.hold_s));
    // While whoever named it may still take it back, it is not looked at.
    let counts = |act: &&Act| act.state == ActState::Done && now.duration_since(act.at).as_secs() >= hold;
    let done = case.acts.iter().rev().filter(counts);
    let named = done.into_iter().find_map(named).map(str::to_owned);
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

fn named(act: &Act) -> Option<&str> {
    if let Deed::Step { step: Step::Advisory { ghsa } } = &act.deed { ghsa.as_deref() } else { None }
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

/// The change that lets these people see it; those who can stay.
pub(super) fn let_in(held: &RepositoryAdvisory, who: &[String]) -> AdvisoryUpdate {
    let slug = |name: &String| name.strip_prefix("team/").map(str::to_owned);
    let (mut users, mut teams) = (held.users(), held.teams());
    let before = (users.len(), teams.len());
    users.extend(who.iter().filter(|name| slug(name).is_none()).cloned());
    teams.extend(who.iter().filter_map(slug));
    AdvisoryUpdate {
        collaborating_users: (users.len() > before.0).then_some(users),
        collaborating_teams: (teams.len() > before.1).then_some(teams),
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

/// The change that thanks whom the case says, and nobody whom we thanked before and who does not want it any more.
pub(super) fn thank(case: &Case, held: &RepositoryAdvisory, ours: Option<&str>) -> Option<AdvisoryUpdate> {
    let wanted = credited(case);
    let mut credits = held.credits();
    let before = credits.len();
    let stale = ours.filter(|ours| wanted.is_none_or(|wanted| !wanted.eq_ignore_ascii_case(ours)));
    credits.retain(|credit| stale.is_none_or(|stale| !credit.login.eq_ignore_ascii_case(stale)));
    let taken = credits.len() < before;
    let new = wanted.filter(|login| !thanks(held, login));
    credits.extend(new.map(|login| Credited { login: login.to_owned(), kind: "reporter".to_owned() }));
    (taken || new.is_some()).then(|| AdvisoryUpdate { credits: Some(credits), ..AdvisoryUpdate::default() })
}

/// The change of severity, vector and versions after a new assessment, if GitHub still shows what we wrote; what people
/// wrote there stays.
pub(super) fn figures(
    case: &Case,
    held: &RepositoryAdvisory,
    wrote: Option<&str>,
) -> Option<(AdvisoryUpdate, Figures)> {
    let assessment = case.tracks.assessment.as_ref()?;
    let wrote: Figures = serde_json::from_str(wrote?).ok()?;
    let wanted = Figures::of(&held.ghsa_id, assessment);
    if wanted == wrote || !wrote.still_stand(held) {
        return None;
    }
    let fixed = held.vulnerabilities().into_iter().next().and_then(|one| one.patched_versions);
    let vector = Some(wanted.vector.clone()).filter(|vector| !vector.is_empty());
    let update = AdvisoryUpdate {
        severity: vector.is_none().then(|| wanted.severity.clone()).filter(|word| !word.is_empty()),
        cvss_vector_string: (wanted.vector != wrote.vector).then_some(vector),
        vulnerabilities: (wanted.range != wrote.range).then(|| affected(assessment, fixed)),
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

/// What we did before, as it stands in the store.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    pub(super) cve: Option<String>,
    pub(super) fork: Option<String>,
    pub(super) wrote: Option<String>,
    pub(super) credit: Option<String>,
}

impl Marks {
    pub(super) fn read(txn: &Txn<'_>, case: &Case) -> Result<Self, StoreError> {
        let mark = |mark| txn.advisory_mark(case.id, mark);
        Ok(Self {
            cve: mark(AdvisoryMark::Cve)?,
            fork: mark(AdvisoryMark::Fork)?,
            wrote: mark(AdvisoryMark::Wrote)?,
            credit: mark(AdvisoryMark::Credit)?,
        })
    }
}

/// What people must do, as far as GitHub shows that it is not done.
pub(super) fn undone(office: &Office, case: &Case, held: &RepositoryAdvisory) -> Vec<Task> {
    let missing = missing(office, case, held);
    let people = (!missing.is_empty()).then_some(Task::People { logins: missing });
    let credit = credited(case).filter(|login| !thanks(held, login));
    people.into_iter().chain(credit.map(|login| Task::Credit { login: login.to_owned() })).collect()
}
