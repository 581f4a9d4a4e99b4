//! Is it already known? Everything public, and our own cases, in a file beside the journal; a report against it.
//!
//! **Invariant:** likeness never decides. A verdict is a proposal with its reasons; a member says `!known`.
//!
//! **Invariant:** a check asks nobody. It reads one file; only `mirror` touches it, and nothing here touches a network.
//!
//! **Invariant:** what is mirrored is as hostile as a report: titles and reasons may hold any words of others. Ids are
//! of a checked shape, addresses for people are built from ids.

mod answer;
pub mod find;
pub mod findings;
pub mod hashed;
pub mod links;
pub mod measure;
pub mod mirror;
mod nvd;
pub mod own_case;
pub mod package;
pub mod range;
pub mod rank;
pub mod reason;
pub mod record;
pub mod shipped;
pub mod version;
mod weakness;
mod weights;
pub mod words;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::case::Closure;
pub use answer::{LIKELY, RELATED};
pub use findings::Findings;
pub use mirror::Mirror;
pub use package::Packages;
pub use reason::Reason;
pub use record::{Record, Source, Status};
pub use shipped::PackageCheck;

/// A report as the check sees it.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The subject; may be empty.
    pub subject: String,
    /// The reporter's words; the first 64 kB are looked at.
    pub text: String,
    /// Ids that were read elsewhere (facts of the report); ids in the text are found here anyway.
    pub ids: Vec<String>,
    /// When the report came: what is public only since then is a possible leak.
    pub received: Option<Timestamp>,
    /// How many candidates of the public, and how many of our own cases, are wanted; 0 is five.
    pub limit: usize,
    /// This record is left out as if it were not there: the report's own case, or to measure.
    pub without: Option<String>,
    /// The public record that the report itself is: a public issue is not known because it stands there.
    pub itself: Option<String>,
}

/// What is proposed of a candidate, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The report cites its id.
    Cited,
    /// Both name the same address or commit, which few others have.
    SameReference,
    /// Its text is so alike that at most one new report in ten would be called so.
    LikelyKnown,
    /// Worth a look.
    Related,
    /// Nothing.
    None,
}

impl Verdict {
    /// The word for people and for JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cited => "cited",
            Self::SameReference => "same-reference",
            Self::LikelyKnown => "likely-known",
            Self::Related => "related",
            Self::None => "none",
        }
    }
}

/// Who may know of a candidate, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Publicity {
    /// Public, and before the report came.
    Public,
    /// Public, but younger than the report or not marked by O3DE: somebody may have talked.
    PossibleLeak,
    /// For members only (own cases, unpublished advisories).
    Members,
}

/// One candidate.
#[derive(Debug, Clone, Serialize)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// Where from.
    pub source: Source,
    /// What is proposed.
    pub verdict: Verdict,
    /// Higher is more alike; no unit.
    pub score: f32,
    /// 0 to 1; meaningful for the first candidate.
    pub sureness: f32,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What its source says of it.
    pub status: Status,
    /// Why a case of our own was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closure: Option<Closure>,
    /// The first fixed version that the record names.
    pub fixed: Option<String>,
    /// A title, or the begin of the description; words of others.
    pub title: String,
    /// An address built from the id; empty for own cases.
    pub url: String,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// Who may know.
    pub publicity: Publicity,
}

/// How old the mirror is and what is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Age {
    /// When a feed was last taken in.
    pub taken_at: Option<Timestamp>,
    /// The youngest stamp of the feeds, as NVD writes it.
    pub stamp: String,
    /// Public records, those of O3DE included.
    pub records: u64,
    /// O3DE's own advisories among them.
    #[serde(default)]
    pub advisories: u64,
    /// O3DE's public issues among them.
    #[serde(default)]
    pub issues: u64,
}

/// The answer of a check.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The strongest verdict among the public candidates.
    pub verdict: Verdict,
    /// Public candidates and O3DE's own advisories and issues, the best first.
    pub candidates: Vec<Candidate>,
    /// Own cases that look alike, rejections included: for members only.
    pub cases: Vec<Candidate>,
    /// Bundled packages that the report names, with what is known of them.
    pub packages: Vec<PackageCheck>,
    /// Ids that are cited but not in the mirror.
    pub unknown_ids: Vec<String>,
    /// How old the mirror is.
    pub mirror: Age,
}

/// The address of a record, built from its id and O3DE's own hosts only; empty for what has none.
pub fn url_of(source: Source, id: &str) -> String {
    match source {
        Source::Nvd if record::is_cve_id(id) => format!("https://nvd.nist.gov/vuln/detail/{id}"),
        Source::Advisory if id.starts_with("GHSA-") && is_plain(id) => {
            format!("https://github.com/advisories/{id}")
        }
        Source::Issue => match id.split_once('#') {
            Some((project, number)) if is_plain(project) && number.bytes().all(|b| b.is_ascii_digit()) => {
                format!("https://github.com/{project}/issues/{number}")
            }
            Some(_) | None => String::new(),
        },
        Source::Nvd | Source::Advisory | Source::Case => String::new(),
    }
}

fn is_plain(text: &str) -> bool {
    !text.contains("..") && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
}
