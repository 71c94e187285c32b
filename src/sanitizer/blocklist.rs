//! Names of fields that are never sent, whatever the schema says about them.

use std::{borrow::Cow, collections::HashSet};

use aho_corasick::AhoCorasick;

use super::error::{Error, Result};

/// Fields whose name contains one of some words, in any case.
pub struct Blocklist {
    words: AhoCorasick,
    allowed: HashSet<String>,
}

impl Blocklist {
    /// `allowed` names are exempt when they match exactly.
    pub fn new(words: &[String], allowed: Vec<String>) -> Result<Self> {
        if words.iter().any(String::is_empty) {
            return Err(Error::BlockedWords("an empty word would block every field".into()));
        }
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(words.iter().map(|word| fold(word).into_owned()))
            .map_err(|error| Error::BlockedWords(error.to_string()))?;
        Ok(Self { words, allowed: allowed.into_iter().collect() })
    }

    /// Whether a field of this name is left out.
    pub fn blocks(&self, name: &str) -> bool {
        self.words.is_match(fold(name).as_ref()) && !self.allowed.contains(name)
    }
}

/// Removes what distinguishes letters that look or count as the same one: the Kelvin sign and `k`, `ſ` and `s`, the
/// two small sigmas. Lower-casing alone would let `acceſſToken` through. ASCII is left to the automaton.
fn fold(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        return Cow::Borrowed(name);
    }
    Cow::Owned(name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|item| (*item).to_owned()).collect()
    }

    #[test]
    fn names_are_matched_by_part_and_in_any_case() {
        let list = Blocklist::new(&strings(&["apiKey", "hash"]), strings(&["hashtags"])).unwrap();
        for name in ["apiKey", "myApiKey", "APIKEYS", "hash", "Hashtags", "rehashed", "api\u{212a}ey", "haſh"]
        {
            assert!(list.blocks(name), "{name}");
        }
        for name in ["hashtags", "api_key", "key", "", "ha sh"] {
            assert!(!list.blocks(name), "{name}");
        }
    }

    #[test]
    fn words_need_not_be_ascii() {
        let list = Blocklist::new(&strings(&["Größe", "ΣΟΦΟΣ", "Пароль"]), Vec::new()).unwrap();
        for name in ["GRÖSSE", "größe", "σοφος", "οΣοφΟσ1", "мойПАРОЛЬ"] {
            assert!(list.blocks(name), "{name}");
        }
        assert!(!list.blocks("grosse"));
    }

    #[test]
    fn an_empty_word_is_refused() {
        let error = Blocklist::new(&strings(&["a", ""]), Vec::new()).err().unwrap();
        assert_eq!(error.code(), "INVALID_OPTION");
        assert_eq!(error.to_string(), "blockedWords: an empty word would block every field");
        assert!(!Blocklist::new(&[], Vec::new()).unwrap().blocks("password"));
    }
}
