//! What looks like a secret in a document: judged on request only.

mod allowed;
mod card;
mod email;
mod find;
mod key;
mod keyed;
mod lint;
mod masked;
mod pem;
mod place;
mod scan;
mod scheme;
mod sextets;
mod sql;
mod token;
mod url;
mod value;
mod written;

pub use lint::Secrets;
pub(crate) use masked::Masker;
