// Replicas in other Regions, as the SDK for JavaScript sees them.
import assert from 'node:assert/strict'
import test from 'node:test'

import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidParameterException,
  PutSecretValueCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  ResourceNotFoundException,
  StopReplicationToReplicaCommand,
} from '@aws-sdk/client-secrets-manager'

import { NOT_FOUND, refused, start } from './server.mjs'

const SecretId = 'prod/db'
const ON_REPLICA = "Operation not permitted on a replica secret. Call must be made in primary secret's region."

test('a replica from birth to independence', async (t) => {
  const server = await start(t)
  const [west, north, east] = ['eu-west-1', 'eu-north-1', 'us-east-1'].map((region) => server.client(region))
  const status = async () => {
    const { ReplicationStatus = [] } = await west.send(new DescribeSecretCommand({ SecretId }))
    return Object.fromEntries(ReplicationStatus.map((r) => [r.Region, r.Status]))
  }

  const { ARN } = await west.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'hunter2' }))
  const begun = await west.send(new ReplicateSecretToRegionsCommand({ SecretId, AddReplicaRegions: [{ Region: 'eu-north-1' }, { Region: 'us-east-1' }] }))
  assert.deepEqual(begun.ReplicationStatus.map((r) => r.Status), ['InProgress', 'InProgress'])
  await server.advance('1m')
  assert.deepEqual(await status(), { 'eu-north-1': 'InSync', 'us-east-1': 'InSync' })

  const replica = ARN.replace('eu-west-1', 'eu-north-1')
  assert.equal((await north.send(new GetSecretValueCommand({ SecretId: replica }))).SecretString, 'hunter2')
  assert.equal((await north.send(new DescribeSecretCommand({ SecretId }))).PrimaryRegion, 'eu-west-1')
  await west.send(new PutSecretValueCommand({ SecretId, SecretString: 'hunter3' }))
  await server.advance('1m')
  assert.equal((await north.send(new GetSecretValueCommand({ SecretId }))).SecretString, 'hunter3')

  await refused(north.send(new PutSecretValueCommand({ SecretId, SecretString: 'x' })), InvalidParameterException, ON_REPLICA)
  await refused(north.send(new DeleteSecretCommand({ SecretId })), InvalidParameterException, ON_REPLICA)
  await refused(west.send(new DeleteSecretCommand({ SecretId })), InvalidParameterException, `You can't delete secret ${ARN} that still has replica regions [eu-north-1, us-east-1].`)

  await west.send(new RemoveRegionsFromReplicationCommand({ SecretId, RemoveReplicaRegions: ['us-east-1'] }))
  await refused(east.send(new GetSecretValueCommand({ SecretId })), ResourceNotFoundException, NOT_FOUND)

  assert.equal((await north.send(new StopReplicationToReplicaCommand({ SecretId }))).ARN, replica)
  assert.deepEqual(await status(), {})
  await north.send(new PutSecretValueCommand({ SecretId, SecretString: 'of the north' }))
  assert.equal((await west.send(new GetSecretValueCommand({ SecretId }))).SecretString, 'hunter3')
  await west.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }))
  assert.equal((await north.send(new GetSecretValueCommand({ SecretId }))).SecretString, 'of the north')
})
