/** The form of the README, sent with nothing in it. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { Component, type ReactNode, version } from 'react'
import { afterEach, describe, expect, it } from 'vitest'
import { ChatProvider, createChat, useChatWebSocket, useDraft } from '../../src/chat/index.ts'
import { createChatServer, createFakeEnvironment, mountOnFakeSockets } from '../../src/testing/index.ts'

afterEach(cleanup)

/** What a page is that has none: an error in it leaves nothing. */
class Page extends Component<{ readonly children: ReactNode }, { readonly isGone: boolean }> {
  override state = { isGone: false }
  static getDerivedStateFromError() {
    return { isGone: true }
  }
  override render() {
    return this.state.isGone ? 'gone' : this.props.children
  }
}

/** React 18 knows no actions. */
const WAYS = version.startsWith('18.') ? (['onSubmit'] as const) : (['onSubmit', 'action'] as const)

function Form({ kind }: { readonly kind: 'onSubmit' | 'action' }) {
  const { sendMessage, error, messages } = useChatWebSocket('general')
  const [draft, setDraft] = useDraft('general')
  const how =
    kind === 'action'
      ? { action: async () => sendMessage(draft).then(() => setDraft('')) }
      : {
          onSubmit: (event: { preventDefault(): void }) => {
            event.preventDefault()
            sendMessage(draft).then(
              () => setDraft(''),
              () => undefined,
            )
          },
        }
  return (
    <form data-testid="form" {...how}>
      <input aria-label="Message" value={draft} onChange={(event) => setDraft(event.target.value)} />
      <p role="status">{error?.message ?? `${messages.length} messages`}</p>
    </form>
  )
}

describe('[C109] the form, sent empty,', () => {
  it.each(WAYS)('by %s, sends nothing and leaves the page as it was', async (kind) => {
    const server = createChatServer({ users: ['alice'], rooms: [{ id: 'general' }] })
    const { environment, clock } = createFakeEnvironment({ onSocket: mountOnFakeSockets(server) })
    const errors: unknown[] = []
    const chat = createChat({
      url: 'ws://chat.test',
      tokenManager: { getAccessToken: () => 'alice' },
      environment,
      onError: (error) => errors.push(error),
    })
    render(
      <QueryClientProvider client={new QueryClient()}>
        <ChatProvider chat={chat}>
          <Page>
            <Form kind={kind} />
          </Page>
        </ChatProvider>
      </QueryClientProvider>,
    )
    await act(() => clock.advance(100))
    for (const text of ['', '   ']) {
      fireEvent.change(screen.getByLabelText('Message'), { target: { value: text } })
      await act(async () => fireEvent.submit(screen.getByTestId('form')))
      await act(() => clock.advance(100))
      expect(screen.getByRole('status').textContent).toBe('0 messages')
      expect(screen.getByLabelText('Message')).toHaveProperty('value', '')
    }
    expect([errors, server.state().rooms[0]?.messages]).toEqual([[], []])
    chat.manager.close()
  })
})
