//! A report becomes a case: promises, issue, receipt or the reason why not, alerts.

use crate::case_parts::{MONDAY, REPORT, REPORTER, at, effects, fresh, opening, policy, roster};
use sir_intake::case::decide::{Opening, Trust, open};
use sir_intake::case::policy::{Policy, ReceiptRule};
use sir_intake::case::roster::{Away, Role};
use sir_intake::case::{After, Case, ClockKind, Effect, Event, LetterKind, Receipt, Source, Stage, Withheld};

fn receipt_of(opening: &Opening, policy: &Policy) -> Receipt {
    let (case, decision) = open(crate::case_parts::CASE, opening, policy, at(MONDAY));
    let case = case.unwrap();
    let letter =
        Effect::Letter { letter: LetterKind::Receipt, to: REPORTER, in_reply_to: Some(REPORT), act: 0 };
    let sends = decision.effects.iter().any(|planned| planned.effect == letter);
    assert_eq!(sends, case.receipt == Receipt::Due, "a letter is planned exactly when one is due");
    case.receipt
}

/// RFC: "we thank all reporters for raising the issue" - and Rule Z: a doubt withholds the receipt, never the report.
/// Everything speaks against a receipt; one doubt after another is taken away, and the next one is told.
#[test]
fn each_reason_against_a_receipt_is_told_in_its_order() {
    let mut policy = Policy { receipts: ReceiptRule::Never, ..policy() };
    let mut opening = opening();
    opening.source = Source::History;
    opening.sender.answerable = false;
    opening.sender.own = true;
    opening.sender.member = true;
    opening.sender.automatic = true;
    opening.sender.header_only = true;
    opening.sender.trust = Trust::Failed;
    opening.receipts.sender_day = 3;
    opening.receipts.domain_hour = 10;
    opening.receipts.hour = 60;

    type Relief = fn(&mut Opening, &mut Policy);
    let reasons: [(Withheld, Relief); 12] = [
        (Withheld::TurnedOff, |_, p| p.receipts = ReceiptRule::AuthenticatedOnly),
        (Withheld::History, |o, _| o.source = Source::Operator),
        (Withheld::NoAddress, |o, _| o.sender.answerable = true),
        (Withheld::OwnAddress, |o, _| o.sender.own = false),
        (Withheld::OwnMember, |o, _| o.sender.member = false),
        (Withheld::Automatic, |o, _| o.sender.automatic = false),
        (Withheld::HeaderOnly, |o, _| o.sender.header_only = false),
        (Withheld::AuthenticationFailed, |o, _| o.sender.trust = Trust::Unknown),
        (Withheld::NotAuthenticated, |o, _| o.sender.trust = Trust::Passed),
        (Withheld::SenderLimit, |o, _| o.receipts.sender_day = 2),
        (Withheld::DomainLimit, |o, _| o.receipts.domain_hour = 9),
        (Withheld::TotalLimit, |o, _| o.receipts.hour = 59),
    ];
    for (why, relieve) in reasons {
        assert_eq!(receipt_of(&opening, &policy), Receipt::Withheld(why));
        relieve(&mut opening, &mut policy);
    }
    assert_eq!(receipt_of(&opening, &policy), Receipt::Due);
}

#[test]
fn without_an_address_there_is_a_case_and_no_letter() {
    let nobody = Opening { reporter: None, ..opening() };
    assert_eq!(receipt_of(&nobody, &policy()), Receipt::Withheld(Withheld::NoAddress));
}

/// RFC: "within 3 working days of initial report": of the report, not of the poll that found it.
#[test]
fn the_promises_count_from_the_report() {
    let late = at("2026-11-25T12:00:00Z");
    let (case, _) = open(crate::case_parts::CASE, &opening(), &policy(), late);
    let case = case.unwrap();
    assert_eq!(case.acknowledge_by(), Some(at("2026-11-26T09:00:00Z")));
    let levels = |clock: ClockKind| -> Vec<String> {
        case.clocks[&clock].rings.iter().map(|ring| format!("{} {:?}", ring.at, ring.to)).collect()
    };
    assert_eq!(
        levels(ClockKind::Acknowledge),
        [
            "2026-11-24T09:00:00Z Owner",
            "2026-11-25T09:00:00Z Owner",
            "2026-11-25T21:00:00Z Members",
            "2026-11-26T09:00:00Z Chairs"
        ]
    );
    assert_eq!(
        levels(ClockKind::Owner),
        [
            "2026-11-23T13:00:00Z Members",
            "2026-11-24T09:00:00Z Members",
            "2026-11-25T09:00:00Z Chairs",
            "2026-11-26T09:00:00Z TscIfHigh"
        ]
    );
    assert!(ClockKind::ALL.into_iter().all(|clock| case.runs(clock) == clock.is_ours()));
}

#[test]
fn all_active_members_and_the_channel_are_told_and_the_issue_comes_first() {
    let (case, decision) = fresh(&policy());
    assert_eq!(effects(&decision), "new-case -> alice bob #, open-issue, receipt");
    assert_eq!((&case.stage, case.issue), (&Stage::New, None));
    let until = at("2026-11-23T09:01:00Z");
    for planned in &decision.effects {
        let waits = matches!(planned.effect, Effect::Alert { .. } | Effect::Post { .. });
        assert_eq!(planned.after, if waits { After::IssueOr(until) } else { After::Nothing });
    }
    assert_eq!(Case::replay(case.id, &decision.events), Some(case));
    assert!(matches!(decision.events.first(), Some(Event::Opened { .. })));
}

/// RUNBOOK: "Nobody active (all away) = nobody claims: chairs at once."
#[test]
fn when_all_are_away_the_chairs_are_told() {
    let day = at(MONDAY).to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut policy = Policy { discord: false, ..policy() };
    for member in policy.roster.members.iter_mut().filter(|member| member.is(Role::Member)) {
        member.away.push(Away { from: day, to: day });
    }
    let (_, decision) = fresh(&policy);
    assert_eq!(effects(&decision), "new-case -> carol, open-issue, receipt");

    policy.roster.members.retain(|member| !member.is(Role::Chair));
    let (_, decision) = fresh(&policy);
    assert_eq!(
        effects(&decision),
        "new-case -> alice bob tess ops-1, open-issue, receipt",
        "without chairs everybody"
    );
    policy.roster = roster();
    policy.roster.members.clear();
    let (_, decision) = fresh(&policy);
    assert_eq!(effects(&decision), "open-issue, receipt", "an empty roster is no reason to lose a case");
}
