//! The configuration file: what it may say, and how its mistakes are told.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret;
use sir_intake::case::roster::Role;
use sir_intake::config::{self, Config, FirstStart, GithubLogin, Mistake, Proof, SentProof, SmtpTls};
use tempfile::TempDir;

const EXAMPLE: &str = include_str!("../../config.example.toml");

/// A working file, as short as it gets.
const SHORT: &str = r#"addresses = { list_address = "security@o3de.example", bot_address = "sir-bot@o3de.example" }
smtp.host = "smtp.o3de.example"
[mailbox]
host = "imap.o3de.example"
user = "sir-bot@o3de.example"
password_file = "mailbox-password"
[github]
repository = "o3de/reports"
repository_id = 7
token_file = "github-token"
[[team.member]]
name = "alice"
addresses = ["alice@members.example"]
roles = ["member", "chair"]
"#;

/// A folder with a configuration and every secret that one may name.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.secret("mailbox-password", "CANARY-password\n");
        folder.secret("smtp-password", "CANARY-smtp\r\n");
        folder.secret("github-token", "CANARY-token");
        folder.secret("sig-security-webhook", "https://discord.example/api/webhooks/1/CANARY-public");
        folder.secret("github-app-key.pem", "-----BEGIN RSA PRIVATE KEY-----\nCANARY\n");
        folder.secret("mailbox-client-secret", "CANARY-client");
        folder.secret("mailbox-refresh-token", "CANARY-refresh\n\n");
        folder.secret("webhook", "https://discord.example/api/webhooks/1/CANARY");
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn secret(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn load(&self, text: &str) -> Result<Config, Vec<Mistake>> {
        fs::write(self.path("config.toml"), text).unwrap();
        config::load_with(&self.path("config.toml"), None)
    }

    /// The mistakes as printed, without the name of the folder.
    fn mistakes(&self, text: &str) -> Vec<String> {
        let folder = format!("{}/", self.0.path().display());
        match self.load(text) {
            Ok(_) => Vec::new(),
            Err(mistakes) => mistakes.iter().map(|m| m.to_string().replace(&folder, "")).collect(),
        }
    }
}

fn load(text: &str) -> Config {
    Folder::new().load(text).unwrap_or_else(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    })
}

/// A configuration as text, the folder of the test left out; secrets are `[REDACTED]` in it.
fn shown(folder: &Folder, config: &Config) -> String {
    let plain = Config { warnings: Vec::new(), ..config.clone() };
    format!("{plain:#?}").replace(&folder.0.path().display().to_string(), "")
}

/// `#key = value` and `#[section]` without the `#`; with `alternatives`, `## ...` as well.
fn uncommented(alternatives: bool) -> String {
    let mut out = String::new();
    for line in EXAMPLE.lines() {
        let bare = match (line.strip_prefix("## "), line.strip_prefix('#')) {
            (Some(other), _) if alternatives => other,
            (None, Some(rest)) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => rest,
            _ => line,
        };
        out.push_str(bare);
        out.push('\n');
    }
    out
}

/// RFC: "SLAs/time frames the SIG wants to adopt around runbook steps"
#[test]
fn the_commented_defaults_of_the_example_are_the_defaults() {
    let folder = Folder::new();
    let as_it_is = folder.load(EXAMPLE).unwrap();
    let spelled_out = uncommented(false);
    assert!(spelled_out.lines().filter(|line| !line.starts_with('#') && line.contains(" = ")).count() > 90);
    let spelled_out = match folder.load(&spelled_out) {
        Ok(config) => config,
        Err(mistakes) => panic!("{mistakes:#?}"),
    };
    assert_eq!(shown(&folder, &as_it_is), shown(&folder, &spelled_out));
}

#[test]
fn the_alternatives_of_the_example_can_be_read() {
    let text = uncommented(true)
        .replace("\npassword_file = \"mailbox-password\"", "\n")
        .replace("\ntoken_file = ", "\n#");
    let config = load(&text);
    assert!(matches!(config.mailbox.login.proof, Proof::OAuth(_)));
    assert!(matches!(config.github.login, GithubLogin::App { app_id: 1, installation_id: 1, .. }));
    assert_eq!(config.team.roster.members[0].github.as_ref().unwrap().login, "alice");
}

#[test]
fn the_example_names_every_key() {
    let mut section = String::new();
    let mut named = std::collections::BTreeSet::new();
    for line in EXAMPLE.lines() {
        let bare = line.trim_start_matches('#').trim_start();
        if bare.starts_with('[') && bare.ends_with(']') && !bare.contains(' ') {
            section = bare.trim_matches(['[', ']']).to_owned();
            named.insert(section.clone());
        } else if let Some((key, _)) = bare.split_once(" = ")
            && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        {
            named.insert(if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") });
        }
    }
    for key in config::keys() {
        let known = named.contains(&key)
            || named.iter().any(|name| name.starts_with(&format!("{key}.")))
            // [smtp.oauth] is as [mailbox.oauth]; the keys of inline tables stand in the comment.
            || named.contains(&key.replace("smtp.oauth", "mailbox.oauth"))
            || (key.contains(".away.") || key.contains(".sent_proof."))
                && EXAMPLE.contains(&format!("{} = \"", key.rsplit('.').next().unwrap()));
        assert!(known, "config.example.toml does not name `{key}`");
    }
    assert!(config::keys().len() > 120, "{}", config::keys().len());
}

/// RFC: "Creation and definition of a Security Issue Review (SIR) team."
/// What a newcomer copies out of README.md works as it stands.
#[test]
fn the_readme_shows_a_configuration_that_works() {
    let readme = include_str!("../../README.md");
    let block = readme.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let config = load(block);
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert_eq!(config.mode, config::Mode::Shadow, "one begins with shadow mode");
}

#[test]
fn a_working_file_needs_no_more_than_fifteen_lines() {
    assert!(SHORT.lines().count() <= 15);
    let config = load(SHORT);
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert_eq!((config.smtp.tls, config.smtp.port), (SmtpTls::Implicit, 465));
    assert_eq!(
        config.smtp.login.unwrap().user,
        "sir-bot@o3de.example",
        "the login of the mailbox serves for both"
    );
    assert_eq!(config.state_dir, Path::new("/var/lib/sir-intake"));
    assert_eq!(config.would_send_dir, Path::new("/var/lib/sir-intake/would-send"));
    assert_eq!(config.mailbox.first_start, FirstStart::History);
    assert_eq!(config.smtp.data_timeout, Duration::from_secs(600));
    assert_eq!(config.limits.raw_bytes, 35 * 1024 * 1024);
    assert!(
        config.github.look_wait * config.github.looks >= Duration::from_secs(600),
        "three looks over ten minutes"
    );
    assert!(config.team.roster.members[0].is(Role::Chair));
    assert!(config.team.calendar.holidays.contains(&"2026-12-25".parse().unwrap()));
}

#[test]
fn all_mistakes_come_at_once_each_with_its_place_and_what_to_do() {
    let text = r#"mode = "lief"
[mailbox]
hots = "imap.o3de.example"
port = "993"
user = "sir-bot@o3de.example"
password_file = "nowhere"
poll = "0 25 * * *"
[addresses]
list_address = "Security <security@o3de.example>"
bot_address = "sir-bot@o3de.example"
[smtp]
host = "smtp.o3de.example"
pool = 0
[githbu]
repository = "o3de/reports"
[team]
zone = "Mars/Olympus"
workdays = ["mon", "tues"]
[[team.member]]
name = "alice"
addresses = ["alice@members.example"]
[[team.member]]
name = "alice"
addresses = ["ALICE@members.example"]
roles = ["members"]
away = [{ from = "2026-12-24", to = "2026-12-01" }]
"#;
    let wanted = [
        "config.toml:1:1: `github.repository` is missing, write `repository = \"owner/reports\"`",
        "config.toml:1:1: `github.repository_id` is missing, write the number that `gh api repos/OWNER/NAME --jq .id` prints",
        "config.toml:1:1: [github] has nothing to log in with, give `token_file`, or `app_id`, `installation_id` and `private_key_file`",
        "config.toml:1:8: `mode`: unknown word `lief`, did you mean `live`? (known: `live`, `shadow`, `exercise`)",
        "config.toml:2:1: `mailbox.host` is missing, write `host = \"imap.example.org\"`",
        "config.toml:3:1: unknown key `hots`, did you mean `host`?",
        "config.toml:4:8: `mailbox.port` must be a whole number, not a text",
        "config.toml:6:17: `password_file`: cannot read nowhere: No such file or directory (os error 2)",
        "config.toml:7:8: `mailbox.poll`: `0 25 * * *` is not a cron expression: Hours must be less than 23. ('25' specified.)",
        "config.toml:9:16: `addresses.list_address`: `Security <security@o3de.example>` is not a bare mail address like ann@example.org",
        "config.toml:13:8: `smtp.pool` must be from 1 to 50",
        "config.toml:14:2: unknown key `githbu`, did you mean `github`?",
        "config.toml:17:8: `team.zone`: unknown time zone `Mars/Olympus`, write it as `UTC` or `Europe/Berlin`",
        "config.toml:18:20: `team.workdays`: unknown word `tues`, did you mean `tue`? (known: ",
        "config.toml:23:8: the member `alice` stands here twice, remove one",
        "config.toml:24:13: the address `alice@members.example` stands here twice, remove one",
        "config.toml:25:10: `team.member.roles`: unknown word `members`, did you mean `member`? (known: ",
        "config.toml:26:37: this time away ends before it begins",
    ];
    let mistakes = Folder::new().mistakes(text);
    for (mistake, wanted) in mistakes.iter().zip(wanted) {
        assert!(mistake.starts_with(wanted), "\n{mistake}\n{wanted}\nall:\n{}", mistakes.join("\n"));
    }
    let faults = mistakes.iter().filter(|m| !m.contains("warning")).count();
    assert_eq!(faults, wanted.len(), "{}", mistakes.join("\n"));
}

#[test]
fn a_file_that_is_not_toml_is_told_as_that() {
    let folder = Folder::new();
    let mistakes = folder.mistakes("mode = \n[mailbox]\nhost = \"a\nport = 1\nport = 2\n");
    assert!(mistakes.len() >= 3, "{mistakes:?}");
    assert!(mistakes[0].starts_with("config.toml:1:8:"), "{mistakes:?}");
    assert!(
        mistakes.iter().any(|m| m.starts_with("config.toml:5:1:") && m.contains("duplicate key")),
        "{mistakes:?}"
    );
    fs::write(folder.path("config.toml"), b"mode = \"\xff\"").unwrap();
    let not_utf8 = config::load_with(&folder.path("config.toml"), None).unwrap_err();
    assert!(not_utf8[0].what.contains("not UTF-8 at byte 8"), "{not_utf8:?}");
    assert!(config::load_with(&folder.path("missing.toml"), None).is_err());
    // Deep nesting is refused, and ends no stack.
    assert!(!folder.mistakes(&format!("a = {}", "[".repeat(200_000))).is_empty());
    assert!(!folder.mistakes(&format!("{} = 1", vec!["a"; 100_000].join("."))).is_empty());
}

#[test]
fn secrets_are_read_once_trimmed_and_never_shown() {
    let folder = Folder::new();
    let text = SHORT.replace("smtp.host", "discord.webhook_file = \"webhook\"\nsmtp.host");
    let config = folder.load(&text).unwrap();
    let Proof::Password(password) = &config.mailbox.login.proof else { panic!("a password") };
    assert_eq!(password.expose_secret(), "CANARY-password");
    assert!(config.discord.is_some());
    assert!(!format!("{config:?}").contains("CANARY"));
}

#[test]
fn systemd_credentials_go_before_files_beside_the_configuration() {
    let (folder, credentials) = (Folder::new(), tempfile::tempdir().unwrap());
    fs::write(credentials.path().join("github-token"), "from-systemd\n").unwrap();
    fs::set_permissions(credentials.path().join("github-token"), fs::Permissions::from_mode(0o400)).unwrap();
    fs::write(folder.path("config.toml"), SHORT).unwrap();
    let config = config::load_with(&folder.path("config.toml"), Some(credentials.path())).unwrap();
    let GithubLogin::Token(token) = &config.github.login else { panic!("a token") };
    assert_eq!(token.expose_secret(), "from-systemd");
    let Proof::Password(password) = &config.mailbox.login.proof else { panic!("a password") };
    assert_eq!(password.expose_secret(), "CANARY-password", "what systemd does not have is taken from here");
}

#[test]
fn a_secret_that_everybody_can_read_or_that_is_none_is_a_mistake() {
    let folder = Folder::new();
    fs::set_permissions(folder.path("github-token"), fs::Permissions::from_mode(0o644)).unwrap();
    folder.secret("mailbox-password", "\n");
    let mistakes = folder.mistakes(SHORT);
    assert_eq!(
        mistakes,
        [
            "config.toml:6:17: `password_file`: mailbox-password is empty, write the secret into it",
            "config.toml:10:14: `token_file`: everybody on this machine can read github-token, run: chmod 600 github-token",
        ]
    );
    folder.secret("mailbox-password", &"x".repeat(70_000));
    folder.secret("github-token", "x");
    assert!(folder.mistakes(SHORT)[0].contains("larger than 65536 bytes"));
    let mistakes = folder.mistakes(&SHORT.replace("mailbox-password", "."));
    assert!(mistakes[0].contains("is not a file"), "{mistakes:?}");
    folder.secret("mailbox-password", "x");
    let app = "app_id = 1\ninstallation_id = 2\nprivate_key_file = \"smtp-password\"";
    let mistakes = folder.mistakes(&SHORT.replace("token_file = \"github-token\"", app));
    assert!(mistakes[0].contains("holds no PEM key"), "{mistakes:?}");
    assert!(!mistakes[0].contains("CANARY"));
}

#[test]
fn plain_http_goes_to_this_machine_only() {
    let folder = Folder::new();
    let with =
        |url: &str| folder.mistakes(&SHORT.replace("[github]", &format!("[github]\nbase_url = \"{url}\"")));
    for good in
        ["https://github.example/api/v3/", "http://127.0.0.1:8080", "http://[::1]:1", "http://localhost:9"]
    {
        assert!(with(good).is_empty(), "{good}: {:?}", with(good));
    }
    for bad in [
        "http://github.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://localhost@evil.example/",
        "https://user:pass@github.example",
        "ftp://github.example",
        "github.example",
        "http://10.0.0.1",
    ] {
        assert_eq!(with(bad).len(), 1, "{bad}");
    }
    folder.secret("webhook", "http://discord.example/CANARY");
    let mistakes =
        folder.mistakes(&SHORT.replace("smtp.host", "discord.webhook_file = \"webhook\"\nsmtp.host"));
    assert!(mistakes[0].contains("plain http") && !mistakes[0].contains("CANARY"), "{mistakes:?}");
}

#[test]
fn templates_that_the_service_could_write_are_refused() {
    let folder = Folder::new();
    let templates = folder.path("templates");
    fs::create_dir(&templates).unwrap();
    fs::write(templates.join("T00.txt"), "x").unwrap();
    let text = format!("template_dir = \"templates\"\n{SHORT}");
    fs::set_permissions(templates.join("T00.txt"), fs::Permissions::from_mode(0o666)).unwrap();
    fs::set_permissions(&templates, fs::Permissions::from_mode(0o555)).unwrap();
    let mistakes = folder.mistakes(&text);
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert!(mistakes[0].contains("may write to templates/T00.txt, run: chown root"), "{mistakes:?}");
    fs::set_permissions(templates.join("T00.txt"), fs::Permissions::from_mode(0o444)).unwrap();
    assert_eq!(folder.mistakes(&text), Vec::<String>::new());
    fs::set_permissions(&templates, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(folder.mistakes(&text).len(), 1);
    assert!(folder.mistakes(&text.replace("\"templates\"", "\"nowhere\""))[0].contains("cannot list"));
}

#[test]
fn an_address_that_serves_two_purposes_is_doubted_or_refused() {
    let folder = Folder::new();
    let without_bot = SHORT.replace(", bot_address = \"sir-bot@o3de.example\"", "");
    let config = folder.load(&without_bot).unwrap();
    let warning = config.warnings[0].to_string();
    assert!(
        warning.contains("warning: without `bot_address` notices to members come from the list"),
        "{warning}"
    );
    let same = folder.load(&SHORT.replace("bot_address = \"sir-bot", "bot_address = \"Security")).unwrap();
    assert!(same.warnings[0].what.contains("is the list itself"), "{:?}", same.warnings);
    let member = folder.mistakes(&SHORT.replace("alice@members.example", "security@o3de.example"));
    assert!(member[0].contains("an address of ours and of the member `alice`"), "{member:?}");
    let proof = "smtp.sent_proof = { bcc = \"SECURITY@o3de.example\" }\nsmtp.host";
    let bcc = folder.mistakes(&SHORT.replace("smtp.host", proof));
    assert!(bcc[0].contains("every letter to a reporter would go to all of it"), "{bcc:?}");
    let folder_proof = SHORT.replace("smtp.host", "smtp.sent_proof = { folder = \"Sent\" }\nsmtp.host");
    assert_eq!(load(&folder_proof).smtp.sent_proof, SentProof::Folder("Sent".to_owned()));
}

#[test]
fn a_roster_that_nobody_would_hear_of_is_refused() {
    let folder = Folder::new();
    let (head, _) = SHORT.split_once("[[team").unwrap();
    assert!(folder.mistakes(head)[0].contains("the roster is empty"));
    let mute = folder.mistakes(&SHORT.replace("addresses = [\"alice@members.example\"]\n", ""));
    assert!(mute[0].contains("nobody who takes cases has a mail address"), "{mute:?}");
    let chair = folder.mistakes(&SHORT.replace("\"member\", ", ""));
    assert!(chair[0].contains("nobody on the roster takes cases"), "{chair:?}");
    let no_chair = folder.load(&SHORT.replace(", \"chair\"", "")).unwrap();
    assert!(no_chair.warnings[0].what.contains("no chair"));
    let login_only = folder.mistakes(&format!("{SHORT}github_login = \"alice\"\n"));
    assert!(login_only[0].contains("a login can change hands"), "{login_only:?}");
}

/// "off in every region": otherwise a worldwide team never has a working day.
#[test]
fn a_holiday_of_one_region_is_a_working_day_of_the_team() {
    let regions = "[team]\nholidays = [\"12-25\"]\n[team.regions]\nus = [\"2026-11-26\", \"2026-12-24\"]\n\
                   de = [\"2026-10-03\", \"12-24\"]\n";
    let off = |text: &str, day: &str| load(text).team.calendar.holidays.contains(&day.parse().unwrap());
    let text = SHORT.replace("[[team", &format!("{regions}[[team"));
    assert!(!off(&text, "2026-11-26") && !off(&text, "2026-10-03") && !off(&text, "2027-12-24"));
    assert!(off(&text, "2026-12-24") && off(&text, "2027-12-25"));
    let any = text.replace("[team]\n", "[team]\nholiday_rule = \"any\"\n");
    assert!(off(&any, "2026-11-26") && off(&any, "2027-12-24"));
    let wrong = Folder::new().mistakes(&text.replace("\"12-25\"", "\"13-25\", \"02-30\", \"Xmas\""));
    assert_eq!(wrong.len(), 3, "{wrong:?}");
}

/// Tests from outside shorten waits: every wait is a key, zero where that makes sense, decimals too.
#[test]
fn waits_can_be_shortened() {
    let text = format!("outbox.alert_waits_for_issue_s = 0\n{SHORT}")
        .replace("[github]", "[github]\nspacing_ms = 0\nlook_wait_s = 0.05\nlooks = 1");
    let config = load(&text);
    assert_eq!(config.github.look_wait, Duration::from_millis(50));
    assert_eq!(config.github.spacing, Duration::ZERO);
    assert_eq!(config.outbox.alert_waits_for_issue, Duration::ZERO);
    let wrong = Folder::new().mistakes(&text.replace("0.05", "nan").replace("looks = 1", "looks = -1"));
    assert_eq!(wrong.len(), 2, "{wrong:?}");
}

/// Whatever stands behind a key is read or told as a mistake of that line; nothing panics, nothing is passed over.
#[test]
fn a_value_of_another_type_is_a_mistake_of_its_line() {
    let folder = Folder::new();
    let text = uncommented(false);
    let others = [
        "1",
        "-9223372036854775808",
        "\"x\"",
        "true",
        "[]",
        "[[]]",
        "[1, {}]",
        "{}",
        "1.5",
        "nan",
        "2026-01-01",
    ];
    let mut told = 0;
    for (at, line) in text.lines().enumerate() {
        let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) else { continue };
        for other in others {
            let changed: Vec<String> = text
                .lines()
                .enumerate()
                .map(|(n, line)| if n == at { format!("{key} = {other}") } else { line.to_owned() })
                .collect();
            let Err(mistakes) = folder.load(&changed.join("\n")) else { continue };
            told += 1;
            // What fits its own line may clash with another: an empty roster, a warning after the end.
            let here = |m: &Mistake| {
                m.line == at + 1
                    || m.what.contains(key)
                    || ["[]", "1"].contains(&other)
                    || m.what.contains("log in")
            };
            assert!(mistakes.iter().any(here), "{key} = {other}: {mistakes:?}");
            assert!(
                !mistakes.iter().any(|m| m.what.contains("unknown key")),
                "{key} = {other}: {mistakes:?}"
            );
        }
    }
    assert!(told > 700, "{told}");
    for end in (0..text.len()).step_by(61).filter(|end| text.is_char_boundary(*end)) {
        let _ = folder.load(&text[..end]);
    }
}

/// The unit takes its credentials from `secrets/` beside the configuration: an operator's commands find them there.
#[test]
fn a_secret_is_found_where_the_unit_takes_it_from() {
    let folder = Folder::new();
    fs::create_dir(folder.path("secrets")).unwrap();
    fs::rename(folder.path("mailbox-password"), folder.path("secrets/mailbox-password")).unwrap();
    assert_eq!(folder.mistakes(SHORT), Vec::<String>::new());
    fs::remove_file(folder.path("secrets/mailbox-password")).unwrap();
    assert!(
        folder.mistakes(SHORT)[0].contains("cannot read mailbox-password"),
        "{:?}",
        folder.mistakes(SHORT)
    );
}

/// RUNBOOK 1.7, the embargoed list: "vouched by a member or C", "approve 2p".
#[test]
fn two_people_decide_on_each_entry_of_the_embargoed_list() {
    let entry = |names: &str| {
        format!(
            "{SHORT}[[runbook.embargoed]]\norganization = \"Studio\"\naddress = \"a@studio.example\"\n\
             terms_accepted = \"2025-03-01\"\nvouched_by = {names}\n"
        )
    };
    let folder = Folder::new();
    for names in ["[\"alice\"]", "[\"alice\", \"alice\"]", "[]"] {
        let mistakes = folder.mistakes(&entry(names));
        assert!(
            mistakes.iter().any(|m| m.contains("two people decide on each entry")),
            "{names}: {mistakes:?}"
        );
    }
    // Somebody who left the team stops nothing, and is told of by a warning.
    assert_eq!(folder.mistakes(&entry("[\"alice\", \"nobody\"]")), Vec::<String>::new());
    let listed = load(&entry("[\"alice\", \"bob\"]")).runbook.embargoed.remove(0);
    assert_eq!(listed.vouched_by.len(), 2);
}

/// RUNBOOK 1.7: "re-confirmed yearly": told a month before, and nothing is sent from the day after.
#[test]
fn terms_of_the_embargoed_list_hold_a_year_to_the_day() {
    let entry = "[[runbook.embargoed]]\norganization = \"Studio\"\naddress = \"a@studio.example\"\n\
                 terms_accepted = \"2025-03-01\"\nconfirmed = \"2026-03-01\"\nvouched_by = [\"alice\", \"bob\"]\n";
    let listed = load(&format!("{SHORT}{entry}")).runbook.embargoed.remove(0);
    let on = |day: &str| (listed.is_lapsed(day.parse().unwrap()), listed.news(day.parse().unwrap()));
    assert_eq!(on("2027-01-29"), (false, None));
    assert!(
        matches!(on("2027-01-30"), (false, Some(news)) if news.contains("must confirm the terms by 1 March 2027"))
    );
    assert!(matches!(on("2027-03-01"), (false, Some(_))));
    assert!(
        matches!(on("2027-03-02"), (true, Some(news)) if news.contains("last on 1 March 2026, more than a year ago"))
    );
}
