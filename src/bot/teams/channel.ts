import type { FastifyInstance } from 'fastify';
import { LruMap } from 'toad-cache';
import type { Card } from '../../cards/card.ts';
import type { TeamsConfig } from '../../config.ts';
import { errorFields, type Log } from '../../log.ts';
import type { PersonId } from '../../person.ts';
import type { Channel, Conversation, Place, Posted } from '../channel.ts';
import type { ReportHealth } from '../outgoing/platform-health.ts';
import { patient } from '../outgoing/retries.ts';
import { activityShape, cardActivity, outOfThread } from './activities.ts';
import { Connector, secretRefusal } from './connector.ts';
import { Incoming } from './incoming.ts';
import { ServiceAddresses } from './service-address.ts';
import { KeysUnavailable } from './signing-keys.ts';
import { TeamsTokens, TokenRefused } from './tokens.ts';

/** `anonymous` asks nobody for a token: for the demo, on loopback, and for nothing else. */
export type TeamsAuthentication = TeamsConfig | 'anonymous';

export interface TeamsOptions {
  readonly authentication: TeamsAuthentication;
  /** The tenants that are served; undefined serves all, for the demo. */
  readonly allowedTenants: ReadonlySet<string> | undefined;
  readonly reportHealth: ReportHealth;
  readonly log: Log;
}

/** More tenants than anybody serves. */
const MOST_TENANTS = 1_000;

/** Teams: verifies what comes, translates it, calls the conversation, and shows its cards. */
export class TeamsChannel implements Channel {
  readonly platform = 'teams';
  readonly #options: TeamsOptions;
  /** Undefined where nobody is asked for a token. */
  readonly #tokens: TeamsTokens | undefined;
  readonly #addresses: ServiceAddresses;
  readonly #connector: Connector;
  /** Where Teams was last reached from each tenant. */
  readonly #serviceUrls = new LruMap<string>(MOST_TENANTS);

  constructor(options: TeamsOptions) {
    const { authentication, reportHealth, log } = options;
    const config = authentication === 'anonymous' ? undefined : authentication;
    this.#options = options;
    this.#tokens = config && new TeamsTokens(config, log);
    this.#addresses = new ServiceAddresses(config === undefined ? 'loopback' : (config.serviceOrigins ?? []));
    this.#connector = new Connector({
      config,
      addresses: this.#addresses,
      secretRefused: (code) => reportHealth('secret', code),
    });
  }

  /** Answers `POST /api/messages` of this server with what the conversation says. */
  mount(app: FastifyInstance, conversation: Conversation): void {
    const { authentication, allowedTenants, log } = this.#options;
    const incoming = new Incoming({
      conversation,
      addresses: this.#addresses,
      allowedTenants,
      channelId: authentication === 'anonymous' ? undefined : 'msteams',
      served: (tenant, serviceUrl) => this.#serviceUrls.set(tenant, serviceUrl),
      deliver: (place, cards) => this.#post(place, cards),
      log,
    });
    app.post('/api/messages', async (request, reply) => {
      const parsed = activityShape.safeParse(request.body);
      if (!parsed.success) {
        log.warn('teams.unknownShape', { platform: 'teams', ...errorFields(parsed.error) });
        return reply.code(400).send({ error: 'Bad Request' });
      }
      try {
        await this.#tokens?.verify(request.headers.authorization ?? '', parsed.data);
      } catch (error) {
        if (error instanceof KeysUnavailable) {
          const seconds = Math.ceil(error.retryAfterMs / 1000);
          return reply.code(503).header('retry-after', seconds).send({ error: 'Service Unavailable' });
        }
        if (!(error instanceof TokenRefused)) throw error;
        log.warn('teams.refused', { platform: 'teams', ...errorFields(error) });
        return reply.code(401).send({ error: 'Unauthorized' });
      }
      const { status, body } = await incoming.answer(parsed.data);
      return reply.code(status).send(body);
    });
  }

  async show(to: Place, card: Card): Promise<Posted> {
    const place = await this.#opened(to);
    return { place, message: await this.#connector.post(addressOf(place), cardActivity(place, card)) };
  }

  async replace({ place, message }: Posted, card: Card): Promise<void> {
    await this.#connector.update(addressOf(place), message, cardActivity(place, card));
  }

  /** Teams lets the bot write first where it is installed for this person. */
  privately(person: PersonId): Place | undefined {
    const { allowedTenants, authentication } = this.#options;
    const [, tenant = '', user = ''] = person.split(':');
    const serviceUrl = this.#serviceUrls.get(tenant) ?? publicServiceUrl(authentication);
    if (serviceUrl === undefined || allowedTenants?.has(tenant) === false) return undefined;
    return { platform: 'teams', private: true, address: { serviceUrl, tenant, user } };
  }

  outOfThread(place: Place): Place {
    return outOfThread(place);
  }

  async checkSecret(): Promise<void> {
    const { reportHealth } = this.#options;
    try {
      await this.#connector.askForToken();
      reportHealth('secret', undefined);
    } catch (error) {
      // « Could not ask » is not « no ».
      const code = secretRefusal(error);
      if (code !== undefined) reportHealth('secret', code);
    }
  }

  /** The place itself; or, of somebody who has not written to the bot, the conversation with them. */
  async #opened(place: Place): Promise<Place> {
    const { serviceUrl = '', tenant, user } = place.address;
    if (tenant === undefined || user === undefined) return place;
    const conversation = await this.#connector.open(serviceUrl, { tenant, user });
    return { ...place, address: { serviceUrl, conversation } };
  }

  async #post(place: Place, cards: readonly Card[]): Promise<void> {
    for (const card of cards) await patient(this).show(place, card);
  }
}

/** For every tenant of the public cloud; a sovereign cloud's is known once somebody has written from there. */
function publicServiceUrl(authentication: TeamsAuthentication): string | undefined {
  if (authentication === 'anonymous') return undefined;
  const isPublic = Object.values(authentication.endpoints).every((endpoint) => endpoint === undefined);
  return isPublic ? 'https://smba.trafficmanager.net/teams/' : undefined;
}

function addressOf({ address }: Place): { serviceUrl: string; conversation: string } {
  const { serviceUrl = '', conversation = '' } = address;
  return { serviceUrl, conversation };
}
