//! An advisory as a person reads it on GitHub, in Markdown.

use serde_json::Value;

use super::Hub;

impl Hub {
    /// The advisories of a repository as Markdown, as GitHub would show them, in order of creation.
    pub fn advisories_as_markdown(&self, repository: u64) -> Vec<String> {
        self.advisories(repository).iter().map(markdown).collect()
    }
}

fn word<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn all<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn markdown(advisory: &Value) -> String {
    let mut head = vec![word(advisory, "state").to_owned(), word(advisory, "ghsa_id").to_owned()];
    head.push(advisory.get("cve_id").and_then(Value::as_str).unwrap_or("no CVE id yet").to_owned());
    let vector = advisory.pointer("/cvss/vector_string").and_then(Value::as_str).unwrap_or("no vector");
    head.push(format!("severity {} ({vector})", word(advisory, "severity")));
    let mut text = format!("# {}\n\n{}\n", word(advisory, "summary"), head.join(", "));
    text.push_str("\n| package | affected | patched |\n|---|---|---|\n");
    for one in all(advisory, "vulnerabilities") {
        let name = one.pointer("/package/name").and_then(Value::as_str).unwrap_or_default();
        let (range, fixed) = (word(one, "vulnerable_version_range"), word(one, "patched_versions"));
        text.push_str(&format!("| {name} | {range} | {fixed} |\n"));
    }
    text.push_str(&format!("\n{}\n", word(advisory, "description").trim_end()));
    let logins = |field: &str| {
        let names = all(advisory, field).iter().map(|one| word(one, "login").to_owned());
        names.collect::<Vec<_>>().join(", ")
    };
    if word(advisory, "state") != "published" {
        text.push_str(&format!("\n---\n\nOnly these see it: {}\n", logins("collaborating_users")));
        if advisory.get("private_fork").is_some_and(|fork| !fork.is_null()) {
            text.push_str("A private fork is there.\n");
        }
    }
    let credits = logins("credits");
    if !credits.is_empty() {
        text.push_str(&format!("\nCredited: {credits}\n"));
    }
    text
}
