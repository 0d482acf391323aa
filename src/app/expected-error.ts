/** An error that the user can fix: the message is written for the user, and no stack is shown. */
export class ExpectedError extends Error {}
