import { checkStack } from './support/checkStack.ts'
import { startDjangoStack } from './support/djangoStack.ts'

checkStack('Django, SQLite, Redis', startDjangoStack)
