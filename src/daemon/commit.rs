//! From a decision to the store, inside one transaction: events, the case they make, and the drafts of the effects.

use std::borrow::Cow;

use jiff::Timestamp;

use super::desk::Prepared;
use super::leaks;
use super::letters::{self, Written};
use super::{chores, envelope, evidence};
use crate::case::decide::{self, Decision, Input, Opening, Outcome, Standing};
use crate::case::{
    Alarm, Alert, Case, CaseId, Effect, EffectId, LetterKind, MailId, Planned, Receipt, Remark, Spoken,
};
use crate::mail::Letter;
use crate::office::Office;
use crate::render::marker::mail_marks;
use crate::render::talk::not_shown;
use crate::store::{Counted, Draft, EffectState, FoundWhat, StoreError, Turn, Txn};

/// Opens a case for a report.
pub(super) fn open(
    office: &Office,
    txn: &Txn<'_>,
    opening: &Opening,
    mail: &Prepared,
    now: Timestamp,
) -> Result<CaseId, StoreError> {
    let letter = &mail.read.letter;
    let id = match &opening.standing {
        Some(standing) => standing.case,
        None => txn.draw_case_id(now.to_zoned(jiff::tz::TimeZone::UTC).year())?,
    };
    let (case, decision) = decide::open(id, opening, &office.policy, now);
    let mut case = case.ok_or(StoreError::Row("opening"))?;
    if case.receipt == Receipt::Due
        && let Some(from) = &letter.from
    {
        txn.note_receipt(from, now)?;
    }
    txn.record(&case, &decision.events, now)?;
    if evidence::is_authentic(office, letter, &mail.verified, opening.sender.trust) {
        envelope::pin(office, txn, Some(id), opening.reporter, letter, now)?;
    }
    txn.begin_findings(id)?;
    if let Some(checkup) = &mail.checkup {
        checkup.keep(txn, id, now)?;
    }
    let mut effects = decision.effects;
    if let Some(wait) = mail.checkup.as_ref().and_then(super::check::Checkup::page_waits) {
        let page = effects.iter_mut().find(|planned| planned.effect == Effect::OpenIssue);
        page.into_iter().for_each(|planned| planned.not_before = now.checked_add(wait).ok());
    }
    plan(office, txn, &mut case, &effects, Some(letter), now)?;
    tracing::info!(case = %id, mail = %opening.mail, "case opened");
    Ok(id)
}

/// Gives an input to a case and writes what follows.
pub(super) fn input(
    office: &Office,
    txn: &Txn<'_>,
    case: CaseId,
    input: &Input,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut case = txn.case(case)?;
    let decision = decide::decide(&case, input, &office.policy, now)
        .map_err(|refusal| StoreError::Refused(refusal.to_string()))?;
    follow(office, txn, &mut case, &decision, now).map(drop)
}

/// What a decision brought that people are told: the letters that it ordered, and the cases that its chores made.
#[derive(Debug, Default)]
pub(super) struct Brought {
    pub(super) letters: Vec<Written>,
    /// One for each chore.
    pub(super) cases: Vec<Option<CaseId>>,
}

/// Writes what follows from a decision about a case: events, chores, effects.
pub(super) fn follow(
    office: &Office,
    txn: &Txn<'_>,
    case: &mut Case,
    decision: &Decision,
    now: Timestamp,
) -> Result<Brought, StoreError> {
    if !decision.events.is_empty() {
        let closure = case.closure();
        decision.events.iter().for_each(|event| case.apply(event));
        txn.record(case, &decision.events, now)?;
        if case.closure() != closure {
            txn.case_stands_otherwise(case.id)?;
        }
    }
    let mut brought = Brought::default();
    for chore in &decision.chores {
        brought.cases.push(chores::done(office, txn, Some(case), chore, decision, now)?);
        // It may have gone on.
        *case = txn.case(case.id)?;
    }
    brought.letters = plan(office, txn, case, &decision.effects, None, now)?;
    Ok(brought)
}

/// The notice of a new case that has not left yet says what was found as well, when it is drawn.
fn says_it_as_well(effect: &Effect) -> Option<Effect> {
    let is_more = |alert: &Alert| *alert == Alert::FoundMore;
    if let Effect::Alert { to, alert } = effect {
        return is_more(alert).then(|| Effect::Alert { to: to.clone(), alert: Alert::NewCase });
    }
    matches!(effect, Effect::Post { alert } if is_more(alert))
        .then_some(Effect::Post { alert: Alert::NewCase })
}

/// Writes the effects of a decision; the case goes on where one of them fails at once.
fn plan(
    office: &Office,
    txn: &Txn<'_>,
    case: &mut Case,
    effects: &[Planned],
    report: Option<&Letter>,
    now: Timestamp,
) -> Result<Vec<Written>, StoreError> {
    let mut all = Vec::new();
    for planned in effects {
        // What is drawn when it is performed need not be done twice: a flood of mails brings one alert, not a hundred.
        // What carries words of its own says more than what is drawn when it leaves.
        let drawn_late = planned.spoken.is_none()
            && matches!(
                planned.effect,
                Effect::UpdateIssue | Effect::Advisory | Effect::Alert { .. } | Effect::Post { .. }
            );
        if drawn_late && txn.is_due(case.id, planned, now)? {
            continue;
        }
        if let Some(effect) = says_it_as_well(&planned.effect)
            && txn.is_due(case.id, &Planned { effect, ..planned.clone() }, now)?
        {
            continue;
        }
        if planned.effect == Effect::UpdateIssue && txn.is_untouched(case.id, &Effect::OpenIssue)? {
            // The page is drawn when it is opened.
            continue;
        }
        if let Effect::Comment { remark } = &planned.effect
            && let Some(mail) = remark.mail()
            && found(office, txn, mail, FoundWhat::Comment)?.is_some()
        {
            // It stands there since before the backup was restored.
            continue;
        }
        let Some(planned) = within_limits(office, txn, case.id, planned, now)? else { continue };
        let planned = planned.as_ref();
        let mut draft = draft(office, planned)?;
        let rendered = match (&planned.effect, &planned.spoken) {
            (Effect::Letter { letter: LetterKind::Receipt, to, .. }, _) => {
                Some(letters::receipt(office, txn, case, *to, &draft, report, now))
            }
            (Effect::Letter { .. }, Some(Spoken::Letter(content))) => {
                Some(letters::ordered(office, txn, case, content, &draft, now))
            }
            (Effect::Letter { .. }, _) => Some(Err(())),
            (_, Some(Spoken::Bytes(bytes))) => {
                draft.letter = Some(bytes.clone());
                None
            }
            (_, Some(Spoken::Letter(_)) | None) => None,
        };
        let mut failed = matches!(rendered, Some(Err(()))).then_some("template");
        if let Some(Ok(written)) = rendered {
            let leaks = leaks::in_letter(office, txn, case, &written)?;
            if leaks.is_empty() {
                draft.letter = Some(written.bytes.clone());
                all.push(written);
            } else {
                leaks::tell(office, txn, (case.id, written.letter.words()), &leaks, now)?;
                failed = Some("leak");
            }
        }
        let id = txn.plan(Some(case.id), &draft, now)?;
        if let Some(why) = failed {
            // A template that fails, or a text that tells too much, parks that letter alone.
            txn.end(id, EffectState::Parked, Some(why), now)?;
            let outcome =
                Input::Outcome { effect_id: id, effect: planned.effect.clone(), outcome: Outcome::Parked };
            let decision = decide::decide(case, &outcome, &office.policy, now).unwrap_or_default();
            follow(office, txn, case, &decision, now)?;
        }
    }
    Ok(all)
}

/// What mails bring has a limit: an effect within it; instead of the first comment beyond it one that says so; then nothing.
fn within_limits<'a>(
    office: &Office,
    txn: &Txn<'_>,
    case: CaseId,
    planned: &'a Planned,
    now: Timestamp,
) -> Result<Option<Cow<'a, Planned>>, StoreError> {
    let outbox = &office.config.outbox;
    let keep = |within: bool| within.then_some(Cow::Borrowed(planned));
    let turn = match &planned.effect {
        Effect::Comment { remark } if remark.mail().is_some() => {
            // What strangers send must not keep the reporter's words away.
            let whom = format!("{case} {}", if remark.is_proven() { "proven" } else { "unproven" });
            txn.once_more(Counted::Comment, &whom, outbox.comments_per_hour, now)?
        }
        Effect::Alert { to, alert } => {
            return notice(office, txn, Some(case), &to.0, alert, now).map(keep);
        }
        Effect::Post { alert } => return notice(office, txn, Some(case), "#", alert, now).map(keep),
        Effect::OpenIssue
        | Effect::UpdateIssue
        | Effect::Comment { .. }
        | Effect::Answer
        | Effect::Letter { .. }
        | Effect::Transcript { .. }
        | Effect::Advisory
        | Effect::Publish { .. }
        | Effect::Announce { .. }
        | Effect::TellPoster
        | Effect::TakeDown { .. } => Turn::Within,
    };
    Ok(match turn {
        Turn::Within => Some(Cow::Borrowed(planned)),
        Turn::First => {
            let zone = &office.policy.calendar.zone;
            let text = not_shown(case, outbox.comments_per_hour, now, zone);
            let spoken = Some(Spoken::Bytes(text.into_bytes()));
            let effect = Effect::Comment { remark: Remark::TooMany };
            Some(Cow::Owned(Planned { spoken, ..Planned::after_issue(effect) }))
        }
        Turn::Beyond => None,
    })
}

/// Whether somebody may be told once more in this hour of what anybody can bring.
pub(super) fn notice(
    office: &Office,
    txn: &Txn<'_>,
    case: Option<CaseId>,
    to: &str,
    alert: &Alert,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(kind) = alert.brought() else { return Ok(true) };
    // In a member's name somebody can command on all cases.
    let case = case.filter(|_| kind != "refused").map(|case| case.to_string()).unwrap_or_default();
    let whom = format!("{to} {kind} {case}");
    let limit = office.config.outbox.notices_per_hour;
    Ok(txn.once_more(Counted::Notice, &whom, limit, now)? == Turn::Within)
}

/// Whether this report was a case once, after the backup that was restored.
pub(super) fn standing(office: &Office, txn: &Txn<'_>, mail: MailId) -> Result<Option<Standing>, StoreError> {
    let Some((case, number)) = found(office, txn, mail, FoundWhat::Issue)? else { return Ok(None) };
    // A number that was given to something else meanwhile is not used twice.
    let free = txn.case_if(case)?.is_none();
    Ok(free.then_some(Standing { case, repository: office.config.github.repository_id, number }))
}

/// What the reports repository showed about this mail when a backup was restored.
fn found(
    office: &Office,
    txn: &Txn<'_>,
    mail: MailId,
    what: FoundWhat,
) -> Result<Option<(CaseId, u64)>, StoreError> {
    if !txn.has_found()? {
        return Ok(None);
    }
    txn.found(&mail_marks(&txn.mail(mail)?.sha256, &office.keys), what)
}

/// Draws the fixed id of an effect, and its Message-ID if it is a mail.
pub(super) fn draft(office: &Office, planned: &Planned) -> Result<Draft, StoreError> {
    let op = office.draw_op()?;
    let from = match &planned.effect {
        Effect::Letter { .. } => Some(&office.config.addresses.list),
        Effect::Alert { .. } | Effect::Transcript { .. } => Some(office.config.addresses.notices_from()),
        Effect::OpenIssue
        | Effect::UpdateIssue
        | Effect::Comment { .. }
        | Effect::Answer
        | Effect::Post { .. }
        | Effect::Advisory
        | Effect::Publish { .. }
        | Effect::Announce { .. }
        | Effect::TellPoster
        | Effect::TakeDown { .. } => None,
    };
    let message_id = from.map(|from| format!("{op}@{}", from.domain()));
    Ok(Draft { planned: planned.clone(), op, message_id, letter: None })
}

/// An effect of the house, of no case.
pub(super) fn house(
    office: &Office,
    txn: &Txn<'_>,
    effect: Effect,
    now: Timestamp,
) -> Result<EffectId, StoreError> {
    txn.plan(None, &draft(office, &Planned::now(effect))?, now)
}

/// Raises an alarm once: by mail to whoever looks after the machine (or the team), and on Discord, so that one way
/// works when the other is the trouble.
pub(super) fn alarm_once(
    office: &Office,
    txn: &Txn<'_>,
    word: &str,
    alarm: &Alarm,
    now: Timestamp,
) -> Result<(), StoreError> {
    if !txn.raise(word, now)? {
        return Ok(());
    }
    tracing::warn!(alarm = alarm.word(), "alarm raised");
    let alert = Alert::Alarm { alarm: alarm.clone() };
    for to in office.alarmed(now) {
        house(office, txn, Effect::Alert { to, alert: alert.clone() }, now)?;
    }
    if office.policy.discord {
        house(office, txn, Effect::Post { alert }, now)?;
    }
    Ok(())
}

/// A letter of unknown outcome turned out to be sent.
pub(super) fn proven_sent(
    office: &Office,
    txn: &Txn<'_>,
    id: EffectId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = txn.effect(id)?;
    if row.state != EffectState::Unknown {
        return Ok(());
    }
    txn.end(id, EffectState::Done, Some("proven"), now)?;
    if let Some(case) = row.case {
        input(
            office,
            txn,
            case,
            &Input::Outcome { effect_id: id, effect: row.effect, outcome: Outcome::Done },
            now,
        )?;
    }
    Ok(())
}

/// A person says that this letter was sent.
pub(super) fn marked_sent(
    office: &Office,
    txn: &Txn<'_>,
    id: EffectId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = txn.effect(id)?;
    if !matches!(row.effect, Effect::Letter { .. } | Effect::Alert { .. }) {
        return Err(StoreError::Refused("only letters can be marked as sent".to_owned()));
    }
    if !matches!(row.state, EffectState::Unknown | EffectState::Parked) {
        return Err(StoreError::Refused(format!("it is {}", row.state.word())));
    }
    txn.end(id, EffectState::Unknown, Some("an operator"), now)?;
    proven_sent(office, txn, id, now)
}

/// The word of a unit variant, as serde writes it.
pub(super) fn word<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(word) => Ok(word),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => Err(StoreError::Row("word")),
    }
}
