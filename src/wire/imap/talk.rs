//! One command and its answer: send, read to the tagged line, believe only that line.

use std::time::Duration;

use async_imap::Session;
use async_imap::imap_proto::{MailboxDatum, RequestId, Response, ResponseCode, Status};

use super::{ImapError, Line, Mailbox};

/// The tagged line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Ok,
    Refused { bad: bool, try_create: bool },
}

impl Answer {
    /// NO and BAD as errors.
    pub(super) fn sound(self, command: &'static str) -> Result<(), ImapError> {
        match self {
            Self::Ok => Ok(()),
            Self::Refused { bad, try_create } => Err(ImapError::Refused { command, bad, try_create }),
        }
    }
}

/// What is done with each untagged response.
pub(super) type See<'a> = &'a mut (dyn FnMut(&Response<'_>) + Send);

impl Mailbox {
    /// Runs one command within `limit`. Any error leaves the connection unusable.
    pub(super) async fn run(
        &mut self,
        name: &'static str,
        command: &str,
        limit: Duration,
        see: See<'_>,
    ) -> Result<Answer, ImapError> {
        self.begin()?;
        let (exists, news) = (&mut self.exists, &mut self.news);
        let mut note = |response: &Response<'_>| {
            *news |= counts_more(response, exists);
            see(response);
        };
        let work = converse(&mut self.session, command, &mut note);
        let answer = tokio::time::timeout(limit, work).await;
        let answer = answer.unwrap_or(Err(ImapError::Timeout { command: name }));
        self.settle(answer)
    }

    /// Refuses to go on where an earlier call was cut off.
    pub(super) fn begin(&mut self) -> Result<(), ImapError> {
        if self.out_of_step {
            return Err(ImapError::Lost);
        }
        self.out_of_step = true;
        Ok(())
    }

    pub(super) fn settle<T>(&mut self, result: Result<T, ImapError>) -> Result<T, ImapError> {
        match result {
            Ok(value) => {
                self.out_of_step = false;
                Ok(value)
            }
            Err(_) if self.session.get_ref().tripped() => Err(ImapError::TooLarge),
            Err(error) => Err(error),
        }
    }
}

/// Takes over an EXISTS and says whether it is a growing one.
pub(super) fn counts_more(response: &Response<'_>, exists: &mut u32) -> bool {
    if let Response::Expunge(_) = response {
        *exists = exists.saturating_sub(1);
    }
    let Response::MailboxData(MailboxDatum::Exists(count)) = response else { return false };
    let more = *count > *exists;
    *exists = *count;
    more
}

async fn converse(session: &mut Session<Line>, command: &str, see: See<'_>) -> Result<Answer, ImapError> {
    let id = session.run_command(command).await.map_err(|error| of_client(&error))?;
    loop {
        // The end of the stream before the tagged line is a loss, whatever came before it.
        let data = session.read_response().await.map_err(|error| of_io(&error))?.ok_or(ImapError::Lost)?;
        if let Some(answer) = tagged(data.parsed(), &id) {
            return Ok(answer);
        }
        see(data.parsed());
    }
}

/// The tagged line of this command, if it is one.
pub(super) fn tagged(response: &Response<'_>, id: &RequestId) -> Option<Answer> {
    let Response::Done { tag, status, outcome } = response else { return None };
    let try_create = matches!(outcome.code, Some(ResponseCode::TryCreate));
    let answer = match status {
        Status::Ok => Answer::Ok,
        Status::Bad => Answer::Refused { bad: true, try_create },
        Status::No | Status::PreAuth | Status::Bye => Answer::Refused { bad: false, try_create },
    };
    (tag == id).then_some(answer)
}

/// The text of such an error may hold the whole buffer, so only its kind is kept.
pub(super) fn of_io(error: &std::io::Error) -> ImapError {
    if error.kind() == std::io::ErrorKind::Other { ImapError::Garbled } else { ImapError::Lost }
}

pub(super) fn of_client(error: &async_imap::error::Error) -> ImapError {
    if let async_imap::error::Error::Io(error) = error { of_io(error) } else { ImapError::Lost }
}
