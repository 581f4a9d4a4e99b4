//! The SMTP client against a scripted server on loopback TLS: what is proven not sent, and what nobody knows.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sir_intake::case::Address;
use sir_intake::wire::Login;
use sir_intake::wire::smtp::{NotSent, Smtp, SmtpAccount, SmtpTimeouts, SmtpTls, Stage};
use sir_intake::wire::tls::Trust;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// How the server behaves; `replies` maps the start of a command to its reply. An empty reply closes the line, `hang`
/// says nothing.
#[derive(Clone, Default)]
struct Manners {
    replies: Vec<(&'static str, &'static str)>,
    /// Closes a connection after so many letters.
    letters_a_connection: Option<usize>,
    /// Sent in clear behind the 220 of STARTTLS.
    injected: &'static str,
    starttls: bool,
}

struct Server {
    port: u16,
    trust: Trust,
    /// Commands and whole letters of all connections; `<>` marks a new connection.
    heard: Arc<Mutex<Vec<String>>>,
}

fn manners(replies: &[(&'static str, &'static str)]) -> Manners {
    Manners { replies: replies.to_vec(), ..Manners::default() }
}

async fn server(manners: Manners) -> Server {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let (acceptor, manners, log) = (acceptor.clone(), manners.clone(), Arc::clone(&log));
            log.lock().unwrap().push("<>".to_owned());
            tokio::spawn(async move {
                if manners.starttls && !clear(&mut tcp, &manners, &log).await {
                    return;
                }
                if let Ok(tls) = acceptor.accept(tcp).await {
                    talk(tls, &manners, &log).await;
                }
            });
        }
    });
    Server { port, trust: Trust::ca(made.cert.pem().as_bytes()).unwrap(), heard }
}

/// The clear part before STARTTLS; whether TLS follows.
async fn clear(tcp: &mut tokio::net::TcpStream, manners: &Manners, log: &Mutex<Vec<String>>) -> bool {
    let (read, mut write) = tcp.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 clear.example\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        log.lock().unwrap().push(format!("clear {line}"));
        if line.starts_with("EHLO") {
            let reply = manners.replies.iter().find(|(start, _)| *start == "clear EHLO");
            let reply = reply.map_or("250-clear.example\r\n250 STARTTLS\r\n", |(_, reply)| reply);
            write.write_all(reply.as_bytes()).await.unwrap();
        } else if line == "STARTTLS" {
            write.write_all(format!("220 go\r\n{}", manners.injected).as_bytes()).await.unwrap();
            return true;
        }
    }
    false
}

async fn talk<S: AsyncRead + AsyncWrite>(stream: S, manners: &Manners, log: &Mutex<Vec<String>>) {
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = BufReader::new(read);
    let said = |command: &str| {
        let told = manners.replies.iter().find(|(start, _)| command.starts_with(start));
        told.map_or(
            match command.split(' ').next().unwrap_or_default() {
                "EHLO" => "250-test.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN XOAUTH2\r\n",
                "AUTH" => "235 in\r\n",
                "DATA" => "354 go on\r\n",
                _ => "250 2.0.0 Ok: queued as 4XyZ\r\n",
            },
            |(_, reply)| *reply,
        )
    };
    if !manners.starttls {
        write.write_all(b"220 test.example\r\n").await.unwrap();
    }
    let mut letters = 0;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end().to_owned();
        log.lock().unwrap().push(line.clone());
        let mut reply = said(&line);
        if line == "DATA" && reply.starts_with("354") {
            write.write_all(reply.as_bytes()).await.unwrap();
            let mut letter = String::new();
            while lines.read_line(&mut letter).await.unwrap_or(0) > 0 && !letter.ends_with("\r\n.\r\n") {}
            log.lock().unwrap().push(letter);
            reply = said("letter");
            letters += 1;
        }
        if reply == "hang" {
            std::future::pending::<()>().await;
        }
        if reply.is_empty() || write.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
        if manners.letters_a_connection.is_some_and(|most| letters >= most) {
            return;
        }
    }
}

impl Server {
    fn client(&self, change: impl FnOnce(&mut SmtpAccount)) -> Smtp {
        let mut account = SmtpAccount {
            host: "localhost".to_owned(),
            port: self.port,
            tls: SmtpTls::Implicit,
            trust: self.trust.clone(),
            login: Some(Login::Password { user: "intake".to_owned(), secret: "pw".to_owned().into() }),
            hello: "sir.example".to_owned(),
            timeouts: SmtpTimeouts {
                connect: Duration::from_secs(5),
                command: Duration::from_millis(800),
                letter: Duration::from_millis(800),
            },
            connections: 2,
        };
        change(&mut account);
        Smtp::new(account)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn count(&self, what: &str) -> usize {
        self.heard().iter().filter(|line| line.starts_with(what)).count()
    }
}

const LETTER: &[u8] = b"From: security@sir.example\r\nSubject: canary\r\n\r\n.hidden dot\nbare line end\r\n";

async fn send(smtp: &Smtp) -> Result<String, NotSent> {
    let from = Address::parse("security@sir.example").unwrap();
    let to = Address::parse("ann@reporter.example").unwrap();
    smtp.send(Some(&from), &to, None, LETTER).await.map(|accepted| accepted.reply)
}

fn proven(retry: bool, code: impl Into<Option<u16>>, at: Stage) -> Result<String, NotSent> {
    Err(NotSent::Proven { retry, code: code.into(), at })
}

#[tokio::test]
async fn a_letter_arrives_as_it_was_written_and_the_connection_stays_warm() {
    let server = server(Manners::default()).await;
    let smtp = server.client(|_| ());
    assert_eq!(send(&smtp).await.unwrap(), "2.0.0 Ok: queued as 4XyZ");
    assert_eq!(send(&smtp).await.unwrap(), "2.0.0 Ok: queued as 4XyZ");
    assert_eq!(server.count("<>"), 1, "one connection for both");
    let heard = server.heard();
    assert!(heard.contains(&"MAIL FROM:<security@sir.example>".to_owned()));
    assert!(heard.contains(&"RCPT TO:<ann@reporter.example>".to_owned()));
    let letter =
        "From: security@sir.example\r\nSubject: canary\r\n\r\n..hidden dot\r\nbare line end\r\n.\r\n";
    assert!(heard.contains(&letter.to_owned()), "{heard:?}");
    smtp.close().await;
    let null = smtp.send(None, &Address::parse("a@b.example").unwrap(), None, b"x\n").await;
    assert!(null.is_ok());
    assert_eq!(server.count("MAIL FROM:<>"), 1);
    assert_eq!(server.count("<>"), 2);
}

#[tokio::test]
async fn before_the_letter_every_failure_is_proven() {
    for (command, reply, wanted) in [
        ("MAIL", "451 later\r\n", proven(true, 451, Stage::Envelope)),
        ("MAIL", "550 canary no\r\n", proven(false, 550, Stage::Envelope)),
        ("MAIL", "", proven(true, None, Stage::Envelope)),
        ("MAIL", "hang", proven(true, None, Stage::Envelope)),
        ("MAIL", "421 going\r\n", proven(true, 421, Stage::Envelope)),
        ("RCPT", "450 greylisted\r\n", proven(true, 450, Stage::Envelope)),
        ("RCPT", "550 canary unknown\r\n", proven(false, 550, Stage::Envelope)),
        ("RCPT", "", proven(true, None, Stage::Envelope)),
        ("DATA", "554 no\r\n", proven(false, 554, Stage::Data)),
        ("DATA", "451 no\r\n", proven(true, 451, Stage::Data)),
        ("DATA", "250 what\r\n", proven(true, 250, Stage::Data)),
        ("DATA", "", proven(true, None, Stage::Data)),
        ("DATA", "hang", proven(true, None, Stage::Data)),
        ("AUTH", "535 canary bad\r\n", proven(true, 535, Stage::Login)),
        ("EHLO", "421 busy\r\n", proven(true, 421, Stage::Connect)),
    ] {
        let server = server(manners(&[(command, reply)])).await;
        let result = send(&server.client(|_| ())).await;
        assert_eq!(result, wanted, "{command} {reply}");
        assert!(!result.unwrap_err().to_string().contains("canary"));
        assert_eq!(server.count("From:"), 0, "no letter went out");
    }
}

#[tokio::test]
async fn after_the_dot_only_a_reply_proves_anything() {
    for (reply, wanted) in [
        ("250 2.0.0 Ok\r\n", Ok("2.0.0 Ok".to_owned())),
        ("451 disk\r\n", proven(true, 451, Stage::Letter)),
        ("554 canary spam\r\n", proven(false, 554, Stage::Letter)),
        ("552-too\r\n552 large\r\n", proven(false, 552, Stage::Letter)),
        ("421 shutting down\r\n", Err(NotSent::Unknown)),
        ("354 more\r\n", Err(NotSent::Unknown)),
        ("nonsense\r\n", Err(NotSent::Unknown)),
        ("250-half", Err(NotSent::Unknown)),
        ("", Err(NotSent::Unknown)),
        ("hang", Err(NotSent::Unknown)),
    ] {
        let server = server(manners(&[("letter", reply)])).await;
        assert_eq!(send(&server.client(|_| ())).await, wanted, "{reply}");
        assert_eq!(server.count("From:"), 1, "the letter went out once");
    }
}

/// A server that closes idle connections must not cost a letter, nor a retry later.
#[tokio::test]
async fn a_connection_that_died_in_the_pool_is_replaced_at_once() {
    let server = server(Manners { letters_a_connection: Some(1), ..Manners::default() }).await;
    let smtp = server.client(|_| ());
    for _ in 0..3 {
        assert!(send(&smtp).await.is_ok());
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(server.count("<>"), 3);
    assert_eq!(server.count("From:"), 3);
}

#[tokio::test]
async fn nobody_there_and_a_stranger_s_certificate_are_proven_too() {
    let empty = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let server = server(Manners::default()).await;
    let nobody = server.client(|account| account.port = empty);
    assert_eq!(send(&nobody).await, proven(true, None, Stage::Connect));
    assert_eq!(nobody.probe().await, Err(NotSent::Proven { retry: true, code: None, at: Stage::Connect }));
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let wary = server.client(|account| account.trust = Trust::ca(other.cert.pem().as_bytes()).unwrap());
    assert_eq!(send(&wary).await, proven(true, None, Stage::Connect));
    let platform = server.client(|account| account.trust = Trust::platform().unwrap());
    assert_eq!(send(&platform).await, proven(true, None, Stage::Connect));
    let misnamed = server.client(|account| account.host = "127.0.0.1".to_owned());
    assert_eq!(send(&misnamed).await, proven(true, None, Stage::Connect));
    assert_eq!(server.client(|_| ()).probe().await, Ok(()));
    assert_eq!(server.count("MAIL"), 0);
}

#[tokio::test]
async fn starttls_is_required_and_comes_before_any_secret() {
    let manners = Manners { starttls: true, ..Manners::default() };
    let server = server(manners.clone()).await;
    assert!(send(&server.client(|account| account.tls = SmtpTls::StartTls)).await.is_ok());
    let heard = server.heard();
    let clear: Vec<&String> = heard.iter().filter(|line| line.starts_with("clear")).collect();
    assert_eq!(clear, ["clear EHLO sir.example", "clear STARTTLS"]);
}

/// A man in the middle who strips the offer gets nothing.
#[tokio::test]
async fn without_the_offer_of_starttls_nothing_is_said() {
    let manners = Manners {
        starttls: true,
        replies: vec![("clear EHLO", "250-clear.example\r\n250 AUTH PLAIN\r\n")],
        ..Manners::default()
    };
    let server = server(manners).await;
    let result = send(&server.client(|account| account.tls = SmtpTls::StartTls)).await;
    assert_eq!(result, proven(true, None, Stage::Connect));
    assert_eq!(server.heard(), ["<>", "clear EHLO sir.example"]);
}

/// What somebody on the line puts behind the 220 would shift every reply by one: the 250 of RCPT would accept a letter.
#[tokio::test]
async fn replies_injected_before_tls_are_refused() {
    let manners =
        Manners { starttls: true, injected: "250-evil.example\r\n250 AUTH PLAIN\r\n", ..Manners::default() };
    let server = server(manners).await;
    let result = send(&server.client(|account| account.tls = SmtpTls::StartTls)).await;
    assert!(matches!(result, Err(NotSent::Proven { at: Stage::Connect, .. })), "{result:?}");
    assert_eq!(server.count("MAIL"), 0);
}

#[tokio::test]
async fn xoauth2_and_its_renewal() {
    let server = server(manners(&[
        ("AUTH XOAUTH2 dXNlcj1ib3QBYXV0aD1CZWFyZXIgb2xkAQE=", "334 eyJzdGF0dXMiOiI0MDAifQ==\r\n"),
        ("AUTH XOAUTH2", "235 in\r\n"),
    ]))
    .await;
    let bearer = |token: &str| Login::XOAuth2 { user: "bot".to_owned(), token: token.to_owned().into() };
    let smtp = server.client(|account| account.login = Some(bearer("old")));
    assert!(matches!(send(&smtp).await, Err(NotSent::Proven { retry: true, at: Stage::Login, .. })));
    smtp.renew(bearer("new"));
    assert!(send(&smtp).await.is_ok());
}

#[tokio::test]
async fn a_server_that_talks_without_end_is_cut_off() {
    let endless: &'static str = Box::leak("250-x\r\n".repeat(20_000).into_boxed_str());
    let server = server(manners(&[("MAIL", endless)])).await;
    assert_eq!(send(&server.client(|_| ())).await, proven(true, None, Stage::Envelope));
}

#[tokio::test]
async fn eight_bit_letters_are_not_sent_where_they_would_break() {
    let server = server(manners(&[("EHLO", "250 test.example\r\n")])).await;
    let smtp = server.client(|account| account.login = None);
    let to = Address::parse("ann@reporter.example").unwrap();
    let sent = smtp.send(None, &to, None, "Grüße\r\n".as_bytes()).await;
    assert_eq!(sent.map(|_| ()), Err(NotSent::Proven { retry: false, code: None, at: Stage::Envelope }));
    assert!(send(&smtp).await.is_ok());
}
