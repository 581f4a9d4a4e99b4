//! Where people find what we write of.

use crate::office::Office;

/// Where people find the issue.
pub(crate) fn issue_url(office: &Office, number: u64) -> String {
    issue_link(&office.config.github, number)
}

/// As [`issue_url`], from the configuration alone.
pub(crate) fn issue_link(github: &crate::config::Github, number: u64) -> String {
    format!("{}/{}/{}/issues/{number}", github.web(), github.owner, github.repository)
}

/// Where people read an advisory.
pub fn advisory_link(github: &crate::config::Github, repository: &str, ghsa: &str) -> String {
    format!("{}/{repository}/security/advisories/{ghsa}", github.web())
}

/// Where everybody reads a public issue.
pub(crate) fn posted_link(github: &crate::config::Github, place: &crate::case::posted::Place) -> String {
    format!("{}/{}/issues/{}", github.web(), place.project, place.number)
}
