//! What becomes of a mail: every one ends as exactly one of [`Fate`].
//!
//! **Rule Z**: no forgeable header may make us lose, drop or hide a report; it may only withhold an effect.

use serde::{Deserialize, Serialize};

use crate::case::{CaseId, EffectId, MailId, MemberKey, PersonId, Policy};

/// What the provider says about the sender (RFC 8601, in the one field that we trust).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// DMARC passed.
    Passed,
    /// DMARC failed.
    Failed,
    /// Nothing that we can trust was said.
    Unknown,
}

/// To which case a mail's ids, code and tag lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// To none.
    Nowhere,
    /// To this one.
    Case {
        /// Which.
        case: CaseId,
        /// Only by the tag in the subject, which anybody may know.
        by_tag_alone: bool,
    },
    /// They disagree: a case of its own, and an alarm.
    Disagree,
}

/// Why a mail waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Waiting {
    /// It lay in the junk folder.
    Junk,
    /// The provider calls it spam.
    SpamVerdict,
    /// It has no sign of a report.
    NoSign,
    /// Too many new cases this hour.
    TooMany,
}

impl Waiting {
    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Junk => "it was in the junk folder",
            Self::SpamVerdict => "the mail provider calls it spam",
            Self::NoSign => "it shows no sign of a report",
            Self::TooMany => "too many new cases this hour",
        }
    }
}

/// Why a mail is set aside; members see it in the digest and can open it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Screened {
    /// An automatic answer to nothing of ours.
    AutoReply,
    /// A bounce of something that is not ours.
    ForeignBounce,
    /// Mail of a list that is not ours, without a sign of a report.
    List,
    /// A machine's report (DMARC aggregate, abuse feedback), without a sign of a vulnerability.
    MachineReport,
    /// Sent by hand from our own mailbox.
    SentByHand,
    /// A person called it spam.
    CalledSpam,
    /// A notice of ours to a member came back.
    NoticeBounced,
}

impl Screened {
    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::AutoReply => "an automatic answer that belongs to no case",
            Self::ForeignBounce => "a bounce of a mail that is not ours",
            Self::List => "bulk mail of another list",
            Self::MachineReport => "a machine's report",
            Self::SentByHand => "sent by hand from our own mailbox",
            Self::CalledSpam => "a member called it spam",
            Self::NoticeBounced => "a notice to a member came back: is their address right?",
        }
    }
}

/// Signs of an automatic sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Automation {
    /// A person wrote it, as far as one can see.
    None,
    /// An out-of-office answer and the like.
    AutoReply,
    /// A delivery status notification.
    Bounce,
    /// Bulk mail of a list that is not ours.
    List,
    /// A machine's report.
    Report,
}

/// What is known about a mail when its fate is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// It came before the first start.
    pub history: bool,
    /// Its own Message-ID is one of ours.
    pub own: bool,
    /// It lay in the folder of sent mail.
    pub sent_folder: bool,
    /// It lay in a junk folder.
    pub junk_folder: bool,
    /// The same Message-ID, sender and body arrived lately.
    pub copy_of: Option<MailId>,
    /// It tells of a letter of ours: case, letter, recipient, not only delayed.
    pub bounced: Option<(Option<CaseId>, EffectId, Option<PersonId>, bool)>,
    /// Signs of an automatic sender.
    pub automation: Automation,
    /// Where its ids lead.
    pub route: Route,
    /// Whether the sender is of that case.
    pub participant: bool,
    /// Whether the sender's address is in the roster.
    pub member: Option<MemberKey>,
    /// What the provider says about the sender.
    pub trust: Trust,
    /// The provider calls it spam, in a header that we were told to trust.
    pub spam_verdict: bool,
    /// How many signs of a report it shows.
    pub signs: u32,
    /// It is encrypted, or only its header could be read: its signs cannot be seen.
    pub opaque: bool,
    /// New cases of the last hour.
    pub cases_last_hour: u32,
}

/// What becomes of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It begins a case.
    NewCase {
        /// Its ids led to two cases: raise an alarm.
        disagree: bool,
    },
    /// It belongs to a case.
    Reply(CaseId),
    /// It is on a case, from somebody who is not of it.
    Stranger(CaseId, crate::case::Doubt),
    /// It tells what became of a mail of ours.
    DeliveryNews {
        /// The case, if that mail was about one.
        case: Option<CaseId>,
        /// That mail.
        effect: EffectId,
        /// Its recipient, if outside the team.
        person: Option<PersonId>,
        /// Not only delayed.
        permanent: bool,
    },
    /// Our own mail come back: proof that it was sent.
    Own,
    /// Another copy of a mail that we have.
    Copy(MailId),
    /// From before the first start.
    History,
    /// It waits for a person, or for its time.
    Waiting(Waiting),
    /// It was set aside.
    Screened(Screened),
}

/// Decides the fate of a mail.
pub fn sort(reading: &Reading, policy: &Policy) -> Fate {
    if reading.own {
        return Fate::Own;
    }
    if reading.sent_folder {
        return Fate::Screened(Screened::SentByHand);
    }
    if reading.history {
        return Fate::History;
    }
    if let Some(first) = reading.copy_of {
        return Fate::Copy(first);
    }
    if let Some((case, effect, person, permanent)) = reading.bounced {
        return Fate::DeliveryNews { case, effect, person, permanent };
    }
    match reading.route {
        Route::Case { case, by_tag_alone } => on_case(reading, case, by_tag_alone),
        // Anybody can write two numbers into a subject: it opens no door for a flood.
        Route::Disagree if reading.cases_last_hour >= policy.waiting.cases_per_hour => {
            Fate::Waiting(Waiting::TooMany)
        }
        Route::Disagree => Fate::NewCase { disagree: true },
        Route::Nowhere => unrouted(reading, policy),
    }
}

/// MAIL: "is the sender a participant? Yes -> append (by tag alone only if authentication did not fail). No ->
/// quarantined". Nobody is a member by a `From:` that failed.
fn on_case(reading: &Reading, case: CaseId, by_tag_alone: bool) -> Fate {
    use crate::case::Doubt;
    let failed = reading.trust == Trust::Failed;
    let known = reading.participant || reading.member.is_some();
    match (known, failed) {
        (true, true) if by_tag_alone || reading.member.is_some() => {
            Fate::Stranger(case, Doubt::AuthenticationFailed)
        }
        (true, _) => Fate::Reply(case),
        (false, _) => Fate::Stranger(case, Doubt::Stranger),
    }
}

fn unrouted(reading: &Reading, policy: &Policy) -> Fate {
    let sign = reading.signs > 0 || reading.opaque;
    let set_aside = match reading.automation {
        Automation::None => None,
        Automation::AutoReply => Some(Screened::AutoReply),
        Automation::Bounce => Some(Screened::ForeignBounce),
        Automation::List => Some(Screened::List),
        Automation::Report => Some(Screened::MachineReport),
    };
    if let Some(why) = set_aside
        && !sign
    {
        return Fate::Screened(why);
    }
    let waits = [
        (reading.junk_folder, Waiting::Junk),
        (reading.spam_verdict, Waiting::SpamVerdict),
        (!sign && reading.member.is_none(), Waiting::NoSign),
        (reading.cases_last_hour >= policy.waiting.cases_per_hour, Waiting::TooMany),
    ];
    match waits.into_iter().find(|(applies, _)| *applies) {
        Some((_, why)) => Fate::Waiting(why),
        None => Fate::NewCase { disagree: false },
    }
}
