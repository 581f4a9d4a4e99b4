//! Whether the reporter gets a receipt. **Rule Z**: a doubt withholds the receipt, never the report.

use super::{Opening, Trust};
use crate::case::policy::ReceiptRule;
use crate::case::{Policy, Source, Withheld};

/// What is known about whoever sent a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Whether there is an address that we would answer.
    pub answerable: bool,
    /// What the provider says about it.
    pub trust: Trust,
    /// Whether the mail looks automatic, or asks for no answer.
    pub automatic: bool,
    /// Whether the address is in the roster.
    pub member: bool,
    /// Whether the address is our own.
    pub own: bool,
    /// Whether only the header could be read.
    pub header_only: bool,
}

/// Receipts that left (or are on their way), this one not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiptCounts {
    /// To this sender in 24 hours.
    pub sender_day: u32,
    /// To this domain in an hour.
    pub domain_hour: u32,
    /// To everybody in an hour.
    pub hour: u32,
}

/// Why there is no receipt, if there is none.
pub(super) fn withheld(opening: &Opening, policy: &Policy) -> Option<Withheld> {
    let (sender, counts, limits) = (&opening.sender, &opening.receipts, &policy.receipt_limits);
    let rules = [
        (policy.receipts == ReceiptRule::Never, Withheld::TurnedOff),
        (opening.source == Source::History, Withheld::History),
        (opening.source == Source::Posted, Withheld::Posted),
        (!sender.answerable || opening.reporter.is_none(), Withheld::NoAddress),
        (sender.own, Withheld::OwnAddress),
        (sender.member, Withheld::OwnMember),
        (sender.automatic, Withheld::Automatic),
        (sender.header_only, Withheld::HeaderOnly),
        (sender.trust == Trust::Failed, Withheld::AuthenticationFailed),
        (
            policy.receipts == ReceiptRule::AuthenticatedOnly && sender.trust != Trust::Passed,
            Withheld::NotAuthenticated,
        ),
        (counts.sender_day >= limits.per_sender_day, Withheld::SenderLimit),
        (counts.domain_hour >= limits.per_domain_hour, Withheld::DomainLimit),
        (counts.hour >= limits.per_hour, Withheld::TotalLimit),
    ];
    rules.into_iter().find_map(|(applies, why)| applies.then_some(why))
}
