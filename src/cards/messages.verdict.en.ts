import type { DiagnosisView } from './messages.verdict.ts';
import { text } from './text.ts';

type Known = DiagnosisView;

/** The English counterpart of `messages.verdict.ts`: what is true, and what to do. */
export const verdictEn = {
  accepted: () => text`Chorus Pro accepts the technical account: there is nothing to do.`,
  technicalAccount: () =>
    text`Chorus Pro refused **the technical account**: its login or its password. If it has just been reset, wait up to half an hour; otherwise, enter it again, or reset it.`,
  refusedInWords: (known: Known) =>
    text`Chorus Pro refused the technical account and says why: **${said(known)}**. Settle it on the portal (**Raccordements**, **Compte technique**), then test again.`,
  pisteApplication: () =>
    text`PISTE refused **the PISTE application** before it even looked at the password, which is therefore not at fault. Tell the bot's administrator: PISTE_CLIENT_ID or PISTE_CLIENT_SECRET needs correcting, or the application has to be activated on PISTE again.`,
  pisteAnswer: (known: Known) =>
    text`PISTE gave no usable token${status(known)}: nobody looked at the password. If this lasts, tell the bot's administrator: CHORUS_TOKEN_URL needs checking.`,
  tokenRefused: () =>
    text`Chorus Pro does not know the token that PISTE has just given: nobody looked at the password. Tell the bot's administrator: CHORUS_TOKEN_URL and CHORUS_API_URL must be of the same environment, and no proxy may take the Authorization header away.`,
  notAuthorised: () =>
    text`Chorus Pro does not allow this call for this account and does not say why (403): subscription, terms (CGU), raccordement or environment. Tell the bot's administrator: on PISTE, they check the application's **subscription** to the API and that its **terms (CGU)** are accepted; on Chorus Pro, the **raccordement** of the structure; and that the account is of this **environment**.`,
  notSubscribed: () =>
    text`The PISTE application has no access to Chorus Pro for this account (403). Tell the bot's administrator: the **subscription** to the API is missing, its **terms (CGU)** are not accepted, or the **raccordement** of the structure is missing.`,
  notRouted: () =>
    text`PISTE does not know the address that is called (403). Tell the bot's administrator: CHORUS_API_URL needs checking, then the application's **subscription** to the API and its **terms (CGU)**.`,
  wrongEnvironment: ({ environment }: Known) =>
    environment === 'sandbox'
      ? text`This is a **production account**, and the bot is in the **qualification environment** (403). Take a qualification account, or ask the bot's administrator to change CHORUS_ENVIRONMENT.`
      : text`This is a **qualification account**, and the bot is in the **production environment** (403). Take a production account, or ask the bot's administrator to change CHORUS_ENVIRONMENT.`,
  wrongAddress: (known: Known) =>
    text`${who(known)} does not answer at the address that is called${status(known)}: address or environment to be corrected. Tell the bot's administrator: ${known.at === 'token' ? 'CHORUS_TOKEN_URL' : 'CHORUS_API_URL'} and CHORUS_ENVIRONMENT need checking.`,
  busy: (known: Known) =>
    text`${who(known)} is getting too many requests and asks us to wait. There is nothing to do: the test will be made again.`,
  unavailable: (known: Known) =>
    text`${who(known)} is down or under maintenance${status(known)}. There is nothing to do: the test will be made again.`,
  timeout: (known: Known) =>
    text`${who(known)} did not answer in time. There is nothing to do: the test will be made again.`,
  dns: (known: Known) =>
    text`The name of ${who(known)} was not found (DNS)${code(known)}. If this lasts, tell the bot's administrator: the name service and the address need checking.`,
  unreachable: (known: Known) =>
    text`The connection to ${who(known)} fails, or was cut off${code(known)}. If this lasts, tell the bot's administrator: the firewall needs checking, and HTTPS_PROXY if the network goes through a proxy.`,
  tls: (known: Known) =>
    text`The encrypted connection to ${who(known)} could not be verified (TLS)${code(known)}. Tell the bot's administrator: if a proxy decrypts what goes through it, its certificate is to be given by NODE_EXTRA_CA_CERTS.`,
  proxy: (known: Known) =>
    text`The proxy ${known.proxy ?? 'of the network'} lets nothing through to ${who(known)}${status(known) || code(known)}. Tell the bot's administrator: HTTPS_PROXY (address, name and password) or NO_PROXY needs correcting.`,
  attemptsSpent: () =>
    text`This password was tried often enough today. So as not to risk locking the account, it is not tried again before tomorrow; nothing is lost.`,
  notOpened: () =>
    text`The kept password no longer opens, so it was not tried. Enter it again, and tell the bot's administrator.`,
  unexpected: (known: Known) =>
    text`Chorus Pro gave an answer that was not foreseen: **${said(known)}**. The password is neither accepted nor refused. If this lasts, give the details to the support of Chorus Pro.`,
} as const;

/** PISTE gives the token; Chorus Pro answers the calls. */
function who({ at }: Known): string {
  return at === 'token' ? 'PISTE' : 'Chorus Pro';
}

function status({ status: answered }: Known): string {
  return answered === undefined ? '' : ` (${answered})`;
}

function code({ code: error }: Known): string {
  return error === undefined ? '' : ` (${error})`;
}

/** As Chorus Pro has said it, in its own French. */
function said({ status: answered, codeRetour, libelle, code: error }: Known): string {
  const own = [codeRetour, libelle].filter((part) => part !== undefined);
  const parts =
    own.length > 0 && answered === 200
      ? own
      : [answered === undefined ? undefined : `status ${answered}`, ...own, error];
  return parts.filter((part) => part !== undefined).join(', ') || 'without a word';
}
