//! Where people find what we write of.

use crate::office::Office;

/// Where people find the issue.
pub(crate) fn issue_url(office: &Office, number: u64) -> String {
    issue_link(&office.config.github, number)
}

/// As [`issue_url`], from the configuration alone.
pub(crate) fn issue_link(github: &crate::config::Github, number: u64) -> String {
    format!("{}/{}/{}/issues/{number}", web(github), github.owner, github.repository)
}

/// Where people read an advisory.
pub fn advisory_link(github: &crate::config::Github, repository: &str, ghsa: &str) -> String {
    format!("{}/{repository}/security/advisories/{ghsa}", web(github))
}

/// GitHub for people, by where its API is.
fn web(github: &crate::config::Github) -> &str {
    match github.base_url.as_str().trim_end_matches('/') {
        "https://api.github.com" => "https://github.com",
        other => other.trim_end_matches("/api/v3"),
    }
}
