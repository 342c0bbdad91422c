/** How many stand before the first one that is not `isBefore`, of what is in order. */
export function countWhile<Item>(items: readonly Item[], isBefore: (item: Item) => boolean): number {
  const last = items.at(-1)
  // Nearly everything that arrives is new and goes to the end.
  if (last === undefined || isBefore(last)) return items.length
  let low = 0
  let high = items.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(items[middle] as Item)) low = middle + 1
    else high = middle
  }
  return low
}
