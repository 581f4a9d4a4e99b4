//! Who may command: real mail bytes in the layouts of three providers, and every way around them that we know (MAIL
//! sections 5 to 7). All people are invented.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sir_intake::case::roster::{Member, Role, Roster};
use sir_intake::case::{Address, CaseId, MemberKey, Refused};
use sir_intake::mail::commander::{Evidence, PgpProof, SentTo, Standing, marks, standing};
use sir_intake::mail::{House, Letter, Limits, OurList, Position, TrustedAuthserv, read};

const NOW: &str = "2026-11-23T09:30:00Z";
const CASE: CaseId = CaseId { year: 2026, number: 7 };
const OTHER: CaseId = CaseId { year: 2026, number: 8 };

/// A provider that writes its results below its own Received, as Gmail does.
const BELOW: &str = "Delivered-To: bot@o3de.example
Received: by 2002:a05:7300:1234 with SMTP id ab12csp1; Mon, 23 Nov 2026 01:20:03 -0800 (PST)
X-Received: by 2002:a17:906:1 with SMTP id x1mr1; Mon, 23 Nov 2026 01:20:02 -0800 (PST)
ARC-Authentication-Results: i=1; mx.below.example;
       dkim=pass header.i=@members.example header.s=s2026 header.b=k3Jx9aQm;
       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=members.example
Return-Path: <alice@members.example>
Received: from mail-sor-f41.members.example (mail-sor-f41.members.example. [192.0.2.41])
        by mx.below.example with SMTPS id a1sor1
        for <bot@o3de.example>; Mon, 23 Nov 2026 01:20:02 -0800 (PST)
Received-SPF: pass (below.example: domain of alice@members.example designates 192.0.2.41 as permitted sender)
Authentication-Results: mx.below.example;
       dkim=pass header.i=@members.example header.s=s2026 header.b=k3Jx9aQm;
       spf=pass (below.example: domain of alice@members.example designates 192.0.2.41 as permitted sender) smtp.mailfrom=alice@members.example;
       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=members.example
";

/// A host of one's own: Postfix with two filters, each writing a field above Received.
const ABOVE: &str = "Return-Path: <alice@members.example>
X-Original-To: bot@o3de.example
Delivered-To: bot@o3de.example
Authentication-Results: mx.above.example; dmarc=pass (p=reject dis=none) header.from=members.example
Authentication-Results: mx.above.example;
	dkim=pass (2048-bit key; unprotected) header.d=members.example header.i=@members.example header.a=rsa-sha256 header.s=s2026 header.b=\"k3Jx9aQm\";
	dkim-atps=neutral
Received: from out.members.example (out.members.example [192.0.2.41])
	(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))
	by mx.above.example (Postfix) with ESMTPS id 4X1
	for <bot@o3de.example>; Mon, 23 Nov 2026 09:20:02 +0000 (UTC)
";

/// A provider whose field bears no name (Microsoft): nothing in it can be believed.
const NAMELESS: &str = "Received: from AM0PR01.prod.outlook.example (2603:10a6::1) by
 DB9PR02.prod.outlook.example with HTTPS; Mon, 23 Nov 2026 09:20:03 +0000
Authentication-Results: spf=pass (sender IP is 192.0.2.41)
 smtp.mailfrom=members.example; dkim=pass (signature was verified)
 header.d=members.example;dmarc=pass action=none
 header.from=members.example;compauth=pass reason=100
Received-SPF: Pass (protection.outlook.example: domain of members.example designates 192.0.2.41 as permitted sender)
X-MS-Exchange-Organization-SCL: 1
";

/// What the member's own program wrote.
const LETTER: &str = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
        d=members.example; s=s2026; t=1795425600; x=1796030400; darn=o3de.example;
        h=to:subject:message-id:date:from:mime-version:from:to:cc:subject
         :date:message-id:reply-to;
        bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;
        b=k3Jx9aQm/2lTqv8fPzq0xC5yMNc1wWkU7sRVbHtYdEo6GnZ4iAqLmXp3rJhKfSgT
         uBvDwCeQ0oI9yN8zM7aPl1k2j3h4g5f6d7s8a9Q==
MIME-Version: 1.0
From: Alice Ahlgren <alice@members.example>
Date: Mon, 23 Nov 2026 10:20:00 +0100
Message-ID: <CAKx1=a7Qz@mail.members.example>
In-Reply-To: <n1@o3de.example>
Subject: Re: [SIR-2026-0007] report received
To: bot@o3de.example
Content-Type: text/plain; charset=\"UTF-8\"

!own me
!ack 5wd

I think this is the importer again.
";

fn member(name: &str) -> Member {
    Member {
        key: MemberKey(name.to_owned()),
        name: name.to_owned(),
        addresses: vec![Address::parse(&format!("{name}@members.example")).unwrap()],
        github: None,
        roles: BTreeSet::from([Role::Member]),
        sigs: Vec::new(),
        away: Vec::new(),
        dkim_domains: vec!["members.example".to_owned()],
        openpgp: vec!["A".repeat(40)],
        zone: None,
    }
}

/// Alice and Bob; Carol is no longer on it.
fn roster() -> Roster {
    Roster { members: vec![member("alice"), member("bob")] }
}

fn house(id: &str, position: Position) -> House {
    House {
        own: ["security@lists.o3de.example", "bot@o3de.example"]
            .iter()
            .filter_map(|a| Address::parse(a))
            .collect(),
        list: Some(OurList { id: "security.lists.o3de.example".into(), host: "lists.o3de.example".into() }),
        authserv: Some(TrustedAuthserv { id: id.into(), position }),
        trust_spam_headers: false,
    }
}

#[derive(Clone, Copy)]
enum Layout {
    Below,
    Above,
    Nameless,
}
use Layout::{Above, Below, Nameless};

fn letter(layout: Layout, mail: &str) -> Letter {
    let house = match layout {
        Below => house("mx.below.example", Position::BelowReceived),
        Above => house("mx.above.example", Position::AboveReceived),
        Nameless => house("mx.nameless.example", Position::AboveReceived),
    };
    read(mail.replace('\n', "\r\n").as_bytes(), &Limits::default(), &house)
}

fn head(layout: Layout) -> &'static str {
    match layout {
        Below => BELOW,
        Above => ABOVE,
        Nameless => NAMELESS,
    }
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn sent(case: CaseId, member: Option<&str>) -> SentTo {
    SentTo { case: Some(case), member: member.map(|name| MemberKey(name.to_owned())) }
}

/// It answers the notice that Alice got.
fn answering() -> Evidence {
    Evidence { answers: vec![sent(CASE, Some("alice"))], ..Evidence::default() }
}

fn judge(layout: Layout, mail: &str, evidence: &Evidence) -> Standing {
    standing(&letter(layout, mail), evidence, &roster(), now())
}

fn alice_may() -> Standing {
    Standing::May { member: MemberKey("alice".to_owned()), case: Some(CASE) }
}

fn not(named: Option<&str>, because: Refused) -> Standing {
    Standing::MayNot { named: named.map(|name| MemberKey(name.to_owned())), because }
}

/// The honest mail with one thing changed; the thing must be in it.
fn with(layout: Layout, from: &str, to: &str) -> String {
    let mail = format!("{}{LETTER}", head(layout));
    assert!(mail.contains(from), "the mail has no `{from}`");
    mail.replacen(from, to, 1)
}

#[test]
fn a_member_s_own_mail_may_command_with_each_kind_of_provider() {
    for layout in [Below, Above] {
        let mail = format!("{}{LETTER}", head(layout));
        assert_eq!(judge(layout, &mail, &answering()), alice_may());
        let coded = Evidence { codes: vec![sent(CASE, Some("alice"))], ..Evidence::default() };
        assert_eq!(judge(layout, &mail, &coded), alice_may());
        let of_the_house = SentTo { case: None, member: Some(MemberKey("alice".to_owned())) };
        let of_the_house = Evidence { answers: vec![of_the_house], ..Evidence::default() };
        let no_case = Standing::May { member: MemberKey("alice".to_owned()), case: None };
        assert_eq!(judge(layout, &mail, &of_the_house), no_case);
        let tied_to_nothing = Standing::MayRead(MemberKey("alice".to_owned()));
        assert_eq!(judge(layout, &mail, &Evidence::default()), tied_to_nothing);
    }
    let mail = format!("{NAMELESS}{LETTER}");
    assert_eq!(judge(Nameless, &mail, &answering()), not(Some("alice"), Refused::NoResults));
    let verified = letter(Nameless, &mail).proof.signatures;
    assert_eq!(judge(Nameless, &mail, &Evidence { verified, ..answering() }), alice_may());
}

#[test]
fn what_the_mail_itself_gets_wrong_is_refused_with_its_reason_and_the_member_s_name() {
    use Refused::*;
    let long_ago = "Date: Sat, 21 Nov 2026 09:29:59 +0000";
    for (what, layout, from, to, named, because) in [
        (
            "no results",
            Above,
            "Authentication-Results: mx.above.example; dmarc=pass",
            "X-Nothing: 1",
            "alice",
            NoDmarcPass,
        ),
        (
            "results of another server",
            Below,
            "\nAuthentication-Results: mx.below.example",
            "\nAuthentication-Results: mx.evil.example",
            "alice",
            NoResults,
        ),
        (
            "results in a comment",
            Below,
            "       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=members.example\nDKIM",
            "       (dmarc=pass header.from=members.example)\nDKIM",
            "alice",
            NoDmarcPass,
        ),
        (
            "results in a quoted string",
            Below,
            "smtp.mailfrom=alice@members.example;\n       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=members.example",
            "smtp.mailfrom=\"x; dmarc=pass header.from=members.example\"",
            "alice",
            NoDmarcPass,
        ),
        (
            "a forged field that was not stripped",
            Below,
            "DKIM-Signature:",
            "Authentication-Results: mx.below.example; dkim=pass header.d=members.example header.b=k3Jx9aQm; dmarc=pass header.from=members.example\nDKIM-Signature:",
            "alice",
            ForgedResults,
        ),
        (
            "dmarc failed",
            Below,
            "mailfrom=alice@members.example;\n       dmarc=pass",
            "mailfrom=alice@members.example;\n       dmarc=fail",
            "alice",
            NoDmarcPass,
        ),
        (
            "dmarc for another domain",
            Above,
            "header.from=members.example",
            "header.from=evil.example",
            "alice",
            NoDmarcPass,
        ),
        (
            "dmarc twice",
            Above,
            "dkim-atps=neutral",
            "dmarc=pass header.from=members.example",
            "alice",
            NoDmarcPass,
        ),
        (
            "signed by somebody else",
            Above,
            "header.d=members.example",
            "header.d=evil.example",
            "alice",
            NotPinnedDomain,
        ),
        (
            "a property twice",
            Above,
            "header.d=members.example",
            "header.d=members.example header.d=evil.example",
            "alice",
            NotPinnedDomain,
        ),
        (
            "the signature is not in the mail",
            Above,
            "header.b=\"k3Jx9aQm\"",
            "header.b=\"zzzzzzzz\"",
            "alice",
            UnknownSignature,
        ),
        ("the result names no signature", Above, " header.b=\"k3Jx9aQm\"", "", "alice", UnknownSignature),
        ("too short to tell", Above, "header.b=\"k3Jx9aQm\"", "header.b=\"k3Jx\"", "alice", UnknownSignature),
        (
            "two signatures begin alike",
            Above,
            "DKIM-Signature:",
            "DKIM-Signature: v=1; d=members.example; s=x; h=from:subject:date:message-id; bh=x; b=k3Jx9aQmZZZZ\nDKIM-Signature:",
            "alice",
            UnknownSignature,
        ),
        (
            "a tag twice",
            Above,
            "d=members.example; s=s2026; t=",
            "d=members.example; d=members.example; t=",
            "alice",
            UnknownSignature,
        ),
        ("aligned, but l=", Above, "t=1795425600;", "l=3;", "alice", PartlySigned),
        ("aligned, but l=0", Below, "t=1795425600;", "l=0;", "alice", PartlySigned),
        (
            "Message-ID not signed",
            Above,
            "h=to:subject:message-id:date:from:mime-version:from:to:cc:subject\n         :date:message-id:reply-to",
            "h=to:subject:date:from",
            "alice",
            UnsignedField,
        ),
        (
            "Subject not signed",
            Below,
            "h=to:subject:message-id:date:from:mime-version:from:to:cc:subject\n         :date:message-id:reply-to",
            "h=from:date:message-id",
            "alice",
            UnsignedField,
        ),
        ("stale", Above, "Date: Mon, 23 Nov 2026 10:20:00 +0100", long_ago, "alice", Stale),
        (
            "future",
            Above,
            "Date: Mon, 23 Nov 2026 10:20:00 +0100",
            "Date: Mon, 23 Nov 2026 09:40:01 +0000",
            "alice",
            Future,
        ),
        ("no date", Above, "Date: Mon, 23 Nov 2026 10:20:00 +0100", "Date: yesterday", "alice", NoDate),
        ("no Message-ID", Above, "Message-ID: <CAKx1=a7Qz@mail.members.example>", "X-Id: 1", "alice", NoDate),
        ("two From", Above, "From: Alice", "From: Eve <eve@evil.example>\nFrom: Alice", "alice", NotOneFrom),
        (
            "two From, hers first",
            Above,
            "From: Alice Ahlgren <alice@members.example>",
            "From: alice@members.example\nFrom: eve@evil.example",
            "alice",
            NotOneFrom,
        ),
        (
            "two mailboxes",
            Above,
            "<alice@members.example>\nDate",
            "<alice@members.example>, bob@members.example\nDate",
            "alice",
            NotOneFrom,
        ),
        ("two Subjects", Above, "Subject: Re:", "Subject: harmless\nSubject: Re:", "alice", DoubledField),
        (
            "two Dates",
            Above,
            "Date: Mon",
            "Date: Sun, 22 Nov 2026 09:00:00 +0000\nDate: Mon",
            "alice",
            DoubledField,
        ),
        (
            "a Cyrillic letter",
            Above,
            "<alice@members.example>\nDate",
            "<аlice@members.example>\nDate",
            "alice",
            LookAlike,
        ),
        (
            "r and n for m",
            Above,
            "<alice@members.example>\nDate",
            "<alice@rnembers.example>\nDate",
            "alice",
            LookAlike,
        ),
        (
            "a domain of look-alike letters",
            Above,
            "<alice@members.example>\nDate",
            "<alice@xn--mmbers-3of.example>\nDate",
            "alice",
            LookAlike,
        ),
        ("a stranger", Above, "<alice@members.example>\nDate", "<eve@evil.example>\nDate", "", NotOnRoster),
        (
            "a member's name, a stranger's address",
            Above,
            "Alice Ahlgren <alice@members.example>",
            "\"alice@members.example\" <eve@evil.example>",
            "",
            NotOnRoster,
        ),
        (
            "a removed member",
            Above,
            "<alice@members.example>\nDate",
            "<carol@members.example>\nDate",
            "",
            NotOnRoster,
        ),
        (
            "a subdomain of hers",
            Above,
            "<alice@members.example>\nDate",
            "<alice@x.members.example>\nDate",
            "",
            NotOnRoster,
        ),
        (
            "an automatic answer with a command",
            Above,
            "Subject: Re:",
            "Auto-Submitted: auto-replied\nSubject: Re:",
            "alice",
            Automatic,
        ),
        (
            "an out-of-office note with a command",
            Below,
            "Subject: Re: [SIR-2026-0007]",
            "Subject: Automatic reply: [SIR-2026-0007]",
            "alice",
            Automatic,
        ),
        (
            "a fake list header",
            Above,
            "Subject: Re:",
            "List-Id: <security.lists.o3de.example>\nSubject: Re:",
            "alice",
            Automatic,
        ),
        (
            "a spoofed bounce",
            Above,
            "Return-Path: <alice@members.example>",
            "Return-Path: <>",
            "alice",
            Automatic,
        ),
        (
            "through the list",
            Above,
            "Subject: Re:",
            "List-Id: <security.lists.o3de.example>\nReceived: from lists.o3de.example by mx.above.example\nSubject: Re:",
            "alice",
            ThroughList,
        ),
    ] {
        let named = (!named.is_empty()).then_some(named);
        assert_eq!(judge(layout, &with(layout, from, to), &answering()), not(named, because), "{what}");
    }
}

#[test]
fn a_forged_mail_from_a_member_to_a_victim_names_the_member_and_not_the_victim() {
    let mail = "Return-Path: <eve@evil.example>
Authentication-Results: mx.above.example; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example header.b=AAAABBBB; dmarc=fail header.from=members.example
Received: from mx.evil.example by mx.above.example; Mon, 23 Nov 2026 09:20:02 +0000
Authentication-Results: mx.above.example; dkim=pass header.d=members.example header.b=k3Jx9aQm; dmarc=pass header.from=members.example
ARC-Authentication-Results: i=1; mx.above.example; dkim=pass header.d=members.example header.b=k3Jx9aQm; dmarc=pass header.from=members.example
ARC-Seal: i=1; a=rsa-sha256; cv=none; d=above.example; b=AAAA
DKIM-Signature: v=1; d=evil.example; s=x; h=from:subject:date:message-id; bh=x; b=AAAABBBBCCCC
From: Alice Ahlgren <alice@members.example>
Reply-To: victim@victim.example
To: bot@o3de.example
Subject: [SIR-2026-0007]
Date: Mon, 23 Nov 2026 09:20:00 +0000
Message-ID: <1@evil.example>

!close wai
";
    assert_eq!(judge(Above, mail, &answering()), not(Some("alice"), Refused::NoDmarcPass));
    let aligned =
        mail.replacen("dmarc=fail header.from=members.example", "dmarc=pass header.from=members.example", 1);
    let refused = not(Some("alice"), Refused::NotPinnedDomain);
    assert_eq!(judge(Above, &aligned, &answering()), refused, "SPF alone is not enough");
}

#[test]
fn codes_and_notices_of_others_give_no_right() {
    use Refused::{CodeOfAnother, TwoCases};
    let mail = format!("{ABOVE}{LETTER}");
    for (what, codes, answers, because) in [
        ("a reporter's code", vec![sent(CASE, None)], vec![], CodeOfAnother),
        ("bob's code", vec![sent(CASE, Some("bob"))], vec![], CodeOfAnother),
        ("a removed member's code", vec![sent(CASE, Some("carol"))], vec![], CodeOfAnother),
        ("bob's notice", vec![], vec![sent(CASE, Some("bob"))], CodeOfAnother),
        ("a letter to the reporter", vec![], vec![sent(CASE, None)], CodeOfAnother),
        (
            "her code of another case",
            vec![sent(OTHER, Some("alice"))],
            vec![sent(CASE, Some("alice"))],
            TwoCases,
        ),
        (
            "somebody's code of another case",
            vec![sent(OTHER, None)],
            vec![sent(CASE, Some("alice"))],
            TwoCases,
        ),
    ] {
        let evidence = Evidence { codes, answers, ..Evidence::default() };
        assert_eq!(judge(Above, &mail, &evidence), not(Some("alice"), because), "{what}");
    }
    // A quoted receipt of the same case, beside her own notice, takes nothing away.
    let both = Evidence { codes: vec![sent(CASE, None), sent(CASE, Some("alice"))], ..answering() };
    assert_eq!(judge(Above, &mail, &both), alice_may());
}

#[test]
fn a_mail_commands_once_however_it_comes_again() {
    let mail = format!("{ABOVE}{LETTER}");
    let first = letter(Above, &mail);
    let executed = marks(&first, &[]);
    assert_eq!(executed.len(), 2);
    let again = Evidence { executed, ..answering() };
    assert_eq!(judge(Above, &mail, &again), not(Some("alice"), Refused::Replayed));
    let other_id = with(Above, "CAKx1=a7Qz", "CAKx2=a7Qz");
    assert_eq!(
        judge(Above, &other_id, &again),
        not(Some("alice"), Refused::Replayed),
        "the signature was used"
    );
    let other_padding = other_id.replacen("a9Q==", "a9R==", 1);
    assert_eq!(
        judge(Above, &other_padding, &again),
        not(Some("alice"), Refused::Replayed),
        "the same octets"
    );
    let signed_anew = with(Above, "uBvDwCeQ0", "uBvDwCeQ1");
    assert_eq!(
        judge(Above, &signed_anew, &again),
        not(Some("alice"), Refused::Replayed),
        "the Message-ID was used"
    );
    assert_eq!(judge(Above, &mail, &answering()), alice_may());
}

#[test]
fn what_stands_not_at_the_top_of_the_plain_text_is_no_command() {
    for (what, from, to) in [
        ("quoted", "!own me\n!ack 5wd", "> !own me"),
        ("below text", "!own me\n!ack 5wd", "Hello,\n\n!own me"),
        ("forwarded", "!own me\n!ack 5wd", "---------- Forwarded message ---------\n!own me"),
        ("in a signature", "!own me\n!ack 5wd", "-- \n!own me"),
        ("HTML only", "Content-Type: text/plain; charset=\"UTF-8\"", "Content-Type: text/html"),
        ("excited", "!own me\n!ack 5wd", "!!! urgent !!!"),
        (
            "in an attachment",
            "Content-Type: text/plain; charset=\"UTF-8\"\n\n!own me",
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\n!own me",
        ),
    ] {
        assert_eq!(judge(Above, &with(Above, from, to), &answering()), Standing::NoCommand, "{what}");
    }
}

#[test]
fn a_signature_by_the_pinned_key_stands_in_for_dkim_only_fresh_new_and_for_a_case() {
    let block = "!own me\n!ack 5wd\n\nI think this is the importer again.\n";
    assert!(LETTER.ends_with(block));
    let proof = |made: &str, text: &str, key: &str| PgpProof {
        fingerprint: key.repeat(40),
        made: made.parse().unwrap(),
        mark: sir_intake::case::Sha256::of(b"a signature"),
        text: text.to_owned(),
    };
    let named = "!case SIR-2026-0007\n!own me\n";
    let judge = |pgp: PgpProof, executed: bool, case: Option<CaseId>| {
        let executed = if executed { BTreeSet::from([pgp.mark]) } else { BTreeSet::new() };
        let text =
            if pgp.text.contains("around") { "!case SIR-2026-0007\n!own me\n" } else { pgp.text.as_str() };
        let mail = format!("{NAMELESS}{}", LETTER.replace(block, text));
        let answers = case.map(|case| sent(case, Some("alice"))).into_iter().collect();
        let evidence = Evidence { pgp: vec![pgp], executed, answers, ..Evidence::default() };
        judge(Nameless, &mail, &evidence)
    };
    let made = "2026-11-23T09:00:00Z";
    assert_eq!(judge(proof(made, named, "A"), false, None), alice_may());
    assert_eq!(judge(proof(made, named, "A"), false, Some(CASE)), alice_may());
    let refused = |because| not(Some("alice"), because);
    for (what, pgp, executed, case, because) in [
        ("another key", proof(made, named, "B"), false, None, Refused::NoResults),
        ("seen before", proof(made, named, "A"), true, None, Refused::Replayed),
        ("old", proof("2026-11-21T09:00:00Z", named, "A"), false, None, Refused::Stale),
        ("from the future", proof("2026-11-23T10:00:00Z", named, "A"), false, None, Refused::Future),
        ("no case", proof(made, "!own me\n", "A"), false, Some(CASE), Refused::NoSignedCase),
        (
            "below the block",
            proof(made, "!own me\nwords\n!case SIR-2026-0007", "A"),
            false,
            None,
            Refused::NoSignedCase,
        ),
        (
            "words around what is signed",
            proof(made, "!case SIR-2026-0007\nwords around", "A"),
            false,
            None,
            Refused::PartlySigned,
        ),
        ("another case", proof(made, named, "A"), false, Some(OTHER), Refused::TwoCases),
    ] {
        assert_eq!(judge(pgp, executed, case), refused(because), "{what}");
    }
}

#[test]
fn a_member_without_a_pinned_domain_or_key_does_not_command() {
    let mut roster = roster();
    roster.members[0].dkim_domains.clear();
    roster.members[0].openpgp.clear();
    let letter = letter(Above, &format!("{ABOVE}{LETTER}"));
    let refused = not(Some("alice"), Refused::NothingPinned);
    assert_eq!(standing(&letter, &answering(), &roster, now()), refused);
}

/// A reply to a notice, from a provider that the stand-ins' configuration believes.
fn reply(who: &str, to_notice: &str, id: &str) -> String {
    let b = data_encoding::BASE64.encode(format!("a signature by {who} under {id}").as_bytes());
    format!(
        "Authentication-Results: mx.o3de.example; dmarc=pass header.from=members.example;\n\
         \tdkim=pass header.d=members.example header.b=\"{}\"\n\
         Received: from out.members.example by mx.o3de.example; Mon, 23 Nov 2026 09:00:00 +0000\n\
         DKIM-Signature: v=1; a=rsa-sha256; d=members.example; s=x; h=from:subject:date:message-id; bh=AAAA; b={b}\n\
         From: {who}@members.example\nTo: sir-bot@o3de.example\nSubject: Re: a notice\nMessage-ID: <{id}>\n\
         In-Reply-To: <{to_notice}>\nDate: Mon, 23 Nov 2026 09:00:00 +0000\n\n!own me\n",
        &b[..12]
    )
}

#[tokio::test]
async fn what_the_store_knows_ties_a_reply_to_its_case_and_lets_it_command_once() {
    use crate::world::{World, report};
    let mut world = World::new().await;
    world.deliver(&report(
        "ann@reporter.example",
        "Heap overflow in the gem",
        "1@reporter.example",
        "A heap overflow, remote code.",
    ));
    world.settle().await;
    let case = world.cases()[0].id;
    let notice = |who: &str| {
        let mail = world.sent_to(&format!("{who}@members.example")).remove(0);
        let id = mail.lines().find_map(|line| line.strip_prefix("Message-ID: <")).unwrap();
        id.trim_end_matches('>').to_owned()
    };
    let (to_alice, to_bob) = (notice("alice"), notice("bob"));
    let office = std::sync::Arc::clone(&world.daemon().office);
    let judge = async |mail: String| {
        let (office_in, now) = (std::sync::Arc::clone(&office), office.outside.clock.now());
        let letter = read(mail.replace('\n', "\r\n").as_bytes(), &office.limits, &office.house);
        let judged = office.store.write("judge", move |txn| {
            sir_intake::daemon::evidence::judge(&office_in, txn, &letter, &[], now)
        });
        judged.await.unwrap()
    };
    let alice = || MemberKey("alice".to_owned());
    assert_eq!(
        judge(reply("alice", &to_bob, "1@members.example")).await,
        not(Some("alice"), Refused::CodeOfAnother)
    );
    let first = reply("alice", &to_alice, "2@members.example");
    assert_eq!(judge(first.clone()).await, Standing::May { member: alice(), case: Some(case) });
    assert_eq!(judge(first).await, not(Some("alice"), Refused::Replayed));
    assert_eq!(
        judge(reply("alice", "nothing@o3de.example", "3@members.example")).await,
        Standing::MayRead(alice())
    );
    let office_code = office.code_for_member(case, &alice()).unwrap();
    let coded = reply("alice", "nothing@o3de.example", "4@members.example") + "\n" + &office_code;
    assert_eq!(judge(coded).await, Standing::May { member: alice(), case: Some(case) });
    let mut bobs = reply("bob", "nothing@o3de.example", "5@members.example") + "\n" + &office_code;
    assert_eq!(judge(bobs.clone()).await, not(Some("bob"), Refused::CodeOfAnother));
    bobs = bobs.replace("header.d=members", "header.d=evil");
    assert_eq!(judge(bobs).await, not(Some("bob"), Refused::NotPinnedDomain));
}
