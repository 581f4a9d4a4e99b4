//! GitHub and Discord.

use super::Report;
use crate::config::{Config, ProjectName};
use crate::perform::{Peers, credentials};
use crate::wire::github::{GithubError, Project};

fn clients(config: &Config) -> Option<Peers> {
    let (_, login) = credentials(config).ok()?;
    Peers::new(config, login).ok()
}

/// Who we are there, whether the repository is the right one, and what a person will have to do by hand.
pub(super) async fn github(report: &mut Report, config: &Config) {
    let Some(peers) = clients(config) else { return };
    let hub = &peers.github;
    let wanted = format!("{}/{}", config.github.owner, config.github.repository);
    match hub.whoami().await {
        Ok(me) => report.good("github", format!("we appear as {}", me.login)),
        Err(fault) => {
            return report.fault(
                "github",
                fault.to_string(),
                "look at the token or the app's keys, and `base_url`",
            );
        }
    }
    let id = config.github.repository_id;
    let repository = match hub.guard(id).await {
        Ok(repository) => repository,
        Err(fault) => {
            let remedy = match fault {
                GithubError::NotPrivate => {
                    "make it private before anything else: nothing is written until then"
                }
                GithubError::IssuesOff => "switch issues on in its settings",
                GithubError::Archived => "name a repository that can be written to",
                GithubError::Refused { .. } => {
                    "give the token or app access to it (issues: write, metadata: read)"
                }
                GithubError::RateLimited { .. }
                | GithubError::NotDone
                | GithubError::Unknown
                | GithubError::Moved
                | GithubError::OtherRepository
                | GithubError::NotKept => "look at repository and repository_id",
            };
            return report.fault("github", fault.to_string(), remedy);
        }
    };
    if repository.full_name.eq_ignore_ascii_case(&wanted) {
        report.good("github", format!("{wanted} is private and takes issues"));
    } else {
        let what = format!("the repository {id} is {}, not {wanted}", repository.full_name);
        report.fault("github", what, "mend `repository` or `repository_id`");
    }
    match repository.permissions.map(|can| can.push || can.triage || can.admin || can.maintain) {
        Some(true) => report.good("github", "labels and assignees can be set"),
        Some(false) => report.doubt("github", "we may read, perhaps not write", "give issues: write"),
        None => report.doubt(
            "github",
            "GitHub does not say whether we may write issues",
            "the first case will show",
        ),
    }
    match hub.sees_advisories(id).await {
        Ok(true) => report.good("github", "draft advisories can be read"),
        Ok(false) => report.doubt(
            "github",
            "no access to advisories: drafting one, asking for a CVE and publishing are tasks for a person",
            "give repository security advisories: write, if the machine is to draft them",
        ),
        Err(fault) => report.doubt("github", format!("advisories: {fault}"), "try again later"),
    }
    for name in &config.public.repositories {
        watched(report, config, &peers, name).await;
    }
}

/// Whether the public issues of a repository can be watched, and taken down. Deleting is asked for each issue by itself.
async fn watched(report: &mut Report, config: &Config, peers: &Peers, name: &ProjectName) {
    let project = Project { owner: name.owner.clone(), name: name.name.clone() };
    let found = match peers.github.repository_named(&project).await {
        Ok(found) => found,
        Err(fault) => {
            let remedy = "mend `public.repositories`, or let the token or app read it";
            return report.doubt("github", format!("public issues of {name}: {fault}"), remedy);
        }
    };
    let same = found.full_name.eq_ignore_ascii_case(&name.to_string());
    if found.private || !same || found.id == config.github.repository_id {
        let what = format!("{name} is not a public repository of that name: its issues are not watched");
        return report.doubt("github", what, "mend `public.repositories`");
    }
    match found.permissions.map(|can| can.push || can.triage || can.admin || can.maintain) {
        Some(true) => report.good(
            "github",
            format!("public issues of {name} are watched, and can be blanked; deleting is asked for each"),
        ),
        Some(false) | None => report.doubt(
            "github",
            format!("public issues of {name} are watched; GitHub does not say that we may blank them"),
            "give issues: write there, or an admin is asked each time",
        ),
    }
}

/// Whether the webhook is still there; nothing is posted.
pub(super) async fn discord(report: &mut Report, config: &Config) {
    if config.discord.is_none() {
        return report.doubt("discord", "no webhook: alerts go by mail alone", "");
    }
    let Some(discord) = clients(config).and_then(|peers| peers.discord) else { return };
    match discord.look().await {
        Ok(()) => report.good("discord", "the webhook is there (nothing was posted)"),
        Err(fault) => {
            report.fault("discord", fault.to_string(), "make a new webhook in the channel's settings")
        }
    }
}
