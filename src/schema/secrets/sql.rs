//! Passwords in SQL that no sign stands before: `IDENTIFIED BY '…'`, `PASSWORD '…'`.

use crate::schema::Rule;
use crate::schema::secrets::find::Find;
use crate::schema::secrets::scan::start_of;
use crate::schema::secrets::value::{is_no_word, is_placeholder};
use crate::schema::secrets::written::quoted;

/// Looks for quotes with the words of a password before them.
pub(in crate::schema::secrets) fn find(text: &str, finds: &mut Vec<Find>) {
    let mut at = 0;
    while let Some(found) = text[at..].find(['\'', '"']) {
        let opening = at + found;
        at = opening + 1;
        let Some(clause) = clause_before(text, opening) else {
            continue;
        };
        let quote = if text[opening..].starts_with('\'') {
            '\''
        } else {
            '"'
        };
        let (start, end) = quoted(text, opening, quote);
        at = end.max(at);
        let password = &text[start..end];
        // `the password 'required'` is about one.
        let about = clause == Clause::Sentence && (password.contains(' ') || !is_no_word(password));
        if password.len() >= MIN_LENGTH && !about && !is_placeholder(password) {
            finds.push(Find {
                rule: Rule::SecretCredential,
                what: "a password",
                start,
                end,
            });
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clause {
    /// `IDENTIFIED BY '…'`
    Identified,
    /// `PASSWORD '…'`, or a function of that name.
    Password,
    /// `password '…'`, which may be a sentence.
    Sentence,
}

fn clause_before(text: &str, opening: usize) -> Option<Clause> {
    let end = start_of(text, opening, 4, |character| " \n\t(\\".contains(character));
    let word = start_of(text, end, MAX_WORD, |character| {
        character.is_ascii_alphanumeric() || character == '_'
    });
    let last = &text[word..end];
    if ["password", "passwd"]
        .iter()
        .any(|name| last.eq_ignore_ascii_case(name))
    {
        let sure = last == "PASSWORD" || text[end..opening].contains('(');
        let clause = if sure {
            Clause::Password
        } else {
            Clause::Sentence
        };
        return (end < opening).then_some(clause);
    }
    if !["by", "as"]
        .iter()
        .any(|name| last.eq_ignore_ascii_case(name))
    {
        return None;
    }
    // `IDENTIFIED WITH mysql_native_password BY '…'`
    let around = start_of(text, word, MAX_CLAUSE, |character| {
        character.is_ascii_alphanumeric() || "_ \n\t".contains(character)
    });
    let clause = text[around..word].to_ascii_lowercase();
    clause.contains("identified").then_some(Clause::Identified)
}

const MIN_LENGTH: usize = 4;
const MAX_WORD: usize = 16;
const MAX_CLAUSE: usize = 48;
