//! The principal table: who may connect as what. The embedder replaces it as a whole.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use hmac::{Hmac, Mac};
use serde_json::{Map, Value};
use sha2::Sha512;

use super::identity::{Identity, Strategy};
use crate::{clock::epoch_millis, security::EventNames};

/// Rooms that sockets are put into.
pub type Rooms = Arc<[Arc<str>]>;

/// A role or an API token.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The room that its content goes to.
    pub room: Arc<str>,
    /// Content types whose entities it may see.
    pub readable: HashSet<Box<str>>,
    /// Rooms of its sockets where content is sent.
    pub content_rooms: Rooms,
    /// Rooms of its sockets in all other namespaces.
    pub rooms: Rooms,
    /// Whether its clients may connect.
    pub may_connect: bool,
    /// The only events its clients may send; `None` allows all.
    pub events: Option<Arc<EventNames>>,
}

/// Who comes with an API token; `None`: the token is not for content.
pub type Bearer = Option<Arc<Identity>>;

/// Who may connect as what.
#[derive(Debug)]
pub struct Table {
    /// Whether clients without a token may connect.
    pub is_public: bool,
    /// Who clients without a token are.
    pub public: Arc<Identity>,
    /// Roles and API tokens by key.
    pub principals: HashMap<Arc<str>, Principal>,
    /// Who comes with an API token, by its digest.
    pub tokens: HashMap<Box<str>, Bearer>,
    /// Key of the digests; `None`: there are no API tokens.
    pub salt: Option<Box<[u8]>>,
    /// When the table was read.
    pub read_at: Instant,
    /// How long it is good.
    pub max_age: Duration,
    /// Whether something has changed since.
    pub expired: AtomicBool,
}

/// Why a client may not connect: what it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// For people.
    pub message: String,
    /// For programs.
    pub code: String,
    /// Whether the client sent a token that was never issued.
    pub is_guess: bool,
}

impl Denial {
    fn new(message: &str, code: &str, is_guess: bool) -> Self {
        Self { message: message.into(), code: code.into(), is_guess }
    }

    fn token(is_guess: bool) -> Self {
        Self::new("Invalid or expired token", "INVALID_TOKEN", is_guess)
    }

    /// The settings ask for a token.
    pub fn authentication_required() -> Self {
        Self::new("Authentication required", "AUTHENTICATION_REQUIRED", false)
    }

    /// The role may not connect, or does not exist.
    pub fn forbidden() -> Self {
        Self::new("This role may not connect", "FORBIDDEN", false)
    }

    /// Something failed here.
    pub fn internal() -> Self {
        Self::new("Authentication failed", "INTERNAL_ERROR", false)
    }
}

/// What a client presents.
#[derive(Debug, PartialEq, Eq)]
pub enum Credentials {
    /// No token.
    None,
    /// A token and what it claims to be.
    Token(Strategy, String),
}

/// What can be said of a client without the embedder.
#[derive(Debug, PartialEq)]
pub enum Judgement {
    /// It may connect.
    Admitted(Arc<Identity>),
    /// It may not.
    Denied(Denial),
    /// Only the embedder can say.
    Ask(Strategy, String),
}

/// Reads the payload of a CONNECT packet, JSON text.
pub fn credentials(auth: &str) -> Result<Credentials, Denial> {
    let payload: Map<String, Value> = serde_json::from_str(auth).map_err(|_| Denial::token(false))?;
    let strategy = match payload.get("strategy") {
        None | Some(Value::Null) => Strategy::Jwt,
        Some(Value::String(name)) if name.is_empty() => Strategy::Jwt,
        Some(Value::String(name)) => match Strategy::parse(name) {
            None | Some(Strategy::Public) => return Err(unknown_strategy()),
            Some(strategy) => strategy,
        },
        Some(_) => return Err(unknown_strategy()),
    };
    match payload.get("token") {
        // Clients send their token whether or not their user is logged in.
        None | Some(Value::Null | Value::Bool(false)) => no_token(strategy),
        Some(Value::String(token)) if token.is_empty() => no_token(strategy),
        Some(Value::String(token)) => Ok(Credentials::Token(strategy, token.clone())),
        Some(_) => Err(Denial::token(true)),
    }
}

fn unknown_strategy() -> Denial {
    Denial::new("Unknown auth strategy: use \"jwt\" or \"api-token\"", "UNKNOWN_STRATEGY", false)
}

fn no_token(strategy: Strategy) -> Result<Credentials, Denial> {
    match strategy {
        Strategy::Admin => Err(Denial::new("Missing token", "MISSING_TOKEN", false)),
        _ => Ok(Credentials::None),
    }
}

impl Table {
    /// Whether clients may be judged by the table.
    pub fn is_fresh(&self) -> bool {
        !self.expired.load(Ordering::Relaxed) && self.read_at.elapsed() <= self.max_age
    }

    /// Judges what a client presents.
    pub fn judge(&self, credentials: Credentials) -> Judgement {
        let judged = match credentials {
            Credentials::None if !self.is_public => Err(Denial::authentication_required()),
            Credentials::None => Ok(self.public.clone()),
            Credentials::Token(Strategy::ApiToken, token) => self.token(&token),
            Credentials::Token(strategy, token) => return Judgement::Ask(strategy, token),
        };
        match judged.and_then(|identity| self.check(&identity).map(|()| identity)) {
            Ok(identity) => Judgement::Admitted(identity),
            Err(denial) => Judgement::Denied(denial),
        }
    }

    /// Whether the settings let the role of an identity connect.
    pub fn check(&self, identity: &Identity) -> Result<(), Denial> {
        let Some(key) = &identity.parts.principal else { return Ok(()) };
        // A role that is gone can neither be asked nor be given anything.
        if self.principals.get(key).is_some_and(|principal| principal.may_connect) {
            Ok(())
        } else {
            Err(Denial::forbidden())
        }
    }

    /// The principal of an identity.
    pub fn principal(&self, identity: &Identity) -> Option<&Principal> {
        self.principals.get(identity.parts.principal.as_ref()?)
    }

    fn token(&self, token: &str) -> Result<Arc<Identity>, Denial> {
        let salt = self.salt.as_deref().ok_or_else(|| Denial::token(true))?;
        // An HMAC takes keys of any length.
        let mut mac = Hmac::<Sha512>::new_from_slice(salt).map_err(|_| Denial::internal())?;
        mac.update(token.as_bytes());
        let digest = format!("{:x}", mac.finalize().into_bytes());
        let bearer = self.tokens.get(digest.as_str()).ok_or_else(|| Denial::token(true))?;
        let is_good =
            |identity: &&Arc<Identity>| identity.parts.expires_at.is_none_or(|at| at >= epoch_millis());
        bearer.as_ref().filter(is_good).cloned().ok_or_else(|| Denial::token(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Parts;

    fn principal(may_connect: bool) -> Principal {
        Principal {
            room: "io:room".into(),
            readable: HashSet::new(),
            content_rooms: Arc::default(),
            rooms: Arc::default(),
            may_connect,
            events: None,
        }
    }

    fn identity(strategy: Strategy, principal: Option<&str>, expires_at: Option<f64>) -> Arc<Identity> {
        let parts = Parts { expires_at, ..Parts::new(strategy, principal.map(Into::into)) };
        Arc::new(Identity::new(parts))
    }

    fn table() -> Table {
        Table {
            is_public: true,
            public: identity(Strategy::Public, Some("role:2"), None),
            principals: HashMap::from([
                ("role:2".into(), principal(true)),
                ("token:1".into(), principal(true)),
            ]),
            tokens: HashMap::new(),
            salt: Some(b"salt".as_slice().into()),
            read_at: Instant::now(),
            max_age: Duration::from_secs(60),
            expired: AtomicBool::new(false),
        }
    }

    /// The table, with one token whose key is "key".
    fn with_token(bearer: Bearer) -> Table {
        let digest = concat!(
            "9c5248370e0e4cc7221612d1458e26490f75d763b24d105c061039943e802369",
            "b56a4454bfde99691bd5125f8bb29de8b685e1fe76b2b3be781a22bad3887cd9"
        );
        Table { tokens: HashMap::from([(digest.into(), bearer)]), ..table() }
    }

    fn judge(table: &Table, auth: &str) -> Judgement {
        match credentials(auth) {
            Ok(credentials) => table.judge(credentials),
            Err(denial) => Judgement::Denied(denial),
        }
    }

    fn code(judgement: Judgement) -> String {
        match judgement {
            Judgement::Denied(denial) => format!("{} {}", denial.code, denial.is_guess),
            Judgement::Admitted(identity) => identity.key.trim().to_string(),
            Judgement::Ask(strategy, token) => format!("ask {} {token}", strategy.as_str()),
        }
    }

    #[test]
    fn clients_without_a_token_are_public() {
        for auth in [
            "{}",
            r#"{"token":null}"#,
            r#"{"token":"","strategy":""}"#,
            r#"{"token":false,"strategy":"jwt"}"#,
            r#"{"strategy":"api-token"}"#,
        ] {
            assert_eq!(code(judge(&table(), auth)), "public role:2", "{auth}");
        }
        let closed = Table { is_public: false, ..table() };
        assert_eq!(code(judge(&closed, "{}")), "AUTHENTICATION_REQUIRED false");
        let mut forbidden = table();
        forbidden.principals.insert("role:2".into(), principal(false));
        assert_eq!(code(judge(&forbidden, "{}")), "FORBIDDEN false");
        forbidden.principals.clear();
        assert_eq!(code(judge(&forbidden, "{}")), "FORBIDDEN false", "a role that is gone");
        let no_roles = Table { public: identity(Strategy::Public, None, None), ..table() };
        assert_eq!(code(judge(&no_roles, "{}")), "public");
    }

    #[test]
    fn users_and_admins_are_for_the_embedder_to_judge() {
        assert_eq!(code(judge(&table(), r#"{"token":"t"}"#)), "ask jwt t");
        assert_eq!(code(judge(&table(), r#"{"token":"t","strategy":"admin-jwt"}"#)), "ask admin-jwt t");
        assert_eq!(code(judge(&table(), r#"{"strategy":"admin-jwt"}"#)), "MISSING_TOKEN false");
    }

    #[test]
    fn malformed_credentials_are_refused() {
        for strategy in [r#""public""#, r#""basic""#, "1", "[]", "{}", "true"] {
            let auth = format!(r#"{{"token":"t","strategy":{strategy}}}"#);
            assert_eq!(code(judge(&table(), &auth)), "UNKNOWN_STRATEGY false", "{auth}");
        }
        for token in ["1", "true", "[]", "{}"] {
            let auth = format!(r#"{{"token":{token}}}"#);
            assert_eq!(code(judge(&table(), &auth)), "INVALID_TOKEN true", "{auth}");
        }
    }

    #[test]
    fn api_tokens_go_by_their_digest() {
        let auth = r#"{"token":"key","strategy":"api-token"}"#;
        let bearer = |expires_at| Some(identity(Strategy::ApiToken, Some("token:1"), expires_at));
        let later = Some(epoch_millis() + 1e6);
        assert_eq!(code(judge(&with_token(bearer(later)), auth)), "api-token token:1");
        assert_eq!(code(judge(&with_token(bearer(Some(1.0))), auth)), "INVALID_TOKEN false");
        assert_eq!(code(judge(&with_token(None), auth)), "INVALID_TOKEN false", "a token of admins");
        assert_eq!(code(judge(&table(), auth)), "INVALID_TOKEN true");
        let unsalted = Table { salt: None, ..with_token(bearer(None)) };
        assert_eq!(code(judge(&unsalted, auth)), "INVALID_TOKEN true");
    }
}
