//! `templates`: the letters, as they are written and as they will read.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::arguments::Templates;
use super::out::{Out, table};
use super::{CONFIG, OK, Stop, USAGE, check, house};
use crate::case::tracks::Cve;
use crate::case::{Case, CaseId, MemberKey};
use crate::config::{self, Config};
use crate::office;
use crate::perform::{issue_link, way};
use crate::render::letters::{CaseFacts, LetterName, Letters, Preview, TemplateFault, WayFacts};
use crate::store::{StoreError, Txn};

pub(super) fn templates(what: Templates, file: Option<&Path>, out: &Out) -> Result<u8, Stop> {
    match what {
        Templates::List => list(&folder(file, out)?, out),
        Templates::Show { name } => show(&name, folder(file, out)?.as_deref(), out),
        Templates::Preview { name, case } => preview(&name, case, file, out),
        Templates::Check => Ok(examine(folder(file, out)?.as_deref(), out)),
    }
}

/// The override directory. A configuration with other mistakes still says where it is; without one the built-in templates
/// are meant.
fn folder(file: Option<&Path>, out: &Out) -> Result<Option<PathBuf>, Stop> {
    let path = house::config_path(file);
    match config::load(&path) {
        Ok(config) => Ok(config.template_dir),
        Err(_) if path.exists() => {
            out.tell("the configuration has mistakes: see `sir-intake check`");
            Ok(config::template_dir_of(&path))
        }
        Err(_) if file.is_none() => {
            out.tell(&format!("there is no {}: these are the built-in templates", path.display()));
            Ok(None)
        }
        Err(mistakes) => Err(Stop::new(CONFIG, house::lines(&mistakes))),
    }
}

fn faults(faults: &[TemplateFault]) -> Stop {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Stop::new(CONFIG, lines.join("\n"))
}

/// The letter that is meant by a name, a number that only one has, or a file.
fn named(name: &str) -> Result<LetterName, Stop> {
    let same = |other: &str| other.eq_ignore_ascii_case(name);
    let by_name = LetterName::ALL.iter().find(|letter| same(letter.name()) || same(letter.file()));
    if let Some(letter) = by_name {
        return Ok(*letter);
    }
    let numbered: Vec<LetterName> =
        LetterName::ALL.iter().copied().filter(|letter| same(letter.number())).collect();
    match numbered.as_slice() {
        [one] => Ok(*one),
        [] => Err(Stop::new(USAGE, format!("there is no letter {name}: see `sir-intake templates list`"))),
        several => {
            let names: Vec<&str> = several.iter().map(|letter| letter.name()).collect();
            Err(Stop::new(USAGE, format!("{name} is several letters: {}", names.join(", "))))
        }
    }
}

fn list(folder: &Option<PathBuf>, out: &Out) -> Result<u8, Stop> {
    let overrides = folder.as_deref().map(office::overrides).transpose().map_err(|all| faults(&all))?;
    let overrides = overrides.unwrap_or_default();
    let from = |letter: &LetterName| {
        if overrides.contains_key(letter.file()) { "overridden" } else { "built-in" }
    };
    let value: Vec<Value> = LetterName::ALL
        .iter()
        .map(|letter| {
            json!({
                "number": letter.number(), "name": letter.name(), "file": letter.file(),
                "reader": letter.reader().words(), "overridden": overrides.contains_key(letter.file()),
                "variables": letter.known().collect::<Vec<_>>(), "needed": letter.needed().collect::<Vec<_>>(),
            })
        })
        .collect();
    out.either(&Value::Array(value), || {
        let row = |letter: &LetterName| {
            let texts =
                [letter.number(), letter.name(), letter.reader().words(), letter.file(), from(letter)];
            texts.map(|text| if text.is_empty() { "-" } else { text }.to_owned()).to_vec()
        };
        let rows: Vec<Vec<String>> = LetterName::ALL.iter().map(row).collect();
        table(&["number", "name", "reader", "file", "from"], &rows)
    });
    Ok(OK)
}

fn show(name: &str, folder: Option<&Path>, out: &Out) -> Result<u8, Stop> {
    let letter = named(name)?;
    let overrides =
        folder.map(office::overrides).transpose().map_err(|all| faults(&all))?.unwrap_or_default();
    let text = overrides.get(letter.file()).map_or(letter.built_in(), String::as_str);
    let value = json!({
        "name": letter.name(), "file": letter.file(), "overridden": overrides.contains_key(letter.file()),
        "variables": letter.known().collect::<Vec<_>>(), "text": text,
    });
    out.either(&value, || text.to_owned());
    Ok(OK)
}

fn preview(name: &str, case: Option<CaseId>, file: Option<&Path>, out: &Out) -> Result<u8, Stop> {
    let letter = named(name)?;
    let (letters, known) = match case {
        None => (office::letters_in(folder(file, out)?.as_deref()).map_err(|all| faults(&all))?, None),
        Some(case) => {
            let config = house::config(file, out)?;
            let letters = office::letters(&config).map_err(|all| faults(&all))?;
            (letters, Some(known(case, &config)?))
        }
    };
    let previews = letters.preview(letter, known.as_ref()).map_err(|fault| faults(&[fault]))?;
    let value: Vec<Value> = previews
        .iter()
        .map(|one| {
            json!({
                "variant": one.variant, "subject": one.letter.subject, "body": one.letter.body,
                "made_up": one.made_up,
            })
        })
        .collect();
    out.either(&Value::Array(value), || {
        let texts: Vec<String> = previews.iter().map(|one| as_text(one, case)).collect();
        texts.join("\n\n")
    });
    Ok(OK)
}

fn as_text(one: &Preview, case: Option<CaseId>) -> String {
    let mut text = String::new();
    if !one.variant.is_empty() {
        text.push_str(&format!("---- {} ----\n", one.variant));
    }
    if !one.letter.subject.is_empty() {
        text.push_str(&format!("Subject: {}\n\n", one.letter.subject));
    }
    text.push_str(one.letter.body.trim_end());
    if let Some(case) = case {
        let names: Vec<&str> = one.made_up.iter().copied().collect();
        let rest = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        text.push_str(&format!("\n---- of {case}; made up, since not known yet: {rest}"));
    }
    text
}

/// What store and configuration know of a case; nothing is changed.
fn known(id: CaseId, config: &Config) -> Result<CaseFacts, Stop> {
    let (house, limits) = (office::house(config), office::limits(config));
    let ring = office::ring(config).map_err(|fault| Stop::new(CONFIG, fault.to_string()))?;
    let (case, raw, way): (Case, Vec<u8>, Option<WayFacts>) = house::window(config)?.read(|txn| {
        let case = txn.case(id)?;
        let raw = txn.raw(case.report)?;
        let way = way_facts(&case, txn, config)?;
        Ok((case, raw, way))
    })?;
    let read = crate::mail::read(&raw, &limits, &house);
    let report = ring.read(&raw, read, &limits, house::now());
    let team = &config.team;
    let owner =
        case.owner().map(|key| team.roster.get(key).map_or_else(|| key.to_string(), |m| m.name.clone()));
    let found = case.tracks.assessment.as_ref();
    Ok(CaseFacts {
        case: id,
        subject: Some(report.subject.clone()),
        name: report.from_name.clone(),
        received: case.received,
        acknowledge_by: case.acknowledge_by(),
        contact_by: case.contact_by,
        owner,
        component: case.component.as_ref().map(|component| component.0.clone()),
        severity: found.map(|found| found.severity).or(case.severity_set),
        issue: case.issue.map(|(_, number)| issue_link(&config.github, number)),
        vector: found.and_then(|found| found.vector.as_ref()).map(ToString::to_string),
        zone: team.calendar.zone.clone(),
        their_zone: report.zone,
        team: team.name.clone(),
        policy_url: team.policy_url.clone(),
        bug_url: team.bug_url.clone(),
        feature_url: team.feature_url.clone(),
        contact: config.addresses.list.to_string(),
        way: way.map(Box::new),
    })
}

/// What a vulnerability's way to be public brought so far.
fn way_facts(case: &Case, txn: &Txn<'_>, config: &Config) -> Result<Option<WayFacts>, StoreError> {
    let Some(found) = &case.tracks.assessment else { return Ok(None) };
    let policy = office::policy(config);
    let text = way::text(txn, case)?;
    let seen = case.tracks.advisory.is_some();
    let url = way::advisory_at(&config.github, case);
    let name = |key: &MemberKey| policy.roster.get(key).map_or_else(|| key.to_string(), |m| m.name.clone());
    let credited =
        case.tracks.credit.is_some() || text.as_ref().is_some_and(|t| t.section("credits").is_some());
    Ok(Some(WayFacts {
        dates: way::dates_by(&policy, case),
        dated: case.tracks.date().is_some() || case.tracks.embargo.proposed.is_some(),
        extension_days: policy.runbook.extension_days,
        who_knows: way::who_knows(&policy.roster, case),
        ids: way::ids(case),
        cve: if let Cve::Assigned { id } = &case.tracks.cve { Some(id.to_string()) } else { None },
        credit: credited.then(|| way::credit_line(txn, case)).transpose()?,
        why: way::why(found),
        sigs: found.sigs.iter().map(|sig| format!("SIG {sig}")).collect(),
        advisory: seen.then(|| url.clone()),
        people: case.tracks.group.iter().map(name).collect(),
        fix: way::fix(case),
        parts: text.as_ref().map(|text| way::apart(case, text, url)),
        text: text.map(|text| (text.whole(), text.sha256().short())),
    }))
}

fn examine(folder: Option<&Path>, out: &Out) -> u8 {
    let found = office::letters_in(folder);
    let overridden =
        |letters: &Letters| LetterName::ALL.iter().filter(|name| letters.is_overridden(**name)).count();
    let faults = found.as_ref().err().cloned().unwrap_or_default();
    let value = json!({ "faults": faults.iter().map(check::template).collect::<Vec<_>>() });
    out.either(&value, || match &found {
        Ok(letters) => {
            let own = overridden(letters);
            format!("{} templates, {own} of them overridden: no faults", LetterName::ALL.len())
        }
        Err(faults) => faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    });
    if faults.is_empty() { OK } else { CONFIG }
}
