import { badPrefix, notThere } from "../errors.ts";
import { type DatePattern, inZone, parseDatePattern } from "./date-pattern.ts";

/**
 * What stands before the name of an object.
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
 */
export interface Prefix {
  parts: Part[];
  hasExpressions: boolean;
}

type Part =
  | { text: string }
  | { date: DatePattern }
  | { partitionKey: string }
  | { isRandom: true }
  | { isErrorType: true };

/** Of which the parts of a prefix are made. */
export interface Moment {
  /** When the oldest record arrived. */
  time: number;
  zone?: string | undefined;
  partitionKeys?: ReadonlyMap<string, string> | undefined;
  errorType?: ErrorType | undefined;
  /** The n-th text of chance. */
  random(index: number): string;
}

export type ErrorType = "processing-failed" | "http-endpoint-failed";

const EXPRESSION = /!\{([^:{}]*):([^{}]*)\}/g;
const DEFAULT = parseDatePattern("yyyy/MM/dd/HH/");

/** @throws {AwsError} InvalidArgumentException, NotImplemented */
export function parsePrefix(text: string): Prefix {
  const parts: Part[] = [];
  let end = 0;
  const literal = (upTo: number) => {
    const between = text.slice(end, upTo);
    if (between.includes("!{"))
      throw badPrefix("The sequence !{ can only appear in !{namespace:value} expressions");
    if (between) parts.push({ text: between });
  };
  for (const { 0: all, 1: namespace = "", 2: value = "", index } of text.matchAll(EXPRESSION)) {
    literal(index);
    parts.push(expression(namespace, value));
    end = index + all.length;
  }
  literal(text.length);
  return { parts, hasExpressions: parts.some((part) => !("text" in part)) };
}

function expression(namespace: string, value: string): Part {
  if (namespace === "timestamp") return { date: parseDatePattern(value) };
  if (namespace === "partitionKeyFromQuery") return { partitionKey: value };
  if (namespace === "partitionKeyFromLambda") throw notThere("partition keys from a Lambda function");
  if (namespace === "firehose" && value === "random-string") return { isRandom: true };
  if (namespace === "firehose" && value === "error-output-type") return { isErrorType: true };
  throw badPrefix(`!{${namespace}:${value}} is not a valid expression`);
}

export const partitionKeysIn = ({ parts }: Prefix): string[] =>
  parts.flatMap((part) => ("partitionKey" in part ? [part.partitionKey] : []));

export const namesErrorType = ({ parts }: Prefix): boolean => parts.some((part) => "isErrorType" in part);

/** A prefix without expressions is followed by the hour. */
export function objectPrefix(text: string | undefined, moment: Moment): string {
  const prefix = parsePrefix(text ?? "");
  const evaluated = evaluate(prefix, moment);
  return prefix.hasExpressions ? evaluated : evaluated + DEFAULT(inZone(moment.time, moment.zone));
}

/** Without one of its own, what failed lies below the prefix, by kind and hour. */
export function errorPrefix(
  prefix: string | undefined,
  text: string | undefined,
  moment: Moment & { errorType: ErrorType },
): string {
  if (text) return evaluate(parsePrefix(text), moment);
  return `${prefix ?? ""}${moment.errorType}/${DEFAULT(inZone(moment.time, moment.zone))}`;
}

function evaluate({ parts }: Prefix, moment: Moment): string {
  const date = inZone(moment.time, moment.zone);
  let chances = 0;
  return parts
    .map((part) => {
      if ("text" in part) return part.text;
      if ("date" in part) return part.date(date);
      if ("partitionKey" in part) return moment.partitionKeys?.get(part.partitionKey) ?? "";
      if ("isRandom" in part) return moment.random(chances++);
      return moment.errorType ?? "";
    })
    .join("");
}
