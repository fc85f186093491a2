// What happens to a tenant's password when the tenant leaves, comes back, or the network fails.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import {
  CreateSecretCommand, DeleteSecretCommand, DescribeSecretCommand, GetSecretValueCommand, PutSecretValueCommand,
  RestoreSecretCommand,
} from '@aws-sdk/client-secrets-manager'

import { Server } from './secretlife.mjs'

const SecretId = 'tenants/acme'
let server

before(async () => { server = await Server.start() })
after(() => server.stop())

test('a tenant comes back within a week', async (t) => {
  const account = server.account(t)
  const sm = account.client()
  await sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'first' }))
  await sm.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }))

  assert.deepEqual(await account.advance('6d'), [])
  await assert.rejects(sm.send(new GetSecretValueCommand({ SecretId })), { name: 'InvalidRequestException' })
  await sm.send(new RestoreSecretCommand({ SecretId }))
  assert.equal((await sm.send(new GetSecretValueCommand({ SecretId }))).SecretString, 'first')
})

test('a tenant is gone after a week', async (t) => {
  const account = server.account(t)
  const sm = account.client()
  const { ARN } = await sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'first' }))
  await sm.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }))

  assert.deepEqual(await account.advance('1w'), [ARN])
  await assert.rejects(sm.send(new RestoreSecretCommand({ SecretId })), { name: 'ResourceNotFoundException' })
})

test('a password is changed once when the response is lost', async (t) => {
  const account = server.account(t)
  const sm = account.client({ maxAttempts: 2 })
  await sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'first' }))
  await account.fail('answer-lost', { operation: 'PutSecretValue', times: 1 })

  await sm.send(new PutSecretValueCommand({ SecretId, SecretString: 'second' }))

  const { VersionIdsToStages } = await sm.send(new DescribeSecretCommand({ SecretId }))
  assert.deepEqual(Object.values(VersionIdsToStages).flat().sort(), ['AWSCURRENT', 'AWSPREVIOUS'])
})

test('a reader is throttled', async (t) => {
  const account = server.account(t)
  const sm = account.client({ maxAttempts: 1 })
  await sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'first' }))
  await account.fail('throttling', { operation: 'GetSecretValue', secretId: SecretId, times: 1 })

  await assert.rejects(sm.send(new GetSecretValueCommand({ SecretId })), { name: 'ThrottlingException' })
  assert.equal((await sm.send(new GetSecretValueCommand({ SecretId }))).SecretString, 'first')
})
