//! Lists: which items, in which order, which page.

use jiff::Timestamp;
use serde_json::Value;

use super::route::{Outcome, invalid};
use super::state::World;
use crate::practice::web::{Asked, Reply};

/// The value of `since`, when it is there.
pub(super) fn since(asked: &Asked) -> Result<Option<Timestamp>, Reply> {
    asked.query("since").map(|text| text.parse().map_err(|_| invalid("since is no instant"))).transpose()
}

/// A parameter that must be one of some words; the first is the default.
pub(super) fn word<'a>(asked: &Asked, name: &str, words: &[&'a str]) -> Result<&'a str, Reply> {
    let default = words.first().copied().unwrap_or_default();
    let Some(value) = asked.query(name) else { return Ok(default) };
    words.iter().find(|word| **word == value).copied().ok_or_else(|| invalid(name))
}

fn number(asked: &Asked, name: &str, default: usize) -> Result<usize, Reply> {
    match asked.query(name) {
        None => Ok(default),
        Some(text) => text.parse().ok().filter(|n| *n >= 1).ok_or_else(|| invalid(name)),
    }
}

/// Cuts a page out of all items and says in `Link` where the others are: absolute addresses by the repository's id, as GitHub gives them.
pub(super) fn page(world: &World, asked: &Asked, repo: u64, below: &str, items: Vec<Value>) -> Outcome {
    let wanted = number(asked, "per_page", 30)?.min(100);
    let size = world.record.page_size.map_or(wanted, |forced| forced.clamp(1, wanted));
    let page = number(asked, "page", 1)?;
    let last = items.len().div_ceil(size).max(1);
    let total = items.len();
    let shown: Vec<Value> =
        items.into_iter().skip(page.saturating_sub(1).saturating_mul(size)).take(size).collect();
    let reply = Reply::json(200, Value::Array(shown));
    if total <= size {
        return Ok(reply);
    }
    let others: String = asked
        .query
        .iter()
        .filter(|(name, _)| name != "page")
        .map(|(name, value)| format!("{}={}&", encoded(name), encoded(value)))
        .collect();
    let link = |to: usize, rel: &str| {
        format!("<{}/repositories/{repo}{below}?{others}page={to}>; rel=\"{rel}\"", world.base)
    };
    let mut links = Vec::new();
    if page > 1 {
        links.push(link(page.saturating_sub(1), "prev"));
    }
    if page < last {
        links.push(link(page.saturating_add(1), "next"));
        links.push(link(last, "last"));
    }
    if page > 1 {
        links.push(link(1, "first"));
    }
    Ok(reply.with("link", links.join(", ")))
}

/// As [`page`], for lists without page numbers: `after` holds a cursor out of the `Link` header, and nobody can make one up.
pub(super) fn cursor(world: &mut World, asked: &Asked, repo: u64, below: &str, items: Vec<Value>) -> Outcome {
    let wanted = number(asked, "per_page", 30)?.min(100);
    let size = world.record.page_size.map_or(wanted, |forced| forced.clamp(1, wanted));
    let from = match asked.query("after") {
        None => 0,
        Some(text) => {
            let place = text.strip_prefix("Y3Vyc29yOnYyOpK").and_then(|place| place.parse().ok());
            place.ok_or_else(|| invalid("after is no cursor"))?
        }
    };
    let total = items.len();
    let shown: Vec<Value> = items.into_iter().skip(from).take(size).collect();
    let reply = Reply::json(200, Value::Array(shown));
    let next = from.saturating_add(size);
    if next >= total {
        return Ok(reply);
    }
    let others: String = asked
        .query
        .iter()
        .filter(|(name, _)| name != "after")
        .map(|(name, value)| format!("{}={}&", encoded(name), encoded(value)))
        .collect();
    let url = format!("{}/repositories/{repo}{below}?{others}after=Y3Vyc29yOnYyOpK{next}", world.base);
    Ok(reply.with("link", format!("<{url}>; rel=\"next\"")))
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
