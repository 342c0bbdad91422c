/** Seeded randomness: the same seed gives the same faults, and the demo the same conversations, on every machine. */

/** Uniform in [0, 1). */
export type Random = () => number

/** mulberry32 (public domain): 32 bits of state, which is plenty for deciding which frame gets lost. */
export function createRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
