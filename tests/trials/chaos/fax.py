"""One simulated fax: when it begins, what it shows at each moment, and its events at the end."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from tests.trials.chaos.messages import Headers

RATES = (14400, 12000, 9600, 7200)


@dataclass(slots=True)
class Fax:
    """Drawn once; everything else follows from the seconds since its start."""

    place: int
    number: int | None
    channel: str
    uniqueid: str
    operation: str
    pages: int
    page_seconds: float
    setting_up: float
    """Seconds in state Initialized, when a FAXSession request would crash a real server."""
    ecm: bool
    fine: bool
    fails: bool
    silent: bool
    """Whether it ends without a completion event."""
    bad_lines: tuple[int, ...]
    """Bad lines of each page at its end."""
    began: float
    over: bool = False

    @property
    def file(self) -> str:
        return f"/var/spool/fax/{self.operation}-{self.place}.tif"

    def seconds(self) -> float:
        """Seconds from its start to its end."""
        if self.operation == "V.21":
            return self.page_seconds
        return self.setting_up + 1.5 + self.pages * self.page_seconds + 1.0

    def state(self, now: float) -> str:
        return "Initialized" if now - self.began < self.setting_up and self.operation != "V.21" else "Active"

    def entry(self, now: float) -> Headers:
        """res_fax.c, manager_fax_sessions_entry: the headers after ActionID."""
        fax = self.operation in ("send", "receive")
        return [
            ("Channel", self.channel),
            ("Technology", "Spandsp"),
            ("SessionNumber", str(self.number)),
            ("SessionType", ("T.38" if self.fine else "G.711") if fax else "none"),
            ("Operation", self.operation),
            ("State", self.state(now)),
            ("Files", self.file if fax else ""),
        ]

    def detail(self, now: float) -> Headers:
        """res_fax_spandsp.c, spandsp_manager_fax_session: the headers after ActionID."""
        head = [("SessionNumber", str(self.number)), ("Operation", self.operation), ("State", self.state(now))]
        if self.operation == "V.21":
            return head
        done, part = self._progress(now)
        agreed = now - self.began > self.setting_up + 1.5
        rate = RATES[min(done, self.place % len(RATES))]
        if self.operation == "gateway":
            ecm = "yes" if agreed and self.ecm else "no"
            return [
                *head,
                ("ErrorCorrectionMode", ecm),
                ("DataRate", str(rate if agreed else 0)),
                ("PageNumber", str(done + 1)),
            ]
        measured = agreed and self.operation == "receive" and not self.ecm
        return [
            *head,
            ("ErrorCorrectionMode", "Yes" if agreed and self.ecm else "No"),
            ("DataRate", str(rate if agreed else 14400)),
            ("ImageResolution", self._resolution() if agreed else "0x0"),
            ("PageNumber", str(done + 1)),
            ("FileName", self.file),
            ("PagesTransmitted", str(done if self.operation == "send" else 0)),
            ("PagesReceived", str(done if self.operation == "receive" else 0)),
            ("TotalBadLines", str(self._bad(done, part) if measured else 0)),
        ]

    def _progress(self, now: float) -> tuple[int, float]:
        """The number of finished pages, and the finished part of the next one."""
        on_pages = max(0.0, now - self.began - self.setting_up - 1.5) / self.page_seconds
        done = min(self.pages, int(on_pages))
        return done, on_pages - done

    def _bad(self, done: int, part: float) -> int:
        # After the last page its count stays, while PageNumber advances.
        return self.bad_lines[-1] if done == self.pages else int(self.bad_lines[done] * min(1.0, part))

    def _resolution(self) -> str:
        return "8031x7700" if self.fine else "8031x3850"

    # -- the channel ---------------------------------------------------------------------------------

    def of_channel(self, event: str, *headers: tuple[str, str], privilege: str = "call,all") -> Headers:
        """manager_channels.c: an event with the channel's snapshot."""
        return [("Event", event), ("Privilege", privilege), *self._snapshot(), *headers]

    def _snapshot(self) -> Headers:
        return [
            ("Channel", self.channel),
            ("ChannelState", "6"),
            ("ChannelStateDesc", "Up"),
            ("CallerIDNum", f"555{self.place:04d}"),
            ("CallerIDName", "Chaos"),
            ("ConnectedLineNum", "5550100"),
            ("ConnectedLineName", "Chaos"),
            ("Language", "en"),
            ("AccountCode", f"account{self.place % 7}"),
            ("Context", "fax"),
            ("Exten", "s"),
            ("Priority", "2"),
            ("Uniqueid", self.uniqueid),
            ("Linkedid", self.uniqueid),
        ]

    def variable(self, name: str, value: str) -> Headers:
        """A channel variable is set."""
        return self.of_channel("VarSet", ("Variable", name), ("Value", value), privilege="dialplan,all")

    def status(self, text: str) -> Headers:
        """A fax begins."""
        return self.of_channel(
            "FAXStatus",
            ("Operation", self.operation),
            ("Status", text),
            ("LocalStationID", "+1 555 0100"),
            self._file(),
        )

    def starts(self) -> list[Headers]:
        """res_fax.c, sendfax_exec and receivefax_exec."""
        cleared = [("FAXSTATUS", "FAILED"), ("FAXPAGES", "0"), ("FAXSTATUS", "FAILED"), ("FAXERROR", "INIT_ERROR")]
        cleared.append(("FAXSTATUSSTRING", "error starting fax session"))
        said = [self.variable(*pair) for pair in cleared]
        if self.number is None:
            return [*said, self.variable("FAXSTATUS", "FAILED"), self.variable("FAXERROR", "FILE_ERROR")]
        return [*said, self.status("Allocating Resources")]

    def results(self) -> list[Headers]:
        """res_fax.c, set_channel_variables, before the session leaves the list."""
        done, _ = self._progress(time.time())
        values = {
            "FAXSTATUS": "FAILED" if self.fails else "SUCCESS",
            "FAXERROR": "HANGUP" if self.fails else "",
            "FAXSTATUSSTRING": "The call dropped prematurely" if self.fails else "OK",
            "REMOTESTATIONID": f"+1 555 {self.place:04d}",
            "LOCALSTATIONID": "+1 555 0100",
            "FAXBITRATE": "14400",
            "FAXRESOLUTION": self._resolution(),
            "FAXMODE": "audio",
            "FAXPAGES": str(done),
        }
        return [self.variable(*pair) for pair in values.items()]

    def completion(self) -> Headers:
        """channel_fax_cb: SendFAX or ReceiveFAX, after the session has left the list."""
        done, _ = self._progress(time.time())
        return self.of_channel(
            "SendFAX" if self.operation == "send" else "ReceiveFAX",
            ("LocalStationID", "+1 555 0100"),
            ("RemoteStationID", f"+1 555 {self.place:04d}"),
            ("PagesTransferred", str(done)),
            ("Resolution", self._resolution()),
            ("TransferRate", "14400"),
            self._file(),
        )

    def hangup(self) -> Headers:
        """The channel hangs up."""
        return self.of_channel("Hangup", ("Cause", "16"), ("Cause-txt", "Normal Clearing"))

    def _file(self) -> tuple[str, str]:
        return ("FileName", self.file)


def drawn(rng: random.Random, place: int, number: int | None, channel: str, uniqueid: str) -> Fax:
    """A random fax as a busy server has them, 4 to 40 s long."""
    operation = rng.choices(("send", "receive", "gateway", "V.21"), (4, 5, 1, 1))[0]
    if number is None:
        operation = rng.choice(("send", "receive"))
    pages = rng.randint(1, 5)
    return Fax(
        place=place,
        number=number,
        channel=channel,
        uniqueid=uniqueid,
        operation=operation,
        pages=pages,
        page_seconds=rng.uniform(1.5, 7.0),
        setting_up=rng.uniform(0.05, 1.0),
        ecm=rng.random() < 0.6,
        fine=rng.random() < 0.5,
        fails=rng.random() < 0.2,
        silent=rng.random() < 0.1,
        bad_lines=tuple(rng.randint(0, 90) for _ in range(pages)),
        began=time.time(),
    )
