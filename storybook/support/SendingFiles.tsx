/** Messages with files, sent by a button, as the list shows them; and uploads that go half of the way and wait there. */
import { type Upload, useMessages, useSendMessage } from '../../src/chat/index.ts'
import { Message } from '../components/Message.tsx'

const position = { startsDay: false, startsUnread: false, startsGroup: true, endsGroup: true }

export interface SendingFilesProps {
  readonly label: string
  /** The name of a file, and what is said with it. */
  readonly files: Readonly<Record<string, string>>
}

export function SendingFiles({ label, files }: SendingFilesProps) {
  const { messages } = useMessages('harbour')
  const { send, retry, discard } = useSendMessage('harbour')
  const sendAll = () => {
    for (const [name, content] of Object.entries(files))
      void send({ content, files: [new File(['Tides'], name)] })
  }
  return (
    <>
      <button type="button" className="qw-button" onClick={sendAll}>
        {label}
      </button>
      {messages.map((each) => (
        <Message
          key={each.client_id ?? each.id}
          message={each}
          isOwn
          isTabStop
          {...position}
          onRetry={(key) => void retry(key)}
          onDiscard={discard}
        />
      ))}
    </>
  )
}

/** `quick.txt` arrives, `refused.txt` is refused. */
export const uploadHalf: Upload = (file, { signal, onProgress }) =>
  new Promise((resolve, reject) => {
    onProgress(0.4)
    const { name, size, type: mime_type } = file
    if (name === 'quick.txt') resolve({ id: name, name, mime_type, size, url: '/tides.txt' })
    if (name === 'refused.txt') reject(new Error('there is no room for it.'))
    signal.addEventListener('abort', () => reject(signal.reason))
  })
