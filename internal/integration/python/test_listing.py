"""Lists in pages, as boto3's paginators see them."""

import sys

import boto3
from server import MARKED, NOT_FOUND, TestCase


class Listing(TestCase):
    def names(self, **arguments):
        pages = list(self.client.get_paginator("list_secrets").paginate(**arguments))
        return len(pages), [s["Name"] for page in pages for s in page["SecretList"]]

    def test_pages(self):
        made = [f"team-{team}/{i:02}" for i in range(12) for team in "ab"]
        for name in made:
            self.client.create_secret(Name=name, SecretString="x")
        self.client.delete_secret(SecretId=made[0])

        pages, seen = self.names(PaginationConfig={"PageSize": 10})
        self.assertEqual((pages, sorted(seen)), (3, sorted(made[1:])))
        pages, seen = self.names(PaginationConfig={"PageSize": 5}, Filters=[{"Key": "name", "Values": ["team-b/"]}], SortOrder="asc")
        self.assertEqual((pages, seen), (3, [f"team-b/{i:02}" for i in range(12)]))
        if self.knows("ListSecrets", "IncludePlannedDeletion"):
            _, seen = self.names(IncludePlannedDeletion=True)
            self.assertEqual(sorted(seen), sorted(made))
        with self.assertRaises(self.errors.InvalidNextTokenException):
            self.client.list_secrets(NextToken="none of ours")

    def inventory(self):
        """Creates four secrets, a second apart."""
        for name, description, team in [
            ("prod/db", "The main database", "core"),
            ("prod/Api", "Key of the public API", "edge"),
            ("test/db", "A database for tests", "core"),
            ("legacy", "", ""),
        ]:
            more = {"Description": description, "Tags": [{"Key": "team", "Value": team}]} if team else {}
            self.client.create_secret(Name=name, SecretString="value of " + name, **more)
            self.server.advance("1s")

    def found(self, **filters):
        chosen = [{"Key": key.replace("_", "-"), "Values": values} for key, values in filters.items()]
        return self.names(Filters=chosen)[1]

    def test_filters(self):
        self.inventory()
        self.assertEqual(self.found(name=["prod/"]), ["prod/db", "prod/Api"])
        self.assertEqual(self.found(name=["!prod/"]), ["test/db", "legacy"])
        self.assertEqual(self.found(description=["data"]), ["prod/db", "test/db"])
        self.assertEqual(self.found(tag_key=["team"]), ["prod/db", "prod/Api", "test/db"])
        self.assertEqual(self.found(tag_value=["core", "edge"], name=["prod"]), ["prod/db", "prod/Api"])
        self.assertEqual(self.found(all=["api"]), ["prod/Api"])
        with self.assertRaises(self.errors.ClientError) as caught:
            self.found(colour=["red"])
        self.assertEqual(caught.exception.response["Error"]["Code"], "ValidationException")
        self.assertIn("'filters.1.member.key'", caught.exception.response["Error"]["Message"])

    def test_batches(self):
        if not hasattr(self.client, "batch_get_secret_value"):
            print(f"NOT TESTED: boto3 {boto3.__version__} has no batch_get_secret_value", file=sys.stderr)
            return
        self.inventory()
        self.client.delete_secret(SecretId="legacy")
        batch = self.client.batch_get_secret_value(SecretIdList=["prod/db", "legacy", "none"])
        self.assertEqual([v["SecretString"] for v in batch["SecretValues"]], ["value of prod/db"])
        self.assertEqual(batch["Errors"], [
            {"SecretId": "legacy", "ErrorCode": "InvalidRequestException", "Message": MARKED},
            {"SecretId": "none", "ErrorCode": "ResourceNotFoundException", "Message": NOT_FOUND},
        ])
        values, more = [], {}
        while True:
            page = self.client.batch_get_secret_value(Filters=[{"Key": "tag-value", "Values": ["core"]}], MaxResults=1, **more)
            values += [v["SecretString"] for v in page["SecretValues"]]
            if "NextToken" not in page:
                break
            more = {"NextToken": page["NextToken"]}
        self.assertEqual(values, ["value of prod/db", "value of test/db"])
        with self.assertRaises(self.errors.InvalidParameterException):
            self.client.batch_get_secret_value()

    def test_versions(self):
        made = [self.client.create_secret(Name="a", SecretString="0")["VersionId"]]
        for i in range(1, 6):
            made.append(self.client.put_secret_value(SecretId="a", SecretString=str(i))["VersionId"])
        # There is no paginator for this one in boto3.
        first = self.client.list_secret_version_ids(SecretId="a", IncludeDeprecated=True, MaxResults=4)
        rest = self.client.list_secret_version_ids(SecretId="a", IncludeDeprecated=True, MaxResults=4, NextToken=first["NextToken"])
        self.assertNotIn("NextToken", rest)
        self.assertEqual((len(first["Versions"]), len(rest["Versions"])), (4, 2))
        self.assertEqual({v["VersionId"] for v in first["Versions"] + rest["Versions"]}, set(made))
