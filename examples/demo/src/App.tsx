/** Rooms on one side, the chosen one on the other; on a narrow screen one at a time. */
import { useEffect } from 'react'
import { useChatRooms } from '../../../src/chat/index.ts'
import { ChatRoom } from '../../../storybook/components/ChatRoom.tsx'
import { ConnectionIndicator } from '../../../storybook/components/ConnectionIndicator.tsx'
import { RoomList } from '../../../storybook/components/RoomList.tsx'
import '../../../storybook/components/theme.css'
import './App.css'
import { messageHref, useRoomInAddress } from './address.ts'
import { PageTitle } from './PageTitle.tsx'
import { TopBar } from './TopBar.tsx'
import { useNarrow } from './useNarrow.ts'
import { useRoomFocus } from './useRoomFocus.ts'

export function App() {
  const address = useRoomInAddress()
  const { roomId, messageId, hrefOf, open, replace } = address
  const { rooms } = useChatRooms()
  const isNarrow = useNarrow()
  useRoomFocus(address, isNarrow)
  const firstRoomId = rooms[0]?.id
  // Put into the address, and not derived: the first room is another one as soon as somebody writes elsewhere.
  useEffect(() => {
    if (roomId === undefined && !isNarrow && firstRoomId !== undefined) replace(firstRoomId)
  }, [roomId, isNarrow, firstRoomId, replace])
  return (
    <div className="qw demo">
      <PageTitle roomId={roomId} />
      <ConnectionIndicator />
      <div className="demo-panes">
        {(!isNarrow || roomId === undefined) && (
          <div className="demo-side">
            <TopBar onCreated={open} />
            <RoomList selectedRoomId={roomId} hrefOf={hrefOf} onSelect={open} />
          </div>
        )}
        {roomId !== undefined && (
          <main className="demo-main">
            <ChatRoom
              roomId={roomId}
              around={messageId}
              hrefOf={messageHref}
              onBack={isNarrow ? () => open(undefined) : undefined}
            />
          </main>
        )}
      </div>
    </div>
  )
}
