/** A member who is called, as a chip; anything else behind an `@` is text. */
import { usePeople } from '../people.ts'

export function Mention({ name }: { readonly name: string }) {
  const who = usePeople().called(name)
  if (!who) return `@${name}`
  return (
    <span className="qw-mention" data-me={who === 'me' || undefined}>
      @{name}
    </span>
  )
}
