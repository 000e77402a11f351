//! Whether a text says how to opt out of more like it, in English, French, Spanish or German.
//!
//! The wordings are common ones, collected in November 2026; no authority keeps a list.

use super::substitute::to_gsm7;

// The words are in lower case, and as `to_gsm7` leaves them: `arret`, but `répondez`.

/// Words that are an opt-out line wherever they stand, each a sequence of whole words.
const PHRASES: [&[&str]; 27] = [
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
    &["dar", "de", "baja"],
    &["darse", "de", "baja"],
    &["darte", "de", "baja"],
    &["date", "de", "baja"],
    &["dese", "de", "baja"],
    &["dejar", "de", "recibir"],
    &["cancelar", "suscripcion"],
    &["anular", "suscripcion"],
    &["abmelden"],
    &["abmeldung"],
    &["abbestellen"],
    &["abbestellung"],
];

/// What a recipient sends back, in capitals or not.
const KEYWORDS: [&str; 5] = ["stop", "stopall", "stopp", "arret", "baja"];

/// The same, but too common as words: only in capitals, and asked for.
const COMMON_KEYWORDS: [&str; 7] = ["end", "quit", "cancel", "optout", "alto", "parar", "cancelar"];

/// What asks for it, up to four words before: "reply STOP", "antworten Sie mit STOPP".
const ASKING: [&str; 42] = [
    "reply",
    "replying",
    "text",
    "texting",
    "txt",
    "send",
    "sending",
    "sms",
    "msg",
    "message",
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

/// What follows a keyword in capitals that nobody asks for: "STOP to end", "STOP au 36200". A number
/// does too.
const FOLLOWING: [&str; 13] =
    ["to", "2", "for", "au", "pour", "sms", "al", "para", "an", "zum", "um", "end", "ends"];

pub(super) fn has_opt_out(text: &str) -> bool {
    let text = to_gsm7(text);
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let is_phrase = |phrase: &&[&str]| lower.windows(phrase.len()).any(|words| words == *phrase);
    let asks = |word: &String| ASKING.contains(&word.as_str());
    let number = |word: &String| word.len() > 2 && word.bytes().all(|b| b.is_ascii_digit());
    let goes_on = |word: &String| number(word) || FOLLOWING.contains(&word.as_str());
    let is_keyword = |at: usize| {
        let capitals = words[at].chars().all(char::is_uppercase);
        let asked = lower[at.saturating_sub(4)..at].iter().any(asks);
        match lower[at].as_str() {
            word if KEYWORDS.contains(&word) => {
                asked || capitals && lower.get(at + 1).is_none_or(goes_on)
            }
            word => COMMON_KEYWORDS.contains(&word) && asked && capitals,
        }
    };
    PHRASES.iter().any(is_phrase) || (0..words.len()).any(is_keyword)
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
        ] {
            assert!(!has_opt_out(text), "{text}");
        }
    }
}
