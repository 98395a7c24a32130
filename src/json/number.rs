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

    /// The number times 10^`digits`, cut to an integer; `None` beyond 10^36 either way.
    ///
    /// It is read digit by digit, so that no decimal is lost to a float.
    ///
    /// ```
    /// # use xray_phantom::json::Document;
    /// let document = Document::parse("1795338258.6384983").unwrap();
    /// let seconds = document.root().as_number().unwrap();
    /// assert_eq!(seconds.scaled(9), Some(1_795_338_258_638_498_300));
    /// ```
    pub fn scaled(&self, digits: i32) -> Option<i128> {
        let Written {
            negative,
            whole,
            fraction,
            exponent,
        } = self.written();
        let mut value: i128 = 0;
        // The number is `value` · 10^`power`, once the digits below are read.
        let mut power: i32 = 0;
        for (digit, after_point) in whole
            .bytes()
            .map(|digit| (digit, 0))
            .chain(fraction.bytes().map(|digit| (digit, 1)))
        {
            if value >= LARGEST {
                // Digits enough: the others only shift.
                power = power.checked_add(1 - after_point)?;
                continue;
            }
            value = value * 10 + i128::from(digit - b'0');
            power = power.checked_sub(after_point)?;
        }
        if value == 0 {
            return Some(0);
        }
        power = power
            .checked_add(exponent.parse().ok()?)?
            .checked_add(digits)?;
        while power > 0 {
            value = value.checked_mul(10).filter(|value| *value <= LARGEST)?;
            power -= 1;
        }
        while power < 0 && value != 0 {
            value /= 10;
            power += 1;
        }
        (value <= LARGEST).then_some(if negative { -value } else { value })
    }

    /// Whether the number has no fraction, however it is written: 200.0 and 2e2 have none.
    pub(crate) fn is_integer(&self) -> bool {
        match self.written().power() {
            Some(power) => power >= 0,
            // More digits than any number of decimals can make up for.
            None => !self.written().exponent.starts_with('-'),
        }
    }

    /// The value, written as all numbers with the same value are: 2e2 and 200.0 are both `2e2`.
    /// One with an exponent beyond 10^38 is like those that have its digits and its exponent.
    #[cfg(feature = "testing")]
    pub(crate) fn value(&self) -> String {
        let written = self.written();
        let Some(power) = written.power() else {
            let Written {
                negative,
                whole,
                fraction,
                exponent,
            } = written;
            let sign = if negative { "-" } else { "" };
            return format!("{sign}{whole}.{fraction}e{exponent}");
        };
        let digits: String = written.significant().map(char::from).collect();
        let sign = if written.negative && !digits.is_empty() {
            "-"
        } else {
            ""
        };
        format!("{sign}{digits}e{power}")
    }

    fn written(&self) -> Written<'a> {
        let (negative, text) = match self.text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, self.text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                (mantissa, exponent.strip_prefix('+').unwrap_or(exponent))
            }
            None => (text, "0"),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        Written {
            negative,
            whole,
            fraction,
            exponent,
        }
    }

    /// The integer, if it is written as one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.text.parse().ok()
    }
}

/// The parts of a number's text.
struct Written<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: &'a str,
}

impl<'a> Written<'a> {
    fn digits(&self) -> impl DoubleEndedIterator<Item = u8> + Clone + use<'a> {
        self.whole.bytes().chain(self.fraction.bytes())
    }

    /// The digits from the first that is not 0 to the last; none of zero.
    #[cfg(feature = "testing")]
    fn significant(&self) -> impl Iterator<Item = u8> + use<'a> {
        let digits = self.digits().skip_while(|digit| *digit == b'0');
        let zeros = self.zeros();
        let all = digits.clone().count();
        digits.take(all.saturating_sub(zeros))
    }

    /// How many digits at the end are 0.
    fn zeros(&self) -> usize {
        let digits = self.digits().rev();
        digits.take_while(|digit| *digit == b'0').count()
    }

    /// The power of ten that the last digit that is not 0 counts; 0 of zero, and `None` where the
    /// exponent is beyond all numbers.
    fn power(&self) -> Option<i128> {
        if self.digits().all(|digit| digit == b'0') {
            return Some(0);
        }
        let exponent: i128 = self.exponent.parse().ok()?;
        exponent
            .checked_add(self.zeros() as i128)?
            .checked_sub(self.fraction.len() as i128)
    }
}

/// The largest value that [`Number::scaled`] gives; ten times it still fits.
const LARGEST: i128 = 10_i128.pow(36);

impl fmt::Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

#[cfg(test)]
mod tests {
    use crate::json::Number;

    #[test]
    fn an_integer_has_no_fraction_however_it_is_written() {
        for text in [
            "0",
            "-0",
            "0.0",
            "-0.0e-9",
            "200",
            "200.0",
            "2e2",
            "2.5e1",
            "1e400",
            "100e-2",
            "10e170141183460469231731687303715884105727",
            "9007199254740993.0",
            "0e-99999999999999999999999999999999999999999",
            "1e99999999999999999999999999999999999999999",
        ] {
            assert!(Number::new(text).is_integer(), "{text}");
        }
        for text in [
            "0.5",
            "2.55e1",
            "1e-1",
            "1e-400",
            "100e-3",
            "9007199254740993.5",
            "-1.000000000000000000001",
            "1e-99999999999999999999999999999999999999999",
        ] {
            assert!(!Number::new(text).is_integer(), "{text}");
        }
    }

    #[cfg(feature = "testing")]
    #[test]
    fn numbers_are_equal_where_their_values_are_however_they_are_written() {
        let mut written: Vec<(i128, String)> = Vec::new();
        for mantissa in [0, 1, 2, 9, 10, 12, 100, 102, 120, 1_001] {
            for decimals in 0..=6 {
                let (whole, part) = (mantissa / 1_000, mantissa % 1_000);
                // Thousandths, with another point.
                let value = mantissa * 10_i128.pow(6 - decimals);
                for text in [
                    format!("{mantissa}e-{decimals}"),
                    format!("{mantissa}.000E-00{decimals}"),
                    format!("{whole}.{part:03}e{}", 3 - i64::from(decimals)),
                    format!("0.{mantissa:07}0e+{}", 7 - decimals),
                ] {
                    written.push((-value, format!("-{text}")));
                    written.push((value, text));
                }
            }
        }
        for (value, text) in &written {
            for (other, other_text) in &written {
                let is_equal = Number::new(text).value() == Number::new(other_text).value();
                assert_eq!(is_equal, value == other, "{text} {other_text}");
            }
        }
    }
}
