//! Everything that reading and deciding needs, made once from the configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::case::decide::Trust;
use crate::case::policy::{self, CommandRule, PostedRule, ReceiptLimits, WaitingRule};
use crate::case::roster::{Member, Role, Roster};
use crate::case::{
    Act, Audience, Case, CaseId, ClockRule, InformationRule, MailId, MemberKey, Op, PersonId, Policy, Sha256,
};
use crate::config::{self, Config};
use crate::known::mirror::{self, Kept};
use crate::mail::{self, House, Limits, OurList, TrustedAuthserv};
use crate::outside::{NoChance, Outside};
use crate::reading::{Hand, Memory, ReadMail};
use crate::render::code::{Holder, code, nonce};
use crate::render::letters::{Letters, Reader, TemplateFault};
use crate::render::marker::{Key, Keyring};
use crate::sealed::{self, Certificate, Ring, TeamKey};
use crate::store::{MailRow, Store, StoreError, Txn};

/// The office: configuration, store, rules and templates.
pub struct Office {
    /// As it was read.
    pub config: Config,
    /// What decisions follow.
    pub policy: Policy,
    /// The journal.
    pub store: Store,
    /// Clock, chance, crash points.
    pub outside: Outside,
    /// Who we are, for reading mail.
    pub house: House,
    /// Bounds of reading.
    pub limits: Limits,
    /// Letters to people outside.
    pub letters: Letters,
    /// Keys of markers and codes.
    pub keys: Keyring,
    /// `OpenPGP` keys of the team and its people.
    pub ring: Ring,
    /// The mails that were read last.
    pub memory: Memory,
    /// Public records and earlier cases, to compare reports with.
    pub known: Kept,
    /// Reads mails and comments.
    pub reader: Hand,
    /// Compares reports with what is known.
    pub checker: Hand,
    /// What wakes the parts of the daemon.
    pub bells: Bells,
}

/// Each part sleeps until its bell rings or its time comes.
#[derive(Default)]
pub struct Bells {
    /// A mail was stored.
    pub mail: Notify,
    /// A case began, or has more words.
    pub check: Notify,
}

impl Office {
    /// Builds the office.
    ///
    /// # Errors
    /// The system has no thread for us.
    pub fn new(
        config: Config,
        store: Store,
        outside: Outside,
        letters: Letters,
        ring: Ring,
    ) -> Result<Arc<Self>, StoreError> {
        let hand = |name: &str| {
            let what = "cannot start the thread for";
            Hand::new(name).map_err(|source| StoreError::File { what, path: name.to_owned(), source })
        };
        let policy = policy(&config);
        let house = house(&config);
        let limits = limits(&config);
        let keys = keyring(&store);
        let known = Kept::new(config.state_dir.join(mirror::FILE_NAME));
        Ok(Arc::new(Self {
            config,
            policy,
            store,
            outside,
            house,
            limits,
            letters,
            keys,
            ring,
            memory: Memory::default(),
            known,
            reader: hand("reader")?,
            checker: hand("checker")?,
            bells: Bells::default(),
        }))
    }

    /// A fresh id for an effect: 130 bits of chance in base32.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn draw_op(&self) -> Result<Op, NoChance> {
        let mut bytes = [0; 20];
        self.outside.chance.fill(&mut bytes)?;
        let text = data_encoding::BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
        Ok(Op(text.chars().take(26).collect()))
    }

    /// The footer code for somebody outside the team.
    pub fn code_for(&self, case: CaseId, person: PersonId) -> Option<String> {
        code(case, &Holder::Participant(person), &self.keys)
    }

    /// The footer code for a member.
    pub fn code_for_member(&self, case: CaseId, member: &MemberKey) -> Option<String> {
        code(case, &Holder::Member(member.clone()), &self.keys)
    }

    /// The word by which this member alone agrees to that act of another; bound to all of it, its letter included.
    pub fn nonce(&self, case: &Case, act: &Act, letter: Option<&[u8]>, member: &MemberKey) -> Option<String> {
        let exact = serde_json::to_vec(&(act.number, &act.by, act.at, &act.deed)).ok()?;
        let letter = Sha256::of(letter.unwrap_or_default());
        let parts =
            [case.id.to_string().into_bytes(), member.0.clone().into_bytes(), exact, letter.0.to_vec()];
        Some(nonce(&parts.concat(), &self.keys))
    }

    /// `[PRACTICE]` stands before every subject in an exercise.
    pub fn practice(&self) -> mail::compose::Practice {
        match self.config.mode {
            config::Mode::Exercise => mail::compose::Practice::Yes,
            config::Mode::Live | config::Mode::Shadow => mail::compose::Practice::No,
        }
    }

    /// Who is told when the machine is in trouble: those who look after it; without any, the team.
    pub fn alarmed(&self, now: Timestamp) -> Vec<MemberKey> {
        let roster = &self.policy.roster;
        let ops: Vec<MemberKey> = roster.with(Role::Ops).map(|m| m.key.clone()).collect();
        if ops.is_empty() { roster.active(now).map(|m| m.key.clone()).collect() } else { ops }
    }

    /// Reads a mail, by its header alone where it was cut off or its reading failed too often; from memory if it can.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn read_mail(&self, txn: &Txn<'_>, row: &MailRow) -> Result<Arc<ReadMail>, StoreError> {
        let headers_only = row.truncated || self.is_poison(row);
        if let Some(read) = self.memory.get(row.id, headers_only) {
            return Ok(read);
        }
        Ok(self.read_raw(row.id, &txn.raw(row.id)?, headers_only))
    }

    /// The same from bytes at hand.
    pub fn read_raw(&self, mail: MailId, raw: &[u8], headers_only: bool) -> Arc<ReadMail> {
        let read = if headers_only { mail::headers_only } else { mail::read };
        let letter = read(raw, &self.limits, &self.house);
        let letter = self.ring.read(raw, letter, &self.limits, self.outside.clock.now());
        self.memory.put(mail, headers_only, letter)
    }

    /// Whether reading this mail whole failed too often.
    pub fn is_poison(&self, row: &MailRow) -> bool {
        row.read_attempts >= self.config.limits.read_attempts
    }

    /// What the provider says about a sender, as decisions take it.
    pub fn trust(letter: &mail::Letter) -> Trust {
        match letter.authentication {
            mail::Authentication::Pass => Trust::Passed,
            mail::Authentication::Fail => Trust::Failed,
            mail::Authentication::Unknown => Trust::Unknown,
        }
    }
}

/// The `OpenPGP` keys that the configuration names.
///
/// # Errors
/// Which of them is none, or does not open.
pub fn ring(config: &Config) -> Result<Ring, RingFault> {
    let pgp = &config.pgp;
    let team = pgp.secret_key.as_ref().map(|key| {
        let key = secrecy::ExposeSecret::expose_secret(key);
        TeamKey::read(key.as_bytes(), pgp.passphrase.as_ref())
    });
    let team = team.transpose().map_err(|fault| RingFault { file: "secret_key_file", fault })?;
    let mut members = Vec::new();
    for bytes in &pgp.member_keys {
        let keys = Certificate::read(bytes);
        members.extend(keys.map_err(|fault| RingFault { file: "member_key_files", fault })?);
    }
    let pinned: Vec<String> = config.team.roster.members.iter().flat_map(|m| m.openpgp.clone()).collect();
    members.retain(|key| pinned.contains(&key.fingerprint()));
    Ok(Ring { team, members, pinned })
}

/// A key of the configuration that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("pgp.{file}: {fault}")]
pub struct RingFault {
    file: &'static str,
    fault: sealed::Fault,
}

/// Reads the override directory, if one is configured.
///
/// # Errors
/// The faults of all templates, or that the directory cannot be read.
pub fn letters(config: &Config) -> Result<Letters, Vec<TemplateFault>> {
    letters_in(config.template_dir.as_deref())
}

/// As [`letters`], with the override directory given.
///
/// # Errors
/// As [`letters`].
pub fn letters_in(dir: Option<&Path>) -> Result<Letters, Vec<TemplateFault>> {
    let Some(dir) = dir else { return Letters::new(&BTreeMap::new()) };
    let overrides = overrides(dir)?;
    // An operator opens the file that is meant.
    let shown = |fault: TemplateFault| match overrides.contains_key(&fault.file) {
        true => TemplateFault { file: dir.join(&fault.file).display().to_string(), ..fault },
        false => fault,
    };
    Letters::new(&overrides).map_err(|faults| faults.into_iter().map(shown).collect())
}

/// The templates of an override directory, as `letters/T00-receipt.txt` and its text. Hidden files and a README are left
/// alone; whatever else is no template is a fault, or it would silently do nothing.
///
/// # Errors
/// All that cannot be read, or is in no folder of templates.
pub fn overrides(dir: &Path) -> Result<BTreeMap<String, String>, Vec<TemplateFault>> {
    let fault = |file: String, what: String| TemplateFault { file, line: 0, column: 0, what };
    let folders = Reader::ALL.map(Reader::folder);
    let (mut found, mut faults) = (BTreeMap::new(), Vec::new());
    for (name, path) in inside(dir).map_err(|error| vec![fault(dir.display().to_string(), error)])? {
        if !folders.contains(&name.as_str()) {
            let what = format!("is no folder of templates: those are {}", folders.join(", "));
            faults.push(fault(path.display().to_string(), what));
            continue;
        }
        let files = inside(&path).map_err(|error| vec![fault(path.display().to_string(), error)])?;
        for (file, path) in files {
            match std::fs::read_to_string(&path) {
                Ok(text) => found.extend([(format!("{name}/{file}"), text)]),
                Err(error) => {
                    faults.push(fault(path.display().to_string(), format!("cannot be read ({error})")))
                }
            }
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

/// The entries of a folder by name, without hidden ones and a README.
fn inside(dir: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
    let entries = std::fs::read_dir(dir).map_err(|error| format!("cannot be read ({error})"))?;
    let named = |entry: std::fs::DirEntry| (entry.file_name().to_string_lossy().into_owned(), entry.path());
    let used = |name: &str| !name.starts_with('.') && !name.starts_with("README");
    Ok(entries.filter_map(Result::ok).map(named).filter(|(name, _)| used(name)).collect())
}

fn keyring(store: &Store) -> Keyring {
    signing(store.keys())
}

/// The keys of a store, as markers and codes take them.
pub fn signing(keys: &crate::store::Keyring) -> Keyring {
    let mut keys = keys.iter().map(|(number, bytes)| Key { number: u32::from(number), bytes: *bytes });
    let first = keys.next().unwrap_or(Key { number: 0, bytes: [0; 32] });
    Keyring::new(first, keys.collect())
}

/// Who we are, for reading mail.
pub fn house(config: &Config) -> House {
    let addresses = &config.addresses;
    let list = match (&addresses.list_id, &addresses.list_host) {
        (Some(id), Some(host)) => Some(OurList { id: id.clone(), host: host.clone() }),
        (_, None) | (None, _) => None,
    };
    let authserv = addresses.trusted_authserv_id.as_ref().map(|id| TrustedAuthserv {
        id: id.clone(),
        position: match addresses.ar_position {
            config::ArPosition::AboveReceived => mail::Position::AboveReceived,
            config::ArPosition::BelowReceived => mail::Position::BelowReceived,
        },
    });
    House {
        own: [Some(addresses.list.clone()), addresses.bot.clone()].into_iter().flatten().collect(),
        list,
        authserv,
        trust_spam_headers: addresses.trust_spam_headers,
    }
}

/// Bounds of reading.
pub fn limits(config: &Config) -> Limits {
    let bytes = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let l = &config.limits;
    Limits {
        raw_bytes: bytes(l.raw_bytes),
        header_bytes: bytes(l.header_bytes),
        parts: count(l.parts),
        depth: count(l.depth),
        decoded_bytes: bytes(l.decoded_bytes),
        html_bytes: bytes(l.html_bytes),
        html_levels: count(l.html_levels),
        ..Limits::default()
    }
}

/// What the configuration says, as decisions take it.
pub fn policy(config: &Config) -> Policy {
    let clocks = &config.clocks;
    let receipts = &config.receipts;
    Policy {
        calendar: config.team.calendar.clone(),
        roster: roster(config),
        acknowledge: acknowledge(clocks),
        owner: owner(clocks),
        information: InformationRule {
            remind_days: clocks.information_days.clone(),
            close_days: clocks.information_close_days,
        },
        receipts: receipts.rule,
        receipt_limits: ReceiptLimits {
            per_sender_day: receipts.per_sender_day,
            per_domain_hour: receipts.per_domain_hour,
            per_hour: receipts.per_hour,
        },
        waiting: WaitingRule {
            cases_per_hour: config.waiting.cases_per_hour,
            notice_hours: config.waiting.notice_hours,
            becomes_case_days: config.waiting.becomes_case_days,
        },
        discord: config.discord.is_some(),
        alert_waits_for_issue_s: u32::try_from(config.outbox.alert_waits_for_issue.as_secs())
            .unwrap_or(u32::MAX),
        unverified_answer_holds_hours: policy::UNVERIFIED_ANSWER_HOLDS_HOURS,
        tsc_from: clocks.owner_tsc_from,
        reminders_in_member_hours: clocks.reminders_in_member_hours,
        commands: CommandRule {
            hold_s: u32::try_from(config.commands.hold.as_secs()).unwrap_or(u32::MAX),
            contact_days: config.commands.contact_days,
            letters_per_hour: config.commands.letters_per_hour,
            confirm_hours: config.commands.confirm_hours,
            close_agreed_from: config.commands.close_agreed_from,
            status_per_day: config.commands.status_per_day,
        },
        runbook: config.runbook.rule.clone(),
        embargoed: config.runbook.embargoed.clone(),
        announce: config.runbook.announce.clone(),
        channels: u8::try_from(config.runbook.channels.len()).unwrap_or(u8::MAX),
        exercise: config.mode == config::Mode::Exercise,
        posted: PostedRule {
            web: config.github.web().to_owned(),
            projects: config.public.repositories.iter().map(ToString::to_string).collect(),
            told_hours: config.public.told_hours,
        },
    }
}

/// The team, and those who look after the machine.
fn roster(config: &Config) -> Roster {
    let mut roster = config.team.roster.clone();
    for (index, address) in config.ops.alarm_addresses.iter().enumerate() {
        roster.members.push(Member {
            key: MemberKey(format!("ops-{}", index + 1)),
            name: "operator".to_owned(),
            addresses: vec![address.clone()],
            github: None,
            roles: std::collections::BTreeSet::from([Role::Ops]),
            sigs: Vec::new(),
            away: Vec::new(),
            dkim_domains: Vec::new(),
            openpgp: Vec::new(),
            zone: None,
        });
    }
    roster
}

fn acknowledge(clocks: &config::Clocks) -> ClockRule {
    let due = clocks.acknowledge_days.saturating_mul(24);
    let mut rings: Vec<(u32, Audience)> = clocks
        .acknowledge_warn_hours
        .iter()
        .filter(|hours| **hours < due)
        // The last half day concerns everybody.
        .map(|&hours| (hours, if hours + 12 >= due { Audience::Members } else { Audience::Owner }))
        .collect();
    rings.push((due, Audience::Chairs));
    ClockRule { due, rings }
}

fn owner(clocks: &config::Clocks) -> ClockRule {
    let team = clocks.owner_team_hours.iter().map(|&hours| (hours, Audience::Members));
    let above =
        [(clocks.owner_chairs_hours, Audience::Chairs), (clocks.owner_tsc_hours, Audience::TscIfHigh)];
    // The promise is the last thing the team itself is told of; then others are asked.
    let due = clocks.owner_team_hours.iter().copied().max().unwrap_or(clocks.owner_chairs_hours);
    ClockRule { due, rings: team.chain(above).collect() }
}
