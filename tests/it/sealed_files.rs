//! Files that come sealed beside the text, and keys of reporters where this program itself verifies who wrote.

use mail_auth::common::crypto::Ed25519Key;
use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::dkim::DkimSigner;
use sir_intake::case::Sha256;
use sir_intake::mail::{self, Limits, Seal};
use sir_intake::sealed::Ring;

use crate::sealed::{Gpg, HEAD, gpg, limits, now, read, team};
use crate::world::World;

/// A mail as programs write it that know inline PGP only: text in the clear or as a block, each file sealed by itself.
fn with_files(text: &str, files: &[(&str, &[u8])]) -> String {
    let mut mail = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=\"m\"\n\n--m\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    );
    for (name, bytes) in files {
        mail.push_str(&format!(
            "--m\nContent-Type: application/octet-stream; name=\"{name}\"\nContent-Disposition: attachment; filename=\"{name}\"\n\
             Content-Transfer-Encoding: base64\n\n{}\n",
            data_encoding::BASE64.encode(bytes)
        ));
    }
    format!("{mail}--m--\n")
}

fn encrypt(gpg: &Gpg, to: &str, armor: bool, text: &[u8]) -> Vec<u8> {
    let mut arguments = vec!["--encrypt", "-r", to];
    if armor {
        arguments.insert(0, "--armor");
    }
    gpg.run(&arguments, text)
}

/// MAIL 9: "Reports may come as PGP/MIME or inline PGP"; with inline PGP each file is a message of its own.
#[test]
fn a_file_that_came_sealed_by_itself_is_opened_or_shown_as_sealed() {
    let Some(gpg) = gpg() else { return };
    let (ring, _) = team(&gpg);
    let binary = encrypt(&gpg, "security@o3de.example", false, b"crash bytes");
    let armored = encrypt(&gpg, "security@o3de.example", true, b"print('hi')");
    let foreign = encrypt(&gpg, "ann@reporter.example", false, b"not for you");
    let raw = with_files(
        "See the files.",
        &[
            ("crash.FBX.PGP", &binary),
            ("poc.py.asc", &armored),
            ("other.gpg", &foreign),
            ("plain.pgp.txt", b"text"),
        ],
    );
    let letter = read(&ring, &raw);
    let shown: Vec<(&str, Seal, u64)> =
        letter.attachments.iter().map(|file| (file.name.as_str(), file.seal, file.size)).collect();
    assert_eq!(shown[..2], [("crash.FBX", Seal::Opened, 11), ("poc.py", Seal::Opened, 11)]);
    assert_eq!((shown[2].0, shown[2].1), ("other.gpg", Seal::Closed));
    assert_eq!(shown[3], ("plain.pgp.txt", Seal::None, 4));
    assert_eq!(letter.attachments[0].sha256, Sha256::of(b"crash bytes"));
    assert!(!letter.encrypted && letter.text.contains("See the files."), "what came in the clear stays so");
    // An operator gets it by the digest that the page shows.
    let crlf = raw.replace('\n', "\r\n");
    let inside = ring.file(crlf.as_bytes(), &limits(), Sha256::of(b"print('hi')"), now());
    assert_eq!(inside.as_deref(), Some(b"print('hi')".as_slice()));
    assert_eq!(ring.file(crlf.as_bytes(), &limits(), Sha256::of(b"not for you"), now()), None);
    // Without a key all of them stay closed.
    let closed = read(&Ring::default(), &raw);
    assert_eq!(closed.attachments.iter().filter(|file| file.seal == Seal::Closed).count(), 3);
    assert_eq!(closed.attachments[0].name, "crash.FBX.PGP");
    // With the text as a block beside them.
    let block = String::from_utf8(encrypt(&gpg, "security@o3de.example", true, b"Words inside.\n")).unwrap();
    let both = read(&ring, &with_files(&block, &[("crash.fbx.gpg", &binary)]));
    assert!(both.opened && both.text.contains("Words inside."));
    assert_eq!(both.attachments[0].seal, Seal::Opened);
}

#[test]
fn sealed_files_keep_within_the_limits() {
    let Some(gpg) = gpg() else { return };
    let (ring, _) = team(&gpg);
    let bomb = encrypt(&gpg, "security@o3de.example", false, &vec![0; 8 << 20]);
    let files: Vec<(&str, &[u8])> = vec![("a.pgp", &bomb), ("b.pgp", b"\xc1junk"), ("c.pgp", b"")];
    let raw = with_files("Look.", &files).replace('\n', "\r\n");
    let small = Limits { decoded_bytes: 1 << 20, ..limits() };
    let letter = mail::read(raw.as_bytes(), &small, &mail::House::default());
    let letter = ring.read(raw.as_bytes(), letter, &small, now());
    assert!(letter.attachments.iter().all(|file| file.seal != Seal::Opened));
    let many: Vec<(&str, &[u8])> = vec![("x.pgp", b"\xc1junk".as_slice()); 400];
    let start = std::time::Instant::now();
    assert_eq!(read(&ring, &with_files("Look.", &many)).attachments.len(), 400);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// Ann's mail with her key, signed by a domain, as a provider passes it on that writes no results.
fn signed(world: &World, gpg: &Gpg, id: &str, tag: &str, domain: &str, bent: bool) -> String {
    let key = String::from_utf8(gpg.public("ann@reporter.example")).unwrap();
    let date = world.now().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let mail = format!(
        "From: Ann <ann@reporter.example>\nTo: security@lists.o3de.example\nSubject: {tag}Heap overflow in the Multiplayer gem\n\
         Date: {date}\nMessage-ID: <{id}@reporter.example>\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=\"m\"\n\n--m\nContent-Type: text/plain; charset=utf-8\n\n\
         I found a heap overflow in the Multiplayer gem of O3DE 25.05.1. A remote attacker runs code. ({id})\n\
         --m\nContent-Type: application/pgp-keys; name=\"key.asc\"\n\n{key}\n--m--\n"
    )
    .replace("\r\n", "\n")
    .replace('\n', "\r\n");
    let signing = Ed25519Key::from_pkcs8_der(&Ed25519Key::generate_pkcs8().unwrap()).unwrap();
    let public = data_encoding::BASE64.encode(&signing.public_key());
    let selector = format!("s{id}");
    world.zone.add(
        &format!("{selector}._domainkey.{domain}"),
        format!("v=DKIM1; k=ed25519; p={public}").as_bytes(),
    );
    let signer = DkimSigner::from_key(signing).domain(domain).selector(&selector);
    let field =
        signer.headers(["From", "Subject", "Date", "Message-ID"]).sign(mail.as_bytes()).unwrap().to_header();
    let mail = if bent { mail.replacen("remote attacker", "local attacker", 1) } else { mail };
    format!("{field}{mail}")
}

/// MAIL 9: "An attached key ... is pinned for the case at its first authenticated mail": also where `dkim = "verify"` says that
/// this program finds out itself who wrote, because the provider writes nothing.
#[tokio::test]
async fn a_key_is_pinned_by_the_proof_that_the_configuration_names() {
    let Some(gpg) = gpg() else { return };
    gpg.person("ann@reporter.example", "", "2y");
    for (dkim, domain, bent, pins) in [
        ("verify", "reporter.example", false, true),
        ("provider", "reporter.example", false, false),
        ("verify", "evil.example", false, false),
        ("verify", "reporter.example", true, false),
        ("verify", "example", false, false),
    ] {
        let mut world = World::new().await;
        world.at(&now().to_string());
        world.change_config("[mailbox]", &format!("dkim = \"{dkim}\"\n\n[mailbox]"));
        let mail = signed(&world, &gpg, "1", "", domain, bent);
        world.deliver_raw("INBOX", mail.into_bytes());
        world.settle().await;
        let case = world.cases()[0].clone();
        let pinned = || {
            let person = case.reporter.unwrap();
            world.daemon().office.store.read(|txn| txn.pinned_key(case.id, person)).unwrap()
        };
        assert_eq!(pinned().is_some(), pins, "{dkim} {domain} {bent}");
        let receipt = world.sent_to("ann@reporter.example").remove(0);
        assert_eq!(receipt.contains("multipart/encrypted"), pins, "{dkim} {domain} {bent}");
        if !pins && dkim == "verify" {
            // The next mail proves it, and brings the key.
            let later = signed(&world, &gpg, "2", &format!("Re: [{}] ", case.id), "reporter.example", false);
            world.deliver_raw("INBOX", later.into_bytes());
            world.settle().await;
            let person = case.reporter.unwrap();
            let held = world.daemon().office.store.read(|txn| txn.pinned_key(case.id, person)).unwrap();
            assert_eq!(held.unwrap().fingerprint, gpg.fingerprint("ann@reporter.example"));
        }
        world.nothing_is_left_over();
    }
}
