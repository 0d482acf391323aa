import { createHash } from "node:crypto";
import {
  CreateStreamCommand,
  type CreateStreamCommandInput,
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  type PutRecordCommandInput,
} from "@aws-sdk/client-kinesis";
import { afterAll } from "vitest";
import { sign } from "#aws/signature/sigv4.ts";
import { type ConformanceCloud, doc } from "../cloud.ts";

export const api = (operation: string) => doc(`kinesis/latest/APIReference/API_${operation}.html`);
export const guide = (page: string) => doc(`streams/latest/dev/${page}.html`);

/** Messages observed from AWS; its documentation has only the rules. */
export const OBSERVED = "https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/kinesis";

export const ACCOUNT = "000000000000";
export const arn = (name: string) => `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${name}`;
export const FIRST = "shardId-000000000000";
export const SECOND = "shardId-000000000001";
export const LAST_HASH = String(2n ** 128n - 1n);
export const MIDDLE = String(2n ** 127n);

export const refusal = (name: string, message: unknown) => ({
  name,
  message,
  $metadata: { httpStatusCode: 400 },
});
export const invalid = (message: unknown) => refusal("InvalidArgumentException", message);
export const missing = (message: unknown) => refusal("ResourceNotFoundException", message);
export const noStream = (name: string) => missing(`Stream ${name} under account ${ACCOUNT} not found.`);

let count = 0;
/** A name that is unique within the test file. */
export const uniqueName = (kind: string) => `${kind}-${++count}`;

/** Sends a body as it is, valid or not. */
export function post(
  { endpoint }: ConformanceCloud,
  operation: string,
  type: string,
  body: string | Uint8Array,
): Promise<Response> {
  const { host } = new URL(endpoint);
  const headers = { host, "content-type": type, "x-amz-target": `Kinesis_20131202.${operation}` };
  const added = sign(
    { method: "POST", path: "/", query: "", headers },
    { accessKeyId: "test", secretAccessKey: "test" },
    {
      region: "us-east-1",
      service: "kinesis",
      now: Date.now(),
      payloadHash: createHash("sha256").update(body).digest("hex"),
    },
  );
  return fetch(endpoint, { method: "POST", headers: { ...headers, ...added }, body: Buffer.from(body) });
}

export function kinesisOf(cloud: ConformanceCloud) {
  let client: KinesisClient | undefined;
  afterAll(() => client?.destroy());
  const send = ((command: never) =>
    (client ??= new KinesisClient(cloud.client())).send(command)) as KinesisClient["send"];

  /** Creates a stream, by default with one shard. */
  async function stream(more: Partial<CreateStreamCommandInput> = { ShardCount: 1 }) {
    const StreamName = uniqueName("stream");
    await send(new CreateStreamCommand({ StreamName, ...more }));
    const iterator = async (type: Partial<GetShardIteratorCommandInput> = {}) =>
      (
        await send(
          new GetShardIteratorCommand({
            StreamName,
            ShardId: FIRST,
            ShardIteratorType: "TRIM_HORIZON",
            ...type,
          }),
        )
      ).ShardIterator!;
    return {
      StreamName,
      StreamARN: arn(StreamName),
      put: (data: string | Uint8Array, more: Partial<PutRecordCommandInput> = {}) =>
        send(new PutRecordCommand({ StreamName, Data: Buffer.from(data), PartitionKey: "k", ...more })),
      iterator,
      read: async (ShardIterator: string, Limit?: number) => {
        const output = await send(new GetRecordsCommand({ ShardIterator, ...(Limit && { Limit }) }));
        return { ...output, texts: output.Records!.map(({ Data }) => Buffer.from(Data!).toString()) };
      },
      texts: async (type?: Partial<GetShardIteratorCommandInput>) => {
        const output = await send(new GetRecordsCommand({ ShardIterator: await iterator(type) }));
        return output.Records!.map(({ Data }) => Buffer.from(Data!).toString());
      },
      shards: async () => (await send(new ListShardsCommand({ StreamName }))).Shards!,
      described: async () => (await send(new DescribeStreamCommand({ StreamName }))).StreamDescription!,
    };
  }

  return { send, stream };
}
