/** What was written and is not answered yet: the answer takes it out, and the end of its socket decides what becomes of it. */
import type { LiveError } from '../errors.ts'
import { type Frame, textOf } from '../protocol.ts'
import type { WireSocket } from '../wire/socket.ts'
import { type Connection, publishStatus } from './connection.ts'
import { endTrial, removeFrame, startExpiry } from './sending.ts'
import { connectionLost, isRepeated } from './sendQueue.ts'
import { acquit, awaitsAnswer, refusalOf } from './suspicion.ts'

/** Takes a frame that answers one of ours. `error`: it cannot be read. */
export function takeAnswer(connection: Connection, frame: Partial<Frame>, error?: LiveError): boolean {
  const { sendQueue } = connection
  const { unanswered, answered } = sendQueue
  const queued = unanswered.get(textOf(frame.reply_to ?? frame.id) ?? '')
  if (!queued) return false
  removeFrame(connection, queued)
  acquit(sendQueue, queued)
  answered.add(queued.frame.type)
  proveArrival(connection, queued.order)
  if (error) queued.onDropped(error)
  else queued.onAnswer?.(frame as Frame)
  return true
}

/** All that was written up to here has arrived. */
export function proveArrival(connection: Connection, order: number): void {
  const { sendQueue } = connection
  const { trial } = sendQueue
  sendQueue.provenOrder = Math.max(sendQueue.provenOrder, order)
  if (trial && trial.order <= order && !awaitsAnswer(trial, sendQueue)) endTrial(connection)
}

/** What was written to this socket and not answered is queued again, or given up. */
export function requeueUnanswered(connection: Connection, socket: WireSocket): void {
  const { sendQueue, current, environment, timers } = connection
  sendQueue.trial = undefined
  timers.clear('trial')
  // They are asked again through the next socket.
  for (const queued of current ? [] : sendQueue.waiting) {
    if (queued.delivery === 'control') removeFrame(connection, queued, connectionLost(queued.frame))
  }
  const again = [...sendQueue.unanswered.values()].filter((queued) => {
    if (queued.socket !== socket) return false
    const refusal = refusalOf(sendQueue, queued, environment.now())
    const isAgain = !refusal && isRepeated(queued, sendQueue)
    const lost = queued.onAnswer && !isAgain ? connectionLost(queued.frame) : undefined
    removeFrame(connection, queued, refusal ?? lost)
    // Its sender has been told that it was written.
    if (refusal && !queued.onAnswer) connection.reportError(connection.name, refusal)
    if (isAgain) queued.onQueuedAgain?.()
    if (isAgain && !queued.onAnswer) startExpiry(connection, Object.assign(queued, { bytes: 1 }))
    return isAgain
  })
  sendQueue.waiting = new Set([...again, ...sendQueue.waiting])
  publishStatus(connection)
}
