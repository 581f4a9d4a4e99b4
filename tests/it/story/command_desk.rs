//! What the stories of commands have in common: members who answer notices, and what they and the reporter get.

use sir_intake::practice::loopback::{ROSTER, Settings};

use super::post::{Mail, RENA, field, text};
use crate::world::World;

pub const ALICE: &str = "Alice Arden <alice@members.example>";
pub const BOB: &str = "Bob Birch <bob@members.example>";
pub const CAROL: &str = "Carol Chair <carol@chairs.example>";
pub const BOT: &str = "sir-bot@o3de.example";

/// A world in which letters are held for so many seconds.
pub async fn world_with_hold(seconds: u32) -> World {
    let rest = format!("{ROSTER}\n[commands]\nhold_s = {seconds}\n");
    World::with(Settings { rest, ..Settings::default() }).await
}

/// A report, settled; members have their notices.
pub async fn reported_with_hold(seconds: u32) -> World {
    let mut world = world_with_hold(seconds).await;
    world.deliver(&Mail::report().write());
    world.settle().await;
    world
}

pub async fn reported() -> World {
    reported_with_hold(0).await
}

/// A mail of a member to the machine that answers their last notice about that case.
pub fn command(world: &World, who: &str, case: u32, text: &str) -> Mail {
    let address = super::post::address(who);
    let tag = format!("[SIR-2026-{case:04}]");
    let notices = world.sent_to(address);
    let notice = notices.iter().rfind(|mail| field(mail, "Subject").unwrap().contains(&tag));
    let notice = notice.unwrap_or_else(|| panic!("no notice about {tag} to {address}"));
    let n = world.peers.imapd.held("INBOX").len();
    let local = address.split('@').next().unwrap();
    let mail = Mail::new(who, &format!("Re: {tag}"), &format!("c{n}.{local}@members.example"), text);
    mail.to(BOT).answering(notice).sealed(world.now())
}

/// What somebody was told: compared as it is, and with its folded lines joined.
pub struct Told(String, String);

impl Told {
    pub fn contains(&self, words: &str) -> bool {
        self.0.contains(words) || self.1.contains(words)
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

pub fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Delivers the commands, settles, and gives the transcript.
pub async fn say(world: &mut World, who: &str, case: u32, text: &str) -> Told {
    let mail = command(world, who, case, text);
    world.deliver(&mail.write());
    world.settle().await;
    transcript(world, who, &mail)
}

/// The answer to this mail.
pub fn transcript(world: &World, who: &str, mail: &Mail) -> Told {
    let id = format!("<{}>", mail.id.as_ref().unwrap());
    let sent = world.sent_to(super::post::address(who));
    let answers: Vec<&String> =
        sent.iter().filter(|sent| field(sent, "In-Reply-To") == Some(id.clone())).collect();
    assert_eq!(answers.len(), 1, "one transcript to {who}");
    let text = readable(answers[0]);
    let flat = flat(&text);
    Told(text, flat)
}

/// Subject and text of a mail as a person reads it.
pub fn readable(mail: &str) -> String {
    use sir_intake::mail::{House, Limits, read};
    let letter = read(mail.replace('\n', "\r\n").as_bytes(), &Limits::default(), &House::default());
    let shown = if letter.text.is_empty() { text(mail).to_owned() } else { letter.text };
    format!("{}\n\n{shown}", letter.subject)
}

/// The letters that Rena got, the receipt aside.
pub fn letters(world: &World) -> Vec<String> {
    world.sent_to(RENA).iter().skip(1).map(|mail| readable(mail)).collect()
}

/// The hold ended, and the mailbox is looked into once more.
pub async fn hold_ends(world: &mut World) {
    world.clock.advance(std::time::Duration::from_secs(601));
    world.settle().await;
}

pub fn owner(world: &World, case: u32) -> Option<String> {
    world.case(case).owner().map(ToString::to_string)
}
