//! A mail as it reads, and a short memory of those read last: the desk reads a mail, and moments later its issue is drawn
//! from the same words. And the hands that do so: threads of their own for what may take long, or may fail inside.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::case::MailId;
use crate::mail::Letter;
use crate::report::{self, Facts};

/// Mails that are remembered whole at most, and bytes of their text.
const MAILS: usize = 64;
const BYTES: usize = 2 << 20;
/// Mails whose facts are remembered at most, and how many facts of all (one takes some 300 bytes): they took longest to
/// find, and in a flood the issues follow long after the mails.
const FACTS_OF: usize = 1024;
const FACTS: usize = 16_384;

/// What tells mails in memory apart: one reads otherwise when only its header is read.
type Name = (MailId, bool);

/// A letter and, once somebody asks, its facts.
pub struct ReadMail {
    /// What it says.
    pub letter: Letter,
    facts: Arc<OnceLock<Facts>>,
}

impl ReadMail {
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
        // The text, the same in two parts, and as it came.
        2 * self.letter.text.len() + self.letter.plain.len()
    }
}

/// The last mails that were read.
#[derive(Default)]
pub struct Memory(Mutex<Held>);

#[derive(Default)]
struct Held {
    mails: VecDeque<(Name, Arc<ReadMail>)>,
    facts: VecDeque<(Name, Arc<OnceLock<Facts>>)>,
}

impl Memory {
    /// A mail that was read lately.
    pub fn get(&self, mail: MailId, headers_only: bool) -> Option<Arc<ReadMail>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        find(&held.mails, (mail, headers_only))
    }

    /// Remembers a letter, with its facts if they were found before, and forgets the oldest ones over the limits.
    pub fn put(&self, mail: MailId, headers_only: bool, letter: Letter) -> Arc<ReadMail> {
        let name = (mail, headers_only);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let facts = find(&held.facts, name).unwrap_or_else(|| {
            let facts = Arc::default();
            held.facts.push_back((name, Arc::clone(&facts)));
            facts
        });
        let mut sum: usize = held.facts.iter().map(|(_, facts)| count(facts)).sum();
        while held.facts.len() > FACTS_OF || sum > FACTS {
            let Some((_, oldest)) = held.facts.pop_front() else { break };
            sum -= count(&oldest);
        }
        let read = Arc::new(ReadMail { letter, facts });
        held.mails.push_back((name, Arc::clone(&read)));
        let mut bytes: usize = held.mails.iter().map(|(_, read)| read.bytes()).sum();
        while held.mails.len() > MAILS || bytes > BYTES {
            let Some((_, oldest)) = held.mails.pop_front() else { break };
            bytes -= oldest.bytes();
        }
        read
    }
}

/// One thread that does one job after the other. Not a pool: each thread that looks for a pattern keeps tables for it, and
/// a dozen threads taking turns kept a dozen of each.
pub struct Hand(Sender<Job>);

type Job = Box<dyn FnOnce() + Send>;

/// Why a job came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// It panicked.
    Panicked,
    /// The process ends.
    Stopped,
}

impl Hand {
    /// Starts it; it ends when it is dropped and its job done.
    ///
    /// # Errors
    /// The system has no thread for us.
    pub fn new(name: &str) -> io::Result<Self> {
        let (jobs, next) = mpsc::channel::<Job>();
        let work = move || next.into_iter().for_each(|job| job());
        thread::Builder::new().name(name.to_owned()).spawn(work)?;
        Ok(Self(jobs))
    }

    /// Does a job and gives what came of it. The job is done also when nobody waits for it any more.
    ///
    /// # Errors
    /// It panicked, or the process ends.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Dropped> {
        let (tell, told) = oneshot::channel();
        let job = Box::new(move || {
            let done = catch_unwind(AssertUnwindSafe(job));
            // Whoever asked may have gone.
            let _ = tell.send(done);
        });
        self.0.send(job).map_err(|_| Dropped::Stopped)?;
        match told.await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) => Err(Dropped::Panicked),
            Err(_) => Err(Dropped::Stopped),
        }
    }
}

fn count(facts: &OnceLock<Facts>) -> usize {
    facts.get().map_or(0, Facts::count)
}

fn find<T>(held: &VecDeque<(Name, Arc<T>)>, name: Name) -> Option<Arc<T>> {
    held.iter().rev().find(|(other, _)| *other == name).map(|(_, found)| Arc::clone(found))
}
