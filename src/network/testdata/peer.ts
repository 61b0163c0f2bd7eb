/**
 * A program for a sandbox. `serve PORT NAME`: answers on TCP and UDP with its name and who asked; prints "ready".
 * `ask PROTOCOL HOST PORT [PATIENCE]`: prints what such a server answers.
 */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { ask } from './ask.ts'

const [verb, ...rest] = process.argv.slice(2)
if (verb === 'serve') serve(Number(rest[0]), rest[1]!)
else {
  const [protocol, host, port, patience] = rest
  process.stdout.write(await ask(protocol as 'tcp' | 'udp', host!, Number(port), patience ? Number(patience) : undefined))
}

function serve(port: number, name: string): void {
  const udp = createSocket('udp4')
  udp.on('message', (_, from) => udp.send(`${name} ${from.address}`, from.port, from.address))
  const tcp = createServer(socket => socket.on('error', () => {}).end(`${name} ${socket.remoteAddress}`))
  udp.bind(port, () => tcp.listen(port, '0.0.0.0', () => process.stdout.write('ready\n')))
}
