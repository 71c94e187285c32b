//! Socket.IO packets as socket.io-parser reads and writes them, for the connections the engine serves itself.

use serde_json::value::RawValue;
use thiserror::Error;

/// Type of a Socket.IO packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PacketType {
    /// Join a namespace.
    Connect,
    /// Leave a namespace.
    Disconnect,
    /// An event, with attachments or not.
    Event,
    /// An acknowledgement, with attachments or not.
    Ack,
    /// The namespace refused.
    ConnectError,
}

/// A packet of a client. It borrows the text it came in.
#[derive(Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Type of the packet.
    pub kind: PacketType,
    /// Binary messages that follow.
    pub attachments: usize,
    /// Namespace.
    pub nsp: &'a str,
    /// Acknowledgement id.
    pub id: Option<&'a str>,
    /// JSON text of the payload, "" if there is none.
    pub data: &'a str,
}

/// The text is not a Socket.IO packet.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PacketError {
    /// The first character is no packet type.
    #[error("unknown packet type")]
    Type,
    /// The number of attachments is malformed or above 10.
    #[error("illegal attachments")]
    Attachments,
    /// The payload is not JSON of the shape its type asks for.
    #[error("invalid payload")]
    Payload,
}

/// Bytes of a CONNECT packet, of which the payload stays in memory with its socket.
pub const MAX_CONNECT: usize = 64 * 1024;
/// Attachments a packet may announce.
const MAX_ATTACHMENTS: usize = 10;
/// Names an event may not have.
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// Reads a packet.
pub fn decode(text: &str) -> Result<Packet<'_>, PacketError> {
    let (kind, binary) = match text.as_bytes().first() {
        Some(b'0') => (PacketType::Connect, false),
        Some(b'1') => (PacketType::Disconnect, false),
        Some(b'2') => (PacketType::Event, false),
        Some(b'3') => (PacketType::Ack, false),
        Some(b'4') => (PacketType::ConnectError, false),
        Some(b'5') => (PacketType::Event, true),
        Some(b'6') => (PacketType::Ack, true),
        _ => return Err(PacketError::Type),
    };
    let mut rest = &text[1..];
    let mut attachments = 0;
    if binary {
        let (count, after) = rest.split_once('-').ok_or(PacketError::Attachments)?;
        attachments = count.parse().map_err(|_| PacketError::Attachments)?;
        if attachments > MAX_ATTACHMENTS {
            return Err(PacketError::Attachments);
        }
        rest = after;
    }
    let mut nsp = "/";
    if rest.starts_with('/') {
        (nsp, rest) = rest.split_once(',').unwrap_or((rest, ""));
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let id = (digits > 0).then(|| &rest[..digits]);
    let data = &rest[digits..];
    if !is_payload_valid(kind, data) {
        return Err(PacketError::Payload);
    }
    Ok(Packet { kind, attachments, nsp, id, data })
}

/// The namespace of a packet, without looking at anything else of it.
pub fn namespace(text: &str) -> &str {
    match text.get(1..) {
        Some(rest) if rest.starts_with('/') => rest.split_once(',').map_or(rest, |(nsp, _)| nsp),
        _ => "/",
    }
}

/// Number of binary messages a packet announces, without looking at anything else of it.
pub fn announced(text: &str) -> usize {
    match text.as_bytes() {
        [b'5' | b'6', ..] => text[1..].split_once('-').and_then(|(count, _)| count.parse().ok()).unwrap_or(0),
        _ => 0,
    }
}

fn is_payload_valid(kind: PacketType, data: &str) -> bool {
    if data.is_empty() {
        // A packet without payload is let through by socket.io-parser whatever its type.
        return true;
    }
    let Ok(json) = serde_json::from_str::<&RawValue>(data) else { return false };
    let first = json.get().as_bytes().first();
    match kind {
        PacketType::Connect => first == Some(&b'{'),
        PacketType::Disconnect => false,
        PacketType::ConnectError => matches!(first, Some(b'{' | b'"')),
        PacketType::Ack => first == Some(&b'['),
        PacketType::Event => is_event(json.get()),
    }
}

fn is_event(array: &str) -> bool {
    let Ok(arguments) = serde_json::from_str::<Vec<&RawValue>>(array) else { return false };
    let Some(name) = arguments.first() else { return false };
    if name.get().parse::<f64>().is_ok() {
        return true;
    }
    serde_json::from_str::<std::borrow::Cow<'_, str>>(name.get())
        .is_ok_and(|name| !RESERVED.contains(&&*name))
}

fn header(kind: char, nsp: &str) -> String {
    let mut text = String::from(kind);
    if nsp != "/" {
        text.push_str(nsp);
        text.push(',');
    }
    text
}

/// `CONNECT` with the id of the new socket.
pub fn connected(nsp: &str, sid: &str) -> String {
    format!("{}{{\"sid\":\"{sid}\"}}", header('0', nsp))
}

/// `CONNECT` of a client, with its payload, JSON text.
pub fn connect(nsp: &str, auth: &str) -> String {
    format!("{}{auth}", header('0', nsp))
}

/// `DISCONNECT`.
pub fn disconnect(nsp: &str) -> String {
    // Without a payload, nothing separates the namespace from what follows.
    if nsp == "/" { "1".into() } else { format!("1{nsp},") }
}

/// `CONNECT_ERROR` with a reason.
pub fn connect_error(nsp: &str, reason: &serde_json::Value) -> String {
    format!("{}{reason}", header('4', nsp))
}

/// `CONNECT_ERROR` with a message.
pub fn refused(nsp: &str, message: &str) -> String {
    connect_error(nsp, &serde_json::json!({ "message": message }))
}

/// `ACK` with one argument, JSON text.
pub fn acknowledged(nsp: &str, id: &str, argument: &str) -> String {
    format!("{}{id}[{argument}]", header('3', nsp))
}

/// `EVENT` with one argument, JSON text. The name must need no escaping.
pub fn event(nsp: &str, name: &str, argument: &str) -> String {
    format!("{}[\"{name}\",{argument}]", header('2', nsp))
}

/// `EVENT` without arguments. The name must need no escaping.
pub fn bare_event(nsp: &str, name: &str) -> String {
    format!("{}[\"{name}\"]", header('2', nsp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form() {
        let packet = decode("51-/chat,12[\"hi\",{\"_placeholder\":true,\"num\":0}]").unwrap();
        assert_eq!((packet.kind, packet.attachments, packet.nsp), (PacketType::Event, 1, "/chat"));
        assert_eq!((packet.id, packet.data), (Some("12"), "[\"hi\",{\"_placeholder\":true,\"num\":0}]"));
        assert_eq!(decode("0").unwrap().nsp, "/");
        assert_eq!(decode("0/admin,{\"a\":1}").unwrap().data, "{\"a\":1}");
        assert_eq!(decode("1/admin").unwrap().nsp, "/admin");
        assert_eq!(decode("31[]").unwrap().id, Some("1"));
        for text in ["2[1]", "2", "3", "4", "51-"] {
            assert!(decode(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_what_socket_io_parser_refuses() {
        for (text, error) in [
            ("", PacketError::Type),
            ("7", PacketError::Type),
            ("é", PacketError::Type),
            ("5[\"x\"]", PacketError::Attachments),
            ("5x-[\"x\"]", PacketError::Attachments),
            ("511-[\"x\"]", PacketError::Attachments),
            ("2{}", PacketError::Payload),
            ("2[]", PacketError::Payload),
            ("2[{}]", PacketError::Payload),
            ("2[\"connect\"]", PacketError::Payload),
            ("2[\"discon\\u006eect\"]", PacketError::Payload),
            ("2[\"x\"", PacketError::Payload),
            ("0[]", PacketError::Payload),
            ("1{}", PacketError::Payload),
            ("3{}", PacketError::Payload),
        ] {
            assert_eq!(decode(text), Err(error), "{text}");
        }
    }

    #[test]
    fn writes_what_clients_expect() {
        assert_eq!(connected("/", "abc"), "0{\"sid\":\"abc\"}");
        assert_eq!(acknowledged("/x", "7", "true"), "3/x,7[true]");
        assert_eq!(event("/", "error", "{}"), "2[\"error\",{}]");
        assert_eq!(refused("/x", "Invalid \"namespace\""), "4/x,{\"message\":\"Invalid \\\"namespace\\\"\"}");
    }
}
