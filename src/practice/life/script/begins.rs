//! From the mail to the assessment.

use crate::case::{ClockKind, Phase, Receipt};
use crate::practice::life::Life;
use crate::practice::life::people::{ALICE, BOB, MEERA, NORA, TESS};

pub(super) async fn arrives(life: &mut Life) {
    life.day.step("arrives", "A researcher in Pune reports a flaw");
    life.reported();
    life.rest().await;
    let Some(case) = life.case() else {
        life.day.check("a case begins", false);
        return;
    };
    let sent = matches!(case.receipt, Receipt::Sent(_)) && life.letters(MEERA).len() == 1;
    life.day.check("she has a receipt, and one only", sent);
    life.day.check("the promise of an answer runs", case.runs(ClockKind::Acknowledge));
    let told = [ALICE, BOB].map(|who| life.letters(who).len());
    life.day.check("both members are told once", told == [1, 1]);
    let issue = case.issue.and_then(|(_, number)| life.day.peers.hub.issue(number));
    life.day.check("there is a private issue", issue.is_some());
}

pub(super) async fn taken(life: &mut Life) {
    life.step("2027-03-04T14:05:00Z", "taken", "Alice takes the case and thanks the reporter").await;
    let told = life.orders(ALICE, "!own me\n!ack 5wd").await;
    life.day.check("Alice reads the letter before it leaves", told.contains("thank you for taking the time"));
    life.day.check("it waits: any member can still take it back", life.letters(MEERA).len() == 1);
    life.until("2027-03-04T14:18:00Z").await;
    life.day.check("after ten minutes it left", life.last_says(MEERA, "thank you for taking the time"));
    let kept = life.case().is_some_and(|case| !case.runs(ClockKind::Acknowledge));
    life.day.check("the promise of an answer is kept", kept);
}

pub(super) async fn asked(life: &mut Life) {
    life.step(
        "2027-03-05T09:30:00Z",
        "asked",
        "Alice asks what the report leaves open, and the reporter answers",
    )
    .await;
    life.orders(ALICE, "!ask version, platform").await;
    life.until("2027-03-06T05:10:00Z").await;
    life.day.check("the question left", life.last_says(MEERA, "Which version of O3DE"));
    let text = "It is 2510.1, the installer, on Ubuntu 24.04. I did not try older ones.\n\
                Please name me as Meera Joshi of Joshi Labs. I plan no talk and have no deadline.";
    life.answers(MEERA, text).await;
    let stopped = life.case().is_some_and(|case| !case.runs(ClockKind::Information));
    life.day.check("nobody waits for her any more", stopped);
    life.day.check("the owner is told", life.letters(ALICE).len() > life.letters(BOB).len());
}

pub(super) async fn met(life: &mut Life) {
    life.step("2027-03-08T09:00:00Z", "met", "She claims high: Alice asks the team to meet").await;
    life.orders(ALICE, "!meeting 2027-03-09T15:00Z").await;
    let told = life.letters(BOB).last().map(|letter| letter.attachments.len());
    life.day.check("Bob has it for his calendar", told == Some(1));
}

pub(super) async fn assessed(life: &mut Life) {
    life.step("2027-03-09T15:40:00Z", "assessed", "They met; Alice assesses it as a vulnerability").await;
    let told = life.says(ALICE, "!assess vuln severity=high").await;
    life.day.check("what breaks nothing is none: she is told what is missing", told.contains("REFUSED"));
    let text = "!meeting held\n!assess vuln c=no i=no a=yes means=denial attacker=network \
                vector=CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N versions=<2510.2";
    life.orders(ALICE, text).await;
    life.until("2027-03-09T15:55:00Z").await;
    life.day.check("it is confirmed", life.case().and_then(|case| case.phase()) == Some(Phase::Confirmed));
    life.day.check("the draft advisory is there", life.advisory_says("state") == "draft");
    life.day
        .check("it says nothing of the report", !life.advisory_says("description").contains("quenchwillow"));
    life.day.check("the reporter reads how it is rated", life.last_says(MEERA, "We have confirmed it"));
    life.day.check("the chair of the SIG is told", life.got(NORA, "this mail is confidential") == 1);
    life.day.check("the TSC contact is told", life.got(TESS, "One vulnerability has been confirmed") == 1);
    life.day.check("the draft is there for comment", life.got(BOB, "please read the draft") == 1);
    life.day.check("the letter names the advisory", life.got(NORA, &life.advisory_says("ghsa_id")) == 1);
}
