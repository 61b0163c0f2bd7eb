export { changeConfig } from './change-config.ts'
