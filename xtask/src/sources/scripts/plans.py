# Prints the numbering plans of `phonenumbers` and the time zones of its prefixes; argument: the wheel.
import json, sys

sys.path.insert(0, sys.argv[1])
from phonenumbers import PhoneMetadata
from phonenumbers.data import _COUNTRY_CODE_TO_REGION_CODE as REGIONS
from phonenumbers.tzdata import TIMEZONE_DATA

# In the order in which libphonenumber asks for them.
KINDS = (
    "premium_rate toll_free shared_cost voip personal_number pager uan voicemail fixed_line mobile"
).split()


def region(code, name):
    if name == "001":
        data = PhoneMetadata.metadata_for_nongeo_region(code)
    else:
        data = PhoneMetadata.metadata_for_region(name)
    kinds = [(kind, getattr(data, kind)) for kind in KINDS]
    return {
        "name": name,
        "lengths": list(data.general_desc.possible_length),
        "leading_digits": data.leading_digits,
        "national_prefix": data.national_prefix,
        "kinds": [
            (kind, numbers.national_number_pattern)
            for kind, numbers in kinds
            if numbers and numbers.national_number_pattern
        ],
    }


plans = [
    {"code": code, "regions": [region(code, name) for name in names]}
    for code, names in sorted(REGIONS.items())
]
json.dump({"plans": plans, "zones": TIMEZONE_DATA}, sys.stdout)
