//! What the reports repository shows that a restored backup does not know of.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Peers;
use crate::case::CaseId;
use crate::render::marker::{self, Keyring, Marked};
use crate::store::{Found, FoundWhat};
use crate::wire::github::{Author, GithubError, Issue};

const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// Issues and comments of ours, and the case numbers that they use up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The highest case number of each year.
    pub highest: Vec<CaseId>,
    /// What is about a mail.
    pub found: Vec<Found>,
}

/// Lists all issues, and the comments of those touched since then.
///
/// # Errors
/// GitHub does not answer: nothing may be concluded.
pub async fn shown_since(
    peers: &Peers,
    repository: u64,
    keys: &Keyring,
    since: Option<Timestamp>,
) -> Result<Shown, GithubError> {
    let me = peers.whoami().await?;
    // Clocks differ, and GitHub counts whole seconds.
    let since = since.map(|at| at.saturating_sub(MARGIN).unwrap_or(at));
    let ours = |body: Option<&str>, author: Option<&Author>| -> Option<Marked> {
        let mine = author.is_none_or(|author| author.login == me);
        body.filter(|_| mine).and_then(|body| marker::verify(body, keys))
    };
    let mut highest: BTreeMap<i16, CaseId> = BTreeMap::new();
    let mut found = Vec::new();
    for issue in peers.github.list_issues_since(repository, None).await? {
        let marked = ours(issue.body.as_deref(), issue.user.as_ref());
        let Some(case) = marked.as_ref().map(|marked| marked.case).or_else(|| titled(&issue, &me)) else {
            continue;
        };
        highest.entry(case.year).and_modify(|known| *known = case.max(*known)).or_insert(case);
        let number = issue.number;
        if let Some(mark) = marked.and_then(|marked| marked.mail) {
            found.push(Found { mark, what: FoundWhat::Issue, case, number });
        }
        if since.is_some_and(|since| issue.updated_at.is_some_and(|at| at < since)) {
            continue;
        }
        for comment in peers.github.list_comments(repository, number, since).await? {
            if let Some(mark) =
                ours(comment.body.as_deref(), comment.user.as_ref()).and_then(|marked| marked.mail)
            {
                found.push(Found { mark, what: FoundWhat::Comment, case, number });
            }
        }
    }
    Ok(Shown { highest: highest.into_values().collect(), found })
}

/// An issue of ours whose page somebody changed: its title still names the case.
fn titled(issue: &Issue, me: &str) -> Option<CaseId> {
    let ours = issue.user.as_ref().is_some_and(|user| user.login == me);
    let word = |word: &str| word.trim_end_matches(':').parse().ok();
    if ours { issue.title.split_whitespace().find_map(word) } else { None }
}
