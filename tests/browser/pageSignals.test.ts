/** What a real page says of itself, as the environment hears it. */
import { expect, it, vi } from 'vitest'
import { browserEnvironment } from '../../src/transport/index.ts'

it('[T10] the environment hears of network, visibility and return from the page cache, until it is told to stop', () => {
  const heard: string[] = []
  const stop = browserEnvironment().subscribe((signal) => heard.push(signal))
  const visibility = vi.spyOn(document, 'visibilityState', 'get')
  // As the browsers that do not let it rise to the window.
  const change = () => document.dispatchEvent(new Event('visibilitychange', { bubbles: false }))
  for (const type of ['online', 'offline', 'pageshow']) window.dispatchEvent(new Event(type))
  for (const state of ['hidden', 'visible'] as const) {
    visibility.mockReturnValue(state)
    change()
  }
  expect(heard).toEqual(['online', 'offline', 'pageshow', 'hidden', 'visible'])
  stop()
  change()
  window.dispatchEvent(new Event('online'))
  expect(heard).toHaveLength(5)
  visibility.mockRestore()
})
