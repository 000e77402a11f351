//! The tests of `anysms`, in one binary: a module for each subject.

mod accounts;
mod answers;
mod api;
mod campaign;
mod conformance;
mod conversations;
mod diagnosis;
mod endless;
mod error_kinds;
mod extractors;
mod golden;
mod keywords;
mod layers;
mod layout;
mod local_refusals;
mod lookup;
mod mockito;
mod numbers;
mod observe;
mod paging;
mod plivo_bulk;
mod pricing;
mod properties;
mod receipts;
mod redaction;
mod refusals;
mod registration;
mod replies;
mod sandbox;
mod signatures;
mod text;
mod text_properties;
mod traces;
mod usage;
mod verification;
mod verify_services;
mod webhook_cases;
mod webhook_checks;
mod webhook_kinds;
mod webhook_properties;
mod webhooks;

#[path = "../support/text_model.rs"]
mod text_model;
