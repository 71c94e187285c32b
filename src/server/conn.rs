//! One Engine.IO session.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use smallvec::SmallVec;

use super::{
    admission::Joining,
    client_events::Queue,
    control::ControlRate,
    heartbeat::Deadlines,
    lane::Lane,
    namespace::{Member, Namespace},
    patience::Patience,
};
use crate::{
    access::Identity,
    security::{ClientAddress, ConnGuard, EventNames, EventRate},
    transport::{
        outbox::Outbox,
        request::{Protocol, RequestHead},
    },
};

/// Why a session ended, in engine.io's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The client closed, or its connection did.
    TransportClose,
    /// The transport broke its protocol.
    TransportError,
    /// No answer to a ping.
    PingTimeout,
    /// The client sent something that is no Engine.IO packet.
    ParseError,
    /// The server closed.
    ForcedClose,
}

impl CloseReason {
    /// The reason as clients and listeners of engine.io know it.
    pub fn as_str(self) -> &'static str {
        match self {
            CloseReason::TransportClose => "transport close",
            CloseReason::TransportError => "transport error",
            CloseReason::PingTimeout => "ping timeout",
            CloseReason::ParseError => "parse error",
            CloseReason::ForcedClose => "forced close",
        }
    }
}

/// What is kept of the request that opened a session, to show it when somebody asks.
#[derive(Debug)]
pub struct StoredHead {
    /// Path and query.
    pub url: Box<str>,
    /// Header names and values, separated by "\n", which no header can hold.
    pub headers: Box<str>,
    /// Address of the peer.
    pub remote_address: Box<str>,
    /// Whether it came over TLS.
    pub secure: bool,
}

impl StoredHead {
    fn new(head: &RequestHead) -> Self {
        Self {
            url: head.url.as_str().into(),
            headers: head.headers.join("\n").into(),
            remote_address: head.remote_address.as_str().into(),
            secure: head.secure,
        }
    }

    /// Header names and values, alternating.
    pub fn headers(&self) -> Vec<String> {
        if self.headers.is_empty() {
            Vec::new()
        } else {
            self.headers.split('\n').map(String::from).collect()
        }
    }
}

/// Sockets of a connection.
pub type Sockets = SmallVec<[(Arc<Namespace>, Arc<Member>); 1]>;

/// A client that was let in and whose socket JavaScript is making.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// Names the admission.
    pub ticket: u32,
    /// The namespace.
    pub nsp: Box<str>,
    /// Who it is.
    pub identity: Arc<Identity>,
}

/// The engine's own Socket.IO state of a connection.
#[derive(Default)]
pub struct Client {
    /// Sockets of the connection.
    pub sockets: Sockets,
    /// Attachments still to come of a packet that is already dealt with.
    pub attachments: usize,
    /// Attachments still to come of a packet that JavaScript has.
    pub announced: usize,
    /// Time since it went on with that packet.
    pub(super) announced_since: Option<Patience>,
    /// How fast it sends events.
    pub rate: EventRate,
    /// How fast it joins and leaves namespaces, for the same limit: the events of a client that has just come are not
    /// fewer for that.
    pub control_rate: EventRate,
    /// What it did to join and leave namespaces.
    pub guard: ConnGuard,
    /// CONNECT packets that wait until JavaScript has answered others.
    pub(super) joining: VecDeque<Joining>,
    /// By namespace, the only events that the role of its socket may send.
    pub event_names: SmallVec<[(Box<str>, Arc<EventNames>); 1]>,
    /// JavaScript reads this connection's packets.
    pub attached: bool,
    /// Namespaces it wants to join, while it is found out whether it may.
    pub asking: SmallVec<[Arc<str>; 1]>,
    /// The requests that wait for one that is being looked up.
    pub requests: Option<Box<Queue>>,
    /// Those of its sockets that JavaScript is making.
    pub admitted: SmallVec<[Admitted; 1]>,
}

impl Client {
    /// The admission of that name, which is used up by this.
    pub fn take_admitted(&mut self, ticket: u32) -> Option<Admitted> {
        let at = self.admitted.iter().position(|admitted| admitted.ticket == ticket)?;
        Some(self.admitted.swap_remove(at))
    }

    /// Sets the only events that its socket in a namespace may send; `None` allows all.
    pub fn allow_events(&mut self, nsp: &str, names: Option<Arc<EventNames>>) {
        self.event_names.retain(|(known, _)| **known != *nsp);
        if let Some(names) = names {
            self.event_names.push((nsp.into(), names));
        }
    }
}

const OPEN: u8 = 0;
const CLOSING: u8 = 1;
const CLOSED: u8 = 2;

/// One Engine.IO session.
pub struct Conn {
    /// Session id.
    pub id: Arc<str>,
    /// Protocol revision of the client.
    pub protocol: Protocol,
    /// The request that opened it.
    pub head: StoredHead,
    /// Address of the client: the one rules, caps, logs and monitoring use.
    pub address: ClientAddress,
    /// What it has still to send.
    pub outbox: Outbox,
    /// The engine's own Socket.IO state.
    pub client: Mutex<Client>,
    /// What it has waiting for JavaScript.
    pub lane: Arc<Lane>,
    /// Heartbeat and other deadlines.
    pub deadlines: Mutex<Deadlines>,
    /// How many control packets it sends.
    pub control: Mutex<ControlRate>,
    /// Bytes of a packet that JavaScript has and whose attachments are not all there. Changed under the client's lock.
    pub incomplete: AtomicUsize,
    /// A polling body is being read.
    pub posting: AtomicBool,
    /// Its client broke a bound: it gets no time to close cleanly, in which it could go on.
    pub cut: AtomicBool,
    /// The server ended it and told the client why.
    pub dismissed: AtomicBool,
    /// A WebSocket is taking it over, or has.
    pub upgrading: AtomicBool,
    /// JavaScript wants to hear whenever the outbox is empty after something was sent.
    pub watched: AtomicBool,
    /// JavaScript wants to hear of pings and pongs.
    pub watched_heartbeat: AtomicBool,
    life: AtomicU8,
}

impl Conn {
    /// A session about to begin.
    pub fn new(
        id: &str,
        head: &RequestHead,
        address: ClientAddress,
        attached: bool,
        outbox_limit: usize,
    ) -> Self {
        let supports_binary = head.protocol() == Protocol::V4 || !head.b64;
        Self {
            id: id.into(),
            protocol: head.protocol(),
            head: StoredHead::new(head),
            address,
            outbox: Outbox::new(head.protocol(), supports_binary, outbox_limit),
            client: Mutex::new(Client { attached, ..Client::default() }),
            lane: Arc::default(),
            deadlines: Mutex::new(Deadlines::new()),
            control: Mutex::default(),
            incomplete: AtomicUsize::new(0),
            posting: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            dismissed: AtomicBool::new(false),
            upgrading: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            watched_heartbeat: AtomicBool::new(false),
            life: AtomicU8::new(OPEN),
        }
    }

    /// Whether messages are still taken from it.
    pub fn is_open(&self) -> bool {
        self.life.load(Ordering::Acquire) == OPEN
    }

    /// Whether it is over.
    pub fn is_closed(&self) -> bool {
        self.life.load(Ordering::Acquire) == CLOSED
    }

    /// Marks it as closing. False if it was already.
    pub fn begin_close(&self) -> bool {
        self.life.compare_exchange(OPEN, CLOSING, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Marks it as closed. False if it was already.
    pub fn end(&self) -> bool {
        self.life.swap(CLOSED, Ordering::AcqRel) != CLOSED
    }

    #[cfg(test)]
    pub(super) fn for_tests(id: &str) -> Self {
        let head = RequestHead {
            method: "GET".into(),
            url: "/".into(),
            headers: Vec::new(),
            remote_address: String::new(),
            forwarded: None,
            secure: false,
            transport: "polling".into(),
            sid: None,
            eio: "4".into(),
            b64: false,
            upgrade: false,
        };
        Self::new(id, &head, ClientAddress::default(), false, 1024)
    }
}
