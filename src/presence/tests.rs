use std::time::Duration;

use super::{Document, Limits, Pause, PresenceError, Registry, Tab, User};
use crate::clock::Now;

const SECOND: Duration = Duration::from_secs(1);

fn registry() -> Registry {
    Registry::new(Limits {
        heartbeat_timeout: 60 * SECOND,
        typing_timeout: 5 * SECOND,
        typing_interval: SECOND,
        node_timeout: 30 * SECOND,
        max_documents: 2,
        max_tabs_per_document: 3,
        max_tabs: 5,
    })
}

fn document(id: &str) -> Document {
    Document { uid: "api::article.article".into(), document_id: Some(id.into()) }
}

fn user(id: i64) -> User {
    User { id, firstname: Some(format!("first {id}")), lastname: None }
}

fn tab(id: &str, socket_id: &str, user_id: i64, joined_at: f64) -> Tab {
    Tab { document: document(id), socket_id: socket_id.into(), user: user(user_id), joined_at }
}

/// Socket and admin of the editors.
fn editors(registry: &Registry, id: &str) -> Vec<(String, i64)> {
    let editors = registry.editors(&document(id)).into_iter();
    editors.map(|editor| (editor.socket_id, editor.user.id)).collect()
}

fn at(socket_id: &str, user_id: i64) -> (String, i64) {
    (socket_id.into(), user_id)
}

#[test]
fn an_editor_with_several_tabs_is_one_and_leaves_with_the_last() {
    let (registry, now) = (registry(), Now::read());
    let join = |socket, id, later| registry.join(document("a"), socket, user(id), now.after(later * SECOND));
    assert_eq!(join("s1", 1, 0), Ok(true));
    assert_eq!(join("s2", 1, 1), Ok(false), "a second tab is no second editor");
    assert_eq!(join("s3", 2, 2), Ok(true));
    assert_eq!(join("s3", 2, 3), Ok(false), "joining twice changes nothing");
    assert_eq!(editors(&registry, "a"), [at("s1", 1), at("s3", 2)]);
    assert!(registry.leave(&document("a"), "s1"), "the entry is that of another tab");
    assert_eq!(editors(&registry, "a"), [at("s2", 1), at("s3", 2)]);
    assert_eq!(registry.leave_all("s2"), [(document("a"), true)]);
    assert_eq!(editors(&registry, "a"), [at("s3", 2)]);
    assert!(!registry.leave(&document("a"), "s2"));
}

#[test]
fn a_tab_without_heartbeat_leaves() {
    let (registry, now) = (registry(), Now::read());
    registry.join(document("a"), "alive", user(1), now).unwrap();
    registry.join(document("a"), "stale", user(2), now).unwrap();
    assert_eq!(registry.sweep(now).next_in, Some(60 * SECOND));
    assert_eq!(registry.heartbeat("alive", now.after(40 * SECOND)), 1);
    assert!(registry.sweep(now.after(59 * SECOND)).left.is_empty());
    let sweep = registry.sweep(now.after(60 * SECOND));
    assert_eq!(sweep.left, [tab("a", "stale", 2, now.epoch)]);
    assert_eq!(sweep.changed, [document("a")]);
    assert_eq!(sweep.next_in, Some(40 * SECOND));
    assert_eq!(registry.heartbeat("stale", now), 0, "it has to join again");
    assert_eq!(editors(&registry, "a"), [at("alive", 1)]);
}

#[test]
fn typing_is_told_once_and_ends_by_itself() {
    let (registry, now) = (registry(), Now::read());
    let typing =
        |field, ms| registry.typing(&document("a"), "s1", field, now.after(Duration::from_millis(ms)));
    assert_eq!(typing(Some("title"), 0), Err(PresenceError::NotJoined));
    registry.join(document("a"), "s1", user(1), now).unwrap();
    assert_eq!(typing(Some("title"), 0), Ok(true));
    assert_eq!(typing(Some("title"), 900), Ok(false), "the others know");
    assert_eq!(typing(Some("body"), 950), Ok(true));
    assert_eq!(typing(Some("body"), 1950), Ok(true), "they are reminded");
    assert_eq!(registry.sweep(now.after(6 * SECOND)).paused, []);
    let sweep = registry.sweep(now.after(7 * SECOND));
    assert_eq!(sweep.paused, [Pause { document: document("a"), user: user(1) }]);
    assert_eq!(typing(None, 8000), Ok(false), "it had stopped");
    assert_eq!(typing(Some("body"), 8000), Ok(true));
    assert_eq!(typing(None, 8000), Ok(true));
    assert_eq!(typing(Some(""), 0), Err(PresenceError::Name("fieldName")));
}

#[test]
fn everything_is_bounded() {
    let (registry, now) = (registry(), Now::read());
    let join = |id: &str, socket, user_id| registry.join(document(id), socket, user(user_id), now);
    join("a", "s1", 1).unwrap();
    join("b", "s1", 1).unwrap();
    assert_eq!(join("c", "s1", 1), Err(PresenceError::Documents(2)));
    join("a", "s2", 2).unwrap();
    join("a", "s3", 3).unwrap();
    assert_eq!(join("a", "s4", 4), Err(PresenceError::Tabs(3)));
    join("b", "s4", 4).unwrap();
    assert_eq!(join("b", "s5", 5), Err(PresenceError::Full));
    assert_eq!(join(&"x".repeat(256), "s6", 6), Err(PresenceError::Name("documentId")));
    registry.replace("other", None, vec![tab("d", "r1", 9, 1.0)], now);
    assert!(editors(&registry, "d").is_empty(), "nor may other nodes go over the limit");
    registry.leave_all("s1");
    registry.replace("other", None, vec![tab("d", "r1", 9, 1.0)], now);
    assert_eq!(editors(&registry, "d"), [at("r1", 9)]);
}

#[test]
fn other_nodes_tell_of_their_tabs_until_they_fall_silent() {
    let (registry, now) = (registry(), Now::read());
    registry.join(document("a"), "s1", user(1), now).unwrap();
    let theirs = vec![tab("a", "r1", 2, 1.0), tab("b", "r2", 2, 2.0)];
    assert_eq!(registry.replace("other", None, theirs, now), [document("a"), document("b")]);
    assert_eq!(editors(&registry, "a"), [at("r1", 2), at("s1", 1)]);
    assert_eq!(registry.local(None), [tab("a", "s1", 1, now.epoch)], "only its own are passed on");
    assert!(registry.local(Some(&document("b"))).is_empty());

    let same = vec![tab("a", "r1", 2, 1.0)];
    assert!(registry.replace("other", Some(&document("a")), same, now).is_empty());
    assert_eq!(editors(&registry, "b"), [at("r2", 2)], "a report on one document is about that one");
    assert_eq!(registry.replace("other", Some(&document("b")), vec![], now), [document("b")]);

    registry.heartbeat("s1", now.after(20 * SECOND));
    let sweep = registry.sweep(now.after(30 * SECOND));
    assert_eq!(sweep.changed, [document("a")]);
    assert!(sweep.left.is_empty(), "its sockets are not ours to remove");
    assert_eq!(editors(&registry, "a"), [at("s1", 1)]);
}
