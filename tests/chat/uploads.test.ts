/** Files of messages: on screen at once, uploaded in order, by their author only, and what becomes of those that are not. */
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { attachmentUrl, type ChatAttachment, type Upload } from '../../src/chat/index.ts'
import type { LiveError } from '../../src/index.ts'
import { HARMLESS_URLS, HOSTILE_URLS } from '../frames/urls.ts'
import { ODD_THROWS } from '../query/support/oddThrows.ts'
import { createWorld, ROOM, type World } from './kit.ts'

let world: World
afterEach(() => {
  world?.close()
  vi.restoreAllMocks()
})

const PICTURE = () => new File(['12345'], 'pier.png', { type: 'image/png' })
const TEXT = () => new File(['1'], 'notes.txt', { type: 'text/plain' })

const attachmentOf = (file: File, id = file.name): ChatAttachment => ({
  id,
  name: file.name,
  mime_type: file.type,
  size: file.size,
  url: `/files/${id}`,
})

interface Job {
  readonly file: File
  readonly signal: AbortSignal
  readonly onProgress: Parameters<Upload>[1]['onProgress']
  readonly resolve: (attachment: ChatAttachment) => void
  readonly reject: (error: unknown) => void
}

/** Uploads that a test ends by hand. */
function createJobs() {
  const jobs: Job[] = []
  const upload: Upload = (file, how) =>
    new Promise((resolve, reject) => jobs.push({ file, ...how, resolve, reject }))
  const done = (at: number) => jobs[at]?.resolve(attachmentOf(jobs[at].file))
  return { jobs, upload, done }
}

function open(upload: Upload | undefined, user = 'alice') {
  const page = world.open(user, { upload })
  const sending = (draft: Parameters<typeof page.chat.sendMessage.start>[1]) => {
    const sent = page.chat.sendMessage.start(page.queryClient, draft, { roomId: ROOM })
    sent.catch(() => undefined)
    return sent
  }
  return { ...page, sending, locals: () => page.rows().map(({ local }) => local) }
}

const stored = () => world.server.state().rooms[0]?.messages ?? []
const storedTexts = () => stored().map(({ content }) => content)

describe('a message with files', () => {
  it('[C117] [Q81] is on screen at once, with how far each is and a picture of pictures, whose addresses are given back', async () => {
    world = createWorld()
    const { jobs, upload, done } = createJobs()
    const made = vi.spyOn(URL, 'createObjectURL')
    const revoked = vi.spyOn(URL, 'revokeObjectURL')
    const alice = open(upload)
    await world.pass()
    expect(alice.chat.takesFiles).toBe(true)
    alice.sending({ content: 'Look', files: [PICTURE(), TEXT()] })
    const key = alice.rows()[0]?.client_id
    expect(alice.rows()).toMatchObject([
      {
        content: 'Look',
        attachments: [
          {
            id: `${key}/0`,
            name: 'pier.png',
            mime_type: 'image/png',
            size: 5,
            url: made.mock.results[0]?.value,
          },
          { id: `${key}/1`, name: 'notes.txt', mime_type: 'text/plain', size: 1, url: '' },
        ],
        local: { status: 'queued', uploads: { [`${key}/0`]: 0, [`${key}/1`]: 0 } },
      },
    ])
    await world.pass()
    const shares: unknown[] = []
    for (const args of [[0.256], [3, 4], [5], [Number.NaN], [-1], [1, 0]] as const) {
      jobs[0]?.onProgress(...(args as [number]))
      await world.pass(0)
      shares.push(alice.locals()[0]?.uploads?.[`${key}/0`])
    }
    expect(shares).toEqual([0.25, 0.75, 1, 1, 1, 1])
    done(0)
    await world.pass()
    expect(jobs.map(({ file }) => file.name)).toEqual(['pier.png', 'notes.txt'])
    expect(alice.rows()[0]?.attachments).toMatchObject([{ url: '/files/pier.png' }, { id: `${key}/1` }])
    jobs[0]?.onProgress(0.1)
    jobs[1]?.onProgress(0.5)
    await world.pass(0)
    expect(alice.locals()[0]?.uploads).toEqual({ [`${key}/1`]: 0.5 })
    done(1)
    await world.pass()
    expect(alice.rows()).toMatchObject([
      { content: 'Look', attachments: [{ id: 'pier.png' }, { id: 'notes.txt' }] },
    ])
    expect(alice.locals()).toEqual([undefined])
    expect(stored()[0]?.attachments).toEqual([PICTURE(), TEXT()].map((file) => attachmentOf(file)))
    expect(made).toHaveBeenCalledTimes(1)
    expect(revoked.mock.calls).toEqual([[made.mock.results[0]?.value]])
  })

  it('[C118] [Q80] keeps its place: what is written later waits behind it, whatever becomes of it', async () => {
    world = createWorld()
    const { jobs, upload, done } = createJobs()
    const alice = open(upload)
    await world.pass()
    alice.sending('before')
    alice.sending({ content: '', files: [PICTURE()] })
    alice.sending('after')
    alice.sending({ content: 'file', files: [TEXT()] })
    alice.sending('last')
    await world.pass()
    expect(storedTexts()).toEqual(['before'])
    expect(jobs).toHaveLength(1)
    done(0)
    await world.pass()
    expect(storedTexts()).toEqual(['before', '', 'after'])
    jobs[1]?.reject(new Error('The disk is full'))
    await world.pass()
    expect(storedTexts()).toEqual(['before', '', 'after', 'last'])
    expect(alice.rows().at(-1)).toMatchObject({ content: 'file', local: { status: 'failed' } })
  })

  it('[C118] [Q80] whatever is lost meanwhile, arrives once, in order, each file uploaded once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ hasFile: fc.boolean(), loss: fc.constantFrom('none', 'before', 'while', 'after') }),
          { minLength: 1, maxLength: 8 },
        ),
        async (sends) => {
          world = createWorld()
          const { jobs, upload, done } = createJobs()
          const alice = open(upload)
          await world.pass()
          const lose = () => world.server.faults.disconnectAll(1006)
          for (const [at, { hasFile, loss }] of sends.entries()) {
            if (loss === 'before') lose()
            alice.sending(hasFile ? { content: `${at}`, files: [TEXT()] } : `${at}`)
            await world.pass(10)
            if (loss === 'while') lose()
            await world.pass(10)
            if (jobs.length > 0) done(jobs.length - 1)
            if (loss === 'after') lose()
          }
          for (let round = 0; round < 40 && storedTexts().length < sends.length; round++) {
            await world.pass(3_000)
            done(jobs.length - 1)
          }
          await world.pass(20_000)
          expect(storedTexts()).toEqual(sends.map((_, at) => `${at}`))
          expect(alice.texts()).toEqual(storedTexts())
          expect(alice.locals().filter(Boolean)).toEqual([])
          expect(jobs).toHaveLength(sends.filter(({ hasFile }) => hasFile).length)
          world.close()
        },
      ),
      { numRuns: 25 },
    )
  })

  it('[C119] is cancelled and tried again: what is up already is not uploaded twice; what is discarded is never sent', async () => {
    world = createWorld()
    const { jobs, upload, done } = createJobs()
    const alice = open(upload)
    await world.pass()
    alice.sending({ content: 'two', files: [PICTURE(), TEXT()] })
    await world.pass()
    done(0)
    await world.pass()
    const key = alice.locals()[0]?.key ?? ''
    expect(alice.chat.cancelUpload(key)).toBe(true)
    await world.pass()
    expect(jobs[1]?.signal.aborted).toBe(true)
    expect(alice.locals()).toMatchObject([{ status: 'failed', error: { code: 'aborted' } }])
    expect(alice.chat.cancelUpload(key)).toBe(false)
    // Too late: nobody waits for it.
    done(1)
    await world.pass()
    expect(stored()).toEqual([])
    void alice.chat.sendMessage.retry(alice.queryClient, key)
    await world.pass()
    expect(jobs.map(({ file }) => file.name)).toEqual(['pier.png', 'notes.txt', 'notes.txt'])
    done(2)
    await world.pass()
    expect(stored()).toMatchObject([
      { client_id: key, attachments: [{ id: 'pier.png' }, { id: 'notes.txt' }] },
    ])

    alice.sending({ content: 'never', files: [TEXT()] })
    alice.sending('behind it')
    await world.pass()
    alice.chat.sendMessage.discard(alice.queryClient, alice.locals()[1]?.key ?? '')
    await world.pass()
    expect(jobs[3]?.signal.aborted).toBe(true)
    done(3)
    await world.pass(5_000)
    expect(storedTexts()).toEqual(['two', 'behind it'])

    world.server.faults.disconnectAll(1006)
    alice.sending({ content: 'nor this', files: [TEXT()] })
    alice.chat.sendMessage.discard(alice.queryClient, alice.locals()[2]?.key ?? '')
    await world.pass(20_000)
    expect(jobs).toHaveLength(4)
    expect(storedTexts()).toEqual(['two', 'behind it'])
  })

  it('[C119] is cancelled while it waits, for a turn or the connection: its text stays, to be tried again, and the others keep their places', async () => {
    world = createWorld()
    const { jobs, upload, done } = createJobs()
    const alice = open(upload)
    await world.pass()
    alice.sending({ content: 'first', files: [PICTURE()] })
    alice.sending({ content: 'waits', files: [TEXT()] })
    alice.sending('third')
    await world.pass()
    const key = alice.locals()[1]?.key ?? ''
    expect(alice.chat.cancelUpload(key)).toBe(true)
    await world.pass()
    expect(alice.rows()).toMatchObject([
      { content: 'first', local: { status: 'queued' } },
      { content: 'waits', local: { status: 'failed', error: { code: 'aborted' } } },
      { content: 'third', local: { status: 'queued' } },
    ])
    expect(storedTexts()).toEqual([])
    done(0)
    await world.pass()
    expect(storedTexts()).toEqual(['first', 'third'])
    expect(jobs).toHaveLength(1)

    world.server.faults.restart({ downMs: 5_000 })
    await world.pass()
    void alice.chat.sendMessage.retry(alice.queryClient, key).catch(() => undefined)
    await world.pass()
    expect(alice.chat.cancelUpload(key)).toBe(true)
    await world.pass(20_000)
    expect(jobs).toHaveLength(1)
    void alice.chat.sendMessage.retry(alice.queryClient, key)
    await world.pass()
    done(1)
    await world.pass()
    expect(storedTexts()).toEqual(['first', 'third', 'waits'])
  })

  it('[C84] [C118] is tried again ahead of what answers it, and neither waits for the other', async () => {
    world = createWorld()
    const { jobs, upload, done } = createJobs()
    const alice = open(upload)
    await world.pass()
    alice.sending({ content: 'A', files: [PICTURE()] })
    alice.sending({ content: 'C', files: [TEXT()] })
    await world.pass()
    const id = alice.rows()[0]?.id ?? ''
    const key = alice.locals()[0]?.key ?? ''
    alice.sending({ content: 'B', reply_to_id: id })
    alice.sending({ content: 'B too', reply_to_id: id })
    jobs[0]?.reject(new Error('413'))
    await world.pass()
    void alice.chat.sendMessage.retry(alice.queryClient, key).catch(() => undefined)
    await world.pass()
    done(1)
    await world.pass()
    alice.sending('later')
    done(2)
    await world.pass(5_000)
    expect(storedTexts()).toEqual(['C', 'A', 'B', 'B too', 'later'])
    expect(stored().map(({ reply_to_id }) => reply_to_id ?? undefined)).toEqual([
      undefined,
      undefined,
      stored()[1]?.id,
      stored()[1]?.id,
      undefined,
    ])
  })

  it('[C118] goes on where what waits for a name is discarded', async () => {
    world = createWorld()
    const { jobs, upload } = createJobs()
    const alice = open(upload)
    await world.pass()
    alice.sending({ content: 'A', files: [PICTURE()] })
    await world.pass()
    alice.sending({ content: 'B', reply_to_id: alice.rows()[0]?.id ?? '' })
    alice.sending('later')
    const [a, b] = alice.locals()
    alice.chat.sendMessage.discard(alice.queryClient, b?.key ?? '')
    await world.pass()
    expect(storedTexts()).toEqual([])
    alice.chat.sendMessage.discard(alice.queryClient, a?.key ?? '')
    await world.pass()
    expect(storedTexts()).toEqual(['later'])
    expect(jobs).toHaveLength(1)
  })

  it('[C119] takes another text while it is uploaded', async () => {
    world = createWorld()
    const { upload, done } = createJobs()
    const alice = open(upload)
    await world.pass()
    alice.sending({ content: 'Lok', files: [PICTURE()] })
    await world.pass()
    const id = alice.rows()[0]?.id ?? ''
    void alice.chat.editMessage.start(
      alice.queryClient,
      { message_id: id, content: 'Look' },
      { roomId: ROOM },
    )
    await world.pass()
    done(0)
    await world.pass()
    expect(stored()).toMatchObject([{ content: 'Look', version: 1, attachments: [{ id: 'pier.png' }] }])
  })

  it('[C120] has failed where one is not uploaded, and says why; nothing is sent', async () => {
    world = createWorld()
    const cases: readonly (readonly [Upload, Partial<LiveError>])[] = [
      [
        () => Promise.reject(new Error('413')),
        { code: 'upload_failed', message: '"notes.txt" was not uploaded: 413' },
      ],
      [() => Promise.reject({ reason: 'too_large' }), { code: 'upload_failed', reason: 'too_large' }],
      [
        () => {
          throw 'odd'
        },
        { code: 'upload_failed', message: '"notes.txt" was not uploaded: odd' },
      ],
      ...ODD_THROWS.map(
        (thrown) => [() => Promise.reject(thrown), { code: 'upload_failed', retryable: true }] as const,
      ),
      [() => Promise.resolve(undefined as never), { code: 'misconfigured' }],
      [() => Promise.resolve({ url: '/a' } as never), { code: 'misconfigured' }],
    ]
    for (const [upload, error] of cases) {
      const alice = open(upload)
      await world.pass()
      await expect(
        alice.chat.sendMessage.start(alice.queryClient, { content: 'x', files: [TEXT()] }, { roomId: ROOM }),
      ).rejects.toMatchObject(error)
      expect(alice.locals()).toMatchObject([{ status: 'failed', error }])
    }
    expect(stored()).toEqual([])
  })

  it('[C121] is refused with what to do where nothing uploads; one with attachments is not', async () => {
    world = createWorld()
    const alice = open(undefined)
    await world.pass()
    expect(alice.chat.takesFiles).toBe(false)
    await expect(alice.sending({ content: 'x', files: [TEXT()] })).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('upload'),
    })
    expect(alice.rows()).toEqual([])
    const attachments = [attachmentOf(TEXT())]
    alice.sending({ content: '', attachments })
    expect(alice.rows()).toMatchObject([{ attachments, local: { status: 'queued' } }])
    await world.pass()
    expect(stored()).toMatchObject([{ content: '', attachments }])
    await expect(alice.sending({ content: ' ', files: [], attachments: [] })).rejects.toMatchObject({
      reason: 'empty',
    })
  })

  it('[C123] that is restored without its files says so, and is not sent without them', async () => {
    world = createWorld()
    const { jobs, upload } = createJobs()
    const alice = open(upload)
    await world.pass()
    alice.sending({ content: 'Look', files: [PICTURE()] })
    await world.pass()
    const saved = alice.save()
    alice.chat.manager.close()
    const again = world.open('alice', { upload, saved })
    await world.pass(1_000)
    expect(again.rows()).toMatchObject([
      { content: 'Look', local: { status: 'failed', error: { code: 'upload_failed', reason: 'no_file' } } },
    ])
    expect(jobs).toHaveLength(1)
    expect(stored()).toEqual([])
  })
})

describe('[C122] what one person has attached', () => {
  it('is uploaded by nobody else, and not while it is in doubt who is here', async () => {
    world = createWorld()
    const { jobs, upload, done } = createJobs()
    let user = 'alice'
    const tokenOf = (sub: string) =>
      `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ sub, username: sub }))}.`
    const page = world.open('alice', { upload, tokenManager: { getAccessToken: () => tokenOf(user) } })
    await world.pass()
    const send = (content: string) =>
      page.chat.sendMessage
        .start(page.queryClient, { content, files: [TEXT()] }, { roomId: ROOM })
        .catch(() => undefined)
    void send('of alice')
    void send('of alice, too')
    await world.pass()
    expect(jobs).toHaveLength(1)
    user = 'bob'
    page.chat.signIn()
    expect(jobs[0]?.signal.aborted).toBe(true)
    await world.pass(5_000)
    expect(jobs).toHaveLength(1)
    expect(page.rows()).toEqual([])
    done(0)
    void send('of bob')
    await world.pass()
    expect(jobs).toHaveLength(2)
    done(1)
    await world.pass()
    expect(stored().map(({ content, sender }) => [content, sender.id])).toEqual([['of bob', 'bob']])
  })

  it.each(Array.from({ length: 16 }, (_, at) => [at >> 1, at % 2 === 0] as const))(
    'is uploaded by nobody else, %i microtasks after it was sent, in doubt: %s',
    async (ticks, isInDoubt) => {
      world = createWorld()
      let user = 'alice'
      const begun: unknown[] = []
      const upload: Upload = async (file) => {
        begun.push([file.name, page.chat.currentUser()?.id])
        return attachmentOf(file)
      }
      const tokenOf = (sub: string) =>
        `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ sub, username: sub }))}.`
      const page = world.open('alice', {
        upload,
        tokenManager: { getAccessToken: async () => tokenOf(user) },
      })
      await world.pass()
      if (isInDoubt) page.chat.signIn()
      page.chat.sendMessage
        .start(page.queryClient, { content: '', files: [new File(['1'], 'alice')] }, { roomId: ROOM })
        .catch(() => undefined)
      for (let left = ticks; left > 0; left--) await undefined
      user = 'bob'
      page.chat.signIn()
      await world.pass(5_000)
      for (const [owner, who] of begun as [string, unknown][]) expect(who).toBe(owner)
      for (const { sender, attachments } of stored()) expect(attachments?.[0]?.name).toBe(sender.id)
    },
  )

  it('goes on, in its place, where it was the same person after all', async () => {
    world = createWorld()
    const { jobs, upload, done } = createJobs()
    const alice = open(upload)
    await world.pass()
    alice.sending({ content: 'picture', files: [PICTURE()] })
    alice.sending('text')
    await world.pass()
    alice.chat.signIn()
    await world.pass(5_000)
    expect(jobs.map(({ signal }) => signal.aborted)).toEqual([true, false])
    done(1)
    await world.pass(1_000)
    expect(storedTexts()).toEqual(['picture', 'text'])
  })
})

describe('[C116] attachmentUrl', () => {
  it('is what may become a link, and nothing that runs', () => {
    for (const url of HOSTILE_URLS) expect(attachmentUrl({ url }), url).toBeUndefined()
    for (const url of HARMLESS_URLS) expect(attachmentUrl({ url }), url).toBe(url)
    expect(attachmentUrl({ url: '' })).toBeUndefined()
  })
})
