//! What was heard on the issues: whose is it, may it command, what follows. One transaction each, together with the note that
//! it is judged: it is carried out once, whenever we die.
//!
//! A person of the roster is known by the number of their account alone: a login can be registered again by somebody else.

use std::sync::Arc;

use jiff::Timestamp;

use super::steer::{Came, Steer};
use super::{Fault, commit};
use crate::case::command::markdown::{Spoken, spoken};
use crate::case::command::read::{Block, block};
use crate::case::command::{Command, Via};
use crate::case::decide::Decision;
use crate::case::roster::{Member, Roster};
use crate::case::{
    Alert, Case, CaseId, Effect, Event, MemberKey, Planned, Refused, Remark, Spoken as Said, Stage,
};
use crate::office::Office;
use crate::render::talk as page;
use crate::store::{Counted, Did, Heard, HeardFate, StoreError, Turn, Txn};

/// Judged in one go.
const BATCH: u32 = 50;

/// Judges everything that is held. Returns how much that was.
pub(super) async fn judge(office: &Arc<Office>) -> Result<usize, Fault> {
    let mut done = 0;
    loop {
        let batch = office.store.read(|txn| txn.unjudged(BATCH))?;
        if batch.is_empty() {
            return Ok(done);
        }
        for heard in batch {
            let spoken = read(&heard).await?;
            let (now, office_in) = (office.outside.clock.now(), Arc::clone(office));
            let job = move |txn: &Txn<'_>| {
                // A second look may have been quicker.
                if !txn.is_stored(&heard)? {
                    return Ok(());
                }
                let case = txn.case_of_issue(heard.repository, heard.number)?;
                let fate = match case {
                    None => HeardFate::Elsewhere,
                    Some(case) => {
                        Ear { office: &office_in, txn, heard: &heard, case, now }.judge(spoken.as_ref())?
                    }
                };
                txn.judged(&heard, fate, case)
            };
            office.store.write("judged", job).await?;
            done += 1;
        }
    }
}

/// Reads a comment on a thread of its own; `None` when it is none, or reading it panicked: then it says nothing.
async fn read(heard: &Heard) -> Result<Option<Spoken>, Fault> {
    let Did::Comment { body, .. } = &heard.did else { return Ok(None) };
    let body = body.clone();
    match tokio::task::spawn_blocking(move || spoken(&body)).await {
        Ok(spoken) => Ok(Some(spoken)),
        Err(error) if error.is_panic() => {
            tracing::error!("reading a comment failed inside; it is taken for words without a command");
            Ok(None)
        }
        Err(_) => Err(Fault::Stopped),
    }
}

/// Whose account did it, or why that does not count.
enum Whose {
    /// This person's, and they alone.
    Member(MemberKey),
    /// It names a person of the roster, or nobody.
    Nobody(Option<MemberKey>, Refused),
    /// A machine's: it is not listened to.
    Machine,
}

fn by_number(roster: &Roster, id: u64) -> Option<&Member> {
    roster.members.iter().find(|member| member.github.as_ref().is_some_and(|github| github.id == id))
}

fn by_login<'a>(roster: &'a Roster, login: &str) -> Option<&'a Member> {
    let is = |member: &&Member| {
        member
            .github
            .as_ref()
            .is_some_and(|github| !github.login.is_empty() && github.login.eq_ignore_ascii_case(login))
    };
    roster.members.iter().find(is)
}

fn whose(roster: &Roster, heard: &Heard) -> Whose {
    let Some(who) = &heard.who else { return Whose::Nobody(None, Refused::NotOnRoster) };
    let edited = matches!(heard.did, Did::Comment { edited: true, .. });
    match by_number(roster, who.id) {
        Some(member) if heard.through_app => Whose::Nobody(Some(member.key.clone()), Refused::ThroughApp),
        Some(member) if edited => Whose::Nobody(Some(member.key.clone()), Refused::Edited),
        Some(member) => Whose::Member(member.key.clone()),
        None => match by_login(roster, &who.login) {
            Some(member) => Whose::Nobody(Some(member.key.clone()), Refused::OtherAccount),
            None if heard.through_app || who.login.ends_with("[bot]") => Whose::Machine,
            None => Whose::Nobody(None, Refused::NotOnRoster),
        },
    }
}

/// Brings our comment with answers up to date: this is new in it.
pub(super) fn answer(steer: &Steer<'_>, case: Option<CaseId>, text: &str) -> Result<(), StoreError> {
    let Some(case) = case else { return Ok(()) };
    let mut decision = Decision::default();
    decision.effects.push(told(text));
    commit::follow(steer.office, steer.txn, &mut steer.txn.case(case)?, &decision, steer.now).map(drop)
}

fn told(text: &str) -> Planned {
    let spoken = Some(Said::Bytes(text.as_bytes().to_vec()));
    Planned { spoken, ..Planned::after_issue(Effect::Answer) }
}

/// One thing that was heard on the issue of a case.
struct Ear<'a> {
    office: &'a Office,
    txn: &'a Txn<'a>,
    heard: &'a Heard,
    case: CaseId,
    now: Timestamp,
}

impl Ear<'_> {
    fn judge(&self, spoken: Option<&Spoken>) -> Result<HeardFate, StoreError> {
        let case = self.txn.case(self.case)?;
        match &self.heard.did {
            Did::Comment { .. } => match spoken {
                Some(spoken) => self.comment(spoken),
                None => Ok(HeardFate::Text),
            },
            Did::Assigned { to } => {
                let roster = &self.office.policy.roster;
                match by_number(roster, to.id).map(|member| member.key.clone()) {
                    Some(member) if case.owner() == Some(&member) && case.closure().is_none() => {
                        Ok(HeardFate::Text)
                    }
                    Some(member) => self.deed(&format!("assigned {member}"), Command::Own(Some(member))),
                    None => Ok(HeardFate::Text),
                }
            }
            Did::Unassigned { from } => {
                let from = by_number(&self.office.policy.roster, from.id).map(|member| &member.key);
                if from.is_none() || case.owner() != from || case.closure().is_some() {
                    return Ok(HeardFate::Text);
                }
                self.deed(&format!("unassigned {}", from.map_or("", |key| &key.0)), Command::Disown)
            }
            Did::Closed => self.closed(&case),
        }
    }

    fn is_past(&self) -> Result<bool, StoreError> {
        Ok(self.txn.issues_floor()?.is_some_and(|floor| self.heard.at < floor))
    }

    fn steer(&self, via: Via) -> Steer<'_> {
        Steer { office: self.office, txn: self.txn, now: self.now, via, mail: None }
    }

    fn comment(&self, spoken: &Spoken) -> Result<HeardFate, StoreError> {
        let said = spoken.said();
        let Some(block) = block(&said) else { return Ok(HeardFate::Text) };
        let by = match self.who_may()? {
            Ok(by) => by,
            Err(fate) => return Ok(fate),
        };
        let undoes = |line: &str| {
            line.split_whitespace().next().is_some_and(|verb| verb.eq_ignore_ascii_case("!undo"))
        };
        // Whatever else is said: a letter must be stoppable.
        if !block.lines.iter().all(|line| undoes(line)) && self.is_beyond(&by)? {
            return Ok(HeardFate::Over);
        }
        let top = said.len().saturating_sub(block.below.len());
        let lines = said.bytes().take(top).filter(|byte| *byte == b'\n').count();
        let words = spoken.written_from(lines);
        let came = Came { by, case: Some(self.case), block, words, answers_us: true };
        self.steer(Via::Comment).run(&came)?;
        Ok(HeardFate::Ran)
    }

    /// Somebody did on GitHub what a command does.
    fn deed(&self, line: &str, command: Command) -> Result<HeardFate, StoreError> {
        let by = match self.who_may()? {
            Ok(by) => by,
            Err(fate) => return Ok(fate),
        };
        if self.is_beyond(&by)? {
            return Ok(HeardFate::Over);
        }
        let block = Block { lines: vec![line], below: "" };
        let came = Came { by, case: Some(self.case), block, words: String::new(), answers_us: true };
        self.steer(Via::Issue).carry(&came, &[command])?;
        Ok(HeardFate::Ran)
    }

    /// Whether this account commanded on this issue as often as it may in an hour; told once.
    fn is_beyond(&self, by: &MemberKey) -> Result<bool, StoreError> {
        let account = self.heard.who.as_ref().map_or(0, |who| who.id);
        let (whom, limit) =
            (format!("{account} {}", self.case), self.office.config.commands.comments_per_hour);
        let turn = self.txn.once_more(Counted::Command, &whom, limit, self.now)?;
        if turn == Turn::First {
            let zone = &self.office.policy.calendar.zone;
            let text = page::too_many(&self.name(by), limit, self.now, zone);
            answer(&self.steer(Via::Comment), Some(self.case), &text)?;
        }
        Ok(turn != Turn::Within)
    }

    /// Who commands; or what became of it, and they are told.
    fn who_may(&self) -> Result<Result<MemberKey, HeardFate>, StoreError> {
        let (named, why) = match whose(&self.office.policy.roster, self.heard) {
            Whose::Machine => return Ok(Err(HeardFate::Text)),
            Whose::Member(by) if self.is_past()? => {
                let at = &self.office.policy.calendar.zone;
                let text = page::past(&self.name(&by), self.now, at);
                answer(&self.steer(Via::Comment), Some(self.case), &text)?;
                return Ok(Err(HeardFate::Past));
            }
            Whose::Member(by) => return Ok(Ok(by)),
            Whose::Nobody(..) if self.is_past()? => return Ok(Err(HeardFate::Past)),
            Whose::Nobody(named, why) => (named, why),
        };
        let login = self.heard.who.as_ref().map_or("ghost", |who| who.login.as_str());
        let name = named.as_ref().map(|named| self.name(named));
        let zone = &self.office.policy.calendar.zone;
        let mut decision = Decision::default();
        decision.event(Event::CommentRefused { id: self.heard.id, named: named.clone(), why });
        let limit = self.office.config.commands.refusals_per_hour;
        match self.txn.once_more(Counted::Refusal, &self.case.to_string(), limit, self.now)? {
            Turn::Within => {
                let text = page::refused(login, why.words(), name.as_deref(), self.now, zone);
                decision.effects.push(told(&text));
                decision.then_on_issue(Effect::UpdateIssue);
            }
            Turn::First => decision.effects.push(told(&page::no_more_refusals(limit, self.now, zone))),
            Turn::Beyond => {}
        }
        if let Some(to) = named {
            decision.then(Effect::Alert { to, alert: Alert::CommandRefused { why } });
        }
        self.follow(&decision)?;
        Ok(Err(HeardFate::Refused))
    }

    fn name(&self, member: &MemberKey) -> String {
        self.office.policy.roster.get(member).map_or_else(|| member.to_string(), |member| member.name.clone())
    }

    fn follow(&self, decision: &Decision) -> Result<(), StoreError> {
        commit::follow(self.office, self.txn, &mut self.txn.case(self.case)?, decision, self.now).map(drop)
    }

    /// The issue was closed on GitHub. What closes a case is a word that says why: it is asked for, once.
    fn closed(&self, case: &Case) -> Result<HeardFate, StoreError> {
        // A letter that is on its way will close it.
        let closes = case.closure().is_some() || matches!(case.stage, Stage::Known { .. });
        if closes {
            return Ok(HeardFate::Text);
        }
        if self.is_past()? {
            return Ok(HeardFate::Past);
        }
        let by = match whose(&self.office.policy.roster, self.heard) {
            Whose::Member(by) => Some(by),
            Whose::Nobody(..) | Whose::Machine => None,
        };
        let login = self.heard.who.as_ref().map_or("ghost", |who| who.login.as_str());
        let name = by.as_ref().map(|by| self.name(by));
        let text = page::closed(self.case, name.as_deref(), login);
        let id = self.heard.id;
        let mut decision = Decision::default();
        decision.event(Event::IssueClosed { id, by });
        let remark = Remark::ClosedByHand { id };
        let spoken = Some(Said::Bytes(text.into_bytes()));
        decision.effects.push(Planned { spoken, ..Planned::after_issue(Effect::Comment { remark }) });
        self.follow(&decision)?;
        Ok(HeardFate::Asked)
    }
}
