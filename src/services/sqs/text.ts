/** Whether a text has only characters that XML allows: AWS's own list, which leaves out most control characters. */
export const isValidText = (text: string): boolean => !INVALID.test(text);

const INVALID = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
