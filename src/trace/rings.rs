//! What leads, in the end, to itself.

/// The rings in which each leads to the next.
pub(in crate::trace) fn rings(next: &[Option<usize>]) -> Vec<Vec<usize>> {
    // The walk in which each was first met; 0 is none yet.
    let mut met = vec![0; next.len()];
    let mut rings = Vec::new();
    for start in 0..next.len() {
        let mut way = Some(start);
        while let Some(at) = way {
            if met[at] == start + 1 {
                let beyond = |last: &usize| next[*last].filter(|beyond| *beyond != at);
                rings.push(std::iter::successors(Some(at), beyond).collect());
            }
            if met[at] > 0 {
                break;
            }
            met[at] = start + 1;
            way = next[at];
        }
    }
    rings
}
