//! Namespaces and their rooms. Joining, leaving and choosing recipients are synchronous, so a broadcast reaches
//! exactly those who were there when it was called.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
    sync::Arc,
};

use indexmap::IndexMap;
use parking_lot::{Mutex, RwLock};

use super::conn::Conn;
use crate::{
    access::{Identity, Standing, Subscriptions},
    clock::epoch_millis,
};

/// What changed by joining or leaving a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing: already so, or unknown socket.
    None = 0,
    /// The socket joined or left.
    Moved = 1,
    /// It did, and the room came into being or ended by it.
    MovedAndRoom = 3,
}

/// A socket: one client in one namespace.
pub struct Member {
    /// Socket id.
    pub sid: Arc<str>,
    /// The connection it uses.
    pub conn: Arc<Conn>,
    /// JSON text of the payload the client connected with.
    pub auth: Box<str>,
    /// When it connected, milliseconds since the epoch.
    pub issued: f64,
    /// What it has by its identity. `None` in namespaces without authentication.
    pub standing: Mutex<Option<Standing>>,
    /// Its entity subscriptions.
    pub subscriptions: Mutex<Subscriptions>,
    rooms: Mutex<Vec<Arc<str>>>,
}

/// The connections of some sockets, as they were when somebody asked.
pub type Recipients = Arc<[Arc<Conn>]>;

/// Sockets by id, with their connections remembered until the set changes: a broadcast to thousands then costs
/// its caller nothing.
#[derive(Default)]
struct Sockets {
    by_id: IndexMap<Arc<str>, Arc<Member>>,
    recipients: Mutex<Option<Recipients>>,
}

#[derive(Default)]
struct Members {
    sockets: Sockets,
    /// Rooms other than those every socket has for itself, which are implied.
    rooms: IndexMap<Arc<str>, Sockets>,
}

/// A namespace.
pub struct Namespace {
    /// Name, beginning with "/".
    pub name: Arc<str>,
    members: RwLock<Members>,
}

impl Namespace {
    /// An empty namespace.
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), members: RwLock::default() }
    }

    /// Adds a socket. It is in no room yet.
    pub fn add(&self, sid: Arc<str>, conn: Arc<Conn>, auth: &str) -> Arc<Member> {
        self.add_after(sid, conn, auth, || {})
    }

    /// Adds a socket after `welcome`, with nothing in between: no broadcast reaches the client before it is
    /// welcomed, and every later one does. `welcome` must not touch the namespace.
    pub fn add_after(
        &self,
        sid: Arc<str>,
        conn: Arc<Conn>,
        auth: &str,
        welcome: impl FnOnce(),
    ) -> Arc<Member> {
        let member = Arc::new(Member {
            sid: sid.clone(),
            conn,
            auth: auth.into(),
            issued: epoch_millis(),
            standing: Mutex::default(),
            subscriptions: Mutex::default(),
            rooms: Mutex::default(),
        });
        let mut members = self.members.write();
        welcome();
        members.sockets.insert(member.clone());
        drop(members);
        member
    }

    /// Removes a socket from all rooms and the namespace.
    pub fn remove(&self, sid: &str) -> Option<Arc<Member>> {
        let mut members = self.members.write();
        let member = members.sockets.remove(sid)?;
        for room in std::mem::take(&mut *member.rooms.lock()) {
            members.leave(&member.sid, &room);
        }
        Some(member)
    }

    /// Lets a socket join a room.
    pub fn join(&self, sid: &str, room: &str) -> Change {
        let mut members = self.members.write();
        let Some(member) = members.sockets.by_id.get(sid).cloned() else { return Change::None };
        let mut rooms = member.rooms.lock();
        if rooms.iter().any(|name| &**name == room) {
            return Change::None;
        }
        if room == sid {
            // The room of a socket's own is implied, unless somebody else is in a room of that name.
            rooms.push(member.sid.clone());
            return if members.rooms.contains_key(room) { Change::Moved } else { Change::MovedAndRoom };
        }
        let existing = members.rooms.get_key_value(room).map(|(name, _)| name.clone());
        let created = existing.is_none() && !members.has_own_room(room);
        let name = existing.unwrap_or_else(|| room.into());
        rooms.push(name.clone());
        drop(rooms);
        members.rooms.entry(name).or_default().insert(member);
        if created { Change::MovedAndRoom } else { Change::Moved }
    }

    /// Lets a socket leave a room.
    pub fn leave(&self, sid: &str, room: &str) -> Change {
        let mut members = self.members.write();
        let Some(member) = members.sockets.by_id.get(sid).cloned() else { return Change::None };
        let mut rooms = member.rooms.lock();
        let Some(at) = rooms.iter().position(|name| &**name == room) else { return Change::None };
        rooms.remove(at);
        drop(rooms);
        members.leave(sid, room);
        if members.room_size(room) == 0 { Change::MovedAndRoom } else { Change::Moved }
    }

    /// The connections of the sockets in any of `rooms` (all if empty) and in none of `except`.
    pub fn recipients(&self, rooms: &[String], except: &[String]) -> Recipients {
        if except.is_empty() {
            let members = self.members.read();
            match rooms {
                [] => return members.sockets.recipients(),
                [room] if !members.has_own_room(room) => {
                    return members.rooms.get(&**room).map_or_else(Recipients::default, Sockets::recipients);
                }
                _ => {}
            }
        }
        self.select(rooms, except).into_iter().map(|member| member.conn.clone()).collect()
    }

    /// The sockets in any of `rooms` (all if empty) and in none of `except`.
    pub fn select(&self, rooms: &[String], except: &[String]) -> Vec<Arc<Member>> {
        let members = self.members.read();
        let mut excluded: HashSet<&str> = HashSet::new();
        for room in except {
            members.each_in(room, |member| {
                excluded.insert(&member.sid);
            });
        }
        let mut selected = Vec::new();
        match rooms {
            [] => selected
                .extend(members.sockets.by_id.values().filter(|m| !excluded.contains(&*m.sid)).cloned()),
            [room] => members.each_in(room, |member| {
                if !excluded.contains(&*member.sid) {
                    selected.push(member.clone());
                }
            }),
            _ => {
                for room in rooms {
                    members.each_in(room, |member| {
                        if excluded.insert(&member.sid) {
                            selected.push(member.clone());
                        }
                    });
                }
            }
        }
        selected
    }

    /// The socket of that id.
    pub fn get(&self, sid: &str) -> Option<Arc<Member>> {
        self.members.read().sockets.by_id.get(sid).cloned()
    }

    /// All sockets.
    pub fn members(&self) -> Vec<Arc<Member>> {
        self.members.read().sockets.by_id.values().cloned().collect()
    }

    /// Number of sockets.
    pub fn len(&self) -> usize {
        self.members.read().sockets.by_id.len()
    }

    /// Whether nobody is here.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ids of all sockets.
    pub fn sids(&self) -> Vec<Arc<str>> {
        self.members.read().sockets.by_id.keys().cloned().collect()
    }

    /// Names of all rooms.
    pub fn rooms(&self) -> Vec<Arc<str>> {
        let members = self.members.read();
        let own = members
            .sockets
            .by_id
            .values()
            .filter(|m| m.has_own_room() && !members.rooms.contains_key(&m.sid));
        members.rooms.keys().cloned().chain(own.map(|member| member.sid.clone())).collect()
    }

    /// Of the rooms that sockets have joined besides their own, those with a wanted name: how many there are, and the
    /// `count` fullest, with the numbers of their sockets.
    pub fn fullest_rooms(
        &self,
        wanted: impl Fn(&str) -> bool,
        count: usize,
    ) -> (usize, Vec<(Arc<str>, usize)>) {
        let members = self.members.read();
        let mut total = 0;
        // There may be very many rooms: only those that are asked for are kept.
        let mut fullest = BinaryHeap::new();
        for (name, sockets) in &members.rooms {
            if !wanted(name) || members.sockets.by_id.contains_key(name) {
                continue;
            }
            total += 1;
            let room = Reverse((sockets.by_id.len(), Reverse(name)));
            if fullest.len() < count {
                fullest.push(room);
            } else if let Some(mut least) = fullest.peek_mut()
                && room < *least
            {
                *least = room;
            }
        }
        let room =
            |Reverse((size, Reverse(name))): Reverse<(usize, Reverse<&Arc<str>>)>| (name.clone(), size);
        (total, fullest.into_sorted_vec().into_iter().map(room).collect())
    }

    /// Ids of the sockets in a room.
    pub fn room_sids(&self, room: &str) -> Vec<Arc<str>> {
        let mut sids = Vec::new();
        self.members.read().each_in(room, |member| sids.push(member.sid.clone()));
        sids
    }

    /// Number of sockets in a room.
    pub fn room_size(&self, room: &str) -> usize {
        self.members.read().room_size(room)
    }

    /// Rooms of a socket.
    pub fn socket_rooms(&self, sid: &str) -> Option<Vec<Arc<str>>> {
        Some(self.members.read().sockets.by_id.get(sid)?.rooms.lock().clone())
    }
}

impl Member {
    /// Who it is. `None` in namespaces without authentication.
    pub fn identity(&self) -> Option<Arc<Identity>> {
        self.standing.lock().as_ref().map(|standing| standing.identity.clone())
    }

    fn has_own_room(&self) -> bool {
        self.rooms.lock().iter().any(|room| Arc::ptr_eq(room, &self.sid))
    }
}

impl Sockets {
    fn insert(&mut self, member: Arc<Member>) {
        self.by_id.insert(member.sid.clone(), member);
        *self.recipients.get_mut() = None;
    }

    fn remove(&mut self, sid: &str) -> Option<Arc<Member>> {
        *self.recipients.get_mut() = None;
        self.by_id.swap_remove(sid)
    }

    fn recipients(&self) -> Recipients {
        let mut remembered = self.recipients.lock();
        remembered
            .get_or_insert_with(|| self.by_id.values().map(|member| member.conn.clone()).collect())
            .clone()
    }
}

impl Members {
    fn leave(&mut self, sid: &str, room: &str) {
        if let Some(sockets) = self.rooms.get_mut(room) {
            sockets.remove(sid);
            if sockets.by_id.is_empty() {
                self.rooms.swap_remove(room);
            }
        }
    }

    fn has_own_room(&self, room: &str) -> bool {
        self.sockets.by_id.get(room).is_some_and(|member| member.has_own_room())
    }

    fn room_size(&self, room: &str) -> usize {
        self.rooms.get(room).map_or(0, |sockets| sockets.by_id.len()) + usize::from(self.has_own_room(room))
    }

    fn each_in<'a>(&'a self, room: &str, mut on: impl FnMut(&'a Arc<Member>)) {
        if let Some(member) = self.sockets.by_id.get(room)
            && member.has_own_room()
        {
            on(member);
        }
        if let Some(sockets) = self.rooms.get(room) {
            sockets.by_id.values().for_each(on);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[Arc<str>]) -> Vec<&str> {
        let mut names: Vec<&str> = list.iter().map(|name| &**name).collect();
        names.sort_unstable();
        names
    }

    fn selected(nsp: &Namespace, rooms: &[&str], except: &[&str]) -> String {
        let own = |list: &[&str]| list.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let members = nsp.select(&own(rooms), &own(except));
        let sids: Vec<_> = members.iter().map(|member| member.sid.clone()).collect();
        names(&sids).join(" ")
    }

    fn namespace() -> Namespace {
        let nsp = Namespace::new("/");
        for sid in ["a", "b", "c"] {
            nsp.add(sid.into(), Arc::new(Conn::for_tests(sid)), "{}");
            assert_eq!(nsp.join(sid, sid), Change::MovedAndRoom);
        }
        nsp
    }

    #[test]
    fn rooms_come_and_go_with_their_members() {
        let nsp = namespace();
        assert_eq!(nsp.join("a", "x"), Change::MovedAndRoom);
        assert_eq!(nsp.join("a", "x"), Change::None);
        assert_eq!(nsp.join("b", "x"), Change::Moved);
        assert_eq!(nsp.join("nobody", "x"), Change::None);
        assert_eq!(names(&nsp.rooms()), ["a", "b", "c", "x"]);
        assert_eq!(nsp.leave("a", "x"), Change::Moved);
        assert_eq!(nsp.leave("a", "x"), Change::None);
        assert_eq!(nsp.leave("b", "x"), Change::MovedAndRoom);
        nsp.remove("c");
        assert_eq!(names(&nsp.rooms()), ["a", "b"]);
        assert_eq!(nsp.room_size("c"), 0);
    }

    #[test]
    fn the_fullest_rooms_come_first_and_none_that_sockets_have_for_themselves() {
        let nsp = namespace();
        for (sid, room) in [("a", "x"), ("a", "y"), ("b", "y"), ("a", "z"), ("c", "b"), ("c", "hidden")] {
            nsp.join(sid, room);
        }
        let shown = |name: &str| name != "hidden";
        let sized = |names: &[(&str, usize)]| -> Vec<(Arc<str>, usize)> {
            names.iter().map(|(name, size)| ((*name).into(), *size)).collect()
        };
        assert_eq!(nsp.fullest_rooms(shown, 10), (3, sized(&[("y", 2), ("x", 1), ("z", 1)])));
        assert_eq!(nsp.fullest_rooms(shown, 2), (3, sized(&[("y", 2), ("x", 1)])));
        assert_eq!(nsp.fullest_rooms(shown, 0), (3, vec![]));
        assert_eq!(nsp.fullest_rooms(|name| name == "nowhere", 2), (0, vec![]));
    }

    #[test]
    fn recipients_are_the_union_of_rooms_without_the_excluded() {
        let nsp = namespace();
        nsp.join("a", "x");
        nsp.join("b", "x");
        nsp.join("b", "y");
        assert_eq!(selected(&nsp, &[], &[]), "a b c");
        assert_eq!(selected(&nsp, &["x", "y", "c"], &[]), "a b c");
        assert_eq!(selected(&nsp, &["x", "y"], &["b"]), "a");
        assert_eq!(selected(&nsp, &[], &["x"]), "c");
        assert_eq!(selected(&nsp, &["a"], &["a"]), "");
        assert_eq!(selected(&nsp, &["nowhere"], &[]), "");
    }

    #[test]
    fn recipients_follow_every_change() {
        let nsp = namespace();
        let ids = |rooms: &[&str]| {
            let rooms: Vec<String> = rooms.iter().map(|room| room.to_string()).collect();
            let ids: Vec<Arc<str>> = nsp.recipients(&rooms, &[]).iter().map(|conn| conn.id.clone()).collect();
            names(&ids).join(" ")
        };
        nsp.join("a", "x");
        assert_eq!((ids(&[]).as_str(), ids(&["x"]).as_str(), ids(&["b"]).as_str()), ("a b c", "a", "b"));
        nsp.join("b", "x");
        assert_eq!(ids(&["x"]), "a b");
        nsp.leave("a", "x");
        assert_eq!(ids(&["x"]), "b");
        nsp.remove("b");
        assert_eq!((ids(&[]).as_str(), ids(&["x"]).as_str()), ("a c", ""));
        nsp.add("d".into(), Arc::new(Conn::for_tests("d")), "{}");
        assert_eq!(ids(&[]), "a c d");
    }

    #[test]
    fn a_socket_can_leave_its_own_room_and_be_joined_there() {
        let nsp = namespace();
        assert_eq!(nsp.join("b", "a"), Change::Moved);
        assert_eq!(selected(&nsp, &["a"], &[]), "a b");
        assert_eq!(nsp.leave("a", "a"), Change::Moved);
        assert_eq!(selected(&nsp, &["a"], &[]), "b");
        assert_eq!(nsp.leave("b", "a"), Change::MovedAndRoom);
        assert_eq!(nsp.room_size("a"), 0);
    }
}
