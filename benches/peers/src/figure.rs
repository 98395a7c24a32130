//! A figure, and what is asked of it.

use serde::{Deserialize, Serialize};

use crate::statistics::Estimate;

/// One figure: a line of JSON.
///
/// ```text
/// {"id":"E2","what":"…","value":1.52,"unit":"S","spread":[1.49,1.58],"floor":1.31,…,"ok":true}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Which one: `E1` to `E12` have limits, others are there to compare with.
    pub id: String,
    /// What it is the figure of.
    pub what: String,
    /// The median; none where it could not be measured.
    pub value: Option<f64>,
    /// What it is measured in.
    pub unit: String,
    /// The interval in which 95 of 100 such medians would lie.
    pub spread: Option<[f64; 2]>,
    /// What is left when everything is taken away that a recorder is for, in the same unit.
    pub floor: Option<f64>,
    /// The interval of the floor.
    pub floor_spread: Option<[f64; 2]>,
    /// Whose figure stands beside it.
    pub peer: Option<String>,
    /// The peer's median, in the same unit.
    pub peer_value: Option<f64>,
    /// The interval of the peer's.
    pub peer_spread: Option<[f64; 2]>,
    /// Whether the limits are the most or the least that the value may be.
    pub limit: Option<Limit>,
    /// What is required.
    pub required: Option<f64>,
    /// What is aimed at.
    pub aim: Option<f64>,
    /// Whether the value is as required.
    pub ok: Option<bool>,
    /// Whether the value is as aimed at.
    pub aim_met: Option<bool>,
    /// What else there is to know.
    pub note: Option<String>,
}

/// Which side of a limit is the good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Limit {
    /// The value may not be smaller.
    Least,
    /// The value may not be larger.
    Most,
}

impl Figure {
    /// A figure that was measured in rounds.
    pub fn new(id: &str, what: &str, unit: &str, measured: Estimate) -> Figure {
        Figure {
            value: Some(rounded(measured.value)),
            spread: Some(measured.spread().map(rounded)),
            ..Figure::missing(id, what, unit)
        }
    }

    /// A figure that was counted, and is the same each time.
    pub fn counted(id: &str, what: &str, unit: &str, value: f64) -> Figure {
        Figure {
            value: Some(rounded(value)),
            ..Figure::missing(id, what, unit)
        }
    }

    /// A figure that could not be measured here.
    pub fn missing(id: &str, what: &str, unit: &str) -> Figure {
        Figure {
            id: id.to_owned(),
            what: what.to_owned(),
            value: None,
            unit: unit.to_owned(),
            spread: None,
            floor: None,
            floor_spread: None,
            peer: None,
            peer_value: None,
            peer_spread: None,
            limit: None,
            required: None,
            aim: None,
            ok: None,
            aim_met: None,
            note: None,
        }
    }

    /// With the floor beside it.
    #[must_use]
    pub fn floor(mut self, floor: Estimate) -> Figure {
        self.floor = Some(rounded(floor.value));
        self.floor_spread = Some(floor.spread().map(rounded));
        self
    }

    /// With a peer beside it.
    #[must_use]
    pub fn peer(mut self, peer: &str, measured: Estimate) -> Figure {
        self.peer_value = Some(rounded(measured.value));
        self.peer_spread = Some(measured.spread().map(rounded));
        self.peer = Some(peer.to_owned());
        self
    }

    /// With a peer beside it of which was counted.
    #[must_use]
    pub fn peer_counted(mut self, peer: &str, value: f64) -> Figure {
        self.peer_value = Some(rounded(value));
        self.peer = Some(peer.to_owned());
        self
    }

    /// At most so much is required, and aimed at.
    #[must_use]
    pub fn most(self, required: f64, aim: f64) -> Figure {
        self.limited(Limit::Most, required, aim)
    }

    /// At least so much is required, and aimed at.
    #[must_use]
    pub fn least(self, required: f64, aim: f64) -> Figure {
        self.limited(Limit::Least, required, aim)
    }

    fn limited(mut self, limit: Limit, required: f64, aim: f64) -> Figure {
        let meets = |value: f64, wanted: f64| match limit {
            Limit::Least => value >= wanted,
            Limit::Most => value <= wanted,
        };
        self.limit = Some(limit);
        self.required = Some(required);
        self.aim = Some(aim);
        self.ok = self.value.map(|value| meets(value, required));
        self.aim_met = self.value.map(|value| meets(value, aim));
        self
    }

    /// With a remark.
    #[must_use]
    pub fn note(mut self, note: &str) -> Figure {
        self.note = Some(note.to_owned());
        self
    }

    /// The floor and the peer, where this run cannot tell them from the figure.
    pub fn indistinct(&self) -> Vec<&str> {
        let overlaps = |other: Option<[f64; 2]>| match (self.spread, other) {
            (Some([low, high]), Some([other_low, other_high])) => {
                low <= other_high && other_low <= high
            }
            _ => false,
        };
        let floor = overlaps(self.floor_spread).then_some("the floor");
        let peer = self.peer.as_deref().filter(|_| overlaps(self.peer_spread));
        floor.into_iter().chain(peer).collect()
    }
}

/// To five digits: more are noise.
fn rounded(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use crate::figure::{Figure, rounded};
    use crate::statistics::Estimate;

    fn estimate(value: f64, low: f64, high: f64) -> Estimate {
        Estimate { value, low, high }
    }

    #[test]
    fn a_limit_is_held_by_the_value_on_its_good_side() {
        let figure = Figure::new("E1", "x", "S", estimate(0.6, 0.5, 0.7));
        let judged = |figure: Figure| (figure.ok, figure.aim_met);
        assert_eq!(
            judged(figure.clone().most(0.6, 0.45)),
            (Some(true), Some(false))
        );
        assert_eq!(
            judged(figure.clone().most(0.59, 0.45)),
            (Some(false), Some(false))
        );
        assert_eq!(
            judged(figure.clone().least(0.6, 0.6)),
            (Some(true), Some(true))
        );
        assert_eq!(judged(figure.least(0.61, 0.7)), (Some(false), Some(false)));
    }

    #[test]
    fn digits_that_are_noise_are_left_out() {
        let shown = [0.0, 1.0, -0.123_456_7, 1_234_567.0, 12.345_678, f64::NAN];
        let shown = shown.map(|value| rounded(value).to_string());
        assert_eq!(shown, ["0", "1", "-0.12346", "1234600", "12.346", "NaN"]);
    }

    #[test]
    fn what_could_not_be_measured_meets_nothing_and_misses_nothing() {
        let figure = Figure::missing("E9", "x", "x").least(0.85, 0.95);
        assert_eq!((figure.ok, figure.aim_met), (None, None));
        assert_eq!(figure.required, Some(0.85));
    }

    #[test]
    fn whoever_lies_in_the_same_interval_is_not_told_apart() {
        let figure = Figure::new("E2", "x", "S", estimate(1.5, 1.4, 1.6));
        let apart = figure
            .clone()
            .floor(estimate(1.3, 1.2, 1.39))
            .peer("p", estimate(7.0, 6.0, 8.0));
        assert_eq!(apart.indistinct(), Vec::<&str>::new());
        let near = figure
            .floor(estimate(1.3, 1.2, 1.4))
            .peer("p", estimate(1.7, 1.5, 1.9));
        assert_eq!(near.indistinct(), ["the floor", "p"]);
        let counted = Figure::counted("E8", "x", "allocations", 0.0).peer_counted("p", 0.0);
        assert_eq!(counted.indistinct(), Vec::<&str>::new());
    }
}
