//! What of an advisory is ours is known also when nobody saw the end of a write: so that it can be changed again, and taken back.

use serde_json::{Value, json};
use sir_intake::case::assessment::{Vector, Versions};
use sir_intake::case::tracks::Credit;
use sir_intake::case::{Effect, Severity, Step};
use sir_intake::outside::Point;
use sir_intake::practice::hub::{Fault, Kind};

use super::advisory::{assessment, bring, drafted, edit, steps, the_one, world};
use crate::world::World;

const MEDIUM: &str = "CVSS:3.1/AV:N/AC:H/PR:L/UI:R/S:U/C:L/I:L/A:L";
/// GitHub did it, and nobody heard.
const UNHEARD: [Fault; 3] = [Fault::CommitThenDrop, Fault::CommitThen502, Fault::CutBody];

fn thanks(login: &str) -> Step {
    Step::Credit { credit: Credit::Github { login: login.to_owned() } }
}

fn assess(vector: &str, versions: &str) -> Step {
    let mut found = assessment();
    found.vector = Vector::parse(vector);
    found.severity = Severity::Medium;
    found.versions = Versions::parse(versions);
    Step::Assess { assessment: Box::new(found) }
}

fn figures(world: &World) -> (Value, Value) {
    let held = the_one(world);
    (held["cvss"]["vector_string"].clone(), held["vulnerabilities"][0]["vulnerable_version_range"].clone())
}

async fn credited_and_taken_back(mut world: World) {
    bring(&mut world, &[]).await;
    assert_eq!(the_one(&world)["credits"][0]["login"], "rena-r");
    // They do not wish to be named after all.
    bring(&mut world, &[Step::Credit { credit: Credit::Anonymous }]).await;
    assert_eq!(the_one(&world)["credits"], json!([]));
    world.nothing_is_left_over();
}

/// RUNBOOK F8: a credit is theirs to accept, and theirs to take back.
#[tokio::test]
async fn a_credit_of_which_nobody_heard_is_taken_back_all_the_same() {
    for fault in UNHEARD {
        let (world, _) = drafted().await;
        world.peers.hub.faults().at("PATCH", Kind::Advisory, fault);
        steps(&world, &[thanks("rena-r")], &[Effect::Advisory]).await;
        credited_and_taken_back(world).await;
    }
    // Nor where it was only about to be written.
    let (world, _) = drafted().await;
    steps(&world, &[thanks("rena-r")], &[Effect::Advisory]).await;
    world.dies_when(Point::AfterCommit("advisory"));
    credited_and_taken_back(world).await;
}

/// Whom people thank is thanked, also where the case had said so, too, and takes it back.
#[tokio::test]
async fn a_credit_that_a_person_wrote_is_not_ours_to_take_back() {
    let (mut world, ghsa) = drafted().await;
    edit(&world, &ghsa, "credits", json!([{ "login": "uma-u", "type": "analyst" }]));
    bring(&mut world, &[thanks("uma-u")]).await;
    bring(&mut world, &[Step::Credit { credit: Credit::Anonymous }]).await;
    assert_eq!(the_one(&world)["credits"], json!([{ "login": "uma-u", "type": "analyst" }]));
    // One that we took back, and that somebody writes there again, is theirs.
    bring(&mut world, &[thanks("rena-r")]).await;
    bring(&mut world, &[Step::Credit { credit: Credit::Anonymous }]).await;
    let theirs = json!([{ "login": "uma-u", "type": "analyst" }, { "login": "rena-r", "type": "finder" }]);
    edit(&world, &ghsa, "credits", theirs.clone());
    bring(&mut world, &[]).await;
    assert_eq!(the_one(&world)["credits"], theirs);
}

/// RFC: "Working group needs to identify impact of vulnerability": and finds something else twice, while GitHub is silent.
#[tokio::test]
async fn figures_of_which_nobody_heard_are_ours_all_the_same() {
    let last = ("CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:L/A:N", "< 2511.0");
    for fault in UNHEARD {
        let (mut world, _) = drafted().await;
        world.peers.hub.faults().at("PATCH", Kind::Advisory, fault);
        // The second one is found before it is known how the first one went.
        steps(&world, &[assess(MEDIUM, "< 2510.3")], &[Effect::Advisory]).await;
        world.settle().await;
        assert_eq!(figures(&world), (json!(MEDIUM), json!("< 2510.3")));
        bring(&mut world, &[assess(last.0, last.1)]).await;
        assert_eq!(figures(&world), (json!(last.0), json!(last.1)));
        world.nothing_is_left_over();
    }
    let (mut world, _) = drafted().await;
    world.dies_when(Point::AfterCommit("advisory"));
    bring(&mut world, &[assess(MEDIUM, "< 2510.3")]).await;
    bring(&mut world, &[assess(last.0, last.1)]).await;
    assert_eq!((world.deaths, figures(&world)), (1, (json!(last.0), json!(last.1))));
}

/// RFC: "create a draft security advisory for issue": one that is found again by its marker is ours with its figures.
#[tokio::test]
async fn a_draft_that_is_found_again_takes_the_next_assessment() {
    for fault in UNHEARD {
        let mut world = world().await;
        world.change_config("look_wait_s = 0", "look_wait_s = 200");
        world.deliver(&super::post::Mail::report().write());
        world.settle_within(1).await;
        world.peers.hub.faults().at("POST", Kind::Advisories, fault.clone());
        let first = Step::Assess { assessment: Box::new(assessment()) };
        steps(&world, &[first], &[Effect::Advisory]).await;
        world.settle().await;
        // Something else is found before the draft is.
        assert!(world.case(1).tracks.advisory.is_none(), "{fault:?}");
        bring(&mut world, &[assess(MEDIUM, "< 2510.3")]).await;
        assert_eq!(figures(&world), (json!(MEDIUM), json!("< 2510.3")), "{fault:?}");
        world.nothing_is_left_over();
    }
}
