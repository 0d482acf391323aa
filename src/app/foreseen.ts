/** What a person can mend: the message is written for them, and no stack is shown. */
export class Foreseen extends Error {}
