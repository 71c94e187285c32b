//! Access: who a socket is and what follows from that. The embedder says what there is, this module decides.

mod identity;
mod requests;
mod rules;
mod standing;
mod subscriptions;
mod table;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use parking_lot::{Mutex, RwLock, RwLockReadGuard};

pub use self::{
    identity::{Identity, Parts, Strategy, User},
    requests::{
        AdmitCallback, Asker, EntityQuestion, LookUp, LookUpAsker, Outcome, Question, Request, Requests, Work,
    },
    rules::{ClientRules, is_entity_id, is_internal, is_room_name, is_row_id, view_room},
    standing::Standing,
    subscriptions::{RoomChange, Subscription, Subscriptions},
    table::{Bearer, Credentials, Denial, Judgement, Principal, Rooms, Table, credentials},
};
use crate::{
    security::EventNames,
    server::{client_events::ClientEvent, lane::Lane},
};

/// A namespace whose clients must authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guarded {
    /// Whether clients without a token may join. The table must allow it, too.
    pub is_public: bool,
    /// Whether content is sent here.
    pub has_content: bool,
}

/// Access of one engine.
#[derive(Default)]
pub struct Access {
    /// Requests that wait for the embedder.
    pub requests: Requests,
    /// Queue of the notifications that tell the embedder about work.
    pub lane: Arc<Lane>,
    /// Whether connections are written into the log of the monitoring.
    pub logs_connections: AtomicBool,
    /// Whether subscriptions are written there.
    pub logs_events: AtomicBool,
    /// Entity subscriptions by content type.
    pub counts: Counts,
    /// Names admissions.
    pub tickets: AtomicU32,
    namespaces: RwLock<HashMap<Box<str>, Guarded>>,
    rules: RwLock<Arc<ClientRules>>,
    enabled: RwLock<Vec<ClientEvent>>,
    table: RwLock<Option<Arc<Table>>>,
    handled: RwLock<Arc<EventNames>>,
}

/// How many entity subscriptions there are, by content type.
#[derive(Default)]
pub struct Counts {
    by_type: Mutex<HashMap<Box<str>, usize>>,
}

impl Counts {
    /// There is one more, or one less.
    pub fn change(&self, uid: &str, by: isize) {
        let mut by_type = self.by_type.lock();
        let count = by_type.entry(uid.into()).or_default();
        *count = count.saturating_add_signed(by);
        if *count == 0 {
            by_type.remove(uid);
        }
    }

    /// All of them.
    pub fn list(&self) -> Vec<(Box<str>, usize)> {
        self.by_type.lock().iter().map(|(uid, count)| (uid.clone(), *count)).collect()
    }
}

/// The table, which does not change while this is held.
pub type TableGuard<'a> = RwLockReadGuard<'a, Option<Arc<Table>>>;

impl Access {
    /// How a namespace is guarded; `None`: it is not.
    pub fn guarded(&self, nsp: &str) -> Option<Guarded> {
        self.namespaces.read().get(nsp).copied()
    }

    /// Whether content is sent in a namespace.
    pub fn has_content(&self, nsp: &str) -> bool {
        self.guarded(nsp).is_some_and(|guarded| guarded.has_content)
    }

    /// Names of the guarded namespaces.
    pub fn guarded_namespaces(&self) -> Vec<(Box<str>, Guarded)> {
        self.namespaces.read().iter().map(|(name, guarded)| (name.clone(), *guarded)).collect()
    }

    /// From now on clients of a namespace must authenticate.
    pub fn guard(&self, nsp: &str, guarded: Guarded) {
        self.namespaces.write().insert(nsp.into(), guarded);
    }

    /// The table as it is, perhaps out of date.
    pub fn table(&self) -> TableGuard<'_> {
        self.table.read()
    }

    /// Replaces the table.
    pub fn set_table(&self, table: Table) {
        *self.table.write() = Some(Arc::new(table));
    }

    /// The table is out of date: nobody is judged by it any more. Those who are connected keep what they have by it
    /// until there is another one.
    pub fn expire_table(&self) {
        // For writing: who is being let in by it is there afterwards, and is found.
        if let Some(table) = &*self.table.write() {
            table.expired.store(true, Ordering::Relaxed);
        }
    }

    /// Judges what a client of a guarded namespace presents. `None`: the table is out of date.
    pub fn judge(&self, table: &TableGuard<'_>, auth: &str, guarded: Guarded) -> Option<Judgement> {
        let presented = match credentials(auth) {
            Ok(presented) => presented,
            Err(denial) => return Some(Judgement::Denied(denial)),
        };
        let table = table.as_ref().filter(|table| table.is_fresh())?;
        if presented == Credentials::None && !guarded.is_public {
            return Some(Judgement::Denied(Denial::authentication_required()));
        }
        Some(table.judge(presented))
    }

    /// What clients may do with rooms and entity subscriptions. Unlike the table this is never out of date: a room must
    /// not be free while roles are read again.
    pub fn rules(&self) -> Arc<ClientRules> {
        self.rules.read().clone()
    }

    /// Replaces these rules.
    pub fn set_rules(&self, rules: ClientRules) {
        *self.rules.write() = Arc::new(rules);
    }

    /// Sets the built-in events that are answered: not those for which the application has handlers of its own.
    pub fn set_enabled(&self, events: Vec<ClientEvent>) {
        *self.enabled.write() = events;
    }

    /// Whether a built-in event is answered.
    pub fn is_enabled(&self, event: ClientEvent) -> bool {
        self.enabled.read().contains(&event)
    }

    /// Sets the events that the embedder handles: a client that sends one gets an object there.
    pub fn set_handled(&self, names: HashSet<String>) {
        *self.handled.write() = Arc::new(names);
    }

    /// The events that the embedder handles.
    pub fn handled(&self) -> Arc<EventNames> {
        self.handled.read().clone()
    }

    /// Whether connections are written into the log of the monitoring.
    pub fn logs_connections(&self) -> bool {
        self.logs_connections.load(Ordering::Relaxed)
    }
}
