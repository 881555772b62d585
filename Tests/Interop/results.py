"""What came of each case."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Result:
    """One line of the table. `outcome` is "ok", "skip" or "FAIL"."""

    peer: str
    role: str
    draft: int
    transport: str
    case: str
    outcome: str
    detail: str = ""

    def line(self):
        return f"{self.peer:15} {self.role:22} {self.draft:5} {self.transport:12} {self.case:30} {self.outcome:4} {self.detail}".rstrip()


HEADER = f"{'peer':15} {'role of the peer':22} {'draft':>5} {'transport':12} {'case':30} result"


@dataclasses.dataclass(frozen=True)
class Job:
    """Something to run that gives one result or more."""

    peer: str
    role: str
    draft: int
    transport: str
    case: str
    #: Gives pairs of a case's name, or None for `case`, and what is wrong with it: "" nothing, "skip: …" why it was not run.
    run: object

    def results(self):
        try:
            found = list(self.run())
        except Exception as error:  # A peer that does not do its part fails its own case.
            found = [(None, f"{error}" or type(error).__name__)]
        for case, wrong in found:
            skipped = wrong.startswith("skip: ")
            outcome = "skip" if skipped else "FAIL" if wrong else "ok"
            yield Result(
                self.peer, self.role, self.draft, self.transport, case or self.case, outcome, wrong.removeprefix("skip: "))
