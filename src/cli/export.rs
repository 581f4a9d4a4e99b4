//! `cases export`: a case as files. Names are our own; a name that a sender gave is never one of a file.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use serde_json::json;

use super::cases::{Whole, event_json, whole};
use super::out::Out;
use super::{CONFIG, OK, Stop, house};
use crate::case::{CaseId, Sha256};
use crate::config::Config;
use crate::mail;
use crate::office;
use crate::sealed::Ring;

/// Writes the files and names them.
pub(super) fn export(
    id: CaseId,
    to: &Path,
    attachment: Option<Sha256>,
    config: &Config,
    out: &Out,
) -> Result<u8, Stop> {
    let whole = whole(id, config)?;
    make_dir(to)?;
    let names = match attachment {
        Some(sha256) => vec![one_attachment(&whole, sha256, to, config)?],
        None => everything(&whole, to, config)?,
    };
    let dir = to.display().to_string();
    out.either(&json!({ "case": id, "dir": dir, "files": names }), || {
        format!("{id}: {} files in {dir}\n{}", names.len(), names.join("\n"))
    });
    Ok(OK)
}

/// The keys that open what came encrypted.
fn ring(config: &Config) -> Result<Ring, Stop> {
    office::ring(config).map_err(|fault| Stop::new(CONFIG, fault.to_string()))
}

fn everything(whole: &Whole, to: &Path, config: &Config) -> Result<Vec<String>, Stop> {
    let window = house::window(config)?;
    let (ring, limits) = (ring(config)?, office::limits(config));
    let mut names = Vec::new();
    let mut keep = |name: String, bytes: &[u8]| -> Result<(), Stop> {
        write_new(&to.join(&name), bytes)?;
        names.push(name);
        Ok(())
    };
    for (row, _) in &whole.mails {
        let raw = window.read(|txn| txn.raw(row.id))?;
        keep(format!("mail-{:06}-{}.eml", row.id.0, row.fate.word()), &raw)?;
        if let Some(inside) = ring.inside(&raw, &limits, house::now()) {
            keep(format!("mail-{:06}-opened.eml", row.id.0), &inside)?;
        }
    }
    for row in &whole.effects {
        if let Some(letter) = &row.letter {
            keep(format!("letter-{:06}-{}.eml", row.id.0, row.state.word()), letter)?;
        }
    }
    if let Some(posted) = window.read(|txn| txn.posted_of(whole.case.report))? {
        for (sha256, bytes) in window.read(|txn| txn.posted_copies(&posted.node))? {
            keep(format!("public-issue-{sha256}.json"), &bytes)?;
        }
    }
    let events: String = whole.events.iter().map(|event| format!("{}\n", event_json(event))).collect();
    keep("events.jsonl".to_owned(), events.as_bytes())?;
    Ok(names)
}

fn one_attachment(whole: &Whole, sha256: Sha256, to: &Path, config: &Config) -> Result<String, Stop> {
    let window = house::window(config)?;
    let (ring, limits) = (ring(config)?, office::limits(config));
    for (row, _) in &whole.mails {
        let raw = window.read(|txn| txn.raw(row.id))?;
        let sealed = || mail::attachment(&ring.inside(&raw, &limits, house::now())?, &limits, sha256);
        let by_itself = || ring.file(&raw, &limits, sha256, house::now());
        if let Some(bytes) = mail::attachment(&raw, &limits, sha256).or_else(sealed).or_else(by_itself) {
            let name = sha256.to_string();
            write_new(&to.join(&name), &bytes)?;
            return Ok(name);
        }
    }
    Err(Stop::fault(format!(
        "no mail of {} has an attachment with this hash; the issue and `cases export` without it show what there is",
        whole.case.id
    )))
}

/// Makes a folder that only its owner may enter; one that is there stays as it is.
pub(super) fn make_dir(dir: &Path) -> Result<(), Stop> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| Stop::fault(format!("cannot make {}: {error}", dir.display())))
}

/// Writes a file for its owner alone, durably; refuses to overwrite.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let fault = |error| Stop::fault(format!("cannot write {}: {error}", path.display()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(fault)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fault)
}
