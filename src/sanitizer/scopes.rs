//! Which content types somebody may find. Of all permissions, only these decide what is in a copy.

use super::model::ModelId;

/// A set of models, one bit each.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScopeSet(Box<[u64]>);

impl ScopeSet {
    /// Nothing, out of so many models.
    pub fn empty(models: usize) -> Self {
        Self(vec![0; models.div_ceil(64)].into())
    }

    /// Adds a model.
    pub fn insert(&mut self, ModelId(model): ModelId) {
        self.0[model as usize / 64] |= 1 << (model % 64);
    }

    /// Whether a model is in it.
    pub fn contains(&self, ModelId(model): ModelId) -> bool {
        self.0[model as usize / 64] & (1 << (model % 64)) != 0
    }

    /// What is in both.
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, two)| one & two).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_inserted() {
        let mut one = ScopeSet::empty(130);
        let mut two = ScopeSet::empty(130);
        for model in [0, 63, 64, 129] {
            one.insert(ModelId(model));
        }
        for model in [1, 63, 129] {
            two.insert(ModelId(model));
        }
        let both = one.intersection(&two);
        let held: Vec<u32> = (0..130).filter(|&model| both.contains(ModelId(model))).collect();
        assert_eq!(held, [63, 129]);
    }
}
