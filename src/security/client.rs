//! Decides who the client of a request is. Rules, caps, logs and monitoring all use this one answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

/// What the HTTP layer read about the proxies that a request passed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// Value of the header in which proxies name the client, repeated lines joined as the HTTP layer joins them.
    pub addresses: String,
    /// Whether the application believes that header (Koa's `proxy`).
    pub believed: bool,
    /// How many addresses are believed, from the right (Koa's `maxIpsCount`); 0 is all.
    pub max_ips: usize,
}

/// The client of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientAddress {
    /// The address as the proxy or the operating system writes it: Koa's `ctx.request.ip`.
    pub text: Box<str>,
    /// The same as an IP address, IPv4-mapped ones as IPv4. `None` if the text is not an IP address.
    pub ip: Option<IpAddr>,
}

/// The addresses that share one limit: one IPv4 address, one IPv6 network of 64 bits, or all unknown addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressGroup {
    /// One IPv4 address.
    V4(Ipv4Addr),
    /// The first 64 bits of an IPv6 address, which is what one customer or one machine gets.
    V6(u64),
    /// Clients whose address is not known, such as those of a Unix socket without a forwarding header.
    Unknown,
}

impl ClientAddress {
    /// Chooses the client of a request that came from `peer`.
    ///
    /// Without `trusted` networks the rule is Koa's: the first of the believed addresses, or else the peer. With
    /// them, the header counts only if the peer is trusted, and the client is the last address in it that is not.
    pub fn choose(peer: &str, forwarded: Option<&Forwarded>, trusted: &[IpNet]) -> Self {
        let text = match forwarded {
            None => peer,
            Some(forwarded) if trusted.is_empty() => koa(peer, forwarded),
            Some(forwarded) => last_untrusted(peer, &forwarded.addresses, trusted),
        };
        Self { text: text.into(), ip: parse_ip(text) }
    }

    /// The limit this address counts for.
    pub fn group(&self) -> AddressGroup {
        match self.ip {
            Some(IpAddr::V4(ip)) => AddressGroup::V4(ip),
            Some(IpAddr::V6(ip)) => AddressGroup::V6((u128::from(ip) >> 64) as u64),
            None => AddressGroup::Unknown,
        }
    }
}

/// Koa's `ctx.request.ip`.
fn koa<'a>(peer: &'a str, forwarded: &'a Forwarded) -> &'a str {
    if !forwarded.believed || forwarded.addresses.is_empty() {
        return peer;
    }
    let addresses: Vec<&str> = forwarded.addresses.split(',').collect();
    let skipped = match forwarded.max_ips {
        0 => 0,
        max => addresses.len().saturating_sub(max),
    };
    match trim(addresses[skipped]) {
        "" => peer,
        first => first,
    }
}

/// The last address of the chain that is not a trusted proxy. A chain of trusted proxies only begins with the client.
fn last_untrusted<'a>(peer: &'a str, addresses: &'a str, trusted: &[IpNet]) -> &'a str {
    let is_trusted = |text: &str| {
        // A peer without an address is a process of this machine, on a Unix socket.
        let ip = if text.is_empty() { Some(Ipv6Addr::LOCALHOST.into()) } else { parse_ip(text) };
        let contains = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip));
        ip.is_some_and(|ip| contains(ip) || (text.is_empty() && contains(Ipv4Addr::LOCALHOST.into())))
    };
    let mut client = peer;
    let mut chain = addresses.rsplit(',').map(trim).filter(|text| !text.is_empty());
    while is_trusted(client) {
        match chain.next() {
            Some(next) => client = next,
            None => break,
        }
    }
    client
}

/// JavaScript's `trim` for the characters a header can hold.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() && c != '\u{85}')
}

/// Reads an address with or without brackets, port and zone.
fn parse_ip(text: &str) -> Option<IpAddr> {
    let address = |text: &str| text.split('%').next().unwrap_or(text).parse::<IpAddr>().ok();
    let bracketed = || address(text.strip_prefix('[')?.strip_suffix(']')?);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    address(text).or_else(with_port).or_else(bracketed).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn koa_header(addresses: &str, max_ips: usize) -> Forwarded {
        Forwarded { addresses: addresses.into(), believed: true, max_ips }
    }

    fn chosen(peer: &str, forwarded: &Forwarded, trusted: &[&str]) -> (String, Option<IpAddr>) {
        let trusted: Vec<IpNet> =
            trusted.iter().map(|rule| super::super::parse_rule(rule).unwrap()).collect();
        let client = ClientAddress::choose(peer, Some(forwarded), &trusted);
        (client.text.into(), client.ip)
    }

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn without_trusted_proxies_the_rule_is_koas() {
        let chain = "203.0.113.9, 198.51.100.2";
        let first = |max_ips| chosen("192.0.2.1", &koa_header(chain, max_ips), &[]).1;
        assert_eq!(
            [first(0), first(1), first(2)],
            [ip("203.0.113.9"), ip("198.51.100.2"), ip("203.0.113.9")]
        );
        assert_eq!(ClientAddress::choose("::ffff:192.0.2.1", None, &[]).ip, ip("192.0.2.1"));
        let ignored = Forwarded { believed: false, ..koa_header(chain, 0) };
        assert_eq!(chosen("192.0.2.1", &ignored, &[]).1, ip("192.0.2.1"));
        for (header, text, parsed) in [
            ("", "192.0.2.1", ip("192.0.2.1")),
            (" , 203.0.113.9", "192.0.2.1", ip("192.0.2.1")),
            ("nonsense, 203.0.113.9", "nonsense", None),
            ("\u{a0}203.0.113.9\t", "203.0.113.9", ip("203.0.113.9")),
            ("203.0.113.9\u{85}", "203.0.113.9\u{85}", None),
            ("010.0.0.1", "010.0.0.1", None),
            ("[2001:db8::7]:443", "[2001:db8::7]:443", ip("2001:db8::7")),
            ("[2001:db8::7]", "[2001:db8::7]", ip("2001:db8::7")),
            ("fe80::1%eth0", "fe80::1%eth0", ip("fe80::1")),
            ("203.0.113.9:8080", "203.0.113.9:8080", ip("203.0.113.9")),
        ] {
            assert_eq!(chosen("192.0.2.1", &koa_header(header, 0), &[]), (text.into(), parsed), "{header}");
        }
    }

    #[test]
    fn with_trusted_proxies_the_client_is_the_last_address_that_is_not_one() {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"];
        for (peer, header, client) in [
            ("10.0.0.1", "198.51.100.66, 203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.66, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("::ffff:10.0.0.1", "203.0.113.9,, [2001:db8::5]:443 ,", "203.0.113.9"),
            ("10.0.0.1", "nonsense", "nonsense"),
            ("10.0.0.1", "203.0.113.9, nonsense", "nonsense"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("203.0.113.7", "198.51.100.66", "203.0.113.7"),
            ("", "198.51.100.66", ""),
        ] {
            assert_eq!(chosen(peer, &koa_header(header, 1), &trusted).0, client, "{peer} {header}");
        }
        // The application's own belief does not matter here.
        let unbelieved = Forwarded { believed: false, ..koa_header("203.0.113.9", 0) };
        assert_eq!(chosen("10.0.0.1", &unbelieved, &trusted).0, "203.0.113.9");
        for loopback in ["127.0.0.1", "::1"] {
            assert_eq!(chosen("", &koa_header("203.0.113.9", 0), &[loopback]).0, "203.0.113.9");
        }
    }

    #[test]
    fn addresses_are_counted_one_by_one_in_ipv4_and_per_64_bits_in_ipv6() {
        let group = |peer: &str| ClientAddress::choose(peer, None, &[]).group();
        assert_eq!(group("2001:db8::1"), group("2001:db8::ffff:1"));
        assert_ne!(group("2001:db8::1"), group("2001:db8:0:1::1"));
        assert_eq!(group("::ffff:192.0.2.1"), group("192.0.2.1"));
        assert_ne!(group("192.0.2.1"), group("192.0.2.2"));
        assert_eq!((group(""), group("nonsense")), (AddressGroup::Unknown, AddressGroup::Unknown));
    }
}
