/** A button that opens a dialog of the same name, and the dialog: closed by its cross, by Escape, or beside it. */
import { type ReactNode, useId, useRef, useState } from 'react'
import './DialogButton.css'
import { Icon, type IconName } from './Icon.tsx'

export interface DialogButtonProps {
  readonly label: string
  readonly icon: IconName
  /** There while it is open. `close` tells whether it was still open. */
  readonly children: (close: () => boolean) => ReactNode
}

export function DialogButton({ label, icon, children }: DialogButtonProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  // A text that is selected from inside to beside it ends in a click there as well.
  const isPressedBeside = useRef(false)
  const [isOpen, setIsOpen] = useState(false)
  const close = () => {
    const wasOpen = dialog.current?.open === true
    dialog.current?.close()
    return wasOpen
  }
  return (
    <>
      <button
        type="button"
        className="qw-icon-button"
        aria-label={label}
        title={label}
        aria-haspopup="dialog"
        onClick={() => {
          setIsOpen(true)
          dialog.current?.showModal()
        }}
      >
        <Icon name={icon} />
      </button>
      <dialog
        ref={dialog}
        className="qw-dialog"
        aria-labelledby={titleId}
        onClose={() => setIsOpen(false)}
        // Not also out of the room.
        onKeyDown={(event) => event.key === 'Escape' && event.stopPropagation()}
        onPointerDown={({ target, currentTarget }) => {
          isPressedBeside.current = target === currentTarget
        }}
        onClick={({ target, currentTarget }) =>
          target === currentTarget && isPressedBeside.current && close()
        }
      >
        <header>
          <h3 id={titleId}>{label}</h3>
          <button type="button" className="qw-icon-button" aria-label="Close" onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        {isOpen && <Inside close={close}>{children}</Inside>}
      </dialog>
    </>
  )
}

interface InsideProps {
  readonly close: () => boolean
  readonly children: DialogButtonProps['children']
}

const Inside = ({ close, children }: InsideProps) => children(close)
