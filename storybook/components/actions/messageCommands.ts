/** What can be done with a message, by whom, and how it is called. Knows no React. */
import { type ChatMessage, isStreaming } from '../../../src/chat/index.ts'
import type { IconName } from '../Icon.tsx'

/** One place where all of it ends; stable, so that rows are not rendered again. */
export interface MessageActions {
  /** Sets one's own reaction, or takes it away. */
  readonly react: (message: ChatMessage, reaction: string) => void
  readonly reply: (message: ChatMessage) => void
  readonly edit: (message: ChatMessage) => void
  /** May be taken back for a while. */
  readonly remove: (message: ChatMessage) => void
  readonly restore: (message: ChatMessage) => void
  readonly copyText: (message: ChatMessage) => void
  readonly copyLink: (message: ChatMessage) => void
  readonly markUnread: (message: ChatMessage) => void
  readonly retry: (message: ChatMessage) => void
  readonly discard: (message: ChatMessage) => void
  /** Ends what is being written; settles when that is over, or was refused. */
  readonly stop: (message: ChatMessage) => Promise<void>
}

export interface Command {
  readonly name: Exclude<keyof MessageActions, 'react' | 'restore'>
  readonly label: string
  readonly icon: IconName
  readonly isDangerous?: boolean
  readonly isFor: (message: ChatMessage, isOwn: boolean) => boolean
}

export const QUICK_REACTIONS = ['👍', '❤️', '😂', '🎉', '👀', '🙏'] as const

/** The server has it: what only waits to be sent has no name that others know. */
const isSent = ({ local }: ChatMessage) => local === undefined
const isFailed = ({ local }: ChatMessage) => local?.status === 'failed'

const COMMANDS: readonly Command[] = [
  { name: 'stop', label: 'Stop', icon: 'stop', isFor: isStreaming },
  { name: 'retry', label: 'Try again', icon: 'retry', isFor: isFailed },
  { name: 'reply', label: 'Reply', icon: 'reply', isFor: isSent },
  { name: 'edit', label: 'Edit', icon: 'edit', isFor: (message, isOwn) => isOwn && !isStreaming(message) },
  { name: 'copyText', label: 'Copy text', icon: 'copy', isFor: () => true },
  { name: 'copyLink', label: 'Copy link', icon: 'link', isFor: isSent },
  {
    name: 'markUnread',
    label: 'Mark as unread',
    icon: 'unread',
    isFor: (message, isOwn) => isSent(message) && !isOwn,
  },
  {
    name: 'discard',
    label: 'Discard',
    icon: 'trash',
    isDangerous: true,
    isFor: (message) => !isSent(message),
  },
  {
    name: 'remove',
    label: 'Delete',
    icon: 'trash',
    isDangerous: true,
    isFor: (message, isOwn) => isSent(message) && isOwn,
  },
]

export const commandsFor = (message: ChatMessage, isOwn: boolean): readonly Command[] =>
  isDeleted(message) ? [] : COMMANDS.filter(({ isFor }) => isFor(message, isOwn))

/** What was deleted, or is not sent, is nothing to react to. */
export const canReact = (message: ChatMessage): boolean => isSent(message) && !isDeleted(message)

export const isDeleted = ({ deleted_at }: ChatMessage): boolean => deleted_at != null

export const hasReacted = ({ reactions }: ChatMessage, reaction: string): boolean =>
  reactions?.some(({ name, me }) => name === reaction && me === true) ?? false
