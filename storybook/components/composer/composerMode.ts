/** What the text is to be that one writes: something new, an answer, or another text for what was said. */
import type { ChatMessage } from '../../../src/chat/index.ts'

export interface ComposerMode {
  readonly kind: 'reply' | 'edit'
  readonly message: ChatMessage
  /** Of an edit: what the field begins with. @default the message's own */
  readonly text?: string | undefined
}
