import { expect, it } from 'vitest'
import { setup } from './kit.ts'

it('[T59] another socket gets no array before its own welcome allows it', async () => {
  const { manager, clock, socket } = setup()
  const greet = (batch: boolean) => socket().receive({ type: 'welcome', data: { level: 1, batch } })
  const sendThree = async () => {
    for (const at of [1, 2, 3]) manager.send('x', { at }).catch(() => undefined)
    await clock.advance(10)
  }
  const messages = () => socket().sent.map((text) => JSON.parse(String(text)))
  manager.connect()
  await clock.advance(10)
  greet(true)
  await sendThree()
  expect(messages().some(Array.isArray)).toBe(true)
  socket().drop(1001)
  await sendThree()
  await clock.advance(5_000)
  expect(messages().length).toBeGreaterThan(0)
  greet(false)
  await sendThree()
  expect(messages().some(Array.isArray)).toBe(false)
})
