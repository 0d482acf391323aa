/** Whether a text has only the characters that AWS lists: those of XML, which excludes most control characters. */
export const isValidText = (text: string): boolean => !INVALID.test(text);

const INVALID = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
