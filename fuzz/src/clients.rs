//! Who the client of a request is. Without trusted proxies the answer is Koa's; with them, nothing that a client
//! writes into the header changes it.
//!
//! Input: one byte (bit 0 believed, bits 1 to 3 `maxIpsCount`), then lines: peer, header, rules of trusted proxies.

use std::net::IpAddr;

use plugin_io::security::{AddressGroup, ClientAddress, Forwarded, parse_rule};

pub fn run(data: &[u8]) {
    let [form, text @ ..] = data else { return };
    // Node gives headers as Latin-1.
    let text: String = text.iter().map(|&byte| char::from(byte)).collect();
    let mut lines = text.split('\n');
    let (peer, header) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let trusted: Vec<_> = lines.filter_map(|rule| parse_rule(rule).ok()).collect();
    let forwarded =
        Forwarded { addresses: header.into(), believed: form & 1 != 0, max_ips: usize::from(form >> 1 & 7) };
    let is_trusted =
        |client: &ClientAddress| client.ip.is_some_and(|ip| trusted.iter().any(|net| net.contains(&ip)));

    let direct = ClientAddress::choose(peer, None, &trusted);
    assert_eq!(&*direct.text, peer);
    let client = ClientAddress::choose(peer, Some(&forwarded), &trusted);
    is_consistent(&client);
    if trusted.is_empty() {
        assert_eq!(&*client.text, koa(peer, &forwarded));
        return;
    }
    if !peer.is_empty() && !is_trusted(&direct) {
        assert_eq!(client, direct, "a peer that is no proxy names another client");
    }
    if !is_trusted(&client) && !client.text.is_empty() {
        for forged in ["192.0.2.66", "10.0.0.1", "::1", "nonsense", ""] {
            let longer = Forwarded { addresses: format!("{forged}, {header}"), ..forwarded.clone() };
            assert_eq!(
                ClientAddress::choose(peer, Some(&longer), &trusted),
                client,
                "{forged:?} is believed"
            );
        }
    }
}

/// Koa's `ctx.request.ip`, step by step.
fn koa<'a>(peer: &'a str, forwarded: &'a Forwarded) -> &'a str {
    let mut ips: Vec<&str> = Vec::new();
    if forwarded.believed && !forwarded.addresses.is_empty() {
        ips.extend(forwarded.addresses.split(',').map(trim));
    }
    if forwarded.max_ips > 0 {
        ips.drain(..ips.len() - forwarded.max_ips.min(ips.len()));
    }
    ips.first().filter(|ip| !ip.is_empty()).unwrap_or(&peer)
}

/// JavaScript's `trim`, in Latin-1.
fn trim(text: &str) -> &str {
    text.trim_matches(['\t', '\n', '\u{b}', '\u{c}', '\r', ' ', '\u{a0}'])
}

fn is_consistent(client: &ClientAddress) {
    match (client.ip, client.group()) {
        (None, AddressGroup::Unknown) => assert!(client.text.parse::<IpAddr>().is_err()),
        (Some(IpAddr::V4(ip)), AddressGroup::V4(group)) => assert_eq!(ip, group),
        (Some(IpAddr::V6(ip)), AddressGroup::V6(group)) => {
            assert!(ip.to_ipv4_mapped().is_none(), "IPv4 counts as IPv6");
            assert_eq!(ip.segments()[..4], [48, 32, 16, 0].map(|shift| (group >> shift) as u16));
        }
        (ip, group) => panic!("{ip:?} counts for {group:?}"),
    }
}
