//! Engine.IO messages and the bodies of long-polling.

use std::sync::{
    OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use bytes::{Bytes, BytesMut};
use engineioxide_core::{Packet, PacketParseError, ProtocolVersion, Str, payload};
use futures_util::{StreamExt, stream};
use http_body_util::Full;
use smallvec::SmallVec;

use super::{
    frame::{self, FrameKind},
    payload_v3,
    request::Protocol,
};

/// One Engine.IO message: a Socket.IO packet or one of its attachments.
#[derive(Debug, Clone)]
pub enum Message {
    /// Text, valid UTF-8.
    Text(Str),
    /// Binary.
    Binary(Bytes),
}

impl Message {
    /// A text message.
    pub fn text(text: impl Into<String>) -> Self {
        Message::Text(Str::from(text.into()))
    }

    fn len(&self) -> usize {
        match self {
            Message::Text(text) => text.len(),
            Message::Binary(bytes) => bytes.len(),
        }
    }
}

/// Memory that a packet takes beside its payload.
const OVERHEAD: usize = 200;
/// What of that counts against the limit of one client: most packets have more than one recipient.
const COUNTED_OVERHEAD: usize = 64;
/// Frames below this size are not worth an owner of their own.
const COUNTED_FRAME: usize = 1024;

/// Bytes of the packets on their way to clients, of all engines of this process.
static OUTGOING: AtomicUsize = AtomicUsize::new(0);

/// Memory of the packets on their way to clients. What many receive counts once.
pub fn outgoing() -> usize {
    OUTGOING.load(Ordering::Relaxed)
}

/// A share of [`outgoing`], as long as it lives.
#[derive(Debug)]
pub(super) struct Counted(usize);

impl Counted {
    pub(super) fn new(bytes: usize) -> Self {
        OUTGOING.fetch_add(bytes, Ordering::Relaxed);
        Self(bytes)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        OUTGOING.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// A frame that counts until the last client has it.
struct Frame(Bytes, #[expect(dead_code, reason = "it counts")] Counted);

impl AsRef<[u8]> for Frame {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn counted(frame: Bytes) -> Bytes {
    if frame.len() < COUNTED_FRAME {
        return frame;
    }
    let share = Counted::new(frame.len());
    Bytes::from_owner(Frame(frame, share))
}

/// A packet and its attachments, shared by all its recipients and encoded once per protocol.
#[derive(Debug)]
pub struct Parcel {
    messages: SmallVec<[Message; 1]>,
    frames_v4: OnceLock<Bytes>,
    frames_v3: OnceLock<Bytes>,
    _share: Counted,
}

impl Parcel {
    /// Messages that stay together on the wire.
    pub fn new(messages: impl IntoIterator<Item = Message>) -> Self {
        let messages: SmallVec<[Message; 1]> = messages.into_iter().collect();
        let bytes = messages.iter().map(Message::len).sum::<usize>();
        Self {
            messages,
            frames_v4: OnceLock::new(),
            frames_v3: OnceLock::new(),
            _share: Counted::new(bytes + OVERHEAD),
        }
    }

    /// Bytes of payload.
    pub fn len(&self) -> usize {
        self.messages.iter().map(|message| message.len() + 4).sum()
    }

    /// The measure of the outbox: tiny packets take many times their payload.
    pub fn cost(&self) -> usize {
        self.len() + COUNTED_OVERHEAD
    }

    /// The first message, if it is text.
    pub fn first_text(&self) -> Option<&str> {
        match self.messages.first() {
            Some(Message::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The WebSocket frames.
    pub fn frames(&self, protocol: Protocol) -> &Bytes {
        let (cell, binary_prefix): (_, &[u8]) = match protocol {
            Protocol::V4 => (&self.frames_v4, &[]),
            Protocol::V3 => (&self.frames_v3, &[4]),
        };
        cell.get_or_init(|| {
            let encode = |message: &Message| match message {
                Message::Text(text) => frame::encode(FrameKind::Text, b"4", text.as_bytes()),
                Message::Binary(bytes) => frame::encode(FrameKind::Binary, binary_prefix, bytes),
            };
            if let [message] = &self.messages[..] {
                return counted(encode(message));
            }
            let mut all = BytesMut::new();
            for message in &self.messages {
                all.extend_from_slice(&encode(message));
            }
            counted(all.freeze())
        })
    }

    fn packets(&self, protocol: Protocol) -> impl Iterator<Item = Packet> + '_ {
        self.messages.iter().map(move |message| match (message, protocol) {
            (Message::Text(text), _) => Packet::Message(text.clone()),
            (Message::Binary(bytes), Protocol::V4) => Packet::Binary(bytes.clone()),
            (Message::Binary(bytes), Protocol::V3) => Packet::BinaryV3(bytes.clone()),
        })
    }
}

/// A packet of the Engine.IO protocol itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Session is over.
    Close,
    /// Heartbeat question.
    Ping,
    /// Heartbeat answer.
    Pong,
    /// Answer to the probe of an upgrade.
    ProbePong,
    /// Nothing: ends a pending poll.
    Noop,
}

impl Control {
    /// The packet as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Control::Close => "1",
            Control::Ping => "2",
            Control::Pong => "3",
            Control::ProbePong => "3probe",
            Control::Noop => "6",
        }
    }

    fn packet(self) -> Packet {
        match self {
            Control::Close => Packet::Close,
            Control::Ping => Packet::Ping,
            Control::Pong => Packet::Pong,
            Control::ProbePong => Packet::PongUpgrade,
            Control::Noop => Packet::Noop,
        }
    }
}

/// Something waiting in an outbox.
#[derive(Debug, Clone)]
pub enum Item {
    /// A packet with its attachments.
    Parcel(std::sync::Arc<Parcel>),
    /// A packet of the protocol.
    Control(Control),
}

impl Item {
    /// The WebSocket frames of the item.
    pub fn frames(&self, protocol: Protocol) -> Bytes {
        match self {
            Item::Parcel(parcel) => parcel.frames(protocol).clone(),
            Item::Control(control) => frame::encode(FrameKind::Text, &[], control.as_str().as_bytes()),
        }
    }

    /// Bytes the item counts against the limit of the outbox.
    pub fn len(&self) -> usize {
        match self {
            Item::Parcel(parcel) => parcel.cost(),
            Item::Control(_) => 0,
        }
    }

    /// Whether the item counts nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn version(protocol: Protocol) -> ProtocolVersion {
    match protocol {
        Protocol::V3 => ProtocolVersion::V3,
        Protocol::V4 => ProtocolVersion::V4,
    }
}

/// Body of a polling answer, and whether it is binary.
pub fn encode_poll(items: &[Item], protocol: Protocol, supports_binary: bool) -> (Bytes, bool) {
    let mut packets = SmallVec::new();
    for item in items {
        match item {
            Item::Parcel(parcel) => packets.extend(parcel.packets(protocol)),
            Item::Control(control) => packets.push(control.packet()),
        }
    }
    let source = stream::iter([packets]);
    // The source is ready at once and finite, so encoding never waits.
    let encoded = futures_util::FutureExt::now_or_never(payload::encoder(
        source,
        version(protocol),
        supports_binary,
        u64::MAX,
    ));
    encoded.map_or_else(|| (Bytes::new(), false), |payload| (payload.data, payload.has_binary))
}

/// Content type of a binary body (protocol 3).
pub const BINARY: &str = "application/octet-stream";

/// One packet of a polling body, or why the body ends there.
pub type Decoded = Result<Packet, PacketParseError>;

/// Packets of the body of a POST, decoded one by one: they take many times the memory of the body. The last is the
/// first malformed one.
pub fn decoder<'a>(
    body: &'a Bytes,
    content_type: Option<&str>,
    protocol: Protocol,
    max: usize,
) -> Box<dyn Iterator<Item = Decoded> + Send + 'a> {
    match protocol {
        _ if body.len() > max => {
            Box::new([Err(PacketParseError::PayloadTooLarge { max: max as u64 })].into_iter())
        }
        Protocol::V3 if content_type == Some(BINARY) => Box::new(payload_v3::decode_binary(body)),
        Protocol::V3 => payload_v3::decode_text(body),
        Protocol::V4 => Box::new(decode_v4(body.clone())),
    }
}

fn decode_v4(body: Bytes) -> impl Iterator<Item = Decoded> + Send {
    let mut source = Box::pin(payload::decoder(Full::new(body), None, ProtocolVersion::V4, u64::MAX));
    let mut failed = false;
    std::iter::from_fn(move || {
        // The body is all there, so decoding never waits.
        let next = || futures_util::FutureExt::now_or_never(source.next()).flatten();
        let packet = (!failed).then(next).flatten();
        failed = matches!(packet, Some(Err(_)));
        packet
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn parcel(messages: Vec<Message>) -> Item {
        Item::Parcel(Arc::new(Parcel::new(messages)))
    }

    #[test]
    fn a_poll_carries_packets_and_attachments_in_order() {
        let items = [
            parcel(vec![Message::text("2[\"a\"]")]),
            Item::Control(Control::Ping),
            parcel(vec![Message::text("51-[\"b\"]"), Message::Binary(Bytes::from_static(&[1, 2, 3]))]),
        ];
        let (body, binary) = encode_poll(&items, Protocol::V4, true);
        assert_eq!(&body[..], b"42[\"a\"]\x1e2\x1e451-[\"b\"]\x1ebAQID");
        assert!(!binary);
        assert_eq!(&encode_poll(&items[..1], Protocol::V3, false).0[..], b"7:42[\"a\"]");
    }

    #[test]
    fn a_post_yields_its_packets_until_the_first_malformed_one() {
        let body = Bytes::from_static(b"42[\"x\"]\x1e3\x1ebAQID\x1ez\x1e2");
        let packets: Vec<_> = decoder(&body, None, Protocol::V4, 100)
            .map(|packet| packet.map_err(|error| error.to_string()))
            .collect();
        assert_eq!(packets.len(), 4);
        assert_eq!(packets[0], Ok(Packet::Message(Str::from("2[\"x\"]"))));
        assert_eq!(packets[1], Ok(Packet::Pong));
        assert_eq!(packets[2], Ok(Packet::Binary(Bytes::from_static(&[1, 2, 3]))));
        assert!(packets[3].is_err());
    }

    #[test]
    fn a_parcel_is_encoded_once() {
        let parcel = Parcel::new([Message::text("2[\"a\"]")]);
        let first = parcel.frames(Protocol::V4).clone();
        assert_eq!(first.as_ptr(), parcel.frames(Protocol::V4).as_ptr());
        assert_eq!(&first[..], b"\x81\x0742[\"a\"]");
    }
}
