import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DockerfileParser, type Instruction, type JSONInstruction } from 'dockerfile-ast';
import { parse } from 'yaml';

// Neither is run here: there is no container engine. They are read as the engine reads them.

const dockerfile = DockerfileParser.parse(readFileSync('deploy/Dockerfile', 'utf8'));
const instructions = dockerfile.getInstructions();
const last = (keyword: string) => instructions.filter((each) => each.getKeyword() === keyword).at(-1);
const wordsOf = (instruction: Instruction | undefined) =>
  (instruction as JSONInstruction).getJSONStrings().map((each) => JSON.parse(each.getValue()) as string);
const compose = parse(readFileSync('deploy/compose.yaml', 'utf8'));

test('the image runs as nobody in particular, and node gets the signals without a shell in between', () => {
  expect(last('USER')?.getArgumentsContent()).toBe('node');
  expect(wordsOf(last('ENTRYPOINT'))).toEqual(['chorus']);
  expect(wordsOf(last('CMD'))).toEqual(['start']);
  const [shebang = ''] = readFileSync('src/cli.ts', 'utf8').split('\n');
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  for (const flag of scripts.start.match(/--max-\S+/g)) expect(shebang).toContain(flag);
});

test('what the image copies is in the tree, and passes .dockerignore', () => {
  const kept = readFileSync('.dockerignore', 'utf8').trim().split('\n');
  expect(kept[0]).toBe('**');
  for (const line of kept.slice(1)) expect(existsSync(line.replace(/^!/, ''))).toBe(true);
  const built = instructions
    .filter((each) => each.getKeyword() === 'COPY')
    .flatMap((each) =>
      each
        .getArguments()
        .slice(0, -1)
        .map((word) => word.getValue()),
    )
    .filter((path) => path.startsWith('/app/') && !path.includes('node_modules'))
    .map((path) => path.replace('/app/', ''));
  expect(built).toEqual(['package.json', 'dist/build/src', 'pictures']);
  for (const path of built) expect(existsSync(path)).toBe(true);
  const config = JSON.parse(readFileSync('config/tsconfig.build.json', 'utf8'));
  const needed: string[] = config.include.map((path: string) =>
    path.replace('../', '').replace(/\/\*.*/, ''),
  );
  expect(needed.filter((path) => !kept.includes(`!${path}`))).toEqual([]);
});

test.each([
  [200, 0],
  [503, 1],
])(
  'the health check of the image ends with the right code where the bot answers %i',
  async (status, code) => {
    const words =
      last('HEALTHCHECK')
        ?.getArgumentsContent()
        ?.replace(/^.*?CMD\s*/s, '') ?? '';
    const [command = '', ...rest] = JSON.parse(words) as string[];
    const asked: (string | undefined)[] = [];
    const server = createServer(({ url }, response) => {
      asked.push(url);
      response.writeHead(status).end();
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const PORT = `${(server.address() as AddressInfo).port}`;
    const check = spawn(command, rest, { env: { PATH: process.env.PATH, PORT } });
    const ended = await new Promise((resolve) => check.on('exit', resolve));
    server.closeAllConnections();
    server.close();
    expect(ended).toBe(code);
    expect(asked).toEqual(['/healthz']);
    expect(spawnSync(command, rest, { env: { PATH: process.env.PATH, PORT } }).status).toBe(1);
  },
);

test('compose publishes the bot on this machine alone, and of Redis nothing', () => {
  const { bot, redis } = compose.services;
  expect(bot.ports).toEqual(['127.0.0.1:3978:3978']);
  expect(redis.ports).toBeUndefined();
  expect(redis.networks).toEqual(['store']);
  expect(compose.networks.store.internal).toBe(true);
  for (const service of [bot, redis]) {
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toContain('no-new-privileges:true');
    for (const secret of service.secrets) expect(compose.secrets).toHaveProperty(secret);
  }
  expect(bot.environment.STORE_URL_FILE).toBe('/run/secrets/store_url');
  expect(bot.environment.STORE_KEYS_FILE).toBe('/run/secrets/keys');
});

test('what compose names is in the tree, but for the secrets', () => {
  const at = (path: string) => join(dirname('deploy/compose.yaml'), path);
  const { bot, redis } = compose.services;
  expect(existsSync(join(at(bot.build.context), bot.build.dockerfile))).toBe(true);
  const [mounted = ''] = (redis.volumes as string[]).map((volume) => volume.split(':')[0] ?? '');
  expect(existsSync(at(mounted))).toBe(true);
});
