import { jsonText } from "#lib/json-value.ts";
import { STATEMENT_ELEMENTS } from "./document.ts";
import { accountRoots, isObject, listOf, type Members, mapped, single } from "./form.ts";

/** The canonical form in which DynamoDB and Kinesis store and return a policy. */
export function canonicalForm(policy: Members): string {
  return JSON.stringify({
    ...inOrder(policy, ["Version", "Id"]),
    ...(policy.Statement !== undefined && { Statement: listOf(policy.Statement).map(canonicalStatement) }),
  });
}

/** Sorts members: the known ones first, in this order, then all others. */
function inOrder(source: Members, first: readonly string[]): Members {
  const { Statement: _, ...rest } = source;
  return Object.fromEntries(
    [
      ...first.filter((element) => element in rest),
      ...Object.keys(rest).filter((one) => !first.includes(one)),
    ].map((element) => [element, rest[element]]),
  );
}

function canonicalStatement(source: unknown): unknown {
  if (!isObject(source)) return source;
  return mapped(inOrder(source, [...STATEMENT_ELEMENTS]), (value, element) => {
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
