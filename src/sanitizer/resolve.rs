//! One walk over a document decides, for every recipient at once, what becomes of each value: the schema alone can
//! decide, or it hangs on one permission. What Strapi does step by step is told in `docs/internals/sanitizer.md`.

use std::collections::HashSet;

use super::{
    blocklist::Blocklist,
    json::{Document, Kind, NodeId},
    model::{Action, Model, ModelId, Models, Rule, Shape},
    scopes::ScopeSet,
};

/// Who gets a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    Everybody,
    Nobody,
    /// Those who may find this.
    Finders(ModelId),
}

/// What was decided about a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ruling {
    pub gate: Gate,
    /// Everybody who gets it gets all of it.
    pub whole: bool,
    /// An array that is left out when none of its elements is left.
    pub needs_element: bool,
}

const ALL: Ruling = Ruling { gate: Gate::Everybody, whole: true, needs_element: false };

/// What was decided about a document.
pub(super) struct Rulings {
    /// One per value.
    pub list: Vec<Ruling>,
    /// The permissions that make a difference. Recipients that agree on these get the same copy.
    pub asked: ScopeSet,
}

pub(super) struct Resolver<'a> {
    document: &'a Document<'a>,
    models: &'a Models,
    blocklist: &'a Blocklist,
    excluded: Option<&'a HashSet<String>>,
    rulings: Rulings,
}

impl<'a> Resolver<'a> {
    /// Without `excluded` the blocklist alone takes away names.
    pub fn new(
        document: &'a Document<'a>,
        models: &'a Models,
        blocklist: &'a Blocklist,
        excluded: Option<&'a HashSet<String>>,
    ) -> Self {
        let rulings = Rulings { list: vec![ALL; document.len()], asked: ScopeSet::empty(models.len()) };
        Self { document, models, blocklist, excluded, rulings }
    }

    /// `model` is the schema of the document, or of each element if it is an array.
    pub fn resolve(mut self, model: Option<ModelId>) -> Rulings {
        self.value(0, model);
        self.rulings
    }

    /// Recursion is bounded by the depth of documents.
    fn value(&mut self, node: NodeId, model: Option<ModelId>) {
        match self.document.kind(node) {
            Kind::Object => self.fields(node, model),
            Kind::Array => self.elements(node, |this, element| this.value(element, model)),
            _ => {}
        }
    }

    fn elements(&mut self, node: NodeId, mut decide: impl FnMut(&mut Self, NodeId)) {
        let document = self.document;
        let mut whole = true;
        for element in document.children(node) {
            decide(self, element);
            whole &= self.is_untouched(element);
        }
        self.rulings.list[node].whole = whole;
    }

    fn fields(&mut self, node: NodeId, model: Option<ModelId>) {
        let models = self.models;
        let model = model.map(|id| models.get(id));
        self.elements(node, |this, field| this.field(field, model));
    }

    fn field(&mut self, node: NodeId, model: Option<&Model>) {
        let name = self.document.key(node);
        let rule = model.and_then(|model| model.rule(&name)).unwrap_or_else(|| Rule {
            shape: Shape::Plain,
            action: Action::Opaque,
            hidden: self.blocklist.blocks(&name)
                || self.excluded.is_some_and(|excluded| excluded.contains(name.as_ref())),
        });
        if rule.hidden {
            return self.drop(node);
        }
        match rule.action {
            Action::Remove => self.drop(node),
            Action::Opaque => self.value(node, None),
            Action::Nested(model) => self.value(node, Some(model)),
            Action::Relation(model) => {
                self.require(node, model);
                self.value(node, Some(model));
            }
            Action::MorphFrom(model) => {
                self.require(node, model);
                self.morph_from(node, model);
            }
            Action::MorphTo => self.morph_to(node),
            Action::DynamicZone => self.dynamic_zone(node),
        }
    }

    fn morph_from(&mut self, node: NodeId, model: ModelId) {
        match self.document.kind(node) {
            Kind::Array => self.elements(node, |this, element| this.morph_from(element, model)),
            Kind::Object => match self.named_model(node, "__type") {
                Named::Nothing => self.fields(node, Some(model)),
                Named::Model(named) if named == model => self.fields(node, Some(model)),
                _ => self.drop(node),
            },
            _ => {}
        }
    }

    fn morph_to(&mut self, node: NodeId) {
        match self.document.kind(node) {
            Kind::Array => {
                self.rulings.list[node].needs_element = self.document.children(node).next().is_some();
                self.elements(node, Self::morph_element);
            }
            Kind::Object if self.is_count(node) => self.fields(node, None),
            Kind::Object if self.is_query(node) => self.drop(node),
            Kind::Object => self.morph_element(node),
            _ if matches!(self.document.text(node), "null" | "false" | "0" | "\"\"") => {}
            _ => self.drop(node),
        }
    }

    fn morph_element(&mut self, node: NodeId) {
        match self.named_model(node, "__type") {
            Named::Model(model) if self.is_visible(model, "__type") => {
                self.require(node, model);
                self.fields(node, Some(model));
            }
            _ => self.drop(node),
        }
    }

    fn dynamic_zone(&mut self, node: NodeId) {
        match self.document.kind(node) {
            Kind::Array => self.elements(node, Self::zone_element),
            Kind::Object if self.is_count(node) => self.fields(node, None),
            _ => self.zone_element(node),
        }
    }

    fn zone_element(&mut self, node: NodeId) {
        match self.named_model(node, "__component") {
            Named::Model(model) => self.fields(node, Some(model)),
            _ if self.document.kind(node) == Kind::Null => {}
            _ => self.drop(node),
        }
    }

    /// `{ "count": 3 }`: what a counted relation is populated with.
    fn is_count(&self, node: NodeId) -> bool {
        let mut fields = self.document.children(node);
        let first = fields.next();
        fields.next().is_none()
            && first.is_some_and(|field| {
                self.document.kind(field) == Kind::Number && self.document.key(field) == "count"
            })
    }

    /// Whether Strapi would take a morph's only element for a part of a query (`connect`, `on`, `count: true`) and
    /// make something else of it.
    fn is_query(&self, node: NodeId) -> bool {
        let model = match self.named_model(node, "__type") {
            Named::Model(model) => Some(model),
            _ => None,
        };
        let field = |name| {
            let seen = model.is_none_or(|model| self.is_visible(model, name));
            self.document.field(node, name).filter(|_| seen)
        };
        let counts = |field| matches!(self.document.text(field), "true" | "\"true\"");
        ["connect", "set", "disconnect"].into_iter().any(|name| field(name).is_some())
            || (field("count").is_some_and(counts) && field("on").is_none())
    }

    /// Whether the private attributes of a model leave a name in place.
    fn is_visible(&self, model: ModelId, name: &str) -> bool {
        self.models.get(model).rule(name).is_none_or(|rule| rule.action != Action::Remove)
    }

    fn named_model(&self, node: NodeId, name: &str) -> Named {
        let Some(field) = self.document.field(node, name) else { return Named::Nothing };
        let uid = self.document.string(field);
        uid.and_then(|uid| self.models.id(&uid)).map_or(Named::Unknown, Named::Model)
    }

    fn drop(&mut self, node: NodeId) {
        self.rulings.list[node].gate = Gate::Nobody;
    }

    fn require(&mut self, node: NodeId, model: ModelId) {
        self.rulings.list[node].gate = Gate::Finders(model);
        self.rulings.asked.insert(model);
    }

    fn is_untouched(&self, node: NodeId) -> bool {
        let ruling = &self.rulings.list[node];
        ruling.gate == Gate::Everybody && ruling.whole
    }
}

/// What an element says it is.
enum Named {
    Nothing,
    Unknown,
    Model(ModelId),
}
