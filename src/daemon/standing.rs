//! Whether a mail may command: the one place that says so.

use super::desk::Desk;
use crate::case::decide::Trust;
use crate::case::{CaseId, MemberKey, Refused};
use crate::mail::{Automatic, thread};
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

/// Judges a mail that begins with commands.
pub(super) fn standing(desk: &Desk<'_>) -> Standing {
    let letter = &desk.mail.read.letter;
    let Some(member) = desk.member else { return Standing::NoCommand };
    let lacks = [
        (letter.from_count != 1, Refused::NotOneFrom),
        (letter.via_our_list || desk.office.config.addresses.bot.is_none(), Refused::ThroughList),
        (letter.automatic != Automatic::None, Refused::Automatic),
        (desk.reading.trust != Trust::Passed, Refused::NoDmarcPass),
    ];
    match lacks.into_iter().find(|(lacks, _)| *lacks) {
        Some((_, because)) => Standing::MayNot { named: member.clone(), because },
        None => Standing::May(member.clone()),
    }
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
