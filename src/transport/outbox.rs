//! What leaves a connection, in order, over whichever transport it has now.
//!
//! A WebSocket gets a direct non-blocking write from whoever sends; what does not fit waits here and the
//! connection's task finishes it. A polling client gets what waits with its next request. Everything passes
//! one queue under one lock, so order holds through connect and upgrade. Waiting bytes are bounded: over the
//! bound [`Outbox::send`] takes nothing more and the sender lets the slow client go.

use std::{collections::VecDeque, io, sync::Arc};

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use super::{
    frame,
    payload::{Control, Item, encode_poll, outgoing},
    request::Protocol,
    stream::Stream,
};

/// Bytes on their way to all clients above which a slow one may have less waiting.
const MUCH: usize = 256 * 1024 * 1024;
/// What one may have waiting then.
const SHARE_OF_MUCH: usize = 64 * 1024;

/// Body of a polling answer.
#[derive(Debug)]
pub struct PollBody {
    /// The payload.
    pub bytes: Bytes,
    /// Whether it is binary (protocol 3).
    pub binary: bool,
}

/// How a poll begins.
pub enum Poll {
    /// There is something to say at once.
    Now(PollBody),
    /// The answer comes, or the sender is dropped with the session.
    Wait(oneshot::Receiver<PollBody>),
    /// Another poll is pending: the client breaks the protocol.
    Overlap,
    /// The session no longer polls.
    Gone,
}

/// Where the outbox stands after an attempt to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing waits.
    Idle,
    /// Nothing waits any more, something did before.
    Drained,
    /// Something waits for the transport.
    Backlog,
    /// The close frame, or the last poll, is out.
    Finished,
    /// The transport failed.
    Broken,
    /// More waits than the client may leave unread; nothing was taken.
    TooSlow,
}

enum Link {
    Polling { waiting: Option<oneshot::Sender<PollBody>>, probed: bool },
    WebSocket(Arc<Stream>),
    Closed,
}

struct State {
    queue: VecDeque<Item>,
    /// Cost of the packets in the queue.
    waiting_bytes: usize,
    /// Rest of the frame being written.
    partial: Bytes,
    link: Link,
    /// Asked to end once everything is out.
    ending: bool,
    /// Nothing may follow a close frame.
    close_sent: bool,
    /// Turn of JavaScript's loop in which something was sent last, 0 if never.
    turn: u64,
}

/// Everything one connection has still to send.
pub struct Outbox {
    protocol: Protocol,
    supports_binary: bool,
    limit: usize,
    state: Mutex<State>,
    /// Wakes the task that drives the WebSocket.
    changed: Notify,
}

impl Outbox {
    /// An outbox of a session that polls (or is about to get its WebSocket).
    pub fn new(protocol: Protocol, supports_binary: bool, limit: usize) -> Self {
        Self {
            protocol,
            supports_binary,
            limit,
            state: Mutex::new(State {
                queue: VecDeque::new(),
                waiting_bytes: 0,
                partial: Bytes::new(),
                link: Link::Polling { waiting: None, probed: false },
                ending: false,
                close_sent: false,
                turn: 0,
            }),
            changed: Notify::new(),
        }
    }

    /// Sends something. Volatile things are dropped unless they can go at once, which they cannot while something
    /// else of the same `turn` of JavaScript's loop is on its way; 0 stands for no turn.
    pub fn send(&self, item: Item, volatile: bool, turn: u64) -> Progress {
        let mut state = self.state.lock();
        let dropped = volatile && (!state.is_writable() || turn != 0 && state.turn == turn);
        if dropped || matches!(state.link, Link::Closed) || state.ending {
            return Progress::Idle;
        }
        if turn != 0 {
            state.turn = turn;
        }
        if state.has_pong_waiting(&item) {
            return Progress::Backlog;
        }
        if state.is_full(&item, self.limit) {
            return Progress::TooSlow;
        }
        let backlog = !state.queue.is_empty() || !state.partial.is_empty();
        state.push(item);
        if matches!(state.link, Link::Polling { .. }) {
            return self.write(&mut state);
        }
        // The connection's task is at the backlog already, or is told now.
        let progress = if backlog { Progress::Backlog } else { self.write(&mut state) };
        drop(state);
        if !backlog && matches!(progress, Progress::Backlog | Progress::Broken) {
            self.changed.notify_one();
        }
        progress
    }

    /// Like [`Outbox::send`], but leaves the writing to the next [`Outbox::flush`].
    pub fn queue(&self, item: Item) -> Progress {
        let mut state = self.state.lock();
        if matches!(state.link, Link::Closed) || state.ending {
            return Progress::Idle;
        }
        if state.is_full(&item, self.limit) {
            return Progress::TooSlow;
        }
        state.push(item);
        Progress::Backlog
    }

    /// Whether something sent now would leave at once.
    pub fn is_writable(&self) -> bool {
        self.state.lock().is_writable()
    }

    /// Name of the current transport.
    pub fn transport(&self) -> &'static str {
        match self.state.lock().link {
            Link::WebSocket(_) => "websocket",
            Link::Polling { .. } | Link::Closed => "polling",
        }
    }

    /// A polling request asks for what there is.
    pub fn poll(&self) -> (Poll, Progress) {
        let mut state = self.state.lock();
        let done = state.ending && state.queue.is_empty();
        let Link::Polling { waiting, probed } = &mut state.link else {
            return (Poll::Gone, Progress::Idle);
        };
        if waiting.as_ref().is_some_and(|sender| !sender.is_closed()) {
            return (Poll::Overlap, Progress::Idle);
        }
        let probed = *probed;
        if done {
            // As in engine.io: the close packet follows one that ends the poll.
            let items = [Item::Control(Control::Noop), Item::Control(Control::Close)];
            let (bytes, binary) = encode_poll(&items, self.protocol, self.supports_binary);
            return (Poll::Now(PollBody { bytes, binary }), Progress::Finished);
        }
        let (sender, receiver) = oneshot::channel();
        *waiting = Some(sender);
        let mut receiver = receiver;
        let progress = self.write(&mut state);
        if probed && let Link::Polling { waiting, .. } = &mut state.link {
            // The client is about to switch: it waits for this poll to end.
            answer(waiting, self.protocol, self.supports_binary, &[Item::Control(Control::Noop)]);
        }
        match receiver.try_recv() {
            Ok(body) => (Poll::Now(body), progress),
            Err(_) => (Poll::Wait(receiver), progress),
        }
    }

    /// A WebSocket proved itself: ends the pending poll so that the client can switch.
    pub fn probe(&self) {
        let mut state = self.state.lock();
        if let Link::Polling { waiting, probed } = &mut state.link {
            *probed = true;
            answer(waiting, self.protocol, self.supports_binary, &[Item::Control(Control::Noop)]);
        }
    }

    /// The probe failed: polling goes on.
    pub fn unprobe(&self) {
        if let Link::Polling { probed, .. } = &mut self.state.lock().link {
            *probed = false;
        }
    }

    /// From now on the WebSocket carries everything, `first` before what waits. False if the session ended.
    pub fn switch(&self, stream: Arc<Stream>, first: Bytes) -> bool {
        let mut state = self.state.lock();
        let Link::Polling { waiting, .. } = &mut state.link else { return false };
        answer(waiting, self.protocol, self.supports_binary, &[Item::Control(Control::Noop)]);
        state.link = Link::WebSocket(stream);
        state.partial = first;
        true
    }

    /// Writes what waits. Called by the connection's task.
    pub fn flush(&self) -> Progress {
        let mut state = self.state.lock();
        let progress = self.write(&mut state);
        if progress == Progress::Backlog
            && let Link::WebSocket(stream) = &state.link
        {
            stream.await_writable();
            // It may have become writable just before, which nobody is told again.
            return self.write(&mut state);
        }
        progress
    }

    /// Ends the session once everything is out, or at once. A close frame or packet tells the client.
    pub fn finish(&self, discard: bool) -> Progress {
        let mut state = self.state.lock();
        if discard {
            state.clear();
        }
        state.ending = true;
        let progress = match (&state.link, discard) {
            (Link::Polling { waiting: None, .. }, true) => Progress::Finished,
            _ => self.write(&mut state),
        };
        drop(state);
        self.changed.notify_one();
        progress
    }

    /// Answers a WebSocket ping, ahead of everything but a half-written frame.
    pub fn reply(&self, frame: &Bytes) {
        self.state.lock().reply(frame);
    }

    /// Answers a close, unless this side closed first. Nothing is sent after it.
    pub fn reply_close(&self, code: Option<u16>) {
        let mut state = self.state.lock();
        state.reply(&frame::close(code));
        state.close_sent = true;
    }

    /// Drops everything and the transport. A pending poll gets a close packet.
    pub fn abort(&self) {
        let mut state = self.state.lock();
        state.clear();
        state.partial = Bytes::new();
        match std::mem::replace(&mut state.link, Link::Closed) {
            Link::Polling { mut waiting, .. } => {
                answer(&mut waiting, self.protocol, self.supports_binary, &[Item::Control(Control::Close)]);
            }
            Link::WebSocket(stream) => stream.shutdown(),
            Link::Closed => {}
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Gives the connection's task something to look at.
    pub fn wake(&self) {
        self.changed.notify_one();
    }

    /// Resolves when the connection's task has something to look at. Cancel safe.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Moves what waits towards the client.
    fn write(&self, state: &mut State) -> Progress {
        match &mut state.link {
            Link::Closed => Progress::Idle,
            Link::Polling { waiting, .. } => {
                if waiting.is_none() {
                    return Progress::Backlog;
                }
                if state.queue.is_empty() && !state.ending {
                    return Progress::Idle;
                }
                // A client deals with a close packet before the messages it came with, so it goes without any.
                let closing = state.queue.is_empty();
                let items: Vec<Item> = if closing {
                    vec![Item::Control(Control::Close)]
                } else {
                    state.queue.drain(..).collect()
                };
                if !answer(waiting, self.protocol, self.supports_binary, &items) {
                    // The poll was abandoned: keep what it would have carried.
                    state.queue.extend(items.into_iter().filter(|_| !closing));
                    return Progress::Backlog;
                }
                state.waiting_bytes = 0;
                match (closing, state.ending) {
                    (true, _) => Progress::Finished,
                    (false, true) => Progress::Backlog,
                    (false, false) => Progress::Drained,
                }
            }
            Link::WebSocket(_) => self.write_websocket(state),
        }
    }

    fn write_websocket(&self, state: &mut State) -> Progress {
        let mut waited = !state.partial.is_empty() || state.queue.len() > 1;
        loop {
            if state.partial.is_empty() {
                match state.queue.pop_front() {
                    Some(item) => {
                        state.waiting_bytes -= item.len();
                        state.partial = item.frames(self.protocol);
                    }
                    None if state.ending => {
                        state.reply(&frame::close(None));
                        state.close_sent = true;
                        return Progress::Finished;
                    }
                    None => return if waited { Progress::Drained } else { Progress::Idle },
                }
            }
            let Link::WebSocket(stream) = &state.link else { return Progress::Idle };
            match stream.try_write(&state.partial) {
                Ok(written) if written == state.partial.len() => state.partial = Bytes::new(),
                Ok(written) => {
                    state.partial.advance(written);
                    waited = true;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Progress::Backlog,
                Err(_) => {
                    stream.shutdown();
                    return Progress::Broken;
                }
            }
        }
    }
}

impl State {
    /// Whether `item` would go beyond the limit. One item alone may, or it could never be sent.
    fn is_full(&self, item: &Item, limit: usize) -> bool {
        let waiting = self.waiting_bytes + self.partial.len();
        let limit = if outgoing() > MUCH { limit.min(SHARE_OF_MUCH) } else { limit };
        waiting > 0 && !item.is_empty() && waiting + item.len() > limit
    }

    /// A pong at the end of the queue answers further pings too: else they would pile up for a client that
    /// does not read.
    fn has_pong_waiting(&self, item: &Item) -> bool {
        let is_pong = |item: &Item| matches!(item, Item::Control(Control::Pong));
        is_pong(item) && self.queue.back().is_some_and(is_pong)
    }

    fn reply(&mut self, frame: &Bytes) {
        if let Link::WebSocket(stream) = &self.link
            && self.partial.is_empty()
            && !self.close_sent
        {
            let written = stream.try_write(frame).unwrap_or(0);
            if written > 0 && written < frame.len() {
                self.partial = frame.slice(written..);
            }
        }
    }

    fn push(&mut self, item: Item) {
        self.waiting_bytes += item.len();
        self.queue.push_back(item);
    }

    fn clear(&mut self) {
        self.queue.clear();
        self.waiting_bytes = 0;
    }

    fn is_writable(&self) -> bool {
        match &self.link {
            Link::WebSocket(_) => self.partial.is_empty() && self.queue.is_empty(),
            Link::Polling { waiting, .. } => waiting.as_ref().is_some_and(|sender| !sender.is_closed()),
            Link::Closed => false,
        }
    }
}

/// Answers a pending poll. False if none was pending or its client went away.
fn answer(
    waiting: &mut Option<oneshot::Sender<PollBody>>,
    protocol: Protocol,
    supports_binary: bool,
    items: &[Item],
) -> bool {
    let Some(sender) = waiting.take() else { return false };
    let (bytes, binary) = encode_poll(items, protocol, supports_binary);
    sender.send(PollBody { bytes, binary }).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::payload::{Counted, Message, Parcel};

    fn item(text: &str) -> Item {
        Item::Parcel(Arc::new(Parcel::new([Message::text(text)])))
    }

    fn send(outbox: &Outbox, text: &str) {
        outbox.send(item(text), false, 0);
    }

    fn body(poll: Poll) -> String {
        match poll {
            Poll::Now(body) => String::from_utf8(body.bytes.to_vec()).unwrap(),
            _ => panic!("the poll should be answered at once"),
        }
    }

    fn outbox() -> Outbox {
        Outbox::new(Protocol::V4, true, 1000)
    }

    #[test]
    fn a_poll_takes_all_that_waits_in_order() {
        let outbox = outbox();
        send(&outbox, "2[1]");
        send(&outbox, "2[2]");
        assert_eq!(body(outbox.poll().0), "42[1]\x1e42[2]");
        let (Poll::Wait(mut pending), _) = outbox.poll() else { panic!("nothing waits") };
        send(&outbox, "2[3]");
        assert_eq!(&pending.try_recv().unwrap().bytes[..], b"42[3]");
    }

    #[test]
    fn a_second_poll_at_a_time_is_an_overlap() {
        let outbox = outbox();
        let _pending = outbox.poll();
        assert!(matches!(outbox.poll().0, Poll::Overlap));
    }

    #[test]
    fn an_abandoned_poll_loses_nothing() {
        let outbox = outbox();
        drop(outbox.poll());
        send(&outbox, "2[1]");
        assert_eq!(body(outbox.poll().0), "42[1]");
    }

    #[test]
    fn volatile_packets_go_at_once_or_not_at_all() {
        let outbox = outbox();
        outbox.send(item("2[1]"), true, 0);
        let (Poll::Wait(mut pending), _) = outbox.poll() else { panic!("nothing waits") };
        outbox.send(item("2[2]"), true, 0);
        assert_eq!(&pending.try_recv().unwrap().bytes[..], b"42[2]");
    }

    #[test]
    fn volatile_packets_do_not_follow_another_of_the_same_turn() {
        let outbox = outbox();
        let bodies = [(false, 1), (true, 1), (true, 2), (true, 2)].map(|(volatile, turn)| {
            let (Poll::Wait(mut pending), _) = outbox.poll() else { return None };
            outbox.send(item("2[1]"), volatile, turn);
            pending.try_recv().ok()
        });
        assert_eq!(bodies.map(|body| body.is_some()), [true, false, true, false]);
    }

    #[test]
    fn more_than_the_limit_is_not_taken_until_the_client_reads() {
        let outbox = outbox();
        let large = "x".repeat(900);
        assert_eq!(outbox.send(item(&large), false, 0), Progress::Backlog);
        assert_eq!(outbox.send(item("2[1,2,3]"), false, 0), Progress::TooSlow);
        assert_eq!(body(outbox.poll().0), format!("4{large}"));
        assert_eq!(outbox.send(item("2[1,2,3]"), false, 0), Progress::Backlog);
    }

    #[test]
    fn a_slow_client_may_leave_less_unread_while_there_is_much_for_all() {
        let outbox = Outbox::new(Protocol::V4, true, 1 << 20);
        let large = "x".repeat(SHARE_OF_MUCH / 2);
        assert_eq!(outbox.send(item(&large), false, 0), Progress::Backlog);
        let much = Counted::new(MUCH + 1);
        assert_eq!(outbox.send(item(&large), false, 0), Progress::TooSlow);
        assert_eq!(outbox.send(item("2[1]"), false, 0), Progress::Backlog);
        drop(much);
        assert_eq!(outbox.send(item(&large), false, 0), Progress::Backlog);

        // What many receive counts once, until the last of them has it.
        let before = outgoing();
        let size = 64 << 20;
        let parcel = Arc::new(Parcel::new([Message::text("x".repeat(size))]));
        let frames: Vec<_> = (0..10).map(|_| parcel.frames(Protocol::V4).clone()).collect();
        drop(parcel);
        assert!((before + size..before + 2 * size).contains(&outgoing()));
        drop(frames);
        assert!(outgoing() < before + size);
    }

    #[test]
    fn one_packet_larger_than_the_limit_still_goes() {
        let outbox = outbox();
        let large = "x".repeat(2000);
        send(&outbox, &large);
        assert_eq!(body(outbox.poll().0), format!("4{large}"));
    }

    #[test]
    fn finishing_delivers_what_waits_and_then_the_close_packet() {
        let outbox = outbox();
        send(&outbox, "2[1]");
        assert_eq!(outbox.finish(false), Progress::Backlog);
        let (poll, progress) = outbox.poll();
        assert_eq!((body(poll).as_str(), progress), ("42[1]", Progress::Backlog));
        let (poll, progress) = outbox.poll();
        assert_eq!((body(poll).as_str(), progress), ("6\x1e1", Progress::Finished));
    }

    #[test]
    fn a_probe_ends_the_pending_poll() {
        let outbox = outbox();
        let (Poll::Wait(mut pending), _) = outbox.poll() else { panic!("nothing waits") };
        outbox.probe();
        assert_eq!(&pending.try_recv().unwrap().bytes[..], b"6");
        assert_eq!(body(outbox.poll().0), "6");
        outbox.unprobe();
        assert!(matches!(outbox.poll().0, Poll::Wait(_)));
    }
}
