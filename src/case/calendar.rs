//! Working days: when something that was promised "within three working days" is due.
//!
//! Pure: the zone and the holidays are resolved by the configuration and handed in. A deadline is computed once and kept
//! as an instant; a later change of the calendar moves no clock that runs.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, ToSpan};

/// The longest way, in days, that is looked along for a working day; a calendar that has none for so long is wrong, and
/// the day itself is then taken as it is.
const FARTHEST_DAYS: u32 = 3_660;

/// Working hours in a working day: a working hour is an hour of a working day, at any time of it.
pub const HOURS_A_DAY: u32 = 24;

/// Which days a team works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Where days begin and end.
    pub zone: TimeZone,
    /// The days of the week on which people work.
    pub workdays: Vec<Weekday>,
    /// Days off besides, already resolved over the regions of the team.
    pub holidays: BTreeSet<Date>,
}

impl Calendar {
    /// Whether that day (in [`Self::zone`]) is a working day.
    pub fn is_working_day(&self, day: Date) -> bool {
        self.workdays.contains(&day.weekday()) && !self.holidays.contains(&day)
    }

    /// Whether that instant lies in a working day.
    pub fn is_working_time(&self, at: Timestamp) -> bool {
        self.is_working_day(self.zone.to_datetime(at).date())
    }

    /// `at` itself inside of a working day, else midnight (the first instant) of the next one.
    pub fn next_working_start(&self, at: Timestamp) -> Timestamp {
        let wall = self.start(self.zone.to_datetime(at));
        if wall == self.zone.to_datetime(at) { at } else { self.instant(wall) }
    }

    /// The instant `days` working days later at the same time of day, on the wall clock of [`Self::zone`]; what begins on
    /// a day off begins at midnight of the next working day. With 0: [`Self::next_working_start`].
    pub fn advance_working_days(&self, from: Timestamp, days: u32) -> Timestamp {
        let begin = self.start(self.zone.to_datetime(from));
        if days == 0 {
            return self.next_working_start(from);
        }
        self.instant(self.later(begin.date(), days).to_datetime(begin.time()))
    }

    /// The instant `hours` working hours later, [`HOURS_A_DAY`] to the working day: 24 is one working day, 60 is two and a
    /// half. What would fall past the end of a working day goes on in the next one.
    pub fn advance_working_hours(&self, from: Timestamp, hours: u32) -> Timestamp {
        let whole = self.advance_working_days(from, hours / HOURS_A_DAY);
        let rest = hours % HOURS_A_DAY;
        if rest == 0 {
            return whole;
        }
        let wall = self.zone.to_datetime(whole);
        let Ok(moved) = wall.checked_add(i64::from(rest).hours()) else { return whole };
        if moved.date() == wall.date() {
            return self.instant(moved);
        }
        self.instant(self.later(wall.date(), 1).to_datetime(moved.time()))
    }

    /// The `count`-th working day after `day`.
    fn later(&self, day: Date, count: u32) -> Date {
        let mut left = count;
        let mut at = day;
        for _ in 0..FARTHEST_DAYS.saturating_add(count.saturating_mul(7)) {
            if left == 0 {
                break;
            }
            at = at.tomorrow().unwrap_or(at);
            left -= u32::from(self.is_working_day(at));
        }
        at
    }

    /// The wall-clock time at which work on something begins that came in at `wall`.
    fn start(&self, wall: DateTime) -> DateTime {
        if self.is_working_day(wall.date()) {
            return wall;
        }
        self.later(wall.date(), 1).to_datetime(Time::midnight())
    }

    /// The instant of a wall-clock time. One that a change to summer time skips becomes as much later; one that comes
    /// twice is the first.
    fn instant(&self, wall: DateTime) -> Timestamp {
        self.zone.to_timestamp(wall).unwrap_or(if wall.year() < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }
}

/// The instant so many calendar days, of 24 hours each, later; the last instant there is where it would lie beyond it.
pub fn days_after(from: Timestamp, days: u32) -> Timestamp {
    from.saturating_add(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MAX)
}

/// The instant so many calendar days, of 24 hours each, earlier.
pub fn days_before(until: Timestamp, days: u32) -> Timestamp {
    until.saturating_sub(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MIN)
}

/// `at` itself between 08:00 and 18:00, Monday to Friday, of that zone, else the next time that those hours begin: when
/// a person may be reminded.
pub fn member_hours(zone: &TimeZone, at: Timestamp) -> Timestamp {
    let wall = zone.to_datetime(at);
    let works = |day: Date| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    if works(wall.date()) && (8..18).contains(&wall.hour()) {
        return at;
    }
    let today = wall.date();
    let mut day = if wall.hour() < 8 { today } else { today.tomorrow().unwrap_or(today) };
    for _ in 0..7 {
        if works(day) {
            break;
        }
        day = day.checked_add(Span::new().days(1)).unwrap_or(day);
    }
    zone.to_timestamp(day.at(8, 0, 0, 0)).unwrap_or(at)
}
