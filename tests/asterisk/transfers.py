"""Plays faxes whose channel changes hands: transferred, picked up, parked, bridged, forwarded or redirected.

Each function starts one fax between two servers, named by its tag; it returns once the channel has changed hands, while
most of the faxes go on.  conf/transfers.conf has the extensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.asterisk import stored
from tests.asterisk.calls import Fax, wait_until
from tests.asterisk.manager import Message
from tests.asterisk.real_asterisk import Server
from tests.asterisk.sip_phone import Phone


@dataclass(frozen=True)
class Site:
    """A server with its phone, whose channels change hands, the other server with its own, and the history of both."""

    server: Server
    phone: Phone
    other: Server
    other_phone: Phone
    dsn: str

    @property
    def page(self) -> Path:
        """The pages that the server and the other one send (PAGES of conf/extensions.conf)."""
        return self.server.home / "pages.tif"

    def ask(self, action: str, **headers: str) -> list[Message]:
        """The messages with which the server answers an AMI action that must succeed."""
        with self.server.manager() as manager:
            answer = manager.ask(action, None, **headers)
        assert answer[0]["Response"] == "Success", answer
        return answer

    def send(self, fax: Fax) -> None:
        """Starts a fax call at the server."""
        with self.server.manager() as manager:
            fax.start(manager)

    def send_from_other(self, fax: Fax) -> None:
        """Starts a fax call at the other server."""
        with self.other.manager() as manager:
            fax.start(manager)

    def listed(self, tag: str) -> str:
        """The channel of the fax, once the server lists its latest session as active and the history has that list."""
        found: list[str] = []

        def active() -> bool:
            begun = [one.channel for one in self.server.begun() if one.tag == tag]
            found[:] = [channel for channel in self.channels() if channel in begun]
            return bool(found)

        wait_until(f"{tag} is active on {self.server.name}", active, 30)
        stored.wait_until_listed(self.dsn, self.server.name, found[0])
        return found[0]

    def channels(self) -> list[str]:
        """The channels of the active sessions."""
        return [entry["Channel"] for entry in self._sessions()]

    def _sessions(self) -> list[Message]:
        return [entry for entry in self.ask("FAXSessions") if entry.get("State") == "Active"]


def transfer_to_receiver(site: Site, tag: str) -> None:
    """The phone calls a sender of the other server and a receiver of this one, and connects them."""
    _transfer(site, f"call*deliver*{tag}", f"recv*{tag}", tag)


def transfer_to_sender(site: Site, tag: str) -> None:
    """The phone calls a receiver of the other server and a sender of this one, and connects them."""
    _transfer(site, f"call*recv*{tag}", f"deliver*{tag}", tag)


def transfer_two_at_once(site: Site, tags: tuple[str, str]) -> None:
    """Two transfers to senders of the same file, one right after the other."""
    calls = [(site.phone.call(f"call*recv*{tag}"), site.phone.call(f"deliver*{tag}")) for tag in tags]
    for tag in tags:
        site.listed(tag)
    for far, fax in calls:
        far.transfer_to(fax)


def _transfer(site: Site, far: str, fax: str, tag: str) -> None:
    first, second = site.phone.call(far), site.phone.call(fax)
    site.listed(tag)
    first.transfer_to(second)


def replace_call(site: Site, tag: str) -> None:
    """A fax reaches a receiver through the phones; then another call takes the place of the receiver's."""
    receiver, sender = site.phone.call(f"recv*{tag}"), site.other_phone.call(f"deliver*{tag}")
    receiver.connect(sender)
    site.listed(tag)
    site.phone.call(f"recv*{tag}", replaced=receiver)


def pick_up(site: Site, tag: str) -> None:
    """A call of this server rings at the phone; the other server picks it up with a receiver."""
    site.send(Fax(tag, site.page, "PJSIP/phone", variables={"PICKUPMARK": tag}, account="sales"))
    assert site.phone.ringing.wait(10), f"{tag} does not ring"
    site.send_from_other(
        Fax(tag, site.page, f"PJSIP/pickup*{tag}@audio", "recv@rx", account="office", caller="5550177")
    )


def forward(site: Site, tag: str) -> None:
    """The other server sends to the phone, which forwards the call to a receiver of this server."""
    site.send_from_other(Fax(tag, site.page, f"PJSIP/forward*{tag}@audio", account="sales"))


def park_first(site: Site, tag: str) -> None:
    """A call of the other server is parked, the phone takes it, and then it is redirected to a receiver."""
    site.send_from_other(Fax(tag, site.page, f"PJSIP/park*{tag}@audio", account="sales"))
    parked: list[Message] = []

    def is_parked() -> bool:
        parked[:] = [entry for entry in site.ask("ParkedCalls") if entry.get("Event") == "ParkedCall"]
        return bool(parked)

    wait_until(f"{tag} is parked", is_parked, 20)
    site.phone.call(f"park*{parked[0]['ParkingSpace']}")
    site.ask("Redirect", Channel=parked[0]["ParkeeChannel"], Context="rx", Exten="recv", Priority="1")


def park_running(site: Site, tag: str) -> None:
    """A channel that runs ReceiveFAX is parked (AMI Park), and hung up."""
    site.send_from_other(Fax(tag, site.page, f"PJSIP/recv*{tag}@audio", account="sales"))
    channel = site.listed(tag)
    site.ask("Park", Channel=channel)
    site.ask("Hangup", Channel=channel)


def bridge_running(site: Site, tag: str) -> None:
    """A channel that runs SendFAX is connected to the phone (AMI Bridge), which hangs up."""
    site.send(Fax(tag, site.page, f"PJSIP/recv*{tag}@audio", account="sales"))
    channel = site.listed(tag)
    call = site.phone.call("talk")
    phones = [entry for entry in site.ask("CoreShowChannels") if entry.get("Exten") == "talk"]
    site.ask("Bridge", Channel1=channel, Channel2=phones[0]["Channel"], Tone="no")
    call.hang_up()


def redirect_application(site: Site, tag: str) -> None:
    """A channel that runs SendFAX without a dialplan is redirected to an extension that sends again."""
    site.send(Fax(tag, site.page, f"PJSIP/recv*{tag}@audio", sender="SendFAX", account="sales"))
    found: list[str] = []

    def active() -> bool:
        """Whether a channel is listed whose start no dialplan logged."""
        begun = {one.channel for one in site.server.begun()}
        found[:] = [channel for channel in site.channels() if channel not in begun]
        return bool(found)

    wait_until(f"{tag} is active", active, 30)
    _redirect(site, found[0])


def redirect_dialplan(site: Site, tag: str) -> None:
    """A channel whose dialplan runs SendFAX is redirected to an extension that sends again."""
    site.send(Fax(tag, site.page, f"PJSIP/recv*{tag}@audio", account="sales"))
    _redirect(site, site.listed(tag))


def _redirect(site: Site, channel: str) -> None:
    site.ask("Redirect", Channel=channel, Context="tx", Exten="send", Priority="1")
