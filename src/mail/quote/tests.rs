//! Stories of mails by people who do not exist.

use super::{Split, has_word, split};
use proptest::prelude::*;

/// What is new, lines trimmed and blank ones left out.
fn new(text: &str) -> Vec<String> {
    plain(&split(text).new_words)
}

fn plain(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// The quote marks or the shape of the mail decide; the words of the attribution are its language's.
fn assert_attribution_is_known(attribution: &str) {
    let marked =
        format!("Yes, it still crashes.\n\n{attribution}\n\n> Which build?\n> 23.05?\n\nIt was 23.05.\n");
    assert_eq!(new(&marked), ["Yes, it still crashes.", "It was 23.05."], "marked: {attribution}");
    let top = format!("Yes, it still crashes.\n\n{attribution}\n\nWhich build?\n");
    assert_eq!(new(&top), ["Yes, it still crashes."], "unmarked: {attribution}");
    let first = format!("{attribution}\n> Which build?\nIt was 23.05.\n");
    assert_eq!(new(&first), ["It was 23.05."], "on top: {attribution}");
}

#[test]
fn attributions_of_many_languages() {
    for attribution in [
        "On Tue, 5 May 2026 at 15:04, Ann Example <ann@mail.example> wrote:",
        "On May 5, 2026, at 3:04 PM, Ann Example <ann@mail.example> wrote:",
        "On 05/05/2026 15:04, Ann Example wrote:",
        "At 2026-05-05 15:04:00, \"Ann\" <ann@mail.example> wrote:",
        "Am 05.05.26 um 15:04 schrieb Jörg Muster:",
        "Am Di., 5. Mai 2026 um 15:04 Uhr schrieb Jörg Muster <joerg@post.example>:",
        "Jörg Muster <joerg@post.example> schrieb am Di., 5. Mai 2026, 15:04:",
        "Le mar. 5 mai 2026 à 15:04, Amélie Exemple <amelie@courrier.example> a écrit :",
        "Le 05/05/2026 à 15:04, Amélie Exemple a écrit :",
        "El mar, 5 may 2026 a las 15:04, Inés Ejemplo (<ines@correo.example>) escribió:",
        "El 5/5/26 a las 15:04, Inés Ejemplo escribió:",
        "2026年5月5日(火) 15:04 見本花子 <hanako@tegami.example>:",
        "2026/05/05 15:04、見本花子 <hanako@tegami.example>のメール:",
        "见本 <jianben@youjian.example> 于2026年5月5日周二 15:04写道：",
        "在 2026-05-05 15:04:00，\"见本\" <jianben@youjian.example> 写道：",
        "2026년 5월 5일 (화) 오후 3:04, 견본 <gyeonbon@pyeonji.example>님이 작성:",
        "Em ter., 5 de mai. de 2026 às 15:04, Rui Exemplo <rui@correio.example> escreveu:",
        "Em 05/05/2026 15:04, Rui Exemplo escreveu:",
        "вт, 5 мая 2026 г. в 15:04, Анна Примерова <anna@pochta.example>:",
        "05.05.2026, 15:04, \"Анна Примерова\" <anna@pochta.example>:",
        "5 мая 2026 г., в 15:04, Анна Примерова <anna@pochta.example> написал(а):",
        "Вторник, 5 мая 2026, 15:04 +03:00 от Анна <anna@pochta.example>:",
        "Il giorno mar 5 mag 2026 alle ore 15:04 Ugo Esempio <ugo@posta.example> ha scritto:",
        "Op di 5 mei 2026 om 15:04 schreef Bram Voorbeeld <bram@post.example>:",
        "Den 5 maj 2026 kl. 15.04 skrev Eva Exempel <eva@brev.example>:",
        "W dniu 5.05.2026 o 15:04, Jan Przykład pisze:",
        "wt., 5 maj 2026 o 15:04 Jan Przykład <jan@poczta.example> napisał(a):",
        "---- On Tue, 05 May 2026 15:04:00 +0200 Ann Example <ann@mail.example> wrote ----",
    ] {
        assert_attribution_is_known(attribution);
    }
}

#[test]
fn attributions_wrapped_where_the_program_liked() {
    for attribution in [
        "On Tue, May 5, 2026 at 3:04 PM Ann Example via Security List <\nsecurity@lists.example> wrote:",
        "On Tue, May 5, 2026 at 3:04 PM Ann Example\n<ann@mail.example> wrote:",
        "On Tue, May 5, 2026 at 3:04 PM Ann Example <ann@mail.example>\nwrote:",
        "Jörg Muster <joerg@post.example> schrieb am Di., 5.\nMai 2026 um 15:04 Uhr:",
        "Le mar. 5 mai 2026 à 15:04, Amélie Exemple <amelie@courrier.example>\na écrit :",
        "Op 5 mei 2026 om 15:04 schreef Bram <bram@post.example\n>:",
    ] {
        assert_attribution_is_known(attribution);
    }
}

#[test]
fn outlook_puts_header_lines_over_the_earlier_mail() {
    for block in [
        "From: Ann Example <ann@mail.example>\nSent: Tuesday, May 5, 2026 3:04 PM\nTo: Security <security@lists.example>\nSubject: RE: crash",
        "________________________________\nFrom: Ann Example\nSent: 5 May 2026 15:04\nTo: Bob; Carol;\n Dora Example\nCc: Eve\nSubject: crash",
        "*From:* Ann [mailto:ann@mail.example]\n*Sent:* 5 May 2026\n*To:* bob@mail.example\n*Subject:* crash",
        "-----Original Message-----\nFrom: ann@mail.example\nSent: Tuesday\nTo: bob@mail.example\nSubject: crash",
        "Von: Jörg Muster <joerg@post.example>\nGesendet: Dienstag, 5. Mai 2026 15:04\nAn: Sicherheit\nBetreff: AW: Absturz",
        "-----Ursprüngliche Nachricht-----\nVon: Jörg\nGesendet: Dienstag\nAn: Sicherheit\nBetreff: Absturz",
        "De : Amélie Exemple <amelie@courrier.example>\nEnvoyé : mardi 5 mai 2026 15:04\nÀ : Sécurité\nObjet : RE: plantage",
        "De: Inés Ejemplo <ines@correo.example>\nEnviado: martes, 5 de mayo de 2026 15:04\nPara: Seguridad\nAsunto: RE: fallo",
        "差出人: 見本花子 <hanako@tegami.example>\n送信日時: 2026年5月5日 15:04\n宛先: security\n件名: RE: クラッシュ",
        "发件人： 见本\n发送时间： 2026-05-05 15:04\n收件人： security\n主题： 崩溃",
        "------------------ 原始邮件 ------------------\n发件人: \"见本\" <jianben@youjian.example>;\n发送时间: 2026年5月5日\n收件人: \"security\"\n主题: 崩溃",
        "От: Анна Примерова <anna@pochta.example>\nОтправлено: 5 мая 2026 г. 15:04\nКому: Безопасность\nТема: RE: сбой",
        "De: Rui Exemplo <rui@correio.example>\nEnviada em: terça-feira, 5 de maio de 2026 15:04\nPara: Segurança\nAssunto: RES: falha",
        "---------- Forwarded message ---------\nFrom: Ann Example <ann@mail.example>\nDate: Tue, May 5, 2026 at 3:04 PM\nSubject: crash\nTo: <bob@mail.example>",
        "Begin forwarded message:\n\nFrom: Ann Example <ann@mail.example>\nSubject: crash\nDate: May 5, 2026",
    ] {
        let text = format!("Yes, it still crashes.\n\n{block}\n\nWhich build?\n\nAnn\n");
        let Split { new_words, quoted } = split(&text);
        assert_eq!(new_words, "Yes, it still crashes.", "{block}");
        assert!(quoted.contains("Which build?"), "{block}");
    }
}

#[test]
fn answers_between_quotes_are_new_words() {
    let text = "Hello Ann,\n\nOn Tue, 5 May 2026 at 15:04, Ann Example <ann@mail.example> wrote:\n> Which build?\n\nThe nightly.\n\n\
                > Which platform?\n> Windows?\nLinux, with ASan.\n> Thanks\n>\n> Ann\n\nAttached is the file.\n\nBob\n";
    let lines = ["Hello Ann,", "The nightly.", "Linux, with ASan.", "Attached is the file.", "Bob"];
    assert_eq!(new(text), lines);
}

#[test]
fn an_answer_below_an_unmarked_quote_is_never_cut_off() {
    let text = "On Tue, 5 May 2026 at 15:04, Ann Example <ann@mail.example> wrote:\n\nWhich build?\n\nThe nightly one.\n";
    assert_eq!(new(text), ["Which build?", "The nightly one."]);
}

/// Outlook marks nothing; who answers between the lines says so, and then nothing below may be taken away.
#[test]
fn answers_announced_inline_are_kept() {
    for hint in ["Hi Ann, my answers are inline.", "Siehe unten.", "Please see my comments below"] {
        let text = format!(
            "{hint}\n\nFrom: Ann <ann@mail.example>\nSent: 5 May 2026\nTo: Bob\nSubject: crash\n\nWhich build?\nThe nightly.\n"
        );
        assert_eq!(new(&text), [hint, "Which build?", "The nightly."]);
    }
}

#[test]
fn a_reply_with_a_telephone() {
    for line in [
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Get Outlook for Android<https://a.example>",
        "iPhoneから送信",
    ] {
        let text = format!(
            "It was 23.05.\n\n{line}\n\n> On May 5, 2026, at 3:04 PM, Ann <ann@mail.example> wrote:\n> \n> Which build?\n"
        );
        assert_eq!(new(&text), ["It was 23.05."], "{line}");
    }
    let sentence = "Sent from a second phone the same payload crashes the server.";
    assert_eq!(new(&format!("It is remote.\n\n{sentence}\n")), ["It is remote.", sentence]);
}

#[test]
fn signatures_and_list_footers_go() {
    assert_eq!(new("It was 23.05.\n\n-- \nBob Sample\nExample Ltd, 1 Test Road\n"), ["It was 23.05."]);
    assert_eq!(new("It was 23.05.\n--\nBob\n"), ["It was 23.05."]);
    let list = "It was 23.05.\n\n_______________________________________________\nsecurity mailing list\nsecurity@lists.example\n";
    assert_eq!(new(list), ["It was 23.05."]);
    let group = "It was 23.05.\n\n-=-=-=-=-=-=-=-=-=-=-=-\nLinks: You receive all messages sent to this group.\n\
                 View/Reply Online (#12): https://lists.example/g/security/message/12\nGroup Owner: security+owner@lists.example\n\
                 Unsubscribe: https://lists.example/g/security/unsub\n-=-=-=-=-=-=-=-=-=-=-=-\n";
    assert_eq!(new(group), ["It was 23.05."]);
}

#[test]
fn a_rule_of_dashes_does_not_end_a_report() {
    let text =
        "Heap overflow in the loader.\n--\nImpact: code execution\n--\nSteps:\n1. open the file\n2. wait\n";
    assert_eq!(split(text).new_words, text.trim_end());
    for last in [
        "--\nPlease keep my name out of the credits, and tell me when you publish.",
        "____\nI wrote to the mailing list before.",
    ] {
        let text = format!("It is in the page to unsubscribe.\n\n{last}");
        assert_eq!(split(&text).new_words, text);
    }
    let marked = "Heap overflow in the loader.\n-- \nSteps to reproduce:\nopen the file\n";
    assert_eq!(split(marked).new_words, marked.trim_end());
}

/// Reports hold all that looks like mail and is none.
#[test]
fn what_only_looks_like_a_quote_stays() {
    for text in [
        "Session:\n\n>>> import pickle\n>>> pickle.loads(blob)\nSegmentation fault",
        "The manual says:\n> The size is checked by the caller.\nIt is not.",
        "==1==ERROR: AddressSanitizer: heap-buffer-overflow\n    #0 0x4f in load /src/a.c:3\n=>0x0c06: fa fa[fa]fa\n> end",
        "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1,2 +1,2 @@\n-  if (n > 1)\n+  if (n > 2)\n-- \n2.45.1",
        "00000000  3e 3e 0a 46 72 6f 6d 3a  |>>.From:|\n> 00000010",
        "<html\n> <body\n> onload=x>",
        "2026-05-05 15:04:05 relay: from=<bob@mail.example>:\n\nThis line is all that the log has.",
        "From: the loader\nVersion: 23.05\nTo: the editor\nSubject: a crash\nDate: today\n\nThe loader crashes.",
        "The attacker sends this:\n\nFrom: ann@mail.example\nDate: 5 May 2026\nTo: bob@mail.example\nSubject: x\n\nand the parser crashes.",
        "Raw mail\n\nReceived: from a by b\nFrom: ann@mail.example\nDate: 5 May 2026\nTo: bob@mail.example\nSubject: x\nMIME-Version: 1.0\n\nbody",
        "Patch\n\nFrom 0123456789abcdef0123 Mon Sep 17 00:00:00 2001\nFrom: Ann <ann@mail.example>\nDate: Tue, 5 May 2026\nSubject: [PATCH] fix\n\n---\n a.c | 2 +-",
        "On 3 May 2026 we told the vendor.\n\nOn 5 May 2026 at 15:04 they wrote:\n\nIt is not a bug.\n\nWe think that it is.",
        "Timeline\n\nOn 5 May 2026 at 15:04 Ann <ann@mail.example> wrote:\n\n\"It is not a bug.\"\n\nWe think that it is.",
        "-----BEGIN PGP MESSAGE-----\n\nhQEMA0\n=abcd\n-----END PGP MESSAGE-----",
    ] {
        let kept = plain(&split(text).new_words);
        assert!(
            plain(text)
                .iter()
                .filter(|line| *line != "--" && *line != "2.45.1")
                .all(|line| kept.contains(line)),
            "{text}\n=> {kept:#?}"
        );
    }
}

/// The same in a reply, where `>` elsewhere is a quote.
#[test]
fn code_in_a_reply_stays() {
    let head = "On Tue, 5 May 2026 at 15:04, Ann Example <ann@mail.example> wrote:\n> How do you run it?\n\n";
    for code in [
        "```\n> raw\nFrom: a@b.example\nSent: now\nTo: c\nSubject: d\n```",
        ">>> import loader\n>>> loader.open('x')",
        "3c3\n< old\n---\n> new",
        "12,14c12\n> new",
        ">From the core dump I see a free.",
    ] {
        let text = format!("{head}So:\n\n{code}\n\nThat is all.\n");
        let mut lines = vec!["So:".to_owned()];
        lines.extend(plain(code));
        lines.push("That is all.".to_owned());
        assert_eq!(new(&text), lines, "{code}");
    }
}

#[test]
fn inline_pgp_leaves_the_signed_words() {
    let text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nIt was 23.05.\n\n- -- \nBob\n-----BEGIN PGP SIGNATURE-----\n\niQEz\n=abcd\n-----END PGP SIGNATURE-----\n";
    let Split { new_words, quoted } = split(text);
    assert_eq!(new_words, "It was 23.05.");
    assert!(quoted.starts_with("-----BEGIN PGP SIGNED MESSAGE-----") && quoted.contains("iQEz"));
}

#[test]
fn when_all_is_quoted_all_is_new() {
    for text in [
        "> only a quote",
        "On Tue, 5 May 2026 at 15:04, Ann <ann@mail.example> wrote:\n> Which build?",
        "---------- Forwarded message ---------\nFrom: Ann <ann@mail.example>\nDate: 5 May 2026\nSubject: crash\n\nIt crashes.",
        "-- \nBob Sample",
        "Sent from my iPhone",
    ] {
        assert_eq!(split(text), Split { new_words: text.to_owned(), quoted: String::new() });
    }
    assert_eq!(split("\n \n"), Split::default());
}

#[test]
fn windows_line_ends_are_read() {
    let text = "It was 23.05.\r\n\r\nOn 05/05/2026 15:04, Ann Example wrote:\r\n> Which build?\r\n";
    assert_eq!(split(text).new_words, "It was 23.05.");
}

proptest! {
    /// Every line with something in it is in one of the two parts, as often as it was in the text.
    #[test]
    fn no_line_is_lost(parts in prop::collection::vec(prop::sample::select(vec![
        "On Tue, 5 May 2026 at 15:04, Ann <ann@mail.example> wrote:", "> quoted", ">> deeper", "own words", "", " ", "-- ", "--", "Bob",
        "From: Ann", "Sent: now", "To: Bob", "Subject: x", "-----Original Message-----", "```", ">>> import os", "_____", "3c3", "Ann wrote:",
        "Sent from my iPhone", "-----BEGIN PGP SIGNED MESSAGE-----", "Hash: SHA256", "-----BEGIN PGP SIGNATURE-----",
        "-----END PGP SIGNATURE-----", "| bar", "Ann> cited", "<ann@mail.example> wrote:", "見本さんは書きました:", ">From here",
    ]), 0..40)) {
        let text = parts.join("\n");
        let Split { new_words, quoted } = split(&text);
        let mut all = plain(&text);
        let mut both = plain(&new_words);
        both.extend(plain(&quoted));
        all.sort();
        both.sort();
        prop_assert_eq!(all, both);
        prop_assert!(has_word(&new_words) || !has_word(&text));
    }

    #[test]
    fn any_text_gives_a_result(text in "(\\PC|\n|\r|\t|>|On 1|:|@|<|From:|wrote){0,80}") {
        let Split { new_words, .. } = split(&text);
        prop_assert!(has_word(&new_words) || !has_word(&text));
    }
}
