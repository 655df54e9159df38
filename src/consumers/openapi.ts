/** The private API, as `GET /openapi.json` gives it. A test compares it with what the routes answer. */
export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Chorus Pro password bot: credentials for programs',
    version: '1',
    description:
      'Gives the password in use of a technical account to a program that has a token for it. ' +
      'The paths below /v1/chorus, /v1/sys and /v1/auth are the read path of HashiCorp Vault, KV version 2.',
  },
  components: {
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      vault: { type: 'apiKey', in: 'header', name: 'X-Vault-Token' },
    },
    parameters: {
      login: {
        name: 'login',
        in: 'path',
        required: true,
        description: 'The login of the technical account; @ may be sent plain or as %40.',
        schema: { type: 'string' },
      },
      version: {
        name: 'version',
        in: 'query',
        required: false,
        description: 'Only the version in use is given; 0 or no version means the same.',
        schema: { type: 'integer', minimum: 0 },
      },
    },
    schemas: {
      Credential: {
        type: 'object',
        required: ['login', 'password', 'version', 'updated', 'expires', 'expiresIsEstimate'],
        additionalProperties: false,
        properties: {
          login: { type: 'string' },
          password: { type: 'string' },
          version: { type: 'integer', description: 'Grows with each password, also after a restore.' },
          updated: { type: 'string', format: 'date-time' },
          expires: { type: 'string', format: 'date-time' },
          expiresIsEstimate: { type: 'boolean' },
        },
      },
      Problem: {
        type: 'object',
        required: ['type', 'title', 'status', 'detail'],
        properties: {
          type: { type: 'string' },
          title: { type: 'string' },
          status: { type: 'integer' },
          detail: { type: 'string' },
        },
      },
      VaultErrors: {
        type: 'object',
        required: ['errors'],
        properties: { errors: { type: 'array', items: { type: 'string' } } },
      },
      VaultAnswer: {
        type: 'object',
        required: ['request_id', 'lease_id', 'renewable', 'lease_duration', 'data'],
        properties: {
          request_id: { type: 'string' },
          lease_id: { type: 'string' },
          renewable: { type: 'boolean' },
          lease_duration: { type: 'integer' },
          data: { type: 'object' },
        },
      },
    },
  },
  paths: {
    '/v1/credentials/{login}': {
      get: {
        security: [{ bearer: [] }],
        parameters: [
          { $ref: '#/components/parameters/login' },
          { name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' } },
        ],
        responses: {
          200: {
            description: 'The password in use.',
            headers: { ETag: { schema: { type: 'string' } } },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Credential' } } },
          },
          304: { description: 'The program has this version already.' },
          ...problems(400, 401, 403, 404, 429, 500, 503),
        },
      },
    },
    '/v1/chorus/data/{login}': {
      get: {
        security: [{ vault: [] }, { bearer: [] }],
        parameters: [{ $ref: '#/components/parameters/login' }, { $ref: '#/components/parameters/version' }],
        responses: vaultAnswers('The password in use.'),
      },
    },
    '/v1/chorus/metadata/{login}': {
      get: {
        security: [{ vault: [] }, { bearer: [] }],
        parameters: [{ $ref: '#/components/parameters/login' }],
        responses: vaultAnswers('The version in use and its times; no password.'),
      },
    },
    '/v1/sys/internal/ui/mounts/chorus': {
      get: { security: [{ vault: [] }, { bearer: [] }], responses: vaultAnswers('The mount: KV version 2.') },
    },
    '/v1/auth/token/lookup-self': {
      get: { security: [{ vault: [] }, { bearer: [] }], responses: vaultAnswers('The token that asks.') },
    },
    '/readyz': {
      get: {
        responses: {
          200: { description: 'The bot is of use.', content: readiness('ok') },
          503: { description: 'It is not; `failed` says why.', content: readiness('unavailable') },
        },
      },
    },
    '/v1/sys/health': {
      get: {
        responses: {
          200: {
            description: 'The API answers.',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['initialized', 'sealed', 'standby'],
                  properties: {
                    initialized: { type: 'boolean' },
                    sealed: { type: 'boolean' },
                    standby: { type: 'boolean' },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
} as const;

function readiness(status: 'ok' | 'unavailable') {
  const failed = {
    type: 'array',
    items: {
      type: 'object',
      required: ['check', 'reason'],
      additionalProperties: false,
      properties: { check: { type: 'string' }, reason: { type: 'string' } },
    },
  };
  const isFailed = status === 'unavailable';
  return {
    'application/json': {
      schema: {
        type: 'object',
        required: isFailed ? ['status', 'failed'] : ['status'],
        additionalProperties: false,
        properties: { status: { const: status }, ...(isFailed ? { failed } : {}) },
      },
    },
  };
}

function problems(...statuses: number[]): Record<number, unknown> {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(statuses.map((status) => [status, { description: 'See detail.', content }]));
}

function vaultAnswers(description: string): Record<number, unknown> {
  const answer = { 'application/json': { schema: { $ref: '#/components/schemas/VaultAnswer' } } };
  const errors = { 'application/json': { schema: { $ref: '#/components/schemas/VaultErrors' } } };
  return {
    200: { description, content: answer },
    ...Object.fromEntries(
      [400, 403, 404, 429, 500, 503].map((status) => [
        status,
        { description: 'See errors.', content: errors },
      ]),
    ),
  };
}
