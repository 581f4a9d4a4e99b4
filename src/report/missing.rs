//! What a report does not say, and how to ask for it.

use std::fmt;

use serde::Serialize;

use super::Facts;

/// A question that is still open, in the order in which it is asked: what blocks the work most stands first, the
/// three standing ones (which are asked of everybody, once) stand last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// Which release, branch or commit.
    Version,
    /// How to see it happen.
    Steps,
    /// Which gem, tool or file.
    Component,
    /// Which operating system and build.
    Platform,
    /// Who attacks, and what they gain.
    ImpactAndAttacker,
    /// Whether a date is planned.
    Deadline,
    /// Who else knows.
    OthersTold,
    /// How to name the reporter.
    Credit,
}

impl Missing {
    /// Every question, in the order in which it is asked.
    pub const ALL: [Self; 8] = [
        Self::Version,
        Self::Steps,
        Self::Component,
        Self::Platform,
        Self::ImpactAndAttacker,
        Self::Deadline,
        Self::OthersTold,
        Self::Credit,
    ];

    /// A short label for a table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Steps => "steps",
            Self::Component => "component",
            Self::Platform => "platform",
            Self::ImpactAndAttacker => "impact and attacker",
            Self::Deadline => "deadline",
            Self::OthersTold => "others told",
            Self::Credit => "credit",
        }
    }

    /// The question to the reporter.
    pub fn question(self) -> &'static str {
        match self {
            Self::Version => {
                "Which version of O3DE did you look at? The release number (such as 25.05.1) or, for a build from \
                 source, the output of `git rev-parse HEAD` is best."
            }
            Self::Steps => {
                "How can we see it happen, step by step, starting from a fresh installation or checkout? If there is a \
                 file that triggers it, the smallest one helps most."
            }
            Self::Component => "Which gem, tool, library or source file is it in?",
            Self::Platform => {
                "On which operating system did you see it, and was O3DE installed from our installer or built from \
                 source?"
            }
            Self::ImpactAndAttacker => {
                "Who could attack this, from where, and what would the victim have to do? What could the attacker do \
                 afterwards that was not possible before?"
            }
            Self::Deadline => "Do you plan to publish on a certain date, or to give a talk about it?",
            Self::OthersTold => "Who else knows about it: another vendor, a coordination center, the public?",
            Self::Credit => {
                "How would you like to be named when we publish, or would you rather not be named?"
            }
        }
    }

    /// Whether this is one of the three that are asked of everybody.
    pub fn is_standing(self) -> bool {
        match self {
            Self::Deadline | Self::OthersTold | Self::Credit => true,
            Self::Version | Self::Steps | Self::Component | Self::Platform | Self::ImpactAndAttacker => false,
        }
    }

    /// Whether these facts leave it open.
    pub(super) fn is_open(self, facts: &Facts) -> bool {
        match self {
            Self::Version => facts.versions.is_empty() && facts.commit.is_none() && facts.branch.is_none(),
            Self::Steps => facts.steps.is_none(),
            // A package by its name says where the flaw is as well as a gem does.
            Self::Component => {
                facts.components.is_empty() && facts.files.is_empty() && facts.dependencies.is_empty()
            }
            Self::Platform => facts.platforms.is_empty(),
            Self::ImpactAndAttacker => facts.impact.is_empty() || facts.attacker.is_empty(),
            Self::Deadline => facts.deadline.is_empty(),
            Self::OthersTold => facts.others_told.is_none(),
            Self::Credit => facts.credit.is_none(),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
