//! The desk: each stored mail is read, its case found, its fate decided, and all that follows written in one
//! transaction.

use std::sync::Arc;

use jiff::Timestamp;

use super::check::{self, Checkup, Turn};
use super::unread::{HEADER_TRIES, is_hopeless, next_batch, not_their_doing, park};
use super::{Fault, commit, envelope, evidence, posted, sweep};
use crate::case::decide::{
    self, Automation, CaseMail, Fate, Input, Opening, Reading, Route, Screened, Sender, Trust, Waiting,
    Writer,
};
use crate::case::{Alarm, CaseId, EffectId, MailId, MemberKey, PersonId, Source};
use crate::mail::{self, Automatic, Letter, Signature};
use crate::office::Office;
use crate::reading::{Dropped, ReadMail};
use crate::render::code::{Coded, find};
use crate::report;
use crate::store::{ADVISORY, FateWord, MailRow, Note, POSTED, StoreError, THREADS_DISAGREE, Txn};

/// A mail that was read.
pub(super) struct Prepared {
    pub(super) row: MailRow,
    pub(super) read: Arc<ReadMail>,
    pub(super) signs: u32,
    pub(super) verified: Vec<Signature>,
    pub(super) checkup: Option<Checkup>,
}

/// Reads and settles everything that is stored and not read. Returns how many mails that were.
///
/// # Errors
/// A fault of the store; a mail that cannot be read is none.
pub(super) async fn clear(office: &Arc<Office>) -> Result<usize, Fault> {
    let mut settled = 0;
    loop {
        let batch = next_batch(office)?;
        if batch.is_empty() {
            return Ok(settled);
        }
        let (hopeless, batch): (Vec<MailRow>, Vec<MailRow>) =
            batch.into_iter().partition(|row| is_hopeless(office, row));
        settled += park(office, hopeless.iter().map(|row| row.id).collect()).await?;
        let ids: Arc<[MailId]> = batch.iter().map(|row| row.id).collect();
        let begun = Arc::clone(&ids);
        // The poison counter: durable before anybody looks at the bytes.
        office
            .store
            .write("reading", move |txn| begun.iter().try_for_each(|id| txn.begin_reading(*id)))
            .await?;
        let (mut prepared, turn) = (Vec::with_capacity(batch.len()), Turn::of(batch.len()));
        for row in batch {
            let (id, attempts) = (row.id, row.read_attempts);
            match read(office, row, turn).await? {
                Some(mail) => prepared.push(mail),
                // It will be tried again, and goes the header-only way after some times; in the end a person looks.
                None if attempts < office.config.limits.read_attempts.saturating_add(HEADER_TRIES) => break,
                None => settled += park(office, vec![id]).await?,
            }
        }
        settled += prepared.len();
        let office_in = Arc::clone(office);
        let now = office.outside.clock.now();
        let written = office
            .store
            .write("settled", move |txn| {
                // While it was read, an operator may have made a case of it.
                let waits = |mail: &Prepared| Ok(txn.mail(mail.row.id)?.fate == FateWord::Stored);
                prepared.iter().try_for_each(|mail| match waits(mail) {
                    Ok(true) => settle(&office_in, txn, mail, now),
                    Ok(false) => Ok(()),
                    Err(fault) => Err(fault),
                })
            })
            .await;
        if matches!(written, Err(StoreError::Full)) {
            not_their_doing(office, ids).await;
        }
        written?;
        office.bells.check.notify_one();
    }
}

/// Reads one mail on a thread of its own; `None` when reading it panicked.
async fn read(office: &Arc<Office>, row: MailRow, turn: Turn) -> Result<Option<Prepared>, Fault> {
    let raw = office.store.read(|txn| txn.raw(row.id))?;
    let office_in = Arc::clone(office);
    let task = office.reader.run(move || {
        let read = office_in.read_raw(row.id, &raw, row.truncated || office_in.is_poison(&row));
        // Here, where a fault is counted against the mail, and not later where it would be the daemon's.
        read.letter.split();
        let signs = report::signs(&read.letter.subject, &read.letter.text, read.facts());
        (Prepared { row, read, signs, verified: Vec::new(), checkup: None }, raw)
    });
    match task.await {
        Ok((mut prepared, raw)) => {
            prepared.verified = evidence::verified(office, &prepared.read.letter, raw).await;
            // What is of a case already is checked with the case.
            let route = office.store.read(|txn| route(office, txn, &prepared.read.letter))?;
            if route == Route::Nowhere || route == Route::Disagree {
                prepared.checkup = check::first(office, &prepared.row, &prepared.read, turn).await;
            }
            Ok(Some(prepared))
        }
        Err(Dropped::Panicked) => {
            tracing::error!("reading a mail failed inside; it will be tried again");
            Ok(None)
        }
        Err(Dropped::Stopped) => Err(Fault::Stopped),
    }
}

fn settle(office: &Office, txn: &Txn<'_>, mail: &Prepared, now: Timestamp) -> Result<(), StoreError> {
    if mail.row.role == ADVISORY {
        return sweep::settle(office, txn, mail, now);
    }
    if mail.row.role == POSTED {
        return posted::settle(office, txn, mail, now);
    }
    let letter = &mail.read.letter;
    let own = letter.from.as_ref().is_none_or(|from| office.house.owns(from));
    let person = match &letter.from {
        Some(from) if !own => Some(txn.person(from, letter.from_name.as_deref().unwrap_or(""))?),
        Some(_) | None => None,
    };
    let member =
        letter.from.as_ref().and_then(|from| office.policy.roster.by_address(from)).map(|m| m.key.clone());
    let mut note = Note {
        person,
        message_id: letter.message_id.clone(),
        body: letter.same_copy_key(),
        poison: office.is_poison(&mail.row),
        ..Note::default()
    };
    let reading = reading(office, txn, mail, own, person, member.as_ref(), &note, now)?;
    let fate = decide::sort(&reading, &office.policy);
    let desk = Desk { office, txn, mail, reading: &reading, person, member: member.as_ref(), now };
    let word = match desk.steer(fate, &mut note)? {
        Some(word) => word,
        None => desk.follow(fate, &mut note)?,
    };
    let authentic = || evidence::is_authentic(office, letter, &mail.verified, reading.trust);
    if word == FateWord::Reply && authentic() {
        envelope::pin(office, txn, note.case, person, letter, now)?;
    }
    if word == FateWord::Case
        && let Some(first) = first_copy(txn, &mail.row, &note)?
    {
        // It was held back as junk, and this one was not: the case is this one's, and there is no second.
        txn.settle(first, FateWord::Copy, &Note { copy_of: Some(mail.row.id), ..Note::default() })?;
    }
    txn.settle(mail.row.id, word, &note)?;
    // What a letter waits for may have been the reading of this.
    txn.letters_may_go()
}

/// The mail of which this one is a second copy.
fn first_copy(txn: &Txn<'_>, row: &MailRow, note: &Note) -> Result<Option<MailId>, StoreError> {
    match (&note.message_id, note.person, note.body) {
        (Some(id), Some(person), Some(body)) => txn.first_copy(id, person, body, row.received, row.id),
        (_, _, _) => Ok(None),
    }
}

/// Whether a mail waits for the provider's opinion of it alone: a copy that the provider let through hides not behind it.
fn is_held_as_junk(txn: &Txn<'_>, mail: MailId) -> Result<bool, StoreError> {
    let row = txn.mail(mail)?;
    let words = [commit::word(&Waiting::Junk)?, commit::word(&Waiting::SpamVerdict)?];
    Ok(row.fate == FateWord::Waiting && row.why.is_some_and(|why| words.contains(&why)))
}

#[expect(clippy::too_many_arguments, reason = "each is a different thing, and this is the one place")]
fn reading(
    office: &Office,
    txn: &Txn<'_>,
    mail: &Prepared,
    own: bool,
    person: Option<PersonId>,
    member: Option<&MemberKey>,
    note: &Note,
    now: Timestamp,
) -> Result<Reading, StoreError> {
    let (row, letter) = (&mail.row, &mail.read.letter);
    let sent = match &letter.message_id {
        Some(id) => txn.sent_by_us(id)?,
        None => None,
    };
    let route = route(office, txn, letter)?;
    let participant = match (route, person) {
        (Route::Case { case, .. }, Some(person)) => txn.is_participant(case, person)?,
        (Route::Case { .. } | Route::Nowhere | Route::Disagree, _) => false,
    };
    let let_through = row.role == "inbox" && !letter.spam_verdict;
    let copy_of = match first_copy(txn, row, note)? {
        Some(first) if let_through && is_held_as_junk(txn, first)? => None,
        first => first,
    };
    Ok(Reading {
        history: row.history,
        // Anybody may copy our Message-ID into a mail of theirs: the sender must be ours as well, and we attach nothing.
        own: sent.is_some() && own && letter.from.is_some() && letter.attachments.is_empty(),
        sent_folder: row.role == "sent",
        junk_folder: row.role == "junk",
        copy_of,
        bounced: bounced(txn, letter)?,
        automation: automation(letter),
        route,
        participant,
        member: member.cloned(),
        trust: Office::trust(letter),
        spam_verdict: letter.spam_verdict,
        signs: mail.signs,
        opaque: (letter.encrypted && !letter.opened) || letter.header_only,
        cases_last_hour: txn
            .cases_since(now.saturating_sub(jiff::SignedDuration::from_hours(1)).unwrap_or(now))?,
    })
}

fn automation(letter: &Letter) -> Automation {
    match letter.automatic {
        Automatic::None => Automation::None,
        Automatic::AutoReply => Automation::AutoReply,
        Automatic::Bounce => Automation::Bounce,
        Automatic::List => Automation::List,
        Automatic::Report => Automation::Report,
    }
}

/// Code, then ids, then tag; each may lead to a case, and they must agree.
fn route(office: &Office, txn: &Txn<'_>, letter: &Letter) -> Result<Route, StoreError> {
    let candidates = mail::thread::candidates(letter);
    let coded: Vec<CaseId> =
        find(&candidates.codes.join("\n"), &office.keys).into_iter().map(|Coded { case, .. }| case).collect();
    let mut strong: Vec<CaseId> = Vec::new();
    for case in coded {
        if txn.case_if(case)?.is_some() {
            strong.push(case);
        }
    }
    for id in candidates.ids.iter().take(100) {
        if let Some(case) = txn.case_of_id(id)? {
            strong.push(case);
        }
    }
    let mut tagged: Vec<CaseId> = Vec::new();
    for tag in candidates.tags.iter().take(10) {
        if txn.case_if(*tag)?.is_some() {
            tagged.push(*tag);
        }
    }
    let all: std::collections::BTreeSet<CaseId> = strong.iter().chain(&tagged).copied().collect();
    let mut all = all.into_iter();
    Ok(match (all.next(), all.next()) {
        (None, _) => Route::Nowhere,
        (Some(case), None) => Route::Case { case, by_tag_alone: strong.is_empty() },
        (Some(_), Some(_)) => Route::Disagree,
    })
}

/// A DSN about a letter of ours: its id and its recipient must both be ours (RFC 3464 section 2.3).
#[expect(clippy::type_complexity, reason = "the field of `Reading` that it fills")]
fn bounced(
    txn: &Txn<'_>,
    letter: &Letter,
) -> Result<Option<(Option<CaseId>, EffectId, Option<PersonId>, bool)>, StoreError> {
    let Some(bounce) = &letter.bounce else { return Ok(None) };
    let Some(id) = &bounce.original_message_id else { return Ok(None) };
    let Some((effect, case, recipient)) = txn.sent_by_us(id)? else { return Ok(None) };
    let person = recipient.strip_prefix("person:").and_then(|id| id.parse().ok()).map(PersonId);
    let address = person.map(|person| txn.address_of(person)).transpose()?;
    if address.is_some() && address == letter.from {
        // Whom it did not reach does not tell us so: these are their own words, in whatever form.
        return Ok(None);
    }
    let hit = bounce.recipients.iter().find(|entry| match &address {
        Some(address) => [&entry.recipient, &entry.original].into_iter().flatten().any(|a| a == address),
        // A notice to a member: which one is in the id.
        None => true,
    });
    Ok(hit.map(|entry| (case, effect, person, entry.fate == mail::Fate::Failed)))
}

/// One mail on the desk, with all that is known.
pub(super) struct Desk<'a> {
    pub(super) office: &'a Office,
    pub(super) txn: &'a Txn<'a>,
    pub(super) mail: &'a Prepared,
    pub(super) reading: &'a Reading,
    person: Option<PersonId>,
    pub(super) member: Option<&'a MemberKey>,
    pub(super) now: Timestamp,
}

impl Desk<'_> {
    fn follow(&self, fate: Fate, note: &mut Note) -> Result<FateWord, StoreError> {
        let mail = self.mail.row.id;
        Ok(match fate {
            Fate::NewCase { disagree } => {
                note.case = Some(self.open(Source::Mail)?);
                if disagree {
                    note.why = Some(THREADS_DISAGREE.to_owned());
                    let alarm = Alarm::ThreadsDisagree { mail };
                    commit::alarm_once(self.office, self.txn, &format!("threads-{mail}"), &alarm, self.now)?;
                }
                FateWord::Case
            }
            Fate::Reply(case) => {
                note.case = Some(case);
                self.on_case(case, self.writer(case)?)?;
                FateWord::Reply
            }
            Fate::Stranger(case, doubt) => {
                note.case = Some(case);
                self.on_case(case, Writer::Stranger(doubt))?;
                FateWord::Quarantined
            }
            Fate::DeliveryNews { case, effect, person, permanent } => {
                note.case = case;
                if let (Some(case), Some(person)) = (case, person) {
                    let input = Input::Bounce { mail, effect, person, permanent };
                    commit::input(self.office, self.txn, case, &input, self.now)?;
                }
                if person.is_none() && permanent {
                    // Nobody else would hear that a member is told in vain.
                    note.why = Some(commit::word(&Screened::NoticeBounced)?);
                    FateWord::Screened
                } else {
                    FateWord::Delivery
                }
            }
            Fate::Own => self.own()?,
            Fate::Copy(first) => {
                note.copy_of = Some(first);
                FateWord::Copy
            }
            Fate::History => {
                note.case = match self.reading.route {
                    Route::Case { case, .. } => Some(case),
                    Route::Nowhere | Route::Disagree => None,
                };
                FateWord::History
            }
            Fate::Waiting(why) => {
                let calendar = &self.office.policy.calendar;
                let rule = &self.office.policy.waiting;
                note.why = Some(commit::word(&why)?);
                note.wait_until = Some(
                    // From now: a server's clock, or a date that somebody else wrote, may lie years ahead.
                    calendar.advance_working_days(self.now, rule.becomes_case_days),
                );
                // Told at half the promised time, so that several come in one notice and none comes late.
                note.notice_by = Some(calendar.advance_working_hours(self.now, rule.notice_hours / 2));
                FateWord::Waiting
            }
            Fate::Screened(why) => {
                note.why = Some(commit::word(&why)?);
                FateWord::Screened
            }
        })
    }

    /// Our own mail come back proves that it was sent.
    fn own(&self) -> Result<FateWord, StoreError> {
        let id = self.mail.read.letter.message_id.as_deref().unwrap_or_default();
        if let Some((effect, _, _)) = self.txn.sent_by_us(id)? {
            commit::proven_sent(self.office, self.txn, effect, self.now)?;
        }
        Ok(FateWord::Own)
    }

    fn open(&self, source: Source) -> Result<CaseId, StoreError> {
        let opening = opening(self.office, self.txn, self.mail, source, self.person, self.member, self.now)?;
        commit::open(self.office, self.txn, &opening, self.mail, self.now)
    }

    fn on_case(&self, case: CaseId, writer: Writer) -> Result<(), StoreError> {
        let automatic = self.mail.read.letter.automatic != Automatic::None;
        if matches!(writer, Writer::Participant(_)) && !automatic {
            self.txn.case_grew(case)?;
        }
        let (mail, received, trust) = (self.mail.row.id, self.mail.row.received, self.reading.trust);
        let asks_status = self.asks_status();
        let input = Input::Mail(CaseMail { mail, writer, automatic, received, trust, asks_status });
        commit::input(self.office, self.txn, case, &input, self.now)
    }

    /// MAIL 7: "a mail with `status` alone on its first line, in their thread".
    fn asks_status(&self) -> bool {
        let letter = &self.mail.read.letter;
        let first = letter.plain.lines().map(str::trim).find(|line| !line.is_empty());
        let alone =
            first.is_some_and(|line| line.trim_end_matches(['.', '?']).eq_ignore_ascii_case("status"));
        let in_thread = matches!(self.reading.route, Route::Case { by_tag_alone: false, .. });
        alone && in_thread && self.reading.trust != Trust::Failed && !letter.answer_suppressed
    }

    /// Who wrote it, and whether a member's mail is an answer to the reporter (MAIL section 5, last paragraph).
    fn writer(&self, case: CaseId) -> Result<Writer, StoreError> {
        if let (true, Some(person)) = (self.reading.participant, self.person) {
            return Ok(Writer::Participant(person));
        }
        let Some(member) = self.member else { return Ok(Writer::Stranger(crate::case::Doubt::Stranger)) };
        let letter = &self.mail.read.letter;
        let reporter = self.txn.case(case)?.reporter.map(|person| self.txn.address_of(person)).transpose()?;
        let to_reporter =
            reporter.is_some_and(|address| letter.to.iter().chain(&letter.cc).any(|to| *to == address));
        let answers_reporter = to_reporter
            && letter.automatic == Automatic::None
            && letter.split().says_something()
            && matches!(self.reading.route, Route::Case { by_tag_alone: false, .. });
        let verified = self.reading.trust == Trust::Passed;
        Ok(Writer::Member { member: member.clone(), verified, answers_reporter })
    }
}

pub(super) fn opening(
    office: &Office,
    txn: &Txn<'_>,
    mail: &Prepared,
    source: Source,
    person: Option<PersonId>,
    member: Option<&MemberKey>,
    now: Timestamp,
) -> Result<Opening, StoreError> {
    let letter = &mail.read.letter;
    let receipts = match &letter.from {
        Some(from) => txn.receipt_counts(from, now)?,
        None => decide::ReceiptCounts::default(),
    };
    let own = letter.from.as_ref().is_some_and(|from| office.house.owns(from));
    Ok(Opening {
        mail: mail.row.id,
        source,
        reporter: person,
        sender: Sender {
            answerable: letter.from.is_some(),
            trust: Office::trust(letter),
            automatic: letter.automatic != Automatic::None || letter.answer_suppressed,
            member: member.is_some(),
            own,
            header_only: letter.header_only,
        },
        receipts,
        received: mail.row.received.min(now),
        component: mail.read.facts().main_component().cloned(),
        severity: mail.read.facts().claimed_severity(),
        checked: mail.checkup.as_ref().map(|checkup| checkup.checked),
        standing: commit::standing(office, txn, mail.row.id)?,
    })
}
