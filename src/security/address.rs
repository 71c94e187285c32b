//! Rules over addresses.

use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;

/// A rule that is neither an address nor a network.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("\"{0}\" is neither an IP address nor a network like 10.0.0.0/8 or 2001:db8::/32")]
pub struct InvalidRule(String);

/// Reads a rule. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 one.
///
/// Numbers have no leading zeros: some programs read `010.0.0.1` as octal.
pub fn parse_rule(text: &str) -> Result<IpNet, InvalidRule> {
    parse_net(text.trim()).ok_or_else(|| InvalidRule(text.to_owned()))
}

fn parse_net(text: &str) -> Option<IpNet> {
    let Some((address, prefix)) = text.split_once('/') else {
        return text.parse::<IpAddr>().ok().map(|ip| ip.to_canonical().into());
    };
    let address: IpAddr = address.parse().ok()?;
    let is_plain = prefix == "0" || prefix.starts_with(|first| matches!(first, '1'..='9'));
    let prefix: u8 = prefix.parse().ok().filter(|_| is_plain)?;
    match address.to_canonical() {
        // A network that holds more than IPv4 addresses written as IPv6 is one of IPv6.
        IpAddr::V4(v4) if address.is_ipv6() && prefix >= 96 => IpNet::new(v4.into(), prefix - 96).ok(),
        _ => IpNet::new(address, prefix).ok(),
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
        for bad in [
            "",
            "10.0.0",
            "10.0.0.0/33",
            "localhost",
            "10.0.0.0/8 or so",
            "010.0.0.0/8",
            "10.0.0.0/08",
            "10.0.0.0/+8",
        ] {
            assert!(parse_rule(bad).is_err(), "{bad}");
        }
    }
}
