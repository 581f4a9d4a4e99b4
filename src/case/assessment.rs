//! What the team found a report to be: which of confidentiality, integrity and availability it breaks, by what means, how grave.
//!
//! RFC: "Generally, something is a vulnerability if it compromises data confidentiality, integrity, or availability."

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Severity;

/// Most characters of a range of versions.
const RANGE_CHARS: usize = 80;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$one:meta])* $variant:ident = $word:literal, $says:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$one])* $variant,)*
        }

        impl $name {
            /// All of them, in the order in which members are told of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word in commands.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// For people.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$variant => $says,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

words! {
    /// How the harm is done (RFC: "remote code execution, elevated permissions, or unintended access").
    Means {
        /// Code of the attacker runs.
        Code = "code", "code of the attacker runs";
        /// More rights than were given.
        Elevation = "elevation", "the attacker gains rights";
        /// Data can be read or changed that should not be.
        Access = "access", "unintended access to data";
        /// Something stops or becomes unusable.
        Denial = "denial", "something stops or becomes unusable";
    }
}

words! {
    /// From where the attacker works (as the attack vector of CVSS).
    Attacker {
        /// Over a network.
        Network = "network", "over the network";
        /// On the same network segment.
        Adjacent = "adjacent", "from a neighboring network";
        /// With an account on the machine, or by a file that somebody opens.
        Local = "local", "on the machine, or by a file that somebody opens";
        /// With a hand on the machine.
        Physical = "physical", "with a hand on the machine";
    }
}

/// What a vulnerability breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaks {
    /// Data can be read that should not be.
    pub confidentiality: bool,
    /// Data or behavior can be changed that should not be.
    pub integrity: bool,
    /// Something stops or becomes unusable.
    pub availability: bool,
}

impl Breaks {
    /// Whether anything is broken: without it nothing is a vulnerability.
    pub fn any(self) -> bool {
        self.confidentiality || self.integrity || self.availability
    }

    /// `confidentiality and integrity`.
    pub fn words(self) -> String {
        let all = [
            (self.confidentiality, "confidentiality"),
            (self.integrity, "integrity"),
            (self.availability, "availability"),
        ];
        let broken: Vec<&str> = all.iter().filter(|(broken, _)| *broken).map(|(_, word)| *word).collect();
        match broken.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, before)) => format!("{} and {last}", before.join(", ")),
            None => "nothing".to_owned(),
        }
    }
}

/// A CVSS vector of version 3.0, 3.1 or 4.0 that gives a score (FIRST's specifications).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Vector {
    text: String,
    tenths: u32,
}

impl Vector {
    /// Reads a vector and scores it; `None` when it is incomplete, faulty, or of another version.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_uppercase();
        // Before 4.0 the crate takes a missing metric for "no effect", which would give a score nobody meant.
        let base = ["AV:", "AC:", "PR:", "UI:", "S:", "C:", "I:", "A:"];
        let whole = text.starts_with("CVSS:4.0/")
            || text.starts_with("CVSS:3.")
                && base.iter().all(|metric| text.split('/').any(|part| part.starts_with(metric)));
        let score = cvss::Cvss::from_str(&text).ok().filter(|_| whole)?.score();
        // One digit behind the point, by the specification.
        let tenths = (0..=100_u32).find(|tenths| (f64::from(*tenths) / 10.0 - score).abs() < 0.05)?;
        Some(Self { text, tenths })
    }

    /// `8.1`
    pub fn score(&self) -> String {
        format!("{}.{}", self.tenths / 10, self.tenths % 10)
    }

    /// The band of the score, the same for 3.0, 3.1 and 4.0.
    pub fn severity(&self) -> Severity {
        match self.tenths {
            0 => Severity::None,
            1..=39 => Severity::Low,
            40..=69 => Severity::Medium,
            70..=89 => Severity::High,
            _ => Severity::Critical,
        }
    }
}

impl fmt::Display for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Vector {
    type Error = super::Malformed;
    fn try_from(text: String) -> Result<Self, super::Malformed> {
        Self::parse(&text).ok_or(super::Malformed("CVSS vector"))
    }
}

impl From<Vector> for String {
    fn from(vector: Vector) -> Self {
        vector.text
    }
}

/// A group of O3DE that looks after a part of it, by a name of the configuration (`network`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sig(pub String);

impl fmt::Display for Sig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which versions are affected, as an advisory writes it (`< 2510.2`): digits, letters and `<>=.,*-` alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Versions(String);

impl Versions {
    /// Reads a range; a comma stands between its ends. `None` for anything that holds other signs.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "<>=.,*-_ ".contains(c);
        let fits = !text.trim().is_empty() && text.len() <= RANGE_CHARS && text.chars().all(plain);
        let spaced = text.replace(',', ", ").replace("<=", "<= ").replace(">=", ">= ");
        let mut out = String::new();
        let mut last = ' ';
        for c in spaced.chars() {
            // `<2510.2` becomes `< 2510.2`, as GitHub writes it.
            if matches!(last, '<' | '>') && c.is_ascii_alphanumeric() {
                out.push(' ');
            }
            if c != ' ' || last != ' ' {
                out.push(c);
            }
            last = c;
        }
        fits.then(|| Self(out.trim().to_owned()))
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was found of a vulnerability when it was confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// What it breaks: at least one.
    pub breaks: Breaks,
    /// How.
    pub means: Vec<Means>,
    /// From where.
    pub attacker: Option<Attacker>,
    /// How grave, in the team's own view.
    pub severity: Severity,
    /// How that was scored.
    pub vector: Option<Vector>,
    /// The public repository (`owner/name`) whose advisory it becomes.
    pub repository: String,
    /// The groups that it concerns: at least one.
    pub sigs: Vec<Sig>,
    /// Affected versions, as far as they are known.
    pub versions: Option<Versions>,
}

/// O3DE's label for a severity: its triage guide maps the bands one step up (RUNBOOK F6).
pub fn priority(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("priority/blocker"),
        Severity::High => Some("priority/critical"),
        Severity::Medium => Some("priority/major"),
        Severity::Low => Some("priority/minor"),
        Severity::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_scored_by_the_specification() {
        let vector = Vector::parse("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H").unwrap();
        assert_eq!((vector.score().as_str(), vector.severity()), ("9.8", Severity::Critical));
        let vector =
            Vector::parse("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N").unwrap();
        assert_eq!((vector.score().as_str(), vector.severity()), ("9.3", Severity::Critical));
        for bad in [
            "",
            "9.8",
            "CVSS:3.1/AV:N",
            "AV:N/AC:L/Au:N/C:P/I:P/A:P",
            "CVSS:3.1/AV:Z/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        ] {
            assert_eq!(Vector::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_broken_is_said_in_words() {
        let breaks = |c, i, a| Breaks { confidentiality: c, integrity: i, availability: a };
        assert_eq!(breaks(true, true, true).words(), "confidentiality, integrity and availability");
        assert_eq!(breaks(false, false, true).words(), "availability");
        assert!(!breaks(false, false, false).any());
    }

    #[test]
    fn a_range_is_written_as_advisories_write_it() {
        assert_eq!(Versions::parse("<2510.2").unwrap().to_string(), "< 2510.2");
        assert_eq!(Versions::parse(">=2505.0,<=2510.1").unwrap().to_string(), ">= 2505.0, <= 2510.1");
        assert_eq!(Versions::parse("x`y"), None);
        assert_eq!(Versions::parse(" "), None);
    }

    #[test]
    fn o3de_s_labels_lie_one_above_the_band() {
        assert_eq!(priority(Severity::Critical), Some("priority/blocker"));
        assert_eq!(priority(Severity::None), None);
    }
}
