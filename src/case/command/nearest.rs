//! The word that was probably meant.

/// The known word next to this one: at most a third of its letters differ (Levenshtein). Both are short.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let scored = known.into_iter().map(|known| (distance(&word, known), known));
    scored.min().filter(|(distance, known)| *distance <= known.len().div_ceil(3)).map(|(_, known)| known)
}

fn distance(a: &str, b: &str) -> usize {
    let letters = |word: &str| {
        let mut letters: Vec<char> = word.chars().take(40).collect();
        letters.sort_unstable();
        letters
    };
    // Letters that changed places, as fingers do, are one mistake.
    if a != b && letters(a) == letters(b) {
        return 1;
    }
    levenshtein(a, b)
}

/// Letters to insert, remove or change; both words are short.
pub(crate) fn levenshtein(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().take(200).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, above) in b.chars().zip(row.iter().skip(1)) {
            let best = (diagonal + usize::from(x != y)).min(left + 1).min(above + 1);
            diagonal = *above;
            left = best;
            next.push(best);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
