//! Name servers: TXT records for the keys of DKIM signatures. The system's own servers, from `/etc/resolv.conf`.

use std::sync::OnceLock;
use std::time::Duration;

use mail_auth::MessageAuthenticator;
use mail_auth::hickory_resolver::TokioResolver;
use mail_auth::hickory_resolver::net::{DnsError, NetError};
use mail_auth::hickory_resolver::proto::rr::{Name, RData};

use crate::outside::{Names, NoText, Texts};

/// Longest wait for one look-up.
const WAIT: Duration = Duration::from_secs(10);
/// Records of one name that are read.
const MOST: usize = 20;

/// The system's name servers, asked for the first time when somebody wants to know something.
#[derive(Default)]
pub struct SystemNames(OnceLock<Option<TokioResolver>>);

impl SystemNames {
    fn resolver(&self) -> Option<&TokioResolver> {
        let made =
            || MessageAuthenticator::new_system_conf().ok().map(|MessageAuthenticator(resolver)| resolver);
        self.0.get_or_init(made).as_ref()
    }

    async fn ask(&self, name: &str) -> Result<Vec<Vec<u8>>, NoText> {
        let resolver = self.resolver().ok_or(NoText::Unanswered)?;
        let name = Name::from_str_relaxed(name).map_err(|_| NoText::Absent)?;
        let answer = match tokio::time::timeout(WAIT, resolver.txt_lookup(name)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(NetError::Dns(DnsError::NoRecordsFound(_)))) => return Err(NoText::Absent),
            Ok(Err(_)) | Err(_) => return Err(NoText::Unanswered),
        };
        let texts = answer.answers().iter().take(MOST).filter_map(|record| {
            let RData::TXT(text) = &record.data else { return None };
            Some(text.txt_data.iter().flat_map(|part| part.iter().copied()).collect())
        });
        Ok(texts.collect())
    }
}

impl Names for SystemNames {
    fn texts<'a>(&'a self, name: &'a str) -> Texts<'a> {
        Box::pin(self.ask(name))
    }
}
