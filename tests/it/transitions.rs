//! RUNBOOK 1.2, transitions 1 to 31: the story that walks each, and the test that shows its guard refusing, with the words of it.

use std::path::Path;

use sir_intake::case::advisory::AdvisoryState;

use crate::case_runbook::Play;
use crate::case_table::{Until, play};
use crate::rfc::story;

/// One row: its number, what it is, the file and the story that walks it, the file and the test of its guard, and what that test
/// says of it: the reason, or what does not happen.
struct Row(
    &'static str,
    &'static str,
    (&'static str, &'static str),
    (&'static str, &'static str, &'static str),
);

const WAY: (&str, &str) = ("story/disclosure.rs", "from_the_first_mail_to_the_public_notice");
const OPENED: (&str, &str) = ("story/intake.rs", "a_report_becomes_a_case_an_issue_a_receipt_and_alerts");
const NEEDS: &str = "a_group_a_cve_and_a_credit_need_what_they_need";
const REVIEWED: &str = "a_review_is_of_one_whole_text_and_counts_the_team";
const HERE: &str = "each_guard_says_why_and_leaves_nothing_half_done";

const ROWS: &[Row] = &[
    Row(
        "1",
        "a mail is held",
        OPENED,
        (
            "story/mailbox.rs",
            "a_fetch_that_goes_wrong_loses_nothing_and_doubles_nothing",
            "a_fetch_that_goes_wrong",
        ),
    ),
    Row(
        "2",
        "it is of an earlier case",
        ("story/thread.rs", "a_participants_reply_finds_its_case_by_id_code_or_tag"),
        ("story/thread.rs", "a_stranger_with_a_stolen_tag_or_thread_is_quarantined", "quarantined"),
    ),
    Row(
        "3",
        "it is read and sorted",
        ("story/waiting.rs", "doubtful_mail_waits_and_members_are_told_in_one_notice"),
        ("case_sort.rs", "no_header_hides_a_report", "reading"),
    ),
    Row(
        "4",
        "spam, or no report",
        ("story/waiting.rs", "an_operator_opens_or_discards_what_waits"),
        ("case_sort.rs", "a_machine_is_screened_unless_it_shows_a_report", "screened"),
    ),
    Row(
        "5",
        "known in public",
        ("story/commands_letters.rs", "known_tells_the_reporter_and_closes_when_the_letter_left"),
        ("transitions.rs", HERE, "it is assessed as a vulnerability"),
    ),
    Row(
        "6",
        "a duplicate",
        ("story/commands_cases.rs", "a_duplicate_is_acknowledged_like_any_report_and_shown_nothing"),
        (
            "story/commands_cases.rs",
            "a_duplicate_without_a_letter_and_links_are_taken_back",
            "not its own duplicate",
        ),
    ),
    Row(
        "7",
        "a case, an issue, alerts",
        OPENED,
        ("story/faults.rs", "nothing_is_written_to_a_repository_that_is_not_the_private_one", "repository"),
    ),
    Row(
        "8",
        "somebody owns it",
        ("story/commands.rs", "a_member_takes_a_case_and_is_told_so_alone"),
        (
            "story/commands.rs",
            "a_member_who_reported_it_does_not_look_after_it",
            "REFUSED: you reported this case",
        ),
    ),
    Row(
        "8b",
        "nobody owns it",
        ("story/clocks.rs", "a_case_that_nobody_takes_goes_up_step_by_step"),
        ("story/clocks.rs", "the_tsc_is_not_told_of_a_case_that_is_not_claimed_to_be_high", "tsc"),
    ),
    Row(
        "9",
        "acknowledged",
        ("story/commands_letters.rs", "an_acknowledgement_is_shown_at_once_and_leaves_after_its_hold"),
        (
            "story/clocks.rs",
            "the_receipt_stops_no_clock_and_taking_the_case_stops_only_the_owners",
            "runs(ClockKind::Acknowledge)",
        ),
    ),
    Row(
        "10",
        "asked, reminded, answered",
        ("story/asked.rs", "the_owner_is_reminded_twice_and_then_told_that_it_may_be_closed"),
        (
            "story/commands_letters.rs",
            "only_what_is_open_and_was_never_asked_is_asked",
            "REFUSED: there is nothing to ask: credit was asked before",
        ),
    ),
    Row(
        "11",
        "the team meets",
        ("story/disclosure.rs", "a_grave_one_is_met_about_within_a_week"),
        ("story/disclosure.rs", "a_grave_one_is_met_about_within_a_week", "say why there is no need to meet"),
    ),
    Row(
        "12",
        "no vulnerability",
        ("story/commands_letters.rs", "each_closure_has_its_letter_or_none"),
        (
            "story/commands_agreed.rs",
            "a_grave_claim_is_closed_by_two",
            "waits for a second person: the reporter claims critical",
        ),
    ),
    Row(
        "13",
        "a vulnerability",
        ("story/advisory.rs", "a_confirmed_vulnerability_gets_one_draft_advisory_in_the_public_repository"),
        ("case_guards.rs", "an_assessment_is_whole", "say which SIG it concerns"),
    ),
    Row(
        "14",
        "the reporter hears what was found",
        WAY,
        (
            "story/disclosure.rs",
            "what_breaks_nothing_is_no_vulnerability",
            "confidentiality (c), integrity (i)",
        ),
    ),
    Row(
        "15",
        "a day is proposed and agreed",
        WAY,
        (
            "case_guards.rs",
            "a_day_is_one_that_can_be_kept",
            "the reporter has not written since the proposal",
        ),
    ),
    Row(
        "16",
        "no agreement",
        ("story/disclosure.rs", "no_agreement_goes_up_and_day_90_comes"),
        ("transitions.rs", HERE, "a day is agreed: propose another one first"),
    ),
    Row("17", "a working group", WAY, ("case_guards.rs", NEEDS, "nobody of SIG network is in it")),
    Row("18", "reproduced, sized, fixed", WAY, ("transitions.rs", HERE, "say why")),
    Row(
        "19",
        "a CVE id is asked for",
        ("story/advisory.rs", "a_cve_id_is_asked_for_once_and_seen_when_it_comes"),
        ("case_guards.rs", NEEDS, "the affected versions are missing"),
    ),
    Row(
        "20",
        "it comes, or does not",
        ("story/disclosure_told.rs", "a_cve_id_that_comes_is_told_to_the_reporter_and_the_owner_once"),
        ("story/disclosure.rs", "a_cve_that_does_not_come_delays_nothing", "asked for already"),
    ),
    Row(
        "21",
        "the reporter joins",
        ("story/disclosure.rs", "the_reporter_is_invited_to_the_advisory"),
        ("case_guards.rs", "only_the_reporter_is_invited_by_letter", "invited"),
    ),
    Row(
        "22",
        "the advisory is complete",
        WAY,
        ("case_guards.rs", REVIEWED, "the advisory lacks what to do about it"),
    ),
    Row(
        "23",
        "it is reviewed",
        WAY,
        ("story/disclosure.rs", "from_the_first_mail_to_the_public_notice", "there is no working group"),
    ),
    Row("24", "it is approved, the list is told", WAY, ("case_guards.rs", REVIEWED, "1 of 2 approvals")),
    Row(
        "25",
        "they prepare",
        ("story/ways.rs", "the_embargoed_list_has_its_time_to_prepare"),
        ("story/ways.rs", "the_embargoed_list_has_its_time_to_prepare", "the embargoed list prepares until"),
    ),
    Row(
        "26",
        "ready",
        WAY,
        (
            "story/disclosure.rs",
            "from_the_first_mail_to_the_public_notice",
            "the fix is not in the public repository",
        ),
    ),
    Row(
        "27",
        "published",
        WAY,
        ("case_guards.rs", "a_later_day_that_both_agreed_to_holds_beyond_the_limit", "the agreed day is"),
    ),
    Row(
        "28",
        "closed",
        WAY,
        ("case_guards.rs", "a_case_ends_as_what_it_is", "GitHub does not show the advisory as public"),
    ),
    Row(
        "29",
        "known outside",
        ("story/disclosure.rs", "a_leak_is_told_at_once_and_moves_the_day"),
        ("transitions.rs", HERE, "it is public already"),
    ),
    Row(
        "30",
        "used against people",
        ("story/ways.rs", "exploited_in_the_wild_it_is_published_early_by_two"),
        ("story/ways.rs", "exploited_in_the_wild_it_is_published_early_by_two", "that is known since"),
    ),
    Row(
        "31",
        "opened again",
        ("story/thread_attack.rs", "reopening_and_asking_again_are_taken_back"),
        (
            "story/commands_letters.rs",
            "a_reply_to_a_closed_case_wakes_a_clock_and_does_not_reopen",
            "closure()",
        ),
    ),
];

#[test]
fn each_transition_is_walked_and_its_guard_refuses() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut faults = Vec::new();
    for Row(number, what, walk, guard) in ROWS {
        for (file, name, words) in [(walk.0, walk.1, ""), *guard] {
            let text = std::fs::read_to_string(tests.join(file)).unwrap();
            match story(&text, name) {
                None => faults.push(format!("{number}, {what}: there is no {name} in {file}")),
                Some(story) if !story.contains("test]") => {
                    faults.push(format!("{number}, {what}: {name} in {file} is no test"));
                }
                Some(story) if !story.contains(words) => {
                    faults.push(format!("{number}, {what}: {name} in {file} says nothing of \"{words}\""));
                }
                Some(_) => {}
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_transition_is_forgotten() {
    let rows: Vec<&str> = ROWS.iter().map(|Row(number, ..)| *number).collect();
    let mut all: Vec<String> = (1..=31).map(|number| number.to_string()).collect();
    all.insert(8, "8b".to_owned());
    assert_eq!(rows, all);
}

/// The guards that no story of its own shows: each says why, and changes nothing.
#[test]
fn each_guard_says_why_and_leaves_nothing_half_done() {
    let refuses = |mut play: Play, said: &str, who: &str, why: &str| play.refuses(said, who, why);
    // 5: what is assessed as one is not thanked for as known.
    refuses(play(Until::Confirmed), "!known CVE-2025-12345", "alice", "it is assessed as a vulnerability");
    refuses(play(Until::New), "!dup SIR-2026-0999", "alice", "there is no SIR-2026-0999");
    // 8: an end has no owner to come.
    refuses(play(Until::Ended), "!own me", "alice", "reopen");
    // 11: nobody meets in the past.
    refuses(play(Until::Triage), "!meeting 2026-11-20T10:00Z", "alice", "is over: name a later day");
    // 13 to 27: nothing of it before it is a vulnerability.
    for said in ["!embargo 2026-12-07", "!group alice, bob", "!review", "!notify", "!ready", "!publish"] {
        refuses(play(Until::Triage), said, "alice", "assess");
    }
    // 16.
    refuses(
        play(Until::Reviewed),
        "!conflict They want another day",
        "alice",
        "a day is agreed: propose another one first",
    );
    let mut conflict = play(Until::Mitigating);
    assert!(conflict.say("!conflict Nobody answers", "alice"));
    refuses(conflict, "!conflict Again", "alice", "that is noted already");
    // 18: no fix without a reason.
    refuses(play(Until::Mitigating), "!fix none", "alice", "say why");
    // 24 to 27: one after the other.
    refuses(play(Until::Mitigating), "!notify", "alice", "nothing was reviewed");
    refuses(play(Until::Approved), "!publish", "alice", "it is not ready");
    refuses(play(Until::Ready), "!ready", "alice", "it is ready already");
    // 28: not before it is public, and as nothing else then.
    refuses(play(Until::Ready), "!close disclosed", "alice", "it is not public yet");
    refuses(play(Until::Public), "!close bug It is none", "alice", "it is public: close disclosed");
    // 29 and 30: what is public is known outside.
    for said in ["!leaked It is on a forum", "!exploited Somebody uses it"] {
        refuses(play(Until::Public), said, "alice", "it is public already");
        refuses(play(Until::Ready), said, "tess", "only members and chairs command");
    }
    // 31: by the team alone, and only what is closed.
    refuses(play(Until::Triage), "!reopen", "alice", "it is not closed");
    refuses(play(Until::Ended), "!reopen", "tess", "only members and chairs command");
    // And a closed advisory is none to go on with.
    let mut closed = play(Until::Approved);
    closed.seen(1, AdvisoryState::Closed);
    refuses(closed, "!notify", "alice", "the advisory is closed on GitHub");
}
