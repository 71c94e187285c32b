//! Rules over addresses. They are judged as the standard library's parser and plain bit masks judge them, and a rule
//! reads the same when written again.
//!
//! Input: lines of rules; the last line is an address.

use std::net::IpAddr;

use plugin_io::security::{Rules, parse_rule};

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (rules, address) = text.rsplit_once('\n').unwrap_or(("", &text));
    let address = address.parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
    let mut nets = Vec::new();
    for rule in rules.split('\n') {
        let parsed = parse_rule(rule);
        let expected = Expected::read(rule);
        assert_eq!(parsed.is_ok(), expected.is_some(), "{rule:?}");
        let (Ok(net), Some(expected)) = (parsed, expected) else { continue };
        assert_eq!(parse_rule(&net.to_string()), Ok(net), "{rule:?}");
        assert!(net.contains(&net.network()));
        if let Some(ip) = address {
            assert_eq!(net.contains(&ip), expected.contains(ip), "{rule:?} {ip}");
        }
        nets.push(net);
    }
    let listed = address.is_some_and(|ip| nets.iter().any(|net| net.contains(&ip)));
    let only = Rules { allow: nets.clone(), ..Rules::default() };
    let but = Rules { deny: nets.clone(), ..Rules::default() };
    let none = Rules { allow: nets.clone(), deny: nets.clone(), ..Rules::default() };
    assert_eq!(only.admit(address), nets.is_empty() || listed);
    assert_eq!(but.admit(address), !listed);
    assert_eq!(none.admit(address), nets.is_empty());
}

/// A rule as bits. IPv4 and IPv6 are apart; IPv4 written as IPv6 is IPv4.
struct Expected {
    bits: u128,
    prefix: u32,
    is_v4: bool,
}

impl Expected {
    fn read(rule: &str) -> Option<Self> {
        let rule = rule.trim();
        let (text, length) = rule.split_once('/').map_or((rule, None), |(ip, length)| (ip, Some(length)));
        let ip: IpAddr = text.parse().ok()?;
        let width = if ip.is_ipv4() { 32 } else { 128 };
        let prefix = match length {
            // Only numbers as they are usually written, not `/08` and not `/+8`.
            Some(digits) => {
                let is_plain = |length: &u32| *length <= width && length.to_string() == digits;
                digits.parse().ok().filter(is_plain)?
            }
            None => width,
        };
        let (bits, is_v4) = bits(ip);
        let prefix = prefix + if ip.is_ipv4() { 96 } else { 0 };
        // A network of IPv6 that holds more than the mapped addresses is one of IPv6.
        Some(Self { bits, prefix, is_v4: is_v4 && prefix >= 96 })
    }

    fn contains(&self, ip: IpAddr) -> bool {
        let (bits, is_v4) = bits(ip);
        let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
        is_v4 == self.is_v4 && (bits ^ self.bits) & mask == 0
    }
}

/// The bits of an address in IPv6, and whether it is one of IPv4.
fn bits(ip: IpAddr) -> (u128, bool) {
    let v6 = match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    (v6.to_bits(), v6.to_ipv4_mapped().is_some())
}
