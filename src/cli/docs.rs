//! `docs`: the runbook as it is configured, for the public.

use jiff::ToSpan as _;
use serde_json::json;

use super::out::Out;
use super::{OK, house};
use crate::case::roster::Role;
use crate::config::Config;
use crate::render::runbook::{Lengths, RunbookView, markdown};

/// Prints it.
pub(super) fn docs(config: &Config, out: &Out) -> u8 {
    let page = markdown(&view(config));
    out.either(&json!({ "markdown": page }), || page.clone());
    OK
}

fn view(config: &Config) -> RunbookView {
    let team = &config.team;
    let calendar = &team.calendar;
    let today = house::now().to_zoned(calendar.zone.clone()).date();
    let end = today.checked_add(1.year()).unwrap_or(today);
    let held = |role: &Role| team.roster.with(*role).next().is_some();
    let roles = [Role::Member, Role::Chair, Role::TscContact, Role::ReleaseContact];
    RunbookView {
        team: team.name.clone(),
        contact: config.addresses.list.to_string(),
        policy_url: team.policy_url.clone(),
        zone: calendar.zone.iana_name().unwrap_or("UTC").to_owned(),
        workdays: calendar.workdays.clone(),
        days_off: calendar.holidays.range(today..end).copied().collect(),
        roles: roles.into_iter().filter(held).collect(),
        hold_s: config.addresses.bot.as_ref().map(|_| config.commands.hold.as_secs()),
        lengths: lengths(config),
        watched: config.public.repositories.iter().map(ToString::to_string).collect(),
    }
}

fn lengths(config: &Config) -> Lengths {
    Lengths {
        acknowledge_days: config.clocks.acknowledge_days,
        acknowledge_warn_hours: config.clocks.acknowledge_warn_hours.clone(),
        owner_team_hours: config.clocks.owner_team_hours.clone(),
        information_days: config.clocks.information_days.clone(),
        information_close_days: config.clocks.information_close_days,
        contact_days: config.commands.contact_days,
        owner_chairs_hours: config.clocks.owner_chairs_hours,
        owner_tsc_hours: config.clocks.owner_tsc_hours,
        told_hours: config.public.told_hours,
        rule: config.runbook.rule.clone(),
    }
}
