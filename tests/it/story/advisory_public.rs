//! What was approved is published, told once, and tells nothing that must stay with the team.

use serde_json::json;
use sir_intake::case::advisory::AdvisoryState;
use sir_intake::case::step::CveStep;
use sir_intake::case::{Effect, Step, Task};
use sir_intake::outside::Point;
use sir_intake::practice::discord;
use sir_intake::practice::hub::{Fault, Kind, Right};
use sir_intake::store::EffectState;

use crate::story::advisory::{
    asked, bring, confirmed, drafted, edit, published_by_two, seen, steps, tasks, the_one, with, word,
    written,
};
use crate::world::World;

/// RFC: "publishing-a-security-advisory"
/// RFC: "Publish the security advisory"; "two different persons" and the date are the case's; here: exactly what was approved.
#[tokio::test]
async fn what_was_approved_is_published_once_without_a_trace_of_ours() {
    for fault in [None, Some(Fault::CommitThenDrop), Some(Fault::CommitThen502), Some(Fault::ServerError)] {
        let (mut world, ghsa) = drafted().await;
        bring(&mut world, &[Step::Fork]).await;
        let text = written(&mut world, &ghsa).await;
        assert!(word(&the_one(&world), "description").starts_with("<!-- sir-intake mark="));
        let before = asked(&world, "PATCH", &ghsa);
        if let Some(fault) = &fault {
            world.peers.hub.faults().at("PATCH", Kind::Advisory, fault.clone());
        }
        published_by_two(&mut world, text).await;
        let held = the_one(&world);
        assert_eq!(word(&held, "state"), "published", "{fault:?}");
        assert!(!word(&held, "description").contains("sir-intake"), "{held}");
        assert!(held["private_fork"].is_null(), "publishing deletes it");
        let case = world.case(1);
        assert!(case.tracks.published.is_some() && seen(&world).text == text, "{fault:?}");
        let writes = asked(&world, "PATCH", &ghsa) - before;
        let not_obeyed = fault == Some(Fault::ServerError);
        assert_eq!(writes, 1 + usize::from(not_obeyed), "{fault:?}: looked before it was done again");
        world.nothing_is_left_over();
    }
}

#[tokio::test]
async fn a_text_that_changed_after_the_approval_is_not_published() {
    let (mut world, ghsa) = drafted().await;
    let text = written(&mut world, &ghsa).await;
    edit(&world, &ghsa, "summary", json!("Something else"));
    published_by_two(&mut world, text).await;
    assert_eq!(word(&the_one(&world), "state"), "draft");
    let parked = world.effects_in(EffectState::Parked);
    assert_eq!(parked.iter().filter_map(|row| row.why.as_deref()).collect::<Vec<_>>(), ["text-changed"]);
    assert_eq!(world.case(1).tracks.published, None);
    // The order was of the other text: this one needs its own.
    assert!(!world.case(1).tracks.publishing);
    let text = seen(&world).text;
    published_by_two(&mut world, text).await;
    assert_eq!(word(&the_one(&world), "state"), "published");
}

#[tokio::test]
async fn a_publishing_that_was_taken_back_does_not_happen() {
    let (mut world, ghsa) = drafted().await;
    let text = written(&mut world, &ghsa).await;
    steps(&world, &[], &[Effect::Publish { text }]).await;
    world.settle_within(1).await;
    assert_eq!(word(&the_one(&world), "state"), "draft");
    assert_eq!(world.effects_in(EffectState::Canceled).len(), 1);
}

#[tokio::test]
async fn without_the_right_a_person_publishes_and_that_is_seen() {
    let (mut world, ghsa) = drafted().await;
    let text = written(&mut world, &ghsa).await;
    world.peers.hub.deny(Right::Publish, Some(403));
    published_by_two(&mut world, text).await;
    assert_eq!(tasks(&world), [Task::Publish]);
    let held = the_one(&world);
    assert_eq!(word(&held, "state"), "draft");
    assert!(!word(&held, "description").contains("sir-intake"), "what they publish holds nothing of ours");
    assert_eq!(seen(&world).text, text);
    edit(&world, &ghsa, "state", json!("published"));
    world.settle_within(1).await;
    assert_eq!((seen(&world).state, tasks(&world)), (AdvisoryState::Published, vec![]));
    assert!(world.case(1).tracks.published.is_some());
    world.nothing_is_left_over();
}

/// RUNBOOK 1.2, row 29: "public text matches"; what somebody made public is seen.
#[tokio::test]
async fn an_advisory_that_somebody_publishes_or_closes_is_seen_without_an_order() {
    let (mut world, ghsa) = drafted().await;
    let looks = asked(&world, "GET", &ghsa);
    edit(&world, &ghsa, "state", json!("published"));
    world.settle_within(1).await;
    assert!(seen(&world).is_public() && world.case(1).tracks.published.is_some());
    assert!(asked(&world, "GET", &ghsa) > looks, "one that left the list of drafts is looked up by itself");
    assert_eq!(asked(&world, "POST", &ghsa), 0);
    world.nothing_is_left_over();

    let (mut world, ghsa) = drafted().await;
    edit(&world, &ghsa, "state", json!("closed"));
    world.settle_within(1).await;
    assert_eq!(seen(&world).state, AdvisoryState::Closed);
    bring(&mut world, &[Step::Collaborate { login: "rena-r".to_owned() }]).await;
    assert!(!seen(&world).logins.contains(&"rena-r".to_owned()), "nothing is written into a closed one");
    world.nothing_is_left_over();
}

/// RUNBOOK F7: the id takes weeks; what is public with a GHSA alone may be asked for one.
#[tokio::test]
async fn a_cve_id_is_asked_for_also_once_it_is_public() {
    let (mut world, ghsa) = drafted().await;
    let text = written(&mut world, &ghsa).await;
    published_by_two(&mut world, text).await;
    bring(&mut world, &[Step::Cve { says: CveStep::Request }]).await;
    assert_eq!(world.peers.hub.cve_requests(&ghsa), 1);
    bring(&mut world, &[]).await;
    assert_eq!(world.peers.hub.cve_requests(&ghsa), 1, "once");
}

/// The guard: no case id, no address, no tracker, whatever was approved.
#[tokio::test]
async fn an_advisory_that_tells_what_is_confidential_is_not_published_and_the_owner_reads_why() {
    for (leak, word_told) in [
        ("See SIR-2026-0001.", "SIR-2026-0001"),
        ("Reported by rena@reporter.example.", "rena@reporter.example"),
        ("https://github.com/o3de/sig-security-reports/issues/1", "o3de/sig-security-reports"),
        ("Like CVE-2026-99999.", "CVE-2026-99999"),
    ] {
        let (mut world, ghsa) = drafted().await;
        written(&mut world, &ghsa).await;
        let body = format!("{}\n\n{leak}", word(&the_one(&world), "description"));
        edit(&world, &ghsa, "description", json!(body));
        world.settle_within(1).await;
        let text = seen(&world).text;
        published_by_two(&mut world, text).await;
        assert_eq!(word(&the_one(&world), "state"), "draft", "{leak}");
        let parked = world.effects_in(EffectState::Parked);
        assert_eq!(parked.iter().filter_map(|row| row.why.as_deref()).collect::<Vec<_>>(), ["leak"]);
        let told = world.sent_to("alice@members.example").join("\n").replace("=\n", "");
        assert!(told.contains(word_told) && told.contains("would tell what is confidential"), "{told}");
        let posts = world.peers.discord.messages();
        assert!(posts.iter().all(|post| !post.content.contains(leak)), "no word of it on Discord");
    }
}

pub async fn published(world: &mut World) -> String {
    confirmed(world).await;
    world.settle_within(1).await;
    let ghsa = seen(world).ghsa;
    steps(world, &[Step::Cve { says: CveStep::Request }], &[]).await;
    edit(world, &ghsa, "cve_id", json!("CVE-2026-12345"));
    let text = written(world, &ghsa).await;
    published_by_two(world, text).await;
    ghsa
}

pub async fn with_channel() -> (World, discord::Discord) {
    let world = with("[[runbook.channel]]\nname = \"sig-security\"\nwebhook_file = \"channel\"").await;
    let clock = world.clock.clone();
    let now: sir_intake::practice::web::Now =
        std::sync::Arc::new(move || sir_intake::clock::Clock::now(&clock));
    let channel = discord::Discord::start(now, crate::world::recorder()).await.unwrap();
    world.secret("channel", &channel.webhook_url());
    (world, channel)
}

/// RFC: "Discord channels #sig-security and #sig-all"; RUNBOOK T27.
#[tokio::test]
async fn a_public_channel_is_told_once_of_what_is_public() {
    let (mut world, channel) = with_channel().await;
    // Before it is public nothing is said.
    confirmed(&mut world).await;
    world.settle_within(1).await;
    steps(&world, &[], &[Effect::Announce { channel: 0 }]).await;
    world.settle_within(1).await;
    assert!(channel.messages().is_empty());

    let (mut world, channel) = with_channel().await;
    let ghsa = published(&mut world).await;
    let said: Vec<String> = channel.messages().into_iter().map(|message| message.content).collect();
    let url = format!("{}/o3de/o3de/security/advisories/{ghsa}", world.peers.hub.base_url());
    assert_eq!(
        said,
        [format!(
            "O3DE published **CVE-2026-12345** (critical): Oversized packets are not rejected. <{url}>"
        )]
    );
    assert_eq!(channel.violations(), Vec::<String>::new());
    world.nothing_is_left_over();
}

#[tokio::test]
async fn a_post_whose_fate_nobody_knows_is_not_repeated() {
    let (mut world, channel) = with_channel().await;
    channel.fail(1, discord::Fault::CommitThenDrop);
    published(&mut world).await;
    assert_eq!(channel.messages().len(), 1);
    assert_eq!(world.effects_in(EffectState::Unknown).len(), 1, "a member is asked");
}

#[tokio::test]
async fn a_death_around_the_publishing_publishes_once() {
    for point in [
        Point::BeforeWire("publish"),
        Point::AfterWire("publish"),
        Point::AfterCommit("advisory"),
        Point::BeforeCommit("outcome"),
    ] {
        let (mut world, ghsa) = drafted().await;
        let text = written(&mut world, &ghsa).await;
        world.dies_when(point);
        published_by_two(&mut world, text).await;
        assert_eq!(world.deaths, 1, "{point:?}");
        assert_eq!(word(&the_one(&world), "state"), "published");
        assert!(world.case(1).tracks.published.is_some());
        world.nothing_is_left_over();
    }
}

/// The guard reads the mails to public lists as well: each leaves clean, or not at all.
#[tokio::test]
async fn a_mail_to_a_public_list_leaves_clean_or_not_at_all() {
    let mut world = with("announce = [\"announce@lists.public.example\"]").await;
    published(&mut world).await;
    let sent = world.sent_to("announce@lists.public.example");
    for mail in &sent {
        for word in ["SIR-2026", "reporter.example", "sig-security-reports"] {
            assert!(!mail.contains(word), "{mail}");
        }
    }
    let held_back: Vec<_> =
        world.effects_in(EffectState::Parked).into_iter().filter_map(|row| row.why).collect();
    assert!(
        sent.len() == 1 && held_back.is_empty() || held_back == ["leak"],
        "{} sent, {held_back:?}",
        sent.len()
    );
    if !held_back.is_empty() {
        let told = world.sent_to("alice@members.example").join("\n").replace("=\n", "");
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("would tell what is confidential"), "{told}");
    }
}
