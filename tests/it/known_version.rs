//! The order of versions, on version strings as the bundled packages and their records really have them.

use std::cmp::Ordering::{self, Equal, Greater, Less};

use sir_intake::known::range::{Inside, Range, every_pattern_compiles, inside, ranges_in};
use sir_intake::known::version::{Version, compare};

#[test]
fn versions_stand_in_their_order() {
    let table: &[(&str, Ordering, &str)] = &[
        // OpenSSL: letters behind the release, then two of them.
        ("1.1.1", Less, "1.1.1a"),
        ("1.1.1b", Less, "1.1.1l"),
        ("1.1.1o", Less, "1.1.1t"),
        ("1.1.1t", Less, "1.1.1za"),
        ("1.0.2z", Less, "1.0.2za"),
        ("1.0.2zh", Less, "1.1.0"),
        ("1.1.0l", Less, "1.1.1"),
        ("1.1.1-pre9", Less, "1.1.1"),
        ("1.1.1w", Less, "3.0.0"),
        ("3.0.0-alpha17", Less, "3.0.0-beta1"),
        ("3.0.0-beta2", Less, "3.0.0"),
        ("3.6.3", Greater, "3.0.13"),
        ("0.9.8zg", Less, "1.0.1e"),
        // zlib, lz4, zstd.
        ("1.2.8", Less, "1.2.11"),
        ("1.2.11", Less, "1.2.12"),
        ("1.2.11", Less, "1.3.1"),
        ("1.2.9", Less, "1.2.11"),
        ("1.2.11.1", Greater, "1.2.11"),
        ("1.9.3", Less, "1.9.4"),
        ("v1.9.4", Equal, "1.9.4"),
        ("r131", Equal, "131"),
        ("1.3.5", Less, "1.3.8"),
        ("1.35", Greater, "1.4.10"),
        ("1.4.1", Less, "1.4.10"),
        // tiff: four parts.
        ("4.2.0", Less, "4.2.0.15"),
        ("4.2.0.15", Less, "4.2.1"),
        ("4.0.0-beta6", Less, "4.0.0"),
        ("4.0.0-alpha4", Less, "4.0.0-beta6"),
        ("3.9.0beta", Less, "3.9.0"),
        ("4.5.1-rc1", Less, "4.5.1"),
        // libpng, freetype, expat, SQLite, Lua.
        ("1.6.37", Less, "1.6.53"),
        ("1.6.0beta01", Less, "1.6.0"),
        ("1.5.28", Less, "1.6.0"),
        ("1.0.5a", Greater, "1.0.5"),
        ("2.11.1", Greater, "2.9.1"),
        ("2.4.2", Less, "2.4.3"),
        ("2.4.9", Less, "2.7.3"),
        ("2.4", Equal, "2.4.0"),
        ("3.37.2", Less, "3.50.2"),
        ("5.4.4", Less, "5.4.6"),
        ("5.4.0-rc1", Less, "5.4.0"),
        // mcpp and others with O3DE's own patch marks and revisions.
        ("2.7.2", Less, "2.7.2_az.1"),
        ("2.7.2_az.1", Less, "2.7.2_az.2"),
        ("2.7.2_az.2", Less, "2.7.3"),
        ("5.15.2.1-py3.10", Equal, "5.15.2.1"),
        ("5.15.2", Less, "5.15.2.1-py3.10"),
        ("6.10.2-py3.10", Greater, "6.2.4"),
        ("1.8.2505.1-o3de", Equal, "1.8.2505.1"),
        ("1.8.2505.1-o3de", Greater, "1.7.2308"),
        ("v1.1.6", Less, "v1.1.6-4-gd243404-pr58"),
        ("v1.1.7_rc2-9-geb169fe", Less, "1.1.7"),
        ("v1.1.7_rc2-9-geb169fe", Greater, "1.1.7-rc1"),
        ("v1.1.7_rc2-9-geb169fe", Greater, "1.1.6"),
        ("2.0.0-beta", Less, "2.0.0"),
        ("4.1.2.29882248", Greater, "4.1.2"),
        ("4.1.2.29882248", Less, "5.1.1"),
        ("1.0.0.4", Less, "1.0.0.5"),
        ("1.3.275.0", Equal, "1.3.275"),
        ("1.2.198", Less, "1.3.261"),
        ("1.11.288", Less, "1.11.361"),
        // Python: letters before the release.
        ("3.8.0a1", Less, "3.8.0b2"),
        ("3.8.0b2", Less, "3.8.0rc1"),
        ("3.8.0rc1", Less, "3.8.0"),
        ("3.10.13", Greater, "3.10.2"),
        ("3.7.12", Less, "3.10.0"),
        ("3.11.0-alpha.7", Less, "3.11.0"),
        // Patch marks, dates, builds, zeros.
        ("4.2.8p10", Greater, "4.2.8"),
        ("4.2.8p9", Less, "4.2.8p10"),
        ("2021-03-04", Equal, "20210304"),
        ("20191231", Less, "2020-01-01"),
        ("2.3.0+build7", Equal, "2.3.0"),
        ("1-rc1", Equal, "1.0-rc1"),
        ("1.0.0-SNAPSHOT", Less, "1.0.0-alpha"),
        ("5.4.3", Equal, "v5.4.3"),
        ("release-1.8.1", Equal, "1.8.1"),
        ("2.3.17", Less, "2.4.2.2"),
        ("2.0-beta9", Less, "2.0"),
        ("1.14.0", Less, "1.14.4-3"),
    ];
    assert!(table.len() >= 60, "{}", table.len());
    for (left, order, right) in table {
        assert_eq!(compare(left, right), Some(*order), "{left} against {right}");
        assert_eq!(compare(right, left), Some(order.reverse()), "{right} against {left}");
    }
}

#[test]
fn the_order_has_no_circles() {
    let all = [
        "1.0.0-dev",
        "1.0.0-alpha",
        "1.0.0b1",
        "1.0.0-rc1",
        "1",
        "1.0",
        "1.0.0a",
        "1.0.0za",
        "1.0.0_az.1",
        "1.0.0.1",
        "1.0.1-rc1",
        "1.0.1",
        "1.1",
        "1.1.1o",
        "1.1.1t",
        "2021-01-01",
    ];
    let versions: Vec<Version> = all.iter().filter_map(|text| Version::parse(text)).collect();
    assert_eq!(versions.len(), all.len());
    for a in &versions {
        for b in &versions {
            for c in &versions {
                if a <= b && b <= c {
                    assert!(a <= c, "{a:?} {b:?} {c:?}");
                }
            }
        }
    }
}

#[test]
fn what_is_no_version_is_not_ordered() {
    for text in
        ["", "headers", "36b80aa", "7f0487a", "deb557d", "-", "*", "n/a", "unspecified", &"1.".repeat(100)]
    {
        assert_eq!(Version::parse(text), None, "{text}");
    }
}

#[test]
fn any_bytes_are_read_without_harm() {
    for text in
        ["1.99999999999999999999999999", "1..2", "1.é.2", "٣.1", "1-", "v", "1.2\u{202e}3", "0", "0.0.0"]
    {
        if let Some(version) = Version::parse(text) {
            assert_eq!(version.cmp(&version), Equal);
        }
    }
}

#[test]
fn ranges_hold_what_they_name() {
    let version = |text: &str| Version::parse(text).unwrap();
    let range = |text: &str| Range::from(text.to_owned());
    for (text, inside_of, outside) in [
        ("[1.2.2,1.2.12)", "1.2.11", "1.2.12"),
        ("(,4.2.0)", "4.1.0", "4.2.0.15"),
        ("[1.1.1,1.1.1p]", "1.1.1o", "1.1.1t"),
        ("(2.0,)", "2.1", "2.0"),
        ("=2.3.0", "2.3", "2.3.1"),
        ("(1.0,2.0]", "2.0.0", "1.0.0"),
    ] {
        assert_eq!(range(text).holds(&version(inside_of)), Inside::In, "{inside_of} in {text}");
        assert_eq!(range(text).holds(&version(outside)), Inside::Out, "{outside} in {text}");
        assert_eq!(range(text).to_string(), text);
    }
    assert_eq!(Range::all().holds(&version("1.0")), Inside::Unknown);
    assert_eq!(range("(,36b80aa)").holds(&version("1.0")), Inside::Unknown);
    assert_eq!(inside(&[range("=1.0"), range("[3,4)")], &version("3.5")), Inside::In);
    assert_eq!(inside(&[], &version("3.5")), Inside::Unknown);
}

#[test]
fn ranges_are_read_from_words() {
    assert!(every_pattern_compiles());
    let told = |text: &str| ranges_in(text).iter().map(Range::to_string).collect::<Vec<_>>();
    assert_eq!(told("zlib before 1.2.12 allows memory corruption"), ["(,1.2.12)"]);
    assert_eq!(told("zlib through 1.2.12 has a heap-based buffer over-read"), ["(,1.2.12]"]);
    assert_eq!(told("Expat (aka libexpat) 2.1.0 and earlier, as used in"), ["(,2.1.0]"]);
    assert_eq!(told("In Foo from 2.3.0 before 3.4.0, a fault"), ["[2.3.0,3.4.0)"]);
    assert_eq!(told("makeMultiView.cpp in OpenEXR 2.3.0 has an out-of-bounds write"), ["=2.3.0"]);
    assert_eq!(told("prior to version 4.5.1. It is fixed"), ["(,4.5.1)"]);
    assert_eq!(told("Fixed in OpenSSL 1.1.1i (Affected 1.1.1-1.1.1h)."), ["[1.1.1,1.1.1h]"]);
    assert_eq!(told("no versions here"), Vec::<String>::new());
}
