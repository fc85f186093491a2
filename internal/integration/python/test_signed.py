"""Calls with boto3 to a server that verifies signatures."""

import os
import tempfile
import unittest

from botocore.exceptions import ClientError

from server import Server


class Signed(unittest.TestCase):
    def setUp(self):
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write("[ci]\naws_access_key_id = AKIDCI\naws_secret_access_key = test\n")
        self.addCleanup(os.remove, file.name)
        self.server = Server("--credentials", file.name)
        self.addCleanup(self.server.stop)

    def test_the_same_call_twice_in_a_second(self):
        """boto3 does not sign the id of a call: two calls in a second have one signature."""
        sm = self.server.client(account="AKIDCI")
        signatures = []
        sm.meta.events.register("before-send", lambda request, **_: signatures.append(request.headers["Authorization"]))
        sm.create_secret(Name="a", SecretString="x")
        for _ in range(50):
            sm.delete_secret(SecretId="a")
            sm.restore_secret(SecretId="a")
        self.assertLess(len(set(signatures)), len(signatures), "no two calls were in one second")

    def test_a_wrong_key(self):
        with self.assertRaises(ClientError) as caught:
            self.server.client(account="AKIDOTHER").list_secrets()
        self.assertEqual(caught.exception.response["Error"]["Code"], "UnrecognizedClientException")


if __name__ == "__main__":
    unittest.main()
