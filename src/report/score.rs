//! CVSS as the reporter claims it. The team scores by itself; what stands here is only shown.

use serde::Serialize;

use super::words::{Found, Words, group, keep, patterns, place};
use crate::case::Severity;

/// Which CVSS a vector is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CvssVersion {
    /// 2.0: no prefix, has `Au:`. Knows neither None nor Critical.
    V2,
    /// 3.0
    V30,
    /// 3.1
    V31,
    /// 4.0
    V40,
}

/// A claimed CVSS vector.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Claim {
    /// Which CVSS.
    pub version: CvssVersion,
    /// The vector as it was written.
    pub vector: String,
    /// The score that the vector gives (0.0 to 10.0), computed here; `None` when it is incomplete or faulty.
    pub score: Option<f64>,
    /// The band of that score; for 2.0 its own three bands.
    pub severity: Option<Severity>,
}

patterns! {
    VECTOR = r"\b(cvss:(3\.0|3\.1|4\.0)(?:/[a-z]{1,3}:[a-z]{1,6}){1,32})(?:\b|$)";
    BARE_V3 = r"\b(av:[nalp]/ac:[lh]/pr:[nlh]/ui:[nr]/s:[uc](?:/[a-z]{1,3}:[a-z]{1,6}){3,24})(?:\b|$)";
    V2 = r"\b(av:[lan]/ac:[hml]/au:[msn](?:/[a-z]{1,3}:[a-z]{1,6}){3,16})(?:\b|$)";
    SCORE = r"\b(?:cvss(?:\s{0,2}v?[234](?:\.[01x])?)?|base score|severity score)[\s:=()*_-]{1,4}(?:(?:base|score|rating|of|is|approx\.?|about|around)[\s:=~-]{1,3}){0,4}(10(?:\.0)?|\d\.\d)\b(/av:)?";
    WORD = r"\b(?:severity|risk|priority|rating|impact)(?:\s{1,2}(?:level|rating|score|class))?[\s:=*_|-]{1,6}(?:is\s{1,2})?(critical|high|medium|moderate|low|none|informational)\b";
    WORD_BEFORE = r"\b(critical|high|medium|moderate|low)[ -](?:severity|risk|impact)\b";
    WORD_VULNERABILITY = r"\b(critical|high|medium|low)[ -](?:(?:security|remote|0-?day)[ -]){0,2}(?:vulnerabilit|rce\b|bug\b|issue\b|flaw\b|finding)";
}

/// The claimed vectors.
pub(super) fn vectors(words: &Words) -> Vec<Found<Claim>> {
    let mut out = Vec::new();
    for groups in VECTOR.groups(words.all()) {
        let version = match group(&groups, 2) {
            "3.0" => CvssVersion::V30,
            "3.1" => CvssVersion::V31,
            _ => CvssVersion::V40,
        };
        keep(&mut out, words.found(claim(version, group(&groups, 1)), &place(&groups, 1)));
    }
    for groups in V2.groups(words.all()) {
        keep(&mut out, words.found(claim(CvssVersion::V2, group(&groups, 1)), &place(&groups, 1)));
    }
    if out.is_empty() {
        for groups in BARE_V3.groups(words.all()) {
            keep(&mut out, words.found(claim(CvssVersion::V31, group(&groups, 1)), &place(&groups, 1)));
        }
    }
    out
}

/// A vector with its score.
fn claim(version: CvssVersion, vector: &str) -> Claim {
    let upper = vector.to_ascii_uppercase();
    let scored = match version {
        CvssVersion::V2 => {
            vector.replace("au:", "Au:").replace("AU:", "Au:").parse::<cvss::v2::Vector>().ok().map(
                |vector| {
                    let score = vector.score().value();
                    (score, bands_v2(score))
                },
            )
        }
        CvssVersion::V30 | CvssVersion::V31 | CvssVersion::V40 => {
            // Before 4.0 the crate takes a missing metric for "no effect", which would give a score nobody claimed.
            let base = ["AV:", "AC:", "PR:", "UI:", "S:", "C:", "I:", "A:"];
            let whole = version == CvssVersion::V40
                || base.iter().all(|metric| upper.split('/').any(|part| part.starts_with(metric)));
            let full = if upper.starts_with("CVSS:") { upper } else { format!("CVSS:3.1/{upper}") };
            whole.then(|| full.parse::<cvss::Cvss>().ok()).flatten().map(|vector| {
                let score = vector.score();
                (score, bands(score))
            })
        }
    };
    let scored = scored.filter(|(score, _)| (0.0..=10.0).contains(score));
    Claim { version, vector: vector.to_owned(), score: scored.map(|s| s.0), severity: scored.map(|s| s.1) }
}

/// The bands of CVSS 3.0, 3.1 and 4.0.
fn bands(score: f64) -> Severity {
    if score < 0.1 {
        Severity::None
    } else if score < 4.0 {
        Severity::Low
    } else if score < 7.0 {
        Severity::Medium
    } else if score < 9.0 {
        Severity::High
    } else {
        Severity::Critical
    }
}

/// The bands that NVD used for CVSS 2.0: Low to 3.9, Medium to 6.9, High.
fn bands_v2(score: f64) -> Severity {
    match bands(score) {
        Severity::None | Severity::Low => Severity::Low,
        Severity::Medium => Severity::Medium,
        Severity::High | Severity::Critical => Severity::High,
    }
}

/// A claimed bare score ("CVSS 9.8") and its band.
pub(super) fn bare_score(words: &Words) -> Option<Found<(f64, Severity)>> {
    // "CVSS 3.1" alone names a version of CVSS, and so does the beginning of a vector.
    let named = |text: &str| {
        text.contains(':') || text.contains('=') || text.contains("score") || text.contains(" of ")
    };
    let groups = SCORE.groups(words.all()).find(|groups| {
        let version = matches!(group(groups, 1), "2.0" | "3.0" | "3.1" | "4.0");
        group(groups, 2).is_empty() && (!version || named(&group(groups, 0).to_ascii_lowercase()))
    })?;
    let score: f64 = group(&groups, 1).parse().ok()?;
    Some(words.found((score, bands(score)), &place(&groups, 0)))
}

/// A claimed severity word ("Severity: High", "critical vulnerability").
pub(super) fn word(words: &Words) -> Option<Found<Severity>> {
    let groups =
        [&WORD, &WORD_BEFORE, &WORD_VULNERABILITY].into_iter().find_map(|p| p.groups(words.all()).next())?;
    let severity = match group(&groups, 1).to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" | "moderate" => Severity::Medium,
        "low" => Severity::Low,
        _ => Severity::None,
    };
    Some(words.found(severity, &place(&groups, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(text: &str) -> (CvssVersion, Option<f64>, Option<Severity>) {
        let found = vectors(&Words::new("", text)).remove(0).value;
        (found.version, found.score, found.severity)
    }

    /// Scores as the calculators of FIRST.org give them.
    #[test]
    fn vectors_are_scored_and_broken_ones_are_kept_without_a_score() {
        use CvssVersion::{V2, V30, V31, V40};
        let all = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        assert_eq!(scored(all), (V31, Some(9.8), Some(Severity::Critical)));
        assert_eq!(
            scored("cvss:3.0/av:l/ac:l/pr:n/ui:r/s:u/c:h/i:h/a:h."),
            (V30, Some(7.8), Some(Severity::High))
        );
        assert_eq!(scored("(AV:N/AC:L/Au:N/C:P/I:P/A:P)"), (V2, Some(7.5), Some(Severity::High)));
        assert_eq!(scored("AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"), (V31, Some(0.0), Some(Severity::None)));
        let four = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
        assert_eq!(scored(four), (V40, Some(9.3), Some(Severity::Critical)));
        assert_eq!(scored("CVSS:3.1/AV:N/AC:L"), (V31, None, None));
        assert_eq!(scored("CVSS:4.0/AV:N/AC:L"), (V40, None, None));
    }

    #[test]
    fn bare_scores_and_words_are_claims_too() {
        let text = |t| Words::new("", t);
        assert_eq!(bare_score(&text("CVSS v3.1 base score: 9.8")).unwrap().value, (9.8, Severity::Critical));
        assert_eq!(bare_score(&text("CVSS 3.1 was released")), None);
        assert_eq!(bare_score(&text("CVSS:3.1/AV:N/AC:L")), None, "the beginning of a vector");
        assert_eq!(bare_score(&text("CVSS: 8.6/10")).unwrap().value, (8.6, Severity::High));
        assert_eq!(word(&text("**Severity:** Moderate")).unwrap().value, Severity::Medium);
        assert_eq!(word(&text("a critical vulnerability")).unwrap().value, Severity::Critical);
        assert_eq!(word(&text("high time")), None);
    }
}
