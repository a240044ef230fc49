import logging
import shutil
import tempfile
import warnings

from django.conf import settings
from django.test import AsyncClient, Client, TestCase
from django.test.runner import DiscoverRunner

from accounts.models import Tenant, User
from core.demo_data import token_key
from core.seeding import seed

APPS = "accounts audit billing catalog core inventory notifications orders reports saas support".split()


class ProjectRunner(DiscoverRunner):
    """Runs the project's own tests from any directory, with warnings as errors and a cheap password hasher."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.top_level = self.top_level or str(settings.BASE_DIR)

    def build_suite(self, test_labels=None, **kwargs):
        return super().build_suite(test_labels or APPS, **kwargs)

    def setup_test_environment(self, **kwargs):
        super().setup_test_environment(**kwargs)
        warnings.simplefilter("error")
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        logging.getLogger("django").setLevel(logging.ERROR)
        settings.MEDIA_ROOT = tempfile.mkdtemp(prefix="saas-test-media-")

    def teardown_test_environment(self, **kwargs):
        shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
        super().teardown_test_environment(**kwargs)


class SeededTestCase(TestCase):
    """A database with 60 demo orders; `self.client` is alice, the owner of acme."""

    @classmethod
    def setUpTestData(cls):
        seed(60)
        cls.acme, cls.globex, cls.initech = Tenant.objects.order_by("pk")
        cls.alice = User.objects.get(username="alice")

    def setUp(self):
        self.client = self.as_user("alice")

    def as_user(self, username, **options):
        client = Client(**options)
        client.force_login(User.objects.get(username=username))
        return client

    def async_as_user(self, username):
        client = AsyncClient()
        client.force_login(User.objects.get(username=username))
        return client

    def with_token(self, username="alice", tenant="acme"):
        return Client(headers={"Authorization": f"Token {token_key(username, tenant)}"})
