import type { Deliver, Person, Submitted, Turn } from '../../src/bot/channel.ts';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import type { Action, ActionData, Card, Form } from '../../src/cards/card.ts';
import { LINE_FIELDS } from '../../src/cards/forms.ts';
import { Secret } from '../../src/secret.ts';
import type { Fate, PersonAction } from './events.ts';
import type { Promises } from './promises.ts';
import { ACCOUNT, CAMILLE, DENIS, EVE, privately, type Replica, type Seen, type World } from './world.ts';

const PEOPLE: readonly Person[] = [
  { id: CAMILLE, name: 'Camille Roy', language: 'fr' },
  { id: DENIS, name: 'Denis Petit', language: 'fr' },
  { id: EVE, name: 'Eve Martin', language: 'fr' },
];

/** The account, as a card that was tampered with may write it. */
const SPELLINGS: readonly string[] = [
  ACCOUNT,
  ACCOUNT.toUpperCase(),
  ` ${ACCOUNT.replace('tech', 'ｔｅｃｈ')} `,
];

/** Who does something, and how they write the account. */
interface Hand {
  readonly turn: Turn;
  readonly spell: (data: ActionData) => ActionData;
}

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
  async live(actions: readonly PersonAction[]): Promise<void> {
    for (const action of actions) {
      await this.#world.scheduler.schedule(Promise.resolve(), `people ${action.kind}`);
      const answered = this.#do(action);
      if (action.waits) await answered;
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
  async #do(action: PersonAction): Promise<void> {
    this.#deliveries += 1;
    const deliver = this.#delivery(action, `delivery ${this.#deliveries}`);
    if (deliver === undefined) return;
    const copies = Array.from({ length: action.copies }, (_, i) => {
      const replica = this.#world.replica(action.replica + i);
      return Promise.race([deliver(replica), replica.died]);
    });
    await Promise.all(copies);
  }

  #delivery(action: PersonAction, delivery: string): Delivery | undefined {
    const person = PEOPLE[action.who] as Person;
    const turn: Turn = { person, place: privately(person.id), correlation: delivery };
    const account = SPELLINGS[action.spelling % SPELLINGS.length] as string;
    const hand: Hand = {
      turn,
      spell: (data) => (data.account === undefined || data.account === '' ? data : { ...data, account }),
    };
    switch (action.kind) {
      case 'say': {
        const { text } = action;
        return ({ bot }) =>
          this.#promises.judge(
            { did: 'said', turn, delivery },
            answerOf((deliver) => bot.conversation.said({ ...turn, text, delivery }, deliver)),
          );
      }
      case 'goOn':
        return this.#goOn(hand);
      case 'press':
        return this.#press(action, hand);
      case 'submit':
        return this.#submit(action, hand);
      case 'configure':
        return this.#configure(hand);
      case 'choose':
        return this.#choose(action.verb, hand);
      default:
        return action satisfies never;
    }
  }

  #goOn(hand: Hand): Delivery {
    const { turn, spell } = hand;
    const { store, messages } = this.#world;
    const record = store.peek<ResetRecord>(`reset/${ACCOUNT}`)?.value;
    const posted = record?.posted;
    const card = posted && messages.get(posted.message)?.card;
    const [button] = card?.actions.filter(isPressable) ?? [];
    if (record?.reset.step === 'submitRequest') this.#world.chorusPassword = this.#shownPassword;
    if (posted === undefined || card === undefined || button === undefined) {
      const begin = { ...turn, verb: 'begin', data: spell({ account: ACCOUNT }) };
      return ({ bot }) => this.#promises.judge({ did: 'clicked', turn }, bot.conversation.clicked(begin));
    }
    const pressed = this.#pressed(hand, { card, posted }, button);
    return async (replica) => {
      const form = await pressed(replica);
      if (form !== undefined) await this.#submitted(hand, form, this.#shownPassword)(replica);
    };
  }

  /** What the card offers, folded or not: with the data that its other buttons carry. */
  #choose(verb: string, { turn, spell }: Hand): Delivery | undefined {
    const { store, messages } = this.#world;
    const posted = store.peek<ResetRecord>(`reset/${ACCOUNT}`)?.value.posted;
    const card = posted && messages.get(posted.message)?.card;
    const button = card?.actions.find(isPressable);
    if (posted === undefined || button === undefined) return undefined;
    const click = { ...turn, verb, data: spell(button.data), clicked: posted };
    return async ({ bot }) => {
      const answering = bot.conversation.clicked(click);
      await this.#promises.judge({ did: 'clicked', turn, data: click.data }, answering);
      const answer = await answering;
      if (answer.kind === 'card') this.#world.show(posted, answer.card);
    };
  }

  #press(action: PersonAction & { kind: 'press' }, hand: Hand): Delivery | undefined {
    const seen = this.#world.seen.filter(({ card }) => card.actions.some(isPressable));
    const chosen = seen.at(-1 - (action.card % Math.max(1, seen.length)));
    const buttons = chosen?.card.actions.filter(isPressable) ?? [];
    const button = buttons[action.button % buttons.length];
    return chosen === undefined || button === undefined ? undefined : this.#pressed(hand, chosen, button);
  }

  /** Gives the form that the button has opened. */
  #pressed(
    { turn, spell }: Hand,
    { card, posted: clicked }: Seen,
    button: Pressable,
  ): Delivery<Form | undefined> {
    const data = spell({ ...button.data, ...choicesOf(card) });
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

  #submit(action: PersonAction & { kind: 'submit' }, hand: Hand): Delivery | undefined {
    const form = this.#forms.at(-1);
    const typed = {
      shown: this.#shownPassword,
      typo: `${this.#shownPassword}x`,
      empty: '',
      accent: 'né_avec_un_accent',
    };
    return form && this.#submitted(hand, form, typed[action.typed]);
  }

  #configure(hand: Hand): Delivery {
    const { turn, spell } = hand;
    const data = spell({ account: ACCOUNT });
    return async (replica) => {
      const { conversation } = replica.bot;
      const testing = conversation.clicked({ ...turn, verb: 'testConnection', data });
      await this.#promises.judge({ did: 'clicked', turn, data }, testing);
      const opening = conversation.opened({ ...turn, form: 'configurationPassword', data });
      await this.#promises.judge({ did: 'opened', turn }, opening);
      const opened = await opening;
      if (opened.kind === 'form')
        await this.#submitted(hand, this.#kept(opened.form), this.#shownPassword)(replica);
    };
  }

  #submitted({ turn, spell }: Hand, { name, data: carried }: Form, typed: string): Delivery {
    const data = spell(carried);
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
