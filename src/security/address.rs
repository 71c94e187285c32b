//! Addresses of clients, and rules over them.

use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;

/// A rule that is neither an address nor a network.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("\"{0}\" is neither an IP address nor a network like 10.0.0.0/8 or 2001:db8::/32")]
pub struct InvalidRule(String);

/// How proxies tell the client's address: Koa's `proxyIpHeader` and `maxIpsCount`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Header with the addresses, the client's first.
    pub header: String,
    /// How many addresses from the right are believed; 0 believes all.
    pub max_ips: usize,
}

/// Reads a rule. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 one.
pub fn parse_rule(text: &str) -> Result<IpNet, InvalidRule> {
    let invalid = || InvalidRule(text.to_owned());
    let text = text.trim();
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(ip.to_canonical().into());
    }
    let net: IpNet = text.parse().map_err(|_| invalid())?;
    match net {
        IpNet::V6(v6) if v6.prefix_len() >= 96 && v6.network().to_ipv4_mapped().is_some() => {
            let v4 = v6.network().to_ipv4_mapped().ok_or_else(invalid)?;
            IpNet::new(v4.into(), v6.prefix_len() - 96).map_err(|_| invalid())
        }
        net => Ok(net),
    }
}

/// The address of the client: the peer's, or the one its proxy names, chosen as Koa chooses `ctx.ip`.
pub fn client_ip<'a>(
    peer: &str,
    proxy: Option<&Proxy>,
    header: impl FnOnce(&str) -> Option<&'a str>,
) -> Option<IpAddr> {
    let named = proxy.and_then(|proxy| {
        let addresses: Vec<&str> = header(&proxy.header)?.split(',').map(str::trim).collect();
        let believed = if proxy.max_ips > 0 { proxy.max_ips.min(addresses.len()) } else { addresses.len() };
        Some(addresses[addresses.len() - believed])
    });
    match named {
        // A proxy that names something else than an address leaves the client unknown, not the proxy's equal.
        Some(text) if !text.is_empty() => parse_ip(text),
        _ => parse_ip(peer),
    }
}

/// An address, without its port or zone.
fn parse_ip(text: &str) -> Option<IpAddr> {
    let bare = text.split('%').next().unwrap_or(text);
    let parsed =
        bare.parse().ok().or_else(|| bare.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()));
    parsed.map(|ip: IpAddr| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_addresses_or_networks_of_both_families() {
        let contains =
            |rule: &str, ip: &str| parse_rule(rule).unwrap().contains(&ip.parse::<IpAddr>().unwrap());
        assert!(contains("10.0.0.0/8", "10.200.0.1"));
        assert!(!contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("::1", "::1"));
        assert!(contains("2001:db8::/32", "2001:db8:1::5"));
        assert!(contains("::ffff:10.0.0.1", "10.0.0.1"));
        assert!(contains("::ffff:10.0.0.0/104", "10.1.1.1"));
        for bad in ["", "10.0.0", "10.0.0.0/33", "localhost", "10.0.0.0/8 or so"] {
            assert!(parse_rule(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_proxy_is_believed_only_where_it_is_configured() {
        let forwarded = |_: &str| Some("203.0.113.9, 198.51.100.2");
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let proxy = |max_ips| Proxy { header: "x-forwarded-for".into(), max_ips };
        assert_eq!(client_ip("::ffff:192.0.2.1", None, forwarded), ip("192.0.2.1"));
        assert_eq!(client_ip("192.0.2.1", Some(&proxy(0)), forwarded), ip("203.0.113.9"));
        assert_eq!(client_ip("192.0.2.1", Some(&proxy(1)), forwarded), ip("198.51.100.2"));
        assert_eq!(client_ip("192.0.2.1", Some(&proxy(0)), |_| None), ip("192.0.2.1"));
        assert_eq!(client_ip("192.0.2.1", Some(&proxy(0)), |_| Some("nonsense")), None);
        assert_eq!(client_ip("192.0.2.1", Some(&proxy(0)), |_| Some("[2001:db8::7]:443")), ip("2001:db8::7"));
        assert_eq!(client_ip("", None, |_| None), None);
    }
}
