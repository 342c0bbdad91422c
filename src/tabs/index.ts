/** `querywire/tabs`: one connection for all tabs of a browser. */
export type { LockRequest, PageSignal, TabsBrowser, TabsChannel } from './browser.ts'
export { type TabsOptions, tabs } from './tabs.ts'
