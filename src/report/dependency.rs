//! Third-party packages that a report names.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::packages::{Listed, packages};
use super::section::{self, Section, Topic};
use super::words::{Found, Words, compile, group, keep, patterns, place};

/// A package with the version that the report names and the one that O3DE ships.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// The name on our list (`OpenSSL`), or as it was written when the package is not on it.
    pub name: String,
    /// The version as it was written (`1.1.1b`).
    pub version: Option<String>,
    /// The versions that O3DE bundled when our list was made (`data/packages.tsv`); none when not known.
    pub shipped: &'static [&'static str],
}

/// One pattern of all names with an optional version behind; `None` would only mean that the list is broken.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mut names: Vec<String> = packages()
        .iter()
        .flat_map(|package| std::iter::once(&package.name).chain(&package.also))
        .map(|name| regex::escape(&name.to_lowercase()))
        .collect();
    // The longest first: the first alternative that fits wins.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    compile(&format!(
        r"\b({})(?:[\s/@=_(-]{{1,2}}(?:versions?\s{{1,2}}|v|-)?|)((?:\d{{1,5}}(?:\.\d{{1,9}}){{1,4}})(?:[a-z]{{1,2}}\b|[-_](?:rc|beta|alpha|az)[.\d]{{0,4}})?)?",
        names.join("|")
    ))
});

patterns! {
    PURL = r"\bpkg:([a-z0-9.+-]{1,20})/((?:[a-z0-9._~%+@-]{1,80}/){0,4}[a-z0-9._~%+-]{1,80})(?:@([a-z0-9._~%+-]{1,60}))?";
    VULNERABLE = r"^(?:\[(?u:[^\n\]]){1,30}\]\s{0,2})?([a-z][a-z0-9+_.-]{1,40}?)[\s-]{0,2}v?(\d{1,5}(?:\.\d{1,9}){1,4}[a-z]{0,2})\s(?:[a-z() ]{0,40}\s)?(?:is|are)\s(?:vulnerable|affected)";
    BARE_VERSION = r"\A(?:\d{1,5}(?:\.\d{1,9}){1,4})(?:[a-z]{1,2}\b|[-_](?:rc|beta|alpha|az)[.\d]{0,4})?";
    RUNS_WITH = r"\b(?:with|using|via|run|runs|requires?|needs?|tested on|under|on)\s{1,2}\z";
}

/// The package of that name on our list.
fn on_list(name: &str) -> Option<&'static Listed> {
    packages()
        .iter()
        .find(|p| p.name.eq_ignore_ascii_case(name) || p.also.iter().any(|a| a.eq_ignore_ascii_case(name)))
}

/// A dependency by a name as it was written.
fn dependency(name: &str, version: &str) -> Dependency {
    let known = on_list(name);
    Dependency {
        name: known.map_or(name, |package| package.name).to_owned(),
        version: (!version.is_empty()).then(|| version.to_owned()),
        shipped: known.map_or(&[], |package| package.versions.as_slice()),
    }
}

/// The packages that a report names. A name that is a common word counts only with a version behind it.
pub(super) fn dependencies(words: &Words, sections: &[Section]) -> Vec<Found<Dependency>> {
    let mut out: Vec<Found<Dependency>> = Vec::new();
    for groups in PURL.groups(words.all()) {
        let path = group(&groups, 2);
        let name = path.rsplit('/').next().unwrap_or(path);
        add(&mut out, words, dependency(name, group(&groups, 3)), &place(&groups, 0));
    }
    for groups in NAMED.iter().flat_map(|regex| regex.captures_iter(words.text())).take(1000) {
        let (name, version, at) = (group(&groups, 1), group(&groups, 2), place(&groups, 0));
        if let Some((found, at)) = digits_of_a_version(words, &place(&groups, 1)) {
            add(&mut out, words, found, &at);
            continue;
        }
        let Some(package) = on_list(name) else { continue };
        let guarded = package.guarded && name.eq_ignore_ascii_case(package.name);
        let tool = package.name == "python" && RUNS_WITH.is_in(words.before(&at, 16));
        let follows = words.after(&place(&groups, 1), 1);
        let inside = version.is_empty() && follows.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if tool || inside || (version.is_empty() && guarded) {
            continue;
        }
        add(&mut out, words, dependency(name, version), &at);
    }
    for groups in VULNERABLE.groups(words.all()).take(8) {
        let name = group(&groups, 1);
        if on_list(name).is_none()
            && !name.to_ascii_lowercase().starts_with("o3de")
            && !name.eq_ignore_ascii_case("version")
        {
            add(&mut out, words, dependency(name, group(&groups, 2)), &place(&groups, 0));
        }
    }
    for section in sections.iter().filter(|s| s.topic == Topic::Package).take(8) {
        let Some(line) = section::first_line(words, section) else { continue };
        let name = words.at(&line).split([' ', ',', '@', '='].as_slice()).next().unwrap_or("");
        // A label says that it is a package: here "png" alone is enough.
        if on_list(name).is_some() && !out.iter().any(|found| found.value == dependency(name, "")) {
            add(&mut out, words, dependency(name, ""), &line);
        }
    }
    out
}

/// `zlib1.2.11` is zlib 1.2.11, though `zlib1` is a name as well.
fn digits_of_a_version(words: &Words, name: &Range<usize>) -> Option<(Dependency, Range<usize>)> {
    let written = words.at(name);
    let bare = written.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_cut = bare.len() < written.len() && words.after(name, 1) == ".";
    let start = name.start..name.start + bare.len();
    let groups = BARE_VERSION.groups(words.after(&start, 60)).next().filter(|_| is_cut)?;
    on_list(bare)?;
    let version = group(&groups, 0);
    Some((dependency(bare, version), start.start..start.end + version.len()))
}

/// Adds one; a name without a version is dropped when the same name with one is there, and the other way round.
fn add(out: &mut Vec<Found<Dependency>>, words: &Words, new: Dependency, at: &Range<usize>) {
    if new.version.is_none() && out.iter().any(|old| old.value.name == new.name) {
        return;
    }
    if new.version.is_some() {
        out.retain(|old| old.value.name != new.name || old.value.version.is_some());
    }
    keep(out, words.found(new, at));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let words = Words::new("", text);
        let sections = section::sections(&words);
        let found = dependencies(&words, &sections);
        found
            .iter()
            .map(|f| format!("{} {}", f.value.name, f.value.version.as_deref().unwrap_or("?")))
            .collect()
    }

    #[test]
    fn packages_are_read_with_their_versions() {
        for (text, expected) in [
            ("OpenSSL 1.1.1b is vulnerable according to NVD", "OpenSSL 1.1.1b"),
            ("zlib1.2.11 is vulnerable", "zlib 1.2.11"),
            ("zlib1 in wininst.exe", "zlib ?"),
            ("sqlite3.37.2", "SQLite 3.37.2"),
            ("the bundled sqlite3", "SQLite ?"),
            ("libpng-1.6.37", "png 1.6.37"),
            ("Lua 5.4.4", "Lua 5.4.4"),
            ("qt@5.15.2", "qt 5.15.2"),
            ("pkg:generic/openssl@1.1.1o?arch=x", "OpenSSL 1.1.1o"),
            ("pkg:pypi/acme-thing@2.0", "acme-thing 2.0"),
            ("frobnicate 2.3.0 is vulnerable according to NVD", "frobnicate 2.3.0"),
            ("SQLite (version 3.37.2)", "SQLite 3.37.2"),
            ("the bundled libtiff", "tiff ?"),
            ("Package: png", "png ?"),
            ("zlib in Python, zlib 1.2.8", "zlib 1.2.8"),
            ("mcpp 2.7.2_az.2", "mcpp 2.7.2_az.2"),
        ] {
            assert_eq!(read(text), [expected], "{text}");
        }
        assert_eq!(dependency("openssl", "").shipped, ["1.1.1o", "1.1.1t", "3.6.3"]);
    }

    #[test]
    fn common_words_and_tools_are_no_packages() {
        for text in [
            "a Lua script, a png and python code",
            "run with Python 3.11",
            "I am glad",
            "O3DE 25.05.1 is vulnerable",
        ] {
            assert!(read(text).is_empty(), "{text}: {:?}", read(text));
        }
    }
}
