"""What happens to a tenant's password when the tenant leaves, comes back, or the network fails."""

import pytest


def test_a_tenant_comes_back_within_a_week(account):
    sm = account.client()
    sm.create_secret(Name="tenants/acme", SecretString="first")
    sm.delete_secret(SecretId="tenants/acme", RecoveryWindowInDays=7)

    assert account.advance("6d") == []
    with pytest.raises(sm.exceptions.InvalidRequestException):
        sm.get_secret_value(SecretId="tenants/acme")
    sm.restore_secret(SecretId="tenants/acme")
    assert sm.get_secret_value(SecretId="tenants/acme")["SecretString"] == "first"


def test_a_tenant_is_gone_after_a_week(account):
    sm = account.client()
    arn = sm.create_secret(Name="tenants/acme", SecretString="first")["ARN"]
    sm.delete_secret(SecretId="tenants/acme", RecoveryWindowInDays=7)

    assert account.advance("1w") == [arn]
    with pytest.raises(sm.exceptions.ResourceNotFoundException):
        sm.restore_secret(SecretId="tenants/acme")
    assert sm.create_secret(Name="tenants/acme", SecretString="next")["ARN"] != arn


def test_a_password_is_changed_once_when_the_response_is_lost(account):
    sm = account.client(retries={"mode": "standard", "total_max_attempts": 2})
    sm.create_secret(Name="tenants/acme", SecretString="first")
    account.fail("answer-lost", operation="PutSecretValue", times=1)

    sm.put_secret_value(SecretId="tenants/acme", SecretString="second")

    stages = sm.describe_secret(SecretId="tenants/acme")["VersionIdsToStages"]
    assert sorted(stages.values()) == [["AWSCURRENT"], ["AWSPREVIOUS"]], "boto3 tries again with the same token"


def test_a_reader_is_throttled(account):
    sm = account.client(retries={"total_max_attempts": 1})
    sm.create_secret(Name="tenants/acme", SecretString="first")
    account.fail("throttling", operation="GetSecretValue", secretId="tenants/acme", times=1)

    with pytest.raises(sm.exceptions.ClientError, match="ThrottlingException"):
        sm.get_secret_value(SecretId="tenants/acme")
    assert sm.get_secret_value(SecretId="tenants/acme")["SecretString"] == "first"


def test_accounts_do_not_share_time(secretlife, account):
    other = secretlife.account()
    for one in account, other:
        one.client().create_secret(Name="tenants/acme", SecretString="first")
        one.client().delete_secret(SecretId="tenants/acme", RecoveryWindowInDays=7)
    account.advance("30d")
    other.client().restore_secret(SecretId="tenants/acme")
    other.close()
