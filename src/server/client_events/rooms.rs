//! Rooms that clients choose, and what they send each other.

use serde_json::{Value, json};

use super::{ClientAnswer, ClientRequest, Result, said};
use crate::{
    access::{ClientRules, RoomChange, is_internal, is_room_name},
    clock::epoch_millis,
    server::namespace::{Member, Namespace},
};

/// Rooms that one socket may choose; every one is an entry in the memory of the server.
const MAX_ROOMS: usize = 100;
/// UTF-16 units of a private message.
const MAX_MESSAGE: usize = 10_000;

pub(super) fn join(
    rules: &ClientRules,
    nsp: &Namespace,
    member: &Member,
    request: &ClientRequest,
) -> Result<ClientAnswer> {
    let room = room_name(request.payload.as_ref())?;
    let rooms = nsp.socket_rooms(&member.sid).unwrap_or_default();
    let answer = json!({ "success": true, "room": room });
    if rooms.iter().any(|known| **known == *room) {
        return Ok(said(answer));
    }
    if request.is_elsewhere || owner(rules, nsp, &member.sid, &room).is_some() {
        return Err("This room is reserved".into());
    }
    let standing = member.standing.lock().clone();
    let own = standing.map(|standing| standing.rooms).unwrap_or_default();
    if let Some(objection) = rules.objection(&room, &own) {
        return Err(objection.into());
    }
    let chosen = rooms.iter().filter(|known| {
        !own.contains(known) && ***known != *member.sid && owner(rules, nsp, &member.sid, known).is_none()
    });
    if chosen.count() >= MAX_ROOMS {
        return Err(format!("No more than {MAX_ROOMS} rooms may be joined").into());
    }
    let rooms = RoomChange { join: vec![room], leave: Vec::new() };
    change(nsp, member, &rooms);
    Ok(ClientAnswer { answer, rooms, message: None })
}

pub(super) fn leave(
    rules: &ClientRules,
    nsp: &Namespace,
    member: &Member,
    payload: Option<&Value>,
) -> Result<ClientAnswer> {
    let room = room_name(payload)?;
    if *room == *member.sid || owner(rules, nsp, &member.sid, &room).is_some() {
        return Err("This room is reserved".into());
    }
    let answer = json!({ "success": true, "room": room });
    let rooms = RoomChange { join: Vec::new(), leave: vec![room] };
    change(nsp, member, &rooms);
    Ok(ClientAnswer { answer, rooms, message: None })
}

pub(super) fn list(nsp: &Namespace, member: &Member) -> ClientAnswer {
    let rooms = nsp.socket_rooms(&member.sid).unwrap_or_default();
    let shown = rooms.iter().filter(|room| ***room != *member.sid && !is_internal(room));
    let names: Vec<&str> = shown.map(|room| &**room).collect();
    said(json!({ "success": true, "rooms": names }))
}

pub(super) fn private_message(
    rules: &ClientRules,
    nsp: &Namespace,
    member: &Member,
    request: &ClientRequest,
) -> Result<ClientAnswer> {
    if !rules.private_rooms {
        return Err("Private messages are disabled".into());
    }
    let Some(Value::Object(fields)) = &request.payload else {
        return Err("Invalid parameters: expected { to, message }".into());
    };
    let Some(Value::String(to)) = fields.get("to") else {
        return Err("Invalid recipient: expected a socket id".into());
    };
    let message = match fields.get("message") {
        Some(Value::String(text)) if (1..=MAX_MESSAGE).contains(&text.encode_utf16().count()) => text,
        _ => return Err(format!("Invalid message: expected text of 1 to {MAX_MESSAGE} characters").into()),
    };
    if !request.is_elsewhere && nsp.get(to).is_none() {
        return Err("Target socket not found".into());
    }
    let identity = member.identity();
    let name = identity.as_ref().filter(|identity| identity.parts.user.is_some());
    let name = name.and_then(|identity| identity.parts.name.as_deref());
    let sent = json!({
        "from": &*member.sid,
        "fromUser": name.unwrap_or("anonymous"),
        "message": message,
        "timestamp": epoch_millis() as u64,
    });
    let answer = json!({ "success": true });
    Ok(ClientAnswer { answer, rooms: RoomChange::default(), message: Some((to.clone(), sent)) })
}

/// Enters and leaves rooms.
pub(super) fn change(nsp: &Namespace, member: &Member, RoomChange { join, leave }: &RoomChange) {
    for room in leave {
        nsp.leave(&member.sid, room);
    }
    for room in join {
        nsp.join(&member.sid, room);
    }
}

/// Whose room this is; `None`: it is anybody's.
pub fn owner(rules: &ClientRules, nsp: &Namespace, sid: &str, room: &str) -> Option<&'static str> {
    if room == sid {
        return None;
    }
    rules.owner(room).or_else(|| nsp.get(room).map(|_| "the socket of that id"))
}

fn room_name(payload: Option<&Value>) -> Result<String> {
    match payload {
        Some(Value::String(name)) if is_room_name(name) => Ok(name.clone()),
        _ => Err("Invalid room name: expected 1 to 128 letters, digits or any of _ . : @ / # + -".into()),
    }
}
