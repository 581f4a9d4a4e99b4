//! Splitting a mail takes linear time, whatever the mail is made of.

use sir_intake::mail::quote::{Split, split};

/// Reads so much of one piece, with a limit that only quadratic time would pass (in an unoptimized build).
fn assert_is_read_in_time(piece: &str, size: usize) {
    let text = piece.repeat(size / piece.len());
    let start = std::time::Instant::now();
    let Split { new_words, quoted } = split(&text);
    let took = start.elapsed();
    assert!(took.as_secs() < 60, "{piece:?} took {took:?}");
    assert!(new_words.len() + quoted.len() <= text.len() * 2);
}

#[test]
fn a_mebibyte_of_what_begins_a_quote_is_read_in_time() {
    for piece in
        [">", "> ", ">\n", "On ", "On \n", "On 1\n", "From:", "From:\n", "From: a\nx\n", "From: a\n\n"]
    {
        assert_is_read_in_time(piece, 1 << 20);
    }
}

#[test]
fn much_of_anything_else_is_read_in_time() {
    let long = format!("On 1 {}\n", "x ".repeat(60));
    let folded = format!("From: a\n{}", " x\n".repeat(50));
    for piece in [
        "> On 1\n",
        "On 1 2026 15:04 <a@b> wrote:\n",
        "On 1 2026 15:04 <a@b> wrote:\n\n",
        "> From: a\n",
        "Sent: b\n",
        "-----Original Message-----\n",
        "```\n",
        "```\n> a\n",
        "--\n",
        "-- \n",
        "_____\n",
        "Sent from my iPhone\n",
        "\n",
        " \n",
        "a> b\n",
        "|\n",
        "2026 <a@b>\n",
        ":\n",
        "wrote:\n",
        "a wrote:\n",
        "a> wrote:\n",
        "| wrote:\n",
        "a wrote:\n> b\n",
        "\u{3000}",
        "-----BEGIN PGP SIGNATURE-----\n",
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: a\n",
        "Begin forwarded message:\nFrom: a\n",
        "From: a\nSent: b\nTo: c:\nX-Y: d\n",
        "a\n> From: a\n",
        &long,
        &folded,
    ] {
        assert_is_read_in_time(piece, 1 << 18);
    }
}
