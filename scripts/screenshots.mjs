// Pictures of every scene and of the devtools panel: light, dark, and on a small phone. For looking at, in the folder
// that is named: `node scripts/screenshots.mjs /tmp/pictures [words of a story's id …]`.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { chromium } from 'playwright-core'
import { findChromium } from './chromium.mjs'
import { startStorybook } from './storybookSite.mjs'

const STORY_TIMEOUT_MS = 30_000

const looks = {
  light: { viewport: { width: 1100, height: 760 }, colorScheme: 'light' },
  dark: { viewport: { width: 1100, height: 760 }, colorScheme: 'dark' },
  phone: { viewport: { width: 360, height: 720 }, deviceScaleFactor: 2, colorScheme: 'light' },
}

const isScene = ({ id, type }) => type === 'story' && /^(scenes|devtools|chatroom)--/.test(id)

/** The story has played, or has failed to; a picture of that is worth having too. */
const played = (page) =>
  page
    .waitForFunction(() => globalThis.__STORYBOOK_PREVIEW__?.currentRender?.phase === 'finished', undefined, {
      timeout: STORY_TIMEOUT_MS,
    })
    .catch(() => console.error(`  ${page.url()} did not finish playing`))

const main = async () => {
  const [folder = 'pictures', ...words] = process.argv.slice(2)
  const wanted = ({ id }) => words.length === 0 || words.some((word) => id.includes(word))
  const [site, browser] = await Promise.all([
    startStorybook(),
    chromium.launch({ executablePath: await findChromium(console.error), args: ['--no-sandbox'] }),
  ])
  try {
    const index = await (await fetch(`${site.url}index.json`)).json()
    await mkdir(folder, { recursive: true })
    for (const { id } of Object.values(index.entries).filter((entry) => isScene(entry) && wanted(entry))) {
      for (const [look, options] of Object.entries(looks)) {
        const page = await browser.newPage(options)
        await page.goto(`${site.url}iframe.html?viewMode=story&id=${id}`)
        await played(page)
        await page.screenshot({ path: join(folder, `${id}-${look}.png`) })
        await page.close()
      }
      console.log(resolve(folder, `${id}-*.png`))
    }
  } finally {
    await browser.close()
    await site.close()
  }
}

await main()
