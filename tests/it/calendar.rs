//! Working days. RFC L36: "Reporter is given an acknowledgement ... within 3 working days".

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use sir_intake::case::calendar::{Calendar, member_hours};

const WEEK: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

fn calendar(zone: &str, holidays: &[&str]) -> Calendar {
    let holidays: BTreeSet<Date> = holidays.iter().map(|day| day.parse().unwrap()).collect();
    Calendar { zone: TimeZone::get(zone).unwrap(), workdays: WEEK.to_vec(), holidays }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[track_caller]
fn three_days(calendar: &Calendar, from: &str, due: &str) {
    assert_eq!(calendar.advance_working_days(at(from), 3), at(due), "three working days from {from}");
}

/// The golden tests of the runbook.
#[test]
fn three_working_days_keep_the_time_of_day() {
    let plain = calendar("UTC", &[]);
    three_days(&plain, "2026-11-16T09:00:00Z", "2026-11-19T09:00:00Z"); // Mon -> Thu
    three_days(&plain, "2026-11-20T17:00:00Z", "2026-11-25T17:00:00Z"); // Fri -> Wed
    three_days(&plain, "2026-11-21T13:37:00Z", "2026-11-26T00:00:00Z"); // Sat -> Thu 00:00
    three_days(&plain, "2026-11-22T23:59:59Z", "2026-11-26T00:00:00Z"); // Sun -> Thu 00:00
    let christmas = calendar("UTC", &["2024-12-25", "2024-12-26"]);
    three_days(&christmas, "2024-12-24T10:00:00Z", "2024-12-31T10:00:00Z"); // 27 = 1, 30 = 2, 31 = 3
}

#[test]
fn midnight_belongs_to_the_day_that_begins() {
    let plain = calendar("UTC", &[]);
    three_days(&plain, "2026-11-16T00:00:00Z", "2026-11-19T00:00:00Z");
    three_days(&plain, "2026-11-20T23:59:59.999Z", "2026-11-25T23:59:59.999Z"); // still Friday
    three_days(&plain, "2026-11-21T00:00:00Z", "2026-11-26T00:00:00Z"); // Saturday
    three_days(&plain, "2026-11-23T00:00:00Z", "2026-11-26T00:00:00Z"); // Monday itself: the same deadline
}

#[test]
fn the_edges_of_a_holiday_are_its_midnights() {
    let off = calendar("UTC", &["2026-11-18"]);
    three_days(&off, "2026-11-17T23:59:59Z", "2026-11-23T23:59:59Z"); // 19, 20, 23
    three_days(&off, "2026-11-18T00:00:00Z", "2026-11-24T00:00:00Z"); // from the 19th, 00:00
    three_days(&off, "2026-11-18T23:59:59Z", "2026-11-24T00:00:00Z");
    three_days(&off, "2026-11-19T00:00:00Z", "2026-11-24T00:00:00Z");
}

#[test]
fn leap_days_and_the_ends_of_years_are_days() {
    let plain = calendar("UTC", &["2026-01-01", "2027-01-01"]);
    three_days(&plain, "2028-02-28T12:00:00Z", "2028-03-02T12:00:00Z"); // 29 Feb is the first
    three_days(&plain, "2027-02-26T12:00:00Z", "2027-03-03T12:00:00Z");
    three_days(&plain, "2026-12-30T08:00:00Z", "2027-01-05T08:00:00Z"); // 31, 4, 5
    three_days(&plain, "2025-12-31T08:00:00Z", "2026-01-06T08:00:00Z"); // 2, 5, 6
}

/// Wall-clock time is kept where the clock changes: Berlin, 29 March 2026 (02:00 becomes 03:00) and 25 October 2026.
#[test]
fn a_change_of_time_keeps_the_hour_on_the_wall() {
    let berlin = calendar("Europe/Berlin", &[]);
    three_days(&berlin, "2026-03-27T16:00:00Z", "2026-04-01T15:00:00Z"); // Fri 17:00 +01 -> Wed 17:00 +02
    three_days(&berlin, "2026-10-23T15:00:00Z", "2026-10-28T16:00:00Z"); // Fri 17:00 +02 -> Wed 17:00 +01
    let cairo = Calendar {
        zone: TimeZone::get("Africa/Cairo").unwrap(),
        workdays: vec![
            Weekday::Sunday,
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
        ],
        holidays: BTreeSet::new(),
    };
    // On Friday 24 April 2026 Cairo has no midnight: 00:30 becomes 01:30.
    three_days(&cairo, "2026-04-20T22:30:00Z", "2026-04-23T22:30:00Z");
    let los_angeles = calendar("America/Los_Angeles", &[]);
    // Saturday 03:00 UTC is Friday evening there.
    three_days(&los_angeles, "2026-11-21T03:00:00Z", "2026-11-26T03:00:00Z");
    // A day without midnight: Sao Paulo 2018 began 4 November at 01:00; work begins with its first instant.
    let sunday_too = Calendar {
        workdays: vec![Weekday::Sunday, Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday],
        ..calendar("America/Sao_Paulo", &[])
    };
    assert_eq!(sunday_too.next_working_start(at("2018-11-03T15:00:00Z")), at("2018-11-04T03:00:00Z"));
}

#[test]
fn the_week_is_the_teams_own() {
    let sunday_to_thursday = Calendar {
        workdays: vec![
            Weekday::Sunday,
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
        ],
        ..calendar("UTC", &[])
    };
    three_days(&sunday_to_thursday, "2026-11-19T09:00:00Z", "2026-11-24T09:00:00Z"); // Thu -> Sun, Mon, Tue
    three_days(&sunday_to_thursday, "2026-11-20T09:00:00Z", "2026-11-25T00:00:00Z"); // Fri is off
}

#[test]
fn warnings_count_working_hours_twenty_four_to_the_day() {
    let plain = calendar("UTC", &["2026-11-18"]);
    let hours = |from: &str, hours: u32| plain.advance_working_hours(at(from), hours).to_string();
    assert_eq!(hours("2026-11-16T09:00:00Z", 24), "2026-11-17T09:00:00Z");
    assert_eq!(hours("2026-11-16T09:00:00Z", 48), "2026-11-19T09:00:00Z", "the 18th is off");
    assert_eq!(hours("2026-11-16T09:00:00Z", 60), "2026-11-19T21:00:00Z");
    assert_eq!(hours("2026-11-16T15:00:00Z", 60), "2026-11-20T03:00:00Z");
    assert_eq!(
        hours("2026-11-20T17:00:00Z", 60),
        "2026-11-25T05:00:00Z",
        "a half day over the weekend's far side"
    );
    assert_eq!(hours("2026-11-20T22:00:00Z", 4), "2026-11-23T02:00:00Z", "Friday night goes on on Monday");
    assert_eq!(hours("2026-11-21T22:00:00Z", 4), "2026-11-23T04:00:00Z", "nothing counts on a Saturday");
    assert_eq!(hours("2026-11-16T09:00:00Z", 0), "2026-11-16T09:00:00Z");
    assert_eq!(hours("2026-11-21T09:00:00Z", 0), "2026-11-23T00:00:00Z");
}

/// A clock that starts later is never due earlier, at any hour of three years, holidays and changes of time included.
#[test]
fn a_later_report_is_never_due_before_an_earlier_one() {
    let holidays = ["2026-01-01", "2026-12-25", "2027-01-01", "2027-03-29", "2028-02-29"];
    for zone in ["UTC", "Europe/Berlin", "America/Los_Angeles", "Australia/Lord_Howe"] {
        let calendar = calendar(zone, &holidays);
        let mut from = at("2026-01-01T00:00:00Z");
        let mut before = (Timestamp::MIN, Timestamp::MIN);
        while from < at("2028-12-31T00:00:00Z") {
            let due = calendar.advance_working_days(from, 3);
            let warned = calendar.advance_working_hours(from, 60);
            assert!(due >= before.0 && warned >= before.1, "{zone} {from}");
            assert!(warned < due && due > from, "{zone} {from}");
            assert!(calendar.is_working_time(due) && calendar.is_working_time(warned), "{zone} {from}");
            // Never later than the end of the third working day.
            let begin = calendar.next_working_start(from);
            assert!(calendar.is_working_time(begin) && begin >= from, "{zone} {from}");
            before = (due, warned);
            from += jiff::SignedDuration::from_mins(61);
        }
    }
}

#[test]
fn a_calendar_without_any_working_day_ends_all_the_same() {
    let never = Calendar { workdays: Vec::new(), ..calendar("UTC", &[]) };
    assert!(never.advance_working_days(at("2026-11-16T09:00:00Z"), 3) > at("2026-11-16T09:00:00Z"));
    let plain = calendar("UTC", &[]);
    plain.advance_working_days(Timestamp::MAX, 3);
    plain.advance_working_hours(Timestamp::MIN, 60);
    plain.advance_working_days(at("2026-11-16T09:00:00Z"), 1_000);
}

#[test]
fn reminders_wait_for_the_members_own_working_hours() {
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    let next = |text: &str| member_hours(&tokyo, at(text)).to_string();
    assert_eq!(next("2026-11-16T01:30:00Z"), "2026-11-16T01:30:00Z", "Mon 10:30 there: now");
    assert_eq!(next("2026-11-15T22:00:00Z"), "2026-11-15T23:00:00Z", "Mon 07:00 there: at 08:00");
    assert_eq!(next("2026-11-16T09:00:00Z"), "2026-11-16T23:00:00Z", "Mon 18:00 there: Tue 08:00");
    assert_eq!(next("2026-11-16T08:59:59Z"), "2026-11-16T08:59:59Z", "Mon 17:59:59 there: now");
    assert_eq!(next("2026-11-20T12:00:00Z"), "2026-11-22T23:00:00Z", "Fri evening there: Mon 08:00");
    assert_eq!(next("2026-11-20T20:00:00Z"), "2026-11-22T23:00:00Z", "Sat 05:00 there: Mon 08:00");
}
