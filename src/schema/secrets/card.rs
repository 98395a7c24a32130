//! Numbers of payment cards.

use crate::schema::Rule;
use crate::schema::secrets::find::Find;
use crate::schema::secrets::scan::{before, behind};

/// Looks for 13 to 19 digits, in one or in the groups of a card, that an issuer may have given
/// out, and whose last digit proves the others (ISO/IEC 7812).
pub(in crate::schema::secrets) fn find(text: &str, finds: &mut Vec<Find>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(u8::is_ascii_digit) {
        let start = at + found;
        let groups = groups(bytes, start);
        at = groups.first().map_or(start + 1, |group| group.1);
        if !may_begin(text, start) {
            continue;
        }
        let card = (1..=groups.len()).rev().find_map(|count| {
            let end = groups[count - 1].1;
            let lengths: Vec<usize> = groups[..count]
                .iter()
                .map(|(start, end)| end - start)
                .collect();
            let number: Vec<u8> = bytes[start..end]
                .iter()
                .filter(|byte| byte.is_ascii_digit())
                .map(|byte| byte - b'0')
                .collect();
            (is_grouped(&lengths) && may_end(text, end) && is_card(&number)).then_some(end)
        });
        if let Some(end) = card {
            at = end;
            finds.push(Find {
                rule: Rule::SecretCardNumber,
                what: "the number of a payment card",
                start,
                end,
            });
        }
    }
}

/// The same of a number of JSON, which may be written as a float: `….0`.
pub(in crate::schema::secrets) fn find_number(number: &str) -> Vec<Find> {
    let mut finds = Vec::new();
    find(number.strip_suffix(".0").unwrap_or(number), &mut finds);
    finds
}

/// The groups of digits from `start` on, with the same single sign between them.
fn groups(bytes: &[u8], start: usize) -> Vec<(usize, usize)> {
    let mut groups = Vec::new();
    let (mut start, mut sign) = (start, None);
    while groups.len() < MOST_GROUPS {
        let digits = bytes[start..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits == 0 {
            break;
        }
        let end = start + digits;
        groups.push((start, end));
        match bytes.get(end) {
            Some(b' ' | b'-') if sign.is_none_or(|sign| bytes.get(end) == Some(sign)) => {
                sign = bytes.get(end);
                start = end + 1;
            }
            _ => break,
        }
    }
    groups
}

/// How issuers print their numbers.
fn is_grouped(lengths: &[usize]) -> bool {
    matches!(
        lengths,
        [13..=19] | [4, 4, 4, 4] | [4, 4, 4, 4, 3] | [4, 6, 4 | 5]
    )
}

fn may_begin(text: &str, start: usize) -> bool {
    !before(text, start).is_some_and(|before| before.is_alphanumeric() || "_-.+".contains(before))
}

fn may_end(text: &str, end: usize) -> bool {
    let after = |at| behind(text, at).is_some_and(char::is_alphanumeric);
    match behind(text, end) {
        // A number goes on behind a point; a sentence does not.
        Some('.' | '-') => !after(end + 1),
        Some('_') => false,
        _ => !after(end),
    }
}

fn is_card(digits: &[u8]) -> bool {
    let start = |length: usize| {
        let digits = digits.iter().take(length);
        digits.fold(0_u32, |number, digit| number * 10 + u32::from(*digit))
    };
    let issued = ISSUERS.iter().any(|(first, last, lengths)| {
        let length = first.checked_ilog10().map_or(1, |power| power as usize + 1);
        (*first..=*last).contains(&start(length)) && lengths.contains(&digits.len())
    });
    issued && luhn(digits)
}

/// Whether the last digit proves the others: every second one is doubled, from the right.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = (0..)
        .zip(digits.iter().rev())
        .map(|(place, digit)| {
            let digit = u32::from(*digit);
            match place % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The groups of a card, and one behind it.
const MOST_GROUPS: usize = 6;

/// From which number to which the issuers' own begin, and how many digits they have.
///
/// Visa's 19 digits are left out: next to nobody has them, and many ids do.
const ISSUERS: &[(u32, u32, &[usize])] = &[
    (4, 4, &[13, 16]),               // Visa
    (51, 55, &[16]),                 // Mastercard
    (2221, 2720, &[16]),             // Mastercard
    (34, 34, &[15]),                 // American Express
    (37, 37, &[15]),                 // American Express
    (6011, 6011, &[16]),             // Discover
    (644, 659, &[16]),               // Discover
    (300, 305, &[14]),               // Diners Club
    (36, 36, &[14]),                 // Diners Club
    (38, 39, &[14]),                 // Diners Club
    (3528, 3589, &[16]),             // JCB
    (62, 62, &[16, 17, 18, 19]),     // UnionPay
    (2200, 2204, &[16]),             // Mir
    (5018, 5018, &[16, 17, 18, 19]), // Maestro
    (5020, 5020, &[16, 17, 18, 19]), // Maestro
    (5038, 5038, &[16, 17, 18, 19]), // Maestro
    (6304, 6304, &[16, 17, 18, 19]), // Maestro
    (6759, 6763, &[16, 17, 18, 19]), // Maestro
];
