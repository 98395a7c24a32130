//! What stands behind `Bearer` and `Basic`, wherever a header was written to.

use crate::schema::Rule;
use crate::schema::secrets::find::Find;
use crate::schema::secrets::scan::{before, end_of, stands_at};
use crate::schema::secrets::sextets;
use crate::schema::secrets::value::{is_in_token, is_placeholder, is_token};

/// Looks for credentials behind the name of their scheme.
pub(in crate::schema::secrets) fn find(text: &str, finds: &mut Vec<Find>) {
    let mut at = 0;
    while let Some(found) = text[at..].find(['b', 'B']) {
        let word = at + found;
        at = word + 1;
        if before(text, word).is_some_and(|before| before.is_ascii_alphanumeric()) {
            continue;
        }
        let bearer = stands_at(text, word, "bearer");
        if !bearer && !stands_at(text, word, "basic") {
            continue;
        }
        let behind = word
            + if bearer {
                "bearer".len()
            } else {
                "basic".len()
            };
        let Some(start) = behind_space(text, behind) else {
            continue;
        };
        let run = &text[start..end_of(text, start, is_in_token)];
        at = start + run.len();
        let run = run.trim_end_matches('.');
        let is_secret = if bearer {
            is_bearer(run)
        } else {
            is_basic(run)
        };
        if is_secret && !is_placeholder(run) {
            let (rule, what) = if bearer {
                (Rule::SecretToken, "a bearer token")
            } else {
                (Rule::SecretCredential, "a user and a password in base64")
            };
            let end = start + run.len();
            finds.push(Find {
                rule,
                what,
                start,
                end,
            });
        }
    }
}

/// Where the text behind a space begins, in whatever way that is written.
fn behind_space(text: &str, at: usize) -> Option<usize> {
    let start = end_of(text, at, |character| character == ' ');
    if start > at {
        return Some(start);
    }
    let spaces = ["%20", "+"].iter();
    let mut behind =
        spaces.filter_map(|space| stands_at(text, at, space).then_some(at + space.len()));
    behind.next()
}

/// `Bearer authentication` is none: a token has a digit, or is long and of both cases.
fn is_bearer(text: &str) -> bool {
    let has = |fits: fn(&u8) -> bool| text.as_bytes().iter().any(fits);
    is_token(text, 8)
        || text.len() >= 20 && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase)
}

/// `user:password` in base64 (RFC 7617).
fn is_basic(text: &str) -> bool {
    let decoded = sextets::decode(text).and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.is_some_and(|pair| {
        pair.len() > 2 && pair.contains(':') && !pair.contains(char::is_control)
    })
}
