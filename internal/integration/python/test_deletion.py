"""The whole deletion life of a secret, as boto3 sees it."""

import datetime

from botocore.exceptions import ClientError

from server import MARKED, NOT_FOUND, TestCase


class Deletion(TestCase):
    def test_a_whole_life(self):
        sm, errors = self.client, self.errors
        created = sm.create_secret(Name="prod/db", SecretString="hunter2", Tags=[{"Key": "team", "Value": "core"}])
        arn = created["ARN"]
        self.assertRegex(arn, r"^arn:aws:secretsmanager:eu-west-1:111111111111:secret:prod/db-[A-Za-z0-9]{6}$")
        self.refused(errors.ResourceExistsException, "The operation failed because the secret prod/db already exists.",
                     sm.create_secret, Name="prod/db", SecretString="x")
        sm.put_secret_value(SecretId=arn, SecretBinary=b"\x00\x01\xff")

        self.refused(errors.InvalidParameterException, "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
                     sm.delete_secret, SecretId="prod/db", RecoveryWindowInDays=31)
        deleted = sm.delete_secret(SecretId="prod/db", RecoveryWindowInDays=7)
        self.assertEqual(deleted["ARN"], arn)
        self.assertEqual(deleted["DeletionDate"], datetime.datetime(2030, 1, 8, tzinfo=datetime.timezone.utc))

        self.refused(errors.InvalidRequestException, MARKED, sm.get_secret_value, SecretId="prod/db")
        self.refused(errors.InvalidRequestException, MARKED, sm.put_secret_value, SecretId="prod/db", SecretString="x")
        self.refused(errors.InvalidRequestException, MARKED, sm.update_secret, SecretId=arn, Description="x")
        self.refused(errors.InvalidRequestException,
                     "You can't create this secret because a secret with this name is already scheduled for deletion.",
                     sm.create_secret, Name="prod/db", SecretString="x")
        called = sm.describe_secret(SecretId=arn)["DeletedDate"]
        self.assertEqual(called, deleted["DeletionDate"] - datetime.timedelta(days=7))
        self.assertEqual(sm.list_secrets()["SecretList"], [])
        if self.knows("ListSecrets", "IncludePlannedDeletion"):
            listed = sm.list_secrets(IncludePlannedDeletion=True)["SecretList"]
            self.assertEqual([s["ARN"] for s in listed], [arn])

        self.assertEqual(sm.restore_secret(SecretId="prod/db")["ARN"], arn)
        self.assertEqual(sm.get_secret_value(SecretId="prod/db")["SecretBinary"], b"\x00\x01\xff")
        self.assertEqual(sm.get_secret_value(SecretId="prod/db", VersionStage="AWSPREVIOUS")["SecretString"], "hunter2")
        described = sm.describe_secret(SecretId="prod/db")
        self.assertNotIn("DeletedDate", described)
        self.assertEqual(described["Tags"], [{"Key": "team", "Value": "core"}])

        sm.delete_secret(SecretId="prod/db")
        self.assertEqual(self.server.advance("719h59m59s"), [])
        self.refused(errors.InvalidRequestException, MARKED, sm.get_secret_value, SecretId="prod/db")
        self.assertEqual(self.server.advance("1s"), [arn])
        for call in sm.get_secret_value, sm.describe_secret, sm.restore_secret, sm.delete_secret:
            self.refused(errors.ResourceNotFoundException, NOT_FOUND, call, SecretId="prod/db")

        again = sm.create_secret(Name="prod/db", SecretString="next")
        self.assertNotEqual(again["ARN"], arn)
        self.refused(errors.ResourceNotFoundException, NOT_FOUND, sm.get_secret_value, SecretId=arn)

    def test_force(self):
        sm, errors = self.client, self.errors
        first = sm.create_secret(Name="a", SecretString="1")["ARN"]
        self.refused(errors.InvalidParameterException, "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
                     sm.delete_secret, SecretId="a", RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True)
        sm.delete_secret(SecretId="a")
        sm.delete_secret(SecretId="a", ForceDeleteWithoutRecovery=True)
        self.refused(errors.ResourceNotFoundException, NOT_FOUND, sm.restore_secret, SecretId="a")
        self.assertNotEqual(sm.create_secret(Name="a", SecretString="2")["ARN"], first)
        self.assertEqual(sm.delete_secret(SecretId="never/was", ForceDeleteWithoutRecovery=True)["Name"], "never/was")

    def test_errors_without_a_class(self):
        with self.assertRaises(ClientError) as caught:
            self.client.describe_secret(SecretId="a b")
        self.assertEqual(caught.exception.response["Error"]["Code"], "ValidationException")

    def test_accounts_do_not_see_each_other(self):
        self.client.create_secret(Name="a", SecretString="1")
        other = self.server.client(account="222222222222")
        self.refused(other.exceptions.ResourceNotFoundException, NOT_FOUND, other.get_secret_value, SecretId="a")
