//! A mail to the list becomes a case, a private issue and a receipt.

use crate::world::{World, report};
use sir_intake::case::Receipt;

const OVERFLOW: &str = "Hello,\n\nI found a heap overflow in the Multiplayer gem of O3DE 25.05.1 on Windows 11.\n\n\
    Steps to reproduce:\n1. Start a server with the default project.\n2. Send a NetBind packet of 70000 bytes.\n\
    3. The server crashes in Gems/Multiplayer/Code/Source/NetworkEntity.cpp:211.\n\nA remote attacker without an account \
    can run code on the server.\n\nRena Porter\n";

/// RFC: "Triage owner should open new GitHub Issue (GHI) in SIG-Security-reports private repository", "we thank all
/// reporters for raising the issue".
#[tokio::test]
async fn a_report_becomes_a_case_an_issue_a_receipt_and_alerts() {
    let mut world = World::new().await;
    world.deliver(&report(
        "rena@reporter.example",
        "Heap overflow in Multiplayer",
        "r1@reporter.example",
        OVERFLOW,
    ));
    world.settle().await;

    let case = world.case(1);
    assert_eq!(case.issue.map(|(_, number)| number), Some(1));
    assert!(matches!(case.receipt, Receipt::Sent(_)));
    assert_eq!(world.sent_to("rena@reporter.example").len(), 1);
    assert_eq!(world.sent_to("alice@members.example").len(), 1);
    assert_eq!(world.sent_to("bob@members.example").len(), 1);
    assert_eq!(world.peers.discord.messages().len(), 1);
    world.nothing_is_left_over();
}
