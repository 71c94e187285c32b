//! Access: who sockets are.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use napi::{
    Env,
    bindgen_prelude::{Object, Result},
};
use napi_derive::napi;

use super::engine::{Engine, Pending, strings};
use crate::{
    access::{self, Bearer, Denial, Guarded, Identity, Outcome, Parts, Rooms, Strategy, Table, User},
    error::Error,
    server::standing,
};

/// Who a socket is.
#[napi(object, use_nullable = true)]
pub struct IdentityRecord {
    /// Names the identity: sockets with the same key are checked together.
    pub key: String,
    /// "public", "jwt", "api-token" or "admin-jwt".
    pub strategy: String,
    /// Key of the role or API token in the table. `null`: it receives no content.
    pub principal: Option<String>,
    /// JSON text of what application code sees of the user. `null`: there is none.
    pub user: Option<String>,
    /// Id of the user, as text.
    pub user_id: Option<String>,
    /// Name that people search the user or admin by.
    pub name: Option<String>,
    /// The login that the user's token belongs to.
    pub session_id: Option<String>,
    /// Digest of the API token.
    pub key_hash: Option<String>,
    /// When the credentials expire, milliseconds since the epoch.
    pub expires_at: Option<f64>,
    /// JSON text about an admin.
    pub admin: Option<String>,
}

impl From<&Identity> for IdentityRecord {
    fn from(Identity { key, parts }: &Identity) -> Self {
        let user = parts.user.as_ref();
        Self {
            key: key.to_string(),
            strategy: parts.strategy.as_str().into(),
            principal: parts.principal.as_deref().map(String::from),
            user: user.map(|user| user.json.to_string()),
            user_id: user.map(|user| user.id.to_string()),
            name: parts.name.as_deref().map(String::from),
            session_id: parts.session.as_deref().map(String::from),
            key_hash: parts.token.as_deref().map(String::from),
            expires_at: parts.expires_at,
            admin: parts.admin.as_deref().map(String::from),
        }
    }
}

fn identity(record: IdentityRecord) -> std::result::Result<Arc<Identity>, Error> {
    let strategy = Strategy::parse(&record.strategy).ok_or(Error::Identity("strategy"))?;
    let user = match (record.user, record.user_id) {
        (None, None) => None,
        (Some(json), Some(id)) => Some(User { id: id.into(), json: json.into() }),
        _ => return Err(Error::Identity("userId")),
    };
    Ok(Arc::new(Identity::new(Parts {
        strategy,
        principal: record.principal.map(Into::into),
        user,
        name: record.name.map(Into::into),
        session: record.session_id.map(Into::into),
        token: record.key_hash.map(Into::into),
        expires_at: record.expires_at,
        admin: record.admin.map(Into::into),
    })))
}

/// What a client is told that may not connect.
#[napi(object)]
pub struct AccessDenial {
    /// For people.
    pub message: String,
    /// For programs.
    pub code: String,
    /// Whether the client sent a token that was never issued.
    pub is_guess: bool,
}

impl From<AccessDenial> for Denial {
    fn from(AccessDenial { message, code, is_guess }: AccessDenial) -> Self {
        Self { message, code, is_guess }
    }
}

impl From<Denial> for AccessDenial {
    fn from(Denial { message, code, is_guess }: Denial) -> Self {
        Self { message, code, is_guess }
    }
}

/// What became of a client: one of the two is set.
#[napi(object, use_nullable = true)]
pub struct AccessOutcome {
    /// Who it is.
    pub identity: Option<IdentityRecord>,
    /// Why it may not connect.
    pub denial: Option<AccessDenial>,
}

/// What became of a client that JavaScript makes a socket of: one of the two is set.
#[napi(object, use_nullable = true)]
pub struct Admission {
    /// Who it is.
    pub identity: Option<IdentityRecord>,
    /// Why it may not connect.
    pub denial: Option<AccessDenial>,
    /// Names the admission.
    pub ticket: u32,
}

fn outcome(outcome: AccessOutcome) -> std::result::Result<Outcome, Error> {
    match (outcome.identity, outcome.denial) {
        (Some(record), None) => Ok(Ok(identity(record)?)),
        (None, Some(denial)) => Ok(Err(denial.into())),
        _ => Err(Error::Identity("identity")),
    }
}

/// A role or an API token.
#[napi(object, use_nullable = true)]
pub struct PrincipalRecord {
    /// Names it, such as `role:1`.
    pub key: String,
    /// The room that its content goes to.
    pub room: String,
    /// Content types whose entities it may see.
    pub readable: Vec<String>,
    /// Further rooms of its sockets where content is sent.
    pub content_rooms: Vec<String>,
    /// Rooms of its sockets in every guarded namespace.
    pub rooms: Vec<String>,
    /// Whether its clients may connect.
    pub may_connect: bool,
    /// The only events its clients may send; `null` allows all.
    pub events: Option<Vec<String>>,
}

/// An API token as clients present it.
#[napi(object, use_nullable = true)]
pub struct TokenRecord {
    /// Its digest.
    pub digest: String,
    /// Key of its principal. `null`: it is not for content.
    pub principal: Option<String>,
    /// When it expires, milliseconds since the epoch.
    pub expires_at: Option<f64>,
}

/// Who may connect as what.
#[napi(object, use_nullable = true)]
pub struct AccessTable {
    /// Whether clients without a token may connect.
    pub is_public: bool,
    /// Key of the principal of clients without a token.
    pub public: Option<String>,
    /// All roles and API tokens.
    pub principals: Vec<PrincipalRecord>,
    /// All API tokens.
    pub tokens: Vec<TokenRecord>,
    /// Key of the digests. `null`: there are no API tokens.
    pub salt: Option<String>,
    /// Milliseconds for which the table is good.
    pub max_age: f64,
}

fn table(engine: &Engine, table: AccessTable) -> Table {
    let rooms = |names: &[String]| -> Vec<Arc<str>> { names.iter().map(|name| (**name).into()).collect() };
    let sets = &engine.core().security.event_sets;
    let principal = |record: PrincipalRecord| {
        let everywhere = rooms(&record.rooms);
        let room: Arc<str> = record.room.into();
        let own = vec![room.clone()];
        let content: Rooms = [own, rooms(&record.content_rooms), everywhere.clone()].concat().into();
        let principal = access::Principal {
            room,
            readable: record.readable.into_iter().map(Into::into).collect(),
            content_rooms: content,
            rooms: everywhere.into(),
            may_connect: record.may_connect,
            events: record.events.map(|names| sets.get(names.into_iter().collect())),
        };
        (record.key.into(), principal)
    };
    let bearer = |record: TokenRecord| -> (Box<str>, Bearer) {
        let identity = record.principal.map(|principal| {
            let parts = Parts::new(Strategy::ApiToken, Some(principal.into()));
            let token = Some(record.digest.as_str().into());
            Arc::new(Identity::new(Parts { token, expires_at: record.expires_at, ..parts }))
        });
        (record.digest.into(), identity)
    };
    Table {
        is_public: table.is_public,
        public: Arc::new(Identity::new(Parts::new(Strategy::Public, table.public.map(Into::into)))),
        principals: table.principals.into_iter().map(principal).collect(),
        tokens: table.tokens.into_iter().map(bearer).collect(),
        salt: table.salt.map(|salt| salt.into_bytes().into()),
        read_at: Instant::now(),
        max_age: millis(table.max_age),
        expired: AtomicBool::new(false),
    }
}

fn millis(millis: f64) -> Duration {
    Duration::from_millis(millis.max(0.0) as u64)
}

/// A client whose token JavaScript looks up.
#[napi(object)]
pub struct AccessQuestion {
    /// Names the client in the answer.
    pub id: u32,
    /// What the token claims to be: "jwt" or "admin-jwt".
    pub strategy: String,
    /// The token.
    pub token: String,
}

/// An entity that a client names.
#[napi(object)]
pub struct EntityQuestion {
    /// Names the question in the answer.
    pub id: u32,
    /// Content type.
    pub uid: String,
    /// Id of a document or a row.
    pub entity: String,
    /// Whether only what is published counts.
    pub published: bool,
}

/// What JavaScript says of an entity.
#[napi(object, use_nullable = true)]
pub struct EntityAnswer {
    /// Names the question.
    pub id: u32,
    /// Its document. `null`: there is none.
    pub document: Option<String>,
    /// Whether it could not be found out.
    pub failed: bool,
}

/// What access needs of JavaScript.
#[napi(object)]
pub struct AccessWork {
    /// The table is out of date: call `setAccessTable`, or `failAccessTable`.
    pub needs_table: bool,
    /// Clients to look up: call `answerAccess`.
    pub questions: Vec<AccessQuestion>,
    /// Entities whose documents are wanted: call `answerEntities`.
    pub entities: Vec<EntityQuestion>,
    /// Keys of the API tokens that were used.
    pub used_tokens: Vec<String>,
}

/// What JavaScript says of a client.
#[napi(object)]
pub struct AccessAnswer {
    /// Names the client.
    pub id: u32,
    /// What became of it.
    pub outcome: AccessOutcome,
}

/// An identity that sockets have.
#[napi(object)]
pub struct HeldIdentity {
    /// Who they are.
    pub identity: IdentityRecord,
    /// Whether one of them is where content is sent.
    pub has_content: bool,
    /// Milliseconds since the access of one of them was last checked, the longest.
    pub age: f64,
}

impl From<standing::Held> for HeldIdentity {
    fn from(held: standing::Held) -> Self {
        Self {
            identity: IdentityRecord::from(&*held.identity),
            has_content: held.has_content,
            age: held.age.as_millis() as f64,
        }
    }
}

/// What a check of an identity found.
#[napi(object, use_nullable = true)]
pub struct AccessVerdict {
    /// Key of the identity that was checked.
    pub key: String,
    /// Who its sockets are now. `null`: they may not stay.
    pub identity: Option<IdentityRecord>,
    /// What clients are told that may not stay.
    pub reason: String,
}

/// A socket with JavaScript objects that a check changed.
#[napi(object, use_nullable = true)]
pub struct TouchedSocket {
    /// Its namespace.
    pub nsp: String,
    /// Its id.
    pub sid: String,
    /// Why it must be ended. `null`: it stays.
    pub end: Option<String>,
}

impl From<standing::Touched> for TouchedSocket {
    fn from(touched: standing::Touched) -> Self {
        Self { nsp: touched.nsp.to_string(), sid: touched.sid.to_string(), end: touched.end }
    }
}

#[napi]
impl Engine {
    /// From now on clients must authenticate to join a namespace. `isPublic`: clients without a token may join, as far
    /// as the table lets them. `hasContent`: content is sent there.
    #[napi]
    pub fn guard_namespace(&self, nsp: String, is_public: bool, has_content: bool) {
        self.core().access.guard(&nsp, Guarded { is_public, has_content });
    }

    /// Replaces the table of roles and API tokens, and judges those who waited for it. Subscriptions that are not allowed
    /// any more are dropped. Returns the sockets with JavaScript objects whose rooms changed by that.
    #[napi]
    pub fn set_access_table(&self, table_of: AccessTable) -> Vec<TouchedSocket> {
        let core = self.core();
        core.access.set_table(table(self, table_of));
        core.table_changed();
        core.review_all_subscriptions().into_iter().map(TouchedSocket::from).collect()
    }

    /// Nobody is judged by the table any more: `accessWork` asks for a new one when somebody connects.
    #[napi]
    pub fn expire_access_table(&self) {
        self.core().access.expire_table();
    }

    /// There is no new table to be had: refuses those who waited for it.
    #[napi]
    pub fn fail_access_table(&self) {
        self.core().access.expire_table();
        self.core().table_changed();
    }

    /// What access needs of JavaScript: at most `max` questions. Call again until there is nothing: only then
    /// `EventKind.Access` comes again.
    #[napi]
    pub fn access_work(&self, max: u32) -> AccessWork {
        let work = self.core().access.requests.work(max as usize);
        let questions = work.questions.into_iter().map(|question| AccessQuestion {
            id: question.id,
            strategy: question.strategy.as_str().into(),
            token: question.token,
        });
        let entities = work.entities.into_iter().map(|question| EntityQuestion {
            id: question.id,
            uid: question.uid.to_string(),
            entity: question.entity,
            published: question.published,
        });
        AccessWork {
            needs_table: work.needs_table,
            questions: questions.collect(),
            entities: entities.collect(),
            used_tokens: strings(work.used_tokens),
        }
    }

    /// Says who clients are. An answer that is malformed refuses its client.
    #[napi]
    pub fn answer_access(&self, answers: Vec<AccessAnswer>) {
        let answer = |answer: AccessAnswer| {
            let outcome = outcome(answer.outcome).unwrap_or_else(|_| Err(Denial::internal()));
            (answer.id, outcome)
        };
        self.core().answer_access(answers.into_iter().map(answer).collect());
    }

    /// Judges a client that JavaScript makes a socket of in a guarded namespace. `auth` is the JSON text of what it
    /// presents. After an identity, `addSocket` or `forgetAdmitted` must follow with the ticket.
    #[napi(ts_return_type = "Promise<Admission>")]
    pub fn admit<'env>(
        &self,
        env: &'env Env,
        conn: String,
        nsp: String,
        auth: String,
    ) -> Result<Object<'env>> {
        let (deferred, promise) = env.create_deferred()?;
        let pending = Pending::<Admission>::new(deferred);
        let callback = move |outcome, ticket| pending.resolve(admission(outcome, ticket));
        self.core().admit(&conn, &nsp, &auth, Box::new(callback));
        Ok(promise)
    }

    /// The client that `admit` let in does not join after all.
    #[napi]
    pub fn forget_admitted(&self, conn: String, ticket: u32) {
        self.core().forget_admitted(&conn, ticket);
    }

    /// Who a socket is. `null`: it is gone, or its namespace is not guarded.
    #[napi]
    pub fn socket_identity(&self, nsp: String, sid: String) -> Option<IdentityRecord> {
        let identity = self.namespace(&nsp)?.get(&sid)?.identity()?;
        Some(IdentityRecord::from(&*identity))
    }

    /// The identities of connected sockets that any of these changes may concern: `everybody`, `users`, `tokens`,
    /// `logins`, `user:ID`, `role:ID`, `token:ID`, `login:SESSION` or `logins:USER`.
    #[napi]
    pub fn concerned_identities(&self, changes: Vec<String>) -> Vec<HeldIdentity> {
        let changes: HashSet<String> = changes.into_iter().collect();
        self.core().concerned(&changes).into_iter().map(HeldIdentity::from).collect()
    }

    /// The identities that have not been checked for a while (milliseconds): of the `share` that was not for the
    /// longest time those older than `early`, of the others those older than `late`.
    #[napi]
    pub fn due_identities(&self, share: f64, early: f64, late: f64) -> Vec<HeldIdentity> {
        self.core().due(share, millis(early), millis(late)).into_iter().map(HeldIdentity::from).collect()
    }

    /// Carries out what checks found. The table must be up to date. Returns the sockets that JavaScript has to change,
    /// too.
    #[napi]
    pub fn apply_access(&self, verdicts: Vec<AccessVerdict>) -> Result<Vec<TouchedSocket>> {
        let mut by_key = HashMap::new();
        for AccessVerdict { key, identity: record, reason } in verdicts {
            let verdict = match record {
                Some(record) => standing::Verdict::Stay(identity(record)?),
                None => standing::Verdict::End(reason),
            };
            by_key.insert(key, verdict);
        }
        Ok(self.core().apply_verdicts(&by_key).into_iter().map(TouchedSocket::from).collect())
    }

    /// Ends connections with a reason for their clients. Those with JavaScript objects are not ended but returned.
    #[napi]
    pub fn dismiss_conns(&self, conns: Vec<String>, reason: String) -> Vec<String> {
        self.core().dismiss_conns(&conns, &reason)
    }

    /// Sets the names of the events that JavaScript handles: a client that sends one gets JavaScript objects.
    #[napi]
    pub fn set_handled_events(&self, names: Vec<String>) {
        self.core().access.set_handled(names.into_iter().collect());
    }

    /// Whether connections of guarded namespaces are written into the log of the monitoring.
    #[napi]
    pub fn set_connection_logging(&self, on: bool) {
        self.core().access.logs_connections.store(on, Ordering::Relaxed);
    }
}

fn admission(outcome: Outcome, ticket: u32) -> Admission {
    match outcome {
        Ok(identity) => Admission { identity: Some(IdentityRecord::from(&*identity)), denial: None, ticket },
        Err(denial) => Admission { identity: None, denial: Some(denial.into()), ticket },
    }
}
