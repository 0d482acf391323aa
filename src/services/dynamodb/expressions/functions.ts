import { fail } from "./faults.ts";
import type { Condition, Operand, SetOperand } from "./grammar.ts";
import type { Placeholders } from "./placeholders.ts";
import type { Kind } from "./tokens.ts";

const FUNCTIONS = new Set([
  "attribute_exists",
  "attribute_not_exists",
  "attribute_type",
  "begins_with",
  "contains",
  "size",
  "if_not_exists",
  "list_append",
]);
/** The functions that are allowed on the right side of a SET action. */
export const UPDATE_FUNCTIONS: ReadonlySet<string> = new Set(["if_not_exists", "list_append"]);

interface Call {
  name: string;
  args: readonly Operand[];
}

/** Checks a function that is used as a condition. @throws {AwsError} ValidationException */
export function checkConditionFunction(kind: Kind, name: string): void {
  checkName(kind, name);
  if (name === "size") misused(kind, name);
  if (UPDATE_FUNCTIONS.has(name))
    fail(kind, `The function is not allowed in a condition expression; function: ${name}`);
}

/** Checks a function that is an operand of a condition, which must be `size`. @throws {AwsError} ValidationException */
export function checkOperandFunction(kind: Kind, name: string): void {
  checkName(kind, name);
  if (name !== "size") misused(kind, name);
}

/** Checks a function on the right side of a SET action. @throws {AwsError} ValidationException */
export function checkUpdateFunction(kind: Kind, name: string): void {
  checkName(kind, name);
  if (!UPDATE_FUNCTIONS.has(name))
    fail(kind, `The function is not allowed in an update expression; function: ${name}`);
}

function checkName(kind: Kind, name: string): void {
  if (!FUNCTIONS.has(name)) fail(kind, `Invalid function name; function: ${name}`);
}

const misused = (kind: Kind, name: string) =>
  fail(kind, `The function is not allowed to be used this way in an expression; function: ${name}`);

/** @throws {AwsError} ValidationException */
export function checkCount(kind: Kind, { name, args }: { name: string; args: readonly unknown[] }): void {
  const expected = name.startsWith("attribute_") && name !== "attribute_type" ? 1 : name === "size" ? 1 : 2;
  if (args.length !== expected)
    fail(
      kind,
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${args.length}`,
    );
}

/** A visitor of the parts of an expression, which checks for one kind of fault. */
export interface Visitor {
  condition?(call: Call): void;
  operand?(call: Call): void;
  leaf?(operand: Operand): void;
}

/**
 * Throws the fault of an expression that AWS reports first: a function's name or place, then an undefined placeholder, then
 * a number of operands. Called after any fault was found; returns if it is none of these.
 * @throws {AwsError} ValidationException
 */
export function throwFirstFault(
  kind: Kind,
  placeholderMap: Placeholders,
  walk: (visitor: Visitor) => void,
  checkUse: (kind: Kind, name: string) => void,
): void {
  walk({
    condition: ({ name }) => checkConditionFunction(kind, name),
    operand: ({ name }) => checkUse(kind, name),
  });
  walk({ leaf: (operand) => resolve(kind, placeholderMap, operand) });
  const count = (call: Call) => checkCount(kind, call);
  walk({ condition: count, operand: count });
}

function resolve(kind: Kind, placeholderMap: Placeholders, operand: Operand): void {
  if (operand.type === "path") placeholderMap.path(kind, operand.path);
  if (operand.type === "value") placeholderMap.value(kind, operand.name);
}

export function walkCondition(condition: Condition, visitor: Visitor): void {
  switch (condition.type) {
    case "and":
    case "or":
      walkCondition(condition.left, visitor);
      walkCondition(condition.right, visitor);
      break;
    case "not":
      walkCondition(condition.of, visitor);
      break;
    case "compare":
      walkOperand(condition.left, visitor);
      walkOperand(condition.right, visitor);
      break;
    case "between":
      for (const operand of [condition.operand, condition.low, condition.high]) walkOperand(operand, visitor);
      break;
    case "in":
      for (const operand of [condition.operand, ...condition.list]) walkOperand(operand, visitor);
      break;
    default:
      visitor.condition?.(condition);
      for (const operand of condition.args) walkOperand(operand, visitor);
  }
}

export function walkOperand(operand: SetOperand, visitor: Visitor): void {
  if (operand.type === "sum") {
    walkOperand(operand.left, visitor);
    walkOperand(operand.right, visitor);
  } else if (operand.type === "call") {
    visitor.operand?.(operand);
    for (const arg of operand.args) walkOperand(arg, visitor);
  } else visitor.leaf?.(operand);
}
