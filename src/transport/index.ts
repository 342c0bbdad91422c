export { browserEnvironment } from './environment.ts'
