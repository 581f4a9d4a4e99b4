//! The people who fix it, and the day on which it will be public.

use crate::case::Phase;
use crate::practice::life::Life;
use crate::practice::life::people::{ALICE, MEERA, NORA};

pub(super) async fn grouped(life: &mut Life) {
    life.step("2027-03-10T09:20:00Z", "grouped", "The chair of the SIG helps herself; a group begins").await;
    life.answers(NORA, "nora-hub. I can look at it today.").await;
    let told = life.says(ALICE, "!group alice").await;
    life.day.check("without anybody of the SIG there is no group", told.contains("nobody of SIG network"));
    life.orders(ALICE, "!group alice, nora\n!fork").await;
    life.day
        .check("the fix is on its way", life.case().and_then(|case| case.phase()) == Some(Phase::Mitigating));
    life.day.check("Nora is told what to do", life.got(NORA, "working group") >= 1);
}

pub(super) async fn proposed(life: &mut Life) {
    life.step("2027-03-10T10:30:00Z", "proposed", "Alice proposes a day to the reporter").await;
    let told = life.says(ALICE, "!embargo 2027-04-10").await;
    life.day.check(
        "nobody publishes on a Saturday",
        told.contains("the nearest earlier one is Thu 8 Apr 2027, 16:00 UTC"),
    );
    life.orders(ALICE, "!embargo 2027-04-07").await;
    life.until("2027-03-11T04:40:00Z").await;
    life.day
        .check("the reporter reads it on her own clock", life.last_says(MEERA, "21:30 UTC+05:30 with you"));
}

pub(super) async fn agreed(life: &mut Life) {
    life.step("2027-03-11T04:40:00Z", "agreed", "The reporter says yes, and a member says that it was one")
        .await;
    life.answers(MEERA, "Yes, the 7th of April suits me well.").await;
    let open = |life: &Life| life.case().is_some_and(|case| case.tracks.embargo.agreed.is_none());
    life.day.check("a yes in a mail is not taken for one by a machine", open(life));
    life.until("2027-03-11T08:15:00Z").await;
    life.orders(ALICE, "!agreed\n!credit name").await;
    life.until("2027-03-11T08:30:00Z").await;
    life.day.check("the day is agreed", !open(life));
    life.day.check("she has it in writing", life.last_says(MEERA, "Wednesday 7 April 2027, 16:00 UTC"));
    let entry = life.letters(MEERA).last().map(|letter| letter.attachments.len());
    life.day.check("and for her calendar", entry == Some(1));
    let entry = life.letters(NORA).last().map(|letter| letter.attachments.len());
    life.day.check("so has the group", entry == Some(1));
}
