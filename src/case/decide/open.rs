//! A report becomes a case (RFC: "raise issue and identify triage owner"; "open new GitHub Issue (GHI)").

use jiff::Timestamp;

use super::{Decision, ReceiptCounts, Sender, receipt};
use crate::case::{
    Alert, Audience, Case, CaseId, Checked, Component, Effect, Event, LetterKind, MailId, PersonId, Policy,
    Severity, Source, Withheld,
};

/// What is known about a report when its case begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The stored message.
    pub mail: MailId,
    /// How it came.
    pub source: Source,
    /// Who wrote it.
    pub reporter: Option<PersonId>,
    /// What is known about the sender, for the receipt.
    pub sender: Sender,
    /// Receipts that left lately.
    pub receipts: ReceiptCounts,
    /// INTERNALDATE.
    pub received: Timestamp,
    /// By our own list.
    pub component: Option<Component>,
    /// As claimed.
    pub severity: Option<Severity>,
    /// What looking for it among public records and earlier cases came to, if that was done already.
    pub checked: Option<Checked>,
    /// The case was opened once before, after the backup that was restored.
    pub standing: Option<Standing>,
}

/// What a restored backup does not know and the reports repository shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The number that the case has.
    pub case: CaseId,
    /// Repository of its issue.
    pub repository: u64,
    /// Number of its issue.
    pub number: u64,
}

/// Opens the case: events, the issue, the receipt or why there is none, and the alerts.
pub fn open(id: CaseId, opening: &Opening, policy: &Policy, now: Timestamp) -> (Option<Case>, Decision) {
    let mut decision = Decision::default();
    decision.event(Event::Opened {
        mail: opening.mail,
        source: opening.source,
        reporter: opening.reporter,
        received: opening.received,
        component: opening.component.clone(),
        severity: opening.severity,
    });
    super::start_clocks(&mut decision, policy, opening.received);
    if let Some(checked) = opening.checked {
        decision.event(Event::Checked { checked });
    }
    if let Some(Standing { repository, number, .. }) = opening.standing {
        // All of this was done once, and people were told.
        decision.event(Event::IssueOpened { repository, number });
        decision.event(Event::ReceiptWithheld { why: Withheld::Restored });
        decision.then(Effect::UpdateIssue);
        return (Case::replay(id, &decision.events), decision);
    }
    decision.then(Effect::OpenIssue);
    match (receipt::withheld(opening, policy), opening.reporter) {
        (None, Some(to)) => {
            decision.then(Effect::Letter {
                letter: LetterKind::Receipt,
                to,
                in_reply_to: Some(opening.mail),
                act: 0,
            });
        }
        (None, None) => decision.event(Event::ReceiptWithheld { why: Withheld::NoAddress }),
        (Some(why), _) => decision.event(Event::ReceiptWithheld { why }),
    }
    let case = Case::replay(id, &decision.events);
    if let Some(case) = &case {
        let mut alerts = Decision::default();
        super::tell(&mut alerts, case, Audience::Members, &Alert::NewCase, policy, now);
        super::wait_for_issue(&mut alerts, policy, now);
        decision.effects.extend(alerts.effects);
    }
    (case, decision)
}
