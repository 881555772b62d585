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

    def covers(self, result):
        return (
            result.peer == self.peer and result.role == self.role and re.fullmatch(self.case, result.case)
            and (not self.drafts or result.draft in self.drafts)
            and (not self.transport or result.transport == self.transport))


DEFECTS = []

_shown = set()


def judged(result):
    """The result, with what is not ours to mend marked so."""
    for defect in DEFECTS:
        if result.outcome == "FAIL" and defect.covers(result):
            _shown.add(defect)
            return dataclasses.replace(result, outcome="peer", detail=f"[{DEFECTS.index(defect) + 1}] {result.detail}")
    return result


def explain(out):
    for defect in DEFECTS:
        if defect in _shown:
            print(f"[{DEFECTS.index(defect) + 1}] {defect.peer}, {defect.role}: {defect.why}", file=out)
