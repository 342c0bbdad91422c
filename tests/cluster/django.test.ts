import { describe } from 'vitest'
import { checkStack } from './support/checkStack.ts'
import { startDjangoOnPostgres, startDjangoOnSqlite } from './support/djangoStack.ts'

describe('[O1] three processes behind nginx', () => {
  checkStack('Django, PostgreSQL, Redis', { hasPostgres: true, start: startDjangoOnPostgres })
  checkStack('Django, SQLite, Redis', { hasPostgres: false, start: startDjangoOnSqlite })
})
