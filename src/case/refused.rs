//! Why a mail may not command, as events and notices say it (MAIL section 7).

use serde::{Deserialize, Serialize};

/// What is missing. The first reason found is told; the order below is the order of looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refused {
    /// Not exactly one From field with exactly one mailbox.
    NotOneFrom,
    /// A field that may stand once stands more often: programs disagree about which of them counts.
    DoubledField,
    /// The address looks like a member's and is another one.
    LookAlike,
    /// The sender is not on the roster.
    NotOnRoster,
    /// It came through the mailing list, which changes what it carries.
    ThroughList,
    /// A machine wrote it.
    Automatic,
    /// The roster names neither a DKIM domain nor an OpenPGP key of this member.
    NothingPinned,
    /// The provider wrote no result, and nothing was verified here.
    NoResults,
    /// Results with the provider's name stand where only a stranger can have written them.
    ForgedResults,
    /// No `dmarc=pass` for the domain in From.
    NoDmarcPass,
    /// No good DKIM signature of the member's pinned domain.
    NotPinnedDomain,
    /// The good signature is not one of those in the mail, or it cannot be told which.
    UnknownSignature,
    /// The signature covers only a part of the text (`l=`, or text around what OpenPGP signed).
    PartlySigned,
    /// From, Subject, Date or Message-ID is not signed.
    UnsignedField,
    /// No Date or no Message-ID.
    NoDate,
    /// Its Date lies more than 48 hours back.
    Stale,
    /// Its Date lies more than 10 minutes ahead.
    Future,
    /// This mail, or its signature, has commanded before.
    Replayed,
    /// The OpenPGP signature covers no line `!case SIR-...`.
    NoSignedCase,
    /// It names two cases.
    TwoCases,
    /// The code in it was sent to somebody else, or it answers a notice to somebody else.
    CodeOfAnother,
    /// A comment that was changed after it was written: who changed it is not told.
    Edited,
    /// An app did it, in whoever's name.
    ThroughApp,
    /// The login is one of the roster, the account behind it is another.
    OtherAccount,
}

impl Refused {
    /// The stable word, as in events.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotOneFrom => "not-one-from",
            Self::DoubledField => "doubled-field",
            Self::LookAlike => "look-alike",
            Self::NotOnRoster => "not-on-roster",
            Self::ThroughList => "through-list",
            Self::Automatic => "automatic",
            Self::NothingPinned => "nothing-pinned",
            Self::NoResults => "no-results",
            Self::ForgedResults => "forged-results",
            Self::NoDmarcPass => "no-dmarc-pass",
            Self::NotPinnedDomain => "not-pinned-domain",
            Self::UnknownSignature => "unknown-signature",
            Self::PartlySigned => "partly-signed",
            Self::UnsignedField => "unsigned-field",
            Self::NoDate => "no-date",
            Self::Stale => "stale",
            Self::Future => "future",
            Self::Replayed => "replayed",
            Self::NoSignedCase => "no-signed-case",
            Self::TwoCases => "two-cases",
            Self::CodeOfAnother => "code-of-another",
            Self::Edited => "edited",
            Self::ThroughApp => "through-app",
            Self::OtherAccount => "other-account",
        }
    }

    /// What a member is told, to be read after "not run: ".
    pub fn words(self) -> &'static str {
        match self {
            Self::NotOneFrom => "the mail has not exactly one sender",
            Self::DoubledField => "a header field that may stand once stands twice",
            Self::LookAlike => "the sender's address only looks like a member's",
            Self::NotOnRoster => "the sender is not on the roster",
            Self::ThroughList => {
                "it came through the mailing list; write to the address that notices come from"
            }
            Self::Automatic => "a machine wrote it",
            Self::NothingPinned => "the roster names neither a DKIM domain nor an OpenPGP key of yours",
            Self::NoResults => "our provider did not say who signed it",
            Self::ForgedResults => "it carries forged authentication results",
            Self::NoDmarcPass => "DMARC did not pass for the sender's domain",
            Self::NotPinnedDomain => "it has no good DKIM signature of the domain pinned for you",
            Self::UnknownSignature => "the DKIM signature that passed cannot be told from others in the mail",
            Self::PartlySigned => "its signature covers only a part of the text",
            Self::UnsignedField => "its DKIM signature leaves out From, Subject, Date or Message-ID",
            Self::NoDate => "it has no Date or no Message-ID",
            Self::Stale => "it is older than 48 hours; send it anew",
            Self::Future => "its Date lies in the future; check your clock",
            Self::Replayed => "this mail was carried out before; write a new one",
            Self::NoSignedCase => "the signed text holds no line `!case SIR-...`",
            Self::TwoCases => "what it answers, its codes and `!case` name different cases",
            Self::CodeOfAnother => "the notice it answers, or the code in it, was sent to somebody else",
            Self::Edited => "the comment was changed after it was written; write a new one",
            Self::ThroughApp => "an app did it, not the person alone",
            Self::OtherAccount => "the login is a member's, the account behind it is another",
        }
    }
}
