//! All that is measured, in its order.

use std::collections::BTreeMap;

use xray_phantom_peers::arguments::Measure;
use xray_phantom_peers::receiver::Receiver;
use xray_phantom_peers::rounds::{Case, Series, Wire};
use xray_phantom_peers::{Outcome, cases};

use crate::cold::Cold;
use crate::peers;
use crate::steady::Steady;

/// What figures are made of.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Nanoseconds each time, by case.
    pub(crate) series: Series,
    /// What each case puts on the wire.
    pub(crate) wires: BTreeMap<&'static str, Wire>,
    /// Allocations each time, by case.
    pub(crate) steady: Steady,
    /// What a process pays once.
    pub(crate) cold: Cold,
    /// Whether there are two processors.
    pub(crate) is_parallel: bool,
}

impl Measured {
    /// Measures.
    ///
    /// # Errors
    ///
    /// Whatever goes wrong: a datagram that is lost, a document that says something else.
    pub(crate) fn take(measure: &Measure) -> Outcome<Measured> {
        let cores = std::thread::available_parallelism()?.get();
        let mut measured = Measured {
            series: Series::default(),
            wires: BTreeMap::new(),
            steady: Steady::default(),
            cold: Cold::default(),
            is_parallel: cores > 1,
        };
        for sitting in 1..=measure.sittings {
            eprintln!("peers: sitting {sitting} of {}", measure.sittings);
            measured.sit(measure)?;
        }
        let processes = if measure.smoke { 1 } else { 41 };
        eprintln!("peers: {processes} fresh processes of each kind");
        measured.cold = Cold::measure(processes)?;
        Ok(measured)
    }

    /// A sitting: fresh sockets, fresh recorders, fresh exporters.
    fn sit(&mut self, measure: &Measure) -> Outcome {
        let mut receiver = Receiver::open()?;
        let address = receiver.address()?;
        let mut cases = cases::floors(address)?;
        cases.extend(cases::ours(address)?);
        cases.extend(peers::careful::cases(address)?);
        cases.extend(peers::opentelemetry::cases(address)?);
        cases.extend(peers::fastrace::cases(address)?);
        cases.push(peers::xray_lite::case(address)?);

        self.verify(&mut cases, &mut receiver)?;
        self.series
            .sitting(&mut cases, &mut receiver, measure.rounds)?;
        self.steady.count(&mut cases, &mut receiver)?;
        self.verify(&mut cases, &mut receiver)?;
        if self.is_parallel {
            crate::parallel::sitting(&mut self.series, &mut receiver, measure.rounds)?;
        }
        Ok(())
    }

    /// Holds what each case sends against what everybody is to say.
    fn verify(&mut self, cases: &mut [Case], receiver: &mut Receiver) -> Outcome {
        for case in cases {
            let wire = case.verify(receiver);
            let wire = wire.map_err(|error| format!("{}: {error}", case.name()))?;
            self.wires.insert(case.name(), wire);
        }
        Ok(())
    }
}
