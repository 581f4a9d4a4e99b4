//! One OpenAPI 3.1 description: finding operations, and validators built once each.

use std::collections::BTreeMap;

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

use crate::Failure;

/// An operation of a description.
pub struct Operation {
    /// As in the description, with `{names}`.
    path: String,
    method: String,
}

impl Operation {
    /// `POST /repos/{owner}/{repo}/issues`
    pub fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }
}

/// A description with its validators.
pub struct Description<'a> {
    uri: &'static str,
    document: &'a Value,
    registry: &'a Registry<'a>,
    /// By JSON pointer.
    validators: BTreeMap<String, Validator>,
}

/// A segment of a JSON pointer (RFC 6901).
fn segment(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

/// A JSON pointer as the fragment of a URI: what RFC 3986 section 3.5 does not allow is percent-encoded, braces above all.
fn fragment(pointer: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte);
    pointer.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

impl<'a> Description<'a> {
    pub fn new(uri: &'static str, document: &'a Value, registry: &'a Registry<'a>) -> Self {
        Self { uri, document, registry, validators: BTreeMap::new() }
    }

    /// The operation of a request; where two paths fit, the one with fewer names in it.
    pub fn operation(&self, method: &str, path: &str) -> Option<Operation> {
        let asked: Vec<&str> = path.split('/').collect();
        let fits = |pattern: &str| {
            let pattern: Vec<&str> = pattern.split('/').collect();
            // A path inside of a repository has slashes of its own (`x-multi-segment` in the description).
            let tail = pattern.last() == Some(&"{path}") && pattern.len() <= asked.len();
            (tail || pattern.len() == asked.len())
                && pattern.iter().zip(&asked).all(|(p, a)| p == a || (p.starts_with('{') && !a.is_empty()))
        };
        let paths = self.document["paths"].as_object()?;
        let mut found: Vec<&String> = paths.keys().filter(|path| fits(path)).collect();
        found.sort_by_key(|path| path.matches('{').count());
        let path = found.into_iter().find(|path| paths[*path].get(method).is_some())?;
        Some(Operation { path: path.clone(), method: method.to_owned() })
    }

    /// Follows `$ref`s at a pointer and gives the pointer of what is there.
    fn resolve(&self, pointer: &str) -> Option<String> {
        let mut pointer = pointer.to_owned();
        for _ in 0..8 {
            match self.document.pointer(&pointer)?.get("$ref").and_then(Value::as_str) {
                Some(to) => pointer = to.trim_start_matches('#').to_owned(),
                None => return Some(pointer),
            }
        }
        None
    }

    /// What is wrong with a value by the schema at that pointer.
    pub fn against(&mut self, pointer: &str, value: &Value) -> Result<Vec<String>, Failure> {
        if !self.validators.contains_key(pointer) {
            let schema = json!({ "$ref": format!("{}#{}", self.uri, fragment(pointer)) });
            let options = jsonschema::options().with_registry(self.registry).should_validate_formats(true);
            let validator = options.build(&schema).map_err(|error| format!("{pointer}: {error}"))?;
            self.validators.insert(pointer.to_owned(), validator);
        }
        let found = self.validators[pointer].iter_errors(value).map(|error| {
            // Where, and what is demanded; the value itself may be long.
            let what: String = error.to_string().chars().take(300).collect();
            format!("at {:?}: {what}", error.instance_path().as_str())
        });
        Ok(found.collect())
    }

    fn base(operation: &Operation) -> String {
        format!("/paths/{}/{}", segment(&operation.path), operation.method)
    }

    /// What is wrong with a request's query: unknown parameters, wrong values, missing ones.
    pub fn parameters(&mut self, operation: &Operation, query: &Value) -> Result<Vec<String>, Failure> {
        let mut known: BTreeMap<String, (String, bool)> = BTreeMap::new();
        for base in [Self::base(operation), format!("/paths/{}", segment(&operation.path))] {
            let count = self
                .document
                .pointer(&format!("{base}/parameters"))
                .and_then(Value::as_array)
                .map_or(0, Vec::len);
            for index in 0..count {
                let Some(pointer) = self.resolve(&format!("{base}/parameters/{index}")) else { continue };
                let Some(parameter) = self.document.pointer(&pointer) else { continue };
                if parameter["in"] == "query" {
                    let name = parameter["name"].as_str().unwrap_or_default().to_owned();
                    known.insert(name, (format!("{pointer}/schema"), parameter["required"] == json!(true)));
                }
            }
        }
        let given: Vec<(&str, &str)> = query
            .as_array()
            .into_iter()
            .flatten()
            .map(|pair| (pair[0].as_str().unwrap_or_default(), pair[1].as_str().unwrap_or_default()))
            .collect();
        let mut faults = Vec::new();
        for (name, value) in &given {
            let Some((schema, _)) = known.get(*name) else {
                faults.push(format!("unknown parameter {name}"));
                continue;
            };
            // In a query a number is a text that looks like one.
            let as_text = self.against(schema, &json!(value))?;
            let as_json: Option<Value> = serde_json::from_str(value).ok();
            let right = match as_json {
                Some(value) => as_text.is_empty() || self.against(schema, &value)?.is_empty(),
                None => as_text.is_empty(),
            };
            if !right {
                faults.push(format!("parameter {name}: {}", as_text.join("; ")));
            }
        }
        for (name, _) in
            known.iter().filter(|(name, (_, needed))| *needed && !given.iter().any(|(g, _)| g == name))
        {
            faults.push(format!("parameter {name} is missing"));
        }
        Ok(faults)
    }

    /// What is wrong with a request's body.
    pub fn request(&mut self, operation: &Operation, body: &Value) -> Result<Vec<String>, Failure> {
        let Some(pointer) = self.resolve_if_there(&format!("{}/requestBody", Self::base(operation))) else {
            return Ok(if body.is_null() {
                Vec::new()
            } else {
                vec!["a body where none belongs".to_owned()]
            });
        };
        let needed = self.document.pointer(&pointer).is_some_and(|it| it["required"] == json!(true));
        if body.is_null() && !needed {
            return Ok(Vec::new());
        }
        let schema = format!("{pointer}/content/{}/schema", segment("application/json"));
        let faults = self.against(&schema, body)?;
        Ok(faults.into_iter().map(|fault| format!("request {fault}")).collect())
    }

    fn resolve_if_there(&self, pointer: &str) -> Option<String> {
        self.document.pointer(pointer)?;
        self.resolve(pointer)
    }

    /// What is wrong with a response's body; `None` when the description does not list the status.
    pub fn response(
        &mut self,
        operation: &Operation,
        status: u64,
        body: &Value,
    ) -> Result<Option<Vec<String>>, Failure> {
        let base = format!("{}/responses", Self::base(operation));
        let family = format!("{}XX", status / 100);
        let listed = [status.to_string(), family]
            .iter()
            .find_map(|key| self.resolve_if_there(&format!("{base}/{key}")));
        let Some(pointer) = listed else { return Ok(None) };
        let content = self.document.pointer(&format!("{pointer}/content")).and_then(Value::as_object);
        let Some(kind) =
            content.and_then(|content| content.keys().find(|kind| kind.ends_with("json")).cloned())
        else {
            // Without a content, an error may still carry GitHub's usual message.
            let bare = body.is_null() || status >= 300;
            return Ok(Some(if bare { Vec::new() } else { vec!["a body where none belongs".to_owned()] }));
        };
        let faults = self.against(&format!("{pointer}/content/{}/schema", segment(&kind)), body)?;
        Ok(Some(faults.into_iter().map(|fault| format!("response {fault}")).collect()))
    }
}
