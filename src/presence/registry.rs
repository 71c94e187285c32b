//! The registry of open documents.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Instant,
};

use parking_lot::Mutex;

use super::{Document, Editor, Limits, MAX_NAME, Pause, PresenceError, Sweep, Tab, User};
use crate::clock::Now;

/// Where a tab is open.
#[derive(Clone, PartialEq, Eq)]
enum Origin {
    Here,
    Node(String),
}

struct Open {
    tab: Tab,
    origin: Origin,
    /// Last heartbeat; of tabs here only.
    seen: Instant,
}

struct Typing {
    user: User,
    field: String,
    told: Instant,
    last: Instant,
}

/// Who is at one document.
#[derive(Default)]
struct Place {
    /// In the order in which they became known, by socket.
    tabs: Vec<Open>,
    /// Who types here, by socket; tabs of this node only.
    typing: HashMap<String, Typing>,
}

#[derive(Default)]
struct State {
    places: HashMap<Document, Place>,
    /// What the sockets of this node have joined.
    sockets: HashMap<String, HashSet<Document>>,
    /// When other nodes were last heard.
    nodes: HashMap<String, Instant>,
    /// Tabs in all places.
    tabs: usize,
}

/// Who is editing which document.
pub struct Registry {
    limits: Limits,
    state: Mutex<State>,
}

fn check(name: &'static str, value: &str) -> Result<(), PresenceError> {
    if value.is_empty() || value.len() > MAX_NAME { Err(PresenceError::Name(name)) } else { Ok(()) }
}

impl Registry {
    /// Nobody edits anything.
    pub fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    /// A socket of this node opens a document; whether its editors are others now. Joining again is a heartbeat.
    pub fn join(
        &self,
        document: Document,
        socket_id: &str,
        user: User,
        now: Now,
    ) -> Result<bool, PresenceError> {
        check("uid", &document.uid)?;
        check("documentId", document.document_id.as_deref().unwrap_or("-"))?;
        let mut state = self.state.lock();
        if let Some(open) = state.open(&document, socket_id) {
            open.seen = now.instant;
            return Ok(false);
        }
        let joined = state.sockets.get(socket_id).map_or(0, HashSet::len);
        if joined >= self.limits.max_documents {
            return Err(PresenceError::Documents(self.limits.max_documents));
        }
        let here = state.places.get(&document).map_or(0, |place| place.tabs.len());
        if here >= self.limits.max_tabs_per_document {
            return Err(PresenceError::Tabs(self.limits.max_tabs_per_document));
        }
        if state.tabs >= self.limits.max_tabs {
            return Err(PresenceError::Full);
        }
        state.sockets.entry(socket_id.into()).or_default().insert(document.clone());
        let tab = Tab { document, socket_id: socket_id.into(), user, joined_at: now.epoch };
        Ok(state.change(&tab.document.clone(), |place| {
            place.tabs.push(Open { tab, origin: Origin::Here, seen: now.instant });
        }))
    }

    /// A socket of this node closes a document; whether its editors are others now.
    pub fn leave(&self, document: &Document, socket_id: &str) -> bool {
        self.state.lock().leave(document, socket_id)
    }

    /// A socket of this node is gone: the documents it had open, each with whether its editors are others now.
    pub fn leave_all(&self, socket_id: &str) -> Vec<(Document, bool)> {
        let mut state = self.state.lock();
        let documents = state.sockets.remove(socket_id).unwrap_or_default();
        documents
            .into_iter()
            .map(|document| {
                let changed = state.leave(&document, socket_id);
                (document, changed)
            })
            .collect()
    }

    /// A socket of this node is alive; how many documents it has open.
    pub fn heartbeat(&self, socket_id: &str, now: Now) -> usize {
        let mut state = self.state.lock();
        let documents: Vec<_> = state.sockets.get(socket_id).into_iter().flatten().cloned().collect();
        for document in &documents {
            if let Some(open) = state.open(document, socket_id) {
                open.seen = now.instant;
            }
        }
        documents.len()
    }

    /// A socket of this node types in a field, or (`None`) has stopped; whether the others should be told.
    pub fn typing(
        &self,
        document: &Document,
        socket_id: &str,
        field: Option<&str>,
        now: Now,
    ) -> Result<bool, PresenceError> {
        check("fieldName", field.unwrap_or("-"))?;
        let interval = self.limits.typing_interval;
        let mut state = self.state.lock();
        let open = state.open(document, socket_id).ok_or(PresenceError::NotJoined)?;
        open.seen = now.instant;
        let user = open.tab.user.clone();
        let place = state.places.get_mut(document).ok_or(PresenceError::NotJoined)?;
        let Some(field) = field else { return Ok(place.typing.remove(socket_id).is_some()) };
        if let Some(typing) = place.typing.get_mut(socket_id)
            && typing.field == field
            && now.instant.saturating_duration_since(typing.told) < interval
        {
            typing.last = now.instant;
            return Ok(false);
        }
        let typing = Typing { user, field: field.into(), told: now.instant, last: now.instant };
        place.typing.insert(socket_id.into(), typing);
        Ok(true)
    }

    /// The editors of a document, in the order in which they came.
    pub fn editors(&self, document: &Document) -> Vec<Editor> {
        self.state.lock().places.get(document).map_or_else(Vec::new, Place::editors)
    }

    /// What a socket of this node has open.
    pub fn documents(&self, socket_id: &str) -> Vec<Document> {
        self.state.lock().sockets.get(socket_id).into_iter().flatten().cloned().collect()
    }

    /// The tabs of this node, of one document or of all: what the other nodes need to know.
    pub fn local(&self, document: Option<&Document>) -> Vec<Tab> {
        let state = self.state.lock();
        let places = state.places.iter().filter(|(key, _)| document.is_none_or(|wanted| wanted == *key));
        let open = places.flat_map(|(_, place)| &place.tabs).filter(|open| open.origin == Origin::Here);
        open.map(|open| open.tab.clone()).collect()
    }

    /// What another node says: these, and no others, are its tabs of the document, or (`None`) of all documents.
    /// Returns the documents whose editors are others now. What goes over the limits is left out.
    pub fn replace(
        &self,
        node: &str,
        document: Option<&Document>,
        tabs: Vec<Tab>,
        now: Now,
    ) -> Vec<Document> {
        let mut state = self.state.lock();
        state.nodes.insert(node.into(), now.instant);
        let origin = Origin::Node(node.into());
        let concerned = |key: &Document| document.is_none_or(|wanted| wanted == key);
        let mut by_document: HashMap<Document, Vec<Tab>> = HashMap::new();
        for tab in tabs.into_iter().filter(|tab| concerned(&tab.document)) {
            by_document.entry(tab.document.clone()).or_default().push(tab);
        }
        let known = state
            .places
            .iter()
            .filter(|(key, place)| concerned(key) && place.tabs.iter().any(|open| open.origin == origin));
        let documents: BTreeSet<_> = known.map(|(key, _)| key).chain(by_document.keys()).cloned().collect();
        let Limits { max_tabs_per_document, max_tabs, .. } = self.limits;
        let mut changed = Vec::new();
        for document in documents {
            let arriving = by_document.remove(&document).unwrap_or_default();
            let free = max_tabs.saturating_sub(state.tabs);
            let differs = state.change(&document, |place| {
                let before = place.tabs.len();
                place.tabs.retain(|open| open.origin != origin);
                let room = (free + before - place.tabs.len())
                    .min(max_tabs_per_document.saturating_sub(place.tabs.len()));
                place.tabs.extend(arriving.into_iter().take(room).map(|tab| Open {
                    tab,
                    origin: origin.clone(),
                    seen: now.instant,
                }));
            });
            if differs {
                changed.push(document);
            }
        }
        changed
    }

    /// What time has changed: stale tabs leave, silent nodes are forgotten, pauses in typing are noticed.
    pub fn sweep(&self, now: Now) -> Sweep {
        let mut state = self.state.lock();
        let Limits { heartbeat_timeout, typing_timeout, node_timeout, .. } = self.limits;
        let due = |since: Instant, timeout| since + timeout <= now.instant;
        let mut sweep = Sweep::default();

        for (document, place) in &mut state.places {
            place.typing.retain(|_, typing| {
                let over = due(typing.last, typing_timeout);
                if over {
                    sweep.paused.push(Pause { document: document.clone(), user: typing.user.clone() });
                }
                !over
            });
        }
        state.nodes.retain(|_, heard| !due(*heard, node_timeout));
        let State { places, nodes, .. } = &*state;
        let gone = |open: &Open| match &open.origin {
            Origin::Here => due(open.seen, heartbeat_timeout),
            Origin::Node(node) => !nodes.contains_key(node),
        };
        let documents = places.iter().filter(|(_, place)| place.tabs.iter().any(gone));
        let documents: Vec<_> = documents.map(|(document, _)| document.clone()).collect();
        for document in documents {
            let mut stale = Vec::new();
            let nodes = std::mem::take(&mut state.nodes);
            let differs = state.change(&document, |place| {
                place.tabs.retain(|open| match &open.origin {
                    Origin::Here if due(open.seen, heartbeat_timeout) => {
                        stale.push(open.tab.clone());
                        false
                    }
                    Origin::Here => true,
                    Origin::Node(node) => nodes.contains_key(node),
                });
            });
            state.nodes = nodes;
            for tab in &stale {
                state.forget(&document, &tab.socket_id);
            }
            sweep.left.append(&mut stale);
            if differs {
                sweep.changed.push(document);
            }
        }
        sweep.next_in = state
            .deadlines(&self.limits)
            .min()
            .map(|deadline| deadline.saturating_duration_since(now.instant));
        sweep
    }
}

impl State {
    fn open(&mut self, document: &Document, socket_id: &str) -> Option<&mut Open> {
        let place = self.places.get_mut(document)?;
        place.tabs.iter_mut().find(|open| open.origin == Origin::Here && open.tab.socket_id == socket_id)
    }

    /// Changes the tabs of a document; whether its editors are others afterwards.
    fn change(&mut self, document: &Document, change: impl FnOnce(&mut Place)) -> bool {
        let place = self.places.entry(document.clone()).or_default();
        let (editors, tabs) = (place.editors(), place.tabs.len());
        change(place);
        let differs = editors != place.editors();
        self.tabs = self.tabs - tabs + place.tabs.len();
        if place.tabs.is_empty() {
            self.places.remove(document);
        }
        differs
    }

    fn leave(&mut self, document: &Document, socket_id: &str) -> bool {
        if self.open(document, socket_id).is_none() {
            return false;
        }
        self.forget(document, socket_id);
        self.change(document, |place| {
            place.tabs.retain(|open| open.origin != Origin::Here || open.tab.socket_id != socket_id);
        })
    }

    /// Forgets what else is known of a tab.
    fn forget(&mut self, document: &Document, socket_id: &str) {
        if let Some(place) = self.places.get_mut(document) {
            place.typing.remove(socket_id);
        }
        if let Some(documents) = self.sockets.get_mut(socket_id) {
            documents.remove(document);
            if documents.is_empty() {
                self.sockets.remove(socket_id);
            }
        }
    }

    /// When something is due.
    fn deadlines(&self, limits: &Limits) -> impl Iterator<Item = Instant> {
        let Limits { heartbeat_timeout, typing_timeout, node_timeout, .. } = *limits;
        let places = self.places.values();
        let tabs = places.clone().flat_map(|place| &place.tabs);
        let tabs = tabs.filter(|open| open.origin == Origin::Here);
        tabs.map(move |open| open.seen + heartbeat_timeout)
            .chain(
                places
                    .flat_map(|place| place.typing.values())
                    .map(move |typing| typing.last + typing_timeout),
            )
            .chain(self.nodes.values().map(move |heard| *heard + node_timeout))
    }
}

impl Place {
    /// One entry per admin: the tab that was opened first.
    fn editors(&self) -> Vec<Editor> {
        let mut tabs: Vec<&Tab> = self.tabs.iter().map(|open| &open.tab).collect();
        // The same order on every node.
        tabs.sort_by(|a, b| a.joined_at.total_cmp(&b.joined_at).then_with(|| a.socket_id.cmp(&b.socket_id)));
        let mut known = HashSet::new();
        tabs.into_iter()
            .filter(|tab| known.insert(tab.user.id))
            .map(|tab| Editor {
                socket_id: tab.socket_id.clone(),
                user: tab.user.clone(),
                joined_at: tab.joined_at,
            })
            .collect()
    }
}
