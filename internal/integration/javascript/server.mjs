// A secretlife process in virtual time, and clients of it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

export const MARKED = "You can't perform this operation on the secret because it was marked for deletion."
export const NOT_FOUND = "Secrets Manager can't find the specified secret."

// start begins `secretlife serve` on a free port, on 2030-01-01, and ends it
// after the test t.
export async function start(t, ...flags) {
  const args = ['serve', '--addr', '127.0.0.1:0', '--log-level', 'error']
  args.push('--clock', 'virtual', '--start', '2030-01-01T00:00:00Z', '--seed', '1', ...flags)
  const child = spawn(process.env.SECRETLIFE, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGTERM')
    const [code] = await ended
    assert.equal(code, 0, 'it ends cleanly on SIGTERM')
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return new Server(line.replace('listening on ', ''))
}

class Server {
  constructor(url) {
    this.url = url
  }

  // advance lets time pass, and answers the ARNs of what was purged.
  async advance(duration) {
    const answer = await fetch(this.url + '/_secretlife/clock/advance', { method: 'POST', body: JSON.stringify({ duration }) })
    assert.equal(answer.status, 200)
    return (await answer.json()).purged
  }

  client(region = 'eu-west-1', account = '111111111111') {
    return new SecretsManagerClient({
      endpoint: this.url,
      region,
      credentials: { accessKeyId: account, secretAccessKey: 'test' },
      maxAttempts: 1,
    })
  }
}

// refused holds that a promise is rejected with an exception of the SDK's own
// class, with AWS's text.
export async function refused(promise, exception, message) {
  await assert.rejects(promise, (e) => {
    assert.ok(e instanceof exception, `${e.name} is no ${exception.name}: ${e.message}`)
    assert.equal(e.message, message)
    assert.equal(e.$metadata.httpStatusCode, 400)
    assert.equal(e.$fault, 'client')
    return true
  })
}
