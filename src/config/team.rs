//! `[team]`: the people, their calendar, and what letters say of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::post::address;
use super::raw::{Section, no_such_word};
use crate::case::calendar::Calendar;
use crate::case::roster::{Away, GithubAccount, Member, Role, Roster};
use crate::case::{Address, MemberKey, Sig};

/// The team, for letters and clocks.
#[derive(Debug, Clone)]
pub struct Team {
    /// As letters sign.
    pub name: String,
    /// Where the public reads what we promise, if anywhere.
    pub policy_url: Option<String>,
    /// Where the project collects bugs; none: letters name no address.
    pub bug_url: Option<String>,
    /// Where it collects wishes; none: letters name no address.
    pub feature_url: Option<String>,
    /// Working days.
    pub calendar: Calendar,
    /// The people.
    pub roster: Roster,
}

/// Where O3DE collects bugs and wishes (its own forms, `.github/ISSUE_TEMPLATE` of o3de/o3de).
const BUGS: &str = "https://github.com/o3de/o3de/issues/new?template=bug_template.md";
const FEATURES: &str = "https://github.com/o3de/o3de/issues/new?template=feature_request.md";

/// A page of the project: another one than its own, or with "" none.
fn page(s: &Section<'_, '_>, key: &str, ours: &str) -> Option<String> {
    let given = s.parsed(key, |text| super::url::Url::parse(text).map(|_| text.to_owned()));
    given.or_else(|| s.get(key).is_none().then(|| ours.to_owned()))
}

/// The years for which a holiday without a year ("12-25") is written out.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2100;

impl Team {
    pub(super) fn read(s: &Section<'_, '_>) -> Self {
        Self {
            name: s.text("name", "O3DE security response team"),
            policy_url: s.parsed("policy_url", |text| super::url::Url::parse(text).map(|_| text.to_owned())),
            bug_url: page(s, "bug_url", BUGS),
            feature_url: page(s, "feature_url", FEATURES),
            calendar: calendar(s),
            roster: roster(s),
        }
    }
}

fn zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text)
        .map_err(|_| format!("unknown time zone `{text}`, write it as `UTC` or `Europe/Berlin`"))
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

fn weekday(text: &str) -> Result<Weekday, String> {
    let found = DAYS.iter().find(|(word, _)| *word == text).map(|(_, day)| *day);
    found.ok_or_else(|| no_such_word(text, DAYS.iter().map(|(word, _)| *word)))
}

/// One day ("2026-12-24"), or one of every year ("12-24").
fn holiday(text: &str) -> Result<Vec<Date>, String> {
    let wrong = || format!("`{text}` is neither a day (2026-12-24) nor a day of every year (12-24)");
    let mut parts = text.splitn(3, '-');
    let (Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next()) else {
        return text.parse().map(|date| vec![date]).map_err(|_| wrong());
    };
    let (Ok(month), Ok(day)) = (month.parse(), day.parse()) else { return Err(wrong()) };
    let dates: Vec<Date> = YEARS.filter_map(|year| Date::new(year, month, day).ok()).collect();
    if dates.is_empty() { Err(wrong()) } else { Ok(dates) }
}

fn calendar(s: &Section<'_, '_>) -> Calendar {
    let zone = s.parsed("zone", zone).unwrap_or(TimeZone::UTC);
    let week = || DAYS.iter().take(5).map(|(_, day)| *day).collect::<Vec<_>>();
    let workdays = s.list("workdays", weekday).unwrap_or_else(week);
    if workdays.is_empty() {
        s.wrong("workdays", "a team without working days answers nobody", "name at least one");
    }
    let year = || ["01-01", "12-25", "12-26"].iter().filter_map(|day| holiday(day).ok()).flatten().collect();
    let mut holidays: BTreeSet<Date> =
        s.list("holidays", holiday).map_or_else(year, |dates| dates.into_iter().flatten().collect());
    let all = s.word("holiday_rule", true, &[("all", true), ("any", false)]);
    let table = s.section("regions");
    let regions: Vec<BTreeSet<Date>> = table
        .names()
        .iter()
        .map(|name| table.list(name, holiday).unwrap_or_default().into_iter().flatten().collect())
        .collect();
    let mut regions = regions.into_iter();
    let first = regions.next().unwrap_or_default();
    holidays.extend(regions.fold(first, |off, region| if all { &off & &region } else { &off | &region }));
    Calendar { zone, workdays: if workdays.is_empty() { week() } else { workdays }, holidays }
}

const ROLES: [(&str, Role); 5] = [
    ("member", Role::Member),
    ("chair", Role::Chair),
    ("tsc-contact", Role::TscContact),
    ("release-contact", Role::ReleaseContact),
    ("sig-chair", Role::SigChair),
];

fn role(text: &str) -> Result<Role, String> {
    let found = ROLES.iter().find(|(word, _)| *word == text).map(|(_, role)| *role);
    found.ok_or_else(|| no_such_word(text, ROLES.iter().map(|(word, _)| *word)))
}

fn roster(s: &Section<'_, '_>) -> Roster {
    let sections = s.sections("member");
    let mut names = Vec::new();
    let mut addresses = Vec::new();
    let mut accounts = Vec::new();
    let mut prints = Vec::new();
    let mut members = Vec::new();
    for person in &sections {
        let Some(member) = member(person) else { continue };
        names.push((member.key.0.clone(), person.place_of("name")));
        addresses.extend(member.addresses.iter().map(|a| (a.key(), person.place_of("addresses"))));
        accounts.extend(member.github.iter().map(|g| (g.id.to_string(), person.place_of("github_id"))));
        prints.extend(member.openpgp.iter().map(|print| (print.clone(), person.place_of("openpgp"))));
        members.push(member);
    }
    s.twice("the member", &names);
    s.twice("the address", &addresses);
    s.twice("the GitHub id", &accounts);
    s.twice("the OpenPGP key", &prints);
    let takes_cases = |m: &Member| m.is(Role::Member);
    if sections.is_empty() {
        s.wrong("member", "the roster is empty: nobody would hear of a report", "add a [[team.member]]");
    } else if members.len() == sections.len() {
        if !members.iter().any(takes_cases) {
            s.wrong("member", "nobody on the roster takes cases", "give somebody the role \"member\"");
        } else if !members.iter().any(|m| takes_cases(m) && m.address().is_some()) {
            s.wrong("member", "nobody who takes cases has a mail address", "give one of them `addresses`");
        }
        if !members.iter().any(|m| m.is(Role::Chair) && m.address().is_some()) {
            let what = "no chair with a mail address: nobody is told when nobody takes a case";
            s.doubt("member", what, "give somebody the role \"chair\"");
        }
    }
    Roster { members }
}

fn member(s: &Section<'_, '_>) -> Option<Member> {
    s.required("name", "\"alice\"");
    let key = s.parsed("name", |text| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.len() <= 32 && text.bytes().all(plain) {
            Ok(MemberKey(text.to_owned()))
        } else {
            Err(format!("`{text}` must be at most 32 lower-case letters, digits and -"))
        }
    });
    let full_name = s.optional("full_name");
    let github_id: u64 = s.number("github_id", 0, 1..=u64::MAX);
    let login = s.optional("github_login");
    let github = match (github_id, login) {
        (0, None) => None,
        (0, Some(_)) => {
            let remedy = "write the number that `gh api users/LOGIN --jq .id` prints";
            s.wrong("github_login", "`github_login` without `github_id`: a login can change hands", remedy);
            None
        }
        (id, login) => Some(GithubAccount { id, login: login.unwrap_or_default() }),
    };
    let addresses = s.list("addresses", address).unwrap_or_default();
    let roles = s.list("roles", role).map_or_else(|| BTreeSet::from([Role::Member]), BTreeSet::from_iter);
    let sigs = s.list("sigs", |text| Ok(Sig(text.to_owned()))).unwrap_or_default();
    if roles.contains(&Role::SigChair) && sigs.is_empty() {
        s.wrong("sigs", "a chair of a SIG without `sigs`", "write sigs = [\"network\"]");
    }
    let away = away(s);
    let zone = s.parsed("zone", zone);
    let dkim_domains = s.list("dkim_domains", dkim_domain).unwrap_or_default();
    let openpgp = s.list("openpgp", fingerprint).unwrap_or_default();
    let key = key?;
    Some(Member {
        name: full_name.unwrap_or_else(|| key.0.clone()),
        key,
        addresses,
        github,
        roles,
        sigs,
        away,
        dkim_domains,
        openpgp,
        zone,
    })
}

/// A domain as signatures name it: the address part of it is of no matter.
fn dkim_domain(text: &str) -> Result<String, String> {
    let address = Address::parse(&format!("x@{text}"));
    address
        .map(|address| address.domain().to_owned())
        .filter(|domain| domain.contains('.'))
        .ok_or_else(|| format!("`{text}` is not a domain like members.example"))
}

/// The fingerprint of an OpenPGP key: 40 hexadecimal digits (version 4) or 64 (version 6), spaces allowed.
fn fingerprint(text: &str) -> Result<String, String> {
    let bare: String = text.chars().filter(|c| *c != ' ').collect::<String>().to_ascii_uppercase();
    if matches!(bare.len(), 40 | 64) && bare.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(bare)
    } else {
        Err(format!("`{text}` is not the fingerprint of a key (40 or 64 hexadecimal digits)"))
    }
}

fn away(s: &Section<'_, '_>) -> Vec<Away> {
    let mut out = Vec::new();
    for time in s.sections("away") {
        let day =
            |text: &str| text.parse::<Date>().map_err(|_| format!("`{text}` is not a day (2026-12-24)"));
        let both: BTreeMap<&str, Date> = ["from", "to"]
            .into_iter()
            .filter_map(|key| {
                time.required(key, "\"2026-12-24\"");
                time.parsed(key, day).map(|date| (key, date))
            })
            .collect();
        let (Some(&from), Some(&to)) = (both.get("from"), both.get("to")) else { continue };
        if to < from {
            time.wrong("to", "this time away ends before it begins", "");
        }
        out.push(Away { from, to });
    }
    out
}
