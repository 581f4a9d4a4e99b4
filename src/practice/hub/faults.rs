//! What goes wrong at the GitHub stand-in, as switches, and what its client did, as a record.

use std::time::Duration;

use http::Method;

use super::state::World;
use crate::practice::board::Board;
use crate::practice::web::{Manner, Met};

/// Which kind of route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Any of them.
    Any,
    /// `POST /app/installations/{id}/access_tokens`
    Token,
    /// `/repos/{owner}/{repo}`
    Repository,
    /// `.../issues`
    Issues,
    /// `.../issues/{number}`
    Issue,
    /// `.../issues/{number}/comments`
    Comments,
    /// `.../issues/comments/{id}`
    Comment,
    /// `.../labels` and `.../labels/{name}`
    Labels,
    /// `.../issues/{number}/labels` and one of them
    IssueLabels,
    /// `.../issues/{number}/assignees`, `.../assignees`
    Assignees,
    /// `.../issues/{number}/lock`
    Lock,
    /// `.../issues/{number}/timeline`
    Timeline,
    /// `.../issues/comments`, over all issues
    AllComments,
    /// `.../security-advisories`
    Advisories,
    /// `.../security-advisories/{ghsa}`
    Advisory,
    /// `.../security-advisories/{ghsa}/cve`
    AdvisoryCve,
    /// `.../security-advisories/{ghsa}/forks`
    AdvisoryFork,
    /// `.../contents/{path}`
    Contents,
    /// `/user`, `/users/{login}`, `/rate_limit`
    Account,
    /// `/graphql`
    Graphql,
}

/// How a request goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Obeyed, then the connection ends without a byte.
    CommitThenDrop,
    /// Obeyed, then 502.
    CommitThen502,
    /// Obeyed, the reply's body is cut in half.
    CutBody,
    /// Obeyed, then silence.
    CommitThenHang,
    /// Obeyed and answered, later.
    Late(Duration),
    /// Not obeyed: the connection ends without a byte.
    Drop,
    /// Not obeyed: silence.
    Hang,
    /// Not obeyed: 500.
    ServerError,
    /// Not obeyed: 403 of the secondary limit, with or without `retry-after` (seconds).
    Secondary {
        /// `None`: no such header.
        retry_after_s: Option<u32>,
    },
    /// Not obeyed: 403 of the primary limit, `x-ratelimit-remaining: 0` and the reset so many seconds ahead.
    Primary {
        /// Seconds from now.
        reset_in_s: u32,
    },
    /// Not obeyed: 429, with or without `retry-after` (seconds).
    TooMany {
        /// `None`: no such header.
        retry_after_s: Option<u32>,
    },
    /// Not obeyed: 403 for want of a permission.
    Forbidden,
    /// Not obeyed: 404, which is also what GitHub says for want of a permission.
    NotFound,
    /// Not obeyed: 401.
    Unauthorized,
    /// Not obeyed: 422.
    Invalid,
    /// Not obeyed: 301 to another place.
    Moved,
}

#[derive(Debug, Clone)]
struct Rule {
    method: Option<Method>,
    kind: Kind,
    skip: u32,
    times: u32,
    fault: Fault,
}

/// The faults that are set, and what the client was seen to do.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    rules: Vec<Rule>,
    pub(super) list_lag: u32,
    pub(super) page_size: Option<usize>,
    pub(super) keep_on_patch: u32,
    pub(super) violations: Vec<String>,
    pub(super) met: Vec<Met>,
    pub(super) heard: Vec<String>,
}

impl Record {
    /// The fault that strikes at this request, used up by being asked.
    pub(super) fn strike(&mut self, method: &Method, kind: Kind) -> Option<Fault> {
        let mut struck = None;
        for rule in &mut self.rules {
            let meant = rule.method.as_ref().is_none_or(|wanted| wanted == method);
            if !meant || (rule.kind != Kind::Any && rule.kind != kind) || rule.times == 0 {
                continue;
            }
            if rule.skip > 0 {
                rule.skip = rule.skip.saturating_sub(1);
            } else if struck.is_none() {
                rule.times = rule.times.saturating_sub(1);
                struck = Some(rule.fault.clone());
            }
        }
        self.rules.retain(|rule| rule.times > 0);
        struck
    }
}

impl Fault {
    /// How the reply to an obeyed request is sent; `None`: the request is not obeyed.
    pub(super) fn after_commit(&self) -> Option<Manner> {
        match self {
            Self::CommitThenDrop => Some(Manner::Nothing),
            Self::CommitThen502 => Some(Manner::Whole),
            Self::CutBody => Some(Manner::Cut),
            Self::CommitThenHang => Some(Manner::Silence),
            Self::Late(by) => Some(Manner::Late(*by)),
            Self::Drop
            | Self::Hang
            | Self::ServerError
            | Self::Secondary { .. }
            | Self::Primary { .. }
            | Self::TooMany { .. }
            | Self::Forbidden
            | Self::NotFound
            | Self::Unauthorized
            | Self::Invalid
            | Self::Moved => None,
        }
    }
}

/// The switches of a [`super::Hub`].
#[derive(Clone)]
pub struct Faults(pub(super) Board<World>);

impl Faults {
    /// The next such request goes wrong. `method` as in HTTP; an empty one means any.
    pub fn at(&self, method: &str, kind: Kind, fault: Fault) {
        self.add(method, kind, 0, 1, fault);
    }

    /// The next `times` such requests go wrong.
    pub fn repeat(&self, method: &str, kind: Kind, times: u32, fault: Fault) {
        self.add(method, kind, 0, times, fault);
    }

    /// The n-th such request from now goes wrong, 1 being the next.
    pub fn at_nth(&self, method: &str, kind: Kind, nth: u32, fault: Fault) {
        self.add(method, kind, nth.saturating_sub(1), 1, fault);
    }

    fn add(&self, method: &str, kind: Kind, skip: u32, times: u32, fault: Fault) {
        let method = Method::from_bytes(method.as_bytes()).ok();
        self.0.change(|world| world.record.rules.push(Rule { method, kind, skip, times, fault }));
    }

    /// From now on an issue or comment that is created is missing from the first `calls` lists that should show it; 0 ends it.
    pub fn list_lag(&self, calls: u32) {
        self.0.change(|world| world.record.list_lag = calls);
    }

    /// Lists come in pages of at most so many, whatever `per_page` says; `None` ends it.
    pub fn small_pages(&self, size: Option<usize>) {
        self.0.change(|world| world.record.page_size = size);
    }

    /// The next `times` changes of an issue's body are answered 200 and not made.
    pub fn keep_on_patch(&self, times: u32) {
        self.0.change(|world| world.record.keep_on_patch = times);
    }

    /// How many faults have not struck yet.
    pub fn pending(&self) -> usize {
        self.0.look(|world| world.record.rules.len())
    }

    /// All is well again.
    pub fn clear(&self) {
        self.0.change(|world| {
            world.record.rules.clear();
            world.record.list_lag = 0;
            world.record.page_size = None;
            world.record.keep_on_patch = 0;
        });
    }
}
