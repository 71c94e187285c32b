//! Long-polling: a session opens, is asked for what it has to say, and is sent to.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use engineioxide_core::Packet;

use super::{
    conn::{CloseReason, Conn},
    control::ORDINARY,
    core::Core,
    events::{SMALL, Unfinished},
};
use crate::{
    error::Error,
    transport::{
        outbox::{Poll, PollBody},
        payload::{BINARY, decoder},
        request::{Protocol, Refusal, RequestHead},
    },
};

/// Packets of one body before other connections have their turn.
const PACKETS_PER_TURN: usize = 256;

/// Answer to a polling request.
#[derive(Debug)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u16,
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// Body.
    pub body: Bytes,
    /// Id of the session the request opened.
    pub id: Option<Arc<str>>,
}

impl HttpAnswer {
    fn refusal(refusal: &Refusal) -> Self {
        Self {
            status: refusal.status,
            content_type: "application/json",
            body: refusal.body().into(),
            id: None,
        }
    }

    fn poll(body: PollBody) -> Self {
        let content_type = if body.binary { BINARY } else { "text/plain; charset=UTF-8" };
        Self { status: 200, content_type, body: body.bytes, id: None }
    }

    fn status(status: u16) -> Self {
        Self { status, content_type: "text/plain; charset=UTF-8", body: Bytes::new(), id: None }
    }
}

/// A body being worked off.
struct Posting<'a>(&'a Core, &'a Arc<Conn>);

impl Drop for Posting<'_> {
    fn drop(&mut self) {
        self.1.posting.store(false, Ordering::Release);
        if std::thread::panicking() {
            self.0.panicked(Some(self.1), "serving a polling request");
        }
    }
}

impl Core {
    /// Serves one polling request; a POST must have passed [`Core::begin_post`]. Resolves when there is something to
    /// answer.
    ///
    /// Dropping the future abandons the poll, nothing more.
    pub async fn serve(
        self: &Arc<Self>,
        head: RequestHead,
        body: Bytes,
        id: Option<String>,
        attach: bool,
    ) -> HttpAnswer {
        let _serving = self.serving();
        if let Err(refusal) = self.verify(&head) {
            return HttpAnswer::refusal(&refusal);
        }
        let Some(sid) = &head.sid else { return self.open_polling(&head, id.as_deref(), attach) };
        let Some(conn) = self.conn(sid) else { return HttpAnswer::refusal(&Refusal::unknown_sid(sid)) };
        match head.method.as_str() {
            "GET" => self.poll(&conn).await,
            "POST" => self.post(&conn, &head, body).await,
            _ => HttpAnswer::status(500),
        }
    }

    fn open_polling(self: &Arc<Self>, head: &RequestHead, id: Option<&str>, attach: bool) -> HttpAnswer {
        let conn = match self.open(head, id, attach) {
            Ok(conn) => conn,
            Err(Error::Denied(denied)) => return HttpAnswer::refusal(&Refusal::forbidden(denied.code())),
            Err(error) => {
                let refusal = Refusal::bad_request(
                    "ID_GENERATION_ERROR",
                    serde_json::json!({ "error": error.to_string() }),
                );
                return HttpAnswer::refusal(&refusal);
            }
        };
        let mut open = self.open_packet(&conn, "polling");
        if conn.protocol == Protocol::V3 {
            open = format!("{}:{open}", open.len());
        }
        HttpAnswer {
            status: 200,
            content_type: "text/plain; charset=UTF-8",
            body: open.into(),
            id: Some(conn.id.clone()),
        }
    }

    async fn poll(&self, conn: &Arc<Conn>) -> HttpAnswer {
        let (poll, progress) = conn.outbox.poll();
        self.moved_on(conn, progress);
        match poll {
            Poll::Now(body) => HttpAnswer::poll(body),
            Poll::Wait(receiver) => match receiver.await {
                Ok(body) => HttpAnswer::poll(body),
                Err(_) => HttpAnswer::status(400),
            },
            Poll::Overlap => {
                self.fail(conn, CloseReason::TransportError);
                HttpAnswer::status(400)
            }
            Poll::Gone => {
                let context = serde_json::json!({ "transport": "polling" });
                HttpAnswer::refusal(&Refusal::bad_request("TRANSPORT_MISMATCH", context))
            }
        }
    }

    /// The head of a POST is there, its body is not: whether it may be read. If so, [`Core::serve`] or
    /// [`Core::end_post`] must follow. A session sends one body at a time; a second one ends it, as in engine.io.
    pub fn begin_post(&self, head: &RequestHead) -> bool {
        let Some(conn) = head.sid.as_deref().and_then(|sid| self.conn(sid)) else { return false };
        let is_binary = head.header("content-type") == Some(BINARY);
        if conn.posting.swap(true, Ordering::AcqRel) || (is_binary && conn.protocol == Protocol::V4) {
            self.fail(&conn, CloseReason::TransportError);
            return false;
        }
        !conn.is_closed()
    }

    /// The body that [`Core::begin_post`] let through is not coming; the session goes on.
    pub fn end_post(&self, id: &str) {
        if let Some(conn) = self.conn(id) {
            conn.posting.store(false, Ordering::Release);
        }
    }

    async fn post(self: &Arc<Self>, conn: &Arc<Conn>, head: &RequestHead, body: Bytes) -> HttpAnswer {
        let posting = Posting(self, conn);
        let held = conn.incomplete.load(Ordering::Relaxed) + body.len();
        if held > SMALL && self.events.is_out_of_bytes() {
            return HttpAnswer::status(503);
        }
        // The body stays in memory until JavaScript has room for its last packet.
        let mut unfinished = Unfinished::new(self.events.clone());
        unfinished.set(body.len());
        let content_type = head.header("content-type");
        for (count, packet) in
            decoder(&body, content_type, conn.protocol, self.options.max_payload).enumerate()
        {
            if count % PACKETS_PER_TURN == PACKETS_PER_TURN - 1 {
                tokio::task::yield_now().await;
            }
            self.events.turn(&conn.lane, 0).await;
            if !conn.is_open() {
                break;
            }
            self.on_posted(conn, packet.ok());
        }
        drop(posting);
        HttpAnswer { status: 200, content_type: "text/html", body: Bytes::from_static(b"ok"), id: None }
    }

    fn on_posted(self: &Arc<Self>, conn: &Arc<Conn>, packet: Option<Packet>) {
        match packet {
            Some(Packet::Close) => self.fail(conn, CloseReason::TransportClose),
            Some(Packet::Message(text)) => self.on_text(conn, &text),
            Some(Packet::Binary(bytes) | Packet::BinaryV3(bytes)) => self.on_binary(conn, &bytes),
            Some(Packet::Ping | Packet::PingUpgrade) => self.on_ping(conn),
            Some(Packet::Pong | Packet::PongUpgrade) => self.on_pong(conn),
            Some(Packet::Open(_) | Packet::Upgrade | Packet::Noop) => {
                self.allows_control(conn, ORDINARY);
            }
            None => self.fail(conn, CloseReason::ParseError),
        }
    }

    /// The client of a pending poll went away.
    pub fn abort_poll(&self, id: &str) {
        if let Some(conn) = self.conn(id)
            && conn.outbox.transport() == "polling"
        {
            self.fail(&conn, CloseReason::TransportError);
        }
    }
}
