//! What an alert says of a clock that rings.

use jiff::Timestamp;

use crate::case::{self, Case};
use crate::render::alert_view::{Above, Alert, Clock};

/// A warning, a breach, or that nobody takes the case.
pub(super) fn clock_alert(
    case: Option<&Case>,
    kind: case::ClockKind,
    level: u8,
    breach: bool,
    now: Timestamp,
) -> Alert {
    let clock = match kind {
        case::ClockKind::Acknowledge => Clock::Acknowledge,
        case::ClockKind::Owner => Clock::Owner,
    };
    let state = case.and_then(|case| case.clocks.get(&kind));
    let due = state.map_or(now, |clock| clock.due);
    let to = state.and_then(|clock| clock.rings.get(usize::from(level))).map(|ring| ring.to);
    match (kind, to) {
        (case::ClockKind::Owner, Some(case::Audience::Chairs)) => Alert::OwnerMissing { to: Above::Chairs },
        (case::ClockKind::Owner, Some(case::Audience::TscIfHigh)) => Alert::OwnerMissing { to: Above::Tsc },
        (case::ClockKind::Owner | case::ClockKind::Acknowledge, _) if breach => {
            Alert::ClockBreach { clock, due }
        }
        (case::ClockKind::Owner | case::ClockKind::Acknowledge, _) => Alert::ClockWarning { clock, due },
    }
}
