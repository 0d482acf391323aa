import { expect } from "vitest";
import { CborTimestamp, CborWriter, decodeCbor } from "#aws/protocols/cbor.ts";
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

/** As the SDK for Java sends and reads it. */
async function call(operation: string, input: object) {
  const body = encode(input);
  const answer = await post(cloud, operation, CBOR, body);
  const bytes = Buffer.from(await answer.arrayBuffer());
  return {
    status: answer.status,
    type: answer.headers.get("content-type"),
    told: (bytes.length > 0 ? decodeCbor(bytes) : undefined) as Record<string, unknown>,
  };
}

behaviour("what is asked in CBOR is answered in CBOR", api("DescribeStreamSummary"), async () => {
  const { StreamName, StreamARN } = await stream();
  const { status, type, told } = await call("DescribeStreamSummary", { StreamName });
  expect([status, type]).toEqual([200, CBOR]);
  expect(told.StreamDescriptionSummary).toMatchObject({ StreamName, StreamARN, OpenShardCount: 1 });
});

behaviour("data is bytes, and a time is tagged milliseconds", api("GetRecords"), async () => {
  const { StreamName, iterator } = await stream();
  const Data = Buffer.from([0, 1, 255]);
  const put = await call("PutRecord", { StreamName, Data, PartitionKey: "k" });
  expect(put.told).toMatchObject({ ShardId: FIRST });
  const { told } = await call("GetRecords", { ShardIterator: await iterator() });
  const [record] = told.Records as { Data: Uint8Array; ApproximateArrivalTimestamp: CborTimestamp }[];
  expect(Buffer.from(record!.Data)).toEqual(Data);
  expect(record!.ApproximateArrivalTimestamp).toBeInstanceOf(CborTimestamp);
  expect(record!.ApproximateArrivalTimestamp.value).toBeGreaterThan(1e12);
});

behaviour("a batch in CBOR is answered record by record", api("PutRecords"), async () => {
  const { StreamName, texts } = await stream();
  const Records = ["a", "b"].map((text) => ({ Data: Buffer.from(text), PartitionKey: text }));
  const { told } = await call("PutRecords", { StreamName, Records });
  expect(told).toMatchObject({ FailedRecordCount: 0, Records: [{ ShardId: FIRST }, { ShardId: FIRST }] });
  expect(await texts()).toEqual(["a", "b"]);
});

behaviour("an error in CBOR has its type and its message", api("CommonErrors"), async () => {
  const { status, type, told } = await call("DescribeStream", { StreamName: "nowhere" });
  expect([status, type]).toEqual([400, CBOR]);
  expect(told).toMatchObject({
    __type: "ResourceNotFoundException",
    message: `Stream nowhere under account ${ACCOUNT} not found.`,
  });
});

behaviour("what does not fit the model is refused in CBOR, too", api("CommonErrors"), async () => {
  const { status, told } = await call("DescribeStream", { StreamName: "a b" });
  expect(status).toBe(400);
  expect(told).toMatchObject({
    __type: "ValidationException",
    message: expect.stringContaining("at 'streamName' failed to satisfy constraint"),
  });
});

behaviour("a wrong type in CBOR is refused", api("CommonErrors"), async () => {
  const { status, told } = await call("DescribeStream", { StreamName: 7 });
  expect(status).toBe(400);
  expect(told).toMatchObject({ __type: "SerializationException" });
});
