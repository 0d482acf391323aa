const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Whether a key or a value has only what AWS takes in tags: letters and digits of any script, spaces, and `_.:/=+-@`. */
export const isTagText = (text: string): boolean => TAG_TEXT.test(text);
