import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { until } from '../until.ts';

/** A Redis that keeps what it acknowledges, as the bot asks for. */
export const DURABLE = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];

/**
 * For a server that is killed: what it has answered is in its file. With `everysec` it answers before it writes while its
 * last flush still runs, so that a kill on a busy machine loses what it has said to keep.
 */
export const FLUSHED = [...DURABLE, '--appendfsync', 'always'];

const CLUSTERED = [...FLUSHED, '--cluster-enabled', 'yes'];

/** How often another port is tried where somebody else was given it first. */
const MOST_PORTS = 10;

/** A real Redis server on a free port, in a folder of its own. */
export class RedisServer {
  readonly port: number;
  /**
   * Where the servers of a Cluster speak to each other. By itself it would be 10,000 higher than `port`, where any outgoing
   * connection of this machine may stand, and the server would end at once.
   */
  readonly busPort: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'redis-'));
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, busPort: number, options: readonly string[]) {
    this.port = port;
    this.busPort = busPort;
    const isClustered = options.includes('--cluster-enabled');
    this.#options = isClustered ? [...options, '--cluster-port', `${busPort}`] : options;
  }

  /** Tries another port where this one is taken between its choice and its use: many tests start servers at once. */
  static async start(...options: string[]): Promise<RedisServer> {
    for (let tries = 1; ; tries++) {
      const server = new RedisServer(await freePort(), await freePort(), options);
      try {
        await server.start();
        return server;
      } catch (error) {
        await server.stop();
        if (tries === MOST_PORTS) throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Throws where the server ends before it answers, with what it has said. */
  async start(...more: string[]): Promise<void> {
    const fixed = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.#folder];
    const log = join(this.#folder, 'log');
    const options = [...this.#options, ...fixed, '--logfile', log, ...more];
    const started = spawn('redis-server', options, { stdio: 'ignore' });
    this.#process = started;
    // A test that fails may not come to its `stop`; the run must end all the same.
    started.unref();
    await until(
      async () => hasEnded(started) || (await this.#answers()),
      () => 'redis-server does not start',
    );
    if (hasEnded(started)) throw new Error(`redis-server has ended: ${textOf(log)}`);
  }

  /** Sends a signal; waits for the end where it is one that ends. */
  async signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const process = this.#process;
    if (process === undefined || hasEnded(process)) return;
    const ended = name === 'SIGKILL' ? once(process, 'exit') : undefined;
    // Nothing else may be left that keeps this run alive until then; it would end in silence.
    if (ended !== undefined) process.ref();
    process.kill(name);
    await ended;
  }

  async stop(): Promise<void> {
    await this.signal('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Sends one command and gives the raw answer. */
  async command(...words: string[]): Promise<string> {
    const socket = createConnection(this.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      socket.write(
        `*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join('')}`,
      );
      // Sentinel cuts off whoever is connected to a server whose role it changes.
      const cut = once(socket, 'close').then(() =>
        Promise.reject(new Error('Redis has closed the connection')),
      );
      const [answer] = await Promise.race([once(socket, 'data'), cut]);
      return String(answer);
    } finally {
      socket.destroy();
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await this.command('PING');
      return true;
    } catch {
      return false;
    }
  }
}

/** Nothing where the server has ended before it opened its log. */
function textOf(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8') : 'no log';
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Installs `redis-server` where that is possible; says what to do where it is not. */
export function needRedisServer(): void {
  if (isInstalled('redis-server')) return;
  if (process.getuid?.() === 0 && isInstalled('apt-get')) {
    try {
      execFileSync(
        'sh',
        ['-c', 'apt-get update && apt-get install -y --no-install-recommends redis-server'],
        {
          stdio: 'ignore',
        },
      );
    } catch {
      // Whether it is there now is all that counts.
    }
    if (isInstalled('redis-server')) return;
  }
  throw new Error(
    'The tests need redis-server on the PATH: "sudo apt-get install redis-server" (Debian, Ubuntu), "brew install redis" (macOS)',
  );
}

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Writes `mark` to the master, and whether it is on each replica yet. Nothing less says that a replica follows: both sides
 * call the link up while, after a first copy, nothing goes through it for up to a second.
 */
export async function isCopied(mark: string, master: RedisServer, replicas: RedisServer[]): Promise<boolean> {
  await master.command('SET', 'mark', mark);
  const held = await Promise.all(replicas.map((replica) => replica.command('GET', 'mark')));
  return held.every((each) => each.includes(mark));
}

/** A Cluster of one server that has every slot. */
export async function redisCluster(): Promise<RedisServer> {
  const node = await RedisServer.start(...CLUSTERED, '--repl-diskless-sync-delay', '0');
  await node.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await until(async () => (await node.command('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  return node;
}

/** Gives a Cluster's one master a replica, to which it may still be a moment before writes go. */
export async function addReplica(master: RedisServer): Promise<RedisServer> {
  const replica = await RedisServer.start(...CLUSTERED);
  const [id = ''] = /[0-9a-f]{40}/.exec(await master.command('CLUSTER', 'MYID')) ?? [];
  await replica.command('CLUSTER', 'MEET', '127.0.0.1', `${master.port}`, `${master.busPort}`);
  await until(async () => (await replica.command('CLUSTER', 'REPLICATE', id)).startsWith('+OK'));
  await until(async () => (await master.command('INFO', 'replication')).includes('state=online'));
  return replica;
}

/** A master with its replica, and a Sentinel that watches them with its configuration in `folder`. */
export async function redisBehindSentinel(folder: string, masterHost = '127.0.0.1') {
  const master = await RedisServer.start(...DURABLE, '--repl-diskless-sync-delay', '0');
  const replica = await RedisServer.start(...DURABLE, '--replicaof', `127.0.0.1 ${master.port}`);
  await until(() => isCopied('first', master, [replica]));
  const config = join(folder, 'sentinel.conf');
  writeFileSync(config, `sentinel monitor main ${masterHost} ${master.port} 1\n`);
  const sentinel = await RedisServer.start(config, '--sentinel');
  return { url: `${sentinel.url}/?sentinel=main`, replica, servers: [master, replica, sentinel] };
}
