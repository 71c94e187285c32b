//! Clients that wait for the embedder: for a fresh table, or to be looked up. Bounded in bytes.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Weak},
};

use parking_lot::Mutex;

use super::{
    identity::{Identity, Strategy},
    table::Denial,
};
use crate::server::{
    client_events::{ClientAnswer, ClientRequest},
    conn::Conn,
    namespace::{Member, Namespace},
};

/// Bytes of credentials that may wait, over all connections.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Requests that may wait for the documents of entities, over all connections. Each connection has one at a time.
const MAX_LOOK_UPS: usize = 20_000;
/// Bytes that a request counts for beside its credentials.
const OVERHEAD: usize = 1024;

/// What became of a client.
pub type Outcome = Result<Arc<Identity>, Denial>;

/// Who is told what became of a client.
pub enum Asker {
    /// The engine, which then answers the client.
    Engine,
    /// Somebody else, who also gets what names the admission.
    Callback(AdmitCallback),
}

/// Is told what became of a client, and what names the admission: see `Core::add_socket`.
pub type AdmitCallback = Box<dyn FnOnce(Outcome, u32) + Send>;

/// A client that wants to join a namespace.
pub struct Request {
    /// Its connection.
    pub conn: Weak<Conn>,
    /// The namespace.
    pub nsp: Arc<str>,
    /// JSON text of what it presents.
    pub auth: Box<str>,
    /// Who is told the outcome.
    pub asker: Asker,
}

/// Who is told what became of a client's request.
pub enum LookUpAsker {
    /// The engine, which then acknowledges the packet, if the client asked for that.
    Engine {
        /// Acknowledgement id.
        ack: Option<Box<str>>,
    },
    /// Somebody else.
    Callback(Box<dyn FnOnce(ClientAnswer) + Send>),
}

/// A request of a client that waits until the document of an entity is known.
pub struct LookUp {
    /// The connection of the socket.
    pub conn: Weak<Conn>,
    /// The socket.
    pub member: Weak<Member>,
    /// Its namespace.
    pub nsp: Arc<Namespace>,
    /// What it asks.
    pub request: ClientRequest,
    /// Content type of the entity.
    pub uid: Arc<str>,
    /// Its id as the client named it.
    pub id: String,
    /// Whether only what is published counts.
    pub published: bool,
    /// Who is told.
    pub asker: LookUpAsker,
}

/// An entity whose document is asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct EntityQuestion {
    /// Names the request in the answer.
    pub id: u32,
    /// Content type.
    pub uid: Arc<str>,
    /// Id of the entity: of its document or of a row.
    pub entity: String,
    /// Whether only what is published counts.
    pub published: bool,
}

/// One request as the embedder sees it.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// Names the request in the answer.
    pub id: u32,
    /// What the token claims to be.
    pub strategy: Strategy,
    /// The token.
    pub token: String,
}

/// What the embedder has to do.
#[derive(Debug, Default)]
pub struct Work {
    /// Replace the table, which is out of date.
    pub needs_table: bool,
    /// Look up who these clients are.
    pub questions: Vec<Question>,
    /// Say which documents these entities are.
    pub entities: Vec<EntityQuestion>,
    /// Keys of the API tokens that were used since the last time.
    pub used_tokens: Vec<Arc<str>>,
}

impl Work {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        !self.needs_table
            && self.questions.is_empty()
            && self.entities.is_empty()
            && self.used_tokens.is_empty()
    }
}

#[derive(Default)]
struct State {
    last: u32,
    bytes: usize,
    /// Requests that the embedder was or will be asked about.
    asked: HashMap<u32, Request>,
    questions: VecDeque<Question>,
    /// The same for entities.
    looked_up: HashMap<u32, LookUp>,
    entities: VecDeque<EntityQuestion>,
    /// Requests that wait for a table.
    waiting: Vec<Request>,
    used_tokens: Vec<Arc<str>>,
    /// The embedder knows that there is work.
    told: bool,
}

/// The requests under way.
#[derive(Default)]
pub struct Requests {
    state: Mutex<State>,
}

impl State {
    /// Counts the bytes of a request. False: there is no room.
    fn take(&mut self, request: &Request) -> bool {
        let bytes = request.auth.len() + OVERHEAD;
        let fits = self.bytes + bytes <= MAX_BYTES;
        if fits {
            self.bytes += bytes;
        }
        fits
    }

    fn give_back(&mut self, request: &Request) {
        self.bytes -= request.auth.len() + OVERHEAD;
    }
}

impl Requests {
    /// Adds a request that waits for a table. Gives it back if there is no room.
    pub fn wait(&self, request: Request) -> Result<(), Request> {
        let mut state = self.state.lock();
        if !state.take(&request) {
            return Err(request);
        }
        state.waiting.push(request);
        Ok(())
    }

    /// Adds a request for the embedder. Gives it back if there is no room.
    pub fn ask(&self, request: Request, strategy: Strategy, token: String) -> Result<(), Request> {
        let mut state = self.state.lock();
        if !state.take(&request) {
            return Err(request);
        }
        state.last = state.last.wrapping_add(1);
        let id = state.last;
        state.asked.insert(id, request);
        state.questions.push_back(Question { id, strategy, token });
        Ok(())
    }

    /// Adds a request that waits for the document of an entity. Gives it back if there is no room.
    pub fn look_up(&self, look_up: LookUp) -> Result<(), Box<LookUp>> {
        let mut state = self.state.lock();
        if state.looked_up.len() >= MAX_LOOK_UPS {
            return Err(Box::new(look_up));
        }
        state.last = state.last.wrapping_add(1);
        let id = state.last;
        let (uid, entity, published) = (look_up.uid.clone(), look_up.id.clone(), look_up.published);
        state.looked_up.insert(id, look_up);
        state.entities.push_back(EntityQuestion { id, uid, entity, published });
        Ok(())
    }

    /// The request of that name, which is now answered.
    pub fn looked_up(&self, id: u32) -> Option<LookUp> {
        self.state.lock().looked_up.remove(&id)
    }

    /// Notes that an API token was used.
    pub fn used(&self, token: &Arc<str>) {
        let mut state = self.state.lock();
        if !state.used_tokens.contains(token) {
            state.used_tokens.push(token.clone());
        }
    }

    /// Whether the embedder should be told that there is work now.
    pub fn should_tell(&self) -> bool {
        !std::mem::replace(&mut self.state.lock().told, true)
    }

    /// What the embedder has to do, at most `max` questions. It is told again only after nothing was left.
    pub fn work(&self, max: usize) -> Work {
        let mut state = self.state.lock();
        let count = max.min(state.questions.len());
        let entities = max.min(state.entities.len());
        let work = Work {
            needs_table: !state.waiting.is_empty(),
            questions: state.questions.drain(..count).collect(),
            entities: state.entities.drain(..entities).collect(),
            used_tokens: std::mem::take(&mut state.used_tokens),
        };
        state.told = !work.is_empty();
        work
    }

    /// The request of that name, which is now answered.
    pub fn answered(&self, id: u32) -> Option<Request> {
        let mut state = self.state.lock();
        let request = state.asked.remove(&id)?;
        state.give_back(&request);
        Some(request)
    }

    /// The requests that waited for a table.
    pub fn waiting(&self) -> Vec<Request> {
        let mut state = self.state.lock();
        let requests = std::mem::take(&mut state.waiting);
        for request in &requests {
            state.give_back(request);
        }
        requests
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let state = std::mem::take(&mut *self.state.lock());
        drop(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(bytes: usize) -> Request {
        let auth = "x".repeat(bytes).into();
        Request { conn: Weak::new(), nsp: "/".into(), auth, asker: Asker::Engine }
    }

    #[test]
    fn questions_are_asked_in_batches_and_answered_once() {
        let requests = Requests::default();
        for token in ["a", "b", "c"] {
            assert!(requests.ask(request(1), Strategy::Jwt, token.into()).is_ok());
        }
        assert!(requests.should_tell() && !requests.should_tell());
        let ids = |work: Work| work.questions.into_iter().map(|one| one.id).collect::<Vec<_>>();
        let first = ids(requests.work(2));
        assert_eq!(first.len(), 2);
        assert!(!requests.should_tell(), "it goes on until nothing is left");
        assert_eq!(ids(requests.work(2)).len(), 1);
        assert!(requests.work(2).is_empty() && requests.should_tell());
        assert!(requests.answered(first[0]).is_some() && requests.answered(first[0]).is_none());
    }

    #[test]
    fn what_waits_is_bounded_in_bytes() {
        let requests = Requests::default();
        let fits = (0..1000).take_while(|_| requests.wait(request(63 * 1024)).is_ok()).count();
        assert_eq!(fits, MAX_BYTES / (64 * 1024));
        assert!(requests.ask(request(63 * 1024), Strategy::Jwt, String::new()).is_err());
        assert_eq!(requests.waiting().len(), fits);
        assert!(requests.ask(request(1), Strategy::Jwt, String::new()).is_ok());
    }

    #[test]
    fn a_used_token_is_told_once() {
        let requests = Requests::default();
        let token: Arc<str> = "token:1".into();
        requests.used(&token);
        requests.used(&token);
        assert_eq!(requests.work(1).used_tokens, [token]);
    }
}
