/** That the project `react 18` is what its name says: without this, all its tests could pass on another React. */
import { render } from '@testing-library/react'
import { version } from 'react'
import { version as domVersion } from 'react-dom'
import { expect, it } from 'vitest'
import { useWebSocketStatus, WebSocketProvider } from '../../src/index.ts'
import { createFakeEnvironment } from '../../src/testing/fakeEnvironment.ts'
import { createWebSocketManager } from '../../src/transport/index.ts'

it('[C72] one React 18 renders what zustand and the hooks read', () => {
  const { environment } = createFakeEnvironment()
  const manager = createWebSocketManager({ url: 'wss://api.example.com', environment })
  const State = () => <p>{useWebSocketStatus().state}</p>
  const { container } = render(
    <WebSocketProvider manager={manager}>
      <State />
    </WebSocketProvider>,
  )
  expect([version, domVersion, container.textContent]).toEqual(['18.3.1', '18.3.1', 'IDLE'])
})
