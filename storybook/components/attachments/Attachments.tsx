/** The files that come with a message: pictures in a place that is kept free for them, everything else as a card. */
import { type CSSProperties, useState } from 'react'
import { attachmentUrl, type ChatAttachment, type ChatMessage } from '../../../src/chat/index.ts'
import { Icon } from '../Icon.tsx'
import './Attachments.css'
import { sizeText } from './attachmentTexts.ts'
import { UploadProgress } from './UploadProgress.tsx'

export interface AttachmentsProps {
  readonly message: Pick<ChatMessage, 'attachments' | 'local' | 'room_id'>
  readonly isTabStop?: boolean | undefined
}

export function Attachments({ message, isTabStop = true }: AttachmentsProps) {
  const { attachments, local, room_id } = message
  if (!attachments?.length) return null
  const waiting = attachments.find(({ id }) => local?.uploads?.[String(id)] !== undefined)
  return (
    <div className="qw-attachments">
      {attachments.map((attachment, index) => (
        // By its place: what was a file of this page goes on as the server's without being drawn anew.
        // biome-ignore lint/suspicious/noArrayIndexKey: attachments never change places
        <Attachment key={index} attachment={attachment} isTabStop={isTabStop} />
      ))}
      {waiting && local && local.status !== 'failed' && (
        <UploadProgress roomId={room_id} name={waiting.name} local={local} isTabStop={isTabStop} />
      )}
    </div>
  )
}

interface AttachmentProps {
  readonly attachment: ChatAttachment
  readonly isTabStop: boolean
}

/** What browsers show and do not run. Whatever else says that it is a picture is a file. */
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'])

function Attachment({ attachment, isTabStop }: AttachmentProps) {
  const { name, mime_type } = attachment
  const [isBroken, setIsBroken] = useState(false)
  const url = attachmentUrl(attachment)
  if (url === undefined || isBroken || !PICTURES.has(mime_type))
    return <FileCard {...{ attachment, isTabStop }} />
  return (
    <a
      className="qw-picture"
      href={url}
      target="_blank"
      rel="noreferrer noopener"
      tabIndex={isTabStop ? 0 : -1}
      style={boxOf(attachment)}
    >
      <img src={url} alt={name} decoding="async" draggable={false} onError={() => setIsBroken(true)} />
    </a>
  )
}

const MOST = 300
const LEAST = 96

/** Known before there is anything to see, so that nothing moves when there is. A picture that does not say is cut to fit. */
function boxOf({ width, height }: ChatAttachment): CSSProperties {
  if (!width || !height) return { inlineSize: 240, aspectRatio: '4 / 3' }
  const ratio = Math.min(Math.max(width / height, 1 / 2), 3)
  const inlineSize = Math.max(Math.min(width, MOST, MOST * ratio), LEAST)
  return { inlineSize, aspectRatio: `${ratio}` }
}

function FileCard({ attachment, isTabStop }: AttachmentProps) {
  const { name, size } = attachment
  const url = attachmentUrl(attachment)
  const inside = (
    <>
      <Icon name="file" />
      <span className="qw-file-name">
        <bdi>{name}</bdi>
        <small>{sizeText(size)}</small>
      </span>
    </>
  )
  if (url === undefined) return <div className="qw-file">{inside}</div>
  return (
    <a
      className="qw-file"
      href={url}
      download={name}
      target="_blank"
      rel="noreferrer noopener"
      tabIndex={isTabStop ? 0 : -1}
    >
      {inside}
      <span className="qw-only-read">Download</span>
      <Icon name="download" />
    </a>
  )
}
