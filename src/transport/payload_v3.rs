//! Polling bodies of Engine.IO protocol 3, as engine.io-parser 2 writes them: every packet follows its length.
//!
//! The decoder is ours and not engineioxide's: that one never returns for a length that ends inside a surrogate pair
//! (`1:😀x`), and takes quadratic time for many short packets.

use engineioxide_core::{Packet, PacketParseError, ProtocolVersion};

/// Result of one packet.
type Decoded = Result<Packet, PacketParseError>;

/// Digits a length may have. Bodies are far smaller.
const MAX_DIGITS: usize = 9;

/// Ends the text form of a length.
const TEXT_SEPARATOR: u8 = b':';
/// Ends the binary form of a length, whose digits are the numbers 0 to 9.
const BINARY_SEPARATOR: u8 = 0xff;

/// Packets of a text body: `length:packet`, the length in UTF-16 units. Ends after the first error.
pub(super) fn decode_text(body: &[u8]) -> Box<dyn Iterator<Item = Decoded> + Send + '_> {
    match std::str::from_utf8(body) {
        Ok(text) => Box::new(decode_all(text, |rest| {
            let (length, after) = take_length(rest.as_bytes(), TEXT_SEPARATOR, b'0')?;
            let after = &rest[rest.len() - after.len()..];
            let (packet, rest) = split_utf16(after, length).ok_or(PacketParseError::InvalidPacketLen)?;
            // engine.io-parser skips packets without content.
            let packet = (length > 0).then(|| Packet::parse(ProtocolVersion::V3, packet.to_owned()));
            Ok((packet.transpose()?, rest))
        })),
        Err(error) => Box::new([Err(error.into())].into_iter()),
    }
}

/// Packets of a binary body: kind, length in bytes, packet. Ends after the first error.
pub(super) fn decode_binary(body: &[u8]) -> impl Iterator<Item = Decoded> + Send {
    decode_all(body, |rest| {
        let (&kind, rest) = rest.split_first().ok_or(PacketParseError::InvalidPacketLen)?;
        let (length, rest) = take_length(rest, BINARY_SEPARATOR, 0)?;
        let (packet, rest) = rest.split_at_checked(length).ok_or(PacketParseError::InvalidPacketLen)?;
        let packet = match (kind, packet) {
            (0, text) => Packet::parse(ProtocolVersion::V3, std::str::from_utf8(text)?.to_owned())?,
            // Only messages carry binary data.
            (1, [4, data @ ..]) => Packet::BinaryV3(data.to_vec().into()),
            _ => return Err(PacketParseError::InvalidPacketPayload),
        };
        Ok((Some(packet), rest))
    })
}

/// Takes packets until nothing is left or one is malformed.
fn decode_all<'a, B: AsRef<[u8]> + ?Sized + 'a>(
    body: &'a B,
    take: impl Fn(&'a B) -> Result<(Option<Packet>, &'a B), PacketParseError> + Send,
) -> impl Iterator<Item = Decoded> + Send
where
    &'a B: Default + Send,
{
    let mut rest = body;
    std::iter::from_fn(move || {
        while !rest.as_ref().is_empty() {
            match take(rest) {
                Ok((packet, after)) => {
                    rest = after;
                    if let Some(packet) = packet {
                        return Some(Ok(packet));
                    }
                }
                Err(error) => {
                    rest = Default::default();
                    return Some(Err(error));
                }
            }
        }
        None
    })
}

/// A length in digits from `zero` on, and what follows its separator.
fn take_length(bytes: &[u8], separator: u8, zero: u8) -> Result<(usize, &[u8]), PacketParseError> {
    let digits = bytes.iter().take(MAX_DIGITS + 1).position(|&byte| byte == separator);
    let digits = digits.filter(|&count| count > 0).ok_or(PacketParseError::InvalidPacketLen)?;
    let mut length = 0;
    for &byte in &bytes[..digits] {
        let digit = byte.checked_sub(zero).filter(|&digit| digit < 10);
        length = length * 10 + usize::from(digit.ok_or(PacketParseError::InvalidPacketLen)?);
    }
    Ok((length, &bytes[digits + 1..]))
}

/// Splits after `units` UTF-16 units; `None` if there are fewer or the place is inside a character.
fn split_utf16(text: &str, units: usize) -> Option<(&str, &str)> {
    let mut missing = units;
    for (at, char) in text.char_indices() {
        if missing == 0 {
            return Some(text.split_at(at));
        }
        missing = missing.checked_sub(char.len_utf16())?;
    }
    (missing == 0).then_some((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str) -> Vec<Result<Packet, String>> {
        decode_text(body.as_bytes()).map(|packet| packet.map_err(|e| e.to_string())).collect()
    }

    fn binary(body: &[u8]) -> Vec<Result<Packet, String>> {
        decode_binary(body).map(|packet| packet.map_err(|e| e.to_string())).collect()
    }

    fn message(text: &'static str) -> Result<Packet, String> {
        Ok(Packet::Message(text.into()))
    }

    #[test]
    fn text_lengths_count_utf16_units() {
        assert_eq!(text("2:4a3:4😀1:2"), [message("a"), message("😀"), Ok(Packet::Ping)]);
        assert_eq!(text("6:b4AQID"), [Ok(Packet::BinaryV3(vec![1, 2, 3].into()))]);
        assert_eq!(text("0:1:2"), [Ok(Packet::Ping)], "a packet without content is skipped");
        assert_eq!(text(""), []);
    }

    #[test]
    fn lengths_that_do_not_fit_end_the_body() {
        // The first of these never returned.
        for body in ["1:😀x", "2:4😀x", "3:42", "5", ":4a", "+1:2", "-1:2", "1 :2", "9999999999:2", "1e0:2"]
        {
            let packets = text(body);
            assert_eq!(packets.len(), 1, "{body}");
            assert!(packets[0].is_err(), "{body}");
        }
        assert_eq!(text("1:2x")[0], Ok(Packet::Ping));
        assert!(text("1:2x")[1].is_err());
        assert!(decode_text(&[b'1', b':', 0xff]).all(|packet| packet.is_err()));
    }

    #[test]
    fn binary_bodies_mix_text_and_binary() {
        let body = [&[0, 2, 0xff][..], b"4a", &[1, 1, 0, 0xff, 4], &[7; 9]].concat();
        assert_eq!(binary(&body), [message("a"), Ok(Packet::BinaryV3(vec![7; 9].into()))]);
        for body in [
            &[2, 1, 0xff, b'2'][..],
            &[0, 10, 0xff, b'2'],
            &[0, 0xff],
            &[0, 0, 0xff],
            &[1, 1, 0xff, 2],
            &[1, 2, 0xff, 4],
            &[0, 1],
            &[0, 1, 0xff, 0xff],
        ] {
            let packets = binary(body);
            assert!(packets.len() == 1 && packets[0].is_err(), "{body:?}");
        }
    }

    #[test]
    fn many_short_packets_take_linear_time() {
        // Quadratic time made this last minutes.
        assert_eq!(decode_text("1:2".repeat(300_000).as_bytes()).count(), 300_000);
        assert_eq!(decode_binary(&[0, 1, 0xff, b'2'].repeat(300_000)).count(), 300_000);
    }
}
