//! One connection to the practice IMAP server: bytes in, `imap-next` for the syntax, our answers out, faults in between.

use std::io;

use imap_next::imap_types::auth::{AuthMechanism, AuthenticateData};
use imap_next::imap_types::command::{Command, CommandBody};
use imap_next::imap_types::core::Tag;
use imap_next::imap_types::response::{CommandContinuationRequest, Greeting, Status};
use imap_next::server::{Event, Options, Server};
use imap_next::types::CommandAuthenticate;
use imap_next::{Interrupt, Io, State};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::answer::{self, Answer, View};
use super::faults::Fault;
use super::{Shared, search};
use crate::practice::board::Board;
use crate::practice::sasl::XOAUTH2_REFUSED;

/// Why a session ends; none of it is anybody's concern but the session's.
enum End {
    /// Said goodbye: the stream is closed properly.
    Over,
    /// The stream is torn.
    Torn,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Torn
    }
}

/// An AUTHENTICATE under way.
struct Authenticating {
    tag: Tag<'static>,
    mechanism: AuthMechanism<'static>,
    /// Refused already; the client owes an empty line.
    refused: bool,
}

struct Session {
    stream: TlsStream<TcpStream>,
    server: Server,
    shared: Board<Shared>,
    news: watch::Receiver<Shared>,
    /// Value of the "drop all" counter when this connection came.
    dropped: u64,
    logged_in: bool,
    view: Option<View>,
    authenticating: Option<Authenticating>,
    /// Tag of an IDLE under way, and whether it hears anything.
    idle: Option<(Tag<'static>, bool)>,
}

/// Serves one connection until its end.
pub(super) async fn serve(stream: TcpStream, acceptor: TlsAcceptor, shared: Board<Shared>) {
    let _ = stream.set_nodelay(true);
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let (dropped, fault) = shared.change(|shared| {
        shared.record.connections = shared.record.connections.saturating_add(1);
        (shared.record.dropped, shared.record.strike("CONNECT"))
    });
    let hello = match fault {
        Some(Fault::Bye) => Greeting::bye(None, "too many connections"),
        Some(Fault::Drop | Fault::DropAfter | Fault::Cut { .. }) => return,
        Some(Fault::NoAfterData | Fault::No | Fault::Bad | Fault::Hang | Fault::LiteralLie { .. }) | None => {
            Greeting::ok(None, "practice")
        }
    };
    let Ok(hello) = hello else { return };
    let mut session = Session {
        stream,
        server: Server::new(Options::default(), hello),
        news: shared.news(),
        shared,
        dropped,
        logged_in: false,
        view: None,
        authenticating: None,
        idle: None,
    };
    let end = if fault == Some(Fault::Hang) { session.hang().await } else { session.run().await };
    session.leave_idle();
    if matches!(end, End::Over) {
        let _ = session.stream.flush().await;
        let _ = session.stream.shutdown().await;
    }
}

impl Session {
    async fn run(&mut self) -> End {
        loop {
            let step = match self.next().await {
                Ok(event) => self.meet(event).await,
                Err(end) => Err(end),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// The next event, after all output is sent. Waits for bytes, for news while idling, and for "drop all".
    async fn next(&mut self) -> Result<Event, End> {
        let mut buffer = vec![0_u8; 16 * 1024];
        loop {
            match self.server.next() {
                Ok(event) => return Ok(event),
                Err(Interrupt::Io(Io::Output(bytes))) => self.stream.write_all(&bytes).await?,
                Err(Interrupt::Error(_)) => self.stream.write_all(b"* BAD not understood\r\n").await?,
                Err(Interrupt::Io(Io::NeedMoreInput)) => {
                    self.stream.flush().await?;
                    tokio::select! {
                        read = self.stream.read(&mut buffer) => {
                            let read = buffer.get(..read?).unwrap_or_default();
                            if read.is_empty() {
                                return Err(End::Torn);
                            }
                            self.server.enqueue_input(read);
                        }
                        changed = self.news.changed() => {
                            changed.map_err(|_| End::Torn)?;
                            self.tell_news().await?;
                        }
                    }
                }
            }
        }
    }

    async fn tell_news(&mut self) -> Result<(), End> {
        if self.news.borrow_and_update().record.dropped != self.dropped {
            return Err(End::Torn);
        }
        match &self.idle {
            Some((_, true)) => self.refresh().await,
            Some((_, false)) | None => Ok(()),
        }
    }

    /// Tells what happened in the selected folder.
    async fn refresh(&mut self) -> Result<(), End> {
        let Some(view) = self.view.as_mut() else { return Ok(()) };
        // A look first: a change would wake every other connection for nothing, and they us.
        if self.shared.look(|shared| {
            shared.post.highest_modseq() == view.as_of
                && shared.post.folder(&view.name).is_some_and(|folder| folder.uidvalidity == view.validity)
        }) {
            return Ok(());
        }
        match self.shared.change(|shared| answer::refresh(shared, view)) {
            Some(data) => {
                self.stream.write_all(&data).await?;
                self.stream.flush().await?;
                Ok(())
            }
            None => self.bye("the folder was deleted under you").await,
        }
    }

    async fn bye(&mut self, why: &str) -> Result<(), End> {
        self.stream.write_all(format!("* BYE {why}\r\n").as_bytes()).await?;
        Err(End::Over)
    }

    async fn hang(&mut self) -> End {
        let mut buffer = vec![0_u8; 1024];
        loop {
            tokio::select! {
                read = self.stream.read(&mut buffer) => if !matches!(read, Ok(1..)) {
                    return End::Torn;
                },
                changed = self.news.changed() => {
                    if changed.is_err() || self.news.borrow_and_update().record.dropped != self.dropped {
                        return End::Torn;
                    }
                }
            }
        }
    }

    async fn meet(&mut self, event: Event) -> Result<(), End> {
        match event {
            Event::GreetingSent { .. } | Event::ResponseSent { .. } => Ok(()),
            Event::CommandReceived { command } => self.command(command).await,
            Event::CommandAuthenticateReceived { command_authenticate } => {
                self.authenticate(command_authenticate).await
            }
            Event::AuthenticateDataReceived { authenticate_data } => {
                self.authenticate_data(authenticate_data).await
            }
            Event::IdleCommandReceived { tag } => self.idle(tag).await,
            Event::IdleDoneReceived => self.idle_done().await,
        }
    }

    fn record(&self, name: &str, uid: bool) -> Option<Fault> {
        self.shared.change(|shared| {
            shared.record.commands.push(if uid { format!("UID {name}") } else { name.to_owned() });
            shared.record.strike(name)
        })
    }

    async fn command(&mut self, command: Command<'static>) -> Result<(), End> {
        let Command { tag, body } = command;
        let fault = self.record(body.name(), by_uid(&body));
        match &fault {
            Some(Fault::No) => return self.tagged(&tag, "NO not now").await,
            Some(Fault::Bad) => return self.tagged(&tag, "BAD not understood").await,
            Some(Fault::Drop) => return Err(End::Torn),
            Some(Fault::Hang) => return Err(self.hang().await),
            Some(Fault::Bye) => return self.bye("going down").await,
            Some(Fault::LiteralLie { bytes }) => return self.lie(*bytes).await,
            Some(Fault::NoAfterData | Fault::Cut { .. } | Fault::DropAfter) | None => {}
        }
        if let Some(view) = &self.view
            && self
                .shared
                .look(|shared| shared.post.folder(&view.name).is_none_or(|f| f.uidvalidity != view.validity))
        {
            return self.bye("the folder was deleted under you").await;
        }
        let quiet = keeps_numbers(&body);
        let mut answer = self.answer(body);
        if !quiet && !answer.last && fault.is_none() {
            // New mail and the like go out before the tagged line, as servers do.
            let view = self.view.as_mut();
            let news = view.and_then(|view| self.shared.change(|shared| answer::refresh(shared, view)));
            answer.data.extend(news.unwrap_or_default());
        }
        match fault {
            Some(Fault::NoAfterData) => answer.status = "NO [SERVERBUG] could not finish".to_owned(),
            Some(Fault::DropAfter) => return Err(End::Torn),
            Some(Fault::Cut { after_bytes }) => {
                let mut bytes = answer.data;
                bytes.extend_from_slice(format!("{} {}\r\n", tag.as_ref(), answer.status).as_bytes());
                bytes.truncate(after_bytes);
                self.stream.write_all(&bytes).await?;
                return Err(End::Over);
            }
            // The others were dealt with before the command was obeyed.
            Some(
                Fault::No | Fault::Bad | Fault::Drop | Fault::Hang | Fault::Bye | Fault::LiteralLie { .. },
            )
            | None => {}
        }
        self.stream.write_all(&answer.data).await?;
        self.tagged(&tag, &answer.status).await?;
        if answer.last { Err(End::Over) } else { Ok(()) }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "one command is met here, the rest elsewhere")]
    fn answer(&mut self, body: CommandBody<'static>) -> Answer {
        match body {
            CommandBody::Login { username, password } => {
                let (name, password) = (search::text(&username), search::text(password.declassify()));
                let good = self.shared.look(|shared| shared.accounts.password(&name, &password));
                self.logged_in = good;
                self.login_answer(good)
            }
            body => {
                let open = matches!(body, CommandBody::Capability | CommandBody::Noop | CommandBody::Logout);
                if open || self.logged_in { self.obey(body) } else { Answer::status("BAD log in first") }
            }
        }
    }

    fn obey(&mut self, body: CommandBody<'static>) -> Answer {
        let view = &mut self.view;
        self.shared.change(|shared| answer::obey(shared, view, body))
    }

    fn login_answer(&self, good: bool) -> Answer {
        if good {
            let list = self.shared.look(answer::capabilities);
            Answer::with(Vec::new(), format!("OK [CAPABILITY {list}] logged in"))
        } else {
            Answer::status("NO [AUTHENTICATIONFAILED] wrong name or password")
        }
    }

    async fn tagged(&mut self, tag: &Tag<'static>, status: &str) -> Result<(), End> {
        self.stream.write_all(format!("{} {status}\r\n", tag.as_ref()).as_bytes()).await?;
        self.stream.flush().await?;
        Ok(())
    }

    /// Announces a literal that never comes.
    async fn lie(&mut self, bytes: u64) -> Result<(), End> {
        let uid = self.view.as_ref().and_then(|view| view.mails.first()).map_or(1, |&(uid, _)| uid);
        let line = format!("* 1 FETCH (UID {uid} BODY[] {{{bytes}}}\r\nabc");
        self.stream.write_all(line.as_bytes()).await?;
        self.stream.flush().await?;
        Err(self.hang().await)
    }

    async fn authenticate(&mut self, command: CommandAuthenticate) -> Result<(), End> {
        let CommandAuthenticate { tag, mechanism, initial_response } = command;
        match self.record("AUTHENTICATE", false) {
            Some(Fault::No | Fault::Bad | Fault::NoAfterData) => {
                return self.authenticated(&tag, "NO", "not now");
            }
            Some(Fault::Hang) => return Err(self.hang().await),
            Some(Fault::Bye) => return self.bye("going down").await,
            Some(Fault::Drop | Fault::DropAfter | Fault::Cut { .. } | Fault::LiteralLie { .. }) => {
                return Err(End::Torn);
            }
            None => {}
        }
        self.authenticating = Some(Authenticating { tag, mechanism, refused: false });
        match initial_response {
            Some(data) => self.credentials(data.declassify()),
            None => self.go_on(b""),
        }
    }

    async fn authenticate_data(&mut self, data: AuthenticateData<'static>) -> Result<(), End> {
        match data {
            AuthenticateData::Continue(data) => self.credentials(data.declassify()),
            AuthenticateData::Cancel => match self.authenticating.take() {
                Some(going) => self.authenticated(&going.tag, "BAD", "cancelled"),
                None => self.bye("nothing to cancel").await,
            },
        }
    }

    fn go_on(&mut self, data: &[u8]) -> Result<(), End> {
        let request = CommandContinuationRequest::base64(data.to_vec());
        self.server.authenticate_continue(request).map(|_| ()).map_err(|_| End::Torn)
    }

    fn credentials(&mut self, data: &[u8]) -> Result<(), End> {
        let Some(mut going) = self.authenticating.take() else { return Err(End::Torn) };
        let xoauth2 = going.mechanism == AuthMechanism::XOAuth2;
        let good = !going.refused
            && self.shared.look(|shared| {
                if xoauth2 { shared.accounts.xoauth2(data) } else { shared.accounts.plain(data) }
            });
        if good {
            self.logged_in = true;
            return self.authenticated(&going.tag, "OK", "logged in");
        }
        if xoauth2 && !going.refused {
            going.refused = true;
            self.authenticating = Some(going);
            return self.go_on(XOAUTH2_REFUSED.as_bytes());
        }
        self.authenticated(&going.tag, "NO", "[AUTHENTICATIONFAILED] wrong name, password or token")
    }

    fn authenticated(&mut self, tag: &Tag<'static>, word: &str, text: &str) -> Result<(), End> {
        let tag = Some(tag.clone());
        let status = match word {
            "OK" => Status::ok(tag, None, text.to_owned()),
            "BAD" => Status::bad(tag, None, text.to_owned()),
            _ => Status::no(tag, None, text.to_owned()),
        };
        let status = status.map_err(|_| End::Torn)?;
        self.server.authenticate_finish(status).map(|_| ()).map_err(|_| End::Torn)
    }

    async fn idle(&mut self, tag: Tag<'static>) -> Result<(), End> {
        let fault = self.record("IDLE", false);
        let hidden = self.shared.look(|shared| shared.record.hide_idle);
        let deaf = match fault {
            Some(Fault::Drop | Fault::DropAfter | Fault::Cut { .. }) => return Err(End::Torn),
            Some(Fault::Bye) => return self.bye("going down").await,
            Some(Fault::Hang) => true,
            Some(Fault::No | Fault::Bad | Fault::NoAfterData | Fault::LiteralLie { .. }) => {
                let status = Status::no(Some(tag), None, "no idling now").map_err(|_| End::Torn)?;
                return self.server.idle_reject(status).map(|_| ()).map_err(|_| End::Torn);
            }
            None if hidden || !self.logged_in => {
                let status = Status::bad(Some(tag), None, "no such command").map_err(|_| End::Torn)?;
                return self.server.idle_reject(status).map(|_| ()).map_err(|_| End::Torn);
            }
            None => false,
        };
        if !deaf {
            self.refresh().await?;
        }
        let go = CommandContinuationRequest::basic(None, "idling").map_err(|_| End::Torn)?;
        self.server.idle_accept(go).map_err(|_| End::Torn)?;
        self.idle = Some((tag, !deaf));
        self.shared.change(|shared| shared.record.idling = shared.record.idling.saturating_add(1));
        Ok(())
    }

    fn leave_idle(&mut self) -> Option<(Tag<'static>, bool)> {
        let left = self.idle.take()?;
        self.shared.change(|shared| shared.record.idling = shared.record.idling.saturating_sub(1));
        Some(left)
    }

    async fn idle_done(&mut self) -> Result<(), End> {
        match self.leave_idle() {
            Some((_, false)) => Err(self.hang().await),
            Some((tag, true)) => self.tagged(&tag, "OK done idling").await,
            None => Err(End::Torn),
        }
    }
}

/// Whether it is the UID form of a command.
fn by_uid(body: &CommandBody<'_>) -> bool {
    matches!(
        body,
        CommandBody::Search { uid: true, .. }
            | CommandBody::Fetch { uid: true, .. }
            | CommandBody::Store { uid: true, .. }
            | CommandBody::Copy { uid: true, .. }
            | CommandBody::Move { uid: true, .. }
            | CommandBody::ExpungeUid { .. }
    )
}

/// No EXPUNGE may be sent during these, or the client's numbers are wrong (RFC 9051 section 7.5.1).
fn keeps_numbers(body: &CommandBody<'_>) -> bool {
    matches!(
        body,
        CommandBody::Search { uid: false, .. }
            | CommandBody::Fetch { uid: false, .. }
            | CommandBody::Store { uid: false, .. }
            | CommandBody::Capability
    )
}
