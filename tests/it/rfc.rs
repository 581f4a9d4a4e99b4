//! Line by line: each sentence of the RFC that asks something of the program (RUNBOOK section 2, marks M and S), with the story
//! that keeps it and quotes it, or why there is none.

use std::collections::BTreeSet;
use std::path::Path;

/// Line of the RFC, its words, the file of the story, the story.
const KEPT: &[(u32, &str, &str, &str)] = &[
    (
        3,
        "The processes for reporting and handling security issues should be public knowledge",
        "letters.rs",
        "the_public_reads_the_runbook_as_it_is_configured",
    ),
    (
        5,
        "Creation and definition of a Security Issue Review (SIR) team.",
        "config.rs",
        "the_readme_shows_a_configuration_that_works",
    ),
    (
        6,
        "A runbook for handling issues that defines vulnerability life cycle",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        7,
        "Templates to aid communication around vulnerability reporting and disclosure.",
        "letters.rs",
        "every_letter_reads_as_its_snapshot",
    ),
    (
        8,
        "SIR Team will receive vulnerability reports sent to security@o3de.org and handle triage.",
        "story/intake.rs",
        "a_report_becomes_a_case_an_issue_a_receipt_and_alerts",
    ),
    (
        19,
        "Ensure the confidentiality of reported security issues until they can be publicly disclosed.",
        "story/canary.rs",
        "a_canary_in_every_field_is_heard_nowhere_outside",
    ),
    (
        20,
        "own handling a security report and ensuring it receives timely updates.",
        "story/disclosure.rs",
        "who_owns_it_hears_when_the_reporter_waits",
    ),
    (
        21,
        "Issues should either be closed or lead to disclosed security vulnerabilities.",
        "case_runbook.rs",
        "whatever_anybody_does",
    ),
    (
        32,
        "it should first see if the issue is publicly known",
        "story/known.rs",
        "a_known_cve_in_a_bundled_package_is_named_with_reasons_where_members_look",
    ),
    (
        32,
        "in which case it can be discussed in SIG-security channels and at public meetings",
        "story/told_words.rs",
        "what_is_public_already_may_be_discussed",
    ),
    (
        33,
        "Reporter should be thanked for their report and notified this is a known issue",
        "story/commands_letters.rs",
        "known_tells_the_reporter_and_closes_when_the_letter_left",
    ),
    (
        34,
        "known but undisclosed vulnerability",
        "story/commands_cases.rs",
        "a_duplicate_is_acknowledged_like_any_report_and_shown_nothing",
    ),
    (
        35,
        "In private SIR team Discord channel, raise issue and identify triage owner of issue.",
        "story/clocks.rs",
        "a_case_that_nobody_takes_goes_up_step_by_step",
    ),
    (
        35,
        "consider holding meeting of SIR team within 1 week of issue being reported",
        "story/disclosure.rs",
        "a_grave_one_is_met_about_within_a_week",
    ),
    (
        35,
        "Triage owner is not responsible for actual work of fixing issue, TSC and SIGs are responsible for providing resources",
        "story/told_words.rs",
        "people_who_fix_it_are_asked_for_from_the_groups_and_the_tsc",
    ),
    (
        36,
        "acknowledge the receipt of the issue within 3 working days of initial report",
        "story/clocks.rs",
        "the_acknowledgement_warns_at_one_two_and_two_and_a_half_days_and_breaks_at_three",
    ),
    (
        37,
        "capture sufficient details to ensure it can be assessed, if details are missing",
        "story/commands_letters.rs",
        "only_what_is_open_and_was_never_asked_is_asked",
    ),
    (
        38,
        "clear information about what steps reporter took to identify the vulnerability",
        "report_facts.rs",
        "every_mail_of_the_table_is_read_as_a_person_would",
    ),
    (
        39,
        "Understanding what platforms, packages and version the threat has been reported against.",
        "report_facts.rs",
        "every_mail_of_the_table_is_read_as_a_person_would",
    ),
    (
        40,
        "open new GitHub Issue (GHI) in SIG-Security-reports private repository",
        "story/intake.rs",
        "a_report_becomes_a_case_an_issue_a_receipt_and_alerts",
    ),
    (41, "Asses threat", "story/disclosure.rs", "what_breaks_nothing_is_no_vulnerability"),
    (
        42,
        "compromise in one or more of those areas",
        "story/disclosure.rs",
        "what_breaks_nothing_is_no_vulnerability",
    ),
    (
        43,
        "Identify initial impact level for issue.",
        "story/disclosure.rs",
        "what_breaks_nothing_is_no_vulnerability",
    ),
    (
        44,
        "Discuss initial findings in private discord channel with SIR team.",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        45,
        "create a draft security advisory for issue, in the correct O3DE project/repository",
        "story/advisory.rs",
        "a_confirmed_vulnerability_gets_one_draft_advisory_in_the_public_repository",
    ),
    (
        46,
        "Update GHI with link to advisory link.",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        47,
        "Add SIR team members to draft advisory.",
        "story/advisory.rs",
        "a_confirmed_vulnerability_gets_one_draft_advisory_in_the_public_repository",
    ),
    (
        48,
        "Alert impacted SIGs via their chair(s) and the TSC.",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        49,
        "Provide a draft security response and request comments/changes from collaborators",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        50,
        "If not a vulnerability, thank reporter for their time and provide a reason",
        "story/commands_letters.rs",
        "each_closure_has_its_letter_or_none",
    ),
    (
        51,
        "Close issue in triage queue and let SIR team know issue is closed.",
        "story/commands_letters.rs",
        "each_closure_has_its_letter_or_none",
    ),
    (
        52,
        "create a draft security advisory for issue",
        "story/advisory.rs",
        "an_answer_that_is_lost_makes_no_second_draft",
    ),
    (
        53,
        "work with reporter to agree on embargo period/disclosure timeline",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        53,
        "If there are conflicts in agreeing embargo period, please communicate with SIR team for next steps.",
        "story/disclosure.rs",
        "no_agreement_goes_up_and_day_90_comes",
    ),
    (54, "Asses threat", "story/disclosure.rs", "what_breaks_nothing_is_no_vulnerability"),
    (
        55,
        "Group should contain at least one member of each impacted SIG, the SIR team triage owner",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        56,
        "Working group needs to set up reproduction of vulnerability.",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        57,
        "Working group needs to identify impact of vulnerability",
        "story/advisory.rs",
        "a_new_assessment_changes_the_figures_that_we_wrote_and_no_word_of_people",
    ),
    (
        58,
        "attempt to provide mitigation in private fork",
        "story/advisory.rs",
        "a_private_fork_is_begun_once_and_seen_when_it_is_there",
    ),
    (
        59,
        "Define a Common vulnerabilities and exposures (CVE) number for the issue.",
        "story/advisory.rs",
        "a_cve_id_is_asked_for_once_and_seen_when_it_comes",
    ),
    (
        60,
        "This RFC proposes using GitHub as CNA",
        "story/advisory.rs",
        "a_cve_id_is_asked_for_once_and_seen_when_it_comes",
    ),
    (
        61,
        "Ask reporter if they want to be involved and invite them to collaborate on the CVE",
        "story/disclosure.rs",
        "the_reporter_is_invited_to_the_advisory",
    ),
    (
        62,
        "should be updated to contain mitigation steps, if known",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        63,
        "should contain acknowledgement of vulnerability reporter",
        "story/advisory.rs",
        "a_credit_is_offered_answered_and_taken_back",
    ),
    (
        64,
        "Review draft of public disclosure issue",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        65,
        "Review with SIR team, which should include TSC observers",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        66,
        "Review with vulnerability reporter where possible",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        67,
        "via an Embargoed Notification list",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        68,
        "Agree with disclosed O3DE members time to prepare and begin patching",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        69,
        "If possible, merge fix to main repro prior to public disclosure.",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        70,
        "Co-ordinate with SIG-release esp around Critical and High issues",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        71,
        "Publish public disclosure on agreed date with mitigation instructions.",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        72,
        "publishing-a-security-advisory",
        "story/advisory_public.rs",
        "what_was_approved_is_published_once_without_a_trace_of_ours",
    ),
    (
        73,
        "Send notifications through identified public channels",
        "story/disclosure.rs",
        "from_the_first_mail_to_the_public_notice",
    ),
    (
        74,
        "If there is security related public GitHub issue (GHI) exists that did not originate from SIG-Security:",
        "story/takedown.rs",
        "a_public_issue_that_looks_like_a_report_is_saved_and_queued_and_nothing_happens_in_public",
    ),
    (
        75,
        "Raise with SIR team",
        "story/takedown.rs",
        "a_public_issue_that_looks_like_a_report_is_saved_and_queued_and_nothing_happens_in_public",
    ),
    (
        76,
        "Message responder that security reports should be made through security@o3de.org.",
        "story/takedown.rs",
        "whoever_posted_it_is_told_once_by_a_members_order_and_neutrally",
    ),
    (
        77,
        "Save GHI content and delete public GitHub issue",
        "story/takedown.rs",
        "two_people_delete_it_once_its_poster_could_read_why",
    ),
    (
        78,
        "Move into internal issue queue.",
        "story/takedown.rs",
        "a_public_issue_that_looks_like_a_report_is_saved_and_queued_and_nothing_happens_in_public",
    ),
    (
        79,
        "Provide templates that act as starter guides when SIR team has issues to respond to.",
        "letters.rs",
        "an_override_takes_the_place_of_one_letter_alone",
    ),
    (
        80,
        "ensure there is consistent communication",
        "letters.rs",
        "letters_are_72_columns_wide_and_carry_their_tag_where_it_belongs",
    ),
    (
        81,
        "Provides clear process for SIG to follow",
        "letters.rs",
        "the_public_reads_the_runbook_as_it_is_configured",
    ),
    (
        82,
        "Minimizes what parts of the process TSC has to own/operate on.",
        "story/told_words.rs",
        "the_tsc_hears_three_times_and_nobody_waits_for_it",
    ),
    (
        84,
        "SIR team may not have capacity",
        "story/clocks.rs",
        "with_everybody_away_the_chairs_are_told_at_once",
    ),
    (
        85,
        "automate report->GitHub issue creation so triage queue is automatically populated",
        "story/intake.rs",
        "a_report_becomes_a_case_an_issue_a_receipt_and_alerts",
    ),
    (
        87,
        "run a full practice of patching O3DE",
        "story/modes.rs",
        "an_exercise_writes_to_the_roster_alone_and_says_so_in_every_subject",
    ),
    (
        89,
        "Process should be publicly documented",
        "templates_cli.rs",
        "docs_prints_what_is_configured_and_no_name_address_or_secret",
    ),
    (
        91,
        "SLAs/time frames the SIG wants to adopt around runbook steps",
        "config.rs",
        "the_commented_defaults_of_the_example_are_the_defaults",
    ),
    (
        92,
        "alternative communication mechanisms we should use (ie something other than Discord",
        "story/faults.rs",
        "discords_limit_is_kept_and_a_revoked_webhook_is_told_by_mail",
    ),
];

/// Lines that ask something and that no story keeps, with the reason.
const NOT_KEPT: &[(std::ops::RangeInclusive<u32>, &str)] = &[
    (1..=2, "what the RFC is about; the mailbox is line 8"),
    (4..=4, "a heading of lines 5 to 7"),
    (9..=18, "who is of the team, and who gives access: the life of the roster, which is work of its own"),
    (22..=31, "nomination, approval, removal, appeal: the life of the roster, which is work of its own"),
    (83..=83, "asks how public and private figures go together: public figures are work of their own"),
    (86..=86, "who runs the process; its lengths are configured"),
    (88..=88, "everything may change; it is configured"),
    (90..=90, "training by people"),
    (93..=94, "overload and public figures: work of its own"),
    (95..=95, "another CNA may come; until then GitHub is asked"),
    (96..=96, "thanks to sources"),
];

fn flat(text: &str) -> String {
    let words = text.lines().flat_map(|line| line.trim().trim_start_matches('/').split_whitespace());
    words.collect::<Vec<_>>().join(" ")
}

/// A function of a file with the comments above it.
pub fn story<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let at = text.find(&format!("fn {name}("))?;
    let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let indent = text[line..].len() - text[line..].trim_start_matches(' ').len();
    let mut start = line;
    while let Some(above) = text[..start.saturating_sub(1)].rfind('\n').map(|at| at + 1) {
        let trimmed = text[above..start].trim();
        if !trimmed.starts_with("///") && !trimmed.starts_with("#[") {
            break;
        }
        start = above;
    }
    let end = text[at..].find(&format!("\n{}}}", " ".repeat(indent)))? + at;
    text.get(start..end)
}

#[test]
fn each_line_has_a_story_that_quotes_it() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut faults = Vec::new();
    for (line, words, file, name) in KEPT {
        let text = std::fs::read_to_string(tests.join(file)).unwrap();
        match story(&text, name) {
            None => faults.push(format!("line {line}: there is no story {name} in {file}")),
            Some(story) if !flat(story).contains(&flat(words)) => {
                faults.push(format!("line {line}: {name} in {file} does not quote \"{words}\""));
            }
            Some(_) => {}
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_line_is_forgotten() {
    let kept: BTreeSet<u32> = KEPT.iter().map(|(line, ..)| *line).collect();
    let named: BTreeSet<u32> = NOT_KEPT.iter().flat_map(|(lines, _)| lines.clone()).collect();
    let forgotten: Vec<u32> = (1..=96).filter(|line| !kept.contains(line) && !named.contains(line)).collect();
    assert_eq!(forgotten, Vec::<u32>::new());
    assert_eq!(kept.intersection(&named).collect::<Vec<_>>(), Vec::<&u32>::new());
}

/// The words are the RFC's own, where it lies beside the project.
#[test]
fn the_quotes_are_the_rfcs_words() {
    let Some(place) = std::env::var_os("SIR_SHARED") else {
        println!("not run: no shared data (SIR_SHARED)");
        return;
    };
    let Ok(text) = std::fs::read_to_string(Path::new(&place).join("rfc.txt")) else {
        println!("not run: no rfc.txt in SIR_SHARED");
        return;
    };
    let lines: Vec<&str> = text.lines().collect();
    for (line, words, ..) in KEPT {
        let said = lines[*line as usize - 1];
        assert!(flat(said).contains(&flat(words)), "line {line} says: {said}");
    }
}
