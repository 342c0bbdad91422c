/** A page and a keyboard, and nothing else; after each key it is looked where the focus is, and whether it can be seen. */

import type { Page } from 'playwright-core'
import { expect } from 'vitest'

export interface Keyboard {
  /** Presses it so often; the focus must be somewhere, and seen, after each. */
  press(key: string, times?: number): Promise<void>
  type(text: string): Promise<void>
  /** Presses it until the element with the focus is like this. */
  pressUntil(key: string, isThere: RegExp): Promise<void>
  /** The element with the focus, in words: its tag, role and name. */
  focused(): Promise<string>
  /** For how long the focus was nowhere since the first key, and after what, each more than a moment. */
  lost(): Promise<readonly string[]>
}

const MOST_PRESSES = 60

export async function keyboardOf(page: Page): Promise<Keyboard> {
  await page.addInitScript(watchPage)
  await page.evaluate(watchPage)
  const focused = () => page.evaluate(() => (globalThis as unknown as Watched).focusInWords())
  const press = async (key: string, times = 1) => {
    for (let time = 0; time < times; time++) {
      await page.keyboard.press(key)
      await page.evaluate((name) => (globalThis as unknown as Watched).pressed(name), key)
      const look = await page.evaluate(() => (globalThis as unknown as Watched).look())
      expect(look, `after ${key}`).toEqual({ ...look, isSeen: true, isSomewhere: true })
    }
  }
  return {
    press,
    focused,
    type: (text) => page.keyboard.type(text),
    pressUntil: async (key, isThere) => {
      const seen: string[] = []
      for (let time = 0; time < MOST_PRESSES; time++) {
        await press(key)
        seen.push(await focused())
        if (isThere.test(seen.at(-1) ?? '')) return
      }
      throw new Error(`${MOST_PRESSES} × ${key} did not lead to ${isThere}, but to:\n${seen.join('\n')}`)
    },
    lost: () => page.evaluate(() => (globalThis as unknown as Watched).lost),
  }
}

interface Watched {
  focusInWords(): string
  pressed(key: string): void
  look(): Promise<{ where: string; isSeen: boolean; isSomewhere: boolean }>
  lost: string[]
}

/** Runs in the page. */
function watchPage(): void {
  const scope = globalThis as unknown as Watched
  if (scope.lost) return
  const LASTING_MS = 250
  let lastKey = ''
  let lostAt: number | undefined
  const isNowhere = () => !document.activeElement || document.activeElement === document.body
  const words = (element: Element | null) => {
    const name = element?.getAttribute('aria-label') ?? element?.textContent ?? ''
    return `${element?.tagName} ${element?.getAttribute('role') ?? ''} ${name.slice(0, 60)}`
  }
  const frame = () => {
    if (lastKey !== '' && isNowhere()) {
      lostAt ??= performance.now()
      if (performance.now() - lostAt > LASTING_MS && lostAt > 0) {
        scope.lost.push(`after ${lastKey}`)
        lostAt = Number.NEGATIVE_INFINITY
      }
    } else lostAt = undefined
    requestAnimationFrame(frame)
  }
  /** Of the element, of what it stands in as a field, or of what it shows instead of itself. */
  const isOutlined = (element: Element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0
  }
  const isSeen = () => {
    const element = document.activeElement
    if (!element || isNowhere()) return false
    const { top, bottom, left, right } = element.getBoundingClientRect()
    const isInView = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth
    const shows = [element, ...element.querySelectorAll('.qw-bubble'), element.closest('.qw-composer-field')]
    return isInView && shows.some((each) => each && isOutlined(each))
  }
  Object.assign(scope, {
    lost: [],
    focusInWords: () => words(document.activeElement),
    pressed: (key: string) => {
      lastKey = key
    },
    // What has just been opened, closed or scrolled to gets the focus within a few frames.
    look: async () => {
      for (let frames = 0; frames < 90 && !isSeen(); frames++) await new Promise(requestAnimationFrame)
      return { where: words(document.activeElement), isSeen: isSeen(), isSomewhere: !isNowhere() }
    },
  } satisfies Watched)
  requestAnimationFrame(frame)
}
