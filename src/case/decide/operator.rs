//! What an operator may order about a case from the command line.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Decision, answer};
use crate::case::{Case, ClockKind, Effect, Event, MemberKey, Policy, Stop};

/// An order about a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Act {
    /// This member takes the case.
    Own {
        /// Who.
        member: MemberKey,
    },
    /// This member answered the reporter: somebody saw it.
    Answered {
        /// Who.
        member: MemberKey,
    },
}

/// Why an order cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not in the roster.
    #[error("`{0}` is not in the roster ([[team.member]] in the configuration)")]
    NoSuchMember(MemberKey),
}

pub(super) fn act(case: &Case, act: &Act, policy: &Policy, now: Timestamp) -> Result<Decision, Refusal> {
    let mut decision = Decision::default();
    match act {
        Act::Own { member } => {
            known(member, policy)?;
            if case.owner() != Some(member) {
                decision.event(Event::Claimed { by: member.clone() });
                if case.runs(ClockKind::Owner) {
                    let stop = Stop::Claim { member: member.clone() };
                    decision.event(Event::ClockStopped { clock: ClockKind::Owner, stop });
                }
                decision.then_on_issue(Effect::UpdateIssue);
            }
        }
        Act::Answered { member } => {
            known(member, policy)?;
            answer::confirmed(&mut decision, case, member, now);
        }
    }
    Ok(decision)
}

fn known(member: &MemberKey, policy: &Policy) -> Result<(), Refusal> {
    policy.roster.get(member).map(|_| ()).ok_or_else(|| Refusal::NoSuchMember(member.clone()))
}
