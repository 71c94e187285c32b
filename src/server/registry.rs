//! The namespaces of an engine and the sockets JavaScript makes in them.

use std::sync::{Arc, atomic::Ordering};

use super::{
    core::{Core, Entry},
    namespace::Namespace,
};

impl Core {
    /// The namespace of that name, joinable or not.
    pub fn namespace(&self, name: &str) -> Option<Arc<Namespace>> {
        self.namespaces.read().get(name).map(|entry| entry.nsp.clone())
    }

    /// The namespace of that name, made if it is missing.
    pub fn namespace_or_new(&self, name: &str) -> Arc<Namespace> {
        if let Some(nsp) = self.namespace(name) {
            return nsp;
        }
        let mut namespaces = self.namespaces.write();
        let new = || Entry { nsp: Arc::new(Namespace::new(name)), open: false };
        namespaces.entry(name.into()).or_insert_with(new).nsp.clone()
    }

    pub(super) fn open_namespace_named(&self, name: &str) -> Option<Arc<Namespace>> {
        self.namespaces.read().get(name).filter(|entry| entry.open).map(|entry| entry.nsp.clone())
    }

    /// Opens or closes a namespace for clients. A closed one is forgotten once it is empty.
    pub fn set_namespace_open(&self, name: &str, open: bool) {
        let nsp = self.namespace_or_new(name);
        let mut namespaces = self.namespaces.write();
        if open || !nsp.is_empty() {
            namespaces.insert(nsp.name.clone(), Entry { nsp, open });
        } else {
            namespaces.remove(name);
        }
    }

    /// Forgets a socket.
    pub fn remove_socket(&self, nsp: &str, sid: &str) {
        if let Some(member) = self.namespace(nsp).and_then(|nsp| nsp.remove(sid)) {
            self.forget_subscriptions(&member);
            member.conn.client.lock().sockets.retain(|(_, other)| !Arc::ptr_eq(other, &member));
        }
    }

    /// Whether clients that connect get JavaScript objects.
    pub fn is_eager(&self) -> bool {
        self.eager.load(Ordering::Acquire)
    }

    /// See [`Core::is_eager`].
    pub fn set_eager(&self, eager: bool) {
        self.eager.store(eager, Ordering::Release);
    }
}
