//! What leaves a connection, in order, over whichever transport it has now.
//!
//! A WebSocket gets a direct non-blocking write from whoever sends; what does not fit waits here and the
//! connection's task finishes it. A polling client gets what waits with its next request. Everything passes
//! one queue under one lock, so order holds through connect and upgrade. Waiting bytes are bounded: the sender
//! asks [`Outbox::admit`] first and lets the slow client go when it says no.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use super::{
    frame,
    payload::{Control, Item, encode_poll},
    request::Protocol,
    stream::Stream,
};

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
}

enum Link {
    Polling { waiting: Option<oneshot::Sender<PollBody>>, probed: bool },
    WebSocket(Arc<Stream>),
    Closed,
}

struct State {
    queue: VecDeque<Item>,
    /// Rest of the frame being written, and what it counts in `pending` once written.
    partial: Bytes,
    partial_cost: usize,
    link: Link,
    /// Asked to end once everything is out.
    ending: bool,
}

/// Everything one connection has still to send.
pub struct Outbox {
    protocol: Protocol,
    supports_binary: bool,
    limit: usize,
    pending: AtomicUsize,
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
            pending: AtomicUsize::new(0),
            state: Mutex::new(State {
                queue: VecDeque::new(),
                partial: Bytes::new(),
                partial_cost: 0,
                link: Link::Polling { waiting: None, probed: false },
                ending: false,
            }),
            changed: Notify::new(),
        }
    }

    /// Announces `bytes` to come. False when the client is too slow to take more.
    #[must_use]
    pub fn admit(&self, bytes: usize) -> bool {
        let before = self.pending.fetch_add(bytes, Ordering::AcqRel);
        before == 0 || before + bytes <= self.limit
    }

    /// Sends something whose bytes were admitted. Volatile things are dropped unless they can go at once.
    pub fn send(&self, item: Item, volatile: bool) -> Progress {
        let mut state = self.state.lock();
        if volatile && !state.is_writable() || matches!(state.link, Link::Closed) || state.ending {
            self.settle(item.len());
            return Progress::Idle;
        }
        state.queue.push_back(item);
        let progress = match state.link {
            Link::WebSocket(_) if state.queue.len() > 1 || !state.partial.is_empty() => Progress::Backlog,
            _ => self.write(&mut state),
        };
        if matches!(progress, Progress::Backlog | Progress::Broken)
            && matches!(state.link, Link::WebSocket(_))
        {
            drop(state);
            self.changed.notify_one();
        }
        progress
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
        let Link::Polling { waiting, probed } = &mut state.link else {
            return (Poll::Gone, Progress::Idle);
        };
        if waiting.as_ref().is_some_and(|sender| !sender.is_closed()) {
            return (Poll::Overlap, Progress::Idle);
        }
        let probed = *probed;
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
        }
        progress
    }

    /// Ends the session once everything is out, or at once. A close frame or packet tells the client.
    pub fn finish(&self, discard: bool) -> Progress {
        let mut state = self.state.lock();
        if discard {
            state.queue.clear();
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

    /// Answers a WebSocket ping or a close, ahead of everything but a half-written frame.
    pub fn reply(&self, frame: Bytes) {
        let mut state = self.state.lock();
        if let Link::WebSocket(stream) = &state.link
            && state.partial.is_empty()
        {
            let written = stream.try_write(&frame).unwrap_or(0);
            if written > 0 && written < frame.len() {
                state.partial = frame.slice(written..);
                state.partial_cost = 0;
            }
        }
    }

    /// Drops everything and the transport. A pending poll gets a close packet.
    pub fn abort(&self) {
        let mut state = self.state.lock();
        state.queue.clear();
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
                // A client deals with a close packet before the packets it came with, so it goes alone.
                let closing = state.queue.is_empty();
                if closing {
                    state.queue.push_back(Item::Control(Control::Close));
                }
                let items: Vec<Item> = state.queue.drain(..).collect();
                let cost = items.iter().map(Item::len).sum();
                if !answer(waiting, self.protocol, self.supports_binary, &items) {
                    // The poll was abandoned: keep what it would have carried.
                    state.queue.extend(items.into_iter().filter(|item| !item.is_empty()));
                    return Progress::Backlog;
                }
                self.settle(cost);
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
                self.settle(std::mem::take(&mut state.partial_cost));
                match state.queue.pop_front() {
                    Some(item) => {
                        state.partial_cost = item.len();
                        state.partial = item.frames(self.protocol);
                    }
                    None if state.ending => {
                        state.partial = frame::close(None);
                        if let Link::WebSocket(stream) = &state.link {
                            let _ = stream.try_write(&state.partial);
                        }
                        state.partial = Bytes::new();
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

    fn settle(&self, bytes: usize) {
        if bytes > 0 {
            self.pending.fetch_sub(bytes, Ordering::AcqRel);
        }
    }
}

impl State {
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
    use crate::transport::payload::{Message, Parcel};

    fn item(text: &str) -> Item {
        Item::Parcel(Arc::new(Parcel::new([Message::text(text)])))
    }

    fn send(outbox: &Outbox, text: &str) {
        let item = item(text);
        assert!(outbox.admit(item.len()));
        outbox.send(item, false);
    }

    fn body(poll: Poll) -> String {
        match poll {
            Poll::Now(body) => String::from_utf8(body.bytes.to_vec()).unwrap(),
            _ => panic!("the poll should be answered at once"),
        }
    }

    fn outbox() -> Outbox {
        Outbox::new(Protocol::V4, true, 100)
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
        let dropped = item("2[1]");
        assert!(outbox.admit(dropped.len()));
        outbox.send(dropped, true);
        let (Poll::Wait(mut pending), _) = outbox.poll() else { panic!("nothing waits") };
        let sent = item("2[2]");
        assert!(outbox.admit(sent.len()));
        outbox.send(sent, true);
        assert_eq!(&pending.try_recv().unwrap().bytes[..], b"42[2]");
        assert_eq!(outbox.pending.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn admission_ends_at_the_limit_and_returns_when_the_client_reads() {
        let outbox = outbox();
        send(&outbox, &"x".repeat(90));
        assert!(!outbox.admit(10));
        outbox.settle(10);
        body(outbox.poll().0);
        assert!(outbox.admit(10));
    }

    #[test]
    fn finishing_delivers_what_waits_and_then_the_close_packet_alone() {
        let outbox = outbox();
        send(&outbox, "2[1]");
        assert_eq!(outbox.finish(false), Progress::Backlog);
        let (poll, progress) = outbox.poll();
        assert_eq!((body(poll).as_str(), progress), ("42[1]", Progress::Backlog));
        let (poll, progress) = outbox.poll();
        assert_eq!((body(poll).as_str(), progress), ("1", Progress::Finished));
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
