//! Whether a text says how to opt out of more like it, in English, French, Spanish or German.
//!
//! Sources: the wordings that Twilio's A2P 10DLC campaign guide, the CTIA's Messaging Principles and
//! Best Practices, 5.1.3, the CRTC and the CNIL ask for (2026-11).

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
    &["pour", "arrêter"],
    &["dar", "de", "baja"],
    &["darse", "de", "baja"],
    &["darte", "de", "baja"],
    &["date", "de", "baja"],
    &["dese", "de", "baja"],
    &["dejar", "de", "recibir"],
    &["cancelar", "suscripción"],
    &["anular", "suscripción"],
    &["abmelden"],
    &["abmeldung"],
    &["abbestellen"],
    &["abbestellung"],
];

/// What a recipient sends back.
const KEYWORDS: [&str; 13] = [
    "stop", "stopall", "stopp", "arret", "arrêt", "baja", "alto", "parar", "cancelar", "end",
    "quit", "cancel", "optout",
];

/// What asks for it, up to four words before: "reply STOP", "antworten Sie mit STOPP".
const ASKING: [&str; 44] = [
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
    "envía",
    "envíe",
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
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let is_phrase = |phrase: &&[&str]| lower.windows(phrase.len()).any(|words| words == *phrase);
    let asks = |word: &String| ASKING.contains(&word.as_str());
    let is_asked_for = |at: usize| {
        let capitals = words[at].chars().all(char::is_uppercase);
        let number = |word: &String| word.len() > 2 && word.bytes().all(|b| b.is_ascii_digit());
        let goes_on = |word: &String| number(word) || FOLLOWING.contains(&word.as_str());
        lower[at.saturating_sub(4)..at].iter().any(asks)
            || capitals && lower.get(at + 1).is_none_or(goes_on)
    };
    PHRASES.iter().any(is_phrase)
        || (0..words.len()).any(|at| KEYWORDS.contains(&lower[at].as_str()) && is_asked_for(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_common_wordings() {
        for text in [
            "20% off this week. Reply STOP to opt out.",
            "Txt stop to 12345",
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
            "Get off at the next stop",
            "Baja California from 99",
            "STOP THE CLOCK: 20% off",
            "Send flowers today and never stop smiling!",
        ] {
            assert!(!has_opt_out(text), "{text}");
        }
    }
}
