# Independent table of periods: brute force over zoneinfo, minute by minute.
import json, zoneinfo
from datetime import datetime, timedelta, timezone
def label(kind, z, t):
    d = datetime.fromtimestamp(t, timezone.utc).astimezone(z)
    if kind=="hourly": return d.strftime("%Y-%m-%dT%H")
    if kind=="daily": return d.strftime("%Y-%m-%d")
    if kind=="monthly": return d.strftime("%Y-%m")
    y,w,_=d.isocalendar(); return f"{y}-W{w:02d}"
span={"hourly":3*3600,"daily":3*86400,"weekly":9*86400,"monthly":33*86400}
cases=[
 ("UTC",["2026-01-31T23:59","2026-02-28T23:59","2026-03-01T00:00","2026-04-30T12:00","2026-12-31T23:59","2027-01-01T00:00","2027-01-03T23:59","2028-02-28T23:59","2028-02-29T00:00","2028-02-29T23:59","2028-03-01T00:00","2020-12-31T12:00"]),
 ("America/New_York",["2026-03-08T06:59","2026-03-08T07:00","2026-11-01T04:00","2026-11-01T05:30","2026-11-01T06:30","2026-11-01T07:00","2026-02-01T04:59","2026-02-01T05:00","2028-02-29T12:00","2026-10-30T12:00"]),
 ("Australia/Lord_Howe",["2026-04-04T14:30","2026-04-04T15:10","2026-04-04T15:30","2026-10-03T15:29","2026-10-03T15:30","2026-10-03T15:45","2026-10-03T16:00"]),
 ("Pacific/Apia",["2011-12-30T09:59","2011-12-30T10:00","2011-12-31T12:00","2011-12-29T10:00"]),
 ("Asia/Beirut",["2022-03-26T21:59","2022-03-26T22:00","2022-10-29T20:59","2022-10-29T21:30","2022-10-29T22:00"]),
 ("America/Havana",["2022-03-13T04:59","2022-03-13T05:00","2022-11-06T03:59","2022-11-06T04:30","2022-11-06T05:30","2022-11-06T06:00"]),
 ("America/Sao_Paulo",["2018-11-04T02:59","2018-11-04T03:00","2018-02-18T01:30","2018-02-18T02:30","2018-02-18T03:00"]),
 ("America/St_Johns",["2010-11-07T02:29","2010-11-07T02:30","2010-11-07T02:31","2010-11-07T03:29","2010-11-07T03:30"]),
 ("Asia/Kathmandu",["2026-06-30T18:14","2026-06-30T18:15"]),
 ("Europe/London",["2026-03-29T00:59","2026-03-29T01:00","2026-10-25T00:30","2026-10-25T01:30"]),
 ("Africa/Cairo",["2023-04-27T21:59","2023-04-27T22:00","2023-10-26T20:30","2023-10-26T21:30"]),
 ("Atlantic/Azores",["2022-03-27T00:59","2022-03-27T01:00","2022-10-30T00:30","2022-10-30T01:30"]),
 ("Pacific/Kiritimati",["2026-01-31T09:59","2026-01-31T10:00"]),
]
out=[]
for zn,ts in cases:
    z=zoneinfo.ZoneInfo(zn)
    for s in ts:
        t=int(datetime.fromisoformat(s).replace(tzinfo=timezone.utc).timestamp())
        row={"zone":zn,"at":s+":00Z"}
        for kind in ("hourly","daily","weekly","monthly"):
            l=label(kind,z,t)
            step=60
            ms=[u for u in range(t-span[kind],t+span[kind],step) if label(kind,z,u)==l]
            f=lambda u: datetime.fromtimestamp(u,timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            row[kind]=[l,f(ms[0]),f(ms[-1]+step)]
        out.append(row)
print("[\n"+",\n".join("  "+json.dumps(r) for r in out)+"\n]")
