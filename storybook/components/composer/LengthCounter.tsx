/** How many characters there is still room for; says nothing while there is plenty. */
import './LengthCounter.css'

export interface LengthCounterProps {
  readonly text: string
  readonly maxLength: number
}

/** From here on it is counted. */
const NEAR = 200
const STEP = 50

export function LengthCounter({ text, maxLength }: LengthCounterProps) {
  const near = Math.min(NEAR, Math.ceil(maxLength / 5))
  // An emoji is one character, and two of a string; counting them all is for texts that may matter.
  const left = text.length <= maxLength - near ? undefined : maxLength - [...text].length
  const isNear = left !== undefined && left <= near
  return (
    <div className="qw-counter" data-over={(isNear && left < 0) || undefined}>
      <span aria-hidden="true">{isNear && left}</span>
      {/* Now and then only: who writes does not want to hear a number with every letter. */}
      <span role="status" className="qw-only-read">
        {isNear &&
          (left < 0 ? 'Too long' : `Room for fewer than ${Math.ceil((left + 1) / STEP) * STEP} characters`)}
      </span>
    </div>
  )
}
