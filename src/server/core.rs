//! The engine: what it holds, and what JavaScript may ask of it.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use base64::Engine as _;
use parking_lot::{Mutex, RwLock};
use tokio::{
    runtime::{Handle, Runtime},
    sync::Notify,
};

use super::{
    conn::{CloseReason, Conn},
    events::{Event, Events, Hooks, Level},
    fanout::{self, Job, Jobs},
    namespace::Namespace,
    timers::{Timer, Timers},
};
use crate::{
    error::{Error, Result},
    monitoring::Monitor,
    options::Options,
    security::{Denied, Security, client_ip},
    transport::{
        outbox::Progress,
        payload::{Control, Item, Message, Parcel},
        request::{Protocol, Refusal, RequestHead, SessionState, verify},
        stream::NodeStream,
    },
};

/// Time a closing session has to take its last packets.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// Time the last polls have to be answered when the engine closes.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Totals since the engine started.
#[derive(Default)]
pub struct Counters {
    connections: AtomicU64,
    packets_in: AtomicU64,
    packets_out: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    slow_closed: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) limited: AtomicU64,
}

impl Counters {
    pub(super) fn received(&self, bytes: usize) {
        self.packets_in.fetch_add(1, Ordering::Relaxed);
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn sent(&self, recipients: usize, bytes: usize) {
        self.packets_out.fetch_add(recipients as u64, Ordering::Relaxed);
        self.bytes_out.fetch_add((recipients * bytes) as u64, Ordering::Relaxed);
    }
}

/// A reading of the counters.
#[derive(Debug, Clone, Copy)]
pub struct Stats {
    /// Open sessions.
    pub connections: u64,
    /// Messages received.
    pub packets_in: u64,
    /// Packets sent, counted per recipient.
    pub packets_out: u64,
    /// Payload bytes received.
    pub bytes_in: u64,
    /// Payload bytes sent.
    pub bytes_out: u64,
    /// Sessions closed because they read too slowly.
    pub slow_closed: u64,
    /// Connections refused by a limit or an address list.
    pub refused: u64,
    /// Events refused by the rate limit.
    pub limited: u64,
    /// Events waiting for JavaScript.
    pub pending_events: u64,
}

/// A namespace, and whether clients without JavaScript objects may join it.
struct Entry {
    nsp: Arc<Namespace>,
    open: bool,
}

/// The state all parts of an engine share.
pub struct Core {
    /// Options.
    pub options: Options,
    /// What JavaScript is told.
    pub events: Arc<Events>,
    /// Who may connect and how fast clients may talk.
    pub security: Security,
    /// What happened, for people who watch.
    pub monitor: Monitor,
    pub(super) counters: Counters,
    pub(super) timers: Timers,
    turn: AtomicU64,
    runtime: Handle,
    jobs: Jobs,
    conns: RwLock<HashMap<Arc<str>, Arc<Conn>>>,
    namespaces: RwLock<HashMap<Arc<str>, Entry>>,
    streams: Mutex<HashMap<u32, Arc<NodeStream>>>,
    eager: AtomicBool,
    closed: AtomicBool,
    serving: AtomicUsize,
    served: Notify,
}

/// A request being served.
pub(super) struct Serving<'a>(&'a Core);

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        if self.0.serving.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.served.notify_one();
        }
    }
}

/// 20 characters of 120 random bits, the form of Socket.IO's ids.
pub fn generate_id() -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(rand::random::<[u8; 15]>())
}

impl Core {
    // --- sessions ---

    /// Checks a request in engine.io's order, without `allowRequest`.
    pub fn verify(&self, head: &RequestHead) -> std::result::Result<(), Refusal> {
        if self.is_closed() {
            return Err(Refusal::bad_request("SERVER_CLOSED", serde_json::json!({})));
        }
        verify(head, &self.options, |sid| match self.conn(sid) {
            Some(conn) if !conn.is_closed() => SessionState::Open(conn.outbox.transport()),
            _ => SessionState::Unknown,
        })?;
        match head.sid {
            Some(_) => Ok(()),
            None => self.check(self.address(head)).map_err(|denied| Refusal::forbidden(denied.code())),
        }
    }

    fn address(&self, head: &RequestHead) -> Option<IpAddr> {
        client_ip(&head.remote_address, self.security.rules().proxy.as_ref(), |name| head.header(name))
    }

    fn check(&self, address: Option<IpAddr>) -> std::result::Result<(), Denied> {
        let checked = self.security.check(address, self.counters.connections.load(Ordering::Relaxed));
        checked.inspect_err(|_| {
            self.counters.refused.fetch_add(1, Ordering::Relaxed);
        })
    }

    /// Opens a session. The caller gives it its transport.
    pub(super) fn open(&self, head: &RequestHead, id: Option<&str>, attach: bool) -> Result<Arc<Conn>> {
        let id = id.map_or_else(generate_id, str::to_owned);
        let address = self.address(head);
        let conn = Arc::new(Conn::new(&id, head, address, attach, self.options.max_outbox_bytes));
        {
            let mut conns = self.conns.write();
            if self.is_closed() {
                return Err(Error::Closed);
            }
            if conns.contains_key(&*conn.id) {
                return Err(Error::DuplicateId(id));
            }
            // Asked again under the lock: others may have come since the request was verified.
            self.check(address).map_err(Error::Denied)?;
            conns.insert(conn.id.clone(), conn.clone());
            self.security.opened(address);
            self.counters.connections.fetch_add(1, Ordering::Relaxed);
        }
        let now = Instant::now();
        let first = match conn.protocol {
            Protocol::V4 => self.options.ping_interval,
            Protocol::V3 => self.options.ping_interval + self.options.ping_timeout,
        };
        self.schedule_heartbeat(&conn, now + first, conn.protocol == Protocol::V3);
        if !attach {
            self.timers.schedule(now + self.options.connect_timeout, &conn, Timer::Connect);
        }
        Ok(conn)
    }

    /// The session of that id.
    pub fn conn(&self, id: &str) -> Option<Arc<Conn>> {
        self.conns.read().get(id).cloned()
    }

    /// Ids of all open sessions.
    pub fn conn_ids(&self) -> Vec<Arc<str>> {
        self.conns.read().values().filter(|conn| !conn.is_closed()).map(|conn| conn.id.clone()).collect()
    }

    /// JavaScript takes over: from now on it gets the session's messages. None if the session is over.
    pub fn attach(&self, id: &str) -> Option<Arc<Conn>> {
        let conn = self.conn(id)?;
        let mut client = conn.client.lock();
        if conn.is_closed() && !client.attached {
            return None;
        }
        client.attached = true;
        drop(client);
        Some(conn)
    }

    /// JavaScript has dealt with the end of a session.
    pub fn release(&self, id: &str) {
        let Some(conn) = self.conn(id) else { return };
        if conn.is_closed() {
            self.leave_all(&conn);
            self.conns.write().remove(id);
        }
    }

    /// A session is over, whoever ended it.
    pub(super) fn ended(&self, conn: &Arc<Conn>, reason: CloseReason) {
        let attached = {
            let client = conn.client.lock();
            if !conn.end() {
                return;
            }
            client.attached
        };
        conn.outbox.wake(); // an upgrade under way looks whether its session is still there
        self.counters.connections.fetch_sub(1, Ordering::Relaxed);
        self.security.closed(conn.address);
        if attached {
            self.events.push(Event::Close(conn.id.clone(), reason.as_str()));
        } else {
            self.leave_all(conn);
            self.conns.write().remove(&conn.id);
        }
    }

    /// Ends a session from the server's side, after what waits or at once.
    pub(super) fn finish(&self, conn: &Arc<Conn>, discard: bool) {
        if (!conn.begin_close() && !discard) || conn.is_closed() {
            return;
        }
        match conn.outbox.finish(discard) {
            Progress::Finished | Progress::Broken => self.ended(conn, CloseReason::ForcedClose),
            _ => self.timers.schedule(Instant::now() + CLOSE_TIMEOUT, conn, Timer::Close),
        }
    }

    // --- heartbeat ---

    pub(super) fn schedule_heartbeat(&self, conn: &Arc<Conn>, due: Instant, awaiting: bool) {
        let mut heartbeat = conn.heartbeat.lock();
        heartbeat.due = due;
        heartbeat.awaiting = awaiting;
        heartbeat.generation = heartbeat.generation.wrapping_add(1);
        let generation = heartbeat.generation;
        drop(heartbeat);
        self.timers.schedule(due, conn, Timer::Heartbeat(generation));
    }

    fn on_timer(&self, conn: &Arc<Conn>, timer: Timer) {
        match timer {
            Timer::Heartbeat(generation) => {
                let heartbeat = *conn.heartbeat.lock();
                if heartbeat.generation != generation {
                    return;
                }
                if heartbeat.awaiting {
                    return self.fail(conn, CloseReason::PingTimeout);
                }
                self.schedule_heartbeat(conn, Instant::now() + self.options.ping_timeout, true);
                self.deliver(conn, Item::Control(Control::Ping), false, 0);
            }
            Timer::Connect => {
                let client = conn.client.lock();
                let idle = !client.attached && client.sockets.is_empty();
                drop(client);
                if idle {
                    self.finish(conn, false);
                }
            }
            Timer::Close => self.fail(conn, CloseReason::ForcedClose),
        }
    }

    // --- sending ---

    /// Sends to one session, on the thread of the caller. A client that cannot keep up is let go.
    pub(super) fn deliver(&self, conn: &Arc<Conn>, item: Item, volatile: bool, turn: u64) {
        match conn.outbox.send(item, volatile, turn) {
            Progress::TooSlow => self.too_slow(conn),
            Progress::Idle | Progress::Drained if conn.watched.load(Ordering::Relaxed) => {
                self.events.push(Event::Drain(conn.id.clone()));
            }
            _ => {}
        }
    }

    pub(super) fn too_slow(&self, conn: &Arc<Conn>) {
        self.counters.slow_closed.fetch_add(1, Ordering::Relaxed);
        self.events.log(
            Level::Warn,
            format!(
                "connection {} from {} closed: it reads too slowly, more than {} bytes wait for it",
                conn.id, conn.head.remote_address, self.options.max_outbox_bytes
            ),
        );
        self.fail(conn, CloseReason::TransportError);
    }

    /// Whether JavaScript hears of every packet that left a session's outbox empty, not only after a backlog.
    pub fn watch_drain(&self, id: &str, on: bool) {
        if let Some(conn) = self.conn(id) {
            conn.watched.store(on, Ordering::Relaxed);
        }
    }

    /// Queues a packet of the engine's own. The caller, who holds the client's lock, calls [`Core::flush`] or
    /// [`Core::too_slow`] afterwards.
    pub(super) fn answer(&self, conn: &Arc<Conn>, packet: String) -> Progress {
        let parcel = Arc::new(Parcel::new([Message::text(packet)]));
        self.counters.sent(1, parcel.len());
        conn.outbox.queue(Item::Parcel(parcel))
    }

    /// Says in which turn of its loop JavaScript sends what follows. A volatile packet is dropped for a client which
    /// got another in the same turn.
    pub fn begin_turn(&self, turn: u64) {
        self.turn.store(turn, Ordering::Relaxed);
    }

    /// Queues a packet for one session.
    pub fn write(&self, id: &str, parcel: Parcel, volatile: bool) {
        let Some(conn) = self.conn(id) else { return };
        self.counters.sent(1, parcel.len());
        self.queue(Job::One(conn, Arc::new(parcel), volatile, self.turn.load(Ordering::Relaxed)));
    }

    /// Queues a packet for the sockets in `rooms` without those in `except`; returns their number.
    pub fn broadcast(
        &self,
        nsp: &str,
        rooms: &[String],
        except: &[String],
        parcel: Parcel,
        volatile: bool,
    ) -> usize {
        let Some(nsp) = self.namespace(nsp) else { return 0 };
        let recipients = nsp.recipients(rooms, except);
        let count = recipients.len();
        if count > 0 {
            self.counters.sent(count, parcel.len());
            let turn = self.turn.load(Ordering::Relaxed);
            self.queue(Job::Many(recipients, Arc::new(parcel), volatile, turn));
        }
        count
    }

    /// Queues the end of a session.
    pub fn close_conn(&self, id: &str, discard: bool) {
        if let Some(conn) = self.conn(id) {
            self.queue(Job::Close(conn, discard));
        }
    }

    fn queue(&self, job: Job) {
        if let Err(overflow) = self.jobs.push(job) {
            self.events.log(Level::Error, overflow.to_string());
        }
    }

    // --- namespaces ---

    /// The namespace of that name, joinable or not.
    pub fn namespace(&self, name: &str) -> Option<Arc<Namespace>> {
        self.namespaces.read().get(name).map(|entry| entry.nsp.clone())
    }

    /// The namespace of that name, made if it is missing.
    pub fn namespace_or_new(&self, name: &str) -> Arc<Namespace> {
        if let Some(nsp) = self.namespace(name) {
            return nsp;
        }
        let mut namespaces = self.namespaces.write();
        let new = || Entry { nsp: Arc::new(Namespace::new(name)), open: false };
        namespaces.entry(name.into()).or_insert_with(new).nsp.clone()
    }

    pub(super) fn open_namespace_named(&self, name: &str) -> Option<Arc<Namespace>> {
        self.namespaces.read().get(name).filter(|entry| entry.open).map(|entry| entry.nsp.clone())
    }

    /// Opens or closes a namespace for clients. A closed one is forgotten once it is empty.
    pub fn set_namespace_open(&self, name: &str, open: bool) {
        let nsp = self.namespace_or_new(name);
        let mut namespaces = self.namespaces.write();
        if open || !nsp.is_empty() {
            namespaces.insert(nsp.name.clone(), Entry { nsp, open });
        } else {
            namespaces.remove(name);
        }
    }

    /// Registers a socket that JavaScript made on an attached session. False if the session is gone.
    pub fn add_socket(&self, nsp: &str, sid: &str, conn: &str) -> bool {
        let Some(conn) = self.conn(conn) else { return false };
        let nsp = self.namespace_or_new(nsp);
        let member = nsp.add(sid.into(), conn.clone(), "{}");
        conn.client.lock().sockets.push((nsp, member));
        true
    }

    /// Forgets a socket.
    pub fn remove_socket(&self, nsp: &str, sid: &str) {
        if let Some(member) = self.namespace(nsp).and_then(|nsp| nsp.remove(sid)) {
            member.conn.client.lock().sockets.retain(|(_, other)| !Arc::ptr_eq(other, &member));
        }
    }

    /// Whether clients that connect get JavaScript objects.
    pub fn is_eager(&self) -> bool {
        self.eager.load(Ordering::Acquire)
    }

    /// See [`Core::is_eager`].
    pub fn set_eager(&self, eager: bool) {
        self.eager.store(eager, Ordering::Release);
    }

    // --- Node streams ---

    /// Makes the engine's end of the Node stream `key`.
    pub fn add_stream(&self, key: u32) -> Arc<NodeStream> {
        let stream = Arc::new(NodeStream::new(key, self.events.clone()));
        self.streams.lock().insert(key, stream.clone());
        stream
    }

    /// The engine's end of a Node stream.
    pub fn stream(&self, key: u32) -> Option<Arc<NodeStream>> {
        self.streams.lock().get(&key).cloned()
    }

    /// The Node stream is gone.
    pub fn remove_stream(&self, key: u32) {
        if let Some(stream) = self.streams.lock().remove(&key) {
            stream.finish();
        }
    }

    // --- the whole ---

    /// Marks a request as being served until the mark is dropped.
    pub(super) fn serving(&self) -> Serving<'_> {
        self.serving.fetch_add(1, Ordering::AcqRel);
        Serving(self)
    }

    /// Waits until no request is being served.
    async fn all_served(&self) {
        while self.serving.load(Ordering::Acquire) > 0 {
            self.served.notified().await;
        }
    }

    /// A reading of the counters.
    pub fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            connections: read(&self.counters.connections),
            packets_in: read(&self.counters.packets_in),
            packets_out: read(&self.counters.packets_out),
            bytes_in: read(&self.counters.bytes_in),
            bytes_out: read(&self.counters.bytes_out),
            slow_closed: read(&self.counters.slow_closed),
            refused: read(&self.counters.refused),
            limited: read(&self.counters.limited),
            pending_events: self.events.len() as u64,
        }
    }

    /// Whether nothing new is taken.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The runtime all tasks of this engine live on.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }
}

/// An engine: the shared state, and what only its owner may end.
pub struct Engine {
    core: Arc<Core>,
    parts: Mutex<Option<(Runtime, JoinHandle<()>)>>,
}

impl Engine {
    /// Starts an engine with threads of its own.
    pub fn start(options: Options, hooks: Box<dyn Hooks>) -> Result<Self> {
        options.validate()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.worker_threads())
            .thread_name("plugin-io")
            .enable_all()
            .build()
            .map_err(Error::Runtime)?;
        let (jobs, queue) = fanout::channel();
        let core = Arc::new(Core {
            events: Arc::new(Events::new(options.max_pending_events, hooks)),
            options,
            security: Security::default(),
            monitor: Monitor::new(0),
            counters: Counters::default(),
            timers: Timers::default(),
            turn: AtomicU64::new(0),
            runtime: runtime.handle().clone(),
            jobs,
            conns: RwLock::default(),
            namespaces: RwLock::default(),
            streams: Mutex::default(),
            eager: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            serving: AtomicUsize::new(0),
            served: Notify::new(),
        });
        let sender = fanout::start(core.clone(), queue)?;
        runtime.spawn({
            let core = core.clone();
            async move { core.timers.run(|conn, timer| core.on_timer(conn, timer)).await }
        });
        Ok(Self { core, parts: Mutex::new(Some((runtime, sender))) })
    }

    /// The state to work with.
    pub fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Refuses what is new, ends every session and joins all threads. Blocks; idempotent.
    pub fn close(&self) {
        let Some((runtime, sender)) = self.parts.lock().take() else { return };
        let core = &self.core;
        let conns: Vec<_> = {
            let conns = core.conns.write();
            core.closed.store(true, Ordering::Release);
            conns.values().cloned().collect()
        };
        for conn in &conns {
            core.queue(Job::Close(conn.clone(), false));
        }
        core.queue(Job::Stop);
        // The thread only fails to join if it panicked; there is nothing left to do for it then.
        let _ = sender.join();
        for conn in &conns {
            core.fail(conn, CloseReason::ForcedClose);
        }
        // The answers to pending polls are on their way.
        let _ = runtime.block_on(async { tokio::time::timeout(LAST_ANSWERS, core.all_served()).await });
        runtime.shutdown_timeout(Duration::from_secs(5));
        core.streams.lock().clear();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some((runtime, _)) = self.parts.lock().take() {
            self.core.closed.store(true, Ordering::Release);
            self.core.queue(Job::Stop);
            runtime.shutdown_background();
        }
    }
}
