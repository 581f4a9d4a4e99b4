//! O3DE's repositories: advisories in all states that may be read, and public issues.

use std::collections::BTreeSet;

use super::map::{latest, of_advisory, of_issue};
use super::{SourceDone, Step, SyncFault, Syncing};
use crate::config::ProjectName;
use crate::known::Source;
use crate::known::mirror::SourceRow;
use crate::known::record::{Record, Status};
use crate::wire::github::{AdvisoryState, GithubError, Project, Since};

/// A repository as the wire names it.
pub(super) fn project(name: &ProjectName) -> Project {
    Project { owner: name.owner.clone(), name: name.name.clone() }
}

impl Syncing {
    /// Published advisories, and with permission those that are not.
    pub(super) async fn advisories(&mut self, name: &ProjectName) -> Result<(), SyncFault> {
        for state in [AdvisoryState::Published, AdvisoryState::Draft, AdvisoryState::Triage] {
            let source = format!("{}/{} advisories {}", name.owner, name.name, state.word());
            if state == AdvisoryState::Triage && self.known.sweep.is_some() {
                // Each is a case of ours, and is found as one: in the mirror it would be likest to itself.
                continue;
            }
            self.begins(&source);
            let row = self.source(&source).await?;
            // What went wrong may have lost records: then the whole list is wanted.
            let etag = if row.fault.is_none() { row.etag.clone() } else { String::new() };
            let project = project(name);
            let asked = self
                .ask(|github| {
                    let (project, etag) = (project.clone(), etag.clone());
                    async move { github.advisories(&project, state, &etag).await }
                })
                .await;
            let now = Some(self.now());
            let mut done = SourceDone { name: source.clone(), ..SourceDone::default() };
            let list = match asked {
                Ok(Some(list)) => list,
                Ok(None) => {
                    self.note(SourceRow { good_at: now, tried_at: now, fault: None, ..row }).await?;
                    self.done(SourceDone { unchanged: true, ..done });
                    continue;
                }
                // GitHub says 404 as well for want of a permission.
                Err(GithubError::Refused { status: 403 | 404, .. }) if state != AdvisoryState::Published => {
                    done.note =
                        Some("no permission to read these; only published ones are mirrored".to_owned());
                    self.note(SourceRow { name: source, tried_at: now, ..SourceRow::default() }).await?;
                    self.done(done);
                    continue;
                }
                Err(fault) => {
                    self.failed(&source, fault.to_string()).await?;
                    continue;
                }
            };
            let records: Vec<Record> =
                list.items.iter().filter_map(|advisory| of_advisory(name, advisory)).collect();
            done.records = records.len() as u64;
            done.unreadable = list.unreadable + (list.items.len() - records.len()) as u64;
            let gone = self.gone(name, state, &records).await?;
            let row = SourceRow { etag: list.etag, good_at: now, tried_at: now, fault: None, ..row };
            let put = self.job(move |mirror| mirror.put_from(&records, &gone, &row)).await?;
            (done.added, done.changed) = put;
            self.done(done);
        }
        Ok(())
    }

    /// Advisories of this repository that stood in this state and are no longer in its list. One that moved to another
    /// state is put in again from there.
    async fn gone(
        &self,
        name: &ProjectName,
        state: AdvisoryState,
        records: &[Record],
    ) -> Result<Vec<String>, SyncFault> {
        let kept: BTreeSet<String> = records.iter().map(|record| record.id.clone()).collect();
        let ours = format!("/{}/{}/security/advisories/", name.owner, name.name);
        self.job(move |mirror| {
            let mut gone = Vec::new();
            for id in mirror.ids(Source::Advisory)?.into_iter().filter(|id| !kept.contains(id)) {
                let Some(old) = mirror.get(&id)? else { continue };
                let was_here = match state {
                    AdvisoryState::Published => old.status == Status::Published,
                    AdvisoryState::Draft => old.draft(),
                    AdvisoryState::Triage => old.status == Status::Private && !old.draft(),
                };
                if was_here && old.references.iter().any(|url| url.contains(&ours)) {
                    gone.push(id);
                }
            }
            Ok(gone)
        })
        .await
    }

    /// Public issues, open and closed, from where the last look ended.
    pub(super) async fn issues(&mut self, name: &ProjectName) -> Result<(), SyncFault> {
        let source = format!("{}/{} issues", name.owner, name.name);
        self.begins(&source);
        let mut row = self.source(&source).await?;
        let mut since = Since { at: row.cursor.parse().ok(), page: 1 };
        let mut done = SourceDone { name: source.clone(), unchanged: true, ..SourceDone::default() };
        loop {
            // The tag belongs to the list that begins where the last look ended.
            let etag = if done.unchanged { row.etag.clone() } else { String::new() };
            let project = project(name);
            let asked = self
                .ask(|github| {
                    let (project, etag) = (project.clone(), etag.clone());
                    async move { github.public_issues(&project, since, &etag).await }
                })
                .await;
            let now = Some(self.now());
            let page = match asked {
                Ok(Some(page)) => page,
                Ok(None) => {
                    self.note(SourceRow { good_at: now, tried_at: now, fault: None, ..row }).await?;
                    break;
                }
                Err(fault) => return self.failed(&source, fault.to_string()).await,
            };
            done.unchanged = false;
            let labels = &self.known.security_labels;
            let records: Vec<Record> =
                page.items.iter().filter_map(|issue| of_issue(name, issue, labels)).collect();
            done.records += records.len() as u64;
            done.unreadable += page.unreadable;
            if let Some(at) = latest(&page.items) {
                row.cursor = at.to_string();
            }
            row.tried_at = now;
            row.fault = None;
            // A tag of this request serves the next look only if that asks for the same.
            let same = since.page == 1 && since.at.is_some_and(|at| at.to_string() == row.cursor);
            row.etag = if same { page.etag } else { String::new() };
            if page.next.is_none() {
                row.good_at = now;
            }
            let noted = row.clone();
            let (added, changed) = self.job(move |mirror| mirror.put_from(&records, &[], &noted)).await?;
            done.added += added;
            done.changed += changed;
            (self.tell)(&Step::Records(done.records));
            match page.next {
                Some(next) => since = next,
                None => break,
            }
        }
        self.done(done);
        Ok(())
    }
}
