//! The tables that statements of PartiQL name.

use std::iter::Peekable;
use std::str::CharIndices;

/// The table of each part of a statement, without the index: `Orders` of
/// `SELECT * FROM "Orders"."by_day" WHERE day = '2026-01-01'`.
///
/// A table stands behind `FROM`, `INTO` or `UPDATE`. Values are walked over and never looked at.
///
/// Source: Amazon DynamoDB developer guide, "PartiQL statements for DynamoDB".
pub(in crate::wire) fn tables(statement: &str) -> Vec<String> {
    let mut tables = Vec::new();
    let mut words = Words {
        statement,
        rest: statement.char_indices().peekable(),
    };
    let mut expected = false;
    // `UPDATE` begins a statement; elsewhere it is the name of an attribute.
    let mut first = true;
    while let Some(word) = words.next() {
        match word {
            Word::Name(name) if expected => {
                tables.push(name);
                expected = false;
            }
            Word::Plain(name) if expected => {
                tables.push(name.to_owned());
                expected = false;
            }
            Word::Plain(word) => {
                let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
                expected = is("from") || is("into") || first && is("update");
            }
            Word::Name(_) | Word::Other => expected = false,
        }
        first = false;
    }
    tables
}

enum Word<'a> {
    /// In double quotes.
    Name(String),
    Plain(&'a str),
    /// A value in single quotes, or a sign.
    Other,
}

struct Words<'a> {
    statement: &'a str,
    rest: Peekable<CharIndices<'a>>,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<Word<'a>> {
        self.skip_blank();
        let (begun, sign) = self.rest.next()?;
        match sign {
            '"' => Some(Word::Name(self.quoted('"'))),
            // A value; between backticks it is written in Ion.
            '\'' | '`' => {
                self.quoted(sign);
                Some(Word::Other)
            }
            _ if is_plain(sign) => {
                let mut end = begun + sign.len_utf8();
                while let Some((at, sign)) = self.rest.next_if(|(_, sign)| is_plain(*sign)) {
                    end = at + sign.len_utf8();
                }
                Some(Word::Plain(&self.statement[begun..end]))
            }
            _ => Some(Word::Other),
        }
    }

    /// Goes on behind blanks and comments.
    fn skip_blank(&mut self) {
        while let Some((begun, sign)) = self.rest.peek().copied() {
            let here = &self.statement[begun..];
            let length = if sign.is_whitespace() {
                Some(sign.len_utf8())
            } else if here.starts_with("--") {
                here.find('\n')
            } else if let Some(comment) = here.strip_prefix("/*") {
                comment.find("*/").map(|at| at + 4)
            } else {
                return;
            };
            self.skip_to(length.map(|length| begun + length));
        }
    }

    /// Goes on at this place, or at the end.
    fn skip_to(&mut self, place: Option<usize>) {
        let is_before = |(at, _): &(usize, char)| place.is_none_or(|place| *at < place);
        while self.rest.next_if(is_before).is_some() {}
    }

    /// What stands between quotes, of which two in a row are one.
    fn quoted(&mut self, quote: char) -> String {
        let mut text = String::new();
        while let Some((_, sign)) = self.rest.next() {
            if sign == quote && self.rest.next_if(|(_, next)| *next == quote).is_none() {
                break;
            }
            text.push(sign);
        }
        text
    }
}

/// What the name of a table is made of without quotes; with a dot, which divides it from an index.
fn is_plain(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '-')
}

#[cfg(test)]
mod tests {
    use crate::wire::partiql::tables;

    #[track_caller]
    fn check(statement: &str, expected: &[&str]) {
        assert_eq!(tables(statement), expected);
    }

    #[test]
    fn each_kind_of_statement_names_its_table() {
        check("SELECT * FROM Orders", &["Orders"]);
        check(
            "select a, b from \"Orders\".\"by_day\" where a='x'",
            &["Orders"],
        );
        check("SELECT * FROM Orders.by_day WHERE a = ?", &["Orders"]);
        check(
            "INSERT INTO \"Orders\" VALUE {'from': 'Secret', 'id': ?}",
            &["Orders"],
        );
        check(
            "UPDATE \"my-orders\" SET total = 4 WHERE id = 'from Secret'",
            &["my-orders"],
        );
        check(
            "DELETE FROM \"Orders\" WHERE id = 'a''from Secret' RETURNING ALL OLD *",
            &["Orders"],
        );
        check(
            "EXISTS(SELECT * FROM \"Orders\" WHERE id = 'o-1')",
            &["Orders"],
        );
        check("SELECT \"from\" FROM \"a\"\"b\"", &["a\"b"]);
    }

    #[test]
    fn what_is_no_table_is_not_taken_for_one() {
        check("", &[]);
        check("SELECT * FROM", &[]);
        check("SELECT * FROM 'Secret'", &[]);
        check("/* from Secret */ SELECT * FROM Orders", &["Orders"]);
        check(
            "SELECT * -- from Secret\nFROM Orders -- from Secret",
            &["Orders"],
        );
        check("SELECT * FROM /*ä*/ Orders /* from Secret", &["Orders"]);
        check("SELECT * FROM Orders WHERE a = `from Secret`", &["Orders"]);
        check("SELECT * FROM my--orders", &["my--orders"]);
        let comments = "/**/ --\n".repeat(100_000);
        check(&format!("SELECT * FROM {comments}Orders"), &["Orders"]);
        check("SELECT * FROM (1)", &[]);
        check("UPDATE Orders SET update = 'x'", &["Orders"]);
        check("UPDATE \"Orders", &["Orders"]);
    }
}
