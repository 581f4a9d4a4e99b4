//! The advisory is made public: exactly what was approved, when two people said so, once.

use super::advised;
use super::advisory::{Job, bare, tasks};
use super::github::{case_of, looked_in_vain};
use super::github::{no_right, unfit};
use super::secrets::{self, Reader};
use super::{Peers, PerformFault, Verdict, wanted};
use crate::case::advisory::AdvisoryState;
use crate::case::decide::{Outcome, may_be_public};
use crate::case::{Event, Sha256, Task};
use crate::office::Office;
use crate::store::EffectRow;
use crate::wire::github::{AdvisoryUpdate, GithubError, Project, RepositoryAdvisory};

/// Makes it public, if it still says what was approved and nothing that must not be said.
pub(super) async fn publish(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    text: &Sha256,
    looks: Option<u32>,
) -> Result<Verdict, PerformFault> {
    let mut job = Job { office, peers, row, case: case_of(office, row)? };
    let Some((project, ghsa)) = office.store.read(|txn| wanted::known(txn, &job.case))? else {
        return Ok(Verdict::Parked { why: "no-advisory" });
    };
    let held = match peers.github.advisory(&project, &ghsa, "").await {
        Ok(Some((held, _))) => held,
        Ok(None) => return Ok(Verdict::again("github-unreachable")),
        Err(error) if no_right(&error) => return Ok(tasks(vec![Task::Publish])),
        Err(error) => {
            return Ok(match looks {
                Some(looks) => looked_in_vain(office, row, &error, looks),
                None => job.refused(&error),
            });
        }
    };
    if advised::state(&held) == AdvisoryState::Published {
        // An earlier try came through, or a person was quicker.
        let held = job.unmarked(&project, held).await;
        return job.tell(&project, &held, Vec::new()).await;
    }
    let seen = match advised::look(office, peers, job.case.id, &project, &held).await? {
        Ok(seen) => seen,
        Err(error) => return Ok(job.refused(&error)),
    };
    // Read again: somebody may have spoken while GitHub was asked.
    job.case = case_of(office, row)?;
    if !job.case.tracks.publishing {
        return Ok(Verdict::Canceled { why: "taken back" });
    }
    if seen.advisory.state != AdvisoryState::Draft {
        return Ok(Verdict::Parked { why: "not-a-draft" });
    }
    if seen.advisory.text != *text {
        return Ok(Verdict::Parked { why: "text-changed" });
    }
    // What came since the last look is looked at as well: a CVE id that was asked for is the case's own, another one is not.
    job.case.apply(&Event::AdvisorySeen { advisory: Box::new(seen.advisory.clone()), at: job.now() });
    let whole = seen.text.whole();
    let leaks = office
        .store
        .read(|txn| secrets::leaks_of(office, txn, &job.case, Reader::OfTheDisclosure, &whole, &whole))?;
    if !leaks.is_empty() {
        return Ok(Verdict::Leaks { leaks });
    }
    if !may_be_public(&job.case, &office.policy, job.now()) {
        // The decision about this look ends what two people said (`decide/publishing.rs`).
        return Ok(Verdict::Done {
            outcome: Outcome::Advisory { seen: Some(Box::new(seen.advisory)), tasks: Vec::new() },
        });
    }
    job.make_public(&project, held, looks).await
}

impl Job<'_> {
    async fn make_public(
        &self,
        project: &Project,
        held: RepositoryAdvisory,
        looks: Option<u32>,
    ) -> Result<Verdict, PerformFault> {
        let update = AdvisoryUpdate {
            state: Some("published"),
            description: bare(&held),
            ..AdvisoryUpdate::default()
        };
        match self.peers.github.update_advisory(project, &held.ghsa_id, &update).await {
            Ok(changed) => {
                let public = advised::state(&changed) == AdvisoryState::Published;
                let tasks = if public { Vec::new() } else { vec![Task::Publish] };
                self.tell(project, &changed, tasks).await
            }
            Err(error) if no_right(&error) || unfit(&error) => {
                // A person will; what they publish shall hold nothing of ours.
                let held = self.unmarked(project, held).await;
                self.tell(project, &held, vec![Task::Publish]).await
            }
            Err(GithubError::Unknown) => {
                let looks = looks.map_or(0, |looks| looks + 1);
                let often = self.office.config.github.looks.saturating_mul(3);
                if looks < often {
                    Ok(Verdict::Look { looks })
                } else {
                    Ok(Verdict::Parked { why: "github-unreachable" })
                }
            }
            Err(error) => Ok(self.refused(&error)),
        }
    }
}
