//! Entity subscriptions of clients.

use std::sync::{Arc, atomic::Ordering};

use serde_json::{Map, Value, json};

use super::{ClientAnswer, ClientEvent, ClientRequest, Result, Step, refusal, rooms, said};
use crate::{
    access::{ClientRules, RoomChange, Subscription, is_entity_id, is_row_id, view_room},
    server::{
        connect::describe,
        core::Core,
        namespace::{Member, Namespace},
    },
};

const NO_PERMISSION: &str = "Permission denied: no access to this content type";

impl Core {
    pub(super) fn subscribe(
        &self,
        rules: &ClientRules,
        member: &Member,
        payload: Option<&Value>,
    ) -> Result<Step> {
        let (uid, id) = entity(rules, payload)?;
        if !rules.subscription_types.is_empty() && !rules.subscription_types.contains(&*uid) {
            return Err("Content type not allowed for entity subscriptions".into());
        }
        // Should the table be out of date, another one drops what it does not allow.
        if self.reader(member, &uid).is_none() {
            return Err(NO_PERMISSION.into());
        }
        let published = rules.published_only.contains(&*uid);
        Ok(Step::LookUp { uid, id, published })
    }

    pub(super) fn unsubscribe(
        &self,
        rules: &ClientRules,
        nsp: &Namespace,
        member: &Member,
        payload: Option<&Value>,
    ) -> Result<Step> {
        let (uid, id) = entity(rules, payload)?;
        let known = member.subscriptions.lock().find(&uid, &id).cloned();
        match known {
            Some(subscription) => Ok(Step::Done(self.drop_subscription(nsp, member, &subscription, payload))),
            // It may be subscribed to under another id.
            None if is_row_id(&id) && !member.subscriptions.lock().list().is_empty() => {
                Ok(Step::LookUp { uid, id, published: false })
            }
            None => Ok(Step::Done(said(about(payload, &format!("{uid}:{id}"))))),
        }
    }

    /// Goes on with a request when the document of its entity is known.
    pub(super) fn with_document(
        &self,
        nsp: &Namespace,
        member: &Arc<Member>,
        request: &ClientRequest,
        uid: Arc<str>,
        id: &str,
        document: Option<String>,
    ) -> ClientAnswer {
        let payload = request.payload.as_ref();
        if request.event == ClientEvent::Unsubscribe {
            let known = member.subscriptions.lock().find(&uid, document.as_deref().unwrap_or(id)).cloned();
            return match known {
                Some(subscription) => self.drop_subscription(nsp, member, &subscription, payload),
                None => said(about(payload, &format!("{uid}:{id}"))),
            };
        }
        self.subscribe_to(nsp, member, payload, uid, id, document).unwrap_or_else(refusal)
    }

    fn subscribe_to(
        &self,
        nsp: &Namespace,
        member: &Arc<Member>,
        payload: Option<&Value>,
        uid: Arc<str>,
        id: &str,
        document: Option<String>,
    ) -> Result<ClientAnswer> {
        let rules = self.access.rules();
        // Both may have changed meanwhile.
        entity(&rules, payload)?;
        let mut subscriptions = member.subscriptions.lock();
        // Under the lock: a review comes before all of this, or after it.
        let own = self.reader(member, &uid).ok_or(NO_PERMISSION)?;
        let document = match document {
            Some(document) => document,
            None if rules.verify => return Err("Entity not found".into()),
            None => id.to_owned(),
        };
        // Its end takes the lock, too: nothing is left behind of a socket that is gone.
        if nsp.get(&member.sid).is_none() {
            return Err("Socket not found".into());
        }
        if let Some(known) = subscriptions.find(&uid, &document) {
            return Ok(said(about(payload, &known.room())));
        }
        let max = rules.max_subscriptions;
        if subscriptions.list().len() >= max {
            return Err(format!("Maximum subscriptions ({max}) reached").into());
        }
        let view = view_room(&own, &uid, &document).into();
        let subscription = Subscription { uid, id: id.into(), document: document.into(), view };
        let answer = about(payload, &subscription.room());
        self.access.counts.change(&subscription.uid, 1);
        self.record_subscription("entity-subscribe", member, &subscription);
        let rooms = subscriptions.add(subscription);
        rooms::change(nsp, member, &rooms);
        Ok(ClientAnswer { answer, rooms, message: None })
    }

    fn drop_subscription(
        &self,
        nsp: &Namespace,
        member: &Member,
        subscription: &Subscription,
        payload: Option<&Value>,
    ) -> ClientAnswer {
        let mut subscriptions = member.subscriptions.lock();
        let removed = subscriptions.remove(&subscription.uid, &subscription.document);
        let Some((gone, rooms)) = removed else { return said(about(payload, &subscription.room())) };
        rooms::change(nsp, member, &rooms);
        drop(subscriptions);
        self.access.counts.change(&gone.uid, -1);
        self.record_subscription("entity-unsubscribe", member, &gone);
        ClientAnswer { answer: about(payload, &gone.room()), rooms, message: None }
    }

    /// Drops the subscription of a socket to an entity, by the id it was named by or by its document.
    pub fn unsubscribe_now(&self, nsp: &str, sid: &str, uid: &str, id: &str) -> ClientAnswer {
        let found = self.namespace(nsp).and_then(|nsp| Some((nsp.get(sid)?, nsp)));
        let Some((member, nsp)) = found else { return refusal("Socket not found".into()) };
        let payload = json!({ "uid": uid, "id": id });
        let known = match entity(&self.access.rules(), Some(&payload)) {
            Ok((uid, id)) => member.subscriptions.lock().find(&uid, &id).cloned(),
            Err(refused) => return refusal(refused),
        };
        match known {
            Some(subscription) => self.drop_subscription(&nsp, &member, &subscription, Some(&payload)),
            None => said(about(Some(&payload), &format!("{uid}:{id}"))),
        }
    }

    /// The room of the principal of a socket, if that may read a type.
    fn reader(&self, member: &Member, uid: &str) -> Option<Arc<str>> {
        let identity = member.identity()?;
        let table = self.access.table();
        let principal = table.as_ref()?.principal(&identity)?;
        principal.readable.contains(uid).then(|| principal.room.clone())
    }

    fn record_subscription(&self, kind: &str, member: &Member, Subscription { uid, id, .. }: &Subscription) {
        if !self.access.rules().counted {
            return;
        }
        let identity = member.identity();
        let user = describe(identity.as_deref());
        let data = json!({ "socketId": &*member.sid, "uid": &**uid, "id": id, "user": user });
        self.monitor.record(kind, &data.to_string(), self.access.logs_events.load(Ordering::Relaxed));
    }

    /// A socket is somebody else, or what may be read has changed: its subscriptions follow.
    pub(in crate::server) fn review_subscriptions(&self, nsp: &Namespace, member: &Member) -> RoomChange {
        let mut subscriptions = member.subscriptions.lock();
        if subscriptions.list().is_empty() {
            return RoomChange::default();
        }
        let identity = member.identity();
        let table = self.access.table();
        let principal =
            identity.as_ref().and_then(|identity| table.as_ref().and_then(|table| table.principal(identity)));
        let own = principal.map(|principal| &*principal.room);
        let may_read = |uid: &str| principal.is_some_and(|principal| principal.readable.contains(uid));
        let (dropped, change) = subscriptions.review(own, may_read);
        for gone in dropped {
            self.access.counts.change(&gone.uid, -1);
        }
        rooms::change(nsp, member, &change);
        change
    }

    /// A socket is gone.
    pub(in crate::server) fn forget_subscriptions(&self, member: &Member) {
        for gone in std::mem::take(&mut *member.subscriptions.lock()).list() {
            self.access.counts.change(&gone.uid, -1);
        }
    }
}

/// The subscriptions of a socket.
pub(super) fn list(member: &Member) -> ClientAnswer {
    let subscriptions = member.subscriptions.lock();
    let list: Vec<Value> = subscriptions
        .list()
        .iter()
        .map(|one| json!({ "uid": &*one.uid, "id": one.id, "room": one.room() }))
        .collect();
    said(json!({ "success": true, "subscriptions": list }))
}

/// The type and id of the entity that a request is about.
fn entity(rules: &ClientRules, payload: Option<&Value>) -> Result<(Arc<str>, String)> {
    let Some(Value::Object(fields)) = payload else {
        return Err("Invalid parameters: expected { uid, id }".into());
    };
    if !rules.subscriptions {
        return Err("Entity subscriptions are disabled".into());
    }
    let uid = match fields.get("uid") {
        Some(Value::String(uid)) => rules.types.get(&**uid).cloned(),
        _ => None,
    };
    let uid = uid.ok_or("Content type not found")?;
    Ok((uid, entity_id(fields)?))
}

fn entity_id(fields: &Map<String, Value>) -> Result<String> {
    /// The largest integer that JavaScript's numbers tell from its neighbours.
    const MAX_SAFE: f64 = 9_007_199_254_740_991.0;
    let text = match fields.get("id") {
        Some(Value::String(id)) => Some(id.clone()),
        Some(Value::Number(number)) => number
            .as_f64()
            .filter(|number| number.fract() == 0.0 && number.abs() <= MAX_SAFE)
            .map(|number| (number as i64).to_string()),
        _ => None,
    };
    text.filter(|id| is_entity_id(id))
        .ok_or_else(|| "Invalid entity id: expected a number or a documentId".into())
}

/// What an acknowledgement says of an entity, as the client named it.
fn about(payload: Option<&Value>, room: &str) -> Value {
    let field = |name: &str| payload.and_then(|payload| payload.get(name)).cloned().unwrap_or_default();
    json!({ "success": true, "room": room, "uid": field("uid"), "id": field("id") })
}
