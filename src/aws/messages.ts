/** Rules for messages that SQS and SNS share. */

const ID = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

/** Whether a text is a valid message group id or deduplication id: 1 to 128 ASCII characters. */
export const isMessageId = (text: string): boolean => ID.test(text);

/** Whether a text is a valid value of an attribute of type Number. */
export const isNumberText = (text: string): boolean => NUMBER.test(text);
