//! The IMAP client against scripted servers: each way a server (or the line) can lie, stall or break off.

use std::collections::BTreeSet;
use std::time::Duration;

use sir_intake::wire::Login;
use sir_intake::wire::imap::{Access, Folder, IdleEnd, ImapError, Keyword, Mailbox};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::wire_script::{CLOSE, QUICK, Step, login, scripted, server, step};

fn select() -> Step {
    step(
        "SELECT \"INBOX\"",
        "* FLAGS (\\Seen)\r\n* 3 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 77] ok\r\n* OK [UIDNEXT 12] next\r\n{tag} OK [READ-WRITE] done\r\n",
    )
}

fn refused(command: &'static str) -> ImapError {
    ImapError::Refused { command, bad: false, try_create: false }
}

fn inbox() -> Folder {
    Folder::named("INBOX").unwrap()
}

#[tokio::test]
async fn a_dovecot_that_has_just_started_talks_before_its_greeting() {
    let greeting = "* OK Waiting for authentication process to respond..\r\n* OK Waiting more..\r\n* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n";
    let steps = vec![
        step("LOGIN", "* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n"),
        step("CAPABILITY", "* CAPABILITY IMAP4rev1 IDLE move AUTH=plain\r\n{tag} OK\r\n"),
    ];
    let mailbox = scripted(greeting, steps).enter().await;
    let can: Vec<&str> = mailbox.capabilities().iter().map(String::as_str).collect();
    assert_eq!(can, ["AUTH=PLAIN", "IDLE", "IMAP4REV1", "MOVE"]);
    assert!(mailbox.can_idle() && mailbox.can_move());
}

#[tokio::test]
async fn logins_that_fail_say_whether_later_may_help_and_quote_nothing() {
    for (reply, wanted) in [
        // The parser panics at this one.
        ("* OK [ALERT]\u{e9}\r\n{tag} NO [ALERT]\u{e9}\r\n", ImapError::Login { later: false }),
        ("{tag} NO [AUTHENTICATIONFAILED] canary wrong\r\n", ImapError::Login { later: false }),
        ("{tag} NO [UNAVAILABLE] canary busy\r\n", ImapError::Login { later: true }),
        ("* BYE canary\r\n\u{4}", ImapError::Lost),
        ("* 7 (canary) is no IMAP\r\n", ImapError::Garbled),
        ("", ImapError::Timeout { command: "LOGIN" }),
    ] {
        let mut server = scripted("* OK hi\r\n", vec![step("LOGIN", reply)]);
        let error = server.try_enter().await.err().expect(reply);
        assert_eq!(error, wanted);
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
    let mut busy = scripted("* BYE canary too many\r\n", vec![]);
    assert_eq!(busy.try_enter().await.err(), Some(ImapError::Lost));
    let mut silent = scripted("", vec![]);
    assert_eq!(silent.try_enter().await.err(), Some(ImapError::Timeout { command: "greeting" }));
    let injected = Login::Password { user: "a\r\nA9 LOGOUT".to_owned(), secret: "x".to_owned().into() };
    let mut server = scripted("* OK hi\r\n", vec![]);
    let entered = Mailbox::over(server.stream.take().unwrap(), &injected, QUICK).await;
    assert_eq!(entered.err(), Some(ImapError::Login { later: false }));
}

#[tokio::test]
async fn xoauth2_sends_the_bearer_once_and_an_empty_line_to_the_complaint() {
    let bearer = data_encoding::BASE64.encode(b"user=intake@sir.example\x01auth=Bearer tok\x01\x01");
    let enter = |steps| async {
        let mut server = scripted("* OK hi\r\n", steps);
        let login = Login::XOAuth2 { user: "intake@sir.example".to_owned(), token: "tok".to_owned().into() };
        let entered = Mailbox::over(server.stream.take().unwrap(), &login, QUICK).await;
        (entered.err(), server.heard())
    };
    let good = vec![
        step("AUTHENTICATE XOAUTH2", "+ \r\n"),
        step("", "{tag} OK in\r\n"),
        step("CAPABILITY", "* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n"),
    ];
    let (error, heard) = enter(good).await;
    assert_eq!(error, None);
    assert_eq!(heard[1], bearer);
    let bad = vec![
        step("AUTHENTICATE XOAUTH2", "+ \r\n"),
        step("", "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n"),
        step("", "{tag} NO canary\r\n"),
    ];
    let (error, heard) = enter(bad).await;
    assert_eq!(error, Some(ImapError::Login { later: false }));
    assert_eq!(heard[2], "");
}

#[tokio::test]
async fn opening_tells_uidvalidity_and_searching_leaves_out_the_last_mail_that_is_not_new() {
    let mut server = server(
        "IDLE",
        vec![
            select(),
            step("UID SEARCH UID 12:*", "* SEARCH 11\r\n{tag} OK\r\n"),
            step("UID SEARCH UID 11:*", "* SEARCH 13 11 12 11\r\n{tag} OK\r\n"),
            step("UID SEARCH ALL", "* SEARCH 4 9\r\n* SEARCH 11\r\n{tag} OK\r\n"),
            step("UID SEARCH UID 1:*", "{tag} OK nothing\r\n"),
            step("EXAMINE", "* 3 EXISTS\r\n{tag} OK\r\n"),
        ],
    );
    let mut mailbox = server.enter().await;
    let opened = mailbox.open(&inbox(), Access::Decorate).await.unwrap();
    assert_eq!((opened.uidvalidity, opened.uidnext, opened.exists), (77, Some(12), 3));
    assert_eq!(mailbox.uids_from(12).await.unwrap(), Vec::<u32>::new());
    assert_eq!(mailbox.uids_from(11).await.unwrap(), [11, 12, 13]);
    assert_eq!(mailbox.all_uids().await.unwrap(), [4, 9, 11]);
    assert_eq!(mailbox.uids_from(0).await.unwrap(), Vec::<u32>::new());
    let without = mailbox.open(&inbox(), Access::Look).await;
    assert_eq!(without, Err(ImapError::Garbled), "no UIDVALIDITY");
}

/// async-imap alone takes all of these for `Ok` and an empty or partial answer.
#[tokio::test]
async fn a_no_is_an_error_and_the_connection_stays_in_step() {
    let mut server = server(
        "MOVE IDLE",
        vec![
            select(),
            step("UID SEARCH UID 5:*", "* SEARCH 5\r\n{tag} NO canary\r\n"),
            step("UID FETCH 5 (UID RFC822.SIZE", "{tag} NO canary\r\n"),
            step("UID FETCH 5 (UID INTERNALDATE BODY.PEEK[])", "{tag} BAD canary\r\n"),
            step("UID STORE 5 +FLAGS ($SirStored)", "{tag} NO canary\r\n"),
            step("UID MOVE 5 \"Done\"", "{tag} NO [TRYCREATE] canary\r\n"),
            step("NOOP", "{tag} NO canary\r\n"),
            step("SELECT \"Nowhere\"", "{tag} NO canary\r\n"),
            step("NOOP", "{tag} OK\r\n"),
        ],
    );
    let mut mailbox = server.enter().await;
    mailbox.open(&inbox(), Access::Decorate).await.unwrap();
    assert_eq!(mailbox.uids_from(5).await.unwrap_err(), refused("SEARCH"));
    assert_eq!(mailbox.sizes(&[5]).await.unwrap_err(), refused("FETCH"));
    let bad = ImapError::Refused { command: "FETCH", bad: true, try_create: false };
    assert_eq!(mailbox.fetch(&[5], 1000).await.unwrap_err(), bad);
    assert_eq!(bad.to_string(), "the IMAP server refused FETCH (BAD)");
    let keyword = Keyword::named("$SirStored").unwrap();
    assert_eq!(mailbox.add_keyword(&[5], &keyword).await.unwrap_err(), refused("STORE"));
    let missing = ImapError::Refused { command: "MOVE", bad: false, try_create: true };
    assert_eq!(mailbox.move_to(&[5], &Folder::named("Done").unwrap()).await.unwrap_err(), missing);
    assert_eq!(mailbox.noop().await.unwrap_err(), refused("NOOP"));
    let nowhere = Folder::named("Nowhere").unwrap();
    assert_eq!(mailbox.open(&nowhere, Access::Decorate).await.unwrap_err(), refused("SELECT"));
    assert_eq!(mailbox.noop().await, Ok(()));
}

#[tokio::test]
async fn mails_not_given_are_missing_and_never_absent() {
    let two = "* 1 FETCH (UID 5 INTERNALDATE \" 7-Nov-2026 10:00:00 +0000\" BODY[] {3}\r\none)\r\n* 3 FETCH (FLAGS (\\Seen))\r\n* 9 FETCH (UID 99 BODY[] {2}\r\nno)\r\n* 2 FETCH (UID 7 BODY[] {0}\r\n)\r\n* 4 FETCH (UID 8 BODY[] NIL)\r\n";
    let mut server = server(
        "",
        vec![
            select(),
            step(
                "UID FETCH 5:8 (UID INTERNALDATE BODY.PEEK[])",
                &format!("{two}{{tag}} NO [EXPUNGEISSUED] gone\r\n"),
            ),
            step(
                "UID FETCH 5:6 (UID RFC822.SIZE INTERNALDATE)",
                "* 1 FETCH (UID 5 RFC822.SIZE 44)\r\n* 1 FETCH (RFC822.SIZE 9)\r\n{tag} OK\r\n",
            ),
        ],
    );
    let mut mailbox = server.enter().await;
    mailbox.open(&inbox(), Access::Decorate).await.unwrap();
    let batch = mailbox.fetch(&[8, 7, 6, 5], 1000).await.unwrap();
    assert_eq!(batch.missing, [6, 8]);
    let mails: Vec<(u32, &[u8])> = batch.mails.iter().map(|mail| (mail.uid, mail.raw.as_slice())).collect();
    assert_eq!(mails, [(5, b"one".as_slice()), (7, b"".as_slice())]);
    assert_eq!(batch.mails[0].internaldate.unwrap().to_string(), "2026-11-07T10:00:00Z");
    assert_eq!(batch.mails[1].internaldate, None);
    let sizes = mailbox.sizes(&[5, 6]).await.unwrap();
    assert_eq!(sizes.missing, [6]);
    assert_eq!(sizes.shown[&5].size, 44);
}

/// A reader that takes the end of the stream for the end of the answer loses the mails that did not come.
#[tokio::test]
async fn the_end_of_the_stream_is_never_the_end_of_an_answer() {
    let whole = "* 1 FETCH (UID 5 BODY[] {3}\r\none)\r\n";
    for cut in ["", "* 1 FETCH (UID 5 BODY[] {3}\r\no", whole, "* BYE going\r\n"] {
        let mut server = server("", vec![select(), step("UID FETCH", &format!("{cut}{CLOSE}"))]);
        let mut mailbox = server.enter().await;
        mailbox.open(&inbox(), Access::Decorate).await.unwrap();
        assert_eq!(mailbox.fetch(&[5, 6], 1000).await.unwrap_err(), ImapError::Lost, "{cut}");
        assert_eq!(mailbox.noop().await, Err(ImapError::Lost));
    }
    let mut server = server("", vec![step("NOOP", &format!("* BYE idle too long\r\n{CLOSE}"))]);
    assert_eq!(server.enter().await.noop().await, Err(ImapError::Lost));
}

#[tokio::test]
async fn a_literal_that_announces_too_much_is_refused_before_memory_is_set_aside() {
    for lie in ["400000000", "99999999999999999999"] {
        let mut server = server(
            "",
            vec![select(), step("UID FETCH", &format!("* 1 FETCH (UID 5 BODY[] {{{lie}}}\r\nabc"))],
        );
        let mut mailbox = server.enter().await;
        mailbox.open(&inbox(), Access::Decorate).await.unwrap();
        assert_eq!(mailbox.fetch(&[5], 1_000_000).await.unwrap_err(), ImapError::TooLarge);
        assert_eq!(mailbox.noop().await, Err(ImapError::Lost));
    }
    let mut greeting = scripted("* LIST () {400000000}\r\n", vec![]);
    assert!(greeting.try_enter().await.is_err());
}

#[tokio::test]
async fn a_silent_server_costs_a_deadline_and_the_connection() {
    let mut server =
        server("", vec![select(), step("UID FETCH", "* 1 FETCH (UID 5 BODY[] {300}\r\nstill coming")]);
    let mut mailbox = server.enter().await;
    mailbox.open(&inbox(), Access::Decorate).await.unwrap();
    let late = ImapError::Timeout { command: "FETCH" };
    assert_eq!(mailbox.fetch(&[5], 1000).await.unwrap_err(), late);
    assert_eq!(mailbox.all_uids().await, Err(ImapError::Lost));
}

#[tokio::test]
async fn a_call_that_was_dropped_half_way_leaves_the_connection_unused() {
    let mut server = server("", vec![select()]);
    let mut mailbox = server.enter().await;
    mailbox.open(&inbox(), Access::Decorate).await.unwrap();
    let dropped = tokio::time::timeout(Duration::from_millis(20), mailbox.all_uids()).await;
    assert!(dropped.is_err());
    assert_eq!(mailbox.all_uids().await, Err(ImapError::Lost));
}

#[tokio::test]
async fn a_large_mail_comes_in_pieces_up_to_the_cap() {
    let piece = "x".repeat(1 << 20);
    let big = |from: usize, bytes: &str| {
        format!(
            "* 1 FETCH (UID 5 INTERNALDATE \"07-Nov-2026 10:00:00 +0000\" BODY[]<{from}> {{{}}}\r\n{bytes})\r\n{{tag}} OK\r\n",
            bytes.len()
        )
    };
    let mut server = server(
        "",
        vec![
            step("BODY.PEEK[]<0.1048576>)", &big(0, &piece)),
            step("BODY.PEEK[]<1048576.1048576>)", &big(1 << 20, "tail")),
            step("BODY.PEEK[]<0.1001>)", &big(0, &piece[..1001])),
            step("BODY.PEEK[]<0.1001>)", &big(0, &piece[..1000])),
            step("BODY.PEEK[]<0.11>)", "{tag} OK\r\n"),
            step(
                "BODY.PEEK[HEADER]<0.1048576>)",
                "* 1 FETCH (UID 5 BODY[HEADER]<0> {14}\r\nSubject: hi\r\n\r)\r\n{tag} OK\r\n",
            ),
            step("BODY.PEEK[]<0.11>)", &big(500, "x")),
        ],
    );
    let mut mailbox = server.enter().await;
    let all = mailbox.fetch_partial(5, 35 << 20).await.unwrap().unwrap();
    assert_eq!((all.raw.len(), all.whole, all.internaldate.is_some()), ((1 << 20) + 4, true, true));
    let cut = mailbox.fetch_partial(5, 1000).await.unwrap().unwrap();
    assert_eq!((cut.raw.len(), cut.whole), (1000, false));
    let fits = mailbox.fetch_partial(5, 1000).await.unwrap().unwrap();
    assert_eq!((fits.raw.len(), fits.whole), (1000, true));
    assert_eq!(mailbox.fetch_partial(5, 10).await.unwrap(), None);
    assert_eq!(mailbox.fetch_header(5).await.unwrap().unwrap().raw.len(), 14);
    assert_eq!(
        mailbox.fetch_partial(5, 10).await.unwrap_err(),
        ImapError::Garbled,
        "another piece than asked for"
    );
}

#[tokio::test]
async fn a_server_that_ignores_the_range_cannot_fill_our_memory() {
    let mut server = server("", vec![step("BODY.PEEK[]<0.1001>)", "* 1 FETCH (UID 5 BODY[] {30000000}\r\n")]);
    let mut mailbox = server.enter().await;
    assert_eq!(mailbox.fetch_partial(5, 1000).await.unwrap_err(), ImapError::TooLarge);
}

#[tokio::test]
async fn decoration_is_read_back_and_needs_move() {
    let mut server = server(
        "IDLE",
        vec![step(
            "UID STORE 5:7 +FLAGS ($SirStored)",
            "* 1 FETCH (UID 5 FLAGS (\\Seen $SirStored))\r\n* 2 FETCH (UID 6 FLAGS ())\r\n* 3 FETCH (FLAGS ($SirStored))\r\n{tag} OK\r\n",
        )],
    );
    let mut mailbox = server.enter().await;
    let marked = mailbox.add_keyword(&[5, 6, 7], &Keyword::named("$SirStored").unwrap()).await.unwrap();
    assert_eq!(marked, BTreeSet::from([5]));
    assert_eq!(mailbox.move_to(&[5], &inbox()).await, Err(ImapError::NoMove));
    let heard = server.heard().join("\n");
    for never in ["COPY", "EXPUNGE", "\\Deleted", "\\Seen", "MOVE"] {
        assert!(!heard.contains(never), "{never} in {heard}");
    }
}

#[tokio::test]
async fn idle_ends_with_news() {
    let mut server = server(
        "IDLE",
        vec![
            select(),
            step("IDLE", "+ idling\r\n* OK Still here\r\n* 2 FETCH (FLAGS (\\Seen))\r\n* 4 EXISTS\r\n"),
            step("DONE", "* 4 EXISTS\r\n{tag} OK\r\n"),
            step("NOOP", "{tag} OK\r\n"),
        ],
    );
    let mut mailbox = server.enter().await;
    mailbox.open(&inbox(), Access::Decorate).await.unwrap();
    assert_eq!(mailbox.idle(Duration::from_secs(5)).await, Ok(IdleEnd::News));
    assert_eq!(mailbox.exists(), 4);
    assert_eq!(mailbox.noop().await, Ok(()));
}

/// A client that only listens from IDLE on sleeps through a mail that was announced before.
#[tokio::test]
async fn what_was_announced_before_the_idle_is_news_at_once() {
    let mut server = server(
        "IDLE",
        vec![
            select(),
            step("UID SEARCH", "* SEARCH 11\r\n{tag} OK\r\n"),
            step("UID FETCH", "* 4 EXISTS\r\n* 1 FETCH (UID 11 BODY[] {1}\r\nx)\r\n{tag} OK\r\n"),
        ],
    );
    let mut mailbox = server.enter().await;
    mailbox.open(&inbox(), Access::Decorate).await.unwrap();
    mailbox.all_uids().await.unwrap();
    mailbox.fetch(&[11], 100).await.unwrap();
    assert_eq!(mailbox.idle(Duration::from_secs(5)).await, Ok(IdleEnd::News));
    assert!(!server.heard().join("\n").contains("IDLE"));
}

#[tokio::test]
async fn idle_that_only_hears_keep_alives_ends_in_time() {
    let (ours, theirs) = tokio::io::duplex(4096);
    tokio::spawn(async move {
        let (read, mut write) = tokio::io::split(theirs);
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"* OK hi\r\n").await.unwrap();
        let mut idle = String::new();
        loop {
            tokio::select! {
                line = lines.next_line() => {
                    let Ok(Some(line)) = line else { return };
                    let tag = line.split(' ').next().unwrap().to_owned();
                    if line.ends_with("IDLE") {
                        idle = tag;
                        write.write_all(b"+ idling\r\n").await.unwrap();
                    } else if line == "DONE" {
                        write.write_all(format!("{idle} OK\r\n").as_bytes()).await.unwrap();
                    } else {
                        write.write_all(format!("{tag} OK\r\n").as_bytes()).await.unwrap();
                    }
                }
                () = tokio::time::sleep(Duration::from_millis(20)), if !idle.is_empty() => {
                    if write.write_all(b"* OK Still here\r\n").await.is_err() { return }
                }
            }
        }
    });
    let mut mailbox = Mailbox::over(ours, &login(), QUICK).await.unwrap();
    let waited = tokio::time::timeout(Duration::from_secs(3), mailbox.idle(Duration::from_millis(150))).await;
    assert_eq!(waited.unwrap(), Ok(IdleEnd::Timeout));
    let woken =
        mailbox.idle_until(Duration::from_secs(60), tokio::time::sleep(Duration::from_millis(50))).await;
    assert_eq!(woken, Ok(IdleEnd::Woken));
    assert_eq!(mailbox.noop().await, Ok(()));
}

#[tokio::test]
async fn idle_refused_is_an_error_and_not_a_hang() {
    let mut server =
        server("IDLE", vec![select(), step("IDLE", "{tag} NO canary\r\n"), step("NOOP", "{tag} OK\r\n")]);
    let mut mailbox = server.enter().await;
    mailbox.open(&inbox(), Access::Decorate).await.unwrap();
    assert_eq!(mailbox.idle(Duration::from_secs(5)).await, Err(refused("IDLE")));
    assert_eq!(mailbox.noop().await, Ok(()));
}

#[tokio::test]
async fn an_idle_whose_line_breaks_is_lost() {
    for reply in
        ["+ idling\r\n\u{4}", "+ idling\r\n* BYE shutting down\r\n\u{4}", "\u{4}", "+ idling\r\n* 4 EXI\u{4}"]
    {
        let mut server = server("IDLE", vec![select(), step("IDLE", reply)]);
        let mut mailbox = server.enter().await;
        mailbox.open(&inbox(), Access::Decorate).await.unwrap();
        assert_eq!(mailbox.idle(Duration::from_secs(5)).await, Ok(IdleEnd::Lost), "{reply:?}");
        assert_eq!(mailbox.noop().await, Err(ImapError::Lost));
    }
}

#[tokio::test]
async fn an_idle_on_a_half_open_line_ends_with_the_unanswered_done() {
    let mut server = server("IDLE", vec![select(), step("IDLE", "+ idling\r\n")]);
    let mut mailbox = server.enter().await;
    mailbox.open(&inbox(), Access::Decorate).await.unwrap();
    let ended = mailbox.idle(Duration::from_millis(50)).await;
    assert_eq!(ended, Err(ImapError::Timeout { command: "DONE" }));
    assert_eq!(mailbox.noop().await, Err(ImapError::Lost));
}

#[tokio::test]
async fn hundreds_of_unasked_lines_change_nothing() {
    let noise: String = (4..400).map(|n| format!("* {n} EXISTS\r\n* {n} RECENT\r\n")).collect();
    let mut server = server(
        "",
        vec![select(), step("UID SEARCH ALL", &format!("{noise}* SEARCH 5\r\n{noise}{{tag}} OK\r\n"))],
    );
    let mut mailbox = server.enter().await;
    mailbox.open(&inbox(), Access::Decorate).await.unwrap();
    assert_eq!(mailbox.all_uids().await, Ok(vec![5]));
    assert_eq!(mailbox.exists(), 399);
}

#[tokio::test]
async fn a_mail_with_nul_and_eight_bit_bytes_comes_as_it_is() {
    let raw: Vec<u8> = (0..=255).collect();
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let mail = raw.clone();
    tokio::spawn(async move {
        let (read, mut write) = tokio::io::split(theirs);
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"* OK hi\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let tag = line.split(' ').next().unwrap();
            if line.contains("FETCH") {
                write.write_all(b"* 1 FETCH (UID 5 BODY[] {256}\r\n").await.unwrap();
                write.write_all(&mail).await.unwrap();
                write.write_all(b")\r\n").await.unwrap();
            }
            write.write_all(format!("{tag} OK\r\n").as_bytes()).await.unwrap();
        }
    });
    let mut mailbox = Mailbox::over(ours, &login(), QUICK).await.unwrap();
    assert_eq!(mailbox.fetch(&[5], 1000).await.unwrap().mails[0].raw, raw);
    mailbox.logout().await;
}
