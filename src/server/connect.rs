//! Clients that join a guarded namespace: the engine judges them, and asks the embedder for what only it knows.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use serde_json::{Value, json};

use super::{
    conn::{Admitted, Client, Conn},
    core::{Core, generate_id},
    events::Event,
    namespace::{Member, Namespace},
    packet::{self, Packet},
    protocol::Verdict,
};
use crate::{
    access::{
        AdmitCallback, Asker, Denial, Guarded, Identity, Judgement, Outcome, Parts, Request, Standing,
        Strategy,
    },
    transport::outbox::Progress,
};

/// Why a connection ends that finds no room among those that wait.
const TOO_MANY_WAIT: &str = "too many clients wait for authentication";

impl Core {
    /// A client without JavaScript objects wants to join a guarded namespace.
    pub(super) fn connect_guarded(
        &self,
        conn: &Arc<Conn>,
        client: &mut Client,
        packet: &Packet<'_>,
        text: &str,
        guarded: Guarded,
    ) -> Verdict {
        if client.asking.iter().any(|nsp| **nsp == *packet.nsp) {
            return Verdict::Nonsense;
        }
        let Some(nsp) = self.open_namespace_named(packet.nsp) else {
            client.guard.answered();
            return self.refuse(conn, client, packet.nsp, "Invalid namespace");
        };
        let auth = if packet.data.is_empty() { "{}" } else { packet.data };
        // Held until the socket is there: whoever replaces the table finds it then.
        let table = self.access.table();
        match self.access.judge(&table, auth, guarded) {
            Some(Judgement::Admitted(identity)) => {
                client.guard.answered();
                self.note_admitted(conn, &identity);
                Verdict::Answer(self.join(conn, client, &nsp, auth, Standing::new(identity, &table, guarded)))
            }
            Some(Judgement::Denied(denial)) => {
                drop(table);
                client.guard.answered();
                self.deny(conn, client, packet.nsp, &denial)
            }
            // Admins have objects in JavaScript anyway.
            Some(Judgement::Ask(Strategy::Admin, _)) => {
                client.attached = true;
                self.forward(conn, text.to_owned());
                Verdict::Done
            }
            judgement => {
                drop(table);
                let ask = match judgement {
                    Some(Judgement::Ask(strategy, token)) => Some((strategy, token)),
                    _ => None,
                };
                client.asking.push(nsp.name.clone());
                let request = Request {
                    conn: Arc::downgrade(conn),
                    nsp: nsp.name.clone(),
                    auth: auth.into(),
                    asker: Asker::Engine,
                };
                if self.request(request, ask).is_ok() {
                    return Verdict::Done;
                }
                self.log_end(conn, TOO_MANY_WAIT);
                Verdict::Nonsense
            }
        }
    }

    /// Judges a client that has objects in JavaScript. `callback` gets the outcome, perhaps at once.
    pub fn admit(&self, conn: &str, nsp: &str, auth: &str, callback: AdmitCallback) {
        let (Some(conn), Some(guarded)) = (self.conn(conn), self.access.guarded(nsp)) else {
            return callback(Err(Denial::internal()), 0);
        };
        let judgement = self.access.judge(&self.access.table(), auth, guarded);
        let ask = match judgement {
            Some(Judgement::Admitted(identity)) => {
                return self.admitted(&conn, nsp, Ok(identity), callback);
            }
            Some(Judgement::Denied(denial)) => return self.admitted(&conn, nsp, Err(denial), callback),
            Some(Judgement::Ask(strategy, token)) => Some((strategy, token)),
            None => None,
        };
        let request = Request {
            conn: Arc::downgrade(&conn),
            nsp: nsp.into(),
            auth: auth.into(),
            asker: Asker::Callback(callback),
        };
        if let Err(Request { asker: Asker::Callback(callback), .. }) = self.request(request, ask) {
            self.log_end(&conn, TOO_MANY_WAIT);
            callback(Err(Denial::internal()), 0);
        }
    }

    /// Tells the outcome to JavaScript, whose socket then gets what its identity has.
    fn admitted(&self, conn: &Arc<Conn>, nsp: &str, outcome: Outcome, callback: AdmitCallback) {
        let mut ticket = 0;
        match &outcome {
            Ok(identity) => {
                self.note_admitted(conn, identity);
                ticket = self.access.tickets.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
                let admitted = Admitted { ticket, nsp: nsp.into(), identity: identity.clone() };
                conn.client.lock().admitted.push(admitted);
            }
            Err(denial) => self.note_denied(conn, nsp, denial),
        }
        callback(outcome, ticket);
    }

    fn request(&self, request: Request, ask: Option<(Strategy, String)>) -> std::result::Result<(), Request> {
        let requests = &self.access.requests;
        match ask {
            Some((strategy, token)) => requests.ask(request, strategy, token)?,
            None => requests.wait(request)?,
        }
        self.tell_access();
        Ok(())
    }

    /// Tells JavaScript that access has work for it.
    pub(super) fn tell_access(&self) {
        if self.access.requests.should_tell() {
            self.events.push(&self.access.lane, Event::Access);
        }
    }

    /// The embedder says who clients are, by the numbers of the questions.
    pub fn answer_access(self: &Arc<Self>, answers: Vec<(u32, Outcome)>) {
        let mut answered = Vec::new();
        for (id, outcome) in answers {
            let Some(request) = self.access.requests.answered(id) else { continue };
            answered.extend(self.settle_request(request, outcome));
        }
        self.flush_later(answered, |_, _| {});
    }

    /// There is a new table, or there is none to be had: judges those who waited for it.
    pub fn table_changed(self: &Arc<Self>) {
        let mut answered = Vec::new();
        for request in self.access.requests.waiting() {
            let guarded = self.access.guarded(&request.nsp);
            let judgement =
                guarded.and_then(|guarded| self.access.judge(&self.access.table(), &request.auth, guarded));
            match judgement {
                Some(Judgement::Admitted(identity)) => {
                    answered.extend(self.settle_request(request, Ok(identity)));
                }
                Some(Judgement::Denied(denial)) => answered.extend(self.settle_request(request, Err(denial))),
                Some(Judgement::Ask(strategy, token)) => {
                    if let Err(request) = self.request(request, Some((strategy, token))) {
                        answered.extend(self.settle_request(request, Err(Denial::internal())));
                    }
                }
                None => answered.extend(self.settle_request(request, Err(Denial::internal()))),
            }
        }
        self.flush_later(answered, |_, _| {});
    }

    /// Does what became of a request. Gives the connection back whose answer is to be written.
    fn settle_request(self: &Arc<Self>, request: Request, outcome: Outcome) -> Option<(Arc<Conn>, Verdict)> {
        let Request { conn, nsp, auth, asker } = request;
        let Some(conn) = conn.upgrade() else {
            // Its client is gone: nobody is told, but JavaScript waits for an outcome.
            if let Asker::Callback(callback) = asker {
                callback(Err(Denial::internal()), 0);
            }
            return None;
        };
        let outcome = outcome.and_then(|identity| self.check_identity(&nsp, identity));
        match asker {
            Asker::Callback(callback) => {
                self.admitted(&conn, &nsp, outcome, callback);
                None
            }
            Asker::Engine => {
                let verdict = self.settle_native(&conn, &nsp, &auth, outcome);
                Some((conn, verdict))
            }
        }
    }

    /// What the settings say about an identity that the embedder looked up.
    fn check_identity(&self, nsp: &str, identity: Arc<Identity>) -> Outcome {
        let guarded = self.access.guarded(nsp).ok_or_else(Denial::internal)?;
        if identity.parts.strategy == Strategy::Public && !guarded.is_public {
            return Err(Denial::authentication_required());
        }
        let table = self.access.table();
        let table = table.as_ref().ok_or_else(Denial::internal)?;
        table.check(&identity).map(|()| identity)
    }

    fn settle_native(self: &Arc<Self>, conn: &Arc<Conn>, nsp: &str, auth: &str, outcome: Outcome) -> Verdict {
        let mut client = conn.client.lock();
        client.asking.retain(|asking| **asking != *nsp);
        // `ended` has the lock when it closes the session: nothing may join afterwards.
        if !conn.is_open() {
            return Verdict::Done;
        }
        if client.attached || self.is_eager() {
            // Somebody in JavaScript wants to see it by now, and asks again.
            client.attached = true;
            self.forward(conn, packet::connect(nsp, auth));
            return Verdict::Done;
        }
        client.guard.answered();
        let verdict = self.settle_open(conn, &mut client, nsp, auth, outcome);
        if self.join_next(conn, &mut client) { verdict } else { Verdict::Nonsense }
    }

    fn settle_open(
        &self,
        conn: &Arc<Conn>,
        client: &mut Client,
        nsp: &str,
        auth: &str,
        outcome: Outcome,
    ) -> Verdict {
        let (Some(found), Some(guarded)) = (self.open_namespace_named(nsp), self.access.guarded(nsp)) else {
            return self.refuse(conn, client, nsp, "Invalid namespace");
        };
        match outcome {
            Ok(identity) => {
                self.note_admitted(conn, &identity);
                let table = self.access.table();
                Verdict::Answer(self.join(
                    conn,
                    client,
                    &found,
                    auth,
                    Standing::new(identity, &table, guarded),
                ))
            }
            Err(denial) => self.deny(conn, client, nsp, &denial),
        }
    }

    /// Makes the socket of a client that was admitted. The caller holds the table from which its standing is.
    fn join(
        &self,
        conn: &Arc<Conn>,
        client: &mut Client,
        nsp: &Arc<Namespace>,
        auth: &str,
        standing: Standing,
    ) -> Progress {
        let sid: Arc<str> = generate_id().into();
        let mut answered = Progress::Idle;
        let member = nsp.add_after(sid.clone(), conn.clone(), auth, || {
            answered = self.answer(conn, packet::connected(&nsp.name, &sid));
        });
        nsp.join(&sid, &sid);
        self.stand(client, nsp, &member, standing);
        client.sockets.push((nsp.clone(), member.clone()));
        self.record_connect(nsp, &member);
        answered
    }

    /// Gives a socket what its identity has, for the first time.
    pub(super) fn stand(
        &self,
        client: &mut Client,
        nsp: &Arc<Namespace>,
        member: &Arc<Member>,
        standing: Standing,
    ) {
        for room in standing.rooms.iter() {
            nsp.join(&member.sid, room);
        }
        client.allow_events(&nsp.name, standing.events.clone());
        let expires_at = standing.identity.parts.expires_at;
        *member.standing.lock() = Some(standing);
        if let Some(at) = expires_at {
            self.expire_at(&member.conn, at);
        }
    }

    fn deny(&self, conn: &Arc<Conn>, client: &mut Client, nsp: &str, denial: &Denial) -> Verdict {
        self.note_denied(conn, nsp, denial);
        let Denial { message, code, .. } = denial;
        let reason = json!({ "message": message, "data": { "code": code } });
        self.refuse_with(conn, client, packet::connect_error(nsp, &reason))
    }

    fn note_admitted(&self, conn: &Conn, identity: &Identity) {
        let parts = &identity.parts;
        if parts.strategy != Strategy::Public {
            self.security.guesses.right(conn.address.group(), Instant::now());
        }
        if parts.strategy == Strategy::ApiToken
            && let Some(token) = &parts.principal
        {
            self.access.requests.used(token);
            self.tell_access();
        }
    }

    fn note_denied(&self, conn: &Conn, nsp: &str, denial: &Denial) {
        if denial.is_guess {
            self.security.guesses.wrong(conn.address.group(), Instant::now());
        }
        let data = json!({ "reason": denial.code, "address": conn.address.text, "namespace": nsp });
        self.monitor.record("refused", &data.to_string(), self.access.logs_connections());
    }

    /// Notes in the log of the monitoring that a socket without JavaScript objects has joined.
    fn record_connect(&self, nsp: &Namespace, member: &Member) {
        if !self.access.has_content(&nsp.name) {
            return;
        }
        let identity = member.identity();
        let conn = &member.conn;
        let data = json!({
            "socketId": &*member.sid,
            "user": describe(identity.as_deref()),
            "handshake": { "address": &*conn.address.text, "issued": member.issued, "url": &*conn.head.url },
        });
        self.monitor.record("connect", &data.to_string(), self.access.logs_connections());
    }

    /// Writes what was queued for many connections, on a thread of the engine's, and does what comes then.
    pub(super) fn flush_later(
        self: &Arc<Self>,
        answered: Vec<(Arc<Conn>, Verdict)>,
        then: impl Fn(&Arc<Self>, &Arc<Conn>) + Send + 'static,
    ) {
        if answered.is_empty() {
            return;
        }
        let core = self.clone();
        self.runtime().spawn(async move {
            for (conn, verdict) in answered {
                core.guard(&conn, "answering a client", || {
                    core.settle(&conn, verdict);
                    then(&core, &conn);
                });
                tokio::task::yield_now().await;
            }
        });
    }

    /// Registers a socket that JavaScript made on an attached session. In a guarded namespace `ticket` names its
    /// admission. False if the session is gone, or nobody was admitted.
    pub fn add_socket(&self, name: &str, sid: &str, conn: &str, ticket: u32) -> bool {
        let Some(conn) = self.conn(conn) else { return false };
        let nsp = self.namespace_or_new(name);
        let mut client = conn.client.lock();
        let admitted = client.take_admitted(ticket);
        let guarded = self.access.guarded(name);
        if guarded.is_some() && admitted.as_ref().is_none_or(|admitted| *admitted.nsp != *name) {
            return false;
        }
        // Whoever replaces the table finds the socket.
        let table = self.access.table();
        let member = nsp.add(sid.into(), conn.clone(), "{}");
        if let (Some(Admitted { identity, .. }), Some(guarded)) = (admitted, guarded) {
            let standing = Standing::new(identity, &table, guarded);
            self.stand(&mut client, &nsp, &member, standing);
        }
        client.sockets.push((nsp, member));
        true
    }

    /// Forgets that JavaScript's client was admitted: it does not join after all.
    pub fn forget_admitted(&self, conn: &str, ticket: u32) {
        if let Some(conn) = self.conn(conn) {
            conn.client.lock().take_admitted(ticket);
        }
    }

    /// Whether the embedder handles an event of a socket, so that its client is to have objects there.
    pub(super) fn is_handled(&self, client: &Client, text: &str) -> bool {
        let handled = self.access.handled();
        if handled.is_empty() {
            return false;
        }
        packet::decode(text).is_ok_and(|packet| {
            client.sockets.iter().any(|(nsp, _)| *nsp.name == *packet.nsp)
                && crate::security::is_named_in(&packet, &handled)
        })
    }
}

/// What the log says of a user.
pub(in crate::server) fn describe(identity: Option<&Identity>) -> Option<Value> {
    let Parts { user, name, .. } = &identity?.parts;
    let id = serde_json::from_str::<Value>(&user.as_ref()?.json).map(|user| user["id"].clone());
    Some(json!({ "id": id.unwrap_or_default(), "username": name }))
}
