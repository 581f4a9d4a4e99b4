//! A stand-in for an OAuth 2 token endpoint (RFC 6749 section 6): refresh tokens in, access tokens out, refresh tokens rotated as
//! Microsoft does it.

use std::io;
use std::sync::Arc;

use http::Method;
use serde_json::json;

use super::board::Board;
use super::web::{Asked, Manner, Recorder, Reply, Web, form};

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 400 `invalid_grant`: the consent was taken back.
    InvalidGrant,
    /// 500.
    ServerError,
    /// The connection ends without a byte, nothing was issued.
    Drop,
    /// A token was issued, the refresh token rotated, and the connection ends without a byte.
    CommitThenDrop,
}

type Hook = Arc<dyn Fn(&str) + Send + Sync>;

struct World {
    client: (String, String),
    refresh: String,
    rotates: bool,
    /// Seconds that a token lasts.
    lasts_s: u32,
    issued: Vec<String>,
    faults: Vec<Fault>,
    violations: Vec<String>,
    hook: Option<Hook>,
}

/// The stand-in; it ends when dropped.
pub struct Oauth {
    web: Web,
    world: Board<World>,
}

impl Oauth {
    /// Listens on a free port of 127.0.0.1 for one client that holds `refresh_token`. Tokens last 3600 s, refresh tokens rotate.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(client_id: &str, client_secret: &str, refresh_token: &str) -> io::Result<Self> {
        let world = Board::new(World {
            client: (client_id.to_owned(), client_secret.to_owned()),
            refresh: refresh_token.to_owned(),
            rotates: true,
            lasts_s: 3600,
            issued: Vec::new(),
            faults: Vec::new(),
            violations: Vec::new(),
            hook: None,
        });
        let inside = world.clone();
        // Not recorded: there is no description to hold it against, and its bodies are secrets.
        let web = Web::start("oauth", Recorder::none(), |_| move |asked: &Asked| answer(&inside, asked));
        Ok(Self { web: web.await?, world })
    }

    /// The address of the endpoint.
    pub fn token_url(&self) -> String {
        format!("http://127.0.0.1:{}/token", self.web.port)
    }

    /// All access tokens issued so far, in order.
    pub fn issued(&self) -> Vec<String> {
        self.world.look(|world| world.issued.clone())
    }

    /// The refresh token that is good now.
    pub fn refresh_token(&self) -> String {
        self.world.look(|world| world.refresh.clone())
    }

    /// Whether each use gives a new refresh token and ends the old one.
    pub fn rotate(&self, rotates: bool) {
        self.world.change(|world| world.rotates = rotates);
    }

    /// How long the next tokens last, in seconds.
    pub fn lasts(&self, seconds: u32) {
        self.world.change(|world| world.lasts_s = seconds);
    }

    /// The next request goes wrong; several are met in order.
    pub fn fail(&self, fault: Fault) {
        self.world.change(|world| world.faults.push(fault));
    }

    /// How many faults have not struck yet.
    pub fn pending(&self) -> usize {
        self.world.look(|world| world.faults.len())
    }

    /// The rules that the client broke.
    pub fn violations(&self) -> Vec<String> {
        self.world.look(|world| world.violations.clone())
    }

    /// Calls `hook` with each new access token before the client has it: the practice mail servers are told to accept it.
    pub fn on_issued(&self, hook: impl Fn(&str) + Send + Sync + 'static) {
        self.world.change(|world| world.hook = Some(Arc::new(hook)));
    }
}

fn refusal(status: u16, error: &str) -> Reply {
    Reply::json(status, json!({ "error": error, "error_description": "practice" }))
}

fn answer(world: &Board<World>, asked: &Asked) -> Reply {
    let (reply, told) = world.change(|world| {
        let before = world.issued.len();
        let reply = meet(world, asked);
        (reply, world.issued.get(before).cloned().zip(world.hook.clone()))
    });
    if let Some((token, hook)) = told {
        hook(&token);
    }
    reply
}

fn meet(world: &mut World, asked: &Asked) -> Reply {
    if asked.method != Method::POST || asked.path != "/token" {
        world.violations.push(format!("{} {}: no such route", asked.method, asked.path));
        return refusal(404, "not_found");
    }
    if !asked.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    {
        world.violations.push("the body is no form".to_owned());
        return refusal(400, "invalid_request");
    }
    let fields = form(&String::from_utf8_lossy(&asked.body));
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let fault = (!world.faults.is_empty()).then(|| world.faults.remove(0));
    match fault {
        Some(Fault::InvalidGrant) => return refusal(400, "invalid_grant"),
        Some(Fault::ServerError) => return refusal(500, "server_error"),
        Some(Fault::Drop) => return Reply { manner: Manner::Nothing, ..Reply::empty(500) },
        Some(Fault::CommitThenDrop) | None => {}
    }
    if field("grant_type") != Some("refresh_token") {
        return refusal(400, "unsupported_grant_type");
    }
    let secret = field("client_secret").unwrap_or_default();
    if field("client_id") != Some(world.client.0.as_str()) || secret != world.client.1 {
        return refusal(401, "invalid_client");
    }
    if field("refresh_token") != Some(world.refresh.as_str()) {
        return refusal(400, "invalid_grant");
    }
    let number = world.issued.len().saturating_add(1);
    let token = format!("practice-access-{number}");
    world.issued.push(token.clone());
    let mut body = json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": world.lasts_s,
        "scope": "https://mail.example/",
    });
    if world.rotates {
        world.refresh = format!("practice-refresh-{number}");
        if let Some(body) = body.as_object_mut() {
            body.insert("refresh_token".to_owned(), json!(world.refresh));
        }
    }
    let manner = if fault == Some(Fault::CommitThenDrop) { Manner::Nothing } else { Manner::Whole };
    Reply { manner, ..Reply::json(200, body) }
}
