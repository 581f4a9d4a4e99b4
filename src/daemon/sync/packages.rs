//! The packages that O3DE bundles, from its own lists: in its repository, or in files on disk.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::projects::project;
use super::{SourceDone, SyncFault, Syncing};
use crate::known::Mirror;
use crate::known::mirror::{MirrorError, SourceRow};
use crate::known::package::{Associated, read_cmake};
use crate::wire::github::{Entry, GithubError, Project};

/// The name of this source.
const SOURCE: &str = "packages";
/// So many platforms, and lists, are read; O3DE has six of each.
const MOST: usize = 40;
/// A list on disk is not longer, in bytes.
const FILE_LIMIT: u64 = 4 << 20;

impl Syncing {
    /// Reads the package lists again when anything below their folder changed.
    pub(super) async fn packages(&mut self) -> Result<(), SyncFault> {
        let Some(name) = self.known.packages_repository.clone() else { return Ok(()) };
        self.begins(SOURCE);
        let row = self.source(SOURCE).await?;
        let etag = if row.fault.is_none() { row.etag.clone() } else { String::new() };
        let mut done = SourceDone { name: SOURCE.to_owned(), ..SourceDone::default() };
        let now = Some(self.now());
        let (found, etag) = match self.lists(&project(&name), &etag).await {
            Ok(Some((found, _))) if found.is_empty() => {
                return self.failed(SOURCE, "no package list is where it is looked for".to_owned()).await;
            }
            Ok(Some(found)) => found,
            Ok(None) => {
                self.note(SourceRow { good_at: now, tried_at: now, fault: None, ..row }).await?;
                self.done(SourceDone { unchanged: true, ..done });
                return Ok(());
            }
            Err(fault) => return self.failed(SOURCE, fault.to_string()).await,
        };
        done.records = found.len() as u64;
        let row = SourceRow {
            etag,
            cursor: format!("{}/{}", name.owner, name.name),
            good_at: now,
            tried_at: now,
            fault: None,
            ..row
        };
        self.job(move |mirror| mirror.put_packages(&found, &row)).await?;
        self.done(done);
        Ok(())
    }

    /// All lists below the folder; the tag of its listing changes with anything in it.
    async fn lists(
        &self,
        project: &Project,
        etag: &str,
    ) -> Result<Option<(Vec<Associated>, String)>, GithubError> {
        let top = self.known.packages_folder.clone();
        let Some((platforms, etag)) = self.folder(project, &top, etag).await? else { return Ok(None) };
        let mut found = Vec::new();
        for platform in platforms.iter().filter(|entry| entry.kind == "dir").take(MOST) {
            let Some((files, _)) = self.folder(project, &platform.path, "").await? else { continue };
            for file in files.iter().filter(|entry| is_list(&entry.path)).take(MOST) {
                let text = self
                    .ask(|github| {
                        let (project, path) = (project.clone(), file.path.clone());
                        async move { github.text_file(&project, &path).await }
                    })
                    .await?;
                found.extend(read_cmake(&text));
            }
        }
        Ok(Some((found, etag)))
    }

    async fn folder(
        &self,
        project: &Project,
        path: &str,
        etag: &str,
    ) -> Result<Option<(Vec<Entry>, String)>, GithubError> {
        self.ask(|github| {
            let (project, path, etag) = (project.clone(), path.to_owned(), etag.to_owned());
            async move { github.folder(&project, &path, &etag).await }
        })
        .await
    }
}

/// `.../BuiltInPackages_windows.cmake`
fn is_list(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    file.starts_with("BuiltInPackages_") && file.ends_with(".cmake")
}

/// Takes the package lists from files on disk: they replace what was known from the repository. Gives how many
/// associations of packages were read.
///
/// # Errors
/// A file cannot be read or names no package; the mirror cannot be written.
pub fn import_cmake(mirror: &Mirror, paths: &[PathBuf], now: Timestamp) -> Result<u64, MirrorError> {
    let mut found = Vec::new();
    for path in paths {
        let list = read_cmake(&text(path)?);
        if list.is_empty() {
            let name = path.display().to_string();
            return Err(MirrorError::Feed { name, why: "names no package".to_owned() });
        }
        found.extend(list);
    }
    let row = SourceRow {
        name: SOURCE.to_owned(),
        cursor: "files".to_owned(),
        good_at: Some(now),
        tried_at: Some(now),
        ..SourceRow::default()
    };
    mirror.put_packages(&found, &row)?;
    Ok(found.len() as u64)
}

fn text(path: &Path) -> Result<String, MirrorError> {
    use std::io::Read as _;
    let fault = |source| MirrorError::File { path: path.display().to_string(), source };
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(fault)?.take(FILE_LIMIT).read_to_end(&mut bytes).map_err(fault)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
