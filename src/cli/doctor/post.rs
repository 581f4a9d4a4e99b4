//! The mailbox and the submission server, tried with mails to ourselves.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::Report;
use crate::case::Address;
use crate::config::{ArPosition, Config, Dkim, SentProof};
use crate::mail::authenticate::results;
use crate::mail::compose::{Auto, Outgoing, Practice, write};
use crate::outside::Outside;
use crate::perform::{Credentials, Peers, credentials, trust};
use crate::wire::imap::{Access, Folder, ImapAccount, ImapError, ImapTimeouts, Mailbox};

/// Time between two looks for what was sent.
const LOOK: Duration = Duration::from_secs(2);
/// A clock that is off by more is told; by more than the second, commands fail.
const CLOCK_DOUBT_S: i64 = 60;
const CLOCK_FAULT_S: i64 = 540;

/// One mail of ours on its way to ourselves.
struct Probe {
    about: &'static str,
    to: Address,
    id: String,
}

/// What arrived of one.
struct Arrived {
    raw: Vec<u8>,
    taken_in: Option<Timestamp>,
    seen_at: Timestamp,
}

/// Tries it all.
pub(super) async fn post(report: &mut Report, config: &Config, outside: &Outside, wait: Duration) {
    let (mailbox_login, smtp_login) = match credentials(config) {
        Ok(both) => both,
        Err(fault) => return report.fault("mailbox", fault.to_string(), "mend the configuration"),
    };
    let Some(mut mailbox) = open(report, config, outside, &mailbox_login).await else { return };
    let Some(inbox) = Folder::named(&config.mailbox.inbox) else { return };
    let first = match mailbox.open(&inbox, Access::Look).await {
        Ok(opened) => opened.uidnext.unwrap_or(1),
        Err(fault) => {
            return report.fault(
                "mailbox",
                format!("{}: {fault}", config.mailbox.inbox),
                "name the folder in `inbox`",
            );
        }
    };
    let Some(peers) = submission(report, config, outside, smtp_login).await else { return };
    let sent = send(report, config, outside, &peers).await;
    if sent.is_empty() {
        return;
    }
    let found = await_all(&mut mailbox, &inbox, first, &sent, outside, wait).await;
    results_of_ours(report, config, &sent, &found);
    plus(report, &sent, &found);
    clock(report, &found);
    proof(report, config, &mut mailbox, &sent, &found).await;
    mailbox.logout().await;
}

async fn open(
    report: &mut Report,
    config: &Config,
    outside: &Outside,
    login: &Credentials,
) -> Option<Mailbox> {
    let m = &config.mailbox;
    let trust = match trust("[mailbox]", m.ca_file.as_ref()) {
        Ok(trust) => trust,
        Err(fault) => {
            report.fault("mailbox", fault.to_string(), "mend `ca_file`");
            return None;
        }
    };
    let login = match login.login(outside).await {
        Ok(Some(login)) => login,
        Ok(None) => return None,
        Err(fault) => {
            report.fault(
                "mailbox",
                fault.to_string(),
                "look at [mailbox.oauth]; the provider may want a new consent",
            );
            return None;
        }
    };
    let timeouts =
        ImapTimeouts { connect: m.connect_timeout, command: m.command_timeout, fetch: m.fetch_timeout };
    let account = ImapAccount { host: m.host.clone(), port: m.port, login, trust, timeouts };
    let mut mailbox = match Mailbox::connect(&account).await {
        Ok(mailbox) => mailbox,
        Err(fault) => {
            report.fault("mailbox", fault.to_string(), "look at host, port and password of [mailbox]");
            return None;
        }
    };
    report.good("mailbox", format!("logged in to {}", m.host));
    if m.idle && !mailbox.can_idle() {
        report.doubt("mailbox", "the server has no IDLE: mail is seen at the next poll", "");
    }
    for name in &m.junk {
        let opened = match Folder::named(name) {
            Some(folder) => mailbox.open(&folder, Access::Look).await.map(|_| ()),
            None => Err(ImapError::Garbled),
        };
        if let Err(fault) = opened {
            report.fault("mailbox", format!("junk folder {name}: {fault}"), "mend `mailbox.junk`");
        }
    }
    Some(mailbox)
}

async fn submission(
    report: &mut Report,
    config: &Config,
    outside: &Outside,
    login: std::sync::Arc<Credentials>,
) -> Option<Peers> {
    let peers = match Peers::new(config, std::sync::Arc::clone(&login)) {
        Ok(peers) => peers,
        Err(fault) => {
            report.fault("smtp", fault.to_string(), "mend the configuration");
            return None;
        }
    };
    match login.login(outside).await {
        Ok(Some(login)) => peers.smtp.renew(login),
        Ok(None) => {}
        Err(fault) => {
            report.fault("smtp", fault.to_string(), "look at the OAuth keys");
            return None;
        }
    }
    match peers.smtp.probe().await {
        Ok(()) => report.good("smtp", format!("logged in to {}", config.smtp.host)),
        Err(fault) => {
            report.fault("smtp", fault.to_string(), "look at host, port, tls and password of [smtp]");
            return None;
        }
    }
    Some(peers)
}

/// Sends the mails; those that were taken over.
async fn send(report: &mut Report, config: &Config, outside: &Outside, peers: &Peers) -> Vec<Probe> {
    let from = config.addresses.notices_from();
    let Some(bot) = &config.addresses.bot else {
        report.doubt("results", "without `bot_address` there is no address to try", "");
        return Vec::new();
    };
    let mut wanted = vec![("results", bot.clone())];
    wanted.extend(Address::parse(&format!("{}+doctor@{}", bot.local(), bot.domain())).map(|to| ("plus", to)));
    if let SentProof::Bcc(address) = &config.smtp.sent_proof {
        wanted.push(("sent-proof", address.clone()));
    }
    let mut sent = Vec::new();
    for (about, to) in wanted {
        let mut seed = [0; 16];
        if outside.chance.fill(&mut seed).is_err() {
            report.fault("smtp", "the system gives no random bytes", "");
            return sent;
        }
        let token = data_encoding::HEXLOWER.encode(&seed);
        let id = format!("doctor-{token}@{}", from.domain());
        let mail = Outgoing {
            from: from.clone(),
            to: to.clone(),
            subject: format!("doctor tries the set-up ({about})"),
            body: "A mail from sir-intake doctor to itself. Nothing needs to be done.\n".to_owned(),
            message_id: format!("<{id}>"),
            in_reply_to: None,
            references: Vec::new(),
            automatic: Auto::Generated,
            date: outside.clock.now(),
            practice: Practice::No,
        };
        let Ok(bytes) = write(&mail) else { continue };
        let bytes = [forged(config, about, &token).into_bytes(), bytes].concat();
        match peers.smtp.send(Some(from), &to, None, &bytes).await {
            Ok(_) => sent.push(Probe { about, to, id }),
            Err(fault) => {
                report.fault(
                    "smtp",
                    format!("a mail to {to} was not taken: {fault}"),
                    "may this login send as the bot?",
                );
            }
        }
    }
    sent
}

/// A field that the provider must take out, or that stands where it is not believed.
fn forged(config: &Config, about: &str, token: &str) -> String {
    match (&config.addresses.trusted_authserv_id, about) {
        (Some(id), "results") => format!(
            "Authentication-Results: {id}; dmarc=pass header.from=doctor.invalid; dkim=pass header.d=doctor.invalid header.b={token}\r\n"
        ),
        (_, _) => String::new(),
    }
}

/// Looks until all have arrived, or the time is over.
async fn await_all(
    mailbox: &mut Mailbox,
    inbox: &Folder,
    first: u32,
    sent: &[Probe],
    outside: &Outside,
    wait: Duration,
) -> BTreeMap<&'static str, Arrived> {
    let mut found = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    let looks = wait.as_secs() / LOOK.as_secs() + 1;
    for _ in 0..looks {
        // A folder that is opened anew shows what came meanwhile.
        if mailbox.open(inbox, Access::Look).await.is_err() {
            break;
        }
        let Ok(uids) = mailbox.uids_from(first).await else { break };
        for uid in uids.into_iter().filter(|uid| !seen.contains(uid)).collect::<Vec<_>>() {
            let Ok(Some(mail)) = mailbox.fetch_header(uid).await else { continue };
            seen.insert(uid);
            let text = String::from_utf8_lossy(&mail.raw).into_owned();
            if let Some(probe) = sent.iter().find(|probe| text.contains(&probe.id)) {
                let arrived =
                    Arrived { raw: mail.raw, taken_in: mail.internaldate, seen_at: outside.clock.now() };
                found.insert(probe.about, arrived);
            }
        }
        if found.len() == sent.len() {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    found
}

/// Whether the provider takes out what only it may write.
fn results_of_ours(
    report: &mut Report,
    config: &Config,
    sent: &[Probe],
    found: &BTreeMap<&'static str, Arrived>,
) {
    let addresses = &config.addresses;
    let Some(id) = &addresses.trusted_authserv_id else {
        match addresses.dkim {
            Dkim::Verify => {
                report.good("results", "no results of a provider are believed; signatures are verified here")
            }
            Dkim::Provider => report.doubt(
                "results",
                "nobody's results are believed: no command by mail passes",
                "give addresses.trusted_authserv_id, or addresses.dkim = \"verify\"",
            ),
        }
        return;
    };
    let Some(probe) = sent.iter().find(|probe| probe.about == "results") else { return };
    let Some(arrived) = found.get("results") else {
        let what = format!("the mail to {} did not arrive in {}", probe.to, config.mailbox.inbox);
        return report.fault(
            "results",
            what,
            "is `bot_address` the mailbox's own? look into its spam folder; try --wait 300",
        );
    };
    let head =
        String::from_utf8_lossy(&arrived.raw).replace("\r\n", "\n").replace("\n\t", " ").replace("\n ", " ");
    let named: Vec<(usize, bool)> = head
        .lines()
        .enumerate()
        .filter_map(|(at, line)| {
            let (name, value) = line.split_once(':')?;
            let ours = name.eq_ignore_ascii_case("authentication-results")
                && results(value).0.eq_ignore_ascii_case(id);
            ours.then(|| (at, value.contains("doctor.invalid")))
        })
        .collect();
    let received = head.lines().position(|line| line.to_ascii_lowercase().starts_with("received:"));
    let forged = named.iter().find(|(_, forged)| *forged);
    let genuine = named.iter().any(|(_, forged)| !forged);
    let below = forged.is_some_and(|(at, _)| received.is_some_and(|received| *at > received));
    match (forged.is_some(), addresses.ar_position) {
        (true, ArPosition::AboveReceived) if below => report.good(
            "results",
            "a forged Authentication-Results stayed below Received, where it is not believed",
        ),
        (true, ArPosition::AboveReceived | ArPosition::BelowReceived) => report.fault(
            "results",
            "a forged Authentication-Results was NOT stripped: anybody could pass for a member",
            "set addresses.dkim = \"verify\" and trusted_authserv_id = \"\"",
        ),
        (false, _) if genuine => {
            report
                .good("results", "a forged Authentication-Results was stripped, the provider's own is there");
        }
        (false, _) => report.doubt(
            "results",
            format!("not proven: the mail never left the provider, which wrote no results of `{id}`"),
            "send such a mail from another provider; until then set addresses.dkim = \"verify\"",
        ),
    }
}

fn plus(report: &mut Report, sent: &[Probe], found: &BTreeMap<&'static str, Arrived>) {
    if !sent.iter().any(|probe| probe.about == "plus") {
        return;
    }
    if found.contains_key("plus") {
        report.good("plus", "plus-addresses arrive");
    } else {
        report.doubt("plus", "plus-addresses do not arrive", "nothing to do: codes in the text do the same");
    }
}

/// Our clock against the mail server's.
fn clock(report: &mut Report, found: &BTreeMap<&'static str, Arrived>) {
    let gaps = found.values().filter_map(|arrived| {
        // Seen at most one look after it was taken in.
        Some(arrived.seen_at.as_second() - arrived.taken_in?.as_second())
    });
    let Some(gap) = gaps.min_by_key(|gap| gap.abs()) else { return };
    let what = format!("this clock and the mail server's differ by about {} s", gap.abs());
    if gap.abs() > CLOCK_FAULT_S {
        report.fault("clock", what, "commands fail by their Date: start a time service (timedatectl)");
    } else if gap.abs() > CLOCK_DOUBT_S {
        report.doubt("clock", what, "or the mail was slow; see timedatectl");
    } else {
        report.good("clock", what);
    }
}

/// Whether a letter of unknown fate could be found where `sent_proof` says.
async fn proof(
    report: &mut Report,
    config: &Config,
    mailbox: &mut Mailbox,
    sent: &[Probe],
    found: &BTreeMap<&'static str, Arrived>,
) {
    match &config.smtp.sent_proof {
        SentProof::None => report.doubt(
            "sent-proof",
            "`sent_proof` is none: a member is asked about each letter whose sending got no answer",
            "set smtp.sent_proof where the provider files what it sent, or to the mailbox's address",
        ),
        SentProof::Bcc(address) => {
            if found.contains_key("sent-proof") {
                report.good("sent-proof", format!("a copy to {address} arrives"));
            } else {
                let what = format!("a copy to {address} does not arrive in the mailbox");
                report.fault("sent-proof", what, "name an address that is delivered there");
            }
        }
        SentProof::Folder(name) => {
            let ids: Vec<&str> = sent.iter().map(|probe| probe.id.as_str()).collect();
            match filed(mailbox, name, &ids).await {
                Ok(true) => report.good("sent-proof", format!("what is sent is filed in {name}")),
                Ok(false) => {
                    let what = format!("what was sent is not in {name}");
                    report.fault("sent-proof", what, "the provider does not file it: use { bcc = ... }");
                }
                Err(fault) => {
                    report.fault(
                        "sent-proof",
                        format!("{name}: {fault}"),
                        "name the folder as the server does",
                    );
                }
            }
        }
    }
}

/// Whether one of the last mails of a folder has one of these ids.
async fn filed(mailbox: &mut Mailbox, name: &str, ids: &[&str]) -> Result<bool, ImapError> {
    let folder = Folder::named(name).ok_or(ImapError::Garbled)?;
    mailbox.open(&folder, Access::Look).await?;
    let uids = mailbox.all_uids().await?;
    for uid in uids.into_iter().rev().take(20) {
        if let Some(mail) = mailbox.fetch_header(uid).await? {
            let text = String::from_utf8_lossy(&mail.raw).into_owned();
            if ids.iter().any(|id| text.contains(id)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
