//! Connected sockets of guarded namespaces: finds those that a change concerns, moves them to another role, ends them.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    conn::Conn,
    connect::describe,
    core::Core,
    events::Event,
    fanout::Job,
    namespace::{Member, Namespace},
    packet,
};
use crate::{
    access::{Guarded, Identity, Parts, RoomChange, Standing, Strategy},
    clock::epoch_millis,
    transport::payload::{Message, Parcel},
};

/// Time between two looks at credentials that expire late: clocks of the system jump, timers do not.
const LONGEST_LOOK: Duration = Duration::from_secs(60 * 60);

/// An identity that sockets have.
#[derive(Debug, Clone)]
pub struct Held {
    /// Who they are.
    pub identity: Arc<Identity>,
    /// Whether one of them is where content is sent.
    pub has_content: bool,
    /// Time since the access of one of them was last checked, the longest.
    pub age: Duration,
}

/// What a check of an identity found.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Its sockets are this now.
    Stay(Arc<Identity>),
    /// Its sockets may not stay. Then what their clients are told.
    End(String),
}

/// A socket of an attached connection that a check changed: JavaScript has to follow.
#[derive(Debug, Clone)]
pub struct Touched {
    /// Its namespace.
    pub nsp: Arc<str>,
    /// Its id.
    pub sid: Arc<str>,
    /// Why JavaScript must end it; `None`: it stays.
    pub end: Option<String>,
}

impl Core {
    fn guarded_members(&self) -> Vec<(Arc<Namespace>, Guarded, Arc<Member>)> {
        let named = self.access.guarded_namespaces().into_iter();
        let guarded = named.filter_map(|(name, guarded)| Some((self.namespace(&name)?, guarded)));
        guarded
            .flat_map(|(nsp, guarded)| {
                let members = nsp.members();
                members.into_iter().map(move |member| (nsp.clone(), guarded, member))
            })
            .collect()
    }

    /// The identities of connected sockets, each once.
    fn held(&self, wanted: impl Fn(&Identity) -> bool) -> Vec<Held> {
        let mut held: HashMap<Box<str>, Held> = HashMap::new();
        let now = Instant::now();
        for (_, guarded, member) in self.guarded_members() {
            let Some(Standing { identity, checked, .. }) = member.standing.lock().clone() else { continue };
            if !wanted(&identity) {
                continue;
            }
            let age = now.saturating_duration_since(checked);
            match held.get_mut(&identity.key) {
                Some(known) => {
                    known.has_content |= guarded.has_content;
                    known.age = known.age.max(age);
                }
                None => {
                    let entry = Held { identity: identity.clone(), has_content: guarded.has_content, age };
                    held.insert(identity.key.clone(), entry);
                }
            }
        }
        held.into_values().collect()
    }

    /// The identities of connected sockets that any of these changes may concern.
    pub fn concerned(&self, changes: &HashSet<String>) -> Vec<Held> {
        self.held(|identity| identity.is_concerned(changes))
    }

    /// The identities that have not been checked for a while, those that were not for the longest time first: of the
    /// first `share` of them those older than `early`, of the others those older than `late`.
    pub fn due(&self, share: f64, early: Duration, late: Duration) -> Vec<Held> {
        let mut held = self.held(|_| true);
        held.sort_by_key(|one| std::cmp::Reverse(one.age));
        let first = (held.len() as f64 * share).ceil() as usize;
        let ages = held.into_iter().enumerate();
        let due = ages.filter(|(index, one)| one.age >= if *index < first { early } else { late });
        due.map(|(_, one)| one).collect()
    }

    /// Carries out what checks of identities found, by their keys. The table must be up to date. Returns the sockets
    /// that JavaScript has objects of.
    pub fn apply_verdicts(&self, verdicts: &HashMap<String, Verdict>) -> Vec<Touched> {
        let mut touched = Vec::new();
        for (nsp, guarded, member) in self.guarded_members() {
            let Some(identity) = member.identity() else { continue };
            match verdicts.get(&*identity.key) {
                None => {}
                Some(Verdict::Stay(now)) => touched.extend(self.stay(&nsp, guarded, &member, now.clone())),
                Some(Verdict::End(reason)) => touched.extend(self.end(&nsp, &member, reason)),
            }
        }
        touched
    }

    fn stay(
        &self,
        nsp: &Arc<Namespace>,
        guarded: Guarded,
        member: &Arc<Member>,
        identity: Arc<Identity>,
    ) -> Option<Touched> {
        let mut client = member.conn.client.lock();
        // A verdict is about who somebody is; when the token of each socket expires is its own.
        let before = member.standing.lock().clone()?;
        if !client.sockets.iter().any(|(_, known)| Arc::ptr_eq(known, member)) {
            return None;
        }
        let expires_at = match identity.parts.strategy {
            Strategy::Jwt => before.identity.parts.expires_at,
            _ => identity.parts.expires_at,
        };
        if let Some(at) = expires_at.filter(|_| expires_at != before.identity.parts.expires_at) {
            self.expire_at(&member.conn, at);
        }
        let identity = if identity.parts.expires_at == expires_at {
            identity
        } else {
            let parts = Parts { expires_at, ..identity.parts.clone() };
            Arc::new(Identity { key: identity.key.clone(), parts })
        };
        let table = self.access.table();
        let now = Standing::new(identity, &table, guarded);
        for room in before.rooms.iter().filter(|room| !now.rooms.contains(room)) {
            nsp.leave(&member.sid, room);
        }
        for room in now.rooms.iter().filter(|room| !before.rooms.contains(room)) {
            nsp.join(&member.sid, room);
        }
        client.allow_events(&nsp.name, now.events.clone());
        *member.standing.lock() = Some(now);
        let attached = client.attached;
        drop((client, table));
        self.review_subscriptions(nsp, member);
        attached.then(|| self.touched(nsp, member, None))
    }

    /// What may be read has changed: the subscriptions of all sockets follow. Returns the sockets that JavaScript has
    /// objects of.
    pub fn review_all_subscriptions(&self) -> Vec<Touched> {
        let members = self.guarded_members().into_iter();
        let changed = members.filter(|(nsp, _, member)| {
            self.review_subscriptions(nsp, member) != RoomChange::default()
                && member.conn.client.lock().attached
        });
        changed.map(|(nsp, _, member)| self.touched(&nsp, &member, None)).collect()
    }

    fn touched(&self, nsp: &Namespace, member: &Member, end: Option<String>) -> Touched {
        Touched { nsp: nsp.name.clone(), sid: member.sid.clone(), end }
    }

    /// Ends the connection of a socket; its client is told why. `Some`: JavaScript has to do it.
    fn end(&self, nsp: &Namespace, member: &Arc<Member>, reason: &str) -> Option<Touched> {
        if member.conn.client.lock().attached {
            return Some(self.touched(nsp, member, Some(reason.to_owned())));
        }
        self.dismiss(nsp, member, reason);
        None
    }

    /// Ends the connection of a socket without JavaScript objects; its client is told why.
    pub fn dismiss(&self, nsp: &Namespace, member: &Arc<Member>, reason: &str) {
        // Another socket of its connection may have been ended before.
        if nsp.get(&member.sid).is_none() {
            return;
        }
        let identity = member.identity();
        let data =
            json!({ "socketId": &*member.sid, "reason": reason, "user": describe(identity.as_deref()) });
        self.monitor.record("forced-disconnect", &data.to_string(), self.access.logs_connections());
        let told = packet::event(&nsp.name, "io:disconnected", &json!({ "reason": reason }).to_string());
        self.end_with(&member.conn, vec![told]);
    }

    /// Sends a connection without JavaScript objects these packets, then takes its sockets out of their namespaces and
    /// ends it.
    fn end_with(&self, conn: &Arc<Conn>, packets: Vec<String>) {
        conn.dismissed.store(true, Ordering::Relaxed);
        let left = self.leave_all(conn);
        let goodbyes = left.iter().map(|(nsp, _)| packet::disconnect(&nsp.name));
        for text in packets.into_iter().chain(goodbyes) {
            let parcel = Arc::new(Parcel::new([Message::text(text)]));
            self.counters.sent(1, parcel.len());
            self.queue(Job::One(conn.clone(), parcel, false, 0));
        }
        self.queue(Job::Close(conn.clone(), false));
        for (nsp, member) in left {
            self.record_disconnect(&nsp, &member, "server namespace disconnect");
        }
    }

    /// Ends the connection of one socket; its client is told why. False: it has JavaScript objects, or is gone.
    pub fn dismiss_socket(&self, nsp: &str, sid: &str, reason: &str) -> bool {
        let found = self.namespace(nsp).and_then(|nsp| Some((nsp.get(sid)?, nsp)));
        let Some((member, nsp)) = found else { return false };
        self.end(&nsp, &member, reason).is_none()
    }

    /// Ends the connections of a list at once, with a reason for the clients that have joined a namespace. Those with
    /// JavaScript objects are given back.
    pub fn dismiss_conns(&self, conns: &[String], reason: &str) -> Vec<String> {
        let mut attached = Vec::new();
        for id in conns {
            let Some(conn) = self.conn(id) else { continue };
            let client = conn.client.lock();
            if client.attached {
                attached.push(id.clone());
                continue;
            }
            let sockets = client.sockets.clone();
            drop(client);
            match sockets.first() {
                Some((nsp, member)) => self.dismiss(nsp, member, reason),
                None => self.close_conn(id, false),
            }
        }
        attached
    }

    // --- expiry ---

    /// The credentials of one of its sockets expire then, milliseconds since the epoch.
    pub(super) fn expire_at(&self, conn: &Arc<Conn>, at: f64) {
        let left = (at - epoch_millis()).clamp(0.0, LONGEST_LOOK.as_millis() as f64);
        self.look_for_expired(conn, Instant::now() + Duration::from_millis(left as u64 + 1));
    }

    /// Ends a connection whose credentials have expired, or looks again later.
    pub(super) fn end_expired(&self, conn: &Arc<Conn>) {
        let (sockets, attached) = {
            let client = conn.client.lock();
            (client.sockets.clone(), client.attached)
        };
        let now = epoch_millis();
        let expiring = sockets.iter().filter_map(|(nsp, member)| {
            let at = member.identity()?.parts.expires_at?;
            Some((nsp, member, at))
        });
        let (expired, later): (Vec<_>, Vec<_>) = expiring.partition(|(.., at)| *at <= now);
        if let Some(next) = later.iter().map(|(.., at)| *at).reduce(f64::min) {
            self.expire_at(conn, next);
        }
        if expired.is_empty() {
            return;
        }
        if attached {
            for (nsp, member, _) in expired {
                let event = Event::Expired(conn.id.clone(), nsp.name.clone(), member.sid.clone());
                self.events.push(&conn.lane, event);
            }
            return;
        }
        let told = expired.iter().map(|(nsp, ..)| packet::bare_event(&nsp.name, "auth:expired"));
        self.end_with(conn, told.collect());
    }

    // --- log ---

    /// Notes in the log of the monitoring that a socket without JavaScript objects is gone.
    pub(super) fn record_disconnect(&self, nsp: &Namespace, member: &Member, reason: &str) {
        if !self.access.has_content(&nsp.name) {
            return;
        }
        let identity = member.identity();
        let data: Value =
            json!({ "socketId": &*member.sid, "user": describe(identity.as_deref()), "reason": reason });
        self.monitor.record("disconnect", &data.to_string(), self.access.logs_connections());
    }
}
