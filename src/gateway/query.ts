import { AwsError } from "#aws/errors.ts";

type Pair = readonly [name: string, value: string];

/**
 * The decoded pairs of a query string, in order. `+` is a space, as AWS's services read it.
 * @throws {AwsError} for invalid UTF-8 in percent-encoding
 */
export function parseQuery(raw: string): Pair[] {
  if (raw === "") return [];
  const pairs: Pair[] = [];
  for (const piece of raw.split("&")) {
    if (piece === "") continue;
    const equals = piece.indexOf("=");
    pairs.push(
      equals < 0 ? [decode(piece), ""] : [decode(piece.slice(0, equals)), decode(piece.slice(equals + 1))],
    );
  }
  return pairs;
}

/** The parameters of a form that the gateway needs. */
export function formFacts(body: Uint8Array): Pair[] {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
  const facts: Pair[] = [];
  for (const [name, pattern] of FACTS) {
    const value = pattern.exec(text)?.[1];
    if (value !== undefined) facts.push([name, decode(value)]);
  }
  return facts;
}

const FACTS = [
  ["Action", /(?:^|&)Action=([^&]*)/],
  ["Version", /(?:^|&)Version=([^&]*)/],
  ["ContentType", /(?:^|&)ContentType=([^&]*)/],
] as const;

export const firstValue = (pairs: readonly Pair[] | undefined, name: string): string | undefined =>
  pairs?.find((pair) => pair[0] === name)?.[1];

function decode(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new AwsError("InvalidURI", "Couldn't parse the specified URI.", { members: { URI: text } });
  }
}
