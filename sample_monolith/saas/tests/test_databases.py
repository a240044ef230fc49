from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase

from saas.databases import database_from, media_root_from


class DatabaseTests(SimpleTestCase):
    def test_other_urls_are_refused(self):
        for value in ["mysql://db.example/shop", "postgres://db.example:port/shop", "postgres://[::1/shop"]:
            with self.subTest(value), self.assertRaises(ImproperlyConfigured):
                database_from(value)

    def test_a_path_is_sqlite_in_wal_mode(self):
        for value in ["/data/shop.db", "sqlite:////data/shop.db"]:
            database = database_from(value)
            self.assertEqual(database["NAME"], "/data/shop.db")
            self.assertIn("journal_mode=WAL", database["OPTIONS"]["init_command"])

    def test_a_url_is_postgresql(self):
        database = database_from("postgres://me:p%40ss@db.example:6432/shop?sslmode=require")
        self.assertEqual(
            database,
            {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "shop",
                "USER": "me",
                "PASSWORD": "p@ss",
                "HOST": "db.example",
                "PORT": "6432",
                "OPTIONS": {"sslmode": "require"},
            },
        )

    def test_uploads_lie_beside_the_database(self):
        self.assertEqual(media_root_from("/data/shop.db", Path("/app")), Path("/data/shop-media"))
        self.assertEqual(media_root_from("postgres:///shop", Path("/app")), Path("/app/saas-media"))
