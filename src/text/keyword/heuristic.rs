//! [`reads_like_opt_out`]: detects opt-outs in free wording.
//!
//! The wordings are common ones, collected in November 2026, as no authority keeps a list.

use super::normalize::normalize;

/// Maximum number of characters of a text that is read: two segments of GSM-7.
const MAX: usize = 306;

/// Words that are an opt-out on their own or with [`FILLERS`]: "STOP please", "Baja".
const CORE: [&str; 23] = [
    "stop",
    "stopp",
    "stopall",
    "unsubscribe",
    "unsub",
    "unsubcribe",
    "unsuscribe",
    "optout",
    "arret",
    "arrêt",
    "arrét",
    "arrèt",
    "arreter",
    "arrêter",
    "arretez",
    "arrêtez",
    "stoppez",
    "baja",
    "alto",
    "parar",
    "paren",
    "salir",
    "desuscribir",
];

/// Words that do not change the meaning of [`CORE`].
const FILLERS: [&str; 34] = [
    "please",
    "pls",
    "plz",
    "now",
    "just",
    "ok",
    "okay",
    "thanks",
    "thx",
    "thank",
    "you",
    "it",
    "this",
    "these",
    "me",
    "i",
    "said",
    "all",
    "already",
    "immediately",
    "asap",
    "sorry",
    "hi",
    "hello",
    "and",
    "svp",
    "merci",
    "por",
    "favor",
    "ya",
    "gracias",
    "texts",
    "messages",
    "forever",
];

/// Wordings that are an opt-out anywhere in a sentence: consecutive words, alternatives separated by `|`,
/// `$` for the end. Spelled as after [`normalize`], without apostrophes.
const WORDINGS: [&str; 61] = [
    // English
    "stop|quit|cease|discontinue texting|messaging|sending|contacting|spamming|txting|msging|bothering|harassing",
    "stop|end|cease|discontinue these|the|this|all|your|those|with text|texts|message|messages|msg|msgs|sms|txts|spam|alerts|notifications|promos|promotions|marketing|ads|reminders",
    "stop|cease|discontinue with|w the|these|this|all|your text|texts|messages|spam",
    "cease|discontinue texts|messages|sms|messaging",
    "stop sent from",
    "stop text|texts|message|messages|msg|msgs|sms|txts|spam|alerts|notifications|promos",
    "stop receiving",
    "make it|this|these|them stop $|please|pls",
    "cancel|end|stop my|these|your|text alerts|texts|messages|notifications|sms",
    "cease and desist",
    "unsubscribe|unsub|optout|unsubcribe|unsuscribe",
    "be|get|been unsubscribed",
    "opt|opting me|us out",
    "opt|opting out $|please|pls|now|thanks|immediately|today",
    "opt|opting out of|from your|this|these|all|text|texts|texting|sms|messages|messaging|marketing|promotional|further|receiving",
    "take|get me|us|my off your|this|these|that|the|all list|lists|mailing|text|texts|texting|message|messages|sms|marketing|contact",
    "take|get me|us off of your|this|these|that|the|all list|lists|mailing|text|texts|texting|message|messages|sms|marketing|contact",
    "take|get me|us off $|please|pls|now",
    "take me|us off this|these|that $",
    "get off your|this|these|the list|lists",
    "take|get my number|phone off|out",
    "remove|delete|erase me|us $|please|pls|now|asap|immediately|thanks",
    "remove|delete me|us from your|this|these|that|the|all list|lists|mailing|text|texting|texts|messages|message|sms|marketing|contact|contacts|system|database",
    "remove|delete|erase|lose my|this number",
    "remove|delete|erase|lose my|this phone|cell number",
    "leave me|us alone",
    "dont|not|never|dnt text|message|msg|contact|txt|sms|bother|spam me|us|this|my $|again|anymore|any|ever|more|please|pls|plz|thanks|or|number",
    "dont|not|never|dnt text|message|msg|contact $|again|anymore|ever",
    "dont|not ever text|message|msg|contact me|us|this",
    "dont|not|never|dnt send me|us|any $|any|anymore|more|these|another|texts|messages|msgs|sms|ads|spam|stuff",
    "dont|not|never send any|more|these texts|messages|more",
    "no more texts|text|messages|message|msgs|sms|txts|spam|reminders $|please|pls|from|thanks|to",
    "dont|not|didnt want|need|wish your|these|any|to|get text|texts|message|messages|msgs|sms|spam|reminders|alerts",
    "dont|not want text|texts|messages|sms",
    "dont|not want|need any more texts|messages|msgs|sms|$",
    "dont|not want|need any more of these|this|your",
    "dont|not|longer want|wish|need|like to|these|your receive|get|messages|texts $|any|anymore|these|your|texts|text|messages|sms|more|further|marketing|from",
    "dont|not|longer want|wish to be contacted|texted|messaged",
    "revoke|withdraw|withdrawing|revoking my|all consent|permission",
    "i revoke consent|permission",
    "stop stop",
    // French
    "arrêtez|arretez|arrête|arrete|arrêter|arreter|cessez de menvoyer|mécrire|mecrire|me|mharceler|envoyer",
    "veuillez cesser|arrêter|arreter",
    "menvoyez|mécrivez|mecrivez|contactez|menvoyer|contacter plus",
    "plus menvoyer|mécrire|mecrire|menvoyez",
    "plus recevoir de|ces|vos|aucun|$",
    "plus de messages|message|sms|textos|texto|textes|pub|pubs svp|merci",
    "désabonner|desabonner|désabonnez|desabonnez|désabonnement|desabonnement|désabonne|desabonne",
    "désinscrire|desinscrire|désinscrivez|desinscrivez|désinscription|desinscription|désinscris|desinscris",
    "retirez|enlevez|supprimez|rayez moi|mon de|numéro|numero|nom",
    // Spanish
    "darme|denme|dame|deme|darse|dar|den de baja",
    "no me manden|mandes|mande|envíen|envien|envíes|envies|envíe|envie más|mas|mensajes|nada",
    "no me escriban|escribas|escriba|contacten|contacte|molesten|molestes|moleste|texteen|textees $|más|mas|por",
    "no más|mas mensajes|textos|sms|mensages",
    "no quiero recibir|más|mas $|mensajes|textos|sms|más|mas|sus|estos|nada",
    "no quiero mensajes|textos",
    "no quiero que me manden|envíen|envien|escriban",
    "stop mandando|enviando",
    "deje|dejen|deja|dejar|pare|paren de enviar|mandar|enviarme|mandarme|escribir|escribirme|molestar|molestarme|textear|textearme",
    "quítenme|quitenme|sáquenme|saquenme|bórrenme|borrenme|elimínenme|eliminenme de",
    "cancelar|cancela|cancelen|anular los|estos|sus|mis mensajes|textos|avisos|sms",
];

/// Words that negate a wording, up to three words before it, or show that it is quoted: "didn't mean to
/// unsubscribe", "Reply STOP to unsubscribe".
const NEGATIONS: [&str; 16] = [
    "dont",
    "not",
    "never",
    "cant",
    "cannot",
    "wont",
    "didnt",
    "doesnt",
    "wouldnt",
    "shouldnt",
    "if",
    "without",
    "accidentally",
    "accidently",
    "reply",
    "text",
];

/// Returns `true` if a sentence contains one of the wordings, or consists of a core word and fillers:
/// "Stop. I moved away", "I asked before, please stop". An exclamation before another sentence may be a
/// joke and does not count: "Stop! You're making me blush".
pub(super) fn reads_like_opt_out(text: &str) -> bool {
    let Some(whole) = read(text).filter(|_| text.len() <= 4 * MAX) else { return false };
    let sentences: Vec<_> = text.split_inclusive(['.', '!', '?', ';', ',', '\n']).collect();
    is_core(&words(&whole))
        || sentences.iter().enumerate().any(|(at, sentence)| {
            let capitals = !sentence.contains(char::is_lowercase);
            let stands_alone =
                capitals || at + 1 == sentences.len() || sentence.ends_with(['.', ';', '\n']);
            read(sentence).is_some_and(|read| {
                let words = words(&read);
                stands_alone && is_core(&words) || has_wording(&words)
            })
        })
}

/// Returns the normalised text without apostrophes; `None` if it is too long.
fn read(text: &str) -> Option<String> {
    normalize(text, MAX).map(|text| text.replace('\'', ""))
}

fn has_wording(words: &[&str]) -> bool {
    (0..words.len()).any(|at| {
        let begins = |wording: &&str| begins_with(&words[at..], wording);
        !is_negated(&words[..at]) && WORDINGS.iter().any(begins)
    })
}

/// Returns `true` for a core word with fillers and nothing else.
fn is_core(words: &[&str]) -> bool {
    words.iter().any(|word| CORE.contains(word))
        && words.iter().all(|word| CORE.contains(word) || FILLERS.contains(word))
}

fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

fn begins_with(words: &[&str], wording: &str) -> bool {
    wording.split(' ').enumerate().all(|(at, choices)| {
        choices.split('|').any(|choice| words.get(at).map_or("$", |word| *word) == choice)
    })
}

/// Returns `true` if the words before negate a wording. "Why don't you stop texting me" does not.
fn is_negated(before: &[&str]) -> bool {
    let near = &before[before.len().saturating_sub(3)..];
    let negation = near.iter().rposition(|word| NEGATIONS.contains(word));
    negation.is_some_and(|at| near.get(at + 1) != Some(&"you"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wordings_are_in_the_form_in_which_they_are_compared() {
        let words = WORDINGS.iter().flat_map(|wording| wording.split([' ', '|']));
        for word in words.chain(CORE).chain(FILLERS).chain(NEGATIONS).filter(|word| *word != "$") {
            assert_eq!(normalize(word, MAX).as_deref(), Some(word));
            assert!(word.chars().all(char::is_alphanumeric), "{word}");
        }
    }

    #[test]
    fn long_texts_are_not_read() {
        let text = "Please stop texting me. ";
        assert!(reads_like_opt_out(&text.repeat(12)) && !reads_like_opt_out(&text.repeat(13)));
    }
}
