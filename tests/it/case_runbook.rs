//! Whatever anybody does, in whatever order: the runbook never panics, publishes nothing before its day, tells nobody outside
//! without approvals of two, and every case can be brought to its end.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use sir_intake::case::act::ActState;
use sir_intake::case::advisory::{Advisory, AdvisoryState};
use sir_intake::case::command::{Command, Via, read};
use sir_intake::case::decide::command::{Around, Chore, Order, rule};
use sir_intake::case::decide::{Input, Outcome, decide};
use sir_intake::case::roster::Role;
use sir_intake::case::{
    Case, Effect, EffectId, LetterKind, MailId, MemberKey, PersonId, Phase, Policy, Sha256, Sig, Stage,
};

use crate::case_parts::{MONDAY, REPORTER, at, follow, fresh, key, policy};

const LISTED: PersonId = PersonId(7);

/// What a person can say, by number: good ones and bad ones.
const SAID: &[&str] = &[
    "!own me",
    "!disown",
    "!severity high",
    "!assess vuln c=yes severity=high versions=<2510.2 sig=network",
    "!assess vuln severity=low",
    "!assess bug Only your own editor",
    "!meeting held",
    "!embargo 2026-12-07",
    "!embargo 2027-01-12T16:00Z",
    "!agreed",
    "!conflict They do not want to",
    "!group alice, bob",
    "!reproduced yes",
    "!fix proposed https://github.com/o3de/o3de/pull/1",
    "!fix merged https://github.com/o3de/o3de/pull/1",
    "!fix none It is hard",
    "!installers no",
    "!cve request",
    "!cve none It is small",
    "!credit anonymous",
    "!collab octocat",
    "!advisory",
    "!fork",
    "!review",
    "!object It is wrong",
    "!notify",
    "!ready",
    "!ready All of them are prepared",
    "!publish",
    "!leaked It is on a forum",
    "!exploited Somebody uses it",
    "!close disclosed",
    "!close bug It is none",
    "!close spam",
    "!reopen",
    "!raise chairs",
    "!undo",
    "!undo 2",
    "!known CVE-2025-12345",
    "!ack",
    "!takedown tell",
    "!takedown blank",
    "!takedown delete",
];

/// One thing that happens.
#[derive(Debug, Clone)]
enum Move {
    /// A member says it.
    Say(usize, &'static str),
    /// They approve what the advisory says.
    Approve(&'static str),
    /// A second person agrees to all that waits.
    Confirm(&'static str),
    /// GitHub shows the advisory with this text.
    Seen(u8),
    /// Somebody makes it public on GitHub.
    ByHand,
    /// An operator gives it to a member.
    Operator(&'static str),
    /// Every letter and publication that was ordered is done.
    Done,
    /// The reporter writes.
    Reporter,
    /// GitHub shows the public issue with these words, told or not, or not at all.
    Posted(u8, bool),
    /// Hours pass, and the clocks are looked at.
    Hours(i64),
}

fn any_move() -> impl Strategy<Value = Move> {
    let who = prop::sample::select(vec!["alice", "bob", "carol", "tess"]);
    prop_oneof![
        10 => (0..SAID.len(), who.clone()).prop_map(|(said, who)| Move::Say(said, who)),
        3 => who.clone().prop_map(Move::Approve),
        3 => who.clone().prop_map(Move::Confirm),
        1 => who.prop_map(Move::Operator),
        1 => prop_oneof![9 => Just(Move::Done), 1 => Just(Move::ByHand)],
        2 => (0_u8..2).prop_map(Move::Seen),
        2 => (0_u8..3, any::<bool>()).prop_map(|(words, told)| Move::Posted(words, told)),
        3 => Just(Move::Done),
        1 => Just(Move::Reporter),
        2 => (1_i64..900).prop_map(Move::Hours),
    ]
}

/// A case, its clock, and what was ordered and is not done.
pub struct Play {
    pub case: Case,
    pub policy: Policy,
    pub now: Timestamp,
    pub ordered: Vec<Effect>,
    pub mails: Vec<(MailId, Timestamp)>,
    /// What else is known around the case.
    pub around: Around,
    /// What the last word led to, or why it was refused.
    pub said: String,
    /// What it gave the store to do.
    pub chores: Vec<Chore>,
}

fn team() -> Policy {
    let mut policy = policy();
    for member in &mut policy.roster.members {
        if member.is(Role::Member) {
            member.sigs = vec![Sig("network".to_owned())];
        }
    }
    policy.commands.hold_s = 0;
    policy.commands.letters_per_hour = 1_000;
    policy.posted = sir_intake::case::policy::PostedRule {
        web: "https://github.com".to_owned(),
        projects: vec!["o3de/o3de".to_owned()],
        told_hours: 24,
    };
    policy
}

pub fn advisory(text: u8, state: AdvisoryState) -> Advisory {
    Advisory {
        repository: "o3de/o3de".to_owned(),
        ghsa: "GHSA-2222-3333-4444".to_owned(),
        state,
        text: Sha256::of(&[text]),
        gaps: Vec::new(),
        cve: None,
        fork: false,
        people: Vec::new(),
        logins: Vec::new(),
        credits: Vec::new(),
    }
}

/// The public issue with these words; 2: it is gone.
pub fn public_issue(words: u8, told: bool, now: Timestamp) -> sir_intake::case::Posted {
    use sir_intake::case::posted::{Place, Standing};
    let place = Place { project: "o3de/o3de".to_owned(), number: 5 };
    let standing = if words == 2 { Standing::Gone } else { Standing::Readable };
    let words = Sha256::of(&[words]);
    sir_intake::case::Posted { place, words, whole: true, standing, told: told.then_some(now) }
}

impl Play {
    pub fn new() -> Self {
        let policy = team();
        let (case, _) = fresh(&policy);
        let around = Around {
            embargoed: vec![LISTED],
            component_sig: Some("network".to_owned()),
            words: "Words below.".to_owned(),
            ..Around::default()
        };
        Self {
            case,
            policy,
            now: at(MONDAY),
            ordered: Vec::new(),
            mails: Vec::new(),
            around,
            said: String::new(),
            chores: Vec::new(),
        }
    }

    pub fn around(&self, by: &MemberKey) -> Around {
        let asked =
            self.case.acts.iter().filter(|act| matches!(act.state, ActState::Asked { .. }) && act.by != *by);
        Around {
            reporters_mails: self.mails.clone(),
            nonces: asked
                .map(|act| (format!("N{}", act.number), act.number))
                .chain(self.around.nonces.clone())
                .collect(),
            ..self.around.clone()
        }
    }

    /// Whether it was done.
    pub fn say(&mut self, text: &str, who: &str) -> bool {
        let block = read::block(text).unwrap();
        let commands = match read::commands(&block.lines) {
            Ok(commands) => commands,
            Err(complaints) => {
                self.said = format!("{complaints:?}");
                return false;
            }
        };
        self.command(&commands, who)
    }

    pub fn command(&mut self, commands: &[Command], who: &str) -> bool {
        let by = key(who);
        let order = Order { by: &by, via: Via::Mail, mail: None, commands, answers_us: true };
        let before = self.case.clone();
        let ruling = match rule(Some(&self.case), &order, &self.around(&by), &self.policy, self.now) {
            Ok(ruling) => ruling,
            Err(objection) => {
                self.said = objection.what;
                return false;
            }
        };
        self.said = ruling.said.iter().map(|said| said.words.as_str()).collect::<Vec<_>>().join("; ");
        self.chores.clone_from(&ruling.decision.chores);
        let effects: Vec<Effect> =
            ruling.decision.effects.iter().map(|planned| planned.effect.clone()).collect();
        for effect in &effects {
            self.may(&before, effect, who);
        }
        follow(&mut self.case, &ruling.decision);
        self.ordered.extend(effects);
        true
    }

    /// What must be true of anything that reaches the public, or people outside.
    fn may(&self, before: &Case, effect: &Effect, who: &str) {
        let tracks = &before.tracks;
        let forced = tracks.leaked.is_some() || tracks.exploited.is_some();
        let over = sir_intake::case::decide::limit(before, &self.policy) <= self.now;
        match effect {
            Effect::Publish { text } => {
                assert!(
                    forced || over || tracks.date().is_some_and(|date| date <= self.now),
                    "before its day"
                );
                assert_eq!(tracks.text(), Some(*text), "another text than the approved one");
                assert!(self.approvals(before) >= 2, "without its approvals");
                let asked = before.acts.iter().any(|act| {
                    matches!(act.state, ActState::Asked { .. })
                        && act.by != key(who)
                        && act.deed.words().starts_with("publish")
                });
                assert!(asked, "by one person alone");
            }
            Effect::TakeDown { how, words } => {
                let posted = tracks.posted.as_ref().expect("a public issue");
                assert!(posted.told.is_some(), "its poster is told before");
                assert!(posted.whole && before.issue.is_some(), "it is saved and queued before");
                assert_eq!(posted.words, *words, "other words than those that two people saw");
                let asked = before.acts.iter().any(|act| {
                    matches!(act.state, ActState::Asked { .. })
                        && act.by != key(who)
                        && act.deed.words().starts_with(&format!("takedown {}", how.word()))
                });
                assert!(asked, "by one person alone");
            }
            Effect::TellPoster => assert!(tracks.posted.is_some() && !tracks.telling, "once"),
            Effect::Letter { letter: LetterKind::ListNotice, .. } => {
                assert!(self.approvals(before) >= 2, "told outside without approvals");
            }
            Effect::Announce { .. } | Effect::Letter { letter: LetterKind::PublicMail, .. } => {
                assert!(
                    tracks.published.is_some(),
                    "the public is told by what GitHub shows, never by an order"
                );
            }
            _other => {}
        }
    }

    fn approvals(&self, case: &Case) -> usize {
        let review = case.tracks.review.as_ref().filter(|review| Some(review.text) == case.tracks.text());
        let team: BTreeSet<&MemberKey> = self
            .policy
            .roster
            .members
            .iter()
            .filter(|member| member.is(Role::Member) || member.is(Role::Chair))
            .map(|member| &member.key)
            .collect();
        review.map_or(0, |review| review.approvals.iter().filter(|key| team.contains(key)).count())
    }

    pub fn input(&mut self, input: &Input) {
        let decision = decide(&self.case, input, &self.policy, self.now).unwrap();
        for planned in &decision.effects {
            let public = matches!(
                planned.effect,
                Effect::Announce { .. }
                    | Effect::Publish { .. }
                    | Effect::TellPoster
                    | Effect::TakeDown { .. }
                    | Effect::Letter { letter: LetterKind::ListNotice, .. }
            );
            let taken = matches!(planned.effect, Effect::TellPoster | Effect::TakeDown { .. });
            assert!(
                !public || (self.case.tracks.publishing && !taken),
                "nothing public happens by itself: {:?}",
                planned.effect
            );
        }
        follow(&mut self.case, &decision);
        self.ordered.extend(decision.effects.iter().map(|planned| planned.effect.clone()));
    }

    pub fn seen(&mut self, text: u8, state: AdvisoryState) {
        self.input(&Input::Advisory { seen: advisory(text, state), tasks: Vec::new() });
    }

    pub fn posted(&mut self, words: u8, told: bool) {
        let seen = public_issue(words, told, self.now);
        if self.case.issue.is_none() {
            self.case.apply(&sir_intake::case::Event::IssueOpened { repository: 1, number: 1 });
        }
        self.input(&Input::Posted { seen });
    }

    pub fn done(&mut self) {
        for (n, effect) in std::mem::take(&mut self.ordered).into_iter().enumerate() {
            let id = EffectId(1_000 + i64::try_from(n).unwrap());
            if let Effect::Publish { text } = &effect
                && self.case.tracks.text() == Some(*text)
            {
                let seen = Advisory {
                    state: AdvisoryState::Published,
                    ..self.case.tracks.advisory.clone().unwrap()
                };
                self.input(&Input::Advisory { seen, tasks: Vec::new() });
            } else if let Effect::Letter { .. } = &effect {
                self.input(&Input::Outcome { effect_id: id, effect, outcome: Outcome::Done });
            }
        }
    }

    pub fn confirm(&mut self, who: &str) {
        let asked: Vec<u32> = self
            .case
            .acts
            .iter()
            .filter(|act| matches!(act.state, ActState::Asked { .. }) && act.by != key(who))
            .map(|act| act.number)
            .collect();
        for act in asked {
            self.command(&[Command::Confirm(format!("N{act}"))], who);
        }
    }

    pub fn reporter(&mut self) {
        let mail = MailId(100 + i64::try_from(self.mails.len()).unwrap());
        self.mails.push((mail, self.now));
        let event = sir_intake::case::Event::Added {
            mail,
            person: Some(REPORTER),
            member: None,
            automatic: false,
            idle: false,
        };
        self.case.apply(&event);
    }

    pub fn pass(&mut self, hours: i64) {
        self.now += SignedDuration::from_hours(hours);
        self.input(&Input::Tick);
    }

    fn go(&mut self, what: &Move) {
        match what {
            Move::Say(said, who) => _ = self.say(SAID[*said], who),
            Move::Approve(who) => {
                if let Some(text) = self.case.tracks.text() {
                    self.say(&format!("!approve {}", text.short()), who);
                }
            }
            Move::Confirm(who) => self.confirm(who),
            Move::Seen(text) => {
                let drafted = self.case.phase().is_some_and(|phase| phase != Phase::Disclosed);
                if drafted && self.case.tracks.published.is_none() {
                    self.seen(*text, AdvisoryState::Draft);
                }
            }
            Move::ByHand => {
                if let Some(seen) = self.case.tracks.advisory.clone() {
                    let seen = Advisory { state: AdvisoryState::Published, ..seen };
                    self.input(&Input::Advisory { seen, tasks: Vec::new() });
                }
            }
            Move::Operator(who) => {
                let (phase, closure) = (self.case.phase(), self.case.closure());
                self.input(&Input::Act(sir_intake::case::decide::Act::Own { member: key(who) }));
                assert_eq!(
                    (self.case.phase(), self.case.closure()),
                    (phase, closure),
                    "an owner, and no more"
                );
            }
            Move::Posted(words, told) => self.posted(*words, *told),
            Move::Done => self.done(),
            Move::Reporter => self.reporter(),
            Move::Hours(hours) => self.pass(*hours),
        }
    }

    /// Two members and patience bring it to its end, wherever it stands.
    fn end(&mut self) {
        for _ in 0..40 {
            if self.case.closure().is_some() {
                return;
            }
            self.done();
            match self.case.stage.clone() {
                Stage::New | Stage::Triage { .. } => {
                    self.say("!own alice", "bob");
                    self.confirm("alice");
                    self.confirm("bob");
                    self.say("!close bug It is none", "alice");
                    self.confirm("bob");
                }
                Stage::Known { .. } => self.done(),
                Stage::Remedy { phase: Phase::Disclosed, .. } => {
                    self.say("!cve none It is small", "alice");
                    if !self.say("!close disclosed", "alice") {
                        self.say("!publish", "alice");
                        self.confirm("bob");
                        self.confirm("carol");
                    }
                }
                Stage::Remedy { .. } => self.publish(),
                Stage::Closed { .. } => return,
            }
        }
        panic!("it has no end: {:?} {:?}", self.case.stage, self.case.tracks);
    }

    fn publish(&mut self) {
        self.say("!own alice", "bob");
        if self.case.tracks.advisory.is_none() {
            self.seen(1, AdvisoryState::Draft);
        }
        for said in [
            "!group alice, bob",
            "!reproduced yes",
            "!credit anonymous",
            "!fix merged https://github.com/o3de/o3de/pull/1",
            "!installers no",
            "!cve none It is small",
            "!conflict Nobody answers",
            "!review",
        ] {
            self.say(said, "alice");
        }
        let text = self.case.tracks.text().unwrap().short();
        self.done();
        for who in ["alice", "bob"] {
            self.say(&format!("!approve {text}"), who);
        }
        for who in ["alice", "bob", "carol", "tess"] {
            if self.case.tracks.review.as_ref().is_some_and(|review| review.objections.contains(&key(who))) {
                self.say(&format!("!approve {text}"), who);
            }
        }
        self.reporter();
        self.say("!notify", "alice");
        self.confirm("bob");
        self.done();
        self.say("!ready All of them are prepared", "alice");
        self.pass(24 * 130);
        self.say("!publish", "alice");
        self.confirm("bob");
        self.done();
        self.done();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// RFC: "Issues should either be closed or lead to disclosed security vulnerabilities."
    /// "Any sequence of events from anybody never panics, never leaves a legal state, never publishes before the date, never sends
    /// outside without its approvals; from every reachable state some sequence of allowed acts reaches CLOSED."
    #[test]
    fn whatever_anybody_does(moves in prop::collection::vec(any_move(), 0..60)) {
        let mut play = Play::new();
        for what in &moves {
            play.go(what);
        }
        play.end();
    }
}

/// The way that most take, so that the property above is known to reach the end of it.
#[test]
fn the_straight_way_reaches_the_public() {
    let mut play = Play::new();
    assert!(play.say("!own me", "alice"));
    assert!(play.say("!assess vuln c=yes severity=high versions=<2510.2 sig=network", "alice"));
    play.end();
    assert_eq!(play.case.closure(), Some(sir_intake::case::Closure::Disclosed));
}

/// Found by chance: what somebody did while the letter was on its way was taken back, and nobody could go on.
#[test]
fn a_known_case_ends_once_its_reporter_is_told_whatever_was_done_meanwhile() {
    let mut play = Play::new();
    assert!(play.say("!own me", "alice") && play.say("!known CVE-2025-12345", "alice"));
    assert!(play.say("!own bob", "alice"));
    play.done();
    assert_eq!(play.case.closure(), None, "bob looks at it again");
    assert!(play.say("!undo", "alice"));
    assert_eq!(play.case.closure(), Some(sir_intake::case::Closure::KnownPublic));
}

/// Found by chance: one more person in the group took a case out of its review, and it could not get back.
#[test]
fn a_later_word_on_something_earlier_moves_nothing_back() {
    let mut play = Play::new();
    play.say("!assess vuln c=yes severity=low versions=<2510.2 sig=network", "alice");
    play.seen(1, AdvisoryState::Draft);
    for said in
        ["!group alice, bob", "!reproduced yes", "!credit anonymous", "!fix none It is hard", "!review"]
    {
        assert!(play.say(said, "alice"), "{said}");
    }
    assert!(play.say("!group alice, bob", "alice"));
    assert!(play.say("!assess vuln c=yes severity=medium sig=network", "bob"));
    assert_eq!(play.case.phase(), Some(Phase::Review));
}

/// Somebody publishes on GitHub without a word here: the team says once more, by two persons, that it is to be told, and then
/// it ends like any other.
#[test]
fn what_somebody_made_public_by_hand_is_told_by_two_and_ends() {
    let mut play = Play::new();
    assert!(play.say("!own me", "alice"));
    assert!(play.say("!assess vuln c=yes severity=high versions=<2510.2 sig=network", "alice"));
    play.done();
    play.seen(1, AdvisoryState::Draft);
    play.go(&Move::ByHand);
    assert_eq!(play.case.phase(), Some(Phase::Disclosed));
    assert!(!play.say("!close disclosed", "alice"), "the reporter does not know");
    assert!(play.say("!publish", "alice"));
    play.done();
    assert!(!play.case.tracks.thanked, "not by one person");
    play.confirm("bob");
    play.done();
    assert!(play.case.tracks.thanked);
    assert!(play.say("!close disclosed", "alice"));
}

/// An operator who gives it to somebody changes who owns it, and nothing else.
#[test]
fn an_operator_s_word_moves_no_stage() {
    let own = |play: &mut Play| {
        play.input(&Input::Act(sir_intake::case::decide::Act::Own { member: key("bob") }));
        assert_eq!(play.case.owner(), Some(&key("bob")));
    };
    let mut play = Play::new();
    play.say("!assess vuln c=yes severity=high sig=network", "alice");
    own(&mut play);
    assert_eq!(play.case.phase(), Some(Phase::Confirmed));
    play.end();
    let closure = play.case.closure();
    play.say("!own alice", "alice");
    own(&mut play);
    assert_eq!(play.case.closure(), closure);
}
