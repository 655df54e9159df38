import type { Conversation, Turn } from '../src/bot/channel.ts';
import type { AccountId, Accounts } from '../src/store/accounts.ts';

/** The manager that the seeded account is given until somebody has come. */
export const NOBODY = 'teams:demo:nobody';

/** In the demo, and only there: whoever writes first becomes the gestionnaire principal of the seeded account. */
export function adoptFirstComer(account: AccountId) {
  return (conversation: Conversation, accounts: Accounts): Conversation => {
    const adopt = async ({ person }: Turn): Promise<void> => {
      const seeded = await accounts.find(account);
      if (seeded?.manager !== NOBODY) return;
      await accounts.change(account, (a) => (a.manager === NOBODY ? { ...a, manager: person.id } : a));
    };
    return {
      // Being greeted is not writing: in a channel the bot is installed by somebody else.
      welcomed: (turn, deliver) => conversation.welcomed(turn, deliver),
      said: async (turn, deliver) => {
        await adopt(turn);
        return conversation.said(turn, deliver);
      },
      edited: (turn, deliver) => conversation.edited(turn, deliver),
      clicked: (turn) => conversation.clicked(turn),
      opened: (turn) => conversation.opened(turn),
      submitted: (turn, password) => conversation.submitted(turn, password),
    };
  };
}
