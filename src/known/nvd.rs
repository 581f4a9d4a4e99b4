//! The JSON of NVD 2.0, as much of it as the mirror keeps.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::range::{End, Range};
use super::record::{
    Cvss, REFERENCE_LIMIT, Record, Source, Status, TEXT_LIMIT, Unreadable, cpe, is_cve_id, row_range,
};

type Text<'a> = Cow<'a, str>;

#[derive(Deserialize)]
pub(super) struct Item<'a> {
    #[serde(borrow)]
    cve: Cve<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cve<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow, default)]
    published: Option<Text<'a>>,
    #[serde(borrow, default)]
    last_modified: Option<Text<'a>>,
    #[serde(borrow, default)]
    vuln_status: Option<Text<'a>>,
    #[serde(borrow, default)]
    descriptions: Vec<Words<'a>>,
    #[serde(borrow, default)]
    cve_tags: Vec<Tags<'a>>,
    #[serde(borrow, default)]
    metrics: Metrics<'a>,
    #[serde(borrow, default)]
    weaknesses: Vec<Weakness<'a>>,
    #[serde(borrow, default)]
    configurations: Vec<Configuration<'a>>,
    #[serde(borrow, default)]
    references: Vec<Reference<'a>>,
    #[serde(borrow, default)]
    affected: Vec<Affected<'a>>,
    #[serde(borrow, default)]
    title: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Words<'a> {
    #[serde(borrow, default)]
    lang: Text<'a>,
    #[serde(borrow, default)]
    value: Text<'a>,
}

#[derive(Deserialize)]
struct Tags<'a> {
    #[serde(borrow, default)]
    tags: Vec<Text<'a>>,
}

#[derive(Deserialize, Default)]
struct Metrics<'a> {
    #[serde(borrow, rename = "cvssMetricV40", default)]
    v40: Vec<Metric<'a>>,
    #[serde(borrow, rename = "cvssMetricV31", default)]
    v31: Vec<Metric<'a>>,
    #[serde(borrow, rename = "cvssMetricV30", default)]
    v30: Vec<Metric<'a>>,
    #[serde(borrow, rename = "cvssMetricV2", default)]
    v2: Vec<Metric<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric<'a> {
    #[serde(borrow)]
    cvss_data: Data<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    vector_string: Text<'a>,
    base_score: f64,
}

#[derive(Deserialize)]
struct Weakness<'a> {
    #[serde(borrow, default)]
    description: Vec<Words<'a>>,
}

#[derive(Deserialize)]
struct Configuration<'a> {
    #[serde(borrow, default)]
    nodes: Vec<Node<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node<'a> {
    #[serde(borrow, default)]
    cpe_match: Vec<Row<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(default)]
    vulnerable: bool,
    #[serde(borrow)]
    criteria: Text<'a>,
    #[serde(borrow, default)]
    version_start_including: Option<Text<'a>>,
    #[serde(borrow, default)]
    version_start_excluding: Option<Text<'a>>,
    #[serde(borrow, default)]
    version_end_including: Option<Text<'a>>,
    #[serde(borrow, default)]
    version_end_excluding: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Affected<'a> {
    #[serde(borrow, default)]
    affected_data: Vec<Thing<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thing<'a> {
    #[serde(borrow, default)]
    product: Option<Text<'a>>,
    #[serde(borrow, default)]
    package_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    versions: Vec<Span<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span<'a> {
    #[serde(borrow, default)]
    version: Option<Text<'a>>,
    #[serde(borrow, default)]
    less_than: Option<Text<'a>>,
    #[serde(borrow, default)]
    less_than_or_equal: Option<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
}

impl Item<'_> {
    pub(super) fn into_record(self) -> Result<Record, Unreadable> {
        let cve = self.cve;
        if !is_cve_id(&cve.id) {
            return Err(Unreadable::Id);
        }
        let mut record = Record::new(Source::Nvd, &cve.id);
        record.published = cve.published.as_deref().and_then(time);
        record.modified = cve.last_modified.as_deref().and_then(time);
        let disputed = cve.cve_tags.iter().flat_map(|tags| &tags.tags).any(|tag| tag == "disputed");
        record.text = description(&cve.descriptions);
        record.status = status(cve.vuln_status.as_deref(), disputed, &record.text);
        record.title = cve.title.map(Cow::into_owned).unwrap_or_default();
        let Metrics { v40, v31, v30, v2 } = &cve.metrics;
        let best = [v40, v31, v30, v2].into_iter().find_map(|kind| kind.first());
        record.cvss = best.map(|metric| Cvss {
            vector: metric.cvss_data.vector_string.to_string(),
            score: metric.cvss_data.base_score,
        });
        for words in cve.weaknesses.iter().flat_map(|weakness| &weakness.description) {
            add_weakness(&mut record, &words.value);
        }
        // First: their names are the ones that texts use, and rows of CPE may be very many.
        for thing in cve.affected.iter().flat_map(|affected| &affected.affected_data) {
            add_thing(&mut record, thing);
        }
        for row in cve.configurations.iter().flat_map(|c| &c.nodes).flat_map(|node| &node.cpe_match) {
            add_row(&mut record, row);
        }
        for reference in &cve.references {
            add_reference(&mut record, &reference.url);
        }
        Ok(record)
    }
}

fn description(all: &[Words<'_>]) -> String {
    let best = all.iter().find(|words| words.lang.starts_with("en")).or_else(|| all.first());
    best.map_or_else(String::new, |words| cut(&words.value))
}

fn cut(text: &str) -> String {
    if text.len() <= TEXT_LIMIT { text.to_owned() } else { text.chars().take(TEXT_LIMIT / 4).collect() }
}

fn status(word: Option<&str>, disputed: bool, text: &str) -> Status {
    let told = match word.unwrap_or_default() {
        "Rejected" | "Reject" => return Status::Rejected,
        "Received" | "Awaiting Analysis" | "Undergoing Analysis" => Status::Waiting,
        "Analyzed" | "Modified" => Status::Analyzed,
        "Deferred" => Status::Deferred,
        _ => Status::Unstated,
    };
    if disputed || text.contains("** DISPUTED **") {
        return Status::Disputed;
    }
    if text.starts_with("** REJECT **") || text.starts_with("Rejected reason:") {
        Status::Rejected
    } else {
        told
    }
}

/// NVD writes times without a zone and means UTC; where one is said, it counts.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let plain = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse::<Timestamp>().ok().or_else(|| plain().map(|zoned| zoned.timestamp()))
}

fn add_weakness(record: &mut Record, word: &str) {
    if let Some(number) = word.strip_prefix("CWE-").and_then(|number| number.parse().ok())
        && !record.cwe.contains(&number)
        && record.cwe.len() < 16
    {
        record.cwe.push(number);
    }
}

fn add_row(record: &mut Record, row: &Row<'_>) {
    if !row.vulnerable {
        return;
    }
    let Some((vendor, product, version)) = cpe(&row.criteria) else { return };
    let limits = [
        row.version_start_including.as_deref(),
        row.version_start_excluding.as_deref(),
        row.version_end_including.as_deref(),
        row.version_end_excluding.as_deref(),
    ];
    record.add_range(&vendor, &product, row_range(&version, limits));
}

fn add_reference(record: &mut Record, url: &str) {
    let fits = record.references.len() < REFERENCE_LIMIT && url.len() < 2000;
    if fits && !record.references.iter().any(|old| old == url) {
        record.references.push(url.to_owned());
    }
}

fn add_thing(record: &mut Record, thing: &Thing<'_>) {
    let spell = |name: &str| name.trim().to_lowercase().replace(' ', "_");
    let names = [thing.product.as_deref(), thing.package_name.as_deref()];
    for name in names.into_iter().flatten().map(spell) {
        if thing.versions.is_empty() {
            record.add_range("", &name, Range::all());
        }
        for span in &thing.versions {
            if span.status.as_deref().is_none_or(|status| status == "affected") {
                record.add_range("", &name, span_range(span));
            }
        }
    }
}

fn span_range(span: &Span<'_>) -> Range {
    let version = span.version.as_deref().unwrap_or_default();
    let from = match version {
        "" | "*" | "0" | "unspecified" | "n/a" => End::Open,
        version => End::With(version.to_owned()),
    };
    match (&span.less_than, &span.less_than_or_equal) {
        (Some(to), _) if !to.ends_with('*') => Range { from, to: End::Without(to.to_string()) },
        (None, Some(to)) if !to.ends_with('*') => Range { from, to: End::With(to.to_string()) },
        (None, None) if from != End::Open => Range::only(version),
        (Some(_), _) | (None, Some(_) | None) => Range { from, to: End::Open },
    }
}

/// Takes from a record what can be read of it when a field has a strange shape.
pub(super) fn salvage(item: &Value) -> Result<Record, Unreadable> {
    let cve = item.get("cve").ok_or(Unreadable::Shape)?;
    let id = cve.get("id").and_then(Value::as_str).ok_or(Unreadable::Id)?;
    if !is_cve_id(id) {
        return Err(Unreadable::Id);
    }
    let text_of = |name: &str| cve.get(name).and_then(Value::as_str);
    let list = |name: &str| cve.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut record = Record::new(Source::Nvd, id);
    record.published = text_of("published").and_then(time);
    record.modified = text_of("lastModified").and_then(time);
    let words: Vec<Words<'_>> = list("descriptions")
        .iter()
        .filter_map(|item| {
            let lang = item.get("lang")?.as_str()?.to_owned();
            Some(Words { lang: lang.into(), value: item.get("value")?.as_str()?.to_owned().into() })
        })
        .collect();
    record.text = description(&words);
    record.status = status(text_of("vulnStatus"), false, &record.text);
    for url in list("references").iter().filter_map(|item| item.get("url")?.as_str()) {
        add_reference(&mut record, url);
    }
    let nodes = list("configurations");
    let nodes = nodes.iter().filter_map(|c| c.get("nodes")?.as_array()).flatten();
    for row in nodes.filter_map(|node| node.get("cpeMatch")?.as_array()).flatten() {
        if let Ok(row) = Row::deserialize(row) {
            add_row(&mut record, &row);
        }
    }
    Ok(record)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::record::read_nvd;
    use super::*;

    #[test]
    fn strange_fields_cost_only_themselves() {
        let json = r#"{"cve":{"id":"CVE-2024-0001","unknown":{"a":[1]},"published":7,"metrics":"none",
            "descriptions":[{"lang":"es","value":"hola"},{"lang":"en","value":"A fault in foo before 1.2."}],
            "references":[{"url":"https://foo.example/1"},{"nourl":1}]}}"#;
        let record = read_nvd(json).unwrap();
        assert_eq!(record.text, "A fault in foo before 1.2.");
        assert_eq!(record.references, ["https://foo.example/1"]);
    }

    #[test]
    fn ids_that_are_no_ids_are_refused() {
        for id in ["CVE-2024/../../x", "CVE-2024-12", "cve-2024-1234", "CVE-2024-1234-5", "", "CVE-2024-12a4"]
        {
            let json = format!(r#"{{"cve":{{"id":"{id}"}}}}"#);
            assert_eq!(read_nvd(&json).unwrap_err(), Unreadable::Id, "{id}");
        }
        assert_eq!(read_nvd("[]").unwrap_err(), Unreadable::Shape);
        let odd = r#"{"cve":{"id":"CVE-2024/../../x","published":7}}"#;
        assert_eq!(read_nvd(odd).unwrap_err(), Unreadable::Id, "field by field as well");
    }

    #[test]
    fn times_without_a_zone_are_of_utc() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(time("2024-03-01T10:00:00.000"), Some(at("2024-03-01T10:00:00Z")));
        assert_eq!(time("2024-03-01T10:00:00-05:00"), Some(at("2024-03-01T15:00:00Z")));
        assert_eq!(time("yesterday"), None);
    }

    #[test]
    fn what_only_runs_beside_a_vulnerable_product_is_none() {
        let row = |vulnerable: bool, name: &str| {
            format!(
                r#"{{"vulnerable":{vulnerable},"criteria":"cpe:2.3:a:v:{name}:*:*:*:*:*:*:*:*","versionEndExcluding":"2"}}"#
            )
        };
        let json = format!(
            r#"{{"cve":{{"id":"CVE-2024-0001","configurations":[{{"nodes":[{{"cpeMatch":[{},{}]}}]}}]}}}}"#,
            row(true, "frobnicator"),
            row(false, "glibc")
        );
        let names: Vec<String> =
            read_nvd(&json).unwrap().products.into_iter().map(|product| product.name).collect();
        assert_eq!(names, ["frobnicator"]);
    }

    #[test]
    fn statuses_are_told_apart() {
        let of = |word: &str, tags: &str, text: &str| {
            let json = format!(
                r#"{{"cve":{{"id":"CVE-2024-0001","vulnStatus":"{word}","cveTags":{tags},"descriptions":[{{"lang":"en","value":"{text}"}}]}}}}"#
            );
            read_nvd(&json).unwrap().status
        };
        assert_eq!(of("Rejected", "[]", "x"), Status::Rejected);
        assert_eq!(of("Deferred", "[]", "x"), Status::Deferred);
        assert_eq!(of("Analyzed", r#"[{"tags":["disputed"]}]"#, "x"), Status::Disputed);
        assert_eq!(of("", "[]", "** REJECT ** not used"), Status::Rejected);
        assert_eq!(of("Undergoing Analysis", "[]", "x"), Status::Waiting);
    }
}
