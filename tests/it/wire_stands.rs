//! The mail clients and the practice servers speak to each other over real TLS on loopback.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use sir_intake::case::Address;
use sir_intake::practice::certificate::Certificate;
use sir_intake::practice::imapd::{Fault, Imapd};
use sir_intake::practice::smtpd::{self, Smtpd};
use sir_intake::wire::Login;
use sir_intake::wire::imap::{
    Access, Folder, IdleEnd, ImapAccount, ImapError, ImapTimeouts, Keyword, Mailbox,
};
use sir_intake::wire::smtp::{NotSent, Smtp, SmtpAccount, SmtpTimeouts, SmtpTls, Stage};
use sir_intake::wire::tls::Trust;

const DAY: &str = "2026-11-20T10:00:00Z";

fn password() -> Login {
    Login::Password { user: "intake".to_owned(), secret: "pw".to_owned().into() }
}

fn mailbox_of(imapd: &Imapd, certificate: &Certificate, login: Login) -> ImapAccount {
    ImapAccount {
        host: "localhost".to_owned(),
        port: imapd.port(),
        login,
        trust: Trust::ca(certificate.ca_pem.as_bytes()).unwrap(),
        timeouts: ImapTimeouts {
            connect: Duration::from_secs(5),
            command: Duration::from_secs(1),
            fetch: Duration::from_secs(1),
        },
    }
}

fn day() -> Timestamp {
    DAY.parse().unwrap()
}

#[tokio::test]
async fn a_mailbox_is_read_idled_on_and_decorated() {
    let certificate = Certificate::new().unwrap();
    let imapd = Imapd::start(&certificate, &[("intake", "pw")]).await.unwrap();
    imapd.create("Done");
    let mails: Vec<Vec<u8>> =
        (0..20u32).map(|n| format!("Subject: {n}\r\n\r\n\u{e9}{}\r\n", "x".repeat(5000)).into()).collect();
    let uids: Vec<u32> = mails.iter().map(|raw| imapd.deliver("INBOX", raw.clone(), day())).collect();
    let mut mailbox = Mailbox::connect(&mailbox_of(&imapd, &certificate, password())).await.unwrap();
    let inbox = Folder::named("INBOX").unwrap();
    let opened = mailbox.open(&inbox, Access::Decorate).await.unwrap();
    assert_eq!((opened.uidvalidity, opened.exists), (imapd.uidvalidity("INBOX"), 20));
    assert_eq!(mailbox.all_uids().await.unwrap(), uids);
    assert_eq!(mailbox.uids_from(uids[19] + 1).await.unwrap(), Vec::<u32>::new());
    let sizes = mailbox.sizes(&uids).await.unwrap();
    assert_eq!((sizes.shown.len(), sizes.missing.len()), (20, 0));
    assert_eq!(sizes.shown[&uids[3]].internaldate, Some(day()));
    assert_eq!(sizes.shown[&uids[3]].size, mails[3].len() as u64);
    let batch = mailbox.fetch(&uids, 10_000).await.unwrap();
    assert!(batch.mails.iter().map(|mail| &mail.raw).eq(&mails));
    let part = mailbox.fetch_partial(uids[3], 100).await.unwrap().unwrap();
    assert_eq!((part.raw.as_slice(), part.whole), (&mails[3][..100], false));
    let whole = mailbox.fetch_partial(uids[3], 1 << 20).await.unwrap().unwrap();
    assert_eq!((whole.raw.as_slice(), whole.whole), (mails[3].as_slice(), true));
    assert_eq!(mailbox.fetch_partial(999, 100).await.unwrap(), None);
    assert_eq!(mailbox.fetch_header(uids[3]).await.unwrap().unwrap().raw, b"Subject: 3\r\n\r\n");
    let marked = mailbox.add_keyword(&uids[..3], &Keyword::named("$SirStored").unwrap()).await.unwrap();
    assert_eq!(marked, BTreeSet::from([uids[0], uids[1], uids[2]]));
    mailbox.move_to(&uids[..1], &Folder::named("Done").unwrap()).await.unwrap();
    assert_eq!(imapd.held("Done").len(), 1);
    let nowhere = Folder::named("Nowhere").unwrap();
    let refused = mailbox.move_to(&uids[1..2], &nowhere).await;
    assert_eq!(refused, Err(ImapError::Refused { command: "MOVE", bad: false, try_create: true }));
    let (ended, new) = tokio::join!(mailbox.idle(Duration::from_secs(5)), async {
        assert!(imapd.wait_for_idle(Duration::from_secs(2)).await);
        imapd.deliver("INBOX", b"Subject: new\r\n\r\n".to_vec(), day())
    });
    assert_eq!(ended, Ok(IdleEnd::News));
    assert_eq!(mailbox.uids_from(uids[19] + 1).await.unwrap(), [new]);
    assert_eq!(mailbox.idle(Duration::from_millis(50)).await, Ok(IdleEnd::Timeout));
    mailbox.logout().await;
    assert_eq!(imapd.forbidden_seen(), Vec::<String>::new());
    let seen = imapd.held("INBOX").iter().any(|(_, flags)| flags.iter().any(|flag| flag == "\\Seen"));
    assert!(!seen);
}

#[tokio::test]
async fn the_faults_of_the_practice_mailbox_are_all_noticed() {
    let certificate = Certificate::new().unwrap();
    let imapd = Imapd::start(&certificate, &[("intake", "pw")]).await.unwrap();
    let uid = imapd.deliver("INBOX", b"Subject: x\r\n\r\nbody\r\n".to_vec(), day());
    let account = mailbox_of(&imapd, &certificate, password());
    for (fault, wanted) in [
        (Fault::No, ImapError::Refused { command: "FETCH", bad: false, try_create: false }),
        (Fault::Bad, ImapError::Refused { command: "FETCH", bad: true, try_create: false }),
        (Fault::Cut { after_bytes: 30 }, ImapError::Lost),
        (Fault::Drop, ImapError::Lost),
        (Fault::Bye, ImapError::Lost),
        (Fault::Hang, ImapError::Timeout { command: "FETCH" }),
        (Fault::LiteralLie { bytes: 400_000_000 }, ImapError::TooLarge),
        (Fault::LiteralLie { bytes: 900 }, ImapError::Timeout { command: "FETCH" }),
    ] {
        let mut mailbox = Mailbox::connect(&account).await.unwrap();
        mailbox.open(&Folder::named("INBOX").unwrap(), Access::Look).await.unwrap();
        imapd.faults().at("FETCH", fault.clone());
        assert_eq!(mailbox.fetch(&[uid], 10_000).await.err(), Some(wanted), "{fault:?}");
        imapd.faults().clear();
    }
    let mut mailbox = Mailbox::connect(&account).await.unwrap();
    mailbox.open(&Folder::named("INBOX").unwrap(), Access::Look).await.unwrap();
    imapd.faults().omit(&[uid]);
    assert_eq!(mailbox.fetch(&[uid], 10_000).await.unwrap().missing, [uid]);
    imapd.faults().clear();
    imapd.faults().refuse_idle(1);
    let no = Err(ImapError::Refused { command: "IDLE", bad: false, try_create: false });
    assert_eq!(mailbox.idle(Duration::from_secs(5)).await, no);
    let (ended, ()) = tokio::join!(mailbox.idle(Duration::from_secs(5)), async {
        assert!(imapd.wait_for_idle(Duration::from_secs(2)).await);
        imapd.faults().drop_connections();
    });
    assert_eq!(ended, Ok(IdleEnd::Lost));
    let wrong = Login::Password { user: "intake".to_owned(), secret: "no".to_owned().into() };
    let entered = Mailbox::connect(&mailbox_of(&imapd, &certificate, wrong)).await;
    assert_eq!(entered.err(), Some(ImapError::Login { later: false }));
    imapd.accept_tokens(&["good"]);
    for (token, wanted) in [("good", None), ("bad", Some(ImapError::Login { later: false }))] {
        let bearer = Login::XOAuth2 { user: "intake".to_owned(), token: token.to_owned().into() };
        let entered = Mailbox::connect(&mailbox_of(&imapd, &certificate, bearer)).await;
        assert_eq!(entered.err(), wanted, "{token}");
    }
}

#[tokio::test]
async fn letters_reach_the_practice_server_once_or_are_owned_up_to() {
    let certificate = Certificate::new().unwrap();
    for (theirs, ours) in
        [(smtpd::Tls::Implicit, SmtpTls::Implicit), (smtpd::Tls::StartTls, SmtpTls::StartTls)]
    {
        let smtpd = Smtpd::start(&certificate, theirs, &[("intake", "pw")]).await.unwrap();
        let smtp = Smtp::new(SmtpAccount {
            host: "localhost".to_owned(),
            port: smtpd.port(),
            tls: ours,
            trust: Trust::ca(certificate.ca_pem.as_bytes()).unwrap(),
            login: Some(password()),
            hello: "sir.example".to_owned(),
            timeouts: SmtpTimeouts {
                connect: Duration::from_secs(5),
                command: Duration::from_secs(1),
                letter: Duration::from_secs(1),
            },
            connections: 2,
        });
        let from = Address::parse("security@sir.example").unwrap();
        let to = Address::parse("ann@reporter.example").unwrap();
        let letter = b"Subject: x\r\n\r\n.dot\r\n\r\n";
        let send = || smtp.send(Some(&from), &to, None, letter);
        assert!(send().await.is_ok());
        assert!(send().await.is_ok());
        let mails = smtpd.mails();
        assert_eq!((mails.len(), mails[1].data.as_slice()), (2, letter.as_slice()));
        assert_eq!(
            (mails[0].envelope_from.as_str(), mails[0].envelope_to.len()),
            ("security@sir.example", 1)
        );
        let proven = |retry, code, at| Err(NotSent::Proven { retry, code, at });
        for (stage, fault, wanted, more) in [
            (
                smtpd::Stage::Rcpt,
                smtpd::Fault::Reply(550, "no".to_owned()),
                proven(false, Some(550), Stage::Envelope),
                0,
            ),
            (smtpd::Stage::Data, smtpd::Fault::Drop, proven(true, None, Stage::Data), 0),
            (
                smtpd::Stage::DataEnd,
                smtpd::Fault::Reply(452, "full".to_owned()),
                proven(true, Some(452), Stage::Letter),
                0,
            ),
            (smtpd::Stage::DataEnd, smtpd::Fault::Drop, Err(NotSent::Unknown), 0),
            (smtpd::Stage::DataEnd, smtpd::Fault::CommitThenDrop, Err(NotSent::Unknown), 1),
            (smtpd::Stage::DataEnd, smtpd::Fault::CommitThenHang, Err(NotSent::Unknown), 1),
        ] {
            let before = smtpd.count();
            smtpd.faults().at(stage, fault.clone());
            assert_eq!(send().await.map(|_| ()), wanted, "{fault:?}");
            assert_eq!(smtpd.count() - before, more);
        }
        assert!(send().await.is_ok());
        smtp.close().await;
    }
}
