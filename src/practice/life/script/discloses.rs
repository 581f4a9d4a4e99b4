//! Those who must know before, the day itself, and what comes after.

use serde_json::json;

use super::fixes::CVE;
use crate::case::{Case, Phase};
use crate::practice::diary::Place;
use crate::practice::life::Life;
use crate::practice::life::people::{
    ALICE, ANNOUNCE, BOB, CAROL, CLOUD, MEERA, NORA, RITA, STUDIO, TESS, flat,
};

/// A word of the report that stands nowhere else.
const CANARY: &str = "quenchwillow";

pub(super) async fn told(life: &mut Life) {
    life.step("2027-03-30T12:00:00Z", "told", "The embargoed list is told, by two persons").await;
    life.orders(ALICE, "!notify").await;
    life.day.check("one person alone tells nobody", life.letters(STUDIO).is_empty());
    let told = life.confirms(CAROL).await;
    life.day.check("Carol agrees", told.contains("confirmed: act"));
    life.until("2027-03-30T12:15:00Z").await;
    let count = [STUDIO, CLOUD].map(|who| life.letters(who).len());
    life.day.check("each organization has its own letter", count == [1, 1]);
    let letters = life.letters(STUDIO);
    let letter = letters.last();
    let secret =
        |text: &str| text.contains("SIR-2027") || text.contains("joshi-labs") || text.contains(CANARY);
    life.day.check(
        "it names neither the case nor the reporter's address",
        letter.is_some_and(|m| !secret(&m.text) && !secret(&m.subject)),
    );
    life.day.check("with the day for the calendar", letter.is_some_and(|m| m.attachments.len() == 1));
    life.day.check(
        "the chairs of the SIGs are told",
        life.got(NORA, "A fix is written, and is to be public by that moment") == 1,
    );
    life.until("2027-03-30T16:40:00Z").await;
    life.answers(STUDIO, "Received, thank you. We will be ready.").await;
    let who = life.letters(ALICE).last().is_some_and(|m| m.subject.contains("Example Studios"));
    life.day.check("Alice reads who answered", who);
    life.until("2027-04-01T09:00:00Z").await;
    let text = "!update 5wd\n\nThose who ship O3DE to others know the day now and prepare for it. The text is the\n\
                one that you read last.";
    life.orders(ALICE, text).await;
}

pub(super) async fn ready(life: &mut Life) {
    life.step("2027-04-05T13:00:00Z", "ready", "The fix is in the public repository").await;
    let told = life.says(ALICE, "!ready").await;
    life.day.check("not before it is said", told.contains("the fix is not in the public repository"));
    life.orders(ALICE, "!fix merged https://github.com/o3de/o3de/pull/19120\n!ready").await;
    life.day
        .check("only the day is missing", life.case().and_then(|case| case.phase()) == Some(Phase::Ready));
    let told = life.says(ALICE, "!publish").await;
    life.day.check("and it is waited for", told.contains("the agreed day is"));
}

pub(super) async fn waits(life: &mut Life) {
    life.step("2027-04-06T15:30:00Z", "waits", "A day before the list hears again; then the hour comes")
        .await;
    life.until("2027-04-06T16:10:00Z").await;
    let count = [STUDIO, CLOUD].map(|who| life.letters(who).len());
    life.day.check("each organization is reminded", count == [2, 2]);
    life.until("2027-04-07T16:02:00Z").await;
    life.day.check("nothing is published by itself", life.advisory_says("state") == "draft");
    let told =
        [ALICE, BOB].map(|who| life.letters(who).last().is_some_and(|m| m.subject.contains("it is time")));
    life.day.check("both members are told that it is time", told == [true, true]);
}

pub(super) async fn published(life: &mut Life) {
    life.step("2027-04-07T16:03:00Z", "published", "Two persons publish").await;
    life.orders(ALICE, "!publish").await;
    life.day.check("one person alone publishes nothing", life.advisory_says("state") == "draft");
    let told = life.confirms(BOB).await;
    life.day.check("Bob agrees", told.contains("confirmed: act"));
    life.until("2027-04-07T16:30:00Z").await;
    life.day.check("the advisory is public", life.advisory_says("state") == "published");
    life.day
        .check("and the case knows it", life.case().and_then(|case| case.phase()) == Some(Phase::Disclosed));
    life.day.check("without a trace of ours", !life.advisory_says("description").contains("sir-intake"));
    let public = life.day.letters_to(ANNOUNCE);
    let says = |words: &str| public.last().is_some_and(|m| flat(&m.text).contains(words));
    life.day.check("the public list has one mail", public.len() == 1 && says(CVE));
    life.day.check("it thanks the reporter", says("Meera Joshi of Joshi Labs"));
    let posts: Vec<usize> = life.channels.iter().map(|(_, channel)| channel.messages().len()).collect();
    life.day.check("the public channels have one post each", posts == [1, 1]);
    let count = [STUDIO, CLOUD].map(|who| life.letters(who).len());
    life.day.check("the embargo is lifted", count == [3, 3]);
    life.day.check("the reporter is thanked", life.last_says(MEERA, "Thank you for finding this"));
    life.day
        .check("SIG-Release has a line for the notes", life.got(RITA, "put this line into the notes") == 1);
    life.day.check("the team looks back", life.got(BOB, "look back at how it went") == 1);
    let know =
        [TESS, NORA].map(|who| life.letters(who).last().is_some_and(|m| m.subject.contains("it is public")));
    life.day.check("so do the TSC contact and the SIG", know == [true, true]);
    let leaked = life.public_words().iter().any(|text| {
        let text = text.to_lowercase();
        text.contains(CANARY) || text.contains("sir-2027") || text.contains("joshi-labs.example")
    });
    life.day.check("no word of the report, no case and no address is public", !leaked);
}

pub(super) async fn closed(life: &mut Life) {
    life.step("2027-04-08T08:30:00Z", "closed", "The case is closed").await;
    let told = life.orders(ALICE, "!close disclosed").await;
    life.day.check("it is said so", told.contains("closed: disclosed"));
    let Some(case) = life.case() else { return };
    life.day.check("nothing is owed any more", case.clocks.values().all(|clock| clock.stopped.is_some()));
    let issue = case.issue.and_then(|(_, number)| life.day.peers.hub.issue(number));
    life.day.check("its issue is closed", issue.is_some_and(|issue| !issue.open));
    let letters = life.day.peers.smtpd.count();
    life.until("2027-04-09T07:30:00Z").await;
    life.day.check("and nobody hears of it again", life.day.peers.smtpd.count() == letters);
}

pub(super) async fn nothing_left_over(life: &mut Life) {
    life.day.step("nothing-left-over", "Nothing is lost, nothing is left over");
    let stopped = life.day.stop().await;
    life.day.check("the daemon ends by itself", stopped);
    life.day.check("the mailbox was only ever looked at", life.day.peers.imapd.forbidden_seen().is_empty());
    life.day.check("GitHub's rules were kept", life.day.peers.hub.violations().is_empty());
    let mut posted = life.day.peers.discord.violations();
    posted.extend(life.channels.iter().flat_map(|(_, channel)| channel.violations()));
    life.day.check("Discord's rules were kept", posted.is_empty());
    let store = life.day.office.store.clone();
    let figures = store.read(|txn| txn.figures()).unwrap_or_default();
    let held: u64 = figures.mails.iter().map(|(_, count)| count).sum();
    life.day.check("every mail is held", held == life.day.delivered.len() as u64 && figures.missing == 0);
    let open: u64 = figures
        .outbox
        .iter()
        .filter(|lane| !matches!(lane.state.as_str(), "done" | "canceled"))
        .map(|lane| lane.count)
        .sum();
    life.day.check("everything that was to be done is done", open == 0);
    let folds = |case: &Case| Case::replay(case.id, &life.day.events(case.id)).as_ref() == Some(case);
    let folded = life.case().is_some_and(|case| folds(&case));
    life.day.check("the case is the sum of what its journal says", folded);
    let log = std::fs::read_to_string(life.day.dir().join("daemon.log")).unwrap_or_default();
    let leaked = [CANARY, "cookie", "joshi-labs", "practice-password", "practice-token"];
    let silent = !log.is_empty() && !leaked.iter().any(|word| log.contains(word));
    life.day.check("the log holds no word of a report, no address and no secret", silent);
    let text = format!("{held} mails came, {} left", life.day.peers.smtpd.count());
    life.day.diary.seen(Place::Daemon, "ended", &text, &[("mails", json!(held))]);
}

impl Life {
    /// Everything that anybody can read: the advisory, the public mail, the public channels.
    fn public_words(&self) -> Vec<String> {
        let mut all = vec![self.advisory().to_string()];
        all.extend(self.day.letters_to(ANNOUNCE).into_iter().map(|m| format!("{}\n{}", m.subject, m.text)));
        let posts = self.channels.iter().flat_map(|(_, channel)| channel.messages());
        all.extend(posts.map(|post| post.content));
        all
    }
}
