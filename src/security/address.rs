//! Rules over addresses.

use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;

/// A rule that is neither an address nor a network.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("\"{0}\" is neither an IP address nor a network like 10.0.0.0/8 or 2001:db8::/32")]
pub struct InvalidRule(String);

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
}
