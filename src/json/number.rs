//! A number as it was written.

use std::fmt;

/// A JSON number: its text, and the values it stands for.
///
/// # Examples
///
/// ```
/// use xray_phantom::json::Document;
///
/// let document = Document::parse("[1180591620717411303424, 200.0]").unwrap();
/// let numbers: Vec<_> = document.root().elements().filter_map(|value| value.as_number()).collect();
/// assert_eq!(numbers[0].text(), "1180591620717411303424"); // 2^70
/// assert_eq!(numbers[0].as_i64(), None);
/// assert_eq!(numbers[1].as_i64(), None); // a fraction was written
/// assert_eq!(numbers[1].as_f64(), 200.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<'a> {
    text: &'a str,
}

impl<'a> Number<'a> {
    pub(in crate::json) fn new(text: &'a str) -> Number<'a> {
        Number { text }
    }

    /// The text as received.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The nearest float; beyond its range, an infinity.
    pub fn as_f64(&self) -> f64 {
        let Ok(float) = self.text.parse() else {
            unreachable!("std reads every number of the JSON grammar as a float")
        };
        float
    }

    /// The integer, if it is written as one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.text.parse().ok()
    }
}

impl fmt::Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}
