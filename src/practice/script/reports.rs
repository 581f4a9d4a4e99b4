//! Reports arrive, in all the forms that people and mail programs give them; and mail that is none.

use super::{ALICE, HENRIK, MIKA, NOOR, RENA, RHEA, TOMASZ, is_taken_in};
use crate::case::Sha256;
use crate::practice::day::Day;
use crate::practice::mails;
use crate::store::FateWord;

pub(super) async fn plain_text(day: &mut Day) -> Sha256 {
    day.step("plain-text", "A report arrives: plain text, with numbered steps");
    let mail = day.deliver("INBOX", mails::PLAIN, &[]);
    day.rest().await;
    if let Some(case) = is_taken_in(day, mail, RENA) {
        let page = day.page(&case);
        day.check(
            "component and claimed severity are understood",
            case.component.is_some() && case.severity.is_some(),
        );
        day.check(
            "the page shows the report",
            page.contains("EntityUpdates packet whose length field says 70000"),
        );
        day.check(
            "the page shows what was understood",
            page.contains("Multiplayer") && page.contains("25.05.1"),
        );
    }
    mail
}

pub(super) async fn html_only(day: &mut Day) -> Sha256 {
    day.step("html-only", "A report arrives: HTML only, from the mail program of a large provider");
    let mail = day.deliver("INBOX", mails::OUTLOOK, &[]);
    day.rest().await;
    if let Some(case) = is_taken_in(day, mail, HENRIK) {
        let page = day.page(&case);
        day.check("the words are read out of the HTML", page.contains("Our studio runs the Asset Processor"));
        let clean = !page.contains("MsoNormal") && !page.contains("@font-face") && !page.contains("<o:p>");
        day.check("no style sheet and no tag is left in them", clean);
    }
    mail
}

pub(super) async fn attachments(day: &mut Day) {
    day.step("attachments", "A report arrives with a picture and a zip file");
    let mail = day.deliver("INBOX", mails::ATTACHED, &[]);
    day.rest().await;
    if let Some(case) = is_taken_in(day, mail, MIKA) {
        let page = day.page(&case);
        day.check("the page lists both files", page.contains("debugger.png") && page.contains("poc.zip"));
        day.check("the files themselves stay in the store", !page.contains("UEsDB"));
    }
}

pub(super) async fn through_the_list(day: &mut Day) -> Sha256 {
    day.step("through-the-list", "A report arrives that the mailing list rewrote");
    let mail = day.deliver("INBOX", mails::LISTED, &[]);
    day.rest().await;
    if let Some(case) = is_taken_in(day, mail, RHEA) {
        let page = day.page(&case);
        day.check("the page names who really wrote", page.contains(RHEA));
        day.check(
            "tag and footer of the list are gone",
            !page.contains("Unsubscribe") && !page.contains("[security]"),
        );
        let to_list = day.letters_to("security@lists.o3de.example").len();
        day.check("nothing is sent to the list", to_list == 0);
    }
    mail
}

pub(super) async fn second_copy(day: &mut Day, listed: Sha256) {
    day.step("second-copy", "The same mail arrives once more, this time not through the list");
    let (cases, sent) = (count(day), day.peers.smtpd.count());
    let mail = day.deliver("INBOX", mails::SECOND_COPY, &[]);
    day.rest().await;
    day.check("the first copy made a case", day.fate(listed) == Some(FateWord::Case));
    day.check("the second is known as a copy", day.fate(mail) == Some(FateWord::Copy));
    day.check("there is no second case", cases.is_some() && cases == count(day));
    day.check("nothing is sent", day.peers.smtpd.count() == sent);
}

pub(super) async fn spam(day: &mut Day) {
    day.step("waiting-room", "Advertising lies in the provider's junk folder");
    let (cases, issues) = (count(day), day.peers.hub.issues().len());
    let mail = day.deliver("Junk", mails::SPAM, &[]);
    day.rest().await;
    let row = day.mail(mail);
    day.check("it waits for a person", row.as_ref().map(|row| row.fate) == Some(FateWord::Waiting));
    day.check("it has a time after which it becomes a case", row.is_some_and(|row| row.wait_until.is_some()));
    day.check(
        "there is no case and no issue for it",
        cases.is_some() && cases == count(day) && day.peers.hub.issues().len() == issues,
    );
    day.check("its sender hears nothing", day.letters_to("kyle@growth-mailer.example").is_empty());
}

pub(super) async fn bundled(day: &mut Day) {
    day.step(
        "bundled-package",
        "A report arrives about a package that O3DE bundles; the public record has it",
    );
    let mail = day.deliver("INBOX", mails::BUNDLED, &[]);
    day.rest().await;
    if let Some(case) = is_taken_in(day, mail, NOOR) {
        let page = day.page(&case);
        let named = page.contains("[CVE-2099-20011](https://nvd.nist.gov/vuln/detail/CVE-2099-20011)");
        day.check("the page names the public record, with its address", named);
        day.check(
            "it says what O3DE ships and that it lies in the range",
            page.contains("O3DE ships **zlib") && page.contains("**inside** the range of"),
        );
        day.check("it says how old the mirror is", page.contains("public records in the mirror of"));
        day.check("a known answer stands ready to be copied", page.contains("`!known CVE-2099-20011`"));
        let notices = day.letters_to(ALICE);
        let notice = notices.iter().find(|notice| notice.subject.contains(&case.id.to_string()));
        let told = notice
            .is_some_and(|notice| notice.text.contains("likely known") && !notice.text.contains("CVE-"));
        day.check("members are told in numbers, without a word of the record", told);
        let silent = day.letters_to(NOOR).iter().all(|letter| !letter.text.contains("CVE-"));
        day.check("the reporter hears nothing of it from the machine", silent);
    }
}

pub(super) async fn repeated(day: &mut Day, first: Sha256) {
    day.step(
        "earlier-case",
        "Somebody else found what was reported this morning, and tells it in other words",
    );
    let mail = day.deliver("INBOX", mails::REPEATED, &[]);
    day.rest().await;
    let first = day.case(first).map(|case| case.id.to_string()).unwrap_or_default();
    if let Some(case) = is_taken_in(day, mail, TOMASZ) {
        let page = day.page(&case);
        let known = page.split("### Known already?").nth(1).unwrap_or_default();
        day.check("the page names the earlier case", known.contains(&format!("[{first}](")));
        day.check("a line that joins them stands ready", known.contains(&format!("`!dup {first}`")));
        let notices = day.letters_to(ALICE);
        let notice = notices.iter().find(|notice| notice.subject.contains(&case.id.to_string()));
        day.check(
            "members are told that there is one",
            notice.is_some_and(|notice| notice.text.contains("1 earlier case")),
        );
        let silent = day.letters_to(TOMASZ).iter().all(|letter| !letter.text.contains(&first));
        day.check("one reporter hears nothing of the other", silent);
    }
}

/// How many cases there are.
fn count(day: &Day) -> Option<u64> {
    day.office.store.read(|txn| txn.figures()).ok().map(|figures| figures.cases)
}
