//! In which line an effect stands within its lane, and whether it stands there already.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::effects::{EffectState, recipient};
use super::rows::ms;
use super::{StoreError, Txn};
use crate::case::{CaseId, Effect, LetterKind, PersonId, Planned};

/// Where effects on a public issue stand in line.
pub(super) const PUBLIC_ISSUE: &str = "public-issue";

/// In which line it stands within its lane: an answer stands behind nothing that waits, and holds up nothing.
fn queue(effect: &Effect) -> String {
    match effect {
        Effect::Transcript { to, .. } => format!("answer:{to}"),
        Effect::Letter { letter: LetterKind::Status, to, .. } => format!("status:{to}"),
        // A comment that is held holds up no advisory.
        Effect::TellPoster | Effect::TakeDown { .. } => PUBLIC_ISSUE.to_owned(),
        Effect::OpenIssue
        | Effect::UpdateIssue
        | Effect::Comment { .. }
        | Effect::Answer
        | Effect::Post { .. }
        | Effect::Advisory
        | Effect::Publish { .. }
        | Effect::Announce { .. }
        | Effect::Letter { .. }
        | Effect::Alert { .. } => recipient(effect),
    }
}

/// Where it stands when it is planned: what begins later on an advisory holds up nothing that begins now.
pub(super) fn line(planned: &Planned, now: Timestamp) -> String {
    let later = planned.not_before.is_some_and(|at| at > now);
    if later && planned.effect == Effect::Advisory {
        return "advisory-later".to_owned();
    }
    queue(&planned.effect)
}

impl Txn<'_> {
    /// Whether the same effect of this case is due already and begins when this one would. What is held, or waits for
    /// somebody's morning, is another one; what was tried and is put off has begun.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn is_due(&self, case: CaseId, planned: &Planned, now: Timestamp) -> Result<bool, StoreError> {
        let mut query = self.0.prepare_cached(
            "select 1 from effect where case_id = ?1 and lane = ?2 and recipient = ?3 and state = 'due' and json = ?4
               and case when tries > 0 then ?6 else max(not_before, ?6) end = ?5 limit 1",
        )?;
        let effect = &planned.effect;
        let begins = planned.not_before.unwrap_or(now).max(now);
        let (lane, line) = (effect.lane().word(), line(planned, now));
        let values =
            params![case.to_string(), lane, line, serde_json::to_string(effect)?, ms(begins), ms(now)];
        Ok(query.query_row(values, |_| Ok(())).optional()?.is_some())
    }

    /// Whether an order on the advisory of this case is held: whoever may take it back still can.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn is_advisory_held(&self, case: CaseId) -> Result<bool, StoreError> {
        let mut query = self.0.prepare_cached(
            "select 1 from effect where case_id = ?1 and json = '{\"effect\":\"advisory\"}' and state = 'due'
               and held_until is not null limit 1",
        )?;
        Ok(query.query_row([case.to_string()], |_| Ok(())).optional()?.is_some())
    }

    /// Whether that letter left to that person, or nobody can say; `act`: the one that this act ordered.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn may_have_left(
        &self,
        case: CaseId,
        letter: LetterKind,
        to: PersonId,
        act: Option<u32>,
    ) -> Result<bool, StoreError> {
        let states = [EffectState::Done, EffectState::Unknown, EffectState::Shadowed];
        states
            .iter()
            .try_fold(false, |found, state| Ok(found || self.has_letter(case, letter, to, act, *state)?))
    }

    /// Whether that letter to that person could not leave, and waits for somebody to look at it.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn is_parked_for(&self, case: CaseId, letter: LetterKind, to: PersonId) -> Result<bool, StoreError> {
        self.has_letter(case, letter, to, None, EffectState::Parked)
    }

    fn has_letter(
        &self,
        case: CaseId,
        letter: LetterKind,
        to: PersonId,
        act: Option<u32>,
        state: EffectState,
    ) -> Result<bool, StoreError> {
        let mut query = self.0.prepare_cached(
            "select 1 from effect where case_id = ?1 and lane = 'letters' and state = ?2
               and json ->> '$.letter' = ?3 and json ->> '$.to' = ?4 and (?5 is null or json ->> '$.act' = ?5) limit 1",
        )?;
        let letter = serde_json::to_string(&letter)?;
        let values = params![case.to_string(), state.word(), letter.trim_matches('"'), to.0, act];
        Ok(query.query_row(values, |_| Ok(())).optional()?.is_some())
    }

    /// Whether an effect of this case is due and was never begun.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn is_untouched(&self, case: CaseId, effect: &Effect) -> Result<bool, StoreError> {
        let mut query = self.0.prepare_cached(
            "select 1 from effect where case_id = ?1 and lane = ?2 and recipient = ?3 and state = 'due' and json = ?4
               and tries = 0 limit 1",
        )?;
        let json = serde_json::to_string(effect)?;
        let values = params![case.to_string(), effect.lane().word(), queue(effect), json];
        Ok(query.query_row(values, |_| Ok(())).optional()?.is_some())
    }
}
