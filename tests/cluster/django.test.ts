import { checkStack } from './support/checkStack.ts'
import { startDjangoOnPostgres, startDjangoOnSqlite } from './support/djangoStack.ts'

checkStack('Django, PostgreSQL, Redis', startDjangoOnPostgres)
checkStack('Django, SQLite, Redis', startDjangoOnSqlite)
