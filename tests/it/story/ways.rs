//! The ways that are not straight: used by somebody, an owner who is away, a reporter who never answers, a CVE id that does not
//! come, a day that moves, time that is too short to prepare, terms that nobody confirmed, a word of a machine.

use sir_intake::case::{ClockKind, Closure, Phase};
use sir_intake::practice::loopback::ROSTER;

use super::advisory::{seen, the_one, word, written};
use super::command_desk::{ALICE, BOB, CAROL, flat, letters, readable};
use super::disclosure::{
    MORE, PUBLIC, REST, STUDIO, approve, approved, assess, assessed, confirm, got, phase, rena,
    reported_with, say,
};
use super::post::{Mail, RENA};
use crate::world::World;

const TESS: &str = "tess@tsc.example";
const UPDATE: &str = "tell the reporter how it goes";

fn state(world: &World) -> String {
    word(&the_one(world), "state").to_owned()
}

/// RUNBOOK 1.2, row 30: "exploited: 7-day limit"; 1.4: "Critical/exploited 3 wd"; who must know hears at once, two persons publish
/// before the agreed day, and the reporter hears of it from a person.
#[tokio::test]
async fn exploited_in_the_wild_it_is_published_early_by_two() {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, REST).await;
    assert_eq!(phase(&world), Some(Phase::Ready));
    assert!(say(&mut world, ALICE, "!publish").await.contains("the agreed day is Mon 7 Dec 2026"));
    let letters_before = letters(&world).len();

    let told = say(&mut world, BOB, "!exploited A customer of a studio was attacked with it").await;
    assert!(told.contains("6 people and 1 of the embargoed list are told"), "{told}");
    assert!(told.contains("the reporter is not told by this: update tells them"), "{told}");
    for who in [
        "alice@members.example",
        "bob@members.example",
        "carol@chairs.example",
        TESS,
        "nora@sigs.example",
        "rita@release.example",
    ] {
        assert_eq!(got(&world, who, "URGENT, confidential: it is being exploited"), 1, "{who} hears once");
    }
    assert!(told.contains("the changed day to the embargoed list (T23) leaves at once"), "{told}");
    let list = readable(&world.sent_to(STUDIO).pop().unwrap());
    assert!(flat(&list).contains("exploited") && !list.contains("customer"), "none of our words: {list}");
    assert_eq!(letters(&world).len(), letters_before, "no machine tells the reporter");
    let case = world.case(1);
    let since = case.tracks.exploited.unwrap();
    let due = case.clocks[&ClockKind::Disclosure].due;
    assert_eq!(due.duration_since(since).as_hours(), 7 * 24, "a week at most");
    assert!(say(&mut world, BOB, "!exploited Again").await.contains("that is known since"));

    // The reporter hears within a working day, or the owner is told.
    world.at("2026-11-24T13:00:00Z");
    world.settle_within(1).await;
    assert_eq!(got(&world, ALICE, UPDATE), 1);
    let told = say(&mut world, ALICE, "!publish").await;
    assert!(told.contains("the reporter has not heard that it goes public earlier"), "{told}");
    say(&mut world, ALICE, "!undo").await;
    say(&mut world, ALICE, "!update 3wd\n\nIt is being used. We publish today.").await;
    let told = say(&mut world, ALICE, "!publish").await;
    assert!(!told.contains("has not heard"), "{told}");
    assert_eq!(state(&world), "draft", "one person alone publishes nothing");
    // What comes on top of it holds nothing up.
    say(&mut world, BOB, "!leaked It is on a forum as well").await;
    confirm(&mut world, CAROL).await;
    world.settle_within(2).await;
    assert_eq!(state(&world), "published");
    assert!(world.now() < case.tracks.date().unwrap());
    world.nothing_is_left_over();
}

/// RFC: "What happens if SIG is overloaded or no SIR team members have capacity to handle issues? Assume SIG-Chair(s) raise urgent
/// issues with TSC."
/// RUNBOOK 1.2 (8b): an owner who is away does not keep a case from being told of; nor does everybody's silence.
#[tokio::test]
async fn an_owner_who_is_away_is_reminded_of_and_it_goes_up() {
    let away = "name = \"alice\"\naway = [{ from = \"2026-11-25\", to = \"2027-01-31\" }]";
    let rest = format!("{}{MORE}", ROSTER.replacen("name = \"alice\"", away, 1));
    let mut world = assess(reported_with(&rest).await).await;
    say(&mut world, ALICE, "!group alice, nora").await;
    assert_eq!(phase(&world), Some(Phase::Mitigating));
    // Due after 3 working days, as it is critical: the owner is away, so whoever is there hears as well.
    world.at("2026-11-26T12:00:00Z");
    world.settle_within(1).await;
    assert_eq!((got(&world, ALICE, UPDATE), got(&world, BOB, UPDATE)), (1, 1));
    assert_eq!(got(&world, CAROL, UPDATE), 0);
    world.at("2026-12-03T12:00:00Z");
    world.settle_within(1).await;
    assert_eq!((got(&world, CAROL, UPDATE), got(&world, TESS, UPDATE)), (1, 0), "then the chairs");
    world.at("2026-12-10T12:00:00Z");
    world.settle_within(1).await;
    assert_eq!(got(&world, TESS, UPDATE), 1, "then the TSC contact");
    // The clock of the machine is set back, and forth: nobody hears twice.
    for at in ["2026-11-27T12:00:00Z", "2026-12-10T13:00:00Z"] {
        world.at(at);
        world.settle_within(1).await;
    }
    assert_eq!((got(&world, TESS, UPDATE), got(&world, CAROL, UPDATE)), (1, 2));
    // Somebody else takes it over, writes, and it is quiet.
    say(&mut world, BOB, "!own me").await;
    assert_eq!(phase(&world), Some(Phase::Mitigating), "where it was");
    say(&mut world, BOB, "!update 5wd\n\nI took this over.").await;
    assert!(world.case(1).clocks[&ClockKind::Update].due > world.now());
}

/// RUNBOOK 1.2 (8b): nobody takes over what its owner gave back, in whatever phase.
#[tokio::test]
async fn nobody_takes_over_what_was_given_back_and_it_goes_up() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!group alice, nora\n!disown").await;
    assert_eq!((phase(&world), world.case(1).owner()), (Some(Phase::Mitigating), None));
    assert!(world.case(1).runs(ClockKind::Owner));
    world.at("2026-11-25T12:00:00Z");
    world.settle_within(1).await;
    assert!(got(&world, CAROL, "owner") >= 1, "the chairs after two working days");
    assert_eq!(got(&world, TESS, "nobody has taken"), 0);
    world.at("2026-11-26T12:00:00Z");
    world.settle_within(1).await;
    let tess: Vec<String> = world.sent_to(TESS).iter().map(|mail| flat(&readable(mail))).collect();
    assert!(tess.iter().any(|mail| mail.contains("owner")), "{tess:#?}");
}

/// RFC: "We should aim for disclosure with90 days, even if no fix is available"
/// The reporter never writes again: no yes to a day, no word on the text. The team hears of it step by step, nothing waits for
/// ever, and on day 90 two persons publish.
#[tokio::test]
async fn a_reporter_who_is_silent_to_the_end_is_thanked_on_day_90() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!group alice, nora\n!reproduced yes on Linux\n!credit anonymous").await;
    say(
        &mut world,
        ALICE,
        "!fix none It needs a new file format\n!installers no\n!cve refused\n!embargo 2026-12-07",
    )
    .await;
    assert!(
        say(&mut world, ALICE, "!agreed").await.contains("the reporter has not written since the proposal")
    );
    // A machine of theirs is no yes, and no word on the text.
    let last = world.sent_to(RENA).pop().unwrap();
    let machine =
        Mail::new("Rena Porter <rena@reporter.example>", "Away", "o1@reporter.example", "I am away.");
    world.deliver(&machine.with("Auto-Submitted: auto-replied").answering(&last).write());
    world.settle_within(1).await;
    let told = say(&mut world, ALICE, "!agreed").await;
    assert!(told.contains("the reporter has not written since the proposal"), "{told}");
    let about = "agree with the reporter about the day";
    for (at, who, count) in [
        ("2026-12-01T12:00:00Z", ALICE, 1),
        ("2026-12-04T12:00:00Z", BOB, 1),
        ("2026-12-11T12:00:00Z", CAROL, 1),
        ("2026-12-18T12:00:00Z", TESS, 1),
    ] {
        world.at(at);
        world.settle_within(1).await;
        assert_eq!(got(&world, who, about), count, "{who} at {at}");
    }
    let ghsa = seen(&world).ghsa;
    written(&mut world, &ghsa).await;
    say(&mut world, ALICE, "!review").await;
    let hash = seen(&world).text.short();
    say(&mut world, ALICE, &format!("!approve {hash}")).await;
    say(&mut world, BOB, &format!("!approve {hash}")).await;
    let told = say(&mut world, ALICE, "!notify").await;
    assert!(told.contains("the reporter has until") && told.contains("no day is agreed"), "{told}");
    world.at("2027-02-21T15:00:00Z");
    world.settle_within(1).await;
    let told = say(&mut world, ALICE, "!notify").await;
    assert!(told.contains("no day is agreed"), "an hour before the end of day 90: {told}");
    world.at("2027-02-21T16:00:00Z");
    world.settle_within(1).await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    // Day 90 waits for nobody who prepares.
    say(&mut world, ALICE, "!ready").await;
    let told = say(&mut world, ALICE, "!publish").await;
    assert!(told.contains("the reporter has not agreed to a day"), "{told}");
    confirm(&mut world, CAROL).await;
    world.settle_within(2).await;
    assert_eq!(state(&world), "published");
    assert!(flat(&letters(&world).pop().unwrap()).contains("it is public now"));
    say(&mut world, ALICE, "!close disclosed").await;
    assert_eq!(world.case(1).closure(), Some(Closure::Disclosed));
}

/// RUNBOOK F7: "disclosure may go out with GHSA only". The id is asked for and does not come in time; when it comes, the reporter
/// hears of it, nobody is asked to review what is public, and the case ends.
#[tokio::test]
async fn it_is_published_with_a_ghsa_alone_and_the_cve_comes_later() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!cve request").await;
    let mut world = approve(world).await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, "!fix merged https://github.com/o3de/o3de/pull/77\n!installers no\n!ready").await;
    world.at("2026-12-07T16:00:00Z");
    world.settle_within(1).await;
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, BOB).await;
    world.settle_within(2).await;
    let ghsa = seen(&world).ghsa;
    let public = readable(&world.sent_to(PUBLIC)[0]);
    assert!(public.contains(&ghsa) && !public.contains("CVE-"), "{public}");
    assert!(world.case(1).runs(ClockKind::Cve), "it is still waited for");
    let told = say(&mut world, ALICE, "!close disclosed").await;
    assert!(told.contains("the CVE id that was asked for is not there"), "{told}");
    let before = (got(&world, BOB, "review"), letters(&world).len());
    // GitHub gives the id: what is public changes, and is not reviewed again.
    super::advisory::edit(&world, &ghsa, "cve_id", serde_json::json!("CVE-2026-12345"));
    world.pass(1);
    world.settle_within(1).await;
    assert!(!world.case(1).runs(ClockKind::Cve));
    assert_eq!(
        (got(&world, BOB, "review"), letters(&world).len()),
        (before.0, before.1 + 1),
        "nobody is asked to read it again"
    );
    let told = flat(&letters(&world).pop().unwrap());
    assert!(told.contains("CVE-2026-12345") && !told.contains("please keep"), "they wait for it: {told}");
    assert_eq!(got(&world, ALICE, "the CVE id is there"), 1);
    println!("{}", letters(&world).pop().unwrap());
    let told = say(&mut world, ALICE, "!cve CVE-2026-12345").await;
    assert!(told.contains("it has CVE-2026-12345 already"), "{told}");
    say(&mut world, ALICE, "!close disclosed").await;
    assert_eq!(world.case(1).closure(), Some(Closure::Disclosed));
    world.nothing_is_left_over();
}

/// RUNBOOK 1.2, row 20: the authority refuses; also after it was published, when the clock would ring for ever.
#[tokio::test]
async fn a_cve_that_is_refused_is_told_and_no_longer_waited_for() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!cve request").await;
    assert!(world.case(1).runs(ClockKind::Cve));
    let told = say(&mut world, ALICE, "!cve refused").await;
    assert!(told.contains("the authority gives none"), "{told}");
    assert!(!world.case(1).runs(ClockKind::Cve));
    let letter = flat(&letters(&world).pop().unwrap());
    assert!(letter.contains("it was refused") && letter.contains("a number of its own"), "{letter}");
    // Asked for again, and published before the answer came.
    say(&mut world, ALICE, "!cve request").await;
    let ghsa = seen(&world).ghsa;
    super::advisory::edit(&world, &ghsa, "state", serde_json::json!("published"));
    world.settle_within(1).await;
    assert_eq!(phase(&world), Some(Phase::Disclosed));
    assert!(world.case(1).runs(ClockKind::Cve));
    say(&mut world, ALICE, "!cve refused").await;
    assert!(!world.case(1).runs(ClockKind::Cve));
    let letter = flat(&letters(&world).pop().unwrap());
    assert!(
        letter.contains("What is published stays as it is") && !letter.contains("date for publishing"),
        "{letter}"
    );
}

/// RUNBOOK 1.2, row 25: "prep days agreed (DEF 7 d; Critical 3; none if no list)": the list has its time, unless somebody says why
/// less will do, or it is known outside.
#[tokio::test]
async fn the_embargoed_list_has_its_time_to_prepare() {
    let mut world = approved().await;
    world.at("2026-12-05T12:00:00Z");
    world.settle_within(1).await;
    let told = say(&mut world, ALICE, "!notify").await;
    assert!(told.contains("leaves them less time to prepare than is configured"), "{told}");
    confirm(&mut world, BOB).await;
    let told = say(&mut world, ALICE, REST).await;
    let lacks = "the embargoed list prepares until Tue 8 Dec 2026, 12:00 UTC, and the day is Mon 7 Dec 2026, 16:00 UTC";
    assert!(told.contains(lacks), "{told}");
    assert_eq!(phase(&world), Some(Phase::Prenotice));
    let told = say(&mut world, ALICE, &format!("{REST} They all said that they are prepared")).await;
    assert!(told.contains("ready: it goes public on Mon 7 Dec 2026, 16:00 UTC"), "{told}");
    say(&mut world, BOB, "!undo").await;
    assert!(!world.case(1).tracks.hurried, "taken back with it");
    say(&mut world, ALICE, "!ready They all said that they are prepared").await;
    world.at("2026-12-07T16:00:00Z");
    world.settle_within(1).await;
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, BOB).await;
    world.settle_within(2).await;
    assert_eq!(state(&world), "published");
}

/// A text that changed after the list was told is told again.
#[tokio::test]
async fn the_list_hears_again_of_a_text_that_changed() {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    assert!(say(&mut world, ALICE, "!notify").await.contains("they were told already"));
    let ghsa = seen(&world).ghsa;
    super::advisory::edit(&world, &ghsa, "summary", serde_json::json!("Oversized packets are accepted"));
    world.pass(1);
    world.settle_within(1).await;
    let hash = seen(&world).text.short();
    say(&mut world, ALICE, &format!("!approve {hash}")).await;
    say(&mut world, BOB, &format!("!approve {hash}")).await;
    rena(&mut world, 7, "Reads well too.").await;
    let told = say(&mut world, ALICE, REST).await;
    assert!(told.contains("the embargoed list was told of an earlier text"), "{told}");
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    assert_eq!(phase(&world), Some(Phase::Ready), "where it was");
    let told: Vec<String> = world.sent_to(STUDIO).iter().map(|mail| readable(mail)).collect();
    assert_eq!(told.len(), 2);
    assert!(told[1].contains("Oversized packets are accepted"), "{}", told[1]);
}

/// RUNBOOK 1.7: "re-confirmed yearly": who did not confirm the terms is told nothing, and the team knows in time.
#[tokio::test]
async fn who_did_not_confirm_the_terms_within_a_year_is_told_nothing() {
    let more = MORE.replace("2026-01-31", "2025-11-20");
    let mut world = assess(reported_with(&format!("{ROSTER}{more}")).await).await;
    world = approve(world).await;
    let told = say(&mut world, ALICE, "!ready").await;
    assert!(told.contains("the embargoed list is not told: notify"), "{told}");
    let told = say(&mut world, ALICE, "!notify").await;
    assert!(told.contains("0 of the embargoed list"), "{told}");
    assert!(told.contains("have not confirmed the terms within a year: Example Studios"), "{told}");
    confirm(&mut world, BOB).await;
    assert_eq!(world.sent_to(STUDIO).len(), 0);
    assert_eq!(phase(&world), Some(Phase::Prenotice), "the chairs of the SIGs are told all the same");
    // The digest says it, on Mondays at the latest.
    world.at("2026-11-30T12:00:00Z");
    world.settle_within(1).await;
    let digest = world.sent_to("bob@members.example");
    let digest = digest.iter().rfind(|mail| mail.contains("] digest of")).expect("a digest");
    let said = "Example Studios of the embargoed list confirmed the terms last on 20 November 2025, more than a year ago";
    assert!(flat(&readable(digest)).contains(said), "{digest}");
}

/// RUNBOOK T13: "Changed from {old} to {new} because {reason}": in a member's words for the reporter; the list and the group hear
/// that it moved, and none of those words.
#[tokio::test]
async fn a_day_that_moves_says_why() {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, "!embargo 2026-12-09").await;
    rena(&mut world, 8, "That suits me as well.").await;
    let told = say(&mut world, ALICE, "!agreed").await;
    assert!(told.contains("say why, in words for the reporter"), "{told}");
    let why = "The fix needs one more platform";
    let told = say(&mut world, ALICE, &format!("!agreed {why}")).await;
    assert!(
        told.contains("the day is Wed 9 Dec 2026, 16:00 UTC now, no longer Mon 7 Dec 2026, 16:00 UTC"),
        "{told}"
    );
    let letter = flat(&letters(&world).pop().unwrap());
    assert!(
        letter.contains("has changed") && letter.contains(why) && letter.contains("7 December 2026"),
        "{letter}"
    );
    let list = flat(&readable(&world.sent_to(STUDIO).pop().unwrap()));
    assert!(
        list.contains("has changed") && list.contains("9 December 2026") && !list.contains(why),
        "{list}"
    );
    let group = flat(&readable(&world.sent_to("nora@sigs.example").pop().unwrap()));
    assert!(group.contains("has changed") && group.contains("we agreed on another day"), "{group}");
    assert!(!group.contains(why), "{group}");
    let events = world.daemon().office.store.read(|txn| txn.events(super::thread::FIRST)).unwrap();
    let journal: String = events.iter().map(|row| serde_json::to_string(&row.event).unwrap()).collect();
    assert!(!journal.contains(why) && !format!("{:?}", world.case(1)).contains(why), "in the letter alone");
}
