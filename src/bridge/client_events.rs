//! The built-in events of clients, and what follows from them.

use napi::{
    Env,
    bindgen_prelude::{Object, Result},
};
use napi_derive::napi;

use super::{
    access::EntityAnswer,
    engine::{Engine, Pending},
};
use crate::{
    access::{ClientRules, Subscription},
    error::Error,
    server::client_events::{ClientAnswer, ClientEvent, ClientRequest, owner},
};

/// What clients may do with rooms and entity subscriptions.
#[napi(object)]
pub struct ClientEventRules {
    /// Names of roles, which are rooms of their sockets.
    pub roles: Vec<String>,
    /// Rooms that some role is put into.
    pub reserved_rooms: Vec<String>,
    /// Whether clients may choose rooms, and send each other private messages.
    pub private_rooms: bool,
    /// The content types.
    pub types: Vec<String>,
    /// Those of which only what is published counts.
    pub published_only: Vec<String>,
    /// Whether clients may subscribe to entities.
    pub subscriptions: bool,
    /// If not empty, the only types they may subscribe to entities of.
    pub subscription_types: Vec<String>,
    /// Entities that one socket may be subscribed to.
    pub max_subscriptions: u32,
    /// Whether an entity must exist to be subscribed to.
    pub verify_entities: bool,
    /// Whether subscriptions are counted and logged.
    pub counted: bool,
}

impl From<ClientEventRules> for ClientRules {
    fn from(rules: ClientEventRules) -> Self {
        let names = |list: Vec<String>| list.into_iter().map(Into::into).collect();
        Self {
            roles: names(rules.roles),
            reserved: names(rules.reserved_rooms),
            private_rooms: rules.private_rooms,
            types: rules.types.into_iter().map(Into::into).collect(),
            published_only: names(rules.published_only),
            subscriptions: rules.subscriptions,
            subscription_types: names(rules.subscription_types),
            max_subscriptions: rules.max_subscriptions as usize,
            verify: rules.verify_entities,
            counted: rules.counted,
        }
    }
}

/// The answer to a built-in event. Rooms have been changed; what else follows is for the caller to do.
#[napi(object, use_nullable = true)]
pub struct ClientEventAnswer {
    /// The acknowledgement, JSON text.
    pub answer: String,
    /// Rooms that were entered.
    pub joined: Vec<String>,
    /// Rooms that were left.
    pub left: Vec<String>,
    /// Whom a private message goes to. `null`: there is none.
    pub to: Option<String>,
    /// Its payload, JSON text.
    pub message: Option<String>,
}

impl From<ClientAnswer> for ClientEventAnswer {
    fn from(ClientAnswer { answer, rooms, message }: ClientAnswer) -> Self {
        let (to, message) = message.map(|(to, message)| (to, message.to_string())).unzip();
        Self { answer: answer.to_string(), joined: rooms.join, left: rooms.leave, to, message }
    }
}

/// An entity subscription of a socket.
#[napi(object)]
pub struct SubscriptionRecord {
    /// Content type.
    pub uid: String,
    /// The entity as the client named it.
    pub id: String,
    /// Its document, whichever id the client used.
    pub document: String,
    /// The room that says so.
    pub room: String,
}

/// A socket and its user.
#[napi(object, use_nullable = true)]
pub struct SocketUserRecord {
    /// Id of the socket.
    pub sid: String,
    /// What application code sees of the user, JSON text.
    pub user: Option<String>,
}

impl From<&Subscription> for SubscriptionRecord {
    fn from(subscription: &Subscription) -> Self {
        let Subscription { uid, id, document, .. } = subscription;
        let (uid, id, document) = (uid.to_string(), id.to_string(), document.to_string());
        Self { uid, id, document, room: subscription.room() }
    }
}

/// Number of subscriptions to entities of one type.
#[napi(object)]
pub struct SubscriptionCount {
    /// Content type.
    pub uid: String,
    /// How many there are.
    pub count: u32,
}

#[napi]
impl Engine {
    /// Replaces what clients may do with rooms and entity subscriptions.
    #[napi]
    pub fn set_client_rules(&self, rules: ClientEventRules) {
        self.core().access.set_rules(rules.into());
    }

    /// Sets the built-in events that are answered in guarded namespaces. Unknown names are passed by.
    #[napi]
    pub fn set_client_events(&self, names: Vec<String>) {
        let events = names.iter().filter_map(|name| ClientEvent::parse(name));
        self.core().access.set_enabled(events.collect());
    }

    /// Judges a built-in event of a socket that JavaScript has, or of the application for any socket, and changes the
    /// rooms. `payload` is JSON text, `null` if there is none. `isElsewhere`: another node has a socket with the id that
    /// the payload names as a room or recipient.
    #[napi(ts_return_type = "Promise<ClientEventAnswer>")]
    pub fn client_event<'env>(
        &self,
        env: &'env Env,
        nsp: String,
        sid: String,
        event: String,
        payload: Option<String>,
        is_elsewhere: bool,
    ) -> Result<Object<'env>> {
        let event = ClientEvent::parse(&event).ok_or(Error::Identity("event"))?;
        let payload = payload.map(|payload| serde_json::from_str(&payload).unwrap_or_default());
        let (deferred, promise) = env.create_deferred()?;
        let pending = Pending::<ClientEventAnswer>::new(deferred);
        let callback = move |answer: ClientAnswer| pending.resolve(answer.into());
        let request = ClientRequest { event, payload, is_elsewhere };
        self.core().client_event(&nsp, &sid, request, Box::new(callback));
        Ok(promise)
    }

    /// Says which documents entities are.
    #[napi]
    pub fn answer_entities(&self, answers: Vec<EntityAnswer>) {
        let answer =
            |EntityAnswer { id, document, failed }| (id, if failed { Err(()) } else { Ok(document) });
        self.core().answer_look_ups(answers.into_iter().map(answer).collect());
    }

    /// Why a room is not for a socket: whom it stands for. `null`: it is anybody's.
    #[napi]
    pub fn room_owner(&self, nsp: String, sid: String, room: String) -> Option<String> {
        let nsp = self.namespace(&nsp)?;
        owner(&self.core().access.rules(), &nsp, &sid, &room).map(String::from)
    }

    /// Whether somebody may be let into a room that has the rooms `own` by its role: a room that stands for nobody.
    #[napi]
    pub fn may_enter_room(&self, nsp: String, room: String, own: Vec<String>) -> bool {
        let rules = self.core().access.rules();
        let own: Vec<std::sync::Arc<str>> = own.into_iter().map(Into::into).collect();
        let found = self.namespace(&nsp);
        crate::access::is_room_name(&room)
            && found.is_none_or(|nsp| owner(&rules, &nsp, "", &room).is_none())
            && rules.objection(&room, &own).is_none()
    }

    /// Drops the subscription of a socket to an entity, by the id it was named by or by its document.
    #[napi]
    pub fn unsubscribe(&self, nsp: String, sid: String, uid: String, entity: String) -> ClientEventAnswer {
        self.core().unsubscribe_now(&nsp, &sid, &uid, &entity).into()
    }

    /// The sockets in any of these rooms.
    #[napi]
    pub fn sockets_in(&self, nsp: String, rooms: Vec<String>) -> Vec<SocketUserRecord> {
        let found = self.namespace(&nsp).map_or_else(Vec::new, |nsp| nsp.select(&rooms, &[]));
        let record = |member: &std::sync::Arc<crate::server::namespace::Member>| {
            let identity = member.identity();
            let user = identity.as_ref().and_then(|identity| identity.parts.user.as_ref());
            SocketUserRecord { sid: member.sid.to_string(), user: user.map(|user| user.json.to_string()) }
        };
        found.iter().map(record).collect()
    }

    /// Ends the connection of a socket with a reason for its client. False: JavaScript has objects of it, or it is gone.
    #[napi]
    pub fn dismiss_socket(&self, nsp: String, sid: String, reason: String) -> bool {
        self.core().dismiss_socket(&nsp, &sid, &reason)
    }

    /// The entity subscriptions of a socket.
    #[napi]
    pub fn subscriptions(&self, nsp: String, sid: String) -> Vec<SubscriptionRecord> {
        let found = self.namespace(&nsp).and_then(|nsp| nsp.get(&sid));
        found.map_or_else(Vec::new, |member| {
            member.subscriptions.lock().list().iter().map(SubscriptionRecord::from).collect()
        })
    }

    /// How many entity subscriptions there are, by content type.
    #[napi]
    pub fn subscription_counts(&self) -> Vec<SubscriptionCount> {
        let counts = self.core().access.counts.list().into_iter();
        counts.map(|(uid, count)| SubscriptionCount { uid: uid.into(), count: count as u32 }).collect()
    }

    /// The rooms of entity subscriptions, at most `limit` of them.
    #[napi]
    pub fn subscription_rooms(&self, nsp: String, limit: u32) -> Vec<String> {
        let mut rooms = std::collections::HashSet::new();
        for member in self.namespace(&nsp).map_or_else(Vec::new, |nsp| nsp.members()) {
            for subscription in member.subscriptions.lock().list() {
                if rooms.len() >= limit as usize {
                    return rooms.into_iter().collect();
                }
                rooms.insert(subscription.room());
            }
        }
        rooms.into_iter().collect()
    }

    /// Whether events are written into the log of the monitoring.
    #[napi]
    pub fn set_event_logging(&self, on: bool) {
        self.core().access.logs_events.store(on, std::sync::atomic::Ordering::Relaxed);
    }
}
