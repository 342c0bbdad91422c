/** What the compiler can know of a definition beyond the types of its parts, and how it says so. Types only. */
import type { Requests } from '../optimistic/beginSend.ts'

declare const MISTAKE: unique symbol
declare const FIELD: unique symbol

/** What is wrong, in the compiler's message; it is the type of nothing. */
export interface Mistake<Says extends string> {
  readonly [MISTAKE]: Says
}

export interface Field<K> {
  readonly [FIELD]?: K
}

/** An item whose fields know their names, so that it can be told which of them `id` returns. */
export type Fields<Item> = { readonly [K in keyof Item]: Item[K] & Field<K> }

/** The field that is the id; `never` where it is made of several, or cannot be told. */
export type KeyIn<R, Item> = [R] extends [Field<infer K extends keyof Item>] ? Single<K> : never

type Single<K, All = K> = K extends All ? ([All] extends [K] ? K : never) : never

/** Has at least one of these. */
export type Having<K extends PropertyKey> = { readonly [Name in K]?: unknown }

/** Fields of an item, its id among them. */
export type Patch<Item, Key extends PropertyKey> = Partial<Item> & Pick<Item, Key & keyof Item>

/** Parameters, where there are any: they cannot be left out. */
export type Given<P> = NoParams extends P ? [params?: P] : [params: P]

export type NoParams = Readonly<Record<never, never>>

/** What a snapshot answers with, as far as that is known. */
export type AnswerOf<Source, R extends Requests> = Source extends keyof R
  ? R[Source]['result']
  : Source extends (context: never) => Promise<infer Answer>
    ? Answer
    : unknown

/** `unknown` where the answer holds such items, or may. */
export type HoldsItems<Source, R extends Requests, Item> = Unless<Misfit<AnswerOf<Source, R>, Item>>

/** `unknown` where the answer is such a value, or may be. */
export type IsValue<Source, R extends Requests, Value> = Unless<
  AnswerOf<Source, R> extends infer Answer
    ? [Answer] extends [Widened<Value>]
      ? never
      : IsUnknown<Answer> extends true
        ? never
        : MisfitValue<Answer>
    : never
>

type Unless<Wrong> = [Wrong] extends [never] ? unknown : { readonly snapshot: Wrong }

type MisfitValue<Answer> = Answer extends { json(): unknown } ? RawResponse : Mistake<OtherValue>

type RawResponse = Mistake<'The snapshot returns a Response; return what is in it: response.json()'>
type OtherValue = 'The snapshot returns something else than what the schema describes'
type NoItems = Mistake<'The snapshot holds no array of items; return one, or an object that has one'>
type OtherItems = Mistake<'The items of the snapshot are not what the item schema describes'>

/** Of each answer there may be. */
type Misfit<Answer, Item> =
  IsUnknown<Answer> extends true
    ? never
    : Answer extends readonly (infer Row)[]
      ? MisfitRow<Row, Item>
      : Answer extends { json(): unknown }
        ? RawResponse
        : Answer extends object
          ? MisfitIn<Answer, Item>
          : NoItems

type MisfitIn<Answer, Item> = string extends keyof Answer
  ? never
  : [ArraysIn<Answer>] extends [never]
    ? NoItems
    : [FittingIn<Answer, Item>] extends [never]
      ? OtherItems
      : never

/** Of the arrays, those that hold such items. */
type FittingIn<Answer, Item> = {
  [K in ArraysIn<Answer>]: NonNullable<Answer[K]> extends readonly (infer Row)[]
    ? [MisfitRow<Row, Item>] extends [never]
      ? K
      : never
    : never
}[ArraysIn<Answer>]

/** What an answer says beside its items, and beside where it stands. */
export type BesideOf<Source, R extends Requests, Item> =
  AnswerOf<Source, R> extends infer Answer
    ? IsUnknown<Answer> extends true
      ? Readonly<Record<string, unknown>>
      : Answer extends readonly unknown[]
        ? NoParams
        : Omit<Answer, FittingIn<Answer, Item> | 'as_of' | 'asOf' | 'epoch'>
    : never

type MisfitRow<Row, Item> =
  IsUnknown<Row> extends true ? never : [Row] extends [Widened<Item>] ? never : OtherItems

/** `any`, `unknown`, `{}`: nothing is known of it. */
type IsUnknown<T> = 0 extends 1 & T
  ? true
  : [T] extends [object]
    ? [keyof T] extends [never]
      ? true
      : false
    : NoParams extends T
      ? true
      : false

/** The fields that hold arrays; `items` alone, where it is one. */
type ArraysIn<T> = 'items' extends keyof T
  ? 'items'
  : {
      [K in keyof T]-?: NonNullable<T[K]> extends readonly unknown[] ? K : never
    }[keyof T]

/** A literal that was written down somewhere else counts as its kind: the schema itself judges it when it comes. */
type Widened<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends boolean
      ? boolean
      : T extends object
        ? { readonly [K in keyof T]: Widened<T[K]> }
        : T
