//! What of an advisory is ours, as it stands in the store. It is written before GitHub is asked: also of what nobody saw the end
//! of it is known later that we did it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wanted::{self, Figures};
use crate::case::{Case, CaseId};
use crate::store::{AdvisoryMark, StoreError, Txn};
use crate::wire::github::{AdvisoryUpdate, RepositoryAdvisory};

/// What we did before, or were about to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// By which order a CVE id was asked for.
    pub(super) cve: Option<String>,
    /// When a private fork was begun.
    pub(super) fork: Option<String>,
    /// What we wrote of severity, vector and versions, the last one last.
    pub(super) wrote: Vec<Figures>,
    /// Whom we thanked.
    pub(super) credit: Vec<String>,
    /// Whom we let in.
    pub(super) people: Vec<String>,
}

impl Marks {
    pub(super) fn read(txn: &Txn<'_>, case: &Case) -> Result<Self, StoreError> {
        Ok(Self {
            cve: txn.advisory_mark(case.id, AdvisoryMark::Cve)?,
            fork: txn.advisory_mark(case.id, AdvisoryMark::Fork)?,
            wrote: list(txn, case.id, AdvisoryMark::Wrote)?,
            credit: list(txn, case.id, AdvisoryMark::Credit)?,
            people: list(txn, case.id, AdvisoryMark::People)?,
        })
    }

    /// Keeps what is a list.
    pub(super) fn keep(&self, txn: &Txn<'_>, case: CaseId) -> Result<(), StoreError> {
        let keep = |mark, list: String| txn.mark_advisory(case, mark, &list);
        keep(AdvisoryMark::Wrote, json(&self.wrote)?)?;
        keep(AdvisoryMark::Credit, json(&self.credit)?)?;
        keep(AdvisoryMark::People, json(&self.people)?)
    }

    /// A draft bears our marker: what was written before it had an id is its own.
    pub(super) fn made(&mut self, figures: Figures) {
        for nameless in self.wrote.iter_mut().filter(|one| one.ghsa.is_empty()) {
            nameless.ghsa.clone_from(&figures.ghsa);
        }
        add(&mut self.wrote, [figures]);
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, new: impl IntoIterator<Item = T>) {
    for one in new {
        if !list.contains(&one) {
            list.push(one);
        }
    }
}

fn list<T: DeserializeOwned>(txn: &Txn<'_>, case: CaseId, mark: AdvisoryMark) -> Result<Vec<T>, StoreError> {
    let kept = txn.advisory_mark(case, mark)?;
    Ok(kept.map(|kept| serde_json::from_str(&kept)).transpose()?.unwrap_or_default())
}

fn json<T: Serialize>(list: &[T]) -> Result<String, StoreError> {
    Ok(serde_json::to_string(list)?)
}

/// A part of what is to be changed: GitHub may refuse one and take the others.
#[derive(Clone)]
pub(super) enum Part {
    /// Who is let in, and who is not any more.
    People { come: Vec<String>, go: Vec<String> },
    /// Who is thanked anew, and who is not any more.
    Thanks { come: Option<String>, go: Vec<String> },
    /// What our assessment says.
    Figures(Box<AdvisoryUpdate>, Figures),
}

impl Part {
    /// The smallest pieces that can be taken or refused.
    pub(super) fn steps(&self) -> Vec<Self> {
        match self {
            Self::People { come, go } => {
                let come = come.iter().map(|one| (vec![one.clone()], Vec::new()));
                let go = go.iter().map(|one| (Vec::new(), vec![one.clone()]));
                come.chain(go).map(|(come, go)| Self::People { come, go }).collect()
            }
            // An account that GitHub does not know keeps nobody on it who is to go.
            Self::Thanks { come: Some(come), go } if !go.is_empty() => vec![
                Self::Thanks { come: None, go: go.clone() },
                Self::Thanks { come: Some(come.clone()), go: Vec::new() },
            ],
            Self::Thanks { .. } | Self::Figures(..) => vec![self.clone()],
        }
    }

    /// What GitHub is asked for, from what stands there.
    pub(super) fn update(&self, held: &RepositoryAdvisory) -> AdvisoryUpdate {
        match self {
            Self::People { come, go } => wanted::let_in(held, come, go),
            Self::Thanks { come, go } => wanted::credits(held, come.as_ref(), go),
            Self::Figures(update, _) => AdvisoryUpdate::clone(update),
        }
    }

    /// Before GitHub is asked: what may be ours from now on.
    pub(super) fn before(&self, marks: &mut Marks) {
        match self {
            Self::People { come, .. } => add(&mut marks.people, come.iter().cloned()),
            Self::Thanks { come, .. } => add(&mut marks.credit, come.clone()),
            Self::Figures(_, figures) => add(&mut marks.wrote, [figures.clone()]),
        }
    }

    /// GitHub shows it: what was ours before is no longer.
    pub(super) fn after(&self, marks: &mut Marks, case: &Case) {
        match self {
            Self::People { go, .. } => marks.people.retain(|login| !wanted::is_among(go, login)),
            Self::Thanks { .. } => {
                let wanted = wanted::credited(case).unwrap_or_default();
                marks.credit.retain(|login| login.eq_ignore_ascii_case(wanted));
            }
            Self::Figures(_, figures) => marks.wrote = vec![figures.clone()],
        }
    }
}
