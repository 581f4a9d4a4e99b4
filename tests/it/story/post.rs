//! The mails of the stories: whom they are from, what they answer, how the provider judged them.

/// A report as people send it.
pub const OVERFLOW: &str = "Hello,\n\nI found a heap overflow in the Multiplayer gem of O3DE 25.05.1 on Windows 11.\n\n\
    Steps to reproduce:\n1. Start a server with the default project.\n2. Send a NetBind packet of 70000 bytes.\n\
    3. The server crashes in Gems/Multiplayer/Code/Source/NetworkEntity.cpp:211.\n\nA remote attacker without an account \
    can run code on the server.\n\nRena Porter\n";

pub const RENA: &str = "rena@reporter.example";
pub const LIST: &str = "security@lists.o3de.example";

/// What the provider's Authentication-Results say.
#[derive(Clone, Copy)]
pub enum Auth {
    Pass,
    Fail,
    Silent,
}

/// A mail in the making.
#[derive(Clone)]
pub struct Mail {
    pub from: Option<String>,
    pub to: String,
    pub cc: Option<String>,
    pub subject: String,
    pub id: Option<String>,
    pub in_reply_to: Option<String>,
    pub references: Option<String>,
    pub auth: Auth,
    pub date: String,
    pub return_path: String,
    pub more: Vec<String>,
    pub kind: String,
    pub text: String,
    /// The domain that signs it, and the octets of its signature.
    pub seal: Option<(String, String)>,
}

impl Mail {
    pub fn new(from: &str, subject: &str, id: &str, text: &str) -> Self {
        Self {
            from: Some(from.to_owned()),
            to: LIST.to_owned(),
            cc: None,
            subject: subject.to_owned(),
            id: Some(id.to_owned()),
            in_reply_to: None,
            references: None,
            auth: Auth::Pass,
            date: "Mon, 23 Nov 2026 08:59:50 +0000".to_owned(),
            return_path: format!("<{}>", address(from)),
            more: Vec::new(),
            kind: "text/plain; charset=utf-8".to_owned(),
            text: text.to_owned(),
            seal: None,
        }
    }

    /// Rena's report.
    pub fn report() -> Self {
        Self::new(
            "Rena Porter <rena@reporter.example>",
            "Heap overflow in Multiplayer",
            "r1@reporter.example",
            OVERFLOW,
        )
    }

    /// A mail that answers `parent` (a whole mail) as mail clients do, by In-Reply-To and References.
    pub fn answering(mut self, parent: &str) -> Self {
        self.in_reply_to = field(parent, "Message-ID");
        self.references = field(parent, "Message-ID");
        self
    }

    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    pub fn cc(mut self, cc: &str) -> Self {
        self.cc = Some(cc.to_owned());
        self
    }

    pub fn to(mut self, to: &str) -> Self {
        self.to = to.to_owned();
        self
    }

    pub fn with(mut self, line: &str) -> Self {
        self.more.push(line.to_owned());
        self
    }

    pub fn kind(mut self, kind: &str) -> Self {
        self.kind = kind.to_owned();
        self
    }

    /// Written now, and signed by the writer's provider (RFC 6376), as a member's mail is.
    pub fn sealed(mut self, now: jiff::Timestamp) -> Self {
        self.date = now.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
        let domain = self.from.as_deref().map(address).and_then(|a| a.split_once('@')).map_or("", |(_, d)| d);
        let digest = sir_intake::case::Sha256::of(format!("{:?} {}", self.id, self.text).as_bytes());
        self.seal = Some((domain.to_owned(), digest.to_string()));
        self
    }

    pub fn write(&self) -> String {
        let domain = self.from.as_deref().map(address).and_then(|a| a.split_once('@')).map_or("", |(_, d)| d);
        let b = self.seal.as_ref().map_or(String::new(), |(_, b)| format!(" header.b={}", &b[..8]));
        let results = match self.auth {
            Auth::Pass => format!("dmarc=pass header.from={domain}; dkim=pass header.d={domain}{b}"),
            Auth::Fail => format!("dmarc=fail header.from={domain}; dkim=fail header.d={domain}"),
            Auth::Silent => "none".to_owned(),
        };
        let mut lines = vec![
            format!("Return-Path: {}", self.return_path),
            format!("Authentication-Results: mx.o3de.example; {results}"),
            "Received: from mx.reporter.example by mx.o3de.example; Mon, 23 Nov 2026 08:59:58 +0000"
                .to_owned(),
        ];
        lines.extend(self.seal.iter().map(|(domain, b)| {
            format!(
                "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=mail;\n\
                 \th=from:to:subject:date:message-id; bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=;\n\tb={b}"
            )
        }));
        lines.extend(self.from.iter().map(|from| format!("From: {from}")));
        lines.push(format!("To: {}", self.to));
        lines.extend(self.cc.iter().map(|cc| format!("Cc: {cc}")));
        lines.push(format!("Subject: {}", self.subject));
        lines.push(format!("Date: {}", self.date));
        lines.extend(self.id.iter().map(|id| format!("Message-ID: <{id}>")));
        lines.extend(self.in_reply_to.iter().map(|ids| format!("In-Reply-To: {ids}")));
        lines.extend(self.references.iter().map(|ids| format!("References: {ids}")));
        lines.push("MIME-Version: 1.0".to_owned());
        lines.push(format!("Content-Type: {}", self.kind));
        lines.extend(self.more.iter().cloned());
        format!("{}\n\n{}\n", lines.join("\n"), self.text)
    }
}

/// What stands between `<` and `>`, or all of it.
pub fn address(mailbox: &str) -> &str {
    mailbox.rsplit_once('<').map_or(mailbox, |(_, spec)| spec.trim_end_matches('>'))
}

/// A header field of a mail, unfolded.
pub fn field(mail: &str, name: &str) -> Option<String> {
    let head = mail.replace("\r\n", "\n");
    let head = head.split("\n\n").next().unwrap().replace("\n ", " ").replace("\n\t", " ");
    let wanted = format!("{}:", name.to_ascii_lowercase());
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&wanted))?;
    Some(line[wanted.len()..].trim().to_owned())
}

/// The text of a mail.
pub fn text(mail: &str) -> &str {
    mail.split_once("\n\n").map_or("", |(_, text)| text)
}

/// The footer code of a letter of ours.
pub fn code(letter: &str) -> String {
    let at = letter.find("SIRC-").expect("a footer code");
    letter[at..].split_whitespace().next().unwrap().to_owned()
}

/// A delivery status notification (RFC 3464) about a letter of ours.
pub fn bounce(letter: &str, to: &str, action: &str, status: &str) -> Mail {
    let id = field(letter, "Message-ID").unwrap();
    let mut mail = Mail::new(
        "Mail Delivery System <mailer-daemon@reporter.example>",
        "Undelivered Mail Returned to Sender",
        &format!("dsn-{action}@reporter.example"),
        &format!(
            "--b\nContent-Type: text/plain\n\nYour mail could not be delivered.\n\n--b\nContent-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; mx.reporter.example\n\nFinal-Recipient: rfc822; {to}\nAction: {action}\nStatus: {status}\n\
             Diagnostic-Code: smtp; 550 no such user\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {id}\n\
             From: {LIST}\nTo: {to}\nSubject: We have your message\n\n--b--\n"
        ),
    );
    mail.return_path = "<>".to_owned();
    mail.kind("multipart/report; report-type=delivery-status; boundary=b")
}
