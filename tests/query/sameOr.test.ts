import { describe, expect, it } from 'vitest'
import { sameOr } from '../../src/query/fold/sameOr.ts'

class Money {
  #cents: number
  constructor(cents: number) {
    this.#cents = cents
  }
  get cents() {
    return this.#cents
  }
}

describe('[Q2] what is the same keeps its reference', () => {
  it('where the elements or the fields are the same', () => {
    const item = { id: 1 }
    const list = [item, 'a']
    const record = { item, name: 'a' }
    expect(sameOr(list, [item, 'a'])).toBe(list)
    expect(sameOr(record, { item, name: 'a' })).toBe(record)
  })

  it('nowhere else', () => {
    const list = [1, 2]
    for (const next of [[1, 3], [1], [1, 2, 3], { 0: 1, 1: 2 }]) expect(sameOr(list, next)).toBe(next)
    for (const before of [undefined, null, 7, 'ab']) expect(sameOr(before, list)).toBe(list)
  })

  it.each([
    ['dates', new Date(1), new Date(2)],
    ['maps', new Map([[1, 1]]), new Map([[1, 2]])],
    ['sets', new Set([1]), new Set([2])],
    ['objects of a class', new Money(1), new Money(2)],
  ])('not for %s, whose content is in no field', (_what, before, next) => {
    expect(sameOr<object>(before, next)).toBe(next)
  })
})
