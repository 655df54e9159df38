import { randomUUID } from 'node:crypto';
import { actionDataOf, type Card } from '../../cards/card.ts';
import { LINE_FIELDS, PASSWORD_FIELD } from '../../cards/forms.ts';
import { errorFields, type Log } from '../../log.ts';
import { Secret } from '../../secret.ts';
import { type Conversation, type Place, PlaceGone, TryLater, type Turn } from '../channel.ts';
import {
  type Activity,
  addsTheBot,
  answerToClick,
  answerToOpening,
  answerToTask,
  clickShape,
  type InvokeAnswer,
  otherTextsOf,
  personOf,
  placeOf,
  taskShape,
  tenantOf,
  textOf,
} from './activities.ts';
import { hostOf, type ServiceAddresses } from './service-address.ts';

export interface IncomingOptions {
  readonly conversation: Conversation;
  readonly addresses: ServiceAddresses;
  /** Undefined serves all. */
  readonly allowedTenants: ReadonlySet<string> | undefined;
  /** Undefined takes any. */
  readonly channelId: string | undefined;
  /** Called with each tenant that is served, and where Teams takes calls about it. */
  readonly served: (tenant: string, serviceUrl: string) => void;
  /** Shows the cards of an answer. */
  readonly deliver: (place: Place, cards: readonly Card[]) => Promise<void>;
  readonly log: Log;
}

/** What Teams is answered, to what it has sent: the conversation's answer, or none to whoever is not served. */
export class Incoming {
  readonly #options: IncomingOptions;

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  async answer(activity: Activity): Promise<InvokeAnswer> {
    const { addresses, served } = this.#options;
    const tenant = tenantOf(activity);
    const serviceUrl = addresses.allowed(activity.serviceUrl);
    const reason = this.#refusalOf(activity, tenant, serviceUrl);
    if (tenant === undefined || serviceUrl === undefined || reason !== undefined) {
      const { id: person } = personOf(activity, tenant ?? 'none');
      this.#options.log.warn('teams.notServed', { platform: 'teams', tenant, person, reason });
      return { status: 403 };
    }
    served(tenant, serviceUrl);
    const turn: Turn = {
      person: personOf(activity, tenant),
      place: placeOf(activity, serviceUrl),
      correlation: randomUUID(),
    };
    return activity.type === 'invoke' ? this.#invoke(activity, turn) : this.#said(activity, turn);
  }

  /** Why whoever has sent this is not served, in the words of the configuration. */
  #refusalOf(
    activity: Activity,
    tenant: string | undefined,
    serviceUrl: string | undefined,
  ): string | undefined {
    const { allowedTenants, channelId } = this.#options;
    if (channelId !== undefined && activity.channelId !== channelId) return 'channelId';
    if (serviceUrl === undefined) return `TEAMS_SERVICE_HOSTS ${hostOf(activity.serviceUrl)}`;
    if (tenant === undefined) return 'two tenants';
    return allowedTenants?.has(tenant) === false ? 'ALLOWED_TENANTS' : undefined;
  }

  /** A message, or that the bot was added; everything else that is no invoke passes by. */
  async #said(activity: Activity, turn: Turn): Promise<InvokeAnswer> {
    const { conversation, deliver, log } = this.#options;
    const { type, id = randomUUID() } = activity;
    const place = activity.conversation.id;
    const show = (cards: readonly Card[]) => deliver(turn.place, cards);
    try {
      if (type === 'message') {
        // Two conversations may each have a message of this id.
        const delivery = `${place} ${id}`;
        const others = otherTextsOf(activity);
        await conversation.said({ ...turn, text: textOf(activity), others, delivery }, show);
      } else if (type === 'messageUpdate') {
        const delivery = `${place} ${id} ${activity.timestamp ?? randomUUID()}`;
        await conversation.edited(
          { ...turn, text: textOf(activity), others: otherTextsOf(activity), delivery },
          show,
        );
      } else if (addsTheBot(activity)) {
        // Teams tells of one installation in two ways: one greeting for a conversation.
        await conversation.welcomed({ ...turn, text: '', delivery: `welcome ${place}` }, show);
      }
      return { status: 200 };
    } catch (error) {
      const isLater = error instanceof TryLater;
      // What Teams answered to our call is never our own answer to it.
      if (!isLater && !(error instanceof PlaceGone)) throw new Error('Not answered', { cause: error });
      const { correlation, person } = turn;
      const reason = isLater ? undefined : error.reason;
      const fields = { platform: 'teams', correlation, person: person.id, reason, ...errorFields(error) };
      log.warn('teams.notDelivered', fields);
      // Teams delivers again what was answered 503; where nothing can be posted that would be of no use.
      return { status: isLater ? 503 : 200 };
    }
  }

  async #invoke({ value, replyToId, name }: Activity, turn: Turn): Promise<InvokeAnswer> {
    const { conversation } = this.#options;
    const clicked = replyToId === undefined ? {} : { clicked: { place: turn.place, message: replyToId } };
    if (name === 'adaptiveCard/action') {
      const click = clickShape.safeParse(value);
      if (!click.success) return this.#unknownShape(click.error);
      const { verb, data = {} } = click.data.action;
      const answer = await conversation.clicked({ ...turn, verb, data: actionDataOf(data), ...clicked });
      return answerToClick(answer);
    }
    const task = taskShape.safeParse(value);
    if (!task.success) return this.#unknownShape(task.error);
    const { form, ...sent } = task.data.data;
    if (name === 'task/submit') return this.#submitted(turn, form, sent);
    if (name !== 'task/fetch') return { status: 400 };
    const answer = await conversation.opened({ ...turn, form, data: actionDataOf(sent), ...clicked });
    return answerToOpening(answer, turn.person.language);
  }

  async #submitted(
    turn: Turn,
    form: string,
    { [PASSWORD_FIELD]: typed, ...sent }: Readonly<Record<string, unknown>>,
  ): Promise<InvokeAnswer> {
    const { conversation, log } = this.#options;
    const lines = Object.fromEntries(LINE_FIELDS.map((id) => [id, typedIn(sent[id])]));
    const password = new Secret(typedIn(typed));
    const submission = { ...turn, form, data: actionDataOf(sent), lines };
    const answer = await conversation.submitted(submission, password);
    // A dialog that was answered cannot be changed: the word that follows stands on the card.
    if (answer.kind === 'notice')
      answer.later?.catch((error: unknown) =>
        log.warn('teams.failed', { platform: 'teams', ...errorFields(error) }),
      );
    return answerToTask(answer);
  }

  #unknownShape(error: unknown): InvokeAnswer {
    this.#options.log.warn('teams.unknownShape', { platform: 'teams', ...errorFields(error) });
    return { status: 400 };
  }
}

/** What was typed; anything else than a text was typed by nobody. */
function typedIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
