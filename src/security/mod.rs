//! Who may connect from where, how often, and how fast a client may talk.

mod address;
mod rate;

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use ipnet::IpNet;
use parking_lot::{Mutex, RwLock};

pub use self::{
    address::{InvalidRule, Proxy, client_ip, parse_rule},
    rate::{EventRate, Verdict},
};

/// The limits in force. Zero means no limit, an empty list no rule.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Connections in total.
    pub max_connections: u32,
    /// Connections from one address.
    pub max_connections_per_ip: u32,
    /// Events one connection may send in a second.
    pub max_events_per_second: u32,
    /// If not empty, only these addresses may connect.
    pub allow: Vec<IpNet>,
    /// These addresses may not connect, whatever `allow` says.
    pub deny: Vec<IpNet>,
    /// How the address of a client behind a proxy is known.
    pub proxy: Option<Proxy>,
}

impl Rules {
    /// Whether the address lists let a client from `address` in. One that is no IP address (a Unix socket) passes
    /// only if there is no allow list.
    pub fn admit(&self, address: Option<IpAddr>) -> bool {
        let listed = |list: &[IpNet]| address.is_some_and(|ip| list.iter().any(|net| net.contains(&ip)));
        !listed(&self.deny) && (self.allow.is_empty() || listed(&self.allow))
    }
}

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// By the address lists.
    Address,
    /// Too many connections in total.
    Total,
    /// Too many connections from that address.
    PerAddress,
}

impl Denied {
    /// Stable identifier, for the `connection_error` event and the logs.
    pub fn code(self) -> &'static str {
        match self {
            Denied::Address => "IP_DENIED",
            Denied::Total => "TOO_MANY_CONNECTIONS",
            Denied::PerAddress => "TOO_MANY_CONNECTIONS_FROM_IP",
        }
    }
}

/// The rules, and what is counted for them. The rules can be replaced at any time; they apply to what comes next.
#[derive(Default)]
pub struct Security {
    rules: RwLock<Arc<Rules>>,
    per_address: Mutex<HashMap<IpAddr, u32>>,
}

impl Security {
    /// The rules in force.
    pub fn rules(&self) -> Arc<Rules> {
        self.rules.read().clone()
    }

    /// Replaces the rules.
    pub fn set_rules(&self, rules: Rules) {
        *self.rules.write() = Arc::new(rules);
    }

    /// Whether a client from `address` may open one more connection beside the `open` ones.
    pub fn check(&self, address: Option<IpAddr>, open: u64) -> Result<(), Denied> {
        let rules = self.rules();
        if !rules.admit(address) {
            return Err(Denied::Address);
        }
        if rules.max_connections > 0 && open >= u64::from(rules.max_connections) {
            return Err(Denied::Total);
        }
        let used = address.and_then(|ip| self.per_address.lock().get(&ip).copied()).unwrap_or(0);
        if rules.max_connections_per_ip > 0 && used >= rules.max_connections_per_ip {
            return Err(Denied::PerAddress);
        }
        Ok(())
    }

    /// Counts a connection.
    pub fn opened(&self, address: Option<IpAddr>) {
        if let Some(ip) = address {
            *self.per_address.lock().entry(ip).or_default() += 1;
        }
    }

    /// Counts a connection out.
    pub fn closed(&self, address: Option<IpAddr>) {
        let Some(ip) = address else { return };
        let mut counts = self.per_address.lock();
        if let Some(count) = counts.get_mut(&ip) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&ip);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    fn security(rules: Rules) -> Security {
        let security = Security::default();
        security.set_rules(rules);
        security
    }

    #[test]
    fn deny_beats_allow_and_an_allow_list_excludes_everybody_else() {
        let net = |text: &str| parse_rule(text).unwrap();
        let security = security(Rules {
            allow: vec![net("10.0.0.0/8"), net("2001:db8::/32")],
            deny: vec![net("10.1.2.3")],
            ..Rules::default()
        });
        assert_eq!(security.check(ip("10.9.9.9"), 0), Ok(()));
        assert_eq!(security.check(ip("2001:db8::1"), 0), Ok(()));
        assert_eq!(security.check(ip("10.1.2.3"), 0), Err(Denied::Address));
        assert_eq!(security.check(ip("192.0.2.1"), 0), Err(Denied::Address));
        assert_eq!(security.check(None, 0), Err(Denied::Address));
    }

    #[test]
    fn caps_count_what_is_open_and_forget_what_is_closed() {
        let security = security(Rules { max_connections: 3, max_connections_per_ip: 1, ..Rules::default() });
        assert_eq!(security.check(ip("192.0.2.1"), 0), Ok(()));
        security.opened(ip("192.0.2.1"));
        assert_eq!(security.check(ip("192.0.2.1"), 1), Err(Denied::PerAddress));
        assert_eq!(security.check(ip("192.0.2.2"), 1), Ok(()));
        assert_eq!(security.check(ip("192.0.2.2"), 3), Err(Denied::Total));
        security.closed(ip("192.0.2.1"));
        assert_eq!(security.check(ip("192.0.2.1"), 0), Ok(()));
        assert!(security.per_address.lock().is_empty());
    }
}
