import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { OPENAPI } from '../../src/consumers/openapi.ts';
import { LOGIN, World } from './world.ts';

let world: World;
let text: string;

beforeAll(async () => {
  world = await World.open();
  const account = await world.addAccount();
  await world.use(account, 'goZckgkKevikl');
  ({ text } = await world.token({ accounts: [account] }));
});
afterAll(() => world.close());

const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'openapi', ...OPENAPI });

/** Where each described path is asked, what with, and what it answers. */
const asked: [
  path: keyof typeof OPENAPI.paths,
  address: string,
  headers: () => Record<string, string>,
  status: number,
][] = [
  ['/v1/credentials/{login}', `/v1/credentials/${LOGIN}`, () => ({ authorization: `Bearer ${text}` }), 200],
  ['/v1/credentials/{login}', `/v1/credentials/${LOGIN}`, () => ({}), 401],
  ['/v1/credentials/{login}', '/v1/credentials/nobody', () => ({ authorization: `Bearer ${text}` }), 403],
  ['/v1/chorus/data/{login}', `/v1/chorus/data/${LOGIN}`, () => ({ 'x-vault-token': text }), 200],
  ['/v1/chorus/data/{login}', `/v1/chorus/data/${LOGIN}?version=9`, () => ({ 'x-vault-token': text }), 404],
  ['/v1/chorus/metadata/{login}', `/v1/chorus/metadata/${LOGIN}`, () => ({ 'x-vault-token': text }), 200],
  [
    '/v1/sys/internal/ui/mounts/chorus',
    '/v1/sys/internal/ui/mounts/chorus',
    () => ({ 'x-vault-token': text }),
    200,
  ],
  ['/v1/auth/token/lookup-self', '/v1/auth/token/lookup-self', () => ({ 'x-vault-token': text }), 200],
  ['/v1/sys/health', '/v1/sys/health', () => ({}), 200],
  ['/readyz', '/readyz', () => ({}), 200],
  [
    '/readyz',
    '/readyz',
    () => {
      world.failedChecks = [{ check: 'store', reason: 'OOM' }];
      return {};
    },
    503,
  ],
];

test.each(asked)('%s is described as it answers: %s, %s, %i', async (path, address, headers, status) => {
  const answer = await world.get(address, headers());
  expect(answer.status).toBe(status);
  const responses = OPENAPI.paths[path].get.responses as Record<
    number,
    { content?: Record<string, { schema: object }> }
  >;
  const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
  const schema = responses[status]?.content?.[type]?.schema;
  expect(schema).toBeDefined();
  const reference = (schema as { $ref?: string }).$ref;
  const validate =
    reference === undefined ? ajv.compile(schema as object) : ajv.getSchema(`openapi${reference}`);
  expect([await answer.json().then((body) => validate?.(body)), validate?.errors]).toEqual([true, null]);
});

test('every route of the API is described, and every described path is asked above', async () => {
  expect(Object.keys(OPENAPI.paths).sort()).toEqual([...new Set(asked.map(([path]) => path))].sort());
  const routes = world.api
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .map((line) => /[├└]── (\S+) \((GET|GET, HEAD)/.exec(line)?.[1])
    .filter((route) => route !== undefined);
  expect(routes.length).toBeGreaterThan(6);
  const described = await (await world.get('/openapi.json')).json();
  expect(described).toEqual(JSON.parse(JSON.stringify(OPENAPI)));
});
