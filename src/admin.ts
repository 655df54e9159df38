import { once } from 'node:events';
import { hostname, userInfo } from 'node:os';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { run } from './admin/run.ts';
import { readEnvFile, userBehindSudo } from './config.ts';
import { escapeInvisible } from './invisible.ts';
import { Secret } from './secret.ts';
import { explain } from './store/explain.ts';

/** The administrator's commands: `npm run admin -- help`. */
async function main(): Promise<void> {
  // Whatever this process creates is for its owner alone.
  process.umask(0o077);
  // Of Node's, in English; none of them is about what was typed.
  process.removeAllListeners('warning');
  // Redis' client prints what fails behind Sentinel; standard output is for what was asked, and nothing else.
  console.log = () => undefined;
  // Whoever reads the output may stop early: `| head`, `2>&1 | head`. What cannot be written is not said a second time.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => process.exit(1));
  readEnvFile();
  process.exitCode = await run(process.argv.slice(2), {
    user: userName(),
    host: hostname(),
    now: () => new Date(),
    // It loads the libraries of both platforms, which no other command needs.
    checkPlatforms: async (config, timeoutMs) =>
      (await import('./platform-checks.ts')).checkPlatforms(config, timeoutMs),
    readPassword,
    print: (line) => process.stdout.write(`${line}\n`),
    write: async (data) => {
      if (!process.stdout.write(data)) await once(process.stdout, 'drain');
    },
    warn: (line) => process.stderr.write(`${line}\n`),
  });
}

/** Longer than any password, in characters; what comes after it is not waited for. */
const LONGEST_LINE = 10_000;

/** The first line of standard input. A terminal shows nothing of it. */
async function readPassword(): Promise<Secret> {
  return new Secret(await readLine());
}

async function readLine(): Promise<string> {
  const { stdin } = process;
  if (!stdin.isTTY) {
    let text = '';
    for await (const piece of stdin.setEncoding('utf8')) {
      text += piece;
      if (text.includes('\n') || text.length > LONGEST_LINE) break;
    }
    return text.split(/\r?\n/, 1)[0] ?? '';
  }
  process.stderr.write('Collez le mot de passe (rien ne s’affiche), puis Entrée : ');
  const unseen = new Writable({ write: (_piece, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: unseen, terminal: true });
  const line = await new Promise<string>((typed) => lines.question('', typed));
  lines.close();
  process.stderr.write('\n');
  return line;
}

/** Who typed the command, also behind sudo. In a container the process may run as somebody without a name. */
function userName(): string {
  const behindSudo = userBehindSudo();
  if (behindSudo !== undefined) return behindSudo;
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'inconnu');
  }
}

function fail(error: unknown): void {
  for (const line of explain(error)) process.stderr.write(`${escapeInvisible(line)}\n`);
  process.exitCode = 1;
}

process.on('uncaughtException', fail);
main().catch(fail);
