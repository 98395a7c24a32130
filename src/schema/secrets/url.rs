//! Passwords in URLs and in the connection strings of databases.

use crate::schema::Rule;
use crate::schema::secrets::find::Find;
use crate::schema::secrets::scan::{end_of, is_gap, start_of};
use crate::schema::secrets::value::is_placeholder;

/// Looks for passwords between a user and a host.
///
/// ```text
/// postgres://app:hunter2@db/orders
/// app:hunter2@tcp(db:3306)/orders
/// jdbc:oracle:thin:app/hunter2@db:1521:orders
/// ```
pub(in crate::schema::secrets) fn find(text: &str, finds: &mut Vec<Find>) {
    for (at, _) in text.match_indices("://") {
        let start = at + "://".len();
        let authority =
            &text[start..end_of(text, start, |next| !is_gap(next) && !"/?#\\".contains(next))];
        // A password may hold an `@` itself: the last one is before the host.
        match authority.rfind('@') {
            Some(host) => password(text, start, start + host, ':', finds),
            None => unescaped(text, start, authority, finds),
        }
    }
    for network in ["@tcp(", "@unix("] {
        for (at, _) in text.match_indices(network) {
            let start = start_of(text, at, MAX_PAIR, |character| !is_gap(character));
            if !text[start..at].contains("://") {
                password(text, start, at, ':', finds);
            }
        }
    }
    for (at, _) in text.match_indices(":thin:") {
        let start = at + ":thin:".len();
        if let Some(host) = sign_behind(text, start) {
            password(text, start, host, '/', finds);
        }
    }
}

/// The first `@` behind `start`, close by and with no gap between.
fn sign_behind(text: &str, start: usize) -> Option<usize> {
    let behind = text[start..].char_indices().take(MAX_PAIR);
    let mut run = behind.take_while(|(_, next)| !is_gap(*next));
    let (length, _) = run.find(|(_, next)| *next == '@')?;
    Some(start + length)
}

/// A password with a `/`, `?` or `#` in it that should have been escaped. What stands behind
/// the `:` is no port then.
fn unescaped(text: &str, start: usize, authority: &str, finds: &mut Vec<Find>) {
    let is_port = |(_, port): (&str, &str)| port.bytes().all(|byte| byte.is_ascii_digit());
    if authority.starts_with('[') || authority.split_once(':').is_none_or(is_port) {
        return;
    }
    if let Some(host) = sign_behind(text, start) {
        password(text, start, host, ':', finds);
    }
}

/// The password behind the first `sign` from `start` to `end`.
fn password(text: &str, start: usize, end: usize, sign: char, finds: &mut Vec<Find>) {
    let Some((user, password)) = text[start..end].split_once(sign) else {
        return;
    };
    if !password.is_empty() && !is_placeholder(password) {
        finds.push(Find {
            rule: Rule::SecretCredential,
            what: "a password",
            start: start + user.len() + 1,
            end,
        });
    }
}

/// How many characters of a user and a password are looked at.
const MAX_PAIR: usize = 256;
