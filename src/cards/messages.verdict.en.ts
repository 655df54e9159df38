import type { DiagnosisView, VerdictSentences } from './messages.verdict.ts';
import { text } from './text.ts';

/** The English counterpart of `messages.verdict.ts`: what is true, and what to do. */
export const verdictEn: VerdictSentences = {
  accepted: {
    fact: () => text`Chorus Pro accepts the login and the password of the technical account.`,
    cure: () => text`There is nothing to do.`,
  },
  technicalAccount: {
    fact: () => text`Chorus Pro refused the login or the password of the **technical account**.`,
    cure: () =>
      text`If the password has just been reset, it may not be active yet: wait up to half an hour. Otherwise, enter it again or reset it.`,
  },
  refusedInWords: {
    fact: (known) => text`Chorus Pro refused the **technical account**, and says why: **${said(known)}**.`,
    cure: () =>
      text`Settle this on the Chorus Pro portal (**Raccordements**, **Compte technique**), then test again.`,
  },
  pisteApplication: {
    fact: () =>
      text`PISTE, through which the bot reaches Chorus Pro, refused the bot's **PISTE application**. The password was not tried: it is not at fault.`,
    cure: () => text`Tell the bot's administrator: the PISTE application is refused.`,
    administrators: () =>
      text`Correct PISTE_CLIENT_ID or PISTE_CLIENT_SECRET, or activate the application on PISTE again.`,
  },
  pisteAnswer: {
    fact: (known) =>
      text`PISTE, through which the bot reaches Chorus Pro, did not answer properly${status(known)}: the password was not tried.`,
    cure: () => text`If this lasts, tell the bot's administrator: PISTE does not answer properly.`,
    administrators: () => text`PISTE gives no usable token: check CHORUS_TOKEN_URL.`,
  },
  tokenRefused: {
    fact: () =>
      text`Chorus Pro did not recognise the access that PISTE has just given the bot: the password was not tried.`,
    cure: () => text`Tell the bot's administrator: PISTE and Chorus Pro do not agree.`,
    administrators: () =>
      text`Chorus Pro refuses the token from PISTE: check that CHORUS_TOKEN_URL and CHORUS_API_URL belong to the same environment, and that no proxy removes the Authorization header.`,
  },
  notAuthorised: {
    fact: () =>
      text`Chorus Pro does not allow the bot to call for this account, and does not say why (403): the password is neither accepted nor refused.`,
    cure: () =>
      text`Tell the bot's administrator. To be checked: subscription, terms (CGU), raccordement or environment.`,
    administrators: () =>
      text`On PISTE, check the application's **subscription** to the API and that its **terms (CGU)** are accepted; on Chorus Pro, the **raccordement** of the structure; and that the account belongs to this **environment**.`,
  },
  notSubscribed: {
    fact: () =>
      text`The bot's PISTE application has no access to Chorus Pro for this account (403): the password is neither accepted nor refused.`,
    cure: () =>
      text`Tell the bot's administrator. What is missing is the **subscription** to the API, the acceptance of its **terms (CGU)** or the **raccordement** of the structure.`,
    administrators: () =>
      text`On PISTE, subscribe the application to the API and accept its **terms (CGU)**; on Chorus Pro, check the **raccordement** of the structure with the application.`,
  },
  notRouted: {
    fact: () => text`PISTE does not know the address that was called (403): the password was not tried.`,
    cure: () =>
      text`Tell the bot's administrator: the address of the API or the subscription needs checking.`,
    administrators: () =>
      text`Check CHORUS_API_URL, then the application's **subscription** to the API and its **terms (CGU)**.`,
  },
  wrongEnvironment: {
    fact: ({ environment }) =>
      environment === 'sandbox'
        ? text`This is a **production account**, and the bot is in the **qualification environment** (403): the password is neither accepted nor refused.`
        : text`This is a **qualification account**, and the bot is in the **production environment** (403): the password is neither accepted nor refused.`,
    cure: ({ environment }) =>
      environment === 'sandbox'
        ? text`Tell the bot's administrator: a qualification account is needed here.`
        : text`Tell the bot's administrator: a production account is needed here.`,
    administrators: ({ environment }) =>
      environment === 'sandbox'
        ? text`Add the qualification account, or change CHORUS_ENVIRONMENT.`
        : text`Add the production account, or change CHORUS_ENVIRONMENT.`,
  },
  wrongAddress: {
    fact: (known) =>
      text`${who(known)} does not answer at the address that was called${status(known)}: the password was not tried.`,
    cure: () => text`Tell the bot's administrator: the bot's address or environment needs correcting.`,
    administrators: (known) => text`Correct ${address(known)} or CHORUS_ENVIRONMENT.`,
  },
  busy: {
    fact: (known) =>
      text`${who(known)} is getting too many requests and asks to wait: the password is not at fault.`,
    cure: () => text`All it takes is to wait.`,
  },
  unavailable: {
    fact: (known) =>
      text`${who(known)} is down or under maintenance${status(known)}: the password is not at fault.`,
    cure: () => text`All it takes is to wait.`,
  },
  timeout: {
    fact: (known) =>
      text`${who(known)} did not answer in time: the password is neither accepted nor refused.`,
    cure: () => text`All it takes is to wait.`,
  },
  dns: {
    fact: (known) =>
      text`The bot did not find ${who(known)} on the network: the password is neither accepted nor refused.`,
    cure: () => text`If this lasts, tell the bot's administrator: the name service (DNS) needs checking.`,
    administrators: (known) =>
      text`If this lasts, check the name service (DNS) of the machine, and ${address(known)}.`,
  },
  unreachable: {
    fact: (known) =>
      text`The bot cannot reach ${who(known)}, or the connection was cut off: the password is neither accepted nor refused.`,
    cure: () => text`If this lasts, tell the bot's administrator: the network needs checking.`,
    administrators: () =>
      text`If this lasts, check the firewall, and HTTPS_PROXY if the network goes through a proxy.`,
  },
  tls: {
    fact: (known) =>
      text`The encrypted connection to ${who(known)} could not be verified. To be safe, the password was not sent.`,
    cure: () => text`Tell the bot's administrator: a certificate is not recognised (TLS).`,
    administrators: () =>
      text`A certificate is not recognised (TLS): if a proxy decrypts the traffic, give its certificate by NODE_EXTRA_CA_CERTS.`,
  },
  proxy: {
    fact: (known) =>
      text`The proxy ${known.proxy ?? 'of the network'} does not let the bot reach ${who(known)}${status(known)}: the password was not tried.`,
    cure: () => text`Tell the bot's administrator: the proxy needs setting up.`,
    administrators: () => text`Correct HTTPS_PROXY (address, name and password) or NO_PROXY.`,
  },
  attemptsSpent: {
    fact: () =>
      text`This password has already been tried several times within twenty-four hours. So as not to risk locking the account, I am not trying it again for now.`,
    cure: () => text`If you have another one, enter it; otherwise, wait: nothing is lost.`,
    administrators: () =>
      text`“npm run admin -- journal show” shows what Chorus Pro answered to each attempt.`,
  },
  notOpened: {
    fact: () => text`I can no longer open the kept password, so it was not tried.`,
    cure: () =>
      text`Enter it again if you still have it, otherwise reset it; and tell the bot's administrator.`,
    administrators: () =>
      text`Put the missing key back into STORE_KEYS_FILE: “npm run admin -- doctor” names the passwords that do not open.`,
  },
  unexpected: {
    fact: (known) =>
      text`Chorus Pro gave an answer that was not foreseen: **${said(known)}**. The password is neither accepted nor refused.`,
    cure: () =>
      text`If this lasts, contact the support of Chorus Pro and give them the **details for support**.`,
  },
};

function who({ at }: DiagnosisView): string {
  return at === 'token' ? 'PISTE' : 'Chorus Pro';
}

function address({ at }: DiagnosisView): string {
  return at === 'token' ? 'CHORUS_TOKEN_URL' : 'CHORUS_API_URL';
}

function status({ status: answered }: DiagnosisView): string {
  return answered === undefined ? '' : ` (${answered})`;
}

/** As Chorus Pro has said it, in its own French. */
function said({ status: answered, codeRetour, libelle, code: error }: DiagnosisView): string {
  const own = [codeRetour, libelle].filter((part) => part !== undefined);
  const parts =
    own.length > 0 && answered === 200
      ? own
      : [answered === undefined ? undefined : `status ${answered}`, ...own, error];
  return parts.filter((part) => part !== undefined).join(', ') || 'without a word';
}
