import { Command, Option } from 'commander'
import { addCommands } from '../cli/index.ts'
import { messageOf } from '../std/index.ts'
import { version } from './version.ts'

/** Entry of the `strata` command. Each subcommand loads what it needs when it runs. */
const program = new Command('strata')
  .description("Docker's whole world in TypeScript")
  .version(version, '-v, --version')
  .showHelpAfterError('Run strata --help for usage.')

const repeated = (value: string, before: string[] | undefined) => [...(before ?? []), value]

const noProxy = new Option('--no-proxy <hosts>', 'hosts that are asked directly, separated by commas')
// Not the opposite of a flag --proxy.
noProxy.negate = false

program
  .command('engine')
  .description('run the container engine: the Docker Engine API on a socket')
  .option('-H, --host <url>', 'where to listen: unix:///path or tcp://127.0.0.1:port (may be repeated)', repeated)
  .option('--config-file <path>', 'configuration file (keys as in daemon.json)')
  .option('--data-root <dir>', 'where images and containers are kept')
  .option('--exec-root <dir>', 'where the state of running containers is kept; best on a tmpfs')
  .option('-p, --pidfile <path>', 'write the process ID here')
  .option('-l, --log-level <level>', 'trace, debug, info, warn, error or fatal')
  .option('-s, --storage-driver <name>', 'erofs, overlay2 or vfs; chosen by trial when not given')
  .option('-b, --bridge <name>', 'name of the default bridge')
  .option('--bip <cidr>', "the bridge's address and prefix")
  .option('--insecure-registry <host>', 'a registry that may be spoken to without TLS (may be repeated)', repeated)
  .option('--registry-mirror <url>', 'where docker.io is read from first (may be repeated)', repeated)
  .option('--certs-dir <dir>', 'folder with a folder of certificates for each registry')
  .option('--http-proxy <url>', 'proxy for registries without TLS')
  .option('--https-proxy <url>', 'proxy for registries with TLS')
  .addOption(noProxy)
  .option('--dns <address>', 'name server for containers (may be repeated)', repeated)
  .option('--cgroup-parent <name>', "parent of the containers' cgroups")
  .option('--default-runtime <name>', 'runtime for containers that name none')
  .option('--live-restore', 'leave containers running when the engine is told to end')
  .option('--label <key=value>', 'label of the engine (may be repeated)', repeated)
  .addOption(new Option('--max-concurrent-downloads <n>', 'layers fetched at once').argParser(Number))
  .addOption(new Option('--max-concurrent-uploads <n>', 'layers sent at once').argParser(Number))
  .addOption(new Option('--image-undo-period <seconds>', 'how long removed images can be restored').argParser(Number))
  .addOption(new Option('--shutdown-timeout <seconds>', 'time for containers to stop').argParser(Number))
  .action(async (flags: Record<string, unknown>) => {
    const { runEngine } = await import('./engine-command.ts')
    await runEngine(flags)
    // Containers that outlive the engine hold connections open that nobody reads from any more.
    process.exit()
  })

addCommands(program, process.env.DOCKER_HOST || 'unix:///run/strata.sock')

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`strata: ${messageOf(error)}\n`)
  process.exitCode = 1
}
