import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { testOf } from "../expressions/conditions.ts";
import type { Placeholders } from "../expressions/placeholders.ts";
import { updateBy } from "../expressions/updates.ts";
import { partitionNames } from "../items/keys.ts";
import type { RequestContext } from "../policies/request-context.ts";
import { attributeOf } from "../values/value.ts";
import type { AnyStatement } from "./grammar.ts";
import { reachOf } from "./keys.ts";
import { literalPlaceholders, valuesOf } from "./literals.ts";

/** The facts about a statement that policy conditions may refer to. */
export function statementContext(
  statement: AnyStatement,
  parameters: DynamoDB.BatchStatementRequest["Parameters"],
): RequestContext {
  const values = () => valuesOf(statement.literals, statement.parameters, parameters);
  const itemPut = () =>
    statement.type === "insert" ? (values()[Number(statement.item)]?.M ?? {}) : undefined;
  return {
    leading(table, key) {
      const [name] = partitionNames(key);
      const item = itemPut();
      if (item) return [attributeOf(item, name!)];
      return reachOf(table, key, statement.where, values()).partitions?.map((one) => one[name!]);
    },
    attributes: () => [...Object.keys(itemPut() ?? {}), ...namesIn(statement, literalPlaceholders(values()))],
    ...(statement.type === "select" && {
      Select: statement.shown ? "SPECIFIC_ATTRIBUTES" : "ALL_ATTRIBUTES",
      isFullScan: (table, key) => !reachOf(table, key, statement.where, values()).partitions,
    }),
  };
}

function namesIn(statement: AnyStatement, placeholderMap: Placeholders): string[] {
  const names: string[] = [];
  const collecting: Placeholders = {
    ...placeholderMap,
    path(_, path) {
      names.push(String(path[0]));
      return path;
    },
  };
  if (statement.where) testOf("FilterExpression", statement.where, collecting);
  if (statement.type === "update") updateBy(statement.actions, collecting);
  if (statement.type === "select") names.push(...(statement.shown ?? []).map(([name]) => String(name)));
  return names;
}
