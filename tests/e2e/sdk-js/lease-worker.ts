import { ConditionalCheckFailedException, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from "@aws-sdk/client-kinesis";
import { DynamoDBDocumentClient, PutCommand, ScanCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";

/** The checkpoints of a shard that has not been read, and of one that was read to its end. */
const TRIM_HORIZON = "TRIM_HORIZON";
const SHARD_END = "SHARD_END";
/** The number of polls without a heartbeat after which a lease may be taken over. */
const MAX_UNCHANGED_POLLS = 5;
/** Small, so that a shard takes several reads. */
const LIMIT = 10;

/** A lease as the Kinesis Client Library stores it. */
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
 * A consumer like those of the Kinesis Client Library: shards are leased in a table by conditional updates, a
 * heartbeat keeps
 * a lease, a checkpoint records the position in a shard, and child shards wait for the end of their parents.
 */
export interface Worker {
  /**
   * One round: creates, takes and renews leases, and reads each leased shard once. @returns whether the
   * worker is alive
   */
  turn(): Promise<boolean>;
  /** Crashes during its next round, after processing records and before storing their checkpoint. */
  die(): void;
  leases(): Promise<Lease[]>;
}

export function leaseWorker(options: WorkerOptions): Worker {
  const { name, kinesis, StreamName, TableName } = options;
  const table = DynamoDBDocumentClient.from(options.dynamodb);
  /** The last seen counter of each lease, and the number of polls since it changed. */
  const lastSeen = new Map<string, { counter: number; polls: number }>();
  let isDying = false;
  let isDead = false;

  async function leases(): Promise<Lease[]> {
    const { Items = [] } = await table.send(new ScanCommand({ TableName, ConsistentRead: true }));
    return Items as Lease[];
  }

  /** Whether the conditional update succeeded, which means that no other worker was faster. */
  async function succeeds(command: UpdateCommand | PutCommand): Promise<boolean> {
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
      await succeeds(
        new PutCommand({ TableName, Item, ConditionExpression: "attribute_not_exists(leaseKey)" }),
      );
    }
  }

  function isAvailable({ leaseKey, leaseOwner, leaseCounter }: Lease): boolean {
    if (leaseOwner === undefined) return true;
    const last = lastSeen.get(leaseKey);
    const polls = last?.counter === leaseCounter ? last.polls + 1 : 0;
    lastSeen.set(leaseKey, { counter: leaseCounter, polls });
    return leaseOwner !== name && polls >= MAX_UNCHANGED_POLLS;
  }

  const isOwn = ({ leaseOwner }: Lease) => leaseOwner === name;

  /**
   * Takes or renews a lease. Both increment its counter, so that only one of two concurrent workers succeeds.
   */
  const take = ({ leaseKey, leaseCounter }: Lease) =>
    succeeds(
      new UpdateCommand({
        TableName,
        Key: { leaseKey },
        UpdateExpression: "SET leaseOwner = :me, leaseCounter = leaseCounter + :one",
        ConditionExpression: "leaseCounter = :seen",
        ExpressionAttributeValues: { ":me": name, ":one": 1, ":seen": leaseCounter },
      }),
    );

  const checkpoint = ({ leaseKey }: Lease, at: string) =>
    succeeds(
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
      const free = new Set(open.filter(isAvailable));
      const held = open.filter((lease) => !free.has(lease));
      const workers = new Set(held.map(({ leaseOwner }) => leaseOwner)).add(name).size;
      let wanted = Math.ceil(open.length / workers) - held.filter(isOwn).length;
      for (const lease of open) {
        if (!isOwn(lease) && !(free.has(lease) && wanted-- > 0)) continue;
        if (!(await take(lease))) continue;
        // A child shard is read only after its parents have ended.
        if (lease.parents.every((parent) => ended.has(parent))) await read(lease);
        if (isDead) return false;
      }
      return true;
    },
  };
}
