import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { ChatProvider, createChat } from 'querywire/chat'
import { useState } from 'react'
import { ChatRoom } from '../components/ChatRoom.tsx'
import { ConnectionIndicator } from '../components/ConnectionIndicator.tsx'
import { RoomList } from '../components/RoomList.tsx'

const queryClient = new QueryClient()
const chat = createChat({ url: 'wss://api.example.com' })

export function Messenger() {
  const [roomId, setRoomId] = useState<string | number>('general')

  return (
    <QueryClientProvider client={queryClient}>
      <ChatProvider chat={chat}>
        <ConnectionIndicator />
        <RoomList selectedRoomId={roomId} onSelect={setRoomId} />
        <ChatRoom roomId={roomId} />
      </ChatProvider>
    </QueryClientProvider>
  )
}
