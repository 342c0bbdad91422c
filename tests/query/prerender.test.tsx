// @vitest-environment node
/** A page whose shell was made earlier, and which is finished for a request: Next.js with `cacheComponents`. */
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { Suspense, use } from 'react'
import { describe, expect, it } from 'vitest'
import { LiveProvider } from '../../src/query/index.ts'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom } from './support/room.ts'

const room = defineRoom(createFakePort().port)

interface TopicProps {
  readonly ready: Promise<void>
  readonly onRender?: () => void
}

function Topic({ ready, onRender }: TopicProps) {
  onRender?.()
  use(ready)
  return <p>{useQuery(room.topic({ roomId: 'a' })).data?.text}</p>
}

const page = (queryClient: QueryClient, topic: TopicProps) => (
  <main>
    <QueryClientProvider client={queryClient}>
      <LiveProvider live={room.live}>
        <h1>Shell</h1>
        <Suspense fallback="Loading">
          <Topic {...topic} />
        </Suspense>
      </LiveProvider>
    </QueryClientProvider>
  </main>
)

const textOf = (stream: ReadableStream) => new Response(stream).text()

const withTopic = (text: string) => {
  const queryClient = new QueryClient()
  queryClient.setQueryData(room.topic({ roomId: 'a' }).queryKey, { text })
  return queryClient
}

describe('[Q12] a prerendered page', () => {
  it('is finished for each request, with a QueryClient of its own', async () => {
    const { prerender } = await import('react-dom/static.edge')
    const { resume } = await import('react-dom/server.edge')
    const stop = new AbortController()
    const problems: unknown[] = []
    const onRender = () => void setTimeout(() => stop.abort(), 50)
    const shell = prerender(page(new QueryClient(), { ready: new Promise(() => {}), onRender }), {
      signal: stop.signal,
      onError: () => {},
    })
    const { prelude, postponed } = await shell
    expect(await textOf(prelude)).toContain('Shell')
    for (const text of ['lunch', 'dinner']) {
      const state = JSON.parse(JSON.stringify(postponed))
      const rest = await resume(page(withTopic(text), { ready: Promise.resolve() }), state, {
        onError: (error: unknown) => {
          problems.push(error)
        },
      })
      expect(await textOf(rest)).toContain(`<p>${text}</p>`)
    }
    expect(problems).toEqual([])
  })
})
