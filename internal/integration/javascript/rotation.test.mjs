// A rotation whose function is written with the SDK for JavaScript, as Lambda
// runs it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import test from 'node:test'

import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidParameterException,
  InvalidRequestException,
  PutSecretValueCommand,
  ResourceNotFoundException,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'

import { MARKED, refused, start } from './server.mjs'

const RotationLambdaARN = 'arn:aws:lambda:eu-west-1:111111111111:function:rotate'
const SecretId = 'db'

// lambda is a stand-in for Lambda's Invoke call, with one function.
async function lambda(t, handler) {
  const server = createServer(async (request, response) => {
    const body = []
    for await (const chunk of request) body.push(chunk)
    if (request.headers['x-amz-invocation-type'] === 'DryRun') { // whether the function can be called
      response.writeHead(204).end()
      return
    }
    try {
      await handler(JSON.parse(Buffer.concat(body)))
      response.end('null')
    } catch (e) {
      response.setHeader('X-Amz-Function-Error', 'Unhandled')
      response.end(JSON.stringify({ errorType: e.name, errorMessage: e.message }))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${server.address().port}`
}

// world is a server with a rotation function, and a secret.
async function world(t) {
  const w = { steps: [], broken: false }
  const url = await lambda(t, async ({ Step, SecretId, ClientRequestToken }) => {
    w.steps.push(Step)
    if (Step === 'createSecret') {
      try {
        await w.sm.send(new GetSecretValueCommand({ SecretId, VersionId: ClientRequestToken, VersionStage: 'AWSPENDING' }))
      } catch (e) {
        if (!(e instanceof ResourceNotFoundException)) throw e
        const current = await w.sm.send(new GetSecretValueCommand({ SecretId }))
        await w.sm.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, SecretString: current.SecretString + '+', VersionStages: ['AWSPENDING'] }))
      }
    } else if (Step === 'testSecret' && w.broken) {
      throw new Error('the database is down')
    } else if (Step === 'finishSecret') {
      const { VersionIdsToStages } = await w.sm.send(new DescribeSecretCommand({ SecretId }))
      const [current] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'))
      await w.sm.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: ClientRequestToken, RemoveFromVersionId: current }))
    }
  })
  w.server = await start(t, '--lambda-url', url)
  w.sm = w.server.client()
  w.made = await w.sm.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'x' }))
  w.value = async (VersionStage = 'AWSCURRENT') => (await w.sm.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString
  return w
}

test('a year of rotations', async (t) => {
  const w = await world(t)
  await refused(w.sm.send(new RotateSecretCommand({ SecretId })), InvalidRequestException, 'No Lambda rotation function ARN is associated with this secret.')
  await refused(
    w.sm.send(new RotateSecretCommand({ SecretId, RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 1, ScheduleExpression: 'rate(1 day)' } })),
    InvalidParameterException,
    'You cannot specify both rotation frequency and schedule expression together.',
  )
  const begun = await w.sm.send(new RotateSecretCommand({ SecretId, RotationLambdaARN, RotationRules: { ScheduleExpression: 'cron(0 16 L * ? *)', Duration: '2h' } }))
  assert.deepEqual(w.steps, ['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
  assert.deepEqual([await w.value(), await w.value('AWSPREVIOUS')], ['x+', 'x'])
  const described = await w.sm.send(new DescribeSecretCommand({ SecretId }))
  assert.deepEqual(described.VersionIdsToStages[w.made.VersionId], ['AWSPREVIOUS'])
  assert.ok(described.VersionIdsToStages[begun.VersionId].includes('AWSCURRENT'))
  assert.equal(described.RotationEnabled, true)
  assert.deepEqual(described.LastRotatedDate, new Date('2030-01-01T00:00:00Z'))
  assert.deepEqual(described.NextRotationDate, new Date('2030-01-31T17:59:59Z'))

  await w.server.advance('8760h')
  assert.equal(await w.value(), 'x+' + '+'.repeat(12))
  await w.sm.send(new CancelRotateSecretCommand({ SecretId }))
  await w.server.advance('8760h')
  assert.equal(await w.value(), 'x+' + '+'.repeat(12))
})

test('a function that fails is tried again', async (t) => {
  const w = await world(t)
  w.broken = true
  await w.sm.send(new RotateSecretCommand({ SecretId, RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 30 } }))
  assert.deepEqual([await w.value(), await w.value('AWSPENDING')], ['x', 'x+'])
  await refused(w.sm.send(new RotateSecretCommand({ SecretId })), InvalidRequestException, "A previous rotation isn't complete. That rotation will be reattempted.")
  w.broken = false
  await w.server.advance('1h')
  assert.equal(await w.value(), 'x+')

  await w.sm.send(new DeleteSecretCommand({ SecretId }))
  await refused(w.sm.send(new RotateSecretCommand({ SecretId })), InvalidRequestException, MARKED)
  w.steps.length = 0
  await w.server.advance('719h')
  assert.deepEqual(w.steps, [], "what is to be deleted isn't rotated")
})
