//! The packages that a report names: what O3DE ships of them, and which public records that touches.

use std::cmp::Reverse;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::package::{Named, Package};
use super::range::{Inside, Range, inside, ranges_in};
use super::record::{Record, Status};
use super::version::Version;

/// At most so many records of a package are listed.
pub const ROW_LIMIT: usize = 60;

/// A record of a package.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PackageRow {
    /// The record.
    pub id: String,
    /// Where the reporter's version lies; `None` when none was named.
    pub asked: Option<Inside>,
    /// Where the versions lie that O3DE ships: in if any is.
    pub shipped: Inside,
    /// The first version that is said to be fixed.
    pub fixed: Option<String>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// The shipped versions inside the range, as O3DE spells them.
    pub ours_inside: Vec<String>,
    /// The shipped versions outside of it.
    pub ours_outside: Vec<String>,
    /// One sentence: `O3DE ships zlib 1.2.11 (Windows, Linux, Mac): inside the range of CVE-…`.
    pub sentence: String,
}

/// What is known of a package that a report names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PackageCheck {
    /// O3DE's name.
    pub package: String,
    /// Versions that the report names.
    pub asked: Vec<String>,
    /// What O3DE ships: `zlib 1.2.11 (Windows, Linux, Mac)`.
    pub ships: String,
    /// Records, the ones in whose range the report's version lies first; then those of unknown range; the youngest first.
    pub rows: Vec<PackageRow>,
    /// How many more there are.
    pub more: usize,
}

/// What O3DE ships of a package, in words: versions, platforms, and how the rest of the world counts them.
pub fn ships(package: &Package) -> String {
    let mut groups: Vec<(Vec<String>, &[String])> = Vec::new();
    for shipped in &package.versions {
        let odd = shipped.real.as_ref().filter(|real| **real != shipped.version);
        let text = match (odd, &shipped.real) {
            (Some(real), _) => format!("{} (that is {real})", shipped.version),
            (None, _) => shipped.version.clone(),
        };
        match groups.iter_mut().find(|(_, platforms)| *platforms == shipped.platforms.as_slice()) {
            Some((versions, _)) => versions.push(text),
            None => groups.push((vec![text], &shipped.platforms)),
        }
    }
    let groups: Vec<String> = groups
        .iter()
        .map(|(versions, platforms)| {
            let platforms: Vec<&str> =
                platforms.iter().map(|p| if p == "all" { "all platforms" } else { p }).collect();
            if platforms.is_empty() {
                versions.join(", ")
            } else {
                format!("{} ({})", versions.join(", "), platforms.join(", "))
            }
        })
        .collect();
    format!("{} {}", package.name, groups.join("; "))
}

/// The versions that a report names for a package, read as the package counts (`zstd 1.35` is 1.3.5).
pub fn asked(package: &Package, named: &Named) -> Vec<Version> {
    let real = |text: &String| {
        let odd = package.versions.iter().find(|shipped| shipped.version.eq_ignore_ascii_case(text));
        Version::parse(odd.and_then(|shipped| shipped.real.as_deref()).unwrap_or(text))
    };
    named.versions.iter().filter_map(real).collect()
}

/// The ranges of a record for a package: its CPE rows, else what its words say when they speak of the package early.
pub fn ranges_for(package: &Package, record: &Record) -> Option<Vec<Range>> {
    let of_cpe = record.ranges_of(|vendor, name| package.cpe.iter().any(|(v, n)| v == vendor && n == name));
    if !of_cpe.is_empty() {
        let told: Vec<Range> = of_cpe.into_iter().filter(|range| !range.is_all()).collect();
        return Some(told);
    }
    let own_name = package.name.to_lowercase();
    let is_name =
        |word: &str| word == own_name && !package.guarded || package.also.iter().any(|also| also == word);
    let lower = record.text.to_lowercase();
    let early: String = lower.chars().take(160).collect();
    let words =
        early.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '+')).filter(|word| !word.is_empty());
    let by_product =
        record.products.iter().any(|product| product.vendor.is_empty() && is_name(&product.name));
    let by_cpe_name =
        record.products.iter().any(|product| package.cpe.iter().any(|(_, name)| *name == product.name));
    let spoken = words.take(16).any(is_name);
    let has_other_cpe = record.products.iter().any(|product| !product.vendor.is_empty());
    let fits = by_product || by_cpe_name || (spoken && !has_other_cpe);
    fits.then(|| {
        let told = record.ranges_of(|_, name| is_name(name) || package.cpe.iter().any(|(_, n)| n == name));
        let told: Vec<Range> = told.into_iter().filter(|range| !range.is_all()).collect();
        if told.is_empty() { ranges_in(&record.text) } else { told }
    })
}

/// Checks one record against a package; `None`: the record is not of this package, or withdrawn.
pub fn row(package: &Package, asked: &[Version], record: &Record) -> Option<PackageRow> {
    if record.status == Status::Rejected {
        return None;
    }
    let ranges = ranges_for(package, record)?;
    let places = |versions: &[Version]| {
        let all: Vec<Inside> = versions.iter().map(|version| inside(&ranges, version)).collect();
        [Inside::In, Inside::Unknown].into_iter().find(|place| all.contains(place)).unwrap_or(Inside::Out)
    };
    let ours: Vec<Version> =
        package.versions.iter().filter_map(|s| s.real.as_deref()).filter_map(Version::parse).collect();
    let shipped = if ours.is_empty() { Inside::Unknown } else { places(&ours) };
    let fixed = ranges.iter().filter_map(Range::fixed).next().map(str::to_owned);
    let [ours_inside, ours_outside, _] = spread(package, &ranges);
    Some(PackageRow {
        id: record.id.clone(),
        asked: (!asked.is_empty()).then(|| places(asked)),
        shipped,
        sentence: sentence(package, &ranges, &record.id, fixed.as_deref()),
        ours_inside,
        ours_outside,
        fixed,
        published: record.published,
    })
}

/// The shipped versions inside a range, outside of it, and those that cannot be compared with it.
fn spread(package: &Package, ranges: &[Range]) -> [Vec<String>; 3] {
    let [mut inside_of, mut outside, mut unknown] = [const { Vec::new() }; 3];
    for shipped in &package.versions {
        let place =
            shipped.real.as_deref().and_then(Version::parse).map_or(Inside::Unknown, |v| inside(ranges, &v));
        match place {
            Inside::In => inside_of.push(shipped.version.clone()),
            Inside::Out => outside.push(shipped.version.clone()),
            Inside::Unknown => unknown.push(shipped.version.clone()),
        }
    }
    [inside_of, outside, unknown]
}

/// `O3DE ships zlib 1.2.8, 1.2.11 (Windows, Linux): inside the range of CVE-…; 1.3.1 outside: fixed in 1.2.12`.
fn sentence(package: &Package, ranges: &[Range], id: &str, fixed: Option<&str>) -> String {
    let [inside_of, outside, unknown] = spread(package, ranges);
    let mut parts = Vec::new();
    if !inside_of.is_empty() {
        parts.push(format!("{} inside the range of {id}", inside_of.join(", ")));
    }
    if !outside.is_empty() {
        let fixed = fixed.map(|version| format!(" (fixed in {version})")).unwrap_or_default();
        parts.push(format!("{} outside the range of {id}{fixed}", outside.join(", ")));
    }
    if !unknown.is_empty() {
        parts.push(format!("{} not comparable with the range of {id}", unknown.join(", ")));
    }
    format!("O3DE ships {}: {}", ships(package), parts.join("; "))
}

/// Puts rows in order and cuts them: first what the report's version is inside of, then unknown, then outside; of these
/// first what was public when the report came (before `received`), then the rest; the youngest first.
pub fn ordered(mut rows: Vec<PackageRow>, received: Option<Timestamp>) -> (Vec<PackageRow>, usize) {
    let received_year = received.map(|at| at.to_zoned(TimeZone::UTC).year());
    let key = |row: &PackageRow| {
        let place = match row.asked.unwrap_or(Inside::In) {
            Inside::In => 0,
            Inside::Unknown => 1,
            Inside::Out => 2,
        };
        let year = year_of(&row.id);
        let younger = match (row.published, received) {
            (Some(published), Some(received)) => published > received,
            (None, _) | (_, None) => received_year.is_some_and(|limit| year > limit),
        };
        (place, younger, Reverse(year), Reverse(row.published), row.id.len(), row.id.clone())
    };
    rows.sort_by_cached_key(key);
    let more = rows.len().saturating_sub(ROW_LIMIT);
    rows.truncate(ROW_LIMIT);
    (rows, more)
}

/// The year in a CVE id; 0 for other ids.
fn year_of(id: &str) -> i16 {
    id.strip_prefix("CVE-").and_then(|rest| rest.split('-').next()?.parse().ok()).unwrap_or(0)
}
