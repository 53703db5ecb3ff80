"""How long a generation waits for an account before its caller is sent away."""

from __future__ import annotations

from django.test import override_settings

from generation.models import Generation
from tests.generation.jimeng import drop, make_alive
from tests.generation.test_job import JobTestCase, history, make_queued


class PatienceTests(JobTestCase):
    @override_settings(JIMENG_SUBMIT_GRACE_S=0.6, JIMENG_QUEUE_TIMEOUT_S=0.4, JIMENG_RESTS={"unreachable": "0.2"})
    async def test_a_look_up_that_took_long_is_no_time_in_the_queue(self) -> None:
        account = await self.sync(make_alive)
        self.jimeng.script(account, drop)  # asked for in vain for longer than the queue has patience
        after = await self.run_job(await self.sync(make_queued))
        assert (after.status, after.attempt) == (Generation.Status.SUCCEEDED, 2)
        assert "requeued unreachable" in await self.sync(history, after)
