"""Replicas in other Regions, as boto3 sees them."""

from server import NOT_FOUND, TestCase

ON_REPLICA = "Operation not permitted on a replica secret. Call must be made in primary secret's region."


class Replication(TestCase):
    def status(self):
        return {r["Region"]: r["Status"] for r in self.client.describe_secret(SecretId="prod/db").get("ReplicationStatus", [])}

    def test_a_replica_from_birth_to_independence(self):
        sm, errors = self.client, self.errors
        made = sm.create_secret(Name="prod/db", SecretString="hunter2")
        answer = sm.replicate_secret_to_regions(SecretId="prod/db", AddReplicaRegions=[{"Region": "eu-north-1"}, {"Region": "us-east-1"}])
        self.assertEqual({r["Status"] for r in answer["ReplicationStatus"]}, {"InProgress"})
        self.server.advance("1m")
        self.assertEqual(self.status(), {"eu-north-1": "InSync", "us-east-1": "InSync"})

        north = self.server.client("eu-north-1")
        replica = made["ARN"].replace("eu-west-1", "eu-north-1")
        self.assertEqual(north.get_secret_value(SecretId="prod/db")["ARN"], replica)
        self.assertEqual(north.describe_secret(SecretId="prod/db")["PrimaryRegion"], "eu-west-1")
        sm.put_secret_value(SecretId="prod/db", SecretString="hunter3")
        self.server.advance("1m")
        self.assertEqual(north.get_secret_value(SecretId=replica)["SecretString"], "hunter3")
        self.refused(north.exceptions.InvalidParameterException, ON_REPLICA, north.put_secret_value, SecretId="prod/db", SecretString="x")

        self.refused(errors.InvalidParameterException,
                     f"You can't delete secret {made['ARN']} that still has replica regions [eu-north-1, us-east-1].",
                     sm.delete_secret, SecretId="prod/db")
        self.refused(north.exceptions.InvalidParameterException, ON_REPLICA, north.delete_secret, SecretId="prod/db")

        sm.remove_regions_from_replication(SecretId="prod/db", RemoveReplicaRegions=["us-east-1"])
        gone = self.server.client("us-east-1")
        self.refused(gone.exceptions.ResourceNotFoundException, NOT_FOUND, gone.get_secret_value, SecretId="prod/db")

        self.assertEqual(north.stop_replication_to_replica(SecretId="prod/db")["ARN"], replica)
        self.assertNotIn("PrimaryRegion", north.describe_secret(SecretId="prod/db"))
        self.assertEqual(self.status(), {})
        north.put_secret_value(SecretId="prod/db", SecretString="of the north")
        self.assertEqual(sm.get_secret_value(SecretId="prod/db")["SecretString"], "hunter3")
        sm.delete_secret(SecretId="prod/db", ForceDeleteWithoutRecovery=True)
        self.assertEqual(north.get_secret_value(SecretId="prod/db")["SecretString"], "of the north")
