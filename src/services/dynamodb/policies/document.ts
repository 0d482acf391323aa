import type { AwsError } from "#aws/errors.ts";
import { canonicalForm } from "#aws/languages/policy/canonical.ts";
import { type PolicyDocument, parsePolicy, RESOURCE_POLICY } from "#aws/languages/policy/document.ts";
import { PolicyError, type PolicyFault } from "#aws/languages/policy/faults.ts";
import { isObject, type Members } from "#aws/languages/policy/form.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "#lib/nesting.ts";
import { isUnbounded, policyIsTooLong, wrongDocument, wrongPrincipal } from "./errors.ts";

/** The most bytes of a policy, including white space. */
const MAX_BYTES = 20_480;
/** Actions that are invalid in the policy of a table, as they are for streams, and the reverse. */
const OTHER_ACTIONS = {
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

/**
 * The canonical form in which DynamoDB stores and returns a policy. Policies with the same form are equal.
 * @throws {AwsError} ValidationException
 */
export function canonicalPolicy(text: string, of: keyof typeof OTHER_ACTIONS = "table"): string {
  if (Buffer.byteLength(text) > MAX_BYTES) throw policyIsTooLong(MAX_BYTES);
  const source = parsed(text);
  const canonical = canonicalForm(source);
  try {
    checkMeaning(parsePolicy(canonical, RESOURCE_POLICY), OTHER_ACTIONS[of]);
  } catch (error) {
    throw error instanceof PolicyError ? documentError(error.fault, text) : error;
  }
  return canonical;
}

/** A policy as `GetResourcePolicy` returns it. A policy without a version gets IAM's first version. */
export function shownPolicy(canonical: string): string {
  const policy = JSON.parse(canonical) as Members;
  return policy.Version === undefined ? JSON.stringify({ Version: "2008-10-17", ...policy }) : canonical;
}

function parsed(text: string): Members {
  let source: unknown;
  try {
    source = JSON.parse(text);
  } catch {
    throw wrongDocument(NOT_JSON);
  }
  if (isDeeperThan(MAX_JSON_DEPTH, source)) throw wrongDocument(NOT_JSON);
  if (source === null) throw wrongDocument("This text appears not to be a policy");
  if (!isObject(source)) throw wrongDocument(NOT_JSON);
  return source;
}

const NOT_JSON = "This policy contains invalid Json";

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

function documentError(fault: PolicyFault, text: string): AwsError {
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

/** States the end of the policy, since the actual position is unknown. */
function syntaxErrorAtEnd(text: string): string {
  const lines = text.split("\n");
  return `Syntax error at position (${lines.length},${lines.at(-1)!.length + 1})`;
}
