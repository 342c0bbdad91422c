import { describe } from 'vitest'
import { checkStack } from './support/checkStack.ts'
import { startKitOnPostgres, startKitOnSqlite } from './support/kitStack.ts'

describe('[O1] three processes behind nginx', () => {
  checkStack('the server kit, PostgreSQL, Redis', { hasPostgres: true, start: startKitOnPostgres })
  checkStack('the server kit, SQLite, Redis', { hasPostgres: false, start: startKitOnSqlite })
})
