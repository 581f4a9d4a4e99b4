//! The fix, the CVE id, the text and those who approve it.

use serde_json::json;

use crate::case::tracks::Cve;
use crate::practice::life::Life;
use crate::practice::life::people::{ALICE, BOB, MEERA, NORA, RITA, TESS};

/// As the CVE authority gives it, long after anybody counts.
pub(super) const CVE: &str = "CVE-2027-99120";

pub(super) async fn reproduced(life: &mut Life) {
    life.step("2027-03-16T11:00:00Z", "reproduced", "The group sees it happen, and proposes a fix").await;
    let text = "!reproduced yes on Ubuntu 24.04 and Windows 11, at 2510.1 and at the head of development\n\
                !fix proposed https://github.com/o3de/o3de-ghsa-work/pull/1\n!cve request";
    life.orders(ALICE, text).await;
    life.until("2027-03-16T11:15:00Z").await;
    let ghsa = life.advisory_says("ghsa_id");
    life.day.check("a CVE id is asked for, once", life.day.peers.hub.cve_requests(&ghsa) == 1);
    life.day.check("the reporter is told so", life.last_says(MEERA, "we asked for a CVE number"));
    life.day
        .check("SIG-Release is asked, since it is high", life.got(RITA, "Does it need new installers") == 1);
}

pub(super) async fn installers(life: &mut Life) {
    life.step("2027-03-17T14:00:00Z", "installers", "SIG-Release answers: new installers are made").await;
    let told = life.orders(RITA, "!installers yes").await;
    life.day.check("Rita reads that it is noted", told.contains("new installers are made"));
}

pub(super) async fn updated(life: &mut Life) {
    life.step("2027-03-19T13:00:00Z", "updated", "Alice tells the reporter how it goes").await;
    let text = "!update 5wd\n\nThe network group sees the same crash on Linux and Windows, and has a fix that\n\
                checks the length first. It is being tested now.";
    life.orders(ALICE, text).await;
    life.until("2027-03-19T13:15:00Z").await;
    life.day.check("she reads it", life.last_says(MEERA, "checks the length first"));
}

pub(super) async fn numbered(life: &mut Life) {
    life.step("2027-03-23T10:00:00Z", "numbered", "The CVE id comes").await;
    life.edits("the CVE authority", "gives the advisory its CVE id", &json!({ "cve_id": CVE }));
    let seen = life.sees(|case| matches!(case.tracks.cve, Cve::Assigned { .. })).await;
    life.day.check("the daemon sees it", seen);
    life.until("2027-03-23T11:00:00Z").await;
    life.day.check("the reporter is told", life.last_says(MEERA, CVE));
}

pub(super) async fn reviewed(life: &mut Life) {
    life.step("2027-03-25T09:00:00Z", "reviewed", "Alice writes the advisory on GitHub; all read it").await;
    let told = life.says(ALICE, "!review").await;
    life.day.check("a text with gaps is not reviewed", told.contains("the advisory lacks"));
    life.writes();
    let before = life.hash();
    let seen =
        life.sees(|case| case.tracks.advisory.as_ref().is_some_and(|seen| seen.text.short() != before)).await;
    life.day.check("the daemon sees the text", seen);
    life.orders(ALICE, "!review").await;
    life.until("2027-03-25T09:30:00Z").await;
    life.day.check("members read it", life.got(BOB, "please review the text below") == 1);
    life.day.check("the TSC contact reads it", life.got(TESS, "please review the text below") == 1);
    life.day.check("the reporter reads it", life.last_says(MEERA, "Below is what we plan to publish"));
    let first = life.hash();
    life.orders(ALICE, &format!("!approve {first}")).await;
    life.until("2027-03-25T15:10:00Z").await;
    life.comments("bob-hub", &format!("!approve {first}\n\nReads well."));
    let approved = life.sees_approvals(2).await;
    life.day.check("two members approve this very text", approved);
}

pub(super) async fn corrected(life: &mut Life) {
    life.step(
        "2027-03-26T05:00:00Z",
        "corrected",
        "The reporter finds a mistake: another text, approved anew",
    )
    .await;
    let text = "One thing: a listen server, where a player hosts the game, stops in the same way.\n\
                The text says dedicated servers only.";
    life.answers(MEERA, text).await;
    life.until("2027-03-26T09:10:00Z").await;
    let wider = life
        .advisory_says("description")
        .replace("You are if you run a dedicated server", "You are if you host a game");
    life.edits("Alice", "changes the text", &json!({ "description": wider }));
    let gone = life.sees_approvals(0).await;
    life.day.check("nobody has approved that", gone);
    let told = life.says(ALICE, "!notify").await;
    life.day.check("so nobody outside is told", told.contains("0 of 2 approvals"));
    life.day.check("all are asked again", life.got(BOB, "please review the text below") == 2);
    life.day.check("the reporter as well", life.last_says(MEERA, "You are if you host a game"));
    let hash = life.hash();
    life.orders(ALICE, &format!("!approve {hash}")).await;
    life.until("2027-03-26T14:00:00Z").await;
    life.orders(BOB, &format!("!approve {hash}")).await;
    let both = life.sees_approvals(2).await;
    life.day.check("both have", both);
    life.until("2027-03-27T06:00:00Z").await;
    life.answers(MEERA, "Yes, that is right now. Thank you.").await;
    life.day.check("Nora was spared the text: she has the advisory", life.got(NORA, "please review") == 0);
}

impl Life {
    /// So many people approved the text that stands there now.
    async fn sees_approvals(&mut self, count: u32) -> bool {
        let office = std::sync::Arc::clone(&self.day.office);
        self.sees(|case| case.tracks.approvals(&office.policy.roster) == count).await
    }

    /// Alice fills the gaps of the draft.
    fn writes(&mut self) {
        let mut text = self.advisory_says("description");
        for (gap, words) in [
            (
                "A weakness in Multiplayer of O3DE affects availability.",
                "A handshake packet that is too short stops a server of the Multiplayer gem. It takes no account, and \
                 all players are disconnected.",
            ),
            ("<!-- Versions, or that there is no fix yet. -->", "2510.2"),
            (
                "<!-- How to find out: which parts must be in use, which settings. -->",
                "You are if you run a dedicated server with the Multiplayer gem.",
            ),
            (
                "<!-- What to do now. If nothing is known: write that. -->",
                "Update to 2510.2 and build the server anew. Until then let only addresses that you know reach its port.",
            ),
            ("<!-- Whom to thank, as they wish; or that nobody is named. -->", "Meera Joshi of Joshi Labs"),
        ] {
            text = text.replace(gap, words);
        }
        let package = json!({ "ecosystem": "other", "name": "o3de" });
        let fields = json!({
            "description": text,
            "summary": "Servers stop on a short handshake packet",
            "vulnerabilities": [{
                "package": package, "vulnerable_version_range": "< 2510.2", "patched_versions": "2510.2",
                "vulnerable_functions": null,
            }],
        });
        self.edits("Alice", "writes what the draft left open", &fields);
    }
}
