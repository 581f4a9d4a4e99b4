//! The script: what people and the world do on the practice day, step by step, and what must follow from it.
//!
//! Each step is a function: it lets something happen, waits for the daemon to come to rest, and checks what then is in
//! the store, on GitHub, in the mail server and on Discord.

mod replies;
mod reports;
mod steering;
mod trouble;

use super::day::Day;
use crate::case::{Case, Receipt, Sha256};
use crate::store::FateWord;

/// The researcher of the first report.
const RENA: &str = "rena@porter-research.example";
/// Away when the receipt arrives.
const HENRIK: &str = "henrik.dahl@nordfjord-games.example";
/// Sends a file that breaks the importer.
const MIKA: &str = "mika@okafor.example";
/// Writes through the list.
const RHEA: &str = "rhea@castellan.example";
/// Their mailbox is full.
const ILYA: &str = "ilya@brandt-soft.example";
/// Audits what games are linked against.
const NOOR: &str = "noor@haddad-audit.example";
/// Has a fuzzer.
const TOMASZ: &str = "tomasz@wilk-labs.example";
/// A member of the team.
const ALICE: &str = "alice@members.example";
/// The other one.
const BOB: &str = "bob@members.example";

/// Plays all steps.
pub(super) async fn play(day: &mut Day) {
    let plain = reports::plain_text(day).await;
    let html = reports::html_only(day).await;
    reports::attachments(day).await;
    let listed = reports::through_the_list(day).await;
    reports::second_copy(day, listed).await;
    replies::out_of_office(day).await;
    reports::spam(day).await;
    reports::bundled(day).await;
    reports::repeated(day, plain).await;
    replies::reporter_again(day, plain).await;
    replies::member_answers(day, plain).await;
    replies::operator_confirms(day, plain).await;
    replies::stranger(day, plain).await;
    let vague = steering::takes(day).await;
    steering::asks(day, vague).await;
    steering::receipts_are_first(day);
    steering::on_the_issue(day, vague).await;
    steering::closes(day, html, listed).await;
    steering::forged(day, plain).await;
    let unlucky = trouble::answer_lost(day).await;
    trouble::bounce(day, unlucky).await;
    trouble::restart(day).await;
    trouble::nothing_left_over(day).await;
}

/// The receipt that this address got: its Message-ID, its subject, its text.
fn receipt_of(day: &Day, address: &str) -> Option<(String, String, String)> {
    let letter = day.letters_to(address).into_iter().next()?;
    Some((letter.message_id?, letter.subject, letter.text))
}

/// What every report must lead to: a case, its page, a receipt in the reporter's thread, and alerts without a word of it.
fn is_taken_in(day: &mut Day, mail: Sha256, reporter: &str) -> Option<Case> {
    day.check("the mail begins a case", day.fate(mail) == Some(FateWord::Case));
    let case = day.case(mail)?;
    let tag = format!("[{}]", case.id);
    let title = format!("{}: report received", case.id);
    let issues = day.peers.hub.issues().iter().filter(|issue| issue.title.starts_with(&title)).count();
    day.check("the case has exactly one issue, and its title says nothing of the report", issues == 1);
    let acknowledge = case.acknowledge_by().is_some_and(|by| by > day.now());
    day.check("the promise to answer runs", acknowledge);
    let receipts = day.letters_to(reporter);
    let receipt = receipts.first().filter(|letter| letter.subject.contains(&tag));
    let sent = matches!(case.receipt, Receipt::Sent(_)) && receipts.len() == 1;
    day.check("the reporter has exactly one receipt, with the number of the case", sent && receipt.is_some());
    let threaded = receipt.is_some_and(|letter| !letter.in_reply_to.is_empty());
    day.check("the receipt answers the reporter's own mail", threaded);
    for member in [ALICE, BOB] {
        let told = day.letters_to(member).iter().filter(|notice| notice.subject.contains(&tag)).count();
        day.check("each member is told once", told == 1);
    }
    let posts = day.peers.discord.messages();
    let posts = posts.iter().filter(|post| post.content.contains(&case.id.to_string())).count();
    day.check("the channel is told once", posts == 1);
    Some(case)
}
