//! The timers of all sessions, on a thread of their own: no reader can keep a heartbeat waiting.
//!
//! A session has one entry, whatever its client sends. An entry may be early: a deadline that moves back leaves it
//! where it is, and when it fires the session says when it wants to be called next.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    time::Instant,
};

use parking_lot::{Condvar, Mutex};

use super::conn::Conn;

/// Time, and the address of the session, which tells entries of one moment apart.
type Key = (Instant, usize);

#[derive(Default)]
struct Queue {
    entries: BTreeMap<Key, Weak<Conn>>,
    stopped: bool,
}

/// The timers of an engine.
#[derive(Default)]
pub struct Timers {
    queue: Mutex<Queue>,
    changed: Condvar,
}

fn key(at: Instant, conn: &Arc<Conn>) -> Key {
    (at, Arc::as_ptr(conn).addr())
}

impl Timers {
    /// Has the session called at `at`, instead of when it was to be called before.
    pub(super) fn replace(&self, conn: &Arc<Conn>, before: Option<Instant>, at: Instant) {
        let mut queue = self.queue.lock();
        if let Some(before) = before {
            queue.entries.remove(&key(before, conn));
        }
        let first = queue.entries.first_key_value().is_none_or(|(&(first, _), _)| at < first);
        queue.entries.insert(key(at, conn), Arc::downgrade(conn));
        drop(queue);
        if first {
            self.changed.notify_one();
        }
    }

    /// Forgets the entry of a session.
    pub(super) fn remove(&self, conn: &Arc<Conn>, at: Instant) {
        self.queue.lock().entries.remove(&key(at, conn));
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.queue.lock().entries.len()
    }

    /// Whether no timer is set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `on` for each session whose entry is due, until [`Timers::stop`]. Blocks.
    pub(super) fn run(&self, on: impl Fn(&Arc<Conn>)) {
        let mut queue = self.queue.lock();
        while !queue.stopped {
            match queue.entries.first_entry() {
                None => self.changed.wait(&mut queue),
                Some(first) => {
                    let at = first.key().0;
                    if at > Instant::now() {
                        self.changed.wait_until(&mut queue, at);
                        continue;
                    }
                    if let Some(conn) = first.remove().upgrade() {
                        parking_lot::MutexGuard::unlocked(&mut queue, || on(&conn));
                    }
                }
            }
        }
    }

    /// Ends [`Timers::run`].
    pub(super) fn stop(&self) {
        self.queue.lock().stopped = true;
        self.changed.notify_one();
    }
}
