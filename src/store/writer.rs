//! The one thread that writes, and group commit.

use std::sync::mpsc;
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::news::Touched;
use super::{Lanes, StoreError, Txn};
use crate::outside::{Outside, Point};

/// How many waiting transactions share one fsync at most.
const GROUP: usize = 64;

/// What a job answers once its fate is known: `None` when it is durable.
type Answer = Box<dyn FnOnce(Option<StoreError>) + Send>;

/// Writes; the error, if any, is already inside the answer, and `bool` says whether the writes stay.
type Run = Box<dyn FnOnce(&Connection) -> (bool, Answer) + Send>;

struct Job {
    label: &'static str,
    run: Run,
}

pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    lanes: Lanes,
}

impl Writer {
    pub(super) fn start(connection: Connection, outside: Outside, lanes: Lanes) -> Result<Self, StoreError> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        // Its lines go where those of whoever opens the store go. Where nobody listens nothing is said about it: a thread
        // that is told "nobody" teaches the whole process that its lines are never wanted.
        let log = tracing::dispatcher::get_default(Clone::clone);
        let serve = move || {
            if log.is::<tracing::subscriber::NoSubscriber>() {
                serve(connection, &inbox, &outside);
            } else {
                tracing::dispatcher::with_default(&log, || serve(connection, &inbox, &outside));
            }
        };
        thread::Builder::new().name("store".to_owned()).spawn(serve).map_err(|source| StoreError::File {
            what: "cannot start the thread for",
            path: "store".to_owned(),
            source,
        })?;
        Ok(Self { jobs, lanes })
    }

    pub(super) async fn run<T, F>(&self, label: &'static str, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Txn<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let lanes = self.lanes.clone();
        let run = Box::new(move |connection: &Connection| {
            let txn = Txn(connection, Touched::default());
            let result = job(&txn);
            let keep = result.is_ok();
            let touched = txn.1;
            let answer: Answer = Box::new(move |failed| {
                if failed.is_none() && keep {
                    lanes.ring(touched);
                }
                // Nobody listens when the caller was dropped; the write stands all the same.
                let _ = tell.send(match failed {
                    Some(error) => Err(error),
                    None => result,
                });
            });
            (keep, answer)
        });
        self.jobs.send(Job { label, run }).map_err(|_| StoreError::Broken)?;
        told.await.map_err(|_| StoreError::Broken)?
    }
}

fn serve(connection: Connection, inbox: &mpsc::Receiver<Job>, outside: &Outside) {
    while let Ok(first) = inbox.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = inbox.try_recv()
        {
            group.push(next);
        }
        if !transact(&connection, group, outside) {
            return;
        }
    }
}

/// Runs a group in one transaction. False when the store must not be used any more.
fn transact(connection: &Connection, group: Vec<Job>, outside: &Outside) -> bool {
    let label = group.first().map_or("", |job| job.label);
    let mut answers: Vec<Answer> = Vec::with_capacity(group.len());
    let before = connection.total_changes();
    // A look that wrote nothing is no point at which anything could be torn.
    let point = |point| {
        if connection.total_changes() == before {
            Ok(())
        } else {
            outside.point(point).map_err(StoreError::from)
        }
    };
    let written = write_all(connection, group, &mut answers)
        .and_then(|()| point(Point::BeforeCommit(label)))
        .and_then(|()| connection.execute_batch("commit").map_err(StoreError::from));
    let result = match written {
        Ok(()) => point(Point::AfterCommit(label)),
        Err(error) => {
            // A failed commit may already have ended the transaction; the second answer does not matter then.
            let _ = connection.execute_batch("rollback");
            Err(error)
        }
    };
    match result {
        Ok(()) => {
            answers.into_iter().for_each(|answer| answer(None));
            true
        }
        Err(error) => {
            let alive = matches!(error, StoreError::Full | StoreError::Sqlite(_));
            for answer in answers {
                answer(Some(again(&error)));
            }
            alive
        }
    }
}

fn write_all(connection: &Connection, group: Vec<Job>, answers: &mut Vec<Answer>) -> Result<(), StoreError> {
    connection.execute_batch("begin immediate")?;
    for job in group {
        connection.execute_batch("savepoint job")?;
        let (keep, answer) = (job.run)(connection);
        answers.push(answer);
        // After a full disk SQLite may have rolled everything back by itself.
        if connection.is_autocommit() {
            return Err(StoreError::Full);
        }
        connection.execute_batch(if keep { "release job" } else { "rollback to job; release job" })?;
    }
    Ok(())
}

/// The same fault for everybody in the group.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Sqlite(safe) => StoreError::Sqlite(*safe),
        StoreError::Died(died) => StoreError::Died(*died),
        StoreError::Broken
        | StoreError::Row(_)
        | StoreError::File { .. }
        | StoreError::Newer { .. }
        | StoreError::Absent(_)
        | StoreError::Refused(_)
        | StoreError::Chance(_) => StoreError::Broken,
    }
}
