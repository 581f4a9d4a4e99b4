//! GitHub's advisories and issues as records of the mirror.

use jiff::Timestamp;
use serde_json::Value;

use crate::config::ProjectName;
use crate::known::range::{End, Range};
use crate::known::record::{AuthorKind, Product, Record, Source, Status, TEXT_LIMIT, is_cve_id};
use crate::wire::github::{Advisory, PublicIssue};

/// Whether this is the id of an advisory (GitHub's description, pattern of `ghsa_id`).
pub(in crate::daemon) fn is_ghsa(id: &str) -> bool {
    let letters = |part: &str| part.len() == 4 && part.bytes().all(|b| b"23456789cfghjmpqrvwx".contains(&b));
    let mut parts = id.split('-');
    parts.next() == Some("GHSA") && parts.clone().count() == 3 && parts.all(letters)
}

/// Where an advisory is read: GitHub's own address when it is the one to be expected, else one built from the names.
pub(in crate::daemon) fn advisory_url(project: &ProjectName, advisory: &Advisory) -> String {
    let path = format!("/{}/{}/security/advisories/{}", project.owner, project.name, advisory.ghsa_id);
    let plain = |url: &str| {
        let bare = url.strip_suffix(path.as_str()).and_then(|host| host.split_once("://"));
        bare.is_some_and(|(scheme, host)| {
            let is_host =
                !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b));
            is_host && (scheme == "https" || host.starts_with("127.0.0.1:"))
        })
    };
    let told = advisory.html_url.as_deref().filter(|url| plain(url));
    told.map_or_else(|| format!("https://github.com{path}"), str::to_owned)
}

fn cut(text: &str) -> String {
    let text: String = text.chars().take(TEXT_LIMIT / 4).collect();
    text.replace("\r\n", "\n")
}

/// An advisory of a repository; `None` when its id is none.
pub(super) fn of_advisory(project: &ProjectName, advisory: &Advisory) -> Option<Record> {
    if !is_ghsa(&advisory.ghsa_id) {
        return None;
    }
    let mut record = Record::new(Source::Advisory, &advisory.ghsa_id);
    record.status = match advisory.state.as_deref() {
        Some("published") => Status::Published,
        Some("withdrawn") => Status::Rejected,
        Some(_) | None => Status::Private,
    };
    record.published = advisory.published_at.filter(|_| record.status != Status::Private);
    record.modified = advisory.updated_at;
    record.title = cut(advisory.summary.as_deref().unwrap_or_default());
    record.text = cut(advisory.description.as_deref().unwrap_or_default());
    record.aliases = advisory.cve_id.iter().filter(|id| is_cve_id(id)).cloned().collect();
    record.references = vec![advisory_url(project, advisory)];
    let weaknesses = advisory.cwe_ids.iter().flatten();
    record.cwe = weaknesses.filter_map(|word| word.strip_prefix("CWE-")?.parse().ok()).take(16).collect();
    for item in advisory.vulnerabilities.iter().flatten().take(50) {
        add_product(&mut record, item);
    }
    // A draft is written by the project; what is in triage came from outside.
    record.author = Some(match advisory.state.as_deref() {
        Some("triage") => AuthorKind::Outside,
        Some(_) | None => AuthorKind::Project,
    });
    // It is O3DE's own.
    record.labelled = true;
    Some(record)
}

/// `{"package": {"name": ..}, "vulnerable_version_range": "< 2.4, >= 2.0", "patched_versions": "2.4"}`
fn add_product(record: &mut Record, item: &Value) {
    let name = item.get("package").and_then(|package| package.get("name")?.as_str()).unwrap_or_default();
    let name: String = name.trim().to_lowercase().replace(' ', "_").chars().take(100).collect();
    let text = item.get("vulnerable_version_range").and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() {
        return;
    }
    let range = range(text);
    let at = record.products.iter().position(|old| old.name == name);
    match at.and_then(|at| record.products.get_mut(at)) {
        Some(product) => product.ranges.push(range),
        None => record.products.push(Product { vendor: String::new(), name, ranges: vec![range] }),
    }
}

fn range(text: &str) -> Range {
    let mut range = Range::all();
    for part in text.split(',').map(str::trim) {
        let version = |sign: &str| part.strip_prefix(sign).map(|rest| rest.trim().to_owned());
        if let Some(to) = version("<=") {
            range.to = End::With(to);
        } else if let Some(to) = version("<") {
            range.to = End::Without(to);
        } else if let Some(from) = version(">=") {
            range.from = End::With(from);
        } else if let Some(from) = version(">") {
            range.from = End::Without(from);
        } else if let Some(only) = version("=") {
            return Range::only(&only);
        }
    }
    range
}

/// The id of an issue: `o3de/o3de#7264`.
pub(super) fn issue_id(project: &ProjectName, number: u64) -> String {
    format!("{}/{}#{number}", project.owner, project.name)
}

/// A public issue; `None` for a pull request.
pub(super) fn of_issue(project: &ProjectName, issue: &PublicIssue, security: &[String]) -> Option<Record> {
    if issue.pull_request.as_ref().is_some_and(|request| !request.is_null()) {
        return None;
    }
    let mut record = Record::new(Source::Issue, &issue_id(project, issue.number));
    record.status = if issue.state.as_deref() == Some("closed") { Status::Closed } else { Status::Open };
    record.published = issue.created_at;
    record.modified = issue.updated_at;
    record.title = issue.title.chars().take(300).collect();
    record.text = cut(issue.body.as_deref().unwrap_or_default());
    record.labels = issue.label_names().map(|name| name.chars().take(60).collect()).take(30).collect();
    record.labelled = record.labels.iter().any(|label| security.contains(&label.to_lowercase()));
    record.author = issue.author_association.as_deref().map(|word| match word {
        "OWNER" | "MEMBER" | "COLLABORATOR" => AuthorKind::Project,
        _ => AuthorKind::Outside,
    });
    Some(record)
}

/// The latest change among these; where a list goes on.
pub(super) fn latest(issues: &[PublicIssue]) -> Option<Timestamp> {
    issues.iter().filter_map(|issue| issue.updated_at).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_advisories_are_of_one_shape() {
        assert!(is_ghsa("GHSA-2345-cfgh-jmpq"));
        for bad in
            ["", "GHSA", "GHSA-2345-cfgh", "GHSA-2345-cfgh-jmpq-x", "GHSA-abcd-cfgh-jmpq", "CVE-2024-10001"]
        {
            assert!(!is_ghsa(bad), "{bad}");
        }
    }

    #[test]
    fn ranges_read_as_github_writes_them() {
        let two = range(">= 2.0, < 2.4");
        assert_eq!((two.from, two.to), (End::With("2.0".to_owned()), End::Without("2.4".to_owned())));
        assert_eq!(range("= 1.2"), Range::only("1.2"));
        assert_eq!(range("all"), Range::all());
    }
}
