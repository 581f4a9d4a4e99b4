//! People answer: a machine for one of them, the reporter, a member, a stranger.

use super::{ALICE, HENRIK, RENA, receipt_of};
use crate::case::{ClockKind, Event, Sha256};
use crate::practice::day::Day;
use crate::practice::mails;
use crate::store::FateWord;

pub(super) async fn out_of_office(day: &mut Day) {
    day.step("out-of-office", "An out-of-office notice answers a receipt");
    let Some((id, subject, _)) = receipt_of(day, HENRIK) else {
        day.check("there is a receipt to answer", false);
        return;
    };
    let sent = day.peers.smtpd.count();
    let mail = day.deliver("INBOX", mails::AWAY, &[("RECEIPT", &id), ("SUBJECT", &subject)]);
    day.rest().await;
    day.check("it is kept on the case", day.fate(mail) == Some(FateWord::Reply));
    let events = day.case(mail).map(|case| day.events(case.id)).unwrap_or_default();
    let automatic = |event: &Event| matches!(event, Event::Added { automatic: true, .. });
    day.check("it is known as automatic", events.iter().any(automatic));
    let page = day.case(mail).map(|case| day.page(&case)).unwrap_or_default();
    day.check("the page does not take it for the reporter's words", page.contains("An automatic answer"));
    day.check("nobody is answered or alerted: two machines do not talk", day.peers.smtpd.count() == sent);
}

pub(super) async fn reporter_again(day: &mut Day, report: Sha256) {
    day.step("reporter-again", "The reporter writes again, with the receipt quoted below");
    let Some((id, subject, text)) = receipt_of(day, RENA) else {
        day.check("there is a receipt to answer", false);
        return;
    };
    let when = day.now().strftime("%a, %d %b %Y at %H:%M:%S +0000").to_string();
    let quote = mails::quoted(&text);
    let gaps = [("RECEIPT", id.as_str()), ("SUBJECT", &subject), ("WHEN", &when), ("QUOTE", &quote)];
    let notices = day.letters_to(ALICE).len();
    let mail = day.deliver("INBOX", mails::AGAIN, &gaps);
    day.rest().await;
    day.check("it belongs to the reporter's case", day.fate(mail) == Some(FateWord::Reply));
    let case = day.case(report);
    day.check(
        "it is the case of the first mail",
        day.mail(mail).and_then(|row| row.case) == case.as_ref().map(|case| case.id),
    );
    let page = case.map(|case| day.page(&case)).unwrap_or_default();
    let (new, old) = page.split_once("Quoted history").unwrap_or((&page, ""));
    day.check("the new words stand in a comment", new.contains("the release 24.09.2 has the"));
    day.check("the quoted receipt is folded away below them", old.contains("thank you for writing to us"));
    day.check("members are told", day.letters_to(ALICE).len() == notices + 1);
    day.check("there is no second receipt", day.letters_to(RENA).len() == 1);
}

pub(super) async fn member_answers(day: &mut Day, report: Sha256) {
    day.step("member-answers", "A member answers the reporter from their own mail program, the list in Cc");
    let Some((id, _, _)) = receipt_of(day, RENA) else {
        day.check("there is a thread to answer in", false);
        return;
    };
    let mail = day.deliver("INBOX", mails::MEMBER, &[("RECEIPT", &id)]);
    day.rest().await;
    day.check("it belongs to the case", day.fate(mail) == Some(FateWord::Reply));
    let Some(case) = day.case(report) else {
        day.check("the case is there", false);
        return;
    };
    let answer = case.answer.as_ref();
    day.check("it is seen as Alice's answer", answer.is_some_and(|answer| answer.member.0 == "alice"));
    day.check("it is not taken as proven", answer.is_some_and(|answer| !answer.verified));
    day.check("the promise still runs", case.runs(ClockKind::Acknowledge));
    day.check("the page shows it as unverified", day.page(&case).contains("**unverified**"));
    let asked = |subject: &str| subject.contains("did you answer the reporter?");
    let notices = day.letters_to(ALICE);
    let asked = notices.iter().filter(|notice| asked(&notice.subject)).count();
    day.check("Alice is asked, at the address of the roster", asked == 1);
    day.check("the reporter hears nothing of that", day.letters_to(RENA).len() == 1);
}

pub(super) async fn operator_confirms(day: &mut Day, report: Sha256) {
    day.step("confirmed", "An operator asked Alice and confirms her answer");
    let Some(case) = day.case(report) else {
        day.check("the case is there", false);
        return;
    };
    let answer = day.order_answered(case.id, "alice").await;
    day.check("the running daemon takes the order", answer.is_some_and(|answer| answer.ends_with(": done")));
    day.rest().await;
    let Some(case) = day.case(report) else { return };
    day.check("the promise is kept, its clock stands", !case.runs(ClockKind::Acknowledge));
    day.check("the page says who answered", day.page(&case).contains("Alice Arden"));
}

pub(super) async fn stranger(day: &mut Day, report: Sha256) {
    day.step("stranger", "A journalist heard of the case and names its number");
    let Some(case) = day.case(report) else {
        day.check("the case is there", false);
        return;
    };
    let mail = day.deliver("INBOX", mails::STRANGER, &[("CASE", &case.id.to_string())]);
    day.rest().await;
    day.check("the mail is quarantined", day.fate(mail) == Some(FateWord::Quarantined));
    day.check("the page shows it as unverified", day.page(&case).contains("UNVERIFIED"));
    day.check("the journalist gets no word", day.letters_to("press@engine-weekly.example").is_empty());
    let after = day.case(report);
    day.check(
        "nobody was added, no clock changed",
        after.is_some_and(|after| after.clocks == case.clocks && after.quarantined == 1),
    );
}
