//! Long-polling: a session opens, is asked for what it has to say, and is sent to.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use engineioxide_core::Packet;

use super::{
    conn::{CloseReason, Conn},
    core::Core,
};
use crate::{
    error::Error,
    transport::{
        outbox::{Poll, PollBody},
        payload::decode_post,
        request::{Protocol, Refusal, RequestHead},
    },
};

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
        let content_type = if body.binary { "application/octet-stream" } else { "text/plain; charset=UTF-8" };
        Self { status: 200, content_type, body: body.bytes, id: None }
    }

    fn status(status: u16) -> Self {
        Self { status, content_type: "text/plain; charset=UTF-8", body: Bytes::new(), id: None }
    }
}

impl Core {
    /// Serves one polling request. Resolves when there is something to answer.
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

    async fn post(&self, conn: &Arc<Conn>, head: &RequestHead, body: Bytes) -> HttpAnswer {
        let content_type = head.header("content-type");
        let binary = content_type == Some("application/octet-stream");
        if conn.posting.swap(true, Ordering::AcqRel) || (binary && conn.protocol == Protocol::V4) {
            self.fail(conn, CloseReason::TransportError);
            return HttpAnswer::status(400);
        }
        self.events.turn().await;
        for packet in decode_post(body, content_type, conn.protocol, self.options.max_payload) {
            if !conn.is_open() {
                break;
            }
            match packet {
                Ok(Packet::Close) => self.fail(conn, CloseReason::TransportClose),
                Ok(Packet::Message(text)) => self.on_text(conn, &text),
                Ok(Packet::Binary(bytes) | Packet::BinaryV3(bytes)) => self.on_binary(conn, &bytes),
                Ok(Packet::Ping | Packet::PingUpgrade) => self.on_ping(conn),
                Ok(Packet::Pong | Packet::PongUpgrade) => self.on_pong(conn),
                Ok(Packet::Open(_) | Packet::Upgrade | Packet::Noop) => {}
                Err(_) => self.fail(conn, CloseReason::ParseError),
            }
        }
        conn.posting.store(false, Ordering::Release);
        HttpAnswer { status: 200, content_type: "text/html", body: Bytes::from_static(b"ok"), id: None }
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
