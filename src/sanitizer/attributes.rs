//! Writes entities as Strapi 4 and earlier versions of the plugin did: `{ "data": { "id", "attributes" }, "meta" }`.

use super::{
    json::{Document, Kind, NodeId},
    model::{ModelId, Models, Shape},
};

/// What the envelope holds besides the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    /// `{ "data": { "id", "attributes" }, "meta": {} }`
    Entry,
    /// The same with the document id beside `id` too: earlier versions wrote the ids of deleted entities there.
    Deleted,
}

/// Writes the entity, or the array of entities, of a document. `model`: its schema, if it has one.
pub(super) fn write(
    document: &Document<'_>,
    models: &Models,
    model: Option<ModelId>,
    envelope: Envelope,
) -> String {
    let out = String::with_capacity(document.text(0).len() + 64);
    let mut writer = Writer { document, models, out };
    writer.out.push_str("{\"data\":");
    writer.entry(0, model, envelope);
    writer.out.push_str(",\"meta\":{}}");
    writer.out
}

struct Writer<'a> {
    document: &'a Document<'a>,
    models: &'a Models,
    out: String,
}

/// Recursion is bounded by the depth of documents.
impl Writer<'_> {
    fn entry(&mut self, node: NodeId, model: Option<ModelId>, envelope: Envelope) {
        match self.document.kind(node) {
            Kind::Array => self.list(node, |writer, child| writer.entry(child, model, envelope)),
            Kind::Object => {
                self.out.push('{');
                self.named_field(node, "id");
                if envelope == Envelope::Deleted {
                    self.named_field(node, "documentId");
                }
                self.separate();
                self.out.push_str("\"attributes\":{");
                self.fields(node, model);
                self.out.push_str("}}");
            }
            _ => self.out.push_str(self.document.text(node)),
        }
    }

    fn component(&mut self, node: NodeId, model: Option<ModelId>) {
        match self.document.kind(node) {
            Kind::Array => self.list(node, |writer, child| writer.component(child, model)),
            Kind::Object => {
                self.out.push('{');
                self.named_field(node, "id");
                self.fields(node, model);
                self.out.push('}');
            }
            _ => self.out.push_str(self.document.text(node)),
        }
    }

    fn zone_element(&mut self, node: NodeId) {
        let named = self.document.field(node, "__component").and_then(|field| self.document.string(field));
        let model = named.and_then(|uid| self.models.id(&uid));
        self.component(node, model);
    }

    /// All fields of an object but its id.
    fn fields(&mut self, node: NodeId, model: Option<ModelId>) {
        for child in self.document.children(node) {
            let key = self.document.key(child);
            if key == "id" {
                continue;
            }
            let rule = model.and_then(|id| self.models.get(id).rule(&key));
            self.separate();
            self.out.push_str(self.document.quoted_key(child));
            self.out.push(':');
            self.value(child, rule.map_or(Shape::Plain, |rule| rule.shape));
        }
    }

    fn value(&mut self, node: NodeId, shape: Shape) {
        let kind = self.document.kind(node);
        let holds_entries = matches!(kind, Kind::Object | Kind::Array | Kind::Null);
        match shape {
            Shape::Entry(model) if holds_entries => {
                self.out.push_str("{\"data\":");
                self.entry(node, model, Envelope::Entry);
                self.out.push('}');
            }
            Shape::Component(model) if holds_entries => self.component(node, model),
            Shape::Zone if kind == Kind::Array => self.list(node, Self::zone_element),
            _ => self.out.push_str(self.document.text(node)),
        }
    }

    fn list(&mut self, node: NodeId, mut write: impl FnMut(&mut Self, NodeId)) {
        self.out.push('[');
        for child in self.document.children(node) {
            self.separate();
            write(self, child);
        }
        self.out.push(']');
    }

    fn named_field(&mut self, node: NodeId, name: &str) {
        let Some(field) = self.document.field(node, name) else { return };
        self.separate();
        self.out.push_str(self.document.quoted_key(field));
        self.out.push(':');
        self.out.push_str(self.document.text(field));
    }

    /// Writes a comma unless a container has just been opened.
    fn separate(&mut self) {
        if !self.out.ends_with(['{', '[']) {
            self.out.push(',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sanitizer::{
        Options, Sanitizer,
        model::{AttributeFacts, ModelFacts},
    };

    const AUTHOR: &str = "api::author.author";

    fn attribute(name: &str, kind: &str) -> AttributeFacts {
        AttributeFacts { name: name.into(), kind: kind.into(), ..Default::default() }
    }

    fn relation(name: &str, relation: &str, target: Option<&str>) -> AttributeFacts {
        let target = target.map(str::to_owned);
        AttributeFacts { relation: Some(relation.into()), target, ..attribute(name, "relation") }
    }

    fn component(name: &str, uid: &str) -> AttributeFacts {
        AttributeFacts { component: Some(uid.into()), ..attribute(name, "component") }
    }

    fn model(uid: &str, attributes: Vec<AttributeFacts>) -> ModelFacts {
        ModelFacts { uid: uid.into(), attributes, ..Default::default() }
    }

    fn written(text: &str, envelope: Envelope) -> String {
        let link = vec![relation("author", "oneToOne", Some(AUTHOR))];
        let author = vec![
            relation("articles", "oneToMany", Some("api::article.article")),
            attribute("name", "string"),
        ];
        let article = vec![
            attribute("title", "string"),
            attribute("body", "json"),
            relation("author", "manyToOne", Some(AUTHOR)),
            relation("gone", "manyToOne", Some("api::gone.gone")),
            relation("morph", "morphToMany", None),
            attribute("cover", "media"),
            component("seo", "shared.link"),
            component("lost", "shared.lost"),
            attribute("zone", "dynamiczone"),
        ];
        let models = vec![
            model("api::article.article", article),
            model(AUTHOR, author),
            model("shared.link", link),
            model(
                "plugin::upload.file",
                vec![relation("folder", "manyToOne", Some("plugin::upload.folder"))],
            ),
        ];
        let sanitizer = Sanitizer::new(Options { models, ..Options::default() }).unwrap();
        sanitizer.to_attributes(Some("api::article.article"), text, envelope).unwrap()
    }

    fn entry(text: &str) -> String {
        written(text, Envelope::Entry)
    }

    #[test]
    fn an_entry_is_its_id_and_attributes() {
        assert_eq!(
            entry(r#"{"title":"a","id":1,"documentId":"d","body":{"id":2},"unknown":{"id":3}}"#),
            r#"{"data":{"id":1,"attributes":{"title":"a","documentId":"d","body":{"id":2},"unknown":{"id":3}}},"meta":{}}"#
        );
        assert_eq!(entry(r#"{"title":"a"}"#), r#"{"data":{"attributes":{"title":"a"}},"meta":{}}"#);
        assert_eq!(entry("{}"), r#"{"data":{"attributes":{}},"meta":{}}"#);
        assert_eq!(entry(r#"[{"id":1},null]"#), r#"{"data":[{"id":1,"attributes":{}},null],"meta":{}}"#);
        assert_eq!(
            entry(r#"{"id":1,"attributes":{"id":2}}"#),
            r#"{"data":{"id":1,"attributes":{"attributes":{"id":2}}},"meta":{}}"#
        );
    }

    #[test]
    fn relations_and_media_are_entries_at_every_level() {
        assert_eq!(
            entry(
                r#"{"id":1,"author":{"id":2,"name":"n","articles":[{"id":3,"title":"t"},null]},"cover":{"id":4,"url":"u","folder":null}}"#
            ),
            concat!(
                r#"{"data":{"id":1,"attributes":{"author":{"data":{"id":2,"attributes":{"name":"n","articles":{"data":"#,
                r#"[{"id":3,"attributes":{"title":"t"}},null]}}}},"#,
                r#""cover":{"data":{"id":4,"attributes":{"url":"u","folder":{"data":null}}}}}},"meta":{}}"#
            )
        );
        assert_eq!(
            entry(r#"{"author":{"count":2},"gone":[{"id":1,"a":{"id":2}}],"morph":[{"id":1}]}"#),
            concat!(
                r#"{"data":{"attributes":{"author":{"data":{"attributes":{"count":2}}},"#,
                r#""gone":{"data":[{"id":1,"attributes":{"a":{"id":2}}}]},"morph":[{"id":1}]}},"meta":{}}"#
            )
        );
        assert_eq!(entry(r#"{"author":5}"#), r#"{"data":{"attributes":{"author":5}},"meta":{}}"#);
    }

    #[test]
    fn components_keep_their_fields_beside_their_id() {
        assert_eq!(
            entry(r#"{"seo":{"href":"h","id":1,"author":{"id":2}},"lost":{"x":{"id":3}},"zone":null}"#),
            concat!(
                r#"{"data":{"attributes":{"seo":{"id":1,"href":"h","author":{"data":{"id":2,"attributes":{}}}},"#,
                r#""lost":{"x":{"id":3}},"zone":null}},"meta":{}}"#
            )
        );
        assert_eq!(
            entry(
                r#"{"seo":[{"id":1,"author":null}],"zone":[{"__component":"shared.link","author":{"id":2}},{"__component":"shared.gone","id":3},null]}"#
            ),
            concat!(
                r#"{"data":{"attributes":{"seo":[{"id":1,"author":{"data":null}}],"#,
                r#""zone":[{"__component":"shared.link","author":{"data":{"id":2,"attributes":{}}}},"#,
                r#"{"id":3,"__component":"shared.gone"},null]}},"meta":{}}"#
            )
        );
    }

    #[test]
    fn deleted_entities_have_both_ids_beside_their_attributes() {
        assert_eq!(
            written(r#"{"id":1,"documentId":"d","locale":"en"}"#, Envelope::Deleted),
            r#"{"data":{"id":1,"documentId":"d","attributes":{"documentId":"d","locale":"en"}},"meta":{}}"#
        );
    }
}
