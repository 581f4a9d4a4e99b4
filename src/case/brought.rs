//! What of our effects anybody outside can bring about, again and again: it has a limit.

use super::{Alert, Brief, Remark};

impl Remark {
    /// Whether what it shows is proven to be of the case: what anybody can send has a limit of its own.
    pub fn is_proven(&self) -> bool {
        match self {
            Self::Stranger { .. } | Self::Refused { .. } | Self::Bounce { .. } => false,
            Self::Reply { .. }
            | Self::Answer { .. }
            | Self::Note { .. }
            | Self::Commanded { .. }
            | Self::TooMany
            | Self::ClosedByHand { .. } => true,
        }
    }
}

impl Alert {
    /// The kind of a notice that anybody's mail or comment can bring, again and again; none for what a person of the team, a
    /// clock or the machine brings.
    pub fn brought(&self) -> Option<&'static str> {
        match self {
            Self::ReporterWrote => Some("reporter"),
            Self::StrangerWrote => Some("stranger"),
            Self::DidYouAnswer { .. } => Some("answer"),
            Self::DeliveryFailed => Some("delivery"),
            Self::CommandRefused { .. } => Some("refused"),
            // Anybody can comment on a public issue.
            Self::Brief { brief: Brief::PostedChanged } => Some("posted"),
            Self::NewCase
            | Self::Clock { .. }
            | Self::LetterUnknown { .. }
            | Self::Parked { .. }
            | Self::Waiting { .. }
            | Self::OwnerNow { .. }
            | Self::Raised { .. }
            | Self::Confirm { .. }
            | Self::Closed { .. }
            | Self::LetterStopped { .. }
            | Self::Brief { .. }
            | Self::Digest
            | Self::Alarm { .. } => None,
            // No more than there are kinds and rows to find, whatever they write.
            Self::FoundMore => None,
        }
    }
}
