/**
 * Messages that this process writes piece by piece. What is told of one is stored before: whoever reads the message has all that
 * was ever told of it, in whatever process.
 */
import { LiveError } from '../../../transport/errors.ts'
import type { Id } from '../../../transport/port.ts'
import { fieldsOf } from '../../../transport/protocol.ts'
import { RequestError } from '../../requestError.ts'
import type { PluginRequest } from '../../session/plugin.ts'
import { ROOM_FIELD } from '../domain/work.ts'
import { beginWriting, type Ending, endMessage, stopMessage, type Written } from '../domain/writing.ts'
import type { ChatServerOptions, ChatWriter, WrittenMessage } from '../options.ts'
import { run } from '../steps.ts'
import { keyOf } from '../tables/chatTables.ts'
import type { ChatMessage } from '../wire.ts'
import type { ChatCore } from './core.ts'
import { createPen, type Pen } from './pen.ts'

export interface Writers {
  write(roomId: Id, message: WrittenMessage): Promise<ChatWriter>
  /** A client wants one to end. */
  stop(request: PluginRequest): Promise<{ readonly message: ChatMessage }>
  /** True where another process told of one that is over. */
  heard(message: unknown): boolean
  close(): Promise<void>
}

interface WriterParts {
  readonly isAlone: boolean
  readonly mayStop: ChatServerOptions['mayStop']
  /** This process says that it is there from now on. */
  beat(): void
}

const nameOf = ({ room, place }: Written) => JSON.stringify([room, place])

export function createWriters(core: ChatCore, { isAlone, mayStop, beat }: WriterParts): Writers {
  const { host } = core
  const pens: Pens = new Map()
  return {
    write: async (roomId, { sender, ...rest }) => {
      const asked = { user: keyOf(sender), data: { ...rest, [ROOM_FIELD]: roomId, message: '' } }
      if (!isAlone) beat()
      const begun = await core.write((work) =>
        beginWriting(work, { ...asked, process: host.process, isAlone }),
      )
      const name = nameOf(begun)
      const onLost = () => lift(pens, name, LOST)
      const pen = createPen(core, { ...begun, roomId: begun.message.room_id, onLost })
      pens.set(name, pen)
      return writerOf(core, { pen, begun, forget: () => pens.delete(name) })
    },
    stop: (request) => stopOne(core, { pens, mayStop, request }),
    heard: (message) => {
      const { stopped } = fieldsOf(message)
      if (typeof stopped !== 'string') return false
      lift(pens, stopped, STOPPED)
      return true
    },
    close: async () => {
      await Promise.all(
        [...pens].map(([name, pen]) => endUnfinished(core, () => lift(pens, name, CLOSED), pen)),
      )
    },
  }
}

type Pens = Map<string, Pen>

function lift(pens: Pens, name: string, why: string): void {
  pens.get(name)?.lift(why)
  pens.delete(name)
}

interface Stopping extends Pick<WriterParts, 'mayStop'> {
  readonly pens: Pens
  readonly request: PluginRequest
}

async function stopOne(core: ChatCore, { pens, mayStop, request }: Stopping) {
  const asked = { user: keyOf(request.user.id), data: request.data }
  const check = (message: ChatMessage) => {
    if (mayStop?.({ user: request.user, message }) === false)
      throw new RequestError('forbidden', 'This message is not to be stopped by you')
  }
  // What this process has not stored yet belongs to it, too.
  const contentOf = (written: Written) => pens.get(nameOf(written))?.text()
  const { message, stopped } = await request.transaction((transaction) =>
    run(stopMessage(core.workOn(transaction), { ...asked, contentOf, check })),
  )
  if (stopped) {
    lift(pens, nameOf(stopped), STOPPED)
    core.host.tell({ stopped: nameOf(stopped) })
  }
  return { message }
}

async function endUnfinished({ write, host }: ChatCore, liftIt: () => void, pen: Pen): Promise<void> {
  liftIt()
  const ending = { status: 'failed', content: pen.text() } as const
  await write((work) => endMessage(work, pen.written, ending)).catch(host.fail)
}

const CLOSED = 'The server goes down'
const STOPPED = 'The message was stopped'
const LOST = 'The message was stopped or deleted, or this process was taken for dead'

interface Held {
  readonly pen: Pen
  readonly begun: Written & { readonly message: ChatMessage }
  forget(): void
}

/** What the application has of it. */
function writerOf(core: ChatCore, { pen, begun, forget }: Held): ChatWriter {
  let ending: Promise<ChatMessage> | undefined
  const endWith = async (how: Partial<Ending>): Promise<ChatMessage> => {
    const said = pen.finish()
    const { status = 'done', content = said, metadata } = how
    // Where another one has ended it, that stands.
    const { message } = await core.write((work) => endMessage(work, begun, { status, content, metadata }))
    forget()
    return message
  }
  const end = (how: Partial<Ending> = {}) => {
    ending ??= endWith(how).catch((error: unknown) => {
      // To be tried again: nothing is lost until somebody ends it.
      ending = undefined
      throw error
    })
    return ending
  }
  return {
    message: begun.message,
    signal: pen.signal,
    append: (text) => {
      if (ending !== undefined)
        throw new LiveError('misconfigured', 'The message has ended: nothing can be appended to it')
      pen.append(text)
    },
    end,
    [Symbol.asyncDispose]: async () => {
      if (ending === undefined) await end({ status: 'failed' })
    },
  }
}
