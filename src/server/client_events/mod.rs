//! The events that every client may send without the application doing anything for it: rooms, private messages and
//! entity subscriptions. They are decided here; where JavaScript has the socket, it carries them out.

mod entities;
mod requests;
mod rooms;

use std::{collections::VecDeque, sync::Arc};

use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;

pub use self::rooms::owner;
use crate::access::RoomChange;

/// One of the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientEvent {
    /// `join-room`
    JoinRoom,
    /// `leave-room`
    LeaveRoom,
    /// `get-rooms`
    GetRooms,
    /// `private-message`
    PrivateMessage,
    /// `subscribe-entity`
    Subscribe,
    /// `unsubscribe-entity`
    Unsubscribe,
    /// `get-entity-subscriptions`
    GetSubscriptions,
}

impl ClientEvent {
    const ALL: [(&'static str, Self); 7] = [
        ("join-room", Self::JoinRoom),
        ("leave-room", Self::LeaveRoom),
        ("get-rooms", Self::GetRooms),
        ("private-message", Self::PrivateMessage),
        ("subscribe-entity", Self::Subscribe),
        ("unsubscribe-entity", Self::Unsubscribe),
        ("get-entity-subscriptions", Self::GetSubscriptions),
    ];

    /// The event of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, event)| *event)
    }

    /// Whether the event is about entities, whose content is sent in one namespace alone.
    pub fn is_of_content(self) -> bool {
        matches!(self, Self::Subscribe | Self::Unsubscribe | Self::GetSubscriptions)
    }
}

/// What a client asks.
#[derive(Debug)]
pub struct ClientRequest {
    /// The event.
    pub event: ClientEvent,
    /// Its first argument; `None`: there is none.
    pub payload: Option<Value>,
    /// Whether another node has a socket with the id that the request names as a room or recipient.
    pub is_elsewhere: bool,
}

impl ClientRequest {
    /// The same without what its answer does not need: it may wait for long.
    fn about_entity(self) -> Self {
        let field = |name: &str| self.payload.as_ref().and_then(|payload| payload.get(name)).cloned();
        let payload = Some(json!({ "uid": field("uid"), "id": field("id") }));
        Self { payload, ..self }
    }
}

/// What the answer to a request is, and what follows from it.
#[derive(Debug, Default, PartialEq)]
pub struct ClientAnswer {
    /// The acknowledgement.
    pub answer: Value,
    /// Rooms that were entered and left.
    pub rooms: RoomChange,
    /// A private message: to which socket, and its payload.
    pub message: Option<(String, Value)>,
}

/// A request that was looked at.
enum Step {
    Done(ClientAnswer),
    /// First somebody has to say which document has this id.
    LookUp {
        uid: Arc<str>,
        id: String,
        published: bool,
    },
}

/// Why a request is refused.
struct Refused(String);

type Result<T> = std::result::Result<T, Refused>;

impl<T: Into<String>> From<T> for Refused {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

/// Requests of a connection that wait for one that is being looked up.
#[derive(Debug, Default)]
pub struct Queue {
    packets: VecDeque<(Box<str>, OwnedSemaphorePermit)>,
}

impl Queue {
    /// What waited, in order.
    pub(in crate::server) fn take(&mut self) -> impl Iterator<Item = String> {
        std::mem::take(&mut self.packets).into_iter().map(|(text, _)| text.into())
    }
}

/// An answer without consequences.
fn said(answer: Value) -> ClientAnswer {
    ClientAnswer { answer, ..ClientAnswer::default() }
}

/// The acknowledgement of a refused request.
fn refusal(Refused(error): Refused) -> ClientAnswer {
    said(json!({ "success": false, "error": error }))
}
