import warnings

from django.conf import settings
from django.test.runner import DiscoverRunner

APPS = "accounts audit billing catalog core inventory notifications orders reports support".split()


class ProjectRunner(DiscoverRunner):
    """Runs the project's own tests from any directory, with warnings as errors and a cheap password hasher."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.top_level = self.top_level or str(settings.BASE_DIR)

    def build_suite(self, test_labels=None, **kwargs):
        return super().build_suite(test_labels or APPS, **kwargs)

    def setup_test_environment(self, **kwargs):
        super().setup_test_environment(**kwargs)
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        warnings.simplefilter("error")
