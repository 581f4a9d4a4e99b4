//! `read`: how the daemon would read a mail.

use std::fs::File;
use std::io::Read as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::out::{Out, facts};
use super::{OK, Stop, house};
use crate::case::Address;
use crate::mail::{self, Automatic, House, Letter, Limits};
use crate::office;
use crate::report::{self, Facts, Missing};

/// Reads the files one after the other; a file that cannot be read is told as a flaw, and does not end it.
pub(super) fn read(files: &[PathBuf], config: Option<&Path>, out: &Out) -> Result<u8, Stop> {
    let (limits, house) = match config {
        Some(path) => {
            let config = house::config(Some(path), out)?;
            (office::limits(&config), office::house(&config))
        }
        None => (Limits::default(), House::default()),
    };
    for (at, path) in files.iter().enumerate() {
        let read = one(path, &limits, &house);
        if out.is_json() {
            out.value(&read.json(&path.to_string_lossy()));
        } else {
            let gap = if at == 0 { "" } else { "\n" };
            out.text(&format!("{gap}== {}\n{}", path.display(), read.text()));
        }
    }
    Ok(OK)
}

/// A mail as it reads, and what could not be done with it.
pub(super) struct Reading {
    letter: Letter,
    facts: Facts,
    fault: Option<(&'static str, String)>,
}

fn one(path: &Path, limits: &Limits, house: &House) -> Reading {
    let mut raw = Vec::new();
    // One byte beyond the limit shows that there is more.
    let most = u64::try_from(limits.raw_bytes).unwrap_or(u64::MAX).saturating_add(1);
    match File::open(path).and_then(|file| file.take(most).read_to_end(&mut raw)) {
        Ok(_) => Reading::of(&raw, limits, house, false),
        Err(error) => Reading::failed("unreadable-file", format!("this file cannot be read: {error}")),
    }
}

impl Reading {
    /// As the desk reads it.
    pub(super) fn of(raw: &[u8], limits: &Limits, house: &House, headers_only: bool) -> Self {
        let reading = catch_unwind(AssertUnwindSafe(|| {
            let letter = if headers_only {
                mail::headers_only(raw, limits, house)
            } else {
                mail::read(raw, limits, house)
            };
            let attached: Vec<(&str, &str)> =
                letter.attachments.iter().map(|part| (part.name.as_str(), part.kind.as_str())).collect();
            let facts = report::facts(&letter.subject, &letter.text, &attached);
            (letter, facts)
        }));
        match reading {
            Ok((letter, facts)) => Self { letter, facts, fault: None },
            Err(_) => Self::failed("reading-failed", "the reader failed on this mail".to_owned()),
        }
    }

    fn failed(word: &'static str, why: String) -> Self {
        Self { letter: Letter::default(), facts: Facts::default(), fault: Some((word, why)) }
    }

    fn flaws(&self) -> Vec<String> {
        let flaws = self.letter.flaws.iter().map(ToString::to_string);
        self.fault.iter().map(|(word, _)| (*word).to_owned()).chain(flaws).collect()
    }

    /// What is open; of a mail that cannot be read nobody knows.
    fn missing(&self) -> Vec<Missing> {
        let closed = self.fault.is_some() || self.letter.header_only || self.letter.encrypted;
        if closed { Vec::new() } else { self.facts.missing() }
    }

    fn bounced(&self) -> Vec<&str> {
        let bounce = self.letter.bounce.iter().flat_map(|bounce| &bounce.recipients);
        bounce
            .filter_map(|one| one.recipient.as_ref().or(one.original.as_ref()))
            .map(Address::as_str)
            .collect()
    }

    /// One object with the keys that programs rely on.
    pub(super) fn json(&self, file: &str) -> Value {
        let letter = &self.letter;
        let attachments: Vec<Value> = letter
            .attachments
            .iter()
            .map(|part| {
                json!({ "name": part.name, "type": part.kind, "size": part.size, "sha256": part.sha256 })
            })
            .collect();
        json!({
            "file": file,
            "message_id": letter.message_id,
            "from_address": letter.from.as_ref().map(Address::as_str),
            "from_name": letter.from_name,
            "reply_to": letter.reply_to.as_ref().map(Address::as_str),
            "subject": letter.subject,
            "date": letter.date.map(|at| at.to_string()),
            "in_reply_to": letter.in_reply_to,
            "references": letter.references,
            "text": letter.text,
            "new_words": letter.split().new_words,
            "quoted": letter.split().quoted,
            "automatic": automatic(letter.automatic),
            "bounce_recipients": self.bounced(),
            "attachments": attachments,
            "encrypted": letter.encrypted,
            "signed": letter.signed,
            "flaws": self.flaws(),
            "facts": self.facts,
            "missing": self.missing(),
        })
    }

    /// For people; the caller prints it escaped.
    pub(super) fn text(&self) -> String {
        if let Some((_, why)) = &self.fault {
            return why.clone();
        }
        let letter = &self.letter;
        let or_none = |text: Option<String>| text.filter(|t| !t.is_empty()).unwrap_or_else(|| "-".to_owned());
        let list = |all: Vec<String>| or_none(Some(all.join(", ")));
        let from = letter.from.as_ref().map(ToString::to_string);
        let from = match (&letter.from_name, from) {
            (Some(name), Some(from)) => Some(format!("{name} <{from}>")),
            (None, from) => from,
            (Some(name), None) => Some(name.clone()),
        };
        let missing = self.missing().iter().map(ToString::to_string).collect();
        let mut rows = vec![
            ("From", or_none(from)),
            ("Reply-To", or_none(letter.reply_to.as_ref().map(ToString::to_string))),
            ("Subject", or_none(Some(letter.subject.clone()))),
            ("Date", or_none(letter.date.map(|at| at.to_string()))),
            ("Message-ID", or_none(letter.message_id.clone())),
            ("Automatic", automatic(letter.automatic).to_owned()),
            ("Bounced", list(self.bounced().into_iter().map(str::to_owned).collect())),
            ("Encrypted", yes(letter.encrypted)),
            ("Signed", yes(letter.signed)),
            ("Flaws", list(self.flaws())),
        ];
        for part in &letter.attachments {
            let row = format!("{} ({}, {} bytes, sha256 {})", part.name, part.kind, part.size, part.sha256);
            rows.push(("Attachment", row));
        }
        rows.extend(understood(&self.facts));
        rows.push(("Missing", list(missing)));
        let rows: Vec<(&str, String)> =
            rows.into_iter().map(|(name, value)| (name, mail::visible_line(&value))).collect();
        let (new_words, quoted) = (&letter.split().new_words, &letter.split().quoted);
        let quoted = if quoted.is_empty() { String::new() } else { format!("\n--- quoted\n{quoted}") };
        format!("{}\n--- new words\n{new_words}{quoted}", facts(&rows))
    }
}

/// Each kind of fact with its values, as they stand in the JSON; the words they came from are in the text below.
fn understood(facts: &Facts) -> Vec<(&'static str, String)> {
    let Ok(Value::Object(all)) = serde_json::to_value(facts) else { return Vec::new() };
    let value = |found: &Value| match found.get("value") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => found.to_string(),
    };
    let rows = all.iter().filter_map(|(name, found)| {
        let values: Vec<String> = match found {
            Value::Null => return None,
            Value::Array(list) if list.is_empty() => return None,
            Value::Array(list) => list.iter().map(value).collect(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![value(found)],
        };
        Some(format!("{} = {}", name.replace('_', " "), values.join(", ")))
    });
    rows.map(|row| ("Claimed", row)).collect()
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn automatic(automatic: Automatic) -> &'static str {
    match automatic {
        Automatic::None => "none",
        Automatic::AutoReply => "auto-reply",
        Automatic::Bounce => "bounce",
        Automatic::List => "list",
        Automatic::Report => "report",
    }
}
