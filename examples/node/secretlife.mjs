// AWS Secrets Manager for node:test: copy this file beside your tests.
//
// It starts `secretlife serve`, which must be in the PATH or named by SECRETLIFE. If SECRETLIFE_URL names a
// server that runs already, such as one in a container, that is used. It must have been started with
// --clock virtual --isolate-accounts.
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'

import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

// Server is a secretlife process, in virtual time from 2030-01-01.
export class Server {
  // start starts a server, or waits for that of SECRETLIFE_URL.
  static async start(...flags) {
    const server = new Server()
    server.url = process.env.SECRETLIFE_URL
    if (server.url) {
      await server.wait()
      return server
    }
    const args = ['serve', '--addr', '127.0.0.1:0', '--log-level', 'error', '--clock', 'virtual']
    args.push('--start', '2030-01-01T00:00:00Z', '--isolate-accounts', ...flags)
    const stdio = ['ignore', 'pipe', 'inherit']
    server.process = spawn(process.env.SECRETLIFE ?? 'secretlife', args, { stdio })
    server.ended = once(server.process, 'exit')
    const lines = createInterface({ input: server.process.stdout })
    const [line] = await Promise.race([once(lines, 'line'), server.ended])
    if (!String(line).startsWith('listening on ')) throw new Error(`secretlife did not start: exit status ${line}`)
    server.url = line.replace('listening on ', '')
    return server
  }

  // wait waits until the server lives.
  async wait(seconds = 10) {
    for (const end = Date.now() + seconds * 1000; ; await setTimeout(50)) {
      try {
        return await this.control('GET', 'health')
      } catch (error) {
        if (Date.now() > end) throw error
      }
    }
  }

  async stop() {
    if (!this.process) return
    this.process.kill('SIGTERM')
    await this.ended
  }

  // control makes a control call, and returns the response. A refusal is an error with the reason.
  async control(method, path, body) {
    const response = await fetch(`${this.url}/_secretlife/${path}`, { method, body: body && JSON.stringify(body) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path}: ${text}`)
    return JSON.parse(text)
  }

  // account returns an account that no other test has. It is forgotten after the test t.
  account(t) {
    const account = new Account(this, String(randomInt(10 ** 11, 2 * 10 ** 11)))
    t.after(() => account.close())
    return account
  }
}

// Account is an account with secrets and a clock of its own.
export class Account {
  constructor(server, id) {
    this.server = server
    this.id = id
  }

  client(options = {}) {
    return new SecretsManagerClient({
      endpoint: this.server.url,
      region: 'us-east-1',
      credentials: { accessKeyId: this.id, secretAccessKey: 'test' }, // the id says the account
      ...options,
    })
  }

  // advance lets time pass, such as '30d', and returns the ARNs of the secrets that were purged.
  async advance(duration) {
    return (await this.server.control('POST', `clock/advance?account=${this.id}`, { duration })).purged
  }

  // fail has calls of the account fail: fail('throttling', { operation: 'GetSecretValue', times: 2 }).
  async fail(effect, which = {}) {
    await this.server.control('POST', 'failures', { account: this.id, effect, ...which })
  }

  // close forgets the account, its clock and its failures.
  async close() {
    await this.server.control('POST', `reset?account=${this.id}`, { clock: 'start' })
  }
}
