"""Work that is sent to a queue: who sends which task, in whatever way, and what listens to signals."""

from __future__ import annotations

import pytest
from fakes.projects import FakeProject, touched

from analyzer.model.facts import Facts

MODELS = """
    from django.db import models

    class Tag(models.Model):
        pass

    class Book(models.Model):
        tags = models.ManyToManyField(Tag)

    class Review(models.Model):
        book = models.ForeignKey(Book, on_delete=models.CASCADE)

    class Log(models.Model):
        pass
"""
TASKS = """
    import dramatiq
    from celery import Celery, Task, shared_task
    from django_rq import job
    from huey.contrib.djhuey import db_task
    from shop.models import Log

    app = Celery("site_")

    @shared_task
    def first():
        Log.objects.create()

    @app.task(bind=True, name="the.second")
    def second(self):
        pass

    @job("default")
    def third():
        pass

    @dramatiq.actor(actor_name="the_fourth")
    def fourth():
        pass

    @db_task()
    def fifth():
        pass

    class Sixth(Task):
        def run(self):
            Log.objects.create()

    def plain():
        pass
"""
SENDERS = """
    import django_rq
    from celery import chain, chord, current_app, group, signature
    from django.db import transaction
    from django_q.tasks import async_task
    from functools import partial
    from shop import tasks
    from shop.tasks import first, fourth, plain, second, third

    def nothing(job):
        job.delay()

    def delay():
        first.delay()

    def apply_async():
        tasks.first.apply_async(args=[1], countdown=3)

    def after_commit():
        with transaction.atomic():
            transaction.on_commit(first.delay)

    def after_commit_partial():
        transaction.on_commit(partial(first.delay, 1))

    def delay_on_commit():
        first.delay_on_commit()

    def by_path():
        current_app.send_task("shop.tasks.first")

    def by_name():
        signature("the.second").delay()

    def in_a_chain():
        chain(first.s(), second.si())()
        (first.s() | second.s()).delay()

    def in_a_group():
        group(first.s(n) for n in range(3)).apply_async()

    def in_a_chord():
        chord([first.s()], second.s()).delay()

    def rq():
        django_rq.get_queue().enqueue(plain)
        third.delay()

    def rq_by_path():
        django_rq.get_queue("low").enqueue_in(3, "shop.tasks.plain")

    def dramatiq():
        fourth.send_with_options(args=(1,), delay=3)

    def q():
        async_task("shop.tasks.plain", 3)
"""
SIGNALS = """
    from django.db.models.signals import m2m_changed, post_save
    from django.dispatch import Signal, receiver
    from shop.models import Book, Log, Review, Tag

    paid = Signal()

    def named(sender, instance, **kwargs):
        Log.objects.create()

    post_save.connect(named, sender="shop.Review", dispatch_uid="named")

    @receiver(m2m_changed, sender=Book.tags.through)
    def linked(sender, instance, **kwargs):
        Tag.objects.create()

    @receiver(paid)
    def on_paid(sender, **kwargs):
        Book.objects.create()

    def saves():
        Review.objects.create()

    def links(book: Book):
        book.tags.add(1)

    def pays():
        paid.send_robust(sender=None)
"""
APPS = """
    from django.apps import AppConfig
    from django.db.models.signals import post_delete

    class ShopConfig(AppConfig):
        name = "shop"

        def ready(self):
            from . import signals
            post_delete.connect(gone, sender=self.get_model("Review"))

    def gone(sender, instance, **kwargs):
        pass
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    files = {
        "shop/models.py": MODELS, "shop/tasks.py": TASKS, "shop/senders.py": SENDERS, "shop/signals.py": SIGNALS,
        "shop/apps.py": APPS,
    }  # fmt: skip
    return FakeProject(tmp_path_factory.mktemp("project"), files).facts()


@pytest.mark.parametrize(
    ("sender", "sent"),
    [
        ("nothing", ""),
        ("delay", "first"),
        ("apply_async", "first"),
        ("after_commit", "first"),
        ("after_commit_partial", "first"),
        ("delay_on_commit", "first"),
        ("by_path", "first"),
        ("by_name", "second"),
        ("in_a_chain", "first second"),
        ("in_a_group", "first"),
        ("in_a_chord", "first second"),
        ("rq", "plain third"),
        ("rq_by_path", "plain"),
        ("dramatiq", "fourth"),
        ("q", "plain"),
    ],
)
def test_senders_call_their_tasks(facts: Facts, sender: str, sent: str) -> None:
    found = {call.target for call in facts.calls if call.source == f"shop.senders.{sender}"}
    assert found == {f"shop.tasks.{name}" for name in sent.split()}
    assert touched(facts, sender) == set()  # the worker does the work


def test_tasks_are_where_work_begins(facts: Facts) -> None:
    found = {entry.name: entry.tables_written for entry in facts.entry_points if entry.kind == "task"}
    assert found == {
        "shop.tasks.first": ("shop_log",), "shop.tasks.second": (), "shop.tasks.third": (),
        "shop.tasks.fourth": (), "shop.tasks.fifth": (), "shop.tasks.Sixth": ("shop_log",),
    }  # fmt: skip


def test_what_is_sent_is_not_part_of_the_transaction(facts: Facts) -> None:
    assert [span.tables_written for span in facts.transactions] == [()]


@pytest.mark.parametrize(
    ("sender", "receiver"),
    [("saves", "named"), ("links", "linked"), ("pays", "on_paid")],
)
def test_signals_reach_their_receivers(facts: Facts, sender: str, receiver: str) -> None:
    called = {call.target for call in facts.calls if call.source == f"shop.signals.{sender}"}
    assert called == {f"shop.signals.{receiver}"}


def test_a_sender_may_be_named_by_its_label_or_by_the_application(facts: Facts) -> None:
    found = {receiver.receiver.rpartition(".")[2]: receiver.senders for receiver in facts.receivers}
    assert found == {
        "named": ("shop.Review",), "gone": ("shop.Review",), "linked": ("shop.Book_tags",), "on_paid": (),
    }  # fmt: skip
