//! Names as X-Ray takes them.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::model::limits::MAX_NAME;

/// Makes a name one that the service takes for a segment. One that it takes already stays.
///
/// Letters, digits and spaces of any script stay, and `_.:/%&#=+-@` (guide; schema,
/// `java_pattern` of `name`). A tab and a line end become spaces. All else goes, and what is
/// then beyond 200 characters: the Python SDK drops a few signs (`entity.py`), the X-Ray exporter
/// of the OpenTelemetry collector all of them, and cuts (`segment.go`). A backslash goes too: the
/// guide lists it, and the schema refuses it. So do marks that combine with the letter before
/// them; an accent that is composed with its letter stays (NFC).
///
/// Where nothing is left to be seen, the name is `unnamed`.
pub(in crate::recorder) fn clean(name: &str) -> Cow<'_, str> {
    if is_plain(name) {
        Cow::Borrowed(name)
    } else {
        cleaned(name)
    }
}

#[cold]
fn cleaned(name: &str) -> Cow<'_, str> {
    let cleaned: String = name.chars().filter_map(legal).take(MAX_NAME).collect();
    if cleaned.trim().is_empty() {
        Cow::Borrowed(UNNAMED)
    } else if cleaned == name {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(cleaned)
    }
}

/// Whether anything to be seen is left of a name.
pub(in crate::recorder) fn is_name(name: &str) -> bool {
    let mut kept = name.chars().filter_map(legal).take(MAX_NAME);
    kept.any(|character| !character.is_whitespace())
}

/// The quick look: a name of ASCII alone that can stay.
#[inline]
pub(in crate::recorder) fn is_plain(name: &str) -> bool {
    // Without a branch for each byte.
    let is_legal = |all, byte: &u8| all & LEGAL[usize::from(*byte)];
    let bytes = name.as_bytes();
    let is_seen = bytes.first().is_some_and(|first| *first != b' ');
    is_seen && bytes.iter().fold(true, is_legal) && name.len() <= MAX_NAME
}

/// The character as it may stand in a name.
fn legal(character: char) -> Option<char> {
    let stays = match character {
        _ if character.is_whitespace() && character.is_control() => return Some(' '),
        _ if character.is_ascii() => is_legal_ascii(character),
        _ if character.is_whitespace() => true,
        _ => character.is_alphanumeric() && !is_stranger(character),
    };
    stays.then_some(character)
}

fn is_legal_ascii(character: char) -> bool {
    u8::try_from(character).is_ok_and(|byte| LEGAL[usize::from(byte)])
}

/// Whether a character is alphabetic by the word of `char` and no letter by its category.
fn is_stranger(character: char) -> bool {
    let place = STRANGERS.binary_search_by(|(first, last)| {
        if *last < character {
            Ordering::Less
        } else if *first > character {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    });
    place.is_ok()
}

/// The name of what has none: X-Ray refuses a segment whose name is empty.
const UNNAMED: &str = "unnamed";

const SIGNS: &str = " _.:/%&#=+-@";

/// Which bytes are characters of ASCII that stay.
const LEGAL: [bool; 256] = {
    let mut legal = [false; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        legal[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < SIGNS.len() {
        legal[SIGNS.as_bytes()[at] as usize] = true;
        at += 1;
    }
    legal
};

/// What Unicode calls alphabetic although it is a mark (`Mn`, `Mc`) or a sign in a circle (`So`).
///
/// Of Unicode 17, from `Other_Alphabetic` of `PropList.txt` and `DerivedGeneralCategory.txt`.
/// A range may span characters that are not alphabetic, and never a letter or a number. A test
/// holds what is kept against `schema::judge`, character by character.
#[rustfmt::skip] // One line each would be a page of its own.
const STRANGERS: &[(char, char)] = &[
    ('\u{345}', '\u{36f}'), ('\u{5b0}', '\u{5c7}'), ('\u{610}', '\u{61a}'), ('\u{64b}', '\u{65f}'),
    ('\u{670}', '\u{670}'), ('\u{6d6}', '\u{6e4}'), ('\u{6e7}', '\u{6ed}'), ('\u{711}', '\u{711}'),
    ('\u{730}', '\u{73f}'), ('\u{7a6}', '\u{7b0}'), ('\u{816}', '\u{817}'), ('\u{81b}', '\u{823}'),
    ('\u{825}', '\u{827}'), ('\u{829}', '\u{82c}'), ('\u{897}', '\u{897}'), ('\u{8d4}', '\u{903}'),
    ('\u{93a}', '\u{93b}'), ('\u{93e}', '\u{94f}'), ('\u{955}', '\u{957}'), ('\u{962}', '\u{963}'),
    ('\u{981}', '\u{983}'), ('\u{9be}', '\u{9cc}'), ('\u{9d7}', '\u{9d7}'), ('\u{9e2}', '\u{9e3}'),
    ('\u{a01}', '\u{a03}'), ('\u{a3e}', '\u{a51}'), ('\u{a70}', '\u{a71}'), ('\u{a75}', '\u{a83}'),
    ('\u{abe}', '\u{acc}'), ('\u{ae2}', '\u{ae3}'), ('\u{afa}', '\u{b03}'), ('\u{b3e}', '\u{b57}'),
    ('\u{b62}', '\u{b63}'), ('\u{b82}', '\u{b82}'), ('\u{bbe}', '\u{bcc}'), ('\u{bd7}', '\u{bd7}'),
    ('\u{c00}', '\u{c04}'), ('\u{c3e}', '\u{c56}'), ('\u{c62}', '\u{c63}'), ('\u{c81}', '\u{c83}'),
    ('\u{cbe}', '\u{cd6}'), ('\u{ce2}', '\u{ce3}'), ('\u{cf3}', '\u{d03}'), ('\u{d3e}', '\u{d4c}'),
    ('\u{d57}', '\u{d57}'), ('\u{d62}', '\u{d63}'), ('\u{d81}', '\u{d83}'), ('\u{dcf}', '\u{ddf}'),
    ('\u{df2}', '\u{df3}'), ('\u{e31}', '\u{e31}'), ('\u{e34}', '\u{e3a}'), ('\u{e4d}', '\u{e4d}'),
    ('\u{eb1}', '\u{eb1}'), ('\u{eb4}', '\u{ebc}'), ('\u{ecd}', '\u{ecd}'), ('\u{f71}', '\u{f83}'),
    ('\u{f8d}', '\u{fbc}'), ('\u{102b}', '\u{103e}'), ('\u{1056}', '\u{1059}'), ('\u{105e}', '\u{1060}'),
    ('\u{1062}', '\u{1064}'), ('\u{1067}', '\u{106d}'), ('\u{1071}', '\u{1074}'), ('\u{1082}', '\u{108d}'),
    ('\u{108f}', '\u{108f}'), ('\u{109a}', '\u{109d}'), ('\u{1712}', '\u{1713}'), ('\u{1732}', '\u{1733}'),
    ('\u{1752}', '\u{1753}'), ('\u{1772}', '\u{1773}'), ('\u{17b6}', '\u{17c8}'), ('\u{1885}', '\u{1886}'),
    ('\u{18a9}', '\u{18a9}'), ('\u{1920}', '\u{1938}'), ('\u{1a17}', '\u{1a1b}'), ('\u{1a55}', '\u{1a74}'),
    ('\u{1abf}', '\u{1b04}'), ('\u{1b35}', '\u{1b43}'), ('\u{1b80}', '\u{1b82}'), ('\u{1ba1}', '\u{1bad}'),
    ('\u{1be7}', '\u{1bf1}'), ('\u{1c24}', '\u{1c36}'), ('\u{1dd3}', '\u{1df4}'), ('\u{24b6}', '\u{24e9}'),
    ('\u{2de0}', '\u{2dff}'), ('\u{a674}', '\u{a67b}'), ('\u{a69e}', '\u{a69f}'), ('\u{a802}', '\u{a802}'),
    ('\u{a80b}', '\u{a80b}'), ('\u{a823}', '\u{a827}'), ('\u{a880}', '\u{a881}'), ('\u{a8b4}', '\u{a8c5}'),
    ('\u{a8ff}', '\u{a8ff}'), ('\u{a926}', '\u{a92a}'), ('\u{a947}', '\u{a952}'), ('\u{a980}', '\u{a983}'),
    ('\u{a9b4}', '\u{a9bf}'), ('\u{a9e5}', '\u{a9e5}'), ('\u{aa29}', '\u{aa36}'), ('\u{aa43}', '\u{aa43}'),
    ('\u{aa4c}', '\u{aa4d}'), ('\u{aa7b}', '\u{aa7d}'), ('\u{aab0}', '\u{aab0}'), ('\u{aab2}', '\u{aab4}'),
    ('\u{aab7}', '\u{aab8}'), ('\u{aabe}', '\u{aabe}'), ('\u{aaeb}', '\u{aaef}'), ('\u{aaf5}', '\u{aaf5}'),
    ('\u{abe3}', '\u{abea}'), ('\u{fb1e}', '\u{fb1e}'), ('\u{10376}', '\u{1037a}'), ('\u{10a01}', '\u{10a0f}'),
    ('\u{10d24}', '\u{10d27}'), ('\u{10d69}', '\u{10d69}'), ('\u{10eab}', '\u{10eac}'), ('\u{10efa}', '\u{10efc}'),
    ('\u{11000}', '\u{11002}'), ('\u{11038}', '\u{11045}'), ('\u{11073}', '\u{11074}'), ('\u{11080}', '\u{11082}'),
    ('\u{110b0}', '\u{110c2}'), ('\u{11100}', '\u{11102}'), ('\u{11127}', '\u{11132}'), ('\u{11145}', '\u{11146}'),
    ('\u{11180}', '\u{11182}'), ('\u{111b3}', '\u{111bf}'), ('\u{111ce}', '\u{111cf}'), ('\u{1122c}', '\u{1123e}'),
    ('\u{11241}', '\u{11241}'), ('\u{112df}', '\u{112e8}'), ('\u{11300}', '\u{11303}'), ('\u{1133e}', '\u{1134c}'),
    ('\u{11357}', '\u{11357}'), ('\u{11362}', '\u{11363}'), ('\u{113b8}', '\u{113cd}'), ('\u{11435}', '\u{11445}'),
    ('\u{114b0}', '\u{114c1}'), ('\u{115af}', '\u{115be}'), ('\u{115dc}', '\u{115dd}'), ('\u{11630}', '\u{11640}'),
    ('\u{116ab}', '\u{116b5}'), ('\u{1171d}', '\u{1172a}'), ('\u{1182c}', '\u{11838}'), ('\u{11930}', '\u{1193c}'),
    ('\u{11940}', '\u{11940}'), ('\u{11942}', '\u{11942}'), ('\u{119d1}', '\u{119df}'), ('\u{119e4}', '\u{119e4}'),
    ('\u{11a01}', '\u{11a0a}'), ('\u{11a35}', '\u{11a39}'), ('\u{11a3b}', '\u{11a3e}'), ('\u{11a51}', '\u{11a5b}'),
    ('\u{11a8a}', '\u{11a97}'), ('\u{11b60}', '\u{11b67}'), ('\u{11c2f}', '\u{11c3e}'), ('\u{11c92}', '\u{11cb6}'),
    ('\u{11d31}', '\u{11d43}'), ('\u{11d47}', '\u{11d47}'), ('\u{11d8a}', '\u{11d96}'), ('\u{11ef3}', '\u{11f01}'),
    ('\u{11f03}', '\u{11f03}'), ('\u{11f34}', '\u{11f40}'), ('\u{1611e}', '\u{1612e}'), ('\u{16f4f}', '\u{16f4f}'),
    ('\u{16f51}', '\u{16f92}'), ('\u{16ff0}', '\u{16ff1}'), ('\u{1bc9e}', '\u{1bc9e}'), ('\u{1e000}', '\u{1e02a}'),
    ('\u{1e08f}', '\u{1e08f}'), ('\u{1e6e3}', '\u{1e6e3}'), ('\u{1e6e6}', '\u{1e6e6}'), ('\u{1e6ee}', '\u{1e6ef}'),
    ('\u{1e6f5}', '\u{1e6f5}'), ('\u{1e947}', '\u{1e947}'), ('\u{1f130}', '\u{1f189}'),
];
