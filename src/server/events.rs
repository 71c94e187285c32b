//! What the engine tells JavaScript, in order, batched, bounded.
//!
//! Producers push, JavaScript is woken once and drains. Above the bound nothing is lost: connections stop
//! reading until JavaScript has caught up.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::transport::stream::StreamSink;

/// Severity of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something was refused or cut off.
    Warn,
    /// Something failed.
    Error,
}

/// One thing JavaScript should know.
#[derive(Debug)]
pub enum Event {
    /// An attached connection sent a text message.
    Text(Arc<str>, String),
    /// An attached connection sent a binary message.
    Binary(Arc<str>, Bytes),
    /// An attached connection closed, with engine.io's reason.
    Close(Arc<str>, &'static str),
    /// A WebSocket has proved that it could carry an attached connection.
    Upgrading(Arc<str>),
    /// An attached connection now uses WebSocket.
    Upgrade(Arc<str>),
    /// The outbox of an attached connection emptied.
    Drain(Arc<str>),
    /// A watched connection was pinged, or (protocol 3) has pinged.
    Ping(Arc<str>),
    /// The answer to that.
    Pong(Arc<str>),
    /// Write to the Node stream of that key.
    StreamData(u32, Bytes),
    /// End the Node stream of that key.
    StreamEnd(u32),
    /// Let the Node stream of that key flow again.
    StreamResume(u32),
    /// A line for the log.
    Log(Level, String),
}

/// The one way the engine calls out.
pub trait Hooks: Send + Sync + 'static {
    /// Events wait. Called at most once until they were drained. False if nobody can be reached.
    fn wake(&self) -> bool;
}

struct Queue {
    events: VecDeque<Event>,
    woken: bool,
}

/// The queue between the engine and JavaScript.
pub struct Events {
    queue: Mutex<Queue>,
    limit: usize,
    room: Notify,
    hooks: Box<dyn Hooks>,
}

impl Events {
    /// A queue that pauses readers above `limit` events.
    pub fn new(limit: usize, hooks: Box<dyn Hooks>) -> Self {
        Self {
            queue: Mutex::new(Queue { events: VecDeque::new(), woken: false }),
            limit,
            room: Notify::new(),
            hooks,
        }
    }

    /// Adds an event and wakes JavaScript if it is not yet awake.
    pub fn push(&self, event: Event) {
        let mut queue = self.queue.lock();
        queue.events.push_back(event);
        if queue.woken {
            return;
        }
        queue.woken = true;
        drop(queue);
        if !self.hooks.wake() {
            self.queue.lock().woken = false;
        }
    }

    /// Adds a line for the log.
    pub fn log(&self, level: Level, line: String) {
        self.push(Event::Log(level, line));
    }

    /// Takes up to `max` events. The caller calls again while a batch comes back full.
    pub fn drain(&self, max: usize) -> Vec<Event> {
        let mut queue = self.queue.lock();
        let count = queue.events.len().min(max);
        let batch = queue.events.drain(..count).collect();
        if count < max {
            queue.woken = false;
        }
        let has_room = queue.events.len() < self.limit;
        drop(queue);
        if has_room {
            self.room.notify_waiters();
        }
        batch
    }

    /// Number of events waiting.
    pub fn len(&self) -> usize {
        self.queue.lock().events.len()
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether readers may go on.
    pub fn has_room(&self) -> bool {
        self.len() < self.limit
    }

    /// Waits for a turn: until the queue has room, or had some. Who waited may read a little even if others were
    /// quicker to fill the queue again, or one client that floods would keep all others from being heard.
    /// Cancel safe.
    pub async fn turn(&self) {
        let room = self.room.notified();
        tokio::pin!(room);
        room.as_mut().enable();
        if !self.has_room() {
            room.await;
        }
    }
}

impl StreamSink for Events {
    fn data(&self, key: u32, bytes: Bytes) {
        self.push(Event::StreamData(key, bytes));
    }
    fn end(&self, key: u32) {
        self.push(Event::StreamEnd(key));
    }
    fn resume(&self, key: u32) {
        self.push(Event::StreamResume(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Count(Arc<AtomicUsize>);
    impl Hooks for Count {
        fn wake(&self) -> bool {
            self.0.fetch_add(1, Ordering::SeqCst);
            true
        }
    }

    #[test]
    fn wakes_once_until_drained_and_keeps_order() {
        let wakes = Arc::new(AtomicUsize::new(0));
        let events = Events::new(10, Box::new(Count(wakes.clone())));
        for key in 0..3 {
            events.push(Event::StreamEnd(key));
        }
        assert_eq!(wakes.load(Ordering::SeqCst), 1);
        assert_eq!(events.drain(2).len(), 2);
        events.push(Event::StreamEnd(3));
        assert_eq!(wakes.load(Ordering::SeqCst), 1, "a full batch means JavaScript drains again");
        let keys: Vec<_> = events.drain(10).into_iter().map(|event| format!("{event:?}")).collect();
        assert_eq!(keys, ["StreamEnd(2)", "StreamEnd(3)"]);
        events.push(Event::StreamEnd(4));
        assert_eq!(wakes.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn readers_wait_above_the_limit_and_go_on_below_it() {
        let events = Arc::new(Events::new(1, Box::new(Count(Arc::default()))));
        events.push(Event::StreamEnd(0));
        let waiter = tokio::spawn({
            let events = events.clone();
            async move { events.turn().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiter.is_finished());
        events.drain(1);
        waiter.await.unwrap();
    }
}
