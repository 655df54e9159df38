/** What Chorus Pro answers a wrong password, as the samples show it beside the sentence. */
export const WRONG_PASSWORD = {
  at: 'api',
  status: 401,
  correlationId: 'Id-7a1c0f2e9b3d4c5e6f708193 0',
  durationMs: 287,
  environment: 'production',
} as const;
