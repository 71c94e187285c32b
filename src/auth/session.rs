//! Tokens with which admins open Socket.IO connections: short-lived, kept only as digests, bound to the admin session
//! they were issued in. The server that issued a token counts its uses; servers beside it adopt it while it is used
//! there, so that they know when it is taken back.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::clock::Now;

/// Part of its life after which a token should be replaced, in percent.
const REFRESH_AT: u32 = 70;

/// How tokens are handed out.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Life of a token.
    pub ttl: Duration,
    /// Time between two tokens of one admin session.
    pub cooldown: Duration,
    /// Connections one token may open.
    pub max_uses: u32,
    /// Tokens that are alive at a time.
    pub max_tokens: usize,
}

/// Why there is no new token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenError {
    /// The admin session has been given one a moment ago.
    #[error("the next session token may be requested in {} s", .retry_after.as_millis().div_ceil(1000))]
    Cooldown {
        /// Until when to wait.
        retry_after: Duration,
    },
    /// Too many are alive.
    #[error("there are {0} session tokens, which is the limit")]
    Full(usize),
}

/// A new token. Only here it exists in the clear.
#[derive(Debug, Clone, PartialEq)]
pub struct Issued {
    /// The token, a UUID.
    pub token: String,
    /// When it ends, milliseconds since the epoch.
    pub expires_at: f64,
    /// When it should be replaced, milliseconds since the epoch.
    pub refresh_after: f64,
}

/// Whom a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The admin.
    pub user: i64,
    /// The admin session it was issued in.
    pub session: String,
}

/// A use of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// Whom it stands for.
    pub grant: Grant,
    /// The rest of its life. Clocks of servers differ.
    pub expires_in: Duration,
}

/// How many tokens there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Alive.
    pub active: usize,
    /// Of these, past the time at which they should have been replaced.
    pub expiring_soon: usize,
}

struct Entry {
    grant: Grant,
    refresh_after: Instant,
    expires: Instant,
    uses: u32,
    /// Issued by another server, which counts it.
    foreign: bool,
}

#[derive(Default)]
struct State {
    tokens: HashMap<String, Entry>,
    /// When an admin session was given its last token. Outlives the token: who was logged out must wait, too.
    issued: HashMap<String, Instant>,
}

/// All tokens of one server.
pub struct SessionTokens {
    limits: Limits,
    state: Mutex<State>,
}

/// What is kept of a token, and what servers tell each other of it: its SHA-256, in hexadecimal.
pub fn digest(token: &str) -> String {
    format!("{:x}", Sha256::digest(token))
}

/// A random UUID (version 4).
fn uuid() -> String {
    let bits = rand::random::<u128>() & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

impl SessionTokens {
    /// No tokens yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    /// Makes a token for an admin in an admin session.
    pub fn issue(&self, grant: Grant, now: Now) -> Result<Issued, TokenError> {
        let Limits { ttl, cooldown, max_tokens, .. } = self.limits;
        let mut state = self.state.lock();
        state.forget(now.instant, cooldown);
        if let Some(last) = state.issued.get(&grant.session) {
            let retry_after = (*last + cooldown).saturating_duration_since(now.instant);
            return Err(TokenError::Cooldown { retry_after });
        }
        if state.tokens.len().max(state.issued.len()) >= max_tokens {
            return Err(TokenError::Full(max_tokens));
        }
        let token = uuid();
        let (refresh, expires) = (now.after(ttl * REFRESH_AT / 100), now.after(ttl));
        state.issued.insert(grant.session.clone(), now.instant);
        state.tokens.insert(
            digest(&token),
            Entry {
                grant,
                refresh_after: refresh.instant,
                expires: expires.instant,
                uses: 0,
                foreign: false,
            },
        );
        Ok(Issued { token, expires_at: expires.epoch, refresh_after: refresh.epoch })
    }

    /// Uses a token of this server for one connection.
    pub fn redeem(&self, digest: &str, now: Now) -> Option<Redeemed> {
        let mut state = self.state.lock();
        let entry = state.tokens.get_mut(digest)?;
        if entry.foreign || entry.expires <= now.instant || entry.uses >= self.limits.max_uses {
            return None;
        }
        entry.uses += 1;
        let expires_in = entry.expires.saturating_duration_since(now.instant);
        Some(Redeemed { grant: entry.grant.clone(), expires_in })
    }

    /// Takes note of a token that another server has redeemed for a connection here. False: there is no room for it.
    pub fn adopt(&self, digest: &str, Redeemed { grant, expires_in }: Redeemed, now: Now) -> bool {
        let mut state = self.state.lock();
        state.forget(now.instant, self.limits.cooldown);
        if state.tokens.len() >= self.limits.max_tokens && !state.tokens.contains_key(digest) {
            return false;
        }
        let expires = now.after(expires_in.min(self.limits.ttl)).instant;
        state.tokens.insert(
            digest.to_owned(),
            Entry { grant, refresh_after: expires, expires, uses: 0, foreign: true },
        );
        true
    }

    /// Whether a token that was redeemed or adopted has not been taken back in the meantime.
    pub fn holds(&self, digest: &str) -> bool {
        self.state.lock().tokens.contains_key(digest)
    }

    /// Takes back all tokens of an admin; how many of this server's were alive.
    pub fn invalidate_user(&self, user: i64, now: Now) -> usize {
        self.invalidate(now, |grant| grant.user == user)
    }

    /// Takes back all tokens of an admin session; how many of this server's were alive.
    pub fn invalidate_session(&self, session: &str, now: Now) -> usize {
        self.invalidate(now, |grant| grant.session == session)
    }

    /// Takes back all tokens; how many of this server's were alive.
    pub fn clear(&self, now: Now) -> usize {
        self.invalidate(now, |_| true)
    }

    fn invalidate(&self, now: Now, whose: impl Fn(&Grant) -> bool) -> usize {
        let mut state = self.state.lock();
        let mut count = 0;
        state.tokens.retain(|_, entry| {
            let hit = whose(&entry.grant);
            count += usize::from(hit && !entry.foreign && entry.expires > now.instant);
            !hit
        });
        count
    }

    /// How many tokens of this server are alive.
    pub fn counts(&self, now: Now) -> Counts {
        let mut state = self.state.lock();
        state.forget(now.instant, self.limits.cooldown);
        let own = || state.tokens.values().filter(|entry| !entry.foreign);
        let expiring_soon = own().filter(|entry| entry.refresh_after <= now.instant).count();
        Counts { active: own().count(), expiring_soon }
    }

    /// The admin sessions of the tokens that are alive.
    pub fn grants(&self, now: Now) -> Vec<Grant> {
        let mut state = self.state.lock();
        state.forget(now.instant, self.limits.cooldown);
        let mut grants: Vec<Grant> = Vec::new();
        for Entry { grant, .. } in state.tokens.values() {
            if !grants.contains(grant) {
                grants.push(grant.clone());
            }
        }
        grants
    }
}

impl State {
    fn forget(&mut self, now: Instant, cooldown: Duration) {
        self.tokens.retain(|_, entry| entry.expires > now);
        self.issued.retain(|_, at| *at + cooldown > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn tokens(max_tokens: usize) -> SessionTokens {
        SessionTokens::new(Limits { ttl: 10 * MINUTE, cooldown: MINUTE / 2, max_uses: 10, max_tokens })
    }

    fn grant(user: i64, session: &str) -> Grant {
        Grant { user, session: session.into() }
    }

    #[test]
    fn a_token_is_a_uuid_that_says_when_to_replace_it() {
        let now = Now::read();
        let issued = tokens(9).issue(grant(1, "a"), now).unwrap();
        let lengths: Vec<_> = issued.token.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&issued.token[14..15], "4");
        assert!("89ab".contains(&issued.token[19..20]));
        assert_eq!(issued.refresh_after - now.epoch, 420_000.0);
        assert_eq!(issued.expires_at - now.epoch, 600_000.0);
    }

    #[test]
    fn a_token_ends_with_its_time_or_its_uses() {
        let (tokens, now) = (tokens(9), Now::read());
        let issued = tokens.issue(grant(1, "a"), now).unwrap().token;
        let token = digest(&issued);
        for _ in 0..9 {
            let redeemed = Redeemed { grant: grant(1, "a"), expires_in: 10 * MINUTE };
            assert_eq!(tokens.redeem(&token, now), Some(redeemed));
        }
        assert!(tokens.redeem(&token, now.after(10 * MINUTE)).is_none());
        assert!(tokens.redeem(&token, now.after(9 * MINUTE)).is_some());
        assert!(tokens.redeem(&token, now).is_none(), "the eleventh use");
        assert!(tokens.redeem(&issued, now).is_none(), "only the digest is known");
    }

    #[test]
    fn an_admin_session_waits_between_two_tokens() {
        let (tokens, now) = (tokens(9), Now::read());
        tokens.issue(grant(1, "a"), now).unwrap();
        let retry_after = Duration::from_secs(20);
        let early = tokens.issue(grant(1, "a"), now.after(MINUTE / 6));
        assert_eq!(early, Err(TokenError::Cooldown { retry_after }));
        assert!(tokens.issue(grant(1, "b"), now).is_ok(), "another session need not");
        tokens.invalidate_user(1, now);
        assert!(tokens.issue(grant(1, "a"), now).is_err(), "nor is it a way around");
        assert!(tokens.issue(grant(1, "a"), now.after(MINUTE / 2)).is_ok());
    }

    #[test]
    fn tokens_are_taken_back_by_admin_and_by_session() {
        let (tokens, now) = (tokens(9), Now::read());
        let issue = |user, session| digest(&tokens.issue(grant(user, session), now).unwrap().token);
        let (a, b, c) = (issue(1, "a"), issue(1, "b"), issue(2, "c"));
        assert_eq!(tokens.invalidate_session("b", now), 1);
        assert!(tokens.redeem(&b, now).is_none() && tokens.redeem(&a, now).is_some());
        assert_eq!(tokens.invalidate_user(1, now), 1);
        assert!(!tokens.holds(&a) && tokens.holds(&c));
        assert_eq!(tokens.grants(now), [grant(2, "c")]);
        assert_eq!(tokens.invalidate_user(2, now.after(10 * MINUTE)), 0, "it had ended by itself");
    }

    #[test]
    fn a_token_of_another_server_is_known_here_and_used_and_counted_there() {
        let (issuer, beside, now) = (tokens(9), tokens(1), Now::read());
        let token = digest(&issuer.issue(grant(1, "a"), now).unwrap().token);
        assert!(beside.redeem(&token, now).is_none() && !beside.holds(&token));
        let redeemed = issuer.redeem(&token, now.after(MINUTE)).unwrap();
        assert_eq!(redeemed.expires_in, 9 * MINUTE);
        assert!(beside.adopt(&token, redeemed.clone(), now) && beside.adopt(&token, redeemed.clone(), now));
        assert!(!beside.adopt("another", redeemed.clone(), now), "there is room for one");
        assert!(beside.holds(&token) && beside.redeem(&token, now).is_none());
        assert_eq!(beside.counts(now), Counts { active: 0, expiring_soon: 0 });
        assert_eq!(beside.grants(now), [grant(1, "a")]);
        assert_eq!((beside.invalidate_user(1, now), issuer.invalidate_user(1, now)), (0, 1));
        assert!(!beside.holds(&token));
        assert!(beside.adopt(&token, redeemed, now) && beside.grants(now.after(9 * MINUTE)).is_empty());
    }

    #[test]
    fn counts_are_of_what_is_alive_and_bounded() {
        let (tokens, now) = (tokens(2), Now::read());
        tokens.issue(grant(1, "a"), now).unwrap();
        tokens.issue(grant(1, "b"), now.after(5 * MINUTE)).unwrap();
        let full = tokens.issue(grant(1, "c"), now.after(5 * MINUTE));
        assert_eq!(full, Err(TokenError::Full(2)));
        let counts = |minutes| tokens.counts(now.after(minutes * MINUTE));
        assert_eq!(counts(6), Counts { active: 2, expiring_soon: 0 });
        assert_eq!(counts(7), Counts { active: 2, expiring_soon: 1 });
        assert_eq!(counts(10), Counts { active: 1, expiring_soon: 0 });
        assert!(tokens.issue(grant(1, "c"), now.after(10 * MINUTE)).is_ok());
    }
}
