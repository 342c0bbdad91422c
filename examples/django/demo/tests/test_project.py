"""The settings, the steps and the demo's own commands."""

import os
import subprocess
import sys
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.test import SimpleTestCase, TestCase

LIST_ENDPOINTS = """
import importlib, sys
application = importlib.import_module(sys.argv[1]).application
guarded = application.application_mapping["websocket"]
router = next(cell.cell_contents for cell in guarded.__closure__ if hasattr(cell.cell_contents, "routes"))
print(*[route.pattern for route in router.routes])
"""


class ProjectTest(SimpleTestCase):
    def run_python(self, *args, **env):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "JWT_"))}
        command = [sys.executable, "-c", *args]
        return subprocess.run(command, cwd=settings.BASE_DIR, env={**clean, **env}, capture_output=True, text=True)

    def test_there_is_no_secret_that_everybody_knows(self):
        def secret(**env):
            program = "from django.conf import settings; from querywire.conf import jwt_secret; print(jwt_secret())"
            return self.run_python(program, DJANGO_SETTINGS_MODULE="project.settings", **env)

        self.assertIn("Set DJANGO_SECRET_KEY", secret().stderr)
        first, second = secret(DJANGO_DEMO="1").stdout, secret(DJANGO_DEMO="1").stdout
        self.assertGreater(len(first), 40)
        self.assertNotEqual(first, second)
        self.assertGreater(len(secret(DJANGO_DEMO="1", JWT_SECRET="").stdout), 40, "set to nothing")

    def test_every_step_runs_and_offers_what_it_says(self):
        for level in range(4):
            found = self.run_python(LIST_ENDPOINTS, f"steps.level{level}", DJANGO_DEMO="1")
            self.assertIn("^ws/chat/", found.stdout, found.stderr)
            self.assertEqual("^ws/v1/" in found.stdout, level > 0)


class SeedTest(TestCase):
    def test_seeding_twice_is_seeding_once(self):
        def seed():
            out = StringIO()
            call_command("seed_demo", stdout=out)
            return out.getvalue()

        first = seed()
        self.assertIn("general: 240 messages, 3 members", first)
        self.assertEqual(seed(), first)
