//! The world is not as it should be: an answer is lost, a letter comes back, the daemon is stopped.

use super::{ALICE, ILYA, is_taken_in, receipt_of};
use crate::case::{Case, ClockKind, Sha256};
use crate::practice::day::Day;
use crate::practice::diary::Place;
use crate::practice::hub::{Fault, Kind};
use crate::practice::mails;
use crate::store::FateWord;

pub(super) async fn answer_lost(day: &mut Day) -> Sha256 {
    day.step("answer-lost", "A short report arrives; GitHub opens the issue and then answers 502");
    day.peers.hub.faults().at("POST", Kind::Issues, Fault::CommitThen502);
    let mail = day.deliver("INBOX", mails::UNLUCKY, &[]);
    day.rest().await;
    day.check("GitHub did answer 502", day.peers.hub.faults().pending() == 0);
    if let Some(case) = is_taken_in(day, mail, ILYA) {
        let met = day.peers.hub.requests();
        let lost = met.iter().position(|met| met.method == "POST" && met.status == 502);
        let after = met.iter().skip(lost.map_or(met.len(), |at| at + 1));
        let later: Vec<&str> = after
            .filter(|met| met.path.ends_with("/issues") && !met.query.contains("sort=updated"))
            .map(|met| met.method.as_str())
            .collect();
        day.check("the daemon lists the issues and does not open a second one", later == ["GET"]);
        let found = case.issue.and_then(|(_, number)| day.peers.hub.issue(number));
        day.check("it found the one that is there", found.is_some());
    }
    mail
}

pub(super) async fn bounce(day: &mut Day, report: Sha256) {
    day.step("bounce", "The receipt to that reporter comes back: their mailbox is full");
    let Some((id, subject, _)) = receipt_of(day, ILYA) else {
        day.check("there is a receipt that can come back", false);
        return;
    };
    let mail = day.deliver("INBOX", mails::BOUNCE, &[("RECEIPT", &id), ("SUBJECT", &subject)]);
    day.rest().await;
    day.check("it is read as news of that receipt", day.fate(mail) == Some(FateWord::Delivery));
    let case = day.case(report);
    day.check(
        "the case is marked: delivery failed",
        case.as_ref().is_some_and(|case| case.delivery_failed.is_some()),
    );
    day.check(
        "the promise to answer runs",
        case.as_ref().is_some_and(|case| case.runs(ClockKind::Acknowledge)),
    );
    let page = case.map(|case| day.page(&case)).unwrap_or_default();
    day.check("the page says so", page.contains("Delivery failed"));
    day.check("no clock is said to run again: a receipt stops none", !page.contains("runs again"));
    let told = day.letters_to(ALICE).iter().any(|notice| notice.subject.contains("delivery failed"));
    day.check("members are told", told);
    day.check(
        "the bounce is not answered",
        day.letters_to("mailer-daemon@relay3.brandt-soft.example").is_empty(),
    );
}

pub(super) async fn restart(day: &mut Day) {
    day.step("restart", "The daemon is stopped and started again on the same state");
    let before = footprint(day);
    let stopped = day.stop().await;
    day.check("it ends by itself when it is told to", stopped);
    if stopped {
        day.diary.seen(Place::Daemon, "stopped", "stopped, and it ended by itself", &[]);
    }
    let at = day.now();
    match day.start_again().await {
        Ok(()) => {
            let polled = day.polled_after(at).await;
            day.check("it looks through the whole mailbox again", polled);
            if polled {
                day.diary.seen(
                    Place::Daemon,
                    "started",
                    "started again, the whole mailbox looked through",
                    &[],
                );
            }
            day.rest().await;
        }
        Err(trouble) => day.check(&format!("it starts again ({trouble})"), false),
    }
    let after = footprint(day);
    day.check("nothing is done twice: no mail, no issue, no comment, no post", after == before);
    let text =
        format!("mails sent: {} before, {} after; issues: {} and {}", before.0, after.0, before.1, after.1);
    day.diary.seen(Place::Daemon, "compared", &text, &[]);
}

/// Everything that was done to the world, counted: mails, issues, comments, posts.
fn footprint(day: &Day) -> (usize, usize, usize, usize) {
    let issues = day.peers.hub.issues();
    let comments = issues.iter().map(|issue| issue.comments.len()).sum();
    (day.peers.smtpd.count(), issues.len(), comments, day.peers.discord.messages().len())
}

pub(super) async fn nothing_left_over(day: &mut Day) {
    day.step("nothing-left-over", "The day ends: nothing is lost, nothing is left over");
    let stopped = day.stop().await;
    day.check("the daemon ends by itself", stopped);
    day.check("the mailbox was only ever looked at", day.peers.imapd.forbidden_seen().is_empty());
    day.check("GitHub's rules were kept", day.peers.hub.violations().is_empty());
    day.check("Discord's rules were kept", day.peers.discord.violations().is_empty());
    let store = day.office.store.clone();
    let figures = store.read(|txn| txn.figures()).unwrap_or_default();
    let held: u64 = figures.mails.iter().map(|(_, count)| count).sum();
    day.check(
        "every mail of the mailbox is held",
        held == day.delivered.len() as u64 && figures.missing == 0,
    );
    let unread = figures.mails.iter().any(|(fate, _)| fate == FateWord::Stored.word());
    day.check("every mail has its fate", !unread);
    let cases = store.read(|txn| txn.cases()).unwrap_or_default();
    let folds = |case: &Case| Case::replay(case.id, &day.events(case.id)).as_ref() == Some(case);
    let folded = !cases.is_empty() && cases.iter().all(folds);
    day.check("every case is the sum of what its journal says", folded);
    let log = std::fs::read_to_string(day.dir().join("daemon.log")).unwrap_or_default();
    let leaked = [
        "EntityUpdates",
        "deflate_stored",
        "CVE-2099",
        "id_ed25519",
        "porter-research",
        "practice-password",
        "practice-token",
    ];
    let silent = !log.is_empty() && !leaked.iter().any(|word| log.contains(word));
    day.check("the log holds no word of a report, no address and no secret", silent);
    let fates: Vec<String> = figures.mails.iter().map(|(fate, count)| format!("{count} {fate}")).collect();
    let text = format!("{held} mails held: {}", fates.join(", "));
    day.diary.seen(Place::Daemon, "ended", &text, &[]);
}
