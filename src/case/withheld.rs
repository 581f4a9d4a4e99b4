//! Why a reporter gets no receipt.

use serde::{Deserialize, Serialize};

/// Why the reporter gets no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// There is no address that we would answer.
    NoAddress,
    /// The mail carries a sign of an automatic sender (RFC 3834).
    Automatic,
    /// The provider says that the sender is forged.
    AuthenticationFailed,
    /// The configuration asks for an authenticated sender, and this one is not.
    NotAuthenticated,
    /// The configuration turns receipts off.
    TurnedOff,
    /// This sender had the day's receipts already.
    SenderLimit,
    /// This domain had the hour's receipts already.
    DomainLimit,
    /// All senders together had the hour's receipts already.
    TotalLimit,
    /// The sender is of the team.
    OwnMember,
    /// The sender is one of our own addresses.
    OwnAddress,
    /// Only the header could be read.
    HeaderOnly,
    /// A mail from before the first start, too old for an automatic answer.
    History,
    /// The case was opened once before, after the backup that was restored.
    Restored,
    /// In an exercise mail goes to the roster alone.
    Exercise,
    /// It stands in public: whoever posted it is told when a member orders it.
    Posted,
}

impl Withheld {
    /// The reason in words, as members read it.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoAddress => "the mail has no address that can be answered",
            Self::Automatic => "the mail looks automatic",
            Self::AuthenticationFailed => "the sender's authentication failed",
            Self::NotAuthenticated => "the sender is not authenticated",
            Self::TurnedOff => "receipts are turned off",
            Self::SenderLimit => "this sender already had today's receipts",
            Self::DomainLimit => "this domain already had this hour's receipts",
            Self::TotalLimit => "this hour's receipts are used up",
            Self::OwnMember => "the sender is a member of the team",
            Self::OwnAddress => "the sender is one of our own addresses",
            Self::Exercise => "this is an exercise: mail goes to the roster alone",
            Self::Posted => "it is a public issue: whoever posted it is told when a member orders it",
            Self::HeaderOnly => "only the header of the mail could be read",
            Self::History => "the mail came before the first start",
            Self::Restored => {
                "the case was opened before a backup was restored, and the receipt most likely left"
            }
        }
    }
}
