//! What people read of promises that run out, and when a reporter does not answer our questions (RUNBOOK section 1.4).

use jiff::{SignedDuration, Timestamp};

use super::alert_view::{AlertView, Commands};
use crate::case::ClockKind;

/// A subject: it may be time to ask again.
pub(super) const ASK_AGAIN: &str = "the reporter has not answered our questions";
/// A subject: it may be time to close.
pub(super) const MAY_CLOSE: &str = "still no answer to our questions: close it?";
/// The same, in sentences.
pub(super) const NOTHING: &str = "Questions went to the reporter, and nothing has come back in all that time. If you cannot go on \
     without an answer, you may close the case. Nothing happens by itself.";

/// A subject: the agreed hour has come.
const NOW: &str = "it is time to make it public";
/// The same, in sentences.
pub(super) const THE_HOUR: &str = "The day and hour for publishing have come. Two people say so, then it is public; nothing happens by itself.";

/// The hour for publishing has just come: nothing is late yet.
pub(super) fn is_the_hour(view: &AlertView, clock: ClockKind, due: Timestamp) -> bool {
    clock == ClockKind::Disclosure && view.now.duration_since(due) < SignedDuration::from_hours(1)
}

/// A subject: the hour has come, or it is past.
pub(super) fn late(view: &AlertView, clock: ClockKind, due: Timestamp, at: &str) -> String {
    if is_the_hour(view, clock, due) {
        NOW.to_owned()
    } else {
        format!("OVERDUE: {}, due {at}", clock.task())
    }
}

/// Why now; `close_from` is the instant from which it may be closed, in words.
pub(super) fn nothing_yet(close_from: &str) -> String {
    format!(
        "Questions went to the reporter, and nothing came back yet. If nothing comes, the case may be closed from {close_from}."
    )
}

/// How to ask again.
pub(super) fn remind(commands: Commands) -> String {
    said(commands, "To remind them, with what is still open", "ask again")
}

/// How to close.
pub(super) fn close(commands: Commands) -> String {
    said(commands, "To close it; they read your reason", "close not-reproducible REASON")
}

fn said(commands: Commands, purpose: &str, verb: &str) -> String {
    let how = match commands {
        Commands::ByMail => "answer this mail and begin with this line",
        Commands::Off => "write a comment on the issue that begins with this line",
    };
    format!("{purpose}, {how}, an exclamation mark before it:\n\n  {verb}")
}

/// A promise that nobody kept yet.
pub(super) fn running_out(clock: ClockKind, due: &str) -> String {
    if clock == ClockKind::Acknowledge {
        format!("No person has answered the reporter yet. That is due {due}.")
    } else if clock == ClockKind::Owner {
        format!("Nobody owns this case yet. That is due {due}.")
    } else {
        format!("A promise runs out: {}. That is due {due}.", clock.task())
    }
}

/// One that is broken.
pub(super) fn broken(clock: ClockKind, due: &str) -> String {
    if clock == ClockKind::Acknowledge {
        let promised = "We promised the reporter an answer by then.";
        format!("No person has answered the reporter, and that was due {due}. {promised}")
    } else if clock == ClockKind::Owner {
        format!("Nobody owns this case, and that was due {due}.")
    } else {
        format!("A promise is broken: {}. That was due {due}.", clock.task())
    }
}
