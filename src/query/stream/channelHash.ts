/** Which channel a spec means. */
import type { ChannelSpec } from '../../transport/port.ts'

/** Equal for specs that mean the same channel. */
export function channelHash(spec: ChannelSpec): string {
  const key = Object.entries(spec.key)
    .map(([field, value]) => [field, String(value)])
    .sort()
  return JSON.stringify([spec.endpoint ?? '', spec.subscribe, key])
}
