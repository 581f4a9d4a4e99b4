//! What people do in the play: members command, the reporter answers, somebody writes on GitHub.

use serde_json::Value;

use super::Life;
use super::scene::PUBLIC_REPOSITORY;
use crate::case::{Case, Sha256};
use crate::mail::Letter;
use crate::practice::diary::Place;
use crate::practice::mails::{self, quoted};

/// Somebody with an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) address: &'static str,
    /// Hours and minutes that their clock is ahead of UTC, in minutes.
    pub(super) ahead: i64,
}

const fn person(name: &'static str, address: &'static str, ahead: i64) -> Person {
    Person { name, address, ahead }
}

pub(super) const ALICE: Person = person("Alice Arden", "alice@members.example", 60);
pub(super) const BOB: Person = person("Bob Birch", "bob@members.example", -360);
pub(super) const CAROL: Person = person("Carol Chair", "carol@chairs.example", 0);
pub(super) const TESS: Person = person("Tess Steering", "tess@tsc.example", 0);
pub(super) const NORA: Person = person("Nora Network", "nora@sigs.example", 0);
pub(super) const RITA: Person = person("Rita Release", "rita@release.example", 0);
/// The reporter, in Pune.
pub(super) const MEERA: Person = person("Meera Joshi", "meera@joshi-labs.example", 330);
pub(super) const STUDIO: Person = person("Security at Example Studios", "security@studio.example", 0);
pub(super) const CLOUD: Person = person("PSIRT of Example Cloud Games", "psirt@cloud-games.example", 0);
pub(super) const ANNOUNCE: &str = "announce@lists.o3de.example";

const LIST: &str = "security@lists.o3de.example";
const BOT: &str = "sir-bot@o3de.example";

/// A text with its folded lines joined.
pub(super) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Life {
    /// The case of the play.
    pub(super) fn case(&self) -> Option<Case> {
        let cases = self.day.office.store.read(|txn| txn.cases()).unwrap_or_default();
        cases.into_iter().next()
    }

    fn tag(&self) -> String {
        self.case().map_or_else(|| "SIR-".to_owned(), |case| case.id.to_string())
    }

    /// The report arrives.
    pub(super) fn reported(&mut self) -> Sha256 {
        let local = self.local(MEERA);
        self.day.deliver("INBOX", mails::LIFE_REPORT, &[("LOCAL", &local)])
    }

    /// The `Date` of a mail that this person writes now.
    fn local(&self, who: Person) -> String {
        let offset = jiff::tz::Offset::from_seconds(i32::try_from(who.ahead * 60).unwrap_or(0));
        let zone = jiff::tz::TimeZone::fixed(offset.unwrap_or(jiff::tz::Offset::UTC));
        self.day.now().to_zoned(zone).strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
    }

    /// What this person got, in order.
    pub(super) fn letters(&self, who: Person) -> Vec<Letter> {
        self.day.letters_to(who.address)
    }

    /// How many letters to this person hold these words.
    pub(super) fn got(&self, who: Person, words: &str) -> usize {
        self.letters(who).iter().filter(|letter| flat(&letter.text).contains(words)).count()
    }

    /// Whether the last letter to this person holds these words.
    pub(super) fn last_says(&self, who: Person, words: &str) -> bool {
        self.letters(who).last().is_some_and(|letter| flat(&letter.text).contains(words))
    }

    /// A member answers their last notice with commands; the transcript that came back, its folded lines joined.
    pub(super) async fn says(&mut self, who: Person, text: &str) -> String {
        let tag = self.tag();
        let notice = self.letters(who).into_iter().rfind(|letter| letter.subject.contains(&tag));
        let (id, subject) =
            notice.map(|letter| (letter.message_id.unwrap_or_default(), letter.subject)).unwrap_or_default();
        let number = format!("{:02}", self.day.delivered.len());
        let domain = who.address.split_once('@').map_or("", |(_, domain)| domain);
        let gaps = [
            ("NAME", who.name),
            ("FROM", who.address),
            ("DOMAIN", domain),
            ("RECEIPT", &id),
            ("SUBJECT", &subject),
            ("ID", &number),
            ("VERDICT", "pass"),
            ("COMMANDS", text),
        ];
        self.day.deliver("INBOX", mails::COMMAND, &gaps);
        self.rest().await;
        let own = format!("command-{number}@{domain}");
        // What a busy machine put off is tried again some minutes later.
        for _ in 0..10 {
            let mut letters = self.letters(who).into_iter();
            if let Some(answer) = letters.find(|answer| answer.in_reply_to.contains(&own)) {
                return flat(&answer.text);
            }
            self.a_little_later().await;
        }
        String::new()
    }

    /// The same, and none of it may be refused.
    pub(super) async fn orders(&mut self, who: Person, text: &str) -> String {
        let told = self.says(who, text).await;
        let taken = !told.is_empty() && !told.contains("REFUSED");
        self.day.check(&format!("{} is not refused: {}", who.name, text.replace('\n', "; ")), taken);
        told
    }

    /// The second person agrees, by the word in their own notice.
    pub(super) async fn confirms(&mut self, who: Person) -> String {
        let asked = self.letters(who).into_iter().rfind(|letter| letter.text.contains("  confirm "));
        let nonce = asked.and_then(|letter| {
            let (_, rest) = letter.text.split_once("  confirm ")?;
            rest.split_whitespace().next().map(str::to_owned)
        });
        self.says(who, &format!("!confirm {}", nonce.unwrap_or_default())).await
    }

    /// Somebody answers the last letter that they got, in their own words.
    pub(super) async fn answers(&mut self, who: Person, text: &str) -> Sha256 {
        let letter = self.letters(who).pop();
        let (id, subject, said) = letter
            .map(|letter| (letter.message_id.unwrap_or_default(), letter.subject, letter.text))
            .unwrap_or_default();
        let subject = subject.trim_start_matches("Re: ").to_owned();
        let number = format!("{:02}", self.day.delivered.len() + 1);
        let domain = who.address.split_once('@').map_or("", |(_, domain)| domain);
        let to = if who.address.ends_with("sigs.example") { BOT } else { LIST };
        let (local, quote) = (self.local(who), quoted(&said));
        let when = self.day.now().strftime("%d %b %Y").to_string();
        let gaps = [
            ("LOCAL", local.as_str()),
            ("NAME", who.name),
            ("FROM", who.address),
            ("DOMAIN", domain),
            ("TO", to),
            ("RECEIPT", &id),
            ("SUBJECT", &subject),
            ("ID", &number),
            ("WHEN", &when),
            ("TEXT", text),
            ("QUOTE", &quote),
        ];
        let mail = self.day.deliver("INBOX", mails::LIFE_ANSWER, &gaps);
        self.rest().await;
        mail
    }

    /// Somebody writes a comment on the private issue.
    pub(super) fn comments(&mut self, login: &str, text: &str) {
        let taken = self.case().is_some_and(|case| self.day.comment(&case, login, text));
        self.day.check("GitHub takes the comment", taken);
    }

    /// The advisory, as GitHub holds it.
    pub(super) fn advisory(&self) -> Value {
        self.day.peers.hub.advisories(PUBLIC_REPOSITORY).into_iter().next().unwrap_or_default()
    }

    /// A field of the advisory.
    pub(super) fn advisory_says(&self, field: &str) -> String {
        self.advisory().get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Somebody changes the advisory on GitHub.
    pub(super) fn edits(&mut self, who: &str, what: &str, fields: &Value) {
        let ghsa = self.advisory_says("ghsa_id");
        let edited = self.day.peers.hub.edit_advisory(PUBLIC_REPOSITORY, &ghsa, fields);
        self.day.diary.seen(Place::Github, "edited", &format!("{who} {what}"), &[]);
        self.day.check("GitHub takes the change", edited);
    }

    /// First eight digits of the hash of the text that stands there now.
    pub(super) fn hash(&self) -> String {
        self.case().and_then(|case| case.tracks.advisory).map(|seen| seen.text.short()).unwrap_or_default()
    }

    /// Posts in the public channels that were not told yet.
    pub(super) fn tell_channels(&mut self) {
        for (name, channel) in &self.channels {
            let told = self.kept.told.entry(name).or_default();
            for post in channel.messages().iter().skip(*told) {
                self.day.diary.seen(Place::Discord, "announced", &format!("#{name}: {}", post.content), &[]);
                *told += 1;
            }
        }
    }
}
