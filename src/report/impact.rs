//! What an attacker gains, who that is, and whether it is happening already.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use super::score::Claim;
use super::section::{self, Section, Topic};
use super::words::{Found, Pattern, Words, keep, patterns};

/// What goes wrong, by the usual names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Impact {
    /// Foreign code or commands run.
    CodeExecution,
    /// More rights than given.
    PrivilegeEscalation,
    /// Something secret is read.
    InformationLeak,
    /// Crash, hang, memory eaten up.
    DenialOfService,
    /// Memory written or read out of bounds.
    MemoryCorruption,
    /// Memory used after it was freed, or freed twice.
    UseAfterFree,
    /// A path leaves its folder; a file is written or read that should not be.
    PathTraversal,
    /// Data becomes a command, a query or markup.
    Injection,
    /// Foreign data becomes objects.
    Deserialization,
    /// A check is passed by.
    Bypass,
    /// The server asks for the attacker, or the browser of a victim does.
    RequestForgery,
    /// Keys, passwords, signatures or ciphers that do not protect.
    WeakProtection,
    /// Someone passes for another: mail, identity, content.
    Spoofing,
    /// What the project delivers is changed on its way: packages, builds, accounts.
    SupplyChain,
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CodeExecution => "code execution",
            Self::PrivilegeEscalation => "privilege escalation",
            Self::InformationLeak => "information leak",
            Self::DenialOfService => "denial of service",
            Self::MemoryCorruption => "memory corruption",
            Self::UseAfterFree => "use after free",
            Self::PathTraversal => "path traversal",
            Self::Injection => "injection",
            Self::Deserialization => "deserialization",
            Self::Bypass => "bypass",
            Self::RequestForgery => "request forgery",
            Self::WeakProtection => "weak protection",
            Self::Spoofing => "spoofing",
            Self::SupplyChain => "supply chain",
        })
    }
}

/// Who attacks, and what they need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Attacker {
    /// Over a network.
    Remote,
    /// On the same machine.
    Local,
    /// With an account.
    Authenticated,
    /// Without one.
    Unauthenticated,
    /// The victim has to do something.
    UserInteraction,
    /// By way of an asset, a level, a project or a gem that the victim loads.
    MaliciousContent,
}

impl fmt::Display for Attacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Remote => "remote",
            Self::Local => "local",
            Self::Authenticated => "authenticated",
            Self::Unauthenticated => "unauthenticated",
            Self::UserInteraction => "user interaction",
            Self::MaliciousContent => "malicious asset or project",
        })
    }
}

/// What the report says of attacks that happen already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Exploited {
    /// It says that there are attacks or exploits around.
    Yes,
    /// It says that none are known.
    NoneKnown,
}

patterns! {
    CODE_EXECUTION = r"\b(?:remote|arbitrary|native|malicious|attacker(?:'s|-controlled)?)[ -](?:code|commands?|python)[ -]{0,2}(?:execut|run)|\b(?:rce|(?-i:ACE))\b|\b(?:code|command) (?:execution|exec)\b|\b(?:execut|run)(?:e|es|ing|s)?\s{1,2}(?:an?\s|any\s|the\s)?(?:arbitrary|malicious|attacker|own|his|their|native|shell|system|python)\s?(?:code|command|script|program|python)?|\bshellcode\b|\bdll (?:hijack|plant|side-?load)|\bcode injection|\b(?:gets?|got|spawn\w{0,3}|pops?|reverse|remote) (?:an? )?(?:root |remote |reverse )?shell\b|\bcontrol (?:of )?(?:the )?(?:eip|rip|pc|instruction pointer)\b|代码执行|ejecución de código|выполнение (?:произвольного )?кода";
    PRIVILEGE = r"\b(?:privilege|rights?)[ -](?:escalat|elevat)|\belevation[ -]of[ -]privileges?|\b(?:eop|lpe)\b|\b(?:escalat|elevat)\w{0,4} (?:of )?(?:his |their |the )?privilege|\b(?:become|gain|get|as) (?:root|admin(?:istrator)?|system)\b|\bnt authority";
    LEAK = r"\b(?:information|info|memory|data|credentials?|token|key|secret|password|heap|stack|address)s?[ -](?:leak|disclos|exposure|theft)|\b(?:leak|disclos|expos|steal|exfiltrat)(?:s|es|e|ing|ed)?\s{1,2}(?:the |some |any |sensitive |aws |user |uninitiali[sz]ed )?(?:data|memory|information|credentials?|secrets?|keys?|tokens?|passwords?|files?|heap|stack)\b|\bsensitive (?:data|information)\b|\bout[ -]of[ -]bounds[ -]read|\b(?:hard-?coded|plain-?text) (?:credentials?|passwords?|keys?|secrets?)|\bread (?:arbitrary|any) files?";
    DENIAL = r"\bdenial[ -]of[ -]service|\bd?dos\b(?:\s{0,2}(?:attack|condition|via|vuln))?|\bcrash(?:es|ed|ing)?\b|\b(?:infinite|endless) (?:loop|recursion)|\bhangs?\b|\bfreez(?:e|es|ing)\b|\bseg(?:mentation )?[ -]?faults?\b|\bsigsegv\b|\bsigabrt\b|\bnull(?:ptr)?[ -](?:pointer )?(?:deref|access)|\bstack exhaustion|\bmemory exhaustion|\bout of memory\b|\boom\b|\baccess violation\b|\bunhandled exception|\bassert(?:ion)? fail|\bresource exhaustion|\bzip bomb|\bstürzt ab\b|\babsturz\b|崩溃|拒绝服务|クラッシュ|denegación de servicio|déni de service";
    MEMORY = r"\b(?:buffer|heap|stack|integer|array|memory|string)[ -]{0,2}(?:based[ -])?(?:buffer[ -])?(?:overflow|overrun|underflow|over-?read|corruption)|\bout[ -]{0,2}of[ -]{0,2}bounds?\b|\boob\b|\bheap-buffer-overflow|\bstack-buffer-overflow|\bmemory (?:corruption|safety)|\bwrite-what-where|\btype confusion|\buninitiali[sz]ed (?:memory|read|value|variable)|\bwild pointer|\bformat[ -]string (?:bug|vuln|attack)|\binvalid (?:read|write) of size|\bdébordement|缓冲区溢出|溢出|переполнени|desbordamiento|pufferüberlauf|バッファオーバーフロー";
    FREED = r"\buse[ -]{0,2}after[ -]{0,2}(?:free|scope|return|poison)|\buaf\b|\bdouble[ -]free|\bdangling (?:pointer|reference)|\bheap-use-after-free";
    TRAVERSAL = r"\b(?:path|directory)[ -]traversal|\bzip[ -]?slip|\b(?:\.\./){2,}|\.\./\.\./|\.\.\\{1,2}\.\.\\|\barbitrary file (?:write|read|overwrite|delet|access|creation|upload)|\b(?:write|overwrite|read|delete)s?\s{1,2}(?:arbitrary )?files? (?:outside|anywhere)|\bsymlink (?:attack|follow)|\bpath escape|目录遍历|traversement|pfad-?traversal";
    INJECTION = r"\b(?:command|sql|code|script|html|template|argument|header|crlf|xml|log|python|shell|prompt|ldap|os command)[ -]injection|\binjection (?:attack|vuln|flaw|bug)|\bsqli\b|\bxss\b|\bcross[ -]site[ -]script|\bxxe\b|\bunsanitized\b|\bhtmli\b|\bssti\b";
    DESERIAL = r"\b(?:de-?serializ|de-?serialis|unmarshal|unpickl)\w{0,6}|\b(?:pickle|yaml)\.loads?\b|\binsecure (?:pickle|yaml)";
    BYPASS = r"\b(?:bypass|circumvent)\w{0,4}\b|\b(?:sandbox|jail)[ -](?:escape|break)|\bmissing (?:auth\w{0,12}|signature|certificate|access|permission|hash|checksum) ?(?:check|verif|valid|control)?|\bimproper (?:auth|access|cert|input|verif)\w{0,12}|\b(?:does not|doesn't|without|not|never|no) (?:verif|validat|check)\w{0,6}\s{1,2}(?:the |any |of )?(?:tls |ssl |server )?(?:cert|signature|hash|checksum|sender|origin|hostname)|\b(?:no|without(?: any)?) (?:authentication|authorization|passwords?|signature check)|\bidor\b|\bbroken access control|\baccount takeover|\bsubdomain takeover";
    FORGERY = r"\b(?:ssrf|csrf|xsrf)\b|\b(?:server-side|cross[ -]site) request forgery|\bopen redirect|\bclick-?jacking";
    PROTECTION = r"\b(?:weak|broken|insecure|predictable|hard-?coded) (?:crypto\w{0,7}|cipher|hash|random|key|password|encryption|rng|permissions?)|\bcleartext\b|\bplain-?text (?:http|password|protocol)|\bunencrypted\b|\b(?:predictable|guessable|can be (?:guessed|predicted|brute[ -]?forced))\b|\bnonce reuse|\btls 1\.[01]\b|\bmissing (?:security )?headers?|\bhsts\b|\bx-frame-options|\bcontent-security-policy|\bman[ -]in[ -]the[ -]middle|\bmitm\b";
    SPOOFING = r"\bspoof\w{0,4}\b|\bimpersonat\w{0,4}\b|\b(?:spf|dmarc|dkim)\b|\bphish\w{0,4}\b|\bhomoglyph|\bforged? (?:packets?|messages?|e?-?mails?)";
    SUPPLY = r"\bsupply[ -]chain\b|\bdependency confusion|\btypo-?squat\w{0,4}|\bcompromised (?:package|account|build|release|key)|\bbackdoor\w{0,2}\b|\bleaked (?:aws |api |access |github |secret )?(?:keys?|tokens?|credentials?)|\bpoisoned pipeline|\bpwn request";
    REMOTE = r"\bremote(?:ly)?\b|\bremot[oa]s?\b|\bentfernt\w{1,3}\b|à distance|远程|リモート|удал(?:е|ё)нн|\bover the (?:network|internet)|\b(?:network|internet)[ -](?:attacker|access|reachable|facing|based)|\bmalicious (?:server|client|peer|host|player|website|web page)|\b(?:untrusted|rogue|evil|connected|any) (?:server|client|peer)\b|\b(?:send|sends|sending|sent)\s{1,2}(?:an?\s|the\s)?(?:single\s|crafted\s|specially crafted\s|malformed\s|forged\s|udp\s|tcp\s){0,3}(?:packets?|requests?|datagrams?|messages?)|\b(?:udp|tcp) (?:port|packet)|\bman[ -]in[ -]the[ -]middle|\bmitm\b|\blan\b";
    LOCAL = r"\blocal(?:ly)? (?:user|attacker|access|privilege|account|process|authenticated|low|unprivileged)|\banother (?:local )?user on\b|\bsame (?:machine|host|computer)\b|\bphysical access|\bunprivileged (?:local )?user|\blocally\b";
    AUTHENTICATED = r"\b(?:authenticated|logged[ -]in|registered|low[ -]privileged?) (?:users?|attackers?|clients?|players?|accounts?)|\bneeds? (?:an? )?(?:account|credentials)|\bauthenticated\b";
    UNAUTHENTICATED = r"\b(?:un|non-?|pre-?)auth(?:enticated|entication|orized)?\b|\bwithout (?:any )?(?:auth\w{0,10}|credentials|an account|logging in)|\bno (?:authentication|credentials|login) (?:is )?(?:required|needed)?|\banonymous (?:user|attacker|access)|\banyone (?:can|could|on|who)\b|\bany (?:attacker|one|user)\b";
    INTERACTION = r"\buser interaction|\b(?:victim|user|developer|artist|someone|person|target|they|he)s? (?:must|has to|have to|needs? to|only|just|opens?|loads?|imports?|clicks?|visits?|downloads?|double-clicks?)\b|\b(?:convinc|trick|lur|entic|persuad|social engineer)\w{0,3}\b|\b(?:opening|importing|loading|double-clicking) (?:an?|the|such|this|any)\b|\bwhen(?:ever)? (?:an?|the|it is|this|some|you) ?(?:\w{1,16} )?(?:opens?|loads?|imports?|opened|loaded|imported|parsed)";
    CONTENT = r"\b(?:malicious(?:ly)?|crafted|malformed|untrusted|poisoned|evil|corrupt(?:ed)?|fuzzed|hostile|attacker[ -](?:controlled|supplied)|third[ -]party|manipulated|bad)[ -](?:(?:crafted|\.?[a-z0-9]{2,12}|compressed|shader)[ -]){0,2}(?:assets?|files?|projects?|prefabs?|levels?|fbx|gltf|glb|slices?|scenes?|images?|textures?|png|dds|tiff?|exr|tga|scripts?|gems?|packages?|paks?|maps?|materials?|shaders?|models?|mesh(?:es)?|archives?|zip|repos?|repository|templates?|fonts?|audio|wav|bank|input|content|data|json|xml|heightmaps?|actors?|motions?|canvas|uicanvas|azsl|seed|catalog)\b|\b(?:asset|project|level|prefab|gem|file) from (?:an? )?(?:attacker|stranger|untrusted|unknown|internet|third)|恶意|\b(?:malveillant|malicios|bösartig|präpariert|manipuliert)";
    IN_THE_WILD = r"\bin the wild\b|\b(?:actively|currently|already|widely|being|been) (?:being )?(?:exploit(?:ed|ing)|abused|attacked)|\bknown exploits?\b|\bexploits?\b(?u:[^\n.]){0,40}\b(?:circulat|for sale|sold|on the market)|\bwe (?:saw|see|have seen|observed) (?:attacks?|exploitation|it used|this used|servers?)|\bpublic(?:ly available)? exploit|\bour (?:server|studio|game) (?:was|has been|got) (?:hacked|attacked|compromised)";
    DENIED = r"\b(?:no|not|none|never|n't|unaware|without|nothing|neither|unknown|nobody)\b";
}

const IMPACTS: [(&Pattern, Impact); 14] = [
    (&CODE_EXECUTION, Impact::CodeExecution),
    (&PRIVILEGE, Impact::PrivilegeEscalation),
    (&LEAK, Impact::InformationLeak),
    (&MEMORY, Impact::MemoryCorruption),
    (&FREED, Impact::UseAfterFree),
    (&TRAVERSAL, Impact::PathTraversal),
    (&INJECTION, Impact::Injection),
    (&DESERIAL, Impact::Deserialization),
    (&BYPASS, Impact::Bypass),
    (&FORGERY, Impact::RequestForgery),
    (&PROTECTION, Impact::WeakProtection),
    (&SPOOFING, Impact::Spoofing),
    (&SUPPLY, Impact::SupplyChain),
    (&DENIAL, Impact::DenialOfService),
];

const ATTACKERS: [(&Pattern, Attacker); 6] = [
    (&REMOTE, Attacker::Remote),
    (&LOCAL, Attacker::Local),
    (&AUTHENTICATED, Attacker::Authenticated),
    (&UNAUTHENTICATED, Attacker::Unauthenticated),
    (&INTERACTION, Attacker::UserInteraction),
    (&CONTENT, Attacker::MaliciousContent),
];

/// What the report says can happen; what would be worst stands first.
pub(super) fn impacts(words: &Words) -> Vec<Found<Impact>> {
    let mut out = Vec::new();
    for (pattern, impact) in IMPACTS {
        if let Some(at) = pattern.find(words.all()) {
            keep(&mut out, words.said(impact, &at));
        }
    }
    out
}

/// Who attacks: in words, and in the metrics of a claimed vector.
pub(super) fn attackers(words: &Words, vectors: &[Found<Claim>]) -> Vec<Found<Attacker>> {
    let mut out = Vec::new();
    for (pattern, attacker) in ATTACKERS {
        if let Some(at) = pattern.find(words.all()) {
            keep(&mut out, words.said(attacker, &at));
        }
    }
    let metrics = [
        ("AV:N", Attacker::Remote),
        ("AV:A", Attacker::Remote),
        ("AV:L", Attacker::Local),
        ("AV:P", Attacker::Local),
        ("PR:L", Attacker::Authenticated),
        ("PR:H", Attacker::Authenticated),
        ("UI:R", Attacker::UserInteraction),
        ("UI:P", Attacker::UserInteraction),
        ("UI:A", Attacker::UserInteraction),
    ];
    for found in vectors {
        let vector = found.value.vector.to_ascii_uppercase();
        for (_, attacker) in
            metrics.iter().filter(|(metric, _)| vector.split('/').any(|part| part == *metric))
        {
            keep(&mut out, Found::new(*attacker, &found.words));
        }
    }
    out
}

/// Whether attacks are said to happen already.
pub(super) fn exploited(words: &Words, sections: &[Section]) -> Option<Found<Exploited>> {
    let labelled = sections.iter().filter(|s| s.topic == Topic::Exploited);
    for line in labelled.filter_map(|section| section::first_line(words, section)) {
        let value = words.at(&line).trim().to_ascii_lowercase();
        let yes = value.starts_with("yes") || IN_THE_WILD.is_in(value.as_str());
        let denied = DENIED.is_in(value.as_str());
        if yes || denied {
            let said =
                if denied && !value.starts_with("yes") { Exploited::NoneKnown } else { Exploited::Yes };
            return Some(words.found(said, &line));
        }
    }
    let at = IN_THE_WILD.find(words.all())?;
    let denied = DENIED.is_in(clause(words, &at)) || words.after(&at, 16).trim_start().starts_with(": n");
    let said = if denied { Exploited::NoneKnown } else { Exploited::Yes };
    Some(words.said(said, &at))
}

/// The part of the sentence before a place, up to 60 bytes, from the last stop on.
fn clause<'w>(words: &'w Words, at: &Range<usize>) -> &'w str {
    let before = words.before(at, 60);
    before.rsplit(['.', ';', '!', '?'].as_slice()).next().unwrap_or(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impacts_and_attackers_are_read_from_plain_words() {
        let impact = |text: &str| impacts(&Words::new("", text)).iter().map(|f| f.value).collect::<Vec<_>>();
        assert_eq!(impact("leads to arbitrary code execution"), [Impact::CodeExecution]);
        assert_eq!(impact("ERROR: AddressSanitizer: heap-use-after-free"), [Impact::UseAfterFree]);
        assert_eq!(impact("an entry named ../../x is a zip slip"), [Impact::PathTraversal]);
        assert_eq!(impact("your domain has no DMARC record"), [Impact::Spoofing]);
        assert_eq!(impact("we like your engine"), []);
        let who =
            |text: &str| attackers(&Words::new("", text), &[]).iter().map(|f| f.value).collect::<Vec<_>>();
        assert_eq!(who("a crafted FBX file"), [Attacker::MaliciousContent]);
        assert_eq!(who("an unauthenticated remote peer"), [Attacker::Remote, Attacker::Unauthenticated]);
        assert_eq!(who("a local user"), [Attacker::Local]);
    }

    #[test]
    fn none_known_is_not_yes() {
        let read = |text: &str| {
            let words = Words::new("", text);
            let sections = section::sections(&words);
            exploited(&words, &sections).map(|found| found.value)
        };
        assert_eq!(read("It is being exploited in the wild."), Some(Exploited::Yes));
        assert_eq!(read("We are not aware of it being exploited."), Some(Exploited::NoneKnown));
        assert_eq!(read("Known exploits: none"), Some(Exploited::NoneKnown));
        assert_eq!(read("Exploited: yes, on two servers"), Some(Exploited::Yes));
        assert_eq!(read("It crashes."), None);
    }
}
