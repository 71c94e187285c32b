//! A JSON value with all its fields, those of equal names too, and what may be in a copy of an entity.

use std::fmt;

use serde_json::value::RawValue;

use super::schema::{ALLOWED, BLOCKED, EXCLUDED, Holds, MODELS, PRIVATE};

pub enum Json {
    Object(Vec<(String, Json)>),
    Array(Vec<Json>),
    Text(String),
    Other(String),
}

impl Json {
    /// Reads a text with serde_json, level by level.
    pub fn read(text: &str) -> Self {
        let json: &RawValue = serde_json::from_str(text)
            .unwrap_or_else(|error| panic!("the output is no JSON: {error}: {text}"));
        let text = json.get();
        match text.as_bytes() {
            [b'{', ..] => Json::Object(
                serde_json::from_str::<Fields<'_>>(text)
                    .unwrap()
                    .0
                    .into_iter()
                    .map(|(name, value)| (unquote(name.get()), Json::read(value.get())))
                    .collect(),
            ),
            [b'[', ..] => {
                let elements: Vec<&RawValue> = serde_json::from_str(text).unwrap();
                Json::Array(elements.into_iter().map(|element| Json::read(element.get())).collect())
            }
            [b'"', ..] => Json::Text(unquote(text)),
            _ => Json::Other(text.to_owned()),
        }
    }

    /// Panics at a name that is blocked, or is one of `excluded`, at any level.
    pub fn check_names(&self, excluded: &[&str]) {
        match self {
            Json::Object(fields) => {
                for (name, value) in fields {
                    assert!(!excluded.contains(&name.as_str()), "{name} is excluded");
                    assert!(!is_blocked(name), "{name} is blocked");
                    value.check_names(excluded);
                }
            }
            Json::Array(elements) => elements.iter().for_each(|element| element.check_names(excluded)),
            _ => {}
        }
    }

    /// Panics at whatever a recipient who may find `uids` must not get of an entity of `model`.
    pub fn check(&self, model: Option<&str>, uids: &[&str]) {
        self.check_names(&EXCLUDED);
        self.check_model(model, uids);
    }

    fn check_model(&self, model: Option<&str>, uids: &[&str]) {
        match self {
            Json::Array(elements) => elements.iter().for_each(|element| element.check_model(model, uids)),
            Json::Object(fields) => {
                for (name, value) in fields {
                    assert!(model.is_none() || name != PRIVATE, "a private field");
                    let schema = MODELS.iter().find(|(uid, _)| Some(*uid) == model);
                    let holds = schema.and_then(|(_, fields)| fields.iter().find(|field| field.0 == name));
                    value.check_field(holds.map_or(Holds::Anything, |field| field.1), uids);
                }
            }
            _ => {}
        }
    }

    fn check_field(&self, holds: Holds, uids: &[&str]) {
        match holds {
            Holds::Anything => {}
            Holds::Part(model) => self.check_model(Some(model), uids),
            Holds::Relation(model) => {
                assert!(uids.contains(&model), "a relation to {model}");
                self.check_model(Some(model), uids);
            }
            Holds::MorphFrom(model) => {
                assert!(uids.contains(&model), "a relation to {model}");
                self.each(&|element| {
                    let named = element.named("__type");
                    assert!(named.is_none_or(|named| named == model), "an element of another model");
                    element.check_model(Some(model), uids);
                });
            }
            Holds::MorphTo if self.is_count() => {}
            Holds::MorphTo => self.each(&|element| {
                if let Json::Object(_) = element {
                    let model = element.named("__type").expect("a morph element says what it is");
                    assert!(uids.contains(&model), "a relation to {model}");
                    element.check_model(Some(model), uids);
                }
            }),
            Holds::Zone if self.is_count() => {}
            Holds::Zone => self.each(&|element| {
                if let Json::Object(_) = element {
                    let model = element.named("__component").expect("an element says what it is");
                    element.check_model(Some(model), uids);
                }
            }),
        }
    }

    fn each(&self, check: &dyn Fn(&Json)) {
        match self {
            Json::Array(elements) => elements.iter().for_each(|element| element.each(check)),
            other => check(other),
        }
    }

    /// The text of the last field of that name, if it is a text.
    fn named(&self, name: &str) -> Option<&str> {
        let Json::Object(fields) = self else { return None };
        match fields.iter().rfind(|field| field.0 == name)? {
            (_, Json::Text(text)) => Some(text),
            _ => Some(""),
        }
    }

    fn is_count(&self) -> bool {
        let Json::Object(fields) = self else { return false };
        let is_number = |text: &str| text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        matches!(&fields[..], [(name, Json::Other(count))] if name == "count" && is_number(count))
    }
}

fn is_blocked(name: &str) -> bool {
    // Upper case first: it makes one letter of `s` and `ſ`, of `k` and the Kelvin sign.
    let folded = name.to_lowercase().to_uppercase().to_lowercase();
    name != ALLOWED && BLOCKED.iter().any(|word| folded.contains(word))
}

/// Half a surrogate pair, which serde_json does not decode, becomes a question mark.
fn unquote(quoted: &str) -> String {
    serde_json::from_str(quoted).unwrap_or_else(|_| {
        let mut text = String::new();
        let mut rest = &quoted[1..quoted.len() - 1];
        while let Some(char) = rest.chars().next() {
            let length = match rest.as_bytes() {
                [b'\\', b'u', ..] => 6,
                [b'\\', ..] => 2,
                _ => char.len_utf8(),
            };
            let (unit, after) = rest.split_at(length);
            text.push_str(&serde_json::from_str::<String>(&format!("\"{unit}\"")).unwrap_or("?".into()));
            rest = after;
        }
        text
    })
}

/// The fields of an object, in order.
struct Fields<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de: 't, 't> serde::Deserialize<'de> for Fields<'t> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Fields<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}
