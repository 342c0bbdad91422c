/** What code of an application may throw instead of an error: none of it has a message, and most of it no text. */
export const ODD_THROWS: readonly unknown[] = [
  undefined,
  null,
  Symbol('odd'),
  Object.create(null),
  { toString: 1, valueOf: 1 },
  { message: { toString: 1, valueOf: 1 } },
  { message: Symbol('odd') },
  {
    get message(): string {
      throw new Error('of a getter')
    },
  },
  Object.defineProperty(new Error('x'), 'message', { value: { toString: 1, valueOf: 1 } }),
]
