//! Addresses of the web that we call.

use std::fmt;
use std::net::IpAddr;

/// An absolute URL: https, or http towards loopback only (a token must not cross a network in the clear). Its end has
/// no slash. It holds no user name or password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// Reads it.
    ///
    /// # Errors
    /// A sentence that says what is wrong; it does not repeat the text, which may be a secret.
    pub fn parse(text: &str) -> Result<Self, String> {
        let uri: http::Uri =
            text.parse().map_err(|_| "not a URL like https://host.example/path".to_owned())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("not an absolute URL like https://host.example/path".to_owned());
        };
        if authority.as_str().contains('@') {
            return Err("a URL here must not hold a user name".to_owned());
        }
        let host = authority.host();
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let loopback = bare.eq_ignore_ascii_case("localhost")
            || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match scheme {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err("plain http is allowed towards this machine only, write https://".to_owned());
            }
            _ => return Err("a URL here must begin with https://".to_owned()),
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// As it was written, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
