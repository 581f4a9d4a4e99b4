//! GraphQL: the questions that were asked, field by field against GitHub's own schema, and the answers against the questions.
//!
//! Only as much of the language as the daemon writes: one operation, arguments in parentheses, `... on Type`.

use std::collections::BTreeMap;

use serde_json::Value;

/// What the trimmed schema leaves out and the daemon asks for (GitHub's public schema: `Comment.userContentEdits`,
/// `Issue.comments`, `UserContentEdit`).
const MORE: &str = "
type Issue { userContentEdits(first: Int): UserContentEditConnection comments(first: Int): IssueCommentConnection }
type IssueComment { userContentEdits(first: Int): UserContentEditConnection }
type IssueCommentConnection { nodes: [IssueComment] }
type UserContentEditConnection { nodes: [UserContentEdit] }
type UserContentEdit { editedAt: DateTime deletedAt: DateTime diff: String editor: Actor }
";

/// The fields of each type: arguments, and the type without `[`, `]` and `!`.
pub struct Schema(BTreeMap<String, BTreeMap<String, (Vec<String>, String)>>);

/// Names and marks of a text; commas and comments are nothing.
fn tokens(text: &str) -> Vec<String> {
    let bare = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in bare.flat_map(|line| line.chars().chain(['\n'])) {
        if c.is_ascii_alphanumeric() || c == '_' || c == '.' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        if "{}():!=$[]&".contains(c) {
            out.push(c.to_string());
        }
    }
    out.extend((!word.is_empty()).then_some(word));
    out
}

impl Schema {
    pub fn read(text: &str) -> Self {
        let mut all: BTreeMap<String, BTreeMap<String, (Vec<String>, String)>> = BTreeMap::new();
        let tokens = tokens(&format!("{text}\n{MORE}"));
        let mut at = tokens.iter().peekable();
        while let Some(token) = at.next() {
            if !["type", "interface", "input"].contains(&token.as_str()) {
                continue;
            }
            let Some(name) = at.next() else { break };
            let fields = all.entry(name.clone()).or_default();
            // `implements A & B`
            for token in at.by_ref() {
                if token == "{" {
                    break;
                }
            }
            let mut depth = 0;
            let mut field: Option<(String, Vec<String>, Vec<String>)> = None;
            let mut last = String::new();
            while let Some(token) = at.next() {
                match token.as_str() {
                    "}" => break,
                    "(" => {
                        depth += 1;
                        field = Some((last.clone(), Vec::new(), Vec::new()));
                    }
                    ")" => depth -= 1,
                    ":" if depth > 0 => {
                        if let Some((_, arguments, _)) = &mut field {
                            arguments.push(last.clone());
                        }
                    }
                    ":" => {
                        let (name, arguments, _) =
                            field.take().unwrap_or((last.clone(), Vec::new(), Vec::new()));
                        let kind = at.by_ref().find(|token| !"[".contains(token.as_str()));
                        fields.insert(name, (arguments, kind.cloned().unwrap_or_default()));
                    }
                    word => word.clone_into(&mut last),
                }
            }
        }
        Self(all)
    }

    /// What is wrong with an exchange.
    pub fn faults(&self, request: &Value, response: &Value) -> Vec<String> {
        let text = request["query"].as_str().unwrap_or_default();
        let tokens = tokens(text);
        let root = if tokens.first().is_some_and(|word| word == "mutation") { "Mutation" } else { "Query" };
        let Some(begin) = tokens.iter().position(|token| token == "{") else {
            return vec!["no selection".to_owned()];
        };
        let mut at = begin + 1;
        let mut faults = Vec::new();
        let answer = response["data"].as_object().map(|_| &response["data"]);
        self.selection(&tokens, &mut at, root, answer, &mut faults);
        faults
    }

    fn selection(
        &self,
        tokens: &[String],
        at: &mut usize,
        of: &str,
        answer: Option<&Value>,
        faults: &mut Vec<String>,
    ) {
        while let Some(token) = tokens.get(*at).cloned() {
            *at += 1;
            if token == "}" {
                return;
            }
            if token == "..." {
                let on = tokens.get(*at + 1).cloned().unwrap_or_default();
                *at += 3;
                self.selection(tokens, at, &on, answer, faults);
                continue;
            }
            let found = self.0.get(of).and_then(|fields| fields.get(&token));
            let (arguments, kind) = found.cloned().unwrap_or_default();
            if found.is_none() {
                faults.push(format!("{of} has no field {token}"));
            }
            if tokens.get(*at).is_some_and(|next| next == "(") {
                let mut depth = 0;
                let mut input = vec![arguments.clone()];
                while let Some(next) = tokens.get(*at).cloned() {
                    *at += 1;
                    match next.as_str() {
                        "(" | "{" => {
                            depth += 1;
                            if depth > 1 {
                                let name = format!("{}{}Input", &token[..1].to_uppercase(), &token[1..]);
                                input.push(
                                    self.0
                                        .get(&name)
                                        .map(|f| f.keys().cloned().collect())
                                        .unwrap_or_default(),
                                );
                            }
                        }
                        ")" | "}" => {
                            depth -= 1;
                            input.pop();
                            if depth == 0 {
                                break;
                            }
                        }
                        name if tokens.get(*at).is_some_and(|next| next == ":") => {
                            if !input.last().is_some_and(|known| known.iter().any(|known| known == name)) {
                                faults.push(format!("{of}.{token} has no argument {name}"));
                            }
                        }
                        _ => {}
                    }
                }
            }
            let told = answer.and_then(|answer| answer.get(&token));
            if answer.is_some_and(|answer| answer.is_object()) && told.is_none() {
                faults.push(format!("the answer lacks {of}.{token}"));
            }
            if tokens.get(*at).is_some_and(|next| next == "{") {
                let begin = *at + 1;
                let items: Vec<Option<&Value>> = match told {
                    Some(Value::Array(items)) if !items.is_empty() => items.iter().map(Some).collect(),
                    Some(told @ Value::Object(_)) => vec![Some(told)],
                    _ => vec![None],
                };
                for item in items {
                    *at = begin;
                    self.selection(tokens, at, &kind, item, faults);
                }
            }
        }
    }
}
