// Lists in pages, as the SDK for JavaScript's paginators see them.
import assert from 'node:assert/strict'
import test from 'node:test'

import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  InvalidNextTokenException,
  InvalidParameterException,
  ListSecretsCommand,
  paginateBatchGetSecretValue,
  paginateListSecretVersionIds,
  paginateListSecrets,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager'

import { MARKED, NOT_FOUND, start } from './server.mjs'

test('pages', async (t) => {
  const client = (await start(t)).client()
  const made = Array.from({ length: 24 }, (_, i) => `team-${'ab'[i % 2]}/${String(i >> 1).padStart(2, '0')}`)
  for (const Name of made) {
    await client.send(new CreateSecretCommand({ Name, SecretString: 'x' }))
  }
  await client.send(new DeleteSecretCommand({ SecretId: made[0] }))
  const names = async (pageSize, input) => {
    const pages = []
    for await (const page of paginateListSecrets({ client, pageSize }, input)) {
      pages.push(page.SecretList.map((s) => s.Name))
    }
    return { pages: pages.length, seen: pages.flat() }
  }

  const all = await names(10, {})
  assert.equal(all.pages, 3)
  assert.deepEqual(all.seen.sort(), made.slice(1).sort())
  const some = await names(5, { Filters: [{ Key: 'name', Values: ['team-b/'] }], SortOrder: 'asc' })
  assert.equal(some.pages, 3)
  assert.deepEqual(some.seen, made.filter((name) => name.startsWith('team-b/')).sort())
  assert.equal((await names(100, { IncludePlannedDeletion: true })).seen.length, 24)
  await assert.rejects(client.send(new ListSecretsCommand({ NextToken: 'none of ours' })), InvalidNextTokenException)
})

// inventory is a client of a server with four secrets, made a second apart.
async function inventory(t) {
  const server = await start(t)
  const client = server.client()
  for (const [Name, Description, team] of [
    ['prod/db', 'The main database', 'core'],
    ['prod/Api', 'Key of the public API', 'edge'],
    ['test/db', 'A database for tests', 'core'],
    ['legacy'],
  ]) {
    const Tags = team && [{ Key: 'team', Value: team }]
    await client.send(new CreateSecretCommand({ Name, SecretString: 'value of ' + Name, Description, Tags }))
    await server.advance('1s')
  }
  return client
}

test('filters', async (t) => {
  const client = await inventory(t)
  const found = async (...Filters) => {
    const { SecretList } = await client.send(new ListSecretsCommand({ Filters: Filters.map(([Key, ...Values]) => ({ Key, Values })) }))
    return SecretList.map((s) => s.Name)
  }
  assert.deepEqual(await found(['name', 'prod/']), ['prod/db', 'prod/Api'])
  assert.deepEqual(await found(['name', '!prod/']), ['test/db', 'legacy'])
  assert.deepEqual(await found(['description', 'data']), ['prod/db', 'test/db'])
  assert.deepEqual(await found(['tag-value', 'core', 'edge'], ['name', 'prod']), ['prod/db', 'prod/Api'])
  assert.deepEqual(await found(['all', 'api']), ['prod/Api'])
  await assert.rejects(found(['colour', 'red']), (e) => e.name === 'ValidationException' && e.message.includes("'filters.1.member.key'"))
})

test('batches', async (t) => {
  const client = await inventory(t)
  await client.send(new DeleteSecretCommand({ SecretId: 'legacy' }))
  const batch = await client.send(new BatchGetSecretValueCommand({ SecretIdList: ['prod/db', 'legacy', 'none'] }))
  assert.deepEqual(batch.SecretValues.map((v) => v.SecretString), ['value of prod/db'])
  assert.deepEqual(batch.Errors, [
    { SecretId: 'legacy', ErrorCode: 'InvalidRequestException', Message: MARKED },
    { SecretId: 'none', ErrorCode: 'ResourceNotFoundException', Message: NOT_FOUND },
  ])
  const values = []
  for await (const page of paginateBatchGetSecretValue({ client, pageSize: 1 }, { Filters: [{ Key: 'tag-value', Values: ['core'] }] })) {
    values.push(...page.SecretValues.map((v) => v.SecretString))
  }
  assert.deepEqual(values, ['value of prod/db', 'value of test/db'])
  await assert.rejects(client.send(new BatchGetSecretValueCommand({})), InvalidParameterException)
})

test('versions', async (t) => {
  const client = (await start(t)).client()
  const made = [(await client.send(new CreateSecretCommand({ Name: 'a', SecretString: '0' }))).VersionId]
  for (let i = 1; i < 6; i++) {
    made.push((await client.send(new PutSecretValueCommand({ SecretId: 'a', SecretString: String(i) }))).VersionId)
  }
  const pages = []
  for await (const page of paginateListSecretVersionIds({ client, pageSize: 4 }, { SecretId: 'a', IncludeDeprecated: true })) {
    pages.push(page.Versions.map((v) => v.VersionId))
  }
  assert.deepEqual(pages.map((p) => p.length), [4, 2])
  assert.deepEqual(pages.flat().sort(), made.sort())
})
