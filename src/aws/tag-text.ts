const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/**
 * Whether a key or value has only characters that AWS allows in tags: letters and digits of any script,
 * spaces, and `_.:/=+-@`.
 */
export const isTagText = (text: string): boolean => TAG_TEXT.test(text);

/**
 * Whether the key is reserved for AWS.
 * https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
export const isReservedTag = (key: string): boolean => /^aws:/i.test(key);
