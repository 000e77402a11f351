//! `--help`, `--version` and `anysms completions`.

use crate::run;

/// Every subcommand, as it is typed.
const COMMANDS: [&[&str]; 19] = [
    &["send"],
    &["messages"],
    &["bulk"],
    &["doctor"],
    &["price"],
    &["text", "check"],
    &["numbers", "clean"],
    &["numbers", "search"],
    &["numbers", "buy"],
    &["numbers", "recover"],
    &["numbers", "list"],
    &["numbers", "release"],
    &["register"],
    &["lookup"],
    &["usage"],
    &["sandbox"],
    &["verify", "start"],
    &["verify", "check"],
    &["completions"],
];

#[test]
fn every_subcommand_explains_itself() {
    for command in COMMANDS {
        for flag in ["-h", "--help"] {
            let help = run(&[command, &[flag]].concat());
            assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""), "{command:?}");
            let first = help.stdout.lines().next().unwrap();
            assert!(first.contains(' ') && first.chars().next().unwrap().is_uppercase());
            let example = format!("anysms {}", command.join(" "));
            let (_, after) = help.stdout.split_once("\nExample:\n").unwrap();
            assert!(after.contains(&example), "{command:?} has no example of itself");
            assert!(after.contains("Environment:"), "{command:?}");
            assert!(after.contains("\nExit codes:\n"), "{command:?}");
            for line in help.stdout.lines() {
                assert!(line.chars().count() <= 110, "{command:?}: {line}");
            }
        }
    }
}

#[test]
fn the_help_of_the_whole_names_every_subcommand() {
    let help = run(&["--help"]);
    assert_eq!(help.code, Some(0));
    for command in COMMANDS {
        assert!(help.stdout.contains(&format!("\n  {} ", command[0])), "{command:?}");
    }
    let bare = run(&[]);
    assert_eq!((bare.code, bare.stdout.as_str()), (Some(2), ""));
    assert!(bare.stderr.contains("Try it without an account"), "{bare:?}");
    let version = run(&["--version"]);
    assert_eq!(version.stdout, format!("anysms {}\n", env!("CARGO_PKG_VERSION")));
    let unknown = run(&["sned"]);
    assert_eq!((unknown.code, unknown.stderr.lines().count()), (Some(2), 1), "{unknown:?}");
}

#[test]
fn the_environment_is_listed_where_accounts_are_used() {
    for command in ["send", "messages", "bulk", "doctor", "register", "lookup", "usage"] {
        let help = run(&[command, "--help"]).stdout;
        for name in [
            "TWILIO_ACCOUNT_SID",
            "TWILIO_AUTH_TOKEN",
            "TWILIO_API_KEY",
            "TWILIO_API_SECRET",
            "TWILIO_REGION",
            "TWILIO_EDGE",
            "TWILIO_FROM",
            "PLIVO_AUTH_ID",
            "PLIVO_AUTH_TOKEN",
            "PLIVO_FROM",
        ] {
            assert!(help.contains(name), "{command}: {name}");
        }
    }
}

#[test]
fn shells_get_their_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(&["completions", shell]);
        assert_eq!((script.code, script.stderr.as_str()), (Some(0), ""), "{shell}");
        for word in ["doctor", "sandbox", "webhook-url"] {
            assert!(script.stdout.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(run(&["completions", "csh"]).code, Some(2));
}
