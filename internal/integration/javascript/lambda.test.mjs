// What Lambda functions read secrets with: Middy's middleware and Powertools, both of which keep a value for a while.
import assert from 'node:assert/strict'
import test from 'node:test'

import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets'
import { CreateSecretCommand, DeleteSecretCommand, PutSecretValueCommand, RestoreSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import middy from '@middy/core'
import secretsManager from '@middy/secrets-manager'

import { MARKED, NOT_FOUND, start } from './server.mjs'

const SecretId = 'prod/db'

test('Powertools: what is kept outlives the deletion, a fresh read does not', async (t) => {
  const server = await start(t)
  const sm = server.client()
  const secrets = new SecretsProvider({ awsSdkV3Client: sm })
  const fresh = { forceFetch: true }
  await sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: '{"password":"hunter2"}' }))
  assert.deepEqual(await secrets.get(SecretId, { transform: 'json', maxAge: 3600 }), { password: 'hunter2' })

  await sm.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }))
  assert.deepEqual(await secrets.get(SecretId, { transform: 'json' }), { password: 'hunter2' }, 'it is kept for an hour')
  await assert.rejects(secrets.get(SecretId, fresh), { message: MARKED })
  await sm.send(new RestoreSecretCommand({ SecretId }))
  await sm.send(new PutSecretValueCommand({ SecretId, SecretString: 'hunter3' }))
  assert.equal(await secrets.get(SecretId, fresh), 'hunter3')
  const previous = { sdkOptions: { VersionStage: 'AWSPREVIOUS' }, ...fresh }
  assert.equal(await secrets.get(SecretId, previous), '{"password":"hunter2"}')

  await sm.send(new DeleteSecretCommand({ SecretId }))
  assert.equal((await server.advance('744h')).length, 1)
  await assert.rejects(secrets.get(SecretId, fresh), { message: NOT_FOUND })
})

test('Middy: a function fails while its secret is scheduled for deletion', async (t) => {
  const server = await start(t)
  const sm = server.client()
  await sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: '{"password":"hunter2"}' }))
  const handler = middy((event, context) => context.db).use(
    secretsManager({
      AwsClient: SecretsManagerClient,
      awsClientOptions: { endpoint: server.url, region: 'eu-west-1', credentials: { accessKeyId: '111111111111', secretAccessKey: 'test' }, maxAttempts: 1 },
      fetchData: { db: SecretId },
      setToContext: true,
      disablePrefetch: true,
      cacheExpiry: 0,
    }),
  )
  const call = () => handler({}, {})
  const fails = (message) =>
    assert.rejects(call(), (e) => {
      assert.equal(e.cause.data[0].message, message)
      return true
    })
  assert.deepEqual(await call(), { password: 'hunter2' })
  await sm.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }))
  await fails(MARKED)
  await sm.send(new RestoreSecretCommand({ SecretId }))
  assert.deepEqual(await call(), { password: 'hunter2' })
  await sm.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }))
  await fails(NOT_FOUND)
})
