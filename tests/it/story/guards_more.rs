//! What no text may name, what is done in small portions, what stands on a page once, what is no news any more: each of these
//! guards was broken once, and nothing had noticed.

use sir_intake::case::Step;
use sir_intake::case::posted::Standing;
use sir_intake::case::reference::Reference;
use sir_intake::case::step::CveStep;
use sir_intake::practice::hub::{Fault, Kind};
use sir_intake::practice::smtpd::{Fault as Smtp, Stage};
use sir_intake::render::posted::COMMENT;
use sir_intake::store::EffectState;

use super::command_desk::{ALICE, BOB, readable, say as at_once};
use super::commands_agreed::nonce;
use super::takedown::{posted, say, stands, there};
use crate::world::World;

const CVE: &str = "CVE-2026-12345";

fn whys(world: &World) -> Vec<String> {
    world.effects_in(EffectState::Parked).into_iter().filter_map(|row| row.why).collect()
}

/// Whoever posted it in public is nobody to whom the id of this case may be told, however a template comes to name it.
#[tokio::test]
async fn the_cve_id_of_a_case_is_told_to_nobody_before_it_is_public() {
    for (name, subject) in
        [("T32-public-issue.md", ""), ("T32-mail.txt", "Subject: About what you posted\n\n")]
    {
        let (mut world, number) = posted(0).await;
        let place = world.peers.dir.join("templates/public");
        std::fs::create_dir_all(&place).unwrap();
        let text = format!("{subject}Write to {{{{ contact }}}}; it is {CVE}.\n");
        std::fs::write(place.join(name), text).unwrap();
        let config = std::fs::read_to_string(world.peers.path()).unwrap();
        std::fs::write(world.peers.path(), format!("template_dir = \"templates\"\n{config}")).unwrap();
        world.kill();
        world.settle().await;
        let assigned = CveStep::Assigned { id: Reference::Cve(CVE.to_owned()) };
        let assess = Step::Assess { assessment: Box::new(super::advisory::assessment()) };
        super::advisory::steps(&world, &[assess, Step::Cve { says: assigned }], &[]).await;
        say(&mut world, ALICE, "!reporter petra@poster.example").await;
        say(&mut world, ALICE, "!takedown tell").await;
        world.settle_within(1).await;
        assert_eq!(whys(&world), ["leak"], "{name}");
        let comments = there(&world, number).comments;
        assert!(comments.iter().all(|one| !one.body.contains(CVE)), "{name}: {comments:?}");
        let mails = world.sent_to("petra@poster.example");
        assert!(mails.iter().all(|mail| !mail.contains(CVE)), "{name}: {mails:?}");
    }
}

/// Comments are emptied by the hundred, a second apart: what else is due on GitHub comes in between.
#[tokio::test]
async fn many_comments_are_emptied_in_portions() {
    let (mut world, number) = posted(0).await;
    for n in 0..101 {
        world.peers.hub.comment_in(crate::sync::O3DE, number, "sam", &format!("Comment {n}")).unwrap();
    }
    world.pass(1);
    world.settle_within(1).await;
    say(&mut world, ALICE, "!takedown tell").await;
    say(&mut world, ALICE, "!takedown blank").await;
    let emptied = |world: &World| {
        there(world, number).comments.iter().filter(|comment| comment.body == COMMENT).count()
    };
    let word = nonce(&world, BOB);
    at_once(&mut world, BOB, 1, &format!("!confirm {word}")).await;
    assert_eq!(emptied(&world), 100);
    world.clock.advance(std::time::Duration::from_secs(1));
    world.settle().await;
    assert_eq!((emptied(&world), stands(&world).standing), (101, Standing::Blank), "and no longer than that");
    world.nothing_is_left_over();
}

/// A task on the public issue stands where everybody sees it first, and not among the steps as well.
#[tokio::test]
async fn a_task_with_a_link_stands_on_the_page_once() {
    let (mut world, number) = posted(0).await;
    // The first one is about the command, on the private issue.
    world.peers.hub.faults().at_nth("POST", Kind::Comments, 2, Fault::Forbidden);
    say(&mut world, ALICE, "!takedown tell").await;
    say(&mut world, ALICE, "!assess vuln c=yes severity=high sig=network versions=<2510.2").await;
    let page = world.issue(1).body;
    let url = format!("{}/o3de/o3de/issues/{number}", world.peers.hub.base_url());
    let task = page.lines().filter(|line| line.contains("tell whoever posted the public issue"));
    let task: Vec<&str> = task.collect();
    assert!(task.len() == 1 && task[0].contains(&url), "{task:#?} of {page}");
    assert!(page.contains("- [ ] "), "the steps are there: {page}");
}

/// What was found and is gone again when the notice can be sent is no news.
#[tokio::test]
async fn what_was_taken_back_before_anybody_was_told_is_not_told() {
    use super::known::{feed, record};
    use super::post::{Mail, RENA};
    let mut world = World::new().await;
    world.mirror_learns("2018", &feed(&[]));
    let cites = "The editor crashes on a level name, this is CVE-2026-77777.\n";
    world.deliver(&Mail::new(RENA, "Crash", "l1@reporter.example", cites).write());
    world.settle().await;
    at_once(&mut world, ALICE, 1, "!own me").await;
    let learns = |world: &World, status: &str, hour: u8| {
        let one = record("CVE-2026-77777", status, "Gadgetron's editor crashes on a long level name.", "");
        let one = one.replace("2026-11-20T10", &format!("2026-11-22T{hour:02}"));
        let stamp = format!("T{hour:02}:30:00.000\",\"vuln");
        world.mirror_learns("modified", &feed(&[one]).replace("T00:00:00.000\",\"vuln", &stamp));
    };
    world.peers.smtpd.faults().repeat(Stage::Rcpt, 1_000, Smtp::Reply(451, "later".to_owned()));
    learns(&world, "Received", 10);
    world.settle().await;
    learns(&world, "Rejected", 11);
    world.settle().await;
    world.peers.smtpd.faults().clear();
    world.pass(1);
    world.settle_within(2).await;
    let told = world.sent_to("alice@members.example");
    let told: Vec<String> = told.iter().map(|mail| readable(mail)).collect();
    let about = |words: &str| told.iter().filter(|mail| mail.contains(words)).count();
    assert_eq!((about("it may be known already"), about("settled meanwhile")), (0, 1), "{told:#?}");
    world.nothing_is_left_over();
}
