//! `assess`: what a member found, as it is written on one line.

use super::Command;
use super::read::{did_you_mean, shown};
use super::runbook::{Runbook, is_login, truth};
use super::words::Words;
use crate::case::Severity;
use crate::case::assessment::{Attacker, Breaks, Means, Sig, Vector, Versions};
use crate::case::closure::Closure;

/// What a member found; what is missing is filled in from the case and the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is broken.
    pub breaks: Breaks,
    /// How.
    pub means: Vec<Means>,
    /// From where.
    pub attacker: Option<Attacker>,
    /// How grave.
    pub severity: Option<Severity>,
    /// How that was scored.
    pub vector: Option<Vector>,
    /// `owner/name`.
    pub repository: Option<String>,
    /// Whom it concerns.
    pub sigs: Vec<Sig>,
    /// Which versions.
    pub versions: Option<Versions>,
}

const ASSESS: &str = "assess vuln c=yes i=no a=yes means=code attacker=network severity=high";

/// `vuln` with what was found, or one of the closures that say that it is none, with a reason.
pub(super) fn assess(words: &Words<'_>) -> Result<Command, String> {
    let Some(first) = words.first().map(str::to_ascii_lowercase) else {
        return Err(format!("say what it is, such as: {ASSESS}"));
    };
    if first != "vuln" && first != "vulnerability" {
        let none = Closure::ALL.into_iter().filter(|closure| closure.needs_reason());
        let Some(closure) = none.clone().find(|closure| closure.word() == first) else {
            let known = none.map(Closure::word).chain(["vuln"]);
            return Err(format!("`{}` is no assessment{}", shown(&first), did_you_mean(&first, known)));
        };
        let reason = words.after_first().to_owned();
        if reason.is_empty() {
            return Err(format!(
                "the reporter is owed a reason, such as: assess {closure} It is meant so, because ..."
            ));
        }
        return Ok(Command::Close { closure, reason });
    }
    let mut finding = Finding {
        breaks: Breaks { confidentiality: false, integrity: false, availability: false },
        means: Vec::new(),
        attacker: None,
        severity: None,
        vector: None,
        repository: None,
        sigs: Vec::new(),
        versions: None,
    };
    for word in words.all.iter().skip(1) {
        let (key, value) = word
            .split_once('=')
            .ok_or_else(|| format!("`{}` says nothing: write it as in {ASSESS}", shown(word)))?;
        found(&mut finding, &key.to_ascii_lowercase(), value)?;
    }
    Ok(Command::Runbook(Runbook::Assess(Box::new(finding))))
}

fn found(finding: &mut Finding, key: &str, value: &str) -> Result<(), String> {
    let no = |what: &str| format!("`{}` is no {what}", shown(value));
    match key {
        "c" => finding.breaks.confidentiality = truth(value)?,
        "i" => finding.breaks.integrity = truth(value)?,
        "a" => finding.breaks.availability = truth(value)?,
        "means" => {
            for word in value.split(',') {
                finding.means.push(one_of(word, Means::ALL, Means::word, "means")?);
            }
        }
        "attacker" => finding.attacker = Some(one_of(value, Attacker::ALL, Attacker::word, "attacker")?),
        "severity" => {
            let all = [Severity::None, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
            finding.severity = Some(one_of(value, &all, Severity::word, "severity")?);
        }
        "vector" => {
            let vector = Vector::parse(value);
            finding.vector = Some(vector.ok_or_else(|| no("whole CVSS vector of version 3.0, 3.1 or 4.0"))?);
        }
        "repo" | "repository" => {
            let whole = value.split_once('/').is_some_and(|(owner, name)| is_login(owner) && is_login(name));
            finding.repository =
                Some(value.to_owned()).filter(|_| whole).ok_or_else(|| no("owner/name")).map(Some)?;
        }
        "sig" | "sigs" => {
            for word in value.split(',') {
                if !is_login(word) {
                    return Err(no("name of a SIG"));
                }
                finding.sigs.push(Sig(word.to_ascii_lowercase()));
            }
        }
        "versions" => finding.versions = Some(Versions::parse(value).ok_or_else(|| no("range of versions"))?),
        other => {
            let known = ["c", "i", "a", "means", "attacker", "severity", "vector", "repo", "sig", "versions"];
            return Err(format!(
                "`{}` is nothing that is assessed{}",
                shown(other),
                did_you_mean(other, known)
            ));
        }
    }
    Ok(())
}

fn one_of<T: Copy>(word: &str, all: &[T], name: impl Fn(T) -> &'static str, what: &str) -> Result<T, String> {
    let lower = word.to_ascii_lowercase();
    all.iter().copied().find(|one| name(*one) == lower).ok_or_else(|| {
        format!("`{}` is no {what}{}", shown(word), did_you_mean(&lower, all.iter().map(|one| name(*one))))
    })
}
