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
    security::{Proxy, Rules, parse_rule},
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
    /// Header in which a trusted proxy names the client (Koa's `proxyIpHeader`); `null` believes no header.
    pub proxy_header: Option<String>,
    /// How many addresses of that header are believed, from the right (Koa's `maxIpsCount`); 0 is all.
    pub proxy_max_ips: u32,
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
        proxy: rules.proxy_header.map(|header| Proxy { header, max_ips: rules.proxy_max_ips as usize }),
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

    /// Ids of the open connections whose address the rules in force do not let in.
    #[napi(ts_return_type = "Promise<Array<string>>")]
    pub fn denied_conn_ids(&self) -> AsyncTask<FindDenied> {
        AsyncTask::new(FindDenied(self.core().clone()))
    }
}
