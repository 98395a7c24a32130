//! Traces as text that is the same on every run.
//!
//! # Outlines
//!
//! [`Trace::outline`](crate::Trace::outline) tells what happened, one line an entity, without ids
//! and times:
//!
//! ```text
//! OrdersWorker
//!   dynamo-put {order_id: o-1}
//!     DynamoDB PutItem Orders (retries 2)
//! ```
//!
//! A child stands two spaces further in than its parent. Siblings, and the roots of the trace, are
//! sorted by what is written of them and of all below them, byte by byte, but numbers by their
//! value: `step-9` before `step-10`. So the text depends on nothing else than on what it shows, and
//! what it shows can be read back. This is its grammar; a quote or brace in a terminal is `"` or `{`
//! itself:
//!
//! ```text
//! outline     = line *( LF line )
//! line        = *( "  " ) name [ call ] [ request ] [ retries ] [ status ] [ failure ]
//!               [ annotations ] [ metadata ] [ duration ] [ missing ]
//! name        = word / "<no name>"
//! call        = SP ( word / "?" ) *( SP word )      ; operation, tables or other resources
//! request     = SP ( word / "?" ) SP ( path / "?" ) ; method, URL without host, port and query
//! retries     = SP "(retries " integer ")"          ; how often a call of AWS was tried again
//! status      = SP integer                          ; where it is not 2xx
//! failure     = *( SP flag ) [ SP word ]            ; the type of the first exception
//!             / SP "CAUSE" SP word                  ; where no retries, status or flag stand before it
//! flag        = "ERROR" / "FAULT" / "THROTTLE"      ; each once, in this order
//! annotations = SP "{" member *( ", " member ) "}"  ; sorted by key
//! member      = word ": " ( word / json )
//! metadata    = SP "metadata=" json                 ; on one line, keys sorted
//! duration    = SP "[" 1*digit [ "." 1*digit ] SP ( "ns" / "µs" / "ms" / "s" ) "]"
//! missing     = SP "<- " code *( ", " code )        ; of a partial trace
//! path        = ( "/" / "./" ) *( visible / escape ); "./" before one that does not begin with "/"
//! word        = 1*( visible / escape ) / quote *( visible / SP / escape ) quote
//! escape      = "\\" / "\" quote / "\n" / "\r" / "\t" / "\0" / "\u{" 1*hex "}"
//! ```
//!
//! A word is quoted where it is empty, holds a space, or would be read as something else: one that
//! begins with `"`, `<`, `(`, `/`, `./`, `[`, `{` or `metadata={`, that is a number, a flag, `CAUSE` or
//! `?`; a name only where it begins with `"` or `<`. A key also where it holds one of `:,{}"`. The
//! text of an annotation may hold single spaces without quotes, and has them where it holds one
//! of `,{}"`, begins or ends with a space, begins with `[`, or would be read as a number, `true`,
//! `false` or `null`. Everything that is not visible, a line feed or a right-to-left mark, is an
//! escape in every word. A text with half a character (a lone surrogate) is no Unicode, and stands
//! between quotes as it was received.
//!
//! What depends on the machine is left out: scheme, host, port and query of URLs, accounts and
//! regions of queues and topics.
//!
//! [`Trace::outlined`](crate::Trace::outlined) adds durations, the order of siblings, and metadata.
//!
//! # Normalised documents
//!
//! [`Trace::normalized`](crate::Trace::normalized) tells everything: the documents as JSON, without
//! what differs from run to run.
//!
//! ```json
//! [
//!   {
//!     "id": "<id 1>",
//!     "name": "OrdersWorker",
//!     "subsegments": [
//!       {
//!         "aws": {
//!           "operation": "PutItem",
//!           "request_id": "<request 1>",
//!           "table_name": "Orders"
//!         },
//!         "id": "<id 2>",
//!         "name": "DynamoDB",
//!         "parent_id": "<id 1>"
//!       }
//!     ],
//!     "trace_id": "<trace 1>"
//!   }
//! ]
//! ```
//!
//! - One document for each segment, and for each subsegment whose parent is elsewhere. All other
//!   subsegments stand in their parents, whether they were embedded or sent on their own, and each
//!   names its parent.
//! - Keys are sorted. Siblings are sorted by name, then by what they say, then by who refers to
//!   whom; neither ids nor times nor arrival have a part in that.
//! - An id, a host or an account is a numbered reference, the same one wherever it stands: as a
//!   parent, a cause, a link, or in a text such as a trace header. So a wrong parent shows. Ids of
//!   entities are numbered from the roots down, all others where they come first.
//! - Members of an object that differ in a reference in their keys alone, such as hosts that are all
//!   `"up"`, are sorted by its number, and number nothing that stands elsewhere too.
//! - An id of fewer than 8 characters is told where ids stand, and not looked for in texts. One
//!   that is empty or all zeros is none, and stays.
//! - Unknown members, number texts and keys that come twice stay.
//!
//! [`Step::ALL`](crate::snapshot::Step::ALL) are the steps, in order.

mod alias;
mod assert;
mod compact;
mod compared;
mod content;
mod diff;
mod field;
mod fingerprint;
mod found;
mod identifiers;
mod line;
mod masked;
mod normalized;
mod order;
mod outline;
mod pairs;
mod pretty;
mod roots;
mod scan;
mod serialize;
mod step;
mod surroundings;
mod telling;
mod word;

#[cfg(feature = "insta")]
#[doc(hidden)]
pub use assert::__private;
pub use diff::{Comparison, Diff, Difference, OneTrace, Traces, diff};
pub use normalized::Normalized;
pub use outline::Outline;
pub use step::{Edit, Step, Times};

#[cfg(feature = "cli")]
pub(crate) use content::seconds;
#[cfg(feature = "cli")]
pub(crate) use roots::{Spelling, push_roots};
