//! Cases that take turns.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use crate::cases::STEADY;
use crate::receiver::Receiver;
use crate::sink::Sink;
use crate::statistics::Estimate;
use crate::{Outcome, cpu};

/// Something that is done again and again, and timed.
pub struct Case {
    name: &'static str,
    times: u64,
    datagrams: u64,
    run: Box<dyn FnMut(u64) -> Outcome<Duration>>,
    flush: Option<Box<dyn FnMut() -> Outcome>>,
    sink: Option<Sink>,
    check: Option<Check>,
}

/// Holds datagrams against what is to be sent.
type Check = Box<dyn Fn(&[Vec<u8>]) -> Outcome>;

/// What a case puts on the wire each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    /// How many datagrams.
    pub datagrams: usize,
    /// Their bytes together, with their header lines.
    pub bytes: usize,
}

impl Case {
    /// Does this so many times in each round.
    pub fn new(name: &'static str, times: u64, mut operation: impl FnMut() + 'static) -> Case {
        Case::batch(name, times, move |times| {
            for _ in 0..times {
                operation();
            }
            Ok(())
        })
    }

    /// The same where each time can fail.
    pub fn fallible(
        name: &'static str,
        times: u64,
        mut operation: impl FnMut() -> Outcome + 'static,
    ) -> Case {
        Case::batch(name, times, move |times| {
            (0..times).try_for_each(|_| operation())
        })
    }

    /// The same where the case repeats it by itself.
    pub fn batch(
        name: &'static str,
        times: u64,
        mut run: impl FnMut(u64) -> Outcome + 'static,
    ) -> Case {
        Case::timed(name, times, move |times| {
            // What is not sent is done a few times more before, so that caches and predictions are
            // those of a program that does it all the time, and not of the case before.
            if times >= STEADY {
                run(times / 8)?;
            }
            let start = Instant::now();
            run(times)?;
            Ok(start.elapsed())
        })
    }

    /// The same where the case looks at the clock by itself, as it runs on a thread of its own.
    pub fn timed(
        name: &'static str,
        times: u64,
        run: impl FnMut(u64) -> Outcome<Duration> + 'static,
    ) -> Case {
        Case {
            name,
            times,
            datagrams: 0,
            run: Box::new(run),
            flush: None,
            sink: None,
            check: None,
        }
    }

    /// Each time sends so many datagrams to the receiver of the sitting.
    #[must_use]
    pub fn sends(self, datagrams: u64) -> Case {
        Case { datagrams, ..self }
    }

    /// What it leaves to other threads is waited for with this, outside the timed part; the time that
    /// they spend on a processor is charged apart, as `{name}, cpu`.
    #[must_use]
    pub fn flushed(self, flush: impl FnMut() -> Outcome + 'static) -> Case {
        Case {
            flush: Some(Box::new(flush)),
            ..self
        }
    }

    /// What would be sent goes into this sink.
    #[must_use]
    pub fn into_sink(self, sink: &Sink) -> Case {
        let sink = Some(sink.clone());
        Case { sink, ..self }
    }

    /// What is sent, or goes into the sink, is held against this.
    #[must_use]
    pub fn checked(self, check: impl Fn(&[Vec<u8>]) -> Outcome + 'static) -> Case {
        let check: Option<Check> = Some(Box::new(check));
        Case { check, ..self }
    }

    /// Runs it once and holds what is sent against what is to be sent.
    ///
    /// # Errors
    ///
    /// What is missing or says something else; datagrams that do not arrive, or that nobody was told
    /// to expect.
    pub fn verify(&mut self, receiver: &mut Receiver) -> Outcome<Wire> {
        let sink = self.sink.clone();
        let kept = match sink {
            Some(sink) => Some(sink.keep(|| self.run(1))?),
            None => {
                self.run(1)?;
                None
            }
        };
        let arrived = receiver.take()?;
        if arrived.len() as u64 != self.datagrams {
            return Err(
                format!("{} of {} datagrams arrived", arrived.len(), self.datagrams).into(),
            );
        }
        let sent = kept.unwrap_or(arrived);
        if let Some(check) = &self.check {
            check(&sent)?;
        }
        Ok(Wire {
            datagrams: sent.len(),
            bytes: sent.iter().map(Vec::len).sum(),
        })
    }

    /// What it is called.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How many datagrams it sends each time.
    pub fn datagrams(&self) -> u64 {
        self.datagrams
    }

    /// Runs it so many times, other threads included.
    pub fn run(&mut self, times: u64) -> Outcome {
        (self.run)(times)?;
        self.flush()
    }

    fn flush(&mut self) -> Outcome {
        match &mut self.flush {
            Some(flush) => flush(),
            None => Ok(()),
        }
    }

    /// Nanoseconds each time, and where other threads work for it nanoseconds on all processors.
    fn measure(&mut self) -> Outcome<(f64, Option<f64>)> {
        let times = count(self.times);
        let each = |seconds: f64| seconds * 1e9 / times;
        if self.flush.is_none() {
            return Ok((each((self.run)(self.times)?.as_secs_f64()), None));
        }
        let begin = cpu::seconds()?;
        let wall = (self.run)(self.times)?;
        self.flush()?;
        let flushed = cpu::seconds()?;
        // What a flush costs that has nothing to do is not the case's own.
        self.flush()?;
        let empty = cpu::seconds()? - flushed;
        let charged = (flushed - begin - empty).max(0.0);
        Ok((each(wall.as_secs_f64()), Some(each(charged))))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What was measured, by case: rounds in sittings.
#[derive(Debug, Default)]
pub struct Series(BTreeMap<String, Vec<Vec<f64>>>);

impl Series {
    /// Runs all cases once in each round, each round beginning with another one.
    ///
    /// # Errors
    ///
    /// What fails in a case, and a datagram that is lost, by the name of the case.
    pub fn sitting(
        &mut self,
        cases: &mut [Case],
        receiver: &mut Receiver,
        rounds: usize,
    ) -> Outcome {
        let named = |name: &str, error| format!("{name}: {error}");
        let mut taken: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let warm_up = rounds.div_ceil(10);
        for round in 0..warm_up + rounds {
            for turn in 0..cases.len() {
                let at = (round + turn) % cases.len();
                let case = &mut cases[at];
                let measured = case.measure();
                let (wall, cpu) = measured.map_err(|error| named(case.name, error))?;
                let expected = case.times * case.datagrams;
                let drained = receiver.drain(expected);
                drained.map_err(|error| named(case.name, error))?;
                if round < warm_up {
                    continue;
                }
                taken.entry(case.name.to_owned()).or_default().push(wall);
                if let Some(cpu) = cpu {
                    let name = format!("{}, cpu", case.name);
                    taken.entry(name).or_default().push(cpu);
                }
            }
        }
        for (name, rounds) in taken {
            self.0.entry(name).or_default().push(rounds);
        }
        Ok(())
    }

    /// Adds a sitting of something that was measured in another way.
    pub fn add(&mut self, name: &str, rounds: Vec<f64>) {
        self.0.entry(name.to_owned()).or_default().push(rounds);
    }

    /// What a function makes of these cases' values of the same round, over all rounds.
    ///
    /// # Errors
    ///
    /// A case that was not measured, or in other rounds.
    pub fn combine<const N: usize>(
        &self,
        names: [&str; N],
        combine: impl Fn([f64; N]) -> f64,
    ) -> Outcome<Estimate> {
        let mut found: [&[Vec<f64>]; N] = [&[]; N];
        for (found, name) in found.iter_mut().zip(names) {
            *found = self.of(name)?;
        }
        let mut sittings = Vec::new();
        for sitting in 0..found.first().map_or(0, |first| first.len()) {
            let rounds = found[0][sitting].len();
            if found
                .iter()
                .any(|other| other.get(sitting).map(Vec::len) != Some(rounds))
            {
                return Err(format!(
                    "{} were not measured in the same rounds",
                    names.join(" and ")
                )
                .into());
            }
            let values = (0..rounds).map(|round| combine(found.map(|case| case[sitting][round])));
            sittings.push(values.collect());
        }
        Estimate::of(&sittings).ok_or_else(|| format!("no round of {}", names.join(" and ")).into())
    }

    /// A case in units of another one.
    ///
    /// # Errors
    ///
    /// As [`combine`](Series::combine).
    pub fn ratio(&self, case: &str, unit: &str) -> Outcome<Estimate> {
        self.combine([case, unit], |[case, unit]| case / unit)
    }

    /// A case by itself.
    ///
    /// # Errors
    ///
    /// As [`combine`](Series::combine).
    pub fn alone(&self, case: &str) -> Outcome<Estimate> {
        self.combine([case], |[case]| case)
    }

    /// The rounds of a case, by sitting.
    ///
    /// # Errors
    ///
    /// A case that was not measured.
    pub fn of(&self, name: &str) -> Outcome<&[Vec<f64>]> {
        let found = self.0.get(name).map(Vec::as_slice);
        found.ok_or_else(|| format!("`{name}` was not measured").into())
    }
}

/// A number of times, to divide by.
#[expect(clippy::cast_precision_loss, reason = "nothing is done 2^53 times")]
pub fn count(times: u64) -> f64 {
    times as f64
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;
    use std::time::Duration;

    use crate::Outcome;
    use crate::receiver::{Receiver, sender};
    use crate::rounds::{Case, Series};
    use crate::statistics::Estimate;

    /// A case that seems to take so many nanoseconds each time.
    fn taking(name: &'static str, nanos: u64) -> Case {
        Case::timed(name, 10, move |times| {
            Ok(Duration::from_nanos(nanos * times))
        })
    }

    fn exactly(value: f64) -> Estimate {
        let [low, high] = [value; 2];
        Estimate { value, low, high }
    }

    #[test]
    fn a_ratio_is_one_of_times_each() -> Outcome {
        let mut series = Series::default();
        let cases = &mut [taking("case", 300), taking("unit", 200)];
        for _ in 0..2 {
            series.sitting(cases, &mut Receiver::open()?, 3)?;
        }
        assert_eq!(series.ratio("case", "unit")?, exactly(1.5));
        assert_eq!(series.alone("unit")?, exactly(200.0));
        assert_eq!(series.of("case")?, [[300.0; 3], [300.0; 3]]);
        Ok(())
    }

    #[test]
    fn each_round_begins_with_another_case() -> Outcome {
        let order = Rc::new(Cell::new(String::new()));
        let case = |name: &'static str| {
            let order = Rc::clone(&order);
            Case::new(name, 1, move || order.set(order.take() + name))
        };
        let mut cases = [case("a"), case("b"), case("c")];
        Series::default().sitting(&mut cases, &mut Receiver::open()?, 2)?;
        // One round before the two is not measured.
        assert_eq!(order.take(), "abcbcacab");
        Ok(())
    }

    #[test]
    fn a_datagram_that_is_not_sent_ends_the_run() -> Outcome {
        let mut receiver = Receiver::open()?;
        let socket = sender(receiver.address()?)?;
        let mut sent = 0;
        let lazy = Case::fallible("lazy", 4, move || {
            sent += 1;
            if sent % 4 != 0 {
                socket.send(b"x")?;
            }
            Ok(())
        });
        let ended = Series::default().sitting(&mut [lazy.sends(1)], &mut receiver, 1);
        let error = ended
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(
            error.starts_with("lazy: 3 datagrams came where 4 were sent: "),
            "{error}"
        );
        Ok(())
    }

    #[test]
    fn what_fails_is_told_by_its_name() -> Outcome {
        let broken = Case::fallible("broken", 1, || Err("no socket".into()));
        let ended = Series::default().sitting(&mut [broken], &mut Receiver::open()?, 1);
        let error = ended.err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("broken: no socket"));
        Ok(())
    }

    #[test]
    fn what_is_sent_is_held_against_what_is_to_be_sent() -> Outcome {
        let mut receiver = Receiver::open()?;
        let socket = sender(receiver.address()?)?;
        let send = move |text: &'static [u8]| {
            let socket = socket.try_clone()?;
            let send = move || Ok(socket.send(text).map(drop)?);
            Ok::<_, crate::Failure>(Case::fallible("case", 1, send).checked(|sent| {
                let is_right = sent == [b"right".to_vec()];
                is_right.then_some(()).ok_or_else(|| "wrong".into())
            }))
        };
        let wire = send(b"right")?.sends(1).verify(&mut receiver)?;
        assert_eq!((wire.datagrams, wire.bytes), (1, 5));
        let refused = |case: Outcome<Case>, receiver: &mut Receiver| {
            let refused = case?.verify(receiver).err();
            Ok::<_, crate::Failure>(refused.map(|error| error.to_string()))
        };
        let wrong = refused(Ok(send(b"left")?.sends(1)), &mut receiver)?;
        assert_eq!(wrong.as_deref(), Some("wrong"));
        let missing = refused(Ok(send(b"right")?.sends(2)), &mut receiver)?;
        assert_eq!(missing.as_deref(), Some("1 of 2 datagrams arrived"));
        let unexpected = refused(send(b"right"), &mut receiver)?;
        assert_eq!(unexpected.as_deref(), Some("1 of 0 datagrams arrived"));
        Ok(())
    }

    #[test]
    fn what_other_threads_do_is_charged_apart() -> Outcome {
        let mut series = Series::default();
        let case = taking("case", 100).flushed(|| Ok(()));
        series.sitting(&mut [case], &mut Receiver::open()?, 2)?;
        assert_eq!(series.alone("case")?, exactly(100.0));
        assert_eq!(series.of("case, cpu")?[0].len(), 2);
        Ok(())
    }

    #[test]
    fn cases_of_other_rounds_are_not_compared() {
        let mut series = Series::default();
        series.add("a", vec![1.0, 2.0]);
        series.add("b", vec![1.0]);
        let error = |answer: Outcome<Estimate>| answer.err().map(|error| error.to_string());
        assert_eq!(
            error(series.ratio("a", "b")).as_deref(),
            Some("a and b were not measured in the same rounds")
        );
        assert_eq!(
            error(series.ratio("a", "c")).as_deref(),
            Some("`c` was not measured")
        );
    }
}
