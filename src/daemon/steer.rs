//! Commands: what follows from them, and what whoever gave them is told. All lines are one transaction. Whether a mail may
//! command is asked in [`super::commanded`]; whether a comment may, in [`super::talk`].

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::commit::{self, Brought};
use super::desk::Prepared;
use super::outright::{self, Outright};
use super::{chores, looks, talk};
use crate::case::act::{ActLetter, ActState};
use crate::case::command::read::{Block, Complaint, commands};
use crate::case::command::{Command, Runbook, TakedownWord, Via};
use crate::case::decide::Decision;
use crate::case::decide::command::{Around, MailIs, Order, Ruling, Said, rule};
use crate::case::posted::Place;
use crate::case::{Address, Case, CaseId, Effect, Event, MailId, MemberKey, Planned, Remark, Spoken};
use crate::office::Office;
use crate::render::transcript::{Leaves, Line, Ordered, Transcript};
use crate::store::{EffectState, FateWord, StoreError, Txn};

/// Commands that came, whatever becomes of them.
pub(super) struct Came<'a> {
    pub(super) by: MemberKey,
    pub(super) case: Option<CaseId>,
    pub(super) block: Block<'a>,
    /// The words below, without quotes and signatures.
    pub(super) words: String,
    /// Whether they hold a code that was sent to that member, answer a notice to them, or stand on the case's own issue.
    pub(super) answers_us: bool,
}

/// Where commands are carried out, and how they came.
pub(super) struct Steer<'a> {
    pub(super) office: &'a Office,
    pub(super) txn: &'a Txn<'a>,
    pub(super) now: Timestamp,
    pub(super) via: Via,
    /// The mail that they stand in, if it is one.
    pub(super) mail: Option<&'a Prepared>,
}

impl Steer<'_> {
    /// Reads the lines and carries them out, or says why not.
    pub(super) fn run(&self, came: &Came<'_>) -> Result<(), StoreError> {
        match commands(&came.block.lines) {
            Ok(commands) => self.carry(came, &commands),
            Err(complaints) => self.nothing_ran(came, &complaints),
        }
    }

    fn mail_id(&self) -> Option<MailId> {
        self.mail.map(|mail| mail.row.id)
    }

    /// Carries out commands, one for each line, or says why not.
    pub(super) fn carry(&self, came: &Came<'_>, commands: &[Command]) -> Result<(), StoreError> {
        let case = came.case.map(|case| self.txn.case(case)).transpose()?;
        let around = self.around(came, case.as_ref(), commands)?;
        let order = Order {
            by: &came.by,
            via: self.via,
            mail: self.mail_id(),
            commands,
            answers_us: came.answers_us,
        };
        let ruling = match rule(case.as_ref(), &order, &around, &self.office.policy, self.now) {
            Ok(ruling) => ruling,
            Err(no) => return self.nothing_ran(came, &[Complaint { line: no.line, what: no.what }]),
        };
        match self.txn.attempt(|_| self.carry_out(came, case, &ruling))? {
            Ok((case, brought)) => {
                let sends_words = commands.iter().any(Command::sends_words);
                self.tell(came, case.as_ref(), &ruling, &brought, sends_words)
            }
            Err(what) => self.nothing_ran(came, &[Complaint { line: 0, what }]),
        }
    }

    fn carry_out(
        &self,
        came: &Came<'_>,
        case: Option<Case>,
        ruling: &Ruling,
    ) -> Result<(Option<Case>, Brought), StoreError> {
        let decision = &ruling.decision;
        let (office, txn, now) = (self.office, self.txn, self.now);
        let Some(mut case) = case else {
            let mut brought = Brought::default();
            for chore in &decision.chores {
                brought.cases.push(chores::done(office, txn, None, chore, decision, now)?);
            }
            for new in brought.cases.iter().flatten() {
                chores::made_by(office, txn, *new, &came.by, self.via, now)?;
            }
            return Ok((None, brought));
        };
        let brought = commit::follow(office, txn, &mut case, decision, now)?;
        Ok((Some(txn.case(case.id)?), brought))
    }

    /// What a decision about these commands must know.
    fn around(
        &self,
        came: &Came<'_>,
        case: Option<&Case>,
        commands: &[Command],
    ) -> Result<Around, StoreError> {
        let mut around = Around {
            words: came.words.clone(),
            ordered: self.txn.letters_ordered(&came.by, self.now)?,
            ..Around::default()
        };
        for command in commands {
            self.look_around(&mut around, case, command)?;
        }
        let Some(case) = case else { return Ok(around) };
        around.reporter_is = self.reporting_member(case)?;
        around.last_mail = self.last_mail(case)?;
        if let Some(last) = around.last_mail {
            around.mails.insert(last, MailIs::OfCase);
        }
        if commands.iter().any(|command| matches!(command, Command::Ask(_) | Command::Remind)) {
            around.open_questions = self.open_questions(case)?;
        }
        if commands.iter().any(|command| matches!(command, Command::Runbook(Runbook::Agreed(..)))) {
            around.reporters_mails = self.reporters_mails(case)?;
        }
        if commands.iter().any(|command| matches!(command, Command::Runbook(Runbook::Assess(_)))) {
            let sig = case.component.as_ref().and_then(crate::report::sig_of);
            around.component_sig = sig.map(str::to_owned);
        }
        if commands.iter().any(Command::tells_list) {
            self.list(&mut around)?;
        }
        if case.tracks.posted.is_some() && commands.iter().any(Command::acts_in_public) {
            around.left_alone = super::posted::why_left_alone(self.office, self.txn, case)?;
            around.taking_down = self.txn.is_taking_down(case.id)?;
        }
        for act in &case.acts {
            let rows = match act.letter {
                Some(_) => self.txn.letters_of(case.id, act.number)?,
                None => Vec::new(),
            };
            let leaves =
                |state| matches!(state, EffectState::Sending | EffectState::Done | EffectState::Unknown);
            if rows.iter().any(|row| leaves(row.state)) {
                around.leaving.insert(act.number);
            }
            let bytes = rows.first().and_then(|row| row.letter.as_deref());
            if let ActState::Asked { .. } = act.state
                && act.by != came.by
                && let Some(nonce) = self.office.nonce(case, act, bytes, &came.by)
            {
                around.nonces.insert(nonce, act.number);
            }
        }
        Ok(around)
    }

    fn look_around(
        &self,
        around: &mut Around,
        case: Option<&Case>,
        command: &Command,
    ) -> Result<(), StoreError> {
        match command {
            Command::Dup(other) | Command::Link(other) => {
                if let Some(found) = self.txn.case_if(*other)? {
                    around.cases.insert(*other);
                    if found.duplicate_of.is_some() && found.duplicate_of == case.map(|case| case.id) {
                        around.duplicates.insert(*other);
                    }
                }
            }
            Command::Open(mail) | Command::Spam(Some(mail)) | Command::New(Some(mail)) => {
                around.mails.insert(*mail, self.mail_is(*mail, case)?);
            }
            Command::LinkMail(address) | Command::Reporter(address) => self.person(around, address)?,
            Command::Runbook(Runbook::Takedown(TakedownWord::TakeIn(url))) => self.named(around, url)?,
            Command::Runbook(Runbook::Advisory(Some(ghsa))) => {
                if let Some(other) = self.txn.case_of_advisory(ghsa)? {
                    around.advised.insert(ghsa.clone(), other);
                }
            }
            Command::Help(_)
            | Command::Status
            | Command::Show
            | Command::List(_)
            | Command::Case(_)
            | Command::Own(_)
            | Command::Disown
            | Command::Severity(_)
            | Command::Split
            | Command::Spam(None)
            | Command::New(None)
            | Command::Ack(_)
            | Command::Ask(_)
            | Command::Remind
            | Command::Known(_)
            | Command::Reply
            | Command::Close { .. }
            | Command::Reopen
            | Command::Raise(_)
            | Command::Undo(_)
            | Command::Confirm(_)
            | Command::Runbook(_) => {}
        }
        Ok(())
    }

    /// The case of a public issue that is named, if it is one.
    fn named(&self, around: &mut Around, url: &str) -> Result<(), StoreError> {
        let rule = &self.office.policy.posted;
        let Some(place) = Place::parse(url, &rule.web) else { return Ok(()) };
        let same = |project: &&String| project.eq_ignore_ascii_case(&place.project);
        let Some(project) = rule.projects.iter().find(same) else { return Ok(()) };
        let place = Place { project: project.clone(), number: place.number };
        if let Some(case) = self.txn.case_of_posted(&place)? {
            around.posted.insert(place, case);
        }
        Ok(())
    }

    fn person(&self, around: &mut Around, address: &Address) -> Result<(), StoreError> {
        if !self.office.house.owns(address) {
            around.persons.insert(address.key(), self.txn.person(address, "")?);
        }
        Ok(())
    }

    fn mail_is(&self, mail: MailId, case: Option<&Case>) -> Result<MailIs, StoreError> {
        let row = match self.txn.mail(mail) {
            Ok(row) => row,
            Err(StoreError::Absent(_)) => return Ok(MailIs::Elsewhere),
            Err(fault) => return Err(fault),
        };
        let here = case.is_some_and(|case| row.case == Some(case.id));
        Ok(match row.fate {
            FateWord::Waiting => MailIs::Waiting,
            FateWord::Screened | FateWord::Parked | FateWord::History => MailIs::Loose,
            FateWord::Case if here => MailIs::Report,
            FateWord::Reply | FateWord::Quarantined if here => MailIs::OfCase,
            FateWord::Stored
            | FateWord::Case
            | FateWord::Reply
            | FateWord::Quarantined
            | FateWord::Delivery
            | FateWord::Own
            | FateWord::Copy
            | FateWord::Command => MailIs::Elsewhere,
        })
    }

    /// Nothing was done: an event on the case, and its writer is told why.
    fn nothing_ran(&self, came: &Came<'_>, complaints: &[Complaint]) -> Result<(), StoreError> {
        let mut why: BTreeMap<usize, &str> = BTreeMap::new();
        for complaint in complaints {
            why.entry(complaint.line).or_insert(&complaint.what);
        }
        let mut lines: Vec<Line> = Vec::new();
        for (at, written) in
            came.block.lines.iter().enumerate().take(crate::case::command::read::MOST_LINES + 1)
        {
            let said = why.get(&at).map_or("not done".to_owned(), |why| format!("REFUSED: {why}"));
            lines.push(Line { written: (*written).to_owned(), said });
        }
        if let Some(case) = came.case {
            let mut decision = Decision::default();
            let mail = self.mail_id();
            decision.event(Event::NothingRan { by: came.by.clone(), via: self.via, mail });
            commit::follow(self.office, self.txn, &mut self.txn.case(case)?, &decision, self.now)?;
        }
        let mut transcript = self.transcript(came, lines, Vec::new());
        transcript.ran = false;
        self.answer(came, &transcript, true, !came.words.trim().is_empty())
    }

    /// What was done, line by line.
    fn tell(
        &self,
        came: &Came<'_>,
        case: Option<&Case>,
        ruling: &Ruling,
        brought: &Brought,
        sends_words: bool,
    ) -> Result<(), StoreError> {
        let mut lines = Vec::new();
        for (written, said) in came.block.lines.iter().zip(&ruling.said) {
            lines.push(Line { written: (*written).to_owned(), said: self.said(came, case, said, brought)? });
        }
        let ordered = brought.letters.iter().map(|written| {
            let act = case.and_then(|case| case.act(written.act));
            let leaves = match act.map(|act| (&act.state, act.letter)) {
                Some((ActState::Asked { until }, _)) => Leaves::Confirmed(*until),
                Some((_, Some(ActLetter::Held(hold)))) => Leaves::After(hold.until),
                Some((_, Some(ActLetter::Stopped))) => Leaves::TakenBack,
                Some((ActState::Done, Some(ActLetter::Left { .. }) | None)) => Leaves::AtOnce,
                Some((ActState::Undone { .. }, Some(ActLetter::Left { .. }) | None)) | None => Leaves::Never,
            };
            Ordered {
                act: written.act,
                what: written.letter.words(),
                leaves,
                subject: written.subject.clone(),
                body: written.body.clone(),
            }
        });
        let transcript = self.transcript(came, lines, ordered.collect());
        let notes = !sends_words && !came.words.trim().is_empty();
        let only_looked = ruling.decision.events.iter().all(|event| matches!(event, Event::Looked { .. }));
        self.answer(came, &transcript, !only_looked, notes)
    }

    fn said(
        &self,
        came: &Came<'_>,
        case: Option<&Case>,
        said: &Said,
        brought: &Brought,
    ) -> Result<String, StoreError> {
        let mut out = match said.look {
            Some(look) => looks::shown(self.office, self.txn, case, &came.by, look, self.now)?,
            None => said.words.clone(),
        };
        if let Some(new) = said.chore.and_then(|at| brought.cases.get(at)).copied().flatten() {
            out.push_str(&format!(" {new}"));
        }
        if let Some(act) = said.act {
            out.push_str(&format!(" (act {act})"));
        }
        Ok(out)
    }

    fn transcript(&self, came: &Came<'_>, lines: Vec<Line>, letters: Vec<Ordered>) -> Transcript {
        let roster = &self.office.policy.roster;
        let who = roster.get(&came.by).map_or_else(|| came.by.to_string(), |member| member.name.clone());
        let their_zone = roster.get(&came.by).and_then(|member| member.zone.clone());
        Transcript {
            their_zone,
            case: came.case,
            who,
            at: self.now,
            zone: self.office.policy.calendar.zone.clone(),
            ran: true,
            lines,
            letters,
            noted: false,
            code: came.case.and_then(|case| self.office.code_for_member(case, &came.by)),
        }
    }

    /// The note, the comment and the transcript.
    fn answer(
        &self,
        came: &Came<'_>,
        transcript: &Transcript,
        comments: bool,
        notes: bool,
    ) -> Result<(), StoreError> {
        let Some(prepared) = self.mail else {
            return talk::answer(self, came.case, &transcript.comment());
        };
        let mail = prepared.row.id;
        let mut transcript = transcript.clone();
        transcript.noted = notes && came.case.is_some();
        let mut decision = Decision::default();
        if comments {
            let remark = Remark::Commanded { mail: Some(mail) };
            let text = transcript.comment().into_bytes();
            decision.effects.push(Planned {
                spoken: Some(Spoken::Bytes(text)),
                ..Planned::after_issue(Effect::Comment { remark })
            });
        }
        if transcript.noted {
            let member = Some(came.by.clone());
            decision.event(Event::Added { mail, person: None, member, automatic: false, idle: false });
            decision.then_on_issue(Effect::Comment { remark: Remark::Note { mail } });
        }
        if let Some(case) = came.case {
            commit::follow(self.office, self.txn, &mut self.txn.case(case)?, &decision, self.now)?;
        }
        self.send(came, prepared, &transcript)
    }

    fn send(&self, came: &Came<'_>, mail: &Prepared, transcript: &Transcript) -> Result<(), StoreError> {
        let answer = self.office.letters.transcript(transcript);
        let mail = Outright {
            to: &came.by,
            case: came.case,
            answers: Some(mail),
            subject: answer.subject,
            body: answer.body,
        };
        outright::plan(self.office, self.txn, mail, self.now)
    }
}
