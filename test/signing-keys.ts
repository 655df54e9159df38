import { Sealer } from '../src/store/seal.ts';

/** For journals of which no test asks who signed them. */
export const SIGNING = new Sealer([{ kid: 'signing', bytes: new Uint8Array(32).fill(3) }]);
