import { type PolicyDocument, parsePolicy, RESOURCE_POLICY } from "#aws/languages/policy/document.ts";
import { PolicyError } from "#aws/languages/policy/faults.ts";
import { invalid } from "../errors.ts";

const MAX_LENGTH = 20_480;

/** A policy must name its own resource, and Kinesis actions without wildcards. @throws {AwsError} */
export function checkPolicy(text: string, resource: string): void {
  if (text.length > MAX_LENGTH) throw invalid("The policy is not a valid JSON document.");
  for (const [index, statement] of documentOf(text).statements.entries()) {
    const refused = (why: string) =>
      policyFault(`Resource policy contains invalid statement at ${placeOf(text, index)}: ${why}`);
    const { patterns } = statement.action;
    if (patterns.some((pattern) => !pattern.startsWith("kinesis:")))
      throw refused("Action field includes AWS services that are inconsistent with specified vendor");
    if (patterns.some((pattern) => /[*?]/.test(pattern)))
      throw refused("Action field cannot contain invalid actions");
    if (statement.resource?.not || statement.resource?.patterns.some((pattern) => pattern !== resource))
      throw refused("The resource policy's resource must be the same as the resource ARN.");
  }
}

const policyFault = (why: string) => invalid(`Policy validation error: ${why}`);

function documentOf(text: string): PolicyDocument {
  try {
    return parsePolicy(text, RESOURCE_POLICY);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const { fault } = error;
    if (fault.reason === "NotJson") throw invalid("The policy is not a valid JSON document.");
    if (fault.reason === "MissingElement") throw policyFault(`Missing required field ${fault.element}`);
    throw policyFault("The policy is not a valid policy document.");
  }
}

/** The line and column of a statement in the policy's text. */
function placeOf(text: string, statement: number): string {
  const open: string[] = [];
  let seen = -1;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === "]" || token === "}") open.pop();
    else if (token === "[" || token === "{") {
      const isStatement = token === "{" && (open.length === 1 || (open.length === 2 && open[1] === "["));
      if (isStatement && ++seen === statement) {
        const before = text.slice(0, index).split("\n");
        return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
      }
      open.push(token);
    }
  }
  return "line 1, column 1";
}
