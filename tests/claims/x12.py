"""Builds 837P files."""

from collections.abc import Iterable

SENDER = "SENDER".ljust(15)
RECEIVER = "RECEIVER".ljust(15)


def a_claim(reference: str, *dates: str) -> list[str]:
    """Return the segments of one claim, with a service line for each date such as ``D8*20261201``."""
    segments = [f"CLM*{reference}*100***11:B:1*Y*A*Y*Y", "DTP*435*D8*20200101"]
    for number, of_service in enumerate(dates, start=1):
        segments += [f"LX*{number}", "SV1*HC:90837*100*UN*1***1"]
        segments += [f"DTP*472*{of_service}"] if of_service else []
    return segments


def an_837(
    *claims: Iterable[str], kind: str = "837", between: str = "*", end: str = "~", newline: str = "\n", count: int = 0
) -> str:
    """Return an interchange with one transaction set; ``count`` is added to the number of segments that it states."""
    body = [f"ST*{kind}*0001*005010X222A1", "BHT*0019*00*1*20261201*1200*CH", *(s for claim in claims for s in claim)]
    body += [f"SE*{len(body) + 1 + count}*0001"]
    isa = f"ISA*00*          *00*          *ZZ*{SENDER}*ZZ*{RECEIVER}*261201*1200*^*00501*000000001*0*P*:"
    around = [isa, "GS*HC*S*R*20261201*1200*1*X*005010X222A1", *body, "GE*1*1", "IEA*1*000000001"]
    return "".join(segment.replace("*", between) + end + newline for segment in around)
