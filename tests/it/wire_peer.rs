//! A scripted HTTP/1.1 server on loopback: records what it was asked and answers, or fails, as told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// What the server does with it.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Status, headers, body.
    Http(u16, Vec<(&'static str, String)>, String),
    /// The same with a body that is no text.
    Bytes(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Announces such a body, sends half of it and closes.
    CutBytes(Vec<u8>),
    /// Reads the request and closes the line.
    Drop,
    /// Announces a body, sends half of it and closes.
    Cut(u16, String),
    /// Says nothing.
    Hang,
}

pub fn json(status: u16, body: &str) -> Reply {
    Reply::Http(status, vec![], body.to_owned())
}

pub struct Peer {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Peer {
    pub async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&asked), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                tokio::spawn(async move { serve(tcp, &log, &*answer).await });
            }
        });
        Self { url, asked }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(
    tcp: TcpStream,
    log: &Mutex<Vec<Asked>>,
    answer: &(impl Fn(&Asked) -> Reply + Sync),
) -> Option<()> {
    let (read, mut write) = tcp.into_split();
    let mut lines = BufReader::new(read);
    loop {
        let mut first = String::new();
        lines.read_line(&mut first).await.ok().filter(|count| *count > 0)?;
        let mut words = first.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).await.ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        lines.read_exact(&mut body).await.ok()?;
        let asked = Asked { method, path, headers, body: String::from_utf8(body).ok()? };
        log.lock().unwrap().push(asked.clone());
        match answer(&asked) {
            Reply::Drop => return None,
            Reply::Hang => tokio::time::sleep(Duration::from_secs(60)).await,
            Reply::Cut(status, body) => {
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
                let half = &body[..body.len() / 2];
                write.write_all(format!("{head}{half}").as_bytes()).await.ok()?;
                return None;
            }
            Reply::CutBytes(body) => {
                let head = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n", body.len());
                write.write_all(head.as_bytes()).await.ok()?;
                write.write_all(&body[..body.len() / 2]).await.ok()?;
                return None;
            }
            Reply::Bytes(status, extra, body) => {
                let extra: String =
                    extra.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                let head = format!("HTTP/1.1 {status} X\r\n{extra}content-length: {}\r\n\r\n", body.len());
                write.write_all(head.as_bytes()).await.ok()?;
                write.write_all(&body).await.ok()?;
            }
            Reply::Http(status, extra, body) => {
                let extra: String =
                    extra.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                let head = format!("HTTP/1.1 {status} X\r\n{extra}content-length: {}\r\n\r\n", body.len());
                write.write_all(format!("{head}{body}").as_bytes()).await.ok()?;
            }
        }
    }
}
