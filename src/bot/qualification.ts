import type { Card } from '../cards/card.ts';
import { inQualification } from '../cards/environment.ts';
import { CHORUS } from '../cards/messages.ts';
import type { Channel, Conversation, Deliver, FormAnswer, Notice } from './channel.ts';

// Every card, form and page of a bot in qualification says so: both ways out are marked, and no card can forget it.

/** The channel, with « Qualification » on all that the bot posts by itself. */
export function markedChannel(channel: Channel): Channel {
  const { privately, outOfThread, checkSecret } = channel;
  return {
    platform: channel.platform,
    show: (place, card) => channel.show(place, inQualification(card)),
    replace: (posted, card) => channel.replace(posted, inQualification(card)),
    ...(privately === undefined ? {} : { privately: privately.bind(channel) }),
    ...(outOfThread === undefined ? {} : { outOfThread: outOfThread.bind(channel) }),
    ...(checkSecret === undefined ? {} : { checkSecret: checkSecret.bind(channel) }),
  };
}

/** The conversation, with the same on all that it answers. */
export function markedConversation(conversation: Conversation): Conversation {
  const marking =
    (deliver: Deliver): Deliver =>
    (cards: readonly Card[]) =>
      deliver(cards.map(inQualification));
  return {
    welcomed: (turn, deliver) => conversation.welcomed(turn, marking(deliver)),
    said: (turn, deliver) => conversation.said(turn, marking(deliver)),
    edited: (turn, deliver) => conversation.edited(turn, marking(deliver)),
    async clicked(turn) {
      const answer = await conversation.clicked(turn);
      return answer.kind === 'card' ? { ...answer, card: inQualification(answer.card) } : answer;
    },
    opened: async (turn) => markedOpening(await conversation.opened(turn)),
    async submitted(turn, password) {
      const answer = await conversation.submitted(turn, password);
      return answer.kind === 'form'
        ? { kind: 'form', form: inQualification(answer.form) }
        : markedNotice(answer);
    },
  };
}

function markedOpening(answer: FormAnswer): FormAnswer {
  if (answer.kind === 'form') return { kind: 'form', form: inQualification(answer.form) };
  return answer.kind === 'notice' ? { ...answer, text: marked(answer.text) } : answer;
}

function markedNotice(notice: Notice): Notice {
  const { text, later } = notice;
  return {
    ...notice,
    text: marked(text),
    ...(later === undefined ? {} : { later: later.then((last) => last && markedNotice(last)) }),
  };
}

function marked(text: string): string {
  return `${CHORUS.qualification} – ${text}`;
}
