"""An alert channel: added, tested by its button, and the test seen to arrive."""

from __future__ import annotations

from playwright.sync_api import expect

from accounts.models import Delivery
from tests.browser.desk import Desk
from tests.receivers import Receiver

CHANNELS = "/admin/accounts/alertchannel/"


def test_a_test_message_arrives_and_the_page_says_so(desk: Desk) -> None:
    name = f"Ops {desk.look.slug}"
    with Receiver() as receiver:
        desk.typed += [receiver.netloc]
        desk.open(CHANNELS)
        desk.click(f"a[href^='{CHANNELS}add/']")
        desk.fill("#id_name", name)
        desk.page.select_option("#id_format", "webhook")
        desk.fill("#id_new_target", f"{receiver.url}/hook")
        desk.check()
        desk.click("[name=_save]")
        desk.check()
        desk.row(name).locator("th a").first.click()
        desk.page.wait_for_url("**/change/**")
        desk.check()
        desk.click("[name$=save_and_test]")
        delivered = desk.words(Delivery.Status.DELIVERED.label)
        expect(desk.page.locator("#channel-messages")).to_contain_text(delivered, timeout=20_000)
        desk.check()
        assert [got.path for got in receiver.got] == ["/hook"]
    desk.open("/admin/accounts/delivery/")
    desk.sees(name, within="#result_list")
    desk.check()
