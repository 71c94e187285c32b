//! Security rules.

use std::sync::Arc;

use napi::{
    Env, Task,
    bindgen_prelude::{AsyncTask, Result},
};
use napi_derive::napi;

use super::engine::{Engine, strings};
use crate::{
    error::Error,
    security::{self, InboundRules, Rules, parse_rule},
    server::core::Core,
};

/// The limits in force. Zero means no limit, an empty list no rule.
#[napi(object, use_nullable = true)]
pub struct SecurityRules {
    /// Connections in total.
    pub max_connections: u32,
    /// Connections from one address.
    pub max_connections_per_ip: u32,
    /// Events one connection may send in a second. More are refused with an error to the client; a client that
    /// goes on for five seconds, or sends ten times the limit in one, is disconnected.
    pub max_events_per_second: u32,
    /// If not empty, only these addresses and networks may connect.
    pub allow: Vec<String>,
    /// These addresses and networks may not connect, whatever `allow` says.
    pub deny: Vec<String>,
    /// Addresses and networks of the proxies whose word about the client's address counts; if empty, Koa's rule
    /// decides.
    pub trusted_proxies: Vec<String>,
    /// Origins whose pages may connect; `null` lets those of every origin.
    pub origins: Option<Vec<String>>,
    /// If not empty, clients may send only these events.
    pub events: Vec<String>,
    /// Bytes of an event, and of each of its attachments.
    pub max_event_bytes: u32,
    /// Objects and arrays inside each other in the arguments of an event.
    pub max_event_depth: u32,
}

/// What was read about the proxies that a request passed.
#[napi(object)]
pub struct Forwarded {
    /// Value of the header in which proxies name the client, repeated lines joined.
    pub addresses: String,
    /// Whether the application believes that header (Koa's `proxy`).
    pub believed: bool,
    /// How many addresses are believed, from the right (Koa's `maxIpsCount`); 0 is all.
    pub max_ips: u32,
}

impl From<Forwarded> for security::Forwarded {
    fn from(forwarded: Forwarded) -> Self {
        let Forwarded { addresses, believed, max_ips } = forwarded;
        Self { addresses, believed, max_ips: max_ips as usize }
    }
}

fn rules(rules: SecurityRules) -> std::result::Result<Rules, Error> {
    let parse = |name: &str, list: &[String]| {
        let parsed = list.iter().enumerate().map(|(index, text)| {
            parse_rule(text).map_err(|rule| Error::Rule { path: format!("{name}[{index}]"), rule })
        });
        parsed.collect::<std::result::Result<Vec<_>, _>>()
    };
    Ok(Rules {
        max_connections: rules.max_connections,
        max_connections_per_ip: rules.max_connections_per_ip,
        max_events_per_second: rules.max_events_per_second,
        allow: parse("allow", &rules.allow)?,
        deny: parse("deny", &rules.deny)?,
        trusted_proxies: parse("trustedProxies", &rules.trusted_proxies)?,
        origins: rules.origins.map(|origins| origins.into_iter().collect()),
        inbound: InboundRules {
            allowed: rules.events.into_iter().collect(),
            max_bytes: rules.max_event_bytes as usize,
            max_depth: rules.max_event_depth as usize,
        },
    })
}

/// What is wrong with an address rule, or `null`.
#[napi]
pub fn check_address_rule(rule: String) -> Option<String> {
    parse_rule(&rule).err().map(|error| error.to_string())
}

/// Looks for the connections that the rules do not let in, off Node's loop: there may be many of both.
pub struct FindDenied(Arc<Core>);

impl Task for FindDenied {
    type Output = Vec<Arc<str>>;
    type JsValue = Vec<String>;

    fn compute(&mut self) -> Result<Self::Output> {
        Ok(self.0.denied_conn_ids())
    }

    fn resolve(&mut self, _: Env, ids: Self::Output) -> Result<Self::JsValue> {
        Ok(strings(ids))
    }
}

#[napi]
impl Engine {
    /// Replaces the security rules; they apply to what comes next. Throws on a malformed address, changing nothing.
    #[napi]
    pub fn set_security(&self, security: SecurityRules) -> Result<()> {
        self.core().security.set_rules(rules(security)?);
        Ok(())
    }

    /// The address of the client of a request that came from `peer`: what Koa's `ctx.request.ip` is, unless there
    /// are trusted proxies.
    #[napi]
    pub fn client_address(&self, peer: String, forwarded: Option<Forwarded>) -> String {
        let forwarded = forwarded.map(security::Forwarded::from);
        self.core().client_address(&peer, forwarded.as_ref()).text.into()
    }

    /// Whether a line of this kind, which clients can cause, may be logged now. The lines that may not are counted, and
    /// their number is logged later. `kind` is for people and holds nothing that clients choose.
    #[napi]
    pub fn may_log(&self, kind: String) -> bool {
        self.core().may_log(&kind)
    }

    /// The address of the client of an open connection. `null`: it is gone.
    #[napi]
    pub fn conn_address(&self, conn: String) -> Option<String> {
        Some(self.core().conn(&conn)?.address.text.to_string())
    }

    /// Ids of the open connections whose address the rules in force do not let in.
    #[napi(ts_return_type = "Promise<Array<string>>")]
    pub fn denied_conn_ids(&self) -> AsyncTask<FindDenied> {
        AsyncTask::new(FindDenied(self.core().clone()))
    }
}
