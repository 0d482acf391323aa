/**
 * S3's validation of policies, with the error for each rule. Many rules are
 * known only from the responses of S3.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
 */
import {
  type PolicyDocument,
  parsePolicy,
  RESOURCE_POLICY,
  type Statement,
} from "#aws/languages/policy/document.ts";
import { PolicyError, type PolicyFault } from "#aws/languages/policy/faults.ts";
import { type Pattern, patternOf } from "#aws/languages/policy/pattern.ts";
import { BUCKET_ACTIONS, OBJECT_ACTIONS, OTHER_ACTIONS } from "./actions.ts";
import { appliesTo, isConditionKey } from "./condition-names.ts";
import { malformedPolicy } from "./errors.ts";

/** The maximum size of a policy in bytes (20 KB), not counting white space. */
const MAX_BYTES = 20_480;

export interface PolicyTarget {
  /** The ARN of the bucket, such as `arn:aws:s3:::bucket`, or of the access point. */
  arn: string;
  /** The separator between the ARN and an object's key: `/` or `/object/`. */
  objects: string;
  /** What the policy can name; by default S3's own names. */
  vocabulary?: Vocabulary;
}

/** The names of actions and condition keys, in lower case. */
export interface Vocabulary {
  /** The prefix of actions, and the service in ARNs. */
  service: string;
  ofBuckets: ReadonlySet<string>;
  ofObjects: ReadonlySet<string>;
  /** Actions on resources that have no resource policy. */
  others: ReadonlySet<string>;
  isConditionKey(key: string): boolean;
}

const OF_S3: Vocabulary = {
  service: "s3",
  ofBuckets: BUCKET_ACTIONS,
  ofObjects: OBJECT_ACTIONS,
  others: OTHER_ACTIONS,
  isConditionKey,
};

/** @throws {AwsError} MalformedPolicy */
export function checkPolicy(text: string, target: PolicyTarget): PolicyDocument {
  if (!text.startsWith("{"))
    throw malformedPolicy("Policies must be valid JSON and the first byte must be '{'");
  const document = parsed(text);
  if (Buffer.byteLength(text) > MAX_BYTES && Buffer.byteLength(JSON.stringify(JSON.parse(text))) > MAX_BYTES)
    throw malformedPolicy(
      `Normalized policy document exceeds the maximum allowed size of ${MAX_BYTES} bytes`,
    );
  for (const statement of document.statements) checkStatement(statement, target);
  return document;
}

function parsed(text: string): PolicyDocument {
  try {
    return parsePolicy(text, RESOURCE_POLICY);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw faultInS3(error.fault);
  }
}

function faultInS3(fault: PolicyFault) {
  switch (fault.reason) {
    case "NotJson":
      return malformedPolicy("This policy contains invalid Json");
    case "NoStatement":
      return malformedPolicy("Could not parse the policy: Statement is empty!");
    case "UnknownElement":
      return malformedPolicy(`Unknown field ${fault.element}`);
    case "MissingElement":
      return malformedPolicy(`Missing required field ${fault.element}`);
    case "InvalidVersion":
      return malformedPolicy("The policy must contain a valid version string");
    case "DuplicateSid":
      return malformedPolicy("The Statement Ids in the policy are not unique");
    case "InvalidEffect":
      return malformedPolicy(`Invalid effect: ${fault.value}`);
    case "InvalidPrincipal":
      // A principal is an object or `"*"`.
      if (fault.type === "") return malformedPolicy("Invalid policy syntax.");
      return malformedPolicy("Invalid principal in policy", `"${fault.type}" : "${fault.value}"`);
    case "InvalidAction":
      return malformedPolicy("Policy has invalid action");
    case "InvalidResource":
      return malformedPolicy("Policy has invalid resource");
    case "UnknownOperator":
      return malformedPolicy(`Invalid Condition type : ${fault.operator}`);
    case "InvalidConditionValue":
      return malformedPolicy(
        /IpAddress/.test(fault.operator) ? "Invalid IP address in Conditions" : "Invalid value in Conditions",
      );
    default:
      return malformedPolicy("Invalid policy syntax.");
  }
}

function checkStatement(statement: Statement, target: PolicyTarget): void {
  const { vocabulary = OF_S3 } = target;
  if (statement.effect === "Allow" && statement.principal?.not)
    throw malformedPolicy("Allow with NotPrincipal is not allowed.");
  const kinds = statement.resource!.patterns.map((pattern) => resourceKind(pattern, target));
  const actions = statement.action.patterns.map((pattern) => actionsMatching(pattern, vocabulary));
  if (!statement.action.not && !statement.resource!.not) {
    for (const { bucket, object } of actions) {
      if (!kinds.some((kind) => (kind.bucket && bucket.length > 0) || (kind.object && object.length > 0)))
        throw malformedPolicy("Action does not apply to any resource(s) in statement");
    }
  }
  const matched = actions.flatMap(({ bucket, object }) => [...bucket, ...object]);
  for (const { key } of statement.conditions) {
    if (!vocabulary.isConditionKey(key)) throw malformedPolicy("Policy has an invalid condition key");
    if (!statement.action.not && !appliesTo(key, matched))
      throw malformedPolicy("Conditions do not apply to combination of actions and resources in statement");
  }
}

/** Returns the actions on buckets and on objects that a pattern with wildcards matches. */
function actionsMatching(
  pattern: string,
  { service, ofBuckets, ofObjects, others }: Vocabulary,
): { bucket: string[]; object: string[] } {
  const fits = patternOf(pattern === "*" ? `${service}:*` : pattern, { variables: false, ignoreCase: true });
  const matched = { bucket: fitting(ofBuckets, fits), object: fitting(ofObjects, fits) };
  const isKnown = matched.bucket.length + matched.object.length > 0 || fitting(others, fits).length > 0;
  if (!isKnown) throw malformedPolicy("Policy has invalid action");
  return matched;
}

const fitting = (names: ReadonlySet<string>, fits: Pattern) =>
  [...names].filter((name) => fits(name, () => undefined));

/**
 * Whether a pattern matches the bucket or access point itself, its objects, or both. A
 * pattern that matches neither is invalid.
 */
function resourceKind(
  pattern: string,
  { arn, objects, vocabulary: { service } = OF_S3 }: PolicyTarget,
): { bucket: boolean; object: boolean } {
  const invalid = () => malformedPolicy("Policy has invalid resource");
  if (pattern.startsWith(`${arn}${objects}`)) return { bucket: false, object: true };
  if (!pattern.startsWith(`arn:aws:${service}:`)) throw invalid();
  const bucket = patternOf(pattern, { variables: false })(arn, () => undefined);
  // A trailing wildcard in the bucket's name also matches object keys.
  const object = bucket && pattern.endsWith("*");
  if (!bucket && !object) throw invalid();
  return { bucket, object };
}
