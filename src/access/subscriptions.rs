//! Entity subscriptions of one socket: it gets the content events of a type for the entities it chose only.

use std::sync::Arc;

use super::rules::{document_room, entity_room, view_room, watchers_room};

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Content type.
    pub uid: Arc<str>,
    /// The entity as the client named it.
    pub id: Box<str>,
    /// Its document.
    pub document: Box<str>,
    /// The room of those who see it as the socket does.
    pub view: Box<str>,
}

/// Rooms to enter and to leave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomChange {
    /// To enter.
    pub join: Vec<String>,
    /// To leave.
    pub leave: Vec<String>,
}

/// The subscriptions of one socket.
#[derive(Debug, Default)]
pub struct Subscriptions {
    list: Vec<Subscription>,
}

impl Subscription {
    /// The room that says what the client is subscribed to.
    pub fn room(&self) -> String {
        entity_room(&self.uid, &self.id)
    }

    fn rooms(&self) -> Vec<String> {
        let mut rooms = vec![self.room(), self.view.to_string()];
        if self.id != self.document {
            rooms.push(document_room(&self.uid, &self.document));
        }
        rooms
    }
}

impl Subscriptions {
    /// All of them.
    pub fn list(&self) -> &[Subscription] {
        &self.list
    }

    /// The subscription to a document, under any of its ids.
    pub fn find(&self, uid: &str, id: &str) -> Option<&Subscription> {
        let is_of = |one: &&Subscription| *one.uid == *uid && (*one.document == *id || *one.id == *id);
        self.list.iter().find(is_of)
    }

    /// Adds a subscription to a document that there is none to yet.
    pub fn add(&mut self, subscription: Subscription) -> RoomChange {
        let mut join = subscription.rooms();
        join.push(watchers_room(&subscription.uid));
        self.list.push(subscription);
        RoomChange { join, leave: Vec::new() }
    }

    /// Drops the subscription to a document.
    pub fn remove(&mut self, uid: &str, document: &str) -> Option<(Subscription, RoomChange)> {
        let at = self.list.iter().position(|one| *one.uid == *uid && *one.document == *document)?;
        let subscription = self.list.remove(at);
        let mut leave = subscription.rooms();
        if !self.list.iter().any(|one| one.uid == subscription.uid) {
            leave.push(watchers_room(uid));
        }
        Some((subscription, RoomChange { join: Vec::new(), leave }))
    }

    /// The socket is somebody else, or its principal may read other types: drops what it may not read and sees the rest
    /// with the eyes of the principal whose room is `own`. Returns what was dropped.
    pub fn review(
        &mut self,
        own: Option<&str>,
        may_read: impl Fn(&str) -> bool,
    ) -> (Vec<Subscription>, RoomChange) {
        let mut change = RoomChange::default();
        let mut dropped = Vec::new();
        for subscription in self.list.clone() {
            match own.filter(|_| may_read(&subscription.uid)) {
                None => {
                    if let Some((gone, left)) = self.remove(&subscription.uid, &subscription.document) {
                        change.leave.extend(left.leave);
                        dropped.push(gone);
                    }
                }
                Some(own) => {
                    let view = view_room(own, &subscription.uid, &subscription.document);
                    if *view == *subscription.view {
                        continue;
                    }
                    change.leave.push(subscription.view.to_string());
                    change.join.push(view.clone());
                    let is_same = |one: &&mut Subscription| **one == subscription;
                    if let Some(known) = self.list.iter_mut().find(is_same) {
                        known.view = view.into();
                    }
                }
            }
        }
        (dropped, change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(uid: &str, id: &str, document: &str) -> Subscription {
        let view = view_room("io:own", uid, document).into();
        Subscription { uid: uid.into(), id: id.into(), document: document.into(), view }
    }

    #[test]
    fn a_subscription_is_found_under_both_ids_and_left_with_its_rooms() {
        let mut all = Subscriptions::default();
        let change = all.add(subscription("api::a.a", "7", "doc"));
        let rooms = ["api::a.a:7", "io:own:api::a.a:doc", "io:document:api::a.a:doc", "io:watching:api::a.a"];
        assert_eq!(change, RoomChange { join: rooms.map(String::from).into(), leave: Vec::new() });
        assert!(all.find("api::a.a", "7").is_some() && all.find("api::a.a", "doc").is_some());
        assert!(all.find("api::b.b", "7").is_none());
        all.add(subscription("api::a.a", "other", "other"));
        let (_, change) = all.remove("api::a.a", "doc").unwrap();
        assert!(!change.leave.contains(&"io:watching:api::a.a".into()), "another one is left");
        let (_, change) = all.remove("api::a.a", "other").unwrap();
        let rooms = ["api::a.a:other", "io:own:api::a.a:other", "io:watching:api::a.a"];
        assert_eq!(change.leave, rooms);
        assert!(all.remove("api::a.a", "other").is_none());
    }

    #[test]
    fn another_role_sees_the_rest_with_its_own_eyes() {
        let mut all = Subscriptions::default();
        all.add(subscription("api::a.a", "x", "x"));
        all.add(subscription("api::b.b", "y", "y"));
        let (dropped, change) = all.review(Some("io:new"), |uid| uid == "api::a.a");
        assert_eq!(dropped.len(), 1);
        assert_eq!(change.join, ["io:new:api::a.a:x"]);
        assert!(change.leave.contains(&"io:own:api::a.a:x".into()));
        assert!(change.leave.contains(&"io:watching:api::b.b".into()));
        assert_eq!(all.review(Some("io:new"), |_| true), (Vec::new(), RoomChange::default()));
        assert_eq!(all.review(None, |_| true).0.len(), 1);
        assert!(all.list().is_empty());
    }
}
