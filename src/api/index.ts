export { createApiServer } from './api.ts'
export { parseAddress } from './listen.ts'
