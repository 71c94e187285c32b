//! Who may connect from where, how often, and how fast a client may talk.

mod address;
mod client;
mod guard;
mod guesses;
mod inbound;
mod rate;

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::Arc,
};

use ipnet::IpNet;
use parking_lot::{Mutex, RwLock};

pub use self::{
    address::{InvalidRule, parse_rule},
    client::{AddressGroup, ClientAddress, Forwarded},
    guard::ConnGuard,
    guesses::{Guesses, Turn},
    inbound::{EventNames, EventSets, InboundRules, Refused, is_named_in, name as event_name},
    rate::{EventRate, Verdict},
};

/// The limits in force. Zero means no limit, an empty list no rule.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Connections in total.
    pub max_connections: u32,
    /// Connections from one address; IPv6 counts per network of 64 bits, unknown addresses count as one.
    pub max_connections_per_ip: u32,
    /// Events one connection may send in a second.
    pub max_events_per_second: u32,
    /// If not empty, only these addresses may connect.
    pub allow: Vec<IpNet>,
    /// These addresses may not connect, whatever `allow` says.
    pub deny: Vec<IpNet>,
    /// Proxies whose word about the client's address counts. If empty, Koa's rule decides.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose pages may connect; `None` lets those of every origin.
    pub origins: Option<HashSet<String>>,
    /// What every client may send.
    pub inbound: InboundRules,
}

impl Rules {
    /// Whether the address lists let a client from `address` in. An unknown address passes only if there is no allow
    /// list.
    pub fn admit(&self, address: Option<IpAddr>) -> bool {
        let listed = |list: &[IpNet]| address.is_some_and(|ip| list.iter().any(|net| net.contains(&ip)));
        !listed(&self.deny) && (self.allow.is_empty() || listed(&self.allow))
    }

    /// Whether a page of `origin` may connect. Only browsers name an origin, and none of their pages can leave it out.
    pub fn admit_origin(&self, origin: &str) -> bool {
        self.origins.as_ref().is_none_or(|origins| origins.contains(origin))
    }
}

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// By the address lists.
    Address,
    /// By the origin of the page.
    Origin,
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
            Denied::Origin => "ORIGIN_DENIED",
            Denied::Total => "TOO_MANY_CONNECTIONS",
            Denied::PerAddress => "TOO_MANY_CONNECTIONS_FROM_IP",
        }
    }
}

/// The rules, and what is counted for them. The rules can be replaced at any time; they apply to what comes next.
#[derive(Default)]
pub struct Security {
    /// Wrong guesses of tokens.
    pub guesses: Guesses,
    /// Names of events that roles may send.
    pub event_sets: EventSets,
    rules: RwLock<Arc<Rules>>,
    per_address: Mutex<HashMap<AddressGroup, u32>>,
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
    pub fn check(&self, address: &ClientAddress, open: u64) -> Result<(), Denied> {
        let rules = self.rules();
        if !rules.admit(address.ip) {
            return Err(Denied::Address);
        }
        if rules.max_connections > 0 && open >= u64::from(rules.max_connections) {
            return Err(Denied::Total);
        }
        if rules.max_connections_per_ip == 0 {
            return Ok(());
        }
        let used = self.per_address.lock().get(&address.group()).copied().unwrap_or(0);
        if used >= rules.max_connections_per_ip { Err(Denied::PerAddress) } else { Ok(()) }
    }

    /// Counts a connection.
    pub fn opened(&self, address: &ClientAddress) {
        *self.per_address.lock().entry(address.group()).or_default() += 1;
    }

    /// Counts a connection out.
    pub fn closed(&self, address: &ClientAddress) {
        let mut counts = self.per_address.lock();
        if let Some(count) = counts.get_mut(&address.group()) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address.group());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> ClientAddress {
        ClientAddress::choose(text, None, &[])
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
        assert_eq!(security.check(&ip("10.9.9.9"), 0), Ok(()));
        assert_eq!(security.check(&ip("2001:db8::1"), 0), Ok(()));
        assert_eq!(security.check(&ip("10.1.2.3"), 0), Err(Denied::Address));
        assert_eq!(security.check(&ip("192.0.2.1"), 0), Err(Denied::Address));
        assert_eq!(security.check(&ip("nonsense"), 0), Err(Denied::Address));
    }

    #[test]
    fn caps_count_what_is_open_and_forget_what_is_closed() {
        let security = security(Rules { max_connections: 3, max_connections_per_ip: 1, ..Rules::default() });
        assert_eq!(security.check(&ip("192.0.2.1"), 0), Ok(()));
        security.opened(&ip("192.0.2.1"));
        assert_eq!(security.check(&ip("192.0.2.1"), 1), Err(Denied::PerAddress));
        assert_eq!(security.check(&ip("192.0.2.2"), 1), Ok(()));
        assert_eq!(security.check(&ip("192.0.2.2"), 3), Err(Denied::Total));
        security.closed(&ip("192.0.2.1"));
        assert_eq!(security.check(&ip("192.0.2.1"), 0), Ok(()));
        assert!(security.per_address.lock().is_empty());
    }

    #[test]
    fn unknown_addresses_share_one_cap_and_ipv6_is_capped_per_64_bits() {
        let security = security(Rules { max_connections_per_ip: 1, ..Rules::default() });
        security.opened(&ip("nonsense"));
        assert_eq!(security.check(&ip("other nonsense"), 1), Err(Denied::PerAddress));
        assert_eq!(security.check(&ip(""), 1), Err(Denied::PerAddress));
        security.opened(&ip("2001:db8::1"));
        assert_eq!(security.check(&ip("2001:db8::2"), 2), Err(Denied::PerAddress));
        assert_eq!(security.check(&ip("2001:db8:0:1::2"), 2), Ok(()));
    }
}
