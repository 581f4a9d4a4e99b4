//! Instants as people read them: always absolute, always with the weekday and the zone (RUNBOOK section 5, point 6).

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::case::instant;
use crate::case::instant::zone_name;
pub use crate::case::instant::{beside, medium};

/// `Thursday 26 November 2026, 14:00 UTC`: for letters.
pub fn long(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    format!("{} {}", at.strftime("%A %-d %B %Y, %H:%M"), zone_name(&at))
}

/// The same, and the same instant on the reader's clock where that is known and shows another time:
/// `Thursday 26 November 2026, 14:00 UTC (15:00 UTC+01 with you)`.
pub fn both(at: Timestamp, zone: &TimeZone, theirs: Option<&TimeZone>) -> String {
    let ours = long(at, zone);
    let Some(theirs) = theirs.map(|theirs| at.to_zoned(theirs.clone())) else { return ours };
    let here = at.to_zoned(zone.clone());
    if theirs.offset() == here.offset() {
        return ours;
    }
    let form = if theirs.date() == here.date() { "%H:%M" } else { "%A %-d %B, %H:%M" };
    let clock = theirs.strftime(form);
    format!("{ours} ({clock} {} with you)", zone_name(&theirs))
}

/// `15:00 CET`, with the day where it is another one than in UTC; none where the clock shows the same as UTC.
pub fn elsewhere(at: Timestamp, zone: &TimeZone) -> Option<String> {
    instant::other(at, &TimeZone::UTC, zone)
}

/// `2026-11-26 14:00Z`: for subjects that cross zones.
pub fn stamp(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// `Thu 26 Nov 14:00 UTC`: for subjects and Discord.
pub fn short(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    format!("{} {}", at.strftime("%a %-d %b %H:%M"), zone_name(&at))
}

/// How long, in at most two units: `3d 4h`, `2h 5min`, `10min`, `less than a minute`. The sign is dropped.
pub fn span(length: SignedDuration) -> String {
    let minutes = length.as_secs().unsigned_abs() / 60;
    let (days, hours, left) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours, left) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, m) => format!("{m}min"),
        (0, h, 0) => format!("{h}h"),
        (0, h, m) => format!("{h}h {m}min"),
        (d, 0, _) => format!("{d}d"),
        (d, h, _) => format!("{d}d {h}h"),
    }
}

/// `3h ago`, `in 2d 4h`, as seen at `now`.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let gap = at.duration_since(now);
    let words = span(gap);
    if gap.is_positive() { format!("in {words}") } else { format!("{words} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_names_its_weekday_and_zone() {
        let at: Timestamp = "2026-11-26T14:00:00Z".parse().unwrap();
        assert_eq!(long(at, &TimeZone::UTC), "Thursday 26 November 2026, 14:00 UTC");
        assert_eq!(short(at, &TimeZone::get("America/Los_Angeles").unwrap()), "Thu 26 Nov 06:00 PST");
        assert_eq!(short(at, &TimeZone::get("America/Sao_Paulo").unwrap()), "Thu 26 Nov 11:00 UTC-03");
    }

    #[test]
    fn a_reader_in_another_zone_reads_their_own_clock_as_well() {
        let at: Timestamp = "2026-11-26T14:00:00Z".parse().unwrap();
        let hours = |hours| TimeZone::fixed(jiff::tz::offset(hours));
        let words = |zone: &TimeZone| both(at, &TimeZone::UTC, Some(zone));
        let ours = "Thursday 26 November 2026, 14:00 UTC";
        assert_eq!(both(at, &TimeZone::UTC, None), ours);
        assert_eq!(words(&hours(0)), ours);
        assert_eq!(words(&hours(1)), format!("{ours} (15:00 UTC+01 with you)"));
        let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
        assert_eq!(words(&hours(10)), format!("{ours} (Friday 27 November, 00:00 UTC+10 with you)"));
        assert_eq!(words(&tokyo), format!("{ours} (23:00 JST with you)"));
        assert_eq!(elsewhere(at, &TimeZone::UTC), None);
        assert_eq!(elsewhere(at, &tokyo).as_deref(), Some("23:00 JST"));
        assert_eq!(elsewhere(at, &hours(10)).as_deref(), Some("Fri 27 Nov 00:00 UTC+10"));
        assert_eq!(stamp(at), "2026-11-26 14:00Z");
    }

    #[test]
    fn a_span_has_at_most_two_units() {
        let words = |s| span(SignedDuration::from_secs(s));
        assert_eq!(words(59), "less than a minute");
        assert_eq!(words(3600), "1h");
        assert_eq!(words(-7500), "2h 5min");
        assert_eq!(words(86_400 * 3 + 3600 * 4 + 100), "3d 4h");
    }
}
