//! What GitHub shows of a public issue, as its case knows it, and the copy of it that is saved.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::case::posted::Standing;
use crate::case::{Case, CaseId, Posted, PostedWords, Sha256};
use crate::office::Office;
use crate::render::advisory::is_marked;
use crate::render::posted::{BODY, COMMENT, TITLE, is_blank};
use crate::store::{PostedCopy, PostedRow, StoreError, Txn};
use crate::wire::github::{Author, Comment, Whoami, WholeIssue};

/// A public issue as it is looked at.
pub(crate) struct Seen {
    pub(crate) posted: Posted,
    pub(crate) copy: PostedCopy,
}

/// Who of those who write there is of the house.
pub(crate) struct House<'a> {
    pub(crate) office: &'a Office,
    pub(crate) me: &'a Whoami,
}

impl House<'_> {
    /// Our own account.
    pub(crate) fn is_us(&self, author: Option<&Author>) -> bool {
        author.is_some_and(|author| author.login == self.me.login)
    }

    /// Somebody of the roster, by the number of their account.
    pub(crate) fn is_of_team(&self, author: Option<&Author>) -> bool {
        let members = &self.office.policy.roster.members;
        author.is_some_and(|author| {
            members.iter().filter_map(|member| member.github.as_ref()).any(|known| known.id == author.id)
        })
    }

    /// Comments of others: those that are saved as words, and taken out.
    pub(crate) fn others<'c>(&self, comments: &'c [Comment]) -> impl Iterator<Item = &'c Comment> {
        comments.iter().filter(|one| !self.is_us(one.user.as_ref()) && !self.is_of_team(one.user.as_ref()))
    }

    /// When whoever posted it was told: by our comment, or by one of the team that says where to write.
    fn told(&self, case: Option<CaseId>, comments: &[Comment]) -> Option<Timestamp> {
        let contact = self.office.config.addresses.list.as_str().to_lowercase();
        let tells = |one: &&Comment| {
            let body = one.body.as_deref().unwrap_or_default();
            let ours = case.is_some_and(|case| is_marked(body, case, &self.office.keys));
            (self.is_us(one.user.as_ref()) && ours)
                || (self.is_of_team(one.user.as_ref()) && body.to_lowercase().contains(&contact))
        };
        comments.iter().filter(tells).find_map(|one| one.created_at)
    }
}

/// What others wrote there. What was taken out, by us or by themselves, counts as it was saved: only what is new or changed
/// makes other words of it.
fn words(house: &House<'_>, whole: &WholeIssue, saved: Option<&PostedWords>) -> PostedWords {
    let kept = |now: &str, ours: &str, then: Option<&String>| match then {
        Some(then) if is_blank(now, ours) => then.clone(),
        Some(_) | None => now.to_owned(),
    };
    let body = whole.issue.body.as_deref().unwrap_or_default();
    let mut comments: BTreeMap<u64, String> =
        saved.iter().flat_map(|saved| saved.comments.iter().cloned()).collect();
    for one in house.others(&whole.comments) {
        let text = kept(one.body.as_deref().unwrap_or_default(), COMMENT, comments.get(&one.id));
        comments.insert(one.id, text);
    }
    PostedWords {
        title: kept(&whole.issue.title, TITLE, saved.map(|saved| &saved.title)),
        body: kept(body, BODY, saved.map(|saved| &saved.body)),
        comments: comments.into_iter().collect(),
    }
}

/// Whether nothing of it can be read any more: title and all texts are other ones. A title that is not ours counts where the
/// project locked it: whoever posted it can empty it for a while, and write all of it into another title.
pub(crate) fn is_blanked(house: &House<'_>, whole: &WholeIssue, saved: &PostedWords) -> bool {
    let body = is_blank(whole.issue.body.as_deref().unwrap_or_default(), BODY);
    let comments =
        house.others(&whole.comments).all(|one| is_blank(one.body.as_deref().unwrap_or_default(), COMMENT));
    let title = whole.issue.title == TITLE || (whole.issue.locked && whole.issue.title != saved.title);
    body && comments && title && !whole.cut
}

/// What GitHub shows of it; `saved`: what others wrote there when it was saved last.
pub(crate) fn seen(
    house: &House<'_>,
    row: &PostedRow,
    case: Option<CaseId>,
    whole: &WholeIssue,
    saved: Option<&PostedWords>,
) -> Seen {
    let blank = saved.is_some_and(|saved| is_blanked(house, whole, saved));
    let words = match saved.filter(|_| blank) {
        // An admin may have found another title.
        Some(saved) => saved.clone(),
        None => words(house, whole, saved),
    };
    let posted = Posted {
        place: row.place.clone(),
        words: words.sha256(),
        whole: !whole.cut,
        standing: if blank { Standing::Blank } else { Standing::Readable },
        told: house.told(case, &whole.comments),
    };
    let bytes = serde_json::to_vec(&whole.told).unwrap_or_default();
    Seen { posted, copy: PostedCopy { sha256: Sha256::of(&bytes), words, bytes } }
}

impl Seen {
    /// A look at the words alone does not see all that belongs to them: whether that was saved whole is known from before.
    pub(crate) fn after(mut self, known: &Posted) -> Self {
        if self.posted.words == known.words {
            self.posted.whole &= known.whole;
        }
        self
    }
}

/// It is not there any more.
pub(crate) fn gone(known: &Posted) -> Posted {
    Posted { standing: Standing::Gone, ..known.clone() }
}

/// The public issue of a case, and what others wrote there when it was saved last.
pub(crate) fn of_case(
    txn: &Txn<'_>,
    case: &Case,
) -> Result<Option<(PostedRow, Option<PostedWords>)>, StoreError> {
    let Some(row) = txn.posted_of(case.report)? else { return Ok(None) };
    let saved = match &case.tracks.posted {
        Some(known) => txn.posted_words(&row.node, &known.words)?,
        None => None,
    };
    Ok(Some((row, saved)))
}
