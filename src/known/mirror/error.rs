//! Why the mirror cannot do what is asked.

/// Faults of the mirror. None holds words of a report.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The database says no.
    #[error("mirror: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A file cannot be read or made.
    #[error("cannot read {path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A feed that is not what it should be; nothing of it went in.
    #[error("feed {name}: {why}")]
    Feed {
        /// Which.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// Another process writes into the mirror.
    #[error("another process is writing into the mirror; try again when it is done")]
    Busy,
    /// Another process syncs.
    #[error("another process is syncing the mirror; try again when it is done")]
    Syncing,
    /// The file was written by a newer sir-intake.
    #[error("the mirror was written by a newer version ({found}, here {here}); delete it to rebuild it")]
    Newer {
        /// Version of the file.
        found: i64,
        /// Version that is understood here.
        here: i64,
    },
    /// A stored record cannot be read back.
    #[error("the mirror holds a broken record; delete it to rebuild it")]
    Broken,
}
