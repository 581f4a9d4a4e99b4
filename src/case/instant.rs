//! Instants as our words say them: always absolute, with the weekday and the zone (RUNBOOK section 5, point 6). Pure: the zones
//! are handed in. `render/when.rs` has the longer forms.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// `Thu 26 Nov 2026, 14:00 UTC`.
pub fn medium(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    format!("{} {}", at.strftime("%a %-d %b %Y, %H:%M"), zone_name(&at))
}

/// The same, and what another clock shows then, where it shows another time: `Thu 26 Nov 2026, 14:00 UTC (15:00 CET)`. Both name
/// their zone, so that it is right for everybody who reads it.
pub fn beside(at: Timestamp, zone: &TimeZone, theirs: Option<&TimeZone>) -> String {
    let ours = medium(at, zone);
    match theirs.and_then(|theirs| other(at, zone, theirs)) {
        Some(there) => format!("{ours} ({there})"),
        None => ours,
    }
}

/// `15:00 CET`, with the day where it is another one than here; none where that clock shows the same as ours.
pub fn other(at: Timestamp, here: &TimeZone, there: &TimeZone) -> Option<String> {
    let (here, there) = (at.to_zoned(here.clone()), at.to_zoned(there.clone()));
    let form = if there.date() == here.date() { "%H:%M" } else { "%a %-d %b %H:%M" };
    (there.offset() != here.offset()).then(|| format!("{} {}", there.strftime(form), zone_name(&there)))
}

/// `PST`, `UTC`; where a zone has no letters, the offset: `UTC+03`.
pub fn zone_name(at: &Zoned) -> String {
    let name = at.strftime("%Z").to_string();
    if name.starts_with(['+', '-']) { format!("UTC{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_clock_is_named_where_it_shows_another_time() {
        let at: Timestamp = "2026-11-26T20:00:00Z".parse().unwrap();
        let words = |zone: &str| beside(at, &TimeZone::UTC, TimeZone::get(zone).ok().as_ref());
        assert_eq!(beside(at, &TimeZone::UTC, None), "Thu 26 Nov 2026, 20:00 UTC");
        assert_eq!(words("Atlantic/Reykjavik"), "Thu 26 Nov 2026, 20:00 UTC");
        assert_eq!(words("Europe/Berlin"), "Thu 26 Nov 2026, 20:00 UTC (21:00 CET)");
        assert_eq!(words("Asia/Tokyo"), "Thu 26 Nov 2026, 20:00 UTC (Fri 27 Nov 05:00 JST)");
        assert_eq!(words("America/Sao_Paulo"), "Thu 26 Nov 2026, 20:00 UTC (17:00 UTC-03)");
    }
}
