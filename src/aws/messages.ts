/** What SQS and SNS both say of messages. */

const ID = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

/** Whether a text can name a group of messages, or a message that may come twice: 1 to 128 characters of ASCII. */
export const isMessageId = (text: string): boolean => ID.test(text);

/** Whether a text can be the value of an attribute of type Number. */
export const isNumberText = (text: string): boolean => NUMBER.test(text);
