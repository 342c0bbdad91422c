/** Files that wait to be uploaded, over reloads, in several tabs, and where they cannot be kept. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Upload } from '../../src/chat/index.ts'
import { ROOM } from '../chat/kit.ts'
import { createTabs, type Tab, type Tabs } from './support/tab.ts'

let tabs: Tabs
afterEach(() => tabs.close())

const FILE = (name: string) => new File([name], name, { type: 'text/plain' })

/** Uploads of one page: they end when a test says so, by the file's name. */
function createUpload() {
  const waiting = new Map<string, () => void>()
  const bytes: string[] = []
  const upload: Upload = async (file) => {
    const { name, type, size } = file
    bytes.push(await file.text())
    await new Promise<void>((resolve) => waiting.set(name, resolve))
    return { id: name, name, mime_type: type, size, url: `/files/${name}` }
  }
  return { upload, bytes, done: (name: string) => waiting.get(name)?.() }
}

const send = ({ chat, queryClient }: Tab, content: string, ...files: File[]) =>
  void chat.sendMessage.start(queryClient, { content, files }, { roomId: ROOM }).catch(() => undefined)

const storedFiles = () =>
  tabs.server.state().rooms[0]?.messages.map(({ attachments }) => attachments?.map(({ name }) => name))

/** Reading a file is no matter of the clock that a test moves. */
async function pass(ms?: number) {
  for (let turn = 0; turn < 3; turn++) {
    await tabs.pass(ms)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

describe('[Q82] a send with files', () => {
  it('that are up is as large as its text, whatever their sizes, and is kept', async () => {
    tabs = createTabs()
    const page = tabs.open('alice', { upload: createUpload().upload })
    await pass()
    tabs.server.faults.restart({ downMs: 10_000 })
    await pass()
    const attachments = [
      {
        id: 'film',
        name: 'film.mp4',
        mime_type: 'video/mp4',
        size: 20_000_000,
        byteLength: 1e9,
        url: '/film',
      },
    ]
    for (const draft of [{ content: 'film', attachments }, 'text'])
      void page.chat.sendMessage.start(page.queryClient, draft, { roomId: ROOM }).catch(() => undefined)
    await pass()
    expect(page.rows().map(({ local }) => local?.isKept)).toEqual([undefined, undefined])
    expect(page.errors).toEqual([])
    page.kill()
    tabs.open('alice')
    await pass(20_000)
    expect(tabs.stored()).toEqual(['film', 'text'])
  })

  it('goes on after the page was killed: what is up is not uploaded again, and what was written later waits', async () => {
    tabs = createTabs()
    const first = createUpload()
    const page = tabs.open('alice', { upload: first.upload })
    await pass()
    send(page, 'files', FILE('a.txt'), FILE('b.txt'))
    page.say('later')
    await pass()
    first.done('a.txt')
    await pass()
    expect(first.bytes).toEqual(['a.txt', 'b.txt'])
    expect(page.rows()[0]?.attachments).toMatchObject([{ url: '/files/a.txt' }, { name: 'b.txt' }])
    page.kill()
    const second = createUpload()
    const next = tabs.open('alice', { upload: second.upload })
    await pass()
    expect(next.rows()).toMatchObject([
      {
        content: 'files',
        attachments: [{ url: '/files/a.txt' }, { name: 'b.txt', size: 5 }],
        local: { status: 'queued' },
      },
      { content: 'later' },
    ])
    expect(second.bytes).toEqual(['b.txt'])
    expect(tabs.stored()).toEqual([])
    second.done('b.txt')
    await pass()
    expect(tabs.stored()).toEqual(['files', 'later'])
    expect(storedFiles()?.[0]).toEqual(['a.txt', 'b.txt'])
    expect(tabs.browser.kept('alice')).toEqual([])
  })

  it('is shown in another tab, uploaded by one, and what that writes waits', async () => {
    tabs = createTabs()
    const uploads = [createUpload(), createUpload()]
    const [one, other] = uploads.map(({ upload }) => tabs.open('alice', { upload })) as [Tab, Tab]
    await pass()
    send(one, 'file', FILE('a.txt'))
    await pass()
    other.say('elsewhere')
    await pass()
    expect(other.rows()).toMatchObject([
      { content: 'file', attachments: [{ name: 'a.txt' }], local: { isElsewhere: true } },
      { content: 'elsewhere' },
    ])
    expect(uploads.map(({ bytes }) => bytes)).toEqual([['a.txt'], []])
    expect(tabs.stored()).toEqual([])
    uploads[0]?.done('a.txt')
    await pass()
    expect(tabs.stored()).toEqual(['file', 'elsewhere'])
  })

  it('of somebody else is neither shown nor uploaded', async () => {
    tabs = createTabs()
    const [mine, theirs] = [createUpload(), createUpload()]
    const page = tabs.open('alice', { upload: mine.upload })
    await pass()
    send(page, 'of alice', FILE('a.txt'))
    await pass()
    page.kill()
    const bob = tabs.open('bob', { upload: theirs.upload })
    await pass(5_000)
    expect([bob.rows(), theirs.bytes]).toEqual([[], []])
    expect(tabs.browser.kept('alice')).toHaveLength(1)
  })

  it('says that it is not kept where the storage is one of texts, and is sent all the same', async () => {
    tabs = createTabs()
    const { upload, done } = createUpload()
    const page = tabs.open('alice', { upload, keepsFiles: false })
    await pass()
    send(page, 'file', FILE('a.txt'))
    page.say('text')
    await pass()
    expect(page.rows().map(({ local }) => local?.isKept)).toEqual([false, undefined])
    expect(page.errors).toMatchObject([{ code: 'not_kept', reason: 'files' }])
    done('a.txt')
    await pass()
    expect(tabs.stored()).toEqual(['file', 'text'])
  })

  it('is tried again ahead of what answers it, and neither waits for the other', async () => {
    tabs = createTabs()
    const bytes: string[] = []
    const upload: Upload = async ({ name, type, size }) => {
      bytes.push(name)
      if (bytes.length === 1) throw new Error('413')
      return { id: name, name, mime_type: type, size, url: `/files/${name}` }
    }
    const page = tabs.open('alice', { upload })
    await pass()
    send(page, 'A', FILE('a.txt'))
    const { id, local } = page.rows()[0] ?? {}
    await pass()
    tabs.server.faults.restart({ downMs: 2_000 })
    await pass()
    send(page, 'C', FILE('c.txt'))
    void page.chat.sendMessage
      .start(page.queryClient, { content: 'B', reply_to_id: id ?? '' }, { roomId: ROOM })
      .catch(() => undefined)
    await pass(10)
    void page.chat.sendMessage.retry(page.queryClient, local?.key ?? '').catch(() => undefined)
    page.say('later')
    await pass(30_000)
    expect(tabs.stored()).toEqual(['A', 'C', 'B', 'later'])
  })
})
