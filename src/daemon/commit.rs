//! From a decision to the store, inside one transaction: events, the case they make, and the drafts of the effects.

use jiff::Timestamp;

use super::check::Checkup;
use super::envelope;
use crate::case::decide::{self, Decision, Input, Opening, Outcome, Standing, Trust};
use crate::case::{
    After, Alarm, Alert, Case, CaseId, Effect, EffectId, LetterKind, MailId, PersonId, Planned, Receipt,
};
use crate::mail::{Letter, compose};
use crate::office::Office;
use crate::render::letters::ReceiptView;
use crate::render::marker::mail_marks;
use crate::store::{Draft, EffectState, FoundWhat, StoreError, Txn};

/// Opens a case for a report.
pub(super) fn open(
    office: &Office,
    txn: &Txn<'_>,
    opening: &Opening,
    checkup: Option<&Checkup>,
    letter: &Letter,
    now: Timestamp,
) -> Result<CaseId, StoreError> {
    let id = match &opening.standing {
        Some(standing) => standing.case,
        None => txn.draw_case_id(now.to_zoned(jiff::tz::TimeZone::UTC).year())?,
    };
    let (case, decision) = decide::open(id, opening, &office.policy, now);
    let case = case.ok_or(StoreError::Row("opening"))?;
    if case.receipt == Receipt::Due
        && let Some(from) = &letter.from
    {
        txn.note_receipt(from, now)?;
    }
    txn.record(&case, &decision.events, now)?;
    if let (Some(person), Trust::Passed) = (opening.reporter, opening.sender.trust) {
        envelope::pin(office, txn, id, person, letter, now)?;
    }
    txn.begin_findings(id)?;
    if let Some(checkup) = checkup {
        checkup.keep(txn, id, now)?;
    }
    plan(office, txn, &case, &decision.effects, Some(letter), now)?;
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
    follow(office, txn, &mut case, &decision, now)
}

fn follow(
    office: &Office,
    txn: &Txn<'_>,
    case: &mut Case,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), StoreError> {
    if !decision.events.is_empty() {
        decision.events.iter().for_each(|event| case.apply(event));
        txn.record(case, &decision.events, now)?;
    }
    plan(office, txn, case, &decision.effects, None, now)
}

fn plan(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    effects: &[Planned],
    letter: Option<&Letter>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for planned in effects {
        // What is drawn when it is performed need not be done twice: a flood of mails brings one alert, not a hundred.
        let drawn_late =
            matches!(planned.effect, Effect::UpdateIssue | Effect::Alert { .. } | Effect::Post { .. });
        if drawn_late && txn.is_due(case.id, &planned.effect)? {
            continue;
        }
        if let Effect::Comment { remark } = &planned.effect
            && found(office, txn, remark.mail(), FoundWhat::Comment)?.is_some()
        {
            // It stands there since before the backup was restored.
            continue;
        }
        let mut draft = draft(office, planned)?;
        let rendered = match &planned.effect {
            Effect::Letter { letter: LetterKind::Receipt, to, .. } => {
                let written = receipt(office, txn, case, *to, &draft, letter, now);
                let sealed = |bytes| envelope::sealed(office, txn, case.id, *to, bytes, now).map_err(|_| ());
                Some(written.and_then(sealed))
            }
            Effect::OpenIssue
            | Effect::UpdateIssue
            | Effect::Comment { .. }
            | Effect::Alert { .. }
            | Effect::Post { .. } => None,
        };
        let failed = match rendered {
            Some(Ok(bytes)) => {
                draft.letter = Some(bytes);
                false
            }
            Some(Err(())) => true,
            None => false,
        };
        let id = txn.plan(Some(case.id), &draft, now)?;
        if failed {
            // A template that fails parks that letter alone.
            txn.end(id, EffectState::Parked, Some("template"), now)?;
            let mut case = case.clone();
            let outcome =
                Input::Outcome { effect_id: id, effect: planned.effect.clone(), outcome: Outcome::Parked };
            let decision = decide::decide(&case, &outcome, &office.policy, now).unwrap_or_default();
            follow(office, txn, &mut case, &decision, now)?;
        }
    }
    Ok(())
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
fn draft(office: &Office, planned: &Planned) -> Result<Draft, StoreError> {
    let op = office.draw_op()?;
    let from = match &planned.effect {
        Effect::Letter { .. } => Some(&office.config.addresses.list),
        Effect::Alert { .. } => Some(office.config.addresses.notices_from()),
        Effect::OpenIssue | Effect::UpdateIssue | Effect::Comment { .. } | Effect::Post { .. } => None,
    };
    let message_id = from.map(|from| format!("{op}@{}", from.domain()));
    Ok(Draft { planned: planned.clone(), op, message_id, letter: None })
}

/// T00, rendered from a view that holds nothing of the report.
fn receipt(
    office: &Office,
    txn: &Txn<'_>,
    case: &Case,
    to: PersonId,
    draft: &Draft,
    answered: Option<&Letter>,
    now: Timestamp,
) -> Result<Vec<u8>, ()> {
    let team = &office.config.team;
    let view = ReceiptView {
        case: case.id,
        received: case.received,
        acknowledge_by: case.acknowledge_by().ok_or(())?,
        zone: team.calendar.zone.clone(),
        team: team.name.clone(),
        policy_url: team.policy_url.clone().unwrap_or_default(),
        code: office.code_for(case.id, to).ok_or(())?,
    };
    let letter = office.letters.receipt(&view).map_err(|_| ())?;
    let parent = answered.and_then(|mail| mail.message_id.clone());
    let references = answered.map(|mail| mail.references.clone()).unwrap_or_default();
    let outgoing = compose::Outgoing {
        from: office.config.addresses.list.clone(),
        to: txn.address_of(to).map_err(|_| ())?,
        subject: letter.subject,
        body: letter.body,
        message_id: draft.message_id.clone().map(|id| format!("<{id}>")).ok_or(())?,
        references: references.into_iter().chain(parent.clone()).collect(),
        in_reply_to: parent,
        automatic: compose::Auto::Replied,
        date: now,
        practice: office.practice(),
    };
    compose::write(&outgoing).map_err(|_| ())
}

/// An effect of the house, of no case.
pub(super) fn house(
    office: &Office,
    txn: &Txn<'_>,
    effect: Effect,
    now: Timestamp,
) -> Result<EffectId, StoreError> {
    let planned = Planned { effect, not_before: None, after: After::Nothing };
    txn.plan(None, &draft(office, &planned)?, now)
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
