//! `[commands]`: what members' commands are bound to.

use std::time::Duration;

use super::raw::Section;
use crate::case::Severity;

/// Bounds of members' commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commands {
    /// How long a letter to a reporter is held, so that it can be taken back.
    pub hold: Duration,
    /// Working days within which an acknowledgement promises the next word.
    pub contact_days: u32,
    /// Letters that one member orders in an hour without a second person.
    pub letters_per_hour: u32,
    /// Hours in which a second person can agree.
    pub confirm_hours: u32,
    /// The claimed severity from which a second person must agree that it is no vulnerability; `None`: never.
    pub close_agreed_from: Option<Severity>,
    /// Comments with commands of one account on one issue in an hour that are carried out; beside `!undo`.
    pub comments_per_hour: u32,
    /// Commands on one issue that nobody of the team gave and that are answered, in an hour.
    pub refusals_per_hour: u32,
    /// Times a day that a reporter who asks is told how it stands.
    pub status_per_day: u32,
}

impl Commands {
    pub(super) fn read(s: &Section<'_, '_>) -> Self {
        Self {
            hold: s.seconds("hold_s", 600, 0..=86_400),
            contact_days: s.number("contact_days", 5, 1..=60),
            letters_per_hour: s.number("letters_per_hour", 5, 0..=1_000),
            confirm_hours: s.number("confirm_hours", 24, 1..=720),
            close_agreed_from: s.word(
                "close_agreed_from",
                Some(Severity::High),
                &[
                    ("low", Some(Severity::Low)),
                    ("medium", Some(Severity::Medium)),
                    ("high", Some(Severity::High)),
                    ("critical", Some(Severity::Critical)),
                    ("never", None),
                ],
            ),
            comments_per_hour: s.number("comments_per_hour", 60, 1..=10_000),
            refusals_per_hour: s.number("refusals_per_hour", 10, 0..=10_000),
            status_per_day: s.number("status_per_day", 3, 0..=1_000),
        }
    }
}
