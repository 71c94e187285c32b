//! Who a socket is.

use std::{collections::HashSet, sync::Arc};

/// How a client authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Without a token.
    Public,
    /// With an API token.
    ApiToken,
    /// As a user, with a JSON Web Token.
    Jwt,
    /// As an admin, with a session token.
    Admin,
}

impl Strategy {
    /// The name that clients and the embedder use.
    pub fn as_str(self) -> &'static str {
        match self {
            Strategy::Public => "public",
            Strategy::ApiToken => "api-token",
            Strategy::Jwt => "jwt",
            Strategy::Admin => "admin-jwt",
        }
    }

    /// The strategy of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Public, Self::ApiToken, Self::Jwt, Self::Admin].into_iter().find(|one| one.as_str() == name)
    }
}

/// The user behind a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Id, as text.
    pub id: Box<str>,
    /// What application code sees of the user, JSON text.
    pub json: Box<str>,
}

/// What [`Identity::new`] is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// How the client authenticated.
    pub strategy: Strategy,
    /// Key of its role or API token in the table, such as `role:1`. `None`: it receives no content.
    pub principal: Option<Arc<str>>,
    /// The user, if there is one.
    pub user: Option<User>,
    /// Name that people know the user or admin by.
    pub name: Option<Box<str>>,
    /// The login that the user's token belongs to.
    pub session: Option<Box<str>>,
    /// Digest of the API token.
    pub token: Option<Box<str>>,
    /// When the credentials expire, milliseconds since the epoch.
    pub expires_at: Option<f64>,
    /// What the embedder wants to know of an admin again, JSON text.
    pub admin: Option<Box<str>>,
}

impl Parts {
    /// A client of a role or API token of which nothing else is known.
    pub fn new(strategy: Strategy, principal: Option<Arc<str>>) -> Self {
        Self {
            strategy,
            principal,
            user: None,
            name: None,
            session: None,
            token: None,
            expires_at: None,
            admin: None,
        }
    }
}

/// Who a socket is. Sockets with equal keys are checked together.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// Names the identity.
    pub key: Box<str>,
    /// What is known of it.
    pub parts: Parts,
}

impl Identity {
    /// The identity with these parts.
    pub fn new(parts: Parts) -> Self {
        let user = parts.user.as_ref().map_or("", |user| &user.id);
        let key = [
            parts.strategy.as_str(),
            parts.principal.as_deref().unwrap_or(""),
            user,
            parts.session.as_deref().unwrap_or(""),
            parts.token.as_deref().unwrap_or(""),
            parts.admin.as_deref().unwrap_or(""),
        ]
        .join(" ");
        Self { key: key.into(), parts }
    }

    /// Whether any of these changes may concern the identity: `everybody`, `users`, `tokens`, `logins`, `user:ID`,
    /// `role:ID`, `token:ID`, `login:SESSION` (one login) or `logins:USER` (all logins of a user).
    pub fn is_concerned(&self, changes: &HashSet<String>) -> bool {
        let Parts { strategy, principal, user, session, .. } = &self.parts;
        let has = |change: &str| changes.contains(change);
        let named = |kind: &str, id: &str| changes.contains(&format!("{kind}:{id}"));
        let user_id = user.as_ref().map_or("", |user| &user.id);
        has("everybody")
            || *strategy == Strategy::Jwt && (has("users") || named("user", user_id))
            || *strategy == Strategy::ApiToken && has("tokens")
            || principal.as_deref().is_some_and(has)
            || session
                .as_ref()
                .is_some_and(|session| has("logins") || named("login", session) || named("logins", user_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(strategy: Strategy, principal: &str) -> Parts {
        Parts::new(strategy, Some(principal.into()))
    }

    fn user(id: &str, session: Option<&str>) -> Identity {
        let user = User { id: id.into(), json: "{}".into() };
        let session = session.map(Into::into);
        Identity::new(Parts { user: Some(user), session, ..parts(Strategy::Jwt, "role:1") })
    }

    fn concerned(identity: &Identity, change: &str) -> bool {
        identity.is_concerned(&HashSet::from([change.to_owned()]))
    }

    #[test]
    fn changes_concern_exactly_those_they_name() {
        let (ann, bob) = (user("7", Some("s")), user("8", None));
        let public = Identity::new(parts(Strategy::Public, "role:2"));
        let token = Identity::new(parts(Strategy::ApiToken, "token:3"));
        for (change, expected) in [
            ("everybody", [true; 4]),
            ("users", [true, true, false, false]),
            ("tokens", [false, false, false, true]),
            ("user:7", [true, false, false, false]),
            ("role:1", [true, true, false, false]),
            ("role:2", [false, false, true, false]),
            ("token:3", [false, false, false, true]),
            ("logins", [true, false, false, false]),
            ("login:s", [true, false, false, false]),
            ("login:t", [false; 4]),
            ("logins:7", [true, false, false, false]),
            ("logins:8", [false; 4]),
        ] {
            let seen = [&ann, &bob, &public, &token].map(|identity| concerned(identity, change));
            assert_eq!(seen, expected, "{change}");
        }
    }

    #[test]
    fn keys_tell_identities_apart() {
        let keys = [user("7", None), user("8", None), user("7", Some("s"))].map(|identity| identity.key);
        assert!(keys[0] != keys[1] && keys[0] != keys[2]);
        assert_eq!(keys[0], user("7", None).key);
        let admin = |json: &str| {
            Identity::new(Parts { admin: Some(json.into()), ..parts(Strategy::Admin, "role:1") }).key
        };
        assert_ne!(admin("1"), admin("2"));
    }

    #[test]
    fn strategies_go_by_their_names() {
        for name in ["public", "api-token", "jwt", "admin-jwt"] {
            assert_eq!(Strategy::parse(name).map(Strategy::as_str), Some(name));
        }
        assert_eq!(Strategy::parse("basic"), None);
    }
}
