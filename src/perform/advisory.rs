//! The draft advisory in the public repository: brought to what its case says, and looked at.
//!
//! One look, and as few writes as it takes. A draft is made once: what may have been made is found again by our marker, in
//! the list of drafts. Its words are people's from then on. What GitHub lets no program do becomes a task for a person.

use jiff::{SignedDuration, Timestamp};

use super::advised::{self, Seen, public_text};
use super::github::{case_of, look_again, looked_in_vain, no_right, refused_elsewhere, unfit};
use super::marks::{Marks, Part};
use super::wanted::{self, Figures};
use super::{Peers, PerformFault, Verdict};
use crate::case::advisory::AdvisoryState;
use crate::case::decide::Outcome;
use crate::case::tracks::Cve;
use crate::case::{Case, Task};
use crate::office::Office;
use crate::render::advisory::{is_marked, marker, without_marker};
use crate::store::{AdvisoryMark, EffectRow, StoreError};
use crate::wire::github::{
    AdvisoryUpdate, DESCRIPTION_CHARS, GithubError, NewAdvisory, Project, RepositoryAdvisory, SUMMARY_CHARS,
};

/// GitHub makes a private fork within minutes; one that is not there after this time is asked for again.
const FORK_TAKES: SignedDuration = SignedDuration::from_hours(1);

/// An effect at work on the advisory of its case.
pub(super) struct Job<'a> {
    pub(super) office: &'a Office,
    pub(super) peers: &'a Peers,
    pub(super) row: &'a EffectRow,
    pub(super) case: Case,
}

/// An advisory, or why the work ends without one.
type Held = Result<RepositoryAdvisory, Verdict>;

/// Makes the advisory, or brings it to what the case says now.
pub(super) async fn reconcile(
    office: &Office,
    peers: &Peers,
    row: &EffectRow,
    looks: Option<u32>,
) -> Result<Verdict, PerformFault> {
    let job = Job { office, peers, row, case: case_of(office, row)? };
    if job.case.phase().is_none() {
        // It was taken back, or is closed: what is there stays as it is.
        return Ok(Verdict::done());
    }
    if let Some(wait) = wanted::being_named(&job.case, &office.policy, job.now()) {
        let after = wait.try_into().ok();
        return Ok(Verdict::Again { after, why: "another-is-being-named", alarm: None });
    }
    let known = office.store.read(|txn| wanted::known(txn, &job.case))?;
    let (project, held) = match known {
        Some((project, ghsa)) => {
            let held = job.get(&project, &ghsa).await?;
            (project, held)
        }
        None => {
            let assessment = job.case.tracks.assessment.as_ref();
            let Some(project) = assessment.and_then(|found| advised::project(&found.repository)) else {
                return Ok(Verdict::Parked { why: "not-assessed" });
            };
            let held = job.find_or_make(&project, looks).await?;
            (project, held)
        }
    };
    match held {
        Ok(held) => job.bring(&project, held).await,
        Err(verdict) => Ok(verdict),
    }
}

pub(super) fn tasks(tasks: Vec<Task>) -> Verdict {
    Verdict::Done { outcome: Outcome::Advisory { seen: None, tasks } }
}

impl Job<'_> {
    pub(super) fn refused(&self, error: &GithubError) -> Verdict {
        refused_elsewhere(self.office, self.row, error, ("advisory-repository-moved", "advisory-refused"))
    }

    /// One that is known. Where we may not see it, somebody may let us.
    async fn get(&self, project: &Project, ghsa: &str) -> Result<Held, PerformFault> {
        Ok(match self.peers.github.advisory(project, ghsa, "").await {
            Ok(Some((held, _))) => Ok(held),
            Ok(None) => Err(Verdict::again("github-unreachable")),
            Err(error) if no_right(&error) => match self.peers.whoami().await {
                Ok(me) => Err(tasks(vec![Task::People { logins: vec![me] }])),
                Err(error) => Err(self.refused(&error)),
            },
            Err(error) => Err(self.refused(&error)),
        })
    }

    /// Drafts that we made for this case, the oldest first.
    async fn marked(&self, project: &Project) -> Result<Vec<RepositoryAdvisory>, GithubError> {
        let me = self.peers.whoami().await?;
        let drafts = self.peers.github.drafts(project, "").await?;
        let mut found = drafts.map(|drafts| drafts.items).unwrap_or_default();
        let keys = &self.office.keys;
        found.retain(|draft| {
            let text = draft.description.as_deref().unwrap_or_default();
            draft.author().is_none_or(|author| author == me) && is_marked(text, self.case.id, keys)
        });
        found.sort_by(|a, b| (a.created_at, &a.ghsa_id).cmp(&(b.created_at, &b.ghsa_id)));
        Ok(found)
    }

    /// The case goes on with the oldest copy; the others are closed.
    async fn keep_first(
        &self,
        project: &Project,
        found: Vec<RepositoryAdvisory>,
    ) -> Option<RepositoryAdvisory> {
        let mut found = found.into_iter();
        let first = found.next()?;
        for copy in found {
            let close = AdvisoryUpdate { state: Some("closed"), ..AdvisoryUpdate::default() };
            if let Err(error) = self.peers.github.update_advisory(project, &copy.ghsa_id, &close).await {
                tracing::warn!(%error, "a second copy of a draft advisory could not be closed");
            }
        }
        Some(first)
    }

    async fn find_or_make(&self, project: &Project, looks: Option<u32>) -> Result<Held, PerformFault> {
        let found = match self.marked(project).await {
            Ok(found) => found,
            Err(error) if no_right(&error) => return Ok(Err(self.draft_task(project))),
            Err(error) => {
                return Ok(Err(match looks {
                    Some(looks) => looked_in_vain(self.office, self.row, &error, looks),
                    None => self.refused(&error),
                }));
            }
        };
        if let Some(first) = self.keep_first(project, found).await {
            self.made(&first).await?;
            return Ok(Ok(first));
        }
        if let Some(verdict) = looks.and_then(|looks| look_again(self.office, looks)) {
            return Ok(Err(verdict));
        }
        self.make(project, looks).await
    }

    fn draft_task(&self, project: &Project) -> Verdict {
        tasks(vec![Task::Draft { repository: project.to_string() }])
    }

    async fn make(&self, project: &Project, looks: Option<u32>) -> Result<Held, PerformFault> {
        let body = self.office.store.read(|txn| wanted::draft(self.office, txn, &self.case))?;
        let (Some(body), Some(assessment)) = (body, &self.case.tracks.assessment) else {
            return Ok(Err(Verdict::Parked { why: "template" }));
        };
        let description = format!("{}\n\n{body}", marker(self.case.id, &self.row.op, &self.office.keys));
        let summary: String = wanted::title(&self.case).chars().take(SUMMARY_CHARS).collect();
        if description.chars().count() > DESCRIPTION_CHARS {
            return Ok(Err(Verdict::Parked { why: "template" }));
        }
        let affected = wanted::affected(assessment, None);
        let vector = assessment.vector.as_ref().map(ToString::to_string);
        let severity = wanted::severity(assessment.severity);
        let new = NewAdvisory {
            summary: &summary,
            description: &description,
            vulnerabilities: &affected,
            severity: severity.filter(|_| vector.is_none()),
            cvss_vector_string: vector.as_deref(),
        };
        let mut marks = self.marks()?;
        Part::Figures(Box::default(), Figures::of("", assessment)).before(&mut marks);
        self.keep(&marks).await?;
        match self.peers.github.create_advisory(project, &new).await {
            Ok(made) => {
                let made = match looks {
                    // An earlier try may have come through late.
                    Some(_) => match self.marked(project).await {
                        Ok(all) => self.keep_first(project, all).await.unwrap_or(made),
                        Err(_) => made,
                    },
                    None => made,
                };
                self.made(&made).await?;
                Ok(Ok(made))
            }
            Err(GithubError::Unknown) => Ok(Err(Verdict::Look { looks: 0 })),
            Err(error) if no_right(&error) => Ok(Err(self.draft_task(project))),
            Err(error) => Ok(Err(self.refused(&error))),
        }
    }

    fn marks(&self) -> Result<Marks, StoreError> {
        self.office.store.read(|txn| Marks::read(txn, &self.case))
    }

    async fn keep(&self, marks: &Marks) -> Result<(), PerformFault> {
        let (case, marks) = (self.case.id, marks.clone());
        Ok(self.office.store.write("advisory", move |txn| marks.keep(txn, case)).await?)
    }

    /// A draft that bears our marker shows what we wrote, as far as nobody changed it.
    async fn made(&self, made: &RepositoryAdvisory) -> Result<(), PerformFault> {
        let Some(assessment) = &self.case.tracks.assessment else { return Ok(()) };
        let mut marks = self.marks()?;
        marks.made(Figures::of(&made.ghsa_id, assessment));
        self.keep(&marks).await
    }

    async fn mark(&self, mark: AdvisoryMark, value: String) -> Result<(), PerformFault> {
        let case = self.case.id;
        let write = move |txn: &crate::store::Txn<'_>| txn.mark_advisory(case, mark, &value);
        Ok(self.office.store.write("advisory", write).await?)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.office.outside.clock.now()
    }

    /// From what GitHub shows to what the case says.
    async fn bring(&self, project: &Project, held: RepositoryAdvisory) -> Result<Verdict, PerformFault> {
        let mut tasks = Vec::new();
        let mut held = held;
        if advised::state(&held) == AdvisoryState::Triage {
            // The team confirmed a private report: it becomes the draft.
            let accept = AdvisoryUpdate { state: Some("draft"), ..AdvisoryUpdate::default() };
            match self.peers.github.update_advisory(project, &held.ghsa_id, &accept).await {
                Ok(accepted) => held = accepted,
                Err(error) if no_right(&error) || unfit(&error) => {
                    tasks.push(Task::Draft { repository: project.to_string() });
                }
                Err(error) => return Ok(self.refused(&error)),
            }
        }
        match advised::state(&held) {
            AdvisoryState::Draft => match self.improve(project, held, &mut tasks).await? {
                Ok(better) => held = better,
                Err(verdict) => return Ok(verdict),
            },
            AdvisoryState::Published => {
                held = self.unmarked(project, held).await;
                // Nothing is changed in what everybody reads: a person does, if somebody is thanked there in error, or is not.
                let marks = self.marks()?;
                let thanks = wanted::undone(self.office, &self.case, &held, &marks);
                tasks.extend(thanks.into_iter().filter(Task::is_of_credit));
                // The id may take longer than the day allows (RUNBOOK F7).
                if let Some(verdict) = self.cve(project, &held, &marks, &mut tasks).await? {
                    return Ok(verdict);
                }
            }
            AdvisoryState::Triage | AdvisoryState::Closed | AdvisoryState::Withdrawn => {}
        }
        self.tell(project, &held, tasks).await
    }

    /// What GitHub shows becomes part of the case.
    pub(super) async fn tell(
        &self,
        project: &Project,
        held: &RepositoryAdvisory,
        tasks: Vec<Task>,
    ) -> Result<Verdict, PerformFault> {
        Ok(match advised::look(self.office, self.peers, self.case.id, project, held).await? {
            Ok(Seen { advisory, .. }) => {
                let outcome = Outcome::Advisory { seen: Some(Box::new(advisory)), tasks };
                Verdict::Done { outcome }
            }
            Err(error) => self.refused(&error),
        })
    }

    /// People, thanks and figures in one write, if GitHub takes it; then the fork and the CVE id.
    async fn improve(
        &self,
        project: &Project,
        held: RepositoryAdvisory,
        tasks: &mut Vec<Task>,
    ) -> Result<Held, PerformFault> {
        let mut marks = self.marks()?;
        let come = wanted::missing(self.office, &self.case, &held);
        let go = wanted::unwanted(self.office, &self.case, &held, &marks.people);
        let people = !(come.is_empty() && go.is_empty());
        let people = people.then_some(Part::People { come, go });
        let (come, go) = wanted::thank(&self.case, &held, &marks.credit);
        let thanks = (come.is_some() || !go.is_empty()).then_some(Part::Thanks { come, go });
        let figures = wanted::figures(&self.case, &held, &marks.wrote);
        let figures = figures.map(|(update, figures)| Part::Figures(Box::new(update), figures));
        let parts: Vec<Part> = [people, thanks, figures].into_iter().flatten().collect();
        let held = match self.change(project, held, &parts, &mut marks).await? {
            Ok(held) => held,
            Err(verdict) => return Ok(Err(verdict)),
        };
        tasks.extend(wanted::undone(self.office, &self.case, &held, &marks));
        if let Some(verdict) = self.fork(project, &held, &marks, tasks).await? {
            return Ok(Err(verdict));
        }
        if let Some(verdict) = self.cve(project, &held, &marks, tasks).await? {
            return Ok(Err(verdict));
        }
        Ok(Ok(held))
    }

    /// All parts at once; where GitHub does not take that, each by itself, and people one by one.
    async fn change(
        &self,
        project: &Project,
        mut held: RepositoryAdvisory,
        parts: &[Part],
        marks: &mut Marks,
    ) -> Result<Held, PerformFault> {
        if parts.is_empty() {
            return Ok(Ok(held));
        }
        // Should nobody see the end of it, it is known later whose it is.
        parts.iter().for_each(|part| part.before(marks));
        self.keep(marks).await?;
        let (hub, ghsa) = (&self.peers.github, held.ghsa_id.clone());
        let all =
            parts.iter().map(|part| part.update(&held)).fold(AdvisoryUpdate::default(), AdvisoryUpdate::and);
        match hub.update_advisory(project, &ghsa, &all).await {
            Ok(changed) => {
                self.changed(parts, marks).await?;
                return Ok(Ok(changed));
            }
            // What a person must do is told from what GitHub shows afterwards.
            Err(error) if no_right(&error) => return Ok(Ok(held)),
            Err(error) if unfit(&error) => {}
            Err(error) => return Ok(Err(self.refused(&error))),
        }
        let steps: Vec<Part> = parts.iter().flat_map(Part::steps).collect();
        for step in steps.iter().filter(|_| steps.len() > 1) {
            // From what stands there by now: those who were let in meanwhile stay.
            match hub.update_advisory(project, &ghsa, &step.update(&held)).await {
                Ok(changed) => {
                    held = changed;
                    self.changed(std::slice::from_ref(step), marks).await?;
                }
                Err(error) if no_right(&error) || unfit(&error) => {
                    tracing::warn!(%error, "GitHub does not take a change of an advisory");
                }
                Err(error) => return Ok(Err(self.refused(&error))),
            }
        }
        Ok(Ok(held))
    }

    async fn changed(&self, parts: &[Part], marks: &mut Marks) -> Result<(), PerformFault> {
        parts.iter().for_each(|part| part.after(marks, &self.case));
        self.keep(marks).await
    }

    async fn fork(
        &self,
        project: &Project,
        held: &RepositoryAdvisory,
        marks: &Marks,
        tasks: &mut Vec<Task>,
    ) -> Result<Option<Verdict>, PerformFault> {
        let begun = marks.fork.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
        let waits = begun.is_some_and(|at| self.now().duration_since(at) < FORK_TAKES);
        if !self.case.tracks.fork || held.has_fork() || waits {
            return Ok(None);
        }
        match self.peers.github.create_private_fork(project, &held.ghsa_id).await {
            Ok(()) => self.mark(AdvisoryMark::Fork, self.now().to_string()).await?,
            Err(error) if no_right(&error) || unfit(&error) => tasks.push(Task::Fork),
            Err(error) => return Ok(Some(self.refused(&error))),
        }
        Ok(None)
    }

    /// An order asks once. GitHub shows no trace of it until there is an id; asking twice changes nothing.
    async fn cve(
        &self,
        project: &Project,
        held: &RepositoryAdvisory,
        marks: &Marks,
        tasks: &mut Vec<Task>,
    ) -> Result<Option<Verdict>, PerformFault> {
        let Cve::Requested { at } = self.case.tracks.cve else { return Ok(None) };
        let order = format!("{} {at}", held.ghsa_id);
        if public_text(held).cve.is_some() || marks.cve.as_ref() == Some(&order) {
            return Ok(None);
        }
        // What is asked of GitHub cannot be taken back: not while the order can.
        if self.office.store.read(|txn| txn.is_advisory_held(self.case.id))? {
            return Ok(None);
        }
        match self.peers.github.request_cve(project, &held.ghsa_id).await {
            Ok(()) => self.mark(AdvisoryMark::Cve, order).await?,
            Err(error) if no_right(&error) || unfit(&error) => tasks.push(Task::RequestCve),
            Err(error) => return Ok(Some(self.refused(&error))),
        }
        Ok(None)
    }

    /// Nothing of ours stays in what everybody reads.
    pub(super) async fn unmarked(&self, project: &Project, held: RepositoryAdvisory) -> RepositoryAdvisory {
        let Some(bare) = bare(&held) else { return held };
        let update = AdvisoryUpdate { description: Some(bare), ..AdvisoryUpdate::default() };
        match self.peers.github.update_advisory(project, &held.ghsa_id, &update).await {
            Ok(changed) => changed,
            Err(error) => {
                tracing::warn!(%error, "our marker still stands in an advisory");
                held
            }
        }
    }
}

/// The description without our marker, if it has one.
pub(super) fn bare(held: &RepositoryAdvisory) -> Option<String> {
    let text = held.description.as_deref().unwrap_or_default().replace("\r\n", "\n");
    let bare = without_marker(&text);
    (bare != text).then_some(bare)
}

/// What it would say, for `mode = "shadow"`.
pub(super) fn page(office: &Office, row: &EffectRow) -> Result<String, StoreError> {
    let case = case_of(office, row)?;
    let body = office.store.read(|txn| wanted::draft(office, txn, &case))?;
    let mut page = format!("{}\n\n{}", wanted::title(&case), body.unwrap_or_default());
    page.push_str(&format!("\nSeen by: {}\n", wanted::people(office, &case).join(", ")));
    Ok(page)
}
