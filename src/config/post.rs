//! `[mailbox]`, `[addresses]`, `[smtp]`: where mail comes in and goes out.

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::believed::{ArPosition, Dkim};
use super::cron::Cron;
use super::raw::{Section, no_such_word};
use super::url::Url;
use crate::case::Address;

/// How to log in to a mail server: a name and a password, or a name and `OAuth2`.
#[derive(Debug, Clone)]
pub struct Login {
    /// User name, most often the mail address of the mailbox.
    pub user: String,
    /// What proves it.
    pub proof: Proof,
}

/// What proves a login.
#[derive(Debug, Clone)]
pub enum Proof {
    /// LOGIN or AUTH PLAIN, always inside of TLS.
    Password(SecretString),
    /// SASL XOAUTH2 with access tokens that are fetched anew by a refresh token.
    OAuth(OAuth),
}

/// The `OAuth2` client of a mailbox (RFC 6749 section 6).
#[derive(Debug, Clone)]
pub struct OAuth {
    /// Where tokens are issued; https, or http towards loopback.
    pub token_url: Url,
    /// Id of the client.
    pub client_id: String,
    /// Secret of the client, where the provider gave one.
    pub client_secret: Option<SecretString>,
    /// The first refresh token; one that the provider rotated (kept in the state directory) goes before it.
    pub refresh_token: SecretString,
    /// Scope to ask for, where the provider wants one.
    pub scope: Option<String>,
}

/// What to do with the mail that is in the mailbox when the program first sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstStart {
    /// Store all of it, act on none.
    History,
    /// Treat all of it as new.
    All,
    /// Older than this day (UTC, by INTERNALDATE): history; from it on: new.
    From(Date),
}

/// What happens on the server to a mail that is stored here. Decoration, never state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterStore {
    /// It gets the keyword `$SirStored`.
    Keyword,
    /// It is moved to this folder, where the server can MOVE (RFC 6851).
    Move(String),
    /// Nothing.
    Nothing,
}

/// The mailbox that is read (IMAP over TLS).
#[derive(Debug, Clone)]
pub struct Mailbox {
    /// Name of the server, as in its certificate.
    pub host: String,
    /// Port with TLS from the first byte.
    pub port: u16,
    /// How to log in.
    pub login: Login,
    /// Roots to trust instead of the system's (PEM).
    pub ca_file: Option<PathBuf>,
    /// Folder of new mail.
    pub inbox: String,
    /// Folders of the provider's spam filter: what is new there waits for a person.
    pub junk: Vec<String>,
    /// When to look for mail; UTC.
    pub poll: Cron,
    /// Whether to use IDLE (RFC 2177) between polls where the server has it.
    pub idle: bool,
    /// Longest wait in one IDLE before it is begun anew.
    pub idle_max: Duration,
    /// What to do with the mail that is there at the first start.
    pub first_start: FirstStart,
    /// What happens on the server to a stored mail.
    pub after_store: AfterStore,
    /// Time to connect, finish TLS and log in.
    pub connect_timeout: Duration,
    /// Time for one command that does not carry a mail.
    pub command_timeout: Duration,
    /// Time for the fetch of one mail or batch.
    pub fetch_timeout: Duration,
    /// First wait after a failed connection; doubles, with jitter.
    pub backoff_first: Duration,
    /// Longest wait after failed connections.
    pub backoff_cap: Duration,
    /// Time between two comparisons of all UIDs shown with all held.
    pub gap_search: Duration,
    /// Most mails stored in one commit.
    pub batch_mails: u32,
    /// Most bytes stored in one commit (a larger mail makes its own).
    pub batch_bytes: u64,
}

impl Mailbox {
    pub(super) fn read(s: &Section<'_, '_>) -> Option<Self> {
        let host = host(s, "imap.example.org");
        let login = login(s, "mailbox");
        let poll = s.parsed("poll", |text| Cron::parse(text, TimeZone::UTC));
        let mailbox = (
            s.number("port", 993, 1..=65535),
            s.optional("ca_file").map(|name| s.doc.path(&name)),
            s.text("inbox", "INBOX"),
            s.list("junk", |name| Ok(name.to_owned())).unwrap_or_default(),
        );
        let (port, ca_file, inbox, junk) = mailbox;
        if junk.contains(&inbox) {
            s.wrong("junk", format!("`{inbox}` is the inbox already"), "remove it here");
        }
        let backoff_first = s.seconds("backoff_first_s", 1, 0..=600);
        let backoff_cap = s.seconds("backoff_cap_s", 300, 0..=86_400);
        let rest = (
            s.flag("idle", true),
            s.seconds("idle_max_s", 300, 1..=1_740),
            s.parsed("first_start", first_start).unwrap_or(FirstStart::History),
            s.parsed("after_store", after_store).unwrap_or(AfterStore::Keyword),
            s.seconds("connect_timeout_s", 20, 1..=600),
            s.seconds("command_timeout_s", 60, 1..=3_600),
            s.seconds("fetch_timeout_s", 300, 1..=3_600),
            s.seconds("gap_search_s", 3_600, 1..=86_400),
            s.number("batch_mails", 50, 1..=1_000),
            s.number("batch_mib", 8_u64, 1..=1_024),
        );
        let (idle, idle_max, first_start, after_store, connect, command, fetch, gap, mails, mib) = rest;
        if let AfterStore::Move(folder) = &after_store
            && (*folder == inbox || junk.contains(folder))
        {
            s.wrong(
                "after_store",
                format!("mail is read in `{folder}`"),
                "move what is stored to another folder",
            );
        }
        let poll = match poll {
            Some(poll) => poll,
            None => Cron::parse("* * * * *", TimeZone::UTC).ok()?,
        };
        Some(Self {
            host: host?,
            port,
            login: login?,
            ca_file,
            inbox,
            junk,
            poll,
            idle,
            idle_max,
            first_start,
            after_store,
            connect_timeout: connect,
            command_timeout: command,
            fetch_timeout: fetch,
            backoff_first: backoff_first.min(backoff_cap),
            backoff_cap,
            gap_search: gap,
            batch_mails: mails,
            batch_bytes: mib * 1_048_576,
        })
    }
}

fn first_start(text: &str) -> Result<FirstStart, String> {
    match text {
        "history" => Ok(FirstStart::History),
        "all" => Ok(FirstStart::All),
        day => day
            .parse()
            .map(FirstStart::From)
            .map_err(|_| format!("`{day}` is neither \"history\" nor \"all\" nor a day like \"2026-11-01\"")),
    }
}

fn after_store(text: &str) -> Result<AfterStore, String> {
    match (text, text.strip_prefix("move:")) {
        ("keyword", _) => Ok(AfterStore::Keyword),
        ("nothing", _) => Ok(AfterStore::Nothing),
        (_, Some(folder)) if !folder.trim().is_empty() => Ok(AfterStore::Move(folder.to_owned())),
        (_, Some(_)) => Err("name the folder, as in \"move:Stored\"".to_owned()),
        (other, None) => Err(no_such_word(other, ["keyword", "nothing", "move:Folder"].into_iter())),
    }
}

fn host(s: &Section<'_, '_>, example: &str) -> Option<String> {
    let host = s.required("host", &format!("\"{example}\""))?;
    let name = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(&host);
    if name.parse::<std::net::IpAddr>().is_ok() {
        return Some(name.to_owned());
    }
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let plain = host.strip_suffix('.').unwrap_or(&host);
    if plain.split('.').all(label) {
        return Some(host);
    }
    s.wrong(
        "host",
        format!("`{host}` is not the name of a host"),
        "write the bare name, the port goes into `port`",
    );
    None
}

/// `user` with `password_file` or `[*.oauth]`.
fn login(s: &Section<'_, '_>, name: &str) -> Option<Login> {
    let user = s.required("user", "\"sir-bot@example.org\"");
    let oauth = s.section("oauth");
    let proof = match (s.has("password_file"), oauth.is_there()) {
        (true, true) => {
            s.wrong("password_file", "both `password_file` and `oauth` are given", "keep one of them");
            read_oauth(&oauth);
            None
        }
        (false, true) => read_oauth(&oauth).map(Proof::OAuth),
        (true, false) => {
            read_oauth_keys(&oauth);
            s.secret("password_file").map(Proof::Password)
        }
        (false, false) => {
            read_oauth_keys(&oauth);
            let remedy = format!("give `password_file = \"password\"` or a section [{name}.oauth]");
            s.wrong("password_file", format!("[{name}] has nothing to log in with"), remedy);
            None
        }
    };
    Some(Login { user: user?, proof: proof? })
}

/// Makes the keys of an absent section known.
fn read_oauth_keys(s: &Section<'_, '_>) {
    for key in ["token_url", "client_id", "client_secret_file", "refresh_token_file", "scope"] {
        s.get(key);
    }
}

fn read_oauth(s: &Section<'_, '_>) -> Option<OAuth> {
    s.required("token_url", "\"https://oauth2.example.org/token\"");
    s.required("refresh_token_file", "\"refresh-token\"");
    let token_url = s.parsed("token_url", Url::parse);
    let client_id = s.required("client_id", "\"0123\"");
    let client_secret = s.secret("client_secret_file");
    let refresh_token = s.secret("refresh_token_file");
    let scope = s.optional("scope");
    Some(OAuth {
        token_url: token_url?,
        client_id: client_id?,
        client_secret,
        refresh_token: refresh_token?,
        scope,
    })
}

/// Whose addresses are whose.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Where reporters write to, and what letters to them come from.
    pub list: Address,
    /// The mailbox's own address: notices to members come from it. `None`: they come from `list`.
    pub bot: Option<Address>,
    /// `List-Id` of our own mailing list (RFC 2919), without the angle brackets.
    pub list_id: Option<String>,
    /// Name of our list's server as its Received fields show it.
    pub list_host: Option<String>,
    /// The authserv-id whose Authentication-Results are believed.
    pub trusted_authserv_id: Option<String>,
    /// Where that field stands.
    pub ar_position: ArPosition,
    /// Who verifies signatures.
    pub dkim: Dkim,
    /// Whether the provider's spam headers send a mail to the waiting room.
    pub trust_spam_headers: bool,
}

impl Addresses {
    pub(super) fn read(s: &Section<'_, '_>) -> Option<Self> {
        s.required("list_address", "\"security@example.org\"");
        let list = s.parsed("list_address", address);
        let bot = s.parsed("bot_address", address);
        match (&list, &bot) {
            (_, None) if !s.has("bot_address") => s.doubt(
                "bot_address",
                "without `bot_address` notices to members come from the list: answers to them go to everybody on it",
                "give the mailbox an address of its own",
            ),
            (Some(list), Some(bot)) if list == bot => s.doubt(
                "bot_address",
                "`bot_address` is the list itself: answers to notices go to everybody on it",
                "give the mailbox an address of its own",
            ),
            _ => {}
        }
        let list_id = s.parsed("list_id", |text| {
            let bare = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
            if bare.contains(['<', '>', ' ']) {
                return Err("write what stands between < and > in `List-Id`".to_owned());
            }
            Ok(bare.to_ascii_lowercase())
        });
        let list_host = s.optional("list_host").map(|host| host.to_ascii_lowercase());
        if list_id.is_some() != list_host.is_some() && s.has("list_id") != s.has("list_host") {
            s.wrong(
                if list_id.is_some() { "list_host" } else { "list_id" },
                "one of `list_id` and `list_host` is missing: a List-Id alone can be forged, a host alone says nothing",
                "give both, or none",
            );
        }
        let positions =
            [("above-received", ArPosition::AboveReceived), ("below-received", ArPosition::BelowReceived)];
        let rest = (
            s.optional("trusted_authserv_id").map(|id| id.to_ascii_lowercase()),
            s.word("ar_position", ArPosition::AboveReceived, &positions),
            s.flag("trust_spam_headers", false),
            s.word("dkim", Dkim::Provider, &[("provider", Dkim::Provider), ("verify", Dkim::Verify)]),
        );
        Some(Self {
            list: list?,
            bot,
            list_id,
            list_host,
            trusted_authserv_id: rest.0,
            ar_position: rest.1,
            trust_spam_headers: rest.2,
            dkim: rest.3,
        })
    }

    /// What notices to members come from.
    pub fn notices_from(&self) -> &Address {
        self.bot.as_ref().unwrap_or(&self.list)
    }
}

pub(super) fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).ok_or_else(|| format!("`{text}` is not a bare mail address like ann@example.org"))
}

/// How TLS begins; there is no third way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// From the first byte (RFC 8314), port 465.
    Implicit,
    /// After STARTTLS, which the server must offer (RFC 3207), port 587.
    Starttls,
}

/// Where a letter whose sending got no answer can be looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SentProof {
    /// Every letter to somebody outside goes to this address as well, and arrives in the mailbox.
    Bcc(Address),
    /// The provider files what it sent in this IMAP folder.
    Folder(String),
    /// Nowhere: a member is asked.
    None,
}

/// The server that takes our mail.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Name of the server, as in its certificate.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How TLS begins.
    pub tls: SmtpTls,
    /// How to log in; `None`: the server takes our mail without.
    pub login: Option<Login>,
    /// Roots to trust instead of the system's (PEM).
    pub ca_file: Option<PathBuf>,
    /// Name said in EHLO; `None`: this machine's.
    pub helo_name: Option<String>,
    /// Most connections at the same time, and letters of one lane under way.
    pub pool: u32,
    /// Time to connect, finish TLS and log in.
    pub connect_timeout: Duration,
    /// Time for the answer to one command (RFC 5321 section 4.5.3.2).
    pub command_timeout: Duration,
    /// Time for the answer to the final dot: ending it early makes duplicates (RFC 5321 section 4.5.3.2.6).
    pub data_timeout: Duration,
    /// Where a letter of unknown fate can be looked for.
    pub sent_proof: SentProof,
    /// How long to look before a member is asked.
    pub unknown_wait: Duration,
}

impl Smtp {
    pub(super) fn read(s: &Section<'_, '_>, mailbox: Option<&Login>, list: Option<&Address>) -> Option<Self> {
        let host = host(s, "smtp.example.org");
        let tls = s.word(
            "tls",
            SmtpTls::Implicit,
            &[("implicit", SmtpTls::Implicit), ("starttls", SmtpTls::Starttls)],
        );
        let usual = match tls {
            SmtpTls::Implicit => 465,
            SmtpTls::Starttls => 587,
        };
        let anonymous = s.flag("anonymous", false);
        let own = s.has("user") || s.has("password_file") || s.get("oauth").is_some();
        let login = match (anonymous, own) {
            (true, false) => None,
            (true, true) => {
                s.wrong(
                    "anonymous",
                    "`anonymous` stands beside something to log in with",
                    "keep one of them",
                );
                login(s, "smtp")
            }
            (false, true) => login(s, "smtp"),
            // Where the mailbox's own login is at fault, that is said there.
            (false, false) => mailbox.cloned(),
        };
        if !own {
            read_oauth_keys(&s.section("oauth"));
        }
        let settings = Self {
            host: host.clone().unwrap_or_default(),
            port: s.number("port", usual, 1..=65535),
            tls,
            login,
            ca_file: s.optional("ca_file").map(|name| s.doc.path(&name)),
            helo_name: s.optional("helo_name"),
            pool: s.number("pool", 3, 1..=50),
            connect_timeout: s.seconds("connect_timeout_s", 20, 1..=600),
            command_timeout: s.seconds("command_timeout_s", 60, 1..=3_600),
            data_timeout: s.seconds("data_timeout_s", 600, 1..=3_600),
            sent_proof: sent_proof(s, list),
            unknown_wait: s.seconds("unknown_wait_s", 900, 0..=604_800),
        };
        host.map(|_| settings)
    }
}

fn sent_proof(s: &Section<'_, '_>, list: Option<&Address>) -> SentProof {
    let Some((value, _)) = s.get("sent_proof") else { return SentProof::None };
    let what = "`smtp.sent_proof` must be \"none\", { bcc = \"address\" } or { folder = \"Sent\" }";
    if let Some(word) = value.as_str() {
        if word != "none" {
            s.wrong("sent_proof", what, "");
        }
        return SentProof::None;
    }
    let table = s.section("sent_proof");
    let bcc = table.parsed("bcc", address);
    let folder = table.optional("folder");
    match (bcc, folder) {
        (Some(bcc), None) => {
            if list == Some(&bcc) {
                let why =
                    "`smtp.sent_proof.bcc` is the list: every letter to a reporter would go to all of it";
                table.wrong("bcc", why, "use an address that only the mailbox gets");
            }
            SentProof::Bcc(bcc)
        }
        (None, Some(folder)) => SentProof::Folder(folder),
        (Some(_), Some(_)) | (None, None) => {
            s.wrong("sent_proof", what, "");
            SentProof::None
        }
    }
}
