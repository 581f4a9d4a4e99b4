//! IDLE (RFC 2177): wait until the server says that a mail came.
//!
//! Own loop over `IDLE` and `DONE`: the client library hangs on a NO, takes the end of the stream for an interrupt, and
//! starts its clock anew at each `* OK Still here`.

use std::future::Future;
use std::time::Duration;

use async_imap::Session;
use async_imap::imap_proto::{RequestId, Response, Status};

use super::talk::{counts_more, of_client, of_io, tagged};
use super::{ImapError, Line, Mailbox};

/// A half-open connection can look alive for ever, so no IDLE lasts longer; a real poll follows it.
const LONGEST: Duration = Duration::from_secs(300);

/// Why the waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleEnd {
    /// The folder has more mails, or had before the waiting began.
    News,
    /// The time is over.
    Timeout,
    /// The caller's own signal came.
    Woken,
    /// The connection is gone: connect anew.
    Lost,
}

impl Mailbox {
    /// Waits for news in the open folder, at most `max` and never over five minutes.
    ///
    /// # Errors
    /// [`ImapError::Refused`] when the server does not IDLE (poll then); [`ImapError::Timeout`] when it does not even
    /// answer.
    pub async fn idle(&mut self, max: Duration) -> Result<IdleEnd, ImapError> {
        self.idle_until(max, std::future::pending()).await
    }

    /// The same, ended earlier by `wake`.
    ///
    /// # Errors
    /// As [`Self::idle`].
    pub async fn idle_until(
        &mut self,
        max: Duration,
        wake: impl Future<Output = ()> + Send,
    ) -> Result<IdleEnd, ImapError> {
        if std::mem::take(&mut self.news) {
            return Ok(IdleEnd::News);
        }
        self.begin()?;
        let ended = self.idle_open(max.min(LONGEST), wake).await;
        match ended {
            // A NO is a whole answer: the connection is still in step.
            Err(refused @ ImapError::Refused { .. }) => {
                self.out_of_step = false;
                Err(refused)
            }
            Ok(IdleEnd::Lost) | Err(ImapError::Lost | ImapError::Garbled) => Ok(IdleEnd::Lost),
            other => self.settle(other),
        }
    }

    async fn idle_open(
        &mut self,
        max: Duration,
        wake: impl Future<Output = ()> + Send,
    ) -> Result<IdleEnd, ImapError> {
        let limit = self.timeouts.command;
        let late = Err(ImapError::Timeout { command: "IDLE" });
        let (session, exists) = (&mut self.session, &mut self.exists);
        let (id, mut news) = tokio::time::timeout(limit, start(session, exists)).await.unwrap_or(late)?;
        let mut end = IdleEnd::News;
        if !news {
            end = tokio::select! {
                heard = tokio::time::timeout(max, listen(session, exists)) => match heard {
                    Err(_) => IdleEnd::Timeout,
                    Ok(heard) => heard?,
                },
                () = wake => IdleEnd::Woken,
            };
        }
        if end == IdleEnd::Lost {
            return Ok(end);
        }
        let late = Err(ImapError::Timeout { command: "DONE" });
        news |= tokio::time::timeout(limit, finish(session, &id, exists)).await.unwrap_or(late)?;
        Ok(if news { IdleEnd::News } else { end })
    }
}

/// Sends IDLE and waits for the `+`.
async fn start(session: &mut Session<Line>, exists: &mut u32) -> Result<(RequestId, bool), ImapError> {
    let id = session.run_command("IDLE").await.map_err(|error| of_client(&error))?;
    let mut news = false;
    loop {
        let data = session.read_response().await.map_err(|error| of_io(&error))?.ok_or(ImapError::Lost)?;
        if matches!(data.parsed(), Response::Continue(_)) {
            return Ok((id, news));
        }
        if let Some(answer) = tagged(data.parsed(), &id) {
            answer.sound("IDLE")?;
            // OK without a `+`: it did not idle.
            return Err(ImapError::Refused { command: "IDLE", bad: false, try_create: false });
        }
        news |= counts_more(data.parsed(), exists);
    }
}

/// Until there are more mails. Keep-alives (`* OK Still here`), flags and expunges are no news.
async fn listen(session: &mut Session<Line>, exists: &mut u32) -> Result<IdleEnd, ImapError> {
    loop {
        let Some(data) = session.read_response().await.map_err(|error| of_io(&error))? else {
            return Ok(IdleEnd::Lost);
        };
        // A tagged line here: the server ended the IDLE by itself.
        if matches!(data.parsed(), Response::Data { status: Status::Bye, .. } | Response::Done { .. }) {
            return Ok(IdleEnd::Lost);
        }
        if counts_more(data.parsed(), exists) {
            return Ok(IdleEnd::News);
        }
    }
}

/// Sends DONE and reads up to the tagged line; whether more mails came meanwhile.
async fn finish(session: &mut Session<Line>, id: &RequestId, exists: &mut u32) -> Result<bool, ImapError> {
    session.run_command_untagged("DONE").await.map_err(|error| of_client(&error))?;
    let mut news = false;
    loop {
        let data = session.read_response().await.map_err(|error| of_io(&error))?.ok_or(ImapError::Lost)?;
        if tagged(data.parsed(), id).is_some() {
            return Ok(news);
        }
        news |= counts_more(data.parsed(), exists);
    }
}
