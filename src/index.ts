export * from './query/index.ts'
export * from './transport/index.ts'
export * from './transport/react/index.ts'
