//! WebSocket frames. The reader gives the same messages however the bytes are cut, and is never laxer than
//! tungstenite's.
//!
//! Input: how to cut, limit and form, then bytes. The form `script` makes valid frames of `[first byte, length,
//! payload…]` records, so that mutations reach what is behind the header.

use std::io::{self, Cursor, Read, Write};

use plugin_io::transport::frame::{FrameError, FrameReader, Incoming};
use tungstenite::{
    Error, Message, WebSocket,
    protocol::{Role, WebSocketConfig},
};

/// Bit of the second byte that selects the form `script`.
const SCRIPT: u8 = 0x80;
/// Limits of a message, selected by the second byte.
const LIMITS: [usize; 4] = [16, 125, 1_000, 70_000];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Close(Option<u16>),
}

#[derive(Debug, PartialEq, Eq)]
struct Reading<E> {
    seen: Vec<Seen>,
    end: Result<(), E>,
}

pub fn run(data: &[u8]) {
    let [cut, form, wire @ ..] = data else { return };
    let max = LIMITS[usize::from(form & 3)];
    let wire = if form & SCRIPT == 0 { wire.to_vec() } else { script(wire) };
    let whole = read(&wire, max, |rest| rest.len());
    let mut sizes = u32::from(*cut);
    let cut = read(&wire, max, |_| {
        sizes = sizes.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        1 + (sizes >> 16) as usize % 9
    });
    assert_eq!(whole, cut, "the cuts change what is read");
    let theirs = read_with_tungstenite(&wire, max);
    compare(&whole, &theirs);
}

fn script(mut records: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    while let [first, length, rest @ ..] = records {
        let (payload, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        let mask = [first ^ 0x5a, *length, 0x3c, 0xa5];
        wire.push(*first);
        match payload.len() {
            n @ ..126 => wire.push(0x80 | n as u8),
            n => {
                wire.push(0x80 | 126);
                wire.extend((n as u16).to_be_bytes());
            }
        }
        wire.extend(mask);
        wire.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
        records = rest;
    }
    wire
}

/// Reads with the engine's reader, as its WebSocket task does: nothing is read after a close frame.
fn read(wire: &[u8], max: usize, mut size: impl FnMut(&[u8]) -> usize) -> Reading<FrameError> {
    let mut reader = FrameReader::new(max);
    let mut seen = Vec::new();
    let mut rest = wire;
    while !rest.is_empty() && !matches!(seen.last(), Some(Seen::Close(_))) {
        let (chunk, after) = rest.split_at(size(rest).min(rest.len()));
        rest = after;
        let fed = reader.feed(&mut chunk.to_vec(), |message| {
            seen.push(match message {
                Incoming::Text(text) => Seen::Text(text.into()),
                Incoming::Binary(bytes) => Seen::Binary(bytes.into()),
                Incoming::Ping(bytes) => Seen::Ping(bytes.into()),
                Incoming::Close(code) => Seen::Close(code),
                Incoming::Nothing => return true,
            });
            !matches!(seen.last(), Some(Seen::Close(_)))
        });
        if let Err(error) = fed {
            return Reading { seen, end: Err(error) };
        }
    }
    Reading { seen, end: Ok(()) }
}

/// Gives the bytes, and forgets what is written.
struct Wire<'a>(Cursor<&'a [u8]>);

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn read_with_tungstenite(wire: &[u8], max: usize) -> Reading<Error> {
    let config = WebSocketConfig::default().max_message_size(Some(max)).max_frame_size(Some(max.max(125)));
    let mut socket = WebSocket::from_raw_socket(Wire(Cursor::new(wire)), Role::Server, Some(config));
    let mut seen = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => seen.push(Seen::Text(text.to_string())),
            Ok(Message::Binary(bytes)) => seen.push(Seen::Binary(bytes.to_vec())),
            Ok(Message::Ping(bytes)) => seen.push(Seen::Ping(bytes.to_vec())),
            Ok(Message::Pong(_) | Message::Frame(_)) => {}
            Ok(Message::Close(frame)) => {
                seen.push(Seen::Close(frame.map(|frame| frame.code.into())));
                return Reading { seen, end: Ok(()) };
            }
            Err(Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => {
                return Reading { seen, end: Ok(()) };
            }
            Err(error) => return Reading { seen, end: Err(error) },
        }
    }
}

fn compare(ours: &Reading<FrameError>, theirs: &Reading<Error>) {
    let same = ours.seen.len().min(theirs.seen.len());
    for (ours, theirs) in ours.seen.iter().zip(&theirs.seen) {
        // Code 1014 was registered after RFC 6455; tungstenite makes a protocol violation of it, as of codes that the
        // engine's reader refuses.
        let is_newer = matches!((ours, theirs), (Seen::Close(Some(1014)), Seen::Close(Some(1002))));
        assert!(is_newer || ours == theirs, "{ours:?} is {theirs:?} for tungstenite");
    }
    // tungstenite looks at the text of every fragment, the engine's reader at the whole message: it may still answer
    // control frames in between, and must not have given the message.
    let early = matches!(theirs.end, Err(Error::Utf8(_)));
    let beyond = &ours.seen[same..];
    if early {
        assert!(!beyond.iter().any(|seen| matches!(seen, Seen::Text(_) | Seen::Binary(_))), "{beyond:?}");
        return;
    }
    assert!(beyond.is_empty(), "tungstenite refuses what gave {beyond:?}: {:?}", theirs.end);
    if ours.end.is_ok() {
        assert!(theirs.end.is_ok(), "tungstenite refuses: {:?}", theirs.end);
        assert_eq!(theirs.seen.len(), same, "messages are missing");
    }
}
