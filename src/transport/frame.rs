//! WebSocket frames: what goes out is encoded once, what comes in is decoded in place.
//!
//! Frame headers are tungstenite's. The message assembly is ours because an idle connection must hold no
//! buffer: a reader keeps bytes only while a frame or a fragmented message is incomplete.

use std::io::Cursor;

use bytes::Bytes;
use thiserror::Error;
use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Control, Data, OpCode},
};

/// Why the bytes of a client cannot be read on. The connection ends with [`FrameError::close_code`].
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// The frame breaks RFC 6455.
    #[error("invalid websocket frame")]
    Protocol,
    /// A text message is not UTF-8.
    #[error("invalid utf-8 in a text message")]
    Utf8,
    /// A message has more fragments than any client has a reason to send.
    #[error("message of more than {MAX_FRAGMENTS} fragments")]
    TooManyFragments,
    /// A message is larger than `maxHttpBufferSize`.
    #[error("message larger than {0} bytes")]
    TooLarge(usize),
}

impl FrameError {
    /// Close code of RFC 6455 that tells the client why.
    pub fn close_code(&self) -> u16 {
        match self {
            FrameError::Protocol => 1002,
            FrameError::Utf8 => 1007,
            FrameError::TooManyFragments => 1008,
            FrameError::TooLarge(_) => 1009,
        }
    }
}

/// A whole message or control frame of a client. It borrows the read buffer.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// Text message.
    Text(&'a str),
    /// Binary message.
    Binary(&'a [u8]),
    /// Ping with its payload, to be echoed.
    Ping(&'a [u8]),
    /// Pong, or a fragment without payload: nothing to do.
    Nothing,
    /// The client closes, with its code if it gave one.
    Close(Option<u16>),
}

/// Kind of an outbound frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// Text message.
    Text,
    /// Binary message.
    Binary,
    /// Answer to a ping.
    Pong,
    /// Close, the payload being the code.
    Close,
}

/// Encodes one unmasked, unfragmented frame whose payload is `prefix` followed by `payload`.
pub fn encode(kind: FrameKind, prefix: &[u8], payload: &[u8]) -> Bytes {
    let opcode = match kind {
        FrameKind::Text => OpCode::Data(Data::Text),
        FrameKind::Binary => OpCode::Data(Data::Binary),
        FrameKind::Pong => OpCode::Control(Control::Pong),
        FrameKind::Close => OpCode::Control(Control::Close),
    };
    let length = prefix.len() + payload.len();
    let mut out = Vec::with_capacity(length + 10);
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    // Writing a header into a Vec cannot fail: the only error is the writer's own.
    let _ = header.format(length as u64, &mut out);
    out.extend_from_slice(prefix);
    out.extend_from_slice(payload);
    out.into()
}

/// A close frame with a code, or an empty one.
pub fn close(code: Option<u16>) -> Bytes {
    let payload = code.map(u16::to_be_bytes);
    encode(FrameKind::Close, &[], payload.as_ref().map_or(&[][..], |code| &code[..]))
}

/// Bytes a control frame may carry.
const MAX_CONTROL: u64 = 125;
/// Fragments of one message. Clients send a few, of kilobytes each.
const MAX_FRAGMENTS: usize = 16 * 1024;
/// Capacity that a buffer keeps for the start of the next frame.
const KEPT_CAPACITY: usize = 1024;

/// Decodes the frames of one client.
#[derive(Debug)]
pub struct FrameReader {
    /// Bytes of an incomplete frame.
    pending: Vec<u8>,
    /// A message of which not all fragments are there.
    fragments: Option<Fragments>,
    max_message: usize,
}

/// The beginning of a fragmented message.
#[derive(Debug)]
struct Fragments {
    is_text: bool,
    payload: Vec<u8>,
    count: usize,
}

/// What one attempt to take a frame from the buffer gave.
enum Step {
    /// A frame of that many bytes was taken.
    Frame(usize),
    /// The frame is incomplete.
    More,
}

impl FrameReader {
    /// A reader that refuses messages above `max_message` bytes.
    pub fn new(max_message: usize) -> Self {
        Self { pending: Vec::new(), fragments: None, max_message }
    }

    /// Bytes of memory held for what is incomplete.
    pub fn held(&self) -> usize {
        self.pending.capacity() + self.fragments.as_ref().map_or(0, |fragments| fragments.payload.capacity())
    }

    /// Decodes `input` and calls `on` for every complete message. `on` returns false to stop reading.
    pub fn feed(
        &mut self,
        input: &mut [u8],
        mut on: impl FnMut(Incoming<'_>) -> bool,
    ) -> Result<(), FrameError> {
        if self.pending.is_empty() {
            let used = self.decode(input, &mut on)?;
            self.pending.extend_from_slice(&input[used..]);
        } else {
            let mut buffer = std::mem::take(&mut self.pending);
            buffer.extend_from_slice(input);
            let used = self.decode(&mut buffer, &mut on)?;
            if used == 0 {
                self.pending = buffer;
            } else if used < buffer.len() {
                buffer.drain(..used);
                // The buffer of a large message is not kept for the few bytes that follow it.
                buffer.shrink_to(KEPT_CAPACITY);
                self.pending = buffer;
            }
        }
        Ok(())
    }

    fn decode(
        &mut self,
        buffer: &mut [u8],
        on: &mut impl FnMut(Incoming<'_>) -> bool,
    ) -> Result<usize, FrameError> {
        let mut used = 0;
        while used < buffer.len() {
            let mut go_on = true;
            match self.decode_one(&mut buffer[used..], &mut |message| go_on = on(message))? {
                Step::Frame(length) => used += length,
                Step::More => break,
            }
            if !go_on {
                return Ok(buffer.len());
            }
        }
        Ok(used)
    }

    fn decode_one(
        &mut self,
        buffer: &mut [u8],
        on: &mut impl FnMut(Incoming<'_>),
    ) -> Result<Step, FrameError> {
        let mut cursor = Cursor::new(&*buffer);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| FrameError::Protocol)?;
        let Some((header, length)) = parsed else { return Ok(Step::More) };
        let start = cursor.position() as usize;
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(FrameError::Protocol);
        }
        let Some(mask) = header.mask else { return Err(FrameError::Protocol) };
        if start != header_length(length) {
            return Err(FrameError::Protocol);
        }
        match header.opcode {
            OpCode::Control(_) if !header.is_final || length > MAX_CONTROL => {
                return Err(FrameError::Protocol);
            }
            OpCode::Control(_) => {}
            OpCode::Data(_) => {
                let so_far = self.fragments.as_ref().map_or(0, |fragments| fragments.payload.len());
                if length > self.max_message.saturating_sub(so_far) as u64 {
                    return Err(FrameError::TooLarge(self.max_message));
                }
            }
        }
        let end = start + length as usize;
        if buffer.len() < end {
            return Ok(Step::More);
        }
        let payload = &mut buffer[start..end];
        unmask(payload, mask);
        match header.opcode {
            OpCode::Control(control) => match control {
                Control::Ping => on(Incoming::Ping(payload)),
                Control::Pong => on(Incoming::Nothing),
                Control::Close => on(Incoming::Close(close_code(payload)?)),
                Control::Reserved(_) => return Err(FrameError::Protocol),
            },
            OpCode::Data(data) => self.data(data, header.is_final, payload, on)?,
        }
        Ok(Step::Frame(end))
    }

    fn data(
        &mut self,
        data: Data,
        is_final: bool,
        payload: &[u8],
        on: &mut impl FnMut(Incoming<'_>),
    ) -> Result<(), FrameError> {
        let is_text = match data {
            Data::Continue => {
                let Some(mut fragments) = self.fragments.take() else {
                    return Err(FrameError::Protocol);
                };
                fragments.payload.extend_from_slice(payload);
                fragments.count += 1;
                if is_final {
                    return message(fragments.is_text, &fragments.payload, on);
                }
                if fragments.count > MAX_FRAGMENTS {
                    return Err(FrameError::TooManyFragments);
                }
                self.fragments = Some(fragments);
                if payload.is_empty() {
                    on(Incoming::Nothing);
                }
                return Ok(());
            }
            Data::Text => true,
            Data::Binary => false,
            Data::Reserved(_) => return Err(FrameError::Protocol),
        };
        if self.fragments.is_some() {
            return Err(FrameError::Protocol);
        }
        if is_final {
            return message(is_text, payload, on);
        }
        self.fragments = Some(Fragments { is_text, payload: payload.to_vec(), count: 1 });
        Ok(())
    }
}

/// Bytes of the header of a masked frame: RFC 6455 asks for the shortest form of the length.
fn header_length(payload: u64) -> usize {
    match payload {
        0..=125 => 6,
        126..=65_535 => 8,
        _ => 14,
    }
}

fn message(is_text: bool, bytes: &[u8], on: &mut impl FnMut(Incoming<'_>)) -> Result<(), FrameError> {
    if is_text {
        on(Incoming::Text(std::str::from_utf8(bytes).map_err(|_| FrameError::Utf8)?));
    } else {
        on(Incoming::Binary(bytes));
    }
    Ok(())
}

fn close_code(payload: &[u8]) -> Result<Option<u16>, FrameError> {
    match payload {
        [] => Ok(None),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            let allowed = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
            if !allowed {
                return Err(FrameError::Protocol);
            }
            std::str::from_utf8(reason).map_err(|_| FrameError::Utf8)?;
            Ok(Some(code))
        }
        _ => Err(FrameError::Protocol),
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let wide = u64::from_ne_bytes([mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]]);
    let mut chunks = payload.chunks_exact_mut(8);
    for chunk in &mut chunks {
        let mut word = [0u8; 8];
        word.copy_from_slice(chunk);
        chunk.copy_from_slice(&(u64::from_ne_bytes(word) ^ wide).to_ne_bytes());
    }
    for (byte, key) in chunks.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked client frame.
    fn client(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [7, 11, 13, 17];
        let mut out = vec![first];
        match payload.len() {
            n @ 0..=125 => out.push(0x80 | n as u8),
            n @ 126..=65535 => {
                out.push(0x80 | 126);
                out.extend((n as u16).to_be_bytes());
            }
            n => {
                out.push(0x80 | 127);
                out.extend((n as u64).to_be_bytes());
            }
        }
        out.extend(mask);
        out.extend(payload.iter().enumerate().map(|(i, byte)| byte ^ mask[i % 4]));
        out
    }

    fn read(reader: &mut FrameReader, bytes: &[u8]) -> Result<Vec<String>, FrameError> {
        let mut seen = Vec::new();
        reader.feed(&mut bytes.to_vec(), |message| {
            seen.push(match message {
                Incoming::Text(text) => text.to_string(),
                Incoming::Binary(bytes) => format!("<{}>", bytes.len()),
                Incoming::Ping(_) => "ping".into(),
                Incoming::Nothing => "nothing".into(),
                Incoming::Close(code) => format!("close {code:?}"),
            });
            true
        })?;
        Ok(seen)
    }

    #[test]
    fn reads_messages_however_they_are_cut() {
        let mut wire = client(0x81, "grüße".as_bytes());
        wire.extend(client(0x82, &[9; 70_000]));
        wire.extend(client(0x01, b"frag"));
        wire.extend(client(0x89, b"!"));
        wire.extend(client(0x80, b"mented"));
        for size in [1, 2, 3, 7, 1000, wire.len()] {
            let mut reader = FrameReader::new(100_000);
            let mut seen = Vec::new();
            for chunk in wire.chunks(size) {
                seen.extend(read(&mut reader, chunk).unwrap());
            }
            assert_eq!(seen, ["grüße", "<70000>", "ping", "fragmented"]);
            assert!(reader.pending.is_empty() && reader.fragments.is_none());
        }
    }

    #[test]
    fn refuses_what_rfc_6455_forbids() {
        let read = |bytes: &[u8]| read(&mut FrameReader::new(10), bytes);
        assert_eq!(read(&[0x81, 0x01, b'x']), Err(FrameError::Protocol), "unmasked");
        assert_eq!(read(&client(0xc1, b"x")), Err(FrameError::Protocol), "rsv1");
        assert_eq!(read(&client(0x83, b"x")), Err(FrameError::Protocol), "reserved opcode");
        assert_eq!(read(&client(0x80, b"x")), Err(FrameError::Protocol), "continuation of nothing");
        assert_eq!(read(&client(0x09, b"x")), Err(FrameError::Protocol), "fragmented control frame");
        assert_eq!(read(&client(0x88, b"x")), Err(FrameError::Protocol), "half a close code");
        assert_eq!(read(&client(0x81, &[0xff])), Err(FrameError::Utf8));
        assert_eq!(read(&client(0x82, &[0; 11])), Err(FrameError::TooLarge(10)));
        let mut fragments = client(0x02, &[0; 6]);
        fragments.extend(client(0x80, &[0; 6]));
        assert_eq!(read(&fragments), Err(FrameError::TooLarge(10)), "fragments add up");
    }

    #[test]
    fn refuses_lengths_that_are_not_in_their_shortest_form() {
        let zeros = [0; 4];
        for (form, length) in [(126, &[0, 125][..]), (127, &[0, 0, 0, 0, 0, 0, 0xff, 0xff])] {
            for opcode in [0x81, 0x82, 0x89] {
                let frame = [&[opcode, 0x80 | form], length, &zeros, &[b'a'; 70_000]].concat();
                assert_eq!(read(&mut FrameReader::new(100_000), &frame), Err(FrameError::Protocol));
            }
        }
    }

    #[test]
    fn bounds_the_fragments_of_a_message() {
        let mut wire = client(0x01, b"a");
        for _ in 0..MAX_FRAGMENTS {
            wire.extend(client(0x00, b"a"));
        }
        assert_eq!(read(&mut FrameReader::new(100_000), &wire), Err(FrameError::TooManyFragments));
        wire.truncate(wire.len() - client(0x00, b"a").len());
        wire.extend(client(0x80, b"a"));
        assert_eq!(read(&mut FrameReader::new(100_000), &wire).unwrap().len(), 1);
    }

    #[test]
    fn tells_of_frames_that_carry_nothing() {
        let mut reader = FrameReader::new(10);
        let wire = [client(0x8a, b""), client(0x01, b"a"), client(0x00, b""), client(0x80, b"")].concat();
        assert_eq!(read(&mut reader, &wire).unwrap(), ["nothing", "nothing", "a"]);
    }

    #[test]
    fn holds_little_for_the_start_of_a_frame_that_follows_a_large_message() {
        let mut reader = FrameReader::new(1_000_000);
        let wire = [client(0x82, &[0; 900_000]), vec![0x82]].concat();
        read(&mut reader, &wire[..10]).unwrap();
        assert_eq!(read(&mut reader, &wire[10..]).unwrap(), ["<900000>"]);
        assert!(reader.held() <= 2 * KEPT_CAPACITY, "{} bytes", reader.held());
    }

    #[test]
    fn encodes_every_length_form() {
        for length in [0usize, 125, 126, 65_535, 65_536] {
            let frame = encode(FrameKind::Text, b"4", &vec![b'a'; length]);
            let mut cursor = Cursor::new(&frame);
            let (header, payload) = FrameHeader::parse(&mut cursor).unwrap().unwrap();
            assert_eq!(payload, length as u64 + 1);
            assert!(header.is_final && header.mask.is_none());
            assert_eq!(frame.len() as u64, cursor.position() + payload);
        }
    }
}
