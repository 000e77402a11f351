//! The script: which messages there are, and what the providers do with each.

use anysms::{Message, MessageClass, PhoneNumber, TenantId, message::MessageKey};

/// Vendor's account of a tenant, with the token that signs in and signs callbacks.
pub(crate) struct Tenant {
    pub(crate) name: &'static str,
    pub(crate) sid: &'static str,
    pub(crate) token: &'static str,
    pub(crate) sender: &'static str,
}

/// Two tenants, with an account each at one vendor.
pub(crate) const TENANTS: [Tenant; 2] = [
    Tenant {
        name: "clinic",
        sid: "AC000000000000000000000000000000a1",
        token: "the-token-of-the-clinic",
        sender: "+15555550101",
    },
    Tenant {
        name: "shop",
        sid: "AC000000000000000000000000000000b2",
        token: "the-token-of-the-shop",
        sender: "+15555550102",
    },
];

/// Account of another vendor, to which both fail over.
pub(crate) const PLIVO_ID: &str = "MA0000000000000000CC";
pub(crate) const PLIVO_TOKEN: &str = "the-token-of-both";

/// Address under which providers report, as they see it.
pub(crate) const PUBLIC: &str = "https://hooks.example.com";

/// Secret of all processes for the texts of codes.
pub(crate) const SEAL: &str = "the-secret-of-all-processes-of-it";

/// Codes of failures that only forged callbacks name: signed by nobody, and by the other account.
pub(crate) const UNSIGNED: &str = "30998";
pub(crate) const FOREIGN: &str = "30999";

/// Number that the first tenant may not write to, and the second may.
pub(crate) const SUPPRESSED: &str = "+447700900999";

/// Number from which a STOP came that the other account signed.
pub(crate) const STOPPED: &str = "+447700900998";

/// Number from which a STOP came that nobody signed.
pub(crate) const UNSTOPPED: &str = "+447700900997";

/// Message by its tenant's place and its key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) tenant: usize,
    pub(crate) key: String,
}

/// Message that no provider may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Barred {
    /// Its country is not the guard's.
    ByGuard,
    /// Its recipient opted out of this tenant's messages.
    BySuppression,
}

impl Name {
    /// The message of a number in the queue.
    pub(crate) fn queued(tenant: usize, number: u32) -> Self {
        Self { tenant, key: format!("k{number}") }
    }

    /// The message of a number that is only sent directly.
    pub(crate) fn direct(tenant: usize, number: u32) -> Self {
        Self { tenant, key: format!("d{number}") }
    }

    pub(crate) fn of(tenant: Option<&TenantId>, key: &MessageKey) -> Option<Self> {
        Self::named(tenant?.as_str(), key.as_str())
    }

    pub(crate) fn named(tenant: &str, key: &str) -> Option<Self> {
        let tenant = TENANTS.iter().position(|known| known.name == tenant)?;
        Some(Self { tenant, key: key.to_owned() })
    }

    fn number(&self) -> u32 {
        self.key[1..].parse().expect("a number")
    }

    pub(crate) fn tenant_id(&self) -> TenantId {
        TENANTS[self.tenant].name.parse().unwrap()
    }

    pub(crate) fn key(&self) -> MessageKey {
        self.key.parse().unwrap()
    }

    /// `true` if processes send it directly, too, while it is in the queue.
    pub(crate) fn is_contested(&self) -> bool {
        self.key.starts_with('k') && self.number().is_multiple_of(5)
    }

    pub(crate) fn barred(&self) -> Option<Barred> {
        match (self.number() % 50, self.tenant) {
            (7, _) => Some(Barred::ByGuard),
            (11, 0) => Some(Barred::BySuppression),
            _ => None,
        }
    }

    pub(crate) fn recipient(&self) -> PhoneNumber {
        let number = self.number();
        match number % 50 {
            7 => "+15555550107".parse(),
            11 => SUPPRESSED.parse(),
            _ => format!("+447700900{:03}", (number * 7 + self.tenant as u32) % 900).parse(),
        }
        .unwrap()
    }

    /// The message, the same in every process.
    pub(crate) fn message(&self) -> Message {
        let class = match self.number() % 10 {
            3 => MessageClass::Marketing,
            6 => MessageClass::OneTimeCode,
            _ => MessageClass::Transactional,
        };
        let text = format!("{} {} Your table is ready", TENANTS[self.tenant].name, self.key);
        Message::new(self.recipient(), text)
            .with_key(self.key())
            .with_tenant(self.tenant_id())
            .with_sender(TENANTS[self.tenant].sender.parse().unwrap())
            .with_class(class)
    }

    /// The name of a message by its text.
    pub(crate) fn in_text(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        Self::named(words.next()?, words.next()?)
    }

    /// A number below 1,000 that is this message's, for this purpose, in every run.
    pub(crate) fn lot(&self, purpose: &str) -> u32 {
        let bytes = purpose.bytes().chain(self.key.bytes()).chain([self.tenant as u8]);
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        ((hash ^ (hash >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u32 % 1_000
    }
}

/// Reaction of a provider to one submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conduct {
    Takes,
    /// Takes, and answers this many milliseconds later.
    TakesSlowly(u64),
    TakesAndHangsUp,
    TakesAndHangs,
    TakesAndFails,
    Fails,
    HangsUp,
    IsBusy,
    Refuses,
}

impl Conduct {
    /// The conduct at the first, second and later submission of a message.
    pub(crate) fn of(name: &Name, submission: u32) -> Self {
        match name.lot(&format!("conduct {submission}")) {
            0..40 => Self::IsBusy,
            40..60 => Self::TakesAndHangsUp,
            60..75 => Self::HangsUp,
            75..80 => Self::TakesAndHangs,
            80..90 => Self::TakesAndFails,
            90..100 => Self::Fails,
            100..115 => Self::Refuses,
            lot @ 115..180 => Self::TakesSlowly(u64::from(lot) * 2),
            _ => Self::Takes,
        }
    }
}

/// Fate of a message that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Delivered,
    Undelivered,
    /// It arrives, and no report does.
    Untold,
}

impl Fate {
    pub(crate) fn of(name: &Name) -> Self {
        match name.lot("fate") {
            0..30 => Self::Untold,
            30..130 => Self::Undelivered,
            _ => Self::Delivered,
        }
    }

    /// The last word of the provider, and the code of the failure.
    pub(crate) const fn word(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Undelivered => ("undelivered", Some("30003")),
            Self::Delivered | Self::Untold => ("delivered", None),
        }
    }
}
