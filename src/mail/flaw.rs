//! What can be wrong with a message: one word each, shown to members and counted in metrics.

use std::fmt;

/// Something wrong with a message. A flaw never loses the message; it may withhold an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// More octets than the limit: the body was not read.
    RawTruncated,
    /// The header block is larger than the limit: only its first part was read.
    HeadersTooBig,
    /// More parts than the limit: the body was not read.
    TooManyParts,
    /// Nested deeper than the limit: the body was not read.
    TooDeep,
    /// The parts decode to more octets than the limit: what came after was not read.
    DecodedTooBig,
    /// The text was longer than what is kept for reading.
    TextCut,
    /// HTML nested deeper than any mail program writes.
    HtmlTooDeep,
    /// A multipart without a usable boundary.
    BadMime,
    /// A part whose base64, quoted-printable or character set is broken; read as far as possible.
    BadEncoding,
    /// Octets over 127 in a header field that are not UTF-8 (RFC 6532 allows only UTF-8).
    Raw8bitHeader,
    /// No From field (RFC 5322 section 3.6 requires one).
    NoFrom,
    /// A From field without exactly one mailbox that we could answer.
    BadFrom,
    /// More than one From field or more than one mailbox in it.
    TwoFrom,
    /// A field that may stand once stands more often (RFC 5322 section 3.6); its name in lower case.
    DuplicateHeader(&'static str),
    /// No Message-ID, or one that is empty.
    NoMessageId,
    /// No Date, or one that is not a date.
    BadDate,
    /// Nothing in the body: no text and no attachment.
    EmptyBody,
    /// A `winmail.dat` (application/ms-tnef): attachments may be inside that we cannot read.
    WinmailDat,
    /// It was encrypted without protection against changes (RFC 9580 section 5.7): anybody may have bent it.
    NotIntact,
    /// The text or subject holds control or bidirectional-override characters.
    ControlCharacters,
}

impl Flaw {
    /// The stable word, without the name of a field.
    pub fn word(self) -> &'static str {
        match self {
            Self::RawTruncated => "raw-truncated",
            Self::HeadersTooBig => "headers-too-big",
            Self::TooManyParts => "too-many-parts",
            Self::TooDeep => "too-deep",
            Self::DecodedTooBig => "decoded-too-big",
            Self::TextCut => "text-cut",
            Self::HtmlTooDeep => "html-too-deep",
            Self::BadMime => "bad-mime",
            Self::BadEncoding => "bad-encoding",
            Self::Raw8bitHeader => "raw-8bit-header",
            Self::NoFrom => "no-from",
            Self::BadFrom => "bad-from",
            Self::TwoFrom => "two-from",
            Self::DuplicateHeader(_) => "duplicate-header",
            Self::NoMessageId => "no-message-id",
            Self::BadDate => "bad-date",
            Self::EmptyBody => "empty-body",
            Self::WinmailDat => "winmail-dat",
            Self::NotIntact => "not-intact",
            Self::ControlCharacters => "control-characters",
        }
    }
}

impl Flaw {
    /// Whether it tells of the body rather than of the header.
    pub fn is_of_body(self) -> bool {
        match self {
            Self::TooManyParts
            | Self::TooDeep
            | Self::DecodedTooBig
            | Self::TextCut
            | Self::HtmlTooDeep
            | Self::BadMime
            | Self::BadEncoding
            | Self::EmptyBody
            | Self::WinmailDat
            | Self::NotIntact
            | Self::ControlCharacters => true,
            Self::RawTruncated
            | Self::HeadersTooBig
            | Self::Raw8bitHeader
            | Self::NoFrom
            | Self::BadFrom
            | Self::TwoFrom
            | Self::DuplicateHeader(_)
            | Self::NoMessageId
            | Self::BadDate => false,
        }
    }
}

impl fmt::Display for Flaw {
    /// The word; for a duplicate field `duplicate-header:subject`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        if let Self::DuplicateHeader(name) = self { write!(f, ":{name}") } else { Ok(()) }
    }
}
