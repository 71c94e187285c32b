//! Counting and remembering events, and looking for rooms and sockets.

use std::{collections::HashSet, sync::Arc};

use napi_derive::napi;

use super::{
    access::IdentityRecord,
    client_events::SubscriptionRecord,
    engine::{Engine, strings},
};
use crate::{access::Strategy, monitoring::Entry};

/// One line of the event log.
#[napi(object)]
pub struct LogEntry {
    /// Milliseconds since the epoch.
    pub timestamp: f64,
    /// Kind of event.
    #[napi(js_name = "type")]
    pub kind: String,
    /// JSON text.
    pub data: String,
}

/// Number of events of one kind.
#[napi(object)]
pub struct TypeCount {
    /// Kind of event.
    #[napi(js_name = "type")]
    pub kind: String,
    /// How many there were.
    pub count: f64,
}

/// Totals and rates of events.
#[napi(object)]
pub struct EventTotals {
    /// Events since the last reset.
    pub total_events: f64,
    /// The same by kind, most frequent first.
    pub by_type: Vec<TypeCount>,
    /// When the last reset was, milliseconds since the epoch.
    pub last_reset: f64,
    /// Events per second over the last ten seconds.
    pub per_second: f64,
    /// Events in each of the last 300 seconds, oldest first; the current second is not in it.
    pub history: Vec<u32>,
    /// The second after the last of `history`, counted from the epoch.
    pub second: f64,
}

/// What was logged since somebody looked last.
#[napi(object)]
pub struct LogBatch {
    /// The latest of it, oldest first.
    pub entries: Vec<LogEntry>,
    /// How many there were before these.
    pub dropped: f64,
    /// Where to go on.
    pub next: f64,
}

/// A room and the number of its sockets.
#[napi(object)]
pub struct RoomSize {
    /// Name.
    pub name: String,
    /// How many sockets are in it.
    pub members: u32,
}

/// Some of the rooms that were looked for.
#[napi(object)]
pub struct RoomList {
    /// How many there are in all.
    pub total: u32,
    /// Fullest first.
    pub rooms: Vec<RoomSize>,
}

/// A connected socket, as people look at it.
#[napi(object, use_nullable = true)]
pub struct SocketRecord {
    /// Id.
    pub sid: String,
    /// Its rooms.
    pub rooms: Vec<String>,
    /// When it connected, milliseconds since the epoch.
    pub issued: f64,
    /// Address of its client.
    pub address: String,
    /// Path and query of the request that opened its connection.
    pub url: String,
    /// "polling" or "websocket".
    pub transport: String,
    /// Its entity subscriptions.
    pub subscriptions: Vec<SubscriptionRecord>,
    /// Who it is. `null` in namespaces without authentication.
    pub identity: Option<IdentityRecord>,
}

/// Some of the sockets that were looked for.
#[napi(object)]
pub struct SocketList {
    /// How many there are in all.
    pub total: u32,
    /// The longest connected first.
    pub sockets: Vec<SocketRecord>,
}

impl From<Entry> for LogEntry {
    fn from(entry: Entry) -> Self {
        Self { timestamp: entry.timestamp, kind: entry.kind.into(), data: entry.data.into() }
    }
}

#[napi]
impl Engine {
    /// Counts an event, and writes it into the log if `logged`. `data` is JSON text.
    #[napi]
    pub fn record_event(&self, kind: String, data: String, logged: bool) {
        self.core().monitor.record(&kind, &data, logged);
    }

    /// The last `limit` events of the log, newest first.
    #[napi]
    pub fn event_log(&self, limit: u32) -> Vec<LogEntry> {
        self.core().monitor.log(limit as usize).into_iter().map(LogEntry::from).collect()
    }

    /// Where the log ends: what is logged from now on comes `since` there.
    #[napi]
    pub fn end_of_log(&self) -> f64 {
        self.core().monitor.end_of_log() as f64
    }

    /// What was logged since the batch that said `next`: the last `limit` events, or as many of them as have no
    /// more than `max_bytes` of data.
    #[napi]
    pub fn log_since(&self, since: f64, limit: u32, max_bytes: u32) -> LogBatch {
        let batch = self.core().monitor.log_since(since as u64, limit as usize, max_bytes as usize);
        LogBatch {
            entries: batch.entries.into_iter().map(LogEntry::from).collect(),
            dropped: batch.dropped as f64,
            next: batch.next as f64,
        }
    }

    /// How many events the log remembers; 0 switches it off.
    #[napi]
    pub fn set_event_log_size(&self, size: u32) {
        self.core().monitor.set_limit(size as usize);
    }

    /// Totals and rates.
    #[napi]
    pub fn event_totals(&self) -> EventTotals {
        let totals = self.core().monitor.totals();
        let count = |(kind, count): (String, u64)| TypeCount { kind, count: count as f64 };
        EventTotals {
            total_events: totals.total as f64,
            by_type: totals.by_type.into_iter().map(count).collect(),
            last_reset: totals.last_reset,
            per_second: totals.per_second,
            history: totals.history,
            second: totals.second as f64,
        }
    }

    /// Number of the rooms that sockets have joined, without those whose names begin with `hidden`.
    #[napi]
    pub fn room_count(&self, nsp: String, hidden: String) -> u32 {
        let shown = |name: &str| !name.starts_with(&hidden);
        self.namespace(&nsp).map_or(0, |nsp| nsp.fullest_rooms(shown, 0).0 as u32)
    }

    /// Of the same rooms, those with `search` (in lower case) in their names: `limit` of them, after the `offset`
    /// fullest.
    #[napi]
    pub fn room_list(
        &self,
        nsp: String,
        hidden: String,
        search: String,
        offset: u32,
        limit: u32,
    ) -> RoomList {
        let (offset, limit) = (offset as usize, limit as usize);
        let (total, rooms) = self.rooms_like(&nsp, &hidden, &search, offset.saturating_add(limit));
        let rooms = rooms.into_iter().skip(offset);
        let size =
            |(name, members): (Arc<str>, usize)| RoomSize { name: name.to_string(), members: members as u32 };
        RoomList { total: total as u32, rooms: rooms.map(size).collect() }
    }

    /// Of the sockets with `search` (in lower case) in their id, address, the name of their user, or the name of one of
    /// the same rooms: `limit` of them, after the `offset` longest connected. `withAdmins`: those of admins, too.
    #[napi]
    pub fn socket_list(
        &self,
        nsp: String,
        hidden: String,
        search: String,
        with_admins: bool,
        offset: u32,
        limit: u32,
    ) -> SocketList {
        let Some(found) = self.namespace(&nsp) else { return SocketList { total: 0, sockets: Vec::new() } };
        let in_rooms: HashSet<Arc<str>> = if search.is_empty() {
            HashSet::new()
        } else {
            let (_, rooms) = self.rooms_like(&nsp, &hidden, &search, usize::MAX);
            let names: Vec<String> = rooms.iter().map(|(name, _)| name.to_string()).collect();
            // No rooms would be all sockets.
            let members = if names.is_empty() { Vec::new() } else { found.select(&names, &[]) };
            members.into_iter().map(|member| member.sid.clone()).collect()
        };
        let has = |text: &str| text.to_lowercase().contains(&search);
        let mut members = found.members();
        members.retain(|member| {
            let identity = member.identity();
            let parts = identity.as_ref().map(|identity| &identity.parts);
            if !with_admins && parts.is_some_and(|parts| parts.strategy == Strategy::Admin) {
                return false;
            }
            search.is_empty()
                || in_rooms.contains(&member.sid)
                || has(&member.sid)
                || has(&member.conn.address.text)
                || parts.and_then(|parts| parts.name.as_deref()).is_some_and(has)
        });
        members.sort_by(|a, b| a.issued.total_cmp(&b.issued));
        let page = members.iter().skip(offset as usize).take(limit as usize);
        let sockets = page.map(|member| SocketRecord {
            sid: member.sid.to_string(),
            rooms: found.socket_rooms(&member.sid).map(strings).unwrap_or_default(),
            issued: member.issued,
            address: member.conn.address.text.to_string(),
            url: member.conn.head.url.to_string(),
            transport: member.conn.outbox.transport().into(),
            subscriptions: member.subscriptions.lock().list().iter().map(SubscriptionRecord::from).collect(),
            identity: member.identity().map(|identity| IdentityRecord::from(&*identity)),
        });
        SocketList { total: members.len() as u32, sockets: sockets.collect() }
    }

    /// Forgets all events.
    #[napi]
    pub fn reset_events(&self) {
        self.core().monitor.reset();
    }
}

impl Engine {
    fn rooms_like(
        &self,
        nsp: &str,
        hidden: &str,
        search: &str,
        count: usize,
    ) -> (usize, Vec<(Arc<str>, usize)>) {
        let found = |name: &str| {
            !name.starts_with(hidden) && (search.is_empty() || name.to_lowercase().contains(search))
        };
        self.namespace(nsp).map_or_else(|| (0, Vec::new()), |nsp| nsp.fullest_rooms(found, count))
    }
}
