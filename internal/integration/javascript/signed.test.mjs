// Calls with the SDK for JavaScript to a server that verifies signatures.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { CreateSecretCommand, DeleteSecretCommand, ListSecretsCommand, RestoreSecretCommand } from '@aws-sdk/client-secrets-manager'

import { start } from './server.mjs'

test('the same call twice in a second', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'secretlife'))
  t.after(() => rm(dir, { recursive: true }))
  const file = join(dir, 'credentials')
  await writeFile(file, '[ci]\naws_access_key_id = AKIDCI\naws_secret_access_key = test\n', { mode: 0o600 })
  const server = await start(t, '--credentials', file)
  const sm = server.client('eu-west-1', 'AKIDCI')
  await sm.send(new CreateSecretCommand({ Name: 'a', SecretString: 'x' }))
  for (let i = 0; i < 50; i++) {
    await sm.send(new DeleteSecretCommand({ SecretId: 'a' }))
    await sm.send(new RestoreSecretCommand({ SecretId: 'a' }))
  }
  await assert.rejects(server.client('eu-west-1', 'AKIDOTHER').send(new ListSecretsCommand({})), { name: 'UnrecognizedClientException' })
})
