//! The same words as comments on the private issue: who may, what counts as said, once only, one comment that answers.

use sir_intake::case::{Case, ClockKind, Closure, Event};
use sir_intake::daemon::{Daemon, StartFault};
use sir_intake::outside::Point;
use sir_intake::practice::hub::{Comment, Fault, Kind};
use sir_intake::practice::loopback::{ROSTER, Settings, TOKEN};
use sir_intake::store::EffectState;

use super::command_desk::{ALICE, letters, owner, say as say_by_mail};
use super::commands::events;
use super::post::{Mail, RENA};
use super::thread::FIRST;
use crate::world::World;

const GITHUB: &str = "spacing_ms = 0\nlook_wait_s = 0";

/// The roster with the accounts of Alice and Bob.
pub fn roster() -> String {
    let with = |text: &str, name: &str, id: u32| {
        let address = format!("addresses = [\"{name}@members.example\"]");
        text.replace(&address, &format!("{address}\ngithub_id = {id}\ngithub_login = \"{name}-hub\""))
    };
    with(&with(ROSTER, "alice", 501), "bob", 502)
}

/// The accounts on GitHub.
pub fn accounts(world: &World) {
    world.peers.hub.add_user(501, "alice-hub");
    world.peers.hub.add_user(502, "bob-hub");
    world.peers.hub.add_user(666, "mallory");
    world.peers.hub.set_push("mallory", true);
}

async fn world(github: &str, hold: u32) -> World {
    let rest = format!("{}\n[commands]\nhold_s = {hold}\n", roster());
    let world = World::with(Settings { rest, github: github.to_owned(), ..Settings::default() }).await;
    accounts(&world);
    world
}

/// A report with its issue, settled.
async fn reported(hold: u32) -> World {
    let mut world = world(GITHUB, hold).await;
    world.deliver(&Mail::report().write());
    world.settle().await;
    world
}

fn write(world: &World, who: &str, text: &str) -> u64 {
    world.peers.hub.add_comment_as(who, 1, text).unwrap()
}

/// Somebody comments, and the daemon listens.
async fn say(world: &mut World, who: &str, text: &str) -> u64 {
    let id = write(world, who, text);
    world.settle().await;
    id
}

/// Our comments with answers on an issue.
fn answers(world: &World, number: u64) -> Vec<Comment> {
    let comments = world.peers.hub.comments(number);
    comments.into_iter().filter(|c| c.body.contains("**Answers to commands on this issue**")).collect()
}

fn answer(world: &World) -> String {
    let found = answers(world, 1);
    assert_eq!(found.len(), 1, "one comment of our own: {:?}", world.comments(1));
    assert_eq!(found[0].author.as_deref(), Some(TOKEN.2));
    found[0].body.clone()
}

fn heard(world: &World) -> Vec<(String, u64)> {
    world.daemon().office.store.read(|txn| txn.heard_counts()).unwrap()
}

fn fate(world: &World, fate: &str) -> u64 {
    heard(world).into_iter().find(|(word, _)| word == fate).map_or(0, |(_, count)| count)
}

fn kinds(world: &World) -> Vec<&'static str> {
    events(world, FIRST).iter().map(Event::kind).collect()
}

/// MAIL 7: "The same parser reads comments on the private issue"; the issue: "keeps its answers in one comment of its own".
#[tokio::test]
async fn a_comment_commands_as_a_mail_does_and_one_comment_answers() {
    let mut world = reported(0).await;
    let mails = world.peers.smtpd.count();
    say(&mut world, "alice-hub", "!own me\r\n!Severity high\r\n\r\nLooks like last year's parser.").await;
    assert_eq!(owner(&world, 1).as_deref(), Some("alice"));
    let told = answer(&world);
    assert!(told.starts_with("<!-- sir-intake op="), "{told}");
    assert!(told.contains("**Alice Arden** commanded"), "{told}");
    assert!(told.contains("> !own me\nowner: nobody -> alice (act 1)"), "{told}");
    assert!(told.contains("severity: none of ours -> high (act 2)"), "{told}");
    assert!(!told.contains("last year"), "what is no command stands on the issue already");
    assert!(world.issue(1).body.contains("owner Alice Arden"));
    assert!(!world.case(1).runs(ClockKind::Owner));

    say(&mut world, "bob-hub", "I can see it happen, too.").await;
    say(&mut world, "bob-hub", "!undo 2\n!severty low").await;
    let told = answer(&world);
    assert!(told.contains("there is no verb `severty`; did you mean severity?"), "{told}");
    assert!(told.contains("**Bob Birch** commanded, and nothing was done"), "{told}");
    assert!(told.find("severty") < told.find("!own me"), "the newest first: {told}");
    say(&mut world, "bob-hub", "!undo 2\n!status").await;
    assert_eq!(world.case(1).severity_set, None);
    assert!(answer(&world).contains("Owner           alice"));
    assert_eq!(world.peers.smtpd.count(), mails, "no mail for it");
    assert_eq!((fate(&world, "ran"), fate(&world, "text"), fate(&world, "own")), (3, 1, 0));
    assert_eq!(kinds(&world).iter().filter(|kind| **kind == "nothing-ran").count(), 1);
    world.nothing_is_left_over();
}

/// "ignores code, quotes, HTML": and what an answer of ours shows fires nowhere, also when somebody copies it.
#[tokio::test]
async fn code_quotes_html_and_our_own_words_are_not_said() {
    let mut world = reported(0).await;
    for text in [
        "```\n!own me\n```",
        "    !own me",
        "> !own me\n> \n> I would say",
        "`!own me` is how you take it",
        "<!-- !own me -->",
        "<details>\n\n!own me\n\n</details>",
        "I look at it.\n!own me",
    ] {
        say(&mut world, "alice-hub", text).await;
    }
    assert_eq!((owner(&world, 1), answers(&world, 1).len()), (None, 0));
    say(&mut world, "alice-hub", "!help\n!severity low").await;
    let told = answer(&world);
    let body = told.split_once('\n').unwrap().1;
    say(&mut world, "bob-hub", &told).await;
    say(&mut world, "bob-hub", body).await;
    let quoted: String = body.lines().map(|line| format!("> {line}\n")).collect();
    say(&mut world, "bob-hub", &quoted).await;
    assert_eq!(world.case(1).acts.len(), 1);
    assert_eq!(fate(&world, "ran"), 1);
    world.nothing_is_left_over();
}

/// GITHUB 4 and MAIL 7: "only comments never edited (`updated_at == created_at`)"; once by comment id.
#[tokio::test]
async fn an_edited_comment_does_not_run_and_one_that_ran_does_not_run_again() {
    let mut world = reported(0).await;
    let id = write(&world, "alice-hub", "I look at it.");
    world.pass(1);
    world.peers.hub.edit_comment(1, id, "!close spam\nnothing to see");
    world.settle().await;
    let case = world.case(1);
    assert_eq!((case.closure(), case.refused, case.acts.len()), (None, 1, 0));
    assert!(answer(&world).contains("changed after it was written"));
    assert!(answer(&world).contains("Alice Arden was told by mail"));
    let told = world.sent_to("alice@members.example");
    assert!(
        told.iter().any(|mail| mail.contains("a command in your name on the issue was refused")),
        "{told:?}"
    );

    let id = say(&mut world, "alice-hub", "!severity low").await;
    world.pass(1);
    world.peers.hub.edit_comment(1, id, "!close spam");
    world.settle().await;
    assert_eq!((world.case(1).closure(), world.case(1).acts.len()), (None, 1));
    assert!(kinds(&world).contains(&"comment-refused"));
    world.nothing_is_left_over();
}

/// MAIL 7: "identity = *numeric GitHub user id* pinned in the roster (logins can be re-registered)"; "not by an app run".
#[tokio::test]
async fn who_is_not_the_account_of_the_roster_commands_nothing() {
    let mut world = reported(0).await;
    // A person with write access who is not of the team.
    say(&mut world, "mallory", "!close spam").await;
    assert!(answer(&world).contains("the sender is not on the roster"), "{}", answer(&world));
    // An App in Alice's name, and one in its own.
    world.peers.hub.add_comment_through_app("alice-hub", 1, "!close spam").unwrap();
    world.settle().await;
    assert!(answer(&world).contains("an app did it"));
    say(&mut world, "helper[bot]", "!close spam").await;
    // Bob gave up his account, and somebody took its login.
    world.peers.hub.register_again("bob-hub", 777);
    say(&mut world, "bob-hub", "!close spam").await;
    assert!(answer(&world).contains("the account behind it is another"));
    // An account that is gone, and we ourselves.
    let gone = write(&world, "alice-hub", "!close spam");
    world.peers.hub.ghost_comment(1, gone);
    say(&mut world, TOKEN.2, "!close spam").await;

    let case = world.case(1);
    assert_eq!((case.closure(), case.acts.len(), case.refused), (None, 0, 4));
    assert!(world.issue(1).body.contains("commands refused: 4"));
    for who in ["alice", "bob"] {
        let told = world.sent_to(&format!("{who}@members.example"));
        let told = told.iter().filter(|mail| mail.contains("a command in your name on the issue"));
        assert_eq!(told.count(), 1, "{who}");
    }
    assert_eq!((fate(&world, "refused"), fate(&world, "text")), (4, 1));
    world.nothing_is_left_over();
}

/// "Issue -> case by stored (repository id, number)"; `!case` must agree.
#[tokio::test]
async fn a_comment_counts_on_the_issue_of_the_case_alone() {
    let mut world = reported(0).await;
    world.deliver(&super::intake::nth_report(2, "sam@second.example").write());
    world.settle().await;
    let other = world.peers.hub.add_issue_as("alice-hub", "[SIR-2026-0001] my notes", "no case").unwrap();
    world.peers.hub.add_comment_as("alice-hub", other, "!own me").unwrap();
    world.peers.hub.add_comment_as("alice-hub", 2, "!case SIR-2026-0001\n!own me").unwrap();
    world.settle().await;
    assert_eq!((owner(&world, 1), owner(&world, 2)), (None, None));
    assert!(answers(&world, 2)[0].body.contains("this thread is SIR-2026-0002, not SIR-2026-0001"));
    assert_eq!((answers(&world, 1).len(), world.peers.hub.comments(other).len()), (0, 1));
    assert_eq!(fate(&world, "elsewhere"), 1);
    world.peers.hub.add_comment_as("alice-hub", 2, "!own me").unwrap();
    world.settle().await;
    assert_eq!((owner(&world, 1), owner(&world, 2).as_deref()), (None, Some("alice")));
    world.nothing_is_left_over();
}

/// "the transcript and, at once, the issue show the exact letter and when it goes; any member's `!undo` stops it, always".
#[tokio::test]
async fn an_undo_in_a_comment_stops_a_letter_up_to_the_last_moment() {
    let mut world = reported(600).await;
    say(
        &mut world,
        "alice-hub",
        "!own me\n!reply\nHello Rena,\n\n```\nsv_cheats 0\n```\n<!-- between us -->\nAlice",
    )
    .await;
    let told = answer(&world);
    assert!(told.contains("**Act 2:** the reply leaves after"), "{told}");
    assert!(told.contains("Hello Rena,") && told.contains("sv_cheats 0"), "{told}");
    assert!(!told.contains("between us"), "what nobody sees on the issue goes to nobody: {told}");
    world.clock.advance(std::time::Duration::from_secs(601));
    // The hold is over, and the mailbox is looked into first: the undo is heard all the same.
    say(&mut world, "bob-hub", "!undo").await;
    assert_eq!(letters(&world), Vec::<String>::new());
    assert!(answer(&world).contains("taken back: act 2 of alice, reply"));
    say(&mut world, "alice-hub", "!reply\nHello again, Rena.").await;
    world.clock.advance(std::time::Duration::from_secs(601));
    world.settle().await;
    assert_eq!(letters(&world).len(), 1);
    assert!(letters(&world)[0].contains("Hello again, Rena."));
    assert!(!world.case(1).runs(ClockKind::Acknowledge));
    world.nothing_is_left_over();
}

/// "intake never waits for GitHub": nor do letters for ever; people are told.
#[tokio::test]
async fn a_github_that_is_away_delays_no_report_and_no_letter_for_long() {
    let mut world = reported(600).await;
    say(&mut world, "alice-hub", "!own me\n!ack").await;
    world.peers.hub.faults().repeat("GET", Kind::AllComments, 1_000, Fault::ServerError);
    world.deliver(&super::intake::nth_report(2, "sam@second.example").write());
    world.clock.advance(std::time::Duration::from_secs(601));
    world.settle().await;
    assert_eq!(world.cases().len(), 2, "mail is taken in");
    assert_eq!(letters(&world).len(), 0, "for a while a letter waits for what may be said");
    assert_eq!(world.alarms(), Vec::<String>::new());
    world.clock.advance(std::time::Duration::from_secs(601));
    world.settle().await;
    assert_eq!(letters(&world).len(), 1, "not for ever");
    assert_eq!(world.alarms(), ["issues-silent"]);
    assert!(world.sent_to("alice@members.example").iter().any(|mail| mail.contains("not seen")));
    world.peers.hub.faults().clear();
    say(&mut world, "alice-hub", "!severity low").await;
    assert_eq!((world.alarms().len(), world.case(1).acts.len()), (0, 3));
    world.nothing_is_left_over();
}

/// "conditional requests, `since`": 304 costs nothing; and lists that are late, or long, lose nothing.
#[tokio::test]
async fn what_did_not_change_is_not_sent_again_and_late_lists_lose_nothing() {
    let mut world = reported(0).await;
    say(&mut world, "alice-hub", "!own me").await;
    world.settle().await;
    let before = world.peers.hub.requests().len();
    world.pass(1);
    world.settle().await;
    let asked = world.peers.hub.requests().split_off(before);
    let asked: Vec<_> = asked.iter().map(|met| (met.path.rsplit('/').next().unwrap(), met.status)).collect();
    assert_eq!(asked, [("issues", 304), ("comments", 304)]);

    // One comment is late: another that was written after it is listed first.
    world.peers.hub.faults().list_lag(1);
    write(&world, "alice-hub", "!severity low");
    world.peers.hub.faults().list_lag(0);
    world.clock.advance(std::time::Duration::from_secs(5));
    say(&mut world, "bob-hub", "!severity high").await;
    world.settle().await;
    let severities = world.case(1).acts.iter().filter(|act| act.deed.words().starts_with("severity")).count();
    assert_eq!(severities, 2);

    // A list of more than one page, within one second and over several.
    world.peers.hub.faults().small_pages(Some(2));
    for n in 0..7 {
        write(&world, "bob-hub", if n % 2 == 0 { "!severity none" } else { "!severity critical" });
        if n > 3 {
            world.clock.advance(std::time::Duration::from_secs(1));
        }
    }
    world.settle().await;
    assert_eq!(fate(&world, "ran"), 10);
    assert_eq!(world.case(1).acts.len(), 10);
    world.nothing_is_left_over();
}

/// MAIL 7: "assigning and closing count by the event's actor". The issue: "Assigning the issue on GitHub is `!own`".
#[tokio::test]
async fn to_assign_the_issue_is_to_give_the_case() {
    let mut world = reported(0).await;
    let hub = |world: &World| world.peers.hub.requests().len();
    world.peers.hub.assign_as("alice-hub", 1, "bob-hub");
    world.settle().await;
    assert_eq!(owner(&world, 1).as_deref(), Some("bob"));
    assert!(!world.case(1).runs(ClockKind::Owner));
    assert!(answer(&world).contains("> assigned bob\nowner: nobody -> bob (act 1)"), "{}", answer(&world));
    assert!(world.sent_to("bob@members.example").iter().any(|mail| mail.contains("you own it now")));

    // Somebody outside the team, an App in a member's name: no.
    world.peers.hub.assign_as("mallory", 1, "alice-hub");
    world.settle().await;
    assert_eq!(owner(&world, 1).as_deref(), Some("bob"));
    assert!(answer(&world).contains("`mallory` commanded, and nothing of it was done"), "{}", answer(&world));
    world.peers.hub.unassign_as("bob-hub", 1, "alice-hub");
    world.settle().await;
    world.peers.hub.assign_as("alice-hub", 1, "alice-hub");
    world.peers.hub.was_through_app(1);
    world.settle().await;
    assert_eq!((owner(&world, 1).as_deref(), world.case(1).refused), (Some("bob"), 2));

    // To take it from the owner is to give it back; what was undone since counts no more.
    world.peers.hub.unassign_as("alice-hub", 1, "alice-hub");
    world.peers.hub.unassign_as("bob-hub", 1, "bob-hub");
    world.settle().await;
    assert_eq!(owner(&world, 1), None);
    assert!(world.case(1).runs(ClockKind::Owner));
    world.peers.hub.assign_as("bob-hub", 1, "bob-hub");
    world.peers.hub.unassign_as("bob-hub", 1, "bob-hub");
    world.settle().await;
    assert_eq!(owner(&world, 1), None);
    let before = hub(&world);
    world.settle().await;
    assert_eq!(hub(&world) - before, 2, "the timeline is read when something changed");
    world.nothing_is_left_over();
}

/// "closing it there without a reason brings a friendly comment that asks for one."
#[tokio::test]
async fn whoever_closes_the_issue_is_asked_for_the_reason_once() {
    let mut world = reported(0).await;
    world.peers.hub.set_open_as("bob-hub", 1, false);
    world.settle().await;
    world.settle().await;
    let asked = |world: &World| world.comments(1).iter().filter(|c| c.contains("closed this issue")).count();
    assert_eq!(asked(&world), 1);
    let comment = world.comments(1).pop().unwrap();
    assert!(
        comment.contains("Bob Birch closed this issue. **SIR-2026-0001 itself is still open:**"),
        "{comment}"
    );
    assert!(
        comment.contains("`not-reproducible`") && !comment.lines().any(|line| line.starts_with('!')),
        "{comment}"
    );
    assert_eq!(world.case(1).closure(), None);
    assert!(world.case(1).runs(ClockKind::Acknowledge), "the promise stands");
    say(&mut world, "bob-hub", "!own me").await;
    assert!(!world.issue(1).open, "what a person closed stays closed");
    assert_eq!(asked(&world), 1);
    say(&mut world, "bob-hub", "!close bug It crashes, but only your own editor").await;
    assert_eq!(world.case(1).closure(), Some(Closure::Bug));
    assert_eq!(letters(&world).len(), 1);

    // "Close with comment": the word is heard before the closing.
    world.deliver(&super::intake::nth_report(2, "sam@second.example").write());
    world.settle().await;
    world.peers.hub.add_comment_as("bob-hub", 2, "!close not-a-report").unwrap();
    world.peers.hub.set_open_as("bob-hub", 2, false);
    world.settle().await;
    assert_eq!(world.case(2).closure(), Some(Closure::NotAReport));
    assert_eq!(world.comments(2).iter().filter(|c| c.contains("closed this issue")).count(), 0);
    assert_eq!(fate(&world, "asked"), 1);
    world.nothing_is_left_over();
}

fn deeds_of(case: &Case) -> Vec<String> {
    case.acts.iter().map(|act| act.deed.words()).collect()
}

/// "crash between = executed once"; GITHUB 4: after an unknown outcome the comment is looked for.
#[tokio::test]
async fn a_death_between_hearing_and_doing_does_it_once() {
    for point in [
        Point::BeforeWire("listen"),
        Point::BeforeCommit("heard"),
        Point::AfterCommit("heard"),
        Point::AfterWire("listen"),
        Point::AfterCommit("listened"),
        Point::BeforeCommit("judged"),
        Point::AfterCommit("judged"),
        Point::BeforeWire("answer"),
        Point::AfterWire("answer"),
    ] {
        let mut world = reported(0).await;
        world.dies_when(point);
        world.peers.hub.assign_as("alice-hub", 1, "bob-hub");
        write(&world, "alice-hub", "!severity high\n!ack");
        world.settle().await;
        world.settle_within(1).await;
        assert_eq!(world.deaths, 1, "{point:?}");
        let mut deeds = deeds_of(&world.case(1));
        deeds.sort();
        assert_eq!(deeds, ["ack", "own bob", "severity high"], "{point:?}");
        assert_eq!(letters(&world).len(), 1, "{point:?}");
        assert!(answer(&world).contains("severity: none of ours -> high"), "{point:?}");
        world.nothing_is_left_over();
    }
}

/// GITHUB 4: 502 after the commit, lists that are late, an answer that somebody deleted: one comment of our own.
#[tokio::test]
async fn our_answer_stands_once_whatever_github_says() {
    for fault in
        [Fault::CommitThen502, Fault::CommitThenDrop, Fault::CutBody, Fault::ServerError, Fault::Drop]
    {
        let mut world = reported(0).await;
        world.peers.hub.faults().at("POST", Kind::Comments, fault.clone());
        say(&mut world, "alice-hub", "!own me").await;
        world.settle_within(1).await;
        assert!(answer(&world).contains("owner: nobody -> alice"), "{fault:?}");
        world.peers.hub.faults().at("PATCH", Kind::Comment, fault.clone());
        say(&mut world, "alice-hub", "!severity low").await;
        world.settle_within(1).await;
        assert!(answer(&world).contains("-> low"), "{fault:?}");
        world.nothing_is_left_over();
    }
    let mut world = reported(0).await;
    say(&mut world, "alice-hub", "!own me").await;
    let id = answers(&world, 1)[0].id;
    world.peers.hub.delete_comment(1, id);
    say(&mut world, "alice-hub", "!severity low").await;
    let told = answer(&world);
    assert!(told.contains("-> low") && told.contains("owner: nobody -> alice"), "{told}");
    world.nothing_is_left_over();
}

/// Only the last answers stand, within GitHub's limits; mail and comments act on one case.
#[tokio::test]
async fn many_answers_keep_within_the_limits_and_mail_goes_beside() {
    let mut world = reported(600).await;
    for n in 0..12 {
        say(&mut world, "alice-hub", &format!("!status\n!help\n!list\n{n}")).await;
    }
    let told = answer(&world);
    assert_eq!(told.matches("**Alice Arden** commanded").count(), 10);
    assert!(told.len() < 60_000, "{}", told.len());
    let long = "A long word. ".repeat(1_500);
    say(&mut world, "alice-hub", &format!("!own me\n!reply\n{long}")).await;
    say(&mut world, "bob-hub", &format!("!reply\n{long}")).await;
    assert!(answer(&world).len() < 60_000, "{}", answer(&world).len());
    let by_mail = say_by_mail(&mut world, ALICE, 1, "!undo\n!severity low").await;
    assert!(by_mail.contains("taken back: act 3 of bob, reply"), "{by_mail}");
    say(&mut world, "bob-hub", "!undo 2").await;
    world.clock.advance(std::time::Duration::from_secs(601));
    world.settle().await;
    assert_eq!(letters(&world), Vec::<String>::new());
    assert_eq!(world.sent_to(RENA).len(), 1);
    world.nothing_is_left_over();
}

/// What was said before a backup was restored may have been done: it is not done again, and its writer is told.
#[tokio::test]
async fn what_is_from_before_a_restored_backup_is_not_done() {
    let mut world = reported(0).await;
    let floor = world.now() + jiff::SignedDuration::from_secs(60);
    world.daemon().office.store.write("test", move |txn| txn.set_issues_floor(floor)).await.unwrap();
    say(&mut world, "alice-hub", "!own me").await;
    assert_eq!((owner(&world, 1), fate(&world, "past")), (None, 1));
    assert!(answer(&world).contains("from before a backup was restored"));
    world.clock.advance(std::time::Duration::from_secs(60));
    say(&mut world, "alice-hub", "!own me").await;
    assert_eq!(owner(&world, 1).as_deref(), Some("alice"));
    world.nothing_is_left_over();
}

/// `comments_poll_s = 0`: GitHub is never asked, and letters wait for nothing there. Shadow mode does not listen either.
#[tokio::test]
async fn who_does_not_want_it_is_not_listened_to() {
    let mut world = world(&format!("{GITHUB}\ncomments_poll_s = 0"), 600).await;
    world.deliver(&Mail::report().write());
    world.settle().await;
    say(&mut world, "alice-hub", "!own me").await;
    assert_eq!((owner(&world, 1), heard(&world).len()), (None, 0));
    assert!(!world.peers.hub.requests().iter().any(|met| met.path.ends_with("/issues/comments")));
    say_by_mail(&mut world, ALICE, 1, "!ack").await;
    world.clock.advance(std::time::Duration::from_secs(601));
    world.settle().await;
    assert_eq!(letters(&world).len(), 1);
    world.nothing_is_left_over();
}

/// "two daemons started on one state directory (the second refuses)": so no comment is carried out by two.
#[tokio::test]
async fn a_second_daemon_hears_nothing() {
    let mut world = reported(0).await;
    write(&world, "alice-hub", "!severity high");
    let second = Daemon::start(world.config(), world.outside()).await;
    assert!(matches!(second, Err(StartFault::Lock(_))));
    world.settle().await;
    assert_eq!(world.case(1).acts.len(), 1);
    assert_eq!(world.effects_in(EffectState::Unknown).len(), 0);
    world.nothing_is_left_over();
}
