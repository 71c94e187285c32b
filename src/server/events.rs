//! What the engine tells JavaScript: in order per connection, fairly between them, in bounded batches.
//!
//! Producers push, JavaScript is woken once and drains until nothing comes. Nothing is lost at a bound: a connection
//! that has used its share is not read from until JavaScript has caught up with it, and others go on. Above the bounds
//! of the whole, a connection is read from only while nothing of it waits.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{
    lane::{Batch, Lane, SHARE},
    patience::LoopWatch,
};
use crate::transport::stream::StreamSink;

/// Cost of an event beside its payload: what it takes in memory, and roughly what it takes JavaScript to look at it.
const OVERHEAD: usize = 128;
/// Bytes of an unfinished message that a connection may always have, if it goes on with it.
pub const SMALL: usize = 16 * 1024;
/// Bytes of an unfinished message that keep no room from others.
pub(super) const TINY: usize = 1024;

/// Why a client is let go that keeps room from others.
pub(super) const TOO_MUCH_UNFINISHED: &str = "too many large messages are under way";

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
    /// Access has work.
    Access,
    /// The credentials of a socket of an attached connection have expired. Then its namespace and id.
    Expired(Arc<str>, Arc<str>, Arc<str>),
}

impl Event {
    /// What the event counts against the bounds.
    pub(super) fn cost(&self) -> usize {
        let payload = match self {
            Event::Text(_, text) => text.len(),
            Event::Binary(_, bytes) | Event::StreamData(_, bytes) => bytes.len(),
            _ => 0,
        };
        OVERHEAD + payload
    }

    /// Whether it is a message of a client, which the client may repeat at will.
    pub(super) fn is_message(&self) -> bool {
        matches!(self, Event::Text(..) | Event::Binary(..))
    }
}

/// The one way the engine calls out.
pub trait Hooks: Send + Sync + 'static {
    /// Events wait. Called at most once until `drain` found nothing. False if nobody can be reached.
    fn wake(&self) -> bool;
}

/// Bounds of what waits for JavaScript.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Messages of clients.
    pub messages: usize,
    /// Bytes of messages of clients, unfinished ones among them.
    pub bytes: usize,
}

/// The lanes with events, by the virtual time at which their first event is done: weighted fair queueing, where the
/// cost of an event is its time. A small event of a quiet connection comes before large ones that began earlier.
#[derive(Default)]
struct Ring {
    lanes: BTreeMap<(u64, u64), Arc<Lane>>,
    /// Orders lanes of the same time.
    listed: u64,
    woken: bool,
}

impl Ring {
    fn list(&mut self, lane: Arc<Lane>, done: u64) {
        self.listed += 1;
        self.lanes.insert((done, self.listed), lane);
    }
}

/// The queue between the engine and JavaScript.
pub struct Events {
    ring: Mutex<Ring>,
    /// Virtual time: when the latest of what was taken began.
    now: AtomicU64,
    bounds: Bounds,
    /// Events waiting.
    waiting: AtomicUsize,
    /// Messages of clients among them.
    messages: AtomicUsize,
    /// Their bytes, and those of unfinished messages.
    held: AtomicUsize,
    room: Notify,
    closed: AtomicBool,
    /// Whether JavaScript fetches what waits.
    pub(super) watch: LoopWatch,
    /// Log lines.
    log: Arc<Lane>,
    hooks: Box<dyn Hooks>,
}

impl Events {
    /// An empty queue.
    pub fn new(bounds: Bounds, hooks: Box<dyn Hooks>) -> Self {
        Self {
            ring: Mutex::default(),
            now: AtomicU64::new(0),
            bounds,
            waiting: AtomicUsize::new(0),
            messages: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            room: Notify::new(),
            closed: AtomicBool::new(false),
            watch: LoopWatch::default(),
            log: Arc::default(),
            hooks,
        }
    }

    /// Adds an event and wakes JavaScript if it is not yet awake.
    pub fn push(&self, lane: &Arc<Lane>, event: Event) {
        if event.is_message() {
            if self.closed.load(Ordering::Acquire) {
                return;
            }
            self.messages.fetch_add(1, Ordering::AcqRel);
            self.held.fetch_add(event.cost(), Ordering::AcqRel);
        }
        self.waiting.fetch_add(1, Ordering::AcqRel);
        let Some(done) = lane.push(event, self.now.load(Ordering::Acquire)) else { return };
        let mut ring = self.ring.lock();
        ring.list(lane.clone(), done);
        self.watch.asked(Instant::now());
        if std::mem::replace(&mut ring.woken, true) {
            return;
        }
        drop(ring);
        if !self.hooks.wake() {
            self.ring.lock().woken = false;
        }
    }

    /// Adds a line for the log. What clients can cause goes through [`super::core::Core::log`], which limits it.
    pub fn log(&self, level: Level, line: String) {
        self.push(&self.log, Event::Log(level, line));
    }

    /// Takes a batch of events: at most `max_events`, and at most `max_bytes` unless the first alone is larger. The
    /// caller calls again until nothing comes.
    pub fn drain(&self, max_events: usize, max_bytes: usize) -> Vec<Event> {
        let mut batch =
            Batch { events: Vec::new(), cost: 0, max_events: max_events.max(1), max_cost: max_bytes };
        while batch.events.len() < batch.max_events {
            let lane = {
                let mut ring = self.ring.lock();
                match ring.lanes.pop_first() {
                    Some((_, lane)) => lane,
                    None => {
                        ring.woken = !batch.events.is_empty();
                        break;
                    }
                }
            };
            let turn = lane.serve(&mut batch);
            if let Some(done) = turn.next {
                self.ring.lock().list(lane, done);
            }
            match turn.began {
                Some(began) => self.now.fetch_max(began, Ordering::AcqRel),
                None => break,
            };
        }
        let events = batch.events;
        let before = self.waiting.fetch_sub(events.len(), Ordering::AcqRel);
        self.watch.fetched(Instant::now(), before > events.len());
        let messages = events.iter().filter(|event| event.is_message());
        let (count, cost) = messages.fold((0, 0), |(count, cost), event| (count + 1, cost + event.cost()));
        self.messages.fetch_sub(count, Ordering::AcqRel);
        self.release(cost);
        events
    }

    /// From now on messages of clients are dropped, and so are those that wait. Everything else still goes out.
    pub fn discard_messages(&self) {
        self.closed.store(true, Ordering::Release);
        let lanes: Vec<_> = self.ring.lock().lanes.values().cloned().collect();
        for lane in lanes {
            let (count, cost) = lane.discard_messages();
            self.waiting.fetch_sub(count, Ordering::AcqRel);
            self.messages.fetch_sub(count, Ordering::AcqRel);
            self.held.fetch_sub(cost, Ordering::AcqRel);
        }
        self.room.notify_waiters();
    }

    /// Number of events waiting.
    pub fn len(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of messages of clients, unfinished ones among them.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Acquire)
    }

    /// Whether what all clients have waiting and unfinished takes all the memory it may take.
    pub fn is_out_of_bytes(&self) -> bool {
        self.held() >= self.bounds.bytes
    }

    /// Whether that, or the number of messages that wait, is at its bound.
    pub fn is_full(&self) -> bool {
        self.is_out_of_bytes() || self.messages.load(Ordering::Acquire) >= self.bounds.messages
    }

    /// What one client has unfinished changed.
    pub(super) fn recount(&self, before: usize, now: usize) {
        if now > before {
            self.held.fetch_add(now - before, Ordering::AcqRel);
        } else {
            self.release(before - now);
        }
    }

    fn release(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::AcqRel);
        if bytes > 0 && !self.is_full() {
            self.room.notify_waiters();
        }
    }

    /// Whether a connection may be read from: which lane it has, and the bytes of its unfinished message.
    pub fn may_read(&self, lane: &Lane, unfinished: usize) -> bool {
        let waiting = lane.waiting();
        waiting < SHARE && (!self.is_full() || waiting == 0 && unfinished <= SMALL)
    }

    /// Waits until [`Events::may_read`]. Cancel safe.
    pub async fn turn(&self, lane: &Lane, unfinished: usize) {
        loop {
            let (own, all) = (lane.room(), self.room.notified());
            tokio::pin!(own, all);
            own.as_mut().enable();
            all.as_mut().enable();
            if self.closed.load(Ordering::Acquire) || self.may_read(lane, unfinished) {
                return;
            }
            tokio::select! {
                () = own => {}
                () = all => {}
            }
        }
    }
}

/// The bytes of a connection's unfinished message, as long as it has one.
pub struct Unfinished {
    events: Arc<Events>,
    bytes: usize,
}

impl Unfinished {
    /// A connection without any.
    pub fn new(events: Arc<Events>) -> Self {
        Self { events, bytes: 0 }
    }

    /// Counts them anew.
    pub fn set(&mut self, bytes: usize) {
        self.events.recount(self.bytes, bytes);
        self.bytes = bytes;
    }

    /// Their number.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// Where the bytes for one Node stream go. They are bounded by the stream, not here.
pub struct StreamEvents {
    events: Arc<Events>,
    lane: Arc<Lane>,
}

impl StreamEvents {
    /// A stream about to begin.
    pub fn new(events: Arc<Events>) -> Self {
        Self { events, lane: Arc::default() }
    }
}

impl StreamSink for StreamEvents {
    fn held(&self, before: usize, now: usize) -> bool {
        self.events.recount(before, now);
        !self.events.is_full()
    }
    fn data(&self, key: u32, bytes: Bytes) {
        self.events.push(&self.lane, Event::StreamData(key, bytes));
    }
    fn end(&self, key: u32) {
        self.events.push(&self.lane, Event::StreamEnd(key));
    }
    fn resume(&self, key: u32) {
        self.events.push(&self.lane, Event::StreamResume(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(Arc<AtomicUsize>);
    impl Hooks for Count {
        fn wake(&self) -> bool {
            self.0.fetch_add(1, Ordering::SeqCst);
            true
        }
    }

    const BOUNDS: Bounds = Bounds { messages: 10, bytes: 1 << 20 };

    fn events(bounds: Bounds) -> (Arc<Events>, Arc<AtomicUsize>) {
        let wakes = Arc::new(AtomicUsize::new(0));
        (Arc::new(Events::new(bounds, Box::new(Count(wakes.clone())))), wakes)
    }

    fn text(from: &str, bytes: usize) -> Event {
        Event::Text(from.into(), "x".repeat(bytes))
    }

    fn sources(batch: &[Event]) -> String {
        let name = |event: &Event| match event {
            Event::Text(from, _) => from.to_string(),
            other => format!("{other:?}"),
        };
        batch.iter().map(name).collect()
    }

    #[test]
    fn wakes_once_until_nothing_came_and_keeps_order() {
        let (events, wakes) = events(BOUNDS);
        let lane = Arc::default();
        for key in 0..3 {
            events.push(&lane, Event::StreamEnd(key));
        }
        assert_eq!(wakes.load(Ordering::SeqCst), 1);
        assert_eq!(events.drain(2, 1000).len(), 2);
        events.push(&lane, Event::StreamEnd(3));
        assert_eq!(sources(&events.drain(10, 1000)), "StreamEnd(2)StreamEnd(3)");
        events.push(&lane, Event::StreamEnd(4));
        assert_eq!(wakes.load(Ordering::SeqCst), 1, "JavaScript drains until nothing comes");
        assert_eq!(events.drain(10, 1000).len(), 1);
        assert!(events.drain(10, 1000).is_empty());
        events.push(&lane, Event::StreamEnd(5));
        assert_eq!(wakes.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_batch_is_bounded_by_bytes_but_never_stuck_at_a_large_event() {
        let (events, _) = events(BOUNDS);
        let lane = Arc::default();
        for bytes in [500_000, 10, 10, 500_000] {
            events.push(&lane, text("a", bytes));
        }
        let sizes = [1, 2, 1, 0].map(|_: usize| events.drain(100, 64 * 1024).len());
        assert_eq!(sizes, [1, 2, 1, 0]);
        assert_eq!((events.len(), events.held(), lane.waiting()), (0, 0, 0));
    }

    #[test]
    fn connections_have_their_turns_by_bytes() {
        let (events, _) = events(BOUNDS);
        let (large, small) = (Arc::default(), Arc::default());
        for _ in 0..3 {
            events.push(&large, text("L", 40_000));
        }
        for _ in 0..6 {
            events.push(&small, text("s", 100));
        }
        assert_eq!(sources(&events.drain(4, 1 << 20)), "ssss");
        assert_eq!(sources(&events.drain(100, 1 << 20)), "ssLLL");
    }

    #[test]
    fn a_quiet_connection_is_heard_between_large_messages_of_many_others() {
        let (events, _) = events(Bounds { messages: 1000, bytes: 1 << 30 });
        for _ in 0..5 {
            let lane = Arc::default();
            for _ in 0..2 {
                events.push(&lane, text("L", 500_000));
            }
        }
        let small = Arc::default();
        let mut seen = String::new();
        for _ in 0..5 {
            seen += &sources(&events.drain(64, 64 * 1024));
            events.push(&small, text("s", 10));
            seen += &sources(&events.drain(64, 64 * 1024));
        }
        assert_eq!(seen, "LsLsLsLsLs", "all five are due at the same time");
    }

    #[test]
    fn a_connection_that_is_always_quiet_again_does_not_keep_others_from_their_turn() {
        let (events, _) = events(BOUNDS);
        let (large, quick) = (Arc::default(), Arc::default());
        events.push(&large, text("L", 100_000));
        let mut seen = String::new();
        for _ in 0..1000 {
            events.push(&quick, text("s", 10));
            seen += &sources(&events.drain(1, 64 * 1024));
        }
        assert!(seen.contains('L'), "{seen}");
    }

    #[test]
    fn a_connection_pauses_at_its_share_and_others_go_on() {
        let (events, _) = events(Bounds { messages: 1000, bytes: 1 << 30 });
        let (flood, other) = (Arc::default(), Arc::<Lane>::default());
        assert!(events.may_read(&flood, 1 << 20));
        events.push(&flood, text("f", SHARE));
        assert!(!events.may_read(&flood, 0));
        assert!(events.may_read(&other, 1 << 20));
    }

    #[test]
    fn above_the_bounds_of_all_a_connection_is_heard_as_long_as_nothing_of_it_waits() {
        for bounds in [Bounds { messages: 1, bytes: 1 << 20 }, Bounds { messages: 100, bytes: 200 }] {
            let (events, _) = events(bounds);
            let (flood, other) = (Arc::default(), Arc::<Lane>::default());
            events.push(&flood, text("f", 100));
            assert!(!events.may_read(&flood, 0));
            assert!(events.may_read(&other, SMALL));
            assert!(!events.may_read(&other, SMALL + 1));
            events.drain(10, 1000);
            assert!(events.may_read(&flood, 1 << 20));
        }
    }

    #[test]
    fn unfinished_messages_count_until_they_are_dropped() {
        let (events, _) = events(BOUNDS);
        let mut unfinished = Unfinished::new(events.clone());
        unfinished.set(700);
        unfinished.set(300);
        assert_eq!(events.held(), 300);
        drop(unfinished);
        assert_eq!(events.held(), 0);
    }

    #[tokio::test]
    async fn a_reader_waits_for_its_share_and_for_room_in_the_whole() {
        let (events, _) = events(Bounds { messages: 2, bytes: 1 << 20 });
        let lanes: [Arc<Lane>; 2] = Default::default();
        let wait = |lane: Arc<Lane>, unfinished| {
            let events = events.clone();
            tokio::spawn(async move { events.turn(&lane, unfinished).await })
        };
        events.push(&lanes[0], text("f", 10));
        events.push(&lanes[0], text("f", SHARE));
        let (own, whole) = (wait(lanes[0].clone(), 0), wait(lanes[1].clone(), 1 << 20));
        tokio::task::yield_now().await;
        assert!(!own.is_finished() && !whole.is_finished());
        assert_eq!(events.drain(1, 1000).len(), 1);
        whole.await.unwrap();
        assert!(!own.is_finished());
        events.drain(1, 1000);
        own.await.unwrap();
    }

    #[test]
    fn closing_drops_messages_and_nothing_else() {
        let (events, _) = events(BOUNDS);
        let lane = Arc::default();
        events.push(&lane, text("a", 10));
        events.push(&lane, Event::StreamEnd(1));
        events.discard_messages();
        events.push(&lane, text("a", 10));
        assert_eq!(sources(&events.drain(10, 1000)), "StreamEnd(1)");
    }
}
