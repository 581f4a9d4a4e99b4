//! What a case is and what happens next: pure, total, replayable.

pub mod calendar;
pub mod id;
pub mod roster;

pub use id::{Address, CaseId, Component, EffectId, MailId, MemberKey, Op, PersonId, Severity, Sha256};
