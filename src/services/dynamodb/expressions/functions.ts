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
/** Those of an update's right sides. */
export const UPDATING: ReadonlySet<string> = new Set(["if_not_exists", "list_append"]);

interface Call {
  name: string;
  args: readonly Operand[];
}

/** Whether a condition is a function may stand where it does. @throws {AwsError} ValidationException */
export function checkCondition(kind: Kind, name: string): void {
  checkName(kind, name);
  if (name === "size") misused(kind, name);
  if (UPDATING.has(name))
    fail(kind, `The function is not allowed in a condition expression; function: ${name}`);
}

/** The same of an operand in a condition: only a size is one. @throws {AwsError} ValidationException */
export function checkMeasure(kind: Kind, name: string): void {
  checkName(kind, name);
  if (name !== "size") misused(kind, name);
}

/** The same of an update's right side. @throws {AwsError} ValidationException */
export function checkUpdating(kind: Kind, name: string): void {
  checkName(kind, name);
  if (!UPDATING.has(name))
    fail(kind, `The function is not allowed in an update expression; function: ${name}`);
}

function checkName(kind: Kind, name: string): void {
  if (!FUNCTIONS.has(name)) fail(kind, `Invalid function name; function: ${name}`);
}

const misused = (kind: Kind, name: string) =>
  fail(kind, `The function is not allowed to be used this way in an expression; function: ${name}`);

/** @throws {AwsError} ValidationException */
export function checkCount(kind: Kind, { name, args }: { name: string; args: readonly unknown[] }): void {
  const due = name.startsWith("attribute_") && name !== "attribute_type" ? 1 : name === "size" ? 1 : 2;
  if (args.length !== due)
    fail(
      kind,
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${args.length}`,
    );
}

/** What is looked at in an expression, part by part, each time for one kind of fault. */
export interface Look {
  condition?(call: Call): void;
  operand?(call: Call): void;
  leaf?(operand: Operand): void;
}

/**
 * Of several faults of one expression a function's name or place is told first, then a placeholder that stands for
 * nothing, then a number of operands. Called where there is any fault: throws the one to tell, if it is of these.
 * @throws {AwsError} ValidationException
 */
export function tellForemost(
  kind: Kind,
  holders: Placeholders,
  walk: (look: Look) => void,
  checkUse: (kind: Kind, name: string) => void,
): void {
  walk({
    condition: ({ name }) => checkCondition(kind, name),
    operand: ({ name }) => checkUse(kind, name),
  });
  walk({ leaf: (operand) => resolve(kind, holders, operand) });
  const count = (call: Call) => checkCount(kind, call);
  walk({ condition: count, operand: count });
}

function resolve(kind: Kind, holders: Placeholders, operand: Operand): void {
  if (operand.type === "path") holders.path(kind, operand.path);
  if (operand.type === "value") holders.value(kind, operand.name);
}

export function walkCondition(condition: Condition, look: Look): void {
  switch (condition.type) {
    case "and":
    case "or":
      walkCondition(condition.left, look);
      walkCondition(condition.right, look);
      break;
    case "not":
      walkCondition(condition.of, look);
      break;
    case "compare":
      walkOperand(condition.left, look);
      walkOperand(condition.right, look);
      break;
    case "between":
      for (const operand of [condition.operand, condition.low, condition.high]) walkOperand(operand, look);
      break;
    case "in":
      for (const operand of [condition.operand, ...condition.list]) walkOperand(operand, look);
      break;
    default:
      look.condition?.(condition);
      for (const operand of condition.args) walkOperand(operand, look);
  }
}

export function walkOperand(operand: SetOperand, look: Look): void {
  if (operand.type === "sum") {
    walkOperand(operand.left, look);
    walkOperand(operand.right, look);
  } else if (operand.type === "call") {
    look.operand?.(operand);
    for (const arg of operand.args) walkOperand(arg, look);
  } else look.leaf?.(operand);
}
