const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Whether a key or a value has only what AWS takes in tags: letters and digits of any script, spaces, and `_.:/=+-@`. */
export const isTagText = (text: string): boolean => TAG_TEXT.test(text);

/**
 * Whether only AWS itself may use such a key.
 * https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
export const isReservedTag = (key: string): boolean => /^aws:/i.test(key);
