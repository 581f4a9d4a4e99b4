//! What a member does on the way of a vulnerability, step by step.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::assessment::Assessment;
use super::reference::Reference;
use super::tracks::{Credit, Fix, Meeting, Phase};
use super::{MailId, MemberKey, Sha256, Takedown};

/// What a member says of the CVE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "kebab-case")]
pub enum CveStep {
    /// Ask for one.
    Request,
    /// This is it.
    Assigned {
        /// Which.
        id: Reference,
    },
    /// The authority gives none.
    Refused,
    /// None is wanted.
    Unwanted,
}

/// What a member did on the way of a vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// It is a vulnerability.
    Assess {
        /// What was found.
        assessment: Box<Assessment>,
    },
    /// The team meets, met, or need not.
    Meet {
        /// Which of them.
        meeting: Meeting,
    },
    /// A day is proposed to the reporter.
    Embargo {
        /// When all is to be public.
        date: Timestamp,
    },
    /// The reporter agreed in writing.
    Agreed {
        /// To which day.
        date: Timestamp,
        /// Their mail.
        mail: MailId,
    },
    /// Two members set the day, where the report has no address: there is nobody to agree with.
    SetDay {
        /// When all is to be public.
        date: Timestamp,
    },
    /// There is no agreement.
    Conflict,
    /// Who works on it.
    Group {
        /// Of the roster.
        members: Vec<MemberKey>,
    },
    /// Whether it was seen to happen; where and how stands on the issue.
    Reproduced {
        /// It was.
        yes: bool,
    },
    /// How it is mended.
    Mend {
        /// How.
        fix: Fix,
    },
    /// Whether new installers are made (SIG-Release answers).
    Installers {
        /// They are.
        needed: bool,
    },
    /// Of the CVE.
    Cve {
        /// What.
        says: CveStep,
    },
    /// How the reporter is named.
    Credit {
        /// How.
        credit: Credit,
    },
    /// Somebody is asked to join the advisory.
    Collaborate {
        /// Their login on GitHub.
        login: String,
    },
    /// The advisory, where a person made it, or once more.
    Advisory {
        /// Its id; none: the one that is there, or a new one.
        ghsa: Option<String>,
    },
    /// A private fork is wanted.
    Fork,
    /// What will be public is to be reviewed.
    Review {
        /// SHA-256 of its text.
        text: Sha256,
    },
    /// It can be published as it reads.
    Approve {
        /// SHA-256 of what was read.
        text: Sha256,
    },
    /// It cannot; why stands on the issue.
    Object,
    /// The embargoed list and the chairs of all groups are told.
    Notify {
        /// SHA-256 of what was approved.
        text: Sha256,
    },
    /// Nothing is missing but the date.
    Ready {
        /// The embargoed list has less time to prepare than is configured; why stands on the issue.
        #[serde(default)]
        hurried: bool,
    },
    /// Make it public.
    Publish {
        /// SHA-256 of what was approved.
        text: Sha256,
    },
    /// The reporter is told what changed.
    Update {
        /// The next word is promised by then.
        contact_by: Timestamp,
    },
    /// Something of it is known outside; what stands on the issue.
    Leaked,
    /// It is being used against people.
    Exploited,
    /// Whoever posted it in public is told where reports go (T32).
    TellPoster,
    /// The public issue is taken down.
    TakeDown {
        /// How.
        how: Takedown,
        /// SHA-256 of what others wrote there: anything else is not touched.
        words: Sha256,
    },
}

/// Which track a step is of: of two steps on one track, the later one is taken back first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    /// Its stage.
    Stage,
    /// Meeting.
    Meeting,
    /// The day.
    Embargo,
    /// Reproduction.
    Reproduction,
    /// Fix.
    Fix,
    /// Installers.
    Installers,
    /// CVE.
    Cve,
    /// Credit.
    Credit,
    /// Who may see the advisory.
    People,
    /// The advisory.
    Advisory,
    /// Its private fork.
    Fork,
    /// Approvals and objections.
    Opinion,
    /// That it is known outside.
    Outside,
    /// What the reporter is told.
    Word,
    /// What whoever posted it is told.
    Poster,
    /// The public issue.
    Posted,
}

impl Step {
    /// Its track.
    pub fn track(&self) -> Track {
        match self {
            Self::Assess { .. }
            | Self::Group { .. }
            | Self::Review { .. }
            | Self::Notify { .. }
            | Self::Ready { .. }
            | Self::Publish { .. } => Track::Stage,
            Self::Meet { .. } => Track::Meeting,
            Self::Embargo { .. } | Self::Agreed { .. } | Self::SetDay { .. } | Self::Conflict => {
                Track::Embargo
            }
            Self::Reproduced { .. } => Track::Reproduction,
            Self::Mend { .. } => Track::Fix,
            Self::Installers { .. } => Track::Installers,
            Self::Cve { .. } => Track::Cve,
            Self::Credit { .. } => Track::Credit,
            Self::Collaborate { .. } => Track::People,
            Self::Advisory { .. } => Track::Advisory,
            Self::Fork => Track::Fork,
            Self::Approve { .. } | Self::Object => Track::Opinion,
            Self::Leaked | Self::Exploited => Track::Outside,
            Self::Update { .. } => Track::Word,
            Self::TellPoster => Track::Poster,
            Self::TakeDown { .. } => Track::Posted,
        }
    }

    /// The phase that it leads to, if it leads to one by itself.
    pub fn leads_to(&self) -> Option<Phase> {
        match self {
            Self::Assess { .. } => Some(Phase::Confirmed),
            Self::Group { .. } => Some(Phase::Mitigating),
            Self::Review { .. } => Some(Phase::Review),
            Self::Notify { .. } => Some(Phase::Prenotice),
            Self::Ready { .. } => Some(Phase::Ready),
            // Public is what GitHub shows to be public.
            Self::Publish { .. }
            | Self::Meet { .. }
            | Self::Embargo { .. }
            | Self::Agreed { .. }
            | Self::SetDay { .. }
            | Self::Conflict
            | Self::Reproduced { .. }
            | Self::Mend { .. }
            | Self::Installers { .. }
            | Self::Cve { .. }
            | Self::Credit { .. }
            | Self::Collaborate { .. }
            | Self::Advisory { .. }
            | Self::Fork
            | Self::Approve { .. }
            | Self::Object
            | Self::Update { .. }
            | Self::Leaked
            | Self::Exploited
            | Self::TellPoster
            | Self::TakeDown { .. } => None,
        }
    }

    /// Whether nothing of it happens before a second person agreed.
    pub(super) fn waits(&self) -> bool {
        matches!(
            self,
            Self::SetDay { .. }
                | Self::Notify { .. }
                | Self::Publish { .. }
                | Self::Collaborate { .. }
                | Self::TakeDown { .. }
        )
    }

    /// Whether the advisory is to say or show something else by it: figures, credits, who may see it, which one it is.
    pub(super) fn shows_on_advisory(&self) -> bool {
        matches!(
            self,
            Self::Assess { .. }
                | Self::Group { .. }
                | Self::Credit { .. }
                | Self::Collaborate { .. }
                | Self::Advisory { .. }
        )
    }

    /// For lists: what was done, our words.
    pub fn words(&self) -> String {
        match self {
            Self::Assess { assessment } => format!("assess vuln ({})", assessment.severity),
            Self::Meet { meeting: Meeting::Proposed { .. } } => "meeting".to_owned(),
            Self::Meet { meeting: Meeting::Held } => "meeting held".to_owned(),
            Self::Meet { meeting: Meeting::Waived } => "meeting waived".to_owned(),
            Self::Embargo { date } => format!("embargo {}", date.strftime("%a %-d %b %Y, %H:%M UTC")),
            Self::Agreed { mail, .. } => format!("agreed (mail {mail})"),
            Self::SetDay { date } => {
                format!("embargo {}, without a reporter", date.strftime("%a %-d %b %Y, %H:%M UTC"))
            }
            Self::Conflict => "conflict".to_owned(),
            Self::Group { members } => {
                format!("group {}", members.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            }
            Self::Reproduced { yes: true } => "reproduced yes".to_owned(),
            Self::Reproduced { yes: false } => "reproduced no".to_owned(),
            Self::Mend { fix: Fix::Open } => "fix open".to_owned(),
            Self::Mend { fix: Fix::Proposed { .. } } => "fix proposed".to_owned(),
            Self::Mend { fix: Fix::Merged { .. } } => "fix merged".to_owned(),
            Self::Mend { fix: Fix::Impossible } => "fix none".to_owned(),
            Self::Installers { needed: true } => "installers yes".to_owned(),
            Self::Installers { needed: false } => "installers no".to_owned(),
            Self::Cve { says: CveStep::Request } => "cve request".to_owned(),
            Self::Cve { says: CveStep::Assigned { id } } => format!("cve {id}"),
            Self::Cve { says: CveStep::Refused } => "cve refused".to_owned(),
            Self::Cve { says: CveStep::Unwanted } => "cve none".to_owned(),
            Self::Credit { credit: Credit::Anonymous } => "credit anonymous".to_owned(),
            Self::Credit { credit: Credit::Name } => "credit name".to_owned(),
            Self::Credit { credit: Credit::Github { login } } => format!("credit @{login}"),
            Self::Collaborate { login } => format!("collab {login}"),
            Self::Advisory { ghsa: Some(ghsa) } => format!("advisory {ghsa}"),
            Self::Advisory { ghsa: None } => "advisory".to_owned(),
            Self::Fork => "fork".to_owned(),
            Self::Review { text } => format!("review of {}", text.short()),
            Self::Approve { text } => format!("approve {}", text.short()),
            Self::Object => "object".to_owned(),
            Self::Notify { text } => format!("notify with {}", text.short()),
            Self::Ready { hurried: false } => "ready".to_owned(),
            Self::Ready { hurried: true } => "ready, with less time to prepare".to_owned(),
            Self::Publish { text } => format!("publish {}", text.short()),
            Self::Update { .. } => "update".to_owned(),
            Self::Leaked => "leaked".to_owned(),
            Self::Exploited => "exploited".to_owned(),
            Self::TellPoster => "takedown tell".to_owned(),
            Self::TakeDown { how, words } => {
                format!("takedown {} (words {})", how.word(), words.short())
            }
        }
    }
}
