export { parseAddress } from './listen.ts'
export { createApiServer } from './server.ts'
