/** From the loss of a socket, whoever noticed it, to what the machine is told of it. */
import { closeAction, hintOf, isSuspicious, retryAfterOf } from '../machine/closeCodes.ts'
import type { Loss } from '../machine/lossPolicy.ts'
import type { Connection } from './connection.ts'
import { accuse } from './suspicion.ts'

export type LossReport = Pick<Loss, 'cause' | 'code' | 'reason'> & { readonly isFinal?: boolean }

export function reportLoss(connection: Connection, attempt: number, report: LossReport): void {
  const { environment, clean, closeCodes, sendQueue, current } = connection
  const { cause, code, isFinal } = report
  const hint = hintOf(report.reason)
  const action = isFinal ? 'fail' : closeAction(code, hint, closeCodes)
  const online = environment.isOnline()
  const retryAfterMs = retryAfterOf(hint)
  const isCarrying = attempt === current?.attempt
  const isUnexplained = cause === 'closed' && online && retryAfterMs === undefined
  const isTelling = isCarrying && isUnexplained && isSuspicious(code, action)
  connection.raise({
    type: 'lost',
    attempt,
    loss: {
      cause,
      code,
      reason: clean(report.reason),
      action,
      retryAfterMs,
      online,
      deaths: isTelling ? accuse(sendQueue, { socket: current, now: environment.now(), code }) : undefined,
      random: environment.random(),
    },
  })
}
