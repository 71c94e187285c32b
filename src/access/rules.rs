//! What clients may do with rooms and entity subscriptions: the settings, and the rules about names.

use std::{collections::HashSet, sync::Arc};

use unicode_general_category::{GeneralCategory, get_general_category};

/// Rooms whose names begin so are the embedder's own.
const INTERNAL: &str = "io:";
/// Characters of a room's name.
const MAX_ROOM: usize = 128;
/// Characters of an entity's id.
const MAX_ID: usize = 255;
/// Where the names of content types begin.
const ORIGINS: [&str; 4] = ["api", "plugin", "admin", "strapi"];

/// What clients may do with rooms and entity subscriptions.
#[derive(Debug, Clone, Default)]
pub struct ClientRules {
    /// Names of roles, which are rooms of their sockets.
    pub roles: HashSet<Box<str>>,
    /// Rooms that some role is put into.
    pub reserved: HashSet<Box<str>>,
    /// Whether clients may choose rooms, and send each other private messages.
    pub private_rooms: bool,
    /// The content types.
    pub types: HashSet<Arc<str>>,
    /// Whether clients may subscribe to entities.
    pub subscriptions: bool,
    /// If not empty, the only types they may subscribe to entities of.
    pub subscription_types: HashSet<Box<str>>,
    /// Entities that one socket may be subscribed to.
    pub max_subscriptions: usize,
    /// Types of which only what is published counts.
    pub published_only: HashSet<Box<str>>,
    /// Whether an entity must exist to be subscribed to.
    pub verify: bool,
    /// Whether subscriptions are counted and logged.
    pub counted: bool,
}

impl ClientRules {
    /// Who a room stands for; `None`: it is anybody's, if it is not the room of a socket.
    pub fn owner(&self, room: &str) -> Option<&'static str> {
        if self.roles.contains(room) {
            Some("its role")
        } else if is_internal(room) {
            Some("the plugin")
        } else if is_of_entity(room) {
            Some("the subscribers of the entity")
        } else {
            None
        }
    }

    /// Why a client may not choose a room that stands for nobody; `None`: it may. `own` are the rooms of its role.
    pub fn objection(&self, room: &str, own: &[Arc<str>]) -> Option<&'static str> {
        if own.iter().any(|name| **name == *room) {
            None
        } else if self.reserved.contains(room) {
            Some("This room is reserved for other roles")
        } else if self.private_rooms {
            None
        } else {
            Some("Private rooms are disabled")
        }
    }
}

/// Whether a room is the embedder's own.
pub fn is_internal(room: &str) -> bool {
    room.starts_with(INTERNAL)
}

/// Whether a room is one of the subscribers of an entity: `api::article.article:123`.
pub fn is_of_entity(room: &str) -> bool {
    let Some((origin, rest)) = room.split_once("::") else { return false };
    let Some((name, id)) = rest.split_once(':') else { return false };
    ORIGINS.contains(&origin) && !name.is_empty() && !id.is_empty()
}

/// Whether clients may use a name for a room: letters and digits of any script, and what people put between them.
pub fn is_room_name(name: &str) -> bool {
    let length = name.chars().count();
    (1..=MAX_ROOM).contains(&length) && name.chars().all(|c| is_letter_or_number(c) || "_.:@/#+-".contains(c))
}

fn is_letter_or_number(c: char) -> bool {
    use GeneralCategory::{
        DecimalNumber, LetterNumber, LowercaseLetter, ModifierLetter, OtherLetter, OtherNumber,
        TitlecaseLetter, UppercaseLetter,
    };
    matches!(
        get_general_category(c),
        UppercaseLetter
            | LowercaseLetter
            | TitlecaseLetter
            | ModifierLetter
            | OtherLetter
            | DecimalNumber
            | LetterNumber
            | OtherNumber
    )
}

/// Whether text may be the id of an entity.
pub fn is_entity_id(id: &str) -> bool {
    let is_space = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    (1..=MAX_ID).contains(&id.chars().count()) && !id.chars().any(is_space)
}

/// Whether an id may be the number of a row. Longer runs of digits can only be ids of documents.
pub fn is_row_id(id: &str) -> bool {
    let digits = id.len() <= 10 && !id.starts_with('0') && id.bytes().all(|byte| byte.is_ascii_digit());
    digits && id.parse::<u32>().is_ok_and(|number| number >= 1 && number <= i32::MAX as u32)
}

/// The room of those who are subscribed to an entity under this id.
pub fn entity_room(uid: &str, id: &str) -> String {
    format!("{uid}:{id}")
}

/// The room of those subscribed by the number of a row, by its document.
pub fn document_room(uid: &str, document: &str) -> String {
    format!("{INTERNAL}document:{uid}:{document}")
}

/// The room of those subscribed to some entity of a type.
pub fn watchers_room(uid: &str) -> String {
    format!("{INTERNAL}watching:{uid}")
}

/// The room of the subscribers of an entity who see it as the principal with the room `own` does.
pub fn view_room(own: &str, uid: &str, document: &str) -> String {
    format!("{own}:{uid}:{document}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rooms_are_letters_digits_and_what_stands_between() {
        for name in ["a", "chat-1", "комната", "部屋", "a_b.c:d@e/f#g+h", "½", "ʰ", &"x".repeat(128)]
        {
            assert!(is_room_name(name), "{name}");
        }
        for name in ["", "a b", "a\n", "💬", "a\u{301}", "a\0", "<b>", "a,b", &"x".repeat(129)] {
            assert!(!is_room_name(name), "{name:?}");
        }
    }

    #[test]
    fn ids_of_entities_have_no_spaces() {
        for id in ["1", "abc", "é✓", &"x".repeat(255)] {
            assert!(is_entity_id(id), "{id}");
        }
        for id in ["", "a b", "a\u{a0}b", "\u{feff}", "a\u{85}", "\u{7f}", &"x".repeat(256)] {
            assert!(!is_entity_id(id), "{id:?}");
        }
    }

    #[test]
    fn numbers_of_rows_are_32_bit_integers() {
        for (id, expected) in [
            ("1", true),
            ("2147483647", true),
            ("2147483648", false),
            ("99999999999", false),
            ("0", false),
            ("01", false),
            ("+1", false),
            ("1a", false),
            ("", false),
        ] {
            assert_eq!(is_row_id(id), expected, "{id}");
        }
    }

    #[test]
    fn rooms_that_stand_for_somebody_have_an_owner() {
        let rules = ClientRules { roles: HashSet::from(["Editor".into()]), ..ClientRules::default() };
        for (room, expected) in [
            ("Editor", Some("its role")),
            ("editor", None),
            ("io:role:1:x", Some("the plugin")),
            ("api::article.article:1", Some("the subscribers of the entity")),
            ("api::article.article", None),
            ("api::article.article:", None),
            ("other::a.b:1", None),
            ("api::a:b:c", Some("the subscribers of the entity")),
            ("chat", None),
        ] {
            assert_eq!(rules.owner(room), expected, "{room}");
        }
    }

    #[test]
    fn rooms_of_roles_are_for_these_alone() {
        let reserved = HashSet::from(["staff".into()]);
        let rules = ClientRules { reserved, private_rooms: true, ..ClientRules::default() };
        assert_eq!(rules.objection("staff", &["staff".into()]), None);
        assert_eq!(rules.objection("staff", &[]), Some("This room is reserved for other roles"));
        assert_eq!(rules.objection("chat", &[]), None);
        let closed = ClientRules { private_rooms: false, ..rules };
        assert_eq!(closed.objection("chat", &[]), Some("Private rooms are disabled"));
        assert_eq!(closed.objection("staff", &["staff".into()]), None);
    }
}
