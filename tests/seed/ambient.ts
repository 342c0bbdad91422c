/** Names that the guide's blocks use without importing them. */
import { type Dispatch, type SetStateAction, useState as useReactState } from 'react'

/** React's own. Its types make of `useState([])` a list that takes nothing; the guide's takes what comes. */
export const useState = useReactState as {
  (initial: readonly []): [unknown[], Dispatch<SetStateAction<unknown[]>>]
  <S>(initial: S | (() => S)): [S, Dispatch<SetStateAction<S>>]
}
