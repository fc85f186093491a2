// The whole deletion life of a secret, as the SDK for JavaScript sees it.
import assert from 'node:assert/strict'
import test from 'node:test'

import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidParameterException,
  InvalidRequestException,
  ListSecretsCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager'

import { MARKED, NOT_FOUND, refused, start } from './server.mjs'

const SecretId = 'prod/db'

test('a whole life', async (t) => {
  const server = await start(t)
  const sm = server.client()
  const { ARN } = await sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'hunter2', Tags: [{ Key: 'team', Value: 'core' }] }))
  assert.match(ARN, /^arn:aws:secretsmanager:eu-west-1:111111111111:secret:prod\/db-[A-Za-z0-9]{6}$/)
  await refused(sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'x' })), ResourceExistsException, 'The operation failed because the secret prod/db already exists.')
  await sm.send(new PutSecretValueCommand({ SecretId: ARN, SecretBinary: new Uint8Array([0, 1, 255]) }))

  await refused(sm.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 6 })), InvalidParameterException, 'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).')
  const deleted = await sm.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }))
  assert.equal(deleted.ARN, ARN)
  assert.deepEqual(deleted.DeletionDate, new Date('2030-01-08T00:00:00Z'))

  for (const command of [new GetSecretValueCommand({ SecretId }), new PutSecretValueCommand({ SecretId: ARN, SecretString: 'x' })]) {
    await refused(sm.send(command), InvalidRequestException, MARKED)
  }
  await refused(sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'x' })), InvalidRequestException, "You can't create this secret because a secret with this name is already scheduled for deletion.")
  assert.deepEqual((await sm.send(new DescribeSecretCommand({ SecretId }))).DeletedDate, new Date('2030-01-01T00:00:00Z'), 'when DeleteSecret was called')
  assert.equal((await sm.send(new ListSecretsCommand({}))).SecretList.length, 0)
  assert.equal((await sm.send(new ListSecretsCommand({ IncludePlannedDeletion: true }))).SecretList[0].ARN, ARN)

  assert.equal((await sm.send(new RestoreSecretCommand({ SecretId }))).ARN, ARN)
  assert.deepEqual([...(await sm.send(new GetSecretValueCommand({ SecretId }))).SecretBinary], [0, 1, 255])
  assert.equal((await sm.send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSPREVIOUS' }))).SecretString, 'hunter2')
  const described = await sm.send(new DescribeSecretCommand({ SecretId }))
  assert.equal(described.DeletedDate, undefined)
  assert.deepEqual(described.Tags, [{ Key: 'team', Value: 'core' }])

  await sm.send(new DeleteSecretCommand({ SecretId }))
  assert.deepEqual(await server.advance('719h59m59s'), [])
  await refused(sm.send(new GetSecretValueCommand({ SecretId })), InvalidRequestException, MARKED)
  assert.deepEqual(await server.advance('1s'), [ARN])
  for (const Command of [GetSecretValueCommand, DescribeSecretCommand, RestoreSecretCommand, DeleteSecretCommand]) {
    await refused(sm.send(new Command({ SecretId })), ResourceNotFoundException, NOT_FOUND)
  }

  const again = await sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'next' }))
  assert.notEqual(again.ARN, ARN)
  await refused(sm.send(new GetSecretValueCommand({ SecretId: ARN })), ResourceNotFoundException, NOT_FOUND)
})

test('force', async (t) => {
  const sm = (await start(t)).client()
  const first = await sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: '1' }))
  await refused(sm.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true })), InvalidParameterException, "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
  await sm.send(new DeleteSecretCommand({ SecretId }))
  await sm.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }))
  await refused(sm.send(new RestoreSecretCommand({ SecretId })), ResourceNotFoundException, NOT_FOUND)
  const second = await sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: '2' }))
  assert.notEqual(second.ARN, first.ARN)
  assert.equal((await sm.send(new DeleteSecretCommand({ SecretId: 'never/was', ForceDeleteWithoutRecovery: true }))).Name, 'never/was')
})

test('errors without a class', async (t) => {
  const sm = (await start(t)).client()
  await assert.rejects(sm.send(new DescribeSecretCommand({ SecretId: 'a b' })), (e) => e instanceof SecretsManagerServiceException && e.name === 'ValidationException')
})

test('accounts do not see each other', async (t) => {
  const server = await start(t)
  await server.client().send(new CreateSecretCommand({ Name: SecretId, SecretString: '1' }))
  const other = server.client('eu-west-1', '222222222222')
  await refused(other.send(new GetSecretValueCommand({ SecretId })), ResourceNotFoundException, NOT_FOUND)
})
