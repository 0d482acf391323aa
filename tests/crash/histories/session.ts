import { randomInt, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  BatchGetItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  TransactGetItemsCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { failureOf, readsIn } from "./failures.ts";
import { type Append, NEVER, type Operation, type Read, type Step } from "./history.ts";
import { elementsOf, keyOf, listOf, nameOf, readOf, readPartition, TableName } from "./lists-table.ts";

export interface SessionOptions {
  client: DynamoDBClient;
  /** Whether the table is a strongly consistent global table, which has no transactions, and indexes that lag. */
  isStrong: boolean;
  session: string;
  /** Returns a unique element. */
  element: () => number;
  /** Returns one of the lists that all sessions use at this time. */
  name: () => string;
  record: (operation: Operation) => void;
}

/** Milliseconds of the monotonic clock that all processes of a machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

const NAMES = { "#l": "list" };
const REPEATS = 40;
const PAUSE_MS = 25;

type Call = keyof ReturnType<typeof callsOf>;
/** The frequency of each call, in percent. */
const SHARES: readonly (readonly [Call, number])[] = [
  ["append", 20],
  ["appendTo", 10],
  ["appendTogether", 15],
  ["appendOnCondition", 13],
  ["get", 8],
  ["getBatch", 8],
  ["getTogether", 10],
  ["query", 10],
  ["queryIndex", 6],
];

const OF_STRONG = new Set<Call>(["append", "appendTo", "get", "getBatch", "query"]);

/** Performs random calls, each after the response to the previous one. */
export async function runSession(options: SessionOptions, isOver: () => boolean): Promise<void> {
  const calls = callsOf(options);
  const shares = SHARES.filter(([call]) => !options.isStrong || OF_STRONG.has(call));
  const all = shares.reduce((sum, [, share]) => sum + share, 0);
  while (!isOver()) {
    let at = randomInt(all);
    const [call] = shares.find(([, share]) => (at -= share) < 0)!;
    await calls[call]();
  }
}

interface Sending<Answer, Learnt extends Step> {
  call: string;
  /** The steps that are known before the response. */
  steps?: readonly Learnt[];
  send: () => Promise<Answer>;
  /** The steps that the response shows. */
  learnt?: (answer: Answer) => readonly Learnt[];
  /** Whether it has an idempotency token, so that it can be sent again. */
  isRepeatable?: boolean;
}

function callsOf({ client, session, element, name, record }: SessionOptions) {
  /** Sends a call and records its outcome. @returns the steps, if it is done */
  async function operate<Answer, Learnt extends Step>(sending: Sending<Answer, Learnt>) {
    const { call, steps = [], send, learnt = () => steps, isRepeatable } = sending;
    const begun = now();
    const end = (outcome: Operation["outcome"], did: readonly Step[] = steps) =>
      record({ call, session, steps: did, begun, ended: outcome === "unknown" ? NEVER : now(), outcome });
    for (let repeats = 0; ; repeats++) {
      try {
        const did = learnt(await send());
        end("done", did);
        return did;
      } catch (error) {
        const failure = failureOf(error);
        if (failure === "condition") {
          end("refused");
          if (readsIn(error).length > 0) end("done", readsIn(error));
          return undefined;
        }
        // If a repeated call does not reach the server, an earlier attempt may have.
        const isInDoubt = failure === "unanswered" || repeats > 0;
        if (!isInDoubt || !isRepeatable || repeats === REPEATS) {
          end(isInDoubt ? "unknown" : "refused");
          await sleep(PAUSE_MS);
          return undefined;
        }
        await sleep(PAUSE_MS);
      }
    }
  }

  const newElements = () => Array.from({ length: randomInt(5) === 0 ? 2 : 1 }, element);
  const appended = (key: string, elements: readonly number[]): Append[] =>
    elements.map((append) => ({ key, append }));

  const updateOf = (key: string, elements: readonly number[]) => ({
    TableName,
    Key: keyOf(key),
    UpdateExpression: "SET #l = list_append(if_not_exists(#l, :none), :new)",
    ExpressionAttributeNames: NAMES,
    ExpressionAttributeValues: { ":none": listOf([]), ":new": listOf(elements) },
  });

  const unchanged = ({ read }: Read) => ({
    ConditionExpression: read.length === 0 ? "attribute_not_exists(#l)" : "#l = :seen",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
    values: read.length === 0 ? undefined : { ":seen": listOf(read) },
  });

  const readOne = (key: string) =>
    operate({
      call: "GetItem",
      send: () => client.send(new GetItemCommand({ TableName, Key: keyOf(key), ConsistentRead: true })),
      learnt: ({ Item }): Read[] => [{ key, read: elementsOf(Item) }],
    });

  const readTogether = (keys: readonly string[]) => {
    const TransactItems = keys.map((key) => ({ Get: { TableName, Key: keyOf(key) } }));
    return operate({
      call: "TransactGetItems",
      send: () => client.send(new TransactGetItemsCommand({ TransactItems })),
      learnt: ({ Responses }): Read[] =>
        keys.map((key, n) => ({ key, read: elementsOf(Responses![n]!.Item) })),
    });
  };

  const readPartitionOf = (call: string, from: "table" | "index") =>
    operate({
      call,
      send: () => readPartition(client, name().split("/")[0]!, from),
      learnt: (read) => read,
    });

  /** Half of the transactions are sent again if there is no response. */
  const transact = (steps: readonly Step[], TransactItems: TransactWriteItem[]) => {
    const command = new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: randomUUID() });
    return operate({
      call: "TransactWriteItems",
      steps,
      send: () => client.send(command),
      isRepeatable: randomInt(2) === 0,
    });
  };

  return {
    get: () => readOne(name()),
    getTogether: () => readTogether(severalOf(name)),

    query: () => readPartitionOf("Query", "table"),
    queryIndex: () => readPartitionOf("Query of an index", "index"),

    async getBatch() {
      const keys = severalOf(name);
      const command = new BatchGetItemCommand({
        RequestItems: { [TableName]: { Keys: keys.map(keyOf), ConsistentRead: true } },
      });
      await operate({
        call: "BatchGetItem",
        send: () => client.send(command),
        learnt({ Responses }): Read[] {
          const itemsByName = new Map(Responses![TableName]!.map((item) => [nameOf(item), readOf(item)]));
          return keys.map((key) => itemsByName.get(key) ?? { key, read: [] });
        },
      });
    },

    /** Appends to a list. The response contains the whole list. */
    async append() {
      const key = name();
      const steps = appended(key, newElements());
      const update = updateOf(
        key,
        steps.map(({ append }) => append),
      );
      await operate({
        call: "UpdateItem",
        steps: steps as Step[],
        send: () => client.send(new UpdateItemCommand({ ...update, ReturnValues: "UPDATED_NEW" })),
        learnt: ({ Attributes }) => [...steps, { key, read: elementsOf(Attributes) }],
      });
    },

    /** Appends to a list on the condition that it is unchanged since it was read. */
    async appendTo() {
      const [seen] = (await readOne(name())) ?? [];
      if (!seen) return;
      const elements = newElements();
      const { values, ...condition } = unchanged(seen);
      const update = updateOf(seen.key, elements);
      const ExpressionAttributeValues = { ...update.ExpressionAttributeValues, ...values };
      await operate({
        call: "UpdateItem on a condition",
        steps: [seen, ...appended(seen.key, elements)],
        send: () =>
          client.send(new UpdateItemCommand({ ...update, ...condition, ExpressionAttributeValues })),
      });
    },

    async appendTogether() {
      const parts = severalOf(name).map((key) => ({ key, elements: newElements() }));
      await transact(
        parts.flatMap(({ key, elements }) => appended(key, elements)),
        parts.map(({ key, elements }) => ({ Update: updateOf(key, elements) })),
      );
    },

    /** Appends to lists on the condition that another one is unchanged, which would reveal a write skew. */
    async appendOnCondition() {
      const [seen, ...rest] = (await readTogether(severalOf(name))) ?? [];
      if (!seen) return;
      const parts = rest.map(({ key }) => ({ key, elements: newElements() }));
      const { values, ...condition } = unchanged(seen);
      const check = {
        TableName,
        Key: keyOf(seen.key),
        ...condition,
        ExpressionAttributeNames: NAMES,
        ExpressionAttributeValues: values,
      };
      await transact(
        [seen, ...parts.flatMap(({ key, elements }) => appended(key, elements))],
        [
          { ConditionCheck: check },
          ...parts.map(({ key, elements }) => ({ Update: updateOf(key, elements) })),
        ],
      );
    },
  };
}

/** The names of two to four different lists. */
function severalOf(name: () => string): string[] {
  const names = new Set<string>();
  for (const count = 2 + randomInt(3); names.size < count; ) names.add(name());
  return [...names];
}
