//! What people do on issues of public repositories, beside the API.

use super::Hub;
use super::state::{Comment, Issue, World, second};

impl Hub {
    /// Whether that account may delete issues.
    pub fn set_deleter(&self, login: &str, may: bool) {
        self.world.change(|world| {
            if may {
                world.deleters.insert(login.to_owned());
            } else {
                world.deleters.remove(login);
            }
        });
    }

    /// The account shows that address.
    pub fn show_address(&self, login: &str, address: &str) {
        self.world.change(|world| world.addresses.insert(login.to_owned(), address.to_owned()));
    }

    /// One issue of a repository.
    pub fn issue_in(&self, repository: u64, number: u64) -> Option<Issue> {
        self.world.look(|world| world.repositories.get(&repository)?.issues.get(&number).cloned())
    }

    /// Somebody changes an issue; `false` when there is no such one.
    pub fn change_issue_in(&self, repository: u64, number: u64, change: impl FnOnce(&mut Issue)) -> bool {
        let at = second((self.now)());
        self.world.change(|world| {
            let issue = world.repositories.get_mut(&repository).and_then(|repo| repo.issues.get_mut(&number));
            issue.is_some_and(|issue| {
                change(issue);
                issue.updated_at = at;
                true
            })
        })
    }

    /// Whoever posted it edits its body.
    pub fn edit_body_in(&self, repository: u64, number: u64, by: &str, body: &str) -> bool {
        let at = second((self.now)());
        self.change_issue_in(repository, number, |issue| {
            let earlier = std::mem::replace(&mut issue.body, body.to_owned());
            issue.edits.push((at, by.to_owned(), earlier));
        })
    }

    /// Somebody comments; the comment's id.
    pub fn comment_in(&self, repository: u64, number: u64, by: &str, body: &str) -> Option<u64> {
        let id = self.world.change(World::id);
        self.add_user(id, by);
        let at = second((self.now)());
        let comment = Comment {
            id,
            author: Some(by.to_owned()),
            body: body.to_owned(),
            created_at: at,
            updated_at: at,
            through_app: false,
            unlisted: 0,
        };
        self.change_issue_in(repository, number, |issue| issue.comments.push(comment)).then_some(id)
    }

    /// An admin deletes an issue.
    pub fn delete_issue_in(&self, repository: u64, number: u64) {
        self.change_repository(repository, |repo| {
            repo.issues.remove(&number);
            repo.deleted.insert(number);
        });
    }
}
