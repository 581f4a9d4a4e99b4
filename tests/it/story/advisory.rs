//! The draft advisory: made once, kept to its case, watched, published; and what no text may tell.
//!
//! Commands are not what these stories are about: steps are written into the journal as a command would write them.

use serde_json::{Value, json};
use sir_intake::case::advisory::{AdvisoryState, CreditState, Gap};
use sir_intake::case::assessment::{Attacker, Breaks, Means, Vector, Versions};
use sir_intake::case::command::Via;
use sir_intake::case::step::CveStep;
use sir_intake::case::tracks::{Credit, Cve};
use sir_intake::case::{
    Advisory, Assessment, CaseId, Deed, Effect, EffectId, Event, LetterKind, MemberKey, Planned, Severity,
    Sha256, Sig, Step, Task,
};
use sir_intake::practice::hub::{Advised, Fault, Kind, Right};
use sir_intake::practice::loopback::{Settings, TOKEN};
use sir_intake::store::Draft;

use crate::story::post::{Mail, RENA};
use crate::story::thread::FIRST;
use crate::sync::O3DE;
use crate::world::World;

const ROSTER: &str = r#"[team]
policy_url = "https://o3de.example/security"

[[team.member]]
name = "alice"
full_name = "Alice Arden"
addresses = ["alice@members.example"]
github_id = 101
github_login = "alice-a"

[[team.member]]
name = "bob"
full_name = "Bob Birch"
addresses = ["bob@members.example"]
github_id = 102
github_login = "bob-b"

[[team.member]]
name = "carol"
full_name = "Carol Chair"
addresses = ["carol@chairs.example"]
roles = ["chair"]

[[team.member]]
name = "nora"
full_name = "Nora Network"
addresses = ["nora@sigs.example"]
roles = ["sig-chair"]
sigs = ["network"]
github_id = 103
github_login = "nora-n"

[[team.member]]
name = "uma"
full_name = "Uma Interface"
addresses = ["uma@sigs.example"]
roles = ["sig-chair"]
sigs = ["ui-ux"]
github_id = 104
github_login = "uma-u"

[[team.member]]
name = "tess"
full_name = "Tess Steering"
addresses = ["tess@tsc.example"]
roles = ["tsc-contact"]
github_id = 105
github_login = "tess-t"

[commands]
hold_s = 0

[runbook]
"#;

const VECTOR: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

pub async fn world() -> World {
    with("").await
}

/// With more lines in `[runbook]`.
pub async fn with(runbook: &str) -> World {
    let settings = Settings { rest: format!("{ROSTER}{runbook}\n"), ..Settings::default() };
    let world = World::with(settings).await;
    world.peers.hub.add_repository(O3DE, "o3de", "o3de", false);
    for (id, login) in
        [(101, "alice-a"), (102, "bob-b"), (103, "nora-n"), (104, "uma-u"), (105, "tess-t"), (106, "rena-r")]
    {
        world.peers.hub.add_user(id, login);
    }
    world
}

pub fn assessment() -> Assessment {
    Assessment {
        breaks: Breaks { confidentiality: true, integrity: true, availability: true },
        means: vec![Means::Code],
        attacker: Some(Attacker::Network),
        severity: Severity::Critical,
        vector: Vector::parse(VECTOR),
        repository: "o3de/o3de".to_owned(),
        sigs: vec![Sig("network".to_owned())],
        versions: Versions::parse("< 2510.2"),
    }
}

fn assess() -> Step {
    Step::Assess { assessment: Box::new(assessment()) }
}

/// As commands do: each step is an act, and then these effects.
pub async fn steps(world: &World, steps: &[Step], effects: &[Effect]) {
    said(world, "alice", steps, effects).await;
}

/// Two people say: publish; and it is done.
pub async fn published_by_two(world: &mut World, text: Sha256) {
    agreed_to_publish(world, text).await;
    world.settle_within(3).await;
}

/// It was reviewed, two people approved this text, the reporter has read it, it is known outside, and two people say: publish.
pub async fn agreed_to_publish(world: &mut World, text: Sha256) {
    steps(world, &[Step::Review { text }], &[]).await;
    let last = world.sent_to(RENA).pop().unwrap();
    let id = format!("{}@reporter.example", text.short());
    let read = Mail::new("Rena Porter <rena@reporter.example>", "Re: yours", &id, "Fine.");
    world.deliver(&read.answering(&last).write());
    world.settle_within(1).await;
    said(world, "bob", &[Step::Approve { text }], &[]).await;
    let rest = [Step::Approve { text }, Step::Ready { hurried: false }, Step::Leaked, Step::Publish { text }];
    steps(world, &rest, &[Effect::Publish { text }]).await;
}

/// The same as [`steps`], by this member.
async fn said(world: &World, by: &str, steps: &[Step], effects: &[Effect]) {
    let daemon = world.daemon();
    let (now, steps, by) = (world.now(), steps.to_vec(), by.to_owned());
    let drafts: Vec<Draft> = effects
        .iter()
        .map(|effect| Draft {
            planned: Planned::now(effect.clone()),
            op: daemon.office.draw_op().unwrap(),
            message_id: None,
            letter: None,
        })
        .collect();
    let write = daemon.office.store.write("step", move |txn| {
        let mut case = txn.case(FIRST)?;
        let mut events = Vec::new();
        let first = u32::try_from(case.acts.len()).unwrap() + 1;
        for (act, step) in (first..).zip(&steps) {
            events.push(Event::Acted {
                act,
                by: MemberKey(by.clone()),
                at: now,
                via: Via::Mail,
                mail: None,
                deed: Deed::Step { step: step.clone() },
                hold: None,
                asks_until: None,
            });
        }
        // The draft left to them.
        if let (true, Some(person)) = (steps.iter().any(|s| matches!(s, Step::Review { .. })), case.reporter)
        {
            let (effect, letter) = (EffectId(1), LetterKind::DraftForReporter);
            events.push(Event::LetterSent { effect, letter, person, at: now });
        }
        events.iter().for_each(|event| case.apply(event));
        txn.record(&case, &events, now)?;
        drafts.iter().try_for_each(|draft| txn.plan(Some(FIRST), draft, now).map(drop))
    });
    write.await.unwrap();
}

/// A report came, and is a vulnerability.
pub async fn confirmed(world: &mut World) {
    world.deliver(&Mail::report().write());
    world.settle_within(1).await;
    steps(world, &[assess()], &[Effect::Advisory]).await;
}

pub async fn drafted() -> (World, String) {
    let mut world = world().await;
    confirmed(&mut world).await;
    world.settle_within(1).await;
    let ghsa = seen(&world).ghsa;
    (world, ghsa)
}

/// Once more what the case says, and what follows.
pub async fn bring(world: &mut World, what: &[Step]) {
    steps(world, what, &[Effect::Advisory]).await;
    world.settle_within(2).await;
}

pub fn seen(world: &World) -> Advisory {
    world.case(1).tracks.advisory.expect("an advisory was seen")
}

pub fn tasks(world: &World) -> Vec<Task> {
    world.case(1).tracks.tasks.keys().cloned().collect()
}

fn advisories(world: &World) -> Vec<Value> {
    world.peers.hub.advisories(O3DE)
}

pub fn the_one(world: &World) -> Value {
    let all = advisories(world);
    assert_eq!(all.len(), 1, "one advisory");
    all[0].clone()
}

pub fn word<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// Requests to the hub by method and end of their path.
pub fn asked(world: &World, method: &str, ending: &str) -> usize {
    let met = world.peers.hub.requests();
    met.iter()
        .filter(|met| met.method == method && met.path.contains("security-advisories"))
        .filter(|met| met.path.ends_with(ending))
        .count()
}

pub fn edit(world: &World, ghsa: &str, field: &str, value: Value) {
    assert!(world.peers.hub.edit_advisory(O3DE, ghsa, &json!({ field: value })));
}

/// People write what is missing; what is public then hashes to this.
pub async fn written(world: &mut World, ghsa: &str) -> Sha256 {
    let body = word(&the_one(world), "description").to_owned();
    let body = body
        .replace("<!-- What to do now. If nothing is known: write that. -->", "Update to 2510.2.")
        .replace("<!-- Whom to thank, as they wish; or that nobody is named. -->", "Rena.");
    edit(world, ghsa, "description", json!(body));
    edit(world, ghsa, "summary", json!("Oversized packets are not rejected"));
    world.settle_within(1).await;
    seen(world).text
}

/// RFC: "Add SIR team members to draft advisory."
/// RFC: "create a draft security advisory for issue, in the correct O3DE project/repository"
/// RFC: "Create a draft security advisory in the repository of the affected component"; RUNBOOK 1.2, row 13.
#[tokio::test]
async fn a_confirmed_vulnerability_gets_one_draft_advisory_in_the_public_repository() {
    let (mut world, ghsa) = drafted().await;
    let made = the_one(&world);
    assert_eq!((word(&made, "state"), word(&made, "severity")), ("draft", "critical"));
    assert_eq!(made["cvss"]["vector_string"], VECTOR);
    assert_eq!(made["vulnerabilities"][0]["package"], json!({ "ecosystem": "other", "name": "o3de" }));
    assert_eq!(made["vulnerabilities"][0]["vulnerable_version_range"], "< 2510.2");
    assert_eq!(word(&made, "summary"), "Vulnerability in Multiplayer of O3DE");
    let text = word(&made, "description");
    for heading in
        ["Summary", "Severity", "Affected versions", "Am I affected?", "Mitigation", "Credits", "Contact"]
    {
        assert!(text.contains(&format!("## {heading}\n")), "{heading} in {text}");
    }
    assert!(!text.contains("SIR-") && !text.contains("reporter.example") && !text.contains("heap"), "{text}");
    // The team, the chair of the impacted SIG and the TSC contact, and nobody else.
    let seen = seen(&world);
    assert_eq!(seen.logins, ["alice-a", "bob-b", "nora-n", TOKEN.2, "tess-t"]);
    assert_eq!(seen.people, ["alice", "bob", "nora", "tess"].map(|key| MemberKey(key.to_owned())));
    assert_eq!((seen.state, seen.gaps.clone()), (AdvisoryState::Draft, vec![Gap::Mitigation, Gap::Credits]));
    assert_eq!(tasks(&world), []);
    assert_eq!((asked(&world, "POST", "security-advisories"), asked(&world, "PATCH", &ghsa)), (1, 1));

    // Again: nothing to do, nothing is written.
    bring(&mut world, &[]).await;
    assert_eq!((asked(&world, "POST", "security-advisories"), asked(&world, "PATCH", &ghsa)), (1, 1));
    world.nothing_is_left_over();
}

/// RFC: "create a draft security advisory for issue"
/// DESIGN: "nothing is done twice: across crashes, timeouts, cut replies, 502 after commit".
#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_draft() {
    for fault in
        [Fault::CommitThenDrop, Fault::CommitThen502, Fault::CutBody, Fault::ServerError, Fault::Drop]
    {
        let mut world = world().await;
        world.deliver(&Mail::report().write());
        world.settle_within(1).await;
        // The list is late as well.
        world.peers.hub.faults().list_lag(1);
        world.peers.hub.faults().at("POST", Kind::Advisories, fault.clone());
        steps(&world, &[assess()], &[Effect::Advisory]).await;
        world.settle_within(2).await;
        assert_eq!(word(&the_one(&world), "state"), "draft", "{fault:?}");
        assert_eq!(seen(&world).logins.len(), 5, "{fault:?}");
        world.nothing_is_left_over();
    }
}

#[tokio::test]
async fn a_draft_that_comes_through_late_is_closed_as_a_copy() {
    let mut world = world().await;
    world.deliver(&Mail::report().write());
    world.settle_within(1).await;
    world.peers.hub.faults().list_lag(9);
    world.peers.hub.faults().at("POST", Kind::Advisories, Fault::CommitThenDrop);
    steps(&world, &[assess()], &[Effect::Advisory]).await;
    world.settle_within(2).await;
    // GitHub showed no trace of it for too long.
    assert_eq!(advisories(&world).len(), 2);
    let known = seen(&world).ghsa;
    world.peers.hub.faults().clear();
    for _ in 0..10 {
        world.settle().await;
    }
    assert_eq!(seen(&world).ghsa, known, "the case stays with the one it knows");
    world.nothing_is_left_over();
}

#[tokio::test]
async fn a_death_at_any_point_makes_no_second_draft_and_loses_none() {
    let points = {
        let mut world = world().await;
        confirmed(&mut world).await;
        let before = world.reaper.passed();
        world.settle_within(1).await;
        world.reaper.passed() - before
    };
    assert!(points > 5);
    for n in 1..=points {
        let mut world = world().await;
        confirmed(&mut world).await;
        world.dies_at(n);
        world.settle_within(2).await;
        the_one(&world);
        assert_eq!(seen(&world).logins.len(), 5, "point {n}");
        world.nothing_is_left_over();
    }
}

/// RUNBOOK: "Where GitHub gives the daemon no right, the step becomes a named task for a person, and is seen as done".
#[tokio::test]
async fn without_rights_each_step_is_a_task_and_seen_as_done() {
    for status in [403, 404] {
        let mut world = world().await;
        let hub = &world.peers.hub;
        hub.deny(Right::Create, Some(status));
        confirmed(&mut world).await;
        world.settle_within(1).await;
        assert_eq!(tasks(&world), [Task::Draft { repository: "o3de/o3de".to_owned() }], "{status}");
        assert!(advisories(&world).is_empty());
        assert!(world.sent_to("alice@members.example").len() > 1, "its owner is told");

        // A person makes it and says so; the rest is not ours to do either.
        let hub = &world.peers.hub;
        let advised = Advised { by: "alice-a", email: None, state: "draft", summary: "x", description: "y" };
        let ghsa = hub.advise(O3DE, &advised).unwrap();
        for right in [Right::People, Right::Credit, Right::Cve, Right::Fork] {
            hub.deny(right, Some(status));
        }
        edit(
            &world,
            &ghsa,
            "vulnerabilities",
            json!([{ "package": { "ecosystem": "other", "name": "o3de" }, "vulnerable_version_range": "< 2510.2", "patched_versions": null, "vulnerable_functions": null }]),
        );
        let credit = Credit::Github { login: "rena-r".to_owned() };
        let wanted = [
            Step::Advisory { ghsa: Some(ghsa.clone()) },
            Step::Fork,
            Step::Cve { says: CveStep::Request },
            Step::Credit { credit },
        ];
        bring(&mut world, &wanted).await;
        let logins = ["alice-a", "bob-b", "nora-n", "tess-t"].map(str::to_owned).to_vec();
        let all = [
            Task::People { logins: logins.clone() },
            Task::Fork,
            Task::RequestCve,
            Task::Credit { login: "rena-r".to_owned() },
        ];
        assert_eq!(tasks(&world), all, "{status}");
        assert_eq!(seen(&world).ghsa, ghsa);

        // Named once, however often it is tried.
        bring(&mut world, &[]).await;
        assert_eq!(tasks(&world).len(), 4);

        // People do all of it on GitHub; the watch sees it.
        edit(&world, &ghsa, "collaborating_users", json!(logins));
        edit(&world, &ghsa, "fork", json!(true));
        edit(&world, &ghsa, "cve_id", json!("CVE-2026-12345"));
        edit(&world, &ghsa, "credits", json!([{ "login": "rena-r", "type": "reporter" }]));
        assert!(world.peers.hub.answer_credit(O3DE, &ghsa, "rena-r", true));
        world.settle_within(1).await;
        assert_eq!(tasks(&world), [], "{status}");
        let seen = seen(&world);
        assert!(seen.fork);
        assert_eq!(seen.credits, [("rena-r".to_owned(), CreditState::Accepted)]);
        assert!(matches!(world.case(1).tracks.cve, Cve::Assigned { .. }));
    }
}

#[tokio::test]
async fn a_limit_of_github_is_no_missing_right() {
    for fault in [
        Fault::Secondary { retry_after_s: Some(5) },
        Fault::TooMany { retry_after_s: None },
        Fault::Unauthorized,
    ] {
        let mut world = world().await;
        world.peers.hub.faults().at("POST", Kind::Advisories, fault.clone());
        world.peers.hub.faults().at("PATCH", Kind::Advisory, fault.clone());
        confirmed(&mut world).await;
        world.settle_within(2).await;
        assert_eq!(tasks(&world), [], "{fault:?}");
        assert_eq!(seen(&world).logins.len(), 5, "{fault:?}");
        world.nothing_is_left_over();
    }
}

#[tokio::test]
async fn an_advisory_that_we_may_not_see_asks_to_be_let_in() {
    let mut world = world().await;
    world.deliver(&Mail::report().write());
    world.settle_within(1).await;
    let advised = Advised { by: "alice-a", email: None, state: "draft", summary: "x", description: "y" };
    let ghsa = world.peers.hub.advise(O3DE, &advised).unwrap();
    world.peers.hub.deny(Right::See, Some(404));
    let named = Step::Advisory { ghsa: Some(ghsa.clone()) };
    bring(&mut world, &[assess(), named]).await;
    assert_eq!(tasks(&world), [Task::People { logins: vec![TOKEN.2.to_owned()] }]);
    assert!(world.case(1).tracks.advisory.is_none());
    world.peers.hub.deny(Right::See, None);
    bring(&mut world, &[]).await;
    assert_eq!((seen(&world).ghsa, tasks(&world)), (ghsa, vec![]));
    world.nothing_is_left_over();
}

#[tokio::test]
async fn one_login_that_is_wrong_keeps_nobody_else_out() {
    let (mut world, _) = drafted().await;
    let wrong = Step::Collaborate { login: "no-such-person".to_owned() };
    bring(&mut world, &[wrong, Step::Collaborate { login: "rena-r".to_owned() }]).await;
    assert_eq!(tasks(&world), [Task::People { logins: vec!["no-such-person".to_owned()] }]);
    assert!(seen(&world).logins.contains(&"rena-r".to_owned()));
    // Whom people let in beside them stays.
    bring(&mut world, &[Step::Group { members: vec![MemberKey("uma".to_owned())] }]).await;
    let logins = seen(&world).logins;
    assert!(logins.contains(&"uma-u".to_owned()) && logins.contains(&"rena-r".to_owned()), "{logins:?}");
    world.nothing_is_left_over();
}

#[tokio::test]
async fn the_team_comes_by_its_slug() {
    let mut world = with("team_slug = \"sir-team\"").await;
    confirmed(&mut world).await;
    world.settle_within(1).await;
    assert_eq!(
        tasks(&world),
        [Task::People { logins: vec!["team/sir-team".to_owned()] }],
        "GitHub knows no such team"
    );
    world.peers.hub.add_team("sir-team");
    bring(&mut world, &[]).await;
    assert_eq!(tasks(&world), []);
    let seen = seen(&world);
    assert_eq!(seen.logins, ["nora-n", TOKEN.2, "team/sir-team", "tess-t"]);
    assert!(seen.people.contains(&MemberKey("bob".to_owned())), "by the team: {:?}", seen.people);
    world.nothing_is_left_over();
}

/// RFC: "This RFC proposes using GitHub as CNA"
/// RFC: "Define a Common vulnerabilities and exposures (CVE) number for the issue."
/// RUNBOOK F7: "re-requesting does not help"; 1.2 rows 19, 20.
#[tokio::test]
async fn a_cve_id_is_asked_for_once_and_seen_when_it_comes() {
    let (mut world, ghsa) = drafted().await;
    bring(&mut world, &[Step::Cve { says: CveStep::Request }]).await;
    bring(&mut world, &[]).await;
    bring(&mut world, &[]).await;
    assert_eq!(world.peers.hub.cve_requests(&ghsa), 1);
    // A new order asks anew.
    world.pass(24);
    bring(&mut world, &[Step::Cve { says: CveStep::Refused }, Step::Cve { says: CveStep::Request }]).await;
    assert_eq!(world.peers.hub.cve_requests(&ghsa), 2);
    edit(&world, &ghsa, "cve_id", json!("CVE-2026-12345"));
    world.settle_within(1).await;
    assert!(matches!(&world.case(1).tracks.cve, Cve::Assigned { id } if id.to_string() == "CVE-2026-12345"));
    assert_eq!(seen(&world).cve.as_deref(), Some("CVE-2026-12345"));
    assert_eq!(tasks(&world), []);
    world.nothing_is_left_over();
}

/// RFC: "attempt to provide mitigation in private fork"
#[tokio::test]
async fn a_private_fork_is_begun_once_and_seen_when_it_is_there() {
    let (mut world, ghsa) = drafted().await;
    world.peers.hub.slow_forks(true);
    bring(&mut world, &[Step::Fork]).await;
    bring(&mut world, &[]).await;
    assert_eq!(asked(&world, "POST", "forks"), 1);
    assert!(!seen(&world).fork && tasks(&world).is_empty());
    world.peers.hub.slow_forks(false);
    edit(&world, &ghsa, "cwe_ids", json!(["CWE-787"]));
    world.settle_within(1).await;
    assert!(seen(&world).fork);
    world.nothing_is_left_over();
}

/// RFC: "should contain acknowledgement of vulnerability reporter"
/// RUNBOOK F8: "Credits need a GitHub login and the person's acceptance".
#[tokio::test]
async fn a_credit_is_offered_answered_and_taken_back() {
    let (mut world, ghsa) = drafted().await;
    edit(&world, &ghsa, "credits", json!([{ "login": "uma-u", "type": "analyst" }]));
    let github = |login: &str| Step::Credit { credit: Credit::Github { login: login.to_owned() } };
    bring(&mut world, &[github("rena-r")]).await;
    assert!(seen(&world).credits.contains(&("rena-r".to_owned(), CreditState::Pending)));
    assert!(world.peers.hub.answer_credit(O3DE, &ghsa, "rena-r", true));
    world.settle_within(1).await;
    assert!(seen(&world).credits.contains(&("rena-r".to_owned(), CreditState::Accepted)));
    // An account that GitHub does not know is for a person.
    bring(&mut world, &[github("nobody-here")]).await;
    assert_eq!(tasks(&world), [Task::Credit { login: "nobody-here".to_owned() }]);
    // They do not wish to be named after all.
    bring(&mut world, &[github("rena-r"), Step::Credit { credit: Credit::Anonymous }]).await;
    let left = the_one(&world)["credits"].clone();
    assert_eq!(left, json!([{ "login": "uma-u", "type": "analyst" }]), "others stay");
    world.nothing_is_left_over();
}

/// RFC: "Working group needs to identify impact of vulnerability"
#[tokio::test]
async fn a_new_assessment_changes_the_figures_that_we_wrote_and_no_word_of_people() {
    let (mut world, ghsa) = drafted().await;
    written(&mut world, &ghsa).await;
    let lower = |versions: &str, vector: Option<&str>| {
        let mut assessment = assessment();
        assessment.severity = Severity::Medium;
        assessment.vector = vector.and_then(Vector::parse);
        assessment.versions = Versions::parse(versions);
        Step::Assess { assessment: Box::new(assessment) }
    };
    let medium = "CVSS:3.1/AV:N/AC:H/PR:L/UI:R/S:U/C:L/I:L/A:L";
    bring(&mut world, &[lower(">= 2505.0, < 2510.2", Some(medium))]).await;
    let held = the_one(&world);
    assert_eq!(held["cvss"]["vector_string"], medium);
    assert_eq!(held["vulnerabilities"][0]["vulnerable_version_range"], ">= 2505.0, < 2510.2");
    assert_eq!(word(&held, "summary"), "Oversized packets are not rejected");
    assert!(word(&held, "description").contains("Update to 2510.2."));
    // Without a vector the severity is said by itself.
    bring(&mut world, &[lower(">= 2505.0, < 2510.2", None)]).await;
    assert_eq!(
        (word(&the_one(&world), "severity"), the_one(&world)["cvss"]["vector_string"].clone()),
        ("medium", Value::Null)
    );
    // What a person set stays.
    edit(&world, &ghsa, "severity", json!("high"));
    bring(&mut world, &[lower("< 2510.3", None)]).await;
    assert_eq!(word(&the_one(&world), "severity"), "high");
    assert_eq!(the_one(&world)["vulnerabilities"][0]["vulnerable_version_range"], ">= 2505.0, < 2510.2");
    world.nothing_is_left_over();
}

#[tokio::test]
async fn a_private_report_on_github_becomes_the_draft_itself() {
    let mut world = world().await;
    world.change_config(
        "sweep = \"off\"\nnvd = false\nrepositories = []",
        "nvd = false\nrepositories = [\"o3de/o3de\"]",
    );
    let ghsa = crate::story::sweep::report(&world, 1);
    world.settle_within(1).await;
    bring(&mut world, &[assess()]).await;
    assert_eq!((seen(&world).ghsa, seen(&world).state), (ghsa, AdvisoryState::Draft));
    assert_eq!(word(&the_one(&world), "state"), "draft");
    world.nothing_is_left_over();
}

#[tokio::test]
async fn a_look_that_changes_nothing_writes_nothing() {
    let (mut world, _) = drafted().await;
    let events = |world: &World| world.daemon().office.store.read(|txn| txn.events(FIRST)).unwrap().len();
    let before = events(&world);
    for _ in 0..5 {
        world.settle().await;
    }
    assert_eq!(events(&world), before);
    // GitHub is away for a while: nobody is told anything wrong.
    world.peers.hub.faults().repeat("GET", Kind::Advisories, 2, Fault::ServerError);
    world.settle_within(1).await;
    assert_eq!(events(&world), before);
}

/// What is kept of an advisory's words is in one table; the journal has their hash.
#[tokio::test]
async fn no_word_of_an_advisory_is_in_the_journal() {
    let (mut world, ghsa) = drafted().await;
    edit(&world, &ghsa, "summary", json!("Xylophone packets"));
    world.settle_within(1).await;
    let store = &world.daemon().office.store;
    let events = store.read(|txn| txn.events(FIRST)).unwrap();
    let journal: String = events.iter().map(|row| serde_json::to_string(&row.event).unwrap()).collect();
    assert!(!journal.contains("Xylophone") && journal.contains(&seen(&world).text.to_string()));
    let kept = store.read(|txn| txn.advisory_text(CaseId { year: 2026, number: 1 })).unwrap().unwrap();
    assert!(kept.json.contains("Xylophone") && kept.sha256 == seen(&world).text);
    assert!(!world.sent_to(RENA).is_empty());
}
