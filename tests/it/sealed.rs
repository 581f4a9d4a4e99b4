//! OpenPGP with real GnuPG on the other side, both ways; skipped and named where there is no `gpg`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use sir_intake::case::CaseId;
use sir_intake::mail::{self, Flaw, House, Letter, Limits};
use sir_intake::outside::SystemChance;
use sir_intake::sealed::{Certificate, Fault, Ring, SealFault, TeamKey, seal};
use sir_intake::store::EffectState;
use tempfile::TempDir;

/// A GnuPG of its own in a folder of its own.
pub struct Gpg {
    home: TempDir,
}

/// The program, or the word why the test does not run.
pub fn gpg() -> Option<Gpg> {
    let found = Command::new("gpg").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("SIR_REQUIRE_GPG").is_none(), "SIR_REQUIRE_GPG is set and there is no gpg");
        println!("not run: there is no gpg");
        return None;
    }
    Some(Gpg { home: tempfile::tempdir().unwrap() })
}

impl Gpg {
    /// Runs it with this input; its output.
    pub fn run(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let mut child = Command::new("gpg")
            .args(["--homedir", self.home.path().to_str().unwrap(), "--batch", "--yes", "--quiet"])
            .args(["--pinentry-mode", "loopback", "--trust-model", "always"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// A new key for Ed25519 and Curve25519; its fingerprint.
    pub fn person(&self, address: &str, passphrase: &str, expires: &str) -> String {
        self.run(
            &["--passphrase", passphrase, "--quick-gen-key", address, "ed25519", "cert,sign", expires],
            b"",
        );
        let print = self.fingerprint(address);
        self.run(&["--passphrase", passphrase, "--quick-add-key", &print, "cv25519", "encr", expires], b"");
        print
    }

    pub fn fingerprint(&self, address: &str) -> String {
        let list = String::from_utf8(self.run(&["--with-colons", "--list-keys", address], b"")).unwrap();
        list.lines().find(|line| line.starts_with("fpr:")).unwrap().split(':').nth(9).unwrap().to_owned()
    }

    pub fn public(&self, address: &str) -> Vec<u8> {
        self.run(&["--armor", "--export", address], b"")
    }

    fn secret(&self, address: &str, passphrase: &str) -> Vec<u8> {
        self.run(&["--armor", "--passphrase", passphrase, "--export-secret-keys", address], b"")
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        let home = self.home.path().to_str().unwrap();
        let _ = Command::new("gpgconf").args(["--homedir", home, "--kill", "all"]).status();
    }
}

pub fn now() -> Timestamp {
    Timestamp::now()
}

pub fn limits() -> Limits {
    Limits::default()
}

pub fn read(ring: &Ring, raw: &str) -> Letter {
    let raw = raw.replace("\r\n", "\n").replace('\n', "\r\n");
    let letter = mail::read(raw.as_bytes(), &limits(), &House::default());
    ring.read(raw.as_bytes(), letter, &limits(), now())
}

pub const HEAD: &str = "From: Ann <ann@reporter.example>\nTo: security@o3de.example\nSubject: ...\n\
                    Date: Mon, 23 Nov 2026 09:20:00 +0000\nMessage-ID: <1@reporter.example>\nMIME-Version: 1.0\n";

fn pgp_mime(armor: &[u8]) -> String {
    format!(
        "{HEAD}Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=\"b\"\n\n\
         --b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n\
         --b\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\n\n{}\n--b--\n",
        String::from_utf8_lossy(armor)
    )
}

const INSIDE: &str = "Content-Type: multipart/mixed; boundary=\"i\"; protected-headers=\"v1\"\r\nSubject: Crash in the importer\r\n\r\n\
                      --i\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe importer reads out of bounds.\r\n\
                      --i\r\nContent-Type: application/octet-stream; name=\"crash.fbx\"\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--i--\r\n";

/// The team (with a passphrase), Alice of the roster, Ann who reports.
pub fn team(gpg: &Gpg) -> (Ring, String) {
    gpg.person("security@o3de.example", "team secret", "never");
    let alice = gpg.person("alice@members.example", "", "never");
    gpg.person("ann@reporter.example", "", "never");
    let secret = gpg.secret("security@o3de.example", "team secret");
    assert!(matches!(TeamKey::read(&secret, Some(&"wrong".into())), Err(Fault::Passphrase)));
    let team = TeamKey::read(&secret, Some(&"team secret".into())).unwrap();
    let members = Certificate::read(&gpg.public("alice@members.example")).unwrap();
    (Ring { team: Some(team), members, pinned: vec![alice.clone()] }, alice)
}

#[test]
fn what_gnupg_encrypts_is_read_with_its_hidden_subject_and_attachments() {
    let Some(gpg) = gpg() else { return };
    let (ring, _) = team(&gpg);
    let armor = gpg.run(&["--armor", "--encrypt", "-r", "security@o3de.example"], INSIDE.as_bytes());
    let letter = read(&ring, &pgp_mime(&armor));
    assert!(letter.encrypted && letter.opened);
    assert_eq!(letter.subject, "Crash in the importer");
    assert_eq!(letter.text.trim(), "The importer reads out of bounds.");
    let names: Vec<&str> = letter.attachments.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["crash.fbx"]);
    assert!(!letter.flaws.contains(&Flaw::NotIntact));
    // Without the key it stays closed, and is still a letter.
    let closed = read(&Ring::default(), &pgp_mime(&armor));
    assert!(closed.encrypted && !closed.opened);
    // Inline, between other words.
    let armor = gpg.run(&["--armor", "--encrypt", "-r", "security@o3de.example"], b"Words inside.\n");
    let inline = format!("{HEAD}\nHello,\n\n{}\nBye\n", String::from_utf8(armor).unwrap());
    let letter = read(&ring, &inline);
    assert!(letter.opened && letter.text.contains("Hello,\n\nWords inside."), "{}", letter.text);
}

#[test]
fn a_changed_message_stays_closed_and_one_for_another_key_too() {
    let Some(gpg) = gpg() else { return };
    let (ring, _) = team(&gpg);
    let binary = gpg.run(&["--encrypt", "-z", "0", "-r", "security@o3de.example"], INSIDE.as_bytes());
    for at in [binary.len() - 30, binary.len() / 2] {
        let mut bent = binary.clone();
        bent[at] ^= 1;
        let encoded = data_encoding::BASE64.encode(&bent);
        let mail = pgp_mime(encoded.as_bytes()).replace(
            "name=\"encrypted.asc\"\n",
            "name=\"encrypted.asc\"\nContent-Transfer-Encoding: base64\n",
        );
        let letter = read(&ring, &mail);
        assert!(!letter.opened, "octet {at}");
    }
    let armor = gpg.run(&["--armor", "--encrypt", "-r", "ann@reporter.example"], INSIDE.as_bytes());
    assert!(!read(&ring, &pgp_mime(&armor)).opened);
}

#[test]
fn signatures_of_the_roster_count_in_every_form_and_only_over_what_they_cover() {
    let Some(gpg) = gpg() else { return };
    let (ring, alice) = team(&gpg);
    let text = "!case SIR-2026-0007\n!own me\n";
    let clear =
        String::from_utf8(gpg.run(&["--clearsign", "-u", "alice@members.example"], text.as_bytes())).unwrap();
    let letter = read(&ring, &format!("{HEAD}\n{clear}"));
    assert_eq!(letter.text.trim(), text.trim());
    let prints: Vec<&str> = letter.proof.pgp.iter().map(|proof| proof.fingerprint.as_str()).collect();
    assert_eq!(prints, [alice.as_str()]);
    // Words before the block are not signed, and the proof does not say so.
    let letter = read(&ring, &format!("{HEAD}\n!close spam\n{clear}"));
    assert_ne!(letter.plain.trim(), letter.proof.pgp[0].text.trim());
    // Changed words.
    let letter = read(&ring, &format!("{HEAD}\n{}", clear.replace("!own me", "!own bob")));
    assert_eq!(letter.proof.pgp, []);
    // PGP/MIME, signed in the clear.
    let part = format!("Content-Type: text/plain\r\n\r\n{}", text.replace('\n', "\r\n"));
    let armor = gpg.run(&["--armor", "--detach-sign", "-u", "alice@members.example"], part.as_bytes());
    let mime = format!(
        "{HEAD}Content-Type: multipart/signed; boundary=\"s\"; micalg=pgp-sha512; protocol=\"application/pgp-signature\"\n\n\
         --s\n{}\n--s\nContent-Type: application/pgp-signature\n\n{}\n--s--\n",
        part.replace("\r\n", "\n"),
        String::from_utf8(armor).unwrap()
    );
    let letter = read(&ring, &mime);
    assert_eq!(letter.proof.pgp.len(), 1, "{}", letter.text);
    assert_eq!(letter.proof.pgp[0].text.trim(), letter.plain.trim());
    assert_eq!(read(&ring, &mime.replace("!own me", "!own bob")).proof.pgp, []);
    // Signed and encrypted at once.
    let arguments =
        ["--armor", "--sign", "-u", "alice@members.example", "--encrypt", "-r", "security@o3de.example"];
    let letter = read(&ring, &pgp_mime(&gpg.run(&arguments, part.as_bytes())));
    assert_eq!((letter.proof.pgp.len(), letter.text.trim()), (1, text.trim()));
    // Somebody whom the roster does not pin.
    let stranger =
        String::from_utf8(gpg.run(&["--clearsign", "-u", "ann@reporter.example"], text.as_bytes())).unwrap();
    assert_eq!(read(&ring, &format!("{HEAD}\n{stranger}")).proof.pgp, []);
}

#[test]
fn a_key_that_the_mail_offers_counts_by_its_pinned_fingerprint_alone() {
    let Some(gpg) = gpg() else { return };
    let (ring, alice) = team(&gpg);
    let clear = gpg.run(&["--clearsign", "-u", "alice@members.example"], b"!case SIR-2026-0007\n");
    let key = String::from_utf8(gpg.public("alice@members.example")).unwrap();
    let mail = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=\"m\"\n\n--m\nContent-Type: text/plain\n\n{}\n\
         --m\nContent-Type: application/pgp-keys; name=\"key.asc\"\n\n{key}\n--m--\n",
        String::from_utf8(clear).unwrap()
    );
    let without_file = Ring { members: Vec::new(), ..ring };
    assert_eq!(read(&without_file, &mail).proof.pgp.len(), 1);
    let unpinned = Ring { pinned: Vec::new(), ..without_file };
    let letter = read(&unpinned, &mail);
    assert_eq!(letter.proof.pgp, []);
    assert_eq!(Certificate::read(&letter.keys[0]).unwrap()[0].fingerprint(), alice);
}

const LETTER: &str = "From: security@o3de.example\r\nTo: ann@reporter.example\r\nSubject: [SIR-2026-0007] Your report\r\n\
                      Message-ID: <x@o3de.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
                      Content-Transfer-Encoding: 8bit\r\n\r\nThank you for \u{201e}the report\u{201c}.\r\n";

#[test]
fn a_letter_that_we_seal_is_read_by_gnupg() {
    let Some(gpg) = gpg() else { return };
    gpg.person("ann@reporter.example", "", "1y");
    let ann = &Certificate::read(&gpg.public("ann@reporter.example")).unwrap()[0];
    assert_eq!(&Certificate::read(&ann.to_bytes().unwrap()).unwrap()[0], ann);
    let sealed =
        String::from_utf8(seal(LETTER.as_bytes(), ann, now(), &SystemChance::default()).unwrap()).unwrap();
    assert!(!sealed.contains("Your report") && !sealed.contains("Thank you"), "{sealed}");
    assert!(
        sealed.contains("\r\nSubject: [SIR-2026-0007] ...\r\n")
            && sealed.contains("Message-ID: <x@o3de.example>")
    );
    let payload = mail::seals(sealed.as_bytes(), &limits()).payload.unwrap();
    let inside = String::from_utf8(gpg.run(&["--decrypt"], &payload)).unwrap();
    let letter = mail::read(inside.as_bytes(), &limits(), &House::default());
    assert_eq!(letter.subject, "[SIR-2026-0007] Your report");
    assert_eq!(letter.text.trim(), "Thank you for \u{201e}the report\u{201c}.");
}

#[test]
fn a_file_that_goes_with_a_letter_goes_inside() {
    let Some(gpg) = gpg() else { return };
    gpg.person("ann@researcher.example", "", "2y");
    let ann = &Certificate::read(&gpg.public("ann@researcher.example")).unwrap()[0];
    let letter = crate::letters::with_entry();
    let sealed = String::from_utf8(seal(&letter, ann, now(), &SystemChance::default()).unwrap()).unwrap();
    assert!(!sealed.contains("date.ics") && !sealed.contains("calendar"), "{sealed}");
    let payload = mail::seals(sealed.as_bytes(), &limits()).payload.unwrap();
    let inside = gpg.run(&["--decrypt"], &payload);
    let (open, before) = (
        mail::read(&inside, &limits(), &House::default()),
        mail::read(&letter, &limits(), &House::default()),
    );
    assert_eq!(open.text, before.text);
    assert_eq!(open.attachments.len(), 1);
    assert_eq!(open.attachments, before.attachments);
    assert_eq!(open.subject, before.subject);
}

#[test]
fn nothing_is_sealed_to_a_key_that_is_expired_revoked_or_only_for_signing() {
    let Some(gpg) = gpg() else { return };
    let refused = |key: &[u8], at: Timestamp| {
        let key = &Certificate::read(key).unwrap()[0];
        seal(LETTER.as_bytes(), key, at, &SystemChance::default())
    };
    gpg.person("old@reporter.example", "", "1d");
    let key = gpg.public("old@reporter.example");
    assert!(refused(&key, now()).is_ok());
    let later = now() + jiff::SignedDuration::from_hours(49);
    assert_eq!(refused(&key, later), Err(SealFault::Key), "expired");
    assert_eq!(
        refused(&key, now() - jiff::SignedDuration::from_hours(1)),
        Err(SealFault::Key),
        "not yet made"
    );
    let print = gpg.person("revoked@reporter.example", "", "never");
    let file = gpg.home.path().join("openpgp-revocs.d").join(format!("{print}.rev"));
    let revocation = std::fs::read_to_string(file).unwrap().replace(":-----BEGIN", "-----BEGIN");
    gpg.run(&["--import"], revocation.as_bytes());
    assert_eq!(refused(&gpg.public("revoked@reporter.example"), now()), Err(SealFault::Key), "revoked");
    gpg.run(
        &["--passphrase", "", "--quick-gen-key", "sign@reporter.example", "ed25519", "cert,sign", "never"],
        b"",
    );
    assert_eq!(refused(&gpg.public("sign@reporter.example"), now()), Err(SealFault::Key), "only for signing");
}

#[test]
fn hostile_packets_end_soon_and_in_no_panic() {
    let Some(gpg) = gpg() else { return };
    let (ring, _) = team(&gpg);
    // A bomb: 8 MiB of nothing, and room for one.
    let bomb =
        gpg.run(&["--armor", "-z", "9", "--encrypt", "-r", "security@o3de.example"], &vec![0; 8 << 20]);
    let start = std::time::Instant::now();
    let small = Limits { decoded_bytes: 1 << 20, ..limits() };
    let raw = pgp_mime(&bomb).replace('\n', "\r\n");
    let letter = mail::read(raw.as_bytes(), &small, &House::default());
    assert!(!ring.read(raw.as_bytes(), letter, &small, now()).opened);
    // Compressed in compressed, fifty times.
    let mut nested = b"\xcb\x07b\x00\x00\x00\x00\x00x".to_vec();
    for _ in 0..50 {
        let mut packet = vec![0xc8, 0xff];
        let body = [&[0_u8][..], &nested].concat();
        packet.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        packet.extend(body);
        nested = packet;
    }
    let encoded = data_encoding::BASE64.encode(&nested);
    let _ = read(
        &ring,
        &pgp_mime(format!("-----BEGIN PGP MESSAGE-----\n\n{encoded}\n-----END PGP MESSAGE-----").as_bytes()),
    );
    for length in 0..200 {
        let junk: Vec<u8> = (0..length).map(|i| (i * 89 + length * 31) as u8).collect();
        let _ = Certificate::read(&junk);
        let _ = read(&ring, &pgp_mime(&junk));
    }
    let many = "-----BEGIN PGP MESSAGE-----\n\n".repeat(20_000);
    let _ = read(&ring, &format!("{HEAD}\n{many}"));
    assert!(start.elapsed().as_secs() < 60, "took {:?}", start.elapsed());
}

fn shared() -> Option<PathBuf> {
    let place = std::env::var_os("SIR_SHARED").map(PathBuf::from);
    if place.is_none() {
        println!("not run: no shared data (SIR_SHARED)");
    }
    place.map(|place| place.join("corpora"))
}

fn rows(corpora: &Path, name: &str) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(corpora.join("expectations").join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ring_of(secrets: &[PathBuf], publics: &[PathBuf], passphrase: &str) -> Ring {
    let team = secrets.iter().find_map(|file| {
        let bytes = std::fs::read(file).ok()?;
        TeamKey::read(&bytes, Some(&passphrase.to_owned().into())).ok()
    });
    let members: Vec<Certificate> = publics
        .iter()
        .filter_map(|file| std::fs::read(file).ok())
        .filter_map(|bytes| Certificate::read(&bytes).ok())
        .flatten()
        .collect();
    let pinned = members.iter().map(Certificate::fingerprint).collect();
    Ring { team, members, pinned }
}

#[test]
fn openpgp_mails_of_other_projects_open_and_no_spoofed_signature_is_good() {
    let Some(corpora) = shared() else { return };
    let (mut right, mut total, mut elgamal) = (0, 0, 0);
    for row in rows(&corpora, "rt.jsonl") {
        let file = row["file"].as_str().unwrap();
        let key =
            |name: &str| row[name].as_str().map(|path| corpora.join(path)).into_iter().collect::<Vec<_>>();
        let ring = ring_of(&key("decrypt_key"), &key("signer_key"), "rt-test");
        // Their one key that decrypts is ElGamal, which rPGP has not, and the team's is X25519.
        if row["encrypted"] == true && row["decrypt_key"].as_str().unwrap().contains("rt-recipient") {
            elgamal += 1;
            continue;
        }
        let raw = String::from_utf8_lossy(&std::fs::read(corpora.join(file)).unwrap()).into_owned();
        let letter = read(&ring, &raw);
        let opened = row["encrypted"] != true || letter.opened;
        let words = row["body_contains"].as_array().unwrap();
        let said = words.iter().all(|word| letter.text.contains(word.as_str().unwrap()));
        total += 1;
        right += u32::from(opened && said);
        if !(opened && said) {
            println!("rt: {file}: opened {opened}, said {said}, team {}", ring.team.is_some());
        }
    }
    println!(
        "rt: {right}/{total}; {elgamal} rows are encrypted to an ElGamal key, which rPGP does not decrypt"
    );
    let (mut right_t, mut total_t) = (0, 0);
    let base = corpora.join("thunderbird/mail/test/browser/openpgp/data/keys");
    let ring = ring_of(
        &[base.join("alice@openpgp.example-0xf231550c4f47e38e-secret.asc")],
        &[base.join("bob@openpgp.example-0xfbfcc82a015e7330-pub.asc")],
        "",
    );
    for row in rows(&corpora, "thunderbird-openpgp.jsonl") {
        let file = row["file"].as_str().unwrap();
        let raw = String::from_utf8_lossy(&std::fs::read(corpora.join(file)).unwrap()).into_owned();
        let carol = base.join("carol@pgp.icu-0xEF2FD01608AFD744-revoked-secret.asc");
        let letter = if file.contains("carol@pgp.icu") {
            read(&ring_of(&[carol], &[], ""), &raw)
        } else {
            read(&ring, &raw)
        };
        let good = !letter.proof.pgp.is_empty();
        let state = row["signature_state"].as_str().unwrap_or("not said");
        if matches!(state, "none" | "unknown" | "mismatch") {
            assert!(!good, "{file}: a signature counted as good");
        }
        if row["encrypted_icon_ok"] == true {
            total_t += 1;
            right_t += u32::from(letter.opened);
            if !letter.opened {
                println!("thunderbird: {file}: stays closed, {state}");
            }
        }
    }
    println!("thunderbird: {right_t}/{total_t}");
    let (mut right_r, mut total_r, mut no_key) = (0, 0, 0);
    for row in rows(&corpora, "rpgp.jsonl") {
        let file = corpora.join(row["file"].as_str().unwrap());
        let key = file.parent().unwrap().join(row["decrypt_key"].as_str().unwrap());
        if !key.exists() {
            no_key += 1;
            continue;
        }
        let ring = ring_of(&[key], &[], row["passphrase"].as_str().unwrap());
        let letter = read(&ring, &format!("{HEAD}\n{}", std::fs::read_to_string(&file).unwrap()));
        let want = row["plaintext"].as_str().unwrap().trim();
        total_r += 1;
        right_r += u32::from(letter.opened && letter.text.trim() == want);
        if !letter.opened {
            println!("rpgp: {}: stays closed (team key: {})", row["file"], ring.team.is_some());
        }
    }
    println!("rpgp: {right_r}/{total_r}; of {no_key} rows the secret key is not among the shared files");
    let (right, total) = (right + right_t + right_r, total + total_t + total_r);
    println!("all: {right}/{total} opened");
    assert!(right * 100 >= total * 95);
}

/// A story: Ann's first mail brings her key, her receipt leaves encrypted, another key changes nothing until a person says
/// so, and one that has ended holds the letter.
#[tokio::test]
async fn letters_to_a_reporter_who_gave_a_key_leave_encrypted_or_not_at_all() {
    let Some(gpg) = gpg() else { return };
    gpg.person("ann@reporter.example", "", "2y");
    let with_key = |id: &str, tag: &str, gpg: &Gpg| {
        let key = String::from_utf8(gpg.public("ann@reporter.example")).unwrap();
        let mail = crate::world::report(
            "Ann <ann@reporter.example>",
            &format!("{tag}Heap overflow in the Multiplayer gem"),
            id,
            "",
        );
        let (head, _) = mail.split_once("Content-Type:").unwrap();
        // The provider's word stands above Received.
        let (before, results) = head.split_once("Authentication-Results:").unwrap();
        let (results, after) = results.split_once('\n').unwrap();
        let head = format!("Authentication-Results:{results}\n{before}{after}");
        format!(
            "{head}Content-Type: multipart/mixed; boundary=\"m\"\n\n--m\nContent-Type: text/plain; charset=utf-8\n\n\
             I found a heap overflow in the Multiplayer gem of O3DE 25.05.1. A remote attacker runs code. ({id})\n\
             --m\nContent-Type: application/pgp-keys; name=\"key.asc\"\n\n{key}\n--m--\n"
        )
    };
    let mut world = crate::world::World::new().await;
    // GnuPG makes keys of today.
    world.at(&now().to_string());
    world.deliver(&with_key("1@reporter.example", "", &gpg));
    world.settle().await;
    let case = world.cases()[0].clone();
    let person = case.reporter.unwrap();
    let pinned = |world: &crate::world::World| {
        world.daemon().office.store.read(|txn| txn.pinned_key(case.id, person)).unwrap()
    };
    let first = pinned(&world).unwrap();
    assert_eq!(first.fingerprint, gpg.fingerprint("ann@reporter.example"));
    let receipt = world.sent_to("ann@reporter.example").remove(0);
    assert!(receipt.contains("multipart/encrypted") && !receipt.contains("working days"), "{receipt}");
    let payload = mail::seals(receipt.replace('\n', "\r\n").as_bytes(), &limits()).payload.unwrap();
    let inside = String::from_utf8(gpg.run(&["--decrypt"], &payload)).unwrap();
    assert!(inside.contains("SIRC-"), "{inside}");
    // Somebody in the thread offers another key.
    let other = self::gpg().unwrap();
    other.person("ann@reporter.example", "", "2y");
    world.deliver(&with_key("2@reporter.example", &format!("Re: [{}] ", case.id), &other));
    world.settle().await;
    assert_eq!(pinned(&world).unwrap(), first);
    assert_eq!(world.alarms(), [format!("other-key-{}", case.id)]);
    // A person forgets the old one; the next mail brings the new one.
    let said = world.order(sir_intake::case::order::Order::ForgetKeys { case: case.id }).await;
    assert!(said.contains("1 forgotten"), "{said}");
    // The new key is younger than the world's clock was.
    world.at(&now().to_string());
    world.deliver(&with_key("3@reporter.example", &format!("Re: [{}] ", case.id), &other));
    world.settle().await;
    assert_eq!(pinned(&world).unwrap().fingerprint, other.fingerprint("ann@reporter.example"));
    // A key that has ended: the letter is held, a member is told, nothing leaves in the clear.
    world.at(&(now() + jiff::SignedDuration::from_hours(24 * 365 * 3)).to_string());
    let before = world.sent_to("ann@reporter.example").len();
    let store = world.daemon().office.store.clone();
    let (key, id) = (pinned(&world).unwrap(), case.id);
    store
        .write("test", move |txn| txn.pin_key(CaseId { year: id.year + 3, number: 1 }, person, &key, now()))
        .await
        .unwrap();
    world.deliver(
        &crate::world::report(
            "Ann <ann@reporter.example>",
            "Heap overflow in the importer",
            "4@reporter.example",
            "A heap overflow.",
        )
        .replace("23 Nov 2026", "23 Nov 2029"),
    );
    world.settle().await;
    assert_eq!(world.sent_to("ann@reporter.example").len(), before);
    assert_eq!(world.effects_in(EffectState::Parked).len(), 1);
    let told = world.sent_to("alice@members.example").concat();
    assert!(told.contains("receipt"), "{told}");
}
