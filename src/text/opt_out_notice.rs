//! Detection of opt-out notices, such as "Reply STOP to opt out", in English, French, Spanish and German.
//!
//! The wordings are common ones, collected in November 2026, as no authority keeps a list.

use super::to_gsm7::to_gsm7;

// All words are in lower case, after `to_gsm7`: `arret`, but `répondez`.

/// Sequences of whole words that are an opt-out notice anywhere in a text.
const PHRASES: [&[&str]; 32] = [
    &["unsubscribe"],
    &["unsub"],
    &["optout"],
    &["opt", "out"],
    &["opting", "out"],
    &["stop2end"],
    &["stop2quit"],
    &["stop2stop"],
    &["désabonner"],
    &["desabonner"],
    &["désabonnement"],
    &["désinscrire"],
    &["desinscrire"],
    &["désinscription"],
    &["pour", "arreter"],
    &["désabonnez"],
    &["désinscrivez"],
    &["dar", "de", "baja"],
    &["darse", "de", "baja"],
    &["darte", "de", "baja"],
    &["date", "de", "baja"],
    &["dese", "de", "baja"],
    &["dejar", "de", "recibir"],
    &["cancelar", "suscripcion"],
    &["cancelar", "la", "suscripcion"],
    &["cancela", "tu", "suscripcion"],
    &["no", "recibir", "mas"],
    &["anular", "suscripcion"],
    &["abmelden"],
    &["abmeldung"],
    &["abbestellen"],
    &["abbestellung"],
];

/// Keywords that a recipient replies with, in any case.
const KEYWORDS: [&str; 4] = ["stop", "stopall", "stopp", "arret"];

/// Keywords that are also common words: recognised only in capitals after an instruction.
const COMMON_KEYWORDS: [&str; 9] =
    ["end", "quit", "cancel", "optout", "revoke", "baja", "alto", "parar", "cancelar"];

/// Words that make the keyword after them an ordinary word: "bus stop", "don't stop", "sans arrêt".
const ORDINARY_BEFORE: [&str; 6] = ["non", "one", "bus", "t", "sans", "never"];

/// Instructions, up to four words before a keyword: "reply STOP", "antworten Sie mit STOPP".
const INSTRUCTIONS: [&str; 39] = [
    "reply",
    "replying",
    "text",
    "texting",
    "txt",
    "send",
    "sending",
    "respond",
    "réponds",
    "répondez",
    "répondre",
    "repondez",
    "répondant",
    "envoie",
    "envoyez",
    "envoyer",
    "envoyant",
    "texte",
    "textez",
    "texto",
    "responda",
    "responde",
    "responder",
    "respondiendo",
    "envia",
    "envie",
    "enviar",
    "enviando",
    "contesta",
    "conteste",
    "contestar",
    "manda",
    "mande",
    "antworte",
    "antworten",
    "antwort",
    "sende",
    "senden",
    "schreiben",
];

/// Words after a keyword in capitals that needs no instruction: "STOP to end", "STOP au 36200". A number
/// may follow too.
const FOLLOWING: [&str; 16] = [
    "to", "2", "4", "for", "au", "pour", "sms", "al", "para", "an", "zum", "um", "end", "ends",
    "or", "help",
];

/// Words between a keyword, in any case, and the number to send it to.
const ADDRESSING: [&str; 6] = ["to", "2", "au", "an", "al", "sms"];

/// Effects named after a keyword, in any case: "Stop to end".
const ENDING: [&str; 6] = ["end", "quit", "cancel", "opt", "optout", "unsubscribe"];

/// Instructions after a keyword: "STOP antworten".
const INSTRUCTIONS_AFTER: [&str; 3] = ["antworten", "senden", "schreiben"];

/// A word and the text before it.
struct Word<'a> {
    text: &'a str,
    lower: String,
    /// Characters between the previous word and this one.
    before: &'a str,
}

/// Returns `true` if the text says how to opt out.
pub(super) fn has_opt_out(text: &str) -> bool {
    let text = to_gsm7(text);
    let words = words(&text);
    let is = |at: usize, list: &[&str]| {
        words.get(at).is_some_and(|word| list.contains(&word.lower.as_str()))
    };
    let is_phrase = |phrase: &&[&str]| {
        words.windows(phrase.len()).any(|words| words.iter().map(|word| &word.lower).eq(*phrase))
    };
    PHRASES.iter().any(is_phrase)
        || (0..words.len()).any(|at| {
            let common = is(at, &COMMON_KEYWORDS);
            let ordinary = at > 0 && (words[at].before == "-" || is(at - 1, &ORDINARY_BEFORE));
            (common || is(at, &KEYWORDS)) && !ordinary && is_instructed(&words, at, common)
        })
}

/// Returns `true` if the text tells the recipient to send the keyword at this index.
fn is_instructed(words: &[Word<'_>], at: usize, common: bool) -> bool {
    let is = |at: usize, list: &[&str]| {
        words.get(at).is_some_and(|word| list.contains(&word.lower.as_str()))
    };
    let number = |at: usize, least: usize| {
        words.get(at).is_some_and(|word| {
            word.text.len() >= least && word.text.bytes().all(|b| b.is_ascii_digit())
        })
    };
    let capitals = words[at].text.chars().all(char::is_uppercase);
    // An instruction ends with its sentence; without capitals, also at a comma.
    let ends: &[char] =
        if capitals { &['.', '!', '?', ';', '\n'] } else { &['.', '!', '?', ';', '\n', ','] };
    let first = (at.saturating_sub(4)..at)
        .rfind(|before| words[before + 1].before.contains(ends))
        .map_or(at.saturating_sub(4), |end| end + 1);
    let instructed = (first..at).any(|before| is(before, &INSTRUCTIONS));
    if common {
        return capitals && instructed;
    }
    let addressed = number(at + 1, 4)
        || is(at + 1, &ADDRESSING)
            && (number(at + 2, 4) || is(at + 2, &ADDRESSING) && number(at + 3, 4));
    let ending = is(at + 1, &["to", "2", "4"]) && is(at + 2, &ENDING);
    let first_in_clause = words[at].before.chars().any(|c| !matches!(c, ' ' | '\'')) || at == 0;
    let stated = capitals
        && (number(at + 1, 3)
            || is(at + 1, &FOLLOWING)
            || is(at + 1, &INSTRUCTIONS_AFTER)
            || at + 1 == words.len() && first_in_clause);
    instructed || addressed || ending || stated
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut end = 0;
    while let Some(start) = text[end..].find(char::is_alphanumeric).map(|start| end + start) {
        let rest = &text[start..];
        let len = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let word = &rest[..len];
        words.push(Word { text: word, lower: word.to_lowercase(), before: &text[end..start] });
        end = start + len;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_common_wordings() {
        for text in [
            "20% off this week. Reply STOP to opt out.",
            "Txt stop to 12345",
            "Text HELP for help, STOP to cancel",
            "Reply END to leave",
            "STOP/ARRET",
            "Text \"STOP\" to unsubscribe",
            "Opt out: https://example.com/o",
            "Opt-out anytime",
            "Unsubscribe: example.com/u",
            "STOP to end",
            "Sale! STOP=END",
            "Sale! Stop2End",
            "To stop these, reply with the word stop",
            "Soldes ! STOP au 36200",
            "Répondez ARRET pour ne plus recevoir",
            "Textez ARRÊT au 12345",
            "Pour arrêter : STOP",
            "Re\u{301}pondez ARRE\u{302}T",
            "Pour vous désabonner : example.com/d",
            "Responda BAJA para salir",
            "Envía STOP al 12345",
            "Para darse de baja visite example.com",
            "Antworten Sie mit STOPP",
            "Abmelden: STOP",
            "ACME: nur heute. Stop per SMS? Sende stop an 12345",
            "Reply REVOKE to end",
            "Stop to 60777",
            "Sale now on. Stop 2 end",
            "HELP for help STOP 4 end",
            "STOP or HELP",
            "Soldes. stop sms au 36034",
            "Stop SMS 36173",
            "Désabonnez-vous : example.com/d",
            "Para cancelar la suscripción, example.com/b",
            "Kein Interesse? STOP antworten",
        ] {
            assert!(has_opt_out(text), "{text}");
        }
    }

    #[test]
    fn is_not_taken_in_by_ordinary_words() {
        for text in [
            "",
            "Stop by our shop today",
            "Non-stop fun",
            "Unstoppable deals",
            "Don't stop to think, buy now",
            "Offer ends Sunday",
            "The END is near",
            "Reply YES before the end of May",
            "BIG SALE, UNTIL THE END",
            "Get off at the next stop",
            "Baja California from 99",
            "STOP THE CLOCK: 20% off",
            "Send flowers today and never stop smiling!",
            "Msg & data rates apply. Stop by our shop",
            "Reply YES for non-stop deals",
            "Text JOIN for non-stop savings",
            "Send help, stop hunger",
            "Message us: one-stop shop",
            "Envoyez vos photos, sans arrêt !",
            "REPLY YES. UNTIL THE END",
            "Conteste: temporada baja 50%",
            "SUMMER SALE NON-STOP",
            "SHOPPING NON-STOP FOR 3 DAYS",
            "MEET US AT THE BUS STOP",
            "DEALS THAT DON'T STOP!",
            "TEMPORADA BAJA para familias",
            "PRECIOS A LA BAJA",
        ] {
            assert!(!has_opt_out(text), "{text}");
        }
    }
}
