/** Which messages are still being written. */
import type { BaseMessage } from '../data/types.ts'

/** Whether the text of a message still grows: for a cursor behind it, or a button that stops it. */
export const isStreaming = ({ status }: Pick<BaseMessage, 'status'>): boolean => status === 'streaming'
