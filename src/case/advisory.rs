//! A draft advisory as GitHub shows it, and what people must do where GitHub lets no program do it.

use serde::{Deserialize, Serialize};

use super::{MemberKey, Posted, Sha256, Takedown};

/// In which state GitHub shows an advisory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdvisoryState {
    /// Reported and not accepted.
    Triage,
    /// Being written.
    Draft,
    /// Public.
    Published,
    /// Given up.
    Closed,
    /// Public once, and taken back.
    Withdrawn,
}

impl AdvisoryState {
    /// Whether somebody ended it there: nothing is written into it, and nothing is published of it.
    pub fn is_ended(self) -> bool {
        match self {
            Self::Closed | Self::Withdrawn => true,
            Self::Triage | Self::Draft | Self::Published => false,
        }
    }
}

/// How it stands with a credit on GitHub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreditState {
    /// They were asked.
    Pending,
    /// They accepted.
    Accepted,
    /// They do not want it.
    Declined,
}

/// What an advisory must say before it is reviewed (RUNBOOK 1.2, row 22, and T24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gap {
    /// One neutral line.
    Summary,
    /// How grave.
    Severity,
    /// Which versions.
    Affected,
    /// What to do, or that nothing is known.
    Mitigation,
    /// Whom to thank, or that nobody is named.
    Credits,
}

impl Gap {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Summary => "a summary in one line",
            Self::Severity => "the severity",
            Self::Affected => "the affected versions",
            Self::Mitigation => "what to do about it (a heading Mitigation with text below it)",
            Self::Credits => "whom to thank (a heading Credits with text below it)",
        }
    }
}

/// What GitHub shows of an advisory, as far as a case must know it: no words of it, but their hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advisory {
    /// `owner/name` of the public repository.
    pub repository: String,
    /// `GHSA-` and three groups of four.
    pub ghsa: String,
    /// Its state.
    pub state: AdvisoryState,
    /// SHA-256 of all that people write and that will be public: summary, description, severity, packages, credits.
    pub text: Sha256,
    /// What it lacks.
    pub gaps: Vec<Gap>,
    /// Its CVE id.
    pub cve: Option<String>,
    /// Whether it has a private fork.
    pub fork: bool,
    /// Who of the roster can see it.
    pub people: Vec<MemberKey>,
    /// Logins of all who can.
    pub logins: Vec<String>,
    /// Who is thanked, and whether they accepted.
    pub credits: Vec<(String, CreditState)>,
}

impl Advisory {
    /// What forbids to go on with it; none while it stands.
    pub fn ended(&self) -> Option<&'static str> {
        match self.state {
            AdvisoryState::Closed => Some(
                "the advisory is closed on GitHub: open it again there, or name another one: advisory GHSA-...",
            ),
            AdvisoryState::Withdrawn => Some("the advisory was withdrawn on GitHub"),
            AdvisoryState::Triage | AdvisoryState::Draft | AdvisoryState::Published => None,
        }
    }

    /// Whether that account can see it.
    pub fn is_seen_by(&self, login: &str) -> bool {
        self.logins.iter().any(|known| known.eq_ignore_ascii_case(login))
    }

    /// Whether everybody can read it.
    pub fn is_public(&self) -> bool {
        self.state == AdvisoryState::Published
    }
}

/// A step that a person must do, because GitHub gives the program no right to it. Seen as done when GitHub shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub enum Task {
    /// Make the draft advisory, and say `advisory GHSA-...`.
    Draft {
        /// Where.
        repository: String,
    },
    /// Let these people see it.
    People {
        /// Logins on GitHub.
        logins: Vec<String>,
    },
    /// Let these people no longer see it: what named them was taken back.
    PeopleOff {
        /// Logins on GitHub.
        logins: Vec<String>,
    },
    /// Make a private fork.
    Fork,
    /// Ask for a CVE id.
    RequestCve,
    /// Thank the reporter on it.
    Credit {
        /// Their login.
        login: String,
    },
    /// Thank them no longer.
    CreditOff {
        /// Their login.
        login: String,
    },
    /// Make it public.
    Publish,
    /// Tell whoever posted the public issue, by a comment of your own.
    TellPoster {
        /// Address of the issue.
        url: String,
    },
    /// Take the public issue down.
    TakeDown {
        /// How.
        how: Takedown,
        /// Its address.
        url: String,
    },
}

impl Task {
    /// Whether it is about who may see the advisory.
    pub(super) fn is_of_people(&self) -> bool {
        matches!(self, Self::People { .. } | Self::PeopleOff { .. })
    }

    /// Whether it is about who is thanked.
    pub fn is_of_credit(&self) -> bool {
        matches!(self, Self::Credit { .. } | Self::CreditOff { .. })
    }

    /// The word in lists.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Draft { .. } => "draft",
            Self::People { .. } => "people",
            Self::PeopleOff { .. } => "people-off",
            Self::Fork => "fork",
            Self::RequestCve => "request-cve",
            Self::Credit { .. } => "credit",
            Self::CreditOff { .. } => "credit-off",
            Self::Publish => "publish",
            Self::TellPoster { .. } => "tell-poster",
            Self::TakeDown { .. } => "take-down",
        }
    }

    /// What is to be done, for people.
    pub fn words(&self) -> String {
        match self {
            Self::Draft { repository } => {
                format!("make a draft advisory in {repository}, then say: advisory GHSA-...")
            }
            Self::People { logins } => format!("add to the advisory: {}", logins.join(", ")),
            Self::PeopleOff { logins } => format!("take off the advisory: {}", logins.join(", ")),
            Self::Fork => "begin a temporary private fork on the advisory".to_owned(),
            Self::RequestCve => "request a CVE on the advisory".to_owned(),
            Self::Credit { login } => format!("credit {login} on the advisory"),
            Self::CreditOff { login } => format!("take the credit of {login} off the advisory"),
            Self::Publish => "publish the advisory".to_owned(),
            Self::TellPoster { .. } => {
                "tell whoever posted the public issue, in a comment, to write to the security list".to_owned()
            }
            Self::TakeDown { how: Takedown::Blank, .. } => {
                "blank and lock the public issue, with the rights of an admin".to_owned()
            }
            Self::TakeDown { how: Takedown::Delete, .. } => {
                "delete the public issue, with the rights of an admin".to_owned()
            }
        }
    }

    /// Whether GitHub shows that it was done. That a CVE was asked for shows only once there is one.
    pub fn is_done(&self, seen: &Advisory) -> bool {
        let sees = |login: &String| seen.is_seen_by(login);
        let thanked =
            |login: &String| seen.credits.iter().any(|(other, _)| other.eq_ignore_ascii_case(login));
        match self {
            Self::Draft { .. } => true,
            Self::People { logins } => logins.iter().all(sees),
            Self::PeopleOff { logins } => !logins.iter().any(sees),
            Self::Fork => seen.fork,
            Self::RequestCve => seen.cve.is_some(),
            Self::Credit { login } => thanked(login),
            Self::CreditOff { login } => !thanked(login),
            Self::Publish => seen.is_public(),
            Self::TellPoster { .. } | Self::TakeDown { .. } => false,
        }
    }

    /// Whether the public issue shows that it was done.
    pub fn is_done_on(&self, seen: &Posted) -> bool {
        match self {
            Self::Draft { .. }
            | Self::People { .. }
            | Self::PeopleOff { .. }
            | Self::Fork
            | Self::RequestCve
            | Self::Credit { .. }
            | Self::CreditOff { .. }
            | Self::Publish => false,
            Self::TellPoster { .. } => seen.told.is_some() || !seen.is_readable(),
            Self::TakeDown { how, .. } => seen.is_done(*how),
        }
    }

    /// Where it is done, if that is not on the advisory.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Draft { .. }
            | Self::People { .. }
            | Self::PeopleOff { .. }
            | Self::Fork
            | Self::RequestCve
            | Self::Credit { .. }
            | Self::CreditOff { .. }
            | Self::Publish => None,
            Self::TellPoster { url } | Self::TakeDown { url, .. } => Some(url),
        }
    }
}
