import type { Deliver, Person, Submitted, Turn } from '../../src/bot/channel.ts';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import type { Action, Card, Form } from '../../src/cards/card.ts';
import { LINE_FIELDS } from '../../src/cards/forms.ts';
import { Secret } from '../../src/secret.ts';
import type { Deed, Fate } from './events.ts';
import type { Promises } from './promises.ts';
import { ACCOUNT, CAMILLE, DENIS, EVE, privately, type Replica, type Seen, type World } from './world.ts';

const PEOPLE: readonly Person[] = [
  { id: CAMILLE, name: 'Camille Roy', language: 'fr' },
  { id: DENIS, name: 'Denis Petit', language: 'fr' },
  { id: EVE, name: 'Eve Martin', language: 'fr' },
];

/** Does what a schedule says that people do, and what befalls them, and shows every answer to the promises. */
export class People {
  readonly #world: World;
  readonly #promises: Promises;
  /** Every form that was ever opened, or came back, the newest last. */
  readonly #forms: Form[] = [];
  #shown = 1;
  #deliveries = 0;

  constructor(world: World, promises: Promises) {
    this.#world = world;
    this.#promises = promises;
  }

  /** One after the other, each at the instant that the scheduler chooses. */
  async live(deeds: readonly Deed[]): Promise<void> {
    for (const deed of deeds) {
      await this.#world.scheduler.schedule(Promise.resolve(), `people ${deed.kind}`);
      const answered = this.#do(deed);
      if (deed.waits) await answered;
    }
  }

  async suffer(fates: readonly Fate[]): Promise<void> {
    for (const fate of fates) {
      await this.#world.scheduler.schedule(Promise.resolve(), `fate ${fate.kind}`);
      await this.#befall(fate);
    }
  }

  async #befall(fate: Fate): Promise<void> {
    const world = this.#world;
    switch (fate.kind) {
      case 'crash':
        return world.crash(fate.replica);
      case 'pass':
        world.pass(fate.ms);
        return world.tick();
      case 'trouble':
        return world.trouble(fate.port, fate.how, fate.calls);
      case 'soumettre':
        world.chorusPassword = this.#shownPassword;
        return;
      case 'showAnother':
        this.#shown += 1;
        return;
      case 'handOver':
        return world.handOver(fate.to);
      default:
        fate satisfies never;
    }
  }

  get #shownPassword(): string {
    return `Nouveau_mot${this.#shown}passe`;
  }

  /** The same delivery, as often as the platform makes it, each on the next replica. */
  async #do(deed: Deed): Promise<void> {
    this.#deliveries += 1;
    const deliver = this.#delivery(deed, `delivery ${this.#deliveries}`);
    if (deliver === undefined) return;
    const copies = Array.from({ length: deed.copies }, (_, i) => {
      const replica = this.#world.replica(deed.replica + i);
      return Promise.race([deliver(replica), replica.died]);
    });
    await Promise.all(copies);
  }

  #delivery(deed: Deed, delivery: string): Delivery | undefined {
    const person = PEOPLE[deed.who] as Person;
    const turn: Turn = { person, place: privately(person.id), correlation: delivery };
    switch (deed.kind) {
      case 'say': {
        const { text } = deed;
        return ({ bot }) =>
          this.#promises.judge(
            { did: 'said', turn, delivery },
            answerOf((deliver) => bot.conversation.said({ ...turn, text, delivery }, deliver)),
          );
      }
      case 'goOn':
        return this.#goOn(turn);
      case 'press':
        return this.#press(deed, turn);
      case 'submit':
        return this.#submit(deed, turn);
      default:
        return deed satisfies never;
    }
  }

  #goOn(turn: Turn): Delivery {
    const { store, messages } = this.#world;
    const record = store.peek<ResetRecord>(`reset/${ACCOUNT}`)?.value;
    const posted = record?.posted;
    const card = posted && messages.get(posted.message)?.card;
    const [button] = card?.actions.filter(isPressable) ?? [];
    if (record?.reset.step === 'submitRequest') this.#world.chorusPassword = this.#shownPassword;
    if (posted === undefined || card === undefined || button === undefined) {
      const begin = { ...turn, verb: 'begin', data: { account: ACCOUNT } };
      return ({ bot }) => this.#promises.judge({ did: 'clicked', turn }, bot.conversation.clicked(begin));
    }
    const pressed = this.#pressed(turn, { card, posted }, button);
    return async (replica) => {
      const form = await pressed(replica);
      if (form !== undefined) await this.#submitted(turn, form, this.#shownPassword)(replica);
    };
  }

  #press(deed: Deed & { kind: 'press' }, turn: Turn): Delivery | undefined {
    const seen = this.#world.seen.filter(({ card }) => card.actions.some(isPressable));
    const chosen = seen.at(-1 - (deed.card % Math.max(1, seen.length)));
    const buttons = chosen?.card.actions.filter(isPressable) ?? [];
    const button = buttons[deed.button % buttons.length];
    return chosen === undefined || button === undefined ? undefined : this.#pressed(turn, chosen, button);
  }

  /** Gives the form that the button has opened. */
  #pressed(turn: Turn, { card, posted: clicked }: Seen, button: Pressable): Delivery<Form | undefined> {
    const data = { ...button.data, ...choicesOf(card) };
    if (button.kind === 'send') {
      if (button.verb === 'snooze') this.#world.excuses += 1;
      const click = { ...turn, verb: button.verb, data, clicked };
      return async ({ bot }) => {
        const answering = bot.conversation.clicked(click);
        await this.#promises.judge({ did: 'clicked', turn, data }, answering);
        const answer = await answering;
        // The platform shows the answer on the clicked message at once.
        if (answer.kind === 'card') this.#world.show(clicked, answer.card);
        return undefined;
      };
    }
    return async ({ bot }) => {
      const answering = bot.conversation.opened({ ...turn, form: button.form, data, clicked });
      await this.#promises.judge({ did: 'opened', turn }, answering);
      const answer = await answering;
      return answer.kind === 'form' ? this.#kept(answer.form) : undefined;
    };
  }

  #submit(deed: Deed & { kind: 'submit' }, turn: Turn): Delivery | undefined {
    const form = this.#forms.at(-1);
    const typed = {
      shown: this.#shownPassword,
      typo: `${this.#shownPassword}x`,
      empty: '',
      accent: 'né_avec_un_accent',
    };
    return form && this.#submitted(turn, form, typed[deed.typed]);
  }

  #submitted(turn: Turn, { name, data }: Form, typed: string): Delivery {
    const lines = { [LINE_FIELDS[0]]: '18/04/2028 02:00:00' };
    const submitted: Submitted = { ...turn, form: name, data, lines };
    return async ({ bot }) => {
      const answering = bot.conversation.submitted(submitted, new Secret(typed));
      await this.#promises.judge({ did: 'submitted', turn, data, typed }, answering);
      const answer = await answering;
      if (answer.kind === 'form') this.#kept(answer.form);
    };
  }

  #kept(form: Form): Form {
    this.#forms.push(form);
    return form;
  }
}

/** One arrival of what somebody does, at one replica. */
type Delivery<Answer = unknown> = (replica: Replica) => Promise<Answer>;

type Pressable = Exclude<Action, { kind: 'link' }>;

function isPressable(action: Action): action is Pressable {
  return action.kind !== 'link';
}

/** What stands chosen on a card comes back with its buttons. */
function choicesOf({ body }: Card): Record<string, string> {
  const choices = body.flatMap((block) => (block.kind === 'choice' ? [[block.id, block.value]] : []));
  return Object.fromEntries(choices);
}

/** The cards that were delivered; none where the message was answered before. */
async function answerOf(say: (deliver: Deliver) => Promise<void>): Promise<readonly Card[]> {
  let answer: readonly Card[] = [];
  await say(async (cards) => {
    answer = cards;
  });
  return answer;
}
