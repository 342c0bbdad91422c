/**
 * A text that comes in pieces: what goes to its end, and what waits for what is still missing. Places count code points. What is
 * there already is never looked at again, however long it is.
 */

/** So much text, and where in the whole it begins, in code points. */
export interface TextPiece {
  readonly at: number
  readonly text: string
}

/** One text. It is changed in place: it holds facts about what the server has, whatever data they are shown in. */
export interface Growth {
  /** As far as it is known without a hole, less half a character at its end; `undefined`: of a text that nobody has seen yet. */
  text: string | undefined
  /** Of the text, in code points. */
  length: number
  /** The first half of a character that is cut in two. */
  half: string
  /** Its last part, so that comparing needs no look at all of it. */
  tail: string
  version: number | undefined
  /** Behind a hole, by their places. */
  readonly held: TextPiece[]
  /** A piece was not what is there: what is there may be something else by now. */
  isOdd: boolean
  /** How often the item has come and not had what is missing. */
  tries: number
}

/** More pieces than this wait for nothing: whoever asks for the item gets what they say, too. */
const MAX_HELD = 1_000
/** A server that has not told it by then never will, or with the end of it. */
const MAX_TRIES = 8
/** UTF-16 units that are compared with what is there. */
const TAIL = 1_024

export function createGrowth(): Growth {
  return {
    text: undefined,
    length: 0,
    half: '',
    tail: '',
    version: undefined,
    held: [],
    isOdd: false,
    tries: 0,
  }
}

/** Keeps a piece of a text until the text is there, or what is before it. */
export function hold({ held }: Growth, { at: given, text }: TextPiece): void {
  // A second half is of the character that began before it.
  const piece = { at: isSecondHalf(text, 0) ? given - 0.5 : given, text }
  let place = held.length
  while (place > 0 && (held[place - 1] as TextPiece).at > piece.at) place--
  const before = held[place - 1]
  // The same again, or a shorter one: a repetition.
  if (before?.at === piece.at) {
    if (text.length > before.text.length) held[place - 1] = piece
    return
  }
  held.splice(place, 0, piece)
  // The last ones first: the first one may be what is missing.
  held.length = Math.min(held.length, MAX_HELD)
}

/**
 * The text of an item, and what is known beyond it. One that says less than was told already is of an earlier moment, unless it
 * is of a later version, or of none that was known.
 */
export function grown(
  growth: Growth,
  { text, version }: { readonly text: string; readonly version?: number | undefined },
  piece?: TextPiece,
): string {
  if (text !== growth.text) meet(growth, text, version)
  growth.version = version
  if (piece) hold(growth, piece)
  while (growth.held[0] && put(growth, growth.held[0])) growth.held.shift()
  return growth.text as string
}

/** Something that was told is not in the text yet, and nothing but the item itself can say what is before it. */
export function hasHole({ text, held, isOdd, tries }: Growth): boolean {
  return text !== undefined && (isOdd || held.length > 0) && tries < MAX_TRIES
}

function meet(growth: Growth, text: string, version: number | undefined): void {
  const { text: known } = growth
  const isNewer = (version ?? 0) > (growth.version ?? Infinity)
  if (known !== undefined) {
    if (!isNewer && text.length < known.length && known.startsWith(text)) return
    // Another text: what was told of the former one is not about it.
    if (!text.startsWith(known)) growth.held.length = 0
  }
  Object.assign(growth, { text: '', length: 0, half: '', tail: '' })
  add(growth, text)
}

/** False where something before it is missing. */
function put(growth: Growth, { at, text }: TextPiece): boolean {
  const isCut = !Number.isInteger(at)
  const skip = growth.length - Math.floor(at)
  if (skip < 0 || (isCut && skip === 0 && !growth.half)) return false
  const from = indexAfter(text, skip)
  if (from >= text.length) return true
  if (skip > 0 && !isSame(growth, text.slice(0, from))) {
    growth.isOdd = true
    return true
  }
  add(growth, isCut && skip === 0 ? growth.half + text : text.slice(from))
  return true
}

function isSame({ tail }: Growth, overlap: string): boolean {
  return overlap.length > tail.length ? overlap.endsWith(tail) : tail.endsWith(overlap)
}

function add(growth: Growth, text: string): void {
  const end = isFirstHalf(text, text.length - 1) ? text.length - 1 : text.length
  const whole = text.slice(0, end)
  growth.half = text.slice(end)
  // Never put into one piece of memory here: that would copy all of it, for each piece.
  growth.text += whole
  growth.length += countOf(whole)
  growth.tries = 0
  const tail = whole.length > TAIL ? whole : growth.tail + whole
  growth.tail = tail.length > 2 * TAIL ? tail.slice(-TAIL) : tail
}

/** Code points. */
export function countOf(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    if (isFirstHalf(text, at) && isSecondHalf(text, at + 1)) at++
    count++
  }
  return count
}

/** Where a text goes on behind so many code points. */
function indexAfter(text: string, count: number): number {
  let at = 0
  for (let left = count; left > 0 && at < text.length; left--) {
    at += isFirstHalf(text, at) && isSecondHalf(text, at + 1) ? 2 : 1
  }
  return at
}

const isFirstHalf = (text: string, at: number) => (text.charCodeAt(at) & 0xfc00) === 0xd800
const isSecondHalf = (text: string, at: number) => (text.charCodeAt(at) & 0xfc00) === 0xdc00
