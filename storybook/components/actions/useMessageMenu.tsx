/** The one menu of a list: opened by a row's toolbar, by a right click, by a finger that rests, or by the Enter key. */
import { type ReactNode, useCallback, useState } from 'react'
import type { ChatMessage } from '../../../src/chat/index.ts'
import { EmojiPicker } from './EmojiPicker.tsx'
import { MessageMenu } from './MessageMenu.tsx'
import type { MenuKind } from './MessageToolbar.tsx'
import { commandsFor, type MessageActions } from './messageCommands.ts'
import { useLongPress } from './useLongPress.ts'

export interface MenuSource {
  readonly actions?: MessageActions | undefined
  /** The message of this element's row, and whether it is one's own. */
  readonly find: (element: Element) => { readonly message: ChatMessage; readonly isOwn: boolean } | undefined
  /** What else the menu tells of a message. */
  readonly detailsOf?: ((message: ChatMessage) => ReactNode) | undefined
}

interface Open {
  readonly kind: MenuKind
  readonly message: ChatMessage
  readonly isOwn: boolean
  readonly anchor: HTMLElement
  readonly article: HTMLElement | null
}

export function useMessageMenu({ actions, find, detailsOf }: MenuSource) {
  const [open, setOpen] = useState<Open>()
  const onMenu = useCallback(
    (kind: MenuKind, anchor: HTMLElement) => {
      const found = find(anchor)
      if (found) setOpen({ kind, anchor, article: anchor.closest('article'), ...found })
    },
    [find],
  )
  const openAt = (element: Element) => {
    const article = element.closest('article')
    const found = article && find(article)
    if (!found || !actions || article.querySelector('.qw-undo')) return
    if (commandsFor(found.message, found.isOwn).length === 0) return
    const anchor = article.querySelector<HTMLElement>('.qw-bubble') ?? article
    setOpen({ kind: 'menu', anchor, article, ...found })
  }
  const close = () => setOpen(undefined)
  const press = useLongPress(openAt)
  return {
    onMenu,
    openAt,
    press: actions ? press : {},
    openFor: open?.message,
    menu: open && actions && <OpenMenu {...{ open, actions, close, detailsOf, setOpen }} />,
  }
}

interface OpenMenuProps extends Pick<MenuSource, 'detailsOf'> {
  readonly open: Open
  readonly actions: MessageActions
  readonly close: () => void
  readonly setOpen: (open: Open) => void
}

function OpenMenu({ open, actions, close, setOpen, detailsOf }: OpenMenuProps) {
  const { kind, message, isOwn, anchor, article } = open
  const shared = { anchor, returnTo: article, onClose: close }
  if (kind === 'reactions') {
    return <EmojiPicker {...shared} onPick={(emoji) => actions.react(message, emoji)} />
  }
  return (
    <MessageMenu
      {...shared}
      message={message}
      isOwn={isOwn}
      actions={actions}
      onMoreReactions={() => setOpen({ ...open, kind: 'reactions' })}
    >
      {message.local ? null : detailsOf?.(message)}
    </MessageMenu>
  )
}
