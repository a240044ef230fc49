import asyncio
import json

from django.test import AsyncClient, SimpleTestCase

from core.testing import SeededTestCase
from notifications.events import as_event, stream
from notifications.models import Notification, Preference
from notifications.services import notify


class InboxTests(SeededTestCase):
    def test_nobody_reads_the_mail_of_others(self):
        theirs = Notification.objects.filter(recipient__username="bob").first()
        self.client.post(f"/notifications/{theirs.pk}/read/")
        theirs.refresh_from_db()
        self.assertIsNone(theirs.read_at)
        self.assertEqual(self.with_token().post(f"/api/notifications/{theirs.pk}/read/").status_code, 404)

    def test_no_mail_against_the_users_will(self):
        Preference.objects.filter(user=self.alice, channel="mail").update(enabled=False)
        self.assertIsNone(notify(self.alice, self.acme, "welcome").sent_at)
        self.assertIsNone(Notification.objects.latest("pk").sent_at)

    def test_a_template_is_filled_and_missing_words_stay_empty(self):
        note = notify(self.alice, self.acme, "ticket-reply", ticket="TIC-1")
        self.assertEqual((note.subject, note.body), ("New reply on TIC-1", ""))

    def test_read(self):
        note = notify(self.alice, self.acme, "welcome")
        self.assertContains(self.client.get("/notifications/"), "Mark read")
        self.assertRedirects(self.client.post(f"/notifications/{note.pk}/read/"), "/notifications/")
        unread = self.with_token().get("/api/notifications/?unread=1").json()
        self.assertNotIn(note.pk, [row["id"] for row in unread["results"]])
        self.assertTrue(self.with_token().post(f"/api/notifications/{note.pk}/read/").json()["read"])


class EventTests(SeededTestCase):
    def setUp(self):
        super().setUp()
        self.browser = self.async_as_user("alice")

    async def test_strangers_hear_nothing(self):
        self.assertEqual((await AsyncClient().get("/events/")).status_code, 401)

    async def test_others_are_not_overheard(self):
        await Notification.objects.acreate(
            tenant=self.globex, recipient_id=(await self._user("carol")).pk, subject="secret"
        )
        events = stream(self.alice, 0, poll_seconds=0)
        heard = [await anext(events) for _ in range(4)]
        await events.aclose()
        self.assertNotIn("secret", "".join(heard))

    async def test_the_stream_resumes_and_goes_on(self):
        first = await Notification.objects.acreate(tenant=self.acme, recipient=self.alice, subject="one")
        response = await self.browser.get("/events/", headers={"Last-Event-ID": str(first.pk - 1)})
        self.assertEqual(response["Content-Type"], "text/event-stream")
        chunks = aiter(response)
        self.assertEqual(await anext(chunks), b"retry: 2000\n\n")
        self.assertIn(b'"subject": "one"', await anext(chunks))
        second = await Notification.objects.acreate(tenant=self.acme, recipient=self.alice, subject="two")
        self.assertIn(f"id: {second.pk}\n", (await anext(chunks)).decode())
        await chunks.aclose()

    async def test_silence_is_a_comment(self):
        response = await self.browser.get("/events/")
        chunks = aiter(response)
        await anext(chunks)
        self.assertEqual(await asyncio.wait_for(anext(chunks), 5), b": nothing new\n\n")
        await chunks.aclose()

    async def _user(self, name):
        return await type(self.alice).objects.aget(username=name)


class EventFormatTests(SimpleTestCase):
    def test_line_breaks_cannot_forge_an_event(self):
        event = as_event(Notification(pk=1, subject="a\n\nevent: forged"))
        self.assertEqual(event.count("\n\n"), 1)
        data = event.splitlines()[2].removeprefix("data: ")
        self.assertEqual(json.loads(data)["subject"], "a\n\nevent: forged")
