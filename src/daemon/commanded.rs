//! Commands that come by mail: may it command, and what becomes of the mail.

use super::desk::Desk;
use super::steer::{Came, Steer};
use super::{commit, evidence};
use crate::case::command::Via;
use crate::case::command::read::block;
use crate::case::decide::{Decision, Fate};
use crate::case::{Alert, CaseId, Doubt, Effect, Event, MemberKey, Refused, Remark};
use crate::mail::commander::Standing;
use crate::mail::{quote, thread};
use crate::report;
use crate::store::{FateWord, Note, StoreError};

impl Desk<'_> {
    /// Follows the commands of a mail; `None` when it has none, or may not give any here.
    pub(super) fn steer(&self, fate: Fate, note: &mut Note) -> Result<Option<FateWord>, StoreError> {
        let Some(block) = block(&self.mail.read.letter.plain) else { return Ok(None) };
        let (case, disagree) = match fate {
            Fate::Reply(case) | Fate::Stranger(case, _) => (Some(case), false),
            Fate::NewCase { disagree } => (None, disagree),
            Fate::Waiting(_) | Fate::Screened(_) => (None, false),
            Fate::DeliveryNews { .. } | Fate::Own | Fate::Copy(_) | Fate::History => return Ok(None),
        };
        if self.mail.row.role != "inbox" {
            return Ok(None);
        }
        let letter = &self.mail.read.letter;
        let standing = evidence::judge(self.office, self.txn, letter, &self.mail.verified, self.now)?;
        let (by, tied) = match standing {
            // Somebody outside, or nobody's line: a mail like any other.
            Standing::NoCommand | Standing::MayNot { named: None, .. } => return Ok(None),
            Standing::MayNot { named: Some(named), because } => {
                return self.refuse(case, fate, &named, because, note);
            }
            Standing::May { member, .. } | Standing::MayRead(member) if disagree => {
                return self.refuse(case, fate, &member, Refused::TwoCases, note);
            }
            Standing::May { member, case } => (member, case),
            Standing::MayRead(member) => (member, None),
        };
        let case = case.or(tied);
        let words = quote::split_below(block.below).new_words;
        let answers_us = match case {
            Some(_) => tied == case,
            None => self.answers_the_house(&by)?,
        };
        let came = Came { by, case, answers_us, block, words };
        let steer = Steer {
            office: self.office,
            txn: self.txn,
            now: self.now,
            via: Via::Mail,
            mail: Some(self.mail),
        };
        steer.run(&came)?;
        note.case = case;
        if case.is_none() && self.reports_besides(&came.words) {
            return Ok(None);
        }
        Ok(Some(if case.is_some() { FateWord::Reply } else { FateWord::Command }))
    }

    /// Whether it answers a notice to that member that is about no case: mails that wait, the digest.
    fn answers_the_house(&self, member: &MemberKey) -> Result<bool, StoreError> {
        for id in thread::candidates(&self.mail.read.letter).ids.iter().take(100) {
            if let Some((_, None, recipient)) = self.txn.sent_by_us(id)?
                && recipient == format!("member:{member}")
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A report that a member put below commands that are about no case must not be hidden by them.
    fn reports_besides(&self, words: &str) -> bool {
        report::signs(&self.mail.read.letter.subject, words, &report::facts("", words, &[])) > 0
    }

    /// Kept and shown; whoever it names is told at the roster's address.
    fn refuse(
        &self,
        case: Option<CaseId>,
        fate: Fate,
        named: &MemberKey,
        why: Refused,
        note: &mut Note,
    ) -> Result<Option<FateWord>, StoreError> {
        let alert = Effect::Alert { to: named.clone(), alert: Alert::CommandRefused { why } };
        let Some(case) = case else {
            let brought = Alert::CommandRefused { why };
            if commit::notice(self.office, self.txn, None, &named.0, &brought, self.now)? {
                commit::house(self.office, self.txn, alert, self.now)?;
            }
            return Ok(None);
        };
        let mail = self.mail.row.id;
        let mut decision = Decision::default();
        let doubt = if let Fate::Stranger(_, doubt) = fate { doubt } else { Doubt::AuthenticationFailed };
        decision.event(Event::Quarantined { mail, doubt });
        decision.event(Event::CommandRefused { mail, named: Some(named.clone()), why });
        decision.then_on_issue(Effect::Comment { remark: Remark::Refused { mail, why } });
        decision.then_on_issue(Effect::UpdateIssue);
        decision.then(alert);
        commit::follow(self.office, self.txn, &mut self.txn.case(case)?, &decision, self.now)?;
        note.case = Some(case);
        Ok(Some(FateWord::Quarantined))
    }
}
