//! Errors, panics and cancellations as causes.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use serde_json::{Value, json};
use xray_phantom::{
    FakeDaemon, OpenEntity, Recorder, block_on, in_subsegment, in_subsegment_boxed_sync,
    in_subsegment_infallible, in_subsegment_sync,
};

use crate::support::panic_text;
use crate::values::{Sent, all_sent, sent};

/// An error with this message, and perhaps a source.
#[derive(Debug)]
struct Failed(&'static str, Option<Box<Failed>>);

impl Failed {
    fn new(message: &'static str) -> Failed {
        Failed(message, None)
    }

    fn because(message: &'static str, source: Failed) -> Failed {
        Failed(message, Some(Box::new(source)))
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_ref().map(|source| &**source as _)
    }
}

/// An error that is its own source.
#[derive(Debug)]
struct Endless;

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("endless")
    }
}

impl Error for Endless {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&Endless)
    }
}

/// Errors whose names tell little.
mod names {
    pub(super) mod error {
        #[derive(Debug)]
        pub(crate) struct Error;

        impl std::fmt::Display for Error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("named Error")
            }
        }

        impl std::error::Error for Error {}
    }

    /// Its `Debug` is a sentence.
    pub(super) struct Sentence;

    impl std::fmt::Debug for Sentence {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Connection refused")
        }
    }

    impl std::fmt::Display for Sentence {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("refused")
        }
    }

    impl std::error::Error for Sentence {}

    #[derive(Debug)]
    pub(super) enum Choice {
        Broken { _at: u32 },
    }

    impl std::fmt::Display for Choice {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a choice")
        }
    }

    impl std::error::Error for Choice {}
}

#[test]
fn the_type_of_an_exception_is_that_of_the_error() {
    fn kind<E: Error + ?Sized>(error: &E) -> String {
        let sent = sent(|segment| {
            segment.fault().cause(error);
        });
        let kind = &sent.document["cause"]["exceptions"][0]["type"];
        kind.as_str().unwrap().to_owned()
    }
    let io = || std::io::Error::other("gone");
    assert_eq!(kind(&io()), "io::Error");
    assert_eq!(kind(&Box::new(io())), "io::Error");
    assert_eq!(kind(&&io()), "io::Error");
    assert_eq!(kind(&fmt::Error), "fmt::Error");
    assert_eq!(kind(&names::error::Error), "names::Error");
    assert_eq!(kind(&"x".parse::<u8>().unwrap_err()), "ParseIntError");
    assert_eq!(kind(&names::Sentence), "Sentence");
    assert_eq!(kind(&names::Choice::Broken { _at: 1 }), "Choice");
    // Behind a `dyn` the text alone can tell.
    assert_eq!(
        kind::<dyn Error>(&names::Choice::Broken { _at: 1 }),
        "Broken"
    );
    assert_eq!(kind::<dyn Error + Send>(&Failed::new("a")), "Failed");
    assert_eq!(kind::<dyn Error>(&Endless), "Endless");
    assert_eq!(kind::<dyn Error>(&names::Sentence), "Error");
    assert_eq!(kind(&*Box::<dyn Error>::from("a text")), "Error");
}

#[test]
fn the_type_of_a_source_is_told_as_far_as_it_can_be() {
    #[derive(Debug)]
    struct Around(Box<dyn Error>);

    impl fmt::Display for Around {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("around")
        }
    }

    impl Error for Around {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&*self.0)
        }
    }

    let types = |source: Box<dyn Error>| {
        let sent = sent(|segment| {
            segment.fault().cause(&Around(source));
        });
        let exceptions = sent.document["cause"]["exceptions"].as_array().unwrap();
        let types: Vec<Value> = exceptions.iter().map(|one| one["type"].clone()).collect();
        types
    };
    assert_eq!(types(Box::new(Failed::new("a"))), ["Around", "Failed"]);
    assert_eq!(types(Box::new(names::Sentence)), ["Around", "Error"]);
    let io = std::io::Error::other("gone");
    assert_eq!(types(Box::new(io)), ["Around", "io::Error"]);
}

#[test]
fn the_message_of_a_panic_is_read_whatever_text_it_is() {
    fn message(panic: impl FnOnce()) -> Value {
        let daemon = FakeDaemon::start();
        let recorder = Recorder::builder("api").daemon(&daemon).build();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            recorder.in_segment_infallible_sync("api", |_| panic());
        }));
        caught.unwrap_err();
        let sent = all_sent(&daemon, &recorder);
        let exception = &sent.document["cause"]["exceptions"][0];
        assert_eq!(exception["type"], "panic");
        exception["message"].clone()
    }
    use std::panic::panic_any;
    assert_eq!(message(|| panic!("a text")), "a text");
    assert_eq!(message(|| panic!("{} text", 'a')), "a text");
    assert_eq!(message(|| panic_any(Box::<str>::from("a text"))), "a text");
    assert_eq!(
        message(|| panic_any(Cow::<'static, str>::Owned("a text".to_owned()))),
        "a text"
    );
    assert_eq!(message(|| panic_any(7)), "a panic without a message");
}
