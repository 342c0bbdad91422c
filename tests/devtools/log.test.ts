/** The log behind the panel: what is kept, how it reads, and what a filter leaves of it. */
import { describe, expect, it } from 'vitest'
import { matches, NO_FILTER } from '../../src/devtools/LogToolbar.tsx'
import { jsonOf, lineOf } from '../../src/devtools/logLine.ts'
import { createRecorder } from '../../src/devtools/recorder.ts'
import { createFakeEnvironment } from '../../src/testing/index.ts'
import { createInspector } from '../../src/transport/context/inspector.ts'
import { type InspectorEvent, LiveError } from '../../src/transport/index.ts'

const inspected = (limit?: number) => {
  const inspector = createInspector(createFakeEnvironment().environment)
  return { inspector, recorder: createRecorder(inspector, limit) }
}

describe('the recorder', () => {
  it('[D3] keeps the last entries, and numbers that only grow', () => {
    const { inspector, recorder } = inspected(10)
    for (let queued = 1; queued <= 95; queued++) inspector.report({ type: 'queue', endpoint: '/ws/', queued })
    expect(recorder.entries().map(({ event }) => (event as { queued?: number }).queued)).toEqual([
      86, 87, 88, 89, 90, 91, 92, 93, 94, 95,
    ])
    recorder.clear()
    expect(recorder.entries()).toEqual([])
    inspector.report({ type: 'queue', endpoint: '/ws/', queued: 96 })
    expect(recorder.entries()).toMatchObject([{ number: 96 }])
  })

  it('[D3] holds no token', () => {
    const { inspector, recorder } = inspected()
    inspector.keepSecret('eyJhbGciOi')
    inspector.report({
      type: 'sent',
      endpoint: '/ws/',
      frame: { type: 'auth', data: { token: 'abc', note: 'Bearer eyJhbGciOi' } },
    })
    const [entry] = recorder.entries()
    expect(JSON.stringify(entry)).not.toMatch(/abc|eyJhbGciOi/)
    expect(entry?.event).toMatchObject({
      frame: { data: { token: '[redacted]', note: 'Bearer [redacted]' } },
    })
  })

  it('[D2] knows the server’s clock by the last round trip that told', () => {
    const { inspector, recorder } = inspected()
    const trip = (clockOffsetMs: number | undefined) =>
      inspector.report({ type: 'roundTrip', endpoint: '/ws/', latencyMs: 12, clockOffsetMs })
    expect(recorder.clockOffsetMs('/ws/')).toBeUndefined()
    trip(-250)
    trip(undefined)
    expect(recorder.clockOffsetMs('/ws/')).toBe(-250)
  })

  it('[D2] tells its listeners until they stop listening', () => {
    const { inspector, recorder } = inspected()
    let told = 0
    const stop = recorder.subscribe(() => told++)
    inspector.report({ type: 'queue', endpoint: '/ws/', queued: 1 })
    stop()
    inspector.report({ type: 'queue', endpoint: '/ws/', queued: 2 })
    expect(told).toBe(1)
  })
})

const AT = { at: 1_000, endpoint: '/ws/' }
const error = new LiveError('timeout', 'No answer within 10 s')

describe('a line', () => {
  it.each<[InspectorEvent, object]>([
    [
      { ...AT, type: 'sent', frame: { type: 'ping', data: { timestamp: 1 } } },
      { kind: 'frame', title: 'ping', direction: 'up', text: '{"data":{"timestamp":1}}' },
    ],
    [
      { ...AT, type: 'received', frame: { type: 'pong' } },
      { kind: 'frame', title: 'pong', direction: 'down', text: '{}' },
    ],
    [
      { ...AT, type: 'transition', from: 'IDLE', to: 'CONNECTING', cause: 'hold', problem: null },
      { kind: 'connection', title: 'transition', text: 'IDLE → CONNECTING (hold)', direction: undefined },
    ],
    [{ ...AT, type: 'dial', attempt: 2, url: 'ws://x/' }, { text: 'attempt 2: ws://x/' }],
    [{ ...AT, type: 'wait', delayMs: 1_499.6, attempt: 3 }, { text: '1500 ms, then attempt 3' }],
    [{ ...AT, type: 'roundTrip', latencyMs: 20.4, clockOffsetMs: 3 }, { text: '20 ms' }],
    [{ ...AT, type: 'queue', queued: 4 }, { text: '4 waiting' }],
    [{ ...AT, type: 'handOver', from: 1, to: 2 }, { text: 'socket 1 → 2' }],
    [
      { ...AT, type: 'error', error },
      { kind: 'problem', text: 'No answer within 10 s' },
    ],
    [
      { ...AT, type: 'quarantine', error, frame: '{' },
      { kind: 'problem', text: 'No answer within 10 s' },
    ],
    [
      { at: 1, type: 'gap', after: 7, held: 2 },
      { kind: 'problem', source: '', text: '{"after":7,"held":2}' },
    ],
    [
      { at: 1, type: 'of-my-own', note: 'x' },
      { kind: 'other', title: 'of-my-own', text: '{"note":"x"}' },
    ],
  ])('[D2] of $0.type says what happened', (event, words) => {
    expect(lineOf(1, event)).toMatchObject({ number: 1, at: event.at, ...words })
  })

  it('[D2] is no longer than a line, and has everything in its details', () => {
    const event: InspectorEvent = { ...AT, type: 'received', frame: { type: 'x', data: 'y'.repeat(10_000) } }
    const line = lineOf(1, event)
    expect(line.text.length).toBeLessThan(500)
    expect(jsonOf(line.details)).toContain('y'.repeat(10_000))
  })

  it('[D2] takes whatever a codec decodes to', () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    expect(lineOf(1, { ...AT, type: 'received', frame: { type: 'x', circle } }).text).toMatch(/circular/i)
    expect(jsonOf({ error: new TypeError('Broken') })).toBe('{"error":{"message":"Broken"}}')
    expect(jsonOf(undefined)).toBe('undefined')
  })
})

describe('the filter', () => {
  const line = lineOf(1, {
    ...AT,
    type: 'received',
    frame: { type: 'chat_message', data: { text: 'Hello' } },
  })

  it.each([
    ['', true],
    ['chat', true],
    ['CHAT hello', true],
    ['chat goodbye', false],
    ['/ws/ -ping', true],
    ['-chat', false],
    ['-', false],
  ])('[D2] takes words: "%s" → %s', (words, isShown) => {
    expect(matches(line, { ...NO_FILTER, words })).toBe(isShown)
  })

  it('[D2] takes a kind', () => {
    expect(matches(line, { words: '', kind: 'frame' })).toBe(true)
    expect(matches(line, { words: '', kind: 'problem' })).toBe(false)
  })
})
