//! The part of the public runbook about what reminds people, as configured (RUNBOOK 1.4, column "warn").

use super::runbook::{Lengths, working};
use crate::case::decide::warned_days_before;

/// Its lines.
pub(super) fn reminders(lengths: &Lengths) -> String {
    let hours = |all: &[u32]| and(&all.iter().map(|hours| working(*hours)).collect::<Vec<_>>());
    let days = |all: &[u32]| and(&all.iter().map(ToString::to_string).collect::<Vec<_>>());
    let mut lines =
        vec!["## What reminds us\n\nThe machine reminds people; what is due, people do.\n".to_owned()];
    let answer = format!(
        "the chairs of SIG-Security hear of it when the {} working days are over",
        lengths.acknowledge_days
    );
    lines.push(match lengths.acknowledge_warn_hours.as_slice() {
        [] => format!("- The first answer to a reporter: {answer}."),
        warned => format!(
            "- The first answer to a reporter: whoever owns the case, in the last half day every member, is reminded {} after the report; {answer}.",
            hours(warned)
        ),
    });
    if !lengths.owner_team_hours.is_empty() {
        lines.push(format!(
            "- A case that nobody took: the team is reminded after {}; then others are asked, as said above.",
            hours(&lengths.owner_team_hours)
        ));
    }
    let close = format!("after {} days that the case may be closed", lengths.information_close_days);
    lines.push(match lengths.information_days.as_slice() {
        [] => format!("- Questions that the reporter does not answer: the owner hears {close}. A person decides; the first answer and the day of publishing wait for nothing of it."),
        asked => format!(
            "- Questions that the reporter does not answer: the owner hears of it after {} days, so that they can ask again, and {close}. A person decides each time; the first answer and the day of publishing wait for nothing of it.",
            days(asked)
        ),
    });
    lines.push(format!(
        "- The day of publishing, or the last one while none is agreed: people hear of it {} days before; first the owner, then the team, then the chairs.",
        days(&warned_days_before())
    ));
    lines.join("\n")
}

/// `one, two and three`.
fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
