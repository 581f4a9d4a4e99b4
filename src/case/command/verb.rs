//! The verbs.

use std::fmt;

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// A verb, as it stands behind the `!`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Verb {
            $($(#[$doc])* $name,)*
        }

        impl Verb {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

verbs! {
    /// How to command.
    Help = "help",
    /// How the case stands.
    Status = "status",
    /// What happened on it.
    Show = "show",
    /// Cases.
    List = "list",
    /// The case that is meant.
    Case = "case",
    /// Take it.
    Own = "own",
    /// Give it back.
    Disown = "disown",
    /// Our own severity.
    Severity = "severity",
    /// The same as another.
    Dup = "dup",
    /// Has to do with another.
    Link = "link",
    /// Two flaws in one report.
    Split = "split",
    /// Make a case of a mail.
    Open = "open",
    /// Spam.
    Spam = "spam",
    /// A new case of a mail of this one.
    New = "new",
    /// Who reported it.
    Reporter = "reporter",
    /// Acknowledge.
    Ack = "ack",
    /// Ask the reporter.
    Ask = "ask",
    /// Public already.
    Known = "known",
    /// Write to the reporter.
    Reply = "reply",
    /// End the case.
    Close = "close",
    /// Go on with it.
    Reopen = "reopen",
    /// Get help from above.
    Raise = "raise",
    /// Take back.
    Undo = "undo",
    /// Agree as the second person.
    Confirm = "confirm",
    /// What it is.
    Assess = "assess",
    /// Of a meeting.
    Meeting = "meeting",
    /// Propose a day.
    Embargo = "embargo",
    /// The reporter agreed.
    Agreed = "agreed",
    /// They did not.
    Conflict = "conflict",
    /// Who works on it.
    Group = "group",
    /// Seen to happen, or not.
    Reproduced = "reproduced",
    /// Of the fix.
    Fix = "fix",
    /// New installers, or none.
    Installers = "installers",
    /// Of the CVE id.
    Cve = "cve",
    /// How the reporter is named.
    Credit = "credit",
    /// Who may join the advisory.
    Collab = "collab",
    /// The advisory.
    Advisory = "advisory",
    /// Its private fork.
    Fork = "fork",
    /// Tell the reporter what changed.
    Update = "update",
    /// Let people read what will be public.
    Review = "review",
    /// It can be published.
    Approve = "approve",
    /// It cannot.
    Object = "object",
    /// Tell the embargoed list.
    Notify = "notify",
    /// Nothing is missing but the day.
    Ready = "ready",
    /// Make it public.
    Publish = "publish",
    /// Something is known outside.
    Leaked = "leaked",
    /// It is being used.
    Exploited = "exploited",
    /// Of a public issue.
    Takedown = "takedown",
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
