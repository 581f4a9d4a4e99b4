//! A crowd of mails of all kinds, and what must have become of each at the end.

use std::collections::BTreeSet;

use sir_intake::case::Effect;
use sir_intake::store::{EffectState, FateWord};

use super::yard::{Yard, report};

/// What was delivered, by kind.
#[derive(Default, Debug)]
pub struct Sent {
    /// At least so many bytes a report.
    size: usize,
    pub reports: usize,
    replies: Vec<String>,
    junk: usize,
    bounces: usize,
    automatic: usize,
}

impl Sent {
    pub fn of_size(size: usize) -> Self {
        Self { size, ..Self::default() }
    }

    pub fn all(&self) -> usize {
        self.reports + self.replies.len() + self.junk + self.bounces + self.automatic
    }

    /// The next mail of the crowd: three reports, a reply to one, and something else.
    fn next(&mut self, yard: &Yard) -> String {
        let number = self.all();
        match number % 5 {
            0 | 2 | 4 => {
                self.reports += 1;
                report(self.reports, self.size)
            }
            1 => {
                let token = format!("afterthought-{number}-of-the-reporter");
                self.replies.push(token.clone());
                reply(self.reports, number, &token)
            }
            _ => self.other(yard, number),
        }
    }

    fn other(&mut self, yard: &Yard, number: usize) -> String {
        let returned = returned(yard, self.bounces);
        match (number % 4, returned) {
            (0, Some(bounce)) => {
                self.bounces += 1;
                bounce
            }
            (1, _) => {
                self.automatic += 1;
                away(number)
            }
            _ => {
                self.junk += 1;
                junk(number)
            }
        }
    }
}

fn reply(report: usize, number: usize, token: &str) -> String {
    crate::world::report(
        &format!("rena{report}@reporter{report}.example"),
        &format!("Re: Heap overflow number {report} in the Multiplayer gem"),
        &format!("reply-{number}@reporter.example"),
        &format!("One more thing: {token}.\n"),
    )
    .replace("MIME-Version", &format!("In-Reply-To: <report-{report}@reporter.example>\nMIME-Version"))
}

fn junk(number: usize) -> String {
    crate::world::report(
        &format!("sales{number}@shoes.example"),
        "Shoes for everybody",
        &format!("shoes-{number}@shoes.example"),
        &format!("Buy {number} pairs and get a free trial. Book a call. Unsubscribe here.\n"),
    )
}

fn away(number: usize) -> String {
    crate::world::report(
        &format!("away{number}@else.example"),
        "Automatic reply: hello",
        &format!("away-{number}@else.example"),
        &format!("I am on holiday until day {number}.\n"),
    )
    .replace("MIME-Version", "Auto-Submitted: auto-replied\nMIME-Version")
}

/// A delivery status notification (RFC 3464) for the n-th receipt that left.
fn returned(yard: &Yard, nth: usize) -> Option<String> {
    let receipts: Vec<_> = yard.peers.smtpd.mails();
    let receipt = receipts.iter().filter(|mail| mail.envelope_to[0].starts_with("rena")).nth(nth)?;
    let text = String::from_utf8_lossy(&receipt.data).into_owned();
    let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: "))?.trim().to_owned();
    let to = &receipt.envelope_to[0];
    Some(format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.reporter.example\nTo: sir-bot@o3de.example\n\
         Subject: Undelivered Mail Returned to Sender\nMessage-ID: <dsn-{nth}@mx.reporter.example>\n\
         Auto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n\
         --b\nContent-Type: text/plain\n\nIt could not be delivered.\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.reporter.example\n\n\
         Final-Recipient: rfc822; {to}\nAction: failed\nStatus: 5.1.1\n\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {id}\nTo: {to}\n\n--b--\n"
    ))
}

/// Figures of the end, which are all to be 0.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Harm {
    lost_mails: usize,
    lost_reports: usize,
    lost_receipts: usize,
    lost_comments: usize,
    double_issues: usize,
    double_receipts: usize,
    double_comments: usize,
    /// Our own pages, taken for somebody's edit.
    false_edits: usize,
}

pub async fn harm(yard: &mut Yard, sent: &Sent) -> Harm {
    yard.settle().await;
    yard.nothing_is_left_over();
    let store = &yard.daemon().office.store;
    let figures = store.read(|txn| txn.figures()).unwrap();
    let held: u64 = figures.mails.iter().map(|(_, count)| count).sum();
    let count = |fate: FateWord| yard.mails(fate).len();
    assert_eq!(count(FateWord::Reply), sent.replies.len(), "{figures:?}");
    assert_eq!(count(FateWord::Delivery), sent.bounces, "{figures:?}");
    assert_eq!(
        count(FateWord::Waiting) + count(FateWord::Screened),
        sent.junk + sent.automatic,
        "{figures:?}"
    );

    let issues = yard.peers.hub.issues();
    let titles: BTreeSet<&str> = issues.iter().map(|issue| issue.title.as_str()).collect();
    let comments: Vec<String> =
        issues.iter().flat_map(|issue| &issue.comments).map(|comment| comment.body.clone()).collect();
    let markers: BTreeSet<&str> =
        comments.iter().map(|body| body.lines().next().unwrap_or_default()).collect();
    for issue in &issues {
        for (at, one) in issue.comments.iter().enumerate() {
            let same = |other: &&sir_intake::practice::hub::Comment| {
                other.body.lines().next() == one.body.lines().next()
            };
            if let Some(first) = issue.comments.iter().take(at).find(same) {
                println!(
                    "twice on {}: at {:?} and {:?}: {}",
                    issue.number, first.created_at, one.created_at, one.body
                );
            }
        }
    }
    let unknown = store.read(|txn| txn.effects_in(EffectState::Unknown, 10_000)).unwrap();
    let unknown = unknown.iter().filter(|row| matches!(row.effect, Effect::Letter { .. })).count();
    let letters: Vec<usize> =
        (1..=sent.reports).map(|n| yard.letters_to(&format!("rena{n}@reporter{n}.example"))).collect();
    let none = letters.iter().filter(|count| **count == 0).count();
    Harm {
        lost_mails: sent.all().abs_diff(usize::try_from(held).unwrap()),
        lost_reports: sent.reports.abs_diff(count(FateWord::Case)) + sent.reports.abs_diff(titles.len()),
        // Those nobody can say about are asked about.
        lost_receipts: none.saturating_sub(unknown),
        lost_comments: sent.replies.iter().filter(|t| !comments.iter().any(|c| c.contains(*t))).count(),
        double_issues: issues.len() - titles.len(),
        double_receipts: letters.iter().map(|count| count.saturating_sub(1)).sum(),
        double_comments: comments.len() - markers.len(),
        false_edits: comments.iter().filter(|body| body.contains("edited by hand")).count(),
    }
}

pub fn deliver(yard: &Yard, sent: &mut Sent, mails: usize) {
    let mails: Vec<String> = (0..mails).map(|_| sent.next(yard)).collect();
    if !mails.is_empty() {
        yard.dovecot.deliver_all(&mails);
    }
}
