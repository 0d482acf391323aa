import { memoizeByText } from "#lib/memoize.ts";
import { invalid } from "../errors.ts";
import type {
  Comparator,
  Condition,
  Operand,
  Path,
  SetOperand,
  Step,
  UpdateActions,
} from "../expressions/grammar.ts";
import { notWellFormed, wrongOrder } from "./errors.ts";
import { type Literal, parseLiteral } from "./literals.ts";
import { type Reader, reader } from "./tokens.ts";

/** What all statements have: a table, and values that conditions and actions name by their places. */
interface Statement {
  table: string;
  index: string | undefined;
  where: Condition | undefined;
  literals: readonly Literal[];
  /** How many question marks there are. */
  parameters: number;
}

export interface Select extends Statement {
  type: "select";
  /** Without them all is shown. */
  shown: readonly Path[] | undefined;
  order: readonly { name: string; descending: boolean }[];
}
export interface Insert extends Statement {
  type: "insert";
  /** The place of the item among the values. */
  item: string;
}
export interface Update extends Statement {
  type: "update";
  actions: UpdateActions;
  returning: Returning | undefined;
}
export interface Delete extends Statement {
  type: "delete";
  returning: Returning | undefined;
}
/** That there is such an item: a condition of a transaction. */
export interface Exists extends Statement {
  type: "exists";
}
export type AnyStatement = Select | Insert | Update | Delete | Exists;
export type Returning = "ALL_OLD" | "ALL_NEW" | "UPDATED_OLD" | "UPDATED_NEW";

const MOST_DEPTH = 200;
const MOST_IN = 100;
const COMPARATORS = new Set(["=", "<>", "!=", "<", "<=", ">", ">="]);

/**
 * A statement in DynamoDB's dialect of PartiQL, whose conditions and actions are those of the expression languages.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
 * @throws {AwsError} ValidationException
 */
export const parseStatement = memoizeByText(1_000, (source) => {
  const literals: Literal[] = [];
  let parameters = 0;
  const tokens = reader(source);
  const values: Values = {
    next() {
      const literal = parseLiteral(tokens, () => parameters++);
      return literal && String(literals.push(literal) - 1);
    },
  };
  const parsed = statement(tokens, values);
  tokens.takes(";");
  if (tokens.peek().type !== "end") throw notWellFormed("Unexpected token after expression");
  return { ...parsed, literals, parameters } as AnyStatement;
});

/** Literals are kept aside; an expression has their places. */
interface Values {
  /** The place of the literal that is next, if one is. */
  next(): string | undefined;
}

type Parsed<S = AnyStatement> = S extends unknown ? Omit<S, "literals" | "parameters"> : never;

function statement(tokens: Reader, values: Values): Parsed {
  if (tokens.takes("SELECT")) return select(tokens, values);
  if (tokens.takes("INSERT", "INTO")) return insert(tokens, values);
  if (tokens.takes("UPDATE")) return update(tokens, values);
  if (tokens.takes("DELETE", "FROM")) {
    const target = place(tokens);
    const where = condition(tokens, values);
    const returning = parseReturning(tokens);
    if (returning && returning !== "ALL_OLD")
      throw invalid("DELETE statements only support RETURNING ALL OLD *");
    return { type: "delete", ...target, where, returning };
  }
  if (!tokens.takes("EXISTS", "(")) throw notWellFormed("Expected data manipulation");
  tokens.expect("SELECT");
  const { table, index, where } = select(tokens, values);
  tokens.expect(")");
  return { type: "exists", table, index, where };
}

function select(tokens: Reader, values: Values): Parsed<Select> {
  const shown = tokens.takes("*") ? undefined : listOf(tokens, () => parsePath(tokens));
  if (tokens.takes("AS")) throw invalid("Aliasing is not supported");
  tokens.expect("FROM");
  const target = place(tokens);
  if (tokens.takes("AS") || tokens.peek().type === "name") throw invalid("Aliasing is not supported");
  const where = condition(tokens, values);
  const order = tokens.takes("ORDER", "BY")
    ? listOf(tokens, () => {
        const name = tokens.name();
        const descending = tokens.takes("DESC");
        if (!descending) tokens.takes("ASC");
        return { name, descending };
      })
    : [];
  if (order.length > 0 && !where) throw wrongOrder("WHERE clause in the statement");
  return { type: "select", ...target, shown, where, order };
}

function insert(tokens: Reader, values: Values): Parsed<Insert> {
  const target = place(tokens);
  tokens.expect("VALUE");
  return { type: "insert", ...target, where: undefined, item: values.next() ?? tokens.unexpected() };
}

function update(tokens: Reader, values: Values): Parsed<Update> {
  const target = place(tokens);
  const set: { path: Path; to: SetOperand }[] = [];
  const remove: Path[] = [];
  const add: { path: Path; value: Operand }[] = [];
  const deletions: { path: Path; value: Operand }[] = [];
  const assign = () => {
    const path = parsePath(tokens);
    tokens.expect("=");
    const to = sum(tokens, values);
    const name = to.type === "call" ? to.name.toLowerCase() : "";
    if (to.type !== "call" || (name !== "set_add" && name !== "set_delete")) {
      set.push({ path, to });
      return;
    }
    const [of, value] = to.args;
    // A set is changed where it stands.
    if (to.args.length !== 2 || of?.type !== "path" || String(of.path) !== String(path))
      throw invalid(`Invalid arguments of ${name}: the attribute that is set, and a set`);
    (name === "set_add" ? add : deletions).push({ path, value: value! });
  };
  const count = () => set.length + remove.length + add.length + deletions.length;
  for (;;) {
    if (tokens.takes("SET")) listOf(tokens, assign);
    else if (tokens.takes("REMOVE")) remove.push(...listOf(tokens, () => parsePath(tokens)));
    else break;
  }
  if (count() === 0) throw notWellFormed("Expected data manipulation");
  const where = condition(tokens, values);
  const actions = { set, remove, add, delete: deletions };
  return { type: "update", ...target, actions, where, returning: parseReturning(tokens) };
}

function place(tokens: Reader): { table: string; index: string | undefined } {
  const table = tokens.name();
  return { table, index: tokens.takes(".") ? tokens.name() : undefined };
}

function parseReturning(tokens: Reader): Returning | undefined {
  if (!tokens.takes("RETURNING")) return undefined;
  const scope = tokens.takes("ALL") ? "ALL" : tokens.takes("MODIFIED") ? "UPDATED" : tokens.unexpected();
  const time = tokens.takes("OLD") ? "OLD" : tokens.takes("NEW") ? "NEW" : tokens.unexpected();
  tokens.expect("*");
  return `${scope}_${time}`;
}

function listOf<T>(tokens: Reader, one: () => T): T[] {
  const list = [one()];
  while (tokens.takes(",")) list.push(one());
  return list;
}

function condition(tokens: Reader, values: Values): Condition | undefined {
  if (!tokens.takes("WHERE")) return undefined;

  function either(depth: number): Condition {
    if (depth > MOST_DEPTH) throw notWellFormed("Expression is nested too deeply");
    let left = both(depth);
    while (tokens.takes("OR")) left = { type: "or", left, right: both(depth) };
    return left;
  }
  function both(depth: number): Condition {
    let left = negation(depth);
    while (tokens.takes("AND")) left = { type: "and", left, right: negation(depth) };
    return left;
  }
  function negation(depth: number): Condition {
    if (depth > MOST_DEPTH) throw notWellFormed("Expression is nested too deeply");
    if (tokens.takes("NOT")) return { type: "not", of: negation(depth + 1) };
    if (!tokens.takes("(")) return comparison();
    const inner = either(depth + 1);
    tokens.expect(")");
    return inner;
  }
  function comparison(): Condition {
    const operand = parseOperand(tokens, values);
    if (tokens.peek().type === "symbol" && COMPARATORS.has(tokens.peek().text)) {
      const { text } = tokens.take();
      const operator = (text === "!=" ? "<>" : text) as Comparator;
      return { type: "compare", operator, left: operand, right: parseOperand(tokens, values) };
    }
    if (tokens.takes("IS")) return is(operand, tokens.takes("NOT"));
    const isNegated = tokens.takes("NOT");
    const negatable = (test: Condition): Condition => (isNegated ? { type: "not", of: test } : test);
    if (tokens.takes("BETWEEN")) {
      const low = parseOperand(tokens, values);
      tokens.expect("AND");
      return negatable({ type: "between", operand, low, high: parseOperand(tokens, values) });
    }
    if (tokens.takes("IN")) {
      const end = tokens.takes("[") ? "]" : ")";
      if (end === ")") tokens.expect("(");
      const list = listOf(tokens, () => parseOperand(tokens, values));
      tokens.expect(end);
      if (list.length > MOST_IN)
        throw invalid(
          `The IN operator is provided with too many operands; number of operands: ${list.length}`,
        );
      return negatable({ type: "in", operand, list });
    }
    if (operand.type !== "call" || isNegated) tokens.unexpected();
    return { ...operand, name: operand.name.toLowerCase() };
  }
  function is(operand: Operand, isNegated: boolean): Condition {
    if (tokens.takes("MISSING"))
      return {
        type: "call",
        name: isNegated ? "attribute_exists" : "attribute_not_exists",
        args: [operand],
      };
    if (tokens.peek().text.toUpperCase() !== "NULL") tokens.unexpected();
    const equal: Condition = {
      type: "compare",
      operator: "=",
      left: operand,
      right: parseOperand(tokens, values),
    };
    return isNegated ? { type: "not", of: equal } : equal;
  }

  return either(0);
}

function sum(tokens: Reader, values: Values): SetOperand {
  const left = parseOperand(tokens, values);
  const operator = tokens.peek().text;
  if (tokens.peek().type !== "symbol" || (operator !== "+" && operator !== "-")) return left;
  tokens.take();
  return { type: "sum", operator, left, right: parseOperand(tokens, values) };
}

function parseOperand(tokens: Reader, values: Values, depth = 0): Operand {
  if (depth > MOST_DEPTH) throw notWellFormed("Expression is nested too deeply");
  const name = values.next();
  if (name !== undefined) return { type: "value", name };
  if (tokens.peek().type !== "word" || tokens.peek(1).text !== "(")
    return { type: "path", path: parsePath(tokens) };
  const called = tokens.name();
  tokens.expect("(");
  const args = listOf(tokens, () => parseOperand(tokens, values, depth + 1));
  tokens.expect(")");
  return { type: "call", name: called.toLowerCase(), args };
}

function parsePath(tokens: Reader): Path {
  const path: Step[] = [tokens.name()];
  for (;;) {
    if (tokens.takes(".")) path.push(tokens.name());
    else if (tokens.takes("[")) {
      const { type, text } = tokens.take();
      if (type === "text") path.push(text);
      else if (type === "number" && /^\d+$/.test(text)) path.push(Number(text));
      else throw notWellFormed("Unexpected path component");
      tokens.expect("]");
    } else return path;
  }
}
