/**
 * AWS writes patterns for Java. Most mean the same in JavaScript with the `u` flag; the others are rewritten here,
 * construct by construct, and an unknown construct stops the generator: a pattern must never change its
 * meaning silently.
 *
 * @returns the JavaScript source where it differs from the pattern
 */
export function translatePattern(pattern: string): { source: string; flags: string } | undefined {
  const source = translate(pattern);
  try {
    new RegExp(source, "u");
  } catch (cause) {
    throw new Error(`Pattern ${pattern} became ${source}, which is no regular expression`, { cause });
  }
  return source === pattern ? undefined : { source, flags: "u" };
}

function translate(pattern: string): string {
  let out = "";
  /** For each open group, the number of brackets that its end must close: one more for each inline flag inside. */
  const groups: number[] = [1];
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at);
    const token = tokenAt(rest);
    at += token.length;
    if (token.startsWith("\\")) {
      out += escapeOf(token, pattern);
    } else if (token.startsWith("[")) {
      out += classOf(token, pattern);
    } else if (inlineFlag.test(token)) {
      // In Java `(?i)` applies until the end of its group; in JavaScript it must open a new group.
      if (out !== "" && !/(^|[^\\])(\||\(|\(\?[:=!]|\(\?<[=!])$/.test(out)) throw unknown(token, pattern);
      out += `${token.slice(0, -1)}:`;
      groups[groups.length - 1]! += 1;
    } else if (token.startsWith("(")) {
      out += token;
      groups.push(1);
    } else if (token === ")") {
      out += ")".repeat(groups.pop() ?? 1);
    } else {
      if (/^[+*?}]\+$/.test(token)) throw unknown(token, pattern);
      out += token;
    }
  }
  return out + ")".repeat(groups.pop()! - 1);
}

const inlineFlag = /^\(\?[is]\)$/;

/** An escape, a whole class, the opening of a group, a possessive quantifier, or one character. */
function tokenAt(rest: string): string {
  const match =
    /^(?:\\(?:[pP]\{\w+\}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?[is]\)|\((?:\?(?:[:=!]|<[=!]))?|[+*?}]\+|[\s\S])/.exec(
      rest,
    );
  return match![0];
}

/** An escape outside of a class. */
function escapeOf(token: string, pattern: string): string {
  if (token === "\\s") return `[${space}]`;
  if (token === "\\S") return `[^${space}]`;
  const property = propertyOf(token, pattern);
  if (property !== undefined) return property === token ? token : `[${property}]`;
  return plainEscape(token, pattern, syntax);
}

function classOf(token: string, pattern: string): string {
  const negated = token.startsWith("[^");
  const body = token.slice(negated ? 2 : 1, -1);
  if (body === "\\S") return negated ? `[${space}]` : `[^${space}]`;
  const everything = body.includes("\\s") && body.includes("\\S");
  let out = "";
  let afterSet = false;
  const items = body.match(/\\(?:[pP]\{\w+\}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|[\s\S])|&&|[\s\S]/g) ?? [];
  for (const [index, item] of items.entries()) {
    const set = /^\\[wWdDsSpP]/.test(item);
    if (item === "[" || item === "&&") throw unknown(item, pattern);
    if (item === "-" && (afterSet || /^\\[wWdDsSpP]/.test(items[index + 1] ?? ""))) {
      out += index === 0 || index === items.length - 1 ? "-" : "\\-"; // no range begins or ends in a set
    } else if (item === "\\s") {
      out += everything ? item : space;
    } else if (item === "\\S") {
      if (!everything) throw unknown(item, pattern);
      out += item;
    } else if (item.startsWith("\\")) {
      out += propertyOf(item, pattern) ?? plainEscape(item, pattern, classSyntax);
    } else {
      out += item;
    }
    afterSet = set;
  }
  return `[${negated ? "^" : ""}${out}]`;
}

/** Java's `\s` is ASCII, JavaScript's is not. */
const space = "\\t-\\r ";

const syntax = /[\^$\\.*+?()[\]{}|/]/;
const classSyntax = /[\^$\\.*+?()[\]{}|/-]/;

/** An escape that both understand; a needless one loses its backslash, which the `u` flag forbids. */
function plainEscape(token: string, pattern: string, needed: RegExp): string {
  const character = token[1]!;
  if (/[a-zA-Z0-9]/.test(character)) {
    if (!/^\\(?:[wWdDbBntrf1-9]|x[\da-fA-F]{2}|u[\da-fA-F]{4})$/.test(token)) throw unknown(token, pattern);
    return token;
  }
  return needed.test(character) ? token : character;
}

function propertyOf(token: string, pattern: string): string | undefined {
  const name = /^\\[pP]\{(\w+)\}$/.exec(token)?.[1];
  if (name === undefined) return undefined;
  if (/^[LMNPSZC][a-z]?$/.test(name) || name === "ASCII") return token;
  const posix = posixClasses[name];
  if (posix === undefined || token.startsWith("\\P")) throw unknown(token, pattern);
  return posix;
}

/** Java reads these names as POSIX's ASCII classes. */
const posixClasses: Record<string, string> = {
  Print: "\\x20-\\x7E",
};

function unknown(construct: string, pattern: string): Error {
  return new Error(`Unknown construct ${construct} in the pattern ${pattern}`);
}
