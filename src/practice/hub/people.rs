//! What people do on GitHub, beside the API: they assign, close, edit, delete, and lose their accounts.

use super::state::{Comment, Deed, User, World, second};
use super::{Hub, timeline};

impl Hub {
    /// Somebody assigns an issue to an account that is there; `false` when there is no such issue.
    pub fn assign_as(&self, actor: &str, number: u64, login: &str) -> bool {
        self.change_assignee(actor, number, login, true)
    }

    /// Somebody takes it from them again.
    pub fn unassign_as(&self, actor: &str, number: u64, login: &str) -> bool {
        self.change_assignee(actor, number, login, false)
    }

    fn change_assignee(&self, actor: &str, number: u64, login: &str, add: bool) -> bool {
        let id = self.world.change(World::id);
        let at = second((self.now)());
        self.touch(number, |issue| timeline::assign(issue, id, actor, login, add, at))
    }

    /// Somebody closes or opens an issue; `false` when there is no such issue.
    pub fn set_open_as(&self, actor: &str, number: u64, open: bool) -> bool {
        let id = self.world.change(World::id);
        let at = second((self.now)());
        self.touch(number, |issue| {
            issue.open = open;
            issue.closed_at = (!open).then_some(at);
            issue.state_reason = Some(if open { "reopened" } else { "completed" }.to_owned());
            let event = if open { "reopened" } else { "closed" };
            issue.deeds.push(Deed {
                id,
                event,
                actor: actor.to_owned(),
                assignee: None,
                at,
                through_app: false,
            });
        })
    }

    /// The last thing that was done to an issue was done by an App in that person's name.
    pub fn was_through_app(&self, number: u64) -> bool {
        self.touch(number, |issue| {
            if let Some(deed) = issue.deeds.last_mut() {
                deed.through_app = true;
            }
        })
    }

    fn change_comment(&self, number: u64, id: u64, change: impl FnOnce(&mut Comment)) -> bool {
        self.touch(number, |issue| {
            if let Some(comment) = issue.comments.iter_mut().find(|comment| comment.id == id) {
                change(comment);
            }
        })
    }

    /// Somebody edits a comment.
    pub fn edit_comment(&self, number: u64, id: u64, body: &str) -> bool {
        let at = second((self.now)());
        self.change_comment(number, id, |comment| {
            body.clone_into(&mut comment.body);
            comment.updated_at = at;
        })
    }

    /// An App writes in somebody's name; the comment's id.
    pub fn add_comment_through_app(&self, login: &str, number: u64, body: &str) -> Option<u64> {
        let id = self.add_comment_as(login, number, body)?;
        self.change_comment(number, id, |comment| comment.through_app = true).then_some(id)
    }

    /// The author's account goes away (`user: null`).
    pub fn ghost_comment(&self, number: u64, id: u64) -> bool {
        self.change_comment(number, id, |comment| comment.author = None)
    }

    /// Somebody deletes a comment.
    pub fn delete_comment(&self, number: u64, id: u64) -> bool {
        self.touch(number, |issue| issue.comments.retain(|comment| comment.id != id))
    }

    /// The account was given up, and somebody else took its login: another number.
    pub fn register_again(&self, login: &str, id: u64) {
        self.world.change(|world| world.users.insert(login.to_owned(), User { id, login: login.to_owned() }));
    }
}
