//! What stands around a command: what of the store a decision about it must know.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::case::command::Question;
use crate::case::posted::Place;
use crate::case::{CaseId, MailId, MemberKey, PersonId};

/// How a mail that a command names stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailIs {
    /// It waits or was set aside: of no case.
    Loose,
    /// It waits to be judged.
    Waiting,
    /// The report of this case.
    Report,
    /// A later mail of this case.
    OfCase,
    /// Of another case, or nothing that can become one.
    Elsewhere,
}

/// What a decision about commands must know besides the case.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// The roster's name for the reporter, if the reporter is of the team.
    pub reporter_is: Option<MemberKey>,
    /// What the mails of the reporter leave open.
    pub open_questions: Vec<Question>,
    /// Other cases that are named, and exist.
    pub cases: BTreeSet<CaseId>,
    /// Of them, those that are closed as duplicates of this one.
    pub duplicates: BTreeSet<CaseId>,
    /// Mails that are named.
    pub mails: BTreeMap<MailId, MailIs>,
    /// The last mail of the case after the report.
    pub last_mail: Option<MailId>,
    /// Mails of the reporter after the report, and when they came.
    pub reporters_mails: Vec<(MailId, Timestamp)>,
    /// Those of the embargoed list who may be told, as people; looked up for the verbs that tell them.
    pub embargoed: Vec<PersonId>,
    /// Organizations of it that did not confirm the terms within a year: they are told nothing.
    pub lapsed: Vec<String>,
    /// The SIG that looks after the component of the case, by the shipped list.
    pub component_sig: Option<String>,
    /// Addresses that are named, as people ([`crate::case::Address::key`]).
    pub persons: BTreeMap<String, PersonId>,
    /// Acts whose letter is on its way or gone.
    pub leaving: BTreeSet<u32>,
    /// The acts that this member may confirm, by their own nonce.
    pub nonces: BTreeMap<String, u32>,
    /// Letters that this member ordered in the last hour.
    pub ordered: u32,
    /// The words below the block.
    pub words: String,
    /// Why the public issue of the case is left alone, if it is: all that it names is public.
    pub left_alone: Option<String>,
    /// It is being taken down: what two people said is under way.
    pub taking_down: bool,
    /// Advisories that are named and are another case's, or this one's, already.
    pub advised: BTreeMap<String, CaseId>,
    /// Public issues that are named and are cases already.
    pub posted: BTreeMap<Place, CaseId>,
}
