//! What an operator may order from the command line; a row in the store that the running daemon takes.

use serde::{Deserialize, Serialize};

use super::decide::Act;
use super::{CaseId, EffectId, MailId};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case")]
pub enum Order {
    /// About a case.
    Case {
        /// Which.
        case: CaseId,
        /// What.
        act: Act,
    },
    /// This mail (history, waiting, screened, parked, quarantined) becomes a case.
    OpenMail {
        /// Which.
        mail: MailId,
    },
    /// This waiting or parked mail is no report: it is set aside.
    DiscardMail {
        /// Which.
        mail: MailId,
    },
    /// Forget the keys of the people of this case: the next authenticated mail that offers one pins it.
    ForgetKeys {
        /// Which.
        case: CaseId,
    },
    /// Read this parked mail again.
    RetryMail {
        /// Which.
        mail: MailId,
    },
    /// Try this parked or unknown effect again; for a letter that may mean twice.
    RetryEffect {
        /// Which.
        effect: EffectId,
    },
    /// Never do this effect.
    CancelEffect {
        /// Which.
        effect: EffectId,
    },
    /// A person knows that this letter was sent.
    MarkSent {
        /// Which.
        effect: EffectId,
    },
    /// Intake goes on, effects wait.
    Pause,
    /// Effects are performed again.
    Resume,
}
