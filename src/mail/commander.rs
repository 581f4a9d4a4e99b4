//! Whether a mail may command (MAIL section 7): all of a list of conditions, or nothing runs.
//!
//! Pure. What only look-ups can tell is handed in as [`Evidence`]: signatures verified here, marks of mails that commanded
//! before, and to whom the codes and notices that it answers were sent.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::look_alike;
use super::{Automatic, Flaw, Letter, Results, Signature};
pub use crate::case::Refused;
use crate::case::roster::{Member, Role, Roster};
use crate::case::{CaseId, MemberKey, Sha256};

/// A command is carried out so long after its Date.
pub const FRESH_FOR: SignedDuration = SignedDuration::from_hours(48);
/// So far may a member's clock be ahead.
pub const CLOCK_AHEAD: SignedDuration = SignedDuration::from_mins(10);
/// The fields without whose signature a mail could be made to say something else.
const SIGNED_FIELDS: [&str; 4] = ["from", "subject", "date", "message-id"];

/// Whether this mail may command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Every condition holds: verbs of all classes, on this case.
    May {
        /// Who commands.
        member: MemberKey,
        /// The case of the code in it, or of the notice it answers; `None`: a notice about no case, as one of waiting mails.
        case: Option<CaseId>,
    },
    /// The member wrote it, but nothing ties it to a case: verbs that only read (class 0).
    MayRead(MemberKey),
    /// Nothing runs; the text is kept as an unverified note, and the member named is told at the roster's address.
    MayNot {
        /// Whose address stands in From, or whom it imitates.
        named: Option<MemberKey>,
        /// Why.
        because: Refused,
    },
    /// No line of commands at its top.
    NoCommand,
}

/// To whom something of ours was sent: a footer code, or a notice or letter that the mail answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentTo {
    /// The case, if it was of one.
    pub case: Option<CaseId>,
    /// The member; `None`: somebody outside.
    pub member: Option<MemberKey>,
}

/// A signature by OpenPGP that was verified here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgpProof {
    /// Of the primary key, upper-case hexadecimal.
    pub fingerprint: String,
    /// When it says that it was made.
    pub made: Timestamp,
    /// The digest of the signature.
    pub mark: Sha256,
    /// The text that it covers.
    pub text: String,
}

/// What only look-ups can say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The DKIM signatures that were verified here and are good, as the verifier read them.
    pub verified: Vec<Signature>,
    /// The good OpenPGP signatures.
    pub pgp: Vec<PgpProof>,
    /// Which of the mail's [`marks`] (and of `pgp`) commanded before.
    pub executed: BTreeSet<Sha256>,
    /// Where the footer codes in it were sent.
    pub codes: Vec<SentTo>,
    /// Where the mails of ours that it answers were sent.
    pub answers: Vec<SentTo>,
}

/// What must never command a second time, once this mail has: its Message-ID and its signatures.
pub fn marks(letter: &Letter, pgp: &[PgpProof]) -> BTreeSet<Sha256> {
    let id = letter.message_id.iter().map(|id| Sha256::of(format!("id {id}").as_bytes()));
    let dkim = letter.proof.signatures.iter().map(Signature::mark);
    id.chain(dkim).chain(pgp.iter().map(|proof| proof.mark)).collect()
}

/// Whether a line that wants to be a command stands at the very top of the first text/plain part: blank lines, then `!` and a
/// letter.
pub fn has_command(letter: &Letter) -> bool {
    let first = letter.plain.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let verb = first.strip_prefix('!').and_then(|rest| rest.chars().next());
    verb.is_some_and(|c| c.is_ascii_alphabetic())
}

/// Whether it is worth verifying this mail's signatures here: a command from an address of the roster.
pub fn wants_proof(letter: &Letter, roster: &Roster) -> bool {
    has_command(letter) && letter.from.as_ref().is_some_and(|from| roster.by_address(from).is_some())
}

/// Whether this mail may command (MAIL section 7).
pub fn standing(letter: &Letter, evidence: &Evidence, roster: &Roster, now: Timestamp) -> Standing {
    if !has_command(letter) {
        return Standing::NoCommand;
    }
    let (named, because) = match sender(letter, roster) {
        Ok(member) => match proven(letter, evidence, member, now).and_then(|()| tied(evidence, member)) {
            Ok(Tie::To(case)) => return Standing::May { member: member.key.clone(), case },
            Ok(Tie::Nothing) => return Standing::MayRead(member.key.clone()),
            Err(because) => (Some(member.key.clone()), because),
        },
        Err((named, because)) => (named, because),
    };
    Standing::MayNot { named, because }
}

/// Whether signatures that were verified here prove that the one sender in From wrote it: made by that domain, or the one
/// that it is under (RFC 7489 section 3.1.1, relaxed), over the whole text.
pub fn wrote(letter: &Letter, verified: &[Signature]) -> bool {
    let doubled = letter.flaws.iter().any(|flaw| matches!(flaw, Flaw::DuplicateHeader(_)));
    let Some(from) = letter.from.as_ref().filter(|_| letter.from_count == 1 && !doubled) else {
        return false;
    };
    let aligned = |signature: &&Signature| is_of(from.domain(), &signature.domain);
    let whole = |signature: &Signature| !signature.partly && signature.covers(&["from"]);
    let mut found = letter.proof.signatures.iter().filter(aligned);
    !letter.via_our_list
        && found.any(|signature| whole(signature) && is_verified(letter, verified, signature))
}

/// Who it says wrote it, when that is beyond doubt what it says.
fn sender<'a>(letter: &Letter, roster: &'a Roster) -> Result<&'a Member, (Option<MemberKey>, Refused)> {
    let of_roster = letter.from.as_ref().and_then(|from| roster.by_address(from));
    let key = of_roster
        .or_else(|| letter.proof.named.iter().find_map(|address| roster.by_address(address)))
        .map(|member| member.key.clone());
    if letter.from_count != 1 {
        return Err((key, Refused::NotOneFrom));
    }
    if letter.flaws.iter().any(|flaw| matches!(flaw, Flaw::DuplicateHeader(_))) {
        return Err((key, Refused::DoubledField));
    }
    let Some(member) = of_roster else {
        let imitated = letter.from.as_ref().and_then(|from| {
            let people = roster.members.iter().filter(|m| m.roles.iter().any(|role| *role != Role::Ops));
            people.into_iter().find(|m| m.addresses.iter().any(|known| look_alike::alike(known, from)))
        });
        return Err(match imitated {
            Some(member) => (Some(member.key.clone()), Refused::LookAlike),
            None => (None, Refused::NotOnRoster),
        });
    };
    Ok(member)
}

/// Whether they wrote it, now, and this once.
fn proven(letter: &Letter, evidence: &Evidence, member: &Member, now: Timestamp) -> Result<(), Refused> {
    if letter.via_our_list {
        return Err(Refused::ThroughList);
    }
    if letter.automatic != Automatic::None {
        return Err(Refused::Automatic);
    }
    if member.dkim_domains.is_empty() && member.openpgp.is_empty() {
        return Err(Refused::NothingPinned);
    }
    let signature = match by_pgp(letter, evidence, member, now) {
        Ok(mark) => Ok(mark),
        // Told only when nothing else was tried.
        Err(why) => by_dkim(letter, evidence, member).map_err(|dkim| why.unwrap_or(dkim)),
    }?;
    let (Some(date), Some(id)) = (letter.date, &letter.message_id) else { return Err(Refused::NoDate) };
    fresh(date, now)?;
    let id = Sha256::of(format!("id {id}").as_bytes());
    if [id, signature].iter().any(|mark| evidence.executed.contains(mark)) {
        return Err(Refused::Replayed);
    }
    Ok(())
}

fn fresh(made: Timestamp, now: Timestamp) -> Result<(), Refused> {
    let age = now.duration_since(made);
    if age > FRESH_FOR {
        Err(Refused::Stale)
    } else if age < -CLOCK_AHEAD {
        Err(Refused::Future)
    } else {
        Ok(())
    }
}

/// A signature by a key that the roster pins: made lately, never seen, and over a text that names the case. The refusal
/// is `None` when there is no such signature at all.
fn by_pgp(
    letter: &Letter,
    evidence: &Evidence,
    member: &Member,
    now: Timestamp,
) -> Result<Sha256, Option<Refused>> {
    let mut why = None;
    for proof in evidence.pgp.iter().filter(|proof| member.openpgp.contains(&proof.fingerprint)) {
        if let Err(refused) = fresh(proof.made, now) {
            why = Some(refused);
        } else if evidence.executed.contains(&proof.mark) {
            why = Some(Refused::Replayed);
        } else if signed_case(&proof.text).is_none() {
            why = Some(Refused::NoSignedCase);
        } else if proof.text.trim() != letter.plain.trim() {
            // What stands around the signed text could be anybody's.
            why = Some(Refused::PartlySigned);
        } else {
            return Ok(proof.mark);
        }
    }
    Err(why)
}

/// The case that the line `!case SIR-...` of a block of commands names.
pub fn signed_case(text: &str) -> Option<CaseId> {
    let lines = text.lines().map(str::trim).skip_while(|line| line.is_empty());
    lines.take_while(|line| line.starts_with('!') || line.is_empty()).find_map(|line| {
        let mut words = line.split_whitespace();
        let verb = words.next()?;
        verb.eq_ignore_ascii_case("!case").then(|| words.next()?.parse().ok()).flatten()
    })
}

/// The one signature of the member's domain that somebody we believe found good, and that covers enough.
fn by_dkim(letter: &Letter, evidence: &Evidence, member: &Member) -> Result<Sha256, Refused> {
    if member.dkim_domains.is_empty() {
        return Err(Refused::NothingPinned);
    }
    let pinned = |domain: &str| member.dkim_domains.iter().any(|known| known == domain);
    let of_member: Vec<&Signature> =
        letter.proof.signatures.iter().filter(|signature| pinned(&signature.domain)).collect();
    let here: Vec<&Signature> = of_member
        .iter()
        .filter(|signature| is_verified(letter, &evidence.verified, signature))
        .copied()
        .collect();
    let good = if here.is_empty() { told_good(letter, &of_member, &pinned)? } else { here };
    // Several good ones: one that covers all is enough.
    let whole = good.iter().filter(|signature| !signature.partly);
    match whole.clone().find(|signature| signature.covers(&SIGNED_FIELDS)) {
        Some(signature) => Ok(signature.mark()),
        None if whole.count() == 0 => Err(Refused::PartlySigned),
        None => Err(Refused::UnsignedField),
    }
}

/// Whether this is the very signature that was found good here: as the verifier read it, and no other field of the mail
/// that carries the same octets says something else about the length.
fn is_verified(letter: &Letter, verified: &[Signature], signature: &Signature) -> bool {
    let mark = signature.mark();
    let same = |good: &&Signature| {
        good.domain == signature.domain
            && good.fields == signature.fields
            && good.mark() == mark
            && !good.partly
    };
    let twin = letter.proof.signatures.iter().any(|other| other.partly && other.mark() == mark);
    verified.iter().find(same).is_some() && (signature.partly || !twin)
}

/// The signatures that the provider found good: `dmarc=pass`, `dkim=pass` of the pinned domain, and found again in the mail
/// by `header.b` (RFC 6008).
fn told_good<'a>(
    letter: &Letter,
    of_member: &[&'a Signature],
    pinned: &dyn Fn(&str) -> bool,
) -> Result<Vec<&'a Signature>, Refused> {
    let outcomes = match &letter.proof.results {
        Results::Nothing => return Err(Refused::NoResults),
        Results::Forged => return Err(Refused::ForgedResults),
        Results::Found(outcomes) => outcomes,
    };
    let from = letter.from.as_ref().map(|from| from.domain()).unwrap_or_default();
    let mut dmarc = outcomes.iter().filter(|outcome| outcome.method == "dmarc");
    match (dmarc.next(), dmarc.next()) {
        (Some(one), None) if one.result == "pass" => {
            let of = one.property("header.from").ok_or(Refused::NoDmarcPass)?;
            if !is_of(from, of) {
                return Err(Refused::NoDmarcPass);
            }
        }
        (_, _) => return Err(Refused::NoDmarcPass),
    }
    let passed: Vec<_> = outcomes.iter().filter(|o| o.signed_domain().is_some_and(|d| pinned(&d))).collect();
    if passed.is_empty() {
        return Err(Refused::NotPinnedDomain);
    }
    let found = passed.iter().filter_map(|outcome| {
        let start = outcome.property("header.b").filter(|b| b.len() >= 8)?;
        let mut hits = of_member.iter().filter(|signature| signature.b.starts_with(start));
        match (hits.next(), hits.next()) {
            (Some(one), None) => Some(*one),
            (_, _) => None,
        }
    });
    let found: Vec<&Signature> = found.collect();
    if found.is_empty() { Err(Refused::UnknownSignature) } else { Ok(found) }
}

/// Whether a domain is this one, or under it: some print the organization's domain (RFC 7489 section 3.2).
fn is_of(domain: &str, of: &str) -> bool {
    let of = of.trim_end_matches('.').to_ascii_lowercase();
    let before = domain.strip_suffix(&of);
    before.is_some_and(|before| before.is_empty() || (before.ends_with('.') && of.contains('.')))
}

/// What a mail hangs on.
enum Tie {
    /// Nothing of ours.
    Nothing,
    /// A code, or a notice, to its sender.
    To(Option<CaseId>),
}

/// The case that the mail is tied to: by codes, or by what it answers, sent to this very member. All must agree.
fn tied(evidence: &Evidence, member: &Member) -> Result<Tie, Refused> {
    let sent: Vec<&SentTo> = evidence.codes.iter().chain(&evidence.answers).collect();
    let to_them = sent.iter().filter(|sent| sent.member.as_ref() == Some(&member.key));
    let is_answer = to_them.clone().next().is_some();
    let cases: BTreeSet<CaseId> = to_them.filter_map(|sent| sent.case).collect();
    let signed = evidence.pgp.iter().filter(|proof| member.openpgp.contains(&proof.fingerprint));
    let named: Option<CaseId> = signed.into_iter().find_map(|proof| signed_case(&proof.text));
    let all: BTreeSet<CaseId> =
        sent.iter().filter_map(|sent| sent.case).chain(cases.iter().copied()).collect();
    match (all.len(), cases.first()) {
        (0, _) => Ok(if is_answer || named.is_some() { Tie::To(named) } else { Tie::Nothing }),
        (1, Some(case)) if named.is_none_or(|named| named == *case) => Ok(Tie::To(Some(*case))),
        (1, None) => Err(Refused::CodeOfAnother),
        (_, _) => Err(Refused::TwoCases),
    }
}
