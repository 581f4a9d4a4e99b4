//! Members steer from their mail program: they take a case, ask, close, and are not imitated.

use super::{ALICE, BOB, is_taken_in, receipt_of};
use crate::case::{Case, ClockKind, Closure, Severity, Sha256};
use crate::practice::day::Day;
use crate::practice::mails;
use crate::store::FateWord;

/// Whose report lacks a version.
const TOMAS: &str = "tomas@weller-labs.example";

/// A member answers their last notice about that case with commands; the mail, and the transcript that came back.
async fn commands(
    day: &mut Day,
    who: (&str, &str),
    case: &Case,
    verdict: &str,
    text: &str,
) -> (Sha256, Option<String>) {
    let (name, address) = who;
    let tag = format!("[{}]", case.id);
    let notices = day.letters_to(address);
    let notice = notices.iter().rfind(|notice| notice.subject.contains(&tag));
    let (id, subject) = notice
        .map(|notice| (notice.message_id.clone().unwrap_or_default(), notice.subject.clone()))
        .unwrap_or_default();
    let number = format!("{:02}", day.delivered.len());
    let gaps = [
        ("NAME", name),
        ("FROM", address),
        ("DOMAIN", "members.example"),
        ("RECEIPT", &id),
        ("SUBJECT", &subject),
        ("ID", &number),
        ("VERDICT", verdict),
        ("COMMANDS", text),
    ];
    let mail = day.deliver("INBOX", mails::COMMAND, &gaps);
    day.rest().await;
    let own = format!("command-{number}@members.example");
    let answers = day.letters_to(address);
    let answer = answers.iter().find(|answer| answer.in_reply_to.contains(&own));
    (mail, answer.map(|answer| answer.text.clone()))
}

const AS_ALICE: (&str, &str) = ("Alice Arden", ALICE);
const AS_BOB: (&str, &str) = ("Bob Birch", BOB);

pub(super) async fn takes(day: &mut Day) -> Sha256 {
    day.step("takes", "A report arrives; Alice takes it and acknowledges it, by an answer to her notice");
    let report = day.deliver("INBOX", mails::VAGUE, &[]);
    day.rest().await;
    let Some(case) = is_taken_in(day, report, TOMAS) else { return report };
    let (_, answer) = commands(day, AS_ALICE, &case, "pass", "!own me\n!ack 5wd").await;
    let answer = answer.unwrap_or_default();
    day.check("Alice reads what followed", answer.contains("owner: nobody -> alice"));
    day.check("and the letter, word for word", answer.contains("thank you for taking the time"));
    day.check(
        "Bob is not told by mail",
        !day.letters_to(BOB).iter().any(|m| m.text.contains("nobody -> alice")),
    );
    let Some(case) = day.case(report) else { return report };
    day.check("she owns it", case.owner().is_some_and(|owner| owner.0 == "alice"));
    day.check("the letter left and the promise is kept", !case.runs(ClockKind::Acknowledge));
    let letters = day.letters_to(TOMAS);
    let thanked = letters.last().is_some_and(|letter| letter.text.contains("Alice Arden of the"));
    day.check("the reporter has it", letters.len() == 2 && thanked);
    day.check("the issue shows it as well", day.page(&case).contains("thank you for taking the time"));
    report
}

pub(super) async fn asks(day: &mut Day, report: Sha256) {
    day.step("asks", "Alice asks for the version, and the reporter answers");
    let Some(case) = day.case(report) else {
        day.check("the case is there", false);
        return;
    };
    day.check("the version is missing", day.page(&case).contains("version"));
    let text = "!ask version\nOnly then can we look whether 24.09 has it too.";
    let (_, answer) = commands(day, AS_ALICE, &case, "pass", text).await;
    day.check("the order is taken", answer.is_some_and(|answer| answer.contains("asks for version")));
    let asked = day.letters_to(TOMAS).pop();
    day.check(
        "the letter asks for it and for nothing else",
        asked.as_ref().is_some_and(|m| m.text.contains("Which version of O3DE") && !m.text.contains("- 2.")),
    );
    day.check("the words below are for the team alone", day.page(&case).contains("24.09 has it too"));
    let told = |m: &crate::mail::Letter| m.text.contains("24.09 has it too");
    day.check("the reporter does not read them", !day.letters_to(TOMAS).iter().any(told));
    let (id, subject) = asked.map(|m| (m.message_id.unwrap_or_default(), m.subject)).unwrap_or_default();
    let reply = day.deliver("INBOX", mails::VERSION, &[("RECEIPT", &id), ("SUBJECT", &subject)]);
    day.rest().await;
    day.check("the answer finds its case", day.mail(reply).and_then(|row| row.case) == Some(case.id));
    let (_, answer) = commands(day, AS_BOB, &case, "pass", "!ask version").await;
    let refused = answer.is_some_and(|answer| answer.contains("nothing to ask"));
    day.check("Bob, who asks for it again, is told that nobody needs to", refused);
}

pub(super) async fn on_the_issue(day: &mut Day, report: Sha256) {
    day.step("on-the-issue", "Bob steers by a comment on the issue, and so would somebody else");
    let Some(case) = day.case(report) else {
        day.check("the case is there", false);
        return;
    };
    let mails = day.peers.smtpd.count();
    let words = "!own me\n!severity medium\n\nI have such a project at hand, I take it over.";
    let taken = day.comment(&case, "bob-hub", words);
    day.check("GitHub takes Bob's comment", taken);
    let taken = day.comment(&case, "quick-fixer", "!close not-a-report");
    day.check("GitHub takes a comment of somebody outside the team, who can write there", taken);
    day.rest().await;
    let Some(after) = day.case(report) else { return };
    day.check("he owns it now", after.owner().is_some_and(|owner| owner.0 == "bob"));
    day.check("and the team's severity stands", after.severity_set == Some(Severity::Medium));
    day.check(
        "nothing of the other's is done",
        after.closure().is_none() && after.refused == 1 && after.acts.len() == case.acts.len() + 2,
    );
    let page = day.page(&after);
    day.check("a comment answers him", page.contains("owner: alice -> bob"));
    day.check("everybody sees why the other was refused", page.contains("the sender is not on the roster"));
    let answers = page.matches("**Answers to commands on this issue**").count();
    day.check("all answers stand in one comment", answers == 1);
    day.check("nobody gets a mail for it", day.peers.smtpd.count() == mails);
}

pub(super) async fn closes(day: &mut Day, known: Sha256, bug: Sha256) {
    day.step("closes", "Bob closes one case as known, and Alice one as a bug");
    let (Some(first), Some(second)) = (day.case(known), day.case(bug)) else {
        day.check("the cases are there", false);
        return;
    };
    commands(day, AS_BOB, &first, "pass", "!known CVE-2025-12345").await;
    let why = "!close bug A level can only read what the player may read anyway";
    commands(day, AS_ALICE, &second, "pass", why).await;
    for (mail, closure) in [(known, Closure::KnownPublic), (bug, Closure::Bug)] {
        let Some(case) = day.case(mail) else { continue };
        day.check("the case is closed", case.closure() == Some(closure));
        day.check("nothing is owed any more", case.clocks.values().all(|clock| clock.stopped.is_some()));
        let issue = case.issue.and_then(|(_, number)| day.peers.hub.issue(number));
        let label = format!("closed/{closure}");
        day.check(
            "its issue is closed with its label",
            issue.is_some_and(|i| !i.open && i.labels.contains(&label)),
        );
    }
    let told = |mail: &Sha256, words: &str| {
        let case = day.case(*mail);
        case.is_some_and(|case| day.page(&case).contains(words))
    };
    let both = told(&known, "CVERecord?id=CVE-2025-12345") && told(&bug, "it is a fault");
    day.check("both letters stand on their issues, word for word", both);
}

pub(super) async fn forged(day: &mut Day, report: Sha256) {
    day.step("forged", "Somebody writes in Alice's name: close it, it is spam");
    let Some(case) = day.case(report) else {
        day.check("the case is there", false);
        return;
    };
    let text = "!close spam\nThis is nothing, please forget it.";
    let (mail, answer) = commands(day, AS_ALICE, &case, "fail", text).await;
    day.check("no transcript goes out", answer.is_none());
    day.check("the mail is quarantined", day.fate(mail) == Some(FateWord::Quarantined));
    let after = day.case(report);
    day.check(
        "nothing of it was done",
        after.is_some_and(|after| after.stage == case.stage && after.refused == 1),
    );
    let page = day.page(&case);
    day.check("everybody sees it on the issue", page.contains("in the name of Alice Arden"));
    day.check("its text is kept", page.contains("please forget it"));
    let told = day.letters_to(ALICE).iter().any(|m| m.subject.contains("a mail in your name commanded"));
    day.check("Alice is told, at the address of the roster", told);
}

/// The first letter to a reporter was a receipt, and later ones are a person's.
pub(super) fn receipts_are_first(day: &mut Day) {
    let first =
        receipt_of(day, TOMAS).is_some_and(|(_, subject, _)| subject.starts_with("We have your message"));
    day.check("the receipt came first", first);
}
