//! What crosses the boundary. Every field is always present; `null` says there is nothing.

use std::time::Duration;

use bytes::Bytes;
use napi::{Either, bindgen_prelude::Buffer};
use napi_derive::napi;

use super::{access::IdentityRecord, security::Forwarded};
use crate::{
    options::Options,
    server::{
        conn::Conn,
        counters::Stats,
        events::{Event, Level},
        polling,
    },
    transport::{
        payload::{Message, Parcel},
        request,
    },
};

/// Options of an engine. The TypeScript half owns the defaults.
#[napi(object)]
pub struct EngineOptions {
    /// Milliseconds between a pong and the next ping.
    pub ping_interval: f64,
    /// Milliseconds a client has to answer a ping.
    pub ping_timeout: f64,
    /// Milliseconds a WebSocket has to finish the upgrade of a polling session.
    pub upgrade_timeout: f64,
    /// Milliseconds a client has to join a first namespace.
    pub connect_timeout: f64,
    /// Bytes in one inbound message or polling body (`maxHttpBufferSize`).
    pub max_payload: f64,
    /// "polling", "websocket" or both.
    pub transports: Vec<String>,
    /// Whether a polling session may become a WebSocket one.
    pub allow_upgrades: bool,
    /// Whether clients of protocol 3 are let in.
    pub allow_eio3: bool,
    /// Unsent bytes one connection may pile up before it is closed as too slow.
    pub max_outbox_bytes: f64,
    /// Messages waiting for `drain` above which a connection is read from only while nothing of it waits.
    pub max_pending_events: f64,
    /// The same in bytes of messages, unfinished ones among them.
    pub max_pending_bytes: f64,
    /// Worker threads; 0 takes half of the cores, between 1 and 4.
    pub threads: f64,
}

impl EngineOptions {
    pub(super) fn into_core(self) -> Options {
        // Whatever is no count becomes 0, which the core refuses by name.
        let millis = |value: f64| Duration::from_millis(value as u64);
        let offers = |name: &str| self.transports.iter().any(|transport| transport == name);
        Options {
            ping_interval: millis(self.ping_interval),
            ping_timeout: millis(self.ping_timeout),
            upgrade_timeout: millis(self.upgrade_timeout),
            connect_timeout: millis(self.connect_timeout),
            max_payload: self.max_payload as usize,
            polling: offers("polling"),
            websocket: offers("websocket"),
            allow_upgrades: self.allow_upgrades,
            allow_eio3: self.allow_eio3,
            max_outbox_bytes: self.max_outbox_bytes as usize,
            max_pending_events: self.max_pending_events as usize,
            max_pending_bytes: self.max_pending_bytes as usize,
            threads: self.threads as usize,
        }
    }
}

/// The head of a request, with the query fields the protocol knows.
#[napi(object, use_nullable = true)]
pub struct RequestHead {
    /// HTTP method.
    pub method: String,
    /// Path and query as received.
    pub url: String,
    /// Header names and values as received, alternating (`rawHeaders`).
    pub headers: Vec<String>,
    /// Address of the peer.
    pub remote_address: String,
    /// What was read about the proxies it passed; only needed of a request that opens a session.
    pub forwarded: Option<Forwarded>,
    /// Whether the request came over TLS.
    pub secure: bool,
    /// `transport` of the query, or "".
    pub transport: String,
    /// `sid` of the query.
    pub sid: Option<String>,
    /// `EIO` of the query, or "".
    pub eio: String,
    /// Whether the client asked for base64 (protocol 3).
    pub b64: bool,
    /// Whether Node delivered the request as an upgrade.
    pub upgrade: bool,
}

impl From<RequestHead> for request::RequestHead {
    fn from(head: RequestHead) -> Self {
        Self {
            method: head.method,
            url: head.url,
            headers: head.headers,
            remote_address: head.remote_address,
            forwarded: head.forwarded.map(Into::into),
            secure: head.secure,
            transport: head.transport,
            sid: head.sid,
            eio: head.eio,
            b64: head.b64,
            upgrade: head.upgrade,
        }
    }
}

/// Why a request is not served.
#[napi(object)]
pub struct Refusal {
    /// HTTP status.
    pub status: u32,
    /// engine.io's error code.
    pub code: u32,
    /// engine.io's error message.
    pub message: String,
    /// Details, the text of a JSON object.
    pub context: String,
}

impl From<request::Refusal> for Refusal {
    fn from(refusal: request::Refusal) -> Self {
        Self {
            status: refusal.status.into(),
            code: refusal.code.into(),
            message: refusal.message.into(),
            context: refusal.context.to_string(),
        }
    }
}

/// Answer to a polling request.
#[napi(object, use_nullable = true)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u32,
    /// Header names and values, alternating.
    pub headers: Vec<String>,
    /// Body.
    pub body: Buffer,
    /// Id of the session the request opened.
    pub id: Option<String>,
}

impl From<polling::HttpAnswer> for HttpAnswer {
    fn from(answer: polling::HttpAnswer) -> Self {
        let length = answer.body.len().to_string();
        let headers =
            ["Content-Type", answer.content_type, "Content-Length", &length, "Cache-Control", "no-store"];
        Self {
            status: answer.status.into(),
            headers: headers.map(String::from).into(),
            body: Vec::from(answer.body).into(),
            id: answer.id.map(|id| id.to_string()),
        }
    }
}

/// A socket of a connection.
#[napi(object, use_nullable = true)]
pub struct SocketView {
    /// Namespace.
    pub nsp: String,
    /// Socket id.
    pub sid: String,
    /// JSON text of the payload the client connected with.
    pub auth: String,
    /// When it connected, milliseconds since the epoch.
    pub issued: f64,
    /// Who it is. `null` in namespaces without authentication.
    pub identity: Option<IdentityRecord>,
}

/// A connection as JavaScript sees it when it takes it over.
#[napi(object)]
pub struct ConnView {
    /// Session id.
    pub id: String,
    /// Engine.IO protocol revision, 3 or 4.
    pub protocol: u32,
    /// "polling" or "websocket".
    pub transport: String,
    /// Path and query of the request that opened it.
    pub url: String,
    /// Headers of that request, names and values alternating.
    pub headers: Vec<String>,
    /// Address of the peer.
    pub remote_address: String,
    /// Whether it came over TLS.
    pub secure: bool,
    /// Its sockets.
    pub sockets: Vec<SocketView>,
}

impl From<&Conn> for ConnView {
    fn from(conn: &Conn) -> Self {
        let client = conn.client.lock();
        let sockets = client.sockets.iter().map(|(nsp, member)| SocketView {
            nsp: nsp.name.to_string(),
            sid: member.sid.to_string(),
            auth: member.auth.to_string(),
            issued: member.issued,
            identity: member.identity().map(|identity| IdentityRecord::from(&*identity)),
        });
        Self {
            id: conn.id.to_string(),
            protocol: if conn.protocol == request::Protocol::V4 { 4 } else { 3 },
            transport: conn.outbox.transport().into(),
            url: conn.head.url.to_string(),
            headers: conn.head.headers(),
            remote_address: conn.head.remote_address.to_string(),
            secure: conn.head.secure,
            sockets: sockets.collect(),
        }
    }
}

/// What an [`EngineEvent`] says.
#[napi]
pub enum EventKind {
    /// A connection sent the text message `text`.
    Text = 0,
    /// A connection sent the binary message `data`.
    Binary = 1,
    /// A connection closed; `text` is engine.io's reason. Answer with `release`.
    Close = 2,
    /// A connection now uses WebSocket.
    Upgrade = 3,
    /// What a connection had to send is out.
    Drain = 4,
    /// Write `data` to the Node stream `key`, then call `streamDrained`.
    StreamData = 5,
    /// End the Node stream `key`.
    StreamEnd = 6,
    /// Let the Node stream `key` flow again.
    StreamResume = 7,
    /// A line for the log: `text` is "level: message".
    Log = 8,
    /// A WebSocket has proved that it could carry a connection.
    Upgrading = 9,
    /// A watched connection was pinged, or (protocol 3) has pinged.
    Ping = 10,
    /// The answer to that.
    Pong = 11,
    /// Access has work: call `accessWork`.
    Access = 12,
    /// The credentials of a socket have expired; `text` is its id, a space and its namespace.
    Expired = 13,
}

/// One thing the engine tells.
#[napi(object, use_nullable = true)]
pub struct EngineEvent {
    /// What it says.
    pub kind: EventKind,
    /// Id of the connection, or "".
    pub conn: String,
    /// Text, by kind.
    pub text: Option<String>,
    /// Bytes, by kind.
    pub data: Option<Buffer>,
    /// Key of the Node stream, or 0.
    pub key: u32,
}

impl From<Event> for EngineEvent {
    fn from(event: Event) -> Self {
        let of_conn = |kind, conn: &str, text: Option<String>, data: Option<Bytes>| Self {
            kind,
            conn: conn.to_owned(),
            text,
            data: data.map(|bytes| Vec::from(bytes).into()),
            key: 0,
        };
        match event {
            Event::Text(conn, text) => of_conn(EventKind::Text, &conn, Some(text), None),
            Event::Binary(conn, data) => of_conn(EventKind::Binary, &conn, None, Some(data)),
            Event::Close(conn, reason) => of_conn(EventKind::Close, &conn, Some(reason.into()), None),
            Event::Upgrading(conn) => of_conn(EventKind::Upgrading, &conn, None, None),
            Event::Ping(conn) => of_conn(EventKind::Ping, &conn, None, None),
            Event::Pong(conn) => of_conn(EventKind::Pong, &conn, None, None),
            Event::Upgrade(conn) => of_conn(EventKind::Upgrade, &conn, None, None),
            Event::Drain(conn) => of_conn(EventKind::Drain, &conn, None, None),
            Event::StreamData(key, data) => {
                Self { key, ..of_conn(EventKind::StreamData, "", None, Some(data)) }
            }
            Event::StreamEnd(key) => Self { key, ..of_conn(EventKind::StreamEnd, "", None, None) },
            Event::StreamResume(key) => Self { key, ..of_conn(EventKind::StreamResume, "", None, None) },
            Event::Access => of_conn(EventKind::Access, "", None, None),
            Event::Expired(conn, nsp, sid) => {
                of_conn(EventKind::Expired, &conn, Some(format!("{sid} {nsp}")), None)
            }
            Event::Log(level, line) => {
                let level = match level {
                    Level::Warn => "warn",
                    Level::Error => "error",
                };
                of_conn(EventKind::Log, "", Some(format!("{level}: {line}")), None)
            }
        }
    }
}

/// Totals since the engine started.
#[napi(object)]
pub struct EngineStats {
    /// Open connections.
    pub connections: f64,
    /// Messages received.
    pub packets_in: f64,
    /// Packets sent, counted per recipient.
    pub packets_out: f64,
    /// Payload bytes received.
    pub bytes_in: f64,
    /// Payload bytes sent.
    pub bytes_out: f64,
    /// Connections closed because they read too slowly.
    pub slow_closed: f64,
    /// Connections refused by a limit or an address list.
    pub refused: f64,
    /// Events refused by the rate limit.
    pub limited: f64,
    /// Connections closed because they kept sending control packets.
    pub flooded: f64,
    /// Timers set, one for each open connection.
    pub timers: f64,
    /// Events waiting for `drain`.
    pub pending_events: f64,
}

impl From<Stats> for EngineStats {
    fn from(stats: Stats) -> Self {
        Self {
            connections: stats.connections as f64,
            packets_in: stats.packets_in as f64,
            packets_out: stats.packets_out as f64,
            bytes_in: stats.bytes_in as f64,
            bytes_out: stats.bytes_out as f64,
            slow_closed: stats.slow_closed as f64,
            refused: stats.refused as f64,
            limited: stats.limited as f64,
            flooded: stats.flooded as f64,
            timers: stats.timers as f64,
            pending_events: stats.pending_events as f64,
        }
    }
}

/// A packet and its attachments as JavaScript encoded them.
pub(super) fn parcel(packets: Vec<Either<String, Buffer>>) -> Parcel {
    Parcel::new(packets.into_iter().map(|packet| match packet {
        Either::A(text) => Message::text(text),
        Either::B(bytes) => Message::Binary(Bytes::copy_from_slice(&bytes)),
    }))
}
