/** A plain list in pixels: `useStickToBottom` with and without a browser that anchors by itself. */
import { StrictMode } from 'react'
import { flushSync } from 'react-dom'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ChatMessage } from '../../src/chat/index.ts'
import { useStickToBottom } from '../../src/chat/react/scroll/useStickToBottom.ts'
import { frames, messages, rest } from './listPage.tsx'

interface Look {
  readonly isWrapped?: boolean
  readonly zoom?: number
  readonly dir?: 'rtl'
  /** A row of its own above the messages, as for "loading". */
  readonly hasSpinner?: boolean
  readonly anchoring: 'auto' | 'none'
}

let toBottom: (behavior?: ScrollBehavior) => void

function List({ rows, hasSpinner, isWrapped, anchoring }: Look & { readonly rows: readonly ChatMessage[] }) {
  const { endRef, scrollToBottom } = useStickToBottom(rows)
  toBottom = scrollToBottom
  const list = rows.map(({ id, content }) => (
    <article key={id} data-message-id={id} style={{ padding: 7.3 }}>
      {content}
    </article>
  ))
  return (
    <>
      <style>{`.log { overflow-y: auto; flex: 1; min-height: 0; overflow-anchor: ${anchoring} }`}</style>
      <div className="log">
        {hasSpinner && <p style={{ margin: 0, height: 40 }}>Loading</p>}
        {isWrapped ? <section>{list}</section> : list}
        <div ref={endRef} />
      </div>
      <textarea style={{ flex: 'none', height: 30, boxSizing: 'border-box' }} />
    </>
  )
}

let root: Root | undefined
let column: HTMLElement

afterEach(() => {
  root?.unmount()
  column.remove()
})

async function open(look: Look) {
  column = document.createElement('div')
  const { zoom = 1, dir = '' } = look
  Object.assign(column.style, {
    display: 'flex',
    flexDirection: 'column',
    height: '480px',
    width: '420px',
    zoom,
  })
  column.dir = dir
  document.body.append(column)
  root = createRoot(column)
  const show = (rows: readonly ChatMessage[], change: Partial<Look> = {}) =>
    flushSync(() =>
      root?.render(
        <StrictMode>
          <List rows={rows} {...look} {...change} />
        </StrictMode>,
      ),
    )
  show(messages(0, 100))
  const log = column.querySelector<HTMLElement>('.log') as HTMLElement
  await rest(log)
  return {
    show,
    log,
    belowEnd: () => log.scrollHeight - log.scrollTop - log.clientHeight,
    row: (id: string) => log.querySelector<HTMLElement>(`[data-message-id="${id}"]`) as HTMLElement,
  }
}

const firstWhole = (log: HTMLElement) => {
  const { top } = log.getBoundingClientRect()
  return [...log.querySelectorAll<HTMLElement>('article')].find(
    (row) => row.getBoundingClientRect().top >= top,
  ) as HTMLElement
}

/** How far what is read was from its place, in any frame. */
async function movement(log: HTMLElement, change: () => unknown): Promise<number> {
  const row = firstWhole(log)
  const place = () => row.getBoundingClientRect().top - log.getBoundingClientRect().top
  const before = place()
  change()
  let moved = 0
  for (let passed = 0; passed < 10; passed++) {
    await frames(1)
    moved = Math.max(moved, Math.abs(place() - before))
  }
  return moved
}

/** Gets its size later, by itself. */
async function load(row: HTMLElement, height: number): Promise<void> {
  const picture = document.createElement('img')
  picture.style.display = 'block'
  row.append(picture)
  const source = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="${height}"/>`
  picture.src = `data:image/svg+xml,${encodeURIComponent(source)}`
  await picture.decode()
}

const grow = (row: HTMLElement, height: number) => {
  const part = document.createElement('div')
  part.style.height = `${height}px`
  row.append(part)
}

const looks: readonly (readonly [string, Look])[] = (['auto', 'none'] as const).flatMap((anchoring) => [
  [`overflow-anchor: ${anchoring}`, { anchoring }] as const,
  [`overflow-anchor: ${anchoring}, rows in a wrapper`, { anchoring, isWrapped: true }] as const,
  [`overflow-anchor: ${anchoring}, zoomed, right to left`, { anchoring, zoom: 1.1, dir: 'rtl' }] as const,
])

describe.each(looks)('%s', (_name, look) => {
  it('[C18] the end stays in view, whatever changes', async () => {
    const { log, show, belowEnd, row } = await open(look)
    const input = column.querySelector('textarea') as HTMLElement
    const changes: Record<string, () => unknown> = {
      nothing: () => undefined,
      'the keyboard opens': () => Object.assign(column.style, { height: '260px' }),
      'the input grows': () => Object.assign(input.style, { height: '90px' }),
      'the keyboard closes': () => Object.assign(column.style, { height: '480px' }),
      'a picture in the last row loads': () => load(row('m99'), 240),
      'a picture above the view loads': () => load(row('m10'), 200),
      'a row in view gets reactions': () => grow(row('m97'), 30),
      'a font loads': () => Object.assign(log.style, { fontSize: '19px' }),
      'a message comes': () => show(messages(0, 101)),
      'a hundred come': () => show(messages(0, 200)),
      'the oldest go': () => show(messages(60, 200)),
      'the last one goes': () => show(messages(60, 199)),
      'it goes and two come': () => show(messages(60, 201)),
      'somebody types': () => log.append(document.createElement('hr')),
    }
    const seen: Record<string, number> = {}
    for (const [name, change] of Object.entries(changes)) {
      await change()
      await frames(2)
      seen[name] = Math.max(0, belowEnd() - 1)
    }
    expect(seen).toEqual(Object.fromEntries(Object.keys(changes).map((name) => [name, 0])))
  })

  it.each([0, 60, 1_500])('[C18] a reader %i pixels from the top stays where they are', async (from) => {
    const { log, show, row, belowEnd } = await open(look)
    const reading = messages(0, 100)
    log.scrollTop = from
    await rest(log)
    const above = () => row(from < 1_000 ? 'm0' : 'm3')
    const changes: Record<string, () => unknown> = {
      'more is being loaded': () => show(reading, { hasSpinner: from > 0 }),
      'older ones come': () => show(messages(-50, 100)),
      'a picture above loads': () => load(row('m-20'), 240),
      'a row above is edited': () => grow(row('m-10'), 77.5),
      'a row above gets reactions, and another loses them': () => {
        grow(row('m-11'), 30.4)
        row('m-10').lastElementChild?.remove()
      },
      'the newest go, as there are too many': () => show(messages(-50, 80)),
      'the oldest go, as there are too many': () => show(messages(-20, 80)),
      'newer ones come': () => show(messages(-20, 130)),
      'a row above is deleted': () => show(messages(-20, 130).filter(({ id }) => id !== 'm-2')),
      'the keyboard opens': () => Object.assign(column.style, { height: '260px' }),
      'the keyboard closes': () => Object.assign(column.style, { height: '480px' }),
      'a row below grows': () => grow(row('m100'), 200),
    }
    const seen: Record<string, number> = {}
    for (const [name, change] of Object.entries(changes)) {
      const moved = await movement(log, change)
      seen[name] = moved <= 1.1 ? 0 : moved
    }
    expect(seen).toEqual(Object.fromEntries(Object.keys(changes).map((name) => [name, 0])))
    expect(above()).not.toBeNull()
    expect(belowEnd()).toBeGreaterThan(100)
  })

  it('[C18] a reader who scrolls up while pictures load is not held back', async () => {
    const { log, row, belowEnd } = await open(look)
    for (let step = 1; step <= 12; step++) {
      // As a person does: told before the frame it is seen in.
      await new Promise((resolve) => setTimeout(resolve))
      const reads = firstWhole(log)
      const before = reads.getBoundingClientRect().top
      log.scrollTop -= 20
      grow(row(`m${100 - step}`), 60)
      grow(row(`m${step}`), 60)
      await frames(1)
      const moved = reads.getBoundingClientRect().top - before
      expect(Math.abs(moved - 20 * (look.zoom ?? 1))).toBeLessThanOrEqual(1.5)
    }
    expect(belowEnd()).toBeGreaterThan(240)
  })

  it('[C18] who asks for the end gets there smoothly, and stays, whatever comes meanwhile', async () => {
    const { log, show, belowEnd } = await open(look)
    log.scrollTop -= 600
    await rest(log)
    toBottom('smooth')
    await frames(3)
    expect(belowEnd()).toBeGreaterThan(1)
    show(messages(0, 102))
    await rest(log)
    expect(belowEnd()).toBeLessThanOrEqual(1)
  })
})

it('[C18] nothing is measured while nothing changes', async () => {
  const { log } = await open({ anchoring: 'none' })
  log.scrollTop = 700
  await rest(log)
  const measured = vi.spyOn(Element.prototype, 'getBoundingClientRect')
  await frames(30)
  expect(measured).not.toHaveBeenCalled()
  measured.mockRestore()
})

it('[C18] a hidden list is no place, and starts at its end when it is shown again', async () => {
  const { log, show, belowEnd } = await open({ anchoring: 'none' })
  column.style.display = 'none'
  await frames(2)
  show(messages(0, 120))
  await frames(2)
  column.style.display = 'flex'
  await rest(log)
  expect(belowEnd()).toBeLessThanOrEqual(1)
})
