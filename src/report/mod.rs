//! What a report says, as facts: pure functions from words to values, each value with the words it came from.
//!
//! **Invariant:** no fact is more than a claim. Nothing here decides anything: facts fill a table that a member reads,
//! and tell which questions are still open. The score of a reporter's CVSS vector is computed, but always *claimed*.
//!
//! **Invariant:** total and linear. Any text gives facts; only the first [`TEXT_LIMIT`] bytes are looked at, every
//! pattern is bounded, and at most a few hundred matches of each are followed.

mod component;
mod dependency;
mod evidence;
mod grams;
mod id;
mod impact;
mod missing;
mod packages;
mod platform;
mod score;
mod section;
mod signs;
pub mod undisclosed;
mod version;
mod wish;
mod words;

use serde::Serialize;

use crate::case::{Component, Severity};

pub use component::{component_names, sig_of};
pub use dependency::Dependency;
pub use evidence::{Fix, Method, Proof, Steps};
pub use id::Id;
pub use impact::{Attacker, Exploited, Impact};
pub use missing::Missing;
pub use packages::{Listed, packages};
pub use platform::Platform;
pub use score::{Claim, CvssVersion};
pub use signs::signs;
pub use version::{Bound, Release, Version, Which, releases};
pub use wish::{Credit, Deadline, OthersTold};
pub(crate) use words::head;
pub use words::{EXCERPT_LIMIT, Found, TEXT_LIMIT};

/// The facts of a report. Every list holds at most 32 of its kind, none twice.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Facts {
    /// Parts of O3DE, the one most spoken of first.
    pub components: Vec<Found<Component>>,
    /// Source files and folders as they were written, with a line number where there is one.
    pub files: Vec<Found<String>>,
    /// Versions of O3DE.
    pub versions: Vec<Found<Version>>,
    /// A commit of the source (7 to 40 hexadecimal digits).
    pub commit: Option<Found<String>>,
    /// A branch of the source.
    pub branch: Option<Found<String>>,
    /// Operating systems.
    pub platforms: Vec<Found<Platform>>,
    /// Third-party packages.
    pub dependencies: Vec<Found<Dependency>>,
    /// A way to reproduce it.
    pub steps: Option<Found<Steps>>,
    /// Proofs, the best kind first.
    pub proof_of_concept: Vec<Found<Proof>>,
    /// What goes wrong, the worst first.
    pub impact: Vec<Found<Impact>>,
    /// Who attacks and what they need.
    pub attacker: Vec<Found<Attacker>>,
    /// Whether attacks are said to happen already.
    pub exploited: Option<Found<Exploited>>,
    /// Numbers of the Common Weakness Enumeration.
    pub cwe: Vec<Found<u16>>,
    /// Claimed CVSS vectors.
    pub cvss: Vec<Found<Claim>>,
    /// A claimed score without a vector (0.0 to 10.0), with its band.
    pub claimed_score: Option<Found<(f64, Severity)>>,
    /// A claimed severity word.
    pub claimed_word: Option<Found<Severity>>,
    /// Identifiers that others gave.
    pub ids: Vec<Found<Id>>,
    /// When the reporter means to publish.
    pub deadline: Vec<Found<Deadline>>,
    /// Whether others were told.
    pub others_told: Option<Found<OthersTold>>,
    /// How the reporter wants to be named.
    pub credit: Option<Found<Credit>>,
    /// How it was found.
    pub ai_or_tool: Vec<Found<Method>>,
    /// A suggested fix.
    pub suggested_fix: Option<Found<Fix>>,
}

/// Reads the facts of a report from its subject, its text and the names and MIME types of what is attached.
///
/// Total: any input gives facts. Only the first [`TEXT_LIMIT`] bytes of the text and 1000 of the subject are looked at.
/// Give it the reporter's own new words; quoted words of others would become this report's facts.
pub fn facts(subject: &str, text: &str, attachments: &[(&str, &str)]) -> Facts {
    let words = words::Words::new(subject, text);
    let sections = section::sections(&words);
    let (components, files) = component::components(&words, &sections);
    let cvss = score::vectors(&words);
    Facts {
        components,
        files,
        versions: version::versions(&words, &sections),
        commit: version::commit(&words),
        branch: version::branch(&words),
        platforms: platform::platforms(&words, &sections),
        dependencies: dependency::dependencies(&words, &sections),
        steps: evidence::steps(&words, &sections),
        proof_of_concept: evidence::proofs(&words, attachments),
        impact: impact::impacts(&words),
        attacker: impact::attackers(&words, &cvss),
        exploited: impact::exploited(&words, &sections),
        cwe: id::cwe(&words),
        cvss,
        claimed_score: score::bare_score(&words),
        claimed_word: score::word(&words),
        ids: id::ids(&words),
        deadline: wish::deadlines(&words, &sections),
        others_told: wish::others_told(&words, &sections),
        credit: wish::credit(&words, &sections),
        ai_or_tool: evidence::methods(&words),
        suggested_fix: evidence::fix(&words, &sections, attachments),
    }
}

impl Facts {
    /// The severity that the reporter claims: of the first vector that can be scored, else of a bare score, else a word.
    /// A claim only: the team scores by itself.
    pub fn claimed_severity(&self) -> Option<Severity> {
        let vector = self.cvss.iter().find_map(|found| found.value.severity);
        let score = || self.claimed_score.as_ref().map(|found| found.value.1);
        let word = || self.claimed_word.as_ref().map(|found| found.value);
        vector.or_else(score).or_else(word)
    }

    /// How many facts these are.
    pub fn count(&self) -> usize {
        let lists = [
            self.components.len(),
            self.files.len(),
            self.versions.len(),
            self.platforms.len(),
            self.dependencies.len(),
            self.proof_of_concept.len(),
            self.impact.len(),
            self.attacker.len(),
            self.cwe.len(),
            self.cvss.len(),
            self.ids.len(),
            self.deadline.len(),
            self.ai_or_tool.len(),
        ];
        let single = [
            self.commit.is_some(),
            self.branch.is_some(),
            self.steps.is_some(),
            self.exploited.is_some(),
            self.claimed_score.is_some(),
            self.claimed_word.is_some(),
            self.others_told.is_some(),
            self.credit.is_some(),
            self.suggested_fix.is_some(),
        ];
        lists.iter().sum::<usize>() + single.iter().filter(|there| **there).count()
    }

    /// The component that the report speaks of most.
    pub fn main_component(&self) -> Option<&Component> {
        self.components.first().map(|found| &found.value)
    }

    /// The questions that are still open, the most blocking first.
    pub fn missing(&self) -> Vec<Missing> {
        Missing::ALL.into_iter().filter(|missing| missing.is_open(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_pattern() -> impl Iterator<Item = (&'static str, &'static words::Pattern)> {
        let all = [
            component::every_pattern(),
            dependency::every_pattern(),
            evidence::every_pattern(),
            id::every_pattern(),
            impact::every_pattern(),
            platform::every_pattern(),
            score::every_pattern(),
            signs::every_pattern(),
            undisclosed::every_pattern(),
            version::every_pattern(),
            wish::every_pattern(),
        ];
        all.into_iter().flatten()
    }

    #[test]
    fn every_pattern_compiles() {
        let broken: Vec<_> =
            every_pattern().filter(|(_, pattern)| pattern.regex().is_none()).map(|(name, _)| name).collect();
        assert!(broken.is_empty(), "{broken:?}");
    }

    #[test]
    fn no_pattern_is_passed_over_where_it_matches() {
        // Texts full of what patterns look for: their own sources, with the signs of the pattern language made spaces.
        let mut passed = 0;
        for text in every_pattern().flat_map(|(_, pattern)| pattern.likely_texts()) {
            let words = words::Words::new("", &text);
            for (name, pattern) in every_pattern() {
                let found = pattern.regex().is_some_and(|regex| regex.is_match(words.text()));
                assert_eq!(pattern.is_in(words.all()), found, "{name} in {text}");
                passed += usize::from(found);
            }
        }
        assert!(passed > 400, "{passed}");
    }

    #[test]
    fn questions_come_in_order_and_read_like_questions() {
        let open = Facts::default().missing();
        assert_eq!(open, Missing::ALL);
        assert!(open.is_sorted());
        assert!(open.iter().all(|missing| missing.question().contains('?') && missing.word().len() < 20));
        assert_eq!(open.iter().filter(|missing| missing.is_standing()).count(), 3);
    }
}
