/** What the pages of tabs.test.ts run: the reader of the unit tests, in a real browser. */
import { tabs } from '../../src/tabs/index.ts'
import { browserEnvironment } from '../../src/transport/index.ts'
import { createReader } from '../tabs/reader.ts'
import type { Page } from '../tabs/virtualBrowser.ts'

const search = new URLSearchParams(location.search)
const user = search.get('user') ?? 'u1'
const token = `x.${btoa(JSON.stringify({ sub: user }))}.x`
const page = { environment: browserEnvironment() } as Page

Object.assign(globalThis, {
  reader: createReader(page, {
    url: search.get('url') ?? '',
    tokenManager: { getAccessToken: () => token },
    ...(search.has('alone') ? { shareTabs: undefined } : { shareTabs: tabs() }),
  }),
})
