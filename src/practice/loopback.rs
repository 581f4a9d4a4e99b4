//! All peers on loopback and a working configuration for them: what tests and the practice day stand on.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::certificate::Certificate;
use super::discord::Discord;
use super::hub::Hub;
use super::imapd::Imapd;
use super::smtpd::{Smtpd, Tls};
use super::web::Recorder;
use crate::clock::Clock;

/// Id of the reports repository on the stand-in.
pub const REPOSITORY: u64 = 7_007;
/// The mailbox's account.
pub const ACCOUNT: (&str, &str) = ("sir-bot@o3de.example", "practice-password");
/// The daemon's GitHub token and account.
pub const TOKEN: (&str, u64, &str) = ("practice-token", 9_001, "sir-intake-bot");

/// The stand-ins and the folder that they were set up in.
pub struct Loopback {
    /// The mailbox.
    pub imapd: Arc<Imapd>,
    /// The submission server.
    pub smtpd: Arc<Smtpd>,
    /// GitHub.
    pub hub: Hub,
    /// Discord.
    pub discord: Discord,
    /// Where the configuration, the secrets and the state are.
    pub dir: PathBuf,
}

impl Loopback {
    /// Starts all of them and writes `config.toml` and its secrets into `dir`. `more` is put at the end of the
    /// configuration (whole tables), `members` replaces the roster when it is not empty.
    ///
    /// # Errors
    /// No port, no certificate, or the folder cannot be written.
    pub async fn start(
        dir: &Path,
        clock: Arc<dyn Clock>,
        recorder: Recorder,
        settings: &Settings,
    ) -> io::Result<Self> {
        let certificate = Certificate::new()?;
        let imapd = Arc::new(Imapd::start(&certificate, &[ACCOUNT]).await?);
        imapd.create("Junk");
        let smtpd = Arc::new(Smtpd::start(&certificate, Tls::Implicit, &[ACCOUNT]).await?);
        let now: super::web::Now = Arc::new(move || clock.now());
        let hub = Hub::start(Arc::clone(&now), recorder.clone()).await?;
        hub.add_repository(REPOSITORY, "o3de", "sig-security-reports", true);
        hub.add_user(TOKEN.1, TOKEN.2);
        hub.set_push(TOKEN.2, true);
        hub.add_token(TOKEN.0, TOKEN.1, TOKEN.2);
        let discord = Discord::start(now, recorder).await?;
        let loopback = Self { imapd, smtpd, hub, discord, dir: dir.to_owned() };
        secret(dir, "mailbox-password", ACCOUNT.1)?;
        secret(dir, "github-token", TOKEN.0)?;
        secret(dir, "discord-webhook", &loopback.discord.webhook_url())?;
        std::fs::write(dir.join("ca.pem"), &certificate.ca_pem)?;
        std::fs::write(dir.join("config.toml"), loopback.config(settings))?;
        Ok(loopback)
    }

    /// The configuration file.
    pub fn path(&self) -> PathBuf {
        self.dir.join("config.toml")
    }

    fn config(&self, settings: &Settings) -> String {
        let dir = self.dir.display();
        format!(
            r#"mode = "{mode}"
state_dir = "{dir}/state"
would_send_dir = "{dir}/would-send"

[addresses]
list_address = "security@lists.o3de.example"
bot_address = "sir-bot@o3de.example"
list_id = "security.lists.o3de.example"
list_host = "lists.o3de.example"
trusted_authserv_id = "mx.o3de.example"

[mailbox]
host = "localhost"
port = {imap}
user = "{user}"
{login}
ca_file = "{dir}/ca.pem"
junk = ["Junk"]
{mailbox}

[smtp]
host = "localhost"
port = {smtp}
ca_file = "{dir}/ca.pem"
{smtp_more}

[github]
base_url = "{hub}"
repository = "o3de/sig-security-reports"
repository_id = {REPOSITORY}
token_file = "github-token"
{github}

[discord]
webhook_file = "discord-webhook"

[known]
{known}

[public]
{public}

{rest}"#,
            mode = settings.mode,
            imap = self.imapd.port(),
            user = ACCOUNT.0,
            smtp = self.smtpd.port(),
            hub = self.hub.base_url(),
            login = settings.login,
            mailbox = settings.mailbox,
            smtp_more = settings.smtp,
            github = settings.github,
            known = settings.known,
            public = settings.public,
            rest = settings.rest,
        )
    }
}

/// What a test or the practice day sets otherwise than usual; each text stands inside its section.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `live`, `shadow` or `exercise`.
    pub mode: String,
    /// In `[mailbox]`: how to log in.
    pub login: String,
    /// In `[mailbox]`.
    pub mailbox: String,
    /// In `[smtp]`.
    pub smtp: String,
    /// In `[github]`.
    pub github: String,
    /// In `[known]`: nobody outside is asked unless a test says so.
    pub known: String,
    /// In `[public]`: nothing is watched unless a test says so.
    pub public: String,
    /// Further sections; the roster stands here.
    pub rest: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: "live".to_owned(),
            login: "password_file = \"mailbox-password\"".to_owned(),
            mailbox: "first_start = \"all\"".to_owned(),
            smtp: String::new(),
            github: "spacing_ms = 0\nlook_wait_s = 0".to_owned(),
            known: "sync = \"off\"\nsweep = \"off\"\nnvd = false\nrepositories = []\npackages_repository = \"none\""
                .to_owned(),
            public: "repositories = []".to_owned(),
            rest: ROSTER.to_owned(),
        }
    }
}

/// Two members, a chair and a TSC contact.
pub const ROSTER: &str = r#"[team]
policy_url = "https://o3de.example/security"

[[team.member]]
name = "alice"
full_name = "Alice Arden"
addresses = ["alice@members.example"]
dkim_domains = ["members.example"]
roles = ["member"]

[[team.member]]
name = "bob"
full_name = "Bob Birch"
addresses = ["bob@members.example"]
dkim_domains = ["members.example"]
roles = ["member"]

[[team.member]]
name = "carol"
full_name = "Carol Chair"
addresses = ["carol@chairs.example"]
dkim_domains = ["chairs.example"]
roles = ["chair"]

[[team.member]]
name = "tess"
full_name = "Tess Steering"
addresses = ["tess@tsc.example"]
dkim_domains = ["tsc.example"]
roles = ["tsc-contact"]
"#;

pub(super) fn secret(dir: &Path, name: &str, text: &str) -> io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let path = dir.join(name);
    std::fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)?
        .write_all(text.as_bytes())
}
