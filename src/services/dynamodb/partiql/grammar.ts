import { memoizeByText } from "#lib/memoize.ts";
import { invalid } from "../errors.ts";
import type { Condition, Operand, Path, SetOperand, UpdateActions } from "../expressions/grammar.ts";
import { parseWhere } from "./conditions.ts";
import { notWellFormed, wrongOrder } from "./errors.ts";
import { type Literal, parseLiteral } from "./literals.ts";
import { listOf, parsePath, parseSum, type Values } from "./operands.ts";
import { type Reader, reader } from "./tokens.ts";

/** The parts common to all statements. Conditions and actions refer to literals by their positions. */
interface Statement {
  table: string;
  index: string | undefined;
  where: Condition | undefined;
  literals: readonly Literal[];
  /** The number of question marks. */
  parameters: number;
}

export interface Select extends Statement {
  type: "select";
  /** The projected paths; `undefined` for all attributes. */
  shown: readonly Path[] | undefined;
  order: readonly { name: string; descending: boolean }[];
}
export interface Insert extends Statement {
  type: "insert";
  /** The position of the item among the literals. */
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
/** A check in a transaction that a matching item exists. */
export interface Exists extends Statement {
  type: "exists";
}
export type AnyStatement = Select | Insert | Update | Delete | Exists;
export type Returning = "ALL_OLD" | "ALL_NEW" | "UPDATED_OLD" | "UPDATED_NEW";

/**
 * Parses a statement in DynamoDB's dialect of PartiQL into the conditions and actions of the expression language.
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

type Parsed<S = AnyStatement> = S extends unknown ? Omit<S, "literals" | "parameters"> : never;

function statement(tokens: Reader, values: Values): Parsed {
  if (tokens.takes("SELECT")) return select(tokens, values);
  if (tokens.takes("INSERT", "INTO")) return insert(tokens, values);
  if (tokens.takes("UPDATE")) return update(tokens, values);
  if (tokens.takes("DELETE", "FROM")) {
    const target = place(tokens);
    const where = parseWhere(tokens, values);
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
  const where = parseWhere(tokens, values);
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
    const to = parseSum(tokens, values);
    const name = to.type === "call" ? to.name.toLowerCase() : "";
    if (to.type !== "call" || (name !== "set_add" && name !== "set_delete")) {
      set.push({ path, to });
      return;
    }
    const [of, value] = to.args;
    // These functions can only change the attribute that is assigned.
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
  const where = parseWhere(tokens, values);
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
