//! What stands over an earlier mail that is carried along whole: a divider (`-----Original Message-----`) or a
//! block of header lines (`From: Sent: To: Subject:`), in the languages of the common programs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{each, is_rule};

/// What a group of lines turned out to be, and the line after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The head of an earlier mail.
    Mail { end: usize },
    /// Header lines, but not of an earlier mail: a pasted raw message, a patch, a protocol.
    NoMail { end: usize },
}

/// What a header line tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    From,
    Sent,
    To,
    Subject,
    /// Known, but says nothing (`Cc`).
    Other,
    /// Seen in raw messages only: no program shows it above an earlier mail.
    Raw,
}

const FROM: &str = "from|von|de|da|van|fra|från|od|lähettäjä|feladó|kimden|от|от кого|від|发件人|寄件者|寄件人|發件人|差出人|\
    送信者|보낸 사람|보낸사람|από|מאת|من|expéditeur|remetente|mittente|afzender|absender|nadawca|\
    odesílatel|odosielateľ|dari|từ|de la|van de";
const SENT: &str = "sent|sent time|date|gesendet|gesendet am|datum|envoyé|envoyé le|date d'envoi|enviado|enviado el|\
    enviado em|enviada em|enviada|fecha|data|inviato|verzonden|sendt|skickat|dato|wysłano|\
    wysłane|odesláno|odoslané|lähetetty|päivämäärä|küldve|dátum|elküldve|gönderildi|tarih|\
    gönderilme tarihi|отправлено|дата|надіслано|发送时间|发送日期|日期|寄件日期|傳送時間|時間|送信日時|日時|日付|보낸 날짜|날짜|\
    message du|ημερομηνία|נשלח|תאריך|trimis|dikirim|tanggal|đã gửi|ngày";
const TO: &str = "to|an|à|a|aan|til|till|do|komu|para|per|vastaanottaja|címzett|kime|кому|收件人|收件者|宛先|받는 사람|\
    받는사람|προς|אל|إلى|către|kepada|đến|destinataire|destinatario|destinatário|za|pour";
const SUBJECT: &str = "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|emne|ämne|temat|předmět|predmet|aihe|\
    tárgy|konu|тема|主题|主題|主旨|件名|제목|θέμα|נושא|الموضوع|subiect|sujet|perihal|chủ đề";
const OTHER: &str = "cc|kopie|kopie (cc)|copie à|copie|cópia|kopi|kopia|dw|copia|копия|抄送|副本|cc:|참조|bcc|reply-to|\
    risposta|antwort an|répondre à|responder a|importance|wichtigkeit|priority|attachments|\
    attachment|anlagen|resent-from|kópia|másolat|bilgi";
const RAW: &str = "received|message-id|mime-version|content-type|content-transfer-encoding|return-path|\
    dkim-signature|in-reply-to|references|delivered-to|authentication-results|host|user-agent|\
    arc-seal|sender|content-disposition|content-length|list-id|thread-index|author|commit";
/// Words between dashes over an earlier mail.
const DIVIDERS: &str = "original message|original messages|original|original mail|original email|ursprüngliche nachricht|\
    originalnachricht|original-nachricht|message d'origine|message d’origine|message original|\
    message initial|mensaje original|mensagem original|messaggio originale|\
    oorspronkelijk bericht|origineel bericht|original meddelelse|oprindelig meddelelse|\
    opprinnelig melding|ursprungligt meddelande|originalmeddelande|wiadomość oryginalna|\
    oryginalna wiadomość|původní zpráva|alkuperäinen viesti|eredeti üzenet|özgün ileti|\
    orijinal mesaj|исходное сообщение|исходное письмо|оригинальное сообщение|\
    вихідне повідомлення|原始邮件|原始郵件|邮件原件|原邮件|原始信息|元のメッセージ|원본 메시지|원본 메일|forwarded message|\
    forwarded mail|weitergeleitete nachricht|message transféré|message réexpédié|\
    mensaje reenviado|mensagem encaminhada|messaggio inoltrato|doorgestuurd bericht|\
    videresendt meddelelse|vidarebefordrat meddelande|wiadomość przekazana|przekazana wiadomość|\
    přeposlaná zpráva|välitetty viesti|转发的消息|转发邮件信息|转发的邮件|轉寄的郵件|転送されたメッセージ|転送メッセージ|전달된 메시지|\
    пересылаемое сообщение|переслане повідомлення";
/// Words without dashes that need header lines under them.
const BEGINNINGS: &str = "begin forwarded message|anfang der weitergeleiteten nachricht|début du message transféré|\
    début du message réexpédié|inicio del mensaje reenviado|início da mensagem encaminhada|\
    início da mensagem reencaminhada|inizio messaggio inoltrato|begin doorgestuurd bericht";

/// The head of an earlier mail, or a group of header lines that is none, if one begins on this line.
///
/// `last_words` is the line with words above it: `Here is the payload:` makes a header block part of a report.
pub(super) fn at(lines: &[&str], first: usize, last_words: &str) -> Option<Found> {
    let line = *lines.get(first)?;
    if line.len() > 1000 {
        return None;
    }
    if is_divider(line) {
        let next =
            (first + 1..lines.len()).take(3).find(|n| lines.get(*n).is_some_and(|l| !l.trim().is_empty()));
        let group = next.filter(|n| lines.get(*n).is_some_and(|l| label(l).is_some()));
        return Some(Found::Mail { end: group.map_or(first + 1, |n| Group::read(lines, n).end) });
    }
    if begins_forward(line) {
        let next =
            (first + 1..lines.len()).take(3).find(|n| lines.get(*n).is_some_and(|l| label(l).is_some()))?;
        return Some(Found::Mail { end: Group::read(lines, next).end });
    }
    label(line)?;
    let group = Group::read(lines, first);
    let introduced = last_words.trim_end().ends_with([':', '：']) && !is_rule(last_words);
    let patch = group.patch || is_patch_head(last_words);
    if group.is_mail() && !introduced && !patch {
        return Some(Found::Mail { end: group.end });
    }
    Some(Found::NoMail { end: group.end })
}

/// The first line of a patch as `git format-patch` writes it.
fn is_patch_head(line: &str) -> bool {
    line.strip_prefix("From ")
        .and_then(|rest| rest.split(' ').next())
        .is_some_and(|hash| hash.len() >= 12 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_in(list: &'static str, word: &str) -> bool {
    each(list).any(|one| one == word)
}

fn is_divider(line: &str) -> bool {
    let text = line.trim().trim_matches(['*', ' ']);
    // A signed text escapes dashes at the beginning of a line (RFC 9580 section 7.1).
    let text = text.strip_prefix("- -").map_or(text, |_| text.trim_start_matches(['-', ' ']));
    let words = text.trim_matches(['-', '_', '=', '—', '–', ' ', ':']);
    let ruled =
        text.starts_with("--") || text.ends_with("--") || text.starts_with("__") || text.starts_with('—');
    ruled && (3..=60).contains(&words.len()) && is_in(DIVIDERS, &words.to_lowercase())
}

fn begins_forward(line: &str) -> bool {
    let text = line.trim();
    let Some(words) = text.strip_suffix([':', '：']) else { return false };
    words.len() <= 60 && is_in(BEGINNINGS, &words.trim_end().to_lowercase())
}

fn label(line: &str) -> Option<Label> {
    let text = line.trim_start_matches(['*', '_', ' ', '\t', '\u{a0}']);
    let (key, _) = text.split_once([':', '：'])?;
    let key = key.trim_end_matches(['*', '_', ' ', '\u{a0}', '\t']);
    if key.is_empty() || key.len() > 40 {
        return None;
    }
    LABELS.get(key.to_lowercase().as_str()).copied()
}

/// Every known label; of one that stands in several lists the first list counts.
static LABELS: LazyLock<BTreeMap<&'static str, Label>> = LazyLock::new(|| {
    let lists = [
        (FROM, Label::From),
        (SENT, Label::Sent),
        (TO, Label::To),
        (SUBJECT, Label::Subject),
        (OTHER, Label::Other),
        (RAW, Label::Raw),
    ];
    let mut labels = BTreeMap::new();
    for (list, label) in lists {
        for word in each(list) {
            labels.entry(word).or_insert(label);
        }
    }
    labels
});

/// Header lines that stand together.
#[derive(Debug, Default)]
struct Group {
    end: usize,
    from: bool,
    sent: bool,
    to: bool,
    subject: bool,
    raw: bool,
    patch: bool,
}

impl Group {
    /// Reads on while header lines follow, folded or wrapped, with at most one blank line between two of them.
    fn read(lines: &[&str], first: usize) -> Self {
        let mut group = Self { end: first, ..Self::default() };
        let mut wrapped = 0;
        for (at, line) in lines.iter().enumerate().skip(first) {
            if line.trim().is_empty() {
                if lines.get(at + 1).is_some_and(|next| label(next).is_some()) {
                    continue;
                }
                break;
            }
            match label(line) {
                Some(label) => {
                    group.take(label, line);
                    wrapped = 0;
                    group.end = at + 1;
                }
                None if wrapped < 3 && line.len() <= 1000 => {
                    wrapped += usize::from(!line.starts_with([' ', '\t']));
                    group.raw |= group.continues_with_field(lines, at, line);
                }
                None => break,
            }
        }
        group
    }

    fn take(&mut self, label: Label, line: &str) {
        match label {
            Label::From => self.from = true,
            Label::Sent => self.sent = true,
            Label::To => self.to = true,
            Label::Subject => {
                self.subject = true;
                self.patch |= line.contains("[PATCH");
            }
            Label::Other => {}
            Label::Raw => self.raw = true,
        }
    }

    /// An unknown `Word: value` between header lines: then this is somebody's own list of facts.
    fn continues_with_field(&self, lines: &[&str], at: usize, line: &str) -> bool {
        let field = line.split_once(": ").is_some_and(|(key, _)| {
            !key.is_empty()
                && key.len() <= 30
                && key.chars().all(|c| c.is_alphanumeric() || c == '-' || c == ' ')
        });
        field && lines.get(at + 1).is_some_and(|next| label(next).is_some())
    }

    fn is_mail(&self) -> bool {
        self.from && self.sent && (self.to || self.subject) && !self.raw
    }
}
