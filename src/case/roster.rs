//! The Security Issue Review team: who is on it, how to reach them, who is away.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Address, MemberKey, Sig};

/// What a person of the roster is to the team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Takes cases and is alerted to new ones.
    Member,
    /// A SIG-Security chair: told when nobody takes a case.
    Chair,
    /// The contact of the Technical Steering Committee: told when the chairs do not help either.
    TscContact,
    /// The contact of SIG-Release.
    ReleaseContact,
    /// A chair of another SIG: told of a vulnerability in what their SIG looks after, and of its mitigation.
    SigChair,
    /// Looks after the machine and is told its alarms; not of the team.
    Ops,
}

/// A GitHub account: the number counts, the login is only shown (a login can be registered again by somebody else).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GithubAccount {
    /// Numeric user id.
    pub id: u64,
    /// Login, for mentions and assignment.
    pub login: String,
}

/// Days on which somebody is away, both ends included, in their own zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away {
    /// First day away.
    pub from: Date,
    /// Last day away.
    pub to: Date,
}

/// One person of the roster.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Short name, unique in the roster.
    pub key: MemberKey,
    /// Name as shown to people.
    pub name: String,
    /// Mail addresses; the first is where notices go, all of them are recognized.
    pub addresses: Vec<Address>,
    /// GitHub account, if any.
    pub github: Option<GithubAccount>,
    /// Roles; a chair who takes cases has both.
    pub roles: BTreeSet<Role>,
    /// The SIGs that they speak for, or work in.
    pub sigs: Vec<Sig>,
    /// Times away.
    pub away: Vec<Away>,
    /// Domains whose DKIM signature makes a mail from these addresses this person's, lower case. Without any, and without
    /// a pinned key, they do not command by mail.
    pub dkim_domains: Vec<String>,
    /// Fingerprints of their OpenPGP keys, upper-case hexadecimal without spaces.
    pub openpgp: Vec<String>,
    /// Where this person works: reminders wait for their working hours. `None`: the team's zone, any hour.
    pub zone: Option<TimeZone>,
}

impl Member {
    /// Where notices go.
    pub fn address(&self) -> Option<&Address> {
        self.addresses.first()
    }

    /// Whether this person is away at that instant.
    pub fn is_away(&self, at: Timestamp) -> bool {
        let day = at.to_zoned(self.zone.clone().unwrap_or(TimeZone::UTC)).date();
        self.away.iter().any(|a| a.from <= day && day <= a.to)
    }

    /// Whether this person has that role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// All people of the team.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roster {
    /// In the order of the configuration.
    pub members: Vec<Member>,
}

impl Roster {
    /// The person with that short name.
    pub fn get(&self, key: &MemberKey) -> Option<&Member> {
        self.members.iter().find(|m| m.key == *key)
    }

    /// The person of the team who uses that address.
    pub fn by_address(&self, address: &Address) -> Option<&Member> {
        let of_team = |m: &&Member| m.roles.iter().any(|role| *role != Role::Ops);
        self.members.iter().filter(of_team).find(|m| m.addresses.contains(address))
    }

    /// Members (people who take cases) who are not away.
    pub fn active(&self, at: Timestamp) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |m| m.is(Role::Member) && !m.is_away(at))
    }

    /// The short names of everybody with one of these roles, away or not, each once.
    pub fn keys_with(&self, roles: &[Role]) -> Vec<MemberKey> {
        let some = |member: &&Member| roles.iter().any(|role| member.is(*role));
        self.members.iter().filter(some).map(|member| member.key.clone()).collect()
    }

    /// Everybody with that role, away or not.
    pub fn with(&self, role: Role) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |m| m.is(role))
    }
}
