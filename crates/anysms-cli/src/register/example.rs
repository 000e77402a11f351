//! Examples of forms, to begin with.

use std::process::ExitCode;

use anysms::registration::RegistrationForm;
use serde_json::{Value, json};

use super::Kind;
use crate::{failure::Failure, output};

/// Prints an example.
pub(super) fn print(kind: Kind) -> Result<ExitCode, Failure> {
    let text = serde_json::to_string_pretty(&value(kind));
    output::line(&text.map_err(|error| Failure::usage("--example", error))?);
    Ok(ExitCode::SUCCESS)
}

/// Returns an example as a form.
pub(super) fn form(kind: Kind) -> Result<RegistrationForm, Failure> {
    serde_json::from_value(value(kind)).map_err(|error| Failure::usage("--example", error))
}

fn value(kind: Kind) -> Value {
    match kind {
        Kind::Brand => json!({
            "kind": "brand",
            "name": "acme",
            "brand_type": "standard",
            "customer_profile": "BU00000000000000000000000000000001",
            "messaging_profile": "BU00000000000000000000000000000002",
            "profile": "43d0616e-d50a-445a-a84e-310a089f0618",
            "skip_vetting": false,
        }),
        Kind::Campaign => json!({
            "kind": "campaign",
            "name": "acme-orders",
            "brand_name": "Acme",
            "brand": "BN00000000000000000000000000000001",
            "service": "MG00000000000000000000000000000001",
            "use_case": "CUSTOMER_CARE",
            "vertical": "RETAIL",
            "description": "Tells customers of Acme when their order is ready, and answers their questions.",
            "message_flow": "Customers tick a box at the checkout of https://example.com to agree to text \
                messages about their order. The box is not ticked beforehand, and stands beside the terms.",
            "samples": [
                "Acme: your order [number] is ready, [name]. Reply STOP to opt out.",
                "Acme: we have your question, and answer by [time] today."
            ],
            "opt_in_message": "Acme: you get messages about your orders now. Reply HELP for help, STOP to opt out.",
            "opt_out_message": "Acme: you get no more messages.",
            "help_message": "Acme: write to desk@example.com for help. Reply STOP to opt out.",
            "opt_in_keywords": ["START"],
            "opt_out_keywords": ["STOP"],
            "help_keywords": ["HELP"],
            "privacy_policy": "https://example.com/privacy",
            "terms": "https://example.com/terms",
            "has_links": false,
            "has_phones": false,
            "age_gated": false,
            "direct_lending": false,
        }),
        Kind::TollFree => json!({
            "kind": "toll_free",
            "name": "acme-line",
            "number": "+18005550100",
            "profile": "43d0616e-d50a-445a-a84e-310a089f0618",
            "business": {
                "name": "Acme",
                "website": "https://example.com",
                "business_type": "PRIVATE_PROFIT",
                "registration_number": "12-3456789",
                "registration_authority": "EIN",
                "registration_country": "US",
                "street": "1 Example Street",
                "city": "Anytown",
                "region": "NY",
                "postal_code": "10001",
                "country": "US",
            },
            "notification_email": "desk@example.com",
            "use_cases": ["CUSTOMER_CARE"],
            "summary": "Tells customers when their order is ready, and answers their questions.",
            "sample": "Acme: your order [number] is ready, [name]. Reply STOP to opt out.",
            "opt_in_images": ["https://example.com/checkout.png"],
            "opt_in_type": "WEB_FORM",
            "monthly_volume": 1_000,
            "privacy_policy": "https://example.com/privacy",
            "terms": "https://example.com/terms",
        }),
    }
}
