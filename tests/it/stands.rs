//! The practice servers against the clients of the field: what the daemon is proved against must itself be proved.

use std::sync::Arc;
use std::time::Duration;

use async_imap::extensions::idle::IdleResponse;
use futures_util::TryStreamExt;
use jiff::Timestamp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate as Trust, Tls as ClientTls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use sir_intake::practice::certificate::Certificate;
use sir_intake::practice::imapd::{self, Imapd};
use sir_intake::practice::smtpd::{self, Smtpd, Stage, Tls};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

const USERS: &[(&str, &str)] = &[("intake@lists.example", "correct horse")];
const LIMIT: Duration = Duration::from_secs(10);
const MAIL: &[u8] = b"From: Ada <ada@reporter.example>\r\nSubject: overflow\r\n in the importer\r\nMessage-ID: <1@reporter.example>\r\n\r\nHello\r\n\r\n.dot\r\n";

fn certificate() -> Certificate {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Certificate::new().unwrap()
}

fn monday() -> Timestamp {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

type Client = async_imap::Client<TlsStream<TcpStream>>;
type Session = async_imap::Session<TlsStream<TcpStream>>;

async fn connect(server: &Imapd, certificate: &Certificate) -> Client {
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(rustls::pki_types::CertificateDer::from_pem_slice(certificate.ca_pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    tcp.set_nodelay(true).unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let tls = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap();
    let mut client = async_imap::Client::new(tls);
    let _greeting = client.read_response().await.unwrap();
    client
}

async fn login(server: &Imapd, certificate: &Certificate) -> Session {
    let client = connect(server, certificate).await;
    client.login("intake@lists.example", "correct horse").await.map_err(|(error, _)| error).unwrap()
}

async fn uids(session: &mut Session, query: &str) -> Vec<u32> {
    let mut uids: Vec<u32> = session.uid_search(query).await.unwrap().into_iter().collect();
    uids.sort_unstable();
    uids
}

async fn body(session: &mut Session, uid: u32, query: &str) -> Option<Vec<u8>> {
    let fetched: Vec<_> =
        session.uid_fetch(uid.to_string(), query).await.unwrap().try_collect().await.unwrap();
    let found = fetched.iter().find(|mail| mail.uid == Some(uid))?;
    found.body().or(found.header()).map(<[u8]>::to_vec)
}

#[tokio::test]
async fn a_mailbox_is_read_without_leaving_a_trace() {
    let certificate = certificate();
    let server = Imapd::start(&certificate, USERS).await.unwrap();
    server.set_role("Spam", "\\Junk");
    let uid = server.deliver("INBOX", MAIL.to_vec(), monday());
    let mut session = login(&server, &certificate).await;

    let capabilities = session.capabilities().await.unwrap();
    assert!(
        capabilities.has_str("IDLE") && capabilities.has_str("MOVE") && capabilities.has_str("AUTH=XOAUTH2")
    );
    let names: Vec<_> = session.list(None, Some("*")).await.unwrap().try_collect().await.unwrap();
    let junk = names.iter().find(|name| name.name() == "Spam").unwrap();
    assert!(format!("{:?}", junk.attributes()).contains("Junk"), "{:?}", junk.attributes());

    let inbox = session.select_condstore("INBOX").await.unwrap();
    assert_eq!((inbox.exists, inbox.uid_next), (1, Some(2)));
    assert_eq!(inbox.uid_validity, Some(server.uidvalidity("INBOX")));
    assert!(inbox.highest_modseq.is_some());
    assert_eq!(uids(&mut session, "ALL").await, [uid]);
    assert_eq!(uids(&mut session, "UID 1:*").await, [uid]);
    assert_eq!(uids(&mut session, "UID 7:9").await, Vec::<u32>::new());
    assert_eq!(uids(&mut session, "UNSEEN UNKEYWORD $SirStored").await, [uid]);
    assert_eq!(uids(&mut session, "SINCE 23-Nov-2026 HEADER Message-ID 1@reporter").await, [uid]);

    let fetched: Vec<_> = session
        .uid_fetch("1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(fetched[0].body(), Some(MAIL));
    assert_eq!(fetched[0].size, Some(u32::try_from(MAIL.len()).unwrap()));
    assert_eq!(fetched[0].internal_date().unwrap().timestamp(), monday().as_second());
    assert_eq!(fetched[0].flags().count(), 0);
    assert_eq!(body(&mut session, uid, "BODY.PEEK[]<5.4>").await.unwrap(), b" Ada");
    assert!(
        body(&mut session, uid, "BODY.PEEK[HEADER]")
            .await
            .unwrap()
            .ends_with(b"<1@reporter.example>\r\n\r\n")
    );

    let status = session.status("INBOX", "(MESSAGES UIDNEXT UIDVALIDITY)").await.unwrap();
    assert_eq!((status.exists, status.uid_next), (1, Some(2)));
    assert_eq!(server.held("INBOX"), [(uid, vec![])], "reading left no flag");
    assert!(server.forbidden_seen().is_empty());
    session.logout().await.unwrap();
}

#[tokio::test]
async fn decoration_is_a_keyword_or_a_move_and_the_rest_is_noticed() {
    let certificate = certificate();
    let server = Imapd::start(&certificate, USERS).await.unwrap();
    server.create("Done");
    let (first, second) =
        (server.deliver("INBOX", MAIL.to_vec(), monday()), server.deliver("INBOX", MAIL.to_vec(), monday()));
    let mut session = login(&server, &certificate).await;
    session.select("INBOX").await.unwrap();

    let stored: Vec<_> =
        session.uid_store("1", "+FLAGS ($SirStored)").await.unwrap().try_collect().await.unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!(server.held("INBOX")[0].1, ["$SirStored"]);
    assert_eq!(uids(&mut session, "KEYWORD $SirStored").await, [first]);

    session.uid_mv(second.to_string(), "Done").await.unwrap();
    assert_eq!(server.held("INBOX").len(), 1);
    assert_eq!(server.held("Done"), [(1, vec![])]);
    assert!(format!("{:?}", session.uid_mv("1", "Nowhere").await.unwrap_err()).contains("TryCreate"));
    assert!(server.forbidden_seen().is_empty());

    let _ = body(&mut session, first, "BODY[]").await;
    let _: Vec<_> = session.uid_store("1", "+FLAGS (\\Deleted)").await.unwrap().try_collect().await.unwrap();
    session.uid_copy("1", "Done").await.unwrap();
    let _: Vec<_> = session.expunge().await.unwrap().try_collect().await.unwrap();
    assert_eq!(server.forbidden_seen(), ["FETCH that sets \\Seen", "STORE \\Deleted", "COPY", "EXPUNGE"]);
    assert!(server.held("INBOX").is_empty());

    server.faults().without_move(true);
    assert!(!session.capabilities().await.unwrap().has_str("MOVE"));
}

#[tokio::test]
async fn idle_wakes_when_a_mail_comes_and_a_new_uidvalidity_ends_it() {
    let certificate = certificate();
    let server = Imapd::start(&certificate, USERS).await.unwrap();
    let mut session = login(&server, &certificate).await;
    session.select("INBOX").await.unwrap();

    let mut idle = session.idle();
    idle.init().await.unwrap();
    let (waiting, _stop) = idle.wait_with_timeout(LIMIT);
    assert!(server.wait_for_idle(LIMIT).await);
    server.deliver("INBOX", MAIL.to_vec(), monday());
    assert!(matches!(waiting.await.unwrap(), IdleResponse::NewData(_)));
    let mut session = idle.done().await.unwrap();
    assert_eq!(uids(&mut session, "ALL").await, [1]);

    server.faults().refuse_idle(1);
    let mut refused = session.idle();
    let hangs = tokio::time::timeout(Duration::from_millis(100), refused.init()).await;
    assert!(hangs.is_err(), "this client waits for ever after NO");
    assert_eq!(server.faults().pending(), 0);

    let mut session = login(&server, &certificate).await;
    session.select("INBOX").await.unwrap();
    let before = server.uidvalidity("INBOX");
    server.bump_uidvalidity("INBOX");
    assert!(server.uidvalidity("INBOX") > before);
    // The session ends with BYE, which this client takes for an empty answer.
    assert!(session.uid_search("ALL").await.is_ok_and(|found| found.is_empty()));
    assert!(session.select("INBOX").await.is_err());
}

struct Token(String);

impl async_imap::Authenticator for &mut Token {
    type Response = String;
    fn process(&mut self, challenge: &[u8]) -> String {
        if challenge.is_empty() { self.0.clone() } else { String::new() }
    }
}

#[tokio::test]
async fn an_access_token_opens_until_it_is_taken_back() {
    let certificate = certificate();
    let server = Imapd::start(&certificate, USERS).await.unwrap();
    server.accept_tokens(&["ya29.fresh"]);
    let token = |token: &str| Token(format!("user=intake@lists.example\u{1}auth=Bearer {token}\u{1}\u{1}"));
    let client = connect(&server, &certificate).await;
    let mut fresh = token("ya29.fresh");
    let mut session = client.authenticate("XOAUTH2", &mut fresh).await.map_err(|(error, _)| error).unwrap();
    session.select("INBOX").await.unwrap();

    let client = connect(&server, &certificate).await;
    let refused = client.authenticate("XOAUTH2", &mut token("ya29.stale")).await.map_err(|(error, _)| error);
    assert!(refused.unwrap_err().to_string().contains("AUTHENTICATIONFAILED"));
    let client = connect(&server, &certificate).await;
    let refused = client.login("intake@lists.example", "wrong").await.map_err(|(error, _)| error);
    assert!(refused.unwrap_err().to_string().contains("AUTHENTICATIONFAILED"));
}

#[tokio::test]
async fn each_fault_of_the_mailbox_strikes_once() {
    let certificate = certificate();
    let server = Imapd::start(&certificate, USERS).await.unwrap();
    for _ in 0..3 {
        server.deliver("INBOX", MAIL.to_vec(), monday());
    }
    let faults = server.faults();
    let fetch = async |session: &mut Session| -> Result<Vec<u32>, async_imap::error::Error> {
        let fetched = session.uid_fetch("1:*", "(UID BODY.PEEK[])").await?;
        Ok(fetched.try_collect::<Vec<_>>().await?.iter().filter_map(|mail| mail.uid).collect())
    };

    let mut session = login(&server, &certificate).await;
    session.select("INBOX").await.unwrap();
    faults.at("FETCH", imapd::Fault::NoAfterData);
    assert_eq!(fetch(&mut session).await.unwrap().len(), 3, "this client hides the NO");
    faults.omit(&[2]);
    assert_eq!(fetch(&mut session).await.unwrap(), [1, 3]);
    faults.omit(&[]);
    faults.at("FETCH", imapd::Fault::Cut { after_bytes: 2 * MAIL.len() });
    let cut = fetch(&mut session).await;
    assert!(cut.as_ref().is_ok_and(|uids| uids.len() < 3) || cut.is_err());

    let mut session = login(&server, &certificate).await;
    faults.at("SELECT", imapd::Fault::Hang);
    assert!(tokio::time::timeout(Duration::from_millis(100), session.select("INBOX")).await.is_err());

    let mut session = login(&server, &certificate).await;
    session.select("INBOX").await.unwrap();
    faults.at("FETCH", imapd::Fault::LiteralLie { bytes: 4_000_000 });
    assert!(tokio::time::timeout(Duration::from_millis(100), fetch(&mut session)).await.is_err());

    let mut session = login(&server, &certificate).await;
    faults.at_any(2, imapd::Fault::Drop);
    session.select("INBOX").await.unwrap();
    assert!(session.uid_search("ALL").await.is_err());

    let mut session = login(&server, &certificate).await;
    session.select("INBOX").await.unwrap();
    faults.lose_exists(1);
    server.deliver("INBOX", MAIL.to_vec(), monday());
    session.noop().await.unwrap();
    assert!(session.unsolicited_responses.try_recv().is_err(), "the announcement is lost");
    assert_eq!(uids(&mut session, "UID 4:*").await, [4], "the mail is not");

    assert_eq!(faults.pending(), 0);
    assert!(server.forbidden_seen().is_empty());
}

fn mailer(server: &Smtpd, certificate: &Certificate, tls: Tls) -> AsyncSmtpTransport<Tokio1Executor> {
    let trust = Trust::from_pem(certificate.ca_pem.as_bytes()).unwrap();
    let parameters =
        TlsParameters::builder("localhost".to_owned()).add_root_certificate(trust).build().unwrap();
    let tls = match tls {
        Tls::Implicit => ClientTls::Wrapper(parameters),
        Tls::StartTls => ClientTls::Required(parameters),
    };
    AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("localhost")
        .port(server.port())
        .tls(tls)
        .credentials(Credentials::new("intake@lists.example".into(), "correct horse".into()))
        .timeout(Some(Duration::from_secs(2)))
        .build()
}

fn envelope(to: &str) -> lettre::address::Envelope {
    let address = |text: &str| text.parse::<Address>().unwrap();
    lettre::address::Envelope::new(Some(address("intake@lists.example")), vec![address(to)]).unwrap()
}

#[tokio::test]
async fn mail_is_taken_over_both_kinds_of_tls_and_a_copy_comes_back_by_imap() {
    let certificate = certificate();
    for tls in [Tls::Implicit, Tls::StartTls] {
        let server = Smtpd::start(&certificate, tls, USERS).await.unwrap();
        let mailbox = Imapd::start(&certificate, USERS).await.unwrap();
        let depositor = mailbox.depositor();
        server.on_accepted(move |mail| {
            depositor.deliver("Sent", mail.data.clone(), monday());
        });
        let mailer = mailer(&server, &certificate, tls);
        mailer.send_raw(&envelope("ada@reporter.example"), MAIL).await.unwrap();
        let mails = server.wait_for(1, LIMIT).await.unwrap();
        assert_eq!(mails[0].envelope_from, "intake@lists.example");
        assert_eq!(mails[0].envelope_to, ["ada@reporter.example"]);
        // This client puts an empty line behind each mail.
        assert_eq!(mails[0].data.strip_suffix(b"\r\n"), Some(MAIL), "dots are unstuffed");
        assert_eq!((mails[0].accepted_at_index, mails[0].told), (0, true));
        assert_eq!(mailbox.raw("Sent", 1).as_deref(), Some(mails[0].data.as_slice()));
    }
}

#[tokio::test]
async fn each_fault_of_the_mail_server_strikes_where_it_is_set() {
    let certificate = certificate();
    let server = Smtpd::start(&certificate, Tls::Implicit, USERS).await.unwrap();
    let mailer = mailer(&server, &certificate, Tls::Implicit);
    let faults = server.faults();
    let to = envelope("ada@reporter.example");

    for stage in [Stage::Auth, Stage::Mail, Stage::Rcpt, Stage::Data, Stage::DataEnd] {
        // A fresh connection each time, so that AUTH is met too.
        let mailer = self::mailer(&server, &certificate, Tls::Implicit);
        faults.at(stage, smtpd::Fault::Reply(451, "4.3.0 later".to_owned()));
        assert!(mailer.send_raw(&to, MAIL).await.unwrap_err().is_transient(), "{stage:?}");
    }
    faults.recipient("gone@reporter.example", 550, "5.1.1 no such user");
    assert!(mailer.send_raw(&envelope("Gone@reporter.example"), MAIL).await.unwrap_err().is_permanent());
    assert_eq!(server.count(), 0);

    faults.at(Stage::DataEnd, smtpd::Fault::CommitThenDrop);
    mailer.send_raw(&to, MAIL).await.unwrap_err();
    assert_eq!(
        server.mails().iter().map(|mail| mail.told).collect::<Vec<_>>(),
        [false],
        "accepted, and nobody knows"
    );

    faults.at(Stage::DataEnd, smtpd::Fault::Delay(Duration::from_millis(20)));
    mailer.send_raw(&to, MAIL).await.unwrap();
    faults.refuse_connections(1);
    let fresh = self::mailer(&server, &certificate, Tls::Implicit);
    fresh.send_raw(&to, MAIL).await.unwrap_err();
    assert_eq!((server.count(), faults.pending()), (2, 0));

    server.accept_tokens(&["ya29.fresh"]);
    let trust = Trust::from_pem(certificate.ca_pem.as_bytes()).unwrap();
    let parameters =
        TlsParameters::builder("localhost".to_owned()).add_root_certificate(trust).build().unwrap();
    let oauth = |token: &str| {
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("localhost")
            .port(server.port())
            .tls(ClientTls::Wrapper(parameters.clone()))
            .authentication(vec![Mechanism::Xoauth2])
            .credentials(Credentials::new("intake@lists.example".into(), token.into()))
            .build()
    };
    oauth("ya29.fresh").send_raw(&to, MAIL).await.unwrap();
    let stale = oauth("ya29.stale").send_raw(&to, MAIL).await.unwrap_err();
    assert!(stale.is_client() || stale.is_permanent(), "this client gives up at the challenge: {stale}");
    assert!(server.commands_seen().iter().any(|command| command == "AUTH XOAUTH2"));
}
