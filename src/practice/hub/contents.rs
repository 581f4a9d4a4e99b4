//! Files of a repository's main branch: folders as lists, files as base64, as `GET .../contents/{path}` shows them.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::route::{Call, Outcome, not_found};
use super::state::{Repository, World};
use crate::case::Sha256;
use crate::practice::web::Reply;

/// Answers a look at a file or folder.
pub(super) fn answer(world: &mut World, call: &Call<'_>, repo: u64, path: &str) -> Outcome {
    world.parameters(call.asked, &["ref"])?;
    let base = world.base.clone();
    let held = world.repositories.get(&repo).ok_or_else(not_found)?;
    if let Some(text) = held.files.get(path) {
        let mut file = entry(&base, held, path, "file", text);
        if let Some(fields) = file.as_object_mut() {
            // GitHub breaks lines of base64 after sixty characters.
            let packed: Vec<char> = BASE64.encode(text.as_bytes()).chars().collect();
            let lines: String =
                packed.chunks(60).map(|line| line.iter().collect::<String>() + "\n").collect();
            fields.insert("encoding".to_owned(), json!("base64"));
            fields.insert("content".to_owned(), json!(lines));
        }
        return Ok(Reply::json(200, file));
    }
    let inside = format!("{path}/");
    // What lies below, by name; a folder's hash is of all that is in it.
    let mut below: BTreeMap<String, (&str, String)> = BTreeMap::new();
    for (name, text) in held.files.iter().filter(|(name, _)| name.starts_with(&inside)) {
        let rest = name.get(inside.len()..).unwrap_or_default();
        let (kind, first) = rest.split_once('/').map_or(("file", rest), |(first, _)| ("dir", first));
        let place = below.entry(format!("{inside}{first}")).or_insert((kind, String::new()));
        place.1.push_str(text);
    }
    if below.is_empty() {
        return Err(not_found());
    }
    let list = below.iter().map(|(name, (kind, text))| entry(&base, held, name, kind, text)).collect();
    Ok(Reply::json(200, Value::Array(list)))
}

fn entry(base: &str, repo: &Repository, path: &str, kind: &str, text: &str) -> Value {
    let sha: String = Sha256::of(text.as_bytes()).to_string().chars().take(40).collect();
    let url = format!("{base}/repos/{}/contents/{path}?ref=main", repo.full_name());
    let git = format!(
        "{base}/repos/{}/git/{}/{sha}",
        repo.full_name(),
        if kind == "dir" { "trees" } else { "blobs" }
    );
    let html =
        format!("{base}/{}/{}/main/{path}", repo.full_name(), if kind == "dir" { "tree" } else { "blob" });
    let raw = format!("{base}/raw/{}/main/{path}", repo.full_name());
    json!({
        "type": kind,
        "size": if kind == "dir" { 0 } else { text.len() },
        "name": path.rsplit('/').next().unwrap_or_default(),
        "path": path,
        "sha": sha,
        "url": url,
        "git_url": git,
        "html_url": html,
        "download_url": if kind == "dir" { Value::Null } else { json!(raw) },
        "_links": { "self": url, "git": git, "html": html },
    })
}
