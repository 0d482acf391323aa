import type { AwsError } from "#aws/errors.ts";
import {
  type PolicyDocument,
  parsePolicy,
  RESOURCE_POLICY,
  STATEMENT_ELEMENTS,
} from "#aws/languages/policy/document.ts";
import { PolicyError, type PolicyFault } from "#aws/languages/policy/faults.ts";
import { accountRoots, listOf, mapped, single } from "#aws/languages/policy/form.ts";
import { jsonText } from "#lib/json-value.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "#lib/nesting.ts";
import { isUnbounded, policyIsTooLong, wrongDocument, wrongPrincipal } from "./errors.ts";

/** White space counts. */
const MOST_BYTES = 20_480;
/** What is done with a stream is not for the policy of its table, and what with a table not for its stream's. */
const ELSEWHERE = {
  table: actions("DescribeStream", "GetRecords", "GetShardIterator"),
  stream: actions(
    ..."BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem GetItem PutItem Query Scan UpdateItem".split(
      " ",
    ),
    ..."PartiQLDelete PartiQLInsert PartiQLSelect PartiQLUpdate".split(" "),
    ..."DeleteTable DescribeTable UpdateTable".split(" "),
  ),
};
function actions(...names: string[]): ReadonlySet<string> {
  return new Set(names.map((name) => `dynamodb:${name}`));
}

type Said = Record<string, unknown>;

/**
 * The form in which DynamoDB keeps a policy and tells it again. Two that have the same form are the same policy.
 * @throws {AwsError} ValidationException
 */
export function canonicalPolicy(text: string, of: keyof typeof ELSEWHERE = "table"): string {
  if (Buffer.byteLength(text) > MOST_BYTES) throw policyIsTooLong(MOST_BYTES);
  const said = parsed(text);
  const statements = listOf(said.Statement);
  const canonical = JSON.stringify({
    ...inOrder(said, ["Version", "Id"]),
    ...(said.Statement !== undefined && { Statement: statements.map(canonicalStatement) }),
  });
  try {
    checkMeaning(parsePolicy(canonical, RESOURCE_POLICY), ELSEWHERE[of]);
  } catch (error) {
    throw error instanceof PolicyError ? faulty(error.fault, text) : error;
  }
  return canonical;
}

/** One that was put without a version is told with IAM's first. */
export function toldPolicy(canonical: string): string {
  const policy = JSON.parse(canonical) as Said;
  return policy.Version === undefined ? JSON.stringify({ Version: "2008-10-17", ...policy }) : canonical;
}

function parsed(text: string): Said {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw wrongDocument(NOT_JSON);
  }
  if (isDeeperThan(MAX_JSON_DEPTH, said)) throw wrongDocument(NOT_JSON);
  if (said === null) throw wrongDocument("This text appears not to be a policy");
  if (!isObject(said)) throw wrongDocument(NOT_JSON);
  return said;
}

const NOT_JSON = "This policy contains invalid Json";
const isObject = (value: unknown): value is Said =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What else there is comes last. */
function inOrder(said: Said, first: readonly string[]): Said {
  const { Statement: _, ...rest } = said;
  return Object.fromEntries(
    [
      ...first.filter((element) => element in rest),
      ...Object.keys(rest).filter((one) => !first.includes(one)),
    ].map((element) => [element, rest[element]]),
  );
}

function canonicalStatement(said: unknown): unknown {
  if (!isObject(said)) return said;
  return mapped(inOrder(said, [...STATEMENT_ELEMENTS]), (value, element) => {
    if (element === "Effect")
      return EFFECTS.find((one) => one.toLowerCase() === jsonText(value).toLowerCase()) ?? value;
    if (!isObject(value)) return single(value);
    if (element === "Condition")
      return mapped(value, (keys) => (isObject(keys) ? mapped(keys, single) : keys));
    return element.endsWith("Principal")
      ? mapped(value, (names, type) => (type === "AWS" ? accountRoots(names) : single(names)))
      : value;
  });
}

const EFFECTS = ["Allow", "Deny"];

/** @throws {AwsError} ValidationException */
function checkMeaning({ statements }: PolicyDocument, elsewhere: ReadonlySet<string>): void {
  const wrong = statements.flatMap(({ action }) => action.patterns.filter((name) => elsewhere.has(name)));
  if (wrong.length > 0)
    throw wrongDocument(
      `The following action names are invalid: ${wrong.map((name) => JSON.stringify(name)).join(", ")}`,
    );
  if (
    statements.some((one) => one.effect === "Allow" && one.principal?.everyone && one.conditions.length === 0)
  )
    throw isUnbounded();
}

function faulty(fault: PolicyFault, text: string): AwsError {
  switch (fault.reason) {
    case "NoStatement":
      return wrongDocument("Could not parse the policy: Statement is empty!");
    case "DuplicateSid":
      return wrongDocument("The Statement Ids in the policy are not unique");
    case "MissingElement":
      return fault.element === "Statement"
        ? wrongDocument(syntaxErrorAtEnd(text))
        : wrongDocument(`Missing required field ${fault.element}`);
    case "InvalidPrincipal":
      return fault.type === "" ? wrongDocument(syntaxErrorAtEnd(text)) : wrongPrincipal();
    default:
      return wrongDocument(syntaxErrorAtEnd(text));
  }
}

/** Of where in it the fault is nothing is known but that it is before its end. */
function syntaxErrorAtEnd(text: string): string {
  const lines = text.split("\n");
  return `Syntax error at position (${lines.length},${lines.at(-1)!.length + 1})`;
}
