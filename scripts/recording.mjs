// A run of the demo with two people, one of them at a phone, and the assistant: `node scripts/recording.mjs /tmp/recording`.
// Each frame is a picture of both screens, numbered, with what happens below.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { log, ready, startBrowser, startDemo, visit } from '../tests/e2e/demo.ts'
import { findChromium } from './chromium.mjs'
import { provideEmojiFont } from './emojiFont.mjs'

const HEIGHT = 720
/** From one frame to the next, while an answer grows. */
const STREAMING_MS = 700

const sheet = (screens, caption) => `<!doctype html><style>
  body { margin: 0; padding: 24px; display: grid; gap: 16px; background: #dfe3ea; font: 500 20px system-ui, sans-serif; color: #2b313c }
  div { display: flex; gap: 24px; align-items: start }
  img { display: block; border-radius: 12px; box-shadow: 0 8px 30px rgb(20 25 40 / 18%); height: ${HEIGHT}px }
  p { margin: 0; text-align: center }
</style><div>${screens.map((screen) => `<img src="data:image/png;base64,${screen.toString('base64')}">`).join('')}</div><p>${caption}</p>`

const createRecorder = async (browser, folder, pages) => {
  const page = await browser.newPage({ viewport: { width: 1000 + 360 + 72, height: HEIGHT + 88 } })
  let count = 0
  return async (caption) => {
    const screens = await Promise.all(pages.map((each) => each.screenshot()))
    await page.setContent(sheet(screens, caption))
    const name = `${String(++count).padStart(2, '0')}.png`
    await page.screenshot({ path: join(folder, name) })
    console.log(`${resolve(folder, name)}  ${caption}`)
  }
}

const field = (page) => page.getByRole('textbox', { name: 'Message' })

const write = async (page, text) => {
  await field(page).fill(text)
  await field(page).press('Enter')
}

const said = (page, text) => log(page).getByRole('article').filter({ hasText: text }).last()

const talk = async (alice, bob, frame) => {
  await frame('Alice at her desk, Bob with his phone')
  await field(bob).pressSequentially('Does anybody have the ', { delay: 20 })
  await alice.getByText('bob is typing').waitFor()
  await frame('Bob is typing')
  await write(bob, 'Does anybody have the departures of tomorrow?')
  const question = said(alice, 'departures of tomorrow')
  await question.waitFor()
  await question.hover()
  await question.getByRole('button', { name: 'React' }).click()
  await alice.getByRole('dialog').getByRole('region').first().waitFor()
  await frame('Alice reacts')
  await alice.getByRole('dialog').getByRole('button', { name: '👀' }).first().click()
  await question.hover()
  await question.getByRole('button', { name: 'Reply' }).click()
  await write(alice, 'On my **list** for this afternoon ⛴️')
  await said(bob, 'for this afternoon').waitFor()
  await alice.mouse.move(0, 0)
  await frame('and answers')
}

const askAssistant = async (alice, bob, frame) => {
  await write(alice, '@assistant how would I show them? Some code, please')
  const stop = log(bob).getByRole('button', { name: 'Stop' })
  await stop.waitFor()
  await frame('Alice asks the assistant')
  await log(alice).locator('pre').waitFor()
  while ((await stop.count()) > 0) {
    await frame('It answers word by word, for both')
    await alice.waitForTimeout(STREAMING_MS)
  }
  await frame('and is finished')
  await write(bob, '@assistant and a long story?')
  await stop.waitFor()
  await said(bob, 'A long answer').waitFor()
  await frame('Bob has asked for a long answer …')
  await stop.click()
  await log(alice).getByText('stopped', { exact: true }).last().waitFor()
  await frame('… and stops it')
}

const loseServer = async (demo, { alice, bob, frame }) => {
  await demo.stopServer()
  const banner = bob.getByRole('status', { name: 'Connection' })
  await banner.getByText('being restarted').waitFor()
  await write(bob, 'Hello?')
  await banner.getByText('1 message waits').waitFor()
  await frame('The server is restarted: what waits is kept, and counted')
  await demo.startServer()
  await bob.getByRole('button', { name: 'Try now' }).click()
  await said(alice, 'Hello?').waitFor()
  await banner.filter({ hasNotText: /./ }).waitFor({ state: 'attached' })
  await frame('It is back, and so is everything')
}

const main = async () => {
  const [folder = 'recording'] = process.argv.slice(2)
  await mkdir(folder, { recursive: true })
  process.env.CHROMIUM_PATH = await findChromium(console.error)
  await provideEmojiFont(console.error)
  const demo = await startDemo()
  const browser = await startBrowser()
  try {
    const screens = [
      { user: 'alice', width: 1000, height: HEIGHT },
      { user: 'bob', width: 360, height: HEIGHT },
    ]
    const visits = await Promise.all(
      screens.map((each) => visit(browser, demo, { room: 'general', ...each })),
    )
    const [alice, bob] = visits.map(({ page }) => page)
    await Promise.all([alice, bob].map(ready))
    const frame = await createRecorder(browser, folder, [alice, bob])
    await talk(alice, bob, frame)
    await askAssistant(alice, bob, frame)
    await loseServer(demo, { alice, bob, frame })
  } finally {
    await browser.close()
    await demo.close()
  }
}

await main()
