//! TLS for the mail peers: whom we trust, and one way to dial. There is no way to accept a certificate that does not
//! verify; a private root is named with `ca_file`.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The roots that a peer's certificate must lead to; cheap to clone.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trust")
    }
}

/// Why no trust could be built; found at start, not on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The machine has no usable roots.
    #[error("the platform's certificate roots cannot be read")]
    Platform,
    /// `ca_file` is not PEM, or holds no certificate.
    #[error("ca_file holds no PEM certificate")]
    NoCertificate,
    /// A certificate of `ca_file` is not one.
    #[error("ca_file holds a certificate that cannot be read")]
    BadCertificate,
}

/// Why a peer could not be reached. Nothing was sent to it but the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The host name has no address, or is not a name.
    #[error("the host name does not resolve")]
    Name,
    /// No address accepted the connection.
    #[error("the connection was refused")]
    Refused,
    /// The certificate does not lead to a root that we trust, or names another host.
    #[error("the server's certificate is not trusted")]
    Certificate,
    /// The handshake broke in another way.
    #[error("the TLS handshake failed")]
    Handshake,
    /// Not within the time given.
    #[error("the connection timed out")]
    Timeout,
}

impl Trust {
    /// The roots of the operating system.
    ///
    /// # Errors
    /// [`TrustError::Platform`] where there are none.
    pub fn platform() -> Result<Self, TrustError> {
        let config = versions()?.with_platform_verifier().map_err(|_| TrustError::Platform)?;
        Ok(Self(Arc::new(config.with_no_client_auth())))
    }

    /// Only the certificates of this PEM file: the platform's roots do not count then.
    ///
    /// # Errors
    /// [`TrustError::NoCertificate`] or [`TrustError::BadCertificate`].
    pub fn ca(pem: &[u8]) -> Result<Self, TrustError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| TrustError::BadCertificate)?;
            roots.add(certificate).map_err(|_| TrustError::BadCertificate)?;
        }
        if roots.is_empty() {
            return Err(TrustError::NoCertificate);
        }
        Ok(Self(Arc::new(versions()?.with_root_certificates(roots).with_no_client_auth())))
    }

    /// `ca` with a file's bytes, else `platform`.
    ///
    /// # Errors
    /// As the two.
    pub fn of(ca_file: Option<&[u8]>) -> Result<Self, TrustError> {
        ca_file.map_or_else(Self::platform, Self::ca)
    }

    /// The handshake over an open connection, which must end in time.
    ///
    /// # Errors
    /// [`DialError`] of the handshake kinds.
    pub async fn handshake(
        &self,
        host: &str,
        tcp: TcpStream,
        limit: Duration,
    ) -> Result<TlsStream<TcpStream>, DialError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| DialError::Name)?;
        let work = TlsConnector::from(Arc::clone(&self.0)).connect(name, tcp);
        match tokio::time::timeout(limit, work).await {
            Err(_) => Err(DialError::Timeout),
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(kind(&error)),
        }
    }
}

/// Opens a TCP connection within `limit`. Small writes leave at once (no Nagle): both mail protocols wait for an
/// answer after each.
///
/// # Errors
/// [`DialError::Name`], [`DialError::Refused`] or [`DialError::Timeout`].
pub async fn dial(host: &str, port: u16, limit: Duration) -> Result<TcpStream, DialError> {
    let work = async {
        let addresses = tokio::net::lookup_host((host, port)).await.map_err(|_| DialError::Name)?;
        for address in addresses {
            if let Ok(tcp) = TcpStream::connect(address).await {
                tcp.set_nodelay(true).map_err(|_| DialError::Refused)?;
                return Ok(tcp);
            }
        }
        Err(DialError::Refused)
    };
    tokio::time::timeout(limit, work).await.unwrap_or(Err(DialError::Timeout))
}

/// TLS 1.2 and 1.3 with the `ring` provider, named here so that no process-wide default is needed.
fn versions() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, TrustError> {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| TrustError::Platform)
}

fn kind(error: &std::io::Error) -> DialError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(_)) => DialError::Certificate,
        Some(_) | None => DialError::Handshake,
    }
}
