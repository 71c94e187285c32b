//! What a connected socket has by its identity.

use std::{sync::Arc, time::Instant};

use super::{Guarded, Identity, Rooms, Table};
use crate::security::EventNames;

/// What a connected socket has by its identity.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Who it is.
    pub identity: Arc<Identity>,
    /// The rooms it was put into.
    pub rooms: Rooms,
    /// The only events it may send; `None` allows all.
    pub events: Option<Arc<EventNames>>,
    /// When its access was last checked.
    pub checked: Instant,
}

impl Standing {
    /// What an identity has in a namespace. Without a table it has nothing yet.
    pub fn new(identity: Arc<Identity>, table: &Option<Arc<Table>>, guarded: Guarded) -> Self {
        let principal = table.as_ref().and_then(|table| table.principal(&identity));
        let rooms = principal.map(|principal| match guarded.has_content {
            true => principal.content_rooms.clone(),
            false => principal.rooms.clone(),
        });
        let events = match table {
            // Nothing, until it is checked. Admins have no principal.
            None if identity.parts.principal.is_some() => Some(Arc::default()),
            _ => principal.and_then(|principal| principal.events.clone()),
        };
        Self { identity, rooms: rooms.unwrap_or_default(), events, checked: Instant::now() }
    }
}
