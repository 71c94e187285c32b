//! Which events clients may send: by name, size and depth, for all clients or for the role of one.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use serde_json::value::RawValue;

use crate::server::packet::Packet;

/// Names of events. Sockets of one role share a set.
pub type EventNames = HashSet<String>;

/// Rules for the events of every client. Zero means no limit, an empty set no rule.
#[derive(Debug, Clone, Default)]
pub struct InboundRules {
    /// If not empty, only these events may be sent.
    pub allowed: EventNames,
    /// Bytes of an event's text, and of each of its attachments.
    pub max_bytes: usize,
    /// Objects and arrays inside each other in an event's arguments.
    pub max_depth: usize,
}

/// Why an event is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// By its size.
    Size,
    /// By its depth.
    Depth,
    /// By its name, for every client.
    Name,
    /// By its name, for the role of the client.
    Role,
}

impl Refused {
    /// What the client is told.
    pub fn message(self) -> &'static str {
        match self {
            Refused::Size => "Event too large",
            Refused::Depth => "Event nested too deeply",
            Refused::Name => "Event not allowed",
            Refused::Role => "Event not allowed for this role",
        }
    }
}

impl InboundRules {
    /// Whether there is nothing to judge.
    pub fn is_empty(&self) -> bool {
        self.allowed.is_empty() && self.max_bytes == 0 && self.max_depth == 0
    }

    /// Judges the text of an event by its size, before anything reads it.
    pub fn judge_size(&self, bytes: usize) -> Result<(), Refused> {
        if self.max_bytes > 0 && bytes > self.max_bytes { Err(Refused::Size) } else { Ok(()) }
    }

    /// Judges an event by the depth of its arguments and by its name. An event without a name passes no rule about names.
    pub fn judge(&self, packet: &Packet<'_>) -> Result<(), Refused> {
        if self.max_depth > 0 && is_deeper(packet.data, self.max_depth) {
            return Err(Refused::Depth);
        }
        if self.allowed.is_empty() || is_named_in(packet, &self.allowed) {
            Ok(())
        } else {
            Err(Refused::Name)
        }
    }
}

/// Whether the name of an event is one of these.
pub fn is_named_in(packet: &Packet<'_>, names: &EventNames) -> bool {
    name(packet).is_some_and(|name| names.contains(&*name))
}

/// The name of an event; the digits of one that is a number.
pub fn name<'a>(packet: &Packet<'a>) -> Option<Cow<'a, str>> {
    let arguments = packet.data.trim_start().strip_prefix('[')?;
    let first = serde_json::Deserializer::from_str(arguments).into_iter::<&'a RawValue>().next()?.ok()?.get();
    if first.starts_with('"') { serde_json::from_str(first).ok() } else { Some(first.into()) }
}

/// Whether the values in an array of arguments nest deeper than this. The text must be JSON.
fn is_deeper(arguments: &str, limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in arguments.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                // The array of arguments itself is not counted.
                if depth > limit + 1 {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Sets of names that are in use, so that equal ones are held once.
#[derive(Default)]
pub struct EventSets {
    sets: Mutex<Vec<Weak<EventNames>>>,
}

impl EventSets {
    /// The set with these names. Sets that nobody holds any more are forgotten.
    pub fn get(&self, names: EventNames) -> Arc<EventNames> {
        let mut sets = self.sets.lock();
        sets.retain(|set| set.strong_count() > 0);
        if let Some(known) = sets.iter().filter_map(Weak::upgrade).find(|set| **set == names) {
            return known;
        }
        let set = Arc::new(names);
        sets.push(Arc::downgrade(&set));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::packet::decode;

    fn names(list: &[&str]) -> EventNames {
        list.iter().map(|&name| name.to_owned()).collect()
    }

    fn named(text: &str) -> Option<String> {
        name(&decode(text).unwrap()).map(Cow::into_owned)
    }

    #[test]
    fn the_name_is_the_first_argument() {
        assert_eq!(named(r#"2["a",{"b":1}]"#).as_deref(), Some("a"));
        assert_eq!(named(r#"2 [ "\u0061\"" ]"#).as_deref(), Some("a\""));
        assert_eq!(named("2/chat,12[7]").as_deref(), Some("7"));
        assert_eq!(named("51-[\"x\",{\"_placeholder\":true,\"num\":0}]").as_deref(), Some("x"));
        assert_eq!(named("2"), None);
    }

    #[test]
    fn rules_judge_size_depth_and_name() {
        let judge = |rules: &InboundRules, text: &str| {
            rules.judge_size(text.len())?;
            rules.judge(&decode(text).unwrap())
        };
        assert!(InboundRules::default().is_empty());
        let size = InboundRules { max_bytes: 8, ..InboundRules::default() };
        assert_eq!(judge(&size, r#"2["abc"]"#), Ok(()));
        assert_eq!(judge(&size, r#"2["abcd"]"#), Err(Refused::Size));
        let depth = InboundRules { max_depth: 2, ..InboundRules::default() };
        assert_eq!(judge(&depth, r#"2["a",{"b":[1,"[[[{{\"{{{"]},[[]]]"#), Ok(()));
        assert_eq!(judge(&depth, r#"2["a",{"b":[{}]}]"#), Err(Refused::Depth));
        let allowed = InboundRules { allowed: names(&["a"]), ..InboundRules::default() };
        assert_eq!(judge(&allowed, r#"2["\u0061"]"#), Ok(()));
        for text in [r#"2["b"]"#, "2[1]", "2"] {
            assert_eq!(judge(&allowed, text), Err(Refused::Name), "{text}");
        }
    }

    #[test]
    fn equal_sets_are_held_once() {
        let sets = EventSets::default();
        let first = sets.get(names(&["a", "b"]));
        assert!(Arc::ptr_eq(&first, &sets.get(names(&["b", "a"]))));
        let other = sets.get(names(&[]));
        assert!(!Arc::ptr_eq(&first, &other));
        drop((first, other));
        sets.get(names(&["c"]));
        assert_eq!(sets.sets.lock().len(), 1);
    }
}
