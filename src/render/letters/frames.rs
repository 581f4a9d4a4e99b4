//! Notices to members whose text is a letter: the template holds the frame, the tables in it are made by code. A notice
//! always leaves: where a template of the override directory fails on real data, the built-in one takes its place.

use tera::Tera;

use super::sheet::{Filled, Sheet, Zones};
use super::table::LetterName;
use super::{Letters, render};
use crate::render::alert::{self, AlertMail, plain};
use crate::render::alert_view::{Above, Alert, AlertView};
use crate::render::digest::{self, DigestView};
use crate::render::fold::fold;
use crate::render::transcript::Transcript;

impl Letters {
    /// T37. Whether an empty one is sent (Mondays) is for the caller.
    pub fn digest(&self, view: &DigestView) -> AlertMail {
        self.notice(&digest_filled(view))
    }

    /// T39: to the member who commanded.
    pub fn transcript(&self, transcript: &Transcript) -> AlertMail {
        self.notice(&transcript_filled(transcript))
    }

    /// An alert as a mail to one member: T35 and T38 from their templates, the others as code words them.
    pub fn alert(&self, view: &AlertView) -> AlertMail {
        match alert_filled(view) {
            Some(filled) => self.notice(&filled),
            None => alert::mail(view),
        }
    }

    fn notice(&self, filled: &Filled) -> AlertMail {
        let letter = render(&self.tera, filled).or_else(|fault| {
            let mut tera = Tera::new();
            let built_in = tera.add_raw_template(filled.name.file(), filled.name.built_in());
            if built_in.is_ok() { render(&tera, filled) } else { Err(fault) }
        });
        match letter {
            Ok(letter) => AlertMail { subject: letter.subject, body: letter.body },
            Err(_) => AlertMail { subject: "[sir-intake] a notice".to_owned(), body: bare(filled) },
        }
    }
}

/// What was to be told, without its frame.
fn bare(filled: &Filled) -> String {
    filled.blocks.iter().map(|block| format!("{}\n", block.text)).collect()
}

/// A table, or nothing where there is none.
fn table(sheet: &mut Sheet<'_>, name: &'static str, text: &str) {
    if text.trim().is_empty() {
        sheet.put(name, "");
    } else {
        sheet.block(name, text);
    }
}

pub(super) fn digest_filled(view: &DigestView) -> Filled {
    let mut sheet = Sheet::new(Zones { team: &view.zone, theirs: None });
    sheet.put("tag", "sir-intake");
    sheet.put("day", &digest::day(view));
    sheet.put("waits", &digest::waits(view));
    sheet.put("summary", &digest::summary(view));
    table(&mut sheet, "sections", &digest::sections(view));
    sheet.of(LetterName::Digest)
}

pub(super) fn transcript_filled(transcript: &Transcript) -> Filled {
    let mut sheet = Sheet::new(Zones { team: &transcript.zone, theirs: transcript.their_zone.as_ref() });
    let tag = transcript.case.map_or_else(|| "sir-intake".to_owned(), |case| case.to_string());
    sheet.put("tag", &tag);
    sheet.flag("ran", transcript.ran);
    sheet.put("verbs", &transcript.verbs());
    table(&mut sheet, "lines", &transcript.answers());
    sheet.flag("noted", transcript.noted);
    table(&mut sheet, "letters", &transcript.shown());
    sheet.count("last_act", transcript.undoable().map_or(0, u64::from));
    sheet.put("code", &transcript.code.as_deref().map(plain).unwrap_or_default());
    sheet.of(LetterName::Transcript)
}

pub(super) fn alert_filled(view: &AlertView) -> Option<Filled> {
    let mut sheet = Sheet::new(Zones { team: &view.zone, theirs: None });
    let name = match &view.kind {
        Alert::OwnerMissing { to } => {
            sheet.flag("to_tsc", *to == Above::Tsc);
            LetterName::NoOwner
        }
        Alert::DeliveryFailed { letter, clock_reopened } => {
            sheet.put("letter", &plain(letter));
            sheet.put("letter_capital", &alert::capital(&plain(letter)));
            sheet.flag("clock_reopened", *clock_reopened);
            LetterName::DeliveryFailed
        }
        Alert::NewCase
        | Alert::ReporterWrote { .. }
        | Alert::StrangerWrote
        | Alert::FoundMore
        | Alert::MemberAnswered { .. }
        | Alert::ClockWarning { .. }
        | Alert::ClockBreach { .. }
        | Alert::EffectParked { .. }
        | Alert::LetterUnknown { .. }
        | Alert::Waiting(_)
        | Alert::ParkedMail(_)
        | Alert::HeaderOnly { .. }
        | Alert::News(_)
        | Alert::Alarm(_) => return None,
    };
    let tag = view.case.as_ref().map_or_else(|| "sir-intake".to_owned(), |case| case.id.to_string());
    sheet.put("tag", &tag);
    let card = view.case.as_ref().map(|case| fold(&alert::card(case, view)));
    table(&mut sheet, "card", card.as_deref().unwrap_or_default());
    sheet.put("code", &view.code.as_deref().map(plain).unwrap_or_default());
    Some(sheet.of(name))
}
