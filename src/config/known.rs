//! `[known]`: what is publicly known, and where it is fetched from.

use std::time::Duration;

use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::cron::Cron;
use super::peers::is_name;
use super::raw::Section;
use super::url::Url;

/// The mirror of public records, and the second door.
#[derive(Debug, Clone)]
pub struct Known {
    /// When `run` syncs the mirror, in UTC; `None`: never by itself.
    pub sync: Option<Cron>,
    /// When `run` looks for private vulnerability reports on GitHub, in UTC; `None`: never.
    pub sweep: Option<Cron>,
    /// Whether NVD is mirrored.
    pub nvd: bool,
    /// Where the feed files are.
    pub feeds_url: Url,
    /// NVD's API, asked only where the feeds cannot be had.
    pub api_url: Url,
    /// Key of that API; with it ten times as many requests are allowed.
    pub api_key: Option<SecretString>,
    /// The first year whose feed is taken.
    pub first_year: i16,
    /// Repositories whose advisories and issues are mirrored.
    pub repositories: Vec<ProjectName>,
    /// Labels by which O3DE marks an issue as a security matter, in lower case.
    pub security_labels: Vec<String>,
    /// The repository that names the bundled packages; `None`: only the reviewed list counts.
    pub packages_repository: Option<ProjectName>,
    /// The folder in it below which the `BuiltInPackages_*.cmake` files are.
    pub packages_folder: String,
    /// Days after which a mirror counts as old.
    pub stale_days: u32,
    /// How often a request that may succeed is tried.
    pub tries: u32,
    /// First wait after a failed request; doubles.
    pub retry_first: Duration,
    /// Longest wait after a failed request; a peer that asks for more is left alone until the next sync.
    pub retry_cap: Duration,
    /// Time for one small answer, and between two pieces of a large one.
    pub request_timeout: Duration,
    /// Time for one feed file or page.
    pub feed_timeout: Duration,
    /// The window in which NVD counts requests to its API.
    pub api_window: Duration,
    /// How long a writing waits for another process that writes into the mirror.
    pub busy_wait: Duration,
}

/// A repository by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectName {
    /// Its owner.
    pub owner: String,
    /// Its name.
    pub name: String,
}

impl std::fmt::Display for ProjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl Known {
    pub(super) fn read(s: &Section<'_, '_>) -> Option<Self> {
        let schedule = |key: &str, default: &str| match s.text(key, default).as_str() {
            "off" => None,
            text => match Cron::parse(text, TimeZone::UTC) {
                Ok(cron) => Some(cron),
                Err(why) => {
                    s.wrong(key, format!("`known.{key}`: {why}"), "or write \"off\"");
                    None
                }
            },
        };
        let url = |key: &str, default: &str| match s.optional(key) {
            Some(_) => s.parsed(key, Url::parse),
            None => Url::parse(default).ok(),
        };
        let o3de = || ProjectName { owner: "o3de".to_owned(), name: "o3de".to_owned() };
        let packages_repository = match s.text("packages_repository", "o3de/o3de").as_str() {
            "none" => None,
            _ if !s.has("packages_repository") => Some(o3de()),
            _ => s.parsed("packages_repository", project),
        };
        let packages_folder = s.text("packages_folder", "cmake/3rdParty/Platform");
        if !packages_folder.split('/').all(is_name) {
            s.wrong("packages_folder", "`known.packages_folder` must be names with / between them", "");
        }
        let retry_cap = s.seconds("retry_cap_s", 300, 0..=86_400);
        let labels = s.list("security_labels", |text| Ok(text.to_lowercase()));
        let (feeds_url, api_url) = (
            url("feeds_url", "https://nvd.nist.gov/feeds/json/cve/2.0"),
            url("api_url", "https://services.nvd.nist.gov/rest/json/cves/2.0"),
        );
        let unused = || Url::parse("https://nvd.nist.gov").ok();
        // A mistake is noted by now; every key is asked for all the same.
        Some(Self {
            sync: schedule("sync", "23 */2 * * *"),
            sweep: schedule("sweep", "*/15 * * * *"),
            nvd: s.flag("nvd", true),
            feeds_url: feeds_url.or_else(unused)?,
            api_url: api_url.or_else(unused)?,
            api_key: s.secret("api_key_file"),
            first_year: s.number("first_year", 2002, 2002..=9999),
            repositories: s.list("repositories", project).unwrap_or_else(|| vec![o3de()]),
            security_labels: labels.unwrap_or_else(|| vec!["kind/security".to_owned()]),
            packages_repository,
            packages_folder,
            stale_days: s.number("stale_days", 3, 1..=3_650),
            tries: s.number("tries", 4, 1..=100),
            retry_first: s.seconds("retry_first_s", 10, 0..=3_600).min(retry_cap),
            retry_cap,
            request_timeout: s.seconds("request_timeout_s", 60, 1..=3_600),
            feed_timeout: s.seconds("feed_timeout_s", 1_800, 1..=86_400),
            api_window: s.seconds("api_window_s", 30, 0..=3_600),
            busy_wait: s.seconds("busy_wait_s", 60, 0..=3_600),
        })
    }
}

pub(super) fn project(text: &str) -> Result<ProjectName, String> {
    match text.split_once('/') {
        Some((owner, name)) if is_name(owner) && is_name(name) => {
            Ok(ProjectName { owner: owner.to_owned(), name: name.to_owned() })
        }
        Some(_) | None => Err(format!("`{text}` is not owner/name")),
    }
}
