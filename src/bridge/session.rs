//! The `SessionTokens` class.

use std::{sync::Arc, time::Duration};

use napi_derive::napi;

use crate::{
    auth::session::{self, Grant, Issued, Limits, Redeemed, TokenError},
    clock::Now,
};

/// How session tokens are handed out.
#[napi(object)]
pub struct SessionTokenOptions {
    /// Life of a token, in milliseconds.
    pub ttl: u32,
    /// Time between two tokens of one admin session, in milliseconds.
    pub cooldown: u32,
    /// Connections one token may open.
    pub max_uses: u32,
    /// Tokens that are alive at a time.
    pub max_tokens: u32,
}

/// A new token, or why there is none. `token` is `null` in the latter case.
#[napi(object, use_nullable = true)]
pub struct SessionTokenAnswer {
    /// The token, a UUID. It cannot be had again.
    pub token: Option<String>,
    /// When it ends, milliseconds since the epoch; 0 without a token.
    pub expires_at: f64,
    /// When it should be replaced, milliseconds since the epoch; 0 without a token.
    pub refresh_after: f64,
    /// Milliseconds to wait for the next one; `null` if that would not help.
    pub retry_after: Option<f64>,
    /// What is wrong, for people.
    pub message: Option<String>,
}

/// The admin, and the admin session, a token was issued for.
#[napi(object)]
pub struct SessionGrant {
    /// Identifier of the admin.
    pub user_id: i64,
    /// Identifier of the admin session.
    pub session_id: String,
}

/// A use of a token.
#[napi(object)]
pub struct SessionRedemption {
    /// Identifier of the admin.
    pub user_id: i64,
    /// Identifier of the admin session.
    pub session_id: String,
    /// The rest of the token's life, in milliseconds.
    pub expires_in: u32,
}

/// How many session tokens there are.
#[napi(object)]
pub struct SessionTokenCounts {
    /// Alive.
    pub active: u32,
    /// Of these, past the time at which they should have been replaced.
    pub expiring_soon: u32,
}

impl From<SessionTokenOptions> for Limits {
    fn from(options: SessionTokenOptions) -> Self {
        Self {
            ttl: Duration::from_millis(options.ttl.into()),
            cooldown: Duration::from_millis(options.cooldown.into()),
            max_uses: options.max_uses,
            max_tokens: options.max_tokens as usize,
        }
    }
}

impl From<Result<Issued, TokenError>> for SessionTokenAnswer {
    fn from(result: Result<Issued, TokenError>) -> Self {
        match result {
            Ok(Issued { token, expires_at, refresh_after }) => {
                Self { token: Some(token), expires_at, refresh_after, retry_after: None, message: None }
            }
            Err(error) => Self {
                token: None,
                expires_at: 0.0,
                refresh_after: 0.0,
                retry_after: match &error {
                    TokenError::Cooldown { retry_after } => Some(retry_after.as_millis() as f64),
                    TokenError::Full(_) => None,
                },
                message: Some(error.to_string()),
            },
        }
    }
}

impl From<Grant> for SessionGrant {
    fn from(Grant { user, session }: Grant) -> Self {
        Self { user_id: user, session_id: session }
    }
}

impl From<Redeemed> for SessionRedemption {
    fn from(Redeemed { grant, expires_in }: Redeemed) -> Self {
        Self { user_id: grant.user, session_id: grant.session, expires_in: expires_in.as_millis() as u32 }
    }
}

impl From<SessionRedemption> for Redeemed {
    fn from(SessionRedemption { user_id, session_id, expires_in }: SessionRedemption) -> Self {
        let grant = Grant { user: user_id, session: session_id };
        Self { grant, expires_in: Duration::from_millis(expires_in.into()) }
    }
}

/// What is kept of a session token, and what servers tell each other of it: its SHA-256, in hexadecimal.
#[napi]
pub fn digest_session_token(token: String) -> String {
    session::digest(&token)
}

/// Tokens with which admins open connections; only their digests are kept.
#[napi]
pub struct SessionTokens {
    inner: Arc<session::SessionTokens>,
}

#[napi]
impl SessionTokens {
    /// No tokens yet.
    #[napi(constructor)]
    pub fn new(options: SessionTokenOptions) -> Self {
        Self { inner: Arc::new(session::SessionTokens::new(options.into())) }
    }

    /// Makes a token for an admin in an admin session.
    #[napi]
    pub fn issue(&self, user_id: i64, session_id: String) -> SessionTokenAnswer {
        self.inner.issue(Grant { user: user_id, session: session_id }, Now::read()).into()
    }

    /// Uses a token of this server for one connection; `null` if it is not good, or not any more.
    #[napi]
    pub fn redeem(&self, digest: String) -> Option<SessionRedemption> {
        self.inner.redeem(&digest, Now::read()).map(SessionRedemption::from)
    }

    /// Takes note of a token that another server has redeemed for a connection here. False: there is no room for it.
    #[napi]
    pub fn adopt(&self, digest: String, redemption: SessionRedemption) -> bool {
        self.inner.adopt(&digest, redemption.into(), Now::read())
    }

    /// Whether a token that was redeemed or adopted has not been taken back in the meantime.
    #[napi]
    pub fn holds(&self, digest: String) -> bool {
        self.inner.holds(&digest)
    }

    /// Takes back all tokens of an admin; how many of this server's were alive.
    #[napi]
    pub fn invalidate_user(&self, user_id: i64) -> u32 {
        self.inner.invalidate_user(user_id, Now::read()) as u32
    }

    /// Takes back all tokens of an admin session; how many of this server's were alive.
    #[napi]
    pub fn invalidate_session(&self, session_id: String) -> u32 {
        self.inner.invalidate_session(&session_id, Now::read()) as u32
    }

    /// Takes back all tokens; how many of this server's were alive.
    #[napi]
    pub fn clear(&self) -> u32 {
        self.inner.clear(Now::read()) as u32
    }

    /// How many tokens of this server are alive.
    #[napi]
    pub fn counts(&self) -> SessionTokenCounts {
        let counts = self.inner.counts(Now::read());
        SessionTokenCounts { active: counts.active as u32, expiring_soon: counts.expiring_soon as u32 }
    }

    /// The admin sessions of the tokens that are alive.
    #[napi]
    pub fn grants(&self) -> Vec<SessionGrant> {
        self.inner.grants(Now::read()).into_iter().map(SessionGrant::from).collect()
    }
}
