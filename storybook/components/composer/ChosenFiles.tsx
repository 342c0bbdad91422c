/** The files that go with what one writes, each with the way to leave it out. */
import { useEffect, useRef } from 'react'
import { sizeText } from '../attachments/attachmentTexts.ts'
import { Icon } from '../Icon.tsx'
import './ChosenFiles.css'

export interface ChosenFilesProps {
  readonly files: readonly File[]
  readonly onRemove: (file: File) => void
}

export function ChosenFiles({ files, onRemove }: ChosenFilesProps) {
  if (files.length === 0) return null
  return (
    <ul className="qw-chosen" aria-label="Files to send">
      {files.map((file, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same file may be there twice
        <li key={index}>
          <Thumbnail file={file} />
          <span className="qw-chosen-name">
            <bdi>{file.name}</bdi>
            <small>{sizeText(file.size)}</small>
          </span>
          <button
            type="button"
            className="qw-icon-button"
            aria-label={`Leave out ${file.name}`}
            onClick={() => onRemove(file)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  )
}

function Thumbnail({ file }: { readonly file: File }) {
  const image = useRef<HTMLImageElement>(null)
  const isPicture = file.type.startsWith('image/')
  useEffect(() => {
    const { current } = image
    if (!current) return
    const url = URL.createObjectURL(file)
    current.src = url
    return () => URL.revokeObjectURL(url)
  }, [file])
  return isPicture ? <img ref={image} alt="" /> : <Icon name="file" />
}
