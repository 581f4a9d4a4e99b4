//! DKIM verified here: mails signed in the test, and those of other projects (needs `SIR_SHARED`). No name leaves this
//! machine: the keys stand in a zone in memory.

use std::path::{Path, PathBuf};

use mail_auth::common::crypto::Ed25519Key;
use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::dkim::DkimSigner;
use serde_json::Value;
use sir_intake::mail::authenticate::{Outcome, results};
use sir_intake::outside::NoNames;
use sir_intake::practice::zone::Zone;
use sir_intake::wire::dkim::{Verdict, Verified, good, verify};

const MAIL: &str = "From: Alice <alice@members.example>\r\nTo: bot@o3de.example\r\nSubject: Re: [SIR-2026-0007]\r\n\
                    Date: Mon, 23 Nov 2026 09:20:00 +0000\r\nMessage-ID: <1@members.example>\r\n\r\n!own me\r\n";

fn shared() -> Option<PathBuf> {
    let place = std::env::var_os("SIR_SHARED").map(PathBuf::from);
    if place.is_none() {
        println!("not run: no shared data (SIR_SHARED)");
    }
    place
}

/// The mail, signed, and the zone with its key.
fn signed(mail: &str, partly: bool) -> (Vec<u8>, Zone) {
    let key = Ed25519Key::from_pkcs8_der(&Ed25519Key::generate_pkcs8().unwrap()).unwrap();
    let zone = Zone::default();
    let public = data_encoding::BASE64.encode(&key.public_key());
    zone.add("s1._domainkey.members.example", format!("v=DKIM1; k=ed25519; p={public}").as_bytes());
    let signer = DkimSigner::from_key(key).domain("members.example").selector("s1");
    let signer = signer.headers(["From", "Subject", "Date", "Message-ID"]).body_length(partly);
    let field = signer.sign(mail.as_bytes()).unwrap().to_header();
    (format!("{field}{mail}").into_bytes(), zone)
}

fn verdicts(found: &[Verified]) -> Vec<Verdict> {
    found.iter().map(|one| one.verdict).collect()
}

#[tokio::test]
async fn a_signed_mail_is_good_and_a_changed_one_is_not() {
    let (raw, zone) = signed(MAIL, false);
    let found = verify(&raw, &zone).await;
    assert_eq!(verdicts(&found), [Verdict::Pass]);
    let proof = good(found);
    assert_eq!(proof[0].domain, "members.example");
    assert!(proof[0].covers(&["from", "subject", "date", "message-id"]));
    let text = String::from_utf8(raw.clone()).unwrap();
    for (from, to) in [("!own me", "!own bob"), ("0007]", "0008]"), ("alice@", "bob@"), ("<1@", "<2@")] {
        let found = verify(text.replacen(from, to, 1).as_bytes(), &zone).await;
        assert_eq!(verdicts(&found), [Verdict::Fail], "{from}");
        assert_eq!(good(found), []);
    }
    assert_eq!(verdicts(&verify(&raw, &Zone::default()).await), [Verdict::Permanent], "no such key");
    assert_eq!(verdicts(&verify(&raw, &NoNames).await), [Verdict::Temporary], "no name server");
}

#[tokio::test]
async fn a_signature_over_a_part_of_the_text_is_not_believed() {
    let (raw, zone) = signed(MAIL, true);
    assert_eq!(good(verify(&raw, &zone).await), []);
}

#[tokio::test]
async fn a_thousand_signatures_cost_nothing() {
    let one = "DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=x; h=from; l=1; bh=AAAA; b=AAAA\r\n";
    let body = "x".repeat(1 << 20);
    let raw = format!("{}{MAIL}{body}", one.repeat(1_000));
    assert_eq!(verify(raw.as_bytes(), &Zone::default()).await, []);
}

fn rows(shared: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(shared.join("corpora/expectations").join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// `name  text` a line; `#` begins a comment.
fn zone_of(text: &str) -> Zone {
    let zone = Zone::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, record)) = line.split_once(char::is_whitespace) {
            zone.add(name, record.trim().as_bytes());
        }
    }
    zone
}

/// Why a row says nothing about us: the peer's suite is older than the rules.
fn left_out(row: &Value, raw: &str, dns: &str) -> Option<&'static str> {
    if row["legacy_domainkeys"] == true {
        return Some("DomainKeys (RFC 4870), marked legacy");
    }
    let field: String = raw.split("\r\n\r\n").next().unwrap().replace("\r\n", "");
    if !field.contains("bh=") {
        return Some("a draft from before RFC 4871, skipped by its own suite");
    }
    let tag =
        |name: &str| field.split(name).nth(1).map(|rest| rest.split(';').next().unwrap().trim().to_owned());
    let name = format!("{}._domainkey.{}", tag(" s=")?, tag(" d=")?);
    let record = dns.lines().find(|line| line.split_whitespace().next() == Some(&name))?;
    // A key of 1,024 bits takes 216 letters of base64.
    let short = record.split("p=").nth(1)?.trim().len() < 200 && !record.contains("ed25519");
    (short && row["dkim"] == "pass")
        .then_some("an RSA key under 1,024 bits, which RFC 8301 forbids to believe")
}

#[tokio::test]
async fn verdicts_are_those_that_mail_dkim_expects() {
    let Some(shared) = shared() else { return };
    let (mut right, mut total) = (0, 0);
    let mut out = std::collections::BTreeMap::new();
    for row in rows(&shared, "mail-dkim.jsonl") {
        let file = row["file"].as_str().unwrap();
        let raw = std::fs::read(shared.join("corpora").join(file)).unwrap();
        let raw = String::from_utf8_lossy(&raw).replace("\r\n", "\n").replace('\n', "\r\n");
        let dns = std::fs::read(shared.join("corpora").join(row["dns"].as_str().unwrap())).unwrap();
        let dns = String::from_utf8_lossy(&dns);
        let found = verify(raw.as_bytes(), &zone_of(&dns)).await;
        let verdict = found.iter().map(|one| one.verdict).min();
        if let Some(why) = left_out(&row, &raw, &dns) {
            assert!(good(found).is_empty(), "{file}");
            *out.entry(why).or_insert(0) += 1;
            continue;
        }
        let good = match row["dkim"].as_str().unwrap() {
            "pass" => verdict == Some(Verdict::Pass),
            "fail" => verdict == Some(Verdict::Fail),
            _ => verdict != Some(Verdict::Pass),
        };
        total += 1;
        right += u32::from(good);
        if !good {
            println!("mail-dkim: {file}: want {}, got {verdict:?}", row["dkim"]);
        }
    }
    out.iter().for_each(|(why, count)| println!("mail-dkim: {count} rows left out: {why}"));
    println!("mail-dkim: {right}/{total} verdicts");
    assert!(total >= 20 && right * 100 >= total * 95);
}

#[tokio::test]
async fn verdicts_are_those_that_rspamd_expects() {
    let Some(shared) = shared() else { return };
    let (mut right, mut total, mut others) = (0, 0, 0);
    for row in rows(&shared, "rspamd.jsonl") {
        if !row["expect_symbols"].to_string().contains("R_DKIM_") {
            others += 1;
            continue;
        }
        let file = row["file"].as_str().unwrap();
        let raw = std::fs::read(shared.join("corpora").join(file)).unwrap();
        // Its records are not among the shared files: all these rows want a key that is broken or revoked.
        let zone = Zone::default();
        let text = String::from_utf8_lossy(&raw).replace('\n', "");
        let tag = |name: &str| text.split(name).nth(1).unwrap().split(';').next().unwrap().trim().to_owned();
        zone.add(&format!("{}._domainkey.{}", tag(" s="), tag(" d=")), b"v=DKIM1; k=rsa; p=");
        let verdict = verify(&raw, &zone).await.iter().map(|one| one.verdict).max();
        total += 1;
        right += u32::from(matches!(verdict, Some(Verdict::Permanent | Verdict::Fail)));
    }
    println!(
        "rspamd: {right}/{total} verdicts; {others} rows are about SPF and DMARC policies, which we leave to the provider"
    );
    assert_eq!(right, total);
}

#[test]
fn the_header_layouts_of_many_providers_are_read() {
    let Some(shared) = shared() else { return };
    let root = shared.join("corpora/deltachat/test-data/message/dkimchecks-2022-09-28");
    let (mut files, mut fields, mut named, mut passed, mut wrong) = (0, 0, 0, 0, Vec::new());
    for receiver in std::fs::read_dir(root).unwrap().map(Result::unwrap) {
        for file in std::fs::read_dir(receiver.path()).unwrap().map(Result::unwrap) {
            let raw = std::fs::read(file.path()).unwrap();
            let text = String::from_utf8_lossy(&raw).replace("\r\n", "\n");
            let sender = file.file_name().to_string_lossy().into_owned();
            files += 1;
            for field in
                unfolded(&text).filter(|line| line.to_lowercase().starts_with("authentication-results:"))
            {
                let (id, outcomes) = results(field.split_once(':').unwrap().1);
                fields += 1;
                named += u32::from(!id.is_empty());
                let domains: Vec<String> = outcomes.iter().filter_map(Outcome::signed_domain).collect();
                passed += u32::from(!domains.is_empty());
                let methods = outcomes.iter().map(|o| o.method.as_str());
                // What every field of a provider holds: a method that we know, or the word that there is none.
                if methods.count() == 0 && field.contains('=') {
                    wrong.push(format!("{sender}: {field}"));
                }
                // Some say `dkim=pass` and not of whom.
                let bare: String = field
                    .split('(')
                    .map(|rest| rest.split_once(')').map_or(rest, |(_, rest)| rest))
                    .collect();
                let passes =
                    bare.split(';').filter(|group| group.trim().to_lowercase().starts_with("dkim=pass"));
                let named_signer =
                    passes.into_iter().any(|group| group.contains("header.d") || group.contains("header.i"));
                if named_signer == domains.is_empty() {
                    wrong.push(format!("{sender}: {field}"));
                }
            }
        }
    }
    println!(
        "deltachat: {}/{fields} fields of {files} mails read; {named} name their server, {passed} a signer",
        fields - wrong.len()
    );
    wrong.iter().for_each(|line| println!("deltachat: {line}"));
    assert!(wrong.is_empty());
}

/// Header lines with their folds undone.
fn unfolded(text: &str) -> impl Iterator<Item = String> {
    let head = text.split("\n\n").next().unwrap().replace("\n\t", " ").replace("\n ", " ");
    head.lines().map(str::to_owned).collect::<Vec<_>>().into_iter()
}
