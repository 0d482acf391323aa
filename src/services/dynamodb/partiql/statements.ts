import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid } from "../errors.ts";
import { testOf } from "../expressions/conditions.ts";
import { type Consumption, consumedCapacity, consumedOf, readUnits } from "../items/capacity.ts";
import { checkKey } from "../items/keys.ts";
import { itemAt, tableToRead, tableToTransact, tableToWrite } from "../items/rows.ts";
import { atHome, isHeldElsewhere } from "../replicas/home.ts";
import type { Table } from "../store.ts";
import { type Meter, meterOf } from "../throughput/meter.ts";
import { tokenIn } from "../transactions/tokens.ts";
import { applyActions, checkBytes, checkDistinct, takeCapacity } from "../transactions/transactions.ts";
import { sizeOfItem } from "../values/size.ts";
import type { Item, Value } from "../values/value.ts";
import { primaryKeyNotGiven } from "./errors.ts";
import { type AnyStatement, parseStatement, type Select } from "./grammar.ts";
import { type Singleton, singletonIn } from "./keys.ts";
import { literalPlaceholders, valuesOf } from "./literals.ts";
import { statementContext } from "./request-context.ts";
import { projectionBy, select } from "./select.ts";
import { actionBy, type Write, write } from "./writes.ts";

const MAX_BATCH_SIZE = 25;

type Sent = Pick<DynamoDB.BatchStatementRequest, "Statement" | "Parameters">;
type ReturnOnFailure = DynamoDB.ReturnValuesOnConditionCheckFailure | undefined;

export const statementOperations = {
  async ExecuteStatement(ctx, input) {
    const { statement, values } = read(input);
    if (statement.type === "exists") throw onlyInTransactions();
    if (statement.type === "select") return ctx.read((tx) => select(ctx, tx, statement, values, input));
    return ctx.transact(async (tx) => {
      const meter = meterOf(ctx, tx);
      const returnOnFailure = input.ReturnValuesOnConditionCheckFailure;
      const { item, used } = await perform(tx, statement, values, returnOnFailure, meter);
      return {
        Items: item ? [item] : [],
        ConsumedCapacity: consumedCapacity(input.ReturnConsumedCapacity, used),
      };
    });
  },

  async BatchExecuteStatement(ctx, { Statements, ReturnConsumedCapacity }) {
    if (Statements.length > MAX_BATCH_SIZE)
      throw invalid("Too many items requested for the BatchExecuteStatement call");
    const statements = Statements.map((sent) => attempt(() => ({ ...read(sent), sent })));
    const types = statements.flatMap((one) => (one instanceof AwsError ? [] : [one.statement.type]));
    checkReadsOrWrites(types);
    const batch: Batch = { statements, responses: [], used: [] };
    await (types[0] === "select" ? readBatch(ctx, batch) : writeBatch(ctx, batch));
    return {
      Responses: batch.responses,
      ConsumedCapacity: consumedOf(ReturnConsumedCapacity, batch.used),
    };
  },

  async ExecuteTransaction(ctx, input) {
    const sent = input.TransactStatements;
    const parsed = sent.map(read);
    checkReadsOrWrites(parsed.map(({ statement }) => statement.type));
    if (parsed[0]!.statement.type === "select")
      return ctx.read((tx) => getAll(tx, parsed, input.ReturnConsumedCapacity, meterOf(ctx, tx)));
    if (parsed.some(({ statement }) => "returning" in statement && statement.returning))
      throw invalid("RETURNING clause is not supported in ExecuteTransaction");
    const token = tokenIn(input);
    return ctx.transact(async (tx) => {
      const tables = await Promise.all(parsed.map(({ statement }) => tableToTransact(tx, statement.table)));
      const { used, split } = await applyActions(
        tx,
        token,
        parsed.map(({ statement, values }, at) =>
          actionBy(tables[at]!, statement as Write, values, sent[at]!.ReturnValuesOnConditionCheckFailure),
        ),
        meterOf(ctx, tx),
      );
      return {
        Responses: sent.map(() => ({})),
        ConsumedCapacity: consumedOf(input.ReturnConsumedCapacity, used, split),
      };
    });
  },
} satisfies Handlers<"dynamodb">;

interface ReadStatement {
  statement: AnyStatement;
  values: readonly Value[];
}
interface BatchStatement extends ReadStatement {
  sent: DynamoDB.BatchStatementRequest;
}
interface Batch {
  statements: readonly (BatchStatement | AwsError)[];
  /** The responses so far, at the positions of their statements. */
  responses: DynamoDB.BatchStatementResponse[];
  used: Consumption[];
}
interface StatementResult {
  item: Item | undefined;
  used: Consumption;
}

const onlyInTransactions = () => invalid("EXISTS is only supported in ExecuteTransaction");

function read({ Statement, Parameters }: Sent): ReadStatement {
  const statement = parseStatement(Statement);
  return { statement, values: valuesOf(statement.literals, statement.parameters, Parameters) };
}

/** Checks that all statements read or all write. @throws {AwsError} ValidationException */
function checkReadsOrWrites(types: readonly AnyStatement["type"][]): void {
  const reads = types.filter((type) => type === "select").length;
  if (reads > 0 && reads < types.length)
    throw invalid("Statements must be either all read statements or all write statements");
}

/** Reads the items in this Region at one moment, and then those whose latest versions are in another. */
async function readBatch(ctx: Context, batch: Batch): Promise<void> {
  const readIn =
    (where: Context, tx: ReadTransaction) =>
    ({ statement, values, sent }: BatchStatement) =>
      readOne(tx, statement as Select, values, sent.ConsistentRead, meterOf(where, tx));
  const elsewhere = await ctx.read(async (tx) => {
    const held: number[] = [];
    for (const at of batch.statements.keys())
      if (await isHeldElsewhere(respond(batch, at, readIn(ctx, tx)))) held.push(at);
    return held;
  });
  for (const at of elsewhere)
    await respond(batch, at, (one) => atHome(ctx, (there) => there.read((tx) => readIn(there, tx)(one))));
}

/** Performs each write in a commit of its own, so that each may be of the maximum size. */
async function writeBatch(ctx: Context, batch: Batch): Promise<void> {
  for (const at of batch.statements.keys())
    await respond(batch, at, ({ statement, values, sent }) => {
      if (statement.type === "exists") throw onlyInTransactions();
      const returnOnFailure = sent.ReturnValuesOnConditionCheckFailure;
      return atHome(ctx, (there) =>
        there.transact((tx) => perform(tx, statement as Write, values, returnOnFailure, meterOf(there, tx))),
      );
    });
}

async function perform(
  tx: Transaction,
  statement: Write,
  values: readonly Value[],
  returnOnFailure: ReturnOnFailure,
  meter: Meter | undefined,
): Promise<StatementResult> {
  const table = await tableToWrite(tx, statement.table);
  const action = actionBy(table, statement, values, returnOnFailure);
  return write(tx, table, action, "returning" in statement ? statement.returning : undefined, meter);
}

/** Executes a SELECT of a batch. */
async function readOne(
  tx: ReadTransaction,
  statement: Select,
  values: readonly Value[],
  consistent: boolean | undefined,
  meter: Meter | undefined,
): Promise<StatementResult> {
  const table = await tableToRead(tx, statement.table, consistent);
  const target = targetOf(table, statement, values, "BatchExecuteStatement");
  const result = await getOne(tx, target, statement, values, consistent);
  meter?.take("read", result.used);
  return result;
}

/** The single item that a SELECT in a batch or transaction reads. */
interface Target extends Singleton {
  table: Table;
}

function targetOf(table: Table, statement: Select, values: readonly Value[], operation: string): Target {
  const singleton =
    statement.index === undefined ? singletonIn(table.key, statement.where, values) : undefined;
  if (!singleton) throw primaryKeyNotGiven(operation);
  checkKey(table, singleton.key);
  return { ...singleton, table };
}

async function getOne(
  tx: ReadTransaction,
  { table, key, rest }: Target,
  statement: Select,
  values: readonly Value[],
  consistent: boolean | undefined,
): Promise<StatementResult & { size: number }> {
  const test = rest && testOf("FilterExpression", rest, literalPlaceholders(values));
  const item = await itemAt(tx, table, key);
  const size = item ? sizeOfItem(item) : 0;
  const project = statement.shown ? projectionBy(statement.shown) : (whole: Item) => whole;
  return {
    item: item && (!test || test(item)) ? project(item) : undefined,
    used: { table, units: readUnits(size, consistent), indexes: new Map() },
    size,
  };
}

async function getAll(
  tx: ReadTransaction,
  parsed: readonly ReadStatement[],
  returnCapacity: DynamoDB.ReturnConsumedCapacity | undefined,
  meter: Meter | undefined,
) {
  const used: Consumption[] = [];
  const Responses: DynamoDB.ItemResponse[] = [];
  const all: Target[] = [];
  for (const { statement, values } of parsed) {
    const table = await tableToTransact(tx, statement.table);
    all.push(targetOf(table, statement as Select, values, "ExecuteTransaction"));
  }
  checkDistinct(
    all.map(({ key }) => ({ kind: "check", item: key })),
    all.map(({ table }) => table),
  );
  let bytes = 0;
  for (const [at, { statement, values }] of parsed.entries()) {
    const one = await getOne(tx, all[at]!, statement as Select, values, true);
    bytes += one.size;
    checkBytes(bytes);
    used.push({ ...one.used, units: 2 * one.used.units });
    Responses.push(one.item ? { Item: one.item } : {});
  }
  takeCapacity("read", used, meter);
  return { Responses, ConsumedCapacity: consumedOf(returnCapacity, used, "ReadCapacityUnits") };
}

function attempt<T>(make: () => T): T | AwsError {
  try {
    return make();
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

/** The error codes of a batch's responses. */
const CODES: Record<string, DynamoDB.BatchStatementErrorCodeEnum> = {
  ConditionalCheckFailedException: "ConditionalCheckFailed",
  ResourceNotFoundException: "ResourceNotFound",
  DuplicateItemException: "DuplicateItem",
  ItemCollectionSizeLimitExceededException: "ItemCollectionSizeLimitExceeded",
  ProvisionedThroughputExceededException: "ProvisionedThroughputExceeded",
  ThrottlingException: "ThrottlingError",
  ReplicatedWriteConflictException: "TransactionConflict",
  InternalServerError: "InternalServerError",
};

/** Executes a statement of a batch. Its response contains its error if it fails. @throws {HeldElsewhere} */
async function respond(
  { statements, responses, used }: Batch,
  at: number,
  execute: (one: BatchStatement) => Promise<StatementResult>,
): Promise<void> {
  const one = statements[at]!;
  const TableName = one instanceof AwsError ? undefined : one.statement.table;
  try {
    if (one instanceof AwsError) throw one;
    const result = await execute(one);
    used.push(result.used);
    responses[at] = { TableName, ...(result.item && { Item: result.item }) };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const { Item } = (error.members ?? {}) as { Item?: Item };
    const Code = CODES[error.code] ?? "ValidationError";
    responses[at] = {
      ...(TableName !== undefined && { TableName }),
      Error: { Code, Message: error.message, ...(Item && { Item }) },
    };
  }
}

const ACTIONS = {
  select: "PartiQLSelect",
  insert: "PartiQLInsert",
  update: "PartiQLUpdate",
  delete: "PartiQLDelete",
  exists: "PartiQLSelect",
};

/** The tables that statements access, and how. Statements with syntax errors are skipped. */
export function accessTargetsOf(statements: readonly Sent[]) {
  return statements.flatMap(({ Statement, Parameters }) => {
    const statement = attempt(() => parseStatement(Statement));
    if (statement instanceof AwsError) return [];
    const { type, table, index } = statement;
    return [{ action: ACTIONS[type], table, index, requestContext: statementContext(statement, Parameters) }];
  });
}
