/**
 * The policy of a browser's upload: a signed JSON document that restricts the form. The error messages are
 * S3's responses to forms that each violate one rule.
 */
import { AwsError } from "#aws/errors.ts";
import { jsonText } from "#lib/json-value.ts";

export interface PostPolicy {
  /** Epoch milliseconds. */
  expiration: number;
  conditions: readonly Condition[];
}

type Condition = FieldCondition | RangeCondition;

interface FieldCondition {
  operator: "eq" | "starts-with";
  /** As written: `$key`; a name without the `$` matches nothing. */
  field: string;
  value: string;
}

interface RangeCondition {
  operator: "content-length-range";
  /** As written, numbers or strings. */
  minimum: unknown;
  maximum: unknown;
}

/** By lower-case name, with `${filename}` expanded. */
export type Fields = ReadonlyMap<string, string>;

/** The allowed size of the file in bytes. */
export interface AllowedLength {
  minimum: number;
  maximum: number;
}

/** @throws {AwsError} `InvalidPolicyDocument` */
export function parsePostPolicy(base64: string): PostPolicy {
  if (base64 === "") throw invalid("Expecting '{' but found End-of-Input");
  if (!/^[A-Za-z0-9+/=\s]+$/.test(base64)) throw invalid("invalid Base64 encoding.");
  const policy = parseJson(Buffer.from(base64, "base64").toString());
  if (!isObject(policy)) throw invalid("Invalid JSON.");
  const { expiration, conditions, ...others } = policy;
  const unexpected = Object.keys(others).findLast((name) => !/^(expiration|conditions)$/i.test(name));
  if (unexpected !== undefined) throw invalid(`Unexpected: '${unexpected.toLowerCase()}'`);
  if (expiration === undefined) throw invalid("Policy missing expiration.");
  const end =
    typeof expiration === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(expiration)
      ? Date.parse(expiration)
      : Number.NaN;
  if (Number.isNaN(end)) throw invalid(`Invalid 'expiration' value: '${jsonText(expiration)}'`);
  if (conditions === undefined) throw invalid("Policy missing conditions.");
  if (!Array.isArray(conditions)) throw invalid("Invalid 'conditions' value: must be a List.");
  return { expiration: end, conditions: conditions.map(parseCondition) };
}

/** S3 documents `\$` and `\v` in addition to JSON's own escapes. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(
      text.replaceAll(/\\[\s\S]/g, (pair) => (pair === "\\$" ? "$" : pair === "\\v" ? "\\u000b" : pair)),
    );
  } catch {
    throw invalid("Invalid JSON.");
  }
}

function parseCondition(condition: unknown): Condition {
  if (Array.isArray(condition)) return parseListCondition(condition);
  if (!isObject(condition)) throw invalid("Invalid condition test: must be a List or Object.");
  const entries = Object.entries(condition);
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    throw invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
  }
  const [name, value] = entry;
  if (typeof value !== "string") throw invalid("Invalid Simple-Condition: value must be a string.");
  return { operator: "eq", field: `$${name}`, value };
}

function parseListCondition(condition: readonly unknown[]): Condition {
  const [operation, first, second] = condition;
  if (typeof operation !== "string") throw invalid("Invalid Condition: missing operation identifier.");
  const operator = operation.toLowerCase();
  if (operator !== "eq" && operator !== "starts-with" && operator !== "content-length-range") {
    throw invalid(`Invalid Condition: unknown operation '${operation}'.`);
  }
  if (condition.length !== 3) throw invalid(`Invalid ${operator}: wrong number of arguments.`);
  if (operator === "content-length-range") {
    if (Number(jsonText(first)) < 0 || Number(jsonText(second)) < 0)
      throw invalid("Invalid content-length-range: must not be negative.");
    return { operator, minimum: first, maximum: second };
  }
  if (typeof first !== "string" || typeof second !== "string") {
    throw invalid("Invalid Simple-Condition: value must be a string.");
  }
  return { operator, field: first, value: second };
}

/** Fields that need no condition: those of the signature, the file, and any that start with `x-ignore-`. */
const UNCONDITIONAL = new Set(["policy", "x-amz-signature", "signature", "awsaccesskeyid", "file"]);

/**
 * @param bucket the bucket of the request's URL
 * @param now cloud time, epoch milliseconds
 * @returns the allowed length of the file; see {@link checkLength}
 * @throws {AwsError} `AccessDenied`, 403
 */
export function checkPostPolicy(
  policy: PostPolicy,
  fields: Fields,
  bucket: string,
  now: number,
): AllowedLength {
  if (now >= policy.expiration) throw violation("Policy expired.");
  const covered = new Set<string>();
  const allowed = { minimum: 0, maximum: Number.POSITIVE_INFINITY };
  for (const condition of policy.conditions) {
    if (condition.operator === "content-length-range") {
      const [minimum, maximum] = [byteCount(condition.minimum), byteCount(condition.maximum)];
      if (minimum === undefined || maximum === undefined) throw failed(condition);
      allowed.minimum = Math.max(allowed.minimum, minimum);
      allowed.maximum = Math.min(allowed.maximum, maximum);
      continue;
    }
    if (!condition.field.startsWith("$")) throw failed(condition);
    const name = condition.field.slice(1).toLowerCase();
    covered.add(name);
    // The bucket of the URL counts, whatever the field says.
    const value = name === "bucket" ? bucket : (fields.get(name) ?? "");
    if (!holds(condition, name, value)) throw failed(condition);
  }
  // Every form has a bucket, if only by its URL.
  for (const name of ["bucket", ...fields.keys()]) {
    if (!covered.has(name) && !UNCONDITIONAL.has(name) && !name.startsWith("x-ignore-")) {
      throw violation(`Extra input fields: ${name}`);
    }
  }
  return allowed;
}

function holds({ operator, value: expected }: FieldCondition, name: string, value: string): boolean {
  if (operator === "eq") return value === expected;
  // Only a Content-Type with commas is a list, each element of which must start with the expected text.
  const values = name === "content-type" ? value.split(",") : [value];
  return values.every((each) => each.startsWith(expected));
}

function byteCount(value: unknown): number | undefined {
  const text = jsonText(value);
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** @throws {AwsError} if the file is longer or shorter than the policy allows */
export function checkLength(length: number, allowed: AllowedLength): void {
  if (length > allowed.maximum) {
    throw new AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", {
      members: { ProposedSize: length, MaxSizeAllowed: allowed.maximum },
    });
  }
  if (length < allowed.minimum) {
    throw new AwsError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", {
      members: { ProposedSize: length, MinSizeAllowed: allowed.minimum },
    });
  }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own variable
const FILENAME = "${filename}";

/** Replaces `${filename}` in every field by the file's name, without the folders that a browser may send. */
export function expandFilename(fields: Fields, filename: string | undefined): Map<string, string> {
  if (filename === undefined) return new Map(fields);
  const bare = filename.slice(Math.max(filename.lastIndexOf("/"), filename.lastIndexOf("\\")) + 1);
  // The policy is signed as it is.
  return new Map(
    [...fields].map(([name, value]) => [
      name,
      name === "policy" ? value : value.replaceAll(FILENAME, () => bare),
    ]),
  );
}

/** In S3's format: a list with a space after each comma, even for a condition written as an object. */
function failed(condition: Condition): AwsError {
  const list =
    condition.operator === "content-length-range"
      ? [condition.operator, condition.minimum, condition.maximum]
      : [condition.operator, condition.field, condition.value];
  return violation(`Policy Condition failed: [${list.map((part) => JSON.stringify(part)).join(", ")}]`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const invalid = (detail: string) => new AwsError("InvalidPolicyDocument", `Invalid Policy: ${detail}`);

const violation = (detail: string) =>
  new AwsError("AccessDenied", `Invalid according to Policy: ${detail}`, { status: 403 });
