//! A real Dovecot for one test: no root needed (and none kept, where the test has it), free ports, a folder of its own.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The server; it ends when dropped.
pub struct Dovecot {
    pub imaps: u16,
    imap: u16,
    lmtp: u16,
    /// Its authority, PEM.
    pub ca_pem: String,
    user: String,
    password: String,
    program: PathBuf,
    who: Who,
    dir: TempDir,
    master: Option<Child>,
}

/// Under whom it runs.
#[derive(Clone)]
struct Who {
    user: String,
    group: String,
    /// Set where we are root: it is to run as somebody else.
    drop_to: Option<(u32, u32)>,
}

/// The program, or why no test can run against it.
pub fn program() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let program = places.map(|dir| dir.join("dovecot")).find(|file| file.is_file());
    let Some(program) = program else { return Err("dovecot is not installed".to_owned()) };
    let version = Command::new(&program).arg("--version").output().map_err(|e| e.to_string())?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let lmtp = ["/usr/lib/dovecot/lmtp", "/usr/libexec/dovecot/lmtp", "/usr/local/libexec/dovecot/lmtp"];
    if !version.starts_with("2.3.") {
        // 2.4 renamed most settings.
        return Err(format!("dovecot is {version}; the tests know how to configure 2.3"));
    }
    if !lmtp.iter().any(|file| Path::new(file).is_file()) {
        return Err("dovecot's lmtp is not installed".to_owned());
    }
    Ok(program)
}

impl Dovecot {
    /// Starts it for one account.
    pub fn start(program: &Path, (user, password): (&str, &str)) -> Self {
        let who = Who::of_this_process();
        for attempt in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let [imaps, imap, lmtp] = free_ports();
            let ca_pem = certificates(dir.path());
            let mut server = Self {
                imaps,
                imap,
                lmtp,
                ca_pem,
                user: user.to_owned(),
                password: password.to_owned(),
                program: program.to_owned(),
                who: who.clone(),
                dir,
                master: None,
            };
            server.write_settings();
            server.rise();
            if server.answers() {
                return server;
            }
            // Another test may have taken a port between our look and its start.
            assert!(attempt < 3, "dovecot does not start: {}", server.log());
        }
        unreachable!()
    }

    fn write_settings(&self) {
        let dir = self.dir.path();
        fs::write(dir.join("users"), format!("{}:{}\n", self.user, self.password)).unwrap();
        fs::write(dir.join("dovecot.conf"), self.settings()).unwrap();
        fs::create_dir_all(dir.join("mail")).unwrap();
        self.who.give(dir);
        for entry in fs::read_dir(dir).unwrap() {
            self.who.give(&entry.unwrap().path());
        }
    }

    fn settings(&self) -> String {
        SETTINGS
            .replace("DIR", &self.dir.path().display().to_string())
            .replace("OWNER", &self.who.user)
            .replace("GROUP", &self.who.group)
            .replace("TLS_PORT", &self.imaps.to_string())
            .replace("PLAIN_PORT", &self.imap.to_string())
            .replace("LMTP_PORT", &self.lmtp.to_string())
    }

    /// Starts the process again after [`Self::fall`].
    pub fn rise(&mut self) {
        let mut command = Command::new(&self.program);
        command.arg("-F").arg("-c").arg(self.dir.path().join("dovecot.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
        self.who.run_as(&mut command);
        self.master = Some(command.spawn().unwrap());
    }

    /// Ends the process and waits for it.
    pub fn fall(&mut self) {
        if let Some(mut master) = self.master.take() {
            if let Some(pid) = rustix::process::Pid::from_raw(i32::try_from(master.id()).unwrap()) {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            }
            let _ = master.wait();
        }
    }

    fn answers(&self) -> bool {
        let until = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until {
            if TcpStream::connect(("127.0.0.1", self.lmtp)).is_ok()
                && TcpStream::connect(("127.0.0.1", self.imaps)).is_ok()
            {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("dovecot.log")).unwrap_or_default()
    }

    /// The inbox on the disk.
    pub fn maildir(&self) -> PathBuf {
        self.dir.path().join("mail").join(&self.user)
    }

    /// Hands a mail over by LMTP (RFC 2033); it is on its disk when this returns.
    pub fn deliver(&self, mail: &str) {
        self.deliver_all(&[mail.to_owned()]);
    }

    /// Several mails over one connection.
    pub fn deliver_all(&self, mails: &[String]) {
        let mut line = Line::open(self.lmtp);
        line.expect("220");
        line.say("LHLO tests.example");
        line.expect("250");
        for mail in mails {
            line.say("MAIL FROM:<bounces@reporter.example>");
            line.expect("250");
            line.say(&format!("RCPT TO:<{}>", self.user));
            line.expect("250");
            line.say("DATA");
            line.expect("354");
            let stuffed = mail.replace("\r\n", "\n").replace("\n.", "\n..").replace('\n', "\r\n");
            line.say(&format!("{stuffed}\r\n."));
            line.expect("250");
        }
        line.say("QUIT");
        line.expect("221");
    }

    /// Another client of the mailbox, logged in.
    pub fn client(&self) -> Client {
        let mut client = Client { line: Line::open(self.imap), tags: 0 };
        client.line.read_until("* OK [CAPABILITY");
        client.run(&format!("LOGIN {} {}", self.user, self.password));
        client
    }

    /// UIDVALIDITY changes while nobody looks, as after a restored backup of the mail server; the UIDs stay.
    pub fn bump_uidvalidity(&mut self) {
        self.fall();
        let list = self.maildir().join("dovecot-uidlist");
        let text = fs::read_to_string(&list).unwrap();
        let (first, rest) = text.split_once('\n').unwrap();
        let renumbered = first
            .split(' ')
            .map(|word| match word.strip_prefix('V').and_then(|v| v.parse::<u32>().ok()) {
                Some(validity) => format!("V{}", validity + 1),
                None => word.to_owned(),
            })
            .collect::<Vec<_>>()
            .join(" ");
        fs::write(&list, format!("{renumbered}\n{rest}")).unwrap();
        for entry in fs::read_dir(self.maildir()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("dovecot.index") {
                fs::remove_file(path).unwrap();
            }
        }
        self.rise();
        assert!(self.answers(), "dovecot does not come back: {}", self.log());
    }

    /// The authentication process holds its breath; while it does, new connections get `* OK Waiting` lines.
    pub fn hold_authentication(&self, held: bool) -> bool {
        let Some(master) = &self.master else { return false };
        let signal = if held { rustix::process::Signal::STOP } else { rustix::process::Signal::CONT };
        let mut found = false;
        for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let Some((pid, rest)) = stat.split_once(" (auth) ") else { continue };
            let parent = rest.split(' ').nth(1).and_then(|parent| parent.parse::<u32>().ok());
            if parent == Some(master.id())
                && let Some(pid) = pid.parse().ok().and_then(rustix::process::Pid::from_raw)
            {
                rustix::process::kill_process(pid, signal).unwrap();
                found = true;
            }
        }
        found
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.hold_authentication(false);
        self.fall();
    }
}

impl Who {
    fn of_this_process() -> Self {
        let id = |args: &[&str]| {
            let output = Command::new("id").args(args).output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        if !rustix::process::geteuid().is_root() {
            return Self { user: id(&["-un"]), group: id(&["-gn"]), drop_to: None };
        }
        let numbers = (id(&["-u", "nobody"]).parse().unwrap(), id(&["-g", "nobody"]).parse().unwrap());
        Self { user: "nobody".to_owned(), group: id(&["-gn", "nobody"]), drop_to: Some(numbers) }
    }

    fn give(&self, path: &Path) {
        if let Some((user, group)) = self.drop_to {
            std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
        }
    }

    fn run_as(&self, command: &mut Command) {
        if let Some((user, group)) = self.drop_to {
            command.gid(group).uid(user);
        }
    }
}

/// Another client: plain lines on loopback.
pub struct Client {
    line: Line,
    tags: usize,
}

impl Client {
    /// Runs a command that must succeed; the untagged lines before its end.
    pub fn run(&mut self, command: &str) -> Vec<String> {
        self.tags += 1;
        let tag = format!("t{}", self.tags);
        self.line.say(&format!("{tag} {command}"));
        let lines = self.line.read_until(&tag);
        let last = lines.last().unwrap();
        assert!(last.starts_with(&format!("{tag} OK")), "{command}: {last}");
        lines
    }

    /// APPEND (RFC 3501 section 6.3.11).
    pub fn append(&mut self, folder: &str, mail: &str) {
        let mail = mail.replace("\r\n", "\n").replace('\n', "\r\n");
        self.tags += 1;
        let tag = format!("t{}", self.tags);
        self.line.say(&format!("{tag} APPEND {folder} {{{}}}", mail.len()));
        self.line.read_until("+");
        self.line.say(&mail);
        let lines = self.line.read_until(&tag);
        assert!(lines.last().unwrap().starts_with(&format!("{tag} OK")), "{lines:?}");
    }

    /// The flags of every mail of a folder.
    pub fn flags(&mut self, folder: &str) -> Vec<String> {
        self.run(&format!("EXAMINE {folder}"));
        let lines = self.run("UID FETCH 1:* (FLAGS)");
        lines.into_iter().filter(|line| line.contains("FETCH")).collect()
    }
}

/// A connection that speaks in lines.
pub struct Line(BufReader<TcpStream>);

impl Line {
    pub fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    pub fn say(&mut self, text: &str) {
        self.0.get_mut().write_all(format!("{text}\r\n").as_bytes()).unwrap();
    }

    /// The last line of a reply (RFC 5321 section 4.2.1).
    fn expect(&mut self, code: &str) {
        loop {
            let line = self.line();
            assert!(line.starts_with(code), "{line} instead of {code}");
            if line.get(3..4).is_none_or(|c| c != "-") {
                return;
            }
        }
    }

    pub fn line(&mut self) -> String {
        let mut line = Vec::new();
        let read = (&mut self.0).take(1 << 26).read_until(b'\n', &mut line).unwrap();
        assert!(read > 0, "the server hung up");
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    pub fn read_until(&mut self, start: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            lines.push(self.line());
            if lines.last().unwrap().starts_with(start) {
                return lines;
            }
        }
    }
}

fn free_ports() -> [u16; 3] {
    let held = [0; 3].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

/// An authority of a moment, and what it signed for `localhost`. Returns the authority.
fn certificates(dir: &Path) -> String {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.distinguished_name.push(DnType::CommonName, "dovecot of a test");
    let root = ca.self_signed(&ca_key).unwrap();
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    let leaf =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let write = |name: &str, text: String| fs::write(dir.join(name), text).unwrap();
    write("cert.pem", leaf.pem());
    write("key.pem", key.serialize_pem());
    root.pem()
}

/// Whether this process was told that Dovecot must be there.
pub fn required() -> bool {
    std::env::var_os("SIR_REQUIRE_DOVECOT").as_deref() == Some(OsStr::new("1"))
}

const SETTINGS: &str = "base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/dovecot.log
info_log_path = DIR/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = OWNER
default_login_user = OWNER
default_internal_group = GROUP
ssl = yes
ssl_cert = <DIR/cert.pem
ssl_key = <DIR/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:DIR/mail/%u
mail_home = DIR/mail/%u
mail_fsync = never
mail_max_userip_connections = 50
first_valid_uid = 1
first_valid_gid = 1
mail_uid = OWNER
mail_gid = GROUP
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u DIR/users
}
userdb {
  driver = static
  args = uid=OWNER gid=GROUP home=DIR/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Junk {
    auto = subscribe
  }
  mailbox Processed {
    auto = subscribe
  }
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = PLAIN_PORT
  }
  inet_listener imaps {
    port = TLS_PORT
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = LMTP_PORT
  }
}
service stats {
  chroot =
}
";
