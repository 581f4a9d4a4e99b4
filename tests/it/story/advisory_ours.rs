//! What of an advisory is ours is known also when nobody saw the end of a write: so that it can be changed again, and taken back.
//! And an undo reaches GitHub, or a person who is asked to.

use serde_json::{Value, json};
use sir_intake::case::assessment::{Vector, Versions};
use sir_intake::case::tracks::Credit;
use sir_intake::case::{Effect, Severity, Step, Task};
use sir_intake::outside::Point;
use sir_intake::practice::hub::{Fault, Kind, Right};
use sir_intake::practice::loopback::ROSTER;

use super::advisory::{assessment, bring, drafted, edit, seen, steps, tasks, the_one, word, world};
use super::command_desk::{ALICE, BOB};
use super::disclosure::{MORE, VECTOR, confirm, reported_in, say};
use crate::sync::O3DE;
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

fn logins(world: &World) -> Vec<String> {
    let held = the_one(world);
    let all = held["collaborating_users"].as_array().unwrap();
    all.iter().map(|user| word(user, "login").to_owned()).collect()
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

/// What everybody reads is changed by a person: who is thanked there in error is a task, seen as done.
#[tokio::test]
async fn a_credit_that_is_taken_back_once_it_is_public_is_a_persons_to_take_off() {
    let (mut world, ghsa) = drafted().await;
    bring(&mut world, &[thanks("rena-r")]).await;
    let text = super::advisory::written(&mut world, &ghsa).await;
    super::advisory::published_by_two(&mut world, text).await;
    assert_eq!(word(&the_one(&world), "state"), "published");
    bring(&mut world, &[Step::Credit { credit: Credit::Anonymous }]).await;
    assert_eq!(the_one(&world)["credits"][0]["login"], "rena-r", "not by the program");
    assert_eq!(tasks(&world), [Task::CreditOff { login: "rena-r".to_owned() }]);
    edit(&world, &ghsa, "credits", json!([]));
    world.pass(1);
    world.settle_within(2).await;
    assert_eq!(tasks(&world), []);
    world.nothing_is_left_over();
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

/// Assessed by commands; Nora and Rita have accounts, as have Rena and Olga, who are on no roster.
async fn on_github() -> World {
    let account = |more: String, name: &str, id: u64| {
        let named = format!("name = \"{name}\"\n");
        more.replace(&named, &format!("{named}github_id = {id}\ngithub_login = \"{name}-hub\"\n"))
    };
    let more = account(account(MORE.to_owned(), "nora", 103), "rita", 104);
    let settings = sir_intake::practice::loopback::Settings {
        rest: format!("{ROSTER}{more}"),
        ..sir_intake::practice::loopback::Settings::default()
    };
    let world = World::with(settings).await;
    for (id, login) in
        [(103, "nora-hub"), (104, "rita-hub"), (106, "rena-r"), (107, "olga-o"), (108, "uma-u")]
    {
        world.peers.hub.add_user(id, login);
    }
    world.peers.hub.add_repository(O3DE, "o3de", "o3de", false);
    super::disclosure::assess(reported_in(world).await).await
}

/// "An undo for every verb": of what GitHub shows as well.
#[tokio::test]
async fn what_is_taken_back_is_taken_back_on_github() {
    let mut world = on_github().await;
    assert_eq!(logins(&world), ["nora-hub"]);
    // Somebody of whom the case knows nothing.
    edit(&world, &seen(&world).ghsa, "collaborating_users", json!(["nora-hub", "uma-u"]));
    say(&mut world, ALICE, "!collab olga-o").await;
    confirm(&mut world, BOB).await;
    assert_eq!(logins(&world), ["nora-hub", "uma-u", "olga-o"]);
    say(&mut world, BOB, "!undo").await;
    assert_eq!(logins(&world), ["nora-hub", "uma-u"], "Olga was let in by error");
    say(&mut world, ALICE, "!group alice, nora, rita").await;
    assert_eq!(logins(&world), ["nora-hub", "uma-u", "rita-hub"]);
    say(&mut world, BOB, "!undo").await;
    assert_eq!(logins(&world), ["nora-hub", "uma-u"], "Nora is of the SIG all the same");
    // Whom people had let in before stays, whatever was said and taken back.
    say(&mut world, ALICE, "!collab uma-u").await;
    confirm(&mut world, BOB).await;
    say(&mut world, BOB, "!undo").await;
    assert_eq!(logins(&world), ["nora-hub", "uma-u"]);

    say(&mut world, ALICE, "!credit github rena-r").await;
    assert_eq!(the_one(&world)["credits"][0]["login"], "rena-r");
    say(&mut world, BOB, "!undo").await;
    assert_eq!(the_one(&world)["credits"], json!([]));

    say(&mut world, ALICE, &format!("!assess vuln c=yes vector={MEDIUM} versions=<2510.3")).await;
    assert_eq!(figures(&world), (json!(MEDIUM), json!("< 2510.3")));
    say(&mut world, BOB, "!undo").await;
    assert_eq!(figures(&world), (json!(VECTOR), json!("< 2510.2")));
    assert_eq!(tasks(&world), []);
    world.nothing_is_left_over();
}

/// RUNBOOK: "Where GitHub gives the daemon no right, the step becomes a named task for a person, and is seen as done".
#[tokio::test]
async fn what_we_may_not_take_back_is_a_persons_task() {
    for status in [403, 404] {
        let mut world = on_github().await;
        let ghsa = seen(&world).ghsa;
        say(&mut world, ALICE, "!collab olga-o").await;
        confirm(&mut world, BOB).await;
        say(&mut world, ALICE, "!credit github rena-r").await;
        for right in [Right::People, Right::Credit] {
            world.peers.hub.deny(right, Some(status));
        }
        say(&mut world, BOB, "!undo").await;
        say(&mut world, BOB, "!undo").await;
        let off = Task::PeopleOff { logins: vec!["olga-o".to_owned()] };
        let all = [off.clone(), Task::CreditOff { login: "rena-r".to_owned() }];
        assert_eq!(tasks(&world), all, "{status}");
        let mails: Vec<String> = world
            .sent_to("alice@members.example")
            .iter()
            .map(|mail| super::command_desk::readable(mail))
            .collect();
        let told =
            |words: &str| mails.iter().filter(|mail| super::command_desk::flat(mail).contains(words)).count();
        assert_eq!(told("take off the advisory: olga-o"), 1);
        assert_eq!(told("take the credit of rena-r off the advisory"), 1);
        assert!(world.issue(1).body.contains("take off the advisory: olga-o"), "{}", world.issue(1).body);
        // She is wanted there after all.
        say(&mut world, ALICE, "!collab olga-o").await;
        confirm(&mut world, BOB).await;
        assert_eq!(tasks(&world), all[1..], "{status}");
        say(&mut world, BOB, "!undo").await;
        assert_eq!(tasks(&world), all, "{status}");
        edit(&world, &ghsa, "collaborating_users", json!(["nora-hub"]));
        edit(&world, &ghsa, "credits", json!([]));
        world.pass(1);
        world.settle_within(1).await;
        assert_eq!(tasks(&world), [], "{status}: seen as done");
        world.nothing_is_left_over();
    }
}

/// Nobody is asked any more to let in, or to thank, whom nothing names.
#[tokio::test]
async fn a_task_for_what_was_taken_back_is_none() {
    let mut world = on_github().await;
    say(&mut world, ALICE, "!collab no-such-person").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, "!credit github nobody-here").await;
    let wrong = [
        Task::People { logins: vec!["no-such-person".to_owned()] },
        Task::Credit { login: "nobody-here".to_owned() },
    ];
    assert_eq!(tasks(&world), wrong);
    say(&mut world, BOB, "!undo").await;
    assert_eq!(tasks(&world), wrong[..1]);
    say(&mut world, BOB, "!undo").await;
    assert_eq!(tasks(&world), []);
    world.nothing_is_left_over();
}
