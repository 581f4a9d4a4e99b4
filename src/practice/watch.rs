//! The watch: what the stand-ins hold and what the journal says is told once, as it appears. The script tells nothing
//! itself.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::diary::{Diary, Place};
use super::discord::Message;
use super::hub::Issue;
use super::loopback::Loopback;
use super::smtpd::Accepted;
use super::web::Met;
use super::words;
use crate::case::{Address, CaseId, MailId, Sha256};
use crate::mail::{self, House, Letter, Limits};
use crate::office::Office;
use crate::store::{EventRow, FateWord, MailRow, StoreError};

/// How far everything was told.
#[derive(Default)]
pub(super) struct Watch {
    mails: Vec<(Sha256, MailId)>,
    event: i64,
    sent: usize,
    requests: usize,
    posts: usize,
    issues: BTreeMap<u64, Page>,
}

/// An issue as it was told.
struct Page {
    body: Sha256,
    comments: usize,
}

/// What the peers hold, taken before the store is read: what is told of the store is never older than it.
struct Outside {
    requests: Vec<Met>,
    issues: Vec<Issue>,
    sent: Vec<Accepted>,
    posts: Vec<Message>,
}

impl Watch {
    /// Tells all that is new.
    ///
    /// # Errors
    /// A fault of the disk.
    pub(super) fn look(
        &mut self,
        peers: &Loopback,
        office: &Office,
        diary: &mut Diary,
    ) -> Result<(), StoreError> {
        let outside = Outside {
            // Before the issues: a refusal is told after what it hides.
            requests: peers.hub.requests(),
            issues: peers.hub.issues(),
            sent: peers.smtpd.mails(),
            posts: peers.discord.messages(),
        };
        self.tell_mails(office, diary)?;
        self.tell_events(office, diary)?;
        self.tell_issues(&outside.issues, diary);
        self.tell_requests(&outside.requests, diary);
        self.tell_sent(&outside.sent, office, diary);
        for post in outside.posts.iter().skip(self.posts) {
            diary.seen(Place::Discord, "posted", &words::first_words(&post.content), &[]);
        }
        self.posts = outside.posts.len();
        Ok(())
    }

    /// The stored mail with these bytes, once it is read and settled.
    pub(super) fn settled(&self, sha256: Sha256) -> Option<MailId> {
        self.mails.iter().find(|(known, _)| *known == sha256).map(|(_, id)| *id)
    }

    fn tell_mails(&mut self, office: &Office, diary: &mut Diary) -> Result<(), StoreError> {
        loop {
            let next = MailId(self.mails.last().map_or(1, |(_, id)| id.0 + 1));
            let (row, raw) = match office.store.read(|txn| Ok((txn.mail(next)?, txn.raw(next)?))) {
                Ok((row, _)) if row.fate == FateWord::Stored => return Ok(()),
                Ok(found) => found,
                Err(StoreError::Absent(_)) => return Ok(()),
                Err(fault) => return Err(fault),
            };
            self.mails.push((row.sha256, row.id));
            let letter = mail::read(&raw, &office.limits, &office.house);
            tell_mail(&row, &letter, diary);
        }
    }

    fn tell_events(&mut self, office: &Office, diary: &mut Diary) -> Result<(), StoreError> {
        let mut rows: Vec<(CaseId, EventRow)> = office.store.read(|txn| {
            let mut rows = Vec::new();
            for case in txn.cases()? {
                rows.extend(txn.events(case.id)?.into_iter().map(|row| (case.id, row)));
            }
            Ok(rows)
        })?;
        rows.retain(|(_, row)| row.seq > self.event);
        rows.sort_by_key(|(_, row)| row.seq);
        for (case, row) in rows {
            self.event = row.seq;
            let kind = row.event.kind();
            let more = [("case", json!(case.to_string())), ("event", json!(row.event))];
            match words::happened(office, case, &row.event) {
                Some(text) => diary.seen(Place::Case, kind, &text, &more),
                None => diary.noted(Place::Case, kind, &format!("{case}: {kind}"), &more),
            }
        }
        Ok(())
    }

    fn tell_issues(&mut self, issues: &[Issue], diary: &mut Diary) {
        for issue in issues {
            let body = Sha256::of(issue.body.as_bytes());
            let number = issue.number;
            let more = [("issue", Value::from(number))];
            let page = match self.issues.get_mut(&number) {
                Some(page) => {
                    if page.body != body {
                        let text = format!("issue {number} drawn anew, as the case stands");
                        diary.seen(Place::Github, "issue-updated", &text, &more);
                        page.body = body;
                    }
                    page
                }
                None => {
                    let labels: Vec<&str> = issue.labels.iter().map(String::as_str).collect();
                    let text = format!("issue {number} opened: “{}”", issue.title);
                    let more = [("issue", Value::from(number)), ("labels", json!(labels))];
                    diary.seen(Place::Github, "issue-opened", &text, &more);
                    self.issues.entry(number).or_insert(Page { body, comments: 0 })
                }
            };
            for comment in issue.comments.iter().skip(page.comments) {
                let text = format!("comment on issue {number}: {}", words::first_words(&comment.body));
                diary.seen(Place::Github, "commented", &text, &more);
            }
            page.comments = issue.comments.len();
        }
    }

    fn tell_requests(&mut self, requests: &[Met], diary: &mut Diary) {
        for met in requests.iter().skip(self.requests) {
            let Met { method, path, query, status } = met;
            let more = [("method", json!(method)), ("path", json!(path)), ("status", json!(status))];
            if *status >= 500 {
                let text = format!("answers {status} to {method} {path}: did it happen or not?");
                diary.seen(Place::Github, "fault", &text, &more);
            } else if method == "GET" && path.ends_with("/issues") && query.contains("sort=created") {
                let text = "lists its issues for the daemon, which looks before it tries again";
                diary.seen(Place::Github, "listed", text, &more);
            } else {
                diary.noted(Place::Github, "request", &format!("{method} {path}: {status}"), &more);
            }
        }
        self.requests = requests.len();
    }

    fn tell_sent(&mut self, sent: &[Accepted], office: &Office, diary: &mut Diary) {
        for mail in sent.iter().skip(self.sent) {
            let letter = read_sent(mail);
            for to in &mail.envelope_to {
                let address = Address::parse(to);
                let member =
                    address.and_then(|to| office.policy.roster.by_address(&to).map(|m| m.key.to_string()));
                let place = if member.is_some() { Place::Notice } else { Place::Letter };
                // Members go by their short names: their addresses are in the roster.
                let text = format!("to {}: “{}”", member.as_deref().unwrap_or(to), letter.subject);
                let more = [("to", json!(to)), ("message_id", json!(letter.message_id))];
                diary.seen(place, "sent", &text, &more);
            }
        }
        self.sent = sent.len();
    }
}

fn tell_mail(row: &MailRow, letter: &Letter, diary: &mut Diary) {
    let missing: Vec<&str> =
        words::facts(letter).missing().into_iter().map(crate::report::Missing::word).collect();
    let case = row.case.map(|case| case.to_string());
    let from = letter.from.as_ref().map(|from| from.as_str());
    for (at, line) in words::understood(row, letter).iter().enumerate() {
        let more = [
            ("fate", json!(row.fate.word())),
            ("mail", json!(row.id.0)),
            ("case", json!(case)),
            ("from", json!(from)),
            ("not_said", json!(missing)),
        ];
        // The first line is the entry for programs; the others belong to it.
        let more = if at == 0 { more.as_slice() } else { &[] };
        diary.seen(Place::Reading, if at == 0 { "settled" } else { "detail" }, line, more);
    }
}

/// A mail of ours as its reader sees it.
pub(super) fn read_sent(mail: &Accepted) -> Letter {
    mail::read(&mail.data, &Limits::default(), &House::default())
}
