/** What Slack refuses to draw beyond. Lengths are in UTF-16 units: never more than Slack counts. */
export const SLACK = {
  /** https://docs.slack.dev/reference/block-kit/blocks */
  blocksInMessage: 50,
  /** https://docs.slack.dev/reference/block-kit/blocks */
  blocksInModal: 100,
  /**
   * JSON of a message's blocks. Not documented: `msg_blocks_too_long` has been seen from about 12,000 on.
   * https://github.com/slackapi/bolt-js/issues/2509 https://github.com/slackapi/bolt-js/issues/2867
   */
  messageJson: 12_000,
  /** JSON of a view: `view_too_large` above 250 kB. https://docs.slack.dev/reference/methods/views.open */
  viewJson: 250_000,
  /** A message's own `text`, shown in notifications. https://docs.slack.dev/reference/methods/chat.postMessage */
  notification: 4000,
  /** https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
  text: 3000,
  /** https://docs.slack.dev/reference/block-kit/blocks/header-block */
  header: 150,
  /** https://docs.slack.dev/reference/block-kit/blocks/section-block */
  fields: 10,
  /** https://docs.slack.dev/reference/block-kit/blocks/section-block */
  field: 2000,
  /** https://docs.slack.dev/reference/block-kit/blocks/context-block */
  contextElements: 10,
  /** https://docs.slack.dev/reference/block-kit/blocks/image-block */
  imageUrl: 3000,
  /** https://docs.slack.dev/reference/block-kit/blocks/image-block */
  imageAlt: 2000,
  /** https://docs.slack.dev/reference/block-kit/blocks/actions-block */
  actionElements: 25,
  /** https://docs.slack.dev/reference/block-kit/blocks#common-fields */
  blockId: 255,
  /** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
  actionId: 255,
  /** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
  button: 75,
  /** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
  buttonValue: 2000,
  /** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
  buttonUrl: 3000,
  /** An address behind words; none is published, so a button's. */
  linkUrl: 3000,
  /** https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#static_select */
  options: 100,
  /** https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
  option: 75,
  /** https://docs.slack.dev/reference/block-kit/block-elements/radio-button-group-element */
  radioOptions: 10,
  /** 150 there, 75 in `@slack/types`: the smaller. https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
  optionValue: 75,
  /** https://docs.slack.dev/reference/block-kit/blocks/input-block */
  label: 2000,
  /** https://docs.slack.dev/reference/block-kit/blocks/input-block */
  hint: 2000,
  /** https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element */
  placeholder: 150,
  /** https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element */
  inputValue: 3000,
  /** The title, `submit` and `close` of a modal. https://docs.slack.dev/reference/views/modal-views */
  modalTitle: 24,
  /** https://docs.slack.dev/reference/views/modal-views */
  metadata: 3000,
  /** https://docs.slack.dev/reference/views/modal-views */
  callbackId: 255,
} as const;
