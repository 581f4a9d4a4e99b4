//! Holds recorded exchanges with the practice servers against GitHub's and Discord's own OpenAPI descriptions.
//!
//! `--contracts DIR --exchanges FILE...`; prints `N exchanges, N faults` and ends 1 when there is a fault, 64 on wrong usage.
//! The descriptions do not say everything: unknown fields, body sizes and missing headers are refused by the stand-ins themselves
//! (`violations`), not here.

mod description;
mod graphql;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use description::Description;
use jsonschema::Registry;
use serde_json::Value;

/// Statuses that any GitHub route may answer though its description does not list them.
const ANYWHERE: &[u64] = &[301, 307, 400, 401, 403, 404, 429, 500, 502, 503];
/// The stand-in refused the request itself: whether it was right is a matter of `violations`, some tests send wrong ones on purpose.
const REFUSED: &[u64] = &[400, 401, 404, 422];

struct Arguments {
    contracts: PathBuf,
    exchanges: Vec<PathBuf>,
}

fn arguments() -> Option<Arguments> {
    let mut contracts = None;
    let mut exchanges = Vec::new();
    let mut rest = std::env::args_os().skip(1).peekable();
    while let Some(word) = rest.next() {
        match word.to_str()? {
            "--contracts" => contracts = Some(PathBuf::from(rest.next()?)),
            "--exchanges" => {
                while let Some(file) = rest.next_if(|word| !word.to_string_lossy().starts_with("--")) {
                    exchanges.push(PathBuf::from(file));
                }
            }
            _ => return None,
        }
    }
    (!exchanges.is_empty()).then_some(Arguments { contracts: contracts?, exchanges })
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let Some(arguments) = arguments() else {
        eprintln!("usage: sir-intake-contract --contracts DIR --exchanges FILE...");
        return ExitCode::from(64);
    };
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let read = |name: &str| -> Result<Value, Failure> {
        let path = arguments.contracts.join(name);
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(serde_json::from_str(&text)?)
    };
    let (github, discord) = (read("github-openapi.json")?, read("discord-openapi.json")?);
    let schema = arguments.contracts.join("github.graphql");
    let schema = fs::read_to_string(&schema).map_err(|error| format!("{}: {error}", schema.display()))?;
    let schema = graphql::Schema::read(&schema);
    let registry =
        Registry::new().add("json-schema:///github", &github)?.add("json-schema:///discord", &discord)?;
    let registry = registry.prepare()?;
    let mut peers = BTreeMap::from([
        ("github", Description::new("json-schema:///github", &github, &registry)),
        ("discord", Description::new("json-schema:///discord", &discord, &registry)),
    ]);
    let (mut exchanges, mut faults) = (0_u64, 0_u64);
    let mut met: BTreeMap<String, u64> = BTreeMap::new();
    for file in &arguments.exchanges {
        let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        for (line, exchange) in text.lines().enumerate() {
            let exchange: Value = serde_json::from_str(exchange)?;
            let peer = exchange["peer"].as_str().unwrap_or_default();
            let Some(description) = peers.get_mut(peer) else { return Err(format!("no peer {peer}").into()) };
            exchanges += 1;
            let (operation, found) = if peer == "github" && exchange["path"] == "/graphql" {
                ("POST /graphql".to_owned(), schema.faults(&exchange["request"], &exchange["response"]))
            } else {
                check(description, peer, &exchange)?
            };
            *met.entry(operation).or_default() += 1;
            for fault in found {
                faults += 1;
                let (method, path) = (&exchange["method"], &exchange["path"]);
                println!("{}:{}: {method} {path} {}: {fault}", file.display(), line + 1, exchange["status"]);
            }
        }
    }
    for (operation, times) in &met {
        println!("{times:6} {operation}");
    }
    println!("{exchanges} exchanges, {faults} faults");
    // Nothing recorded proves nothing.
    Ok(faults == 0 && exchanges > 0)
}

/// The operation that an exchange is, and what is wrong with it.
fn check(
    description: &mut Description<'_>,
    peer: &str,
    exchange: &Value,
) -> Result<(String, Vec<String>), Failure> {
    let method = exchange["method"].as_str().unwrap_or_default().to_lowercase();
    let status = exchange["status"].as_u64().unwrap_or_default();
    let (path, response) = (exchange["path"].as_str().unwrap_or_default(), &exchange["response"]);
    let path = described(peer, path);
    let refused = REFUSED.contains(&status);
    let mut faults = Vec::new();
    if peer == "github" && path == "/user" {
        // Not in the trimmed file; its shape is.
        let shape = if status == 200 { "public-user" } else { "basic-error" };
        faults.extend(description.against(&format!("/components/schemas/{shape}"), response)?);
        return Ok(("GET /user".to_owned(), faults));
    }
    let Some(operation) = description.operation(&method, &path) else {
        if !refused {
            faults.push("no such operation, and it was not refused".to_owned());
        }
        return Ok(("(refused: no such operation)".to_owned(), faults));
    };
    if !refused {
        faults.extend(description.parameters(&operation, &exchange["query"])?);
        faults.extend(description.request(&operation, &exchange["request"])?);
    }
    if exchange["sent"].as_bool() == Some(true) {
        match description.response(&operation, status, response)? {
            Some(found) => faults.extend(found),
            None if peer == "github" && ANYWHERE.contains(&status) => {
                faults.extend(description.against("/components/schemas/basic-error", response)?);
            }
            // An answer to If-None-Match, on any GET.
            None if peer == "github" && status == 304 && response.is_null() => {}
            // A client of Discord has to live with these too.
            None if status >= 500 => {}
            None => faults.push("a status that the description does not know".to_owned()),
        }
    }
    Ok((operation.name(), faults))
}

/// The path as the description writes it.
fn described(peer: &str, path: &str) -> String {
    if peer == "discord" {
        return path.strip_prefix("/api/v10").unwrap_or(path).to_owned();
    }
    // The same routes by the repository's id, which the description leaves out.
    match path.strip_prefix("/repositories/").map(|rest| rest.split_once('/').unwrap_or((rest, ""))) {
        Some((_, "")) => "/repos/by/id".to_owned(),
        Some((_, rest)) => format!("/repos/by/id/{rest}"),
        None => path.to_owned(),
    }
}
