//! The table of letters: number, file, reader, what a template may use and what it must say (RUNBOOK section 3).

/// Who reads a letter. Each reader has a folder of templates, and views that hold only what that reader may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// Whoever reported.
    Reporter,
    /// People by name: the team, its chairs, the TSC's contact, chairs of other groups, the release contact.
    Members,
    /// Organizations on the embargoed list, one mail each.
    List,
    /// Everybody.
    Public,
}

impl Reader {
    /// All of them, as the folders stand in `templates/`.
    pub const ALL: [Self; 4] = [Self::Reporter, Self::Members, Self::List, Self::Public];

    /// The folder, in `templates/` and in an override directory.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Reporter => "letters",
            Self::Members => "members",
            Self::List => "list",
            Self::Public => "public",
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reporter => "the reporter",
            Self::Members => "members and contacts",
            Self::List => "the embargoed list",
            Self::Public => "everybody",
        }
    }
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A mail: its subject on line 1, folded at 72 columns.
    Mail,
    /// Markdown for a page: no subject; paragraphs are joined, since line ends show there.
    Page,
    /// One line for a chat.
    Line,
}

/// The variables that letters share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    /// The receipt: nothing of the report.
    Receipt,
    /// Letters to the reporter.
    Reporter,
    /// Letters to people by name, on a case or not.
    Members,
    /// Frames around what the machine tells members.
    Frame,
    /// The embargoed list. No number of a case.
    List,
    /// What is public. No number of a case.
    Public,
}

impl Base {
    fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Receipt => &["case", "team", "policy_url", "code"],
            Self::Reporter => &["case", "subject", "greeting", "team", "policy_url", "code"],
            Self::Members => &["tag", "greeting", "team", "code"],
            Self::Frame => &["tag"],
            Self::List => &["organization", "product", "ids", "team", "contact"],
            Self::Public => &["team", "contact", "product", "policy_url"],
        }
    }

    /// What every letter of this kind must say.
    fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Receipt | Self::Reporter => &["case", "code"],
            Self::Members | Self::Frame => &["tag"],
            Self::List => &["ids", "until"],
            Self::Public => &[],
        }
    }
}

struct Row {
    number: &'static str,
    purpose: &'static str,
    file: &'static str,
    base: Base,
    more: &'static [&'static str],
    needed: &'static [&'static str],
    text: &'static str,
}

macro_rules! letters {
    ($($(#[doc = $doc:literal])+ $name:ident, $number:literal, $file:literal, $base:ident, [$($more:literal)*], [$($needed:literal)*];)*) => {
        /// The letters that exist.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum LetterName {
            $($(#[doc = $doc])+ $name,)*
        }

        impl LetterName {
            /// Every letter, by its reader and number.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        number: $number,
                        purpose: concat!($($doc),+),
                        file: $file,
                        base: Base::$base,
                        more: &[$($more),*],
                        needed: &[$($needed),*],
                        text: include_str!(concat!("../../../templates/", $file)),
                    },)*
                }
            }
        }
    };
}

letters! {
    /// By the machine, when a report became a case.
    Receipt, "T00", "letters/T00-receipt.txt", Receipt,
        ["received" "acknowledge_by"], ["acknowledge_by"];
    /// A person looks at it.
    Acknowledgement, "T01", "letters/T01-acknowledgement.txt", Reporter,
        ["owner" "days" "contact_by"], ["contact_by"];
    /// It was public already.
    KnownIssue, "T02", "letters/T02-known-issue.txt", Reporter, ["known_id" "known_url"], ["known_url"];
    /// What we still need to know.
    Questions, "T03", "letters/T03-questions.txt", Reporter, ["questions"], ["questions"];
    /// The same once more.
    Reminder, "T04", "letters/T04-reminder.txt", Reporter, ["questions"], ["questions"];
    /// It works as intended.
    Intended, "T05", "letters/T05-intended.txt", Reporter, ["reason" "feature_url"], ["reason" "feature_url"];
    /// A fault, but not one of security.
    Bug, "T06", "letters/T06-bug.txt", Reporter, ["reason" "bug_url"], ["reason" "bug_url"];
    /// Other reasons to close.
    NotHere, "T07", "letters/T07-not-here.txt", Reporter,
        ["reason" "closure" "feature_url"], ["reason" "feature_url"];
    /// It is a vulnerability: our rating, and what comes next.
    Confirmed, "T08", "letters/T08-confirmed.txt", Reporter,
        ["severity" "why" "plan" "contact_by" "ask_account" "ask_credit"], ["severity" "plan" "contact_by"];
    /// The day on which we would like to publish.
    EmbargoProposal, "T12", "letters/T12-embargo-proposal.txt", Reporter,
        ["publish_at" "limit_at" "wished_days" "limit_days" "extension_days" "who_knows"],
        ["publish_at" "limit_at" "wished_days" "limit_days" "who_knows"];
    /// That day is agreed, or has moved; with a calendar entry.
    Embargo, "T13", "letters/T13-embargo.txt", Reporter,
        ["publish_at" "limit_at" "wished_days" "limit_days" "extension_days" "was_at" "reason" "confirm"],
        ["publish_at" "limit_at" "wished_days" "limit_days" "was_at" "reason"];
    /// The safe line, by the machine, to a reporter who asks.
    Status, "T16", "letters/T16-status.txt", Reporter, ["status"], ["status"];
    /// What changed, what comes next, and by when.
    Update, "T16", "letters/T16-update.txt", Reporter,
        ["since" "changed" "next" "contact_by" "publish_at" "wished_days" "limit_days"],
        ["changed" "next" "contact_by"];
    /// The CVE number: requested, assigned, waited for, refused.
    Cve, "T17", "letters/T17-cve.txt", Reporter,
        ["state" "cve" "requested_at" "reason" "public" "publish_at" "wished_days" "limit_days"],
        ["state" "cve" "reason"];
    /// To help with the advisory.
    Invitation, "T18", "letters/T18-invitation.txt", Reporter, ["account" "advisory"], ["account" "advisory"];
    /// What we plan to publish, for the reporter to read.
    ReporterReview, "T21", "letters/T21-review.txt", Reporter,
        ["text" "credit" "by" "again" "publish_at" "wished_days" "limit_days"], ["text" "credit" "by"];
    /// It is public; thanks.
    Published, "T28", "letters/T28-published.txt", Reporter, ["links" "credit"], ["links" "credit"];
    /// In a member's own words.
    Reply, "", "letters/reply.txt", Reporter, ["words"], ["words"];

    /// To the team and the chairs concerned: a draft answer to comment on.
    DraftResponse, "T09", "members/T09-draft-response.txt", Members,
        ["issue" "text" "hash" "by" "by_short"], ["text" "hash" "by"];
    /// To the chair of a group whose part is concerned.
    SigChair, "T10", "members/T10-sig-chair.txt", Members,
        ["sig" "others" "component" "severity" "advisory" "by" "by_short"], ["severity" "advisory" "by"];
    /// To the TSC's contact: a vulnerability was confirmed.
    TscNotice, "T11", "members/T11-tsc-notice.txt", Members,
        ["severity" "sigs" "help" "advisory" "publish_at" "limit_at" "wished_days" "limit_days"],
        ["severity" "help" "limit_at"];
    /// To the working group: the day is agreed, or has moved; with a calendar entry.
    EmbargoTeam, "T13", "members/T13-embargo-team.txt", Members,
        ["publish_at" "publish_short" "limit_at" "wished_days" "limit_days" "was_at" "reason" "set"],
        ["publish_at" "limit_at" "wished_days" "limit_days" "was_at" "reason" "set"];
    /// To the team, then chairs, then the TSC: no agreement on the day.
    Conflict, "T14", "members/T14-conflict.txt", Members,
        ["issue" "theirs" "ours" "why" "options" "by" "by_short" "limit_at" "wished_days" "limit_days"],
        ["theirs" "ours" "options" "by" "limit_at" "wished_days" "limit_days"];
    /// To each person of the working group.
    WorkingGroup, "T15", "members/T15-working-group.txt", Members,
        ["people" "advisory" "fork" "by" "by_short"], ["people" "fork" "by"];
    /// To reviewers: approve or object.
    ReviewRequest, "T19", "members/T19-review-request.txt", Members,
        ["text" "hash" "by" "by_short" "publish_at" "wished_days" "limit_days"], ["text" "hash" "by"];
    /// To the team: shall we meet? With a calendar entry.
    Meeting, "T20", "members/T20-meeting.txt", Members,
        ["issue" "why" "days" "by" "by_short" "slots"], ["by" "slots"];
    /// To chairs of all groups: what becomes public and when, and whether there is a fix; under embargo.
    ChairsNotice, "T22", "members/T22-chairs-notice.txt", Members,
        ["component" "fix_is" "headline" "prepare" "advisory" "publish_at" "publish_short" "wished_days" "limit_days"],
        ["publish_at" "prepare" "fix_is"];
    /// To the release contact: are new installers needed?
    Installers, "T25", "members/T25-installers.txt", Members,
        ["severity" "fix" "proposal" "by" "by_short" "publish_at" "publish_short" "wished_days" "limit_days"],
        ["severity" "fix" "by" "publish_at"];
    /// To the release contact and the documentation: one line.
    ReleaseNote, "T29", "members/T29-release-note.txt", Members, ["ids" "line" "url"], ["ids" "line" "url"];
    /// To the team: how did it go?
    Retrospective, "T30", "members/T30-retrospective.txt", Members,
        ["issue" "ids" "timeline" "by" "by_short"], ["timeline" "by"];
    /// To the team, chairs and the TSC's contact: it leaked, or is exploited.
    Incident, "T31", "members/T31-incident.txt", Members,
        ["kind" "headline" "public" "noticed" "place" "what" "how" "response" "was_at" "new_at" "wished_days" "limit_days"],
        ["what" "response" "new_at"];
    /// To the TSC's contact: a new member?
    Nominated, "T33", "members/T33-nominated.txt", Members,
        ["proposer" "who" "basis" "why" "by" "by_short"], ["who" "basis" "why" "by"];
    /// To the chairs: the TSC said no.
    Declined, "T33", "members/T33-declined.txt", Members, ["who" "reason"], ["who" "reason"];
    /// To the new member.
    Welcome, "T33", "members/T33-welcome.txt", Members, ["approved" "access" "policy_url"], ["access"];
    /// To the team: somebody leaves.
    Resigned, "T33", "members/T33-resigned.txt", Members, ["who" "ends" "cases"], ["who" "ends" "cases"];
    /// To the member who leaves.
    Leaving, "T33", "members/T33-leaving.txt", Members, ["ends" "access"], ["ends" "access"];
    /// To all active members but one: shall that one be removed? Also the reminder.
    Vote, "T34", "members/T34-vote.txt", Members,
        ["who" "reason" "by" "by_short" "needed" "voters" "chair" "reminder"], ["who" "reason" "by" "needed"];
    /// To those who voted.
    VoteResult, "T34", "members/T34-result.txt", Members,
        ["who" "yes" "no" "abstained" "needed" "removed"], ["who" "yes" "no" "abstained" "removed"];
    /// To the TSC's contact: somebody was removed.
    Removed, "T34", "members/T34-removed.txt", Members, ["who" "reason" "ended"], ["who" "ended"];
    /// To the TSC's contact and the appellant.
    Appeal, "T34", "members/T34-appeal.txt", Members, ["who" "received" "words" "by" "by_short"], ["who" "received" "by"];
    /// To chairs, then the TSC's contact: nobody takes a case.
    NoOwner, "T35", "members/T35-no-owner.txt", Frame, ["to_tsc" "card" "code"], ["card" "code"];
    /// To chairs, then the TSC's contact: more than the team can do.
    Overload, "T35", "members/T35-overload.txt", Members,
        ["unowned" "oldest" "missed" "active" "to_tsc"], ["unowned" "missed" "active"];
    /// To chairs: the quarter in figures.
    Quarterly, "T36", "members/T36-quarterly.txt", Members,
        ["quarter" "figures" "public" "by" "by_short"], ["quarter" "figures" "public"];
    /// To each member, on working days.
    Digest, "T37", "members/T37-digest.txt", Frame, ["day" "waits" "summary" "sections"], ["summary" "sections"];
    /// To the owner: a letter to the reporter came back.
    DeliveryFailed, "T38", "members/T38-delivery-failed.txt", Frame,
        ["letter" "letter_capital" "clock_reopened" "card" "code"], ["letter" "clock_reopened" "card" "code"];
    /// To the member who commanded.
    Transcript, "T39", "members/T39-transcript.txt", Frame,
        ["ran" "verbs" "lines" "noted" "letters" "last_act" "code"], ["ran" "lines" "letters" "last_act" "code"];

    /// The first mail of an embargo; with a calendar entry.
    ListNotice, "T23", "list/T23-notice.txt", List,
        ["until" "until_short" "title" "severity" "vector" "summary" "affected" "tell" "fix" "deploy_early" "wished_days" "limit_days"],
        ["until_short" "severity" "summary" "affected" "tell" "fix" "deploy_early" "contact"];
    /// The day moved; with a calendar entry.
    ListChange, "T23", "list/T23-change.txt", List,
        ["until" "until_short" "was" "reason" "wished_days" "limit_days"], ["until_short" "was" "reason"];
    /// A day before.
    ListDayBefore, "T23", "list/T23-24-hours.txt", List,
        ["until" "until_short" "wished_days" "limit_days"], ["until_short"];
    /// It is public.
    ListLifted, "T23", "list/T23-lifted.txt", List, ["until" "title" "links" "early" "reason"], ["links"];
    /// What was said of a leak, or of use, was an error.
    ListCorrected, "T23", "list/T23-corrected.txt", List,
        ["kind" "noticed" "stays" "until" "until_short" "wished_days" "limit_days"], ["until_short" "kind" "stays"];
    /// It turned out to be none.
    ListEnded, "T23", "list/T23-ended.txt", List, ["until" "reason"], ["reason"];
    /// It leaked, or is exploited.
    ListIncident, "T31", "list/T31-list-incident.txt", List,
        ["kind" "noticed" "until" "until_short" "what" "response" "wished_days" "limit_days"],
        ["until_short" "what" "response"];

    /// The text of the advisory.
    Advisory, "T24", "public/T24-advisory.md", Public,
        ["summary" "severity" "vector" "why" "affected" "fixed" "tell" "mitigation" "workaround" "detection" "details" "credits" "timeline"],
        ["summary" "severity" "affected" "fixed" "tell" "mitigation" "credits" "timeline" "contact"];
    /// The same, shorter, by mail.
    PublicMail, "T26", "public/T26-mail.txt", Public,
        ["ids" "title" "severity" "vector" "url" "summary" "affected" "fixed" "tell" "mitigation" "workaround" "detection" "thanks"],
        ["ids" "url" "severity" "affected" "fixed" "mitigation"];
    /// One sentence in public channels.
    PublicLine, "T27", "public/T27-discord.txt", Public,
        ["ids" "title" "severity" "fixed" "url"], ["ids" "severity" "url"];
    /// A comment for whoever posted what looks undisclosed. Neither confirms nor denies.
    PosterComment, "T32", "public/T32-public-issue.md", Public, [], ["contact"];
    /// The same by mail, where there is an address.
    PosterMail, "T32", "public/T32-mail.txt", Public, ["url"], ["contact"];
}

impl LetterName {
    /// Its number in the runbook (`T08`); empty for a reply in a member's own words.
    pub fn number(self) -> &'static str {
        self.row().number
    }

    /// What it is for.
    pub fn purpose(self) -> &'static str {
        self.row().purpose.trim()
    }

    /// Its file, from `templates/` or the override directory on, with `/`.
    pub fn file(self) -> &'static str {
        self.row().file
    }

    /// Its name for people: the file without folder and ending.
    pub fn name(self) -> &'static str {
        let file = self.file();
        let name = file.rsplit_once('/').map_or(file, |(_, name)| name);
        name.rsplit_once('.').map_or(name, |(name, _)| name)
    }

    /// Who reads it.
    pub fn reader(self) -> Reader {
        match self.row().base {
            Base::Receipt | Base::Reporter => Reader::Reporter,
            Base::Members | Base::Frame => Reader::Members,
            Base::List => Reader::List,
            Base::Public => Reader::Public,
        }
    }

    /// What it is.
    pub fn shape(self) -> Shape {
        if self == Self::PublicLine {
            Shape::Line
        } else if self.file().ends_with(".md") {
            Shape::Page
        } else {
            Shape::Mail
        }
    }

    /// The template that comes with the program.
    pub fn built_in(self) -> &'static str {
        self.row().text
    }

    /// The variables that a template may use.
    pub fn known(self) -> impl Iterator<Item = &'static str> {
        let row = self.row();
        row.base.variables().iter().chain(row.more).copied()
    }

    /// Those it must use, or the letter breaks a promise (RUNBOOK section 3, column "must contain").
    pub fn needed(self) -> impl Iterator<Item = &'static str> {
        let row = self.row();
        row.base.needed().iter().chain(row.needed).copied()
    }
}
