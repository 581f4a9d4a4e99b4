//! Every mail ends as exactly one thing. Rule Z: no forgeable header makes us lose, drop or hide a report.

use crate::case_parts::{CASE, key, policy, reading};
use proptest::prelude::*;
use sir_intake::case::decide::{Automation, Fate, Reading, Route, Screened, Trust, Waiting, sort};
use sir_intake::case::{Doubt, EffectId, MailId, PersonId};

type Row = (&'static str, fn(&mut Reading), Fate);

const NEW: Fate = Fate::NewCase { disagree: false };
const ROUTED: Route = Route::Case { case: CASE, by_tag_alone: false };
const TAGGED: Route = Route::Case { case: CASE, by_tag_alone: true };

#[track_caller]
fn holds(rows: &[Row]) {
    for (what, change, fate) in rows {
        let mut reading = reading();
        change(&mut reading);
        assert_eq!(sort(&reading, &policy()), *fate, "{what}");
    }
}

#[test]
fn what_is_known_already_is_no_report() {
    holds(&[
        ("our own mail come back", |r| r.own = true, Fate::Own),
        ("sent by hand from our mailbox", |r| r.sent_folder = true, Fate::Screened(Screened::SentByHand)),
        ("from before the first start", |r| r.history = true, Fate::History),
        ("a second copy", |r| r.copy_of = Some(MailId(4)), Fate::Copy(MailId(4))),
        (
            "news of a letter of ours",
            |r| r.bounced = Some((Some(CASE), EffectId(9), Some(PersonId(2)), true)),
            Fate::DeliveryNews {
                case: Some(CASE),
                effect: EffectId(9),
                person: Some(PersonId(2)),
                permanent: true,
            },
        ),
    ]);
}

#[test]
fn on_a_case_it_depends_on_who_writes() {
    holds(&[
        ("the reporter", |r| (r.route, r.participant) = (ROUTED, true), Fate::Reply(CASE)),
        (
            "the reporter by the tag alone, nothing known about the sender",
            |r| (r.route, r.participant) = (TAGGED, true),
            Fate::Reply(CASE),
        ),
        (
            "the reporter by the tag alone, sender forged",
            |r| (r.route, r.participant, r.trust) = (TAGGED, true, Trust::Failed),
            Fate::Stranger(CASE, Doubt::AuthenticationFailed),
        ),
        (
            "the reporter's broken forwarding: the thread speaks for them",
            |r| (r.route, r.participant, r.trust) = (ROUTED, true, Trust::Failed),
            Fate::Reply(CASE),
        ),
        (
            "a member, nothing known about the sender",
            |r| (r.route, r.member) = (ROUTED, Some(key("alice"))),
            Fate::Reply(CASE),
        ),
        (
            "a member's address, forged",
            |r| (r.route, r.member, r.trust) = (ROUTED, Some(key("alice")), Trust::Failed),
            Fate::Stranger(CASE, Doubt::AuthenticationFailed),
        ),
        (
            "somebody else, however well proven",
            |r| (r.route, r.trust) = (ROUTED, Trust::Passed),
            Fate::Stranger(CASE, Doubt::Stranger),
        ),
        (
            "the reporter from the junk folder, called spam",
            |r| (r.route, r.participant, r.junk_folder, r.spam_verdict) = (ROUTED, true, true, true),
            Fate::Reply(CASE),
        ),
        (
            "signs of two cases",
            |r| (r.route, r.signs, r.junk_folder) = (Route::Disagree, 0, true),
            Fate::NewCase { disagree: true },
        ),
    ]);
}

#[test]
fn a_new_mail_is_a_case_unless_there_is_a_doubt() {
    holds(&[
        ("a report", |_| (), NEW),
        ("forged sender: the report counts", |r| r.trust = Trust::Failed, NEW),
        ("encrypted", |r| (r.signs, r.opaque) = (0, true), NEW),
        ("a member's few words", |r| (r.signs, r.member) = (0, Some(key("bob"))), NEW),
        ("in the junk folder", |r| r.junk_folder = true, Fate::Waiting(Waiting::Junk)),
        ("called spam", |r| r.spam_verdict = true, Fate::Waiting(Waiting::SpamVerdict)),
        ("no sign", |r| r.signs = 0, Fate::Waiting(Waiting::NoSign)),
        ("the 21st of the hour", |r| r.cases_last_hour = 20, Fate::Waiting(Waiting::TooMany)),
        ("the 20th of the hour", |r| r.cases_last_hour = 19, NEW),
        (
            "all doubts at once: the first is told",
            |r| (r.junk_folder, r.spam_verdict, r.signs, r.cases_last_hour) = (true, true, 0, 99),
            Fate::Waiting(Waiting::Junk),
        ),
    ]);
}

#[test]
fn a_machine_is_screened_unless_it_shows_a_report() {
    let machines = [
        (Automation::AutoReply, Screened::AutoReply),
        (Automation::Bounce, Screened::ForeignBounce),
        (Automation::List, Screened::List),
        (Automation::Report, Screened::MachineReport),
    ];
    for (automation, why) in machines {
        let bare = Reading { automation, signs: 0, ..reading() };
        assert_eq!(sort(&bare, &policy()), Fate::Screened(why));
        let report = Reading { automation, ..reading() };
        assert_eq!(sort(&report, &policy()), NEW, "{automation:?} with a sign of a report");
        let sealed = Reading { automation, signs: 0, opaque: true, ..reading() };
        assert_eq!(sort(&sealed, &policy()), NEW, "{automation:?}, and nobody can look inside");
    }
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let automation = prop::sample::select(vec![
        Automation::None,
        Automation::AutoReply,
        Automation::Bounce,
        Automation::List,
        Automation::Report,
    ]);
    let route = prop::sample::select(vec![Route::Nowhere, ROUTED, TAGGED, Route::Disagree]);
    let trust = prop::sample::select(vec![Trust::Passed, Trust::Failed, Trust::Unknown]);
    let flags = prop::array::uniform8(any::<bool>());
    (automation, route, trust, flags, 0_u32..4, 0_u32..40).prop_map(
        |(automation, route, trust, flags, signs, cases_last_hour)| {
            let [junk_folder, participant, member, spam_verdict, opaque, ..] = flags;
            let member = member.then(|| key("alice"));
            Reading {
                junk_folder,
                automation,
                route,
                participant,
                member,
                trust,
                spam_verdict,
                signs,
                opaque,
                cases_last_hour,
                ..reading()
            }
        },
    )
}

proptest! {
    /// Everything that a sender can write into a mail, in any mixture: a mail with a sign of a report becomes a case, is
    /// on a case, or waits for a person and for its time. It is never set aside.
    #[test]
    fn no_header_hides_a_report(reading in any_reading()) {
        let shows = reading.signs > 0 || reading.opaque;
        match sort(&reading, &policy()) {
            Fate::NewCase { .. } | Fate::Reply(_) | Fate::Stranger(..) | Fate::Waiting(_) => {}
            Fate::Screened(_) => prop_assert!(!shows, "a report was set aside"),
            Fate::Own | Fate::Copy(_) | Fate::History | Fate::DeliveryNews { .. } => {
                prop_assert!(false, "only what the store knows makes this");
            }
        }
    }

    /// Nobody is of the team by a `From:` that failed.
    #[test]
    fn a_failed_sender_is_no_member(reading in any_reading()) {
        let forged = Reading { trust: Trust::Failed, participant: false, ..reading };
        prop_assert!(!matches!(sort(&forged, &policy()), Fate::Reply(_)));
    }
}
