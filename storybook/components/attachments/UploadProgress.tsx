/** How far the files of a message are, and the way to stop them. */
import { type LocalState, useSendMessage } from '../../../src/chat/index.ts'
import { Icon } from '../Icon.tsx'
import type { Id } from '../messageRows.ts'

export interface UploadProgressProps {
  readonly roomId: Id
  readonly local: LocalState
  /** Of the file that is under way. */
  readonly name: string
  readonly isTabStop: boolean
}

export function UploadProgress({ roomId, local, name, isTabStop }: UploadProgressProps) {
  const { cancelUpload } = useSendMessage(roomId)
  const shares = Object.values(local.uploads ?? {})
  const share = shares[0] ?? 0
  return (
    <div className="qw-upload">
      <progress
        aria-label={`Uploading ${name}`}
        // Without a value it says that nothing is known: it waits, or another window has it in hand.
        {...(share > 0 && { value: share })}
      />
      <span aria-hidden="true">
        {share > 0 ? `${Math.round(share * 100)} %` : 'Waiting'}
        {shares.length > 1 && `, ${shares.length} files left`}
      </span>
      {/* Another tab's is stopped there. */}
      {!local.isElsewhere && (
        <button
          type="button"
          className="qw-icon-button"
          aria-label="Cancel the upload"
          tabIndex={isTabStop ? 0 : -1}
          onClick={() => void cancelUpload(local.key)}
        >
          <Icon name="close" />
        </button>
      )}
    </div>
  )
}
