//! Writes what a set of permissions leaves of a document.

use super::{
    json::{Document, Kind, NodeId},
    resolve::{Gate, Rulings},
    scopes::ScopeSet,
};

/// The copy for those who may find `allowed`. The outermost value always stays, if need be empty.
pub(super) fn emit(document: &Document<'_>, rulings: &Rulings, allowed: &ScopeSet) -> String {
    let out = String::with_capacity(document.text(0).len());
    let mut writer = Writer { document, rulings, allowed, out };
    writer.value(0);
    writer.out
}

struct Writer<'a> {
    document: &'a Document<'a>,
    rulings: &'a Rulings,
    allowed: &'a ScopeSet,
    out: String,
}

impl Writer<'_> {
    /// False: the value is left out and nothing was written. Recursion is bounded by the depth of documents.
    fn value(&mut self, node: NodeId) -> bool {
        let ruling = self.rulings.list[node];
        let open = match ruling.gate {
            Gate::Everybody => true,
            Gate::Nobody => false,
            Gate::Finders(model) => self.allowed.contains(model),
        };
        if !open {
            return false;
        }
        if ruling.whole {
            self.out.push_str(self.document.text(node));
            return true;
        }
        let begin = self.out.len();
        let is_object = self.document.kind(node) == Kind::Object;
        self.out.push(if is_object { '{' } else { '[' });
        let mut is_first = true;
        for child in self.document.children(node) {
            is_first &= !self.child(child, is_first);
        }
        if is_first && ruling.needs_element {
            self.out.truncate(begin);
            return false;
        }
        self.out.push(if is_object { '}' } else { ']' });
        true
    }

    fn child(&mut self, node: NodeId, is_first: bool) -> bool {
        let begin = self.out.len();
        if !is_first {
            self.out.push(',');
        }
        let key = self.document.quoted_key(node);
        if !key.is_empty() {
            self.out.push_str(key);
            self.out.push(':');
        }
        let written = self.value(node);
        if !written {
            self.out.truncate(begin);
        }
        written
    }
}
