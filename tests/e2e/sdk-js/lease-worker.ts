import { ConditionalCheckFailedException, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from "@aws-sdk/client-kinesis";
import { DynamoDBDocumentClient, PutCommand, ScanCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";

/** Where the reading of a shard begins that nobody has read yet, and what is told of one that was read to its end. */
const TRIM_HORIZON = "TRIM_HORIZON";
const SHARD_END = "SHARD_END";
/** Looks without a heartbeat, after which a lease is up for others. */
const PATIENCE = 5;
/** Few, so that a shard takes several readings. */
const LIMIT = 10;

/** As the Kinesis Client Library keeps it. */
export interface Lease {
  leaseKey: string;
  leaseOwner?: string;
  leaseCounter: number;
  checkpoint: string;
  parents: string[];
}

export interface Processed {
  worker: string;
  shard: string;
  sequence: string;
  key: string;
  text: string;
}

interface WorkerOptions {
  name: string;
  kinesis: KinesisClient;
  dynamodb: DynamoDBClient;
  StreamName: string;
  TableName: string;
  process(record: Processed): void;
}

/**
 * A consumer as the Kinesis Client Library makes it: shards are leased in a table by conditional updates, a heartbeat
 * keeps a lease, a checkpoint says how far a shard was processed, and children wait for their parents' end.
 */
export interface Worker {
  /** One round: leases are made, taken and kept, and each shard that it holds is read once. @returns whether it lives */
  turn(): Promise<boolean>;
  /** Dies in the midst of its next round: behind the processing of records, and before their checkpoint. */
  die(): void;
  leases(): Promise<Lease[]>;
}

export function leaseWorker(options: WorkerOptions): Worker {
  const { name, kinesis, StreamName, TableName } = options;
  const table = DynamoDBDocumentClient.from(options.dynamodb);
  /** Counters as they were met last, and for how many looks they have stood still. */
  const met = new Map<string, { counter: number; looks: number }>();
  let isDying = false;
  let isDead = false;

  async function leases(): Promise<Lease[]> {
    const { Items = [] } = await table.send(new ScanCommand({ TableName, ConsistentRead: true }));
    return Items as Lease[];
  }

  /** Whether nobody else was faster. */
  async function won(command: UpdateCommand | PutCommand): Promise<boolean> {
    try {
      await table.send(command as UpdateCommand);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async function leaseNewShards(known: readonly Lease[]): Promise<void> {
    const leased = new Set(known.map(({ leaseKey }) => leaseKey));
    const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
    for (const { ShardId, ParentShardId, AdjacentParentShardId } of Shards) {
      if (leased.has(ShardId!)) continue;
      const parents = [ParentShardId, AdjacentParentShardId].filter((one) => one !== undefined);
      const Item: Lease = { leaseKey: ShardId!, leaseCounter: 0, checkpoint: TRIM_HORIZON, parents };
      await won(new PutCommand({ TableName, Item, ConditionExpression: "attribute_not_exists(leaseKey)" }));
    }
  }

  function isUpForOthers({ leaseKey, leaseOwner, leaseCounter }: Lease): boolean {
    if (leaseOwner === undefined) return true;
    const last = met.get(leaseKey);
    const looks = last?.counter === leaseCounter ? last.looks + 1 : 0;
    met.set(leaseKey, { counter: leaseCounter, looks });
    return leaseOwner !== name && looks >= PATIENCE;
  }

  const isOwn = ({ leaseOwner }: Lease) => leaseOwner === name;

  /** Takes it, or keeps it: either way its counter grows, so that of two who want it one fails. */
  const take = ({ leaseKey, leaseCounter }: Lease) =>
    won(
      new UpdateCommand({
        TableName,
        Key: { leaseKey },
        UpdateExpression: "SET leaseOwner = :me, leaseCounter = leaseCounter + :one",
        ConditionExpression: "leaseCounter = :seen",
        ExpressionAttributeValues: { ":me": name, ":one": 1, ":seen": leaseCounter },
      }),
    );

  const checkpoint = ({ leaseKey }: Lease, at: string) =>
    won(
      new UpdateCommand({
        TableName,
        Key: { leaseKey },
        UpdateExpression: "SET checkpoint = :at",
        ConditionExpression: "leaseOwner = :me",
        ExpressionAttributeValues: { ":me": name, ":at": at },
      }),
    );

  async function read(lease: Lease): Promise<void> {
    const { leaseKey: ShardId, checkpoint: at } = lease;
    const { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({
        StreamName,
        ShardId,
        ...(at === TRIM_HORIZON
          ? { ShardIteratorType: "TRIM_HORIZON" }
          : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: at }),
      }),
    );
    const { Records = [], NextShardIterator } = await kinesis.send(
      new GetRecordsCommand({ ShardIterator: ShardIterator!, Limit: LIMIT }),
    );
    for (const { SequenceNumber, PartitionKey, Data } of Records) {
      options.process({
        worker: name,
        shard: ShardId,
        sequence: SequenceNumber!,
        key: PartitionKey!,
        text: Buffer.from(Data!).toString(),
      });
    }
    if (isDying && Records.length > 0) {
      isDead = true;
      return;
    }
    const last = Records.at(-1)?.SequenceNumber;
    if (NextShardIterator === undefined) await checkpoint(lease, SHARD_END);
    else if (last !== undefined) await checkpoint(lease, last);
  }

  return {
    leases,
    die() {
      isDying = true;
    },
    async turn() {
      const known = await leases();
      await leaseNewShards(known);
      const ended = new Set(
        known.flatMap(({ leaseKey, checkpoint: at }) => (at === SHARD_END ? [leaseKey] : [])),
      );
      const open = known.filter(({ leaseKey }) => !ended.has(leaseKey));
      const free = new Set(open.filter(isUpForOthers));
      const held = open.filter((lease) => !free.has(lease));
      const workers = new Set(held.map(({ leaseOwner }) => leaseOwner)).add(name).size;
      let wanted = Math.ceil(open.length / workers) - held.filter(isOwn).length;
      for (const lease of open) {
        if (!isOwn(lease) && !(free.has(lease) && wanted-- > 0)) continue;
        if (!(await take(lease))) continue;
        // A child's records come behind its parents', so it waits for them.
        if (lease.parents.every((parent) => ended.has(parent))) await read(lease);
        if (isDead) return false;
      }
      return true;
    },
  };
}
