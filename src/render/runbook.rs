//! The runbook in Markdown for the public, with the lengths that are configured (RFC lines 3 and 89: "Process should be
//! publicly documented"). It is made from a view that has no field for a name, an address of a person or a secret.
//!
//! [`STAGES`] is the one place for what happens in a stage: a new one is a row there.

use std::fmt::Write as _;

use jiff::civil::{Date, Weekday};

use super::fence::prose;
use super::letters::{LetterName, Reader};
use super::reminders::reminders;
use crate::case::Closure;
use crate::case::calendar::HOURS_A_DAY;
use crate::case::command::documentation;
use crate::case::policy::RunbookRule;
use crate::case::roster::Role;

/// How long things take, as configured. Days are calendar days unless it says working days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lengths {
    /// Working days within which a person answers a report.
    pub acknowledge_days: u32,
    /// Working hours after a report at which people are reminded of that; 24 are a working day.
    pub acknowledge_warn_hours: Vec<u32>,
    /// Working hours without an owner after which the team is reminded.
    pub owner_team_hours: Vec<u32>,
    /// Days without an answer to our questions after which the owner hears of it.
    pub information_days: Vec<u32>,
    /// Days after which the owner hears that the case may be closed.
    pub information_close_days: u32,
    /// Working days within which an acknowledgement promises the next word, unless it says another number.
    pub contact_days: u32,
    /// Working hours without an owner after which the chairs are told; 24 are a working day.
    pub owner_chairs_hours: u32,
    /// Working hours without an owner after which the TSC's contact is told.
    pub owner_tsc_hours: u32,
    /// Hours from telling whoever posted in public to the deletion of what they posted.
    pub told_hours: u32,
    /// From a confirmed vulnerability to its disclosure.
    pub rule: RunbookRule,
}

/// What is printed.
#[derive(Debug, Clone)]
pub struct RunbookView {
    /// The team's name without an article.
    pub team: String,
    /// Where reports go: the list's address.
    pub contact: String,
    /// Where the policy is published.
    pub policy_url: Option<String>,
    /// Name of the team's zone (`UTC`, `Europe/Berlin`).
    pub zone: String,
    /// Its working days.
    pub workdays: Vec<Weekday>,
    /// Its days off from today on, for a year.
    pub days_off: Vec<Date>,
    /// Roles that somebody has.
    pub roles: Vec<Role>,
    /// Seconds for which a letter that a member ordered can be taken back; none: members do not command by mail.
    pub hold_s: Option<u64>,
    /// How long things take.
    pub lengths: Lengths,
    /// Public repositories whose issues are watched, as `owner/name`.
    pub watched: Vec<String>,
}

/// What happens in a stage. `{...}` names a length of [`Lengths`].
#[derive(Debug, Clone, Copy)]
pub struct StageText {
    /// Its name.
    pub name: &'static str,
    /// What happens in it.
    pub happens: &'static str,
    /// Who does it.
    pub who: &'static str,
    /// What follows.
    pub then: &'static str,
}

/// From the report to the end, in order.
pub const STAGES: &[StageText] = &[
    StageText {
        name: "New",
        happens: "The report is kept, a private issue is opened, and the team is told. The reporter gets a receipt by a machine.",
        who: "the machine; then any member who takes the case",
        then: "a member becomes its triage owner. Without one after {owner_chairs} the chairs are asked to find one, and after {owner_tsc} the TSC's contact.",
    },
    StageText {
        name: "Triage",
        happens: "The owner answers the reporter within {acknowledge_days} working days of the report, asks for what is missing, looks whether it is known already, and assesses it: does it harm confidentiality, integrity or availability, and how badly?",
        who: "the triage owner; the team meets within {meeting_days} days of a report that looks grave",
        then: "an assessment, within {assessment_days} working days: a vulnerability, or one of the ends below.",
    },
    StageText {
        name: "Confirmed",
        happens: "A draft advisory is written in private. The chairs of the groups concerned and the TSC's contact are told, and nobody else. The reporter gets our rating, the plan, and a proposal for the day of publishing.",
        who: "the triage owner",
        then: "a working group with at least one person of each group concerned.",
    },
    StageText {
        name: "Mitigating",
        happens: "The working group reproduces the flaw, finds out how far the harm goes, and fixes it in a private fork. A CVE number is asked for as early as possible; publishing does not wait for it.",
        who: "the working group; the triage owner keeps the reporter informed",
        then: "a fix, or a decision that there is none in time.",
    },
    StageText {
        name: "Review",
        happens: "The text that is to be published is read by the team and by the reporter, who has {reporter_review_days} working days. Each approval is for exactly one text: a change asks again.",
        who: "at least {approvals} members; the TSC's contact may watch",
        then: "all approvals, and no open objection.",
    },
    StageText {
        name: "Prenotice",
        happens: "Chairs of the groups and organizations on the embargoed list are told under embargo, so that they can prepare.",
        who: "the triage owner and a second person",
        then: "it can be published {prep_days} days later ({prep_days_critical} for a critical case).",
    },
    StageText {
        name: "Ready",
        happens: "Where possible the fix is merged before publishing. For critical and high ones SIG-Release says whether new installers are needed.",
        who: "the triage owner, SIG-Release",
        then: "the agreed day, and the word of two people.",
    },
    StageText {
        name: "Disclosed",
        happens: "The advisory is published with what to do about it, the public channels and the embargoed list are told, and the reporter is thanked and named as they wish.",
        who: "two people; nothing is published by a machine alone",
        then: "a look back within the team; then the case is closed.",
    },
];

/// The whole page.
pub fn markdown(view: &RunbookView) -> String {
    let mut page = String::new();
    let lengths = &view.lengths;
    let contact = format!("`{}`", view.contact);
    let team = prose(&view.team);
    put(
        &mut page,
        &format!(
            "# How the {team} handles reports\n\nThis page is printed by the program that the team works with, from its configuration: the lengths are those in use."
        ),
    );
    put(&mut page, &format!("Report a possible vulnerability by mail to {contact}, not in public."));
    if let Some(url) = &view.policy_url {
        put(&mut page, &format!("The policy: <{url}>"));
    }
    put(&mut page, EXPECTED);
    put(
        &mut page,
        "## The way of a case\n\nEvery case ends: closed with a reason that the reporter is told, or published. One without movement for {stall_days} days is raised within the team.",
    );
    page = filled(&page, lengths);
    for (number, stage) in STAGES.iter().enumerate() {
        let text = format!(
            "### {}. {}\n\n{}\n\n- Who: {}.\n- Then: {}",
            number + 1,
            stage.name,
            stage.happens,
            stage.who,
            stage.then
        );
        put(&mut page, &filled(&text, lengths));
    }
    put(&mut page, &ends());
    put(&mut page, &reminders(lengths));
    put(&mut page, &filled(EMBARGO, lengths));
    put(&mut page, &filled(LIST, lengths));
    put(
        &mut page,
        &filled(&PUBLIC.replace("{contact}", &contact).replace("{watched}", &watched(view)), lengths),
    );
    put(&mut page, &people(view));
    put(&mut page, &calendar(view));
    put(&mut page, &letters());
    if let Some(seconds) = view.hold_s {
        put(&mut page, &commands(seconds));
    }
    page
}

fn put(page: &mut String, text: &str) {
    if !page.is_empty() {
        page.push('\n');
    }
    page.push_str(text.trim_end());
    page.push('\n');
}

/// With the lengths in their places.
fn filled(text: &str, l: &Lengths) -> String {
    let rule = &l.rule;
    let all = [
        ("acknowledge_days", l.acknowledge_days),
        ("contact_days", l.contact_days),
        ("assessment_days", rule.assessment_days),
        ("meeting_days", rule.meeting_days),
        ("target_days", rule.target_days),
        ("limit_days", rule.limit_days),
        ("extension_days", rule.extension_days),
        ("agreement_days", rule.agreement_days),
        ("publish_hour_utc", rule.publish_hour_utc),
        ("approvals", rule.approvals),
        ("reporter_review_days", rule.reporter_review_days),
        ("prep_days", rule.prep_days),
        ("prep_days_critical", rule.prep_days_critical),
        ("update_days_critical", rule.update_days_critical),
        ("update_days_high", rule.update_days_high),
        ("update_days", rule.update_days),
        ("exploited_days", rule.exploited_days),
        ("stall_days", rule.stall_days),
        ("cve_notice_days", rule.cve_notice_days),
        ("cve_escalate_days", rule.cve_escalate_days),
        ("told_hours", l.told_hours),
    ];
    let numbers = all.iter().map(|(name, value)| (*name, value.to_string()));
    let hours = [("owner_chairs", working(l.owner_chairs_hours)), ("owner_tsc", working(l.owner_tsc_hours))];
    numbers
        .chain(hours)
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), &value))
}

/// Which repositories are watched.
fn watched(view: &RunbookView) -> String {
    let names: Vec<String> = view.watched.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "No repository is watched by the machine; members look.".to_owned(),
        names => format!("New issues in {} are looked at by the machine.", names.join(", ")),
    }
}

/// Working hours as people say them.
pub(super) fn working(hours: u32) -> String {
    match (hours / HOURS_A_DAY, hours % HOURS_A_DAY) {
        (1, 0) => "one working day".to_owned(),
        (days, 0) if days > 0 => format!("{days} working days"),
        (_, _) => format!("{hours} working hours ({HOURS_A_DAY} to the day)"),
    }
}

fn ends() -> String {
    let mut text = "### Other ends\n\nThe reporter is told the reason in a person's words, and may answer: then we look again.\n\n".to_owned();
    let told =
        Closure::ALL.iter().filter(|closure| closure.needs_reason() || **closure == Closure::KnownPublic);
    for closure in told {
        let _ = writeln!(text, "- {}", closure.words());
    }
    text
}

fn role(role: Role) -> Option<(&'static str, &'static str)> {
    match role {
        Role::Member => Some(("Member", "takes cases, and is told of each new one")),
        Role::Chair => Some((
            "Chair of SIG-Security",
            "is asked when nobody takes a case, and settles what the team cannot",
        )),
        Role::TscContact => {
            Some(("Contact of the TSC", "is told of confirmed cases, and is asked when chairs cannot help"))
        }
        Role::ReleaseContact => Some(("Contact of SIG-Release", "says whether new installers are needed")),
        Role::SigChair => Some((
            "Chair of another SIG",
            "is told of vulnerabilities in what the SIG looks after, and finds people to fix them",
        )),
        Role::Ops => None,
    }
}

fn people(view: &RunbookView) -> String {
    let mut text = "## Who does what\n\n".to_owned();
    for (name, does) in view.roles.iter().filter_map(|one| role(*one)) {
        let _ = writeln!(text, "- **{name}**: {does}.");
    }
    text.push_str("\nWho owns a case need not write its fix. Whoever reported it, or has an interest in it, does not decide about it. What cannot be taken back (publishing, taking down, telling people outside) needs two different people.");
    text
}

fn calendar(view: &RunbookView) -> String {
    let days: Vec<&str> = view.workdays.iter().map(|day| weekday(*day)).collect();
    let zone = prose(&view.zone);
    let mut text = format!("## Working days\n\nWorking days are {}, in the zone {zone}.", days.join(", "));
    let off: Vec<String> = view.days_off.iter().map(|day| day.strftime("%-d %B %Y").to_string()).collect();
    match off.as_slice() {
        [] => text.push_str(" No other day off is known for the coming year."),
        off => {
            let _ = write!(text, " Days off in the coming year: {}.", off.join("; "));
        }
    }
    text.push_str(" A length that begins on a day off begins on the next working day.");
    text
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

fn letters() -> String {
    let mut text =
        "## Letters\n\nWhat is written, and to whom. Each names its days with weekday, hour and zone.\n"
            .to_owned();
    for reader in Reader::ALL {
        let _ = write!(text, "\n### To {}\n\n", reader.words());
        for letter in LetterName::ALL.iter().filter(|letter| letter.reader() == reader) {
            let number =
                if letter.number().is_empty() { String::new() } else { format!("{} ", letter.number()) };
            let name =
                letter.name().trim_start_matches(letter.number()).trim_start_matches('-').replace('-', " ");
            let _ = writeln!(text, "- {number}{name}: {}", letter.purpose());
        }
    }
    text
}

fn commands(hold_s: u64) -> String {
    let minutes = hold_s / 60;
    format!(
        "## How members work with the program\n\nBy mail and by comments on the private issue, with lines that begin with an exclamation mark. Only a member whose mail is proven to be theirs is obeyed. A letter that was ordered waits {minutes} minutes, so that any member can stop it.\n\n{}",
        documentation()
    )
}

const EXPECTED: &str = "\
## What a reporter can expect

- A receipt at once, written by a machine. It is no answer, and does not count as one.
- An answer by a person within {acknowledge_days} working days of the report.
- In it, when the next word comes: within {contact_days} working days, unless it says otherwise.
- News of a confirmed vulnerability at least every {update_days} working days; every {update_days_high} when it is high, every {update_days_critical} when it is critical or being exploited. Also that nothing has changed.
- Questions only for what is missing. A rough answer is fine.
- A proposal for a day of publishing, the text to read before it is published, and credit as they wish, or none.
- At any time: an answer with the one word \"status\" on its first line is answered by how it stands.
- The project pays no rewards.";

const EMBARGO: &str = "\
## Until it is published

- We wish to publish within {target_days} days of a report, and do so after {limit_days} days at the latest, with or without a fix.
- Beyond that only with the reporter's yes in writing, and by at most {extension_days} days.
- The day is agreed by both sides in writing. A person reads the answer; nothing counts as a yes by itself. Without an agreement within {agreement_days} days, or when the reporter says no, the team decides what next, then the chairs, then the TSC; a neutral party can be asked to coordinate.
- A CVE number is asked for early; publishing does not wait for it. When none came after {cve_notice_days} working days, whoever looks after the case asks; after {cve_escalate_days} days the chairs know.
- It is published at {publish_hour_utc}:00 UTC on a working day, not before a weekend.
- Earlier when it becomes known, or when the fix is out; within {exploited_days} days when it is being exploited. The reporter is told within a working day.
- Until then it is known to the reporter, the team, and those who are needed to fix it. Days that move are told to everybody who was told before.";

const LIST: &str = "\
## The embargoed list

Organizations that ship O3DE to others, or run it for them, can be told before the public, so that they are ready.

- Each is on the list with an address that several people read, accepted these terms on a known day, and confirms them every year. Two members or chairs decide on each entry and vouch for it, by name.
- Each gets a mail of its own; nobody sees who else is on the list. What was told to whom, and when, is kept.
- What is told is for those who must act on it (TLP:AMBER+STRICT): no forwarding, nothing in public, no commits that give it away. Whether the fix may be deployed before the day is said in each notice.
- They are told {prep_days} days before ({prep_days_critical} for a critical case), again 24 hours before, whenever the day moves, and when the embargo ends.
- Slips are told to us at once. Who keeps silent about one, or uses what they were told, is taken off the list.";

const PUBLIC: &str = "\
## When a report is posted in public

- An issue about a CVE that is public already is welcome, and left alone.
- An issue that looks like an undisclosed vulnerability is raised with the team first. {watched} A person decides; no machine acts on it.
- It is saved whole, becomes a case like any other, and its poster is told that such reports are handled by mail at {contact}. That says nothing about whether it is one.
- Only then, and only by the word of two people, it is emptied and locked, or deleted: no earlier than {told_hours} hours after its poster was told. What was public counts as known: we publish sooner.";
