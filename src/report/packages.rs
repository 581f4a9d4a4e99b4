//! The packages that O3DE is built from: one reviewed list (`data/packages.tsv`), read here for the facts of a report and for
//! what is publicly known of a package (`known/package.rs`).

use std::sync::LazyLock;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// O3DE's name of it.
    pub name: &'static str,
    /// Versions that O3DE bundled when the list was made, as it spells them; none: it does not bundle it, or its version is
    /// not known.
    pub versions: Vec<&'static str>,
    /// Platforms of these versions (`Windows`, `Linux`, `Mac`, `Android`, `iOS`, `Web`, `all`).
    pub platforms: Vec<&'static str>,
    /// CPE vendor and product.
    pub cpe: Vec<(&'static str, &'static str)>,
    /// Versions that NVD counts in another way, with how; an empty one cannot be ordered.
    pub really: Vec<(&'static str, &'static str)>,
    /// The name is a common word, or O3DE's own.
    pub guarded: bool,
    /// Other names, lower case; none is a common word.
    pub also: Vec<&'static str>,
}

static LISTED: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    let lines = include_str!("data/packages.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(listed).collect()
});

/// The list, in its own order: what O3DE bundles, then what it asks for or carries in other ways.
pub fn packages() -> &'static [Listed] {
    &LISTED
}

fn listed(line: &'static str) -> Option<Listed> {
    let mut columns = line.split('\t');
    let name = columns.next().filter(|name| !name.is_empty())?;
    let mut list = || -> Option<Vec<&'static str>> {
        let column = columns.next()?;
        Some(if column == "-" { Vec::new() } else { column.split(';').collect() })
    };
    let (versions, platforms, cpe, really) = (list()?, list()?, list()?, list()?);
    let guarded = list()?.contains(&"guarded");
    let also = list()?;
    let cpe = cpe.into_iter().filter_map(|item| item.trim_start_matches('~').split_once(':')).collect();
    let really = really.into_iter().filter_map(|item| item.split_once('=')).collect();
    Some(Listed { name, versions, platforms, cpe, really, guarded, also })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Read by hand and kept by hand: a slip in a tab or a name twice would make a package vanish in silence.
    #[test]
    fn every_line_of_the_list_is_read_and_no_name_stands_twice() {
        let lines = include_str!("data/packages.tsv").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.clone().count(), packages().len());
        assert!(lines.into_iter().all(|line| line.split('\t').count() == 7));
        let mut names = BTreeSet::new();
        for package in packages() {
            for name in std::iter::once(&package.name).chain(&package.also) {
                assert!(names.insert(name.to_lowercase()), "{name} stands twice");
            }
            assert!(package.also.iter().all(|name| *name == name.to_lowercase()), "{package:?}");
            assert_eq!(package.versions.is_empty(), package.platforms.is_empty(), "{package:?}");
            for (version, _) in &package.really {
                assert!(package.versions.contains(version), "{package:?}");
            }
        }
    }
}
