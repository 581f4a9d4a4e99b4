//! On a public issue: whoever posted it is told (T32), once; and it is taken down, by the order of two people, exactly as it was
//! saved. Each look saves what is new first; what GitHub lets no program do is a task for an admin, with the link.

use std::time::Duration;

use super::github::{
    BEFORE, case_of, look_again, looked_in_vain, no_right, refused, refused_elsewhere, unfit,
};
use super::posted::{House, gone, of_case, seen};
use super::secrets::{self, Reader};
use super::{Peers, PerformFault, Verdict, links, way};
use crate::case::decide::Outcome;
use crate::case::{Case, Posted, PostedWords, Sha256, Takedown, Task};
use crate::office::Office;
use crate::render::advisory::{is_marked, marker};
use crate::render::letters::ToPublic;
use crate::render::posted::{BODY, COMMENT, TITLE, is_blank};
use crate::store::{EffectRow, PostedRow, StoreError};
use crate::wire::github::{Depth, GithubError, There, Update, Whoami, WholeIssue};

/// Comments that are emptied in one go: others wait for the lane meanwhile.
const AT_ONCE: usize = 100;
/// Until the next of them.
const REST: Duration = Duration::from_secs(1);

/// An effect at work on the public issue of its case.
struct Job<'a> {
    office: &'a Office,
    peers: &'a Peers,
    effect: &'a EffectRow,
    case: Case,
    row: PostedRow,
    saved: Option<PostedWords>,
    known: Posted,
    me: Whoami,
}

fn told(seen: Posted, tasks: Vec<Task>) -> Verdict {
    Verdict::Done { outcome: Outcome::Posted { seen: Some(Box::new(seen)), tasks } }
}

impl<'a> Job<'a> {
    async fn begin(
        office: &'a Office,
        peers: &'a Peers,
        effect: &'a EffectRow,
    ) -> Result<Result<Self, Verdict>, PerformFault> {
        let case = case_of(office, effect)?;
        let found = office.store.read(|txn| of_case(txn, &case))?;
        let (Some((row, saved)), Some(known)) = (found, case.tracks.posted.clone()) else {
            return Ok(Err(Verdict::Parked { why: "no-public-issue" }));
        };
        let me = match peers.account().await {
            Ok(me) => me,
            Err(error) => return Ok(Err(refused(office, effect, &error))),
        };
        Ok(Ok(Self { office, peers, effect, case, row, saved, known, me }))
    }

    fn house(&self) -> House<'_> {
        House { office: self.office, me: &self.me }
    }

    fn url(&self) -> String {
        links::posted_link(&self.office.config.github, &self.row.place)
    }

    fn refused(&self, error: &GithubError) -> Verdict {
        if unfit(error) {
            return Verdict::Parked { why: "public-issue-refused" };
        }
        refused_elsewhere(self.office, self.effect, error, ("public-issue-moved", "public-issue-refused"))
    }

    /// The repository is the one that is watched, everybody reads it, and it can be written to.
    async fn guard(&self) -> Result<(), Verdict> {
        match self.peers.github.repository(self.row.repository).await {
            Ok(repository) if repository.private => Err(Verdict::Parked { why: "repository-not-public" }),
            Ok(repository) if !repository.full_name.eq_ignore_ascii_case(&self.row.place.project) => {
                Err(Verdict::Parked { why: "public-issue-moved" })
            }
            Ok(repository) if repository.archived => Err(Verdict::Parked { why: "repository-archived" }),
            Ok(_) => Ok(()),
            Err(error) => Err(self.refused(&error)),
        }
    }

    /// What stands there, if it may be written to.
    async fn there(&self) -> Result<Result<Box<WholeIssue>, Verdict>, PerformFault> {
        match self.guard().await {
            Ok(()) => self.look().await,
            Err(verdict) => Ok(Err(verdict)),
        }
    }

    /// What stands there now. What is new in it is saved first, with all that belongs to it.
    async fn look(&self) -> Result<Result<Box<WholeIssue>, Verdict>, PerformFault> {
        let whole = match self.read(Depth::Words).await {
            Ok(whole) if self.seen(&whole).words == self.known.words => return Ok(Ok(whole)),
            Ok(_) => self.read(Depth::All).await,
            Err(verdict) => return Ok(Err(verdict)),
        };
        let whole = match whole {
            Ok(whole) => whole,
            Err(verdict) => return Ok(Err(verdict)),
        };
        let copy = seen(&self.house(), &self.row, Some(self.case.id), &whole, self.saved.as_ref()).copy;
        let (node, now) = (self.row.node.clone(), self.office.outside.clock.now());
        self.office.store.write("posted-copy", move |txn| txn.keep_posted(&node, &copy, now)).await?;
        Ok(Ok(whole))
    }

    async fn read(&self, depth: Depth) -> Result<Box<WholeIssue>, Verdict> {
        let (repository, number) = (self.row.repository, self.row.place.number);
        match self.peers.github.whole_issue(repository, number, "", depth).await {
            Ok(There::Yes(whole)) => Ok(whole),
            Ok(There::No) => Err(told(gone(&self.known), Vec::new())),
            Ok(There::Same) => Err(Verdict::again("github-unreachable")),
            Err(error) => Err(self.refused(&error)),
        }
    }

    fn seen(&self, whole: &WholeIssue) -> Posted {
        let seen = seen(&self.house(), &self.row, Some(self.case.id), whole, self.saved.as_ref());
        seen.after(&self.known).posted
    }
}

/// T32, with our marker, which names no case. None: the template fails.
fn comment(office: &Office, case: &Case, effect: &EffectRow) -> Option<String> {
    let letter = office.letters.public(&way::public_desk(office), &ToPublic::PosterComment).ok()?;
    Some(format!("{}\n\n{}", marker(case.id, &effect.op, &office.keys), letter.body))
}

/// What would be written.
pub(super) fn page(office: &Office, effect: &EffectRow) -> Result<String, StoreError> {
    let case = case_of(office, effect)?;
    Ok(comment(office, &case, effect).unwrap_or_default())
}

/// Tells whoever posted it, once: what may have been written is looked for first.
pub(super) async fn tell(
    office: &Office,
    peers: &Peers,
    effect: &EffectRow,
    looks: Option<u32>,
) -> Result<Verdict, PerformFault> {
    let job = match Job::begin(office, peers, effect).await? {
        Ok(job) => job,
        Err(verdict) => return Ok(verdict),
    };
    let (hub, repository, number) = (&peers.github, job.row.repository, job.row.place.number);
    if let Some(looks) = looks {
        let since = effect.planned_at.saturating_sub(BEFORE).unwrap_or(effect.planned_at);
        let ours = |one: &crate::wire::github::Comment| {
            let body = one.body.as_deref().unwrap_or_default();
            job.house().is_us(one.user.as_ref()) && is_marked(body, job.case.id, &office.keys)
        };
        match hub.list_comments(repository, number, Some(since)).await {
            Ok(comments) if comments.iter().any(ours) => {}
            Err(GithubError::Refused { status: 404 | 410, .. }) => {}
            Ok(_) => {
                if let Some(verdict) = look_again(office, looks) {
                    return Ok(verdict);
                }
            }
            Err(error) => return Ok(looked_in_vain(office, effect, &error, looks)),
        }
    }
    let whole = match job.there().await? {
        Ok(whole) => whole,
        Err(verdict) => return Ok(verdict),
    };
    let stands = job.seen(&whole);
    if stands.told.is_some() {
        return Ok(told(stands, Vec::new()));
    }
    if !job.case.tracks.telling {
        return Ok(Verdict::Canceled { why: "taken back" });
    }
    let Some(text) = comment(office, &job.case, effect) else {
        return Ok(Verdict::Parked { why: "template" });
    };
    // The template is the project's own, and has no field for a word of the issue: its sentences are no leak, whoever copied
    // them there before. Ids, addresses and links of ours are one in any text.
    let leaks =
        office.store.read(|txn| secrets::leaks_of(office, txn, &job.case, Reader::Anybody, &text, &text))?;
    if !leaks.is_empty() {
        return Ok(Verdict::Leaks { leaks });
    }
    match hub.comment(repository, number, &text).await {
        Ok(written) => Ok(told(
            Posted { told: written.created_at.or(Some(office.outside.clock.now())), ..stands },
            Vec::new(),
        )),
        Err(GithubError::Unknown) => Ok(Verdict::Look { looks: 0 }),
        Err(error) if no_right(&error) || unfit(&error) => {
            Ok(told(stands, vec![Task::TellPoster { url: job.url() }]))
        }
        Err(error) => Ok(job.refused(&error)),
    }
}

/// Takes it down, if it still reads as two people saw it.
pub(super) async fn take_down(
    office: &Office,
    peers: &Peers,
    effect: &EffectRow,
    how: Takedown,
    words: &Sha256,
) -> Result<Verdict, PerformFault> {
    let job = match Job::begin(office, peers, effect).await? {
        Ok(job) => job,
        Err(verdict) => return Ok(verdict),
    };
    let whole = match job.there().await? {
        Ok(whole) => whole,
        // Gone already: by an earlier try, or by a person.
        Err(verdict) => return Ok(verdict),
    };
    let stands = job.seen(&whole);
    if stands.is_done(how) {
        return Ok(told(stands, Vec::new()));
    }
    if stands.words != *words || !stands.whole {
        // Saved by now, and told: people ask again, or do not.
        return Ok(told(stands, Vec::new()));
    }
    if job.case.tracks.takedown != Some((how, *words)) {
        return Ok(Verdict::Canceled { why: "taken back" });
    }
    match how {
        Takedown::Blank => job.blank(&whole, stands).await,
        Takedown::Delete => job.delete(stands).await,
    }
}

impl Job<'_> {
    /// What only an admin can do, with what stands there.
    fn admin(&self, stands: Posted, how: Takedown) -> Verdict {
        told(stands, vec![Task::TakeDown { how, url: self.url() }])
    }

    /// First nobody else writes there any more; then title and body; then each comment of others. Each step is one that does
    /// no harm twice, and what is done already is left as it is.
    async fn blank(&self, whole: &WholeIssue, stands: Posted) -> Result<Verdict, PerformFault> {
        let (hub, repository, number) = (&self.peers.github, self.row.repository, self.row.place.number);
        let failed = |error: &GithubError| {
            if no_right(error) || unfit(error) {
                self.admin(stands.clone(), Takedown::Blank)
            } else {
                self.refused(error)
            }
        };
        if !whole.issue.locked
            && let Err(error) = hub.lock_issue(repository, number).await
        {
            return Ok(failed(&error));
        }
        let body = whole.issue.body.as_deref().unwrap_or_default();
        if whole.issue.title != TITLE || !is_blank(body, BODY) {
            let update = Update { title: Some(TITLE), body: Some(BODY), ..Update::default() };
            if let Err(error) = hub.update_issue(repository, number, &update).await {
                return Ok(failed(&error));
            }
        }
        let house = self.house();
        let full = |body: Option<&str>| !is_blank(body.unwrap_or_default(), COMMENT);
        let left: Vec<u64> =
            house.others(&whole.comments).filter(|one| full(one.body.as_deref())).map(|one| one.id).collect();
        for id in left.iter().take(AT_ONCE) {
            match hub.edit_comment(repository, *id, COMMENT).await {
                Ok(_) | Err(GithubError::Refused { status: 404 | 410, .. }) => {}
                Err(error) => return Ok(failed(&error)),
            }
        }
        if left.len() > AT_ONCE {
            return Ok(Verdict::Again { after: Some(REST), why: "more-comments", alarm: None });
        }
        // Only what GitHub shows is done.
        let whole = match self.look().await? {
            Ok(whole) => whole,
            Err(verdict) => return Ok(verdict),
        };
        let stands = self.seen(&whole);
        Ok(if stands.is_done(Takedown::Blank) || stands.words != self.known.words {
            told(stands, Vec::new())
        } else {
            Verdict::again("public-issue-not-blank")
        })
    }

    /// Where GitHub says before that it lets us not, it is not tried.
    async fn delete(&self, stands: Posted) -> Result<Verdict, PerformFault> {
        let hub = &self.peers.github;
        match hub.may_delete_issue(&self.row.node).await {
            Ok(true) => {}
            Ok(false) => return Ok(self.admin(stands, Takedown::Delete)),
            Err(error) if no_right(&error) => return Ok(self.admin(stands, Takedown::Delete)),
            Err(error) => return Ok(self.refused(&error)),
        }
        match hub.delete_issue(&self.row.node).await {
            Ok(()) => {}
            Err(error) if no_right(&error) || unfit(&error) => {
                return Ok(self.admin(stands, Takedown::Delete));
            }
            Err(error) => return Ok(self.refused(&error)),
        }
        // Only what GitHub shows is done.
        Ok(match self.look().await? {
            Ok(_) => Verdict::again("public-issue-still-there"),
            Err(verdict) => verdict,
        })
    }
}
