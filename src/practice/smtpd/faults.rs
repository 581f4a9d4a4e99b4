//! What goes wrong at the practice SMTP server, as switches.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::practice::board::Board;

/// Where in a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The greeting.
    Connect,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// The DATA command.
    Data,
    /// The reply after the final dot: here the mail changes hands.
    DataEnd,
}

/// How it goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This reply instead of the usual one, with code and text.
    Reply(u16, String),
    /// The connection ends without a reply, nothing is accepted.
    Drop,
    /// At [`Stage::DataEnd`]: the mail is accepted, then the connection ends without a reply. Elsewhere as [`Self::Drop`].
    CommitThenDrop,
    /// At [`Stage::DataEnd`]: the mail is accepted, then silence. Elsewhere silence.
    CommitThenHang,
    /// Silence; the connection stays open, nothing is accepted.
    Hang,
    /// The usual reply, later.
    Delay(Duration),
}

#[derive(Debug, Clone)]
struct Rule {
    stage: Stage,
    skip: u32,
    times: u32,
    fault: Fault,
}

/// The faults that are set, and what the clients were seen to do.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    rules: Vec<Rule>,
    recipients: BTreeMap<String, (u16, String)>,
    refuse: u32,
    pub(super) commands: Vec<String>,
}

impl Record {
    /// The fault that strikes at this stage, used up by being asked.
    pub(super) fn strike(&mut self, stage: Stage) -> Option<Fault> {
        let mut struck = None;
        for rule in self.rules.iter_mut().filter(|rule| rule.stage == stage && rule.times > 0) {
            if rule.skip > 0 {
                rule.skip = rule.skip.saturating_sub(1);
            } else if struck.is_none() {
                rule.times = rule.times.saturating_sub(1);
                struck = Some(rule.fault.clone());
            }
        }
        self.rules.retain(|rule| rule.times > 0);
        struck
    }

    /// The lasting reply for a recipient.
    pub(super) fn recipient(&self, address: &str) -> Option<(u16, String)> {
        self.recipients.get(&address.to_ascii_lowercase()).cloned()
    }

    pub(super) fn refuses(&mut self) -> bool {
        let refuses = self.refuse > 0;
        self.refuse = self.refuse.saturating_sub(1);
        refuses
    }
}

/// The switches of an [`super::Smtpd`].
#[derive(Clone)]
pub struct Faults(pub(super) Board<super::Shared>);

impl Faults {
    /// The next time that stage is reached, this happens.
    pub fn at(&self, stage: Stage, fault: Fault) {
        self.repeat(stage, 1, fault);
    }

    /// The next `times` times that stage is reached, this happens.
    pub fn repeat(&self, stage: Stage, times: u32, fault: Fault) {
        self.0.change(|shared| shared.record.rules.push(Rule { stage, skip: 0, times, fault }));
    }

    /// The n-th time from now that stage is reached, 1 being the next, this happens.
    pub fn at_nth(&self, stage: Stage, nth: u32, fault: Fault) {
        let skip = nth.saturating_sub(1);
        self.0.change(|shared| shared.record.rules.push(Rule { stage, skip, times: 1, fault }));
    }

    /// From now on RCPT TO of that address gets this reply (550 and a text, 451 ...).
    pub fn recipient(&self, address: &str, code: u16, text: &str) {
        let entry = (code, text.to_owned());
        self.0.change(|shared| shared.record.recipients.insert(address.to_ascii_lowercase(), entry));
    }

    /// The next `times` connections end before the greeting.
    pub fn refuse_connections(&self, times: u32) {
        self.0.change(|shared| shared.record.refuse = times);
    }

    /// How many faults have not struck yet (recipients' lasting replies do not count).
    pub fn pending(&self) -> usize {
        self.0.look(|shared| shared.record.rules.len())
    }

    /// All is well again.
    pub fn clear(&self) {
        self.0.change(|shared| {
            shared.record.rules.clear();
            shared.record.recipients.clear();
            shared.record.refuse = 0;
        });
    }
}
