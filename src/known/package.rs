//! The third-party packages that O3DE bundles, how texts name them, and what O3DE's package lists say of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::version::Version;
use crate::report::{Listed, packages};

/// A bundled package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Package {
    /// O3DE's name of it.
    pub name: String,
    /// Versions as O3DE spells them, with the platforms that are known to have each (`all`: same everywhere).
    pub versions: Vec<Shipped>,
    /// CPE vendor and product.
    pub cpe: Vec<(String, String)>,
    /// The name is a common word.
    pub guarded: bool,
    /// Other names, lower case.
    pub also: Vec<String>,
}

/// A version that O3DE ships.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shipped {
    /// As O3DE spells it.
    pub version: String,
    /// As the rest of the world counts it; `None` when it cannot be ordered.
    pub real: Option<String>,
    /// Platforms (`Windows`, `Linux`, `Mac`, `Android`, `iOS`, `Web`, `all`).
    pub platforms: Vec<String>,
}

/// A package that a text names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Which of the list.
    pub package: usize,
    /// The name as it was written.
    pub written: String,
    /// Versions that stand right behind the name, as written; at most eight.
    pub versions: Vec<String>,
    /// Where it stands first, in bytes from the begin.
    pub at: usize,
}

/// The list of packages.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    list: Vec<Package>,
    names: BTreeMap<String, (usize, bool)>,
    pattern: Option<Regex>,
}

static TODAY: LazyLock<Packages> =
    LazyLock::new(|| Packages::of(packages().iter().filter_map(package).collect()));

/// A version behind a name.
static BEHIND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:\s{0,2}\(?(?:library|package|lib)?\s?(?:versions?|ver\.?|release|v\.?)\s?|[\s\-_/@=:(]{0,2}v?)(\d{1,8}(?:\.\d{1,9}){0,4}(?:(?:[._-]?(?:rc|beta|alpha|az|pre|p)\.?\d{0,4})|[a-z]{1,2}\b)?)").ok()
});

/// Words that make a guarded name a package.
const NEAR: [&str; 10] = [
    "library",
    "package",
    "bundled",
    "bundles",
    "bundle",
    "third-party",
    "3rdparty",
    "third party",
    "ships",
    "dependency",
];

impl Packages {
    /// Today's list: what O3DE bundles (`report/data/packages.tsv`).
    pub fn today() -> &'static Self {
        &TODAY
    }

    /// A list of these packages.
    pub fn of(list: Vec<Package>) -> Self {
        let mut names = BTreeMap::new();
        for (at, package) in list.iter().enumerate() {
            names.insert(package.name.to_lowercase(), (at, package.guarded));
            for also in &package.also {
                names.insert(also.clone(), (at, false));
            }
        }
        let mut alternatives: Vec<&String> = names.keys().collect();
        alternatives.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let joined: Vec<String> = alternatives.into_iter().map(|name| regex::escape(name)).collect();
        let pattern = (!joined.is_empty())
            .then(|| Regex::new(&format!(r"(?i-u)\b(?:{})", joined.join("|"))).ok())
            .flatten();
        Self { list, names, pattern }
    }

    /// The packages in the order of the list.
    pub fn list(&self) -> &[Package] {
        &self.list
    }

    /// The package of this name or other name.
    pub fn get(&self, name: &str) -> Option<&Package> {
        self.names.get(&name.to_lowercase()).and_then(|(at, _)| self.list.get(*at))
    }

    /// The list with the versions and platforms that `BuiltInPackages_*.cmake` files name; packages that they do not
    /// name stay as they are, new ones come in without a CPE.
    pub fn refreshed(&self, found: &[Associated]) -> Self {
        let mut list = self.list.clone();
        let mut fresh: BTreeMap<String, Vec<Shipped>> = BTreeMap::new();
        for item in found {
            let versions = fresh.entry(item.name.clone()).or_default();
            match versions.iter_mut().find(|old| old.version == item.version) {
                Some(old) if old.platforms.contains(&item.platform) => {}
                Some(old) => old.platforms.push(item.platform.clone()),
                None => versions.push(Shipped {
                    version: item.version.clone(),
                    real: Version::parse(&item.version).map(|_| item.version.clone()),
                    platforms: vec![item.platform.clone()],
                }),
            }
        }
        for (name, mut versions) in fresh {
            let old = list.iter_mut().find(|package| package.name.eq_ignore_ascii_case(&name));
            match old {
                Some(package) => {
                    // What was found out by hand about an odd spelling stays true.
                    for shipped in &mut versions {
                        if let Some(known) =
                            package.versions.iter().find(|old| old.version == shipped.version)
                        {
                            shipped.real.clone_from(&known.real);
                        }
                    }
                    package.versions = versions;
                }
                None => {
                    list.push(Package { name, versions, cpe: Vec::new(), guarded: false, also: Vec::new() })
                }
            }
        }
        Self::of(list)
    }

    /// The packages that a text names, each once, with the versions written behind the name.
    pub fn named(&self, text: &str) -> Vec<Named> {
        let mut found: Vec<Named> = Vec::new();
        let Some(pattern) = self.pattern.as_ref() else { return found };
        for hit in pattern.find_iter(text).take(2000) {
            let mut written = hit.as_str();
            let mut behind = text.get(hit.end()..).unwrap_or_default();
            if behind.starts_with('.') && written.ends_with(|c: char| c.is_ascii_digit()) {
                // `zlib1.2.11` is zlib, not zlib1.
                written = written.trim_end_matches(|c: char| c.is_ascii_digit());
                behind = text.get(hit.start() + written.len()..).unwrap_or_default();
            }
            let Some((package, guarded)) = self.names.get(&written.to_lowercase()) else { continue };
            if behind.starts_with(|c: char| c.is_alphabetic() || c == '_' && !behind.starts_with("_1")) {
                continue;
            }
            let version = version_behind(behind);
            if *guarded && version.is_none() && !is_vouched(text, hit.start(), hit.end()) {
                continue;
            }
            let at = found.iter().position(|old| old.package == *package);
            let named = match at {
                Some(at) => found.get_mut(at),
                None => {
                    found.push(Named {
                        package: *package,
                        written: written.to_owned(),
                        versions: Vec::new(),
                        at: hit.start(),
                    });
                    found.last_mut()
                }
            };
            if let (Some(named), Some(version)) = (named, version)
                && named.versions.len() < 8
                && !named.versions.contains(&version)
            {
                named.versions.push(version);
            }
        }
        found
    }
}

/// The version right behind a name.
fn version_behind(behind: &str) -> Option<String> {
    let near: String = behind.chars().take(60).collect();
    let groups = BEHIND.as_ref()?.captures(&near)?;
    let version = groups.get(1)?.as_str();
    // A bare number is a version only with a dot, or with a word for it in front.
    let told = version.contains('.') || groups.get(0)?.as_str().to_lowercase().contains("ver");
    told.then(|| version.trim_end_matches(['.', '-', '_']).to_owned())
}

/// Whether a common word stands beside one that makes it a package.
fn is_vouched(text: &str, start: usize, end: usize) -> bool {
    let mut from = start.saturating_sub(40);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let mut to = (end + 40).min(text.len());
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let near = text.get(from..to).unwrap_or_default().to_lowercase();
    NEAR.iter().any(|word| near.contains(word))
}

/// What O3DE bundles of the reviewed list; what it only asks for has no version to compare.
fn package(listed: &Listed) -> Option<Package> {
    let real = |version: &str| {
        let told = listed.really.iter().find(|(from, _)| *from == version);
        let text = told.map_or(version, |(_, to)| to);
        Version::parse(text).map(|_| text.to_owned())
    };
    let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    let platforms = owned(&listed.platforms);
    let versions: Vec<Shipped> = listed
        .versions
        .iter()
        .map(|version| Shipped {
            version: (*version).to_owned(),
            real: real(version),
            platforms: platforms.clone(),
        })
        .collect();
    let cpe = listed.cpe.iter().map(|(vendor, product)| ((*vendor).to_owned(), (*product).to_owned()));
    (!versions.is_empty()).then(|| Package {
        name: listed.name.to_owned(),
        versions,
        cpe: cpe.collect(),
        guarded: listed.guarded,
        also: owned(&listed.also),
    })
}

/// A line of a `BuiltInPackages_*.cmake` file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Associated {
    /// The package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// O3DE's revision of the package (`rev3`), if any.
    pub revision: Option<String>,
    /// The platform, as [`Shipped`] spells it.
    pub platform: String,
    /// The targets.
    pub targets: Vec<String>,
}

static ASSOCIATE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?is)\bly_associate_package\s{0,8}\(([^)]{1,2000})\)").ok());

/// Reads the packages that a `BuiltInPackages_*.cmake` file associates; comments and everything else is skipped.
pub fn read_cmake(text: &str) -> Vec<Associated> {
    let code: Vec<&str> = text.lines().map(|line| line.split('#').next().unwrap_or(line)).collect();
    let code = code.join("\n");
    let Some(pattern) = ASSOCIATE.as_ref() else { return Vec::new() };
    pattern.captures_iter(&code).take(1000).filter_map(|groups| associated(groups.get(1)?.as_str())).collect()
}

fn associated(arguments: &str) -> Option<Associated> {
    let words: Vec<&str> = arguments.split_whitespace().map(|word| word.trim_matches('"')).collect();
    let place = words.iter().position(|word| *word == "PACKAGE_NAME")?;
    let full = words.get(place + 1)?;
    let keys = ["PACKAGE_NAME", "PACKAGE_HASH", "TARGETS"];
    let targets =
        words.iter().skip_while(|word| **word != "TARGETS").skip(1).take_while(|word| !keys.contains(word));
    let targets = targets.map(|word| (*word).to_owned()).collect();
    let parts: Vec<&str> = full.split('-').collect();
    let starts_version = |part: &str| {
        let bare = part.strip_prefix('v').unwrap_or(part);
        bare.starts_with(|c: char| c.is_ascii_digit())
    };
    let first = parts.iter().skip(1).position(|part| starts_version(part)).map_or(1, |at| at + 1);
    let revision_at = parts.iter().position(|part| is_revision(part));
    let platform_at = parts.iter().rposition(|part| platform(part).is_some());
    let end = revision_at.or(platform_at).unwrap_or(parts.len());
    let joined = |from: usize, to: usize| parts.get(from..to.max(from)).unwrap_or_default().join("-");
    // `mac-arm64` is Mac: the processor makes no other version.
    let platform = parts.iter().skip(end).find_map(|part| platform(part)).unwrap_or("all");
    Some(Associated {
        name: joined(0, first),
        version: joined(first, end),
        revision: revision_at.and_then(|at| parts.get(at)).map(|part| (*part).to_owned()),
        platform: platform.to_owned(),
        targets,
    })
}

fn is_revision(part: &str) -> bool {
    part.strip_prefix("rev").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
}

fn platform(part: &str) -> Option<&'static str> {
    Some(match part {
        "windows" => "Windows",
        "linux" => "Linux",
        "mac" | "darwin" => "Mac",
        "android" => "Android",
        "ios" => "iOS",
        "emscripten" => "Web",
        "multiplatform" => "all",
        _ => return None,
    })
}
