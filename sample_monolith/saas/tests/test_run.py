import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.test import SimpleTestCase

RUN = Path(settings.BASE_DIR) / "run.py"


@contextmanager
def running(*arguments):
    """run.py in another process, and the address that it printed."""
    command = [sys.executable, "-W", "error", str(RUN), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address = next((word for line in process.stdout for word in line.split() if "http://" in word), None)
        yield process, address
    finally:
        process.terminate()
        process.communicate(timeout=20)


def get(url):
    return urllib.request.urlopen(urllib.request.Request(url), timeout=20)


class RunTests(SimpleTestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.database = str(Path(folder.name) / "shop.db")

    def _fails(self, *arguments):
        return subprocess.run(
            [sys.executable, str(RUN), *arguments], capture_output=True, text=True, timeout=60
        )

    def test_a_port_in_use_is_one_line_and_exit_2(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            result = self._fails("--port", port, "--database", self.database)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(len(result.stderr.splitlines()), 1)
        self.assertIn(f"cannot listen on 127.0.0.1:{port}", result.stderr)
        self.assertFalse(Path(self.database).exists())

    def test_bad_arguments_and_bad_databases_are_exit_2(self):
        for arguments in [["--port", "x"], ["--port", "70000"], ["--orders", "-1"]]:
            self.assertEqual(self._fails(*arguments).returncode, 2)
        for database in ["/nowhere/at/all.db", "mysql://db.example/shop", str(RUN)]:
            result = self._fails("--port", "0", "--database", database)
            self.assertEqual((result.returncode, len(result.stderr.splitlines())), (2, 1), result.stderr)

    def test_one_command_makes_the_database_and_serves(self):
        with running("--port", "0", "--orders", "5", "--database", self.database) as (process, address):
            self.assertIsNone(process.poll())
            with get(f"{address}healthz") as response:
                self.assertEqual(response.read(), b'{"status": "ok"}')
            with get(f"{address}static/admin/css/base.css") as response:
                self.assertIn("text/css", response.headers["Content-Type"])
            with get(address) as response:
                self.assertIn("/accounts/login/", response.url)
            with self.assertRaises(urllib.error.HTTPError) as missing:
                get(f"{address}static/nothing.css")
            missing.exception.close()
            self.assertEqual(missing.exception.code, 404)
