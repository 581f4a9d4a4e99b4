//! Text that only looks like a quote: fenced code, prompts, diffs; and PGP armor around a text.

use std::ops::Range;

/// For each line, whether it stands in fenced code (or is its fence). A fence that is never closed shields nothing:
/// below it the rest of a thread may follow.
pub(super) fn fenced(lines: &[&str]) -> Vec<bool> {
    let mut shielded = vec![false; lines.len()];
    let mut open: Option<(usize, &str)> = None;
    for (at, line) in lines.iter().enumerate() {
        let text = line.trim();
        let Some(sign) = ["```", "~~~"].into_iter().find(|sign| text.starts_with(sign)) else { continue };
        match open {
            Some((start, opened)) if opened == sign => {
                for shield in shielded.iter_mut().take(at + 1).skip(start) {
                    *shield = true;
                }
                open = None;
            }
            Some(_) => {}
            // "```x = 1```" opens nothing.
            None if text.trim_matches(['`', '~']).contains(sign)
                || (text.len() > 6 && text.ends_with(sign)) => {}
            None => open = Some((at, sign)),
        }
    }
    shielded
}

/// The lines that inline PGP sets around a signed text (RFC 9580 section 7): its head and its signature.
/// Encrypted messages and keys are not touched: they are what was sent.
pub(super) fn armor(lines: &[&str]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut signature = None;
    for (at, line) in lines.iter().enumerate() {
        match line.trim_end() {
            "-----BEGIN PGP SIGNED MESSAGE-----" => {
                let heads =
                    lines.iter().skip(at + 1).take(6).take_while(|head| head.starts_with("Hash: ")).count();
                found.push(at..at + 1 + heads);
            }
            "-----BEGIN PGP SIGNATURE-----" => signature = Some(at),
            "-----END PGP SIGNATURE-----" => {
                if let Some(start) = signature.take()
                    && at - start <= 200
                {
                    found.push(start..at + 1);
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a run of lines that begin with `>` is the writer's own: an interpreter's session, a plain diff, or a
/// word that a mailbox escaped. `above` are the two lines before it.
pub(super) fn is_own(run: &[&str], above: [&str; 2]) -> bool {
    is_session(run) || is_diff(run, above) || matches!(run, [line] if line.starts_with(">From "))
}

/// `>>> import os`: all lines have exactly three marks, and most of them read like code.
fn is_session(run: &[&str]) -> bool {
    let prompt = |line: &&&str| {
        line.strip_prefix(">>>")
            .is_some_and(|rest| rest.is_empty() || (rest.starts_with(' ') && !rest.starts_with(" >")))
    };
    let code = |line: &&&str| {
        let text = line.trim_start_matches(['>', ' ']);
        text.contains(['(', '=', '[', '{'])
            || ["import ", "from ", "def ", "print", "for ", "with ", "del ", "assert "]
                .iter()
                .any(|word| text.starts_with(word))
    };
    run.iter().filter(prompt).count() == run.len() && run.iter().filter(code).count() * 2 >= run.len()
}

/// The new half of a plain `diff`: under `3c3`, or under `---` that ends the old half.
fn is_diff(run: &[&str], above: [&str; 2]) -> bool {
    let [older, newer] = above;
    let single = run.iter().all(|line| line.starts_with("> ") || *line == ">");
    single && (is_diff_command(newer) || (newer.trim_end() == "---" && older.starts_with('<')))
}

/// `12,14c13` and the like: numbers, one letter, numbers.
fn is_diff_command(line: &str) -> bool {
    let numbers = |part: &str| {
        (1..=20).contains(&part.len())
            && part.starts_with(|c: char| c.is_ascii_digit())
            && part.bytes().all(|b| b.is_ascii_digit() || b == b',')
    };
    line.trim_end().split_once(['a', 'c', 'd']).is_some_and(|(old, new)| numbers(old) && numbers(new))
}
