//! Whether a message is about a vulnerability at all.

use super::Facts;
use super::component::sig_of;
use super::evidence::Proof;
use super::words::{Look, Pattern, Words, patterns};

patterns! {
    SECURITY = r"\bvuln(?:erab\w{0,8}|s)?\b|\bsecurity[ -](?:issue|bug|flaw|hole|problem|report|advisory|concern|weakness|defect|finding|research\w{0,3}|notice|incident|vuln\w{0,9}|risk|impact|fix|patch|mail|matter|relevant)s?\b|\bexploit\w{0,6}\b|\b(?:0|zero)[ -]?day\b|\bweakness(?:es)?\b|\bmisconfigur\w{0,6}\b|\bunsafe(?:ly)?\b|\binsecure\w{0,2}\b|\bhack(?:ed|er|ers|ing)?\b|\bmalware\b|\b(?:passwords?|credentials?|passkeys?|encrypt\w{0,5}|cryptograph\w{0,5}|entropy|randomness|privileges?|untrusted|authentication|authorization)\b|\bcompromised?\b|\battack(?:er|ers|s)?\b|\bpayload\b";
    FOREIGN = r"漏洞|安全问题|脆弱性|취약점|уязвимост|беззащит|vulnérabilit|faille|vulnerabilidad|vulnerabilidade|vulnerabilit|sicherheitsl|schwachstelle|sicherheitsproblem|podatno|luka w|zranitelnost|sebezhet|güvenlik açı|zafiyet|lỗ hổng|ثغرة|חולשה|haavoittuvuu|sårbarhe|kwetsbaarheid|kerentanan|ช่องโหว่|崩溃|クラッシュ|溢出|攻击";
    TROUBLE = r"\bcrash\w{0,4}\b|\bseg(?:mentation )?[ -]?fault|\baccess violation|\bcore dump|\bstack trace|\bbacktrace|\bheap\b|\boverflow|\bcorrupt\w{0,4}\b|\bmemory leak|\bdereference|\bmalloc|\bmemcpy|\bstrcpy|\bunchecked\b|\bunvalidated\b|\bsanitiz\w{0,4}\b|\bassert\w{0,6}\b|\bfuzz\w{0,4}\b|\bundefined behaviou?r|\brace condition|\b(?:no|missing) bounds? check|\bpointer\b|\bnull\b|\bstack\b";
    BOUNTY = r"\bbug[ -]?bount(?:y|ies)\b|\bresponsibl(?:e|y) disclos\w{0,4}|\bcoordinated (?:vulnerability )?disclosure|\b(?:spf|dmarc|dkim|hsts|x-frame-options|clickjacking|csp)\b|\bhall of fame\b|\bsecurity\.txt\b|\bsubdomain takeover|\b(?:exposed|leaked|public|open) (?:\.git|keys?|tokens?|credentials?|ports?|bucket|s3|database|admin)|\bmissing (?:security )?headers?|\bsecurity researcher|\bethical hacker|\bpen(?:etration )?[ -]?test\w{0,3}\b|\bphishing\b|\b(?:rate limit\w{0,3}|open redirect|directory listing|version disclosure)\b";
    OURS = r"\bo3de\b|\bopen 3d engine|\b(?:your|the) (?:engine|editor|project|repo(?:sitory)?|website|site|domain|server|code|software|product|api)\b|\blumberyard\b";
    // A bare word of trouble that makes sense only with the product.
    ODD = r"\b(?:bug|issue|problem|freeze|hang|broken|error|fehler|erreur|ошибка|bogue)s?\b|\babsturz|\bstürzt";
    CHATTER = r"\bunsubscribe\b|\bopt[ -]?out\b|\bview (?:this email |it )?in (?:your )?browser|\bnewsletter\b|\bwebinar\b|\bseo\b|\bsearch engine|\bguest posts?\b|\bback-?links?\b|\bpage (?:one|1) of google|\brank(?:ing|ings)? (?:on|in|higher)|\bspecial offer|\bdiscount\b|\bfree trial|\blimited time|\bbook a (?:demo|call|meeting)|\bschedule a (?:demo|call|meeting)|\bour (?:clients|customers|solutions?|services|platform|agency|experts)\b|\binvoice\b|\bpayment (?:due|overdue|reminder)|\bpurchase order|\bquotation\b|\bcurriculum vitae|\bresum(?:e|é)\b|\bmy cv\b|\bcover letter|\b(?:job|position|vacancy|internship|opening)\b[ a-z,]{0,30}\b(?:appl\w{1,7}|candidate|hiring)|\bappl(?:y|ying|ication) for\b|\bhiring\b|\brecruit\w{0,4}\b|\bsponsor\w{0,5}\b|\bpress release|\bcongratulations\b|\blottery\b|\bcrypto(?:currency)? invest|\bcasino\b|\bmarketing\b|\blead generation|\bboost your|\bgrow your|\bdear (?:sir|madam|valued)|\bbusiness proposal|\bpartnership\b|\broi\b|\bearly[ -]bird|\bregister (?:now|today)|\blearn more\b|\bpricing\b|\bdeals?\b|\bdownload (?:our|the) (?:white ?paper|e-?book|report)";
    LIST_FOOTER = r"^(?:-=){3,}|\blists\.o3de\.org\b|\bgroups\.io\b";
}

/// How many signs there are that this is a report of a vulnerability (0: none). A plain count, at most 20: each kind of
/// fact and each kind of telling word is one sign. It decides only whether a message waits; nothing is dropped by it.
///
/// It is generous: poor English, a short line or a bare crash log is a report. Two marks of advertising, applications
/// or bills take away the general words, and leave what only a report has: traces, code, places in the source.
pub fn signs(subject: &str, text: &str, facts: &Facts) -> u32 {
    let words = Words::new(subject, text);
    let all = words.all();
    let in_text = |pattern: &Pattern| u32::from(pattern.is_in(all));
    let chatter = marks_of_chatter(all);
    let hard = hard_signs(facts);
    if chatter >= 2 {
        // An advertisement can name a CVE or sell against phishing. It does not name a place in our source.
        let own = u32::from(names_source(facts) || !facts.files.is_empty());
        let bounty = in_text(&BOUNTY).min(in_text(&OURS)) * u32::from(chatter < 3);
        return if hard > 0 || own > 0 || bounty > 0 { hard + own + bounty } else { 0 };
    }
    let soft = soft_signs(facts);
    let odd = in_text(&ODD).min(in_text(&OURS).max(u32::from(names_source(facts))));
    let telling = in_text(&SECURITY) + in_text(&FOREIGN) + in_text(&TROUBLE) + in_text(&BOUNTY);
    // One mark of advertising and nothing but a general word is an advertisement.
    let general = if chatter == 1 && hard + soft == 0 && in_text(&OURS) == 0 {
        in_text(&FOREIGN) + in_text(&BOUNTY)
    } else {
        telling
    };
    hard + soft + general + odd
}

/// Different marks of advertising, applications and bills. The footer of a mailing list has one of its own.
fn marks_of_chatter(all: Look<'_>) -> u32 {
    let mut seen: Vec<String> = Vec::new();
    for at in CHATTER.all(all) {
        let mark = all.get(at).unwrap_or("").to_lowercase();
        if !seen.contains(&mark) && seen.len() < 8 {
            seen.push(mark);
        }
    }
    let of_list = LIST_FOOTER.is_in(all) && seen.iter().any(|mark| mark == "unsubscribe");
    u32::try_from(seen.len()).unwrap_or(0).saturating_sub(u32::from(of_list))
}

/// Whether a part of the engine is named. The web pages and lists do not count: every advertisement knows them.
fn names_source(facts: &Facts) -> bool {
    facts.components.iter().any(|found| sig_of(&found.value) != Some("docs-community"))
}

/// Facts that only a report has.
fn hard_signs(facts: &Facts) -> u32 {
    let trace = facts.proof_of_concept.iter().any(|proof| match proof.value {
        Proof::Trace | Proof::Code => true,
        Proof::Attachment | Proof::Link | Proof::Mentioned => false,
    });
    [trace, !facts.cvss.is_empty(), !facts.cwe.is_empty(), facts.commit.is_some()]
        .into_iter()
        .map(u32::from)
        .sum()
}

/// Facts that a report often has and other mail seldom.
fn soft_signs(facts: &Facts) -> u32 {
    let proof = facts.proof_of_concept.iter().any(|proof| match proof.value {
        Proof::Link => true,
        // "Attached" alone is said in any mail, and anything can be attached.
        Proof::Trace | Proof::Code | Proof::Attachment | Proof::Mentioned => false,
    });
    [
        !facts.ids.is_empty(),
        names_source(facts),
        !facts.files.is_empty(),
        !facts.impact.is_empty(),
        facts.exploited.is_some(),
        facts.claimed_score.is_some(),
        facts.claimed_word.is_some() && !facts.impact.is_empty(),
        facts.dependencies.iter().any(|found| found.value.version.is_some()),
        proof,
    ]
    .into_iter()
    .map(u32::from)
    .sum()
}
