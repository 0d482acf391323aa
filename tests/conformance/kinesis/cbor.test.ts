import { expect } from "vitest";
import { CborTimestamp, CborWriter, decodeCbor } from "#aws/protocols/cbor/cbor.ts";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, api, FIRST, kinesisOf, post } from "./kinesis.ts";

const cloud = conformanceCloud();
const { stream } = kinesisOf(cloud);

const CBOR = "application/x-amz-cbor-1.1";

function encode(value: string | number | Uint8Array | object): Uint8Array {
  const writer = new CborWriter();
  write(writer, value);
  return writer.bytes();
}

function write(writer: CborWriter, value: unknown): void {
  if (typeof value === "string") writer.string(value);
  else if (typeof value === "number") writer.integer(value);
  else if (value instanceof Uint8Array) writer.binary(value);
  else if (Array.isArray(value)) {
    writer.array(value.length);
    for (const one of value) write(writer, one);
  } else {
    const entries = Object.entries(value as object);
    writer.map(entries.length);
    for (const [key, member] of entries) {
      writer.string(key);
      write(writer, member);
    }
  }
}

/** Sends a request and decodes its response as the SDK for Java does. */
async function call(operation: string, input: object) {
  const body = encode(input);
  const response = await post(cloud, operation, CBOR, body);
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    output: (bytes.length > 0 ? decodeCbor(bytes) : undefined) as Record<string, unknown>,
  };
}

behaviour("a CBOR request gets a CBOR response", api("DescribeStreamSummary"), async () => {
  const { StreamName, StreamARN } = await stream();
  const { status, type, output } = await call("DescribeStreamSummary", { StreamName });
  expect([status, type]).toEqual([200, CBOR]);
  expect(output.StreamDescriptionSummary).toMatchObject({ StreamName, StreamARN, OpenShardCount: 1 });
});

behaviour(
  "binary data is a byte string, and a timestamp is tagged milliseconds",
  api("GetRecords"),
  async () => {
    const { StreamName, iterator } = await stream();
    const Data = Buffer.from([0, 1, 255]);
    const put = await call("PutRecord", { StreamName, Data, PartitionKey: "k" });
    expect(put.output).toMatchObject({ ShardId: FIRST });
    const { output } = await call("GetRecords", { ShardIterator: await iterator() });
    const [record] = output.Records as { Data: Uint8Array; ApproximateArrivalTimestamp: CborTimestamp }[];
    expect(Buffer.from(record!.Data)).toEqual(Data);
    expect(record!.ApproximateArrivalTimestamp).toBeInstanceOf(CborTimestamp);
    expect(record!.ApproximateArrivalTimestamp.value).toBeGreaterThan(1e12);
  },
);

behaviour("PutRecords in CBOR returns a result per record", api("PutRecords"), async () => {
  const { StreamName, texts } = await stream();
  const Records = ["a", "b"].map((text) => ({ Data: Buffer.from(text), PartitionKey: text }));
  const { output } = await call("PutRecords", { StreamName, Records });
  expect(output).toMatchObject({ FailedRecordCount: 0, Records: [{ ShardId: FIRST }, { ShardId: FIRST }] });
  expect(await texts()).toEqual(["a", "b"]);
});

behaviour("an error in CBOR has its type and message", api("CommonErrors"), async () => {
  const { status, type, output } = await call("DescribeStream", { StreamName: "nowhere" });
  expect([status, type]).toEqual([400, CBOR]);
  expect(output).toMatchObject({
    __type: "ResourceNotFoundException",
    message: `Stream nowhere under account ${ACCOUNT} not found.`,
  });
});

behaviour("a constraint violation is reported in CBOR", api("CommonErrors"), async () => {
  const { status, output } = await call("DescribeStream", { StreamName: "a b" });
  expect(status).toBe(400);
  expect(output).toMatchObject({
    __type: "ValidationException",
    message: expect.stringContaining("at 'streamName' failed to satisfy constraint"),
  });
});

behaviour("a value of the wrong type in CBOR is refused", api("CommonErrors"), async () => {
  const { status, output } = await call("DescribeStream", { StreamName: 7 });
  expect(status).toBe(400);
  expect(output).toMatchObject({ __type: "SerializationException" });
});
