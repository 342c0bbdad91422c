/** A browser with this page alone: whatever it says to other tabs is heard by none, and each lock is free. */
import type { LockRequest, TabsBrowser } from '../../src/tabs/index.ts'

export function createLoneBrowser(): TabsBrowser {
  const locks = new Map<string, LockRequest[]>()
  const grant = ([first]: readonly LockRequest[]) => {
    if (first) queueMicrotask(() => first.onHeld())
  }
  return {
    openChannel: () => ({ post: () => undefined, close: () => undefined }),
    lock(name, request) {
      const queue = locks.get(name) ?? []
      locks.set(name, queue)
      queue.push(request)
      if (queue.length === 1) grant(queue)
      return () => {
        const at = queue.indexOf(request)
        if (at >= 0) queue.splice(at, 1)
        if (at === 0) grant(queue)
      }
    },
    isHeldBy: async () => true,
    isHidden: () => false,
    subscribe: () => () => undefined,
  }
}
