//! What members command: all lines of a mail are one decision, or none is.
//!
//! Each line is tried on the case as the lines before it leave it. What does not fit is a refusal in words; then nothing
//! of the whole happens. How the lines came (mail, comment) changes nothing here.

mod around;
mod assess;
mod close;
mod disclose;
mod embargo;
mod join;
mod letters;
mod mitigate;
mod own;
mod review;
mod takedown;
mod undo;
mod way;

use jiff::Timestamp;

pub use around::{Around, MailIs};

use super::Decision;
use crate::case::act::Hold;
use crate::case::command::{Class, Command, Runbook, Verb, Via, Which};
use crate::case::event::Stop;
use crate::case::posted::Place;
use crate::case::roster::Role;
use crate::case::{
    Address, Alert, Case, CaseId, ClockKind, Content, Deed, Effect, Event, LetterKind, MailId, MemberKey,
    PersonId, Planned, Policy, Spoken,
};

/// Commands as one member gave them.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Who.
    pub by: &'a MemberKey,
    /// How.
    pub via: Via,
    /// Their mail, if it was one.
    pub mail: Option<MailId>,
    /// What, in order.
    pub commands: &'a [Command],
    /// Whether it holds a code that was sent to them, or answers a notice to them.
    pub answers_us: bool,
}

/// What a member wants to read; the upper layers know how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The table.
    Help(Option<Verb>),
    /// How the case stands.
    Status,
    /// All that happened on it.
    Show,
    /// Cases.
    List(Which),
}

/// What is told about one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// What followed, our words.
    pub words: String,
    /// What is to be shown.
    pub look: Option<Look>,
    /// The chore whose result is named behind the words: index into [`Decision::chores`].
    pub chore: Option<usize>,
    /// The act that it is.
    pub act: Option<u32>,
}

/// What follows from commands.
#[derive(Debug, Clone, Default)]
pub struct Ruling {
    /// Events, effects, chores.
    pub decision: Decision,
    /// Line by line.
    pub said: Vec<Said>,
}

/// Why a line cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Which line, from 0.
    pub line: usize,
    /// Why, for the member.
    pub what: String,
}

/// Decides about commands, on a case or on none.
///
/// # Errors
/// The first line that cannot be done: nothing of all may happen then.
pub fn rule(
    case: Option<&Case>,
    order: &Order<'_>,
    around: &Around,
    policy: &Policy,
    now: Timestamp,
) -> Result<Ruling, Objection> {
    let mut run = Run {
        case: case.cloned(),
        order,
        around,
        policy,
        now,
        ordered: 0,
        changed: false,
        ruling: Ruling::default(),
    };
    for (line, command) in order.commands.iter().enumerate() {
        let mut said = run.one(command).map_err(|what| Objection { line, what })?;
        if run.halts_publishing() {
            said.words.push_str("; what two people said about publishing counts no more");
        }
        run.ruling.said.push(said);
        // The next line may be about the promise that this one woke.
        run.settle_clocks();
    }
    if run.changed {
        run.ruling.decision.then_on_issue(Effect::UpdateIssue);
    } else if run.case.is_some() {
        run.ruling.decision.event(Event::Looked { by: order.by.clone(), via: order.via, mail: order.mail });
    }
    Ok(run.ruling)
}

/// One carrying out, line by line.
struct Run<'a> {
    case: Option<Case>,
    order: &'a Order<'a>,
    around: &'a Around,
    policy: &'a Policy,
    now: Timestamp,
    /// Letters of this order so far.
    ordered: u32,
    changed: bool,
    ruling: Ruling,
}

fn words(words: impl Into<String>) -> Said {
    Said { words: words.into(), ..Said::default() }
}

impl Run<'_> {
    fn one(&mut self, command: &Command) -> Result<Said, String> {
        self.may(command)?;
        match command {
            Command::Help(verb) => Ok(Said { look: Some(Look::Help(*verb)), ..Said::default() }),
            Command::List(which) => Ok(Said { look: Some(Look::List(*which)), ..Said::default() }),
            Command::Status => self.look(Look::Status),
            Command::Show => self.look(Look::Show),
            Command::Case(named) => self.names(*named),
            Command::Own(who) => self.own(who.as_ref()),
            Command::Disown => self.disown(),
            Command::Severity(severity) => self.severity(*severity),
            Command::Raise(to) => self.raise(*to),
            Command::Dup(of) => self.dup(*of),
            Command::Known(reference) => self.known(reference),
            Command::Close { closure, reason } => self.close(*closure, reason),
            Command::Reopen => self.reopen(),
            Command::Ack(ack) => self.ack(*ack),
            Command::Ask(questions) => self.ask(questions),
            Command::Remind => self.remind(),
            Command::Reply => self.reply(),
            Command::Link(other) => self.link(*other),
            Command::LinkMail(address) => self.link_mail(address),
            Command::Split => self.split(),
            Command::Open(mail) => self.open(*mail),
            Command::Spam(None) => self.close(crate::case::Closure::Spam, ""),
            Command::Spam(Some(mail)) => self.spam(*mail),
            Command::New(mail) => self.new_case(*mail),
            Command::Reporter(address) => self.reporter(address),
            Command::Undo(act) => self.undo(*act),
            Command::Confirm(nonce) => self.confirm(nonce),
            Command::Runbook(runbook) => self.runbook(runbook),
        }
    }

    /// What roles, and the thread, allow (MAIL section 7).
    fn may(&self, command: &Command) -> Result<(), String> {
        let member = self.policy.roster.get(self.order.by).ok_or("you are not on the roster")?;
        // TSC observers review, and SIG-Release says whether installers are made.
        let observes = matches!(command, Command::Runbook(Runbook::Approve(_) | Runbook::Object))
            && member.is(Role::TscContact)
            || matches!(command, Command::Runbook(Runbook::Installers(_))) && member.is(Role::ReleaseContact);
        let asked_for_word = observes || matches!(command, Command::Help(_) | Command::Confirm(_));
        if !asked_for_word && !member.is(Role::Member) && !member.is(Role::Chair) {
            return Err("only members and chairs command; you may ask for help and confirm".to_owned());
        }
        if command.class() != Class::Read && !self.order.answers_us {
            return Err(
                "for this, answer a notice about it, or write the reference code of one below".to_owned()
            );
        }
        let own_report = self.around.reporter_is.as_ref() == Some(self.order.by);
        let judges = matches!(
            command,
            Command::Show
                | Command::Own(_)
                | Command::Confirm(_)
                | Command::Runbook(
                    Runbook::Approve(_) | Runbook::Assess(_) | Runbook::Notify | Runbook::Publish
                )
        );
        if own_report && judges {
            return Err("you reported this case: somebody else looks after it".to_owned());
        }
        Ok(())
    }

    /// Whether the line before speaks against what two people said about publishing.
    fn halts_publishing(&mut self) -> bool {
        let Some(case) = self.case.as_mut().filter(|_| self.changed) else { return false };
        super::publishing::halt(&mut self.ruling.decision, case, self.policy, self.now)
    }

    fn case(&self) -> Result<&Case, String> {
        self.case.as_ref().ok_or_else(|| "no case is meant: answer a notice about it".to_owned())
    }

    /// The case, if it goes on.
    fn open_case(&self) -> Result<&Case, String> {
        let case = self.case()?;
        match case.closure() {
            None => Ok(case),
            Some(closure) => Err(format!("it is closed ({closure}): reopen it first")),
        }
    }

    fn look(&self, look: Look) -> Result<Said, String> {
        self.case()?;
        Ok(Said { look: Some(look), ..Said::default() })
    }

    fn names(&self, named: CaseId) -> Result<Said, String> {
        match &self.case {
            Some(case) if case.id == named => Ok(words(format!("this is {named}"))),
            Some(case) => Err(format!("this thread is {}, not {named}", case.id)),
            None => Err(format!("there is no {named}, or your mail does not belong to it")),
        }
    }

    /// Writes an event and lets the case go on with it.
    fn event(&mut self, event: Event) {
        if let Some(case) = &mut self.case {
            case.apply(&event);
        }
        self.changed = true;
        self.ruling.decision.event(event);
    }

    fn chore(&mut self, chore: Chore) -> usize {
        self.ruling.decision.chores.push(chore);
        self.ruling.decision.chores.len() - 1
    }

    /// An act without a letter.
    fn act(&mut self, deed: Deed) -> u32 {
        self.act_until(deed, None, None)
    }

    fn act_until(&mut self, deed: Deed, hold: Option<Hold>, asks_until: Option<Timestamp>) -> u32 {
        let number = self.case.as_ref().map_or(1, Case::next_act);
        self.event(Event::Acted {
            act: number,
            by: self.order.by.clone(),
            at: self.now,
            via: self.order.via,
            mail: self.order.mail,
            deed,
            hold,
            asks_until,
        });
        if asks_until.is_some() {
            for member in self.others() {
                let alert = Alert::Confirm { act: number };
                self.ruling.decision.then(Effect::Alert { to: member, alert });
            }
        }
        number
    }

    /// An act that orders a letter to the reporter; it is held, and over the hour's limit a second person must agree.
    fn act_with_letter(
        &mut self,
        deed: Deed,
        letter: LetterKind,
        content: Content,
    ) -> Result<(u32, String), String> {
        self.act_with_agreed_letter(deed, letter, content, None)
    }

    /// The same; `grave`: why a second person must agree whatever the hour brought.
    fn act_with_agreed_letter(
        &mut self,
        deed: Deed,
        letter: LetterKind,
        content: Content,
        grave: Option<String>,
    ) -> Result<(u32, String), String> {
        let rule = &self.policy.commands;
        let case = self.case()?;
        let to = case.reporter.ok_or("the report has no address to write to")?;
        let in_reply_to = Some(case.last_mail);
        let until = self.in_seconds(rule.hold_s);
        let many = self.around.ordered + self.ordered >= rule.letters_per_hour;
        let many = many.then(|| format!("you ordered {} letters within an hour", rule.letters_per_hour));
        let asks = grave.or(many);
        let asks_until = asks.is_some().then(|| self.agreed_by());
        self.ordered += 1;
        let act = self.act_until(deed, Some(Hold { letter, until }), asks_until);
        let held = asks_until.unwrap_or(until);
        self.ruling.decision.effects.push(Planned {
            not_before: Some(held),
            // Without a hold there is no time in which an undo could come.
            held_until: (rule.hold_s > 0 || asks_until.is_some()).then_some(held),
            spoken: Some(Spoken::Letter(content)),
            ..Planned::now(Effect::Letter { letter, to, in_reply_to, act })
        });
        let told = match asks {
            None => format!("{} is held", letter.words()),
            Some(why) => format!("{} waits for a second person: {why}", letter.words()),
        };
        Ok((act, told))
    }

    fn in_seconds(&self, seconds: u32) -> Timestamp {
        self.now.saturating_add(jiff::SignedDuration::from_secs(seconds.into())).unwrap_or(self.now)
    }

    /// Until when a second person can agree.
    fn agreed_by(&self) -> Timestamp {
        self.in_seconds(self.policy.commands.confirm_hours.saturating_mul(3_600))
    }

    /// Everybody who may agree as the second person: not whoever reported it.
    fn others(&self) -> Vec<MemberKey> {
        let mut may = self.policy.roster.keys_with(&[Role::Member, Role::Chair, Role::TscContact]);
        may.retain(|key| key != self.order.by && Some(key) != self.around.reporter_is.as_ref());
        may
    }

    /// Clocks follow the stage: an owner keeps the promise of one, a closed case owes nothing that no letter brings.
    fn settle_clocks(&mut self) {
        let Some(case) = self.case.as_ref().filter(|_| self.changed) else { return };
        let stop = |kind| case.clocks.get(&kind).map(|clock| clock.stopped.clone());
        let (closed, owner) = (case.closure().is_some(), case.owner().cloned());
        let letter_comes = case.acts.iter().any(|act| act.held().is_some_and(|hold| hold.letter.answers()));
        let mut events = Vec::new();
        let stopped = |clock, stop| Event::ClockStopped { clock, stop };
        match (stop(ClockKind::Owner), owner) {
            (Some(None), Some(member)) => events.push(stopped(ClockKind::Owner, Stop::Claim { member })),
            (Some(None), None) if closed => events.push(stopped(ClockKind::Owner, Stop::Closed)),
            (Some(Some(Stop::Claim { .. } | Stop::Closed)), None) if !closed => {
                events.push(Event::ClockResumed { clock: ClockKind::Owner });
            }
            _other => {}
        }
        match stop(ClockKind::Acknowledge) {
            Some(None) if closed && !letter_comes => {
                events.push(stopped(ClockKind::Acknowledge, Stop::Closed));
            }
            Some(Some(Stop::Closed)) if !closed => {
                events.push(Event::ClockResumed { clock: ClockKind::Acknowledge });
            }
            _other => {}
        }
        match stop(ClockKind::Information) {
            Some(None) if closed => events.push(stopped(ClockKind::Information, Stop::Closed)),
            Some(Some(Stop::Closed)) if !closed => {
                events.push(Event::ClockResumed { clock: ClockKind::Information });
            }
            _other => {}
        }
        events.into_iter().for_each(|event| self.event(event));
        let Some(case) = &self.case else { return };
        if let Some(event) = super::promises::ended(case) {
            self.event(event);
        }
        let Some(case) = &self.case else { return };
        let promises = super::promises::settle(case, self.policy, self.now);
        promises.into_iter().for_each(|event| self.event(event));
    }
}

/// What the store must do in the same transaction, besides events and effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chore {
    /// The letter of this act must not leave.
    StopLetter {
        /// Which act.
        act: u32,
    },
    /// A second person agreed: the letter of this act leaves when its hold ended.
    ReleaseLetter {
        /// Which act.
        act: u32,
        /// When its hold ends.
        until: Timestamp,
    },
    /// The other case knows that it belongs together with this one.
    LinkOther {
        /// Which.
        case: CaseId,
    },
    /// It does no longer.
    UnlinkOther {
        /// Which.
        case: CaseId,
    },
    /// This person is of the case from now on.
    Join {
        /// Who.
        person: PersonId,
    },
    /// And no longer.
    Leave {
        /// Who.
        person: PersonId,
    },
    /// This mail becomes a case.
    OpenMail {
        /// Which.
        mail: MailId,
    },
    /// This waiting mail is set aside.
    SetAside {
        /// Which.
        mail: MailId,
    },
    /// Whoever looks after a case that was closed as a duplicate of this one hears what became of it.
    TellDuplicates,
    /// A public mailing list is told of what was published.
    PublicMail {
        /// Which.
        to: Address,
        /// The act that made it public.
        act: u32,
    },
    /// This public issue is looked at, saved, and becomes a case.
    TakeIn {
        /// Where it is.
        place: Place,
        /// Who asked.
        by: MemberKey,
        /// How.
        via: Via,
    },
    /// One more case is made of this mail of the case, and both are linked.
    OneMore {
        /// Which.
        mail: MailId,
    },
}
