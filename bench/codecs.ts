import { violations } from "#aws/contract/constraints.ts";
import { loadContract } from "#aws/contract/contract.ts";
import type { ProtocolName } from "#aws/contract/format.ts";
import { protocol } from "#aws/protocols/index.ts";
import type { WireRequest } from "#aws/protocols/protocol.ts";

/** Microseconds that a call spends in its protocol: the best of several rounds, as the machine may be busy. */

const meta = { requestId: "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", hostId: "host" };

function request(body: string | Uint8Array, headers: Record<string, string> = {}): WireRequest {
  return { method: "POST", query: [], headers, labels: {}, body: Buffer.from(body as string) };
}

function operationOf(service: string, name: string) {
  return loadContract(service).operation(name)!;
}

function decoding(
  service: string,
  name: string,
  speaks: ProtocolName,
  body: string | Uint8Array,
): () => unknown {
  const operation = operationOf(service, name);
  const wire = request(body);
  const { decode } = protocol(speaks);
  return () => decode(operation, wire);
}

function encoding(service: string, name: string, speaks: ProtocolName, output: object): () => unknown {
  const operation = operationOf(service, name);
  const { encode } = protocol(speaks);
  // A long concatenation is flattened only when it is written.
  return () => Buffer.from(encode(operation, output, meta).body as string);
}

/** About 1.1 KB of JSON: strings, numbers, a list and a map. */
function item(): object {
  const attributes: Record<string, object> = { pk: { S: "user#0001" }, sk: { S: "profile#2026" } };
  for (let i = 0; i < 19; i++)
    attributes[`attribute${i}`] = i % 4 ? { S: "some text of some length, as it is" } : { N: `${i}.5` };
  attributes.tags = { L: [{ S: "one" }, { S: "two" }, { S: "three" }] };
  attributes.address = {
    M: { street: { S: "12 Main Street" }, city: { S: "Springfield" }, zip: { N: "12345" } },
  };
  return attributes;
}

function listing(): object {
  const Contents = Array.from({ length: 1000 }, (_, i) => ({
    Key: `photos/2026/11/image-${String(i).padStart(6, "0")}.jpg`,
    LastModified: new Date(1_795_000_000_000 + i * 1000),
    ETag: '"9bb58f26192e4ba00f01e2e7b136bbd8"',
    Size: 123_456 + i,
    StorageClass: "STANDARD",
  }));
  return { Name: "bucket", Prefix: "photos/", KeyCount: 1000, MaxKeys: 1000, IsTruncated: true, Contents };
}

const put = JSON.stringify({ TableName: "users", Item: item() });
const putItem = operationOf("dynamodb", "PutItem");
const putInput = JSON.parse(put);
const send = JSON.stringify({
  QueueUrl: "http://localhost:4566/000000000000/jobs",
  MessageBody: "hello, world",
});
const form = new URLSearchParams({
  Action: "SendMessage",
  Version: "2012-11-05",
  QueueUrl: "http://localhost:4566/000000000000/jobs",
  MessageBody: "hello, world",
}).toString();
const sent = { MessageId: meta.requestId, MD5OfMessageBody: "5d41402abc4b2a76b9719d911017c592" };

function both(decode: () => unknown, encode: () => unknown): () => unknown {
  return () => {
    decode();
    return encode();
  };
}

const subjects: Record<string, () => unknown> = {
  [`DynamoDB PutItem, decode ${put.length} B`]: decoding("dynamodb", "PutItem", "awsJson1_0", put),
  "  JSON.parse alone": () => JSON.parse(put),
  "DynamoDB PutItem, constraints": () => violations(putItem.input, putInput, "coral"),
  "DynamoDB GetItem, encode the same item": encoding("dynamodb", "GetItem", "awsJson1_0", { Item: item() }),
  "SQS SendMessage in JSON, decode and encode": both(
    decoding("sqs", "SendMessage", "awsJson1_0", send),
    encoding("sqs", "SendMessage", "awsJson1_0", sent),
  ),
  "SQS SendMessage in query, decode and encode": both(
    decoding("sqs", "SendMessage", "awsQuery", form),
    encoding("sqs", "SendMessage", "awsQuery", sent),
  ),
  "S3 ListObjectsV2, encode 1,000 keys": encoding("s3", "ListObjectsV2", "restXml", listing()),
};

function microseconds(run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 12; round++) {
    const end = performance.now() + 50;
    const start = performance.now();
    let calls = 0;
    while (performance.now() < end) {
      for (let i = 0; i < 8; i++) run();
      calls += 8;
    }
    best = Math.min(best, ((performance.now() - start) * 1000) / calls);
  }
  return best;
}

console.table(
  Object.fromEntries(
    Object.entries(subjects).map(([name, run]) => [name, { µs: Number(microseconds(run).toFixed(2)) }]),
  ),
);
