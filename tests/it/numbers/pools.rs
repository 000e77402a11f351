//! The promises of `Pools` and `ShortCodes`.

use std::{sync::Arc, time::Duration};

use anysms::{
    ErrorKind, Outcome, Sender,
    intent::{IntentLog, MemoryIntents},
    numbers::{InboundRoute, NumberSetup, PoolMaker, PoolQuery, PoolSetup, Purchase, Release},
    sandbox::{Fault, When},
};

use super::{both, mobile, usd};

#[tokio::test]
async fn a_pool_is_created_filled_emptied_and_deleted() {
    let (_sandbox, subjects) = both().await;
    for subject in subjects {
        let pools = &subject.pools;
        let pool =
            pools.create_pool(&PoolSetup::new("club").with_sticky_sender(false)).await.unwrap();
        assert_eq!((pool.name.as_str(), pool.sticky_sender), ("club", Some(false)));
        assert_eq!(
            pools.list_pools(&PoolQuery::named("club")).await.unwrap(),
            std::slice::from_ref(&pool)
        );
        assert!(pools.list_pools(&PoolQuery::named("clu")).await.unwrap().is_empty());
        assert!(pools.senders(&pool.id).await.unwrap().is_empty());
        let number = mobile(150);
        let sender = Sender::Number(number);
        let error = pools.add_sender(&pool.id, &sender).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{}: it is not the account's", subject.name);
        subject.numbers.buy(&Purchase::new(number, usd("2"))).await.unwrap();
        pools.add_sender(&pool.id, &sender).await.unwrap();
        pools.add_sender(&pool.id, &sender).await.unwrap(); // twice is once
        assert_eq!(pools.senders(&pool.id).await.unwrap(), std::slice::from_ref(&sender));
        pools.remove_sender(&pool.id, &sender).await.unwrap();
        let error = pools.remove_sender(&pool.id, &sender).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::NotFound, Outcome::NotSent));
        pools.add_sender(&pool.id, &sender).await.unwrap();
        pools.delete_pool(&pool.id).await.unwrap();
        assert!(pools.list_pools(&PoolQuery::new()).await.unwrap().is_empty());
        assert_eq!(pools.senders(&pool.id).await.unwrap_err().kind(), ErrorKind::NotFound);
        let release = Release::confirm(number, "+447700900150").unwrap();
        subject.numbers.release(&release).await.unwrap(); // the account kept it
    }
}

#[tokio::test]
async fn a_short_code_and_a_name_are_senders_of_twilios_pools() {
    let (_sandbox, [twilio, _]) = both().await;
    let owned = twilio.short_codes.list_short_codes().await.unwrap().remove(0);
    let pool = twilio.pools.create_pool(&PoolSetup::new("club")).await.unwrap();
    let senders: [Sender; 2] = [Sender::ShortCode(owned.code.clone()), "ACME".parse().unwrap()];
    for sender in &senders {
        twilio.pools.add_sender(&pool.id, sender).await.unwrap();
    }
    assert_eq!(twilio.pools.senders(&pool.id).await.unwrap(), senders);
    let error = twilio.pools.add_sender(&pool.id, &"99999".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);

    let url = "https://example.com/sms".parse().unwrap();
    let setup = NumberSetup::new().calling(url).named("Club");
    twilio.short_codes.configure_short_code(&owned.code, &setup).await.unwrap();
    let read = twilio.short_codes.list_short_codes().await.unwrap().remove(0);
    assert_eq!((Some(read.inbound), read.name.as_deref()), (setup.inbound, Some("Club")));
    let nobody = NumberSetup::new().calling_nobody();
    twilio.short_codes.configure_short_code(&owned.code, &nobody).await.unwrap();
    let read = twilio.short_codes.list_short_codes().await.unwrap().remove(0);
    assert_eq!((read.inbound, read.name.as_deref()), (InboundRoute::Nowhere, Some("Club")));
}

#[tokio::test]
async fn twilios_settings_of_a_pool_are_typed() {
    let (_sandbox, [twilio, plivo]) = both().await;
    let url = |text: &str| format!("https://example.com/{text}").parse().unwrap();
    let setup = PoolSetup::new("club")
        .with_inbound(url("in"))
        .with_fallback(url("fallback"))
        .with_status_callback(url("status"))
        .with_validity(Duration::from_secs(3_600));
    let pool = twilio.pools.create_pool(&setup).await.unwrap();
    assert_eq!((pool.inbound, pool.status_callback), (setup.inbound, setup.status_callback));
    let setup = PoolSetup::new("club").with_validity(Duration::from_secs(60));
    assert_eq!(plivo.pools.create_pool(&setup).await.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn of_one_name_there_is_one_pool_whatever_answer_is_lost() {
    for vendor in 0..2 {
        let (sandbox, subjects) = both().await;
        let log = Arc::new(MemoryIntents::new());
        let maker = PoolMaker::new(subjects[vendor].pools.clone(), log.clone());
        let path = ["/v1/Services", "/Powerpack/"][vendor];
        // The look before, the creation, and the look after it.
        sandbox.inject_at(path, When::Next(1), Fault::Refuse(503));
        let error = maker.create(&PoolSetup::new("club")).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert!(log.open().await.unwrap().is_empty(), "nothing was begun");
        sandbox.inject_at(path, When::Every(2), Fault::TakeAndHangUp);
        let pool = maker.create(&PoolSetup::new("club")).await.unwrap();
        sandbox.clear_faults();
        assert_eq!(maker.create(&PoolSetup::new("club")).await.unwrap(), pool);
        assert_eq!(maker.find("club").await.unwrap(), Some(pool.clone()));
        let all = subjects[vendor].pools.list_pools(&PoolQuery::new()).await.unwrap();
        assert_eq!(all, std::slice::from_ref(&pool));
        let other = maker.create(&PoolSetup::new("other")).await.unwrap();
        assert_ne!(other.id, pool.id);
        maker.delete(&pool.id, "club").await.unwrap();
        assert_eq!(maker.find("club").await.unwrap(), None);
        assert_ne!(maker.create(&PoolSetup::new("club")).await.unwrap().id, pool.id);
        assert!(maker.recover().await.unwrap().created.is_empty());
    }
}
