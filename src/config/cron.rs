//! When something is due again, in the words of cron. The only file that knows chrono.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A schedule, kept on the wall clock of a zone: `0 9 * * *` is nine in the morning also across a change to summer time.
///
/// Five fields are read as in crontab(5) (minute, hour, day of month, month, day of week with Sunday 0 or 7); six or seven
/// as the `cron` crate reads them (a field of seconds first, a year last, Sunday 1: better written as a name).
#[derive(Clone)]
pub struct Cron {
    text: String,
    schedule: cron::Schedule,
    zone: TimeZone,
}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cron({} in {})", self.text, self.zone.iana_name().unwrap_or("UTC"))
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Cron {
    /// Reads an expression of five, six or seven fields, or a short form as `@hourly`.
    ///
    /// # Errors
    /// A sentence that says what cannot be read; also when the schedule never comes due.
    pub fn parse(text: &str, zone: TimeZone) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let full = match fields.as_slice() {
            [_, _, day, _, weekday] if !matches!(*day, "*" | "?") && !matches!(*weekday, "*" | "?") => {
                return Err(format!(
                    "`{text}` names a day of the month and a day of the week: keep one of them"
                ));
            }
            [minute, hour, day, month, weekday] => {
                format!("0 {minute} {hour} {day} {month} {}", weekdays(weekday)?)
            }
            [short] if short.starts_with('@') => (*short).to_owned(),
            [_, _, _, _, _, _] | [_, _, _, _, _, _, _] => fields.join(" "),
            other => {
                return Err(format!(
                    "`{text}` has {} fields, a cron expression has five (minute hour day month weekday)",
                    other.len()
                ));
            }
        };
        let schedule = cron::Schedule::from_str(&full).map_err(|error| {
            // The crate draws the place below its own form of the expression; its last line says what is wrong.
            let why = error.to_string();
            format!("`{text}` is not a cron expression: {}", why.lines().next_back().unwrap_or("").trim())
        })?;
        // From the year 2000 on, so that only a date that does not exist is refused, not one that is past.
        let early = DateTime::<Utc>::from_timestamp(946_684_800, 0).unwrap_or_default();
        if schedule.after(&early).next().is_none() {
            return Err(format!("`{text}` never comes due"));
        }
        Ok(Self { text: text.to_owned(), schedule, zone })
    }

    /// The first time after `at` that the schedule comes due; `None` when it never does again.
    ///
    /// A time that a change of clocks skips comes due as much later as the clock jumped; one that comes twice, the first
    /// time.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let wall = self.zone.to_datetime(at);
        let naive = TimeZone::UTC.to_timestamp(wall).ok()?;
        let nanos = u32::try_from(naive.subsec_nanosecond()).unwrap_or(0);
        let start: DateTime<Utc> = DateTime::from_timestamp(naive.as_second(), nanos)?;
        // Around a change to winter time the wall clock repeats: the first candidates may lie behind `at`. An hour of
        // seconds is the most that can repeat.
        self.schedule.after(&start).take(3601).find_map(|due| {
            let wall = TimeZone::UTC.to_datetime(Timestamp::from_second(due.timestamp()).ok()?);
            self.zone.to_timestamp(wall).ok().filter(|instant| *instant > at)
        })
    }
}

const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The day-of-week field of crontab(5) in names, because the crate counts from Sunday 1 where crontab counts from 0.
fn weekdays(field: &str) -> Result<String, String> {
    if matches!(field, "*" | "?") {
        return Ok("*".to_owned());
    }
    let day = |word: &str| -> Result<usize, String> {
        let named = DAYS.iter().position(|day| word.get(..3).is_some_and(|w| w.eq_ignore_ascii_case(day)));
        match (named, word.parse::<usize>()) {
            (Some(day), _) => Ok(day),
            (None, Ok(number)) if number <= 7 => Ok(number),
            (None, _) => Err(format!("`{word}` is not a day of the week (MON or 1, SUN or 0)")),
        }
    };
    let mut off = [false; 7];
    for item in field.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => match step.parse::<usize>() {
                Ok(step) if step > 0 => (range, Some(step)),
                Ok(_) | Err(_) => return Err(format!("`{item}` has no step that can be counted")),
            },
            None => (item, None),
        };
        let (first, last) = match (range, range.split_once('-')) {
            ("*", _) => (0, 6),
            (_, Some((first, last))) => (day(first)?, day(last)?),
            (_, None) => (day(range)?, if step.is_some() { 6 } else { day(range)? }),
        };
        // SAT-MON runs over the end of the week.
        let last = if last < first { last + 7 } else { last };
        for at in (first..=last).step_by(step.unwrap_or(1)) {
            if let Some(slot) = off.get_mut(at % 7) {
                *slot = true;
            }
        }
    }
    let named: Vec<&str> = DAYS.iter().zip(off).filter(|(_, on)| *on).map(|(day, _)| *day).collect();
    Ok(named.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(text: &str, zone: &str, at: &str) -> String {
        let cron = Cron::parse(text, TimeZone::get(zone).unwrap()).unwrap();
        cron.next_after(at.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn five_fields_mean_what_crontab_means() {
        assert_eq!(next("* * * * *", "UTC", "2026-11-20T09:00:00Z"), "2026-11-20T09:01:00Z");
        assert_eq!(next("0 9 * * MON-FRI", "UTC", "2026-11-20T09:00:00Z"), "2026-11-23T09:00:00Z");
        assert_eq!(next("0 9 * * 1-5", "UTC", "2026-11-20T09:00:00Z"), "2026-11-23T09:00:00Z");
        assert_eq!(next("0 9 * * 0", "UTC", "2026-11-20T09:00:00Z"), "2026-11-22T09:00:00Z", "Sunday");
        assert_eq!(next("0 9 * * 5-7", "UTC", "2026-11-20T09:00:00Z"), "2026-11-21T09:00:00Z", "Saturday");
        assert_eq!(next("*/15 * * * *", "UTC", "2026-11-20T09:00:00.5Z"), "2026-11-20T09:15:00Z");
        assert_eq!(
            next("*/2 * * * * *", "UTC", "2026-11-20T09:00:00Z"),
            "2026-11-20T09:00:02Z",
            "six fields"
        );
        assert_eq!(next("@hourly", "UTC", "2026-11-20T09:00:00Z"), "2026-11-20T10:00:00Z");
    }

    #[test]
    fn the_wall_clock_counts_across_a_change_of_time() {
        // 29 March 2026: Berlin jumps from 02:00 to 03:00; 25 October: back from 03:00 to 02:00.
        assert_eq!(next("0 9 * * *", "Europe/Berlin", "2026-03-28T09:00:00Z"), "2026-03-29T07:00:00Z");
        assert_eq!(next("30 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z"), "2026-03-29T01:30:00Z");
        assert_eq!(next("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00Z");
        assert_eq!(next("* * * * *", "Europe/Berlin", "2026-10-25T01:10:00Z"), "2026-10-25T02:00:00Z");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for bad in [
            "",
            "9",
            "0 9 * *",
            "0 25 * * *",
            "0 9 * * MOX",
            "0 9 1 * MON",
            "0 0 30 2 *",
            "@never",
            "a b c d e f g h",
        ] {
            assert!(Cron::parse(bad, TimeZone::UTC).is_err(), "{bad}");
        }
    }
}
