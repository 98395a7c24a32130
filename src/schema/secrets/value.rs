//! What may stand where a secret is expected, and what is only in its place.

/// Whether a text stands in the place of a secret: a mask, a parameter, a word that says why
/// there is none.
///
/// ```text
/// ***  xxxx  <redacted>  [FILTERED]  {password}  ${PASSWORD}  %s  ?  $1  :password  @p1  null
/// ```
pub(in crate::schema::secrets) fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    let Some(first) = text.chars().next() else {
        return true;
    };
    let rest = &text[first.len_utf8()..];
    let is_blank = "*xX.-_?#•●…".contains(first);
    is_blank && text.chars().all(|character| character == first)
        || MASKS.iter().any(|mask| text.contains(mask))
        || WRAPS.iter().any(|(open, close)| text.starts_with(open) && text.ends_with(close))
        || first == '$' && is_variable(rest)
        || first == '?' && rest.bytes().all(|byte| byte.is_ascii_digit())
        || matches!(first, ':' | '@') && is_identifier(rest)
        // A reference to where the secret is.
        || text.starts_with("arn:")
        || NO_SECRET.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether a text is made as tokens are, at least `length` long: no spaces, and a digit.
pub(in crate::schema::secrets) fn is_token(text: &str, length: usize) -> bool {
    text.len() >= length
        && text.chars().all(is_in_token)
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a token is made by chance: a run of letters and digits, both of them, or a long text
/// of either case.
pub(in crate::schema::secrets) fn is_dense_token(text: &str, length: usize) -> bool {
    let has = |text: &str, fits: fn(&u8) -> bool| text.as_bytes().iter().any(fits);
    let mut runs = text.split(|character: char| !character.is_ascii_alphanumeric());
    let is_long = text.len() >= LONG
        && has(text, u8::is_ascii_lowercase)
        && has(text, u8::is_ascii_uppercase);
    let is_dense = |run: &str| {
        run.len() >= DENSE && has(run, u8::is_ascii_digit) && has(run, u8::is_ascii_alphabetic)
    };
    is_token(text, length) && (is_long || runs.any(is_dense))
}

/// Whether a character may be part of a token: those of base64 and of what is encoded for URLs.
pub(in crate::schema::secrets) fn is_in_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+/=_-.~%".contains(character)
}

/// Whether a word of a sentence is none of its language: letters with digits, or signs.
pub(in crate::schema::secrets) fn is_no_word(text: &str) -> bool {
    let has = |fits: fn(char) -> bool| text.chars().any(fits);
    text.len() >= 6
        && !text.contains(['(', '['])
        && (has(char::is_alphabetic) && has(|character| character.is_ascii_digit())
            || has(|character| "!@#$%^&*+~".contains(character)))
}

/// Whether a text is the path of something: `prod/orders/db`, `/var/run/key`, `C:\keys`.
pub(in crate::schema::secrets) fn is_path(text: &str) -> bool {
    let drive = text.as_bytes().get(1..3);
    let plain = |byte: u8| !byte.is_ascii_digit() && !byte.is_ascii_uppercase();
    ["/", "~/", "./", "../"]
        .iter()
        .any(|start| text.starts_with(start))
        || drive.is_some_and(|drive| drive == b":\\" || drive == b":/")
        || text.contains('/') && text.bytes().all(plain)
}

/// Whether a text has the form of a UUID.
pub(in crate::schema::secrets) fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12]
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn is_variable(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'_')
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// How long a run of letters and digits must be to be taken for chance.
const DENSE: usize = 12;
/// How long a text with signs in it must be for the same.
const LONG: usize = 40;

/// Of what has these inside, a part was left out.
const MASKS: &[&str] = &["***", "…", "•••", "xxxx", "XXXX", "REDACTED", "redacted"];

/// What is around a name that a secret is put in place of.
const WRAPS: &[(&str, &str)] = &[
    ("<", ">"),
    ("[", "]"),
    ("{", "}"),
    ("(", ")"),
    ("${", ""),
    ("$(", ""),
    ("#{", ""),
    ("%(", ""),
    ("%s", ""),
    ("%", "%"),
];

/// Words that are written where a secret would be.
const NO_SECRET: &[&str] = &[
    "absent",
    "bad",
    "blank",
    "boolean",
    "changed",
    "disabled",
    "empty",
    "enabled",
    "expired",
    "failed",
    "false",
    "filtered",
    "hidden",
    "incorrect",
    "invalid",
    "masked",
    "mismatch",
    "missing",
    "never",
    "none",
    "null",
    "number",
    "object",
    "omitted",
    "optional",
    "present",
    "removed",
    "required",
    "reset",
    "sanitized",
    "string",
    "strong",
    "text",
    "true",
    "undefined",
    "unknown",
    "unset",
    "valid",
    "varchar",
    "weak",
    "wrong",
];
