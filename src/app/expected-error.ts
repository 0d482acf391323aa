/** An error that its reader can do something about: the message is written for them, and no stack is shown. */
export class ExpectedError extends Error {}
