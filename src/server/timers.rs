//! One task drives the timers of all sessions, so that an idle connection costs one heap entry.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    sync::{Arc, Weak},
    time::Instant,
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::conn::Conn;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// The heartbeat of that generation.
    Heartbeat(u32),
    /// The client must have joined a namespace by now.
    Connect,
    /// A session that was asked to close must be gone by now.
    Close,
}

struct Entry {
    at: Instant,
    conn: Weak<Conn>,
    timer: Timer,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}

/// The timers of an engine. Entries of closed sessions stay, empty, until they are due.
#[derive(Default)]
pub struct Timers {
    heap: Mutex<BinaryHeap<Reverse<Entry>>>,
    sooner: Notify,
}

impl Timers {
    /// Schedules a timer of a session.
    pub fn schedule(&self, at: Instant, conn: &Arc<Conn>, timer: Timer) {
        let mut heap = self.heap.lock();
        let first = heap.peek().is_none_or(|Reverse(entry)| at < entry.at);
        heap.push(Reverse(Entry { at, conn: Arc::downgrade(conn), timer }));
        drop(heap);
        if first {
            self.sooner.notify_one();
        }
    }

    /// Calls `on` for every timer that is due, for ever.
    pub async fn run(&self, on: impl Fn(&Arc<Conn>, Timer)) {
        loop {
            let next = self.heap.lock().peek().map(|Reverse(entry)| entry.at);
            match next {
                Some(at) if at <= Instant::now() => {
                    let entry = self.heap.lock().pop();
                    if let Some(Reverse(Entry { conn, timer, .. })) = entry
                        && let Some(conn) = conn.upgrade()
                        && !conn.is_closed()
                    {
                        on(&conn, timer);
                    }
                }
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(at.into()) => {}
                    () = self.sooner.notified() => {}
                },
                None => self.sooner.notified().await,
            }
        }
    }
}
