//! Ids that we make. Ids that we receive keep their text.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, visible};
use crate::json::hex as hex_digits;

/// The id of a trace: `1-` and 8 hex digits of epoch seconds, `-` and 24 of chance.
///
/// ```text
/// 1-5759e988-bd862e3fe1be46a994272793
/// ```
///
/// Source: AWS X-Ray developer guide, "Sending trace data", "Generating trace IDs".
///
/// # Examples
///
/// ```
/// use xray_phantom::model::TraceId;
///
/// let id: TraceId = "1-5759e988-bd862e3fe1be46a994272793".parse().unwrap();
/// assert_eq!(id.epoch_seconds(), 0x5759_e988);
/// // A W3C trace id is the same 128 bits; AWS asks for no time in its first part.
/// assert_eq!("5759e988bd862e3fe1be46a994272793".parse::<TraceId>().unwrap(), id);
///
/// let error = "1-5759e98-bd862e3fe1be46a994272793".parse::<TraceId>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid trace id `1-5759e98-bd862e3fe1be46a994272793`: expected 8 hex digits after `1-`, got 7"
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(u128);

impl TraceId {
    /// The id with these 128 bits; the first 32 are the epoch seconds.
    pub fn from_bits(bits: u128) -> TraceId {
        TraceId(bits)
    }

    /// All 128 bits.
    pub fn as_bits(&self) -> u128 {
        self.0
    }

    /// Its text.
    #[inline]
    pub(crate) fn digits(self) -> [u8; 35] {
        self.digits_by(hex_digits)
    }

    /// Its text, whose hex digits `hex` writes.
    #[inline]
    pub(crate) fn digits_by(self, hex: impl Fn(u64) -> [u8; 16]) -> [u8; 35] {
        let (Ok(high), Ok(low)) = (
            u64::try_from(self.0 >> 64),
            u64::try_from(self.0 & u128::from(u64::MAX)),
        ) else {
            unreachable!("half of 128 bits are 64")
        };
        let (high, low) = (hex(high), hex(low));
        let mut text = *b"1-........-........................";
        text[2..10].copy_from_slice(&high[..8]);
        text[11..19].copy_from_slice(&high[8..]);
        text[19..].copy_from_slice(&low);
        text
    }

    /// The seconds in the first part: the time of the first request, unless the id came from
    /// OpenTelemetry.
    pub fn epoch_seconds(&self) -> u32 {
        let Ok(seconds) = u32::try_from(self.0 >> RANDOM_BITS) else {
            unreachable!("128 bits less 96 are 32")
        };
        seconds
    }
}

impl FromStr for TraceId {
    type Err = Error;

    fn from_str(text: &str) -> Result<TraceId, Error> {
        let invalid = |why: String| Error::invalid("trace id", text, why);
        if text.len() == W3C_DIGITS && !text.contains('-') {
            return hex(text)
                .map(TraceId)
                .map_err(|()| invalid("expected 32 hex digits".to_owned()));
        }
        let Some(parts) = text
            .strip_prefix("1-")
            .map(|rest| rest.split('-').collect::<Vec<_>>())
        else {
            return Err(invalid(
                "expected `1-`, 8 hex digits, `-`, 24 hex digits".to_owned(),
            ));
        };
        let [epoch, random] = parts[..] else {
            return Err(invalid(format!(
                "expected two parts after `1-`, got {}",
                parts.len()
            )));
        };
        for (part, length, place) in [(epoch, 8, "after `1-`"), (random, 24, "in the last part")] {
            if !part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(invalid(format!(
                    "expected hex digits {place}, got `{}`",
                    visible(part)
                )));
            }
            if part.len() != length {
                return Err(invalid(format!(
                    "expected {length} hex digits {place}, got {}",
                    part.len()
                )));
            }
        }
        let (Ok(epoch), Ok(random)) = (hex(epoch), hex(random)) else {
            return Err(invalid("expected hex digits".to_owned()));
        };
        Ok(TraceId(epoch << RANDOM_BITS | random))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "1-{:08x}-{:024x}",
            self.0 >> RANDOM_BITS,
            self.0 & (u128::MAX >> EPOCH_BITS)
        )
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id of a segment or subsegment: 16 hex digits.
///
/// # Examples
///
/// ```
/// use xray_phantom::model::EntityId;
///
/// let id: EntityId = "53995c3f42cd8ad8".parse().unwrap();
/// assert_eq!(id.to_string(), "53995c3f42cd8ad8");
///
/// let error = "53995c3f".parse::<EntityId>().unwrap_err();
/// assert_eq!(error.to_string(), "invalid entity id `53995c3f`: expected 16 hex digits, got 8");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(u64);

impl EntityId {
    /// The id with these 64 bits.
    pub fn from_bits(bits: u64) -> EntityId {
        EntityId(bits)
    }

    /// Its text.
    #[inline]
    pub(crate) fn digits(self) -> [u8; 16] {
        hex_digits(self.0)
    }

    /// All 64 bits.
    pub fn as_bits(&self) -> u64 {
        self.0
    }
}

impl FromStr for EntityId {
    type Err = Error;

    fn from_str(text: &str) -> Result<EntityId, Error> {
        let why = if text.len() == 16 {
            "expected 16 hex digits".to_owned()
        } else {
            format!("expected 16 hex digits, got {}", text.chars().count())
        };
        match hex(text) {
            Ok(bits) if text.len() == 16 => match u64::try_from(bits) {
                Ok(bits) => Ok(EntityId(bits)),
                Err(_) => unreachable!("16 hex digits are 64 bits"),
            },
            _ => Err(Error::invalid("entity id", text, why)),
        }
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads hex digits alone: no sign, as `from_str_radix` would allow.
fn hex(digits: &str) -> Result<u128, ()> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(());
    }
    u128::from_str_radix(digits, 16).map_err(|_| ())
}

const EPOCH_BITS: u32 = 32;
const RANDOM_BITS: u32 = 96;
const W3C_DIGITS: usize = 32;
