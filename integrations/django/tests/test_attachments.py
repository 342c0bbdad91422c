"""Files that come with a message. ([S62], [S63], [S64] of docs/SPEC.md)"""

from django.test import TestCase

from querywire.chat import messages
from querywire.chat.attachments import is_address
from querywire.protocol.errors import ChatError

from .kit import make_room, make_users


class AttachmentTest(TestCase):
    def setUp(self):
        self.alice, self.bob = make_users()[:2]
        make_room("team", members=["alice", "bob"])

    def test_attachments_are_kept_as_they_came(self):
        file = {"id": "f1", "name": "pier.jpg", "mime_type": "image/jpeg", "size": 0, "url": "/files/1", "width": 4, "blur": "x"}
        sent = messages.post(self.alice, "team", "", attachments=[file]).reply["message"]
        self.assertEqual(sent["attachments"], [file])
        page = messages.history(self.bob, "team", limit=5)["messages"]
        self.assertEqual(page[-1]["attachments"], [file])
        messages.delete(self.alice, "team", sent["id"])
        self.assertNotIn("pier.jpg", str(messages.history(self.bob, "team", limit=5)))
        with self.assertRaises(ChatError) as caught:
            messages.post(self.alice, "team", " ", attachments=[])
        self.assertEqual(caught.exception.code, "empty")

    def test_attachments_that_do_not_fit_are_refused(self):
        file = {"id": 1, "name": "a.txt", "mime_type": "text/plain", "size": 1, "url": "/files/1"}
        misfits = {
            "id": [None, "", {}, True, "x" * 257],
            "name": [None, "", "x" * 256, 5],
            "mime_type": [None, "x" * 256, 5],
            "size": [None, -1, 0.5, "1", True, 2**53],
            "url": [None, "", " ", 5, "/" + "x" * 2048],
            "width": [-1, 0.5, "1", {}],
            "height": [-1, 0.5, "1", True],
        }
        odd = [[{**file, name: value}] for name, values in misfits.items() for value in values]
        for attachments in [*odd, "x", 5, {}, True, [None], ["x"], [[]]]:
            with self.assertRaises(ChatError, msg=attachments) as caught:
                messages.post(self.alice, "team", "x", attachments=attachments)
            self.assertEqual(caught.exception.code, "invalid", attachments)
        messages.post(self.alice, "team", "x", attachments=[file] * 10)
        with self.assertRaises(ChatError) as caught:
            messages.post(self.alice, "team", "x", attachments=[file] * 11)
        self.assertEqual(caught.exception.code, "too_many")

    def test_no_address_runs_anything(self):
        hostile = ["javascript:x", "JavaScript:x", " \tjavascript:x", "\x01javascript:x", "java\nscript:x", "java\tscript\r:x"]
        hostile += ["data:text/html,x", "vbscript:x", "file:///etc/passwd", "about:blank", "x:y", "http://", "https://a b/"]
        harmless = ["https://a.b/c.png?d=e#f", "HTTP://a.b", "/files/1", "files/1", "./a:b", "?a=1", "//a.b/c", "blob:https://a.b/c"]
        for url in hostile + harmless:
            self.assertEqual(is_address(url), url in harmless, url)
