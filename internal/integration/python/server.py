"""A secretlife process in virtual time, and clients of it."""

import json
import os
import signal
import subprocess
import sys
import unittest
import urllib.request

import boto3
from botocore.config import Config

MARKED = "You can't perform this operation on the secret because it was marked for deletion."
NOT_FOUND = "Secrets Manager can't find the specified secret."
ACCOUNT = "111111111111"
REGION = "eu-west-1"


class Server:
    """Starts `secretlife serve` on a free port, on 2030-01-01."""

    def __init__(self, *flags):
        command = [os.environ["SECRETLIFE"], "serve", "--addr", "127.0.0.1:0", "--log-level", "error"]
        command += ["--clock", "virtual", "--start", "2030-01-01T00:00:00Z", "--seed", "1", *flags]
        self.clients = []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip().removeprefix("listening on ")

    def stop(self):
        for client in self.clients:
            client.close()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait()
        self.process.stdout.close()
        if code != 0:
            raise AssertionError(f"secretlife ended with {code} on SIGTERM")

    def advance(self, duration):
        """Lets time pass, and returns the ARNs of what was purged."""
        body = json.dumps({"duration": duration}).encode()
        with urllib.request.urlopen(self.url + "/_secretlife/clock/advance", body) as answer:
            return json.load(answer)["purged"]

    def client(self, region=REGION, account=ACCOUNT):
        client = boto3.client(
            "secretsmanager",
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.clients.append(client)
        return client


class TestCase(unittest.TestCase):
    """A test with a server of its own, and a client."""

    flags = ()

    def setUp(self):
        self.server = Server(*self.flags)
        self.addCleanup(self.server.stop)
        self.client = self.server.client()
        self.errors = self.client.exceptions

    def knows(self, operation, member):
        """Tells whether this boto3 has a member of an operation, and says so if not."""
        model = self.client.meta.service_model.operation_model(operation)
        known = member in model.input_shape.members or member in model.output_shape.members
        if not known:
            print(f"NOT TESTED: boto3 {boto3.__version__} has no {member} in {operation}", file=sys.stderr)
        return known

    def refused(self, exception, text, call, **arguments):
        """Holds that a call raises the exception's own class, with AWS's text."""
        with self.assertRaises(exception) as caught:
            call(**arguments)
        self.assertIs(type(caught.exception), exception)
        self.assertEqual(caught.exception.response["Error"]["Message"], text)
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 400)
