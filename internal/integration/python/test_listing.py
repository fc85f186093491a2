"""Lists in pages, as boto3's paginators see them."""

from server import TestCase


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
