import { checkStack } from './support/checkStack.ts'
import { startKitOnPostgres, startKitOnSqlite } from './support/kitStack.ts'

checkStack('the server kit, PostgreSQL, Redis', startKitOnPostgres)
checkStack('the server kit, SQLite, Redis', startKitOnSqlite)
