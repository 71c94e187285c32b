//! Socket.IO packets. Whatever is taken has the shape its type asks for, and reads the same when written again.
//!
//! Input: the text of a packet.

use plugin_io::server::packet::{
    Packet, PacketType, acknowledged, announced, connected, decode, event, refused,
};
use serde_json::{Value, value::RawValue};

const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(packet) = decode(&text) else { return };
    assert!(packet.attachments <= 10);
    assert_eq!(announced(&text), packet.attachments);
    assert!(packet.nsp.starts_with('/') && !packet.nsp.contains(','));
    assert!(packet.id.is_none_or(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())));
    has_the_shape_of_its_type(&packet);
    let written = write(&packet);
    assert_eq!(decode(&written).as_ref(), Ok(&packet), "{written}");
    for answer in [
        connected(packet.nsp, "sid"),
        refused(packet.nsp, &text),
        acknowledged(packet.nsp, packet.id.unwrap_or("0"), "null"),
        event(packet.nsp, "error", "{}"),
    ] {
        let read = decode(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
        assert_eq!(read.nsp, packet.nsp, "{answer}");
    }
}

fn has_the_shape_of_its_type(packet: &Packet<'_>) {
    if packet.data.is_empty() {
        return;
    }
    serde_json::from_str::<&RawValue>(packet.data).expect("a payload is JSON");
    // Half a surrogate pair and large numbers are JSON, but not for this.
    let Ok(value) = serde_json::from_str::<Value>(packet.data) else { return };
    match packet.kind {
        PacketType::Connect => assert!(value.is_object()),
        PacketType::Disconnect => panic!("a disconnect has no payload"),
        PacketType::ConnectError => assert!(value.is_object() || value.is_string()),
        PacketType::Ack => assert!(value.is_array()),
        PacketType::Event => match &value[0] {
            Value::String(name) => assert!(!RESERVED.contains(&name.as_str())),
            Value::Number(_) => {}
            other => panic!("{other} is not the name of an event"),
        },
    }
}

fn write(packet: &Packet<'_>) -> String {
    let attachments = packet.attachments;
    let (kind, binary) = match packet.kind {
        PacketType::Connect => ('0', None),
        PacketType::Disconnect => ('1', None),
        PacketType::Event => ('2', Some('5')),
        PacketType::Ack => ('3', Some('6')),
        PacketType::ConnectError => ('4', None),
    };
    let mut text = match binary {
        Some(binary) if attachments > 0 => format!("{binary}{attachments}-"),
        _ => kind.to_string(),
    };
    if packet.nsp != "/" {
        text.extend([packet.nsp, ","]);
    }
    text.push_str(packet.id.unwrap_or_default());
    text.push_str(packet.data);
    text
}
