/** What somebody wrote, as text: web addresses are links, a few emoji by themselves are large. Never markup. */
import type { ReactNode } from 'react'

/** Up to a full stop, or whatever else belongs to the sentence around it. */
const ADDRESS = /(\bhttps?:\/\/\S*[\p{L}\p{N}/_=&#%+-])/u
/** Pictures, flags, and what joins and colours them. */
const FEW_EMOJI =
  /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200d|\ufe0f){1,12}$/u

export function MessageText({ content }: { readonly content: string }): ReactNode {
  if (FEW_EMOJI.test(content)) return <span className="qw-emoji">{content}</span>
  return content.split(ADDRESS).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text never move
      <a key={index} href={part} target="_blank" rel="noreferrer">
        {part}
      </a>
    ),
  )
}
