//! The engine: what it holds, and what JavaScript may ask of it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::Engine as _;
use parking_lot::{Mutex, RwLock};
use tokio::{
    runtime::Handle,
    sync::{Notify, Semaphore},
};

use super::{
    admission::MAX_WAITING_BYTES,
    conn::{CloseReason, Conn},
    counters::{Counters, Stats},
    events::{Bounds, Event, Events, Hooks, StreamEvents},
    fanout::Jobs,
    namespace::Namespace,
    tasks::Tasks,
    timers::Timers,
};
use crate::{
    access::Access,
    error::{Error, Result},
    monitoring::{LineLimit, Monitor},
    options::Options,
    security::{ClientAddress, Denied, Forwarded, Security},
    transport::{
        outbox::Progress,
        request::{Refusal, RequestHead, SessionState, verify},
        stream::NodeStream,
    },
};

/// Time a closing session has to take its last packets.
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// A namespace, and whether clients without JavaScript objects may join it.
pub(super) struct Entry {
    pub(super) nsp: Arc<Namespace>,
    pub(super) open: bool,
}

/// The state all parts of an engine share.
pub struct Core {
    /// Options.
    pub options: Options,
    /// What JavaScript is told.
    pub events: Arc<Events>,
    /// Who may connect and how fast clients may talk.
    pub security: Security,
    /// Who clients are, and what follows from that.
    pub access: Access,
    /// What happened, for people who watch.
    pub monitor: Monitor,
    pub(super) counters: Counters,
    pub(super) lines: Arc<Mutex<LineLimit>>,
    pub(super) waiting: Arc<Semaphore>,
    pub(super) timers: Timers,
    pub(super) turn: AtomicU64,
    pub(super) tasks: Tasks,
    pub(super) jobs: Jobs,
    pub(super) conns: RwLock<HashMap<Arc<str>, Arc<Conn>>>,
    pub(super) namespaces: RwLock<HashMap<Arc<str>, Entry>>,
    pub(super) streams: Mutex<HashMap<u32, Arc<NodeStream>>>,
    pub(super) eager: AtomicBool,
    pub(super) closed: AtomicBool,
    pub(super) serving: AtomicUsize,
    pub(super) served: Notify,
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
    /// The state of a new engine.
    pub(super) fn new(options: Options, hooks: Box<dyn Hooks>, runtime: Handle, jobs: Jobs) -> Self {
        Self {
            events: Arc::new(Events::new(
                Bounds { messages: options.max_pending_events, bytes: options.max_pending_bytes },
                hooks,
            )),
            options,
            security: Security::default(),
            access: Access::default(),
            monitor: Monitor::new(0),
            counters: Counters::default(),
            lines: Arc::default(),
            waiting: Arc::new(Semaphore::new(MAX_WAITING_BYTES)),
            timers: Timers::default(),
            turn: AtomicU64::new(0),
            tasks: Tasks::new(runtime),
            jobs,
            conns: RwLock::default(),
            namespaces: RwLock::default(),
            streams: Mutex::default(),
            eager: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            serving: AtomicUsize::new(0),
            served: Notify::new(),
        }
    }

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
            None => self.check_new(head).map_err(|denied| Refusal::forbidden(denied.code())),
        }
    }

    fn address_of(&self, head: &RequestHead) -> ClientAddress {
        self.client_address(&head.remote_address, head.forwarded.as_ref())
    }

    /// The client of a request that came from `peer`, by the rules in force.
    pub fn client_address(&self, peer: &str, forwarded: Option<&Forwarded>) -> ClientAddress {
        ClientAddress::choose(peer, forwarded, &self.security.rules().trusted_proxies)
    }

    fn check_new(&self, head: &RequestHead) -> std::result::Result<(), Denied> {
        let rules = self.security.rules();
        if head.headers_named("origin").all(|origin| rules.admit_origin(origin)) {
            self.check(&self.address_of(head))
        } else {
            self.counters.refused.fetch_add(1, Ordering::Relaxed);
            Err(Denied::Origin)
        }
    }

    fn check(&self, address: &ClientAddress) -> std::result::Result<(), Denied> {
        let checked = self.security.check(address, self.counters.connections.load(Ordering::Relaxed));
        checked.inspect_err(|_| {
            self.counters.refused.fetch_add(1, Ordering::Relaxed);
        })
    }

    /// Opens a session. The caller gives it its transport.
    pub(super) fn open(&self, head: &RequestHead, id: Option<&str>, attach: bool) -> Result<Arc<Conn>> {
        let id = id.map_or_else(generate_id, str::to_owned);
        let address = self.address_of(head);
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
            self.check(&conn.address).map_err(Error::Denied)?;
            conns.insert(conn.id.clone(), conn.clone());
            self.security.opened(&conn.address);
            self.counters.connections.fetch_add(1, Ordering::Relaxed);
        }
        self.start_deadlines(&conn, attach);
        Ok(conn)
    }

    /// The packet a session begins with.
    pub(super) fn open_packet(&self, conn: &Conn, transport: &str) -> String {
        let options = &self.options;
        let upgradable = transport == "polling" && options.allow_upgrades && options.websocket;
        let upgrades: &[&str] = if upgradable { &["websocket"] } else { &[] };
        let id = serde_json::Value::from(&*conn.id);
        let upgrades = serde_json::Value::from(upgrades);
        format!(
            "0{{\"sid\":{id},\"upgrades\":{upgrades},\"pingInterval\":{},\"pingTimeout\":{},\"maxPayload\":{}}}",
            options.ping_interval.as_millis(),
            options.ping_timeout.as_millis(),
            options.max_payload
        )
    }

    /// The session of that id.
    pub fn conn(&self, id: &str) -> Option<Arc<Conn>> {
        self.conns.read().get(id).cloned()
    }

    /// Ids of all open sessions.
    pub fn conn_ids(&self) -> Vec<Arc<str>> {
        self.conns.read().values().filter(|conn| !conn.is_closed()).map(|conn| conn.id.clone()).collect()
    }

    /// Number of open sessions that JavaScript has objects of.
    pub fn attached_count(&self) -> usize {
        let conns: Vec<_> = self.conns.read().values().cloned().collect();
        conns.iter().filter(|conn| !conn.is_closed() && conn.client.lock().attached).count()
    }

    /// Ids of the open sessions whose address the rules in force do not let in.
    pub fn denied_conn_ids(&self) -> Vec<Arc<str>> {
        let rules = self.security.rules();
        // Not under the lock: Node's loop would wait for it.
        let conns: Vec<_> = self.conns.read().values().cloned().collect();
        let denied = conns.iter().filter(|conn| !conn.is_closed() && !rules.admit(conn.address.ip));
        denied.map(|conn| conn.id.clone()).collect()
    }

    /// JavaScript takes over: from now on it gets the session's messages. None if the session is over.
    pub fn attach(&self, id: &str) -> Option<Arc<Conn>> {
        let conn = self.conn(id)?;
        let mut client = conn.client.lock();
        if conn.is_closed() && !client.attached {
            return None;
        }
        client.attached = true;
        self.hand_over(&conn, &mut client);
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
            let mut client = conn.client.lock();
            if !conn.end() {
                return;
            }
            self.set_incomplete(conn, &mut client, 0);
            client.joining = VecDeque::new();
            client.attached
        };
        self.forget_deadlines(conn);
        conn.outbox.wake(); // an upgrade under way looks whether its session is still there
        self.counters.connections.fetch_sub(1, Ordering::Relaxed);
        self.security.closed(&conn.address);
        if attached {
            self.events.push(&conn.lane, Event::Close(conn.id.clone(), reason.as_str()));
        } else {
            for (nsp, member) in self.leave_all(conn) {
                self.record_disconnect(&nsp, &member, reason.as_str());
            }
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
            _ if conn.cut.load(Ordering::Relaxed) => self.fail(conn, CloseReason::ForcedClose),
            _ => self.bound_close(conn),
        }
    }

    // --- Node streams ---

    /// Makes the engine's end of the Node stream `key`.
    pub fn add_stream(&self, key: u32) -> Arc<NodeStream> {
        let stream = Arc::new(NodeStream::new(key, Arc::new(StreamEvents::new(self.events.clone()))));
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
    pub(super) async fn all_served(&self) {
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
            flooded: read(&self.counters.flooded),
            timers: self.timers.len() as u64,
            pending_events: self.events.len() as u64,
        }
    }

    /// Whether nothing new is taken.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The runtime all tasks of this engine live on.
    pub fn runtime(&self) -> &Tasks {
        &self.tasks
    }
}
