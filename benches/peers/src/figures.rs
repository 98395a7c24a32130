//! The figures, and what is asked of each.

use xray_phantom_peers::Outcome;
use xray_phantom_peers::figure::Figure;
use xray_phantom_peers::rounds::{Series, Wire};
use xray_phantom_peers::statistics::Estimate;

use crate::measured::Measured;
use crate::parallel::{HAND, OURS, OURS_SENT, SEND};

/// All figures of a run.
pub(crate) fn of(measured: &Measured) -> Outcome<Vec<Figure>> {
    let mut figures = units(&measured.series)?;
    figures.extend(recording(measured)?);
    figures.extend(serialising(&measured.series)?);
    figures.extend(not_recorded(measured)?);
    figures.extend(allocations(measured)?);
    figures.extend(threads(measured)?);
    figures.extend(cold(measured)?);
    figures.extend(peers(measured)?);
    figures.extend(wires(measured));
    Ok(figures)
}

/// The units themselves.
fn units(series: &Series) -> Outcome<Vec<Figure>> {
    let sittings: Vec<String> = series
        .of("S")?
        .iter()
        .filter_map(|rounds| Estimate::of(std::slice::from_ref(rounds)))
        .map(|sitting| format!("{:.0}", sitting.value))
        .collect();
    let fresh = format!(
        "medians of the sittings, each with fresh sockets: {} ns",
        sittings.join(", ")
    );
    Ok(vec![
        Figure::new(
            "S",
            "one send of 637 bytes on a connected UDP socket over loopback, drained outside the timed part",
            "ns",
            series.alone("S")?,
        )
        .note(&fresh),
        Figure::new(
            "F",
            "four looks at the clock, three ids, and the bytes of seg1aws written by hand",
            "ns",
            series.alone("F")?,
        ),
        Figure::new("F", "the same in sends", "S", series.ratio("F", "S")?),
        Figure::new("A", "a relaxed load of an atomic", "ns", series.alone("A")?),
        Figure::new("clock", "SystemTime::now", "ns", series.alone("clock")?),
        Figure::new(
            "S-asleep",
            "a send to a receiver that sleeps in recv: what waking it costs the sender",
            "S",
            series.ratio("S, asleep", "S")?,
        ),
    ])
}

/// What it costs to record and to send.
fn recording(measured: &Measured) -> Outcome<Vec<Figure>> {
    let series = &measured.series;
    let in_s = |case: &str| series.ratio(case, "S");
    // Where sends are dear nobody who sends can be many times faster: what is added to them?
    let beyond = |peer: &str, ours: &str| {
        series.combine([peer, ours, "S"], |[peer, ours, send]| {
            (peer - 2.0 * send) / (ours - send)
        })
    };
    Ok(vec![
        Figure::new("E1", "record and serialise seg1aws, into a sink", "S", in_s("seg1aws")?)
            .floor(in_s("F")?)
            .peer("serde_json by hand", in_s("careful seg1aws")?)
            .most(0.60, 0.45),
        Figure::new("E1", "the same beside the hand writer", "F", series.ratio("seg1aws", "F")?)
            .peer("serde_json by hand", series.ratio("careful seg1aws", "F")?)
            .most(2.0, 1.5),
        Figure::new(
            "E1-seldom",
            "the same 64 times after all else, so that caches are cold at first",
            "S",
            in_s("seg1aws, now and then")?,
        ),
        Figure::new(
            "E1-closures",
            "the same through closures that find their segment",
            "S",
            in_s("seg1aws, closures")?,
        ),
        Figure::new(
            "E1-futures",
            "the same through futures that find their segment",
            "S",
            in_s("seg1aws, futures")?,
        ),
        Figure::new(
            "E2",
            "record, serialise and send seg1aws: one datagram, drained outside the timed part",
            "S",
            in_s("seg1aws, sent")?,
        )
        .floor(in_s("hand seg1aws, sent")?)
        .peer("opentelemetry-aws", in_s(OTEL_SIMPLE)?)
        .most(1.65, 1.5),
        Figure::new(
            "E2",
            "how many times faster than opentelemetry-aws (simple exporter, two datagrams)",
            "x",
            series.ratio(OTEL_SIMPLE, "seg1aws, sent")?,
        )
        .least(4.0, 4.5),
        Figure::new(
            "E2-beyond",
            "the same without the sends: two of opentelemetry-aws, one of ours",
            "x",
            beyond(OTEL_SIMPLE, "seg1aws, sent")?,
        ),
        Figure::new(
            "E3",
            "lambda_sub, the two datagrams of xray-lite: in progress, then complete (drained; 16 calls in \
             each invocation)",
            "S",
            in_s("lambda_sub twice, sent")?,
        )
        .floor(in_s("hand call twice, sent")?)
        .peer("xray-lite", in_s(XRAY_LITE)?)
        .most(2.7, 2.45),
        Figure::new(
            "E3",
            "lambda_sub, complete only: one datagram (drained)",
            "S",
            in_s("lambda_sub, sent")?,
        )
        .floor(in_s("hand call, sent")?)
        .peer("xray-lite", in_s(XRAY_LITE)?)
        .most(1.4, 1.4),
        Figure::new(
            "E3",
            "how many times faster than xray-lite, complete only",
            "x",
            series.ratio(XRAY_LITE, "lambda_sub, sent")?,
        )
        .least(3.0, 3.0),
        Figure::new(
            "E3-beyond",
            "the same without the sends: two of xray-lite, one of ours",
            "x",
            beyond(XRAY_LITE, "lambda_sub, sent")?,
        ),
    ])
}

/// What serialising costs, and each further subsegment.
fn serialising(series: &Series) -> Outcome<Vec<Figure>> {
    let marginal = series.combine(["seg100", "seg1aws", "S"], |[many, one, send]| {
        (many - one) / 99.0 / send
    })?;
    let linear = series.combine(["seg100", "seg10", "seg1aws"], |[hundred, ten, one]| {
        ((hundred - ten) / 90.0) / ((ten - one) / 9.0)
    })?;
    Ok(vec![
        Figure::new(
            "E4",
            "serialise an open call (send_in_progress), beside serde_json::to_writer of the same in a struct \
             (what was said of ours is JSON already)",
            "x",
            series.ratio("call in progress, again", "serde_json call in progress")?,
        )
        .most(0.45, 0.35),
        Figure::new(
            "E4-recorded",
            "record and serialise seg1aws with a clock that stands still and ids that are counted, beside \
             serde_json::to_writer of a struct that is filled",
            "x",
            series.ratio("seg1aws, no clock", "serde_json seg1aws")?,
        ),
        Figure::new(
            "E5",
            "each further subsegment, from 1 to 100, into a sink",
            "S",
            marginal,
        )
        .most(0.30, 0.22),
        Figure::new(
            "E5",
            "each of the subsegments 11 to 100 beside each of 2 to 10",
            "x",
            linear,
        )
        .most(1.10, 1.10),
    ])
}

/// What it costs not to record.
fn not_recorded(measured: &Measured) -> Outcome<Vec<Figure>> {
    let series = &measured.series;
    let in_a = |case: &str| series.ratio(case, "A");
    let steady = &measured.steady;
    Ok(vec![
        Figure::new(
            "E6",
            "unsampled: a subsegment of a parent that is not recorded, two annotations, its end",
            "A",
            in_a("unsampled")?,
        )
        .peer("opentelemetry_sdk", in_a("otel unsampled")?)
        .most(32.0, 12.0),
        Figure::counted("E6", "the same", ALLOCATIONS, steady.here("unsampled")?)
            .peer_counted("opentelemetry_sdk", steady.here("otel unsampled")?)
            .most(0.0, 0.0),
        Figure::new(
            "E6-segment",
            "a whole segment that is not sampled: begin, decide, two annotations, end",
            "A",
            in_a("unsampled segment")?,
        )
        .peer("opentelemetry_sdk", in_a("otel unsampled segment")?),
        Figure::counted("E6-segment", "the same", ALLOCATIONS, steady.here("unsampled segment")?)
            .peer_counted("opentelemetry_sdk", steady.here("otel unsampled segment")?),
        Figure::new(
            "E7",
            "nocontext: begin_subsegment outside of every segment, and its end; ContextMissing::Ignore",
            "A",
            in_a("nocontext")?,
        )
        .peer("fastrace", in_a("fastrace nocontext")?)
        .most(24.0, 8.0),
    ])
}

/// How often the recorder allocates.
fn allocations(measured: &Measured) -> Outcome<Vec<Figure>> {
    let steady = &measured.steady;
    let figure = |what: &str, case: &str| {
        let count = steady.here(case)?;
        Ok::<_, xray_phantom_peers::Failure>(Figure::counted("E8", what, ALLOCATIONS, count))
    };
    Ok(vec![
        figure("seg1aws, sent", "seg1aws, sent")?
            .peer_counted("opentelemetry-aws", steady.here(OTEL_SIMPLE)?)
            .most(0.0, 0.0),
        figure("seg10, into a sink", "seg10")?.most(0.0, 0.0),
        figure(
            "lambda_sub, in progress and complete, sent",
            "lambda_sub twice, sent",
        )?
        .peer_counted("xray-lite", steady.here(XRAY_LITE)?)
        .most(0.0, 0.0),
        figure("lambda_sub, complete only, sent", "lambda_sub, sent")?.most(0.0, 0.0),
        figure("exc: one exception, no stack, into a sink", "exc")?.most(2.0, 0.0),
    ])
}

/// What two threads keep of the throughput of one.
fn threads(measured: &Measured) -> Outcome<Vec<Figure>> {
    let e9 = "two threads with one recorder, own segments, into a sink: what each keeps of its \
              throughput, beside what two hand writers keep";
    let e10 = "the same with sends, beside what two threads keep that send through one socket to the same \
               receiver";
    let figure = |id: &str, what: &str, ours: &str, beside: &str| {
        if !measured.is_parallel {
            let figure = Figure::missing(id, what, "x").least(0.85, 0.95);
            return Ok(figure.note("not measured: this machine has one processor"));
        }
        let kept = |case: &str| [format!("{case}, 1 thread"), format!("{case}, 2 threads")];
        let (ours, beside) = (kept(ours), kept(beside));
        let [o1, o2] = [&*ours[0], &*ours[1]];
        let [b1, b2] = [&*beside[0], &*beside[1]];
        let series = &measured.series;
        let ratio = series.combine([o1, o2, b1, b2], |[o1, o2, b1, b2]| (o1 / o2) / (b1 / b2))?;
        let (own, other) = (series.ratio(o1, o2)?, series.ratio(b1, b2)?);
        let note = format!(
            "each thread keeps {:.2}, beside it {:.2}",
            own.value, other.value
        );
        Ok::<_, xray_phantom_peers::Failure>(
            Figure::new(id, what, "x", ratio)
                .least(0.85, 0.95)
                .note(&note),
        )
    };
    Ok(vec![
        figure("E9", e9, OURS, HAND)?,
        figure("E10", e10, OURS_SENT, SEND)?,
    ])
}

/// What a process pays once, and what each poll pays.
fn cold(measured: &Measured) -> Outcome<Vec<Figure>> {
    let cold = &measured.cold;
    let [before_main, peers] = cold.before_main()?;
    let polls = ["polls, in a segment", "polls, bare", "S"];
    let poll = measured
        .series
        .combine(polls, |[within, bare, send]| (within - bare) / send)?;
    Ok(vec![
        Figure::new(
            "E11",
            "the first segment of a fresh process, sent, less one later",
            "µs",
            cold.first()?,
        )
        .most(200.0, 50.0),
        Figure::new(
            "E11",
            "on the processor before main, less a program with nothing in it: nothing of ours runs there",
            "µs",
            before_main,
        )
        .peer("this program, with fastrace", peers)
        .most(200.0, 50.0),
        Figure::new("E11-build", "to build a recorder that sends", "µs", cold.build()?),
        Figure::new("E12", "each poll of a future in a segment, beyond a bare poll", "S", poll)
            .most(0.03, 0.015),
    ])
}

/// Whoever else does the same: seg1aws end to end, but for xray-lite, which has no segments.
fn peers(measured: &Measured) -> Outcome<Vec<Figure>> {
    let series = &measured.series;
    let mut figures = Vec::new();
    for (id, who, case) in [
        ("peer-hand", "hand writer", "hand seg1aws, sent"),
        ("peer-serde", "serde_json by hand", "careful seg1aws, sent"),
        (
            "peer-otel",
            "opentelemetry-aws, simple exporter",
            OTEL_SIMPLE,
        ),
        (
            "peer-otel-batch",
            "opentelemetry-aws, batch exporter",
            OTEL_BATCH,
        ),
        ("peer-fastrace", "fastrace, reporter by hand", FASTRACE),
        ("peer-xray-lite", "xray-lite, lambda_sub", XRAY_LITE),
    ] {
        let wire = measured
            .wires
            .get(case)
            .ok_or_else(|| format!("`{case}` was not verified"))?;
        let sent = format!("{}, {} bytes", datagrams(wire), wire.bytes);
        let allocations = measured.steady.everywhere(case)?;
        let cpu = format!("{case}, cpu");
        let is_charged = series.of(&cpu).is_ok();
        let own = if is_charged {
            ", on the thread that records"
        } else {
            ""
        };
        let what = format!("{who}{own} (drained; {sent}; {allocations:.1} allocations)");
        figures.push(Figure::new(id, &what, "S", series.ratio(case, "S")?));
        if is_charged {
            let what = format!(
                "{who}, on all processors: its other thread is charged, an empty flush is not"
            );
            figures.push(Figure::new(id, &what, "S", series.ratio(&cpu, "S")?));
        }
    }
    Ok(figures)
}

fn datagrams(wire: &Wire) -> String {
    match wire.datagrams {
        1 => "1 datagram".to_owned(),
        several => format!("{several} datagrams"),
    }
}

/// How many bytes are on the wire.
fn wires(measured: &Measured) -> Vec<Figure> {
    let known = |case: &str| {
        let wire = measured.wires.get(case)?;
        let bytes = u32::try_from(wire.bytes).unwrap_or(u32::MAX);
        let what = format!("{case}: {}", datagrams(wire));
        Some(Figure::counted("bytes", &what, "bytes", bytes.into()))
    };
    [
        "seg1aws, sent",
        "seg10",
        "seg100",
        "lambda_sub twice, sent",
        "lambda_sub, sent",
        "exc",
    ]
    .into_iter()
    .filter_map(known)
    .collect()
}

const ALLOCATIONS: &str = "allocations";
const FASTRACE: &str = "fastrace seg1aws, sent";
const OTEL_BATCH: &str = "otel batch seg1aws, sent";
const OTEL_SIMPLE: &str = "otel simple seg1aws, sent";
const XRAY_LITE: &str = "xray-lite call twice, sent";
