// Lists in pages, as the SDK for JavaScript's paginators see them.
import assert from 'node:assert/strict'
import test from 'node:test'

import {
  CreateSecretCommand,
  DeleteSecretCommand,
  InvalidNextTokenException,
  ListSecretsCommand,
  paginateListSecretVersionIds,
  paginateListSecrets,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager'

import { start } from './server.mjs'

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
