"""AWS Secrets Manager for pytest: copy this file and conftest.py beside your tests.

It starts `secretlife serve`, which must be in the PATH or named by SECRETLIFE. If SECRETLIFE_URL names a
server that runs already, such as one in a container, that is used. It must have been started with
--clock virtual --isolate-accounts.
"""

import json
import os
import random
import signal
import subprocess
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config


class Server:
    """A secretlife process, in virtual time from 2030-01-01."""

    def __init__(self, *flags):
        self.process = None
        self.url = os.environ.get("SECRETLIFE_URL")
        if self.url:
            self.wait()
            return
        command = [os.environ.get("SECRETLIFE", "secretlife"), "serve", "--addr", "127.0.0.1:0", "--log-level", "error"]
        command += ["--clock", "virtual", "--start", "2030-01-01T00:00:00Z", "--isolate-accounts", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(f"secretlife did not start: exit status {self.process.wait()}")
        self.url = line.removeprefix("listening on ").strip()

    def wait(self, seconds=10):
        """Waits until the server lives."""
        end = time.monotonic() + seconds
        while True:
            try:
                return self.control("GET", "health")
            except urllib.error.URLError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
            self.process.stdout.close()

    def control(self, method, path, body=None):
        """Makes a control call, and returns the response. A refusal is an error with the reason."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + "/_secretlife/" + path, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as refused:
            raise RuntimeError(f"{path}: {refused.read().decode()}") from None

    def account(self):
        """Returns an account that no other test has."""
        return Account(self, f"{random.randrange(10**11, 10**12)}")


class Account:
    """An account with secrets and a clock of its own."""

    def __init__(self, server, id):
        self.server = server
        self.id = id
        self.clients = []

    def client(self, region="us-east-1", **config):
        client = boto3.client(
            "secretsmanager",
            endpoint_url=self.server.url,
            region_name=region,
            aws_access_key_id=self.id,  # which says the account
            aws_secret_access_key="test",
            config=Config(**config),
        )
        self.clients.append(client)
        return client

    def advance(self, duration):
        """Lets time pass, such as "30d", and returns the ARNs of the secrets that were purged."""
        return self.server.control("POST", f"clock/advance?account={self.id}", {"duration": duration})["purged"]

    def fail(self, effect, **which):
        """Has calls of the account fail: fail("throttling", operation="GetSecretValue", times=2)."""
        self.server.control("POST", "failures", {"account": self.id, "effect": effect, **which})

    def close(self):
        """Forgets the account, its clock and its failures."""
        for client in self.clients:
            client.close()
        self.server.control("POST", f"reset?account={self.id}", {"clock": "start"})
