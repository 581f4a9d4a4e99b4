//! The HTTP side that the practice servers for GitHub, Discord and OAuth share: a request as a value in, a reply as a value out, every
//! exchange recorded.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Largest request body taken, in bytes.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Asks the time; the practice servers have no clock of their own.
pub type Now = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// A request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// GET, POST ...
    pub method: Method,
    /// As sent, not decoded.
    pub path: String,
    /// Decoded, in order.
    pub query: Vec<(String, String)>,
    /// As sent.
    pub headers: HeaderMap,
    /// As sent.
    pub body: Bytes,
    /// The body, when it is JSON; `Null` when there is none.
    pub json: Option<Value>,
}

impl Asked {
    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The path's segments, decoded.
    pub fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| decoded(segment, false))
            .collect()
    }
}

/// How a reply reaches the client, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// As it should.
    #[default]
    Whole,
    /// The connection ends without a byte.
    Nothing,
    /// Head and half of the body, then the connection ends.
    Cut,
    /// Silence; the connection stays open.
    Silence,
    /// Whole, but so much later.
    Late(Duration),
}

/// A reply.
#[derive(Debug, Clone)]
pub struct Reply {
    /// 200 ...
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// `None`: no body.
    pub body: Option<Value>,
    /// How it is sent.
    pub manner: Manner,
}

impl Reply {
    /// A JSON reply.
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body), manner: Manner::Whole }
    }

    /// A reply without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None, manner: Manner::Whole }
    }

    /// The same with one header more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Appends exchanges to a file, one JSON object a line: `peer, method, path, query, request, status, response, sent`.
#[derive(Clone, Default)]
pub struct Recorder(Option<Arc<Mutex<File>>>);

impl Recorder {
    /// Records nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// Appends to a file, made when missing.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn to_file(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self(Some(Arc::new(Mutex::new(file)))))
    }

    fn record(&self, peer: &str, asked: &Asked, reply: &Reply) {
        let Some(file) = &self.0 else { return };
        let request = match (&asked.json, asked.body.is_empty()) {
            (_, true) => Value::Null,
            (Some(json), false) => json.clone(),
            (None, false) => Value::String(String::from_utf8_lossy(&asked.body).into_owned()),
        };
        let line = json!({
            "peer": peer,
            "method": asked.method.as_str(),
            "path": asked.path,
            "query": asked.query,
            "request": request,
            "status": reply.status,
            "response": reply.body,
            "sent": matches!(reply.manner, Manner::Whole | Manner::Late(_)),
        });
        // One write a line, so that servers of different tests can share a file. A full disk fails the test that reads it.
        let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(format!("{line}\n").as_bytes());
    }
}

type Answer = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

/// A plain HTTP/1.1 server on a free port of 127.0.0.1; it ends, with all its connections, when dropped.
pub struct Web {
    /// The port.
    pub port: u16,
    _end: DropGuard,
}

impl Web {
    /// Serves until dropped; `answer` is told its own port first.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start<F>(
        peer: &'static str,
        recorder: Recorder,
        make: impl FnOnce(u16) -> F,
    ) -> io::Result<Self>
    where
        F: Fn(&Asked) -> Reply + Send + Sync + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let answer: Answer = Arc::new(make(port));
        let end = CancellationToken::new();
        tokio::spawn(accept(listener, end.clone(), peer, answer, recorder));
        Ok(Self { port, _end: end.drop_guard() })
    }
}

async fn accept(
    listener: TcpListener,
    end: CancellationToken,
    peer: &'static str,
    answer: Answer,
    recorder: Recorder,
) {
    loop {
        let connection = tokio::select! {
            () = end.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = connection else { continue };
        let _ = stream.set_nodelay(true);
        let (end, answer, recorder) = (end.clone(), Arc::clone(&answer), recorder.clone());
        tokio::spawn(async move {
            let service =
                service_fn(move |request| serve(request, peer, Arc::clone(&answer), recorder.clone()));
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                () = end.cancelled() => {}
                // It ends in an error whenever a fault cut it.
                _ = connection => {}
            }
        });
    }
}

type Body = UnsyncBoxBody<Bytes, io::Error>;

async fn serve(
    request: http::Request<Incoming>,
    peer: &'static str,
    answer: Answer,
    recorder: Recorder,
) -> io::Result<http::Response<Body>> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(io::Error::other)?.to_bytes();
    let asked = Asked {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: form(head.uri.query().unwrap_or_default()),
        headers: head.headers,
        json: serde_json::from_slice(&body).ok(),
        body,
    };
    let reply = answer(&asked);
    recorder.record(peer, &asked, &reply);
    match reply.manner {
        Manner::Whole | Manner::Cut => {}
        Manner::Nothing => return Err(io::Error::other("cut")),
        Manner::Silence => std::future::pending().await,
        Manner::Late(by) => tokio::time::sleep(by).await,
    }
    response(&reply)
}

fn response(reply: &Reply) -> io::Result<http::Response<Body>> {
    let status = StatusCode::from_u16(reply.status).map_err(io::Error::other)?;
    let mut response = http::Response::builder().status(status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    let text = reply.body.as_ref().map(Value::to_string).unwrap_or_default();
    if reply.body.is_some() {
        response = response.header("content-type", "application/json; charset=utf-8");
    }
    let body = if reply.manner == Manner::Cut {
        response = response.header("content-length", text.len().max(2));
        let half = Bytes::copy_from_slice(text.as_bytes().get(..text.len() / 2).unwrap_or_default());
        let parts = vec![Ok(Frame::data(half)), Err(io::Error::other("cut"))];
        StreamBody::new(stream::iter(parts)).boxed_unsync()
    } else {
        Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync()
    };
    response.body(body).map_err(io::Error::other)
}

/// `a=b&c=d`, decoded (WHATWG `application/x-www-form-urlencoded`).
pub fn form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name, true), decoded(value, true))
        })
        .collect()
}

/// Percent-decoding; what is not an escape stays as it is.
fn decoded(text: &str, plus: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let escape = match byte {
            b'%' => {
                let mut ahead = rest.clone();
                let digit = |digit: Option<u8>| digit.and_then(|digit| char::from(digit).to_digit(16));
                let (high, low) = (digit(ahead.next()), digit(ahead.next()));
                high.zip(low)
                    .and_then(|(high, low)| u8::try_from(high * 16 + low).ok())
                    .inspect(|_| rest = ahead)
            }
            b'+' if plus => Some(b' '),
            _ => None,
        };
        bytes.push(escape.unwrap_or(byte));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One request as it was met, for tests that count them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// GET, POST ...
    pub method: String,
    /// As sent.
    pub path: String,
    /// Decoded, `name=value` joined by `&`.
    pub query: String,
    /// What was answered.
    pub status: u16,
}
