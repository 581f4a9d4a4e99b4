//! Who must know hears of it, in words that are so: of what became known outside, of a refused CVE id, of two positions, of a fix
//! that is not there, of who knows, of what is missing.

use serde_json::json;
use sir_intake::practice::loopback::ROSTER;

use super::advisory::{edit, seen};
use super::command_desk::{ALICE, BOB, flat, hold_ends, letters, readable};
use super::disclosure::{
    MORE, REST, STUDIO, VECTOR, approve, approved, assess, assessed, confirm, got, rena, reported,
    reported_with, say,
};
use crate::world::World;

const OSCAR: &str = "oscar@core.example";
const TESS: &str = "tess@tsc.example";
const NORA: &str = "nora@sigs.example";
const RITA: &str = "rita@release.example";

/// With the chair of one more SIG.
async fn of_two_sigs() -> World {
    let oscar = "\n[[team.member]]\nname = \"oscar\"\nfull_name = \"Oscar Oak\"\naddresses = [\"oscar@core.example\"]\n\
                 dkim_domains = [\"core.example\"]\nroles = [\"sig-chair\"]\nsigs = [\"core\"]\n";
    reported_with(&format!("{ROSTER}{oscar}{MORE}")).await
}

fn last(world: &World, who: &str) -> String {
    flat(&readable(&world.sent_to(who).pop().unwrap()))
}

fn letter(world: &World) -> String {
    flat(&letters(world).pop().unwrap())
}

/// RUNBOOK 1.2, row 29: "what leaked, how, response (CERT's 3 questions)". Whoever was told of it hears of it, and nobody else.
#[tokio::test]
async fn who_was_told_of_it_hears_that_it_leaked_where_what_and_how() {
    let mut world = approve(assess(of_two_sigs().await).await).await;
    let said = "!leaked A crash log that names the function; where: https://forum.example/t/12; how: a player pasted it";
    let told = say(&mut world, BOB, said).await;
    assert!(told.contains("6 people and 0 of the embargoed list are told"), "{told}");
    for who in [TESS, NORA, RITA, "carol@chairs.example"] {
        let mail = last(&world, who);
        for part in [
            "Where it was seen: https://forum.example/t/12 What is known there: A crash log that names the function",
            "How it came to that: a player pasted it",
            "The day that was agreed is Monday 7 December 2026, 16:00 UTC",
        ] {
            assert!(mail.contains(part), "{who}: {part}: {mail}");
        }
        assert!(!mail.contains("/issues/"), "not all of them can read it: {mail}");
    }
    assert_eq!(world.sent_to(OSCAR).len(), 0, "nobody told the chairs of other groups yet");
    // What comes on top has words of its own.
    say(&mut world, BOB, "!exploited A server was taken over").await;
    let mail = last(&world, TESS);
    assert!(mail.contains("is being exploited") && mail.contains("A server was taken over"), "{mail}");
    assert!(mail.contains("How it came to that: Not known yet."), "{mail}");
    world.nothing_is_left_over();
}

/// RUNBOOK 1.6: chairs hear at PRENOTICE; from then on they hear what becomes of it.
#[tokio::test]
async fn chairs_of_all_groups_hear_that_it_leaked_once_they_were_told() {
    let mut world = approve(assess(of_two_sigs().await).await).await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    assert_eq!(got(&world, OSCAR, "embargo until"), 1);
    say(&mut world, BOB, "!leaked Words of a commit").await;
    assert_eq!(got(&world, OSCAR, "Words of a commit"), 1);
    let list = flat(&readable(&world.sent_to(STUDIO).pop().unwrap()));
    assert!(list.contains("known early") && !list.contains("commit."), "none of a member's words: {list}");
    assert!(!list.contains("Words of a commit"), "{list}");
    world.nothing_is_left_over();
}

/// Two ends of one word each, in one mail of commands: each of the mails tells its own.
#[tokio::test]
async fn leaked_and_exploited_at_once_are_two_mails_with_their_words() {
    let mut world = assessed().await;
    say(&mut world, BOB, "!leaked It is on a forum\n!exploited A server was taken over").await;
    for (head, words) in [
        ("something about SIR-", "It is on a forum"),
        ("is being exploited. The team", "A server was taken over"),
    ] {
        let mails = world.sent_to(TESS);
        let found = mails.iter().map(|mail| flat(&readable(mail))).filter(|mail| mail.contains(words));
        let found: Vec<String> = found.collect();
        assert!(found.len() == 1 && found[0].contains(head), "{words}: {found:#?}");
    }
}

/// RUNBOOK T17: "was declined: {reason}".
#[tokio::test]
async fn a_refused_cve_id_is_told_with_the_reason_or_without_one() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!cve refused The product is not in their scope").await;
    let mail = letter(&world);
    assert!(mail.contains("The reason: The product is not in their scope"), "{mail}");
    assert!(!mail.contains("asked for on"), "nobody asked: {mail}");

    let held = MORE.replace("hold_s = 0", "hold_s = 600");
    let mut world = assess(reported_with(&format!("{ROSTER}{held}")).await).await;
    super::command_desk::say(&mut world, ALICE, 1, "!cve request").await;
    let told = super::command_desk::say(&mut world, ALICE, 1, "!undo").await;
    assert!(told.contains("taken back"), "{told}");
    super::command_desk::say(&mut world, ALICE, 1, "!cve refused").await;
    hold_ends(&mut world).await;
    let mail = letter(&world);
    assert!(!mail.contains("asked for on") && !mail.contains("reason"), "it was taken back: {mail}");

    let mut world = assessed().await;
    say(&mut world, ALICE, "!cve request").await;
    say(&mut world, ALICE, "!cve refused").await;
    let mail = letter(&world);
    assert!(mail.contains("asked for on Monday 23 November 2026") && !mail.contains("reason"), "{mail}");
}

/// RUNBOOK T14: "both positions".
#[tokio::test]
async fn a_conflict_is_told_with_both_positions() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!embargo 2026-12-07").await;
    say(&mut world, ALICE, "!conflict They speak at a congress on 1 December").await;
    let mail = last(&world, "bob@members.example");
    for part in [
        "What the reporter wants: They speak at a congress on 1 December",
        "What we proposed: To publish on Monday 7 December 2026, 16:00 UTC.",
        "at the latest, with or without a fix",
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
}

/// RUNBOOK T22: who prepares reads whether there is a fix.
#[tokio::test]
async fn chairs_read_whether_there_is_a_fix() {
    let fixes = [
        (
            "!fix none It needs a new file format",
            "no fix yet",
            "what your branches and projects can do without a fix",
        ),
        ("", "a fix is coming", "A fix is written, and is to be public by that moment"),
        (
            "!fix merged https://github.com/o3de/o3de/pull/77",
            "a fix is ready",
            "stands in the public repository already",
        ),
    ];
    for (said, head, body) in fixes {
        let mut world = approved().await;
        if !said.is_empty() {
            say(&mut world, ALICE, said).await;
        }
        say(&mut world, ALICE, "!notify").await;
        confirm(&mut world, BOB).await;
        let mail = last(&world, NORA);
        assert!(
            mail.contains(&format!("confidential: {head}, embargo until")) && mail.contains(body),
            "{mail}"
        );
    }
}

/// RUNBOOK T12: "who knows".
#[tokio::test]
async fn a_proposal_names_all_who_know() {
    let mut world = approved().await;
    let first =
        letters(&world).iter().map(|mail| flat(mail)).find(|mail| mail.contains("We propose to publish"));
    let first = first.unwrap();
    assert!(
        first.contains("known to the response team, the chairs and people of one group who fix it, a contact at the project's steering committee and the people who make releases; nobody else"),
        "{first}"
    );
    say(&mut world, ALICE, "!cve request\n!collab stranger-42").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, "!embargo 2026-12-14").await;
    let mail = letter(&world);
    for who in [
        "one more person who helps on the private advisory",
        "those who give out CVE numbers",
        "the chairs of all groups",
        "one organization that prepares under embargo",
    ] {
        assert!(mail.contains(who), "{who}: {mail}");
    }
}

/// RUNBOOK T16: "Next: {step}": what is missing, and nothing that is over.
#[tokio::test]
async fn an_update_names_what_is_missing() {
    let mut world = reported().await;
    say(&mut world, ALICE, "!own me").await;
    say(&mut world, ALICE, "!update 5wd\n\nWe look.").await;
    assert!(letter(&world).contains("whether it is a vulnerability"), "{}", letter(&world));

    let mut world = approved().await;
    say(&mut world, ALICE, "!update 5wd\n\nThe text is approved.").await;
    let mail = letter(&world);
    for part in [
        "- the fix: it is written, and is still to go into the public repository",
        "- whether new installers are made",
        "- a CVE number, which we have not asked for yet",
        "- telling those in confidence who need time to prepare",
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    assert!(!mail.contains("a day ") && !mail.contains("approval"), "{mail}");
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, REST).await;
    world.at("2026-12-05T16:00:00Z");
    world.settle_within(1).await;
    say(&mut world, ALICE, "!update 5wd\n\nAll is prepared.").await;
    assert!(letter(&world).contains("Nothing is missing but the day."), "{}", letter(&world));
    world.at("2026-12-07T16:05:00Z");
    world.settle_within(1).await;
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, BOB).await;
    world.settle_within(2).await;
    say(&mut world, ALICE, "!update 5wd\n\nThe installers are on their way.").await;
    let mail = letter(&world);
    assert!(
        mail.contains("It is public, and nothing is missing any more.") && !mail.contains("stays"),
        "{mail}"
    );
}

/// The reporter has not read it yet, one person objects, no day is agreed: each is named.
#[tokio::test]
async fn an_update_names_approvals_objections_and_the_day() {
    let mut world = approved().await;
    let ghsa = seen(&world).ghsa;
    edit(&world, &ghsa, "summary", json!("Another title"));
    world.pass(1);
    world.settle_within(1).await;
    say(&mut world, BOB, "!object It says too much").await;
    say(&mut world, ALICE, "!update 5wd\n\nThe text was changed.").await;
    let mail = letter(&world);
    for part in
        ["the approval of the text by 2 more of us", "an objection of one of us", "your word on the text"]
    {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    let mut world = assessed().await;
    say(&mut world, ALICE, "!group alice, nora\n!embargo 2026-12-07").await;
    say(&mut world, ALICE, "!update 5wd\n\nWe work.").await;
    assert!(letter(&world).contains("- your answer to the day that we proposed"), "{}", letter(&world));
    rena(&mut world, 1, "No, that is too late for me.").await;
    say(&mut world, ALICE, "!conflict They want it earlier").await;
    say(&mut world, ALICE, "!update 5wd\n\nWe read what you wrote.").await;
    assert!(letter(&world).contains("- a day that suits you and us"), "{}", letter(&world));
}

/// RUNBOOK T10: "A weakness in {component}, which your SIG looks after".
#[tokio::test]
async fn each_chair_reads_of_their_own_group() {
    let mut world = of_two_sigs().await;
    say(&mut world, ALICE, "!own me").await;
    let text = format!(
        "!assess vuln c=yes i=yes a=yes means=code attacker=network vector={VECTOR} versions=<2510.2 sig=network,core"
    );
    say(&mut world, ALICE, &text).await;
    for (who, own, other) in [(NORA, "network", "core"), (OSCAR, "core", "network")] {
        let mail = last(&world, who);
        for part in [
            format!("confidential: SIG {own} input wanted"),
            format!("which SIG {own} looks after"),
            format!("at least one person of SIG {own} who"),
            format!("the chairs of SIG {other} are asked as well"),
        ] {
            assert!(mail.contains(&part), "{who}: {part}: {mail}");
        }
    }
}

/// RUNBOOK section 3, bug_url and feature_url: "direct to policy".
#[tokio::test]
async fn whose_finding_is_none_reads_where_to_go() {
    for (closure, page) in
        [("bug", "bug_template"), ("wai", "feature_request"), ("feature", "feature_request")]
    {
        let mut world = reported().await;
        say(&mut world, ALICE, "!own me").await;
        say(&mut world, ALICE, &format!("!close {closure} It needs the rights of the owner")).await;
        if letters(&world).is_empty() {
            confirm(&mut world, BOB).await;
        }
        let mail = letter(&world);
        assert!(
            mail.contains(&format!("https://github.com/o3de/o3de/issues/new?template={page}.md")),
            "{mail}"
        );
    }
}

/// RFC: "in which case it can be discussed in SIG-security channels and at public meetings to drive consensus". Who says so in
/// which channel is a person's choice; the letter sets the reporter free to.
#[tokio::test]
async fn what_is_public_already_may_be_discussed() {
    let mut world = reported().await;
    say(&mut world, ALICE, "!known CVE-2025-12345").await;
    let mail = letter(&world);
    assert!(mail.contains("Because it is public, you may talk about it openly"), "{mail}");
}

/// RFC: "Triage owner is not responsible for actual work of fixing issue, TSC and SIGs are responsible for providing resources to
/// perform work unless its agreed that SIG-security is providing the resources."
#[tokio::test]
async fn people_who_fix_it_are_asked_for_from_the_groups_and_the_tsc() {
    let mut world = assessed().await;
    let (chair, tsc) = (last(&world, NORA), last(&world, TESS));
    assert!(
        chair.contains("We need at least one person of SIG network who can reproduce and fix it."),
        "{chair}"
    );
    assert!(tsc.contains("What we ask of you: People of those groups who reproduce and fix it"), "{tsc}");
    let told = say(&mut world, ALICE, "!group alice").await;
    assert!(told.contains("nobody of SIG network is in it"), "the owner alone is no group: {told}");
}

/// RFC: "Minimizes what parts of the process TSC has to own/operate on." On the straight way: it is confirmed, here is the text, it
/// is public.
#[tokio::test]
async fn the_tsc_hears_three_times_and_nobody_waits_for_it() {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, REST).await;
    world.at("2026-12-07T16:05:00Z");
    world.settle_within(1).await;
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, BOB).await;
    world.settle_within(2).await;
    let read: Vec<String> = world.sent_to(TESS).iter().map(|mail| flat(&readable(mail))).collect();
    // Whoever may be the second person is asked; members were, here.
    let (asked, told): (Vec<&String>, Vec<&String>) =
        read.iter().partition(|mail| mail.contains("asks you to confirm"));
    for (mail, words) in
        told.iter().zip(["a confirmed vulnerability", "review wanted by", "It is public; thank you"])
    {
        assert!(mail.contains(words), "{words}: {mail}");
    }
    assert_eq!(told.len(), 3, "{asked:#?} {told:#?}");
}
