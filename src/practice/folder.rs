//! The folder in which a practice day leaves everything that it made.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::day::Day;
use super::watch::read_sent;

/// More folders of one day than anybody makes.
const MOST: u32 = 10_000;

const README: &str = "\
This folder is what a practice day of sir-intake left behind.

received/      every mail that arrived, in order, as it was delivered
sent/          every mail that the daemon sent, in order: receipts to reporters, notices to members
issues/        every issue with its comments, as the private repository on GitHub would hold it
discord.md     the team's channel
diary.txt      what was seen, as the screen showed it
diary.jsonl    the same and more, one JSON object a line, for programs
daemon.log     what the daemon logged: ids and counts, no word of a mail
config.toml    the configuration that was used; the files beside it are its secrets, worth nothing elsewhere
state/         the journal, the stored mails, the keys and the mirror of public records

A mail (.eml) opens in any mail program. To see how the daemon reads one:

  sir-intake read received/01-*.eml

The servers of the day are gone, so the daemon cannot be started on this configuration; the journal can be read:

  sir-intake cases list --config config.toml

The folder can be deleted at any time.
";

/// Makes the folder: the given one, which must be new or empty, else a new one in the temporary folder.
///
/// # Errors
/// It cannot be made, or something is in it.
pub(super) fn make(dir: Option<&Path>, now: Timestamp) -> io::Result<PathBuf> {
    let dir = match dir {
        Some(dir) => {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
            if fs::read_dir(dir)?.next().is_some() {
                return Err(io::Error::other(format!("{} is not empty", dir.display())));
            }
            dir.to_owned()
        }
        None => fresh(&std::env::temp_dir(), now)?,
    };
    dir.canonicalize()
}

fn fresh(parent: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let day = now.strftime("%Y-%m-%d");
    for number in 1..MOST {
        let dir = parent.join(format!("sir-intake-practice-{day}-{number}"));
        match fs::DirBuilder::new().mode(0o700).create(&dir) {
            Ok(()) => return Ok(dir),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("there are too many practice folders"))
}

/// Writes everything, names the folder, and writes the diary last.
///
/// # Errors
/// Those of the disk.
pub(super) fn leave(day: &mut Day) -> io::Result<()> {
    let dir = day.dir();
    let mails = day.peers.smtpd.mails();
    fs::create_dir(dir.join("received"))?;
    for (at, mail) in day.delivered.iter().enumerate() {
        let name = format!("{:02}-from-{}-{}.eml", at + 1, slug(&mail.from), slug(&mail.subject));
        fs::write(dir.join("received").join(name), &mail.raw)?;
    }
    fs::create_dir(dir.join("sent"))?;
    for (at, mail) in mails.iter().enumerate() {
        let to =
            mail.envelope_to.first().and_then(|to| to.split_once('@')).map_or("nobody", |(local, _)| local);
        let name = format!("{:02}-to-{}-{}.eml", at + 1, slug(to), slug(&read_sent(mail).subject));
        fs::write(dir.join("sent").join(name), &mail.data)?;
    }
    fs::create_dir(dir.join("issues"))?;
    let issues = day.peers.hub.issues();
    for issue in &issues {
        let name = format!("{}.md", issue.number);
        fs::write(dir.join("issues").join(name), day.peers.hub.as_markdown(issue.number))?;
    }
    let posts = day.peers.discord.messages();
    let channel: Vec<&str> = posts.iter().map(|post| post.content.as_str()).collect();
    fs::write(dir.join("discord.md"), channel.join("\n\n---\n\n") + "\n")?;
    fs::write(dir.join("README.txt"), README)?;
    let guide = format!(
        "Everything is in {dir}\n  sent/        {sent} mails that left: receipts to reporters, notices to members\n  \
         received/    {received} mails that came\n  issues/      {issues} issues with their comments, as GitHub would hold \
         them\n  discord.md   diary.txt   diary.jsonl   daemon.log   config.toml   state/\n  README.txt\n\nThis was a day \
         of mail. One vulnerability, from the first mail to the public notice:\n  sir-intake practice life",
        dir = dir.display(),
        sent = mails.len(),
        received = day.delivered.len(),
        issues = issues.len(),
    );
    day.diary.folder(&dir.display().to_string(), &guide);
    fs::write(dir.join("diary.txt"), day.diary.as_text())?;
    fs::write(dir.join("diary.jsonl"), day.diary.as_jsonl())
}

/// Words of a subject as they may stand in a file's name: at most seven, lower case; case numbers stay as they are.
pub(super) fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|word| !word.is_empty());
    let word =
        |word: &str| if word.starts_with("SIR-") { word.to_owned() } else { word.to_ascii_lowercase() };
    words.take(7).map(word).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain() {
        assert_eq!(slug("[SIR-2026-0001] new report: ../x, by Thu"), "SIR-2026-0001-new-report-x-by-thu");
        assert_eq!(slug("Vulnerability – path"), "vulnerability-path");
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone_and_each_day_has_its_own() {
        let parent = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let one = fresh(parent.path(), now).unwrap();
        assert!(one.ends_with("sir-intake-practice-2026-11-23-1"));
        assert!(fresh(parent.path(), now).unwrap().ends_with("sir-intake-practice-2026-11-23-2"));
        assert!(make(Some(&one), now).is_ok());
        fs::write(one.join("mine"), "x").unwrap();
        assert!(make(Some(&one), now).unwrap_err().to_string().contains("not empty"));
        assert!(make(Some(&parent.path().join("a/b")), now).unwrap().is_dir());
    }
}
