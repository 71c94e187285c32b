//! Strapi's schemas, compiled: what is done with each attribute, as far as it does not depend on who asks.

use std::collections::{HashMap, HashSet};

use super::{
    blocklist::Blocklist,
    error::{Error, Result},
};

const FILE: &str = "plugin::upload.file";
const ROLE: &str = "plugin::users-permissions.role";
const USER: &str = "plugin::users-permissions.user";
const CREATORS: [&str; 2] = ["createdBy", "updatedBy"];

/// What a schema says, for content types and components alike.
#[derive(Debug, Clone, Default)]
pub struct ModelFacts {
    /// `api::article.article`
    pub uid: String,
    /// Names that are private here: the application's and the schema's own list.
    pub private_attributes: Vec<String>,
    /// `options.populateCreatorFields`
    pub populate_creator_fields: bool,
    /// All attributes.
    pub attributes: Vec<AttributeFacts>,
}

/// What a schema says about an attribute.
#[derive(Debug, Clone, Default)]
pub struct AttributeFacts {
    /// Its name.
    pub name: String,
    /// `type`
    pub kind: String,
    /// Whether it says `private: true` itself.
    pub private: bool,
    /// `relation`, of relations.
    pub relation: Option<String>,
    /// `target`, of relations.
    pub target: Option<String>,
    /// `component`, of components.
    pub component: Option<String>,
}

/// Index of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ModelId(pub(super) u32);

/// What is done with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Nobody gets it.
    Remove,
    /// No schema describes what is in it.
    Opaque,
    /// What is in it has this schema.
    Nested(ModelId),
    /// The same, for those who may find it.
    Relation(ModelId),
    /// `morphOne`, `morphMany`: the same, and elements that say they are something else are dropped.
    MorphFrom(ModelId),
    /// `morphTo*`: each element says what it is, and is for those who may find that.
    MorphTo,
    /// Each element says which component it is.
    DynamicZone,
}

/// How the `attributes` payload format writes a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// As it is.
    Plain,
    /// Relation with a target, or media: `{ "data": { "id", "attributes" } }`. None: an unknown target.
    Entry(Option<ModelId>),
    /// Component: its fields stay beside its id. None: an unknown component.
    Component(Option<ModelId>),
    /// Dynamic zone: each element names its component.
    Zone,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub action: Action,
    pub shape: Shape,
    /// Left out after everything else, because of its name.
    pub hidden: bool,
}

#[derive(Default)]
pub(super) struct Model {
    rules: HashMap<Box<str>, Rule>,
}

impl Model {
    pub fn rule(&self, name: &str) -> Option<Rule> {
        self.rules.get(name).copied()
    }
}

/// All models.
pub(super) struct Models {
    ids: HashMap<String, ModelId>,
    models: Vec<Model>,
}

impl Models {
    /// `hide_role_users`: users-permissions' own sanitizer is in force.
    pub fn compile(
        facts: &[ModelFacts],
        blocklist: &Blocklist,
        excluded: &HashSet<String>,
        hide_role_users: bool,
    ) -> Result<Self> {
        let mut ids = HashMap::with_capacity(facts.len());
        for (index, ModelFacts { uid, .. }) in facts.iter().enumerate() {
            if ids.insert(uid.clone(), ModelId(index as u32)).is_some() {
                return Err(Error::DuplicateModel { index, uid: uid.clone() });
            }
        }
        let mut models = Self { ids, models: Vec::new() };
        for model in facts {
            let rules = model.attributes.iter().map(|attribute| {
                let rule = Rule {
                    action: models.action(model, attribute, hide_role_users),
                    shape: models.shape(attribute),
                    hidden: blocklist.blocks(&attribute.name) || excluded.contains(&attribute.name),
                };
                (attribute.name.as_str().into(), rule)
            });
            let compiled = Model { rules: rules.collect() };
            models.models.push(compiled);
        }
        Ok(models)
    }

    pub fn len(&self) -> usize {
        self.models.len()
    }

    pub fn id(&self, uid: &str) -> Option<ModelId> {
        self.ids.get(uid).copied()
    }

    pub fn get(&self, ModelId(id): ModelId) -> &Model {
        &self.models[id as usize]
    }

    fn shape(&self, AttributeFacts { kind, target, component, .. }: &AttributeFacts) -> Shape {
        match (kind.as_str(), target) {
            ("relation", Some(target)) => Shape::Entry(self.id(target)),
            ("media", _) => Shape::Entry(self.id(FILE)),
            ("component", _) => Shape::Component(component.as_deref().and_then(|uid| self.id(uid))),
            ("dynamiczone", _) => Shape::Zone,
            _ => Shape::Plain,
        }
    }

    fn action(&self, model: &ModelFacts, attribute: &AttributeFacts, hide_role_users: bool) -> Action {
        let AttributeFacts { name, kind, target, .. } = attribute;
        if kind == "password" || attribute.private || model.private_attributes.contains(name) {
            return Action::Remove;
        }
        let known = |uid: &Option<String>| uid.as_deref().and_then(|uid| self.id(uid));
        let nested = |uid: &Option<String>| known(uid).map(Action::Nested);
        let action = match kind.as_str() {
            "relation" if hide_role_users && model.uid == ROLE && target.as_deref() == Some(USER) => None,
            "relation" => match attribute.relation.as_deref() {
                Some(relation) if relation.starts_with("morphTo") => Some(Action::MorphTo),
                Some(relation) if relation.to_lowercase().starts_with("morph") => {
                    known(target).map(Action::MorphFrom)
                }
                Some(_) if model.populate_creator_fields && CREATORS.contains(&name.as_str()) => {
                    nested(target)
                }
                Some(_) => known(target).map(Action::Relation),
                None => None,
            },
            "media" => self.id(FILE).map(Action::Nested),
            "component" => nested(&attribute.component),
            "dynamiczone" => Some(Action::DynamicZone),
            _ => Some(Action::Opaque),
        };
        // What it points to is not known, so nothing is known about what it brings.
        action.unwrap_or(Action::Remove)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(name: &str, kind: &str) -> AttributeFacts {
        AttributeFacts { name: name.into(), kind: kind.into(), ..Default::default() }
    }

    fn relation(name: &str, relation: &str, target: &str) -> AttributeFacts {
        let target = (!target.is_empty()).then(|| target.to_owned());
        AttributeFacts { relation: Some(relation.into()), target, ..attribute(name, "relation") }
    }

    fn model(uid: &str, attributes: Vec<AttributeFacts>) -> ModelFacts {
        ModelFacts { uid: uid.into(), attributes, ..Default::default() }
    }

    fn compile(facts: &[ModelFacts], hide_role_users: bool) -> Result<Models> {
        let words = ["secret".to_owned()];
        let excluded = HashSet::from(["body".to_owned()]);
        Models::compile(facts, &Blocklist::new(&words, Vec::new())?, &excluded, hide_role_users)
    }

    fn actions(facts: &[ModelFacts], uid: &str) -> HashMap<String, Action> {
        let models = compile(facts, true).unwrap();
        let rules = &models.get(models.id(uid).unwrap()).rules;
        rules.iter().map(|(name, rule)| (name.to_string(), rule.action)).collect()
    }

    #[test]
    fn each_attribute_gets_one_action() {
        let private = AttributeFacts { private: true, ..attribute("note", "string") };
        let article = ModelFacts {
            private_attributes: vec!["listed".into()],
            ..model(
                "api::a.a",
                vec![
                    attribute("title", "string"),
                    attribute("pin", "password"),
                    private,
                    attribute("listed", "string"),
                    attribute("cover", "media"),
                    attribute("zone", "dynamiczone"),
                    AttributeFacts { component: Some("c.c".into()), ..attribute("part", "component") },
                    AttributeFacts { component: Some("c.gone".into()), ..attribute("gone", "component") },
                    relation("self", "oneToOne", "api::a.a"),
                    relation("away", "oneToOne", "api::b.b"),
                    relation("createdBy", "oneToOne", "api::a.a"),
                    relation("to", "morphToMany", ""),
                    relation("from", "morphMany", "api::a.a"),
                    attribute("broken", "relation"),
                ],
            )
        };
        let facts = [article.clone(), model("c.c", vec![]), model(FILE, vec![])];
        let found = actions(&facts, "api::a.a");
        let expected = [
            ("title", Action::Opaque),
            ("pin", Action::Remove),
            ("note", Action::Remove),
            ("listed", Action::Remove),
            ("cover", Action::Nested(ModelId(2))),
            ("zone", Action::DynamicZone),
            ("part", Action::Nested(ModelId(1))),
            ("gone", Action::Remove),
            ("self", Action::Relation(ModelId(0))),
            ("away", Action::Remove),
            ("createdBy", Action::Relation(ModelId(0))),
            ("to", Action::MorphTo),
            ("from", Action::MorphFrom(ModelId(0))),
            ("broken", Action::Remove),
        ];
        assert_eq!(found, expected.map(|(name, action)| (name.to_owned(), action)).into());

        let facts = [ModelFacts { populate_creator_fields: true, ..article }];
        let found = actions(&facts, "api::a.a");
        assert_eq!(found["createdBy"], Action::Nested(ModelId(0)));
        assert_eq!(found["cover"], Action::Remove, "there are no files");
    }

    #[test]
    fn a_role_does_not_show_its_users() {
        let facts = [
            model(ROLE, vec![relation("users", "oneToMany", USER)]),
            model(USER, vec![relation("role", "manyToOne", ROLE)]),
        ];
        assert_eq!(actions(&facts, ROLE)["users"], Action::Remove);
        assert_eq!(actions(&facts, USER)["role"], Action::Relation(ModelId(0)));
        let models = compile(&facts, false).unwrap();
        let rule = models.get(ModelId(0)).rule("users").unwrap();
        assert_eq!(rule.action, Action::Relation(ModelId(1)));
    }

    #[test]
    fn names_are_judged_once() {
        let names = ["mySecret", "body", "Body", "title"].map(|name| attribute(name, "string"));
        let models = compile(&[model("a", names.to_vec())], false).unwrap();
        let hidden = |name| models.get(ModelId(0)).rule(name).unwrap().hidden;
        assert_eq!(["mySecret", "body", "Body", "title"].map(hidden), [true, true, false, false]);
    }

    #[test]
    fn a_uid_is_listed_once() {
        let error = compile(&[model("a", vec![]), model("b", vec![]), model("a", vec![])], false);
        assert_eq!(error.err().unwrap().to_string(), "models[2].uid: a is listed twice");
    }
}
