/** What the assistant of the demo knows to say. By what is asked: code, a list, something long; else what it is. */

export const GREETING =
  'Hello! I am the assistant of this demo. There is no model behind me, only a script; but what I say comes word by word, as with one. Ask me for **code**, for a **list**, or for a **long** answer, and stop me whenever you like.'

const CODE = `Like this: ask for the messages of a room, and show them. They stay live by themselves.

\`\`\`tsx
function Messages({ roomId }: { roomId: string }) {
  const { messages } = useMessages(roomId)
  return messages.map((message) => (
    <p key={keyOf(message)} aria-busy={isStreaming(message)}>
      {message.content}
    </p>
  ))
}
\`\`\`

What grows is an ordinary message with \`status: 'streaming'\`; \`chat.stopMessage(roomId)\` ends it.`

const LIST = `Three things to try while I write:

1. **Reload** this page. The text goes on from where it is.
2. Turn off the **network** for a moment. Nothing is doubled, nothing is missing.
3. Press **Stop**. What was written so far stays, for everybody.

And one more: open the same room in a *second window*.`

const PART = [
  'When the first ferry leaves the pier there is hardly anybody on it.',
  'The crew counts the ropes, somebody makes coffee, and the radio tells the weather for the whole coast.',
  'By eight the upper deck is full, and whoever comes late stands by the rail.',
  'Nobody minds: from there one sees the lighthouse first.',
]

const LONG = [
  'A long answer, so that there is time to reload, to lose the network, or to stop me.',
  ...Array.from({ length: 3 }, () => PART.join(' ')),
  'That was all of it.',
].join('\n\n')

const OTHERS = [
  'That is more than a script can know. What I can do is to answer **slowly**, so that you can see how a text grows: ask for `code`, for a `list`, or for something `long`.',
  'A good question; somebody with a model would have an answer. Mine is always one of five. Still, it came word by word, and you could have stopped it.',
]

const SUBJECTS: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/\b(?:code|function|hook|example)\b/i, CODE],
  [/\b(?:list|steps|try)\b/i, LIST],
  [/\b(?:long|story|everything)\b/i, LONG],
  [/\b(?:hello|hi|hey|help)\b/i, GREETING],
]

/** The same question has the same answer. */
export function answerTo(question: string): string {
  const [, known] = SUBJECTS.find(([pattern]) => pattern.test(question)) ?? []
  return known ?? OTHERS[question.length % OTHERS.length] ?? GREETING
}
