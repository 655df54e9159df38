import type { ViewResponseAction } from '@slack/bolt';
import { renderModal, renderNoticeModal } from '../../cards/block-kit.ts';
import type { Form } from '../../cards/card.ts';
import type { Messages } from '../../cards/messages.ts';
import type { SubmitAnswer } from '../channel.ts';
import type { ModalMetadata, Submission } from './payloads.ts';

/**
 * Errors go under their fields, where Slack keeps what was typed; one of the whole form, under the first field. A form that
 * asks for something else is drawn anew: with errors Slack changes nothing of it.
 */
export function responseTo(answer: SubmitAnswer, metadata: ModalMetadata, m: Messages): ViewResponseAction {
  if (answer.kind === 'notice') {
    return { response_action: 'update', view: renderNoticeModal({ ...answer, close: m.buttons.close }) };
  }
  const { form } = answer;
  const drawnAnew = {
    response_action: 'update',
    view: renderModal(form, { metadata: carriedBy(form, metadata) }),
  } as const;
  if (form.isOther === true) return drawnAnew;
  const errors: Record<string, string> = {};
  const [first] = form.fields;
  if (form.error !== undefined && first !== undefined) errors[first.id] = form.error;
  for (const { id: name, error } of form.fields) if (error !== undefined) errors[name] = error;
  return Object.keys(errors).length > 0 ? { response_action: 'errors', errors } : drawnAnew;
}

/** What the modal brings back with its next submission. */
export function carriedBy({ data }: Form, metadata: ModalMetadata): string {
  return JSON.stringify({ ...metadata, data } satisfies ModalMetadata);
}

/** Nothing was done. With an error under a field Slack keeps what was typed, and with nothing else. */
export function keptOpen({ view }: Submission, text: string): ViewResponseAction {
  const [first = ''] = Object.keys(view.state.values);
  return { response_action: 'errors', errors: { [first]: text } };
}
