# Prints the zones of every country in `zone.tab`, each with its clock in two years: the first offset from UTC, then
# every change of it as the hour and the new offset. Zones of one clock agree. Arguments: the wheel of `tzdata`, the
# first year.
import json, sys
from datetime import datetime, timedelta, timezone
from importlib.resources import files

sys.path.insert(0, sys.argv[1])
import zoneinfo

zoneinfo.reset_tzpath(())  # only the package, never the machine's own zones
FIRST = datetime(int(sys.argv[2]), 1, 1, tzinfo=timezone.utc)
HOURS = (FIRST.replace(year=FIRST.year + 2) - FIRST) // timedelta(hours=1)


def clock(name):
    zone = zoneinfo.ZoneInfo(name)

    def offset(hour):
        return (FIRST + timedelta(hours=hour)).astimezone(zone).utcoffset().total_seconds()

    last, changes = offset(0), [(0, offset(0))]
    for day in range(0, HOURS, 24):
        if offset(day + 24) == last:
            continue
        for hour in range(day + 1, day + 25):
            if offset(hour) != last:
                last = offset(hour)
                changes.append((hour, last))
    return " ".join(f"{hour}:{offset:.0f}" for hour, offset in changes)


countries = {}
for line in files("tzdata").joinpath("zoneinfo/zone.tab").read_text().splitlines():
    if not line.startswith("#"):
        country, _, name = line.split("\t")[:3]
        countries.setdefault(country, []).append((name, clock(name)))
json.dump(countries, sys.stdout)
