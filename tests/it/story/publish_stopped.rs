//! Between what two people said and its doing there may be hours: GitHub is away, or a person must do it. What is said meanwhile
//! counts, and nobody outside is told twice.

use sir_intake::case::Phase;
use sir_intake::practice::hub::{Fault, Kind, Right};

use super::advisory::{edit, seen, tasks, the_one, word, written};
use super::command_desk::{ALICE, BOB, CAROL};
use super::commands_agreed::nonce;
use super::disclosure::{PUBLIC, REST, STUDIO, approved, assessed, confirm, got, phase, rena, say};
use crate::world::World;

const HALTED: &str = "something speaks against it now";
const COUNTS_NO_MORE: &str = "what two people said about publishing counts no more";

fn state(world: &World) -> String {
    word(&the_one(world), "state").to_owned()
}

/// All is ready, and the day has come.
async fn ready() -> World {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, REST).await;
    world.at("2026-12-07T16:05:00Z");
    world.settle_within(1).await;
    world
}

/// Two people say so, and GitHub does not answer.
async fn said_while_github_is_away(mut world: World) -> World {
    world.peers.hub.faults().repeat("GET", Kind::Advisory, 10_000, Fault::ServerError);
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, CAROL).await;
    assert!(world.case(1).tracks.publishing);
    world
}

async fn github_is_back(world: &mut World) {
    world.peers.hub.faults().clear();
    world.pass(4);
    world.settle_within(4).await;
}

/// RUNBOOK 1.2, row 24: "no open objection".
#[tokio::test]
async fn an_objection_before_it_is_done_stops_it() {
    let mut world = said_while_github_is_away(ready().await).await;
    let told = say(&mut world, BOB, "!object The fix does not work on Windows").await;
    assert!(told.contains(COUNTS_NO_MORE), "{told}");
    github_is_back(&mut world).await;
    assert_eq!(state(&world), "draft");
    for who in [ALICE, BOB, CAROL] {
        assert_eq!(got(&world, who, HALTED), 1, "{who}");
    }
    assert!(world.sent_to(PUBLIC).is_empty());
    let told = say(&mut world, ALICE, "!publish").await;
    assert!(told.contains("bob objects"), "{told}");
    // The objection ends, and it is asked for anew.
    let text = seen(&world).text.short();
    say(&mut world, BOB, &format!("!approve {text}")).await;
    world.settle_within(4).await;
    assert_eq!(state(&world), "draft", "what was said before is not done later");
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, CAROL).await;
    world.settle_within(2).await;
    assert_eq!((state(&world).as_str(), world.sent_to(PUBLIC).len()), ("published", 1));
    world.nothing_is_left_over();
}

/// RFC: "Publish public disclosure on agreed date with mitigation instructions.": on the one that is agreed now.
#[tokio::test]
async fn a_later_day_that_is_agreed_before_it_is_done_stops_it() {
    let mut world = said_while_github_is_away(ready().await).await;
    say(&mut world, ALICE, "!embargo 2026-12-14").await;
    assert!(world.case(1).tracks.publishing, "a proposal is no agreement");
    rena(&mut world, 7, "Yes, one more week is fine.").await;
    let told = say(&mut world, ALICE, "!agreed The fix needs one more platform").await;
    assert!(told.contains(COUNTS_NO_MORE), "{told}");
    github_is_back(&mut world).await;
    assert_eq!(state(&world), "draft");
    let told = say(&mut world, ALICE, "!publish").await;
    assert!(told.contains("the agreed day is Mon 14 Dec 2026"), "{told}");
}

/// What was said in error lets nothing out before its day.
#[tokio::test]
async fn a_leak_that_was_none_stops_what_it_had_forced() {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, REST).await;
    say(&mut world, BOB, "!leaked It is on a forum").await;
    let leaked = world.case(1).last_act().unwrap().number;
    let mut world = said_while_github_is_away(world).await;
    let told = say(&mut world, BOB, &format!("!undo {leaked}")).await;
    assert!(told.contains(COUNTS_NO_MORE), "{told}");
    github_is_back(&mut world).await;
    assert_eq!(state(&world), "draft");
}

/// Also where a person was asked to do it: the task is gone from the page, and what they publish all the same is told to the team.
#[tokio::test]
async fn what_a_person_was_asked_to_publish_can_be_called_back() {
    let mut world = ready().await;
    world.peers.hub.deny(Right::Publish, Some(403));
    say(&mut world, ALICE, "!publish").await;
    let act = world.case(1).last_act().unwrap().number;
    confirm(&mut world, CAROL).await;
    world.settle_within(2).await;
    assert_eq!(tasks(&world).len(), 1);
    assert!(world.issue(1).body.contains("publish the advisory"), "{}", world.issue(1).body);
    let told = say(&mut world, BOB, &format!("!undo {act}")).await;
    assert!(told.contains(&format!("taken back: act {act}")), "{told}");
    assert_eq!((tasks(&world), world.case(1).tracks.publishing), (vec![], false));
    assert!(!world.issue(1).body.contains("publish the advisory"), "{}", world.issue(1).body);
    // Somebody had it open, and pressed the button.
    edit(&world, &seen(&world).ghsa, "state", serde_json::json!("published"));
    world.settle_within(1).await;
    assert_eq!(phase(&world), Some(Phase::Disclosed));
    assert!(world.sent_to(PUBLIC).is_empty(), "nobody here says so now");
    assert_eq!(got(&world, BOB, "the advisory on GitHub, which somebody published"), 1);
    let told = say(&mut world, BOB, &format!("!undo {act}")).await;
    assert!(told.contains("was taken back already"), "{told}");
}

/// The rules are those of the hour in which it is done: the team asks for one more approval since.
#[tokio::test]
async fn what_lacks_an_approval_by_todays_rules_is_not_published() {
    let mut world = said_while_github_is_away(ready().await).await;
    world.change_config("approvals = 2", "approvals = 3");
    world.kill();
    github_is_back(&mut world).await;
    assert_eq!((state(&world).as_str(), world.case(1).tracks.publishing), ("draft", false));
    assert_eq!(got(&world, BOB, HALTED), 1);
    assert!(say(&mut world, ALICE, "!publish").await.contains("2 of 3 approvals"));
    world.nothing_is_left_over();
}

/// RUNBOOK 1.2, row 24: "approvals bound to text hash; change => re-ask"; nobody outside is told that this text is ours.
#[tokio::test]
async fn a_text_that_somebody_changed_and_published_at_once_is_announced_to_nobody() {
    let mut world = ready().await;
    world.peers.hub.deny(Right::Publish, Some(403));
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, CAROL).await;
    world.settle_within(2).await;
    let (ghsa, outside) = (seen(&world).ghsa, world.sent_to(STUDIO).len());
    edit(&world, &ghsa, "summary", serde_json::json!("Nobody read this line before"));
    edit(&world, &ghsa, "state", serde_json::json!("published"));
    world.pass(1);
    world.settle_within(1).await;
    assert_eq!(phase(&world), Some(Phase::Disclosed));
    assert_eq!((world.sent_to(PUBLIC).len(), world.sent_to(STUDIO).len()), (0, outside));
    assert_eq!(got(&world, BOB, "which somebody published"), 1);
    // The team reads it, and two people say that it may be told.
    let told = say(&mut world, ALICE, "!publish").await;
    assert!(told.contains("no two people here had said so of this text"), "{told}");
    confirm(&mut world, CAROL).await;
    assert_eq!((world.sent_to(PUBLIC).len(), world.sent_to(STUDIO).len()), (1, outside + 1));
    world.nothing_is_left_over();
}

/// The CVE id is the authority's: that it came is told, and nobody need read the text again for it.
#[tokio::test]
async fn a_cve_id_that_comes_after_the_approvals_leaves_them_as_they_are() {
    let mut world = approved().await;
    let text = seen(&world).text;
    say(&mut world, ALICE, "!cve request").await;
    edit(&world, &seen(&world).ghsa, "cve_id", serde_json::json!("CVE-2026-12345"));
    world.pass(1);
    world.settle_within(1).await;
    assert_eq!((seen(&world).cve.as_deref(), seen(&world).text), (Some("CVE-2026-12345"), text));
    assert_eq!(got(&world, ALICE, "the CVE id is there"), 1);
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    let notice = super::command_desk::readable(&world.sent_to(STUDIO)[0]);
    assert!(notice.contains("CVE-2026-12345"), "{notice}");
}

/// Each of the embargoed list hears once, however often it is asked for.
#[tokio::test]
async fn the_embargoed_list_is_told_of_a_text_once() {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    let told = say(&mut world, BOB, "!notify").await;
    assert!(told.contains("asks for the same, and waits for a second person"), "{told}");
    let (first, word) = (world.case(1).last_act().unwrap().number, nonce(&world, CAROL));
    // The word for the first is still good after it was taken back and asked for again: for nothing.
    say(&mut world, ALICE, &format!("!undo {first}")).await;
    say(&mut world, BOB, "!notify").await;
    assert!(say(&mut world, CAROL, &format!("!confirm {word}")).await.contains("REFUSED"));
    confirm(&mut world, CAROL).await;
    assert_eq!((phase(&world), world.sent_to(STUDIO).len()), (Some(Phase::Prenotice), 1));
    assert!(say(&mut world, ALICE, "!notify").await.contains("they were told already"));
    assert_eq!(world.sent_to(STUDIO).len(), 1);
}

/// The day is looked at again when the second person agrees: without one, nobody is told in confidence.
#[tokio::test]
async fn what_stood_for_a_day_and_was_taken_back_tells_nobody() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!group alice, nora\n!reproduced yes on Linux\n!credit name").await;
    say(&mut world, ALICE, "!fix merged https://github.com/o3de/o3de/pull/77\n!embargo 2026-12-07").await;
    let ghsa = seen(&world).ghsa;
    written(&mut world, &ghsa).await;
    say(&mut world, ALICE, "!review").await;
    rena(&mut world, 2, "Reads well. The day is too late for me.").await;
    let text = seen(&world).text.short();
    for who in [ALICE, BOB] {
        say(&mut world, who, &format!("!approve {text}")).await;
    }
    assert!(say(&mut world, ALICE, "!notify").await.contains("no day is agreed"));
    say(&mut world, ALICE, "!conflict").await;
    let conflict = world.case(1).last_act().unwrap().number;
    say(&mut world, ALICE, "!notify").await;
    say(&mut world, ALICE, &format!("!undo {conflict}")).await;
    let told = confirm(&mut world, CAROL).await;
    assert!(told.contains("no day is agreed"), "{told}");
    assert_eq!((phase(&world), world.sent_to(STUDIO).len()), (Some(Phase::Review), 0));
}
