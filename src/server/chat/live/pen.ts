/** The text of one message while it is written here: stored, then told, as often as its length allows. */
import { LiveError } from '../../../transport/errors.ts'
import type { Id } from '../../../transport/port.ts'
import { RequestError } from '../../requestError.ts'
import { roomChannel } from '../domain/work.ts'
import { growMessage, isStillGrowing, type Written } from '../domain/writing.ts'
import type { ChatCore } from './core.ts'

export interface Pen {
  readonly written: Written
  readonly signal: AbortSignal
  /** All that was appended so far. */
  text(): string
  append(text: string): void
  /** Nothing more is written or told; returns all of it. */
  finish(): string
  /** Likewise, and whoever writes hears why. */
  lift(why: string): void
}

interface PenParts extends Written {
  readonly roomId: Id
  readonly message: { readonly id: Id }
  /** It does not grow any more, and nobody here has ended it. */
  onLost(): void
}

const PACE_MS = 100
/** All of it is stored each time: the longer it is, the less often. Characters in a millisecond. */
const STORED_PER_MS = 160
/** After so long without a word, it is looked whether it still is to be written. */
const LOOK_MS = 5_000
const RETRY_MS = 1_000

/** What is known of the text. */
interface Sheet extends PenParts {
  readonly core: ChatCore
  text: string
  /** In code points. */
  length: number
  /** The first half of a character, until the other one comes. */
  half: string
  untold: string
  /** How many code points were told. */
  told: number
  isOver: boolean
  isBusy: boolean
  storedAt: number
  cancel(): void
}

const nothing = () => {}

export function createPen(core: ChatCore, parts: PenParts): Pen {
  const controller = new AbortController()
  const fresh = { text: '', length: 0, half: '', untold: '', told: 0, isOver: false, isBusy: false }
  const sheet: Sheet = { ...parts, core, ...fresh, storedAt: -Infinity, cancel: nothing }
  const finish = () => {
    sheet.isOver = true
    sheet.cancel()
    return sheet.text
  }
  planNext(sheet)
  return {
    written: parts,
    signal: controller.signal,
    text: () => sheet.text,
    append: (text) => append(sheet, text),
    finish,
    lift: (why) => {
      finish()
      controller.abort(new LiveError('closed', why))
    },
  }
}

function append(sheet: Sheet, given: string): void {
  if (sheet.isOver) return
  const { whole, rest } = cutHalf(sheet.half + given)
  const length = sheet.length + countOf(whole)
  const { answerLength } = sheet.core.limits
  if (length > answerLength)
    throw new RequestError('too_long', `A message that is written has at most ${answerLength} characters`)
  const isFirst = sheet.untold === ''
  Object.assign(sheet, { half: rest, length, text: sheet.text + whole, untold: sheet.untold + whole })
  if (isFirst && whole !== '') planNext(sheet)
}

function plan(sheet: Sheet, waitMs: number): void {
  sheet.cancel()
  const { isOver, isBusy, core } = sheet
  sheet.cancel =
    isOver || isBusy ? nothing : core.host.environment.setTimer(() => void flush(sheet), Math.max(0, waitMs))
}

function planNext(sheet: Sheet): void {
  const { untold, text, storedAt, core } = sheet
  const paceMs = Math.max(PACE_MS, text.length / STORED_PER_MS)
  plan(sheet, untold === '' ? LOOK_MS : storedAt + paceMs - core.host.environment.now())
}

async function flush(sheet: Sheet): Promise<void> {
  const { core, untold: piece } = sheet
  Object.assign(sheet, { isBusy: true, untold: '', storedAt: core.host.environment.now() })
  try {
    const isThere = await store(sheet, piece)
    sheet.isBusy = false
    if (sheet.isOver) return
    if (!isThere) return sheet.onLost()
    tell(sheet, piece)
    planNext(sheet)
  } catch (error) {
    // Nothing is told that is not stored: it waits, and goes out in one piece.
    Object.assign(sheet, { isBusy: false, untold: piece + sheet.untold })
    core.host.fail(error)
    plan(sheet, RETRY_MS)
  }
}

/** False where it does not grow any more. */
async function store(sheet: Sheet, piece: string): Promise<boolean> {
  const { core, text } = sheet
  if (piece === '') return (await core.read([], (read) => isStillGrowing(read, sheet))).result
  return core.write((work) => growMessage(work, sheet, text))
}

function tell(sheet: Sheet, piece: string): void {
  if (piece === '') return
  const { core, room, roomId, message, told } = sheet
  const data = { room_id: roomId, message_id: message.id, at: told, text: piece }
  sheet.told += countOf(piece)
  const frame = JSON.stringify({ type: 'message_appended', room_id: roomId, data })
  core.host.broadcast(roomChannel(room), frame)
}

/** Half a character is sent by nobody; one that never becomes whole is none. */
function cutHalf(text: string): { readonly whole: string; readonly rest: string } {
  const end = /[\uD800-\uDBFF]$/.test(text) ? text.length - 1 : text.length
  return { whole: text.slice(0, end).replace(/\p{Surrogate}/gu, '\uFFFD'), rest: text.slice(end) }
}

const countOf = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}
