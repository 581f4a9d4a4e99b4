//! `parked`: mails that wait for a judgment, or that could not be read.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::arguments::Parked;
use super::out::{Out, table};
use super::read::Reading;
use super::{OK, Stop, house, order};
use crate::case::MailId;
use crate::case::order::Order;
use crate::config::Config;
use crate::office;
use crate::perform::why_of_mail;
use crate::render::when;
use crate::store::{FateWord, MailRow, StoreError, Txn};

/// Most mails a list shows of each kind.
const MOST: u32 = 1_000;

pub(super) async fn parked(what: Parked, config: Config, out: &Out) -> Result<u8, Stop> {
    match what {
        Parked::List => list(&config, out),
        Parked::Show { mail } => show(mail, &config, out),
        Parked::Retry { mail } => order::one(Order::RetryMail { mail }, config, out).await,
        Parked::Open { mail } => order::one(Order::OpenMail { mail }, config, out).await,
        Parked::Discard { mail } => order::one(Order::DiscardMail { mail }, config, out).await,
    }
}

/// The address a mail claims to be from.
pub(super) fn sender(txn: &Txn<'_>, row: &MailRow) -> Result<Option<String>, StoreError> {
    Ok(row.person.map(|person| txn.address_of(person)).transpose()?.map(|address| address.to_string()))
}

pub(super) fn mail_json(row: &MailRow, from: Option<&str>) -> Value {
    json!({
        "id": row.id, "fate": row.fate.word(), "why": row.why, "received": row.received, "stored": row.stored,
        "size": row.size, "from_address": from, "case": row.case, "sha256": row.sha256, "folder_role": row.role,
        "truncated": row.truncated, "history": row.history, "becomes_case_at": row.wait_until,
    })
}

pub(super) const MAIL_HEAD: [&str; 6] = ["mail", "fate", "received", "bytes", "from", "why"];

pub(super) fn mail_row(row: &MailRow, from: Option<&str>, zone: &TimeZone) -> Vec<String> {
    let wait = row.wait_until.filter(|_| row.fate == FateWord::Waiting);
    let wait = wait.map_or_else(String::new, |at| format!("; a case from {}", when::medium(at, zone)));
    vec![
        row.id.to_string(),
        row.fate.word().to_owned(),
        when::medium(row.received, zone),
        row.size.to_string(),
        from.unwrap_or("-").to_owned(),
        format!("{}{wait}", why_of_mail(row)),
    ]
}

fn list(config: &Config, out: &Out) -> Result<u8, Stop> {
    let rows = house::window(config)?.read(|txn| {
        let mut rows = txn.mails_with(FateWord::Parked, MOST)?;
        rows.extend(txn.mails_with(FateWord::Waiting, MOST)?);
        with_senders(txn, rows)
    })?;
    mails(&rows, "no mail waits, none is parked", config, out);
    Ok(OK)
}

pub(super) fn with_senders(
    txn: &Txn<'_>,
    rows: Vec<MailRow>,
) -> Result<Vec<(Option<String>, MailRow)>, StoreError> {
    rows.into_iter().map(|row| Ok((sender(txn, &row)?, row))).collect()
}

/// Prints mails, a line each.
pub(super) fn mails(rows: &[(Option<String>, MailRow)], none: &str, config: &Config, out: &Out) {
    let value = rows.iter().map(|(from, row)| mail_json(row, from.as_deref())).collect();
    out.either(&Value::Array(value), || {
        if rows.is_empty() {
            return none.to_owned();
        }
        let zone = &config.team.calendar.zone;
        let rows: Vec<Vec<String>> =
            rows.iter().map(|(from, row)| mail_row(row, from.as_deref(), zone)).collect();
        table(&MAIL_HEAD, &rows)
    });
}

fn show(mail: MailId, config: &Config, out: &Out) -> Result<u8, Stop> {
    let (row, from, raw) = house::window(config)?.read(|txn| {
        let row = txn.mail(mail)?;
        Ok((row.clone(), sender(txn, &row)?, txn.raw(mail)?))
    })?;
    let headers_only = row.truncated || row.fate == FateWord::Parked;
    let reading = Reading::of(&raw, &office::limits(config), &office::house(config), headers_only);
    let value = json!({
        "mail": mail_json(&row, from.as_deref()), "reading": reading.json(&format!("mail {mail}")),
    });
    out.either(&value, || {
        let zone = &config.team.calendar.zone;
        let head = table(&MAIL_HEAD, &[mail_row(&row, from.as_deref(), zone)]);
        format!("{head}\n\n{}", reading.text())
    });
    Ok(OK)
}
