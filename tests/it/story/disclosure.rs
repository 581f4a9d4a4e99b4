//! The runbook to its end, by commands: from the report to the public notice, and the ways that lead elsewhere.

use sir_intake::case::{ClockKind, Phase, Severity};
use sir_intake::practice::loopback::{ROSTER, Settings};

use super::advisory::{edit, seen, the_one, word, written};
use super::command_desk::{ALICE, BOB, CAROL, Told, command, flat, letters, readable, transcript};
use super::commands_agreed::nonce;
use super::post::{Mail, RENA, address};
use crate::sync::O3DE;
use crate::world::World;

pub const MORE: &str = r#"
[[team.member]]
name = "nora"
full_name = "Nora Network"
addresses = ["nora@sigs.example"]
dkim_domains = ["sigs.example"]
roles = ["sig-chair"]
sigs = ["network"]

[[team.member]]
name = "rita"
full_name = "Rita Release"
addresses = ["rita@release.example"]
dkim_domains = ["release.example"]
roles = ["release-contact"]

[commands]
hold_s = 0
letters_per_hour = 100

[runbook]
announce = ["announce@lists.o3de.example"]
approvals = 2

[[runbook.embargoed]]
organization = "Example Studios"
address = "security@studio.example"
terms_accepted = "2026-01-31"
vouched_by = ["alice", "bob"]
"#;

pub const STUDIO: &str = "security@studio.example";
/// All that `ready` asks for, and that the day does not.
pub const REST: &str =
    "!fix merged https://github.com/o3de/o3de/pull/77\n!installers no\n!cve none It is small\n!ready";
pub const PUBLIC: &str = "announce@lists.o3de.example";
const RITA: &str = "Rita Release <rita@release.example>";
pub const VECTOR: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

/// A report came, with a reporter, a team, a SIG, and others who must know.
pub async fn reported() -> World {
    reported_with(&format!("{ROSTER}{MORE}")).await
}

/// The same, with this team and these rules.
pub async fn reported_with(rest: &str) -> World {
    reported_in(World::with(Settings { rest: rest.to_owned(), ..Settings::default() }).await).await
}

pub async fn reported_in(mut world: World) -> World {
    world.peers.hub.add_repository(O3DE, "o3de", "o3de", false);
    world.deliver(&Mail::report().write());
    world.settle_within(1).await;
    world
}

/// Says it by mail, and settles.
pub async fn say(world: &mut World, who: &str, text: &str) -> Told {
    let mail = command(world, who, 1, text);
    world.deliver(&mail.write());
    world.settle_within(1).await;
    transcript(world, who, &mail)
}

pub async fn assessed() -> World {
    assess(reported().await).await
}

pub async fn assess(mut world: World) -> World {
    say(&mut world, ALICE, "!own me\n!ack 5wd").await;
    let text = format!(
        "!assess vuln c=yes i=yes a=yes means=code attacker=network vector={VECTOR} versions=<2510.2"
    );
    say(&mut world, ALICE, &text).await;
    world
}

/// Rena answers the last letter.
pub async fn rena(world: &mut World, n: u32, text: &str) {
    let last = world.sent_to(RENA).pop().unwrap();
    let mail = Mail::new(
        "Rena Porter <rena@reporter.example>",
        "Re: yours",
        &format!("a{n}@reporter.example"),
        text,
    );
    world.deliver(&mail.answering(&last).write());
    world.settle_within(1).await;
}

/// The second person agrees by their own word.
pub async fn confirm(world: &mut World, who: &str) -> Told {
    let nonce = nonce(world, who);
    say(world, who, &format!("!confirm {nonce}")).await
}

pub fn phase(world: &World) -> Option<Phase> {
    world.case(1).phase()
}

pub fn got(world: &World, who: &str, words: &str) -> usize {
    let mails = world.sent_to(address(who));
    let read = mails.iter().map(|mail| flat(&readable(mail)));
    // A digest names what is due as well.
    read.filter(|mail| mail.contains(words) && !mail.contains("[sir-intake] digest")).count()
}

/// Assessed, with a group, a fix, an agreed day, an approved text.
pub async fn approved() -> World {
    approve(assessed().await).await
}

pub async fn approve(mut world: World) -> World {
    say(&mut world, ALICE, "!group alice, nora\n!reproduced yes on Linux\n!credit name").await;
    say(&mut world, ALICE, "!fix proposed https://github.com/o3de/o3de-ghsa/pull/1\n!embargo 2026-12-07")
        .await;
    rena(&mut world, 1, "Yes, that day is fine for me.").await;
    say(&mut world, ALICE, "!agreed").await;
    let ghsa = seen(&world).ghsa;
    written(&mut world, &ghsa).await;
    let told = say(&mut world, ALICE, "!review").await;
    assert!(told.contains("is under review"), "{told}");
    rena(&mut world, 2, "Reads well.").await;
    let hash = seen(&world).text.short();
    say(&mut world, ALICE, &format!("!approve {hash}")).await;
    say(&mut world, BOB, &format!("!approve {hash}")).await;
    world
}

/// RFC: "Send notifications through identified public channels"
/// RFC: "Publish public disclosure on agreed date with mitigation instructions."
/// RFC: "Co-ordinate with SIG-release esp around Critical and High issues"
/// RFC: "Agree with disclosed O3DE members time to prepare and begin patching"
/// RFC: "Review with vulnerability reporter where possible"
/// RFC: "Review with SIR team, which should include TSC observers"
/// RFC: "should be updated to contain mitigation steps, if known"
/// RFC: "Working group needs to set up reproduction of vulnerability."
/// RFC: "Provide a draft security response and request comments/changes from collaborators"
/// RFC: "Alert impacted SIGs via their chair(s) and the TSC."
/// RFC: "Update GHI with link to advisory link."
/// RFC: "Discuss initial findings in private discord channel with SIR team."
/// RFC: "A runbook for handling issues that defines vulnerability life cycle"
/// RFC: "Issues should either be closed or lead to disclosed security vulnerabilities." The whole way of one, by mail: two members,
/// a SIG, SIG-Release, the embargoed list, a reporter.
#[tokio::test]
async fn from_the_first_mail_to_the_public_notice() {
    let mut world = assessed().await;
    // RFC: "create a draft security advisory for issue, in the correct O3DE project/repository"; "Alert impacted SIGs via their
    // chair(s) and the TSC".
    assert_eq!(phase(&world), Some(Phase::Confirmed));
    let ghsa = seen(&world).ghsa;
    assert_eq!(word(&the_one(&world), "state"), "draft");
    assert!(world.issue(1).labels.contains("stage/confirmed"), "{:?}", world.issue(1).labels);
    assert_eq!(got(&world, "nora@sigs.example", "this mail is confidential"), 1);
    assert_eq!(got(&world, BOB, &seen(&world).text.short()), 1, "the draft, for comment");
    assert!(world.issue(1).body.contains(&ghsa), "{}", world.issue(1).body);
    let posts = world.peers.discord.messages();
    assert!(posts.iter().any(|post| post.content.contains("assessed as a vulnerability")), "{posts:?}");
    assert_eq!(got(&world, "tess@tsc.example", &ghsa), 1);
    let confirmed = letters(&world).pop().unwrap();
    assert!(flat(&confirmed).contains("We have confirmed it"), "{confirmed}");
    assert!(
        confirmed.contains("critical") && confirmed.lines().all(|line| line.chars().count() <= 72),
        "{confirmed}"
    );

    // RFC: "Group should contain at least one member of each impacted SIG, the SIR team triage owner".
    let told = say(&mut world, ALICE, "!group bob").await;
    assert!(
        told.contains("the owner alice must be in it") && told.contains("nobody of SIG network"),
        "{told}"
    );
    let told = say(&mut world, ALICE, "!review").await;
    assert!(told.contains("there is no working group") && told.contains("reproduced yes|no"), "{told}");
    say(&mut world, ALICE, "!group alice, nora\n!reproduced yes on Linux, at 2510.1\n!credit name").await;
    assert_eq!(phase(&world), Some(Phase::Mitigating));
    assert_eq!(got(&world, "nora@sigs.example", "working group"), 1);
    say(&mut world, ALICE, "!fork\n!cve request\n!fix proposed https://github.com/o3de/o3de-ghsa/pull/1")
        .await;
    assert_eq!(got(&world, RITA, "installers"), 1, "asked once, since it is critical");
    assert!(got(&world, RENA, "CVE") >= 1);

    // RFC: "work with reporter to agree on embargo period/disclosure timeline".
    let told = say(&mut world, ALICE, "!embargo 2026-12-05").await;
    assert!(told.contains("the nearest earlier one is Thu 3 Dec 2026, 16:00 UTC"), "{told}");
    let told = say(&mut world, ALICE, "!embargo 2027-06-01T16:00Z").await;
    assert!(told.contains("more than 90 and 30 days"), "{told}");
    say(&mut world, ALICE, "!embargo 2026-12-07").await;
    let told = say(&mut world, ALICE, "!agreed").await;
    assert!(told.contains("the reporter has not written since the proposal"), "{told}");
    rena(&mut world, 1, "Yes, that day is fine for me.").await;
    let told = say(&mut world, ALICE, "!agreed").await;
    assert!(told.contains("the day is Mon 7 Dec 2026, 16:00 UTC, by mail"), "{told}");
    let settled = world.sent_to(RENA).pop().unwrap();
    assert!(settled.contains("text/calendar") && readable(&settled).contains("7 December 2026"), "{settled}");

    // RFC: "Review draft of public disclosure issue"; approvals are of one text.
    let told = say(&mut world, ALICE, "!review").await;
    assert!(told.contains("the advisory lacks"), "{told}");
    let first = written(&mut world, &ghsa).await;
    say(&mut world, ALICE, "!review").await;
    assert!(got(&world, RENA, "Oversized packets are not rejected") >= 1, "the reporter reads it");
    assert!(got(&world, "tess@tsc.example", &first.short()) >= 1, "TSC observers read it");
    say(&mut world, ALICE, &format!("!approve {}", first.short())).await;
    edit(&world, &ghsa, "summary", serde_json::json!("Oversized packets are accepted"));
    world.pass(1);
    world.settle_within(1).await;
    let second = seen(&world).text;
    assert_ne!(first, second);
    let told = say(&mut world, BOB, &format!("!approve {}", first.short())).await;
    assert!(told.contains("read it again"), "{told}");
    let told = say(&mut world, ALICE, "!notify").await;
    assert!(told.contains("0 of 2 approvals") && told.contains("the reporter has until"), "{told}");
    say(&mut world, ALICE, &format!("!approve {}", second.short())).await;
    say(&mut world, BOB, &format!("!approve {}", second.short())).await;
    rena(&mut world, 2, "Reads well.").await;

    // RFC: "Notify SIG(s) via SIG-Chair(s) list and interested party ... via an Embargoed Notification list": by two persons.
    say(&mut world, ALICE, "!notify").await;
    assert_eq!(phase(&world), Some(Phase::Review), "nothing happens before a second person agrees");
    assert_eq!(world.sent_to(STUDIO).len(), 0);
    let told = confirm(&mut world, CAROL).await;
    assert!(told.contains("confirmed: act") && !told.contains("To take it back"), "{told}");
    assert_eq!(phase(&world), Some(Phase::Prenotice));
    let notice = readable(&world.sent_to(STUDIO)[0]);
    assert!(notice.starts_with("[EMBARGOED until 2026-12-07 16:00"), "{notice}");
    assert!(!notice.contains("SIR-2026") && !notice.contains("reporter.example"), "{notice}");

    // RFC: "If possible, merge fix to main repro prior to public disclosure. Co-ordinate with SIG-release".
    let told = say(&mut world, ALICE, "!ready").await;
    assert!(
        told.contains("the fix is not in the public repository") && told.contains("SIG-Release has not said"),
        "{told}"
    );
    say(&mut world, ALICE, "!fix merged https://github.com/o3de/o3de/pull/77").await;
    let told = say(&mut world, RITA, "!installers yes").await;
    assert!(told.contains("new installers are made"), "{told}");
    say(&mut world, ALICE, "!ready").await;
    assert_eq!(phase(&world), Some(Phase::Ready));
    let told = say(&mut world, ALICE, "!publish").await;
    assert!(told.contains("the agreed day is Mon 7 Dec 2026, 16:00 UTC"), "{told}");

    // The list hears again a day before.
    world.at("2026-12-06T16:05:00Z");
    world.settle_within(1).await;
    assert_eq!(world.sent_to(STUDIO).len(), 2);
    world.at("2026-12-07T16:05:00Z");
    world.settle_within(1).await;
    assert_eq!(phase(&world), Some(Phase::Ready), "nothing is published by itself");
    assert_eq!(word(&the_one(&world), "state"), "draft");

    // RFC: "Publish public disclosure on agreed date with mitigation instructions": by two persons.
    say(&mut world, ALICE, "!publish").await;
    assert_eq!(word(&the_one(&world), "state"), "draft");
    confirm(&mut world, BOB).await;
    world.settle_within(2).await;
    assert_eq!(word(&the_one(&world), "state"), "published");
    assert_eq!(phase(&world), Some(Phase::Disclosed));
    assert_eq!(world.sent_to(PUBLIC).len(), 1);
    let public = readable(&world.sent_to(PUBLIC)[0]);
    assert!(public.contains(&ghsa) && !public.contains("SIR-2026"), "{public}");
    assert_eq!(world.sent_to(STUDIO).len(), 3, "the embargo is lifted");
    let thanks = letters(&world).pop().unwrap();
    assert!(flat(&thanks).to_lowercase().contains("thank you") && thanks.contains(&ghsa), "{thanks}");
    assert_eq!(got(&world, ALICE, "look back at how it went"), 1);
    assert_eq!(got(&world, RITA, "release notes"), 1);

    // RUNBOOK 1.2, row 28: the id that was asked for is waited for.
    let told = say(&mut world, ALICE, "!close disclosed").await;
    assert!(told.contains("the CVE id that was asked for is not there"), "{told}");
    edit(&world, &ghsa, "cve_id", serde_json::json!("CVE-2026-12345"));
    world.pass(1);
    world.settle_within(1).await;
    let told = say(&mut world, ALICE, "!close disclosed").await;
    assert!(told.contains("closed: disclosed"), "{told}");
    let case = world.case(1);
    assert!(case.closure().is_some());
    assert!(case.clocks.values().all(|clock| clock.stopped.is_some()), "{:?}", case.clocks);
    world.nothing_is_left_over();
}

/// RFC: "Identify initial impact level for issue."
/// RFC: "Asses threat"
/// RFC: "what separates a vulnerability from other unwanted behavior (a non-security bug) is a compromise in one or more of those
/// areas."
#[tokio::test]
async fn what_breaks_nothing_is_no_vulnerability() {
    let mut world = reported().await;
    let told = say(&mut world, ALICE, "!assess vuln severity=high").await;
    assert!(told.contains("confidentiality (c), integrity (i), availability (a)"), "{told}");
    let told = say(&mut world, ALICE, &format!("!assess vuln a=yes severity=low vector={VECTOR}")).await;
    assert!(told.contains("the vector scores 9.8 (critical), not low"), "{told}");
    assert_eq!(phase(&world), None);
    let told = say(&mut world, ALICE, "!assess bug It crashes, but only your own editor").await;
    assert!(told.contains("closed: bug"), "{told}");
    assert!(flat(&letters(&world).pop().unwrap()).contains("only your own editor"));
}

/// "An undo for every verb": what was assessed is taken back, and its promises with it.
#[tokio::test]
async fn an_assessment_is_taken_back() {
    let mut world = assessed().await;
    assert!(world.case(1).runs(ClockKind::Disclosure) && world.case(1).runs(ClockKind::Agreement));
    let told = say(&mut world, ALICE, "!undo 3").await;
    assert!(told.contains("the letter of act 3 left already"), "{told}");
    say(&mut world, ALICE, "!severity medium\n!group alice, nora").await;
    let told = say(&mut world, BOB, "!undo 5").await;
    assert!(told.contains("taken back: act 5"), "{told}");
    assert_eq!(phase(&world), Some(Phase::Confirmed));
    assert_eq!(world.case(1).severity_set, Some(Severity::Medium));
}

/// RUNBOOK 1.2, rows 29 and 30: everybody who must know hears of it at once, and the day no longer holds it back.
#[tokio::test]
async fn a_leak_is_told_at_once_and_moves_the_day() {
    let mut world = approved().await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, REST).await;
    let told = say(&mut world, ALICE, "!publish").await;
    assert!(told.contains("the agreed day is"), "{told}");
    let told = say(&mut world, BOB, "!leaked A screenshot of the advisory is on a forum").await;
    assert!(told.contains("1 of the embargoed list are told"), "{told}");
    assert!(got(&world, "tess@tsc.example", "known outside") + got(&world, "tess@tsc.example", "leak") >= 1);
    let due = world.case(1).clocks[&ClockKind::Disclosure].due;
    assert!(due < world.case(1).tracks.date().unwrap(), "{due}");
    say(&mut world, ALICE, "!publish").await;
    confirm(&mut world, BOB).await;
    world.settle_within(2).await;
    assert_eq!(word(&the_one(&world), "state"), "published");
}

/// RFC: "If there are conflicts in agreeing embargo period, please communicate with SIR team for next steps."
/// RFC: "If there are conflicts in agreeing embargo period, please communicate with SIR team for next steps": and 90 days later it
/// is public, "even if no fix is available".
#[tokio::test]
async fn no_agreement_goes_up_and_day_90_comes() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!group alice, nora\n!reproduced no\n!credit anonymous\n!embargo 2026-12-07")
        .await;
    rena(&mut world, 1, "No. I want to publish tomorrow.").await;
    let told = say(&mut world, ALICE, "!conflict They want to publish tomorrow").await;
    assert!(told.contains("no agreement"), "{told}");
    assert_eq!(got(&world, BOB, "do not agree on the day"), 1);
    // After 5 working days the chairs, after 10 the TSC contact.
    world.at("2026-12-01T12:00:00Z");
    world.settle_within(1).await;
    assert!(got(&world, CAROL, "agree with the reporter about the day") >= 1);
    assert_eq!(got(&world, "tess@tsc.example", "agree with the reporter about the day"), 0);
    world.at("2026-12-08T12:00:00Z");
    world.settle_within(1).await;
    assert_eq!(got(&world, "tess@tsc.example", "agree with the reporter about the day"), 1);
    // No fix by day 90.
    say(&mut world, ALICE, "!fix none It needs a new file format\n!installers no\n!cve refused").await;
    let ghsa = seen(&world).ghsa;
    written(&mut world, &ghsa).await;
    say(&mut world, ALICE, "!review").await;
    let hash = seen(&world).text.short();
    say(&mut world, ALICE, &format!("!approve {hash}")).await;
    say(&mut world, BOB, &format!("!approve {hash}")).await;
    // The reporter is silent: five working days for them to read it, and no longer.
    let told = say(&mut world, ALICE, "!notify").await;
    assert!(told.contains("the reporter has until Tue 15 Dec 2026"), "{told}");
    world.at("2026-12-16T12:00:00Z");
    world.settle_within(1).await;
    say(&mut world, ALICE, "!notify").await;
    confirm(&mut world, BOB).await;
    say(&mut world, ALICE, "!ready").await;
    assert_eq!(phase(&world), Some(Phase::Ready));
    let told = say(&mut world, ALICE, "!publish").await;
    assert!(told.contains("no day is agreed; without one the last day is Sun 21 Feb 2027"), "{told}");
    world.at("2027-02-22T12:00:00Z");
    world.settle_within(1).await;
    let told = say(&mut world, ALICE, "!publish").await;
    assert!(told.contains("the reporter has not agreed to a day"), "{told}");
    confirm(&mut world, CAROL).await;
    world.settle_within(2).await;
    assert_eq!(word(&the_one(&world), "state"), "published");
}

/// RFC: "own handling a security report and ensuring it receives timely updates."
/// RUNBOOK 1.4, periodic update: 3 working days for a critical one; and the promise that an acknowledgement made.
#[tokio::test]
async fn who_owns_it_hears_when_the_reporter_waits() {
    let mut world = assessed().await;
    assert_eq!(got(&world, ALICE, "tell the reporter how it goes"), 0);
    world.at("2026-11-26T12:00:00Z");
    world.settle_within(1).await;
    assert_eq!(got(&world, ALICE, "tell the reporter how it goes"), 1);
    assert_eq!(got(&world, BOB, "tell the reporter how it goes"), 0, "the owner alone, at first");
    let told = say(&mut world, ALICE, "!update 5wd\n\nWe see it happen, and know which line does it.").await;
    assert!(told.contains("the update (T16)"), "{told}");
    let letter = letters(&world).pop().unwrap();
    assert!(letter.contains("We see it happen") && letter.contains("3 December 2026"), "{letter}");
    assert!(world.case(1).clocks[&ClockKind::Update].due > world.now());
    // Each of them rings once, also after a week away.
    world.at("2026-12-20T12:00:00Z");
    world.settle_within(1).await;
    let (first, again) =
        (got(&world, ALICE, "write to the reporter, as promised"), world.sent_to(address(ALICE)).len());
    assert_eq!(first, 1, "the highest level passed speaks for those below it");
    world.settle_within(1).await;
    assert_eq!(world.sent_to(address(ALICE)).len(), again);
}

/// RFC: "consider holding meeting of SIR team within 1 week of issue being reported"
/// RUNBOOK 1.2, row 11: complicated or grave; held or waived with a reason, and by nobody's silence.
#[tokio::test]
async fn a_grave_one_is_met_about_within_a_week() {
    let mut world = assessed().await;
    let due = world.case(1).clocks[&ClockKind::Meeting].due;
    assert_eq!(due.to_string(), "2026-11-30T09:00:00Z", "a week after the report");
    let told = say(&mut world, ALICE, "!meeting 2026-11-27T15:00Z").await;
    assert!(told.contains("3 people are asked to meet"), "{told}");
    let asked = world.sent_to(address(BOB)).pop().unwrap();
    assert!(asked.contains("text/calendar") && readable(&asked).contains("27 Nov"), "{asked}");
    let told = say(&mut world, ALICE, "!meeting waived").await;
    assert!(told.contains("say why there is no need to meet"), "{told}");
    say(&mut world, ALICE, "!meeting held").await;
    assert!(!world.case(1).runs(ClockKind::Meeting));
}

/// RFC: "Ask reporter if they want to be involved and invite them to collaborate on the CVE"
/// RUNBOOK 1.2, row 21: their account is known, they said yes, and two people let somebody new in.
#[tokio::test]
async fn the_reporter_is_invited_to_the_advisory() {
    let mut world = assessed().await;
    world.peers.hub.add_user(106, "rena-r");
    say(&mut world, ALICE, "!credit github rena-r\n!collab rena-r").await;
    assert!(world.case(1).tracks.collaborators.is_empty(), "not before a second person agrees");
    confirm(&mut world, BOB).await;
    world.settle_within(1).await;
    assert!(seen(&world).logins.contains(&"rena-r".to_owned()), "{:?}", seen(&world).logins);
    assert!(flat(&letters(&world).pop().unwrap()).contains("rena-r"));
}

/// RUNBOOK F7: the id may take weeks; the owner hears after 5 working days, the chairs after 35 days, and the day does not wait.
#[tokio::test]
async fn a_cve_that_does_not_come_delays_nothing() {
    let mut world = assessed().await;
    say(&mut world, ALICE, "!cve request").await;
    let told = say(&mut world, ALICE, "!cve request").await;
    assert!(told.contains("asked for already"), "{told}");
    world.at("2026-11-30T12:00:00Z");
    world.settle_within(1).await;
    assert_eq!(got(&world, ALICE, "get a CVE id"), 1);
    assert_eq!(got(&world, CAROL, "get a CVE id"), 0);
    world.at("2026-12-29T12:00:00Z");
    world.settle_within(1).await;
    assert_eq!(got(&world, CAROL, "get a CVE id"), 1);
    say(&mut world, ALICE, "!cve refused").await;
    assert!(!world.case(1).runs(ClockKind::Cve));
}

/// RUNBOOK 1.4: "stall: 30 d no event, then C"; "a case without movement raises".
#[tokio::test]
async fn a_case_on_which_nothing_happens_raises() {
    let mut world = reported().await;
    say(&mut world, ALICE, "!own me\n!ack 5wd\n!severity low").await;
    world.at("2026-12-24T12:00:00Z");
    world.settle_within(1).await;
    assert_eq!(got(&world, ALICE, "go on with it"), 1);
    assert_eq!(got(&world, CAROL, "go on with it"), 0);
    world.at("2027-01-04T12:00:00Z");
    world.settle_within(1).await;
    assert_eq!(got(&world, CAROL, "go on with it"), 1);
}
