//! The private line under an SMTP connection: bounds what the server may say, and stands in for the greeting that a
//! server does not repeat after STARTTLS.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// All replies between two of our writes together (bytes): lettre would read a line without an end for ever, and parses
/// a reply anew with each of its lines.
const MAX_REPLY: usize = 8 * 1024;

/// TLS over TCP.
#[derive(Debug)]
pub(super) struct Line {
    inner: TlsStream<TcpStream>,
    /// Read before anything that the server says.
    prologue: &'static [u8],
    heard: usize,
}

impl Line {
    pub(super) fn new(inner: TlsStream<TcpStream>, prologue: &'static [u8]) -> Self {
        Self { inner, prologue, heard: 0 }
    }
}

impl AsyncTokioStream for Line {
    fn peer_addr(&self) -> std::io::Result<SocketAddr> {
        self.inner.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if !self.prologue.is_empty() {
            let (now, later) =
                self.prologue.split_at_checked(buf.remaining()).unwrap_or((self.prologue, &[]));
            buf.put_slice(now);
            self.prologue = later;
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.heard += buf.filled().len().saturating_sub(before);
        if self.heard > MAX_REPLY {
            return Poll::Ready(Err(std::io::ErrorKind::InvalidData.into()));
        }
        polled
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.heard = 0;
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
