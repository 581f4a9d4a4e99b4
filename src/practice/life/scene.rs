//! Who takes part in the life of a vulnerability, and how the daemon is configured for it.

use std::path::Path;
use std::sync::Arc;

use super::keep::Kept;
use super::{Discord, Stage};
use crate::clock::Clock;
use crate::practice::day::Trouble;
use crate::practice::loopback::{Loopback, Settings, secret};
use crate::practice::web::{Now, Recorder};

/// Id of the public repository on the stand-in.
pub(super) const PUBLIC_REPOSITORY: u64 = 1_001;

/// Accounts on GitHub: number, login.
const ACCOUNTS: [(u64, &str); 6] = [
    (501, "alice-hub"),
    (502, "bob-hub"),
    (503, "carol-hub"),
    (504, "tess-hub"),
    (505, "nora-hub"),
    (506, "rita-hub"),
];

/// The public channels that are told of a disclosure.
const CHANNELS: [&str; 2] = ["sig-security", "sig-all"];

const TEAM: &str = r#"[team]
policy_url = "https://o3de.example/security"

[[team.member]]
name = "alice"
full_name = "Alice Arden"
addresses = ["alice@members.example"]
dkim_domains = ["members.example"]
roles = ["member"]
github_id = 501
github_login = "alice-hub"
zone = "Europe/Berlin"

[[team.member]]
name = "bob"
full_name = "Bob Birch"
addresses = ["bob@members.example"]
dkim_domains = ["members.example"]
roles = ["member"]
github_id = 502
github_login = "bob-hub"
zone = "America/Chicago"

[[team.member]]
name = "carol"
full_name = "Carol Chair"
addresses = ["carol@chairs.example"]
dkim_domains = ["chairs.example"]
roles = ["chair"]
github_id = 503
github_login = "carol-hub"

[[team.member]]
name = "tess"
full_name = "Tess Steering"
addresses = ["tess@tsc.example"]
dkim_domains = ["tsc.example"]
roles = ["tsc-contact"]
github_id = 504
github_login = "tess-hub"

[[team.member]]
name = "nora"
full_name = "Nora Network"
addresses = ["nora@sigs.example"]
dkim_domains = ["sigs.example"]
roles = ["sig-chair"]
sigs = ["network"]
github_id = 505
github_login = "nora-hub"

[[team.member]]
name = "rita"
full_name = "Rita Release"
addresses = ["rita@release.example"]
dkim_domains = ["release.example"]
roles = ["release-contact"]
github_id = 506
github_login = "rita-hub"

[runbook]
announce = ["announce@lists.o3de.example"]

[[runbook.embargoed]]
organization = "Example Studios"
address = "security@studio.example"
terms_accepted = "2026-01-31"
confirmed = "2027-01-29"
vouched_by = ["alice", "bob"]

[[runbook.embargoed]]
organization = "Example Cloud Games"
address = "psirt@cloud-games.example"
terms_accepted = "2026-09-15"
vouched_by = ["bob", "carol"]

[ops]
# The clock of the play leaps; in production five minutes without a look into the mailbox are an alarm.
poll_overdue_s = 86400
"#;

/// The stage, and what of it the play itself keeps.
pub(super) struct Scene {
    pub(super) stage: Stage,
    pub(super) channels: Vec<(&'static str, Discord)>,
    pub(super) kept: Kept,
}

/// Sets the stage in that folder.
pub(super) async fn set(dir: &Path, clock: &Arc<dyn Clock>) -> Result<Scene, Trouble> {
    let mut rest = TEAM.to_owned();
    for name in CHANNELS {
        rest.push_str(&format!(
            "\n[[runbook.channel]]\nname = \"{name}\"\nwebhook_file = \"{name}-webhook\"\n"
        ));
    }
    let settings = Settings { rest, ..Settings::default() };
    let peers = Loopback::start(dir, Arc::clone(clock), Recorder::none(), &settings).await?;
    peers.hub.add_repository(PUBLIC_REPOSITORY, "o3de", "o3de", false);
    for (id, login) in ACCOUNTS {
        peers.hub.add_user(id, login);
        peers.hub.set_push(login, true);
    }
    let mut channels = Vec::new();
    for name in CHANNELS {
        let shown = Arc::clone(clock);
        let now: Now = Arc::new(move || shown.now());
        let channel = Discord::start(now, Recorder::none()).await?;
        secret(dir, &format!("{name}-webhook"), &channel.webhook_url())?;
        channels.push((name, channel));
    }
    let kept = Kept::of(&peers, clock);
    Ok(Scene { stage: Box::pin(Stage::between(peers, clock)).await?, channels, kept })
}
