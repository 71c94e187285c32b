//! The sanitizer: compiled once, asked for every event.

use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;
use parking_lot::RwLock;

use super::{
    attributes::{self, Envelope},
    blocklist::Blocklist,
    emit::emit,
    error::{Error, Result},
    json::Document,
    model::{ModelFacts, Models},
    resolve::Resolver,
    scopes::ScopeSet,
};

/// What a sanitizer is made of.
#[derive(Debug, Default)]
pub struct Options {
    /// Every content type and component there is.
    pub models: Vec<ModelFacts>,
    /// Fields whose name contains one of these, in any case, are never sent.
    pub blocked_words: Vec<String>,
    /// Names the blocked words do not take away.
    pub allowed_fields: Vec<String>,
    /// Names that are not sent with content, at any level.
    pub excluded_fields: Vec<String>,
    /// Whether users-permissions' output sanitizer is in force.
    pub hide_role_users: bool,
}

/// The copies of an entity.
#[derive(Debug, PartialEq, Eq)]
pub struct Copies {
    /// JSON texts, no two of them equal.
    pub texts: Vec<String>,
    /// Per scope set asked for, the index of its text.
    pub assignment: Vec<u32>,
}

/// Knows the schemas and who may find what.
pub struct Sanitizer {
    models: Models,
    blocklist: Blocklist,
    excluded: HashSet<String>,
    /// Equal sets have one number, so there are only as many as there have been different ones.
    scopes: RwLock<IndexSet<ScopeSet>>,
}

impl Sanitizer {
    /// Compiles the schemas.
    pub fn new(options: Options) -> Result<Self> {
        let blocklist = Blocklist::new(&options.blocked_words, options.allowed_fields)?;
        let excluded = options.excluded_fields.into_iter().collect();
        let models = Models::compile(&options.models, &blocklist, &excluded, options.hide_role_users)?;
        Ok(Self { models, blocklist, excluded, scopes: RwLock::default() })
    }

    /// Makes a set of scopes known and returns its number. Only `{uid}.find` of known models counts.
    pub fn add_scopes<S: AsRef<str>>(&self, scopes: &[S]) -> u32 {
        let mut set = ScopeSet::empty(self.models.len());
        let uids = scopes.iter().filter_map(|scope| scope.as_ref().strip_suffix(".find"));
        for model in uids.filter_map(|uid| self.models.id(uid)) {
            set.insert(model);
        }
        let known = self.scopes.read().get_index_of(&set);
        known.unwrap_or_else(|| self.scopes.write().insert_full(set).0) as u32
    }

    /// The copies of an entity, or of an array of entities, for some sets of scopes. All or nothing.
    pub fn sanitize(&self, uid: &str, text: &str, scopes: &[u32]) -> Result<Copies> {
        let model = self.models.id(uid).ok_or_else(|| Error::UnknownModel(uid.into()))?;
        let document = Document::parse(text)?;
        let resolver = Resolver::new(&document, &self.models, &self.blocklist, Some(&self.excluded));
        let rulings = resolver.resolve(Some(model));
        let known = self.scopes.read();
        let mut texts = IndexSet::new();
        let mut by_plan = HashMap::new();
        let assign = |&id: &u32| {
            let set = known.get_index(id as usize).ok_or(Error::UnknownScopes(id))?;
            let plan = set.intersection(&rulings.asked);
            if let Some(&index) = by_plan.get(&plan) {
                return Ok(index);
            }
            // Permissions for what is inside something else that is not seen make no difference.
            let (index, _) = texts.insert_full(emit(&document, &rulings, &plan));
            by_plan.insert(plan, index as u32);
            Ok(index as u32)
        };
        let assignment = scopes.iter().map(assign).collect::<Result<_>>()?;
        Ok(Copies { texts: texts.into_iter().collect(), assignment })
    }

    /// Takes the blocked names out of data without a schema.
    pub fn blocklist(&self, text: &str) -> Result<String> {
        self.without_names(text, None)
    }

    /// Takes the blocked and the excluded names out of content that Strapi has sanitized.
    pub fn blocklist_content(&self, text: &str) -> Result<String> {
        self.without_names(text, Some(&self.excluded))
    }

    /// Writes a sanitized entity, or an array of them, as `{ data: { id, attributes }, meta }`. Only the form
    /// changes: nothing is left out. Without a content type, nothing inside the entity is taken for a relation.
    pub fn to_attributes(&self, uid: Option<&str>, text: &str, envelope: Envelope) -> Result<String> {
        let known = |uid: &str| self.models.id(uid).ok_or_else(|| Error::UnknownModel(uid.into()));
        let model = uid.map(known).transpose()?;
        let document = Document::parse(text)?;
        Ok(attributes::write(&document, &self.models, model, envelope))
    }

    fn without_names(&self, text: &str, excluded: Option<&HashSet<String>>) -> Result<String> {
        let document = Document::parse(text)?;
        let resolver = Resolver::new(&document, &self.models, &self.blocklist, excluded);
        let nobody = ScopeSet::empty(self.models.len());
        Ok(emit(&document, &resolver.resolve(None), &nobody))
    }
}
