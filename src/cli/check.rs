//! `check`: every mistake of the configuration and of the templates at once.

use std::path::Path;

use serde_json::{Value, json};

use super::house::lines;
use super::out::Out;
use super::{CONFIG, OK, house};
use crate::config::{self, Config, Grade, Mistake};
use crate::office;
use crate::perform::trust;
use crate::render::letters::{LetterName, TemplateFault};

/// Checks, prints, and gives the exit code.
pub(super) fn check(path: &Path, out: &Out) -> u8 {
    let read = config::load(path);
    // Templates are looked at also when the configuration has faults: one look names everything.
    let overrides = match &read {
        Ok(config) => config.template_dir.clone(),
        Err(_) => config::template_dir_of(path),
    };
    let templates = office::letters_in(overrides.as_deref()).err().unwrap_or_default();
    let peers = read.as_ref().map(peers).unwrap_or_default();
    let mistakes = match &read {
        Ok(config) => config.warnings.clone(),
        Err(mistakes) => mistakes.clone(),
    };
    let (faults, warnings): (Vec<Mistake>, Vec<Mistake>) =
        mistakes.into_iter().partition(|mistake| mistake.grade == Grade::Fault);
    let terms = read.as_ref().map(terms).unwrap_or_default();
    let count = faults.len() + templates.len() + peers.len();
    let value = json!({
        "faults": faults.iter().map(mistake).collect::<Vec<_>>(),
        "templates": templates.iter().map(template).collect::<Vec<_>>(),
        "peers": peers,
        "warnings": warnings.iter().map(mistake).collect::<Vec<_>>(),
        "terms": terms,
    });
    out.either(&value, || {
        let mut all: Vec<String> = Vec::new();
        all.extend((!faults.is_empty()).then(|| lines(&faults)));
        all.extend(templates.iter().map(|fault| format!("template {fault}")));
        all.extend(peers.iter().map(|fault| format!("{}: {fault}", path.display())));
        all.extend((!warnings.is_empty()).then(|| lines(&warnings)));
        all.extend(terms.iter().map(|news| {
            format!("warning: {}: {news}; ask them, and set `confirmed` of their entry", path.display())
        }));
        all.push(match count {
            0 => format!(
                "{}: no faults; {} templates rendered on made-up data. Nobody was dialed.",
                path.display(),
                LetterName::ALL.len()
            ),
            1 => "1 fault: sir-intake does not start with it".to_owned(),
            count => format!("{count} faults: sir-intake does not start with them"),
        });
        all.join("\n")
    });
    if count == 0 { OK } else { CONFIG }
}

/// Whose terms of the embargoed list end: what nobody confirms within a year is told nothing.
fn terms(config: &Config) -> Vec<String> {
    let today = config.team.calendar.zone.to_datetime(house::now()).date();
    config.runbook.embargoed.iter().filter_map(|listed| listed.news(today)).collect()
}

/// What the daemon would refuse at start beyond single values: roots, URLs, clients. Nothing is dialed.
fn peers(config: &Config) -> Vec<String> {
    let mailbox = trust("[mailbox]", config.mailbox.ca_file.as_ref()).err();
    let others = house::peers(config).err();
    let ring = office::ring(config).err().map(|fault| fault.to_string());
    mailbox.into_iter().chain(others).map(|fault| fault.to_string()).chain(ring).collect()
}

fn mistake(mistake: &Mistake) -> Value {
    json!({
        "file": mistake.file, "line": mistake.line, "column": mistake.column, "what": mistake.what,
        "remedy": mistake.remedy,
    })
}

pub(super) fn template(fault: &TemplateFault) -> Value {
    json!({ "file": fault.file, "line": fault.line, "column": fault.column, "what": fault.what })
}
