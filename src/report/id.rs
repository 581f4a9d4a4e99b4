//! Names that others have given to a flaw: CVE, GHSA and the like, and weakness classes.

use std::fmt;

use serde::Serialize;

use super::words::{Found, Words, group, keep, patterns, place};

/// An identifier, in the spelling of those who give it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Id {
    /// `CVE-2021-44228`, also when it was written `CVE 2021_44228` or `CAN-2005-0001`.
    Cve(String),
    /// `GHSA-xxxx-xxxx-xxxx`, letters of the GitHub alphabet.
    Ghsa(String),
    /// `TALOS-2024-1234`, Cisco.
    Talos(String),
    /// `ZDI-CAN-12345`, Trend Micro, before publication.
    ZdiCan(String),
    /// `GHSL-2024-001`, GitHub Security Lab.
    Ghsl(String),
    /// `VU#123456`, CERT/CC.
    CertVu(String),
}

impl Id {
    /// The identifier itself.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Cve(id) | Self::Ghsa(id) | Self::Talos(id) | Self::ZdiCan(id) | Self::Ghsl(id) => id,
            Self::CertVu(id) => id,
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

patterns! {
    CVE = r"(?:\b|_)(?:cve|can)(?:\s?[-_:#]\s?|\s|-id[:\s]{1,2}|)((?:19|20)\d\d)\s?[-_:/]\s?(\d{4,9})(?:\b|_)";
    GHSA = r"\bghsa((?:[-_][23456789cfghjmpqrvwx]{4}){3})\b";
    TALOS = r"\btalos[-_ ](\d{4})[-_](\d{4,5})\b";
    ZDI_CAN = r"\bzdi[-_ ]can[-_ ](\d{3,7})\b";
    GHSL = r"\bghsl[-_ ](\d{4})[-_](\d{2,5})\b";
    CERT_VU = r"\bvu\s?#\s?(\d{5,7})\b";
    CWE = r"\bcwe[-_ :#]{0,2}(\d{1,4})\b";
}

/// All identifiers, in the order CVE, GHSA, TALOS, ZDI-CAN, GHSL, VU#, each kind as it stands in the text.
pub(super) fn ids(words: &Words) -> Vec<Found<Id>> {
    let mut out = Vec::new();
    let text = words.all();
    for groups in CVE.groups(text) {
        let id = Id::Cve(format!("CVE-{}-{}", group(&groups, 1), group(&groups, 2)));
        keep(&mut out, words.found(id, &place(&groups, 0)));
    }
    for groups in GHSA.groups(text) {
        let id = Id::Ghsa(format!("GHSA{}", group(&groups, 1).to_ascii_lowercase().replace('_', "-")));
        keep(&mut out, words.found(id, &place(&groups, 0)));
    }
    for groups in TALOS.groups(text) {
        let id = Id::Talos(format!("TALOS-{}-{}", group(&groups, 1), group(&groups, 2)));
        keep(&mut out, words.found(id, &place(&groups, 0)));
    }
    for groups in ZDI_CAN.groups(text) {
        keep(&mut out, words.found(Id::ZdiCan(format!("ZDI-CAN-{}", group(&groups, 1))), &place(&groups, 0)));
    }
    for groups in GHSL.groups(text) {
        let id = Id::Ghsl(format!("GHSL-{}-{}", group(&groups, 1), group(&groups, 2)));
        keep(&mut out, words.found(id, &place(&groups, 0)));
    }
    for groups in CERT_VU.groups(text) {
        keep(&mut out, words.found(Id::CertVu(format!("VU#{}", group(&groups, 1))), &place(&groups, 0)));
    }
    out
}

/// The CWE numbers.
pub(super) fn cwe(words: &Words) -> Vec<Found<u16>> {
    let mut out = Vec::new();
    for groups in CWE.groups(words.all()) {
        if let Ok(number) = group(&groups, 1).parse() {
            keep(&mut out, words.found(number, &place(&groups, 0)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_however_they_are_spelled() {
        let read = |text| ids(&Words::new("", text)).iter().map(|f| f.value.to_string()).collect::<Vec<_>>();
        for text in [
            "CVE-2021-44228",
            "cve 2021-44228",
            "CVE_2021_44228",
            "CVE2021-44228",
            "CVE: 2021-44228",
            "CVE\u{2011}2021\u{2011}44228",
            "x_cve-2021-44228_poc",
        ] {
            assert_eq!(read(text), ["CVE-2021-44228"], "{text}");
        }
        assert_eq!(read("CAN-2005-0001, CVE-2005-0001"), ["CVE-2005-0001"]);
        assert_eq!(
            read("ghsa-JF5R-wgf4-qhxf TALOS-2024-1234 ZDI-CAN-23456 GHSL-2024-001 VU#123456"),
            ["GHSA-jf5r-wgf4-qhxf", "TALOS-2024-1234", "ZDI-CAN-23456", "GHSL-2024-001", "VU#123456"]
        );
        assert!(read("CVE-2021-1, I can 2021-4422, GHSA-aaaa-bbbb-cccc, a CVE in 2021").len() <= 1);
        assert_eq!(
            cwe(&Words::new("", "CWE-787, cwe 122")).iter().map(|f| f.value).collect::<Vec<_>>(),
            [787, 122]
        );
    }
}
