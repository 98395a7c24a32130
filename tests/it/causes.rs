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

/// The messages of a cause, each that is the source of the one before it behind `<`.
fn cause(entity: &Value) -> String {
    let Some(exceptions) = entity["cause"]["exceptions"].as_array() else {
        return if entity["cause"].is_string() {
            "reference".to_owned()
        } else {
            "none".to_owned()
        };
    };
    let mut text = String::new();
    let mut source = None;
    for exception in exceptions {
        if !text.is_empty() {
            let caused = source.is_some() && source == exception["id"].as_str();
            text += if caused { " < " } else { ", " };
        }
        text += exception["message"].as_str().unwrap();
        source = exception["cause"].as_str();
    }
    // A link leads to an exception that is there.
    assert_eq!(source, None);
    text
}

fn traced<T>(code: impl AsyncFnOnce(OpenEntity) -> T) -> Sent {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    block_on(recorder.in_segment_infallible("api", code));
    all_sent(&daemon, &recorder)
}

#[test]
fn a_cause_is_not_lost_to_the_one_that_follows() {
    let sent = sent(|_| {
        let result: Result<(), Failed> = in_subsegment_sync("work", |work| {
            work.cause(&Failed::because("a", Failed::new("b")));
            work.cause(&Failed::new("c"));
            Err(Failed::because("d", Failed::new("e")))
        });
        result.unwrap_err();
    });
    let work = &sent.document["subsegments"][0];
    assert_eq!(cause(work), "a < b, c, d < e");
    assert_eq!(work["fault"], true);
    assert_eq!(sent.notes, [""; 0]);
}

#[test]
fn an_error_that_is_said_and_then_returned_stands_once() {
    let sent = sent(|_| {
        let result: Result<(), Failed> = in_subsegment_sync("work", |work| {
            let failed = Failed::because("a", Failed::new("b"));
            work.cause(&failed);
            Err(failed)
        });
        result.unwrap_err();
    });
    let work = &sent.document["subsegments"][0];
    assert_eq!(cause(work), "a < b");
    assert_eq!(work["fault"], true);
}

#[test]
fn a_cause_stays_where_the_code_is_cancelled_or_panics() {
    let sent = traced(async |_| {
        let mut work = Box::pin(in_subsegment_infallible(
            "work",
            async |work: OpenEntity| {
                work.cause(&Failed::new("a"));
                std::future::pending::<()>().await;
            },
        ));
        std::future::poll_fn(|context| {
            assert!(work.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        drop(work);
    });
    assert_eq!(
        cause(&sent.document["subsegments"][0]),
        "a, the future was dropped before it ended"
    );

    let sent = self::sent(|_| {
        panic_text(|| {
            xray_phantom::in_subsegment_infallible_sync("work", |work| {
                work.cause(&Failed::new("a"));
                panic!("b");
            })
        });
    });
    assert_eq!(cause(&sent.document["subsegments"][0]), "a, b");
}

#[test]
fn exceptions_win_over_a_reference_and_one_that_passes_through_is_appended_to_exceptions() {
    let inner = || in_subsegment_sync("inner", |_| Err::<(), _>(Failed::new("a")));
    let outer = |sent: &Sent| {
        let outer = &sent.document["subsegments"][0];
        assert_eq!(cause(&outer["subsegments"][0]), "a");
        cause(outer)
    };
    let reference = sent(|_| drop(in_subsegment_sync("outer", |_| inner())));
    assert_eq!(outer(&reference), "reference");
    let then_exceptions = sent(|_| {
        let result = in_subsegment_sync("outer", |outer| {
            outer.cause(&inner().unwrap_err());
            Err::<(), _>(Failed::new("b"))
        });
        drop(result);
    });
    assert_eq!(outer(&then_exceptions), "b");
    let appended = sent(|_| {
        let result = in_subsegment_sync("outer", |outer| {
            outer.cause(&Failed::new("b"));
            inner()
        });
        drop(result);
    });
    assert_eq!(outer(&appended), "b, a");
}

#[test]
fn an_error_is_known_again_by_its_whole_chain() {
    let check = |returned: Failed, expected: &str| {
        let sent = sent(|_| {
            let result = in_subsegment_sync("outer", |_| {
                let failed = Failed::because("a", Failed::new("b"));
                drop(in_subsegment_sync("inner", |_| Err::<(), _>(failed)));
                Err::<(), _>(returned)
            });
            drop(result);
        });
        assert_eq!(cause(&sent.document["subsegments"][0]), expected);
    };
    check(Failed::because("a", Failed::new("b")), "reference");
    // The outermost error is the same, and what caused it is not.
    check(Failed::because("a", Failed::new("c")), "a < c");
    check(Failed::new("a"), "a");
}

#[test]
fn an_error_is_known_again_in_a_box() {
    let sent = sent(|_| {
        let result: Result<(), Box<dyn Error + Send + Sync>> =
            in_subsegment_boxed_sync("outer", |_| {
                in_subsegment_sync("inner", |_| Err(std::io::Error::other("gone")))?;
                Ok(())
            });
        result.unwrap_err();
    });
    let outer = &sent.document["subsegments"][0];
    assert_eq!(cause(outer), "reference");
    let inner = &outer["subsegments"][0]["cause"]["exceptions"][0];
    assert_eq!(outer["cause"], inner["id"]);
    assert_eq!(inner["type"], "io::Error");
}

#[test]
fn nothing_refers_to_an_exception_that_was_said_too_late() {
    let sent = sent(|_| {
        let result = in_subsegment_sync("outer", |outer| {
            let late = outer.begin_subsegment("late");
            late.clone().end();
            late.cause(&Failed::new("a"));
            Err::<(), _>(Failed::new("a"))
        });
        drop(result);
    });
    assert_eq!(cause(&sent.document["subsegments"][0]), "a");
}

fn chain_of(length: usize) -> Failed {
    let names = ["first", "middle", "innermost"];
    let mut failed = Failed::new(names[2]);
    for place in (0..length - 1).rev() {
        failed = Failed::because(names[place.min(1)], failed);
    }
    failed
}

#[test]
fn of_a_long_chain_the_first_errors_and_the_innermost_stay() {
    let exceptions = |length| {
        let sent = sent(|segment| {
            segment.fault().cause(&chain_of(length));
        });
        let document = sent.document;
        let text = cause(&document);
        assert!(text.starts_with("first < middle"), "{text}");
        assert!(text.ends_with("middle < innermost"), "{text}");
        let exceptions = document["cause"]["exceptions"].as_array().unwrap().clone();
        let last = exceptions.last().unwrap()["skipped"].as_u64();
        (exceptions.len(), last, sent.notes, sent.stats.cut)
    };
    assert_eq!(exceptions(16), (16, None, vec![], 0));
    let told = |count: u32| {
        vec![format!(
            "cut: {count} errors are cut: of a chain 16 are recorded, the first ones and the innermost; of an entity 64"
        )]
    };
    assert_eq!(exceptions(17), (16, Some(1), told(1), 1));
    assert_eq!(exceptions(300), (16, Some(284), told(284), 1));
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

#[test]
fn an_error_that_is_its_own_source_comes_to_an_end() {
    let sent = sent(|segment| {
        segment.fault().cause(&Endless);
    });
    let exceptions = sent.document["cause"]["exceptions"].as_array().unwrap();
    assert_eq!(exceptions.len(), 16);
    assert_eq!((sent.notes.len(), sent.stats.cut), (1, 1));
}

#[test]
fn one_entity_has_at_most_64_exceptions_the_first_and_the_last() {
    let sent = sent(|segment| {
        segment.fault().cause(&Failed::new("first"));
        for _ in 0..100 {
            // Another one each time: the text tells.
            segment
                .fault()
                .cause(&Failed::because("again", chain_of(2)));
            segment
                .fault()
                .cause(&Failed::because("and again", chain_of(2)));
        }
        segment
            .fault()
            .cause(&Failed::because("last", Failed::new("cause")));
    });
    let text = cause(&sent.document);
    assert!(text.starts_with("first, again < "), "{text}");
    assert!(text.ends_with(", last < cause"), "{text}");

    let sent = self::sent(|segment| {
        for name in NAMES {
            segment.fault().cause(&Failed(name, None));
            segment
                .fault()
                .cause(&Failed::because(name, Failed::new(name)));
        }
    });
    let exceptions = sent.document["cause"]["exceptions"].as_array().unwrap();
    assert_eq!(exceptions.len(), 64);
    assert_eq!(exceptions[63]["message"], NAMES[24]);
    assert_eq!(exceptions[0]["message"], NAMES[0]);
    assert!(sent.stats.cut > 0);
    // What was the source of one that stayed is named no more where it is cut.
    cause(&sent.document);
}

const NAMES: [&str; 25] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
    "t", "u", "v", "w", "x", "y",
];

#[test]
fn a_stack_of_many_frames_says_how_many_are_left_out() {
    fn at_depth(depth: u32, call: &mut dyn FnMut()) {
        if depth == 0 {
            call();
        } else {
            at_depth(depth - 1, call);
        }
        // Otherwise the last call might take no frame.
        std::hint::black_box(depth);
    }
    let exception = |depth| {
        let daemon = FakeDaemon::start();
        let recorder = Recorder::builder("api")
            .daemon(&daemon)
            .backtraces(true)
            .build();
        recorder.in_segment_infallible_sync("api", |segment| {
            at_depth(depth, &mut || {
                segment.fault().cause(&Failed::new("a"));
            });
        });
        let mut sent = all_sent(&daemon, &recorder);
        sent.document["cause"]["exceptions"][0].take()
    };
    let deep = exception(100);
    assert_eq!(deep["stack"].as_array().unwrap().len(), 50);
    let truncated = deep["truncated"].as_u64().unwrap();
    assert!((50..300).contains(&truncated), "{truncated}");
    // As many more as the call is deeper.
    assert_eq!(exception(140)["truncated"], truncated + 40);
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

/// An error with this name, as far as its `Debug` tells.
struct Named(String);

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("named")
    }
}

impl Error for Named {}

#[test]
fn the_type_of_an_exception_has_at_most_250_characters() {
    for (length, kept, cut) in [(250, 250, 0), (251, 250, 1)] {
        let error = Named("É".repeat(length).replacen('É', "E", 1));
        let sent = sent(|segment| {
            segment.fault().cause::<dyn Error>(&error);
        });
        let kind = &sent.document["cause"]["exceptions"][0]["type"];
        assert_eq!(kind.as_str().unwrap().chars().count(), kept);
        assert_eq!((sent.notes.len(), sent.stats.cut), (cut, cut as u64));
    }
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

#[test]
fn an_exception_that_passes_through_two_levels_is_one() {
    let sent = traced(async |_| {
        let result = in_subsegment("a", async |_| {
            in_subsegment("b", async |_| {
                in_subsegment("c", async |_| Err::<(), _>(Failed::new("gone"))).await
            })
            .await
        })
        .await;
        result.unwrap_err();
    });
    let a = &sent.document["subsegments"][0];
    let b = &a["subsegments"][0];
    let id = &b["subsegments"][0]["cause"]["exceptions"][0]["id"];
    assert_eq!((&a["cause"], &b["cause"]), (id, id));
    assert_eq!(json!(16), json!(id.as_str().unwrap().len()));
}

#[test]
fn an_error_that_was_handled_before_another_call_went_well_is_not_the_parents() {
    let daemon = FakeDaemon::start();
    let recorder = Recorder::builder("api").daemon(&daemon).build();
    let failed = recorder.in_segment_sync("api", |segment| {
        let cache = segment.in_subsegment_sync("cache", |_| Err::<(), _>(Failed::new("gone")));
        assert!(cache.is_err());
        segment.in_subsegment_infallible_sync("fallback", |_| ());
        Err::<(), _>(Failed::new("gone"))
    });
    assert!(failed.is_err());
    let sent = all_sent(&daemon, &recorder);
    assert_eq!(sent.document["cause"]["exceptions"][0]["message"], "gone");
}
