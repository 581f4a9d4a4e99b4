//! DKIM (RFC 6376) verified here, by mail-auth, for providers whose results cannot be believed or are not written.
//!
//! mail-auth never looks up a name itself: the keys are fetched through [`Names`] first, and every other name (reports,
//! third-party signatures) is answered with "there is none".

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::time::Instant;

use mail_auth::common::crypto::Algorithm;
use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::hickory_resolver::proto::op::ResponseCode;
use mail_auth::{
    AuthenticatedMessage, DkimResult, DnsError, Error, MessageAuthenticator, Parameters, ResolverCache, Txt,
};

use crate::mail::Signature;
use crate::outside::{Names, NoText};

/// Signatures of one mail that are verified; with more of them none is (each may want the whole body hashed anew).
const MOST_SIGNATURES: usize = 10;
/// Larger mails are not verified: a command is short.
const MOST_BYTES: usize = 8 << 20;

/// How the verification of one signature went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is good.
    Pass,
    /// It is wrong: something was changed, or it was made by another key.
    Fail,
    /// It can never be judged: broken, expired, of an unknown kind, or its key is revoked or missing.
    Permanent,
    /// The key could not be looked up now.
    Temporary,
}

/// One signature and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How it went.
    pub verdict: Verdict,
    /// Made with SHA-1, which nobody may believe any more (RFC 8301 section 3.1).
    pub outdated: bool,
    /// As the verifier read it; `None` when it could not be read.
    pub signature: Option<Signature>,
}

/// Verifies the signatures of a mail. Nothing when there are none, too many, or the mail is larger than 8 MiB. A signature
/// over a part of the body only (`l=`) is not verified.
pub async fn verify(raw: &[u8], names: &dyn Names) -> Vec<Verified> {
    if raw.len() > MOST_BYTES || fields(raw) > MOST_SIGNATURES {
        return Vec::new();
    }
    let Some(message) = AuthenticatedMessage::parse(raw) else { return Vec::new() };
    let wanted: BTreeSet<String> =
        message.dkim_headers.iter().map(|h| key_name(&h.header.s, &h.header.d)).collect();
    let mut keys = BTreeMap::new();
    for name in wanted {
        let key = match names.texts(&name).await {
            Ok(texts) => key(&texts),
            Err(NoText::Absent) => Txt::Error(Error::Dns(DnsError::RecordNotFound(ResponseCode::NXDomain))),
            Err(NoText::Unanswered) => Txt::Error(Error::Dns(DnsError::Resolver(String::new()))),
        };
        keys.insert(name, key);
    }
    let Ok(nobody) =
        MessageAuthenticator::new(ResolverConfig::from_parts(None, vec![], vec![]), ResolverOpts::default())
    else {
        return Vec::new();
    };
    let known = Known(keys);
    let found = nobody.verify_dkim(Parameters::new(&message).with_txt_cache(&known)).await;
    found
        .iter()
        .map(|one| Verified {
            verdict: verdict(one.result()),
            outdated: one.signature().is_some_and(|s| s.a == Algorithm::RsaSha1),
            signature: one.signature().map(signature),
        })
        .collect()
}

/// The good signatures that may prove something.
pub fn good(found: Vec<Verified>) -> Vec<Signature> {
    let good = found.into_iter().filter(|one| one.verdict == Verdict::Pass && !one.outdated);
    good.filter_map(|one| one.signature).collect()
}

/// How many fields of signatures there may be, counted before anything reads them.
fn fields(raw: &[u8]) -> usize {
    let name = b"dkim-signature";
    raw.split(|b| *b == b'\n')
        .take_while(|line| !matches!(line, [] | [b'\r']))
        .filter(|line| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
        .count()
}

fn key_name(selector: &str, domain: &str) -> String {
    format!("{selector}._domainkey.{domain}.").to_lowercase()
}

/// The first record that is a key; else what is wrong with the last one.
fn key(texts: &[Vec<u8>]) -> Txt {
    let mut found = Err(Error::Dns(DnsError::InvalidRecordType));
    for text in texts.iter().take(MOST_SIGNATURES) {
        found = DomainKey::parse(text);
        if found.is_ok() {
            break;
        }
    }
    found.into()
}

fn verdict(result: &DkimResult) -> Verdict {
    match result {
        DkimResult::Pass => Verdict::Pass,
        // The body was changed, or the expiry is over: mail-auth calls both neutral.
        DkimResult::Neutral(Error::Dkim(mail_auth::dkim::DkimError::FailedBodyHashMatch))
        | DkimResult::Fail(_) => Verdict::Fail,
        DkimResult::Neutral(_) | DkimResult::PermError(_) | DkimResult::None => Verdict::Permanent,
        DkimResult::TempError(_) => Verdict::Temporary,
    }
}

fn signature(read: &mail_auth::dkim::Signature) -> Signature {
    Signature {
        domain: read.d.to_ascii_lowercase(),
        b: data_encoding::BASE64.encode(&read.b),
        fields: read.h.iter().map(|name| name.to_ascii_lowercase()).collect(),
        partly: read.l != 0,
    }
}

/// The keys that were fetched; there are no other names.
struct Known(BTreeMap<String, Txt>);

impl ResolverCache<Box<str>, Txt> for Known {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let found =
            self.0.iter().find(|(known, _)| Borrow::<Q>::borrow(&Box::<str>::from(known.as_str())) == name);
        let none = || Txt::Error(Error::Dns(DnsError::RecordNotFound(ResponseCode::NXDomain)));
        Some(found.map_or_else(none, |(_, key)| key.clone()))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}
