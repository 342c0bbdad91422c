import type { Page } from 'playwright-core'

/** Without the addon that looks for violations of accessibility: that is done elsewhere, and takes its time. */
export const addressOf = (story: string) => `iframe.html?viewMode=story&id=${story}&globals=a11y.manual:!true`

/** Resolves when the story has been played to its end. */
export async function played(page: Page): Promise<void> {
  await page.waitForFunction(hasPlayed, undefined, { timeout: 60_000 })
}

/** Runs in the page. */
function hasPlayed(): boolean {
  const { __STORYBOOK_PREVIEW__: preview } = globalThis as unknown as {
    readonly __STORYBOOK_PREVIEW__?: { readonly currentRender?: { readonly phase?: string } }
  }
  return preview?.currentRender?.phase === 'finished'
}
