import { afterEach, describe, expect, it } from 'vitest'
import { createWorld, ROOM, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

describe('outbox', () => {
  it('[C60] goes on in order after an absence, behind what others sent meanwhile', async () => {
    world = createWorld()
    const { open, pass, server } = world
    const alice = open('alice')
    await pass()
    server.faults.restart({ downMs: 2_000 })
    const texts = Array.from({ length: 20 }, (_, at) => `message ${at + 1}`)
    const sending = texts.map((text) => alice.send(text))
    await pass(100)
    expect(new Set(alice.rows().map(({ local }) => local?.status))).toEqual(new Set(['queued']))
    server.inject(ROOM, { sender: 'bob', content: 'first' })
    await pass(6_000)
    await Promise.all(sending)
    expect(alice.texts()).toEqual(['first', ...texts])
  })
})
