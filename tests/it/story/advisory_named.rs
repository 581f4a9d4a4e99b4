//! A member names the advisory of a case, and errs: nothing is taken from another case, and all of it can be taken back.

use serde_json::json;
use sir_intake::case::tracks::Cve;
use sir_intake::case::{Phase, Task};
use sir_intake::practice::hub::{Advised, Right};
use sir_intake::practice::loopback::ROSTER;

use super::advisory::{asked, edit, seen, tasks};
use super::command_desk::{ALICE, BOB, CAROL, command, transcript};
use super::disclosure::{MORE, PUBLIC, VECTOR, approved, confirm, got, phase, reported_with, say};
use super::post::{Mail, RENA};
use crate::sync::O3DE;
use crate::world::World;

/// An advisory that belongs to no case: somebody on GitHub made it.
fn elsewhere(world: &World, state: &str) -> String {
    let advised = Advised { by: "alice-a", email: None, state, summary: "Something else", description: "y" };
    world.peers.hub.advise(O3DE, &advised).unwrap()
}

/// Assessed, with this in `[commands]`, where GitHub lets no program make a draft.
async fn without_a_draft(hold_s: u32) -> World {
    let rest = format!("{ROSTER}{}", MORE.replace("hold_s = 0", &format!("hold_s = {hold_s}")));
    let mut world = reported_with(&rest).await;
    world.peers.hub.deny(Right::Create, Some(403));
    let text = format!(
        "!own me\n!assess vuln c=yes i=yes a=yes means=code attacker=network vector={VECTOR} versions=<2510.2"
    );
    say(&mut world, ALICE, &text).await;
    world.settle_within(1).await;
    assert_eq!(tasks(&world), [Task::Draft { repository: "o3de/o3de".to_owned() }]);
    world
}

/// What stands on GitHub for one case is never another's: people of the one would be let into the other.
#[tokio::test]
async fn an_advisory_of_another_case_is_refused() {
    let mut world = approved().await;
    let theirs = seen(&world).ghsa;
    let second = Mail::new(
        "Otto Other <otto@other.example>",
        "Another hole, in the editor",
        "second@reporter.example",
        "The editor runs what a level file says. Steps: open the file. It crashed at once.",
    );
    world.deliver(&second.write());
    world.settle_within(1).await;
    world.peers.hub.deny(Right::Create, Some(403));
    for text in
        ["!own me\n!assess vuln a=yes means=code severity=high sig=network", &format!("!advisory {theirs}")]
    {
        let mail = command(&world, ALICE, 2, text);
        world.deliver(&mail.write());
        world.settle_within(1).await;
        let told = transcript(&world, ALICE, &mail);
        if text.starts_with("!advisory") {
            assert!(told.contains(&format!("{theirs} is the advisory of SIR-2026-0001")), "{told}");
        } else {
            assert!(told.contains("a vulnerability: high"), "{told}");
        }
    }
    assert_eq!(world.case(2).tracks.ghsa, None);
}

/// Nor the private report on GitHub that another case came by, which nobody has looked at since.
#[tokio::test]
async fn the_private_report_of_another_case_is_refused() {
    let mut world = without_a_draft(0).await;
    world.change_config(
        "sweep = \"off\"\nnvd = false\nrepositories = []",
        "nvd = false\nrepositories = [\"o3de/o3de\"]",
    );
    world.kill();
    let theirs = super::sweep::report(&world, 1);
    world.pass(2);
    world.settle_within(1).await;
    assert_eq!(world.cases().len(), 2);
    let told = say(&mut world, ALICE, &format!("!advisory {theirs}")).await;
    assert!(told.contains(&format!("{theirs} is the advisory of SIR-2026-0002")), "{told}");
}

/// Within the time of an undo it is not even looked at, whatever else is ordered in the same mail.
#[tokio::test]
async fn what_was_named_in_error_is_taken_back_before_it_is_touched() {
    let mut world = without_a_draft(600).await;
    world.peers.hub.add_user(106, "rena-r");
    let other = elsewhere(&world, "draft");
    let told = say_within_the_hold(&mut world, &format!("!credit github rena-r\n!advisory {other}")).await;
    assert!(told.contains(&format!("the advisory is {other}; it is looked at after")), "{told}");
    let named =
        world.case(1).acts.iter().find(|act| act.deed.words().starts_with("advisory")).unwrap().number;
    let told = say_within_the_hold(&mut world, &format!("!undo {named}")).await;
    assert!(told.contains("taken back"), "{told}");
    world.pass(1);
    world.settle_within(2).await;
    assert_eq!((asked(&world, "GET", &other), asked(&world, "PATCH", &other)), (0, 0));
    // The right one is looked at when its hold is over, and gets what was ordered; meanwhile none is made either.
    world.peers.hub.deny(Right::Create, None);
    let ours = elsewhere(&world, "draft");
    say_within_the_hold(&mut world, &format!("!fork\n!advisory {ours}")).await;
    assert_eq!((asked(&world, "GET", &ours), world.peers.hub.advisories(O3DE).len()), (0, 2));
    world.pass(1);
    world.settle_within(2).await;
    assert_eq!((seen(&world).ghsa, world.peers.hub.advisories(O3DE).len()), (ours, 2));
    assert!(seen(&world).credits.iter().any(|(login, _)| login == "rena-r"), "{:?}", seen(&world));
}

async fn say_within_the_hold(world: &mut World, text: &str) -> super::command_desk::Told {
    let mail = command(world, ALICE, 1, text);
    world.deliver(&mail.write());
    world.settle().await;
    transcript(world, ALICE, &mail)
}

/// One that is public already, and another's: the case is where it was, with nothing of what that one showed.
#[tokio::test]
async fn a_public_one_that_was_named_in_error_does_not_end_the_case() {
    let mut world = without_a_draft(0).await;
    let other = elsewhere(&world, "published");
    edit(&world, &other, "cve_id", json!("CVE-2026-77777"));
    let letters = world.sent_to(RENA).len();
    say(&mut world, ALICE, &format!("!advisory {other}")).await;
    assert_eq!(phase(&world), Some(Phase::Disclosed));
    assert_eq!(got(&world, BOB, "which somebody published"), 1, "the team hears of it at once");
    assert_eq!((world.sent_to(RENA).len(), world.sent_to(PUBLIC).len()), (letters, 0), "nobody else does");
    let told = say(&mut world, BOB, "!undo").await;
    assert!(told.contains("taken back"), "{told}");
    world.settle_within(1).await;
    let case = world.case(1);
    assert_eq!(
        (case.phase(), case.tracks.published, &case.tracks.cve, &case.tracks.advisory),
        (Some(Phase::Confirmed), None, &Cve::None, &None)
    );
    assert_eq!(
        tasks(&world),
        [Task::Draft { repository: "o3de/o3de".to_owned() }],
        "what was to be done still is"
    );
    let ours = elsewhere(&world, "draft");
    say(&mut world, ALICE, &format!("!advisory {ours}")).await;
    world.settle_within(1).await;
    assert_eq!((seen(&world).ghsa, phase(&world)), (ours, Some(Phase::Confirmed)));
    world.nothing_is_left_over();
}

/// Two people told everybody of it: that cannot be unsaid.
#[tokio::test]
async fn what_everybody_was_told_to_be_the_advisory_stays_it() {
    let mut world = without_a_draft(0).await;
    let one = elsewhere(&world, "published");
    say(&mut world, ALICE, &format!("!advisory {one}")).await;
    let named = world.case(1).last_act().unwrap().number;
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, CAROL).await;
    assert_eq!(world.sent_to(PUBLIC).len(), 1);
    let told = say(&mut world, BOB, &format!("!undo {named}")).await;
    assert!(told.contains("was done, and others know of it now"), "{told}");
}
