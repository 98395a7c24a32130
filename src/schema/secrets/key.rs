//! Names of what is secret: `password`, `apiKey`, `X-Amz-Security-Token`.

use crate::schema::Rule;

/// What a name says of the text that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schema::secrets) enum Secrecy {
    /// The value of an `Authorization` header.
    Authorization,
    /// Something that a person may have chosen.
    Password,
    /// Something that a program has made, or a person.
    Secret,
    /// The id of a session.
    Session,
    /// What proves that a request was not changed, and opens what it names.
    Signature,
    /// What a program has made to be shown for a while.
    Token,
}

impl Secrecy {
    /// What the last words of a name say; `None` where they name no secret.
    ///
    /// The last ones decide: `db_password` is one, `password_reset` is not.
    pub(in crate::schema::secrets) fn of(name: &str) -> Option<Secrecy> {
        if name.len() > MAX_NAME {
            return None;
        }
        let words = words(name);
        let (last, before) = words.split_last()?;
        let previous = before.last().map_or("", |word| &**word);
        if before.iter().any(|word| NEGATING.contains(&&**word)) {
            return None;
        }
        let ends = |ends: &[&str]| ends.iter().any(|end| last.ends_with(end));
        let pair = format!("{previous}{last}");
        if ends(PASSWORDS) || last == "pass" && OWNERS.contains(&previous) {
            Some(Secrecy::Password)
        } else if ends(SECRETS) || SECRETS.iter().any(|end| pair.ends_with(end)) {
            Some(Secrecy::Secret)
        } else if last == "authorization" {
            Some(Secrecy::Authorization)
        } else if ends(TOKENS) || last == "token" && !PAGING.contains(&previous) {
            Some(Secrecy::Token)
        } else if last == "signature" || last == "sig" {
            Some(Secrecy::Signature)
        } else if SESSIONS.contains(&&**last) || pair == "sessionid" {
            Some(Secrecy::Session)
        } else {
            None
        }
    }

    pub(in crate::schema::secrets) fn rule(self) -> Rule {
        match self {
            Secrecy::Authorization | Secrecy::Password | Secrecy::Secret => Rule::SecretCredential,
            Secrecy::Session | Secrecy::Signature | Secrecy::Token => Rule::SecretToken,
        }
    }

    /// What the text looks like, with its article.
    pub(in crate::schema::secrets) fn what(self) -> &'static str {
        match self {
            Secrecy::Authorization => "a credential",
            Secrecy::Password => "a password",
            Secrecy::Secret => "a secret key",
            Secrecy::Session => "the id of a session",
            Secrecy::Signature => "a signature",
            Secrecy::Token => "a token",
        }
    }
}

/// Whether a text is only the word for a secret, which tells nobody anything.
pub(in crate::schema::secrets) fn is_name(text: &str) -> bool {
    ["authorization", "signature", "token"]
        .iter()
        .chain(PASSWORDS)
        .chain(SECRETS)
        .any(|word| text.eq_ignore_ascii_case(word))
}

/// The words of a name in lower case: `X-Api-Key`, `apiKey` and `api_key` have two or three.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = name.chars().peekable();
    let mut before = ' ';
    while let Some(character) = characters.next() {
        let next_is_lower = characters.peek().is_some_and(|next| next.is_lowercase());
        let begins = character.is_uppercase()
            && (before.is_lowercase()
                || before.is_ascii_digit()
                || before.is_uppercase() && next_is_lower);
        if begins || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A name that is longer than this is none.
pub(in crate::schema::secrets) const MAX_NAME: usize = 64;

const PASSWORDS: &[&str] = &["passphrase", "passwd", "password", "pwd"];
const SECRETS: &[&str] = &[
    "accesskey",
    "accountkey",
    "apikey",
    "authkey",
    "encryptionkey",
    "masterkey",
    "privatekey",
    "secret",
    "secretkey",
    "sharedkey",
    "signingkey",
    "subscriptionkey",
];
const SESSIONS: &[&str] = &["jsessionid", "phpsessid", "session", "sessionid"];
const TOKENS: &[&str] = &[
    "accesstoken",
    "authtoken",
    "bearertoken",
    "idtoken",
    "refreshtoken",
    "securitytoken",
    "sessiontoken",
];
/// Whose `pass` is a password: `db_pass`. By itself the word counts laps.
const OWNERS: &[&str] = &[
    "admin", "auth", "database", "db", "ftp", "login", "mail", "mysql", "pg", "postgres", "redis",
    "root", "smtp", "user",
];
/// Tokens that open nothing: they say where to go on, or that a request was sent before.
const PAGING: &[&str] = &[
    "cancel",
    "cancellation",
    "client",
    "continuation",
    "idempotency",
    "lock",
    "next",
    "page",
    "pagination",
    "request",
    "start",
    "starting",
    "sync",
];
/// With these a name asks or tells about a secret: `has_password`.
const NEGATING: &[&str] = &[
    "bad",
    "change",
    "forgot",
    "has",
    "incorrect",
    "invalid",
    "is",
    "missing",
    "need",
    "needs",
    "no",
    "require",
    "required",
    "requires",
    "reset",
    "use",
    "uses",
    "with",
    "without",
    "wrong",
];
