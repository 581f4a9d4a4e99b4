//! The table of verbs.

use super::{Class, Verb};

/// A row of the table: a verb in one of its forms.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The verb.
    pub verb: Verb,
    /// What it needs.
    pub class: Class,
    /// How it is written, without the `!`.
    pub form: &'static str,
    /// What it does.
    pub does: &'static str,
    /// How it is taken back.
    pub undo: &'static str,
}

const fn row(verb: Verb, class: Class, form: &'static str, does: &'static str, undo: &'static str) -> Row {
    Row { verb, class, form, does, undo }
}

const READS: &str = "changes nothing";
const UNDO: &str = "undo";
const STOPS: &str = "undo, until the letter leaves";

/// Every verb in every form. Words of arguments: CAPITALS stand for what you fill in, `[...]` may be left out, `|` is or.
pub const TABLE: &[Row] = &[
    row(Verb::Help, Class::Read, "help [VERB]", "This table, or one verb of it.", READS),
    row(Verb::Status, Class::Read, "status", "Where the case stands, who owns it, what is due.", READS),
    row(
        Verb::Show,
        Class::Read,
        "show",
        "Everything that happened on the case, with the numbers that other verbs take.",
        READS,
    ),
    row(Verb::List, Class::Read, "list [open|mine|overdue]", "Cases, the newest first.", READS),
    row(
        Verb::Case,
        Class::Read,
        "case SIR-YYYY-NNNN",
        "Says which case you mean. It must be the case of the thread.",
        READS,
    ),
    row(Verb::Own, Class::Internal, "own [me|NAME]", "You, or that member, become the triage owner.", UNDO),
    row(
        Verb::Disown,
        Class::Internal,
        "disown",
        "The case has no owner any more; the clock for finding one starts anew.",
        UNDO,
    ),
    row(
        Verb::Severity,
        Class::Internal,
        "severity none|low|medium|high|critical",
        "The team's own severity, next to the claimed one.",
        UNDO,
    ),
    row(
        Verb::Dup,
        Class::Internal,
        "dup SIR-YYYY-NNNN",
        "Closes this case as the same as that one. A reporter who has no answer yet gets the acknowledgement (held); neither reporter learns of the other.",
        UNDO,
    ),
    row(
        Verb::Link,
        Class::Internal,
        "link SIR-YYYY-NNNN",
        "Notes on both cases that they belong together.",
        UNDO,
    ),
    row(
        Verb::Link,
        Class::TwoPeople,
        "link mail ADDRESS",
        "Adds a further reporter: their mail counts as mail of the case. Another person must confirm.",
        UNDO,
    ),
    row(
        Verb::Split,
        Class::Internal,
        "split",
        "The report holds two flaws: opens one more case from it and links both.",
        "undo, on the new case",
    ),
    row(
        Verb::Open,
        Class::Internal,
        "open NUMBER",
        "Makes a case of a mail that waits or was set aside. The number is in the notice.",
        "undo, on the new case",
    ),
    row(
        Verb::Spam,
        Class::Internal,
        "spam [NUMBER]",
        "Sets that waiting mail aside; without a number, closes this case as spam, without a letter.",
        "open NUMBER; undo on a case",
    ),
    row(
        Verb::New,
        Class::Internal,
        "new [NUMBER]",
        "Makes a case of its own of a mail of this case (without a number: of the last one). Numbers are in show.",
        "undo, on the new case",
    ),
    row(
        Verb::Reporter,
        Class::Internal,
        "reporter ADDRESS",
        "The report was forwarded: letters go to that address from now on.",
        UNDO,
    ),
    row(
        Verb::Ack,
        Class::Reporter,
        "ack [5wd]",
        "Thanks the reporter and promises the next word within so many working days (T01). Stops the acknowledgement clock when it left.",
        STOPS,
    ),
    row(
        Verb::Ack,
        Class::Internal,
        "ack done",
        "You answered the reporter in your own mail: stops the acknowledgement clock.",
        UNDO,
    ),
    row(
        Verb::Ask,
        Class::Reporter,
        "ask [steps,version,...]",
        "Asks the reporter what is still open and was never asked (T03). Words: version, steps, component, platform, impact, deadline, others, credit.",
        STOPS,
    ),
    row(
        Verb::Ask,
        Class::Reporter,
        "ask again",
        "Reminds the reporter of the questions that were asked and are still open (T04).",
        STOPS,
    ),
    row(
        Verb::Known,
        Class::Reporter,
        "known CVE-...|GHSA-...|URL",
        "Tells the reporter that it is public already (T02); the case closes when the letter left.",
        STOPS,
    ),
    row(
        Verb::Reply,
        Class::Reporter,
        "reply",
        "Must be the last line of the block: sends the text below it to the reporter.",
        STOPS,
    ),
    row(
        Verb::Close,
        Class::Reporter,
        "close CLOSURE [REASON]",
        "Closes the case. wai, bug, feature, out-of-scope, not-reproducible and no-impact send the reason to the reporter (T05 to T07); spam and not-a-report send nothing. disclosed ends one that is public (say why, if it was withdrawn). All but disclosed need a second person where the reporter claims high or critical.",
        UNDO,
    ),
    row(Verb::Reopen, Class::Internal, "reopen [REASON]", "The case goes on where it was closed.", UNDO),
    row(
        Verb::Raise,
        Class::Internal,
        "raise [chairs|tsc] [REASON]",
        "Tells the chairs, or the TSC contact as well, that the case needs help.",
        "undo; they are told",
    ),
    row(
        Verb::Undo,
        Class::Internal,
        "undo [NUMBER]",
        "Takes back the last act on the case, or the one with that number; whoever did it. Stops its letter.",
        "say it again",
    ),
    row(
        Verb::Confirm,
        Class::Internal,
        "confirm NONCE",
        "Agrees to what another member asked for, by the word in your notice.",
        UNDO,
    ),
    row(
        Verb::Assess,
        Class::Reporter,
        "assess vuln c=yes|no i=yes|no a=yes|no means=code|elevation|access|denial attacker=network|adjacent|local|physical severity=WORD vector=CVSS:4.0/... versions=<2510.2 sig=NAME repo=OWNER/NAME",
        "It is a vulnerability: at least one of confidentiality (c), integrity (i), availability (a) is broken. Makes the draft advisory, tells the SIG chairs and the TSC contact, and tells the reporter (T08).",
        STOPS,
    ),
    row(
        Verb::Assess,
        Class::Reporter,
        "assess wai|bug|feature|out-of-scope|not-reproducible|no-impact REASON",
        "It is none: the same as close.",
        UNDO,
    ),
    row(
        Verb::Meeting,
        Class::Internal,
        "meeting [DAY|held|waived REASON]",
        "Asks the team to meet within a week of the report (T20), or says that it met, or why it need not.",
        UNDO,
    ),
    row(
        Verb::Embargo,
        Class::Reporter,
        "embargo 2026-12-01T16:00Z",
        "Proposes to the reporter a day on which all is public (T12). A day alone means the hour of publishing. Where the report has no address, the day is set when another person confirms.",
        STOPS,
    ),
    row(
        Verb::Agreed,
        Class::Reporter,
        "agreed [NUMBER] [WHY]",
        "The reporter agreed to the proposed day, by that mail (without a number: by their last one). Tells them and the working group (T13). Where another day stood: with why it moves, in words for the reporter.",
        STOPS,
    ),
    row(
        Verb::Conflict,
        Class::Internal,
        "conflict [WHY]",
        "There is no agreement about the day: tells the team (T14), with your words on what the reporter wishes and why; later the chairs and the TSC contact.",
        UNDO,
    ),
    row(
        Verb::Group,
        Class::Internal,
        "group NAME, NAME",
        "The working group: one of each SIG concerned, and the owner (T15).",
        UNDO,
    ),
    row(
        Verb::Reproduced,
        Class::Internal,
        "reproduced yes|no [WHERE]",
        "Whether the working group saw it happen, and on what.",
        UNDO,
    ),
    row(
        Verb::Fix,
        Class::Internal,
        "fix proposed|merged https://... or fix none REASON",
        "Where the fix is, or why there will be none in time.",
        UNDO,
    ),
    row(
        Verb::Installers,
        Class::Internal,
        "installers yes|no",
        "Whether new installers are made; for critical and high ones SIG-Release must answer.",
        UNDO,
    ),
    row(
        Verb::Cve,
        Class::Reporter,
        "cve [request|CVE-...|refused [REASON]|none REASON]",
        "Asks for a CVE id, or says how it stands with it. Tells the reporter (T17): of a refusal with your reason, of none nothing.",
        STOPS,
    ),
    row(
        Verb::Credit,
        Class::Internal,
        "credit name|anonymous|github LOGIN",
        "How the reporter is named, as they wish.",
        UNDO,
    ),
    row(
        Verb::Collab,
        Class::TwoPeople,
        "collab LOGIN, LOGIN",
        "Lets these people see the draft advisory. Another person must confirm for people who are not on the roster. Invites the reporter (T18).",
        UNDO,
    ),
    row(
        Verb::Advisory,
        Class::Internal,
        "advisory [GHSA-...]",
        "Makes the draft advisory, or brings it up to date; with an id: it is that one, and looked at when the time to undo is over.",
        "undo, until two people said that it is public",
    ),
    row(Verb::Fork, Class::Internal, "fork", "Begins a private fork for the fix.", "nothing takes it back"),
    row(
        Verb::Update,
        Class::Reporter,
        "update [5wd]",
        "Must be the last line of the block: tells the reporter what changed, by the text below it, and when they hear again (T16).",
        STOPS,
    ),
    row(
        Verb::Review,
        Class::Reporter,
        "review",
        "What the advisory says now is what will be public: asks members, TSC contact (T19) and reporter (T21) to read it.",
        STOPS,
    ),
    row(
        Verb::Approve,
        Class::Internal,
        "approve HASH8",
        "You read the text with that digest, and it can be published.",
        UNDO,
    ),
    row(Verb::Object, Class::Internal, "object WHY", "It cannot be published as it reads.", UNDO),
    row(
        Verb::Notify,
        Class::TwoPeople,
        "notify",
        "Tells the chairs of all SIGs (T22) and the embargoed list (T23). Another person must confirm.",
        "undo, until it is confirmed",
    ),
    row(Verb::Ready, Class::Internal, "ready [WHY]", "Nothing is missing but the day and two people.", UNDO),
    row(
        Verb::Publish,
        Class::TwoPeople,
        "publish",
        "Makes the advisory public, on the agreed day. Another person must confirm. What speaks against it until it is done (an objection, a later day) ends it.",
        "undo, until it is public",
    ),
    row(
        Verb::Leaked,
        Class::Internal,
        "leaked [WHAT] [where: WHERE] [how: HOW]",
        "Something of it is known outside: tells the team, the TSC contact, and the chairs and SIG-Release as far as they know of it (T31). Your words stand in that mail: no details in them. The embargoed list hears of it without them.",
        UNDO,
    ),
    row(
        Verb::Exploited,
        Class::Internal,
        "exploited [WHAT] [where: WHERE] [how: HOW]",
        "It is being used against people: tells the same people as leaked (T31), with your words.",
        UNDO,
    ),
    row(
        Verb::Takedown,
        Class::Internal,
        "takedown URL",
        "That public issue looks like a report nobody has disclosed: it is saved whole and becomes a case. Nothing changes in public.",
        "undo, on the new case",
    ),
    row(
        Verb::Takedown,
        Class::Reporter,
        "takedown tell",
        "Asks whoever posted the public issue, by a neutral comment there (T32), and by mail where the case has an address, to write to the security list.",
        "undo, until the comment is there",
    ),
    row(
        Verb::Takedown,
        Class::TwoPeople,
        "takedown blank|delete",
        "Retitles, blanks and locks the public issue, or deletes it, exactly as it was saved. Another person must confirm; where GitHub gives no right, it is a task for an admin.",
        "undo, until it is done",
    ),
];

/// What a member gets who asks for help, without the `!`, for a mail.
pub fn help(verb: Option<Verb>) -> String {
    let rows = TABLE.iter().filter(|row| verb.is_none_or(|verb| row.verb == verb));
    let told = rows.map(|row| format!("  {}\n\n{}\nTo take it back: {}.\n", row.form, row.does, row.undo));
    let told: Vec<String> = told.collect();
    match verb {
        Some(_) => told.join("\n"),
        None => {
            let forms: Vec<String> = TABLE.iter().map(|row| format!("  {}", row.form)).collect();
            format!("{}\n\nFor more about one of them, ask for: help VERB\n", forms.join("\n"))
        }
    }
}

/// The rows as they stand in `docs/members.md`.
pub fn documentation() -> String {
    let mut out = "| say | what it does | needs | to take it back |\n|---|---|---|---|\n".to_owned();
    for row in TABLE {
        let needs = match row.class {
            Class::Read => "you",
            Class::Internal => "you, in a thread",
            Class::Reporter => "you, in a thread; held",
            Class::TwoPeople => "two people",
        };
        let form = row.form.replace('|', "\\|");
        out.push_str(&format!("| `!{form}` | {} | {needs} | {} |\n", row.does, row.undo));
    }
    out
}
