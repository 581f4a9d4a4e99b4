//! What the mails of a case tell a decision about commands on it.

use jiff::Timestamp;

use super::letters;
use super::steer::Steer;
use crate::case::command::Question;
use crate::case::decide::command::Around;
use crate::case::roster::Member;
use crate::case::{Case, MailId, MemberKey};
use crate::mail::{Authentication, Automatic};
use crate::store::{FateWord, MailRow, StoreError};

/// Later mails of the reporter that are read for what they answer, or agree to, at most: the newest.
const FACTS_OF: usize = 20;

impl Steer<'_> {
    /// The member who reported it themselves: by a mail, by GitHub's private reporting, or in public.
    pub(super) fn reporting_member(&self, case: &Case) -> Result<Option<MemberKey>, StoreError> {
        let roster = &self.office.policy.roster;
        let reporter = case.reporter.map(|person| self.txn.address_of(person)).transpose()?;
        if let Some(member) = reporter.and_then(|address| roster.by_address(&address)) {
            return Ok(Some(member.key.clone()));
        }
        let author = match self.txn.advisory_of(case.report)? {
            Some(advisory) => advisory.author,
            None => self.txn.posted_of(case.report)?.and_then(|posted| posted.author),
        };
        let theirs = |member: &&Member, login: &str| {
            member.github.as_ref().is_some_and(|account| account.login.eq_ignore_ascii_case(login))
        };
        let member = author.and_then(|login| roster.members.iter().find(|member| theirs(member, &login)));
        Ok(member.map(|member| member.key.clone()))
    }

    /// The last mail of the case after its report that no member wrote.
    pub(super) fn last_mail(&self, case: &Case) -> Result<Option<MailId>, StoreError> {
        for row in self.txn.mails_of(case.id)?.iter().rev() {
            let of_case = matches!(row.fate, FateWord::Reply | FateWord::Quarantined);
            let Some(person) = row.person.filter(|_| of_case && row.id != case.report) else { continue };
            if self.office.policy.roster.by_address(&self.txn.address_of(person)?).is_none() {
                return Ok(Some(row.id));
            }
        }
        Ok(None)
    }

    /// What the reporter wrote after the report, themselves: a machine of theirs agrees to nothing.
    pub(super) fn reporters_mails(&self, case: &Case) -> Result<Vec<(MailId, Timestamp)>, StoreError> {
        let theirs = |row: &MailRow| {
            let after = row.id != case.report && row.fate == FateWord::Reply;
            after && row.person.is_some() && row.person == case.reporter
        };
        let mut mails = Vec::new();
        for row in self.txn.mails_of(case.id)?.into_iter().rev().filter(theirs).take(FACTS_OF) {
            // On the thread that writes: a mail that cannot be read agrees to nothing, and takes nobody along.
            let read = || self.office.read_mail(self.txn, &row);
            let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
            let Ok(read) = read else { continue };
            let letter = &read?.letter;
            // Who only uses their address agrees to nothing in their name.
            if letter.automatic == Automatic::None && letter.authentication != Authentication::Fail {
                mails.push((row.id, row.received));
            }
        }
        mails.reverse();
        Ok(mails)
    }

    /// Those of the embargoed list who may be told, and those who may not.
    pub(super) fn list(&self, around: &mut Around) -> Result<(), StoreError> {
        let today = self.office.policy.calendar.zone.to_datetime(self.now).date();
        for listed in &self.office.policy.embargoed {
            if listed.is_lapsed(today) {
                around.lapsed.push(listed.organization.clone());
            } else {
                around.embargoed.push(self.txn.person(&listed.address, &listed.organization)?);
            }
        }
        Ok(())
    }

    /// What the report and the later mails of the reporter all leave open.
    pub(super) fn open_questions(&self, case: &Case) -> Result<Vec<Question>, StoreError> {
        let mut open: Vec<Question> = Question::ALL.to_vec();
        let report = self.txn.mail(case.report)?;
        let rows = self.txn.mails_of(case.id)?;
        let later = rows.into_iter().filter(|row| {
            row.id != case.report
                && row.person.is_some()
                && row.person == case.reporter
                && row.fate == FateWord::Reply
        });
        let mut later: Vec<_> = later.collect();
        let surplus = later.len().saturating_sub(FACTS_OF);
        later.drain(..surplus);
        for row in std::iter::once(report).chain(later) {
            let read = self.office.read_mail(self.txn, &row)?;
            // Who only uses their address must not answer in their name.
            let forged = row.id != case.report && read.letter.authentication == Authentication::Fail;
            if read.letter.header_only || read.letter.encrypted || forged {
                continue;
            }
            let missing = read.facts().missing();
            open.retain(|question| missing.contains(&letters::missing(*question)));
        }
        Ok(open)
    }
}
