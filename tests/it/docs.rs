//! What members read says what the program does.

use sir_intake::case::Closure;
use sir_intake::case::command::documentation;

const MEMBERS: &str = include_str!("../../docs/members.md");

/// MAIL 7: "**One table in the code gives grammar, class, help and documentation.**"
#[test]
fn the_table_of_verbs_is_the_programs_own() {
    let (_, table) = MEMBERS
        .split_once("<!-- verbs: this table is what `!help` says; a test compares it -->\n\n")
        .unwrap();
    assert_eq!(table, documentation(), "put this below the mark in docs/members.md:\n\n{}", documentation());
}

#[test]
fn every_closure_is_told_of() {
    for closure in Closure::ALL {
        assert!(MEMBERS.contains(&format!("`{closure}`")), "{closure}");
    }
}
