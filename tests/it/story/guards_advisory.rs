//! What keeps the advisory right when GitHub, or people on it, do what nobody expects: each of these guards was broken once.

use serde_json::json;
use sir_intake::case::advisory::AdvisoryState;
use sir_intake::case::tracks::Credit;
use sir_intake::case::{Effect, Sha256, Step, Task};
use sir_intake::practice::hub::{Advised, Right};
use sir_intake::store::EffectState;

use super::advisory::{
    agreed_to_publish, asked, assessment, bring, drafted, edit, seen, steps, tasks, the_one, word, world,
    written,
};
use super::advisory_public::with_channel;
use super::command_desk::ALICE;
use super::disclosure::{assessed, say};
use crate::sync::O3DE;
use crate::world::World;

fn parked(world: &World) -> Vec<String> {
    world.effects_in(EffectState::Parked).into_iter().filter_map(|row| row.why).collect()
}

async fn order(world: &World, text: Sha256) {
    steps(world, &[Step::Publish { text }], &[Effect::Publish { text }]).await;
}

#[tokio::test]
async fn an_advisory_that_we_may_not_see_any_more_is_published_by_a_person() {
    for status in [403, 404] {
        let (mut world, ghsa) = drafted().await;
        let text = written(&mut world, &ghsa).await;
        world.peers.hub.deny(Right::See, Some(status));
        agreed_to_publish(&mut world, text).await;
        world.settle_within(2).await;
        assert_eq!((tasks(&world), parked(&world)), (vec![Task::Publish], vec![]), "{status}");
        assert_eq!(word(&the_one(&world), "state"), "draft");
    }
}

/// A person was quicker: it is taken for done, and our marker does not stay in what everybody reads.
#[tokio::test]
async fn what_a_person_published_meanwhile_is_done_and_holds_nothing_of_ours() {
    let (mut world, ghsa) = drafted().await;
    let text = written(&mut world, &ghsa).await;
    edit(&world, &ghsa, "state", json!("published"));
    order(&world, text).await;
    world.settle_within(2).await;
    assert_eq!(parked(&world), Vec::<String>::new());
    assert_eq!(seen(&world).state, AdvisoryState::Published);
    assert!(!word(&the_one(&world), "description").contains("sir-intake"), "{}", the_one(&world));
    world.nothing_is_left_over();
}

#[tokio::test]
async fn what_was_closed_or_withdrawn_is_neither_published_nor_changed() {
    for state in ["closed", "withdrawn"] {
        let (mut world, ghsa) = drafted().await;
        let text = written(&mut world, &ghsa).await;
        let before = asked(&world, "PATCH", &ghsa);
        edit(&world, &ghsa, "state", json!(state));
        order(&world, text).await;
        world.settle_within(2).await;
        assert_eq!(parked(&world), ["not-a-draft"], "{state}");
        bring(&mut world, &[Step::Collaborate { login: "rena-r".to_owned() }]).await;
        assert_eq!(word(&the_one(&world), "state"), state);
        assert_eq!(asked(&world, "PATCH", &ghsa), before, "{state}: nothing is written");
    }
}

/// A person published by hand what nobody approved: the public channel is told nothing of it that must not be told.
#[tokio::test]
async fn a_public_channel_is_told_nothing_confidential_whoever_published_it() {
    let (mut world, channel) = with_channel().await;
    super::advisory::confirmed(&mut world).await;
    world.settle_within(1).await;
    let ghsa = seen(&world).ghsa;
    edit(&world, &ghsa, "summary", json!("See SIR-2026-0001 of rena@reporter.example"));
    edit(&world, &ghsa, "state", json!("published"));
    world.settle_within(1).await;
    steps(&world, &[], &[Effect::Announce { channel: 0 }]).await;
    world.settle_within(1).await;
    assert_eq!((channel.messages().len(), parked(&world)), (0, vec!["leak".to_owned()]));
}

#[tokio::test]
async fn a_channel_whose_webhook_is_gone_is_a_persons_to_tell() {
    let (mut world, channel) = with_channel().await;
    channel.revoke(Some(404));
    super::advisory_public::published(&mut world).await;
    assert_eq!(parked(&world), ["discord-revoked"]);
    assert!(world.sent_to("alice@members.example").iter().any(|mail| mail.contains("needs a person")));
}

/// The private report on GitHub is another repository's: the draft is made where it belongs, or a person is asked to.
#[tokio::test]
async fn a_private_report_of_another_repository_does_not_become_the_draft() {
    let mut world = world().await;
    world.change_config(
        "sweep = \"off\"\nnvd = false\nrepositories = []",
        "nvd = false\nrepositories = [\"o3de/o3de\"]",
    );
    super::sweep::report(&world, 1);
    world.settle_within(1).await;
    let mut elsewhere = assessment();
    elsewhere.repository = "o3de/o3de-extras".to_owned();
    bring(&mut world, &[Step::Assess { assessment: Box::new(elsewhere) }]).await;
    assert_eq!(tasks(&world), [Task::Draft { repository: "o3de/o3de-extras".to_owned() }]);
    assert_eq!(word(&the_one(&world), "state"), "triage", "it stays what it is");
}

/// What is named like no repository leads nowhere.
#[tokio::test]
async fn a_repository_of_a_strange_name_is_asked_for_nothing() {
    let mut world = world().await;
    world.deliver(&super::post::Mail::report().write());
    world.settle_within(1).await;
    let before = world.peers.hub.requests().len();
    for name in ["o3de/../../user", "o3de/..", "o3de/a b", "/o3de", "o3de"] {
        let mut strange = assessment();
        strange.repository = name.to_owned();
        bring(&mut world, &[Step::Assess { assessment: Box::new(strange) }]).await;
        assert!(parked(&world).contains(&"not-assessed".to_owned()), "{name}");
    }
    let met = world.peers.hub.requests();
    assert!(met[before..].iter().all(|met| !met.path.contains("security-advisories")), "{:?}", met.last());
}

/// The case knows its advisory also without our marker: people may write the text anew.
#[tokio::test]
async fn an_advisory_whose_marker_is_gone_is_not_made_twice() {
    let (mut world, ghsa) = drafted().await;
    edit(&world, &ghsa, "description", json!("All of it anew."));
    world.settle_within(1).await;
    bring(&mut world, &[]).await;
    assert_eq!(word(&the_one(&world), "description"), "All of it anew.", "one, as people wrote it");
}

#[tokio::test]
async fn a_thank_you_that_stands_is_not_written_again() {
    let (mut world, ghsa) = drafted().await;
    bring(&mut world, &[Step::Credit { credit: Credit::Github { login: "rena-r".to_owned() } }]).await;
    let before = asked(&world, "PATCH", &ghsa);
    bring(&mut world, &[]).await;
    assert_eq!(asked(&world, "PATCH", &ghsa), before);
    assert_eq!(the_one(&world)["credits"].as_array().map(Vec::len), Some(1));
}

/// Another one takes the place of one that is closed; what was named and taken back counts no more.
#[tokio::test]
async fn another_advisory_takes_the_place_of_a_closed_one_unless_it_was_named_in_error() {
    let mut world = assessed().await;
    let ours = seen(&world).ghsa;
    let advised = Advised { by: "alice-a", email: None, state: "draft", summary: "x", description: "y" };
    let other = world.peers.hub.advise(O3DE, &advised).unwrap();
    let told = say(&mut world, ALICE, &format!("!advisory {other}")).await;
    assert!(told.contains(&format!("it has {ours} already")), "{told}");
    edit(&world, &ours, "state", json!("closed"));
    world.pass(1);
    world.settle_within(1).await;
    world.peers.hub.deny(Right::See, Some(404));
    say(&mut world, ALICE, &format!("!advisory {other}")).await;
    let told = say(&mut world, ALICE, "!undo").await;
    assert!(told.contains("taken back"), "{told}");
    world.peers.hub.deny(Right::See, None);
    say(&mut world, ALICE, "!advisory").await;
    world.settle_within(2).await;
    assert_eq!(seen(&world).ghsa, ours);
    say(&mut world, ALICE, &format!("!advisory {other}")).await;
    world.settle_within(2).await;
    assert_eq!((seen(&world).ghsa, seen(&world).state), (other, AdvisoryState::Draft));
    world.nothing_is_left_over();
}
