//! A scripted IMAP server over an in-memory line: it expects our commands and answers as told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sir_intake::wire::Login;
use sir_intake::wire::imap::{ImapError, ImapTimeouts, Mailbox};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};

pub const QUICK: ImapTimeouts = ImapTimeouts {
    connect: Duration::from_secs(1),
    command: Duration::from_secs(1),
    fetch: Duration::from_secs(1),
};

/// What the server does with one line of ours: it must hold `.0`; `{tag}` in `.1` is replaced by our tag.
pub type Step = (&'static str, String);

/// Ends a script: the line is closed.
pub const CLOSE: &str = "\u{4}";

pub fn step(want: &'static str, reply: &str) -> Step {
    (want, reply.to_owned())
}

pub struct Server {
    pub stream: Option<DuplexStream>,
    heard: Arc<Mutex<Vec<String>>>,
}

/// A server that says the greeting and then follows its script; after the script it is silent.
pub fn scripted(greeting: &str, steps: Vec<Step>) -> Server {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (greeting, log) = (greeting.to_owned(), Arc::clone(&heard));
    tokio::spawn(async move {
        let (read, mut write) = tokio::io::split(theirs);
        let mut lines = BufReader::new(read);
        write.write_all(greeting.as_bytes()).await.unwrap();
        let mut tag = String::new();
        for (want, reply) in steps {
            let mut line = String::new();
            if lines.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            log.lock().unwrap().push(line.trim_end().to_owned());
            assert!(line.contains(want), "wanted {want}, heard {line}");
            if line.starts_with('A') && line.contains(' ') {
                tag = line.split(' ').next().unwrap().to_owned();
            }
            let reply = reply.replace("{tag}", &tag);
            let (reply, close) =
                reply.strip_suffix(CLOSE).map_or((reply.as_str(), false), |rest| (rest, true));
            if write.write_all(reply.as_bytes()).await.is_err() || close {
                return;
            }
        }
        let mut rest = String::new();
        while lines.read_line(&mut rest).await.unwrap_or(0) > 0 {
            log.lock().unwrap().push(std::mem::take(&mut rest));
        }
    });
    Server { stream: Some(ours), heard }
}

/// The same, with a login and these capabilities in front.
pub fn server(can: &str, steps: Vec<Step>) -> Server {
    let mut all = vec![
        step("LOGIN \"intake\" \"pw\"", "{tag} OK in\r\n"),
        step("CAPABILITY", &format!("* CAPABILITY IMAP4rev1 {can}\r\n{{tag}} OK\r\n")),
    ];
    all.extend(steps);
    scripted("* OK ready\r\n", all)
}

pub fn login() -> Login {
    Login::Password { user: "intake".to_owned(), secret: "pw".to_owned().into() }
}

impl Server {
    pub async fn enter(&mut self) -> Mailbox {
        self.try_enter().await.expect("logged in")
    }

    pub async fn try_enter(&mut self) -> Result<Mailbox, ImapError> {
        Mailbox::over(self.stream.take().unwrap(), &login(), QUICK).await
    }

    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}
