"""What peers are known to get wrong: shown as "peer" in the table, and explained below it."""
import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Defect:
    """A defect of a peer. Empty texts and sets hold for all."""

    peer: str
    role: str
    case: str
    #: What is wrong, and with which bytes.
    why: str
    drafts: frozenset = frozenset()
    transport: str = ""
    #: It is taken all the same: cases pass.
    tolerated: bool = False

    def covers(self, result):
        return (
            result.peer == self.peer and result.role == self.role and re.fullmatch(self.case, result.case)
            and (not self.drafts or result.draft in self.drafts)
            and (not self.transport or result.transport == self.transport))


_FFI = "moq-ffi 0.4.18"
_NO_PREFIX = (
    "its SUBSCRIBE_NAMESPACE has a Track Namespace Prefix of 0 fields (a Number of Track Namespace Fields of 00, as in 11 "
    "00 03 00 00 00); drafts 14 and 15 allow 1 to 32 and say that the session MUST be closed for it (draft-15 "
    "\"SUBSCRIBE_NAMESPACE\"); of a peer that calls itself moq-lite-rs it is taken as in later drafts")
_OLD = frozenset({14, 15})

DEFECTS = [
    Defect(_FFI, "publisher", ".*", _NO_PREFIX, _OLD, tolerated=True),
    Defect(_FFI, "subscriber", ".*", _NO_PREFIX, _OLD, tolerated=True),
    Defect(_FFI, "relay", ".*", _NO_PREFIX, _OLD, tolerated=True),
    Defect(_FFI, "relay", "publish-track-subscribe", "it refuses PUBLISH: \"PUBLISH is not supported\""),
    Defect(_FFI, "relay", "fetch", "it refuses a FETCH of several groups: \"FETCH spanning several groups not supported\""),
    Defect(
        _FFI, "relay", "malformed",
        "after a violation it ends its control stream with FIN before it closes the session, which is a violation too",
        transport="webtransport"),
    Defect(
        "Firefox", "subscriber", ".*",
        "Firefox 140 gives its page the first of the unidirectional streams that are opened to it and none after, though it "
        "acknowledges them all and grants as many new ones (streams 15 to 51, each 40 54 00 and a whole group, and then "
        "MAX_STREAMS 26); Chromium gets them"),
]

_shown = set()


def judged(result):
    """The result, with what is not ours to mend marked so."""
    for defect in DEFECTS:
        if not defect.covers(result):
            continue
        if defect.tolerated:
            _shown.add(defect)
        elif result.outcome == "FAIL":
            _shown.add(defect)
            return dataclasses.replace(result, outcome="peer", detail=f"[{DEFECTS.index(defect) + 1}] {result.detail}")
    return result


def explain(out):
    for defect in DEFECTS:
        if defect in _shown:
            print(f"[{DEFECTS.index(defect) + 1}] {defect.peer}, {defect.role}: {defect.why}", file=out)
