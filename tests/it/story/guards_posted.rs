//! What keeps a public issue from being touched twice, too early, by halves, or as other words than two people saw: each of these
//! guards was broken once.

use sir_intake::case::posted::Standing;
use sir_intake::case::{Effect, Takedown, Task};
use sir_intake::practice::hub::{Fault, Kind};
use sir_intake::practice::loopback::TOKEN;
use sir_intake::render::posted::{COMMENT, TITLE};
use sir_intake::store::EffectState;

use super::command_desk::{ALICE, BOB, flat, readable};
use super::commands_agreed::nonce;
use super::post::address;
use super::takedown::{SUBJECT, WORDS, confirm, posted, say, stands, tasks, there, written};
use super::takedown_guards::{asked, unwatched};
use crate::sync::O3DE;
use crate::world::World;

fn heard(world: &World, who: &str, words: &str) -> usize {
    let mails = world.sent_to(address(who));
    mails.iter().filter(|mail| flat(&readable(mail)).contains(words)).count()
}

fn whys(world: &World, state: EffectState) -> Vec<String> {
    world.effects_in(state).into_iter().filter_map(|row| row.why).collect()
}

/// Bob agrees, and before it is done something happens that nobody looks for.
async fn agreed_and(world: &mut World, meanwhile: impl FnOnce(&World)) {
    unwatched(world);
    world.start().await.unwrap();
    let word = nonce(world, BOB);
    let mail = super::command_desk::command(world, BOB, 1, &format!("!confirm {word}"));
    world.deliver(&mail.write());
    meanwhile(world);
    world.settle_within(2).await;
}

#[tokio::test]
async fn where_no_comment_is_allowed_a_person_tells_them_and_that_is_seen() {
    let (mut world, number) = posted(0).await;
    // The first one is about the command, on the private issue.
    world.peers.hub.faults().at_nth("POST", Kind::Comments, 2, Fault::Forbidden);
    say(&mut world, ALICE, "!takedown tell").await;
    let url = format!("{}/o3de/o3de/issues/{number}", world.peers.hub.base_url());
    assert_eq!(tasks(&world.case(1)), [Task::TellPoster { url }]);
    assert_eq!(there(&world, number).comments.len(), 0);
    // A word of the team that does not say where to write tells nothing.
    world.peers.hub.comment_in(O3DE, number, "alice-hub", "Thanks, we look at it.").unwrap();
    world.settle_within(1).await;
    assert_eq!((stands(&world).told, tasks(&world.case(1)).len()), (None, 1));
    world.peers.hub.comment_in(O3DE, number, "alice-hub", "Write to security@lists.o3de.example").unwrap();
    world.settle_within(1).await;
    assert!(stands(&world).told.is_some() && tasks(&world.case(1)).is_empty());
    world.nothing_is_left_over();
}

/// Neither our account's other words nor somebody's copy of our marker is the comment that tells them.
#[tokio::test]
async fn only_our_own_marked_comment_counts_as_told() {
    use sir_intake::render::advisory::marker;
    let (mut world, number) = posted(0).await;
    let office = &world.daemon().office;
    let op = office.draw_op().unwrap();
    let copied = format!("{}\n\nHello", marker(world.case(1).id, &op, &office.keys));
    world.peers.hub.comment_in(O3DE, number, TOKEN.2, "Labels were changed.").unwrap();
    world.peers.hub.comment_in(O3DE, number, "mallory", &copied).unwrap();
    world.settle_within(1).await;
    assert_eq!(stands(&world).told, None);
    world.peers.hub.comment_in(O3DE, number, TOKEN.2, &copied).unwrap();
    world.settle_within(1).await;
    assert!(stands(&world).told.is_some());
}

/// GitHub's list is late, and the answer was lost: it is looked for more than once before it is written again.
#[tokio::test]
async fn a_comment_that_a_late_list_does_not_show_yet_is_not_written_again() {
    let (mut world, number) = posted(0).await;
    world.peers.hub.faults().at_nth("POST", Kind::Comments, 2, Fault::CommitThenDrop);
    let mail = super::command_desk::command(&world, ALICE, 1, "!takedown tell");
    world.deliver(&mail.write());
    world.peers.hub.faults().list_lag(2);
    world.settle_within(3).await;
    assert_eq!(there(&world, number).comments.len(), 1);
    assert!(stands(&world).told.is_some());
}

#[tokio::test]
async fn an_issue_that_goes_while_its_poster_is_told_is_gone_and_no_fault() {
    let (mut world, number) = posted(0).await;
    unwatched(&mut world);
    world.start().await.unwrap();
    world.peers.hub.faults().at_nth("POST", Kind::Comments, 2, Fault::Drop);
    world.peers.hub.faults().repeat("GET", Kind::Comments, 20, Fault::ServerError);
    let mail = super::command_desk::command(&world, ALICE, 1, "!takedown tell");
    world.deliver(&mail.write());
    world.settle().await;
    assert_eq!(there(&world, number).comments.len(), 0);
    world.peers.hub.delete_issue_in(O3DE, number);
    world.peers.hub.faults().clear();
    world.settle_within(3).await;
    assert_eq!(stands(&world).standing, Standing::Gone);
    assert_eq!(whys(&world, EffectState::Parked), Vec::<String>::new());
}

/// T32 can be overridden: what a strange one would tell stays here.
#[tokio::test]
async fn a_neutral_comment_that_is_not_neutral_is_not_written() {
    let (mut world, number) = posted(0).await;
    let place = world.peers.dir.join("templates/public");
    std::fs::create_dir_all(&place).unwrap();
    let text = "Write to {{ contact }}; it is o3de/sig-security-reports#1.\n";
    std::fs::write(place.join("T32-public-issue.md"), text).unwrap();
    let config = std::fs::read_to_string(world.peers.path()).unwrap();
    std::fs::write(world.peers.path(), format!("template_dir = \"templates\"\n{config}")).unwrap();
    world.kill();
    world.settle().await;
    say(&mut world, ALICE, "!takedown tell").await;
    world.settle_within(1).await;
    assert_eq!((there(&world, number).comments.len(), written(&world)), (0, vec![]));
    assert_eq!(whys(&world, EffectState::Parked), ["leak"]);
    assert_eq!(heard(&world, ALICE, "would tell what is confidential"), 1);
}

/// A person was quicker, and found words of their own: they stay.
#[tokio::test]
async fn what_a_person_blanked_meanwhile_is_left_as_they_left_it() {
    let (mut world, number) = asked().await;
    agreed_and(&mut world, |world| {
        world.peers.hub.change_issue_in(O3DE, number, |issue| {
            issue.title = "Moved".to_owned();
            issue.body.clear();
            issue.locked = true;
        });
    })
    .await;
    assert_eq!((there(&world, number).title.as_str(), stands(&world).standing), ("Moved", Standing::Blank));
    let changes = written(&world).into_iter().filter(|line| !line.starts_with("POST ")).count();
    assert_eq!(changes, 0, "{:?}", written(&world));
}

/// An order of nobody is none.
#[tokio::test]
async fn a_takedown_that_two_people_do_not_stand_behind_any_more_does_not_happen() {
    let (mut world, number) = posted(0).await;
    say(&mut world, ALICE, "!takedown tell").await;
    let words = stands(&world).words;
    for how in [Takedown::Blank, Takedown::Delete] {
        super::advisory::steps(&world, &[], &[Effect::TakeDown { how, words }]).await;
    }
    world.settle_within(1).await;
    assert_eq!((there(&world, number).title.as_str(), there(&world, number).body.as_str()), (SUBJECT, WORDS));
    assert_eq!(world.effects_in(EffectState::Canceled).len(), 2);
}

/// GitHub says yes and does nothing: only what it shows is done, and a person hears of it.
#[tokio::test]
async fn a_change_that_github_only_promised_is_not_taken_for_done() {
    let (mut world, number) = asked().await;
    agreed_and(&mut world, |world| world.peers.hub.faults().keep_on_patch(9)).await;
    assert_eq!((there(&world, number).body.as_str(), stands(&world).standing), (WORDS, Standing::Readable));
    assert!(whys(&world, EffectState::Parked).contains(&"github-kept-the-old-text".to_owned()));
    assert!(heard(&world, ALICE, "needs a person") >= 1);
}

/// Somebody took their own comment away at that moment: the others are taken out all the same.
#[tokio::test]
async fn a_comment_that_is_gone_keeps_no_other_one_readable() {
    let (mut world, number) = posted(0).await;
    for text in ["First proof.", "Second proof."] {
        world.peers.hub.comment_in(O3DE, number, "sam", text).unwrap();
    }
    world.settle_within(1).await;
    say(&mut world, ALICE, "!takedown tell").await;
    say(&mut world, ALICE, "!takedown blank").await;
    world.peers.hub.faults().at("PATCH", Kind::Comment, Fault::NotFound);
    confirm(&mut world, BOB).await;
    world.settle_within(1).await;
    assert_eq!(tasks(&world.case(1)), []);
    let left = there(&world, number).comments;
    assert!(left.iter().all(|one| !one.body.contains("proof")), "{left:?}");
    assert_eq!(left.iter().filter(|one| one.body == COMMENT).count(), 2);
}

/// The team's own comments are nobody's report: they make no other words of it, and stay.
#[tokio::test]
async fn comments_of_the_team_stay_and_change_nothing() {
    let (mut world, number) = asked().await;
    let before = stands(&world).words;
    world.peers.hub.comment_in(O3DE, number, "alice-hub", "We are on it.").unwrap();
    world.settle_within(1).await;
    assert_eq!(stands(&world).words, before);
    confirm(&mut world, BOB).await;
    world.settle_within(1).await;
    let issue = there(&world, number);
    assert_eq!((issue.title.as_str(), stands(&world).standing), (TITLE, Standing::Blank));
    assert!(issue.comments.iter().any(|one| one.body == "We are on it."), "{:?}", issue.comments);
}

/// Whoever takes back their own words after they were saved has changed nothing that two people must look at anew.
#[tokio::test]
async fn words_that_their_writer_took_out_are_no_other_words() {
    let (mut world, number) = posted(0).await;
    world.peers.hub.comment_in(O3DE, number, "sam", "Here is my proof of concept.").unwrap();
    world.settle_within(1).await;
    let (before, told) = (stands(&world).words, heard(&world, ALICE, "the public issue was changed"));
    world.peers.hub.edit_body_in(O3DE, number, "rena-on-hub", "");
    world.settle_within(1).await;
    assert_eq!((stands(&world).words, stands(&world).standing), (before, Standing::Readable));
    assert_eq!(heard(&world, ALICE, "the public issue was changed"), told);
}

/// By halves it is not blank: each part that can still be read counts.
#[tokio::test]
async fn what_is_blanked_by_halves_can_still_be_read() {
    for (title, body, comment, standing) in [
        ("Removed", WORDS, "", Standing::Readable),
        (SUBJECT, "", "", Standing::Readable),
        ("Removed", "", "Here is my proof of concept.", Standing::Readable),
        ("Removed", "", "", Standing::Blank),
    ] {
        let (mut world, number) = posted(0).await;
        world.peers.hub.comment_in(O3DE, number, "sam", "Here is my proof of concept.").unwrap();
        world.settle_within(1).await;
        world.peers.hub.change_issue_in(O3DE, number, |issue| {
            issue.title = title.to_owned();
            issue.body = body.to_owned();
            issue.comments[0].body = comment.to_owned();
            issue.locked = true;
        });
        world.settle_within(1).await;
        assert_eq!(stands(&world).standing, standing, "{title}, {body}, {comment}");
    }
}

/// GitHub said before that it may be deleted, and refuses then: a person is asked.
#[tokio::test]
async fn a_deletion_that_is_refused_at_the_last_moment_is_for_an_admin() {
    let (mut world, number) = posted(0).await;
    world.peers.hub.set_deleter(TOKEN.2, true);
    say(&mut world, ALICE, "!takedown tell").await;
    world.pass(25);
    world.settle_within(1).await;
    say(&mut world, ALICE, "!takedown delete").await;
    world.peers.hub.faults().at_nth("POST", Kind::Graphql, 2, Fault::Forbidden);
    confirm(&mut world, BOB).await;
    world.settle_within(1).await;
    assert!(matches!(tasks(&world.case(1)).as_slice(), [Task::TakeDown { how: Takedown::Delete, .. }]));
    assert_eq!(there(&world, number).body, WORDS);
    world.nothing_is_left_over();
}

/// It came by no list: that it stood there for a while before it was found is not said of any list.
#[tokio::test]
async fn a_public_issue_was_held_by_no_list() {
    let mut world = super::takedown::world(0).await;
    super::takedown::post(&world, SUBJECT, WORDS, &[]);
    world.pass(3);
    world.settle_within(1).await;
    let page = world.issue(1).body;
    assert!(!page.contains("by the list") && !page.contains("is dated"), "{page}");
}
