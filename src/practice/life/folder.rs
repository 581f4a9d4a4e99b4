//! What the play leaves: every letter as a file, in order of time, as its receiver reads it.

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Life;
use super::people::{ANNOUNCE, CLOUD, MEERA, STUDIO};
use crate::mail::{self, House, Letter, Limits};
use crate::practice::folder::slug;
use crate::practice::smtpd::Accepted;
use crate::practice::watch::read_sent;
use crate::render::when;

const README: &str = "\
This folder is what a life of a vulnerability left behind: sir-intake practice life.

letters/       every mail, in order of time, as a person reads it: to-reporter, to-member,
               to-embargoed, to-public, and from-... for those that came; .ics are the
               calendar entries that were attached
mails/         the same mails as they went over the wire (.eml); any mail program opens them
advisory/      the advisory as GitHub showed it, each time that it read otherwise
discord/       the channels: the team's own, and the public ones
issue.md       the private issue with its comments, as GitHub holds it at the end
diary.txt      what was seen, as the screen showed it, with the time of the play
diary.jsonl    the same and more, one JSON object a line, for programs
daemon.log     what the daemon logged: ids and counts, no word of a mail; in the machine's own time
config.toml    the configuration that was used; the files beside it are its secrets, worth nothing elsewhere
state/         the journal, the stored mails, the keys and the mirror of public records

Read letters/ from top to bottom. What one reader got:

  ls letters/*reporter*

The servers are gone, so the daemon cannot be started on this configuration; the journal can be read:

  sir-intake cases list --config config.toml

The folder can be deleted at any time.
";

/// A mail of the play.
struct Mail {
    at: Timestamp,
    /// `to-reporter-meera`
    whose: String,
    to: String,
    raw: Vec<u8>,
    letter: Letter,
}

/// Writes everything, names the folder, and writes the diary last.
///
/// # Errors
/// Those of the disk.
pub(super) fn leave(life: &mut Life) -> io::Result<()> {
    let dir = life.day.dir();
    let mails = mails(life);
    fs::create_dir(dir.join("letters"))?;
    fs::create_dir(dir.join("mails"))?;
    for (at, mail) in mails.iter().enumerate() {
        let name = format!("{:03}-{}-{}-{}", at + 1, stamp(mail.at), mail.whose, slug(&mail.letter.subject));
        fs::write(dir.join("letters").join(format!("{name}.txt")), as_read(mail))?;
        fs::write(dir.join("mails").join(format!("{name}.eml")), &mail.raw)?;
        for part in mail.letter.attachments.iter().filter(|part| part.kind == "text/calendar") {
            let entry = mail::attachment(&mail.raw, &Limits::default(), part.sha256).unwrap_or_default();
            fs::write(dir.join("letters").join(format!("{name}.ics")), entry)?;
        }
    }
    let states = advisory(life, &dir)?;
    let posts = channels(life, &dir)?;
    if let Some((_, number)) = life.case().and_then(|case| case.issue) {
        fs::write(dir.join("issue.md"), life.day.peers.hub.as_markdown(number))?;
    }
    fs::write(dir.join("README.txt"), README)?;
    let to = |word: &str| mails.iter().filter(|mail| mail.whose.starts_with(word)).count();
    let guide = format!(
        "Everything is in {dir}\n  letters/     {all} mails in order of time, as their readers read them:\n               \
         {reporter} to the reporter, {member} to members and those they ask,\n               {list} to the embargoed list, \
         {public} to the public\n  advisory/    {states} states of the advisory, as GitHub showed them\n  discord/     {posts} \
         posts\n  issue.md     mails/   diary.txt   diary.jsonl   daemon.log   config.toml\n  state/       README.txt",
        dir = dir.display(),
        all = mails.len(),
        reporter = to("to-reporter"),
        member = to("to-member"),
        list = to("to-embargoed"),
        public = to("to-public"),
    );
    life.day.diary.folder(&dir.display().to_string(), &guide);
    fs::write(dir.join("diary.txt"), life.day.diary.as_text())?;
    fs::write(dir.join("diary.jsonl"), life.day.diary.as_jsonl())
}

/// All mails that came and left, in order of time.
fn mails(life: &Life) -> Vec<Mail> {
    let read = |raw: &[u8]| mail::read(raw, &Limits::default(), &House::default());
    let came = life.day.delivered.iter().map(|mail| Mail {
        at: mail.at,
        whose: format!("from-{}", slug(&mail.from)),
        to: mail.to.clone(),
        raw: mail.raw.clone(),
        letter: read(&mail.raw),
    });
    let left = life.day.peers.smtpd.mails();
    let sent = left.iter().zip(life.kept.sent()).map(|(mail, at)| Mail {
        at,
        whose: whose(mail),
        to: mail.envelope_to.join(", "),
        raw: mail.data.clone(),
        letter: read_sent(mail),
    });
    let mut all: Vec<Mail> = came.chain(sent).collect();
    all.sort_by_key(|mail| mail.at);
    all
}

/// Who gets it, and in which role.
fn whose(mail: &Accepted) -> String {
    let to = mail.envelope_to.first().map(String::as_str).unwrap_or_default();
    let (local, domain) = to.split_once('@').unwrap_or((to, ""));
    if to == MEERA.address {
        format!("to-reporter-{}", slug(local))
    } else if [STUDIO.address, CLOUD.address].contains(&to) {
        format!("to-embargoed-{}", slug(domain.split('.').next().unwrap_or_default()))
    } else if to == ANNOUNCE {
        format!("to-public-{}", slug(local))
    } else {
        format!("to-member-{}", slug(local))
    }
}

/// `2027-03-04-1322`: sorts, and is read.
fn stamp(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d-%H%M").to_string()
}

/// A mail as a mail program shows it.
fn as_read(mail: &Mail) -> String {
    let letter = &mail.letter;
    let address = letter.from.as_ref().map_or("", |from| from.as_str());
    let name = letter.from_name.as_deref().unwrap_or_default();
    let mut text = format!(
        "Date:    {}\nFrom:    {name} <{address}>\nTo:      {}\nSubject: {}\n",
        when::medium(mail.at, &TimeZone::UTC),
        mail.to,
        letter.subject
    );
    for part in &letter.attachments {
        text.push_str(&format!("With:    {} ({}, {} bytes)\n", part.name, part.kind, part.size));
    }
    text.push('\n');
    text.push_str(letter.text.replace("\r\n", "\n").trim_end());
    text.push('\n');
    text
}

fn advisory(life: &Life, dir: &Path) -> io::Result<usize> {
    fs::create_dir(dir.join("advisory"))?;
    let states = life.kept.advisory();
    for (at, (since, page)) in states.iter().enumerate() {
        fs::write(dir.join("advisory").join(format!("{:02}-{}.md", at + 1, stamp(*since))), page)?;
    }
    Ok(states.len())
}

fn channels(life: &Life, dir: &Path) -> io::Result<usize> {
    fs::create_dir(dir.join("discord"))?;
    let mut all = vec![("sir-team", &life.day.peers.discord)];
    all.extend(life.channels.iter().map(|(name, channel)| (*name, channel)));
    let mut count = 0;
    for (name, channel) in all {
        let posts = channel.messages();
        count += posts.len();
        let shown: Vec<String> = posts
            .iter()
            .map(|post| format!("**{}**\n\n{}", when::medium(post.at, &TimeZone::UTC), post.content))
            .collect();
        fs::write(dir.join("discord").join(format!("{name}.md")), shown.join("\n\n---\n\n") + "\n")?;
    }
    Ok(count)
}
