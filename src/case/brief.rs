//! What people of the roster are told, or asked, on the way of a vulnerability: letters of `templates/members/`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Sha256;
use super::advisory::Task;

/// One of them. What it says besides comes from the case when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "brief", rename_all = "kebab-case")]
pub enum Brief {
    /// T10, to the chair of a group that it concerns.
    Sig,
    /// T11, to the TSC contact.
    Tsc,
    /// T14: no agreement about the day.
    NoAgreement,
    /// T15: you are of the working group.
    Group,
    /// T19: read what will be public. T09 where it is not reviewed yet: comment on it.
    Review {
        /// SHA-256 of the text.
        text: Sha256,
        /// By when.
        by: Timestamp,
    },
    /// T20: let us meet.
    Meeting {
        /// When it would be.
        at: Timestamp,
    },
    /// T22, to the chairs of all groups: a mitigation is ready.
    Mitigation,
    /// T25, to SIG-Release: are new installers needed?
    Installers,
    /// T29, to SIG-Release: the line for the release notes.
    ReleaseNote,
    /// T30: what went well, what did not.
    Retrospective,
    /// T31: something of it is known outside, or it is being used.
    Incident,
    /// What T31 said was an error.
    NoIncident {
        /// Nothing else of it is known or used: the day stays.
        stays: bool,
    },
    /// That it is none was taken back.
    GoesOn,
    /// It turned out to be no vulnerability: nothing is published.
    Ended,
    /// What became of the case of which this one is a duplicate: its own reporter knows nothing of that.
    OriginalEnded,
    /// A step that only a person can do.
    Task {
        /// Which.
        task: Task,
    },
    /// The day moved.
    DayMoved,
    /// GitHub shows the CVE id.
    CveCame,
    /// GitHub shows a CVE id that nobody here asked for, or another one than before.
    CveUnread,
    /// Somebody closed the advisory on GitHub.
    AdvisoryClosed,
    /// Somebody took back the advisory that was public.
    AdvisoryWithdrawn,
    /// Something speaks against what two people said about publishing.
    PublishHalted,
    /// To those who were told in confidence: it is public now.
    Public,
    /// Somebody changed the public issue, or commented on it.
    PostedChanged,
    /// The words of the public issue are taken out.
    PostedBlank,
    /// The public issue is gone.
    PostedGone,
    /// The words that were taken out of the public issue, or went with it, can be read again.
    PostedBack,
}

impl Brief {
    /// The word in lists.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Sig => "sig",
            Self::Tsc => "tsc",
            Self::NoAgreement => "no-agreement",
            Self::Group => "group",
            Self::Review { .. } => "review",
            Self::Meeting { .. } => "meeting",
            Self::Mitigation => "mitigation",
            Self::Installers => "installers",
            Self::ReleaseNote => "release-note",
            Self::Retrospective => "retrospective",
            Self::Incident => "incident",
            Self::NoIncident { .. } => "no-incident",
            Self::GoesOn => "goes-on",
            Self::Ended => "ended",
            Self::OriginalEnded => "original-ended",
            Self::Task { .. } => "task",
            Self::DayMoved => "day-moved",
            Self::CveCame => "cve-came",
            Self::CveUnread => "cve-unread",
            Self::AdvisoryClosed => "advisory-closed",
            Self::AdvisoryWithdrawn => "advisory-withdrawn",
            Self::PublishHalted => "publish-halted",
            Self::Public => "public",
            Self::PostedChanged => "posted-changed",
            Self::PostedBlank => "posted-blank",
            Self::PostedGone => "posted-gone",
            Self::PostedBack => "posted-back",
        }
    }
}
