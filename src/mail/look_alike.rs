//! Addresses that people read as another one (UTS 39): enough letters to name the member who is imitated. Nobody becomes a
//! member by it; it only decides who is told.

use crate::case::Address;

/// Whether two different addresses read the same to the eye.
pub(super) fn alike(known: &Address, other: &Address) -> bool {
    known != other && skeleton(known) == skeleton(other)
}

fn skeleton(address: &Address) -> String {
    let (domain, _) = idna::domain_to_unicode(address.domain());
    let text = format!("{}@{domain}", address.local()).to_lowercase();
    let mut out: String = text.chars().filter_map(plain).collect();
    for (pair, one) in [("rn", "m"), ("vv", "w"), ("cl", "d")] {
        out = out.replace(pair, one);
    }
    out
}

/// The Latin letter or digit that a sign is read as; `None` for what is not seen.
fn plain(c: char) -> Option<char> {
    Some(match c {
        'а' | 'ɑ' | 'α' | 'á' | 'à' | 'â' | 'ä' | 'ạ' => 'a',
        'ь' | 'Ь' => 'b',
        'с' | 'ϲ' | 'ç' => 'c',
        'ԁ' | 'ɗ' => 'd',
        'е' | 'ё' | 'є' | 'é' | 'è' | 'ê' | 'ë' | 'ẹ' => 'e',
        'ɡ' | 'ց' => 'g',
        'һ' | 'հ' => 'h',
        'і' | 'ї' | 'ı' | 'í' | 'ì' | 'ï' | 'ι' | 'l' | '1' | '|' | 'ӏ' | 'ⅼ' => 'i',
        'ј' | 'ϳ' => 'j',
        'κ' | 'к' => 'k',
        'м' | 'ⅿ' => 'm',
        'п' | 'ո' | 'ñ' => 'n',
        'о' | 'ο' | 'օ' | 'ó' | 'ò' | 'ö' | 'ọ' | '0' | 'ø' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' | 'ɾ' => 'r',
        'ѕ' | 'ş' | '5' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ս' | 'ü' | 'ú' | 'ù' => 'u',
        'ν' | 'ѵ' => 'v',
        'ѡ' | 'ԝ' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'ү' | 'γ' | 'ý' => 'y',
        'ᴢ' | 'ż' => 'z',
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{300}'..='\u{36F}' => return None,
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_eye_takes_for_a_member_is_alike() {
        let known = Address::parse("alice@members.example").unwrap();
        for (other, want) in [
            ("аlice@members.example", true),
            ("a1ice@members.example", true),
            ("alice@rnembers.example", true),
            ("alice@mеmbers.example", true),
            ("alice@members.example", false),
            ("ALICE@Members.example", false),
            ("alina@members.example", false),
            ("alice@members.example.evil.example", false),
        ] {
            let other = Address::parse(other).unwrap();
            assert_eq!(alike(&known, &other), want, "{}", other.as_str());
        }
    }
}
