//! Forms as the vendors send them.

/// A status callback of Twilio's: 12 parameters.
pub(crate) const TWILIO_STATUS: &str = "ErrorCode=30003&ErrorMessage=Unreachable+destination+handset\
    &RawDlrDoneDate=2611210800&SmsSid=SM00000000000000000000000000000001&SmsStatus=undelivered\
    &MessageStatus=undelivered&To=%2B447700900123\
    &MessagingServiceSid=MG00000000000000000000000000000001\
    &MessageSid=SM00000000000000000000000000000001\
    &AccountSid=AC00000000000000000000000000000001&From=%2B15555550100&ApiVersion=2010-04-01";

/// An inbound message of Twilio's, with all that may come with one: 30 parameters.
pub(crate) const TWILIO_INBOUND: &str = "ToCountry=US&MediaContentType0=image%2Fjpeg&ToState=CA\
    &SmsMessageSid=MM00000000000000000000000000000001&NumMedia=4&ToCity=SAN+FRANCISCO\
    &FromZip=94105&MediaContentType1=image%2Fpng&SmsSid=MM00000000000000000000000000000001\
    &OptOutType=HELP&FromState=CA&MediaContentType2=video%2Fmp4&SmsStatus=received\
    &FromCity=SAN+FRANCISCO&Body=Help%21+Is+my+table+for+two+at+19%3A30+ready%3F+%F0%9F%99%8F\
    &MediaContentType3=text%2Fx-vcard&FromCountry=US&To=%2B15555550100\
    &MessagingServiceSid=MG00000000000000000000000000000001&ToZip=94105&NumSegments=1\
    &MessageSid=MM00000000000000000000000000000001&AccountSid=AC00000000000000000000000000000001\
    &From=%2B15555550101&ApiVersion=2010-04-01\
    &MediaUrl0=https%3A%2F%2Fapi.twilio.com%2F2010-04-01%2FAccounts%2FAC00000000000000000000000000000001%2FMessages%2FMM00000000000000000000000000000001%2FMedia%2FME00000000000000000000000000000000\
    &MediaUrl1=https%3A%2F%2Fapi.twilio.com%2F2010-04-01%2FAccounts%2FAC00000000000000000000000000000001%2FMessages%2FMM00000000000000000000000000000001%2FMedia%2FME00000000000000000000000000000001\
    &MediaUrl2=https%3A%2F%2Fapi.twilio.com%2F2010-04-01%2FAccounts%2FAC00000000000000000000000000000001%2FMessages%2FMM00000000000000000000000000000001%2FMedia%2FME00000000000000000000000000000002\
    &MediaUrl3=https%3A%2F%2Fapi.twilio.com%2F2010-04-01%2FAccounts%2FAC00000000000000000000000000000001%2FMessages%2FMM00000000000000000000000000000001%2FMedia%2FME00000000000000000000000000000003\
    &AddOns=%7B%22status%22%3A%22successful%22%2C%22message%22%3Anull%2C%22code%22%3Anull%2C%22results%22%3A%7B%7D%7D";

/// A status callback of Plivo's: 12 parameters.
pub(crate) const PLIVO_STATUS: &str = "Status=delivered&From=15555550100\
    &ParentMessageUUID=00000000-0000-4000-8000-000000000001&TotalRate=0.0025&MCC=234\
    &PartInfo=1+of+1&ErrorCode=&To=447700900123&Units=1&TotalAmount=0.0025&MNC=15\
    &MessageUUID=00000000-0000-4000-8000-000000000001";

/// A status callback of Plivo's with all that may come with one: 30 parameters.
pub(crate) const PLIVO_LONG: &str = "Status=delivered&From=15555550100\
    &ParentMessageUUID=00000000-0000-4000-8000-000000000001&TotalRate=0.0025&MCC=234\
    &PartInfo=1+of+1&ErrorCode=&To=447700900123&Units=1&TotalAmount=0.0025&MNC=15\
    &MessageUUID=00000000-0000-4000-8000-000000000001&Sequence=2\
    &PowerpackUUID=00000000-0000-4000-8000-000000000002&Type=sms\
    &QueuedTime=2026-11-21+08%3A00%3A00%2B00%3A00&SentTime=2026-11-21+08%3A00%3A01%2B00%3A00\
    &DeliveryReportTime=2026-11-21+08%3A00%3A02%2B00%3A00\
    &MessageTime=2026-11-21+08%3A00%3A00%2B00%3A00&requester_ip=192.0.2.1\
    &DestinationCountryISO2=GB&DestinationNetwork=Example+Mobile&CarrierFees=0.00300\
    &CarrierFeesRate=0.00300&TendlcCampaignID=C000001&TendlcRegistrationStatus=registered\
    &DLTEntityID=0000000000001&DLTTemplateID=0000000000002&DLTTemplateCategory=transactional\
    &ConversationOrigin=service";
