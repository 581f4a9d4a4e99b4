//! A stand-in for a Discord webhook (API v10): it keeps messages, and notes every request that Discord would refuse or that would
//! ping somebody.

use std::io;
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::board::Board;
use super::web::{Asked, Manner, Met, Now, Recorder, Reply, Web};

/// Longest content, in characters.
pub const MAX_CONTENT: usize = 2000;

const ID: &str = "1200000000000000001";
const TOKEN: &str = "practice-webhook-token";
const CHANNEL: &str = "1200000000000000002";

const FIELDS: &[&str] = &[
    "content",
    "embeds",
    "allowed_mentions",
    "attachments",
    "tts",
    "flags",
    "username",
    "avatar_url",
    "thread_name",
    "applied_tags",
];

/// A message in the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Snowflake.
    pub id: String,
    /// Text.
    pub content: String,
    /// Whether it was changed after it was posted.
    pub edited: bool,
    /// When it was posted.
    pub at: Timestamp,
}

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// 429 with `retry_after` in the body and as a header, in seconds.
    TooMany {
        /// Seconds.
        retry_after_s: f64,
    },
    /// Not obeyed: 500.
    ServerError,
    /// Not obeyed: the connection ends.
    Drop,
    /// Obeyed, then the connection ends.
    CommitThenDrop,
    /// Obeyed, then 502.
    CommitThen502,
    /// Not obeyed: silence.
    Hang,
}

struct World {
    messages: Vec<Message>,
    violations: Vec<String>,
    met: Vec<Met>,
    faults: Vec<(u32, Fault)>,
    /// 401 or 404 from now on.
    revoked: Option<u16>,
    next: u64,
}

/// The stand-in; it ends, with all its connections, when dropped.
pub struct Discord {
    web: Web,
    world: Board<World>,
}

impl Discord {
    /// Listens on a free port of 127.0.0.1 with one webhook.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(now: Now, recorder: Recorder) -> io::Result<Self> {
        let world = Board::new(World {
            messages: Vec::new(),
            violations: Vec::new(),
            met: Vec::new(),
            faults: Vec::new(),
            revoked: None,
            next: 1_200_000_000_000_000_100,
        });
        let inside = world.clone();
        let web = Web::start("discord", recorder, |_| {
            move |asked: &Asked| {
                let now = now();
                inside.change(|world| answer(world, asked, now))
            }
        });
        Ok(Self { web: web.await?, world })
    }

    /// The webhook's address; its path holds the secret.
    pub fn webhook_url(&self) -> String {
        format!("http://127.0.0.1:{}/api/v10/webhooks/{ID}/{TOKEN}", self.web.port)
    }

    /// The secret in the address: a test asserts that no log line holds it.
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// All messages, in order.
    pub fn messages(&self) -> Vec<Message> {
        self.world.look(|world| world.messages.clone())
    }

    /// Waits until there are at least `n` messages and returns all; `None` when `limit` ran out.
    pub async fn wait_for(&self, n: usize, limit: Duration) -> Option<Vec<Message>> {
        let enough = self.world.wait(|world| (world.messages.len() >= n).then(|| world.messages.clone()));
        tokio::time::timeout(limit, enough).await.ok()
    }

    /// The rules that the client broke: content empty or too long, unknown fields, mentions allowed.
    pub fn violations(&self) -> Vec<String> {
        self.world.look(|world| world.violations.clone())
    }

    /// All requests so far; the path without its secret.
    pub fn requests(&self) -> Vec<Met> {
        self.world.look(|world| world.met.clone())
    }

    /// The next `times` requests go wrong.
    pub fn fail(&self, times: u32, fault: Fault) {
        self.world.change(|world| world.faults.push((times, fault)));
    }

    /// How many faults have not struck yet.
    pub fn pending(&self) -> usize {
        self.world.look(|world| world.faults.iter().filter(|(times, _)| *times > 0).count())
    }

    /// Somebody removed the webhook: this status (401 or 404) from now on; `None` brings it back.
    pub fn revoke(&self, status: Option<u16>) {
        self.world.change(|world| world.revoked = status);
    }
}

fn answer(world: &mut World, asked: &Asked, now: Timestamp) -> Reply {
    let mut reply = meet(world, asked, now);
    for (name, value) in [
        ("x-ratelimit-limit", "5"),
        ("x-ratelimit-remaining", "4"),
        ("x-ratelimit-reset-after", "2.0"),
        ("x-ratelimit-bucket", "practice"),
    ] {
        reply.headers.push((name, value.to_owned()));
    }
    reply.headers.push(("x-ratelimit-reset", now.as_second().saturating_add(2).to_string()));
    let path = asked.path.replace(TOKEN, "[token]");
    let (method, query) = (asked.method.to_string(), String::new());
    world.met.push(Met { method, path, query, status: reply.status });
    reply
}

fn meet(world: &mut World, asked: &Asked, now: Timestamp) -> Reply {
    let segments = asked.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let place = match segments.as_slice() {
        ["api", "v10", "webhooks", id, token, rest @ ..] if *id == ID && *token == TOKEN => rest,
        ["api", "v10", "webhooks", ..] => return refusal(404, 10015, "Unknown Webhook"),
        _ => return broken(world, asked, "no such route", refusal(404, 0, "404: Not Found")),
    };
    match world.revoked {
        Some(401) => return refusal(401, 50027, "Invalid Webhook Token"),
        Some(status) => return refusal(status, 10015, "Unknown Webhook"),
        None => {}
    }
    let fault = strike(world);
    match fault {
        Some(Fault::TooMany { retry_after_s }) => return too_many(retry_after_s),
        Some(Fault::ServerError) => return refusal(500, 0, "Internal Server Error"),
        Some(Fault::Drop) => return Reply { manner: Manner::Nothing, ..Reply::empty(500) },
        Some(Fault::Hang) => return Reply { manner: Manner::Silence, ..Reply::empty(500) },
        Some(Fault::CommitThenDrop | Fault::CommitThen502) | None => {}
    }
    let reply = match (asked.method.clone(), place) {
        (Method::POST, []) => post(world, asked, now),
        (Method::GET, []) => Reply::json(
            200,
            json!({
                "id": ID, "type": 1, "name": "practice", "token": TOKEN, "channel_id": CHANNEL, "avatar": null,
                "application_id": null,
            }),
        ),
        (Method::GET, ["messages", id]) => match world.messages.iter().find(|message| message.id == *id) {
            Some(message) => Reply::json(200, shape(message, now)),
            None => refusal(404, 10008, "Unknown Message"),
        },
        (Method::PATCH, ["messages", id]) => edit(world, asked, id, now),
        _ => broken(world, asked, "no such route", refusal(404, 0, "404: Not Found")),
    };
    match fault {
        Some(Fault::CommitThenDrop) => Reply { manner: Manner::Nothing, ..reply },
        Some(Fault::CommitThen502) => refusal(502, 0, "Bad Gateway"),
        Some(Fault::TooMany { .. } | Fault::ServerError | Fault::Drop | Fault::Hang) | None => reply,
    }
}

fn strike(world: &mut World) -> Option<Fault> {
    let (times, fault) = world.faults.iter_mut().find(|(times, _)| *times > 0)?;
    *times = times.saturating_sub(1);
    Some(*fault)
}

fn refusal(status: u16, code: u32, message: &str) -> Reply {
    Reply::json(status, json!({ "message": message, "code": code }))
}

fn too_many(retry_after_s: f64) -> Reply {
    let body = json!({ "message": "You are being rate limited.", "code": 0, "retry_after": retry_after_s, "global": false });
    Reply::json(429, body).with("retry-after", retry_after_s.ceil().to_string())
}

fn broken(world: &mut World, asked: &Asked, what: &str, reply: Reply) -> Reply {
    let path = asked.path.replace(TOKEN, "[token]");
    world.violations.push(format!("{} {path}: {what}", asked.method));
    reply
}

/// The content of a request that keeps all rules; else which one it breaks.
fn content(asked: &Asked, parameters: &[&str]) -> Result<String, String> {
    if let Some((name, _)) = asked.query.iter().find(|(name, _)| !parameters.contains(&name.as_str())) {
        return Err(format!("unknown parameter {name}"));
    }
    let Some(Value::Object(fields)) = &asked.json else {
        return Err("the body is no JSON object".to_owned());
    };
    if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(format!("unknown field {name}"));
    }
    mentions(fields)?;
    let content = fields.get("content").and_then(Value::as_str).unwrap_or_default();
    if content.trim().is_empty() {
        return Err("empty content".to_owned());
    }
    if content.chars().count() > MAX_CONTENT {
        return Err("content over 2000 characters".to_owned());
    }
    Ok(content.to_owned())
}

/// Exactly `{"parse": []}`: nobody is pinged, whatever the text says.
fn mentions(fields: &Map<String, Value>) -> Result<(), String> {
    match fields.get("allowed_mentions") {
        Some(allowed) if *allowed == json!({ "parse": [] }) => Ok(()),
        Some(_) => Err("allowed_mentions is not {\"parse\":[]}".to_owned()),
        None => Err("no allowed_mentions".to_owned()),
    }
}

fn post(world: &mut World, asked: &Asked, now: Timestamp) -> Reply {
    match content(asked, &["wait", "thread_id"]) {
        Ok(content) => {
            let id = world.next.to_string();
            world.next = world.next.saturating_add(1);
            let message = Message { id, content, edited: false, at: now };
            let shaped = shape(&message, now);
            world.messages.push(message);
            if asked.query("wait") == Some("true") { Reply::json(200, shaped) } else { Reply::empty(204) }
        }
        Err(what) => broken(world, asked, &what, refusal(400, 50006, "Invalid Form Body")),
    }
}

fn edit(world: &mut World, asked: &Asked, id: &str, now: Timestamp) -> Reply {
    let content = match content(asked, &["thread_id"]) {
        Ok(content) => content,
        Err(what) => return broken(world, asked, &what, refusal(400, 50006, "Invalid Form Body")),
    };
    match world.messages.iter_mut().find(|message| message.id == id) {
        Some(message) => {
            message.content = content;
            message.edited = true;
            Reply::json(200, shape(message, now))
        }
        None => refusal(404, 10008, "Unknown Message"),
    }
}

/// A message in the shape of Discord's description, its required fields filled.
fn shape(message: &Message, now: Timestamp) -> Value {
    json!({
        "id": message.id,
        "type": 0,
        "content": message.content,
        "channel_id": CHANNEL,
        "webhook_id": ID,
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
        "edited_timestamp": message.edited.then(|| now.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()),
        "flags": 0,
        "mention_everyone": false,
        "mention_roles": [],
        "mentions": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": false,
        "tts": false,
        "author": {
            "id": ID,
            "username": "sir-intake",
            "avatar": null,
            "discriminator": "0000",
            "public_flags": 0,
            "flags": 0,
            "bot": true,
            "global_name": null,
            "primary_guild": null,
        },
    })
}
