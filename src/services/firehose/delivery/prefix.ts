import { badPrefix } from "../errors.ts";
import { type DatePattern, inZone, parseDatePattern } from "./date-pattern.ts";

/**
 * A parsed prefix of object names.
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
 */
export interface Prefix {
  parts: Part[];
  hasExpressions: boolean;
}

type Part =
  | { text: string }
  | { date: DatePattern }
  | { partitionKey: string; source: PartitionKeySource }
  | { isRandom: true }
  | { isErrorType: true };

/** The source of partition keys: a query or a Lambda function. */
export type PartitionKeySource = "query" | "lambda";

/** The values for the expressions of a prefix. */
export interface Moment {
  /** The arrival of the oldest record. */
  time: number;
  zone?: string | undefined;
  partitionKeys?: ReadonlyMap<string, string> | undefined;
  errorType?: ErrorType | undefined;
  /** The n-th random string. */
  random(index: number): string;
}

export type ErrorType = "metadata-extraction-failed" | "activePartitionExceeded" | "http-endpoint-failed";

const EXPRESSION = /!\{([^:{}]*):([^{}]*)\}/g;
const HOUR = parseDatePattern("yyyy/MM/dd/HH/")!;

/**
 * @param member the name of the setting, for error messages
 * @throws {AwsError} InvalidArgumentException
 */
export function parsePrefix(text: string, member: "Prefix" | "ErrorOutputPrefix"): Prefix {
  const parts: Part[] = [];
  let end = 0;
  const literal = (upTo: number) => {
    const between = text.slice(end, upTo);
    if (between.includes("!{"))
      throw badPrefix(`Invalid expression usage: ${text}.Must be of the form !{<namespace>:<value>}`);
    if (between) parts.push({ text: between });
  };
  for (const { 0: all, 1: namespace = "", 2: value = "", index } of text.matchAll(EXPRESSION)) {
    literal(index);
    const part = expression(namespace, value);
    if (!part)
      throw badPrefix(`Invalid conversion character used in the value of the expression in ${member}`);
    parts.push(part);
    end = index + all.length;
  }
  literal(text.length);
  return { parts, hasExpressions: parts.some((part) => !("text" in part)) };
}

function expression(namespace: string, value: string): Part | undefined {
  switch (namespace) {
    case "timestamp": {
      const date = parseDatePattern(value);
      return date && { date };
    }
    case "partitionKeyFromQuery":
      return { partitionKey: value, source: "query" };
    case "partitionKeyFromLambda":
      return { partitionKey: value, source: "lambda" };
    case "firehose":
      if (value === "random-string") return { isRandom: true };
      return value === "error-output-type" ? { isErrorType: true } : undefined;
    default:
      throw badPrefix(`Namespace to the left of colon (${namespace}) is an invalid keyword!`);
  }
}

export const hasPartitionKeys = ({ parts }: Prefix): boolean => parts.some((part) => "partitionKey" in part);

export const partitionKeysIn = ({ parts }: Prefix, source: PartitionKeySource): string[] =>
  parts.flatMap((part) => ("partitionKey" in part && part.source === source ? [part.partitionKey] : []));

export const namesErrorType = ({ parts }: Prefix): boolean => parts.some((part) => "isErrorType" in part);

/** Appends the hour to a prefix with neither a timestamp nor a partition key. */
export function objectPrefix(text: string | undefined, moment: Moment): string {
  const prefix = parsePrefix(text ?? "", "Prefix");
  const evaluated = evaluate(prefix, moment);
  const isTold = prefix.parts.some((part) => "date" in part || "partitionKey" in part);
  return isTold ? evaluated : evaluated + inZone(HOUR, moment.time, moment.zone);
}

/** Appends the kind of error and the hour to a prefix without expressions; without an error prefix, uses the prefix of the objects. */
export function errorPrefix(
  prefix: string | undefined,
  text: string | undefined,
  moment: Moment & { errorType: ErrorType },
): string {
  const own = parsePrefix(text ?? "", "ErrorOutputPrefix");
  if (own.hasExpressions) return evaluate(own, moment);
  return `${text || (prefix ?? "")}${moment.errorType}/${inZone(HOUR, moment.time, moment.zone)}`;
}

/** The minimum length of the evaluated prefix, whatever the partition keys. */
export const leastLength = (prefix: Prefix): number =>
  evaluate(prefix, { time: 0, errorType: "http-endpoint-failed", random: () => "0".repeat(11) }).length;

function evaluate({ parts }: Prefix, moment: Moment): string {
  let chances = 0;
  return parts
    .map((part) => {
      if ("text" in part) return part.text;
      if ("date" in part) return inZone(part.date, moment.time, moment.zone);
      if ("partitionKey" in part) return moment.partitionKeys?.get(part.partitionKey) ?? "";
      if ("isRandom" in part) return moment.random(chances++);
      return moment.errorType ?? "";
    })
    .join("");
}
