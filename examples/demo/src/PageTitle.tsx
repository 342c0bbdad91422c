/** The title of the page: how much is unread elsewhere, and which room this is. */
import { useChatRooms } from '../../../src/chat/index.ts'
import { useRoomTitle } from '../../../storybook/components/room/useRoomTitle.ts'
import { usePageVisible } from '../../../storybook/components/usePageVisible.ts'

export function PageTitle({ roomId }: { readonly roomId: string | undefined }) {
  const { rooms } = useChatRooms()
  const isVisible = usePageVisible()
  const isOpen = ({ id }: { readonly id: string | number }) => String(id) === roomId
  const unread = rooms
    .filter((room) => !(isVisible && isOpen(room)))
    .reduce((sum, { unread_count }) => sum + (unread_count ?? 0), 0)
  const title = useRoomTitle(roomId ?? '', rooms.find(isOpen))
  const name = roomId === undefined ? undefined : title.name
  return <title>{`${unread > 0 ? `(${unread}) ` : ''}${name ? `${name} · ` : ''}querywire`}</title>
}
