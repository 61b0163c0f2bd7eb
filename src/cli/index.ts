export { addCommands } from './commands.ts'
