//! Whether a mail may command: the one place that says so.

use super::desk::Desk;
use super::evidence;
use crate::case::{CaseId, MemberKey, Refused};
use crate::mail::commander::Standing as Judged;
use crate::mail::thread;
use crate::render::code::{Coded, Holder, find};
use crate::store::StoreError;

/// Whether this mail may command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is that member's, as far as can be proven.
    May(MemberKey),
    /// It is not proven to be anybody's.
    MayNot {
        /// The member whose address it bears.
        named: MemberKey,
        /// What it lacks.
        because: Refused,
    },
    /// It is no member's mail.
    NoCommand,
}

/// Judges a mail that begins with commands (`mail/commander.rs` has the conditions).
///
/// # Errors
/// A fault of the disk.
pub(super) fn standing(desk: &Desk<'_>) -> Result<Standing, StoreError> {
    let mail = desk.mail;
    let judged = evidence::judge(desk.office, desk.txn, &mail.read.letter, &mail.verified, desk.now)?;
    Ok(match judged {
        Judged::May { member, .. } | Judged::MayRead(member) => Standing::May(member),
        Judged::MayNot { named: Some(named), because } => Standing::MayNot { named, because },
        Judged::MayNot { named: None, .. } | Judged::NoCommand => Standing::NoCommand,
    })
}

/// Whether it holds a code that was sent to that member, or answers a notice to them; about that case, or about none.
pub(super) fn answers_us(
    desk: &Desk<'_>,
    member: &MemberKey,
    case: Option<CaseId>,
) -> Result<bool, StoreError> {
    let candidates = thread::candidates(&desk.mail.read.letter);
    let theirs = |coded: &Coded| coded.holder == Holder::Member(member.clone()) && Some(coded.case) == case;
    if find(&candidates.codes.join("\n"), &desk.office.keys).iter().any(theirs) {
        return Ok(true);
    }
    for id in candidates.ids.iter().take(100) {
        if let Some((_, of, recipient)) = desk.txn.sent_by_us(id)?
            && of == case
            && recipient == format!("member:{member}")
        {
            return Ok(true);
        }
    }
    Ok(false)
}
