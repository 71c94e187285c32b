//! Bodies of long-polling, in both protocols. Decoding ends, gives no more than was sent, and what it gives survives
//! being encoded and decoded again.
//!
//! Input: one byte for protocol, form and limit, then the body.

use std::sync::Arc;

use bytes::Bytes;
use engineioxide_core::Packet;
use plugin_io::transport::{
    payload::{Decoded, Item, Message, Parcel, decoder, encode_poll},
    request::Protocol,
};

const BINARY: &str = "application/octet-stream";

pub fn run(data: &[u8]) {
    let [form, body @ ..] = data else { return };
    let protocol = if form & 1 == 0 { Protocol::V4 } else { Protocol::V3 };
    let content_type = (form & 2 != 0).then_some(BINARY);
    let max = if form & 4 == 0 { 1 << 20 } else { 64 };
    let packets: Vec<Decoded> = decoder(&body.to_vec().into(), content_type, protocol, max).collect();
    let errors = packets.iter().filter(|packet| packet.is_err()).count();
    assert!(errors <= 1, "decoding went on after an error");
    assert!(errors == 0 || packets.last().is_some_and(Result::is_err));
    if body.len() > max {
        assert_eq!((packets.len(), errors), (1, 1), "a body above the limit is read");
    }
    let messages: Vec<Message> = packets.iter().flatten().filter_map(message).collect();
    let bytes: usize = messages.iter().map(|message| content(message).len()).sum();
    assert!(bytes <= body.len() && packets.len() <= body.len() + 1);
    for supports_binary in [true, false] {
        survives(&messages, protocol, supports_binary);
    }
}

fn message(packet: &Packet) -> Option<Message> {
    match packet {
        Packet::Message(text) => Some(Message::Text(text.clone())),
        Packet::Binary(bytes) | Packet::BinaryV3(bytes) => Some(Message::Binary(bytes.clone())),
        _ => None,
    }
}

fn content(message: &Message) -> &[u8] {
    match message {
        Message::Text(text) => text.as_bytes(),
        Message::Binary(bytes) => bytes,
    }
}

fn survives(messages: &[Message], protocol: Protocol, supports_binary: bool) {
    if messages.is_empty() {
        return;
    }
    let items = messages.iter().map(|message| Item::Parcel(Arc::new(Parcel::new([message.clone()]))));
    let (body, binary) = encode_poll(&items.collect::<Vec<_>>(), protocol, supports_binary);
    let again: Vec<Decoded> = decoder(&body, binary.then_some(BINARY), protocol, usize::MAX).collect();
    let contents = |message: &Message| (matches!(message, Message::Text(_)), content(message).to_vec());
    let again: Vec<_> = again.iter().map(|packet| message(packet.as_ref().unwrap()).unwrap()).collect();
    assert_eq!(
        again.iter().map(contents).collect::<Vec<_>>(),
        messages.iter().map(contents).collect::<Vec<(bool, Vec<u8>)>>()
    );
    let _: Bytes = Parcel::new(messages.iter().cloned()).frames(protocol).clone();
}
