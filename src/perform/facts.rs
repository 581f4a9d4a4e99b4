//! The table "what was understood" of an issue: facts of a report as rows, a reporter's words as code.

use crate::render::fence::Value;
use crate::render::issue::Fact;
use crate::report::{
    Claim, Credit, CvssVersion, Exploited, Facts, Fix, Found, Method, OthersTold, Proof, Steps,
};

/// The rows in the order of the page; a fact that is not there has no row.
pub(super) fn rows(facts: &Facts) -> Vec<Fact> {
    let mut rows = Rows(Vec::new());
    rows.ours("Component", facts.components.iter().map(|found| found.value.to_string()));
    rows.theirs("Files", facts.files.iter().map(|found| found.value.clone()));
    rows.theirs("Versions", facts.versions.iter().map(|found| found.value.to_string()));
    rows.theirs("Commit", facts.commit.iter().map(|found| found.value.clone()));
    rows.theirs("Branch", facts.branch.iter().map(|found| found.value.clone()));
    rows.ours("Platform", facts.platforms.iter().map(|found| found.value.to_string()));
    rows.theirs(
        "Third-party package",
        facts.dependencies.iter().map(|found| {
            found
                .value
                .version
                .as_ref()
                .map_or(found.value.name.clone(), |version| format!("{} {version}", found.value.name))
        }),
    );
    rows.claimed("Severity", facts.claimed_severity().map(|severity| Value::Ours(severity.to_string())));
    rows.claimed("CVSS", facts.cvss.iter().map(|found| Value::Theirs(vector(&found.value))));
    rows.ours("Impact", facts.impact.iter().map(|found| found.value.to_string()));
    rows.ours("Attacker", facts.attacker.iter().map(|found| found.value.to_string()));
    rows.ours("Used in attacks", facts.exploited.iter().map(|found| exploited(found).to_owned()));
    rows.ours("Weakness", facts.cwe.iter().map(|found| format!("CWE-{}", found.value)));
    rows.theirs("Ids cited", facts.ids.iter().map(|found| found.value.to_string()));
    rows.ours("Steps", facts.steps.iter().map(|found| steps(found.value).to_owned()));
    rows.ours("Proof", facts.proof_of_concept.iter().map(|found| proof(found.value).to_owned()));
    rows.ours("Deadline", facts.deadline.iter().map(|found| found.value.to_string()));
    rows.ours("Others told", facts.others_told.iter().map(|found| others(found.value).to_owned()));
    rows.ours("Credit", facts.credit.iter().map(|found| credit(found.value).to_owned()));
    rows.ours("Found with", facts.ai_or_tool.iter().map(|found| method(found.value).to_owned()));
    rows.ours("Suggested fix", facts.suggested_fix.iter().map(|found| fix(found.value).to_owned()));
    rows.0
}

struct Rows(Vec<Fact>);

impl Rows {
    fn ours(&mut self, name: &'static str, values: impl IntoIterator<Item = String>) {
        self.push(name, values.into_iter().map(Value::Ours).collect(), false);
    }

    fn theirs(&mut self, name: &'static str, values: impl IntoIterator<Item = String>) {
        self.push(name, values.into_iter().map(Value::Theirs).collect(), false);
    }

    fn claimed(&mut self, name: &'static str, values: impl IntoIterator<Item = Value>) {
        self.push(name, values.into_iter().collect(), true);
    }

    fn push(&mut self, name: &'static str, values: Vec<Value>, claimed: bool) {
        if !values.is_empty() {
            self.0.push(Fact { name, values, claimed });
        }
    }
}

fn vector(claim: &Claim) -> String {
    let version = match claim.version {
        CvssVersion::V2 => " (v2)",
        CvssVersion::V30 | CvssVersion::V31 | CvssVersion::V40 => "",
    };
    claim.score.map_or(claim.vector.clone(), |score| format!("{}{version} = {score:.1}", claim.vector))
}

fn exploited(found: &Found<Exploited>) -> &'static str {
    match found.value {
        Exploited::Yes => "the report says yes",
        Exploited::NoneKnown => "none known to the reporter",
    }
}

fn steps(steps: Steps) -> &'static str {
    match steps {
        Steps::Section => "a section of its own",
        Steps::List => "a numbered list",
        Steps::Prose => "in the text",
    }
}

fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::Attachment => "attached",
        Proof::Trace => "a trace",
        Proof::Code => "code in the text",
        Proof::Link => "behind a link (not fetched)",
        Proof::Mentioned => "mentioned",
    }
}

fn others(told: OthersTold) -> &'static str {
    match told {
        OthersTold::Yes => "yes, see the report",
        OthersTold::Nobody => "nobody",
    }
}

fn credit(credit: Credit) -> &'static str {
    match credit {
        Credit::Named => "wanted, see the report",
        Credit::Anonymous => "wants no name",
    }
}

fn method(method: Method) -> &'static str {
    match method {
        Method::Ai => "an AI tool",
        Method::Fuzzer => "a fuzzer",
        Method::Scanner => "a scanner",
        Method::StaticAnalysis => "static analysis",
        Method::Hand => "by hand",
    }
}

fn fix(fix: Fix) -> &'static str {
    match fix {
        Fix::Patch => "a patch",
        Fix::Words => "in words",
    }
}
