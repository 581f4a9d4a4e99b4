//! A mail as it reads, and a short memory of those read last: the desk reads a mail, and moments later its issue is drawn
//! from the same words.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::case::MailId;
use crate::mail::Letter;
use crate::report::{self, Facts};

/// Mails that are remembered at most.
const MAILS: usize = 64;
/// Bytes of text that are remembered at most.
const BYTES: usize = 2 << 20;

/// A letter and, once somebody asks, its facts.
pub struct ReadMail {
    /// What it says.
    pub letter: Letter,
    facts: OnceLock<Facts>,
}

impl ReadMail {
    /// A letter that was read.
    pub fn new(letter: Letter) -> Self {
        Self { letter, facts: OnceLock::new() }
    }

    /// The facts of its words, quoted ones included: a report may come forwarded.
    pub fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| {
            let parts = &self.letter.attachments;
            let attachments: Vec<(&str, &str)> =
                parts.iter().map(|part| (part.name.as_str(), part.kind.as_str())).collect();
            report::facts(&self.letter.subject, &self.letter.text, &attachments)
        })
    }

    fn bytes(&self) -> usize {
        self.letter.text.len()
            + self.letter.plain.len()
            + self.letter.split.new_words.len()
            + self.letter.split.quoted.len()
    }
}

/// The last mails that were read. A mail reads otherwise when only its header is read, so that is part of the name.
#[derive(Default)]
pub struct Memory(Mutex<VecDeque<(MailId, bool, Arc<ReadMail>)>>);

impl Memory {
    /// A mail that was read lately.
    pub fn get(&self, mail: MailId, headers_only: bool) -> Option<Arc<ReadMail>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter()
            .find(|(id, headers, _)| (*id, *headers) == (mail, headers_only))
            .map(|(_, _, read)| Arc::clone(read))
    }

    /// Remembers a mail, and forgets the oldest ones over the limits.
    pub fn put(&self, mail: MailId, headers_only: bool, read: &Arc<ReadMail>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.push_back((mail, headers_only, Arc::clone(read)));
        let mut bytes: usize = held.iter().map(|(_, _, read)| read.bytes()).sum();
        while held.len() > MAILS || bytes > BYTES {
            let Some((_, _, oldest)) = held.pop_front() else { return };
            bytes -= oldest.bytes();
        }
    }
}
