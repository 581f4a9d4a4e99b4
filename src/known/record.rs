//! A public record (CVE, advisory, issue) or an own case, as the mirror keeps it, and the reading of NVD 2.0 JSON.
//!
//! Tolerant on purpose: unknown fields are skipped, a field of a strange shape is left out, and only a record without a
//! proper id is refused (counted and named by the import). Fields follow NVD's CVE API 2.0 and, in `affected`, CVE 5.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::range::{End, Range};
use crate::case::Closure;

/// At most so many products, ranges of one product, references of a record are kept.
pub const PRODUCT_LIMIT: usize = 120;
/// See [`PRODUCT_LIMIT`].
pub const RANGE_LIMIT: usize = 60;
/// See [`PRODUCT_LIMIT`].
pub const REFERENCE_LIMIT: usize = 80;
/// At most so many bytes of a description are kept.
pub const TEXT_LIMIT: usize = 16_000;

/// Where a record comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The National Vulnerability Database.
    Nvd,
    /// A security advisory of an O3DE repository.
    Advisory,
    /// A public issue of an O3DE repository.
    Issue,
    /// A case of our own: for members only.
    Case,
}

/// What the source says of a record's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing said.
    Unstated,
    /// Received, awaiting or undergoing analysis.
    Waiting,
    /// Analyzed or modified.
    Analyzed,
    /// NVD will not analyze it.
    Deferred,
    /// Tagged as disputed.
    Disputed,
    /// Withdrawn: no vulnerability.
    Rejected,
    /// A published advisory.
    Published,
    /// A draft or a private report (advisories).
    Private,
    /// An open issue or case.
    Open,
    /// A closed issue or case.
    Closed,
}

impl Status {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unstated => "",
            Self::Waiting => "Awaiting analysis",
            Self::Analyzed => "Analyzed",
            Self::Deferred => "Deferred",
            Self::Disputed => "Disputed",
            Self::Rejected => "Rejected",
            Self::Published => "Published",
            Self::Private => "Not published",
            Self::Open => "Open",
            Self::Closed => "Closed",
        }
    }
}

/// A product with its ranges of affected versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// The vendor as CPE spells it; empty for a product that CVE 5 `affected` names (no CPE).
    #[serde(rename = "v", default)]
    pub vendor: String,
    /// The product as CPE spells it, or the name of CVE 5 in lower case with `_` for spaces.
    #[serde(rename = "n")]
    pub name: String,
    /// Affected versions; empty or [`Range::all`] when none are named.
    #[serde(rename = "r", default)]
    pub ranges: Vec<Range>,
}

/// A CVSS claim of the source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cvss {
    /// The vector string.
    pub vector: String,
    /// The base score, 0.0 to 10.0.
    pub score: f64,
}

/// One record of the mirror.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// `CVE-2021-3520`, `GHSA-…`, `o3de/o3de#7264`, `SIR-2026-0007`.
    #[serde(rename = "i")]
    pub id: String,
    /// Where from.
    #[serde(rename = "o")]
    pub source: Source,
    /// Its standing.
    #[serde(rename = "s")]
    pub status: Status,
    /// When it was published, if told.
    #[serde(rename = "p", skip_serializing_if = "Option::is_none", default)]
    pub published: Option<Timestamp>,
    /// When it last changed, if told.
    #[serde(rename = "m", skip_serializing_if = "Option::is_none", default)]
    pub modified: Option<Timestamp>,
    /// A title; NVD has none.
    #[serde(rename = "t", skip_serializing_if = "String::is_empty", default)]
    pub title: String,
    /// The English description.
    #[serde(rename = "d")]
    pub text: String,
    /// Numbers of the Common Weakness Enumeration.
    #[serde(rename = "w", skip_serializing_if = "Vec::is_empty", default)]
    pub cwe: Vec<u16>,
    /// The best CVSS claim (4.0 before 3.1 before 3.0 before 2.0).
    #[serde(rename = "c", skip_serializing_if = "Option::is_none", default)]
    pub cvss: Option<Cvss>,
    /// Web references, none twice.
    #[serde(rename = "r", skip_serializing_if = "Vec::is_empty", default)]
    pub references: Vec<String>,
    /// Affected products.
    #[serde(rename = "a", skip_serializing_if = "Vec::is_empty", default)]
    pub products: Vec<Product>,
    /// Other ids of the same thing (an advisory's CVE, a case's CVE).
    #[serde(rename = "x", skip_serializing_if = "Vec::is_empty", default)]
    pub aliases: Vec<String>,
    /// Whether O3DE itself marked it as a security matter (a label of theirs, an advisory of theirs).
    #[serde(rename = "l", skip_serializing_if = "std::ops::Not::not", default)]
    pub labelled: bool,
    /// The labels of an issue; words of others.
    #[serde(rename = "b", skip_serializing_if = "Vec::is_empty", default)]
    pub labels: Vec<String>,
    /// Who opened an issue, as its repository counts people.
    #[serde(rename = "k", skip_serializing_if = "Option::is_none", default)]
    pub author: Option<AuthorKind>,
    /// Why a case of our own was closed.
    #[serde(rename = "z", skip_serializing_if = "Option::is_none", default)]
    pub closure: Option<Closure>,
}

/// Who wrote an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthorKind {
    /// Owner, member or collaborator.
    Project,
    /// Anybody else.
    Outside,
}

impl Record {
    /// An empty record of that id.
    pub fn new(source: Source, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            source,
            status: Status::Unstated,
            published: None,
            modified: None,
            title: String::new(),
            text: String::new(),
            cwe: Vec::new(),
            cvss: None,
            references: Vec::new(),
            products: Vec::new(),
            aliases: Vec::new(),
            labelled: false,
            labels: Vec::new(),
            author: None,
            closure: None,
        }
    }

    /// Whether an advisory is a draft; one in triage is not.
    pub fn draft(&self) -> bool {
        self.source == Source::Advisory
            && self.status == Status::Private
            && self.author == Some(AuthorKind::Project)
    }

    /// The ranges of the products that `fits` names; all ranges where the record has one product only.
    pub fn ranges_of(&self, fits: impl Fn(&str, &str) -> bool) -> Vec<Range> {
        let fitting = self.products.iter().filter(|product| fits(&product.vendor, &product.name));
        fitting.flat_map(|product| product.ranges.iter().cloned()).collect()
    }

    /// The first fixed version that the record names, of the product with the most ranges first.
    pub fn fixed(&self) -> Option<String> {
        let named = self.products.iter().flat_map(|product| &product.ranges).find_map(Range::fixed);
        named
            .map(str::to_owned)
            .or_else(|| super::range::ranges_in(&self.text).iter().find_map(|r| r.fixed().map(str::to_owned)))
    }

    pub(crate) fn add_range(&mut self, vendor: &str, name: &str, range: Range) {
        if name.is_empty() || name == "*" || name == "-" || name == "n/a" {
            return;
        }
        let at = self.products.iter().position(|old| old.vendor == vendor && old.name == name);
        let product = match at {
            Some(at) => self.products.get_mut(at),
            None if self.products.len() < PRODUCT_LIMIT => {
                self.products.push(Product {
                    vendor: vendor.to_owned(),
                    name: name.to_owned(),
                    ranges: Vec::new(),
                });
                self.products.last_mut()
            }
            None => None,
        };
        if let Some(product) = product
            && product.ranges.len() < RANGE_LIMIT
            && !product.ranges.contains(&range)
        {
            product.ranges.push(range);
        }
    }
}

/// Whether this is the id of a CVE: `CVE-`, four digits, four to nineteen digits.
pub fn is_cve_id(id: &str) -> bool {
    let mut parts = id.split('-');
    let digits = |part: Option<&str>, from: usize, to: usize| {
        part.is_some_and(|p| (from..=to).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    };
    parts.next() == Some("CVE")
        && digits(parts.next(), 4, 4)
        && digits(parts.next(), 4, 19)
        && parts.next().is_none()
}

/// Why a record was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No JSON object of the expected kind.
    #[error("not a record")]
    Shape,
    /// The id is none.
    #[error("no proper id")]
    Id,
}

/// Reads one element of `vulnerabilities` (NVD 2.0).
///
/// # Errors
/// It is no object, or its id is none.
pub fn read_nvd(json: &str) -> Result<Record, Unreadable> {
    match serde_json::from_str::<super::nvd::Item<'_>>(json) {
        Ok(item) => item.into_record(),
        // Slowly, field by field: one field of a strange shape must not cost the record.
        Err(_) => super::nvd::salvage(&serde_json::from_str(json).map_err(|_| Unreadable::Shape)?),
    }
}

/// A CPE 2.3 name's vendor, product and version (`:` may be escaped by a backslash), or the old `cpe:/` form's.
pub fn cpe(name: &str) -> Option<(String, String, String)> {
    let rest = name.strip_prefix("cpe:2.3:").or_else(|| name.strip_prefix("cpe:/"))?;
    let mut fields = vec![String::new()];
    let mut letters = rest.chars();
    while let Some(c) = letters.next() {
        match c {
            ':' if fields.len() > 6 => break,
            ':' => fields.push(String::new()),
            '\\' => fields.last_mut()?.extend(letters.next()),
            other => fields.last_mut()?.push(other),
        }
    }
    let mut fields = fields.into_iter().skip(1);
    let (vendor, product) = (fields.next()?, fields.next()?);
    let version = fields.next().unwrap_or_default();
    let update = fields.next().unwrap_or_default();
    let whole = if update.is_empty() || update == "*" || update == "-" {
        version
    } else {
        format!("{version}-{update}")
    };
    Some((vendor.to_lowercase(), product.to_lowercase(), whole))
}

/// The range of a CPE row: the row's own version, or the limits beside it.
pub(crate) fn row_range(version: &str, limits: [Option<&str>; 4]) -> Range {
    let [from_with, from_without, to_with, to_without] = limits;
    let end = |with: Option<&str>, without: Option<&str>| match (with, without) {
        (Some(version), _) => End::With(version.to_owned()),
        (None, Some(version)) => End::Without(version.to_owned()),
        (None, None) => End::Open,
    };
    if limits.iter().any(Option::is_some) {
        return Range { from: end(from_with, from_without), to: end(to_with, to_without) };
    }
    match version {
        "" | "*" | "-" => Range::all(),
        version => Range::only(version),
    }
}
