"""Open requests on the page: the newest are streamed, the others polled, as a browser keeps few connections."""

from __future__ import annotations

from generation.models import Generation
from tests.generation.creating import CreatePageCase


def streams(page: str) -> int:
    return page.count("sse-connect=")


def polls(page: str) -> int:
    return page.count('hx-trigger="every 3s"')


class StreamTests(CreatePageCase):
    def ask_times(self, many: int) -> list[str]:
        return [self.ask(htmx=True, token=f"{number:024}").content.decode() for number in range(many)]

    def test_the_two_newest_are_streamed_and_the_others_polled(self) -> None:
        self.ask_times(4)
        page = self.client.get("/create/").content.decode()
        assert (streams(page), polls(page)) == (2, 2)

    def test_what_is_over_takes_no_stream(self) -> None:
        self.ask_times(3)
        newest = Generation.objects.order_by("pk").last()
        assert newest is not None
        self.client.post(f"/history/{newest.public_id}/cancel/")
        page = self.client.get("/create/").content.decode()
        assert (streams(page), polls(page)) == (2, 0)

    def test_a_third_one_is_polled_from_the_start(self) -> None:
        pages = self.ask_times(3)
        assert [(streams(page), polls(page)) for page in pages] == [(1, 0), (1, 0), (0, 1)]

    def test_a_polled_one_stays_so(self) -> None:
        self.ask_times(1)
        address = f"/create/cards/{Generation.objects.get().public_id}/"
        polled = self.client.get(f"{address}?polled=1").content.decode()
        assert (streams(polled), polls(polled)) == (0, 1)
        assert f'hx-get="{address}?polled=1"' in polled
        assert streams(self.client.get(address).content.decode()) == 1
