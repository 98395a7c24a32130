//! The steps by which a trace becomes normal.

use std::fmt;
use std::sync::Arc;

use crate::json::Value;

/// Declares the steps.
macro_rules! steps {
    ($($step:ident $name:literal: $about:literal;)*) => {
        /// A step of [`Trace::normalized`](crate::Trace::normalized), which can be left out by
        /// [`Normalized::without`](crate::snapshot::Normalized::without).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Step {
            $(
                #[doc = concat!("`", $name, "`: ", $about, ".")]
                $step,
            )*
        }

        impl Step {
            /// All steps, in the order in which they are taken. Where a text is subject to
            /// several, the first one takes it.
            pub const ALL: &[Step] = &[$(Step::$step,)*];

            /// The name of the step.
            pub fn as_str(&self) -> &'static str {
                match self {
                    $(Step::$step => $name,)*
                }
            }

            /// What it does, in a few words.
            pub fn about(&self) -> &'static str {
                match self {
                    $(Step::$step => $about,)*
                }
            }
        }
    };
}

// In the order in which they are taken.
steps! {
    Times "times": "`start_time` and `end_time` are dropped, or told from the start of the trace";
    Ids "ids": "`<trace 1>`, `<id 1>`, `<exception 1>`: ids of traces, entities and exceptions, wherever they stand; `<external 1>`: an id that is of nothing in the trace";
    RequestIds "request-ids": "`<request 1>`: the request ids of AWS calls, wherever they stand";
    AccountIds "account-ids": "`<account 1>`: the accounts of `aws.account_id`, ARNs and queue URLs, wherever they stand";
    SdkVersions "sdk-versions": "`<version 1>`: `aws.xray.sdk_version`, `service.runtime_version`, the versions in user agents";
    StackPaths "stack-paths": "`<path 1>`: the paths of stack frames, `cause.working_directory` and `cause.paths`";
    StackLines "stack-lines": "`<line 1>`: the lines of stack frames";
    Hosts "hosts": "`<host 1>`: the hosts of URLs, IP addresses, `http.request.client_ip`, EC2 instances and ECS containers; a name keeps a host that is no address";
    Ports "ports": "`<port 1>`: the ports of URLs and of addresses";
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What becomes of the times of entities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// They are dropped.
    #[default]
    Drop,
    /// They stay as received.
    Keep,
    /// They are told in seconds since the start of the trace: for virtual time.
    Relative,
}

/// What a step of one's own makes of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It is left out, with its key.
    Drop,
    /// It stays as it is.
    Keep,
    /// It becomes this text.
    Text(String),
}

/// A step of the user's own.
#[derive(Clone)]
pub(in crate::snapshot) struct Own {
    pub(in crate::snapshot) name: String,
    edit: Arc<Edits>,
}

type Edits = dyn Fn(&str, Value<'_>) -> Edit + Send + Sync;

impl Own {
    pub(in crate::snapshot) fn new(
        name: String,
        edit: impl Fn(&str, Value<'_>) -> Edit + Send + Sync + 'static,
    ) -> Own {
        Own {
            name,
            edit: Arc::new(edit),
        }
    }

    /// Drops what stands at this pointer, of which `*` is any one part.
    pub(in crate::snapshot) fn drop_key(pointer: &str) -> Own {
        let wanted = pointer.to_owned();
        Own::new(format!("drop {pointer}"), move |at, _| {
            if fits(&wanted, at) {
                Edit::Drop
            } else {
                Edit::Keep
            }
        })
    }

    pub(in crate::snapshot) fn edit(&self, pointer: &str, value: Value<'_>) -> Edit {
        (self.edit)(pointer, value)
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Whether a pointer is the wanted one, part by part.
fn fits(wanted: &str, pointer: &str) -> bool {
    let (mut wanted, mut parts) = (wanted.split('/'), pointer.split('/'));
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return true,
            (Some(wanted), Some(part)) if wanted == part || wanted == "*" => {}
            _ => return false,
        }
    }
}
